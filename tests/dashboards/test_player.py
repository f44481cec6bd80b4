"""Live levers are answered by what a whole run would say; what cannot be answered is refused by name."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sectorlab_toys.budget import SharedBudget
from sectorlab_toys.control import Control
from sectorlab_toys.drift import Drift
from sectorlab_toys.planted import Planted

from core.engine.run import run_scenario
from core.engine.scenario import build
from core.protocol import Scenario, UseCase
from core.results import SELECTED, Run
from core.store.atomic import fingerprints
from core.store.runs import Store
from core.store.tables import write_table
from dashboards import apart, player
from dashboards.player import Answer, Player
from dashboards.reading import watched

AnyUseCase = UseCase[Any, Any, Any]
ROOT = Path(__file__).resolve().parents[2]
UNRULY = str(Path(__file__).parent / "unruly")
SOON_S = 60.0
NOT_AT_ONCE = 0.0

MOVED: list[tuple[AnyUseCase, dict[str, float]]] = [
    (case, lever | {"adoption": adoption})
    for case, lever in (
        (Control(), {"price": 321.0}),
        (Drift(), {"price": 7.0}),
        (SharedBudget(), {"places": 33.0}),
        (Planted(), {}),
    )
    for adoption in (0.0, 0.5, 1.0)
]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of all toys by seven seeds, which are more than are played; one lever is not at its default."""
    folder = tmp_path_factory.mktemp("runs")
    for case in (Control(), Drift(), SharedBudget(), Planted()):
        scenario = build(case, size="tiny", values={"data_share": 0.5, "adoption": 0.8})
        run_scenario(case, scenario, seeds=[3, 1, 4, 15, 9, 2, 6], workers=1, store=Store(folder))
    return folder


@pytest.fixture(scope="module")
def unruly_paths() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), UNRULY, os.environ["PYTHONPATH"]]))
        patch.syspath_prepend(UNRULY)
        yield


@pytest.fixture(scope="module")
def unruly(unruly_paths: None, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[str, str]]:
    """Give the folder and the id of a run of an unruly industry."""
    from core.engine.registry import load

    folder = tmp_path_factory.mktemp("unruly")
    known: dict[str, str] = {}

    def run_of(name: str) -> tuple[str, str]:
        if name not in known:
            case = load(name)
            run = run_scenario(case, build(case, size="tiny"), seeds=4, workers=1, store=Store(folder))
            known[name] = Path(run.path).name
        return str(folder), known[name]

    return run_of


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where one of them notes its plays, and waits while there is a file ``closed``."""
    monkeypatch.setenv("UNRULY", str(tmp_path))
    yield tmp_path
    (tmp_path / "closed").unlink(missing_ok=True)


@pytest.fixture(scope="module")
def playing(unruly_paths: None) -> Iterator[Player]:
    made = Player()
    yield made
    made.close()


@pytest.fixture
def fresh() -> Iterator[Player]:
    made = Player()
    yield made
    made.close()


def run_id(root: Path, case: AnyUseCase) -> str:
    (found,) = (one.id for one in Store(root).manifests() if one.usecase == case.name)
    return found


def answer(player: Player, where: tuple[str, str], levers: Mapping[str, Any], owner: str = "me") -> Answer:
    player.ask(owner, *where, levers, NOT_AT_ONCE)
    assert player.wait(owner, SOON_S)
    return player.ask(owner, *where, levers, NOT_AT_ONCE)


def ready(player: Player, where: tuple[str, str], levers: Mapping[str, Any]) -> Run:
    found = answer(player, where, levers)
    assert (found.state, found.reason) == ("ready", "")
    assert found.run is not None
    return found.run


def equal(found: Run, whole: Run) -> None:
    for kpi in whole.case.kpis:
        for name in (whole.incumbent, SELECTED):
            assert found.values(kpi.name, name) == pytest.approx(
                whole.values(kpi.name, name), rel=1e-9, abs=1e-9
            )


# --- the same as a whole run -------------------------------------------------------------------------


@pytest.mark.parametrize(("case", "levers"), MOVED, ids=lambda given: getattr(given, "name", str(given)))
def test_it_plays_what_the_engine_plays(
    case: AnyUseCase, levers: dict[str, float], playing: Player, root: Path
) -> None:
    found = ready(playing, (str(root), run_id(root, case)), levers)
    scenario = build(case, size="tiny", values={"data_share": 0.5, **levers})
    whole = run_scenario(case, scenario, seeds=[3, 1, 4, 15, 9], workers=1)
    assert found.seeds == whole.seeds
    assert found.scenario == whole.scenario
    assert list(found.roles) == list(case.contenders)
    equal(found, whole)
    kpi = case.kpis[0].name
    assert found.difference(kpi, SELECTED).low == pytest.approx(whole.difference(kpi, SELECTED).low, abs=1e-9)
    assert found.interval(kpi, SELECTED).high == pytest.approx(whole.interval(kpi, SELECTED).high, abs=1e-9)


def test_the_runs_own_levers_are_told_before_they_are_played(fresh: Player, root: Path) -> None:
    where = str(root), run_id(root, Control())
    first = fresh.ask("me", *where, {}, NOT_AT_ONCE)
    assert first.state == "playing"
    assert first.run is not None
    again = ready(fresh, where, {})
    for name, column in first.run.rows.items():
        np.testing.assert_array_equal(again.rows[name], column)
    assert fresh.ask("me", *where, {"price": 1.0}, NOT_AT_ONCE) == Answer("playing")
    assert fresh.ask("me", *where, {"adoption": 0.8}, NOT_AT_ONCE).state == "ready", "as the run has it"


def test_with_patience_the_answer_comes_at_once(playing: Player, root: Path) -> None:
    levers = {"price": np.int64(77), "adoption": np.float64(0.25)}
    found = playing.ask("me", str(root), run_id(root, Control()), levers, SOON_S)
    assert found.state == "ready"


def test_each_seed_has_its_own_learner(playing: Player, unruly: Callable[[str], tuple[str, str]]) -> None:
    where = unruly("unruly_loud")
    found, stored = ready(playing, where, {"price": 1.0}), Store(where[0]).open(where[1])
    assert set(stored.chosen) == {"polynomial", "other"}, "both are selected on some seed"
    assert found.chosen == stored.chosen
    scenario = build(stored.case, size="tiny", values={"price": 1.0})
    equal(found, run_scenario(stored.case, scenario, seeds=4, workers=1))
    other = np.array(stored.chosen) == "other"
    assert np.array_equal(np.isnan(found.values("saved", "other")), ~other), "only the selected are played"


def test_what_no_play_reads_is_not_played_again(
    fresh: Player, root: Path, gate: Path, unruly: Callable[[str], tuple[str, str]]
) -> None:
    where = unruly("unruly_gate")
    (gate / "plays").unlink()
    plays = []
    for levers in ({}, {"adoption": 0.5}, {"adoption": 1.0}, {"price": 1.0}, {"price": 1.0, "adoption": 0.5}):
        ready(fresh, where, levers)
        plays.append(len((gate / "plays").read_text().split()))
    # 4 seeds, two who play; the incumbent's play does not hang on adoption.
    assert plays == [8, 12, 12, 20, 24]


# --- what a play reads ---------------------------------------------------------------------------------


def test_reading_is_seen() -> None:
    scenario = build(Control(), size="tiny", values={"price": 1.0})
    everything = set(type(scenario).model_fields)
    for look, seen in (
        (lambda double: double.price, {"price"}),
        (lambda double: getattr(double, "email", None), set()),
        (lambda double: double.model_dump(), everything),
        (hash, everything),
        (dict, everything),
        (lambda double: double == scenario, everything),
        (lambda double: double.__dict__["price"], everything),
    ):
        double, read = watched(scenario)
        assert isinstance(double, type(scenario))
        assert read == set()
        look(double)
        assert read == seen
    assert watched(scenario)[0].model_dump() == scenario.model_dump()


def test_reading_through_what_a_scenario_declares_is_seen() -> None:
    class Declares(Scenario):
        _twice: float = 0.0

        def model_post_init(self, context: Any) -> None:
            self._twice = 2.0 * self.compute

        @property
        def half(self) -> float:
            return self.adoption / 2.0

    double, read = watched(Declares(adoption=0.5))
    assert (double.half, double._twice) == (0.25, 2.0)  # type: ignore[attr-defined] # as a use case reads them
    assert {"adoption", "compute"} <= read


# --- refused ---------------------------------------------------------------------------------------------


def test_a_large_run_is_refused(playing: Player, tmp_path: Path) -> None:
    run = run_scenario(Control(), build(Control(), size="demo"), seeds=1, workers=1, store=Store(tmp_path))
    assert playing.ask("me", str(tmp_path), Path(run.path).name, {}) == Answer("refused", reason="too large")


def altered(root: Path, folder: Path, change: Callable[[Path, dict[str, Any]], None]) -> tuple[str, str]:
    """Give a copy of the control toy's run that was changed, and says so of itself."""
    name = run_id(root, Control())
    copy = Path(shutil.copytree(root / name, folder / name))
    facts = json.loads((copy / "manifest.json").read_text())
    change(copy, facts)
    (copy / "manifest.json").write_text(json.dumps(facts))
    return str(folder), name


@pytest.mark.parametrize("name", ["fixed", "polynomial"])
def test_a_run_without_policies_is_refused(playing: Player, root: Path, tmp_path: Path, name: str) -> None:
    def forget(copy: Path, facts: dict[str, Any]) -> None:
        gone = f"policies/000015-{name}/"
        facts["files"] = {file: about for file, about in facts["files"].items() if not file.startswith(gone)}

    where = altered(root, tmp_path, forget)
    assert playing.ask("me", *where, {"price": 1.0}) == Answer("refused", reason="no policies")


def test_a_run_by_other_code_is_refused(fresh: Player, root: Path, tmp_path: Path) -> None:
    def differ(copy: Path, facts: dict[str, Any]) -> None:
        rows = dict(Store(root).open(copy.name).rows)
        here = (rows["seed"] == 9) & (rows["contender"] == "polynomial")
        rows["net"] = np.where(here, rows["net"] * (1.0 + 1e-8), rows["net"])
        write_table(copy / "per_seed.parquet", rows)
        facts["files"]["per_seed.parquet"] = fingerprints(copy)["per_seed.parquet"]

    where = altered(root, tmp_path, differ)
    for levers in ({}, {"price": 1.0}):
        assert answer(fresh, where, levers) == Answer("refused", reason="other code")
    assert fresh.ask("you", *where, {"price": 2.0}, NOT_AT_ONCE).reason == "other code", "once for all"


def test_a_run_from_before_a_kpi_is_refused(playing: Player, root: Path, tmp_path: Path) -> None:
    def lack(copy: Path, facts: dict[str, Any]) -> None:
        rows = Store(root).open(copy.name).rows
        write_table(copy / "per_seed.parquet", {name: rows[name] for name in rows if name != "net"})
        facts["files"]["per_seed.parquet"] = fingerprints(copy)["per_seed.parquet"]

    assert playing.ask("me", *altered(root, tmp_path, lack), {}).reason == "other code"


def test_a_damaged_policy_is_refused(fresh: Player, root: Path, tmp_path: Path) -> None:
    def damage(copy: Path, facts: dict[str, Any]) -> None:
        (copy / "policies" / "000009-fixed" / "policy.json").write_text("{}")

    found = answer(fresh, altered(root, tmp_path, damage), {})
    assert found.state == "refused"
    assert found.reason.startswith("failed: run: ")
    assert "differs from its manifest" in found.reason


@pytest.mark.parametrize(
    ("levers", "reason"),
    [
        ({"price": 9e9}, "failed: price: 9000000000.0 is not allowed"),
        ({"noise": 1.0}, "failed: levers: noise"),
        ({"pryce": 1.0}, "failed: lever: 'pryce' is unknown"),
    ],
)
def test_a_lever_that_cannot_be_moved_is_refused(
    playing: Player, root: Path, levers: dict[str, float], reason: str
) -> None:
    found = playing.ask("me", str(root), run_id(root, Control()), levers)
    assert found.state == "refused"
    assert found.reason.startswith(reason)


def test_a_run_that_is_not_there_is_refused(playing: Player, root: Path, tmp_path: Path) -> None:
    for where in ((str(root), "20000101"), (str(tmp_path / "nowhere"), "x")):
        found = playing.ask("me", *where, {})
        assert found.state == "refused"
        assert found.reason.startswith("failed: run: ")


def test_a_play_that_fails_is_named(playing: Player, unruly: Callable[[str], tuple[str, str]]) -> None:
    where = unruly("unruly_fails")
    assert answer(playing, where, {"price": 13.0}).reason == "failed: ValueError: no such price"
    assert answer(playing, where, {"price": 14.0}).state == "ready"


def test_what_failed_may_be_asked_for_again_after_a_while(
    fresh: Player, unruly: Callable[[str], tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    where = unruly("unruly_fails")
    monkeypatch.setattr(player, "AGAIN_S", 0.0)
    fresh.ask("me", *where, {"price": 13.0}, NOT_AT_ONCE)
    assert fresh.wait("me", SOON_S)
    assert fresh.ask("me", *where, {"price": 13.0}, NOT_AT_ONCE).state == "playing"


# --- replaced, lost, forgotten ---------------------------------------------------------------------------


def noted(gate: Path) -> list[str]:
    notes = gate / "plays"
    return notes.read_text().split() if notes.exists() else []


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + SOON_S
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_the_newest_request_replaces_older_ones(
    fresh: Player, gate: Path, unruly: Callable[[str], tuple[str, str]]
) -> None:
    where = unruly("unruly_gate")
    ready(fresh, where, {})
    (gate / "closed").touch()
    (gate / "plays").unlink()
    fresh.ask("me", *where, {"price": 1.0}, NOT_AT_ONCE)
    until(lambda: noted(gate) == ["1.0", "1.0"])
    for price in (2.0, 3.0, 4.0):
        assert fresh.ask("me", *where, {"price": price}, NOT_AT_ONCE).state == "playing"
    fresh.ask("you", *where, {"price": 4.0}, NOT_AT_ONCE)
    assert len(fresh._line) == 1, "who asks for the same shares it"
    (gate / "closed").unlink()
    assert fresh.wait("me", SOON_S)
    assert fresh.ask("you", *where, {"price": 4.0}, NOT_AT_ONCE).state == "ready"
    # One seed of each process was under way; the second of each was not begun.
    assert sorted(noted(gate)) == ["1.0"] * 4 + ["4.0"] * 8
    assert not fresh._wanted


def test_a_killed_process_is_replaced(
    fresh: Player, gate: Path, unruly: Callable[[str], tuple[str, str]]
) -> None:
    where = unruly("unruly_gate")
    expected = ready(fresh, where, {"price": 5.0})
    (gate / "closed").touch()
    (gate / "plays").unlink()
    fresh.ask("me", *where, {"price": 6.0}, NOT_AT_ONCE)
    until(lambda: noted(gate) == ["6.0", "6.0"])
    for process in fresh._processes:
        assert process._process is not None
        apart.kill(process._process)
    (gate / "closed").unlink()
    found = ready(fresh, where, {"price": 6.0})
    assert np.array_equal(found.values("energy", SELECTED), expected.values("energy", SELECTED))


def test_one_that_always_dies_is_refused_and_the_rest_goes_on(
    fresh: Player, unruly: Callable[[str], tuple[str, str]]
) -> None:
    where = unruly("unruly_dies")
    assert answer(fresh, where, {"price": 13.0}) == Answer("refused", reason="lost")
    assert answer(fresh, where, {"price": 14.0}).state == "ready"


def test_one_that_takes_too_long_is_refused(
    fresh: Player, gate: Path, unruly: Callable[[str], tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    where = unruly("unruly_gate")
    (gate / "closed").touch()
    monkeypatch.setattr(player, "LONGEST_S", 0.1)
    assert answer(fresh, where, {"price": 8.0}) == Answer("refused", reason="lost")


def test_few_answers_are_kept(fresh: Player, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player, "KEPT_ANSWERS", 2)
    where = str(root), run_id(root, Planted())
    for adoption in (0.1, 0.2, 0.1, 0.3):
        ready(fresh, where, {"adoption": adoption})
    assert [dict(key[1])["adoption"] for key in fresh._answers] == [0.1, 0.3]


def test_few_worlds_are_kept(root: Path) -> None:
    from dashboards.playing import KEPT_RUNS, House

    house, ids = House(), [one.id for one in Store(root).manifests()]
    for name in (*ids, ids[-2]):
        assert "rows" in house.answer({"root": str(root), "run": name, "levers": {}, "seed": 4})
    assert [run for _, run in house.stages] == [ids[-1], ids[-2]]
    assert len(house.stages) == KEPT_RUNS


def test_a_closed_player_plays_no_more(root: Path) -> None:
    closed = Player()
    closed.ask("me", str(root), run_id(root, Drift()), {"price": 3.0}, NOT_AT_ONCE)
    closed.close()
    assert closed.wait("me", 0.0)
    for thread in closed._threads:
        thread.join(SOON_S)
        assert not thread.is_alive()
    assert [process._process for process in closed._processes] == [None, None]
    assert closed.ask("me", str(root), run_id(root, Drift()), {"price": 3.0}, NOT_AT_ONCE).state == "playing"
