"""How much of what could be gained a contender gains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.stats.interval import MIN_SEEDS, Interval, mean_interval
from core.stats.ratio import fieller
from core.stats.sample import paired

MATERIAL = 0.02
"""Headroom below this share of the incumbent's yardstick is nothing to gain (DESIGN.md, Statistics)."""


@dataclass(frozen=True, slots=True)
class Captured:
    """What a contender gains over the incumbent, beside what a bound shows to be possible.

    Attributes
    ----------
    share
        Mean gain over mean headroom, with Fieller's interval; 1 means as good as the bound.
    headroom, gain
        The bound's and the contender's advantage over the incumbent, in the KPI's unit, positive when
        better.
    nothing_to_gain
        Whether the headroom may be too small to matter; the share then says nothing, the gain does.
    """

    share: Interval
    headroom: Interval
    gain: Interval
    nothing_to_gain: bool


def captured(
    contender: ArrayLike, incumbent: ArrayLike, bound: ArrayLike, *, sign: float, base: ArrayLike
) -> Captured:
    """Measure a contender between the incumbent and a bound (ceiling or oracle).

    There is nothing to gain when the lower end of the headroom's interval is under :data:`MATERIAL` of
    the mean size of ``base``, or not above 0. Below five seeds, where there is no interval, the mean
    headroom decides.

    Parameters
    ----------
    contender, incumbent, bound
        The headline KPI of the same seeds in the same order, each ``(seeds,)``.
    sign
        +1 when more is better, -1 when less is (:attr:`core.protocol.Kpi.sign`).
    base
        The incumbent's KPI that says what is worth mentioning, ``(seeds,)``, in the headline's unit: a
        saving is judged by the energy it is saved from.

    Raises
    ------
    ValueError
        When lengths differ, a value is not finite, or the sign is neither +1 nor -1.

    Examples
    --------
    Cooling energy in MWh, where less is better.

    >>> incumbent = [100.0, 110.0, 90.0, 105.0, 95.0]
    >>> learner = [94.0, 105.0, 86.0, 99.0, 90.0]
    >>> oracle = [90.0, 100.0, 81.0, 94.0, 86.0]
    >>> found = captured(learner, incumbent, oracle, sign=-1, base=incumbent)
    >>> round(found.gain.mean, 2), round(found.headroom.mean, 2), round(found.share.mean, 2)
    (5.2, 9.8, 0.53)
    >>> found.nothing_to_gain
    False
    """
    if sign not in (1.0, -1.0):
        raise ValueError(f"sign is {sign}: +1 when more is better, -1 when less is")
    ours, theirs, best, yardstick = paired(contender=contender, incumbent=incumbent, bound=bound, base=base)
    gains, room = sign * (ours - theirs), sign * (best - theirs)
    gain, headroom = mean_interval(gains), mean_interval(room)
    sure = headroom.mean if headroom.n < MIN_SEEDS else headroom.low
    nothing = sure <= 0.0 or sure < MATERIAL * float(np.abs(yardstick).mean())
    return Captured(fieller(gains, room), headroom, gain, nothing)
