"""What is worked off: one seed of one deep scenario, with all the live settings that are asked of it.

Policies are trained once for all of them, and the world is drawn once.
"""

from __future__ import annotations

import math
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.engine.cell import CellResult, CellTask, compute
from core.engine.registry import AnyUseCase
from core.engine.scenario import deep_part
from core.protocol import Policy, Role, Scenario
from core.store import manifest as facts


@dataclass(frozen=True)
class Task:
    """A deep scenario on a seed.

    Attributes
    ----------
    points
        Numbers of the sweep's points that it serves, one a scenario.
    scenarios
        They differ in live levers alone.
    contenders
        Who competes, the incumbent first.
    key
        Names what its numbers depend on, as whoever gives it out sees it.
    """

    case: AnyUseCase
    points: tuple[int, ...]
    scenarios: tuple[Scenario, ...]
    seed: int
    contenders: tuple[str, ...]
    device: str
    threads: int
    key: str


@dataclass(frozen=True)
class Done:
    """What a task left.

    Attributes
    ----------
    cells
        Of each point, in the order of the task; none where it failed.
    reasons
        Why each point failed, "" where it did not.
    code
        Fingerprint of the code and of the libraries that ran; a cluster may hold others.
    """

    key: str
    points: tuple[int, ...]
    seed: int
    cells: tuple[tuple[CellResult, ...], ...]
    reasons: tuple[str, ...]
    code: str = ""

    @property
    def failed(self) -> bool:
        return any(self.reasons)


def tasks_of(
    case: AnyUseCase, scenarios: Sequence[Scenario], seeds: Sequence[Sequence[int]],
    roles: Mapping[str, Role], device: str, threads: int,
) -> list[Task]:  # fmt: skip
    """Gather points by deep scenario and seed.

    Parameters
    ----------
    seeds
        Of each point.
    """
    together: dict[tuple[Scenario, int], list[int]] = {}
    for point, scenario in enumerate(scenarios):
        for seed in seeds[point]:
            together.setdefault((deep_part(scenario), seed), []).append(point)
    found = []
    for (deep, seed), points in together.items():
        own = tuple(scenarios[point] for point in points)
        live = [one.model_dump() for one in own]
        key = facts.key(facts.deep_key(case, deep, device), live, seed, tuple(roles))
        found.append(Task(case, tuple(points), own, seed, tuple(roles), device, threads, key))
    return found


def perform(task: Task) -> Done:
    """Work a task off; whatever goes wrong is told, so that one bad point does not end a sweep."""
    kept: dict[str, Policy] = {}
    cells, reasons = [], []
    for scenario in task.scenarios:
        try:
            found, reason = tuple(_cell(task, scenario, name, kept) for name in task.contenders), ""
        except Exception as error:
            found, reason = (), why(error)
        cells.append(found)
        reasons.append(reason)
    return Done(task.key, task.points, task.seed, tuple(cells), tuple(reasons), made_with(task.case))


def made_with(case: AnyUseCase) -> str:
    """Name the code and the libraries of this process."""
    return facts.key(facts.code_fingerprint(case), facts.versions())


def why(error: Exception) -> str:
    """Say what went wrong in a line, and where when it says nothing itself.

    Examples
    --------
    >>> why(ValueError("no such month"))
    'ValueError: no such month'
    """
    said = str(error).splitlines()
    if said:
        return f"{type(error).__name__}: {said[0]}"
    last = traceback.extract_tb(error.__traceback__)[-1:]
    at = "".join(f" at {Path(one.filename).name}:{one.lineno}" for one in last)
    return f"{type(error).__name__}{at}"


def lost(task: Task, reason: str) -> Done:
    """Say that nothing came of a task."""
    number = len(task.points)
    return Done(task.key, task.points, task.seed, ((),) * number, (reason,) * number)


def _cell(task: Task, scenario: Scenario, name: str, kept: dict[str, Policy]) -> CellResult:
    cell = compute(CellTask(task.case, scenario, task.seed, name, task.device, task.threads, dict(kept)))
    for kpi, value in cell.kpis.items():
        if not math.isfinite(value):
            raise ArithmeticError(f"{kpi} of {name} is {value}")
    if cell.policy is not None:
        kept[name] = cell.policy
    return replace(cell, traces={}, policy=None)
