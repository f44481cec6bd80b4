"""What past messages teach about the next one, and what is believed of its variants as gifts come in.

The log of a variant's gift rate is normal about its message's level, and this about the level of all
messages; gifts are Poisson. Spread and levels are learned from past messages (empirical Bayes [1]_), so that
the chance in their counts is not taken for differences between variants. Beliefs are normal about the mode
(Laplace).

References
----------
.. [1] Efron and Morris (1975), Data Analysis Using Stein's Estimator and its Generalizations, JASA 70(350).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.log import Log
from core.protocol import Table

Floats = NDArray[np.float64]
SPREADS = np.geomspace(0.02, 2.0, 47)
"""Standard deviations of log effects that are compared."""
SPREAD_SURE = 0.7
"""Log standard deviation of the vague belief on the spread."""
NEWTON, STRIDE = 16, 2.0
"""Steps to the mode, and how long one may be: an exponential far below its data would send it too far."""
NODES = 8
"""Points of the Gauss-Hermite rule over a variant's own rate."""


@dataclass(frozen=True)
class Prior:
    """What is believed before the first e-mail of a message.

    Attributes
    ----------
    level, level_sd
        Mean and standard deviation of a message's level: the mean log gift rate of its variants.
    spread
        Standard deviation of a variant's log gift rate about the level.
    gift, gift_noise
        Mean gift in USD, and mean square over squared mean: how many times more chance there is in a sum of
        gifts than in their number.
    arrived
        ``(ages,)`` share of gifts that are in so many hours after mailing, from 0 hours on.
    persons, hours, variants
        Length of the list, hourly decisions and variants of a message.
    """

    level: float
    level_sd: float
    spread: float
    gift: float
    gift_noise: float
    arrived: Floats
    persons: int
    hours: int
    variants: int


def vague() -> Prior:
    """Believe what a newcomer would, who has no record.

    One gift from 2,000 e-mails, give or take a factor of three; a good variant brings half as much again as
    the usual one; half of the gifts come within two hours.
    """
    arrived = 1.0 - 0.5 ** (np.arange(49) / 2.0)
    return Prior(math.log(1 / 2000), 1.0, 0.5, 25.0, 3.0, arrived, 1_000_000, 12, 18)


def fit_prior(history: Log) -> Prior:
    """Learn from past messages; the vague belief counts as one more message."""
    unsure, tests, messages = vague(), history.data["tests"], history.data["messages"]
    if not len(messages["time"]):
        return unsure
    order = np.lexsort((tests["variant"], tests["message"]))
    variants = int(tests["variant"].max()) + 1
    sent, donors = (tests[name][order].reshape(-1, variants).astype(float) for name in ("sent", "donors"))
    scores = [
        evidence(donors, sent, unsure.level, unsure.level_sd, spread).sum()
        - 0.5 * (math.log(spread / unsure.spread) / SPREAD_SURE) ** 2
        for spread in SPREADS
    ]
    spread = float(SPREADS[int(np.argmax(scores))])
    levels = mode(donors, sent, unsure.level, unsure.level_sd, spread)[1]
    level = float((levels.sum() + unsure.level) / (len(levels) + 1))
    apart = ((levels - level) ** 2).sum() + (unsure.level - level) ** 2 + unsure.level_sd**2
    gift, noise = gifts(tests, unsure)
    return Prior(
        level, math.sqrt(apart / (len(levels) + 1)), spread, gift, noise,
        arrivals(history.data["arrivals"], unsure),
        int(messages["persons"][-1]), int(messages["hours"][-1]), variants,
    )  # fmt: skip


def gifts(tests: Table, unsure: Prior) -> tuple[float, float]:
    """Mean gift in USD, and its noise by how far the sums of variants lie from their donors' due."""
    donors, money = tests["donors"].astype(float), tests["money"]
    gave = donors > 0
    if gave.sum() < 2:
        return unsure.gift, unsure.gift_noise
    gift = float(money.sum() / donors.sum())
    variance = float(np.mean((money - gift * donors)[gave] ** 2 / donors[gave]))
    return gift, 1.0 + variance / gift**2


def arrivals(record: Table, unsure: Prior) -> Floats:
    """Share of gifts that are in by hours since mailing, ``(ages,)``; the vague belief counts as one gift."""
    booked = np.bincount(record["age"], record["gifts"], minlength=len(unsure.arrived))
    count = booked + np.diff(unsure.arrived, prepend=0.0)
    return np.asarray(np.cumsum(count) / count.sum())


def mode(donors: Floats, mailed: Floats, level: float, level_sd: float,
         spread: float) -> tuple[Floats, Floats]:  # fmt: skip
    """Most credible log gift rates, ``(messages, variants)``, and each message's level, ``(messages, 1)``.

    ``donors`` came from ``mailed`` e-mails. The log posterior is concave. Newton's method solves its Hessian
    by eliminating the level, and starts at the mean under a gamma prior of the same precision.
    """
    tight, loose = spread**-2, level_sd**-2
    middle = np.full((len(donors), 1), level)
    rate = np.log((donors + tight) / (mailed + tight * np.exp(-level)))
    for _ in range(NEWTON):
        expected = mailed * np.exp(rate)
        curve = expected + tight
        slope = donors - expected - tight * (rate - middle)
        pull = tight * (rate - middle).sum(axis=1, keepdims=True) - loose * (middle - level)
        pull = pull + (tight / curve * slope).sum(axis=1, keepdims=True)
        shift = np.clip(pull / level_curve(curve, tight, loose), -STRIDE, STRIDE)
        rate = rate + np.clip((slope + tight * shift) / curve, -STRIDE, STRIDE)
        middle = middle + shift
    return rate, middle


def level_curve(curve: Floats, tight: float, loose: float) -> Floats:
    """Precision of a message's level once its variants are at their best, ``(messages, 1)``."""
    return np.asarray(loose + (tight * (1.0 - tight / curve)).sum(axis=1, keepdims=True))


def evidence(donors: Floats, mailed: Floats, level: float, level_sd: float, spread: float) -> Floats:
    """Log probability of each message's counts but for a constant, ``(messages,)``, by Laplace's method."""
    tight, loose = spread**-2, level_sd**-2
    rate, middle = mode(donors, mailed, level, level_sd, spread)
    curve = mailed * np.exp(rate) + tight
    likely = donors * rate - mailed * np.exp(rate) - 0.5 * tight * (rate - middle) ** 2
    likely = likely - math.log(spread) - 0.5 * np.log(curve)
    own = -0.5 * loose * (middle - level) ** 2 - 0.5 * np.log(level_curve(curve, tight, loose))
    return np.asarray(likely.sum(axis=1) + own[:, 0])


def believed(donors: Floats, mailed: Floats, prior: Prior) -> tuple[Floats, Floats]:
    """Mean and standard deviation of log gift rates, ``(messages, variants)`` each."""
    rate, _ = mode(donors, mailed, prior.level, prior.level_sd, prior.spread)
    return rate, (mailed * np.exp(rate) + prior.spread**-2) ** -0.5


def chance_best(mean: Floats, sd: Floats) -> Floats:
    """Chance that each variant is the best of its message, ``(messages, variants)``, for normal beliefs.

    The chance that a variant at ``x`` beats all others is a product of normal distribution functions; its
    mean over ``x`` is taken by the Gauss-Hermite rule.
    """
    from scipy.special import ndtr

    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    own = mean[..., None] + sd[..., None] * nodes
    below = ndtr((own[:, :, None, :] - mean[:, None, :, None]) / sd[:, None, :, None])
    same = np.arange(mean.shape[1])
    below[:, same, same, :] = 1.0
    chance = below.prod(axis=2) @ weights
    return np.asarray(chance / chance.sum(axis=1, keepdims=True))
