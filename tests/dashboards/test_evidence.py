"""What stands for an industry stays, whatever anybody tries; a repeated run is set beside what it repeats."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sectorlab_toys.control import Control
from sectorlab_toys.planted import Planted
from typer.testing import CliRunner

from core.cli.main import app
from core.engine.run import run_scenario
from core.engine.scenario import build
from core.report.words import Words
from core.store.atomic import fingerprints
from core.store.runs import Store
from core.store.tables import write_table
from dashboards import ledger, stored
from dashboards.address import Address, Refused, read
from dashboards.jobs import Job, Order
from dashboards.views import progress, recomputing

ENGLISH = Words("en")


def kept(folder: Path, *, size: str = "tiny", seeds: int = 5, **values: Any) -> str:
    case = Control()
    run = run_scenario(
        case, build(case, size=size, values=values), seeds=seeds, workers=1, store=Store(folder)
    )
    return Path(run.path).name


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SECTORLAB_RUNS", str(tmp_path))
    return tmp_path


def standing() -> str:
    entry = stored.standing(Control(), stored.entries()["toy_control"])
    assert entry is not None
    return entry.id


def test_what_was_tried_out_does_not_stand_for_an_industry(folder: Path) -> None:
    evidence = kept(folder, size="quick")
    kept(folder, size="quick", seeds=1)
    kept(folder, size="quick", noise=2.0)
    kept(folder, size="tiny")
    assert standing() == evidence
    newer = kept(folder, size="quick")
    assert standing() == newer


def swept(folder: Path, *words: str) -> str:
    done = CliRunner().invoke(app, ["worlds", "toy_planted", "--workers", "1", "--out", str(folder), *words])
    assert done.exit_code == 0, done.output
    return max(path.name for path in (folder / "sweeps").glob("[!.]*"))


def test_worlds_of_a_setting_do_not_stand_for_an_industry(folder: Path) -> None:
    if not any(one.low < one.high for one in Planted.constants.values()):
        pytest.skip("the toy draws nothing")
    evidence = swept(folder, "--size", "quick", "--draws", "6")
    swept(folder, "--size", "quick", "--draws", "6", "--set", "adoption=0.5")
    swept(folder, "--size", "tiny", "--draws", "9")
    found = stored.evidence("toy_planted", "worlds")
    assert found is not None
    assert found.sheet.id == evidence
    assert found.usual


@pytest.mark.parametrize(("field", "value"), [("size", "huge"), ("started", "yesterday")])
def test_an_odd_manifest_is_named_and_no_page_falls(
    folder: Path, open_page: Any, field: str, value: str
) -> None:
    kept(folder)
    odd = kept(folder)
    path = folder / odd / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: value}))
    rows, broken = ledger.listed()
    assert len(rows) == 1
    assert odd not in [row.id for row in rows]
    assert [one.gap for one in broken] == [{"fields": field}]
    for address in ({}, {"page": "runs"}, {"page": "story"}, {"usecase": "toy_control"}):
        assert open_page(folder, **address).title


# --- computed anew --------------------------------------------------------------------------------


def test_numbers_that_are_missing_at_another_place_are_no_match() -> None:
    run = run_scenario(Control(), build(Control(), size="tiny"), seeds=2, workers=1)
    assert recomputing.furthest(run, run) == 0.0
    name = run.headline.name
    holes = np.where(np.arange(len(run.rows[name])) == 1, np.nan, run.rows[name])
    assert recomputing.furthest(run, replace(run, rows={**run.rows, name: holes})) == np.inf
    far = replace(run, rows={**run.rows, name: run.rows[name] * 1.01})
    assert recomputing.furthest(run, far) == pytest.approx(0.01)
    other = {key: column[::-1] for key, column in run.rows.items()}
    assert recomputing.furthest(run, replace(run, rows=other)) == np.inf


@pytest.mark.parametrize("altered", [False, True])
def test_a_run_is_set_beside_the_one_that_it_repeats(
    folder: Path, open_page: Any, monkeypatch: pytest.MonkeyPatch, altered: bool
) -> None:
    before = kept(folder)
    again = kept(folder)  # newer, so it stands for the industry by now
    if altered:
        store = Store(folder)
        rows = {name: column.copy() for name, column in store.open(before).rows.items()}
        rows[Control.kpis[0].name] = rows[Control.kpis[0].name] + 1.0
        write_table(folder / before / "per_seed.parquet", rows)
        path = folder / before / "manifest.json"
        files = {n: f for n, f in fingerprints(folder / before).items() if n != "manifest.json"}
        path.write_text(json.dumps(json.loads(path.read_text()) | {"files": files}))
    order = Order("toy_control", {}, None, (0,), None, str(folder), "", repeats=before)
    monkeypatch.setattr(progress, "own", lambda: Job(order, "finished", run=again))
    page = open_page(folder)
    same = ENGLISH("again.same") in [one.value for one in page.success]
    assert same != altered
    assert any("largest difference" in one.value for one in page.warning) == altered


def test_a_repeated_run_is_made_from_nothing(folder: Path) -> None:
    kept(folder)
    (entry,) = stored.entries()["toy_control"]
    order = recomputing.order_of(Control(), entry)
    assert order.repeats == entry.id
    assert Order.read(order.line()) == order


# --- addresses ------------------------------------------------------------------------------------


def test_what_a_page_does_not_use_is_named() -> None:
    asked = {"page": "story", "step": "2", "run": "x", "adoption": "1"}
    found = read(asked)
    assert found.step == "2"
    assert [one.key for one in found.refused] == ["run", "adoption"]
    assert [one.key for one in read({"usecase": "mill", "page": "runs"}).refused] == ["page"]
    (twice,) = read({"usecase": "mill", "adoption": "0.7"}, None, ["adoption"]).refused
    assert twice == Refused("adoption", "0.7", "lang, page, usecase, part, run")
    assert isinstance(found, Address)


def test_a_run_that_is_gone_keeps_the_steps_of_the_storyline(folder: Path, open_page: Any) -> None:
    gone = kept(folder)
    page = open_page(folder, page="story", step="3")
    assert gone in str(page.session_state["story"])
    shutil.rmtree(folder / gone)
    page.run()
    assert not page.exception
    assert any(gone in one.value.replace("\\", "") for one in page.warning)
