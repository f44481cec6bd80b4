"""Kill a run at random moments, and show that nothing half-done is ever seen.

After each kill every visible folder must be a complete run whose files match its manifest; every run that
comes to its end, resumed as often as it may be, must have the same files as one that nobody disturbed::

    python benchmarks/kill_resume.py datacenter_pue --kills 50
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from core.engine.registry import load
from core.engine.run import run_scenario
from core.engine.scenario import build
from core.errors import UserError
from core.luck import luck_of
from core.store.atomic import verify
from core.store.manifest import Manifest
from core.store.runs import Store

LOADED_FIRST = ("pyarrow.parquet", "safetensors.numpy", "scipy.special", "threadpoolctl")
TIMED = ("result.json",)
"""Files that hold how long the run took, and so differ."""


@dataclass(frozen=True)
class Task:
    """What is run, again and again."""

    usecase: str
    size: str
    seeds: int


@dataclass
class Tally:
    """What was met: ``resumed`` counts the starts that found finished cells of a killed run."""

    kills: int = 0
    resumed: int = 0
    finished: int = 0
    seconds_undisturbed: float = 0.0
    problems: tuple[str, ...] = ()


def start(task: Task, root: Path) -> int:
    """Start a run in a process group of its own, and return its id."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        os.setsid()
        case = load(task.usecase)
        scenario = build(case, size=task.size)
        run_scenario(case, scenario, seeds=task.seeds, device="cpu", workers=2, store=Store(root))
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def kill(child: int) -> None:
    """End a process and its workers at once."""
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:  # it has not got as far as a group of its own
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def lasting(manifest: Manifest) -> dict[str, int | str]:
    """The sha256 of each file that does not depend on the clock."""
    return {name: facts["sha256"] for name, facts in manifest.files.items() if name not in TIMED}


def inspect(task: Task, root: Path, expected: dict[str, int | str]) -> Iterator[str]:
    """Say what is wrong with the visible runs of a store."""
    listed = Store(root).manifests()
    visible = {path.name for path in root.glob("[!.]*")} if root.exists() else set()
    for name in visible ^ {manifest.id for manifest in listed}:
        yield f"{name} is half a run"
    for manifest in listed:
        try:
            verify(root / manifest.id, manifest.files)
        except UserError as error:
            yield str(error)
        if len(manifest.seeds) != task.seeds:
            yield f"{manifest.id} has {len(manifest.seeds)} seeds"
        if lasting(manifest) != expected:
            yield f"{manifest.id} differs from the undisturbed run"


def undisturbed(task: Task, root: Path) -> tuple[dict[str, int | str], float]:
    """Run to the end; give the files' hashes and the seconds it took."""
    child = start(task, root)
    began = time.perf_counter()
    _, status = os.waitpid(child, 0)
    if status:
        raise SystemExit(f"the undisturbed run of {task.usecase} failed")
    return lasting(Store(root).manifests()[0]), time.perf_counter() - began


def kill_and_resume(task: Task, kills: int, root: Path, seed: int = 0) -> Tally:
    """Kill runs at moments drawn uniformly over a run's length, then let the last one end.

    Parameters
    ----------
    task, kills
        What to run, and how often to kill it.
    root
        An empty folder; each run that ends is followed by one in a new store below it.
    seed
        Of the moments.
    """
    # A small run would be killed while these load, and seldom while it runs.
    for name in LOADED_FIRST:
        importlib.import_module(name)
    rng = luck_of(seed)("kills")
    # The first run fills caches on disk; the second takes as long as those to come.
    undisturbed(task, root / "warm")
    expected, length = undisturbed(task, root / "undisturbed")
    tally = Tally(seconds_undisturbed=round(length, 3))
    store, problems = root / "store-0", []
    while True:
        tally.resumed += any(store.glob(".partial-*/[!.]*"))
        child = start(task, store)
        if tally.kills < kills:
            time.sleep(rng.uniform(0.0, length))
            ended, status = os.waitpid(child, os.WNOHANG)
        else:
            ended, status = os.waitpid(child, 0)
        if not ended:
            kill(child)
            tally.kills += 1
        elif status:
            problems.append(f"a start after {tally.kills} kills failed")
        problems.extend(inspect(task, store, expected))
        if ended:
            tally.finished += 1
            if tally.kills >= kills:
                break
            store = root / f"store-{tally.finished}"
    tally.problems = tuple(problems)
    return tally


def main() -> int:
    """Read the command line, and print the tally as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("usecase")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--size", default="tiny")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        task = Task(given.usecase, given.size, given.seeds)
        tally = kill_and_resume(task, given.kills, Path(folder), given.seed)
    print(json.dumps(asdict(tally), indent=1))
    return 1 if tally.problems else 0


if __name__ == "__main__":
    sys.exit(main())
