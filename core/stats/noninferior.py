"""Whether a contender beats what nobody should be able to beat."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from core.stats.interval import MIN_SEEDS, mean_interval
from core.stats.sample import paired

ROUNDING = 1e-9
"""Advantages below this share of the bound's size are the computer's, not the contender's."""


def exceeds(
    contender: ArrayLike,
    bound: ArrayLike,
    incumbent: ArrayLike,
    *,
    sign: float,
    margin: float = 0.01,
    level: float = 0.95,
) -> bool:
    """Whether a contender is better than a bound by more than a margin, with confidence.

    The one-sided lower t limit of the paired advantage must lie above ``margin`` of the mean headroom,
    which is taken as known and, where the bound is worse than the incumbent, as 0.

    Parameters
    ----------
    contender, bound, incumbent
        The headline KPI of the same seeds in the same order, each ``(seeds,)``.
    sign
        +1 when more is better, -1 when less is.
    margin
        Share of the mean headroom that is allowed.
    level
        One-sided confidence, above a half.

    Raises
    ------
    ValueError
        When there are fewer than five seeds, which say nothing with confidence, lengths differ, a
        value is not finite, or sign or level are not as said.

    Examples
    --------
    >>> incumbent, oracle = [0.0, 1.0, 0.0, 1.0, 0.0], [10.0, 11.0, 10.0, 11.0, 12.0]
    >>> exceeds([10.0, 11.0, 10.0, 11.0, 12.0], oracle, incumbent, sign=1)
    False
    >>> exceeds([11.0, 12.0, 11.0, 12.0, 13.0], oracle, incumbent, sign=1)
    True
    """
    ours, best, theirs = paired(contender=contender, bound=bound, incumbent=incumbent)
    if ours.size < MIN_SEEDS:
        raise ValueError(f"{ours.size} seeds were given: at least {MIN_SEEDS} are needed to say anything")
    if sign not in (1.0, -1.0):
        raise ValueError(f"sign is {sign}: +1 when more is better, -1 when less is")
    if not 0.5 < level < 1.0:
        raise ValueError(f"level is {level}: one-sided confidence lies between 0.5 and 1, both excluded")
    headroom = max(float((sign * (best - theirs)).mean()), 0.0)
    allowed = margin * headroom + ROUNDING * float(np.abs(best).mean())
    # The lower end of a two-sided interval with twice the error is the one-sided limit.
    return mean_interval(sign * (ours - best), level=2.0 * level - 1.0).low > allowed
