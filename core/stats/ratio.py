"""The ratio of two means over the same seeds, by Fieller's theorem."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from core.stats.interval import MIN_SEEDS, Interval
from core.stats.sample import Sample, paired
from core.stats.student import two_sided


def fieller(numerator: ArrayLike, denominator: ArrayLike, level: float = 0.95) -> Interval:
    """Ratio of means of paired samples and Fieller's confidence interval [1]_.

    The interval holds every ratio ``r`` that a t test of ``mean(numerator - r * denominator) = 0`` does
    not reject, so it is exact for jointly normal pairs, whatever their correlation. With means ``a``
    and ``b``, ``q = a / b``, residuals ``e = numerator - q * denominator``, and the (co)variances of
    means ``v_ee``, ``v_eb``, ``v_bb``, the ends solve a quadratic [1]_ whose roots are::

        g = t^2 v_bb / b^2
        q - (t^2 / b^2) v_eb / (1 - g)  -+  (t / |b|) sqrt(v_ee (1 - g) + (t v_eb / b)^2) / (1 - g)

    When the denominator does not differ significantly from 0 (``g >= 1``) Fieller's set is unbounded:
    the whole line, or the line without a gap. Both are given as ``(-inf, inf)``, which covers at least
    as often. The mean is ``nan`` where the denominator's is 0. Below
    :data:`~core.stats.interval.MIN_SEEDS` seeds the ends are ``nan``.

    Parameters
    ----------
    numerator, denominator
        Values of the same seeds in the same order, each ``(seeds,)``.
    level
        Two-sided confidence.

    Raises
    ------
    ValueError
        When lengths differ, a value is not finite, or the level is not inside (0, 1).

    References
    ----------
    .. [1] Fieller, E. C. (1954), Some problems in interval estimation, Journal of the Royal Statistical
       Society B 16(2), 175-185. Written here in residuals, where no term cancels another.

    Examples
    --------
    >>> it = fieller([4.0, 4.0, 6.0, 5.0, 6.0], [8.0, 9.0, 10.0, 11.0, 12.0])
    >>> round(it.low, 3), it.mean, round(it.high, 3)
    (0.422, 0.5, 0.578)
    >>> fieller([1.0, 2.0, 1.0, 2.0, 1.0], [-2.0, -1.0, 0.0, 1.0, 3.0]).low
    -inf
    """
    above, below = paired(numerator=numerator, denominator=denominator)
    n = above.size
    b = float(below.mean())
    q = float(above.mean()) / b if b else math.nan
    if n < MIN_SEEDS:
        return Interval(q, math.nan, math.nan, n)
    t = two_sided(level, n)
    unsure = t * math.sqrt(_variance(below, below))
    if unsure >= abs(b):
        return Interval(q, -math.inf, math.inf, n)
    g = (unsure / b) ** 2
    residual = above - q * below
    reach = t / abs(b)
    slope = reach * _variance(residual, below)
    half = reach * math.sqrt(_variance(residual, residual) * (1.0 - g) + slope**2)
    return Interval(q, q - (reach * slope + half) / (1.0 - g), q - (reach * slope - half) / (1.0 - g), n)


def _variance(x: Sample, y: Sample) -> float:
    """Covariance of the means of two samples over the same seeds."""
    return float(np.dot(x - x.mean(), y - y.mean())) / (x.size * (x.size - 1))
