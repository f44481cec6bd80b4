"""Which learner is shown: the one that validation picked, not the best in hindsight."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.stats.sample import Sample


def selected(validation: Mapping[str, float]) -> str | None:
    """Name of the highest finite validation score; of equal ones the first.

    Parameters
    ----------
    validation
        Score of each learner on the last part of history, higher is better; one that is not finite does
        not stand for selection.

    Returns
    -------
    str or None
        ``None`` when no score is finite.

    Examples
    --------
    >>> selected({"boosted": 0.7, "net": 0.9, "rule": float("nan")})
    'net'
    """
    standing = [name for name, score in validation.items() if math.isfinite(score)]
    return max(standing, key=lambda name: validation[name], default=None)


def picks(names: Sequence[str]) -> dict[str, int]:
    """How many seeds picked each name, in order of first appearance.

    Examples
    --------
    >>> picks(["net", "boosted", "net"])
    {'net': 2, 'boosted': 1}
    """
    return dict(Counter(names))


def composite(values: Mapping[str, NDArray[Any]], chosen: Sequence[str]) -> Sample:
    """Each seed's value of the learner that was chosen there.

    Parameters
    ----------
    values
        A KPI by learner, each ``(seeds,)`` over the same seeds.
    chosen
        The learner of each seed, ``(seeds,)``.

    Returns
    -------
    Array
        ``(seeds,)``, in the KPI's unit.

    Raises
    ------
    ValueError
        When a chosen learner has no values, or not one for each seed.

    Examples
    --------
    >>> composite({"net": np.array([1.0, 2.0]), "boosted": np.array([3.0, 4.0])}, ["boosted", "net"])
    array([3., 2.])
    """
    for name in dict.fromkeys(chosen):
        if name not in values:
            raise ValueError(f"{name!r} was chosen but has no values; there are {', '.join(values)}")
        if np.shape(values[name]) != (len(chosen),):
            raise ValueError(f"{name!r} has shape {np.shape(values[name])}, not one value for each of "
                             f"{len(chosen)} seeds")  # fmt: skip
    return np.array([values[name][seed] for seed, name in enumerate(chosen)], dtype=np.float64)
