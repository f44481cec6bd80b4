"""Probabilities that mean what they say: calibrators fit on held-out rows, and how to judge them.

Two classes are written as the log-odds of the second, ``(rows,)``, and labels of 0 and 1; more classes
as ``(rows, classes)`` of margins and labels from 0. Every calibrator takes such logits and gives
probabilities of the same shape.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.protocol import Array, Rng

EDGE = 1e-12
"""Nearest to 0 and 1 that :func:`logits_of` takes a probability to be: a model's exact 0 is rounding."""
COLDEST, HOTTEST = 0.02, 50.0
"""Bounds of a temperature: where classes separate, the likelihood knows none."""
MIN_OF_A_CLASS = 2
"""Rows of each class without which nothing is calibrated."""


# --- calibrators --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Temperature:
    """Logits divided by one number (Guo et al. 2017); 1 leaves them as they are."""

    temperature: float = 1.0

    def apply(self, logits: ArrayLike) -> Array:
        """Probabilities, of the logits' shape.

        Examples
        --------
        >>> Temperature(2.0).apply([0.0, 2 * np.log(3.0)]).round(6).tolist()
        [0.5, 0.75]
        """
        return _probability(_logits(logits) / self.temperature)


@dataclass(frozen=True, slots=True)
class Platt:
    """A line through the log-odds of two classes (Platt 1999): it moves the base rate too."""

    slope: float
    intercept: float

    def apply(self, logits: ArrayLike) -> Array:
        """Probabilities, ``(rows,)``.

        Examples
        --------
        >>> Platt(slope=1.0, intercept=-np.log(3.0)).apply([0.0]).round(6).tolist()
        [0.25]
        """
        return _probability(self.slope * _logits(logits) + self.intercept)


@dataclass(frozen=True, slots=True)
class Isotonic:
    """A never falling line from knot to knot, level beyond them (Zadrozny and Elkan 2002).

    Attributes
    ----------
    logits, probability
        The knots, ``(knots,)`` each, in rising order.
    """

    logits: Array
    probability: Array

    def apply(self, logits: ArrayLike) -> Array:
        """Probabilities, ``(rows,)``.

        Examples
        --------
        >>> Isotonic(np.array([-1.0, 1.0]), np.array([0.1, 0.5])).apply([-9.0, 1.0, 9.0]).tolist()
        [0.1, 0.5, 0.5]
        """
        return np.interp(_logits(logits), self.logits, self.probability)


Calibrator = Temperature | Platt | Isotonic
Fit = Callable[[Array, Array], Calibrator]


def fit_temperature(logits: ArrayLike, label: ArrayLike) -> Temperature:
    """Temperature of the least log-loss [1]_. It changes no ranking and no top class.

    Parameters
    ----------
    logits
        On rows that the model did not learn from, ``(rows,)`` or ``(rows, classes)``.
    label
        ``(rows,)`` of class indices.

    Raises
    ------
    ValueError
        When shapes do not fit, a logit is not finite, a label is no class, or the rows hold fewer than
        :data:`MIN_OF_A_CLASS` of each of two classes.

    References
    ----------
    .. [1] Guo, C., Pleiss, G., Sun, Y. and Weinberger, K. Q. (2017), On calibration of modern neural
       networks, ICML.

    Examples
    --------
    >>> found = fit_temperature([8.0, 8.0, 8.0, 8.0, -8.0, -8.0, -8.0, -8.0], [1, 1, 1, 0, 0, 0, 0, 1])
    >>> found.apply([8.0]).round(3).tolist()
    [0.75]
    """
    scores, classes = _held_out(logits, label)
    return _temperature(scores, classes)


def _temperature(logits: Array, label: Array) -> Temperature:
    from scipy.optimize import minimize_scalar

    def loss(log_t: float) -> float:
        """Mean log-loss from the logits themselves: of probabilities that round to 1 it would be infinite."""
        z = logits / np.exp(log_t)
        if z.ndim == 1:
            return float((np.logaddexp(0.0, z) - label * z).mean())
        return float((np.logaddexp.reduce(z, axis=1) - z[np.arange(label.size), label]).mean())

    # Convex in 1 / T, hence with one valley in log T, where the bounds are even-handed.
    found = minimize_scalar(loss, bounds=(np.log(COLDEST), np.log(HOTTEST)), method="bounded")
    return Temperature(float(np.exp(found.x)))


def fit_platt(logits: ArrayLike, label: ArrayLike) -> Platt:
    """Line through the log-odds with the least log-loss [1]_.

    Two counts, one of each class, are spread over the rows as Platt's targets are, so that the slope stays
    finite where the classes separate [1]_.

    Parameters
    ----------
    logits, label
        As :func:`fit_temperature`, of two classes.

    Raises
    ------
    ValueError
        As :func:`fit_temperature`, and when there are more than two classes.

    References
    ----------
    .. [1] Platt, J. (1999), Probabilistic outputs for support vector machines, Advances in Large Margin
       Classifiers, MIT Press; section 2.2 for the targets.

    Examples
    --------
    >>> found = fit_platt(np.tile([-1.0, 1.0], 4000), np.tile([0, 0, 0, 1], 2000))
    >>> found.apply([-1.0, 1.0]).round(2).tolist()
    [0.0, 0.5]
    """
    scores, classes = _held_out(logits, label)
    _only_two(scores, "Platt scaling")
    return _platt(scores, classes)


def _platt(logits: Array, label: Array) -> Platt:
    from scipy.optimize import minimize

    yes, no = label.sum(), (1 - label).sum()
    target = np.where(label == 1, (yes + 1) / (yes + 2), 1 / (no + 2))
    # Standardised, so that the search meets a well-rounded valley.
    mean, spread = logits.mean(), logits.std() or 1.0
    z = (logits - mean) / spread

    def loss(line: Array) -> tuple[float, Array]:
        log_odds = line[0] * z + line[1]
        miss = _probability(log_odds) - target
        value = (np.logaddexp(0.0, log_odds) - target * log_odds).mean()
        return float(value), np.array([(miss * z).mean(), miss.mean()])

    start = np.array([spread, mean])
    slope, intercept = minimize(loss, start, jac=True, method="BFGS", options={"gtol": 1e-7}).x
    return Platt(float(slope / spread), float(intercept - slope * mean / spread))


def fit_isotonic(logits: ArrayLike, label: ArrayLike) -> Isotonic:
    """Never falling curve of the least Brier score, kept off 0 and 1 [1]_.

    A plain isotonic fit says 0 below the lowest event and 1 above the highest non-event, and a single
    surprise then costs an infinite log-loss; with rare events nearly all rows lie below. So half a row of
    each class is added at the lowest and at the highest logit. The curve stays monotone and a block of
    ``n`` rows at an end without surprises says ``0.5 / (n + 1)`` away from certainty (Jeffreys' prior [2]_).

    Parameters
    ----------
    logits, label
        As :func:`fit_temperature`, of two classes; any score that rises with the probability will do.

    Raises
    ------
    ValueError
        As :func:`fit_platt`.

    References
    ----------
    .. [1] Zadrozny, B. and Elkan, C. (2002), Transforming classifier scores into accurate multiclass
       probability estimates, KDD.
    .. [2] Jeffreys, H. (1946), An invariant form for the prior probability in estimation problems,
       Proceedings of the Royal Society A 186, 453-461.

    Examples
    --------
    >>> fit_isotonic([-2.0, -1.0, 1.0, 2.0], [0, 0, 1, 1]).apply([-3.0, 0.0, 3.0]).round(3).tolist()
    [0.167, 0.5, 0.833]
    """
    scores, classes = _held_out(logits, label)
    _only_two(scores, "isotonic calibration")
    return _isotonic(scores, classes)


def _isotonic(logits: Array, label: Array) -> Isotonic:
    from sklearn.isotonic import IsotonicRegression

    low, high = logits.min(), logits.max()
    fit = IsotonicRegression().fit(
        np.append(logits, [low, low, high, high]),
        np.append(label, [0, 1, 0, 1]),
        sample_weight=np.append(np.ones(label.size), np.full(4, 0.5)),
    )
    return Isotonic(np.asarray(fit.X_thresholds_), np.asarray(fit.y_thresholds_))


def fit_calibration(logits: ArrayLike, label: ArrayLike, *, rng: Rng, folds: int = 5) -> Calibrator:
    """The calibrator whose cross-validated log-loss is lowest, the simplest where they tie.

    They stand in the order none, temperature, Platt, isotonic; with more than two classes the last two are
    left out. A later one is taken only when its gain per row is above the gain's standard error, as in the
    one-standard-error rule (Breiman et al. 1984), because a needless calibrator adds noise.

    Parameters
    ----------
    logits, label
        As :func:`fit_temperature`.
    rng
        Deals the rows of each class into folds.
    folds
        At least 2; fewer are used where a class has fewer rows.

    Raises
    ------
    ValueError
        As :func:`fit_temperature`, and when there are fewer than 2 folds.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.normal(size=4000)
    >>> label = rng.random(4000) < 1 / (1 + np.exp(-truth))
    >>> type(fit_calibration(truth, label, rng=rng)).__name__
    'Temperature'
    >>> fit_calibration(truth, label, rng=rng)
    Temperature(temperature=1.0)
    """
    scores, classes = _held_out(logits, label)
    if folds < 2:
        raise ValueError(f"folds is {folds}: at least 2 are needed, one to fit on and one to judge by")
    fold = _deal(classes, folds, rng)
    fits: tuple[Fit, ...] = (_untouched, _temperature)
    if scores.ndim == 1:
        fits = (*fits, _platt, _isotonic)
    chosen, best = fits[0], _held_out_losses(fits[0], scores, classes, fold)
    for fit in fits[1:]:
        losses = _held_out_losses(fit, scores, classes, fold)
        gain = best - losses
        if gain.mean() > gain.std() / np.sqrt(gain.size):
            chosen, best = fit, losses
    return chosen(scores, classes)


def _untouched(logits: Array, label: Array) -> Temperature:
    return Temperature()


def _deal(label: Array, folds: int, rng: Rng) -> Array:
    """A fold for each row, the same share of each class in each; rare events do not fall together."""
    fold = np.empty(label.size, dtype=np.int64)
    for one in np.unique(label):
        rows = np.flatnonzero(label == one)
        fold[rng.permutation(rows)] = np.arange(rows.size) % folds
    return fold


def _held_out_losses(fit: Fit, logits: Array, label: Array, fold: Array) -> Array:
    losses = np.empty(label.size)
    for one in np.unique(fold):
        own = fold == one
        losses[own] = _losses(fit(logits[~own], label[~own]).apply(logits[own]), label[own])
    # A probability that rounds to 0 must not decide alone, nor make a difference of two infinities.
    return np.asarray(np.minimum(losses, -np.log(EDGE)))


# --- measures -----------------------------------------------------------------------------------


def log_loss(probability: ArrayLike, label: ArrayLike) -> float:
    """Mean of ``-log`` of the probability given to what came, in nats (Good 1952); infinite for a sure miss.

    Parameters
    ----------
    probability
        Of the second class, ``(rows,)``, or of each class, ``(rows, classes)``.
    label
        ``(rows,)`` of class indices.

    Raises
    ------
    ValueError
        When shapes do not fit, a probability is not inside [0, 1] or a label is no class.

    Examples
    --------
    >>> round(log_loss([0.5, 0.25], [1, 0]), 6)  # -(log 0.5 + log 0.75) / 2
    0.490415
    """
    return float(_losses(*_judged(probability, label)).mean())


def brier(probability: ArrayLike, label: ArrayLike) -> float:
    """Mean squared distance of the probabilities from what came (Brier 1950).

    For two classes it is the square of the second's alone, half of Brier's own sum over classes, as is
    usual today; for more it is that sum.

    Parameters
    ----------
    probability, label
        As :func:`log_loss`.

    Raises
    ------
    ValueError
        As :func:`log_loss`.

    Examples
    --------
    >>> brier([0.5, 1.0], [1, 1]), brier([[0.5, 0.5, 0.0]], [0])
    (0.125, 0.5)
    """
    shares, classes = _judged(probability, label)
    if shares.ndim == 1:
        return float(np.square(shares - classes).mean())
    return float(np.square(shares - (classes[:, None] == np.arange(shares.shape[1]))).sum(1).mean())


@dataclass(frozen=True, slots=True)
class Reliability:
    """What was forecast beside what came, bin by bin; made by :func:`reliability`.

    Attributes
    ----------
    forecast
        Mean probability of each bin, ``(bins,)``, rising.
    share
        Share of events in it.
    low, high
        Wilson's interval of that share.
    rows
        Rows in it.
    """

    forecast: Array
    share: Array
    low: Array
    high: Array
    rows: Array

    @property
    def error(self) -> float:
        """Expected calibration error: mean ``|forecast - share|`` over rows (Naeini et al. 2015).

        It falls with fewer bins and never to 0: perfect forecasts show the noise of the shares.

        Examples
        --------
        >>> round(reliability([0.2, 0.2, 0.8, 0.8], [0, 0, 1, 0], bins=2).error, 6)
        0.25
        """
        return float(np.average(np.abs(self.forecast - self.share), weights=self.rows))


def reliability(
    probability: ArrayLike,
    label: ArrayLike,
    *,
    bins: int = 10,
    equal: str = "rows",
    confidence: float = 0.95,
) -> Reliability:
    """Table of forecast and observed shares. More than two classes are judged by the top one [1]_.

    Parameters
    ----------
    probability, label
        As :func:`log_loss`.
    bins
        At most as many; equal forecasts stay together and empty bins are left out.
    equal
        ``"rows"`` for bins of as many rows each, without which rare events all fall into the first bin;
        ``"width"`` for the equal slices of [0, 1] of the literature [1]_.
    confidence
        Of the interval of each bin's share [2]_, inside (0, 1).

    Raises
    ------
    ValueError
        As :func:`log_loss`, when there is no bin, ``equal`` is another word or the confidence is not inside
        (0, 1).

    References
    ----------
    .. [1] Guo, C., Pleiss, G., Sun, Y. and Weinberger, K. Q. (2017), On calibration of modern neural
       networks, ICML.
    .. [2] Wilson, E. B. (1927), Probable inference, the law of succession, and statistical inference,
       JASA 22(158), 209-212.

    Examples
    --------
    >>> table = reliability([0.1, 0.2, 0.6, 0.7], [0, 0, 1, 0], bins=2)
    >>> table.forecast.round(2).tolist(), table.share.tolist(), table.rows.tolist()
    ([0.15, 0.65], [0.0, 0.5], [2, 2])
    """
    if bins < 1 or equal not in ("rows", "width"):
        raise ValueError(f"bins is {bins} and equal is {equal!r}: at least 1 bin, and 'rows' or 'width'")
    shares, events = _judged(probability, label)
    if shares.ndim == 2:
        shares, events = shares.max(1), (shares.argmax(1) == events).astype(np.int64)
    inner = np.arange(1, bins) / bins
    edges = np.quantile(shares, inner) if equal == "rows" else inner
    _, place = np.unique(np.searchsorted(np.unique(edges), shares, side="right"), return_inverse=True)
    rows = np.bincount(place)
    share = np.bincount(place, events) / rows
    low, high = _wilson(share, rows, confidence)
    return Reliability(np.bincount(place, shares) / rows, share, low, high, rows)


def expected_calibration_error(
    probability: ArrayLike, label: ArrayLike, *, bins: int = 10, equal: str = "rows"
) -> float:
    """The error of :func:`reliability`'s table, with the parameters and errors of that function.

    Examples
    --------
    >>> round(expected_calibration_error([0.2, 0.2, 0.8, 0.8], [0, 0, 1, 0], bins=2), 6)
    0.25
    """
    return reliability(probability, label, bins=bins, equal=equal).error


def _wilson(share: Array, rows: Array, confidence: float) -> tuple[Array, Array]:
    """Wilson's score interval (1927), without continuity correction."""
    from scipy.special import ndtri

    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence is {confidence}: it lies between 0 and 1, both excluded")
    z2 = float(ndtri((1.0 + confidence) / 2.0)) ** 2
    centre = (share + z2 / (2 * rows)) / (1 + z2 / rows)
    half = np.sqrt(z2 * share * (1 - share) / rows + (z2 / rows) ** 2 / 4) / (1 + z2 / rows)
    # Rounding would leave a trace beside an exact 0 or 1.
    return np.where(share == 0, 0.0, centre - half), np.where(share == 1, 1.0, centre + half)


# --- conversions --------------------------------------------------------------------------------


def logits_of(probability: ArrayLike) -> Array:
    """Logits that stand for probabilities, of the same shape: log-odds of two classes, logs of more.

    Raises
    ------
    ValueError
        When a probability is not inside [0, 1].

    Examples
    --------
    >>> logits_of([0.5, 0.75]).round(6).tolist() == [0.0, round(float(np.log(3)), 6)]
    True
    """
    shares = np.clip(_shares(probability), EDGE, 1 - EDGE)
    return np.asarray(np.log(shares) - np.log1p(-shares) if shares.ndim == 1 else np.log(shares))


def undo_undersampling(probability: ArrayLike, kept: float) -> Array:
    """Probability among all rows, from a model that was taught on few of the negatives [1]_.

    With a share ``b`` of negatives kept, a model's ``p`` becomes ``b p / (b p - p + 1)``: the odds times
    ``b``. It is exact when the negatives were dropped at random.

    Parameters
    ----------
    probability
        Of the rare class, as the model gives it, ``(rows,)``.
    kept
        Share of the negatives that the model was taught on, above 0 and at most 1.

    Raises
    ------
    ValueError
        When a probability is not inside [0, 1] or ``kept`` is outside (0, 1].

    References
    ----------
    .. [1] Dal Pozzolo, A., Caelen, O., Johnson, R. A. and Bontempi, G. (2015), Calibrating probability with
       undersampling for unbalanced classification, IEEE SSCI; equation 4.

    Examples
    --------
    >>> undo_undersampling([0.0, 0.5, 1.0], kept=0.25).tolist()
    [0.0, 0.2, 1.0]
    """
    if not 0.0 < kept <= 1.0:
        raise ValueError(f"kept is {kept}: the share of negatives kept is above 0 and at most 1")
    shares = _shares(probability)
    return np.asarray(kept * shares / (kept * shares + (1.0 - shares)))


def _probability(logits: Array) -> Array:
    """Logistic of log-odds, or softmax of margins."""
    if logits.ndim == 1:
        # Through exp of what is never above 0: nothing overflows, and small shares keep all their digits.
        small = np.exp(-np.abs(logits))
        return np.where(logits < 0, small, 1.0) / (1.0 + small)
    grown = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(grown / grown.sum(1, keepdims=True))


def _losses(probability: Array, label: Array) -> Array:
    """``-log`` of the probability of what came, ``(rows,)``."""
    if probability.ndim == 1:
        met = np.where(label == 1, probability, 1.0 - probability)
    else:
        met = probability[np.arange(label.size), label]
    with np.errstate(divide="ignore"):  # a sure miss costs infinitely much, which is the answer
        return np.asarray(-np.log(met))


def _logits(values: ArrayLike) -> Array:
    logits = np.asarray(values, dtype=np.float64)
    if logits.ndim not in (1, 2) or logits.size == 0:
        raise ValueError(f"logits have shape {logits.shape}: (rows,) or (rows, classes) is needed")
    bad = ~np.isfinite(logits)
    if bad.any():
        raise ValueError(
            f"logits hold {logits[bad][0]} in row {bad.nonzero()[0][0]}: finite numbers are needed"
        )
    return logits


def _shares(values: ArrayLike) -> Array:
    shares = np.asarray(values, dtype=np.float64)
    if shares.ndim not in (1, 2) or shares.size == 0:
        raise ValueError(f"probability has shape {shares.shape}: (rows,) or (rows, classes) is needed")
    bad = ~((shares >= 0) & (shares <= 1))
    if bad.any():
        raise ValueError(f"probability is {shares[bad][0]} in row {bad.nonzero()[0][0]}: it lies in [0, 1]")
    return shares


def _classes(label: ArrayLike, shape: tuple[int, ...]) -> Array:
    """Labels as whole numbers, checked against what they belong to."""
    given = np.asarray(label)
    count = shape[1] if len(shape) == 2 else 2
    if given.shape != shape[:1]:
        raise ValueError(f"label has shape {given.shape}: one for each of the {shape[0]} rows is needed")
    bad = ~np.isin(given, np.arange(count))
    if bad.any():
        raise ValueError(f"label[{bad.argmax()}] is {given[bad][0]}: a class from 0 to {count - 1} is needed")
    return given.astype(np.int64)


def _judged(probability: ArrayLike, label: ArrayLike) -> tuple[Array, Array]:
    shares = _shares(probability)
    return shares, _classes(label, shares.shape)


def _held_out(logits: ArrayLike, label: ArrayLike) -> tuple[Array, Array]:
    scores = _logits(logits)
    classes = _classes(label, scores.shape)
    counts = np.bincount(classes, minlength=2)
    if (counts >= MIN_OF_A_CLASS).sum() < 2:
        raise ValueError(
            f"label holds {counts.tolist()} rows of each class: at least {MIN_OF_A_CLASS} of two classes are "
            "needed; hold out more rows"
        )
    return scores, classes


def _only_two(logits: Array, what: str) -> None:
    if logits.ndim == 2:
        raise ValueError(
            f"logits have shape {logits.shape}: {what} takes the log-odds of two classes, (rows,)"
        )
