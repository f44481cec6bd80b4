"""The mean over seeds and its confidence interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.stats.sample import paired, sample
from core.stats.student import two_sided

MIN_SEEDS = 5
"""Below as many seeds no interval is printed."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and its confidence interval.

    Attributes
    ----------
    mean
        The estimate, in the unit of the values.
    low, high
        Ends of the interval; ``nan`` where none is given, infinite where the data set no bound.
    n
        Seeds it rests on.
    """

    mean: float
    low: float
    high: float
    n: int

    def as_json(self) -> dict[str, float | None]:
        """Numbers for JSON, which knows no infinity: ``None`` stands for whatever is not finite.

        Examples
        --------
        >>> Interval(1.5, 1.0, float("inf"), 9).as_json()
        {'mean': 1.5, 'ci_low': 1.0, 'ci_high': None}
        """
        numbers = {"mean": self.mean, "ci_low": self.low, "ci_high": self.high}
        return {name: number if math.isfinite(number) else None for name, number in numbers.items()}


def mean_interval(values: ArrayLike, level: float = 0.95) -> Interval:
    """Mean and Student-t interval: mean -+ t sd / sqrt(n) [1]_.

    Equal values give a point. Below :data:`MIN_SEEDS` values the ends are ``nan``.

    Parameters
    ----------
    values
        One number a seed, ``(seeds,)``.
    level
        Two-sided confidence.

    Raises
    ------
    ValueError
        When a value is not finite, there is none, or the level is not inside (0, 1).

    References
    ----------
    .. [1] Student (1908), The probable error of a mean, Biometrika 6(1), 1-25.

    Examples
    --------
    >>> it = mean_interval([1.0, 2.0, 3.0, 4.0, 5.0])
    >>> round(it.low, 3), it.mean, round(it.high, 3)
    (1.037, 3.0, 4.963)
    """
    one = sample("values", values)
    n = one.size
    # Measured from the first value, so that equal values have a spread of exactly nothing.
    beyond = one - one[0]
    mean = float(one[0] + beyond.mean())
    if n < MIN_SEEDS:
        return Interval(mean, math.nan, math.nan, n)
    half = two_sided(level, n) * float(np.std(beyond, ddof=1)) / math.sqrt(n)
    return Interval(mean, mean - half, mean + half, n)


def paired_interval(a: ArrayLike, b: ArrayLike, level: float = 0.95) -> Interval:
    """Mean of ``a - b`` seed by seed, and its interval (:func:`mean_interval`).

    Parameters
    ----------
    a, b
        Values of the same seeds in the same order and unit, each ``(seeds,)``.
    level
        Two-sided confidence.

    Raises
    ------
    ValueError
        When lengths differ, a value is not finite, or the level is not inside (0, 1).

    Examples
    --------
    >>> paired_interval([3.0, 5.0, 4.0, 6.0, 9.0], [2.0, 4.0, 3.0, 5.0, 8.0])
    Interval(mean=1.0, low=1.0, high=1.0, n=5)
    """
    first, second = paired(a=a, b=b)
    return mean_interval(first - second, level)
