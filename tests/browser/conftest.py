"""The real pages in a real browser: a server of our own, a Chromium with an empty profile, no network."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.cli import dashboard
from core.engine.parallel import cores
from core.engine.run import run_scenario
from core.engine.scenario import build
from core.results import Run
from core.store.runs import Store

ROOT = Path(__file__).resolve().parents[2]
SHOTS = Path(__file__).parent / "shots"
COMMAND = "from core.cli.main import main; main()"
STARTED_S, ENDED_S = 60.0, 20.0


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs of a toy: the newer has intervals, the older has not."""
    from sectorlab_toys.control import Control

    folder = tmp_path_factory.mktemp("store")
    for situation, seeds in (("harsh", 2), (None, 6)):
        scenario = build(Control(), size="tiny", situation=situation)
        command = f"sectorlab run toy_control --size tiny --seeds {seeds}"
        run_scenario(
            Control(), scenario, seeds=seeds, situation=situation, store=Store(folder), command=command,
            workers=1,
        )  # fmt: skip
    return folder


@pytest.fixture(scope="session")
def mill(store: Path) -> Run:
    """A run of an industry with many contenders, in the same store; by one seed, so without intervals."""
    from usecases.rolling_mill import USECASE

    quick = [name for name, one in USECASE.contenders.items() if one.needs != "torch"]
    return run_scenario(
        USECASE,
        build(USECASE, size="tiny"),
        seeds=1,
        contenders=quick,
        store=Store(store),
        command=f"sectorlab run rolling_mill --size tiny --seeds 1 --contenders {','.join(quick)}",
        workers=cores(),  # so one thread each: two on busy cores take many times as long
        backend="serial",
    )


@pytest.fixture(scope="session")
def played(store: Path) -> str:
    """A run whose trained policies can be played again, of the size that levers are moved at; its id."""
    from sectorlab_toys.control import Control

    found = run_scenario(Control(), build(Control(), size="quick"), seeds=5, store=Store(store), workers=1)
    return Path(found.path).name


@pytest.fixture(scope="session")
def site(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the pages as a person would, from an empty folder, on a free port."""
    pytest.importorskip("streamlit")
    port = dashboard.bind(0)
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            COMMAND,
            "dashboard",
            "--no-browser",
            "--port",
            str(port),
            "--out",
            str(store),
        ],
        env=os.environ | {"PYTHONPATH": path},
        cwd=tmp_path_factory.mktemp("elsewhere"),
    )
    address = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + STARTED_S
        while not answers(f"{address}/_stcore/health"):
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < end, "the server does not answer"
            time.sleep(0.1)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=ENDED_S)


def answers(address: str) -> bool:
    """Whether a server answers there."""
    try:
        with urllib.request.urlopen(address, timeout=2) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="session")
def profile(chromium: Any) -> Any:
    """Open an empty profile."""
    return chromium.new_context(viewport={"width": 1366, "height": 900}, locale="en-GB")


@pytest.fixture
def page(profile: Any, site: str) -> Iterator[Any]:
    """Open a page; at its end nothing may have been complained of or asked for elsewhere."""
    sheet = profile.new_page()
    complaints: list[str] = []
    outside: list[str] = []
    sheet.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
    sheet.on("pageerror", lambda error: complaints.append(str(error)))
    sheet.on("response", lambda reply: complaints.append(reply.url) if reply.status >= 400 else None)
    own = (site, site.replace("http:", "ws:"), f"blob:{site}", "data:")
    sheet.on("request", lambda asked: None if asked.url.startswith(own) else outside.append(asked.url))
    sheet.on("websocket", lambda line: None if line.url.startswith(own) else outside.append(line.url))
    yield sheet
    sheet.close()
    assert outside == []
    assert complaints == []
