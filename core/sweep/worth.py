"""What one more unit of data, labels, compute, expertise and adoption is worth, after what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.engine.registry import AnyUseCase
from core.engine.scenario import budget_of, build, levers, span
from core.errors import UserError
from core.protocol import COMMON_LEVERS, Array, Budget, Meaning, Scenario
from core.stats.interval import Interval
from core.stats.simultaneous import ranking, simultaneous
from core.sweep.curves import learner_of
from core.sweep.sweep import Asked, Sweep, ask

LEAST = 0.1
"""A step is at least this share of what a lever takes: budgets are whole trials and steps, and a single
core-hour would change none of them."""
MKRW = 1e6


@dataclass(frozen=True, slots=True)
class Step:
    """A lever moved by some units about today's value.

    Attributes
    ----------
    low, high
        Values of the lever between which the difference is taken.
    blind
        Whether learners may spend the same at both ends, because a budget is so many whole trials and steps:
        then nothing can be said at this size.
    features
        Whether a specialist's features come in between the two.
    """

    lever: str
    meaning: Meaning
    low: float
    high: float
    blind: bool = False
    features: bool = False

    @property
    def units(self) -> float:
        """How many physical units the step has."""
        return (self.high - self.low) * self.meaning.quantity


@dataclass(frozen=True, slots=True)
class Worth:
    """One lever's answer, in million KRW of the period that the industry counts.

    Attributes
    ----------
    net
        Of one more unit, after its own cost.
    per_krw
        The same for each KRW that the unit costs; None where it costs nothing.
    by_seed
        What ``per_krw`` rests on, a number a seed; empty where it is None.
    rank
        By ``per_krw``, or by ``net`` where a unit of some lever costs nothing; ties have the same.
    tied
        Whether it cannot be told from the one with the highest mean.
    """

    step: Step
    net: Interval
    per_krw: Interval | None
    rank: int
    tied: bool
    by_seed: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the levers are worth, the surest first; and the first again, on seeds that did not choose it.

    ``blind`` are those of which this size can say nothing.
    """

    levers: tuple[Worth, ...]
    seeds: int
    blind: tuple[Step, ...] = ()
    again: Worth | None = None
    again_seeds: int = 0


def today(
    case: AnyUseCase,
    *,
    size: str,
    situation: str | None,
    values: Mapping[str, Any],
    assumed: Mapping[str, float],
) -> Scenario:
    """Build the scenario of today: common levers where the use case says they stand, unless they are set.

    Adoption stays at the scenario's: where nothing is decided by learning, nothing else has any worth.
    """
    known = levers(case.scenario)
    now = {}
    for name in COMMON_LEVERS:
        low, high = span(known[name]) or (0.0, 1.0)
        if name != "adoption" and case.meanings[name].quantity > 0.0:
            now[name] = float(np.clip(case.meanings[name].today / case.meanings[name].quantity, low, high))
    named = case.situations.get(situation or "")
    said = {**(named.values if named else {}), **values}
    return build(case, size=size, situation=situation, values={**now, **said}, assumed=assumed)


def steps(case: AnyUseCase, base: Scenario) -> list[Step]:
    """Say how far each common lever is moved: up where its bounds allow, else up to the bound.

    Raises
    ------
    UserError
        Where an industry counts no money.
    """
    if not case.money:
        raise UserError(f"worth: {case.name} counts no money, so nothing can be set against a lever's cost.")
    return [_step(case, base, name) for name in COMMON_LEVERS]


def _step(case: AnyUseCase, base: Scenario, name: str) -> Step:
    """Move one lever by one unit, or by as much as it takes to change what learners may spend."""
    meaning, value = case.meanings[name], float(getattr(base, name))
    low, high = span(levers(case.scenario)[name]) or (0.0, 1.0)
    if name == "adoption":
        # The base adopts; the question is what the next site brings.
        value = float(np.clip(meaning.today / meaning.quantity, low, high))
    least = LEAST * (high - low)
    width = max(1.0 / meaning.quantity, least)
    if name not in ("compute", "expertise"):
        return Step(name, meaning, *_ends(value, width, least, low, high))

    def budget(value: float) -> Budget:
        return budget_of(case, base.model_copy(update={name: value}), device="cpu", threads=1)

    first, last = _ends(value, width, least, low, high)
    while budget(first) == budget(last) and last - first < high - low:
        width = width + least
        first, last = _ends(value, width, width, low, high)
    came_in = budget(first).engineered != budget(last).engineered
    return Step(name, meaning, first, last, budget(first) == budget(last), came_in)


def _ends(value: float, width: float, least: float, low: float, high: float) -> tuple[float, float]:
    """Step up from a value as far as the bound allows; where that is too little, end at the bound.

    Examples
    --------
    >>> _ends(0.5, 0.2, 0.1, 0.0, 1.0), _ends(0.75, 1.0, 0.1, 0.0, 1.0), _ends(0.95, 0.2, 0.1, 0.0, 1.0)
    ((0.5, 0.7), (0.75, 1.0), (0.9, 1.0))
    """
    top = min(value + width, high)
    return (value, top) if top - value >= least * (1.0 - 1e-9) else (max(low, high - least), high)


def asked(case: AnyUseCase, base: Scenario, moved: Sequence[Step], seeds: Sequence[int],
          contenders: Sequence[str] | None, device: str) -> Asked:  # fmt: skip
    """Ask for both ends of every step; the same point is asked for once."""
    told = [step for step in moved if not step.blind]
    ends = [base.model_copy(update={s.lever: value}) for s in told for value in (s.low, s.high)]
    return ask(case, list(dict.fromkeys(ends)), seeds=seeds, contenders=contenders, device=device)


def answer(sweep: Sweep, base: Scenario, moved: Sequence[Step]) -> Answer:
    """Work out what one more unit of each lever is worth; the levers' intervals hold all at once.

    Raises
    ------
    UserError
        When a point failed.
    """
    if sweep.failures:
        first = sweep.failures[0]
        raise UserError(
            f"worth: {len(sweep.failures)} of its parts failed, the first on seed {first.seed}"
            f" ({first.reason}); the same command with --retry tries them again."
        )
    blind = tuple(step for step in moved if step.blind)
    moved = [step for step in moved if not step.blind]
    net = np.stack([_net(sweep, base, step) for step in moved], axis=1)
    price = np.array([step.meaning.krw_per_unit / MKRW for step in moved])
    priced = bool((price > 0.0).all())
    judged = net / price if priced else net
    order, found = ranking(judged), simultaneous(net)
    each = simultaneous(judged) if priced else [None] * len(moved)
    worths = [
        Worth(
            step,
            found[i],
            each[i],
            order.rank[i],
            i in order.level_with_first,
            tuple(judged[:, i].tolist()) if priced else (),
        )
        for i, step in enumerate(moved)
    ]
    return Answer(tuple(sorted(worths, key=_surest)), len(net), blind)


def confirmed(first: Answer, again: Sweep, base: Scenario, step: Step) -> Answer:
    """Add what the first lever is worth on seeds that did not choose it."""
    (worth,) = answer(again, base, [step]).levers
    return replace(first, again=worth, again_seeds=len(again.asked.seeds[0]))


def _surest(worth: Worth) -> tuple[int, float]:
    shown = worth.per_krw or worth.net
    return worth.rank, -(shown.low if np.isfinite(shown.low) else shown.mean)


def _net(sweep: Sweep, base: Scenario, step: Step) -> Array:
    """Net worth of one unit on each seed, ``(seeds,)`` million KRW a year."""
    low, high = (_money(sweep, base.model_copy(update={step.lever: v})) for v in (step.low, step.high))
    return (high - low) / step.units


def _money(sweep: Sweep, scenario: Scenario) -> Array:
    run = sweep.at(sweep.asked.scenarios.index(scenario))
    return run.beside_incumbent(run.case.money, learner_of(run))
