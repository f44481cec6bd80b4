"""What one more unit is worth across industries: each lever of each, in net KRW for a KRW of its cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from core.protocol import Array
from core.stats.interval import MIN_SEEDS, Interval, mean_interval
from core.stats.simultaneous import ROUNDING, shared
from core.stats.student import two_sided

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Place:
    """A lever of an industry among all.

    Attributes
    ----------
    value
        Net KRW for each KRW that one more unit costs; the intervals of all places hold at once.
    rank
        One more than the number of places that are surely better; equal ranks are ties.
    level_with_first
        Whether it cannot be told from the one with the highest lower end among the first.
    """

    usecase: str
    lever: str
    value: Interval
    rank: int
    level_with_first: bool


def across(documents: Sequence[Mapping[str, Any]]) -> list[Place]:
    """Rank all levers of all industries, the surest first.

    Levers of one industry are compared seed by seed; those of two industries by Welch's interval [1]_,
    because a seed of one is no world of the other. All pairs hold at once (Bonferroni).

    Parameters
    ----------
    documents
        What ``worth`` found, one an industry; levers that cost nothing, and documents without values by seed,
        are left out.

    References
    ----------
    .. [1] Welch (1947), The generalization of Student's problem when several different population variances
       are involved, Biometrika 34(1-2), 28-35.
    """
    found = [
        (str(document["usecase"]), str(one["lever"]), np.asarray(one["net_krw_per_krw_by_seed"], dtype=float))
        for document in documents
        for one in document["levers"]
        if one.get("net_krw_per_krw_by_seed")
    ]
    level = shared(LEVEL, len(found))
    values = [mean_interval(by_seed, level) for _, _, by_seed in found]
    better = np.zeros((len(found), len(found)), dtype=bool)
    pairs = list(combinations(range(len(found)), 2))
    for i, j in pairs:
        apart = difference(found[i][2], found[j][2], found[i][0] == found[j][0], shared(LEVEL, len(pairs)))
        # What differs by rounding alone is equal.
        least = ROUNDING * max(float(np.abs(found[i][2]).max()), float(np.abs(found[j][2]).max()))
        better[i, j], better[j, i] = apart.low > least, apart.high < -least
    rank = better.sum(axis=0) + 1
    order = sorted(range(len(found)), key=lambda i: (rank[i], -_surely(values[i])))
    first = order[0] if order else -1
    return [Place(found[i][0], found[i][1], values[i], int(rank[i]), not better[first, i]) for i in order]


def difference(one: Array, other: Array, paired: bool, level: float) -> Interval:
    """Interval of the difference of two means, seed by seed or of separate worlds; ``nan`` below five seeds.

    Examples
    --------
    >>> low = difference(np.arange(9.0), np.arange(9.0) - 7.0, False, 0.95).low
    >>> 4.0 < low < 5.0
    True
    """
    if paired and len(one) == len(other):
        return mean_interval(one - other, level)
    mean, fewest = float(one.mean() - other.mean()), min(len(one), len(other))
    if fewest < MIN_SEEDS:
        return Interval(mean, math.nan, math.nan, fewest)
    parts = [float(values.var(ddof=1)) / len(values) for values in (one, other)]
    if sum(parts) == 0.0:
        return Interval(mean, mean, mean, fewest)
    freedom = sum(parts) ** 2 / sum(p**2 / (len(v) - 1) for p, v in zip(parts, (one, other), strict=True))
    half = two_sided(level, freedom + 1.0) * math.sqrt(sum(parts))
    return Interval(mean, mean - half, mean + half, fewest)


def _surely(value: Interval) -> float:
    return value.low if math.isfinite(value.low) else value.mean
