"""Round numbers along an axis."""

from __future__ import annotations

import math

import numpy as np

from core.protocol import Array

MOST_STEPS = 6
MOST_PLACES = 6
"""Decimals of a tick; finer steps are written as powers of ten."""

LEAST = 1e-280
"""A range below it is a single value, and a value near it zero: there are no doubles to divide it."""


def ticks(low: float, high: float, *, whole: bool = False) -> Array:
    """Choose round numbers a step apart that enclose a range.

    Parameters
    ----------
    low, high
        Finite; a single value gets room on both sides.
    whole
        Whether only whole numbers mean something.

    Examples
    --------
    >>> ticks(0.0, 7.5).tolist(), ticks(0.0, 0.011).tolist()[-1], ticks(1.0, 3.0, whole=True).tolist()
    ([0.0, 2.0, 4.0, 6.0, 8.0], 0.012, [1.0, 2.0, 3.0])
    """
    if not high - low > max(1e-12 * max(abs(low), abs(high)), LEAST):
        room = 0.5 * abs(low) if abs(low) > 1e6 * LEAST else 0.5
        low, high = low - room, high + room
    raw = high / MOST_STEPS - low / MOST_STEPS
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(s * power for s in (1.0, 2.0, 2.5, 5.0, 10.0) if s * power >= raw * (1.0 - 1e-9))
    if whole:
        step = float(max(1, math.ceil(step)))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return np.round(np.arange(first, last + 1) * step, 12 - min(0, math.floor(math.log10(step))))


def places(marks: Array) -> int | None:
    """Count the decimals that tell ticks apart; None where powers of ten are needed.

    Examples
    --------
    >>> places(np.array([0.0, 2.5])), places(np.array([0.0, 1000.0])), places(np.array([0.0, 1e-9]))
    (1, 0, None)
    """
    step = float(marks[1] - marks[0])
    if step >= 1e15:
        return None
    return next((d for d in range(MOST_PLACES + 1) if abs(round(step, d) - step) < 1e-3 * step), None)
