"""Conformal intervals and sets: bounds round a forecast that hold the truth as often as they say.

Any forecaster will do; only its errors on rows it did not learn from are looked at.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from core.protocol import Array


@dataclass(frozen=True, slots=True)
class Conformal:
    """Intervals ``forecast -+ reach * scale``, made by :func:`fit_conformal`.

    Attributes
    ----------
    level
        Share of truths that the intervals hold.
    reach
        Half width, in the target's unit, or in scales where the rows have one.
    rows
        Held-out rows it rests on.
    """

    level: float
    reach: float
    rows: int

    def interval(self, forecast: ArrayLike, scale: ArrayLike = 1.0) -> tuple[Array, Array]:
        """Low and high ends, each ``(rows,)`` in the target's unit.

        Parameters
        ----------
        forecast
            ``(rows,)``.
        scale
            Each row's own spread, ``(rows,)`` or one number, if the fit had one.

        Raises
        ------
        ValueError
            When a forecast is not finite or a scale is not above 0.

        Examples
        --------
        >>> low, high = Conformal(level=0.9, reach=2.0, rows=99).interval([10.0, 20.0], [1.0, 3.0])
        >>> low.tolist(), high.tolist()
        ([8.0, 14.0], [12.0, 26.0])
        """
        centre = _finite("forecast", forecast)
        half = self.reach * _positive("scale", scale)
        return centre - half, centre + half


def fit_conformal(
    forecast: ArrayLike, truth: ArrayLike, *, level: float = 0.9, scale: ArrayLike = 1.0
) -> Conformal:
    """Split-conformal intervals from held-out rows [1]_ [2]_.

    The reach is the ``ceil((n + 1) * level)``-th smallest of the ``n`` errors ``|truth - forecast| / scale``.
    If the rows to come are exchangeable with these, an interval holds its truth with a probability of at
    least ``level``, and below ``level + 1 / (n + 1)`` where no errors tie [2]_, whatever the forecaster.

    Parameters
    ----------
    forecast, truth
        Of rows that the forecaster did not learn from, ``(rows,)`` each, in the target's unit.
    level
        Share of truths to hold, inside (0, 1).
    scale
        What each row's error is measured in, such as a forecast of its spread: ``(rows,)``, above 0. The
        intervals are then wide where the forecaster is unsure [2]_. By default all rows have the same.

    Raises
    ------
    ValueError
        When lengths differ, a number is not finite, a scale is not above 0, the level is not inside
        (0, 1), or the rows are too few for it: below ``level / (1 - level)`` rows only an infinite
        interval would keep the promise, and that is seldom meant.

    References
    ----------
    .. [1] Vovk, V., Gammerman, A. and Shafer, G. (2005), Algorithmic learning in a random world, Springer.
    .. [2] Lei, J., G'Sell, M., Rinaldo, A., Tibshirani, R. J. and Wasserman, L. (2018), Distribution-free
       predictive inference for regression, JASA 113(523), 1094-1111; section 5.2 for the scale.

    Examples
    --------
    >>> fit_conformal(np.zeros(9), np.arange(1.0, 10.0), level=0.8)
    Conformal(level=0.8, reach=8.0, rows=9)
    >>> fit_conformal(np.zeros(9), np.arange(1.0, 10.0), level=0.95)
    Traceback (most recent call last):
    ValueError: level is 0.95: it needs at least 19 held-out rows and there are 9; hold out more or lower it
    """
    _inside_one("level", level)
    errors = _errors(forecast, truth, scale)
    return Conformal(level, _enough(errors, level), errors.size)


@dataclass(frozen=True, slots=True)
class GroupConformal:
    """A :class:`Conformal` for each group of rows, made by :func:`fit_conformal_by_group`.

    Attributes
    ----------
    groups
        Names of the groups, as texts.
    parts
        What holds for each of them.
    """

    groups: tuple[str, ...]
    parts: tuple[Conformal, ...]

    def interval(self, forecast: ArrayLike, group: ArrayLike, scale: ArrayLike = 1.0) -> tuple[Array, Array]:
        """Low and high ends, each ``(rows,)``; parameters as :meth:`Conformal.interval`.

        Raises
        ------
        ValueError
            As there, and when a row is of a group that the fit did not meet.

        Examples
        --------
        >>> by_group = GroupConformal(("day", "night"), (Conformal(0.9, 1.0, 9), Conformal(0.9, 2.0, 9)))
        >>> by_group.interval([10.0, 10.0], ["night", "day"])[1].tolist()
        [12.0, 11.0]
        """
        names = np.asarray(group).astype(str)
        unknown = ~np.isin(names, self.groups)
        if unknown.any():
            raise ValueError(
                f"group[{unknown.argmax()}] is {str(names[unknown][0])!r}: the fit met only "
                f"{', '.join(self.groups)}"
            )
        order = np.argsort(self.groups)
        at = order[np.searchsorted(np.asarray(self.groups)[order], names)]
        reach = np.array([part.reach for part in self.parts])[at]
        return Conformal(math.nan, 1.0, 0).interval(forecast, reach * _positive("scale", scale))


def fit_conformal_by_group(
    forecast: ArrayLike,
    truth: ArrayLike,
    group: ArrayLike,
    *,
    level: float = 0.9,
    scale: ArrayLike = 1.0,
) -> GroupConformal:
    """Intervals that hold their level within each group of rows (Mondrian; Vovk et al. 2005, section 4.5).

    Parameters
    ----------
    forecast, truth, level, scale
        As :func:`fit_conformal`.
    group
        Each row's group, ``(rows,)`` of texts or whole numbers.

    Raises
    ------
    ValueError
        As :func:`fit_conformal`, for the smallest group too.

    Examples
    --------
    >>> names = np.repeat(["day", "night"], 9)
    >>> found = fit_conformal_by_group(np.zeros(18), np.arange(18.0), names, level=0.9)
    >>> [part.reach for part in found.parts]
    [8.0, 17.0]
    """
    _inside_one("level", level)
    errors = _errors(forecast, truth, scale)
    names = np.asarray(group).astype(str)
    if names.shape != errors.shape:
        raise ValueError(f"group has shape {names.shape}: one for each of the {errors.size} rows is needed")
    groups = tuple(np.unique(names).tolist())
    parts = []
    for name in groups:
        own = errors[names == name]
        parts.append(Conformal(level, _enough(own, level, f"group {name!r}: "), own.size))
    return GroupConformal(groups, tuple(parts))


@dataclass
class AdaptiveConformal:
    """Intervals over time that keep their long-run coverage while the world drifts [1]_.

    After each truth the miss rate to aim at moves: ``alpha += step * ((1 - level) - missed)``. Whatever
    the truths are, the share of misses over ``T`` of them is then within ``(max(level, 1 - level) + step)
    / (step * T)`` of ``1 - level`` (proposition 4.1 [1]_). That is a promise over time; it says nothing of
    any one row, and so an interval is infinite while ``alpha`` is not above what the window can tell
    apart from 0, as it is while the window is still short.

    Attributes
    ----------
    level
        Long-run share of truths to hold, inside (0, 1).
    step
        Gamma: larger follows a drift faster with widths that vary more; 0.005 is the authors' choice.
    window
        How many of the last errors are compared with.
    alpha
        Miss rate aimed at now; starts at ``1 - level``.
    errors
        The last errors in time order, ``(up to window,)``, in scales; may start from held-out rows.

    Raises
    ------
    ValueError
        When level or step is not inside (0, 1) or the window is below 1.

    References
    ----------
    .. [1] Gibbs, I. and Candes, E. (2021), Adaptive conformal inference under distribution shift,
       Advances in Neural Information Processing Systems 34.

    Examples
    --------
    >>> watch = AdaptiveConformal(level=0.5, step=0.1)
    >>> low, high = watch.update(np.zeros(5), np.array([1.0, 2.0, 3.0, 4.0, 9.0]))
    >>> high.tolist()
    [inf, 1.0, 2.0, 3.0, 3.0]
    >>> round(watch.alpha, 6)
    0.35
    """

    level: float = 0.9
    step: float = 0.005
    window: int = 500
    alpha: float = math.nan
    errors: Array = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        _inside_one("level", self.level)
        _inside_one("step", self.step)
        if self.window < 1:
            raise ValueError(f"window is {self.window}: at least 1 error is needed to compare with")
        if math.isnan(self.alpha):
            self.alpha = 1.0 - self.level

    @property
    def reach(self) -> float:
        """Half width now, in scales; infinite, or 0 where ``alpha`` has reached 1.

        Examples
        --------
        >>> AdaptiveConformal(level=0.75, errors=np.array([3.0, 1.0, 2.0])).reach
        3.0
        """
        return max(_quantile(self.errors, 1.0 - self.alpha), 0.0)

    def interval(self, forecast: ArrayLike, scale: ArrayLike = 1.0) -> tuple[Array, Array]:
        """Low and high ends as they stand now; see :meth:`Conformal.interval`.

        Examples
        --------
        >>> AdaptiveConformal(level=0.75, errors=np.array([3.0, 1.0, 2.0])).interval([10.0])[0].tolist()
        [7.0]
        """
        return Conformal(self.level, self.reach, self.errors.size).interval(forecast, scale)

    def update(self, forecast: ArrayLike, truth: ArrayLike, scale: ArrayLike = 1.0) -> tuple[Array, Array]:
        """Take in truths in time order, and give the intervals that stood before each became known.

        Once ``alpha`` reaches 1 a truth counts as missed even where it meets the forecast, as the empty set
        of the paper misses it; else a perfect forecaster would drive ``alpha`` beyond all bounds.

        Parameters
        ----------
        forecast, truth, scale
            As :func:`fit_conformal`, the earliest row first.

        Raises
        ------
        ValueError
            When lengths differ, a number is not finite or a scale is not above 0.

        Examples
        --------
        >>> watch = AdaptiveConformal(level=0.75, step=0.1, errors=np.array([3.0, 1.0, 2.0]))
        >>> watch.update([10.0], [15.0])
        (array([7.]), array([13.]))
        >>> watch.errors.tolist(), round(watch.alpha, 6)
        ([3.0, 1.0, 2.0, 5.0], 0.175)
        """
        errors = _errors(forecast, truth, scale)
        reaches = np.empty(errors.size)
        for row, error in enumerate(errors):
            quantile = _quantile(self.errors, 1.0 - self.alpha)
            reaches[row] = max(quantile, 0.0)
            self.alpha += self.step * ((1.0 - self.level) - float(error > quantile))
            self.errors = np.append(self.errors, error)[-self.window :]
        centre = np.atleast_1d(np.asarray(forecast, dtype=np.float64))
        half = reaches * np.asarray(scale, dtype=np.float64)
        return centre - half, centre + half


@dataclass(frozen=True, slots=True)
class ConformalSets:
    """Sets of classes, made by :func:`fit_conformal_sets`.

    Attributes
    ----------
    level
        Share of rows whose set holds the true class.
    threshold
        A class belongs to the set from this probability on.
    rows
        Held-out rows it rests on.
    """

    level: float
    threshold: float
    rows: int

    def sets(self, probability: ArrayLike) -> Array:
        """Whether each class belongs to the set, ``(rows, classes)``; a set may be empty.

        Examples
        --------
        >>> ConformalSets(level=0.9, threshold=0.3, rows=99).sets([[0.6, 0.35, 0.05]]).tolist()
        [[True, True, False]]
        """
        return np.asarray(_finite("probability", probability) >= self.threshold)


def fit_conformal_sets(probability: ArrayLike, label: ArrayLike, *, level: float = 0.9) -> ConformalSets:
    """Smallest sets of classes that hold the true one (LAC; Sadinle, Lei and Wasserman 2019).

    Parameters
    ----------
    probability
        Forecast on held-out rows, ``(rows, classes)``.
    label
        The true class' index, ``(rows,)``.
    level
        Share of rows whose set is to hold the true class, inside (0, 1).

    Raises
    ------
    ValueError
        When shapes do not fit, a label is no class, or the rows are too few for the level.

    Examples
    --------
    >>> held_out = np.column_stack([np.linspace(0.1, 0.9, 9), np.linspace(0.9, 0.1, 9)])
    >>> round(fit_conformal_sets(held_out, np.zeros(9, int), level=0.8).threshold, 6)
    0.2
    """
    _inside_one("level", level)
    shares, classes = _finite("probability", probability), np.asarray(label)
    if shares.ndim != 2 or classes.shape != shares.shape[:1]:
        raise ValueError(
            f"probability and label have shapes {shares.shape} and {classes.shape}: (rows, classes) and "
            "(rows,) are needed"
        )
    bad = (classes < 0) | (classes >= shares.shape[1])
    if bad.any():
        raise ValueError(
            f"label[{bad.argmax()}] is {classes[bad][0]}: an index from 0 to {shares.shape[1] - 1} is needed"
        )
    errors = 1.0 - shares[np.arange(classes.size), classes]
    return ConformalSets(level, 1.0 - _enough(errors, level), classes.size)


def _rank(rows: int, level: float) -> int:
    # Products such as 10 * 0.9 may come out a hair above a whole number, which ceil would take for one more.
    return math.ceil((rows + 1) * level - 1e-9)


def _quantile(errors: Array, level: float) -> float:
    """The finite-sample quantile: infinite beyond the largest error, ``-inf`` for a level of 0 and below."""
    rank = _rank(errors.size, level)
    if rank > errors.size:
        return math.inf
    return float(np.partition(errors, rank - 1)[rank - 1]) if rank > 0 else -math.inf


def _enough(errors: Array, level: float, whose: str = "") -> float:
    found = _quantile(errors, level)
    if math.isinf(found):
        needed = math.ceil(level / (1.0 - level) - 1e-9)
        raise ValueError(
            f"{whose}level is {level}: it needs at least {needed} held-out rows and there are {errors.size}; "
            "hold out more or lower it"
        )
    return found


def _errors(forecast: ArrayLike, truth: ArrayLike, scale: ArrayLike) -> Array:
    """``|truth - forecast| / scale``, ``(rows,)``."""
    expected, met = (np.atleast_1d(_finite(*pair)) for pair in (("forecast", forecast), ("truth", truth)))
    unit = _positive("scale", scale)
    if expected.ndim != 1 or met.shape != expected.shape or unit.shape not in ((), met.shape):
        raise ValueError(
            f"forecast, truth and scale have shapes {expected.shape}, {met.shape} and {unit.shape}: one "
            "number a row is needed, of the same rows"
        )
    return np.asarray(np.abs(met - expected) / unit)


def _finite(name: str, values: ArrayLike) -> Array:
    return _where(name, values, np.isfinite, "every row needs a finite number")


def _positive(name: str, values: ArrayLike) -> Array:
    return _where(name, values, lambda x: np.isfinite(x) & (x > 0), "every row needs a number above 0")


def _where(name: str, values: ArrayLike, good: Callable[[Array], Array], needed: str) -> Array:
    array = np.asarray(values, dtype=np.float64)
    bad = np.argwhere(~good(array))
    if len(bad):
        at = f"[{', '.join(map(str, bad[0]))}]" if array.ndim else ""
        raise ValueError(f"{name}{at} is {array[tuple(bad[0])]}: {needed}")
    return array


def _inside_one(name: str, value: float) -> None:
    if not 0.0 < value < 1.0:
        raise ValueError(f"{name} is {value}: a number between 0 and 1 is needed, both excluded")
