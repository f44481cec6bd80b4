"""One cell of a run: one contender on one seed, trained, played, measured."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any

from core.engine.adoption import Adopted
from core.engine.registry import AnyUseCase
from core.engine.scenario import budget_of, deep_part
from core.luck import luck_of, scoped
from core.protocol import Forecaster, History, Outcome, Policy, Role, Scenario, Score, Table


@dataclass(frozen=True)
class CellTask:
    """What a worker needs to compute a cell.

    ``kept`` are policies that were trained before, by contender; those are not trained again.
    """

    case: AnyUseCase
    scenario: Scenario
    seed: int
    contender: str
    device: str
    threads: int
    kept: Mapping[str, Policy] = field(default_factory=dict)


@dataclass(frozen=True)
class CellResult:
    """What a cell left. ``policy`` is None for bounds, which know the truth and are never kept."""

    seed: int
    contender: str
    role: Role
    kpis: Mapping[str, float]
    validation: float
    skill: Mapping[str, Score]
    references: Mapping[str, Mapping[str, Score]]
    traces: Mapping[str, Table]
    policy: Policy | None
    seconds: Mapping[str, float]


def incumbent_of(case: AnyUseCase) -> str:
    """Name of the contender that stands first."""
    return next(iter(case.contenders))


def entrants(case: AnyUseCase) -> dict[str, Role]:
    """All that compete, by name: contenders and bounds."""
    roles: dict[str, Role] = {name: c.role for name, c in case.contenders.items()}
    roles.update((role, role) for role in case.yardsticks)
    return roles


# Two worlds, so that a worker that goes back and forth between two seeds draws each once.
@lru_cache(maxsize=2)
def _world(case: AnyUseCase, scenario: Scenario, seed: int) -> tuple[Any, History]:
    luck = luck_of(seed)
    world, history = case.world(scenario, scoped(luck, "world"))
    return world, history.thin(scenario.data_share, scoped(luck, "thin"))


def train(task: CellTask, name: str) -> Policy:
    """Train a contender on history alone, or take the policy that was kept."""
    if name in task.kept:
        return copy.deepcopy(task.kept[name])
    scenario = deep_part(task.scenario)
    _, history = _world(task.case, scenario, task.seed)
    budget = budget_of(task.case, scenario, device=task.device, threads=task.threads)
    luck = scoped(luck_of(task.seed), f"train/{name}")
    return task.case.contenders[name].fit(history, budget, luck)


def acting(
    case: AnyUseCase, scenario: Scenario, role: Role, policy: Policy, incumbent: Callable[[], Policy]
) -> Policy:
    """Give who plays: a copy of a trained policy, beside the incumbent's where it is not adopted in full.

    Parameters
    ----------
    incumbent
        Gives the incumbent's policy, as one that may be written to; called only where it plays along.
    """
    player = copy.deepcopy(policy)
    if role == "learner" and scenario.adoption < 1.0:
        return Adopted(player, incumbent(), scenario.adoption, case.budgets)
    return player


def played(case: AnyUseCase, scenario: Scenario, world: Any, player: Policy, seed: int) -> Outcome:
    """Let a policy play with the luck of a seed; its KPIs are plain numbers."""
    outcome = case.play(scenario, world, player, scoped(luck_of(seed), "play"))
    return Outcome({name: float(value) for name, value in outcome.kpis.items()}, outcome.traces)


def compute(task: CellTask) -> CellResult:
    """Compute a cell: the same task gives the same rows in any process."""
    case, scenario = task.case, task.scenario
    deep = deep_part(scenario)
    role = entrants(case)[task.contender]
    clock = {"world": time.perf_counter()}
    world, history = _world(case, deep, task.seed)

    clock["train"] = time.perf_counter()
    policy: Policy | None = None
    if task.contender in case.contenders:
        policy = train(task, task.contender)
        player = acting(case, scenario, role, policy, lambda: train(task, incumbent_of(case)))
    else:
        player = case.bounds(scenario, world)[role]

    clock["skill"] = time.perf_counter()
    skill = case.skill(deep, world, policy) if isinstance(policy, Forecaster) else {}
    references = case.references(deep, world, history) if role == "incumbent" else {}

    clock["play"] = time.perf_counter()
    outcome = played(case, scenario, world, player, task.seed)
    clock["end"] = time.perf_counter()
    return CellResult(
        seed=task.seed,
        contender=task.contender,
        role=role,
        kpis=outcome.kpis,
        validation=policy.validation if policy is not None else float("nan"),
        skill=skill,
        references=references,
        traces=outcome.traces,
        policy=policy,
        seconds={a: clock[b] - clock[a] for a, b in pairwise(clock)},
    )
