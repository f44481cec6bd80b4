"""Processes of the pages end when they are told to, and with the server, however it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.engine.parallel import cores
from core.engine.run import run_scenario
from core.engine.scenario import build
from core.store.runs import Store
from dashboards import apart
from dashboards.jobs import Order, Queue

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
ROOT = Path(__file__).resolve().parents[2]
UNRULY = str(Path(__file__).parent / "unruly")
SOON_S = 30.0

QUEUE = """
import json, sys, time
from dashboards.jobs import Order, Queue
queue = Queue()
queue.submit(Order.read(sys.argv[1]), "me")
while queue._running is None or queue._running.process is None:
    time.sleep(0.01)
print(json.dumps([queue._running.process.pid]), flush=True)
time.sleep(600)
"""
PLAYER = """
import json, sys, time
from dashboards.player import Player
player = Player()
player.ask("me", sys.argv[1], sys.argv[2], {"price": 1.0})
while len(player._processes) < 2 or None in [one._process for one in player._processes]:
    time.sleep(0.01)
print(json.dumps([one._process.pid for one in player._processes]), flush=True)
time.sleep(600)
"""


def until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + SOON_S
    while not true():
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.02)


def living(leaders: list[int]) -> list[int]:
    """Processes in the groups of some leaders that still run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, group = stat.read_text().rpartition(") ")[2].split()[:3]
        except OSError:
            continue
        if int(group) in leaders and state != "Z":
            found.append(int(stat.parent.name))
    return found


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of notes of an industry that waits at a closed gate."""
    folder = tmp_path / "gate"
    folder.mkdir()
    (folder / "closed").touch()
    monkeypatch.setenv("UNRULY", str(folder))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), UNRULY, os.environ["PYTHONPATH"]]))
    monkeypatch.syspath_prepend(UNRULY)
    yield folder
    (folder / "closed").unlink(missing_ok=True)


def killed(script: str, words: list[str], folder: Path, gate: Path, plays: int) -> list[int]:
    """Start a server in an empty folder, kill it while so many play, and give its processes' groups."""
    folder.mkdir()
    command = [sys.executable, "-P", "-c", script, *words]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder)
    try:
        assert server.stdout is not None
        leaders: list[int] = json.loads(server.stdout.readline())
        notes = gate / "plays"
        until(lambda: notes.exists() and len(notes.read_text().split()) >= plays, "they play")
        assert len(living(leaders)) >= plays
    finally:
        server.kill()
        server.wait()
    return leaders


def line(usecase: str, root: Path) -> str:
    order = {"usecase": usecase, "scenario": {"size": "tiny"}, "situation": None, "seeds": [0, 1, 2]}
    return json.dumps(order | {"contenders": None, "root": str(root), "command": ""})


@pytest.mark.parametrize("usecase", ["unruly_gate", "unruly_heavy"], ids=["forked", "fresh"])
def test_a_run_ends_with_the_server(usecase: str, gate: Path, tmp_path: Path) -> None:
    leaders = killed(QUEUE, [line(usecase, tmp_path / "runs")], tmp_path / "empty", gate, min(2, cores()))
    until(lambda: not living(leaders), "the run ends")
    assert not Store(tmp_path / "runs").manifests()


def test_players_end_with_the_server(gate: Path, tmp_path: Path) -> None:
    from unruly import GATE  # type: ignore[import-not-found] # lies on the path in this test alone

    (gate / "closed").unlink()
    run = run_scenario(GATE, build(GATE, size="tiny"), seeds=2, workers=1, store=Store(tmp_path / "runs"))
    (gate / "plays").unlink()
    (gate / "closed").touch()
    words = [str(tmp_path / "runs"), Path(run.path).name]
    leaders = killed(PLAYER, words, tmp_path / "empty", gate, 2)
    until(lambda: not living(leaders), "the players end")


@pytest.mark.parametrize("usecase", ["unruly_gate", "unruly_heavy", "unruly_deaf"])
def test_a_cancelled_run_leaves_no_process(
    usecase: str, gate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "GRACE_S", 0.2)
    queue = Queue()
    queue.submit(Order.read(line(usecase, tmp_path / "runs")), "me")
    until((gate / "plays").exists, "it runs")
    assert queue._running is not None
    assert queue._running.process is not None
    leaders = [queue._running.process.pid]
    assert living(leaders)
    queue.cancel("me")
    until(lambda: queue._running is None and not living(leaders), "the run ends")
    assert not Store(tmp_path / "runs").manifests()
    queue.close()


def test_without_a_parent_nothing_starts() -> None:
    for module in ("working", "playing"):
        command = [sys.executable, "-P", "-m", f"dashboards.{module}", "0"]
        done = subprocess.run(command, input="", capture_output=True, text=True, cwd=ROOT, check=False,
                              env=os.environ | {"PYTHONPATH": str(ROOT)})  # fmt: skip
        assert (done.returncode, done.stdout) == (1, ""), done.stderr
