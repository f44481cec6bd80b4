"""Sweeps on disk: what is read is what was written, and nothing damaged is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from sectorlab_toys.planted import Planted

from core.engine.scenario import build
from core.errors import UserError
from core.sweep.shelf import Shelf
from core.sweep.sweep import Failure, Sweep, ask, sweep
from core.sweep.work import Place

CASE = Planted()


@pytest.fixture
def made() -> Sweep:
    points = [build(CASE, size="tiny", values={"data_share": one}) for one in (0.5, 1.0)]
    points.append(build(CASE, size="tiny", assumed={"toll": 12.5}))
    return sweep(ask(CASE, points, seeds=3), Place(1, 1, backend="serial"))


def test_a_sweep_comes_back(tmp_path: Path, made: Sweep) -> None:
    shelf = Shelf(tmp_path)
    kept = shelf.keep(made, "sweep", {"vary": ["data_share=0.5,1"]}, {"a": 1}, "sectorlab sweep toy_planted")
    found, sheet = shelf.open(Path(kept.path).name[:18])
    assert found.asked == made.asked
    assert found.path == kept.path
    for point in made.whole:
        assert found.at(point).rows.keys() == made.at(point).rows.keys()
        for name, column in made.at(point).rows.items():
            assert repr(found.at(point).rows[name].tolist()) == repr(column.tolist())
    assert sheet.plan == {"vary": ["data_share=0.5,1"]}
    assert sheet.command == "sectorlab sweep toy_planted"
    assert shelf.sheets() == [sheet]
    assert shelf.document(sheet.id) == ({"a": 1, "sweep": sheet.id}, sheet)


def test_points_that_failed_stay_failed(tmp_path: Path, made: Sweep) -> None:
    broken = Sweep(made.asked, (made.runs[0], None, None), (Failure(1, 0, "a"), Failure(2, 1, "b")))
    shelf = Shelf(tmp_path)
    found, _ = shelf.open(shelf.keep(broken, "sweep", {}, {}, "").path)
    assert found.whole == [0]
    assert found.failures == broken.failures
    nothing = Sweep(made.asked, (None, None, None), broken.failures)
    found, _ = shelf.open(shelf.keep(nothing, "sweep", {}, {}, "").path)
    assert found.whole == []


def test_a_damaged_sweep_is_refused(tmp_path: Path, made: Sweep) -> None:
    shelf = Shelf(tmp_path)
    kept = Path(shelf.keep(made, "sweep", {}, {}, "").path)
    table = kept / "per_seed.parquet"
    table.write_bytes(table.read_bytes()[:-1] + b"x")
    with pytest.raises(UserError, match=r"per_seed\.parquet is missing or differs"):
        shelf.open(kept.name)


def test_a_sweep_that_is_not_there(tmp_path: Path, made: Sweep) -> None:
    shelf = Shelf(tmp_path)
    with pytest.raises(UserError, match="sweep: '2026' is not there"):
        shelf.open("2026")
    for _ in range(2):
        shelf.keep(made, "sweep", {}, {}, "")
    with pytest.raises(UserError, match="sweep: '20' matches several"):
        shelf.open("20")


def test_sweeps_are_no_runs(tmp_path: Path, made: Sweep) -> None:
    from core.store.runs import Store

    Shelf(tmp_path).keep(made, "sweep", {}, {}, "")
    assert Store(tmp_path).manifests() == []
