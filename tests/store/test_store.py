"""Runs on disk: whole or not there, resumed where they stopped, damage seen before it is parsed."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sectorlab_toys.control import Control

import core.engine.run as engine
from core.engine.cell import CellResult, CellTask, compute
from core.engine.conformance.marks import differing, marks
from core.engine.run import run_scenario
from core.engine.scenario import build
from core.errors import UserError
from core.results import Run
from core.store.atomic import fingerprints, new_folder, verify
from core.store.runs import DRAFT_AGE_S, Store

CASE = Control()
SCENARIO = build(CASE, size="tiny")
CELLS = 12


def run(store: Store | None, **given: Any) -> Run:
    return run_scenario(CASE, SCENARIO, seeds=3, workers=1, store=store, **given)


def same(one: Run, other: Run) -> bool:
    mine, theirs = (
        [dict(r.rows), dict(r.scores), {n: dict(t) for n, t in r.traces.items()}] for r in (one, other)
    )
    return not differing(marks(mine), marks(theirs))


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """The cells that were computed, in turn."""
    cells: list[tuple[int, str]] = []

    def counted(task: CellTask) -> CellResult:
        cells.append((task.seed, task.contender))
        return compute(task)

    monkeypatch.setattr(engine, "compute", counted)
    return cells


class Crash(Exception):
    """What ends a run in the middle."""


def crash_after(cells: int) -> Callable[[int, int, str], None]:
    def progress(done: int, total: int, what: str) -> None:
        if done == cells:
            raise Crash

    return progress


def crashed(store: Store, cells: int) -> Path:
    """Leave a run that ended after so many cells; give the folder of its cells."""
    with pytest.raises(Crash):
        run(store, progress=crash_after(cells))
    assert store.manifests() == []
    (partial,) = store.root.glob(".partial-*")
    assert len(list(partial.iterdir())) == cells
    return partial


# --- resuming --------------------------------------------------------------------------------------


@pytest.mark.parametrize("cells", [1, 5, 11, 12])
def test_a_run_goes_on_at_the_first_missing_cell(
    cells: int, tmp_path: Path, computed: list[tuple[int, str]]
) -> None:
    store = Store(tmp_path)
    crashed(store, cells)
    before = list(computed)
    computed.clear()
    resumed = run(store)
    assert len(computed) == CELLS - cells
    assert not set(before) & set(computed)
    assert same(resumed, run(None))
    assert not list(tmp_path.glob(".*")), "nothing is left behind"


def test_a_resumed_run_keeps_all_policies(tmp_path: Path, computed: list[tuple[int, str]]) -> None:
    store = Store(tmp_path)
    crashed(store, 7)
    path = Path(run(store).path)
    kept = {folder.name for folder in (path / "policies").iterdir()}
    assert kept == {f"{seed:06d}-{name}" for seed in range(3) for name in CASE.contenders}


def test_fresh_forgets_what_was_finished(tmp_path: Path, computed: list[tuple[int, str]]) -> None:
    store = Store(tmp_path)
    crashed(store, 7)
    computed.clear()
    run(store, fresh=True)
    assert len(computed) == CELLS


def test_another_scenario_does_not_take_over(tmp_path: Path, computed: list[tuple[int, str]]) -> None:
    store = Store(tmp_path)
    crashed(store, 7)
    computed.clear()
    run_scenario(CASE, build(CASE, size="tiny", values={"price": 3}), seeds=3, workers=1, store=store)
    assert len(computed) == CELLS


@pytest.mark.parametrize("how", ["flip", "cut", "gone", "empty", "other number"])
@pytest.mark.parametrize("file", ["cell.json", "policy/policy.json", "policy/arrays.safetensors"])
def test_a_damaged_cell_is_computed_again(
    file: str, how: str, tmp_path: Path, computed: list[tuple[int, str]]
) -> None:
    store = Store(tmp_path)
    cell = crashed(store, 7) / "000000-polynomial"
    damage(cell / file, how)
    computed.clear()
    resumed = run(store)
    assert len(computed) == CELLS - 7 + 1
    assert (0, "polynomial") in computed
    assert same(resumed, run(None))


def test_a_changed_number_in_a_cell_is_seen(tmp_path: Path, computed: list[tuple[int, str]]) -> None:
    store = Store(tmp_path)
    path = crashed(store, 7) / "000000-polynomial" / "cell.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    facts["kpis"]["energy"] += 1.0
    path.write_text(json.dumps(facts), encoding="utf-8")
    computed.clear()
    assert same(run(store), run(None))
    assert (0, "polynomial") in computed


def test_a_draft_that_a_killed_process_left_is_no_cell(
    tmp_path: Path, computed: list[tuple[int, str]]
) -> None:
    store = Store(tmp_path)
    partial = crashed(store, 7)
    cell = partial / "000000-polynomial"
    cell.rename(partial / ".draft-000000-polynomial-0123abcd")
    computed.clear()
    path = Path(run(store).path)
    assert (0, "polynomial") in computed
    assert len(list((path / "policies").iterdir())) == 6, "the draft's policy is not taken for one"


# --- damage ----------------------------------------------------------------------------------------


def damage(path: Path, how: str) -> None:
    content = path.read_bytes()
    if how == "gone":
        path.unlink()
        return
    middle = len(content) // 2
    if how == "other number":  # still good JSON, where it is JSON
        digit = next(i for i in range(middle, len(content)) if content[i : i + 1].isdigit())
        content = (
            content[:digit] + (b"1" if content[digit : digit + 1] != b"1" else b"2") + content[digit + 1 :]
        )
    else:
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        content = {"flip": flipped, "cut": content[:-1], "empty": b""}[how]
    path.write_bytes(content)


@pytest.mark.parametrize("how", ["flip", "cut", "gone", "empty"])
@pytest.mark.parametrize("file", ["per_seed.parquet", "skill.parquet", "traces/week.parquet", "charts.json"])
def test_a_damaged_run_is_not_opened(file: str, how: str, tmp_path: Path) -> None:
    store = Store(tmp_path)
    path = Path(run(store).path)
    damage(path / file, how)
    with pytest.raises(UserError, match=rf"run: .*{file} is missing or differs from its manifest; delete"):
        store.open(path.name)


@pytest.mark.parametrize("how", ["flip", "cut", "gone", "empty"])
@pytest.mark.parametrize("file", ["policy.json", "arrays.safetensors"])
def test_a_damaged_policy_is_not_parsed(file: str, how: str, tmp_path: Path) -> None:
    store = Store(tmp_path)
    path = Path(run(store).path)
    policy = path / "policies" / "000001-polynomial"
    damage(policy / file, how)
    with pytest.raises(UserError, match=rf"000001-polynomial/{file} is missing or differs"):
        store.policy(CASE, policy)
    store.policy(CASE, path / "policies" / "000000-polynomial")
    store.open(path.name)  # its tables are sound


@pytest.mark.parametrize("how", ["cut", "gone", "empty"])
def test_a_run_without_a_manifest_is_none(how: str, tmp_path: Path, computed: list[tuple[int, str]]) -> None:
    store = Store(tmp_path)
    first, second = Path(run(store).path), Path(run(store).path)
    damage(first / "manifest.json", how)
    assert [manifest.id for manifest in store.manifests()] == [second.name]
    with pytest.raises(UserError, match=rf"run: '{first.name}' is not in the store"):
        store.open(first.name)
    shutil.rmtree(second)
    computed.clear()
    run(store)
    assert len(computed) == CELLS, "its policies are not trusted either"


def test_runs_are_found_by_the_beginning_of_their_name(tmp_path: Path) -> None:
    store = Store(tmp_path)
    names = [Path(run(store).path).name for _ in range(3)]
    assert [manifest.id for manifest in store.manifests()] == names, "oldest first"
    assert store.manifest(str(tmp_path / names[1])).id == names[1]
    assert store.manifest(names[2][:-1]).id == names[2]
    with pytest.raises(UserError, match="matches several runs"):
        store.manifest(names[0][:4])
    assert store.latest(store.manifests()[0].run_key).id == names[2]  # type: ignore[union-attr]


# --- what a run holds ------------------------------------------------------------------------------


def test_a_manifest_says_what_there_is(tmp_path: Path) -> None:
    store = Store(tmp_path)
    path = Path(run(store, command="sectorlab run toy_control --size tiny").path)
    manifest = store.manifest(path.name)
    there = fingerprints(path)
    there.pop("manifest.json")
    assert manifest.files == there
    assert manifest.command == "sectorlab run toy_control --size tiny"
    assert manifest.seeds == [0, 1, 2]
    assert manifest.roles == {
        "fixed": "incumbent", "polynomial": "learner", "ceiling": "ceiling", "oracle": "oracle",
    }  # fmt: skip
    assert manifest.versions["numpy"] == np.__version__
    told = json.loads((path / "result.json").read_text(encoding="utf-8"))
    assert told["run"] == manifest.id
    assert told["usecase"] == "toy_control"
    assert not [p for p in path.rglob("*") if p.suffix in (".pkl", ".pickle", ".joblib")]


def test_the_code_is_part_of_the_key() -> None:
    from core.store.manifest import code_fingerprint, deep_key, run_key

    assert code_fingerprint(CASE) == code_fingerprint(Control())
    assert deep_key(CASE, SCENARIO, "cpu") != deep_key(CASE, SCENARIO, "cuda")
    live = build(CASE, size="tiny", values={"price": 3})
    assert deep_key(CASE, SCENARIO, "cpu") == deep_key(CASE, live, "cpu")
    keys = [
        run_key(CASE, scenario, "cpu", seeds, names)
        for scenario in (SCENARIO, live)
        for seeds in ((0, 1), (1, 0))
        for names in (("fixed",), ("fixed", "polynomial"))
    ]
    assert len(set(keys)) == 8


def test_an_outside_module_is_known_by_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.store.manifest import code_fingerprint

    module = tmp_path / "single_file_toy.py"
    module.write_text("from sectorlab_toys.control import Control\nclass Single(Control):\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    case = importlib.import_module("single_file_toy").Single()

    def fingerprint() -> str:
        code_fingerprint.cache_clear()
        return code_fingerprint(case)

    before = fingerprint()
    (tmp_path / "stranger.py").write_text("x = 1")
    assert fingerprint() == before, "what stands beside it is not its own"
    module.write_text(module.read_text() + "x = 1\n")
    assert fingerprint() != before


# --- folders ---------------------------------------------------------------------------------------


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(
        UserError, match=r"out: '.*file.*' cannot be written to \(.*\); give a folder of yours"
    ):
        run(Store(blocked / "runs"))
    with pytest.raises(UserError, match=r"out: '.*file' cannot be written to"):
        run(Store(blocked))


def test_a_folder_is_whole_or_not_there(tmp_path: Path) -> None:
    target = tmp_path / "whole"
    with pytest.raises(Crash), new_folder(target) as draft:
        (draft / "half").write_text("half")
        assert not target.exists()
        assert draft.name.startswith(".")
        raise Crash
    assert list(tmp_path.iterdir()) == []
    with new_folder(target) as draft:
        (draft / "a").mkdir()
        (draft / "a" / "b").write_text("whole")
    assert (target / "a" / "b").read_text() == "whole"
    files = fingerprints(target)
    assert list(files) == ["a/b"]
    verify(target, files)


def test_old_drafts_are_swept_and_young_ones_left(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.prepare()
    places = [tmp_path / ".draft-run-1", tmp_path / ".partial-x" / ".draft-cell-1"]
    places += [place.with_name(place.name + "-old") for place in places]
    for place in places:
        place.mkdir(parents=True)
        if place.name.endswith("-old"):
            past = time.time() - DRAFT_AGE_S - 1.0
            os.utime(place, (past, past))
    store.prepare()
    assert [place.exists() for place in places] == [True, True, False, False]


def test_traces_of_the_first_seed_alone_are_kept(tmp_path: Path) -> None:
    found = run_scenario(CASE, SCENARIO, seeds=[5, 1], workers=1, store=Store(tmp_path))
    alone = run_scenario(CASE, SCENARIO, seeds=[5], workers=1)
    week = {name: dict(table) for name, table in found.traces.items()}["week"]
    assert not differing(marks(week), marks(dict(alone.traces["week"])))
    assert replace(found, path="").path == ""


@pytest.mark.parametrize("kind", [float, np.float32, np.int32, np.uint8, bool, str])
def test_a_table_comes_back_as_it_was(kind: type, tmp_path: Path) -> None:
    from core.store.tables import read_table, write_table

    values = np.array([0, 1, 1, 0]).astype(kind)
    for column in (values, values[:0], values[::2]):
        write_table(tmp_path / "table.parquet", {"x": column})
        found = read_table(tmp_path / "table.parquet")["x"]
        assert found.tolist() == column.tolist()
        assert kind is str or found.dtype == column.dtype
