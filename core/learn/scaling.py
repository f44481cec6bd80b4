"""Numbers of a table, brought to one scale for a network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.protocol import Array

BEND = 10.0
"""Scaled values bend smoothly toward this bound, so that one wild reading cannot drown a row."""
FAR = 1e100
ROUNDING = 1e-9
"""Spreads below this share of a column's size are the computer's."""


@dataclass(frozen=True)
class Scaling:
    """Shift and scale of numeric columns, and what stands for a missing value.

    Attributes
    ----------
    centre, scale
        ``(F,)``: median, and quartile range over 1.349 (a standard deviation if the column is normal).
    gaps
        Columns with missing values in training: each gets a column that says where.
    """

    centre: Array
    scale: Array
    gaps: Array

    @property
    def width(self) -> int:
        """Columns that :meth:`apply` gives."""
        return len(self.centre) + len(self.gaps)

    def apply(self, x: Array) -> Array:
        """``(R, F)`` with NaN where missing to ``(R, width)``, float32, without NaN."""
        missing = np.isnan(x)
        # What is this far out bends to the bound anyway, and its square must not overflow.
        z = np.clip(np.clip(x, -FAR, FAR) - self.centre, -FAR, FAR) / self.scale
        z = np.clip(np.where(missing, 0.0, z), -FAR, FAR)
        z = z / np.sqrt(1 + (z / BEND) ** 2)
        return np.concatenate([z, missing[:, self.gaps]], axis=1, dtype=np.float32)


def fit_scaling(x: Array) -> Scaling:
    """Learn shift and scale from ``(R, F)``; missing values are NaN.

    Robust scaling and smooth clipping follow Holzmüller et al. (2024), with a wider bound.

    Examples
    --------
    >>> scaling = fit_scaling(np.array([[1.0, 5.0], [2.0, 5.0], [3.0, np.nan], [4.0, 5.0]]))
    >>> scaling.apply(np.array([[2.5, np.nan]])).tolist()
    [[0.0, 0.0, 1.0]]
    """
    if not x.shape[1]:
        return Scaling(np.empty(0), np.empty(0), np.empty(0, np.int64))
    known = np.where(np.isnan(x).all(0), 0.0, x)
    low, centre, high = np.nanquantile(known, (0.25, 0.5, 0.75), axis=0)
    deviation = np.nanstd(known, axis=0)
    scale = (high - low) / 1.349
    # A column that is mostly one value has no quartile range.
    scale = np.where(scale > 1e-3 * deviation, scale, deviation)
    return Scaling(centre, real_spread(scale, centre), np.flatnonzero(np.isnan(x).any(0)))


def real_spread(scale: Array, centre: Array) -> Array:
    """Replace by 1 what is no spread: 0, or the rounding of a constant.

    Examples
    --------
    >>> real_spread(np.array([0.0, 1e-17, 2.0]), np.array([0.0, 0.1, 0.0])).tolist()
    [1.0, 1.0, 2.0]
    """
    return np.where(scale > ROUNDING * np.abs(centre), scale, 1.0)
