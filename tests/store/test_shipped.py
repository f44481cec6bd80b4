"""Results that ship: a store beside the industry that opens like any other, without what nobody needs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sectorlab_toys.control import Control
from typer.testing import CliRunner

from core.cli.main import app
from core.engine.run import run_scenario
from core.engine.scenario import build
from core.errors import UserError
from core.results import Run
from core.store import shipped as module
from core.store.runs import Store
from core.store.shipped import ship_run, shipped


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for the industry's own."""
    folder = tmp_path / "industry" / "results"
    monkeypatch.setattr(module, "_beside", lambda case: folder)
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return run_scenario(
        Control(), build(Control(), size="tiny"), seeds=2, store=Store(tmp_path / "runs"), workers=1
    )


def test_a_run_ships_without_policies_and_opens_again(home: Path, run: Run, tmp_path: Path) -> None:
    target = ship_run(Store(tmp_path / "runs"), Path(run.path).name, policies=False)
    assert target.parent == home
    assert not (target / "policies").exists()
    again = Store(home).open(target.name)
    assert set(again.rows) == set(run.rows)
    for name, column in run.rows.items():
        np.testing.assert_array_equal(again.rows[name], column)
    assert shipped(Control()) == home


def test_the_policies_that_live_levers_need_can_go_along(home: Path, run: Run, tmp_path: Path) -> None:
    target = ship_run(Store(tmp_path / "runs"), Path(run.path).name, policies=True)
    wanted = {f"{seed:06d}-{who}" for seed, pick in zip(run.seeds, run.chosen, strict=True)
              for who in (run.incumbent, pick)}  # fmt: skip
    assert {folder.name for folder in (target / "policies").iterdir()} == wanted
    for name in wanted:  # each is verified against the manifest before it is built
        Store(home).policy(Control(), target / "policies" / name)


def test_nothing_ships_twice(home: Path, run: Run, tmp_path: Path) -> None:
    store, name = Store(tmp_path / "runs"), Path(run.path).name
    ship_run(store, name, policies=False)
    with pytest.raises(UserError, match="ships already"):
        ship_run(store, name, policies=False)


def test_the_command_ships_runs_and_sweeps(home: Path, run: Run, tmp_path: Path) -> None:
    out = str(tmp_path / "runs")
    words = ["sweep", "toy_control", "--vary", "adoption=0,1", "--size", "tiny", "--seeds", "1", "--out", out]
    assert CliRunner().invoke(app, words).exit_code == 0
    (sweep,) = (tmp_path / "runs" / "sweeps").glob("[!.]*")
    done = CliRunner().invoke(app, ["ship", Path(run.path).name, sweep.name, "--out", out])
    assert done.exit_code == 0, done.output
    assert (home / "sweeps" / sweep.name / "result.json").read_bytes() == (sweep / "result.json").read_bytes()
    assert (home / Path(run.path).name / "manifest.json").is_file()
