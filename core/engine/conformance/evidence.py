"""What the questions look at, gathered once and only when it is asked for."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from core.engine.cell import CellTask, entrants, incumbent_of, train
from core.engine.conformance.marks import differing, marks
from core.engine.parallel import Backend, cores
from core.engine.registry import AnyUseCase
from core.engine.run import run_scenario
from core.engine.scenario import budget_of, build, deep_part
from core.luck import luck_of, scoped
from core.protocol import Forecaster, History, Luck, Outcome, Policy, Scenario, Score, Size, Table
from core.results import Run


@dataclass
class Spy(Forecaster):
    """A policy that notes what it is asked, and lets another answer."""

    inner: Policy
    acted: list[tuple[Table, Table]] = field(default_factory=list)
    predicted: list[Table] = field(default_factory=list)

    def act(self, seen: Table, rules: Table) -> Table:
        self.acted.append((_kept(seen), _kept(rules)))
        return self.inner.act(seen, rules)

    def learn(self, feedback: Table, luck: Luck) -> None:
        self.inner.learn(feedback, luck)

    def predict(self, seen: Table) -> Table:
        assert isinstance(self.inner, Forecaster)
        self.predicted.append(_kept(seen))
        return self.inner.predict(seen)


def _kept(table: Table) -> dict[str, Any]:
    # A play may use its columns again in the next epoch.
    return {name: values.copy() for name, values in table.items()}


@dataclass
class Played:
    """A contender's play of the first seed: what came out, and what it was asked."""

    policy: Policy
    outcome: Outcome
    asked: Spy
    skill: Mapping[str, Score]


class Evidence:
    """Worlds, policies, plays and runs of one use case.

    Parameters
    ----------
    case
        The use case.
    seeds
        How many the large run has.
    size, workers
        Of its worlds; processes.
    """

    def __init__(self, case: AnyUseCase, seeds: int, size: Size, workers: int | None) -> None:
        self.case = case
        self.seeds = seeds
        self.size = size
        # Two even on one core: that rows do not depend on it is one of the questions.
        self.workers = workers or max(2, cores())

    @cached_property
    def scenario(self) -> Scenario:
        """The use case's defaults."""
        return build(self.case, size=self.size)

    @property
    def incumbent(self) -> str:
        return incumbent_of(self.case)

    @property
    def light(self) -> list[str]:
        """The learners, those first that load no heavy library."""
        return sorted(self.learners, key=lambda name: bool(self.case.contenders[name].needs))

    @property
    def learners(self) -> list[str]:
        return [name for name, contender in self.case.contenders.items() if contender.role == "learner"]

    def with_levers(self, values: Mapping[str, Any]) -> Scenario:
        """The defaults but for some levers."""
        return build(self.case, size=self.size, values=values)

    def draw(self, seed: int, scenario: Scenario | None = None) -> tuple[Any, History]:
        """Draw a world anew, as the engine does."""
        drawn: tuple[Any, History] = self.case.world(
            scenario or deep_part(self.scenario), scoped(luck_of(seed), "world")
        )
        return drawn

    def task(self, name: str) -> CellTask:
        """The engine's task for a contender on the first seed."""
        return CellTask(self.case, self.scenario, 0, name, "cpu", 1)

    def fit(self, name: str, history: History) -> Policy:
        """Train a contender on a history, as the engine does on the first seed."""
        budget = budget_of(self.case, deep_part(self.scenario), device="cpu", threads=1)
        return self.case.contenders[name].fit(history, budget, scoped(luck_of(0), f"train/{name}"))

    @cached_property
    def policies(self) -> dict[str, Policy]:
        """Every contender, trained on the first seed."""
        return {name: train(self.task(name), name) for name in self.case.contenders}

    @cached_property
    def trained_again(self) -> dict[str, tuple[list[str], list[str]]]:
        """Where a second training differs from the first, and where it changed its history, by contender."""
        history = self.learned_from()
        untouched = marks(history)
        found = {}
        for name, policy in self.policies.items():
            differs = differing(marks(policy), marks(self.fit(name, history)))
            found[name] = differs, differing(untouched, marks(history))
            if found[name][1]:
                history = self.learned_from()
        return found

    def learned_from(self) -> History:
        """The first seed's history anew, with the share of it that contenders learn from."""
        _, history = self.draw(0)
        return history.thin(self.scenario.data_share, scoped(luck_of(0), "thin"))

    def player(self, name: str, world: Any) -> Policy:
        """A fresh copy of a contender, or a bound."""
        if name in self.policies:
            return copy.deepcopy(self.policies[name])
        bound: Policy = self.case.bounds(self.scenario, world)[entrants(self.case)[name]]
        return bound

    def play(self, world: Any, policy: Policy) -> Outcome:
        """Let a policy play the first seed, as the engine does."""
        return self.case.play(self.scenario, world, policy, scoped(luck_of(0), "play"))

    @cached_property
    def played(self) -> dict[str, Played]:
        """Every contender's play of the first seed, and its forecasts."""
        world, _ = self.draw(0)
        found = {}
        for name, policy in self.policies.items():
            spy = Spy(copy.deepcopy(policy))
            outcome = self.play(world, spy)
            forecaster = Spy(policy)
            seen = isinstance(policy, Forecaster)
            skill = self.case.skill(deep_part(self.scenario), world, forecaster) if seen else {}
            spy.predicted = forecaster.predicted
            found[name] = Played(policy, outcome, spy, skill)
        return found

    def run(self, values: Mapping[str, Any], seeds: int, *, contenders: Sequence[str] | None = None,
            workers: int | None = None, backend: Backend = "auto") -> Run:  # fmt: skip
        """Run a setting of the levers over the first seeds."""
        return run_scenario(
            self.case,
            self.with_levers(values),
            seeds=seeds,
            contenders=contenders,
            device="cpu",
            workers=workers or self.workers,
            backend=backend,
        )

    @cached_property
    def _large_run(self) -> Run | Exception:
        try:
            return self.run({}, self.seeds)
        except Exception as error:  # told to each question that asks, but not met again
            return error

    @property
    def large_run(self) -> Run:
        """All contenders on all seeds at the defaults."""
        if isinstance(self._large_run, Exception):
            raise self._large_run
        return self._large_run
