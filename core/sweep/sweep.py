"""A sweep: points, seeds and contenders, worked off and put together as a run a point."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from core.engine.cell import CellResult
from core.engine.parallel import cores
from core.engine.registry import AnyUseCase
from core.engine.run import roles_of, rows_of, scores_of, seeds_of, workers_of
from core.errors import UserError
from core.learn.devices import resolve
from core.protocol import Role, Scenario, Table
from core.results import Run
from core.store import manifest as facts
from core.sweep.ledger import Ledger
from core.sweep.points import Done, Task, tasks_of
from core.sweep.work import Place, finished

Progress = Callable[[int, int, str], None]
"""Called with tasks done, tasks in all, and what is going on."""


@dataclass(frozen=True)
class Asked:
    """What a sweep tries.

    Attributes
    ----------
    scenarios
        One a point.
    seeds
        Of each point. Points of one sweep mostly share them, so that they are compared in the same worlds.
    roles
        Who competes, incumbent first.
    """

    case: AnyUseCase
    scenarios: tuple[Scenario, ...]
    seeds: tuple[tuple[int, ...], ...]
    roles: Mapping[str, Role]
    device: str = "cpu"

    @property
    def own_seeds(self) -> bool:
        """Whether points have seeds of their own, so that none is compared with another in the same world."""
        return len(set(self.seeds)) > 1

    @cached_property
    def key(self) -> str:
        """Name what its numbers depend on."""
        deep = [facts.deep_key(self.case, one, self.device) for one in self.scenarios]
        live = [one.model_dump() for one in self.scenarios]
        return facts.key(deep, live, self.seeds, tuple(self.roles))

    def run(self, point: int, rows: Table, scores: Table, versions: Mapping[str, str]) -> Run:
        """Make a run of a point from its rows and scores; it has no traces."""
        scenario = self.scenarios[point]
        return Run(
            case=self.case,
            size=scenario.size,
            situation=None,
            scenario=scenario.model_dump(),
            seeds=self.seeds[point],
            device=self.device,
            versions=versions,
            roles=self.roles,
            rows=rows,
            scores=scores,
        )

    def tasks(self, threads: int) -> list[Task]:
        """Give what is to be worked off, in the order of the points."""
        return tasks_of(self.case, self.scenarios, self.seeds, self.roles, self.device, threads)


@dataclass(frozen=True)
class Failure:
    """A point that has no numbers on a seed, and why."""

    point: int
    seed: int
    reason: str


@dataclass(frozen=True)
class Sweep:
    """What came out.

    Attributes
    ----------
    runs
        A run a point, without traces; None where a seed of it failed.
    failures
        By point and seed.
    seconds
        As the clock on the wall saw it.
    path
        Where it is stored, "" when it is not.
    """

    asked: Asked
    runs: tuple[Run | None, ...]
    failures: tuple[Failure, ...]
    seconds: float = 0.0
    path: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def case(self) -> AnyUseCase:
        return self.asked.case

    @cached_property
    def whole(self) -> list[int]:
        """Points that have all their numbers."""
        return [point for point, run in enumerate(self.runs) if run is not None]

    def at(self, point: int) -> Run:
        """Give the run of a point that has all its numbers."""
        run = self.runs[point]
        assert run is not None, "ask only for whole points"
        return run


def ask(
    case: AnyUseCase,
    scenarios: Sequence[Scenario],
    *,
    seeds: int | Sequence[int] | None = None,
    own_seeds: Sequence[Sequence[int]] | None = None,
    contenders: Sequence[str] | None = None,
    device: str = "cpu",
) -> Asked:
    """Say what is to be tried.

    Parameters
    ----------
    seeds
        How many, or which, the same for all points; by default as many as the size says.
    own_seeds
        Of each point, where they differ.

    Raises
    ------
    UserError
        For seeds, contenders or a device that there are not.
    """
    roles = roles_of(case, contenders)
    if "learner" not in roles.values():
        known = [name for name, one in case.contenders.items() if one.role == "learner"]
        raise UserError(f"contenders: none of them learns; add one of {', '.join(known)}.")
    asked = [seeds] * len(scenarios) if own_seeds is None else own_seeds
    each = [seeds_of(case, one, own) for one, own in zip(scenarios, asked, strict=True)]
    return Asked(case, tuple(scenarios), tuple(each), roles, resolve(device))


def place_of(asked: Asked, workers: int | None, scheduler: str = "") -> Place:
    """Say where it is worked off: a cluster, or so many processes here.

    Raises
    ------
    UserError
        When the workers are none or too many.
    """
    tasks = sum(map(len, asked.seeds))
    number = workers_of(workers, asked.device, tasks)
    return Place(number, max(1, cores() // number), scheduler)


def sweep(
    asked: Asked,
    place: Place,
    *,
    folder: Path | None = None,
    retry: bool = False,
    progress: Progress = lambda done, total, what: None,
) -> Sweep:
    """Work a sweep off.

    Parameters
    ----------
    folder
        Where finished tasks are entered as they finish, and looked up first; None enters nothing.
    retry
        Try again what failed before.
    """
    started = time.time()
    ledger = Ledger(folder) if folder is not None else None
    tasks = asked.tasks(place.threads)
    done: dict[str, Done] = ledger.read(task.key for task in tasks) if ledger else {}
    if retry and ledger:
        again = [one.key for one in done.values() if one.failed]
        ledger.forget(again)
        done = {key: one for key, one in done.items() if key not in again}
    progress(len(done), len(tasks), "")
    for one in finished([task for task in tasks if task.key not in done], place):
        if ledger:
            ledger.put(one)
        done[one.key] = one
        progress(len(done), len(tasks), f"point {one.points[0] + 1}, seed {one.seed}")
    runs, failures = put_together(asked, done.values())
    return Sweep(asked, runs, failures, round(time.time() - started, 3), versions=facts.versions())


def put_together(asked: Asked, done: Iterable[Done]) -> tuple[tuple[Run | None, ...], tuple[Failure, ...]]:
    """Make a run of each point that has all its seeds."""
    cells: dict[int, dict[int, Sequence[CellResult]]] = {}
    failures = []
    for one in done:
        for point, found, reason in zip(one.points, one.cells, one.reasons, strict=True):
            if reason:
                failures.append(Failure(point, one.seed, reason))
            else:
                cells.setdefault(point, {})[one.seed] = found
    runs = tuple(_run(asked, point, cells.get(point, {})) for point in range(len(asked.scenarios)))
    return runs, tuple(sorted(failures, key=lambda one: (one.point, one.seed)))


def _run(asked: Asked, point: int, found: Mapping[int, Sequence[CellResult]]) -> Run | None:
    seeds, scenario = asked.seeds[point], asked.scenarios[point]
    if any(seed not in found for seed in seeds):
        return None
    cells = [cell for seed in seeds for cell in found[seed]]
    return asked.run(point, rows_of(asked.case, scenario, cells), scores_of(cells), facts.versions())
