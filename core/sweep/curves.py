"""What a lever does: its response curve with simultaneous bands, and its share of all that varies."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from core.engine.scenario import learning_cost
from core.protocol import Array
from core.results import SELECTED, Run
from core.stats.interval import MIN_SEEDS, Interval, mean_interval
from core.stats.simultaneous import above, simultaneous
from core.sweep.adjusted import level_means
from core.sweep.design import Axis
from core.sweep.sweep import Sweep

BINS = 5
"""Parts of equal width into which a spread design's range is cut to be averaged."""
GAIN = "gain"
"""What learning is worth: the selected learner's advantage over the incumbent, better above 0."""
RETURN = "return"
"""What learning is worth for what it costs: net KRW for each KRW spent on it, against the incumbent."""
WORLD = "world"
"""What differs from seed to seed at the same setting."""
MKRW = 1e6
TOGETHER = "together"
"""What no lever does alone: levers together, and the luck of a single point."""


Course = Literal["rises", "falls", "bends", "differs", "level", "few"]


@dataclass(frozen=True, slots=True)
class Curve:
    """A mean over all points of a level, level by level; the intervals of one curve hold all at once."""

    lever: str
    kpi: str
    who: str
    levels: tuple[Any, ...]
    points: tuple[int, ...]
    means: tuple[Interval, ...]
    course: Course


def course_of(higher: Array, ordered: bool) -> Course:
    """Say which way a curve goes, as far as its levels can be told apart.

    Parameters
    ----------
    higher
        Which level is surely higher than which, ``(levels, levels)``, in the order of the levels.
    ordered
        Whether the levels are numbers; names have no direction.

    Examples
    --------
    >>> rising = np.tril(np.ones((3, 3), dtype=bool), -1)
    >>> course_of(rising, True), course_of(rising.T, True), course_of(rising, False)
    ('rises', 'falls', 'differs')
    """
    up, down = bool(np.tril(higher, -1).any()), bool(np.triu(higher, 1).any())
    if not (up or down):
        return "level"
    if not ordered:
        return "differs"
    return "bends" if up and down else "rises" if up else "falls"


def learner_of(run: Run) -> str:
    """Name who stands for learning: the selected learner, or the first where none stood for selection."""
    return SELECTED if run.chosen else run.learners[0]


def gain(run: Run) -> Array:
    """Advantage of learning over the incumbent in the headline KPI, ``(seeds,)``, better above 0."""
    kpi = run.headline
    return np.asarray(kpi.sign * run.beside_incumbent(kpi.name, learner_of(run)))


def returned(run: Run) -> Array:
    """Net gain for each KRW that learning costs here, ``(seeds,)``; ``nan`` where it costs nothing."""
    cost = learning_cost(run.case, run.scenario) / MKRW
    net = run.beside_incumbent(run.case.money, learner_of(run))
    return np.asarray(net / cost if cost > 0.0 else np.full(len(run.seeds), math.nan))


def responses(kpi: str) -> Mapping[str, Callable[[Run], Array]]:
    """Give what a curve may show of a KPI, by who: incumbent, selected learner, bounds."""
    return {
        "incumbent": lambda run: run.values(kpi, run.incumbent),
        SELECTED: lambda run: run.values(kpi, learner_of(run)),
        "ceiling": lambda run: run.values(kpi, "ceiling"),
        "oracle": lambda run: run.values(kpi, "oracle"),
    }


def level_of(axis: Axis, values: Sequence[Any], design: str) -> tuple[list[Any], Array]:
    """Give the levels of a lever that were met, numbers in order, and each point's by number.

    A range of a spread design is cut into bins.
    """
    if design != "grid" and axis.continuous:
        width = (axis.high - axis.low) / BINS
        number = np.clip(((np.asarray(values, float) - axis.low) / width).astype(int), 0, BINS - 1)
        met = np.unique(number)
        return [axis.low + (float(i) + 0.5) * width for i in met], np.searchsorted(met, number)
    levels = list(dict.fromkeys(values))
    if numeric(levels):
        levels.sort()
    return levels, np.array([levels.index(value) for value in values])


def numeric(levels: Sequence[Any]) -> bool:
    """Whether levels are numbers, which have an order."""
    return all(isinstance(level, int | float) for level in levels)


def balanced(sweep: Sweep, design: str) -> bool:
    """Whether every level meets the same settings of the other levers: a grid none of whose points failed."""
    return design == "grid" and len(sweep.whole) == len(sweep.asked.scenarios)


def curves(sweep: Sweep, axes: Sequence[Axis], design: str, kpi: str) -> list[Curve]:
    """Average a KPI over all other levers, level by level, for everybody of interest; and what is gained.

    Parameters
    ----------
    kpi
        Its name. The gain is of the headline whatever is asked, and the return of the money, where the
        industry counts any and learning costs something everywhere.
    """
    tables = {
        (who, name): np.stack([value(sweep.at(point)) for point in sweep.whole])
        for who, name, value in _shown(sweep, kpi)
    }
    # What costs nothing somewhere has no return there, so it has no curve.
    tables = {about: table for about, table in tables.items() if np.isfinite(table).all()}
    found = []
    for axis in axes:
        levels, number = level_of(axis, values_of(sweep, axis.lever), design)
        count = tuple(int((number == i).sum()) for i in range(len(levels)))
        others = [values_of(sweep, one.lever) for one in axes if one is not axis]
        for (who, name), table in tables.items():
            means, higher = _levels(sweep, table, number, others, design)
            course = course_of(higher, numeric(levels)) if np.isfinite(means[0].low) else "few"
            found.append(Curve(axis.lever, name, who, tuple(levels), count, tuple(means), course))
    return found


def _shown(sweep: Sweep, kpi: str) -> Iterator[tuple[str, str, Callable[[Run], Array]]]:
    """Give who or what has a curve, the KPI it is of, and its values on the seeds of a run."""
    for who, value in responses(kpi).items():
        if who in ("incumbent", SELECTED) or who in sweep.asked.roles:
            yield who, kpi, value
    yield GAIN, sweep.case.kpis[0].name, gain
    if sweep.case.money:
        yield RETURN, sweep.case.money, returned


def _levels(sweep: Sweep, table: Array, number: Array, others: Sequence[Sequence[Any]],
            design: str) -> tuple[list[Interval], Array]:  # fmt: skip
    """Give the mean of each level, and which is surely higher than which."""
    if balanced(sweep, design):
        columns = np.stack([table[number == i].mean(axis=0) for i in range(number.max() + 1)], axis=1)
        return simultaneous(columns), above(columns)
    means = level_means(table, number, others, own_seeds=sweep.asked.own_seeds)
    return means, np.array([[one.low > other.high for other in means] for one in means])


def values_of(sweep: Sweep, lever: str) -> list[Any]:
    """Give a lever's value at each whole point."""
    return [getattr(sweep.asked.scenarios[point], lever) for point in sweep.whole]


def shares(sweep: Sweep, axes: Sequence[Axis], design: str) -> dict[str, Interval]:
    """Share of the gain's variance by lever, in all that varies over points and seeds [1]_.

    They are components of variance, so what chance alone would show is taken off: of each lever (means of its
    levels), of the seed (``world``: another world at the same setting), and what is left, which no lever
    does alone (``together``: levers together, a lever's course inside a bin, the luck of a single point).
    Intervals are the jackknife's over seeds, and rough where seeds are few. There are no shares where points
    of a grid failed: levers could not be told apart; nor where points have seeds of their own: a seed's part
    could not be told from a point's.

    References
    ----------
    .. [1] Sobol' (1993), Sensitivity estimates for nonlinear mathematical models, Math. Modelling and
       Computational Experiment 1(4), 407-414; Efron and Stein (1981), The jackknife estimate of variance,
       Annals of Statistics 9(3), 586-596.
    """
    if sweep.asked.own_seeds or (design == "grid" and not balanced(sweep, design)):
        return {}
    table = np.stack([gain(sweep.at(point)) for point in sweep.whole])
    numbers = {a.lever: level_of(a, values_of(sweep, a.lever), design)[1] for a in axes}
    return jackknifed(table, numbers, design)


def jackknifed(table: Array, numbers: Mapping[str, Array], design: str) -> dict[str, Interval]:
    """Split the variance of ``(points, seeds)`` values, with the jackknife's intervals over seeds.

    Parameters
    ----------
    numbers
        Each point's level by lever, each ``(points,)``.
    """
    whole = _parts(table, numbers, design)
    seeds = table.shape[1]
    if seeds < MIN_SEEDS:
        return {name: Interval(share, math.nan, math.nan, seeds) for name, share in whole.items()}
    without = [_parts(np.delete(table, i, axis=1), numbers, design) for i in range(seeds)]
    found = {}
    for name, share in whole.items():
        pseudo = [seeds * share - (seeds - 1) * one[name] for one in without]
        spread = mean_interval(pseudo)
        half = (spread.high - spread.low) / 2.0
        found[name] = Interval(share, max(share - half, 0.0), min(share + half, 1.0), seeds)
    return found


def _parts(table: Array, numbers: Mapping[str, Array], design: str) -> dict[str, float]:
    """Split the variance of ``(points, seeds)`` values into shares that sum to 1, or are all 0."""
    points, seeds = table.shape
    mean, by_seed = table.mean(axis=1), table.mean(axis=0)
    rest = table - mean[:, None] - by_seed + table.mean()
    noise = float((rest**2).sum()) / max(1, (points - 1) * (seeds - 1))
    levers = _levers(mean, numbers, design)
    found = {name: one / points for name, one in levers.items()}
    found[WORLD] = max(0.0, float(by_seed.var(ddof=1)) - noise / points) if seeds > 1 else 0.0
    mixed = max(0.0, float(mean.var()) - sum(one / points for one in levers.values()) - noise / seeds)
    found[TOGETHER] = mixed + noise
    total = sum(found.values())
    small = total <= 1e-12 * max(1.0, float((table**2).mean()))
    return {name: 0.0 if small else one / total for name, one in found.items()}


def _levers(values: Array, numbers: Mapping[str, Array], design: str) -> dict[str, float]:
    """Sum of squares between each lever's levels, less what chance alone would show."""
    between, inside = {}, {}
    for name, number in numbers.items():
        groups = [values[number == i] for i in np.unique(number)]
        between[name] = float(sum(len(g) * (g.mean() - values.mean()) ** 2 for g in groups))
        inside[name] = float(sum(((g - g.mean()) ** 2).sum() for g in groups))
    free = {name: len(np.unique(number)) - 1 for name, number in numbers.items()}
    left = len(values) - 1 - sum(free.values())
    # In a grid the other levers do not mix into a lever's means; in a spread design they do.
    alone = max(0.0, float(((values - values.mean()) ** 2).sum()) - sum(between.values())) / max(1, left)
    found = {}
    for name in numbers:
        chance = alone if design == "grid" else inside[name] / max(1, len(values) - 1 - free[name])
        found[name] = max(0.0, between[name] - free[name] * chance)
    return found
