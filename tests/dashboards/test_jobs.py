"""Heavy runs from the pages: in turn, bounded, as the engine computes them, and gone when cancelled."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sectorlab_toys.control import Control

from core.engine.run import run_scenario
from core.engine.scenario import build
from core.store.cells import cell_in
from core.store.runs import Store
from dashboards import apart, jobs
from dashboards.jobs import Busy, Job, Order, Queue

ROOT = Path(__file__).resolve().parents[2]
UNRULY = str(Path(__file__).parent / "unruly")
SOON_S = 60.0


@pytest.fixture
def queue() -> Iterator[Queue]:
    made = Queue(most_waiting=2)
    yield made
    made.close()


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Unruly industries are installed; while there is a file ``closed`` in this folder, one of them waits."""
    folder = tmp_path / "gate"
    folder.mkdir()
    (folder / "closed").touch()
    monkeypatch.setenv("UNRULY", str(folder))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), UNRULY, os.environ["PYTHONPATH"]]))
    yield folder
    (folder / "closed").unlink(missing_ok=True)


def order(root: Path, usecase: str = "toy_control", seeds: int = 2, **scenario: Any) -> Order:
    told = {"size": "tiny", **scenario}
    return Order(usecase, told, None, tuple(range(seeds)), None, str(root), "as it was asked for")


def until(queue: Queue, owner: str, true: Callable[[Job], bool]) -> Job:
    end = time.monotonic() + SOON_S
    while True:
        job = queue.of(owner)
        assert job is not None
        if true(job):
            return job
        assert time.monotonic() < end, job
        time.sleep(0.005)


def ended(queue: Queue, owner: str) -> Job:
    return until(queue, owner, lambda job: job.state not in ("waiting", "running"))


def rows_equal(one: Any, other: Any) -> bool:
    return all(
        np.array_equal(one[name], values, equal_nan=values.dtype.kind == "f")
        for name, values in other.items()
    )


# --- what comes out --------------------------------------------------------------------------------


def test_a_job_is_the_engines_run(queue: Queue, tmp_path: Path) -> None:
    asked = replace(order(tmp_path, seeds=3, adoption=0.6, assumed=[["base", 105.0]]), situation="harsh")
    asked = replace(asked, scenario=asked.scenario | {"climate": "harsh"}, contenders=("polynomial",))
    assert queue.submit(asked, "me").order == asked
    job = ended(queue, "me")
    assert (job.state, job.reason, job.done, job.total) == ("finished", "", 12, 12)
    assert job.seconds > 0.0
    assert queue.of("me") == job, "the clock has stopped"
    found = Store(tmp_path).open(job.run)
    scenario = build(
        Control(), size="tiny", situation="harsh", values={"adoption": 0.6}, assumed={"base": 105.0}
    )
    same = run_scenario(Control(), scenario, seeds=3, contenders=["polynomial"], workers=1)
    assert rows_equal(found.rows, same.rows)
    assert found.scenario == json.loads(json.dumps(same.scenario))
    assert (found.situation, found.command, dict(found.roles)) == ("harsh", asked.command, dict(same.roles))


def test_trained_policies_are_used_again(queue: Queue, tmp_path: Path) -> None:
    queue.submit(order(tmp_path), "me")
    first = ended(queue, "me")
    queue.submit(order(tmp_path, adoption=0.3), "me")
    second = ended(queue, "me")
    assert Store(tmp_path).manifest(second.run).kept_from == first.run


def test_what_a_use_case_prints_is_no_answer(queue: Queue, tmp_path: Path, gate: Path) -> None:
    root = tmp_path / "runs"
    queue.submit(replace(order(root, "unruly_loud"), contenders=("other",)), "me")
    job = ended(queue, "me")
    assert job.state == "finished"
    assert list(Store(root).manifest(job.run).roles) == ["fixed", "other", "ceiling", "oracle"]


@pytest.mark.parametrize(
    ("usecase", "scenario", "reason"),
    [
        ("toy_contral", {}, "use case: 'toy_contral' is not installed"),
        ("toy_control", {"noise": 9.0}, "noise: 9.0 is not allowed"),
        ("unruly_fails", {"price": 13.0}, "ValueError: no such price"),
        ("unruly_dies", {"price": 13.0}, "worker process was ended|^lost$"),
    ],
)
def test_a_failure_is_named(
    queue: Queue, tmp_path: Path, gate: Path, usecase: str, scenario: dict[str, Any], reason: str
) -> None:
    queue.submit(order(tmp_path / "runs", usecase, **scenario), "me")
    job = ended(queue, "me")
    assert job.state == "failed"
    assert re.search(reason, job.reason)
    assert "\n" not in job.reason
    assert not Store(tmp_path / "runs").manifests()


def test_a_process_that_is_lost_is_told(queue: Queue, tmp_path: Path, gate: Path) -> None:
    queue.submit(order(tmp_path / "runs", "unruly_gate"), "me")
    until(queue, "me", lambda job: job.total > 0)
    assert queue._running is not None
    assert queue._running.process is not None
    apart.kill(queue._running.process)
    job = ended(queue, "me")
    assert (job.state, job.reason) == ("failed", apart.LOST)


def test_a_process_that_cannot_start_is_told(
    queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(module: str) -> Any:
        raise OSError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(apart, "start", full)
        queue.submit(order(tmp_path), "me")
        assert ended(queue, "me").reason == "OSError: no room"
    queue.submit(order(tmp_path), "me")
    assert ended(queue, "me").state == "finished", "the queue goes on"


# --- in turn -----------------------------------------------------------------------------------------


def test_one_runs_and_few_wait(queue: Queue, tmp_path: Path, gate: Path) -> None:
    shut, quick = order(tmp_path / "runs", "unruly_gate"), order(tmp_path / "runs")
    queue.submit(shut, "first")
    until(queue, "first", lambda job: job.state == "running")
    assert [queue.submit(quick, owner).ahead for owner in ("second", "third")] == [1, 2]
    with pytest.raises(Busy) as busy:
        queue.submit(quick, "fourth")
    assert busy.value.why == "full"
    for owner in ("first", "second"):
        with pytest.raises(Busy) as busy:
            queue.submit(quick, owner)
        assert busy.value.why == "yours"
    assert queue.of("fourth") is None

    queue.cancel("second")
    job, third = queue.of("second"), queue.of("third")
    assert job is not None
    assert third is not None
    assert (job.state, job.seconds, third.ahead) == ("cancelled", 0.0, 1)
    assert queue.submit(quick, "second").ahead == 2, "who has cancelled may ask again, at the end"

    (gate / "closed").unlink()
    assert [ended(queue, owner).state for owner in ("first", "third", "second")] == ["finished"] * 3
    ids = [job.run for owner in ("first", "third", "second") if (job := queue.of(owner)) is not None]
    assert ids == sorted(ids), "in the order in which they were asked for"


def test_few_that_have_ended_are_remembered(
    queue: Queue, tmp_path: Path, gate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "REMEMBERED", 3)
    queue.submit(order(tmp_path / "runs", "unruly_gate"), "first")
    until(queue, "first", lambda job: job.state == "running")
    for owner in "abcde":
        queue.submit(order(tmp_path / "runs"), owner)
        queue.cancel(owner)
    queue.submit(order(tmp_path / "runs"), "last")
    assert [owner for owner in "abcde" if queue.of(owner)] == ["c", "d", "e"]
    assert until(queue, "first", lambda job: job.state == "running")


def test_a_closed_queue_takes_nothing(queue: Queue, tmp_path: Path, gate: Path) -> None:
    queue.submit(order(tmp_path / "runs", "unruly_gate"), "me")
    queue.submit(order(tmp_path / "runs"), "you")
    queue.close()
    assert [ended(queue, owner).state for owner in ("me", "you")] == ["cancelled"] * 2
    with pytest.raises(Busy):
        queue.submit(order(tmp_path / "runs"), "you")


# --- cancelled while it runs ---------------------------------------------------------------------------


def idle(queue: Queue) -> None:
    end = time.monotonic() + SOON_S
    while queue._running is not None:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_cancelled_run_is_found_again(queue: Queue, tmp_path: Path) -> None:
    asked = order(tmp_path, seeds=20)
    queue.submit(asked, "me")
    until(queue, "me", lambda job: job.done >= 3)
    queue.cancel("me")
    assert ended(queue, "me").state == "cancelled"
    idle(queue)
    assert not Store(tmp_path).manifests(), "nothing is to be seen"
    (partial,) = tmp_path.glob(".partial-*")
    kept = [cell_in(json.loads(path.read_text()), {}) for path in partial.glob("[!.]*/cell.json")]
    assert 3 <= len(kept) < 80

    command = [sys.executable, "-P", "-m", "dashboards.working", str(os.getpid())]
    told = subprocess.run(command, input=asked.line(), capture_output=True, text=True, check=True, cwd=ROOT)
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    assert lines[0] == {"done": len(kept), "total": 80, "what": ""}, "finished cells are found again"
    found = Store(tmp_path).open(lines[-1]["run"])
    same = run_scenario(Control(), build(Control(), size="tiny"), seeds=20, workers=1)
    assert rows_equal(found.rows, same.rows)
