"""Fewer points for the screen, with every extreme kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.protocol import Array

MOST_POINTS = 2_000
"""Points of one line that a screen can show; more are thinned."""
MOST_NUMBERS = 14_000
"""Numbers of one chart, of all its lines and intervals together: at 12 bytes each they stay below 0.2 MB."""


def rooms(rows: Sequence[int], most: int) -> list[int]:
    """Share so many points among lines; what short lines leave goes to the long ones.

    Parameters
    ----------
    rows
        Points that each line has.
    most
        Points of all lines together.

    Examples
    --------
    >>> rooms([900, 10, 900], 500), rooms([3, 4], 500)
    ([245, 10, 245], [3, 4])
    """
    found, left = [0] * len(rows), most
    for served, place in enumerate(sorted(range(len(rows)), key=rows.__getitem__)):
        found[place] = min(rows[place], left // (len(rows) - served), MOST_POINTS)
        left -= found[place]
    return found


def thinned(columns: Sequence[Array], most: int = MOST_POINTS) -> Array:
    """Choose rows so that each stretch keeps the least and the greatest value of each column.

    Parameters
    ----------
    columns
        What is drawn over a common axis, each ``(rows,)`` in the order of drawing; ``nan`` is a gap.
    most
        Rows to keep at the most; never fewer than ``2 + 2 * len(columns)``, which the extremes need.

    Returns
    -------
    Array
        Row numbers in order, ``(kept,)``: all when there are few enough; first and last always.

    Examples
    --------
    >>> line = np.zeros(10_000)
    >>> line[1234], line[8765] = 5.0, -5.0
    >>> kept = thinned([line])
    >>> len(kept) <= MOST_POINTS, {1234, 8765} <= set(kept.tolist())
    (True, True)
    """
    rows = len(columns[0])
    if rows <= most:
        return np.arange(rows)
    stretches = max(1, (most - 2) // (2 * len(columns)))
    width = -(-rows // stretches)
    starts = np.arange(0, rows, width)
    kept = [np.array([0, rows - 1])]
    for column in columns:
        numbers = np.asarray(column, dtype=float)
        for worst, furthest in ((np.inf, np.argmin), (-np.inf, np.argmax)):
            padded = np.full(len(starts) * width, worst)
            padded[:rows] = np.where(np.isnan(numbers), worst, numbers)
            kept.append(starts + furthest(padded.reshape(-1, width), axis=1))
    return np.unique(np.concatenate(kept))
