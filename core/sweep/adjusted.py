"""Means by level where the other levers are not the same at every level.

In a grid with all its points every level meets the same settings of the others, so plain means compare like
with like. In a spread design, or where points failed, they do not: the others are held at their averages by
least squares, and the intervals take in what the choice of points leaves open. Where every point has seeds of
its own, the luck of its world is part of that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.protocol import Array
from core.stats.interval import MIN_SEEDS, Interval
from core.stats.simultaneous import shared
from core.stats.student import two_sided

LEVEL = 0.95
DEGREE = 3
"""Of the curve by which another lever is held: enough for what rises, bends and levels off."""
ALONE = 1e-9
"""What the fit leaves of a point that nothing else stands beside."""


def level_means(
    table: Array, number: Array, others: Sequence[Sequence[Any]], *, own_seeds: bool = False
) -> list[Interval]:
    """Mean of each level with the other levers at their averages; the intervals hold all at once.

    Their half-width joins two errors: that over seeds, and that of the fit over points, which is the same for
    all seeds and so does not show in them. Where points have seeds of their own, the luck of seeds is in the
    residuals of the fit, so the point is the unit and there is that error alone; as luck may be larger at one
    level than at another, each point then counts with its own residual [1]_.

    Parameters
    ----------
    table
        ``(points, seeds)``.
    number
        Each point's level, ``(points,)``, all numbers from 0 on met.
    others
        Each other lever's values, ``(points,)``: numbers or names.
    own_seeds
        Whether a column is no seed that the points share.

    References
    ----------
    .. [1] MacKinnon and White (1985), Some heteroskedasticity-consistent covariance matrix estimators with
       improved finite sample properties, J. Econometrics 29(3), 305-325 (HC3).
    """
    levels, (points, seeds) = int(number.max()) + 1, table.shape
    design = np.hstack([np.eye(levels)[number], *(_held(one) for one in others)])
    inverse = np.linalg.pinv(design)
    if own_seeds:
        return _over_points(table.mean(axis=1), design, inverse, levels)
    means = (inverse @ table)[:levels]
    rest = points - int(np.linalg.matrix_rank(design))
    mean = table.mean(axis=1)
    spread = float(((mean - design @ (inverse @ mean)) ** 2).sum()) / rest if rest > 0 else math.inf
    fit = (
        np.sqrt(spread * (inverse**2).sum(axis=1)[:levels])
        if math.isfinite(spread)
        else np.full(levels, math.inf)
    )
    level = shared(LEVEL, levels)
    found = []
    for one, error in zip(means, fit, strict=True):
        half = math.nan
        if seeds >= MIN_SEEDS and math.isfinite(error):
            over_seeds = two_sided(level, seeds) * float(one.std(ddof=1)) / math.sqrt(seeds)
            half = math.hypot(over_seeds, two_sided(level, rest + 1) * float(error))
        found.append(Interval(float(one.mean()), float(one.mean()) - half, float(one.mean()) + half, seeds))
    return found


def _over_points(mean: Array, design: Array, inverse: Array, levels: int) -> list[Interval]:
    """Means of levels whose errors are those of ``(points,)`` values around the fit, each with its own."""
    points, rest = len(mean), len(mean) - int(np.linalg.matrix_rank(design))
    means = (inverse @ mean)[:levels]
    free = 1.0 - (design * inverse.T).sum(axis=1)
    if rest + 1 < MIN_SEEDS or free.min() < ALONE:  # a point that the fit must pass through tells no error
        return [Interval(float(one), math.nan, math.nan, points) for one in means]
    errors = np.sqrt(inverse[:levels] ** 2 @ ((mean - design @ (inverse @ mean)) / free) ** 2)
    half = two_sided(shared(LEVEL, levels), rest + 1) * errors
    return [
        Interval(float(one), float(one - by), float(one + by), points)
        for one, by in zip(means, half, strict=True)
    ]


def _held(values: Sequence[Any]) -> Array:
    """Columns by which a lever is held at its average: powers of a number, or one for each name."""
    if all(isinstance(value, int | float) for value in values):
        numbers = np.asarray(values, dtype=float)
        reach = float(np.ptp(numbers))
        if reach == 0.0:
            return np.empty((len(numbers), 0))
        degree = min(DEGREE, len(np.unique(numbers)) - 1)
        scaled = 2.0 * (numbers - numbers.min()) / reach - 1.0
        columns = np.stack([scaled**power for power in range(1, degree + 1)], axis=1)
    else:
        names = list(dict.fromkeys(values))
        columns = np.array([[value == name for name in names[1:]] for value in values], dtype=float)
    return np.asarray(columns - columns.mean(axis=0))
