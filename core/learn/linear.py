"""Ridge regression in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.protocol import Array


@dataclass(frozen=True)
class Linear:
    """``y = (x - mean) / scale @ weights + intercept``.

    Attributes
    ----------
    mean, scale
        ``(features,)``.
    weights, intercept
        ``(features, targets)`` and ``(targets,)``.
    """

    mean: Array
    scale: Array
    weights: Array
    intercept: Array

    def predict(self, x: Array) -> Array:
        """``(rows, features)`` to ``(rows, targets)``."""
        slopes = self.weights / self.scale[:, None]
        return x @ slopes + (self.intercept - self.mean @ slopes)


def fit_ridge(x: Array, y: Array, *, penalty: float = 1e-3) -> Linear:
    """Fit by least squares with a penalty on standardised weights (Hoerl and Kennard 1970).

    Parameters
    ----------
    x, y
        ``(rows, features)`` and ``(rows, targets)``.
    penalty
        Times the number of rows; constant columns get weight 0.

    Examples
    --------
    >>> x = np.linspace(0, 1, 50)[:, None]
    >>> float(fit_ridge(x, 3 * x + 1, penalty=0.0).predict(np.array([[2.0]]))[0, 0].round(6))
    7.0
    """
    mean, scale = x.mean(0), x.std(0)
    scale = np.where(scale > 0, scale, 1.0)
    z = (x - mean) / scale
    gram = z.T @ z + penalty * len(z) * np.eye(z.shape[1])
    weights = np.linalg.lstsq(gram, z.T @ (y - y.mean(0)), rcond=None)[0]
    return Linear(mean, scale, weights, y.mean(0))
