"""Intervals that hold all at once, and which of several means can be told apart."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.stats.interval import Interval, mean_interval
from core.stats.sample import Sample

ROUNDING = 1e-9


def shared(level: float, number: int) -> float:
    """Give the level of each of several intervals so that all hold at once with ``level``: Bonferroni's [1]_.

    It holds whatever the dependence among them, which matters where they rest on the same few seeds.

    References
    ----------
    .. [1] Dunn (1961), Multiple comparisons among means, JASA 56(293), 52-64.

    Examples
    --------
    >>> round(shared(0.95, 5), 4)
    0.99
    """
    return 1.0 - (1.0 - level) / max(number, 1)


def simultaneous(columns: ArrayLike, level: float = 0.95) -> list[Interval]:
    """Mean of each column with intervals that hold all at once.

    Parameters
    ----------
    columns
        ``(seeds, columns)``.
    level
        Chance that all intervals hold, at the least.

    Raises
    ------
    ValueError
        When it is no table, a value is not finite, or the level is not inside (0, 1).

    Examples
    --------
    >>> [round(one.mean, 1) for one in simultaneous([[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]])]
    [2.0, 5.0]
    """
    table = _table(columns)
    return [mean_interval(column, shared(level, table.shape[1])) for column in table.T]


def above(columns: ArrayLike, level: float = 0.95) -> NDArray[np.bool_]:
    """Say which columns are surely higher than which, ``(columns, columns)``; all pairs at once.

    Pairs are compared seed by seed. Below five seeds nothing is told apart.

    Raises
    ------
    ValueError
        As for :func:`simultaneous`.

    Examples
    --------
    >>> above([[1.0, 2.0], [2.0, 3.1], [3.0, 4.0], [4.0, 5.1], [5.0, 6.0]]).tolist()
    [[False, False], [True, False]]
    """
    table = _table(columns)
    number = table.shape[1]
    higher = np.zeros((number, number), dtype=bool)
    pairs = list(combinations(range(number), 2))
    # What differs by rounding alone is equal.
    least = ROUNDING * float(np.abs(table).max(initial=0.0))
    for one, other in pairs:
        found = mean_interval(table[:, one] - table[:, other], shared(level, len(pairs)))
        higher[one, other], higher[other, one] = found.low > least, found.high < -least
    return higher


@dataclass(frozen=True, slots=True)
class Ranking:
    """Columns in order, ties shown.

    Attributes
    ----------
    rank
        One more than the number of columns that are surely better; equal ranks are ties.
    level_with_first
        Columns that cannot be told from the one with the highest mean, itself among them.
    """

    rank: tuple[int, ...]
    level_with_first: tuple[int, ...]


def ranking(columns: ArrayLike, level: float = 0.95) -> Ranking:
    """Rank columns by their means over seeds, the highest first; pairs are compared all at once.

    Two columns are told apart when the interval of their paired difference excludes 0. Below five seeds
    nothing is told apart.

    Parameters
    ----------
    columns
        ``(seeds, columns)``.

    Raises
    ------
    ValueError
        As for :func:`simultaneous`.

    Examples
    --------
    >>> noise = np.array([[0.1], [-0.1], [0.2], [-0.2], [0.0]])
    >>> ranking(np.hstack([noise, noise[::-1] + 0.01, noise + 9.0])).rank
    (2, 2, 1)
    """
    better = above(columns, level)
    first = int(_table(columns).mean(axis=0).argmax())
    tied = tuple(int(i) for i in np.flatnonzero(~better[first]))
    return Ranking(tuple(int(n) + 1 for n in better.sum(axis=0)), tied)


def _table(columns: ArrayLike) -> Sample:
    table = np.asarray(columns, dtype=np.float64)
    if table.ndim != 2 or not np.isfinite(table).all():
        raise ValueError("columns are no table of finite numbers, one row a seed")
    return table
