"""What a lever does: its response curve with simultaneous bands, and its share of all that varies."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from core.protocol import Array
from core.results import SELECTED, Run
from core.stats.interval import MIN_SEEDS, Interval, mean_interval
from core.stats.simultaneous import above, simultaneous
from core.sweep.design import Axis
from core.sweep.sweep import Sweep

BINS = 5
"""Parts of equal width into which a spread design's range is cut to be averaged."""
GAIN = "gain"
"""What learning is worth: the selected learner's advantage over the incumbent, better above 0."""
WORLD = "world"
"""What differs from seed to seed at the same setting."""
TOGETHER = "together"
"""What no lever does alone: levers together, and the luck of a single point."""


Course = Literal["rises", "falls", "bends", "level", "few"]


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


def course_of(columns: Array) -> Course:
    """Say which way a curve goes, as far as levels can be told apart seed by seed.

    Parameters
    ----------
    columns
        ``(seeds, levels)``, in the order of the levels.

    Examples
    --------
    >>> rising = np.arange(5)[:, None] + np.array([0.0, 1.0, 2.0]) + 0.01 * np.eye(5, 3)
    >>> course_of(rising), course_of(rising[:, [0, 2, 1]]), course_of(rising[:2])
    ('rises', 'bends', 'few')
    """
    if len(columns) < MIN_SEEDS:
        return "few"
    higher = above(columns)
    up, down = bool(np.tril(higher, -1).any()), bool(np.triu(higher, 1).any())
    if up and down:
        return "bends"
    return "rises" if up else "falls" if down else "level"


def learner_of(run: Run) -> str:
    """Name who stands for learning: the selected learner, or the first where none stood for selection."""
    return SELECTED if run.chosen else run.learners[0]


def gain(run: Run) -> Array:
    """Advantage of learning over the incumbent in the headline KPI, ``(seeds,)``, better above 0."""
    kpi = run.headline
    return np.asarray(kpi.sign * run.beside_incumbent(kpi.name, learner_of(run)))


def responses(kpi: str) -> Mapping[str, Callable[[Run], Array]]:
    """Give what a curve may show of a KPI, by who: incumbent, selected learner, bounds."""
    return {
        "incumbent": lambda run: run.values(kpi, run.incumbent),
        SELECTED: lambda run: run.values(kpi, learner_of(run)),
        "ceiling": lambda run: run.values(kpi, "ceiling"),
        "oracle": lambda run: run.values(kpi, "oracle"),
    }


def level_of(axis: Axis, values: Sequence[Any], design: str) -> tuple[list[Any], Array]:
    """Give the levels of a lever, and each point's level by number; a spread range is cut into bins."""
    if design == "grid" or not axis.continuous:
        levels = list(dict.fromkeys(sorted(values) if axis.continuous else axis.levels))
        return levels, np.array([levels.index(value) for value in values])
    width = (axis.high - axis.low) / BINS
    number = np.clip(((np.asarray(values, float) - axis.low) / width).astype(int), 0, BINS - 1)
    return [axis.low + (i + 0.5) * width for i in range(BINS)], number


def curves(sweep: Sweep, axes: Sequence[Axis], design: str, kpi: str) -> list[Curve]:
    """Average a KPI over all other levers, level by level, for everybody of interest; and the gain.

    Parameters
    ----------
    kpi
        Its name. The gain is of the headline whatever is asked.
    """
    shown = {
        who: value
        for who, value in responses(kpi).items()
        if who in ("incumbent", SELECTED) or who in sweep.asked.roles
    }
    found = []
    for axis in axes:
        levels, number = level_of(axis, values_of(sweep, axis.lever), design)
        for who, value in (*shown.items(), (GAIN, gain)):
            table = np.stack([value(sweep.at(point)) for point in sweep.whole])
            met = [i for i in range(len(levels)) if (number == i).any()]
            columns = np.stack([table[number == i].mean(axis=0) for i in met], axis=1)
            name = sweep.case.kpis[0].name if who == GAIN else kpi
            found.append(
                Curve(
                    axis.lever, name, who, tuple(levels[i] for i in met),
                    tuple(int((number == i).sum()) for i in met), tuple(simultaneous(columns)),
                    course_of(columns),
                )
            )  # fmt: skip
    return found


def values_of(sweep: Sweep, lever: str) -> list[Any]:
    """Give a lever's value at each whole point."""
    return [getattr(sweep.asked.scenarios[point], lever) for point in sweep.whole]


def shares(sweep: Sweep, axes: Sequence[Axis], design: str) -> dict[str, Interval]:
    """Share of the gain's variance by lever, in all that varies over points and seeds [1]_.

    A lever's share is that of the means of its levels: exact for a grid, where levers do not mix; of a
    spread design the part that bins of mere noise would show is taken off. What is left is what the seed
    changes (``world``) and what no lever does alone (``together``). Intervals are the jackknife's over seeds.

    References
    ----------
    .. [1] Sobol' (1993), Sensitivity estimates for nonlinear mathematical models, Math. Modelling and
       Computational Experiment 1(4), 407-414; Efron and Stein (1981), The jackknife estimate of variance,
       Annals of Statistics 9(3), 586-596.
    """
    table = np.stack([gain(sweep.at(point)) for point in sweep.whole])
    numbers = {a.lever: level_of(a, values_of(sweep, a.lever), design)[1] for a in axes}
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
    """Split the variance of ``(points, seeds)`` values."""
    points, seeds = table.shape
    total = float(((table - table.mean()) ** 2).sum())
    if total <= 1e-12 * max(1.0, float((table**2).sum())):
        return {**dict.fromkeys((*numbers, WORLD), 0.0), TOGETHER: 0.0}
    mean = table.mean(axis=1)
    found = {lever: _between(mean, number, design) * seeds / total for lever, number in numbers.items()}
    found[WORLD] = points * float(((table.mean(axis=0) - table.mean()) ** 2).sum()) / total
    return {**found, TOGETHER: max(0.0, 1.0 - sum(found.values()))}


def _between(values: Array, number: Array, design: str) -> float:
    """Sum of squares between groups, less what chance alone would show in a spread design."""
    groups = [values[number == i] for i in np.unique(number)]
    between = sum(len(g) * (g.mean() - values.mean()) ** 2 for g in groups)
    if design == "grid":
        return float(between)
    inside = sum(float(((g - g.mean()) ** 2).sum()) for g in groups)
    chance = inside / max(1, len(values) - len(groups)) * (len(groups) - 1)
    return max(0.0, float(between) - chance)
