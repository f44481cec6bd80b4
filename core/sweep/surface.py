"""A smooth surface through noisy points: Gaussian process regression, with bands that are measured.

The covariance of two points is ``signal * matern(distance)``, Matérn's with smoothness 5/2 and a length a
column, and each point's value has noise of its own [1]_. Few numbers say all of it, so a surface is kept as
plain data and laid again through its points with NumPy alone.

A Gaussian band is right only where noise is Gaussian and the numbers are true. So its width is set by how
far points lie from the surface laid through all others: the jackknife's conformal band, relative to a width
that may swell along each column [2]_. (Luck grows with adoption: a band that cannot swell is far too narrow
where everybody adopts.) That it holds as often as it says is no theorem [3]_, so it is measured on points
that were held out (:func:`held`).

References
----------
.. [1] Rasmussen and Williams (2006), Gaussian Processes for Machine Learning, MIT Press: algorithm 2.1 for
   predictions, equation 4.17 for Matérn's covariance, 5.12 for points left out.
.. [2] Lei, G'Sell, Rinaldo, Tibshirani and Wasserman (2018), Distribution-free predictive inference for
   regression, JASA 113(523), 1094-1111: the jackknife, and bands of varying width.
.. [3] Barber, Candès, Ramdas and Tibshirani (2021), Predictive inference with the jackknife+, Annals of
   Statistics 49(1), 486-507.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from core.luck import luck_of
from core.protocol import Array

LEVEL = 0.9
FOLDS, PARTS = 10, 5
RESTARTS = 2
LENGTHS, SIGNALS, NOISES = (0.3, 100.0), (1e-3, 1e3), (1e-6, 4.0)
"""Where the numbers are looked for: columns run from 0 to 1, and values have a spread of 1. A length of 100
says that a column does nothing."""
USUAL, APART = 2.0, 0.7
"""A lever's usual length, and the spread of logarithms around it: levers bend a KPI slowly. Without it, luck
in many columns is taken for a surface of short waves through every point, and bands are too narrow."""
SLIGHT, SWELLS, LOG_NORMAL = 0.05, 1.0, math.pi**2 / 8.0
"""Scores below the first tell no more of luck than this; the spread of swells that is expected; the variance
of the logarithm of a standard normal's size."""
FLAT = 1e-12
"""Values that differ by less, relative to their size, are all the same."""


@dataclass(frozen=True, slots=True)
class Surface:
    """The numbers that say how values vary over points.

    Attributes
    ----------
    centre, spread
        Mean and standard deviation of the values, in their unit; a spread of 0 says that all are the same.
    signal, noise
        Variances of the surface and of a point around it, in squares of the spread.
    lengths
        A column's distance over which the surface changes, ``(columns,)``.
    swell
        How the logarithm of the band's width grows along each column, ``(columns,)``.
    factor
        Half-width of the band that holds :data:`LEVEL` of points left out, in standard deviations, at the
        middle of all columns.
    """

    centre: float
    spread: float
    signal: float
    noise: float
    lengths: tuple[float, ...]
    swell: tuple[float, ...] = ()
    factor: float = math.nan

    def width(self, x: Array) -> Array:
        """Half-width of the band, in standard deviations, at ``(..., columns)``."""
        return np.asarray(self.factor * np.exp((x - 0.5) @ np.array(self.swell)))

    def covariance(self, squares: Array) -> Array:
        """Covariance by squared distances along each column, ``(..., columns)``, in squares of the spread.

        Examples
        --------
        >>> Surface(0.0, 1.0, 2.0, 0.1, (1.0,)).covariance(np.array([[0.0], [1e6]])).tolist()
        [2.0, 0.0]
        """
        far = np.sqrt(5.0 * (squares @ np.array(self.lengths) ** -2.0))
        return np.asarray(self.signal * (1.0 + far + far**2 / 3.0) * np.exp(-far))

    def scaled(self, y: Array) -> Array:
        """Bring values to mean 0 and spread 1."""
        return np.asarray((y - self.centre) / self.spread if self.spread > 0.0 else np.zeros_like(y))

    def root(self, x: Array) -> Array:
        """Inverse of the Cholesky factor of the covariance of noisy values at ``(points, columns)``."""
        among = self.covariance((x[:, None, :] - x[None, :, :]) ** 2)
        return np.asarray(np.linalg.inv(np.linalg.cholesky(among + self.noise * np.eye(len(x)))))


def find(x: Array, y: Array, near: Surface | None = None) -> Surface:
    """Find the numbers that make values most likely, and the band's factor.

    Numbers fit the points that they were found on better than others. So the factor rests on points left out
    of the surface and of the search for its numbers as well: in :data:`PARTS` parts, each left out in turn.

    Parameters
    ----------
    x
        ``(points, columns)``, each column from 0 to 1.
    y
        ``(points,)``.
    near
        Numbers to start from, instead of several places drawn at random.
    """
    centre, spread = float(y.mean()), float(y.std())
    if spread <= FLAT * max(1.0, float(np.abs(y).max())):
        return Surface(centre, 0.0, 1.0, 1.0, (1.0,) * x.shape[1], (0.0,) * x.shape[1], 0.0)
    z = (y - centre) / spread
    numbers = _likeliest(x, z, near)
    outs = [_parts(len(z), PARTS) == part for part in range(PARTS)]
    scores, levelled = np.empty(len(z)), np.empty(len(z))
    for out in outs:
        scores[out] = left_out(_likeliest(x[~out], z[~out], numbers), x, z)[out]
    for out in outs:
        levelled[out] = scores[out] / np.exp((x[out] - 0.5) @ swells(x[~out], scores[~out]))
    swell = tuple(swells(x, scores).tolist())
    return replace(numbers, centre=centre, spread=spread, swell=swell, factor=conformal(levelled))


def _parts(points: int, parts: int) -> Array:
    """Deal points into parts of equal size, by chance, ``(points,)``."""
    return np.asarray(luck_of(0)("parts").permutation(points) % parts)


def swells(x: Array, scores: Array) -> Array:
    """Say how the logarithm of scores grows along each column, ``(columns,)``.

    By least squares, drawn towards 0 as a spread of :data:`SWELLS` among swells would have it, so that few
    points do not make a band swell by mere luck.
    """
    told = np.log(np.maximum(scores, SLIGHT))
    beside = x - x.mean(axis=0)
    ridge = LOG_NORMAL / SWELLS**2 * np.eye(x.shape[1])
    return np.asarray(np.linalg.solve(beside.T @ beside + ridge, beside.T @ (told - told.mean())))


def _likeliest(x: Array, z: Array, start: Surface | None) -> Surface:
    """Find the likeliest signal, lengths and noise for values of mean 0 and spread 1, given usual lengths."""
    from scipy.optimize import minimize

    bounds = np.log([SIGNALS, *[LENGTHS] * x.shape[1], NOISES])
    first = start or Surface(0.0, 1.0, 1.0, 0.1, (1.0,) * x.shape[1])
    starts = [np.log([first.signal, *first.lengths, first.noise])]
    if start is None:
        low, high = bounds.T
        starts += list(low + (high - low) * luck_of(0)("surface").random((RESTARTS, len(bounds))))
    squares = (x[:, None, :] - x[None, :, :]) ** 2

    def costs(logs: Array) -> tuple[float, Array]:
        far = np.concatenate([[0.0], (logs[1:-1] - math.log(USUAL)) / APART, [0.0]])
        cost, slope = unlikely(logs, squares, z)
        return cost + 0.5 * float(far @ far), slope + far / APART

    tried = [minimize(costs, one, method="L-BFGS-B", jac=True, bounds=bounds) for one in starts]
    best = min(tried, key=lambda one: float(one.fun))
    return _said(best.x)


def _said(logs: Array) -> Surface:
    signal, *lengths, noise = (float(one) for one in np.exp(logs))
    return Surface(0.0, 1.0, signal, noise, tuple(lengths))


def unlikely(logs: Array, squares: Array, z: Array) -> tuple[float, Array]:
    """Give minus the logarithm of the likelihood, and its slope [1]_ along the logarithms of the numbers.

    Parameters
    ----------
    logs
        Of signal, lengths and noise, ``(columns + 2,)``.
    squares
        Squared distances, ``(points, points, columns)``.
    z
        ``(points,)``.

    References
    ----------
    .. [1] Rasmussen and Williams (2006), equations 5.8 and 5.9.
    """
    numbers, points = _said(logs), len(z)
    among = numbers.covariance(squares)
    try:
        factor = np.linalg.cholesky(among + numbers.noise * np.eye(points))
    except np.linalg.LinAlgError:  # so nearly one surface that digits do not suffice
        return math.inf, np.zeros_like(logs)
    root = np.linalg.inv(factor)
    weights = root.T @ (root @ z)
    likelihood = -0.5 * (z @ weights + points * math.log(2.0 * math.pi)) - np.log(np.diag(factor)).sum()
    pull = np.outer(weights, weights) - root.T @ root
    shrink = np.array(numbers.lengths) ** -2.0
    far = np.sqrt(5.0 * (squares @ shrink))
    bend = pull * (numbers.signal * 5.0 / 3.0 * (1.0 + far) * np.exp(-far))
    along = np.tensordot(bend, squares, 2) * shrink
    slope = 0.5 * np.array([(pull * among).sum(), *along, numbers.noise * np.trace(pull)])
    return -float(likelihood), -slope


def left_out(surface: Surface, x: Array, y: Array) -> Array:
    """How far each value lies from the surface through all others, in standard deviations, ``(points,)``.

    With ``K`` the covariance of all noisy values ``z``, the one left out is expected at
    ``z_i - (K^-1 z)_i / (K^-1)_ii`` with variance ``1 / (K^-1)_ii``.
    """
    root = surface.root(x)
    inverse = root.T @ root
    return np.asarray(np.abs(inverse @ surface.scaled(y)) / np.sqrt(np.diag(inverse)))


def conformal(scores: Array, level: float = LEVEL) -> float:
    """Give the score that a new one exceeds with a chance of at most ``1 - level``, were they exchangeable.

    It is the ``ceil((n + 1) * level)``-th smallest of ``n``, and infinite where they are too few.

    Examples
    --------
    >>> conformal(np.arange(1.0, 41.0)), conformal(np.ones(5))
    (37.0, inf)
    """
    place = math.ceil((len(scores) + 1) * level)
    return float(np.sort(scores)[place - 1]) if place <= len(scores) else math.inf


@dataclass(frozen=True)
class Laid:
    """Surfaces laid through the same points, side by side.

    Attributes
    ----------
    surfaces
        One a quantity.
    x
        ``(points, columns)``.
    weights
        ``(quantities, points)``: what each point's covariance counts in the mean.
    roots
        ``(quantities, points, points)``: of :meth:`Surface.root`.
    """

    surfaces: tuple[Surface, ...]
    x: Array
    weights: Array
    roots: Array

    def at(self, place: Array) -> tuple[Array, Array]:
        """Mean, and half-width of the band of a new noisy value.

        There is none of the surface itself, because points, which all are noisy, could not check it.

        Parameters
        ----------
        place
            ``(columns,)``.

        Returns
        -------
        mean, half
            Each ``(quantities,)``, in the quantity's unit.
        """
        squares = (self.x - place) ** 2
        near = np.stack([one.covariance(squares) for one in self.surfaces])
        spread, signal, noise, centre = (
            np.array([getattr(one, name) for one in self.surfaces])
            for name in ("spread", "signal", "noise", "centre")
        )
        width = np.array([one.width(place) for one in self.surfaces])
        mean = centre + spread * (self.weights * near).sum(axis=1)
        known = ((self.roots @ near[:, :, None])[:, :, 0] ** 2).sum(axis=1)
        unknown = np.maximum(signal - known, 0.0)
        return mean, width * spread * np.sqrt(unknown + noise)


def lay(surfaces: tuple[Surface, ...], x: Array, values: Array) -> Laid:
    """Lay surfaces through the same points.

    Parameters
    ----------
    values
        ``(quantities, points)``.
    """
    roots = np.stack([one.root(x) for one in surfaces])
    scaled = np.stack([one.scaled(y) for one, y in zip(surfaces, values, strict=True)])
    weights = np.einsum("qji,qj->qi", roots, np.einsum("qij,qj->qi", roots, scaled))
    return Laid(surfaces, x, weights, roots)


def held(x: Array, y: Array, near: Surface) -> int:
    """Count the points inside the band of a surface that never saw them: cross-validation in :data:`FOLDS`.

    Everything is found again without the fold, the numbers and the factor too: with those of all points the
    count would come out near :data:`LEVEL` whatever the truth.

    Parameters
    ----------
    near
        Numbers found on all points, from which each fold's are looked for.
    """
    fold = _parts(len(y), FOLDS)
    inside = 0
    for one in range(FOLDS):
        out = fold == one
        seen = find(x[~out], y[~out], near)
        laid = lay((seen,), x[~out], y[None, ~out])
        for place, value in zip(x[out], y[out], strict=True):
            mean, half = laid.at(place)
            inside += bool(abs(value - mean[0]) <= half[0] + FLAT * max(1.0, abs(value)))
    return inside
