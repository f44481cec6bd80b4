"""Numbers of a table, brought to one scale for a network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.protocol import Array

BEND = 10.0
"""Scaled values bend smoothly toward this bound, so that one wild reading cannot drown a row."""


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
        z = (x - self.centre) / self.scale
        missing = np.isnan(z)
        z = np.where(missing, 0.0, z / np.sqrt(1 + (z / BEND) ** 2))
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
    return Scaling(centre, np.where(scale > 0, scale, 1.0), np.flatnonzero(np.isnan(x).any(0)))
