"""What to do with a probability: decline by expected cost, and ask analysts where it pays most.

A decline pays when the amount at risk exceeds the trouble of turning away an honest holder, ``p a > (1 - p)
(m a + f)``: Bayes' minimum risk with costs of their own for each purchase (Bahnsen et al. 2013). A review
pays
when it stops a card in time; analysts are few, so those alerts go first that save the most, and as many are
raised as the crew could review, by the scores of the past.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.protocol import Array, Table

Floats = NDArray[np.float64]
SHARES = np.logspace(-4.5, 0.0, 91)
"""Shares of purchases for which the worth of an alert is kept."""


SUSPECT, SUSPECT_DAYS = 0.02, 7.0
"""Probability of fraud from which a card is suspected, and for how many days."""
FAR = 1e5


@dataclass(frozen=True)
class Costs:
    """Costs of decisions and reach of the crew.

    Attributes
    ----------
    review
        Of one review, k KRW.
    margin, friction
        Of declining an honest holder: share of the amount, and k KRW.
    reach
        What the crew can review, as a share of the purchases.
    """

    review: float
    margin: float
    friction: float
    reach: float

    @classmethod
    def of(cls, rules: Table) -> Costs:
        """Read the rules of a play."""
        names = ("review_kkrw", "margin", "friction_kkrw", "reviews_a_day", "purchases_a_day")
        review, margin, friction, reviews, purchases = (float(rules[name][0]) for name in names)
        return cls(review, margin, friction, reviews / max(purchases, 1.0))

    def wrong(self, amount: Array) -> Array:
        """Cost of declining an honest holder, k KRW."""
        return np.asarray(self.margin * amount + self.friction)


USUAL = Costs(review=2.0, margin=0.03, friction=5.0, reach=0.042)
"""What the bank pays as a rule, by which contenders are tuned and compared on history: four analysts for
10,000 purchases, 14 hours a day, 8 minutes a review."""


def declined(fraud: Array, amount: Array, costs: Costs) -> Array:
    """Which purchases are declined, by the probability that they are fraud."""
    return np.asarray(fraud * amount > (1.0 - fraud) * costs.wrong(amount))


def let_through(fraud: Array, amount: Array, card: Array, time: Array) -> float:
    """Share of expected fraud on suspected cards that declines do not stop: what reviews are left to save.

    Once a card is suspected most of what its thief still tries is declined anyway, and a thief whose
    purchases are all declined loses nothing by being found out.

    Parameters
    ----------
    fraud, amount, card, time
        ``(rows,)`` of the past: probability of fraud, k KRW, whose card, days.
    """
    order = np.lexsort((time, card))
    expected, passed = (fraud * amount)[order], ~declined(fraud, amount, USUAL)[order]
    # Each card's days lie far from the next one's, so one running maximum serves all.
    key = (np.asarray(card, float) * FAR + time)[order]
    last = np.maximum.accumulate(np.where(fraud[order] > SUSPECT, key, -np.inf))
    after = np.r_[False, key[1:] - last[:-1] < SUSPECT_DAYS]
    suspected = expected[after].sum()
    return float(expected[after & passed].sum() / suspected) if suspected > 0.0 else 1.0


def worth_table(saved: Array) -> Floats:
    """Keep what the best of :data:`SHARES` of past alerts would have saved at least, k KRW."""
    if not len(saved):
        return np.zeros(len(SHARES))
    return np.asarray(np.quantile(saved, 1.0 - SHARES))


def alerts(saved: Array, table: Floats, costs: Costs) -> Array:
    """Priority of each purchase's alert, 0 where none is raised.

    Parameters
    ----------
    saved
        ``(rows,)`` what a review would save in expectation, k KRW; the rows of one day.
    table
        :func:`worth_table` of the past.
    costs
        Of which the review's and the crew's reach are used.
    """
    if costs.reach <= 0.0:
        return np.zeros(len(saved))
    least = np.interp(np.log(min(costs.reach, 1.0)), np.log(SHARES), table)
    return np.where(saved > max(costs.review, least), saved, 0.0)


def decisions(fraud: Array, saved: Array, amount: Array, table: Floats, costs: Costs) -> Table:
    """Give the score, what is declined and what is reviewed, ``(rows,)`` each."""
    return {
        "fraud": np.asarray(fraud, float),
        "decline": declined(fraud, np.asarray(amount, float), costs),
        "alert": alerts(saved, table, costs),
    }
