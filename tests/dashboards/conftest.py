"""Runs of the toys, and pages called as a browser would, without one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sectorlab_toys.control import Control

from core.engine.run import run_scenario
from core.engine.scenario import build
from core.store.runs import Store

pytest.importorskip("streamlit")

from streamlit.testing.v1 import AppTest

from dashboards import folders, stored
from dashboards.views import world

APP = Path(__file__).resolve().parents[2] / "dashboards" / "front" / "app.py"
PATIENCE_S = 60

Open = Callable[..., AppTest]


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with an older run of two seeds in a situation, and a newer one of five."""
    folder = tmp_path_factory.mktemp("kept")
    case = Control()
    for situation, seeds in (("harsh", 2), (None, 5)):
        run_scenario(
            case,
            build(case, size="tiny", situation=situation),
            seeds=seeds,
            situation=situation,
            store=Store(folder),
            command=f"sectorlab run toy_control --size tiny --seeds {seeds}",
            workers=1,
        )
    return folder


@pytest.fixture(scope="session")
def milled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a run of an industry that has charts of its own."""
    from usecases.rolling_mill import USECASE

    folder = tmp_path_factory.mktemp("milled")
    run_scenario(
        USECASE,
        build(USECASE, size="tiny"),
        seeds=1,
        contenders=("tracked",),
        store=Store(folder),
        command="sectorlab run rolling_mill --size tiny --seeds 1 --contenders tracked",
        workers=1,
    )
    return folder


@pytest.fixture(autouse=True)
def nothing_ships(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what ships with the industries, which has tests of its own."""
    monkeypatch.setattr(folders, "_shipped", lambda: {})


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Open:
    """Open the page at an address, over a store; an empty one by default."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    for cached in (folders.industries, stored._opened, world._asked, world._sampled):
        cached.clear()

    def go(store: Path = tmp_path / "nothing", **address: str) -> AppTest:
        monkeypatch.setenv("SECTORLAB_RUNS", str(store))
        page = AppTest.from_file(str(APP), default_timeout=PATIENCE_S)
        for key, value in address.items():
            page.query_params[key] = value
        page.run()
        assert not page.exception
        return page

    return go
