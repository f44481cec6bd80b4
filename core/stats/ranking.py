"""How well scores find rare events: exact measures of ranking and of calibration.

The higher a score, the likelier an event. Every measure takes ``(rows,)`` of scores and of labels, 1 or
True for an event, and sorts them once at most.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

LOWEST = 1e-6
"""Where the bins of :func:`calibration_gap` begin: one event in a million rows."""


def average_precision(score: ArrayLike, label: ArrayLike) -> float:
    """Area under the steps of precision over recall, ``sum (R_n - R_{n-1}) P_n`` [1]_.

    One step for each distinct score, so rows of one score are found together, in whatever order they come.
    Straight lines between the steps would promise more than any threshold keeps [2]_. A random order has an
    expected value near the share of events.

    Parameters
    ----------
    score
        ``(rows,)``, in any unit; may be infinite.
    label
        ``(rows,)`` of 0 and 1.

    Returns
    -------
    float
        Inside (0, 1], and NaN when there is no event.

    Raises
    ------
    ValueError
        When shapes differ, a score is NaN or a label is neither 0 nor 1.

    References
    ----------
    .. [1] Boyd, K., Eng, K. H. and Page, C. D. (2013), Area under the precision-recall curve: point
       estimates and confidence intervals, ECML PKDD.
    .. [2] Davis, J. and Goadrich, M. (2006), The relationship between precision-recall and ROC curves, ICML.

    Examples
    --------
    Half of the events are found at precision 1, the other half at 2 in 3.

    >>> round(average_precision([0.9, 0.8, 0.7, 0.1], [1, 0, 1, 0]), 3)
    0.833
    """
    scores, events = _rows("score", score, label)
    if not events.any():
        return float("nan")
    order = np.argsort(-scores)
    ranked = scores[order]
    # Compared, not subtracted: infinities have no difference.
    last = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), ranked.size - 1)
    found = np.cumsum(events[order])[last]
    precision = found / (last + 1)
    return float((np.diff(found, prepend=0) * precision).sum() / found[-1])


def precision_by_group(score: ArrayLike, label: ArrayLike, group: ArrayLike, k: int) -> float:
    """Share of events among the ``k`` groups of the highest score: card precision at k [1]_.

    Whoever checks ``k`` cards a day asks how many of them were worth it. A group scores what its highest row
    scores and is an event when any of its rows is. Where groups tie for the last places, it is the mean
    over all their orders [2]_.

    Parameters
    ----------
    score
        ``(rows,)``, in any unit; may be infinite.
    label
        ``(rows,)`` of 0 and 1.
    group
        ``(rows,)`` of numbers or texts.
    k
        Groups that are looked at, at least 1. Fewer are all looked at and still divided by ``k``, as places
        that stay empty find nothing.

    Returns
    -------
    float
        Inside [0, 1].

    Raises
    ------
    ValueError
        When shapes differ, a score is NaN, a label is neither 0 nor 1, or ``k`` is below 1.

    References
    ----------
    .. [1] Le Borgne, Y.-A., Siblini, W., Lebichot, B. and Bontempi, G. (2022), Reproducible machine learning
       for credit card fraud detection: practical handbook, Universite Libre de Bruxelles; precision top-k.
    .. [2] McSherry, F. and Najork, M. (2008), Computing information retrieval performance measures
       efficiently in the presence of tied scores, ECIR.

    Examples
    --------
    Card 7 comes first; 8 and 9 tie for the second place, and one of them is an event.

    >>> precision_by_group([0.9, 0.2, 0.4, 0.4], [0, 1, 1, 0], [7, 7, 8, 9], k=2)
    0.75
    """
    scores, events = _rows("score", score, label)
    groups = np.asarray(group)
    if groups.shape != scores.shape:
        raise ValueError(f"group has shape {groups.shape} and score {scores.shape}: one is needed a row")
    if k < 1:
        raise ValueError(f"k is {k}: at least 1 group is looked at")
    names, place = np.unique(groups, return_inverse=True)
    hit = np.zeros(names.size, dtype=np.bool_)
    hit[place[events]] = True
    if names.size <= k:
        return float(hit.sum() / k)
    top = np.full(names.size, -np.inf)
    np.maximum.at(top, place, scores)
    cut = np.partition(top, -k)[-k]
    above, level = top > cut, top == cut
    drawn = (k - above.sum()) / level.sum()
    return float((hit[above].sum() + drawn * hit[level].sum()) / k)


def calibration_gap(probability: ArrayLike, label: ArrayLike, bins: int = 20) -> float:
    """Events forecast but not met or met but not forecast, bin by bin, as a share of the events.

    It is the expected calibration error [1]_ over the share of events, with bins of equal width in
    ``log10`` of the probability from :data:`LOWEST` to 1: rare events would all fall into the first of equal
    slices of [0, 1]. So 0.1 means the same however rare events are. Perfect forecasts show the noise of the
    counts: on average at most ``sqrt(bins / events)``, with the events expected.

    Parameters
    ----------
    probability
        ``(rows,)`` inside [0, 1]; what is below :data:`LOWEST` falls into the first bin.
    label
        ``(rows,)`` of 0 and 1.
    bins
        At least 1; one compares the totals alone.

    Returns
    -------
    float
        At least 0, and NaN when there is no event.

    Raises
    ------
    ValueError
        When shapes differ, a probability is not inside [0, 1], a label is neither 0 nor 1, or there is no
        bin.

    References
    ----------
    .. [1] Naeini, M. P., Cooper, G. F. and Hauskrecht, M. (2015), Obtaining well calibrated probabilities
       using Bayesian binning, AAAI.

    Examples
    --------
    The upper bin forecasts 1 event too few, the lower one 0.02 too many.

    >>> round(calibration_gap([0.5, 0.5, 0.01, 0.01], [1, 1, 0, 0]), 6)
    0.51
    """
    shares, events = _rows("probability", probability, label)
    outside = np.flatnonzero((shares < 0) | (shares > 1))
    if outside.size:
        raise ValueError(f"probability[{outside[0]}] is {shares[outside[0]]}: it lies inside [0, 1]")
    if bins < 1:
        raise ValueError(f"bins is {bins}: at least 1 is needed")
    if not events.any():
        return float("nan")
    edges = np.logspace(np.log10(LOWEST), 0.0, bins + 1)[1:-1]
    surplus = np.bincount(np.searchsorted(edges, shares, side="right"), shares - events)
    return float(np.abs(surplus).sum() / events.sum())


def _rows(name: str, values: ArrayLike, label: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Take scores, called ``name`` in a message, and labels as arrays over the same rows."""
    scores, labels = np.asarray(values, dtype=np.float64), np.asarray(label)
    if scores.ndim != 1 or labels.shape != scores.shape:
        raise ValueError(
            f"{name} has shape {scores.shape} and label {labels.shape}: one entry a row is needed in both"
        )
    missing = np.flatnonzero(np.isnan(scores))
    if missing.size:
        raise ValueError(f"{name}[{missing[0]}] is nan: every row needs a number")
    odd = np.flatnonzero((labels != 0) & (labels != 1))
    if odd.size:
        raise ValueError(f"label[{odd[0]}] is {labels[odd[0]]}: 0 or 1 is needed")
    return scores, labels == 1
