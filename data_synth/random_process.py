"""Random processes that several worlds share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rng = np.random.Generator


def ornstein_uhlenbeck(rng: Rng, steps: int, *, step: float, tau: float, sd: float) -> NDArray[np.float64]:
    """Draw a stationary Ornstein-Uhlenbeck path by its exact discretisation.

    Parameters
    ----------
    rng
        Where the draws come from.
    steps, step
        Number of samples and the time between them, in the unit of ``tau``.
    tau, sd
        Correlation time and stationary standard deviation.

    Returns
    -------
    Array
        ``(steps,)``, mean zero.

    Examples
    --------
    >>> path = ornstein_uhlenbeck(np.random.default_rng(0), 100_000, step=1.0, tau=10.0, sd=2.0)
    >>> bool(abs(path.std() - 2.0) < 0.1)
    True
    """
    keep = np.exp(-step / tau)
    shocks = rng.standard_normal(steps) * sd * np.sqrt(1.0 - keep**2)
    shocks[0] = rng.standard_normal() * sd
    # The recursion x[t] = keep x[t-1] + shock[t] as a scaled cumulative sum, in blocks short enough
    # that keep**-block stays far from overflow.
    block = int(min(4096, max(1.0, 200.0 * tau / step)))
    powers = keep ** np.arange(1, block + 1)
    path = np.empty(steps)
    last = 0.0
    for start in range(0, steps, block):
        part = shocks[start : start + block]
        decay = powers[: len(part)]
        path[start : start + block] = decay * (last + np.cumsum(part / decay))
        last = path[start + len(part) - 1]
    return path


def held(rng: Rng, steps: int, *, step: float, mean_hold: float) -> NDArray[np.int64]:
    """Number the holds of a person who changes a setting at exponentially distributed times.

    Returns
    -------
    Array
        ``(steps,)`` integers that start at 0 and rise by one at each change.
    """
    change = rng.random(steps) < -np.expm1(-step / mean_hold)
    change[0] = False
    return np.cumsum(change)
