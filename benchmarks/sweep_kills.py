"""A sweep of 200 points at ``tiny``: undisturbed, with a worker killed, with the parent killed, on a cluster.

``python benchmarks/sweep_kills.py [USECASE] [--points N]`` runs the same sweep four times in folders of their
own and compares every number; it exits with 1 where one differs. The last time needs Dask, which starts a
cluster of two workers on this machine.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from core.sweep.shelf import Shelf

VARIED = ("data_share=0.1:1:5", "label_quality=0.5:1:5", "adoption=0:1:5")
PATIENCE_S = 3_600.0


def command(case: str, points: int, seeds: int, out: Path, *more: str) -> list[str]:
    """Write the command line of the sweep."""
    vary = [word for text in VARIED for word in ("--vary", text)]
    design = ["--design", "sobol", "--points", str(points), "--size", "tiny", "--seeds", str(seeds)]
    start = [sys.executable, "-c", "from core.cli.main import main; main()", "sweep", case]
    return [*start, *vary, *design, "--out", str(out), "--json", *more]


def children(pid: int) -> list[int]:
    """Processes that a process has started, and those that they have."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [int(child), *children(int(child))]
    return found


def entered(out: Path) -> int:
    """Count the tasks that are finished."""
    return len(list(out.glob("sweeps/.partial-*/*.json")))


def wait(process: subprocess.Popen[bytes], ready: Callable[[], bool]) -> bool:
    """Wait until something is so; False when the process ended before."""
    deadline = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < deadline:
        if ready():
            return True
        time.sleep(0.01)
    return False


def start(words: list[str]) -> subprocess.Popen[bytes]:
    """Start a sweep in the background."""
    return subprocess.Popen(words, stdout=subprocess.DEVNULL)


def finish(process: subprocess.Popen[bytes]) -> None:
    """Wait for a sweep that must end well."""
    if process.wait(PATIENCE_S) != 0:
        raise SystemExit(f"the sweep ended with {process.returncode}")


def numbers(out: Path) -> list[str]:
    """Every number of the sweep to the last bit, as text."""
    shelf = Shelf(out)
    found, _ = shelf.open(shelf.sheets()[-1].id)
    assert not found.failures, found.failures
    return [repr({n: c.tolist() for n, c in found.at(p).rows.items()}) for p in found.whole]


def kill_a_worker(words: list[str], out: Path, after: int) -> None:
    """Kill a worker in the middle; the command itself must get over it."""
    process = start(words)
    if not wait(process, lambda: entered(out) >= after):
        raise SystemExit("the sweep ended before a worker could be killed")
    os.kill(children(process.pid)[-1], signal.SIGKILL)
    finish(process)


def kill_the_parent(words: list[str], out: Path, after: int) -> int:
    """Kill the command in the middle, and give it again; count what it found finished."""
    process = start(words)
    if not wait(process, lambda: entered(out) >= after):
        raise SystemExit("the sweep ended before it could be killed")
    process.kill()
    process.wait()
    kept = entered(out)
    finish(start(words))
    return kept


def runs(case: str, points: int, seeds: int, home: Path) -> Iterator[tuple[str, float, list[str], str]]:
    """Do it four times, and give what each did, how long it took and its numbers."""
    half = points * seeds // 5  # tasks are fewer than points times seeds where points share a training
    for name in ("undisturbed", "a worker killed", "the parent killed", "a cluster of two"):
        out, began, note = home / name.replace(" ", "_"), time.monotonic(), ""
        words = command(case, points, seeds, out)
        if name == "undisturbed":
            finish(start(words))
        elif name == "a worker killed":
            kill_a_worker(words, out, half)
        elif name == "the parent killed":
            note = f"{kill_the_parent(words, out, half)} finished tasks found again"
        else:
            from distributed import LocalCluster

            with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
                address = cluster.scheduler_address
                finish(start(command(case, points, seeds, out, "--backend", "dask", "--scheduler", address)))
        yield name, time.monotonic() - began, numbers(out), note


def main() -> int:
    """Run, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("usecase", nargs="?", default="voter_fundraising")
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=1)
    asked = parser.parse_args()
    first: list[str] = []
    bad = 0
    with tempfile.TemporaryDirectory() as home:
        for name, seconds, found, note in runs(asked.usecase, asked.points, asked.seeds, Path(home)):
            first = first or found
            equal = found == first and len(found) == asked.points
            bad += not equal
            verdict = "equal" if equal else "DIFFERENT"
            print(f"{name:20} {len(found):5} points {seconds:7.1f} s  {verdict}  {note}", flush=True)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
