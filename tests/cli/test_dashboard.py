"""``sectorlab dashboard``: on this machine alone, with the store it was told; ended with its parent."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from core.cli import dashboard

Call = Callable[..., Result]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], dict[str, str]]]:
    """Note what would be started."""
    calls: list[tuple[list[str], dict[str, str]]] = []

    class Started:
        def __init__(self, command: list[str], env: dict[str, str]) -> None:
            calls.append((command, env))

    monkeypatch.setattr(dashboard.subprocess, "Popen", Started)
    monkeypatch.setattr(dashboard, "serve", lambda process: 0)
    Path("app.py").write_text("")
    monkeypatch.setattr(dashboard, "APP", Path("app.py"))
    return calls


def free() -> int:
    return dashboard.bind(0)


def test_flags_and_store(call: Call, started: list[Any]) -> None:
    port = free()
    assert call("dashboard", "--port", str(port), "--out", "my runs", "--no-browser").exit_code == 0
    command, environment = started[0]
    assert command[:5] == [sys.executable, "-P", "-m", "streamlit", "run"]
    for flag in (f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true",
                 "--server.fileWatcherType=none", "--browser.gatherUsageStats=false",
                 "--server.showEmailPrompt=false"):  # fmt: skip
        assert flag in command
    assert environment["SECTORLAB_RUNS"] == str(Path("my runs").resolve())
    call("dashboard", "--port", str(port))
    assert "--server.headless=false" in started[1][0]


def test_a_port_that_is_taken(call: Call, started: list[Any]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = call("dashboard", "--port", str(port))
    assert result.exit_code == 2
    assert result.stderr.startswith(f"port: {port} is taken; give another, such as --port ")
    assert not started


def test_pages_that_are_missing(call: Call, started: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboard, "APP", Path("no/app.py"))
    result = call("dashboard", "--port", str(free()))
    assert result.exit_code == 2
    assert "is missing; install sectorlab again" in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_and_ends(number: signal.Signals) -> None:
    pytest.importorskip("streamlit")
    Path("page.py").write_text("import os, streamlit as st\nst.write(os.environ['SECTORLAB_RUNS'])\n")
    port = free()
    source = (
        "from pathlib import Path; from core.cli import dashboard, main;"
        "dashboard.APP = Path('page.py').resolve(); main.main()"
    )
    words = ["dashboard", "--no-browser", "--port", str(port)]
    process = subprocess.Popen([sys.executable, "-c", source, *words], env=os.environ)
    try:
        end = time.monotonic() + 60.0
        while True:
            assert time.monotonic() < end
            assert process.poll() is None
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5) as page:
                    assert page.read() == b"ok"
                break
            except OSError:
                time.sleep(0.1)
        process.send_signal(number)
        assert process.wait(timeout=20) == 0
        dashboard.refuse_if_taken(port)  # the pages have ended, too
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
