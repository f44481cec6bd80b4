"""Plausible worlds: in how many of them a claim holds, and which constants turn it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.engine.registry import AnyUseCase
from core.errors import UserError
from core.luck import luck_of
from core.protocol import Array, Scenario
from core.results import Run
from core.sweep.curves import gain, learner_of
from core.sweep.design import plausible
from core.sweep.sweep import Asked, Sweep, ask

MAX_DRAWS, MAX_SEEDS = 1_000, 100
HOLDS, FAILS = 0.9, 0.1
"""Shares of worlds from which on a claim holds, and below which it does not (DESIGN.md, Statistics)."""
ERROR = 0.05
LEAST_DRAWS = 20
"""Below as many worlds a correlation's chance is not known well enough."""
LEVEL = 0.95

Build = Callable[[dict[str, float]], Scenario]
Name = Literal["ahead", "pays", "published"]
Verdict = Literal["holds", "conditions", "fails"]


@dataclass(frozen=True, slots=True)
class Turning:
    """A constant on which a statement depends.

    Attributes
    ----------
    rank
        Spearman's correlation of the constant with the statement's margin.
    chance
        Of as strong a one by mere luck, corrected for the number of constants (Holm).
    low_share, high_share
        Worlds where it holds, in the lower and in the upper half of the constant's draws.
    """

    constant: str
    rank: float
    chance: float
    low_share: float
    high_share: float


@dataclass(frozen=True, slots=True)
class Statement:
    """Something that is said of every world.

    Attributes
    ----------
    margin
        By how much it holds in each world, ``(worlds,)``: above 0 it does.
    share, low, high
        Of worlds where it holds, with the interval of Clopper and Pearson.
    settled
        Whether more worlds, or those that failed, could hardly change the verdict.
    turning
        Constants that decide it, the strongest first; looked for only where it holds in some worlds and not
        in others, and where there are :data:`LEAST_DRAWS`.
    """

    name: Name
    unit: str
    margin: Array
    share: float
    low: float
    high: float
    verdict: Verdict
    settled: bool
    turning: tuple[Turning, ...]


@dataclass(frozen=True, slots=True)
class Worlds:
    """Draws of the constants, and what holds in them.

    Attributes
    ----------
    drawn
        ``(worlds,)`` values by constant, of the worlds that have all their numbers.
    fixed
        Constants without a range, whose source says why.
    """

    drawn: dict[str, Array]
    fixed: tuple[str, ...]
    statements: tuple[Statement, ...]
    sweep: Sweep


def asked(
    case: AnyUseCase, build: Build, *, draws: int, seeds: int, contenders: Sequence[str] | None = None,
    device: str = "cpu",
) -> tuple[Asked, dict[str, Array]]:  # fmt: skip
    """Ask for a scenario in worlds whose constants are drawn jointly; no two worlds share a seed.

    Parameters
    ----------
    build
        Gives the scenario with some constants replaced.

    Returns
    -------
    asked, drawn
        What is to be tried, and the ``(draws,)`` values by constant, without those that a person has set.

    Raises
    ------
    UserError
        When the draws or seeds are out of range, or an industry declares no uncertain constant.
    """
    if not 1 <= draws <= MAX_DRAWS:
        raise UserError(f"draws: {draws} is not allowed; give a number from 1 to {MAX_DRAWS:,}.")
    if not 1 <= seeds <= MAX_SEEDS:
        raise UserError(f"seeds: {seeds} is not allowed; give a number from 1 to {MAX_SEEDS} for each world.")
    drawn = plausible(case.constants, draws, luck_of(0)("plausible worlds"))
    if not drawn:
        raise UserError(f"worlds: {case.name} declares no constant with a range; there is nothing to draw.")
    scenarios = [build({name: float(values[i]) for name, values in drawn.items()}) for i in range(draws)]
    own = [range(i * seeds, (i + 1) * seeds) for i in range(draws)]
    moved = {name: values for name, values in drawn.items() if _holds(scenarios[0], name, float(values[0]))}
    return ask(case, scenarios, own_seeds=own, contenders=contenders, device=device), moved


def _holds(scenario: Scenario, name: str, value: float) -> bool:
    """Whether a drawn constant is in a scenario, and nothing that a person has set in its place."""
    found = dict(scenario.assumed).get(name, getattr(scenario, name, None))
    return found is not None and math.isclose(found, value)


def judge(sweep: Sweep, drawn: dict[str, Array]) -> Worlds:
    """Say in how many worlds each statement holds, and what turns it."""
    whole = sweep.whole
    if not whole:
        raise UserError(f"worlds: all of them failed; the first because of {sweep.failures[0].reason}.")
    kept = {name: values[whole] for name, values in drawn.items()}
    runs = [sweep.at(point) for point in whole]
    lost = len(sweep.runs) - len(whole)
    said = [_statement(name, unit, np.array(margin), kept, lost) for name, unit, margin in _margins(runs)]
    fixed = tuple(name for name, one in sweep.case.constants.items() if one.low == one.high)
    return Worlds(kept, fixed, tuple(said), sweep)


def _margins(runs: Sequence[Run]) -> list[tuple[Name, str, list[float]]]:
    """By how much learning is ahead, pays for itself, and reaches what was published, world by world."""
    case = runs[0].case
    found: list[tuple[Name, str, list[float]]] = [
        ("ahead", case.kpis[0].unit, [float(gain(run).mean()) for run in runs])
    ]
    if case.money:
        unit = next(kpi.unit for kpi in case.kpis if kpi.name == case.money)
        net = [run.beside_incumbent(case.money, learner_of(run)).mean() for run in runs]
        found.append(("pays", unit, [float(one) for one in net]))
    findings = [run.finding() for run in runs]
    if all(one is not None for one in findings):
        figure = case.card.claim_value
        reached = [one.value - figure for one in findings if one is not None]
        found.append(("published", case.card.claim_unit, reached))
    return found


def _statement(name: Name, unit: str, margin: Array, drawn: dict[str, Array], lost: int) -> Statement:
    """Judge a statement; ``lost`` worlds have no numbers, and might say either."""
    from scipy.stats import binomtest

    holds = margin >= 0.0 if name == "published" else margin > 0.0
    yes, known = int(holds.sum()), len(holds)
    interval = binomtest(yes, known).proportion_ci(LEVEL, method="exact")
    low, high, verdict = float(interval.low), float(interval.high), verdict_of(yes / known)
    either = {verdict_of(yes / (known + lost)), verdict_of((yes + lost) / (known + lost))}
    settled = either == {verdict} and not any(low < edge < high for edge in (HOLDS, FAILS))
    open_to = 0 < yes < known and known >= LEAST_DRAWS
    turning = _turning(margin, holds, drawn) if open_to else ()
    return Statement(name, unit, margin, yes / known, low, high, verdict, settled, turning)


def verdict_of(share: float) -> Verdict:
    """Say what a share of worlds means.

    Examples
    --------
    >>> verdict_of(0.93), verdict_of(0.5), verdict_of(0.04)
    ('holds', 'conditions', 'fails')
    """
    if share >= HOLDS:
        return "holds"
    return "conditions" if share >= FAILS else "fails"


def _turning(margin: Array, holds: Array, drawn: dict[str, Array]) -> tuple[Turning, ...]:
    """Find the constants that go with the margin more than luck would have them (Holm, 1979)."""
    from scipy.stats import spearmanr

    tested = []
    for name, values in drawn.items():
        if np.ptp(values) > 0.0 and np.ptp(margin) > 0.0 and len(margin) > 3:
            rank, chance = spearmanr(values, margin)
            tested.append((float(chance), name, float(rank)))
    found, worst = [], 0.0
    for place, (chance, name, rank) in enumerate(sorted(tested)):
        worst = max(worst, min(1.0, chance * (len(tested) - place)))
        if worst > ERROR:
            break
        upper = drawn[name] > np.median(drawn[name])
        found.append(Turning(name, rank, worst, float(holds[~upper].mean()), float(holds[upper].mean())))
    return tuple(sorted(found, key=lambda one: -abs(one.rank)))
