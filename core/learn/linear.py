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


def fit_logistic(
    x: Array, y: Array, *, penalty: float = 1e-4, offset: Array | float = 0.0, iterations: int = 25
) -> Linear:
    """Fit the log-odds of a yes or no by penalised Newton steps.

    Parameters
    ----------
    x, y
        ``(rows, features)``, and ``(rows,)`` of yes or no.
    penalty
        Times the number of rows, on standardised weights; it keeps them finite where classes separate.
    offset
        ``(rows,)`` log-odds known beforehand, to which the forecast is to be added.

    Examples
    --------
    >>> x = np.linspace(-1, 1, 51)[:, None]
    >>> bool(fit_logistic(x, x[:, 0] > 0).predict(np.array([[0.5]]))[0, 0] > 0)
    True
    """
    mean, scale = x.mean(0), x.std(0)
    scale = np.where(scale > 0, scale, 1.0)
    z = np.column_stack([(x - mean) / scale, np.ones(len(x))])
    weights = np.zeros(z.shape[1])
    for _ in range(iterations):
        share = 0.5 + 0.5 * np.tanh(0.5 * (z @ weights + offset))
        slope = z.T @ (y - share) / len(z) - penalty * weights
        bend = (z * np.maximum(share * (1 - share), 1e-6)[:, None]).T @ z / len(z)
        move = np.linalg.solve(bend + penalty * np.eye(len(weights)), slope)
        weights = weights + move
        if np.abs(move).max() < 1e-3:
            break
    return Linear(mean, scale, weights[:-1, None], weights[-1:])
