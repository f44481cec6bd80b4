"""What a sample is: one finite number a seed, checked before anything is computed from it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Sample = NDArray[np.float64]
"""One value a seed, ``(seeds,)``."""


def sample(name: str, values: ArrayLike) -> Sample:
    """Take values as a sample.

    Parameters
    ----------
    name
        What a message calls the values.
    values
        One number a seed, ``(seeds,)``, in any unit.

    Raises
    ------
    ValueError
        When the values are not one-dimensional, none, or not finite; it names the first bad one.

    Examples
    --------
    >>> sample("pue", [1.3, 1.2])
    array([1.3, 1.2])
    >>> sample("pue", [1.3, float("nan")])
    Traceback (most recent call last):
    ValueError: pue[1] is nan: every seed needs a finite number
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}: one number a seed is needed, at least one seed")
    bad = np.flatnonzero(~np.isfinite(array))
    if bad.size:
        raise ValueError(f"{name}[{bad[0]}] is {array[bad[0]]}: every seed needs a finite number")
    return array


def paired(**named: ArrayLike) -> tuple[Sample, ...]:
    """Take several values as samples over the same seeds.

    Parameters
    ----------
    **named
        Each ``(seeds,)``, by the name that a message calls it.

    Raises
    ------
    ValueError
        As :func:`sample`, and when lengths differ.

    Examples
    --------
    >>> paired(contender=[1.0, 2.0], bound=[3.0])
    Traceback (most recent call last):
    ValueError: paired samples need the same seeds, but contender has 2, bound has 1
    """
    samples = tuple(sample(name, values) for name, values in named.items())
    if len({one.size for one in samples}) > 1:
        counts = ", ".join(f"{name} has {one.size}" for name, one in zip(named, samples, strict=True))
        raise ValueError(f"paired samples need the same seeds, but {counts}")
    return samples
