"""What decisions on labelled purchases of the past would have been worth: by this every contender is tuned.

Frauds of a card that come after one that was reviewed count as stopped, as far as they are known; those that
come after a report are nobody's merit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.protocol import Array
from usecases.payment_fraud.decisions import Costs
from usecases.payment_fraud.schema import Labelled

Floats = NDArray[np.float64]
FOLLOWS = 14.0
"""Days within which later frauds of a card count as the same theft."""
ANSWER = 1.0 / 24.0
"""Days that a review is taken to last from the alert on."""


@dataclass(frozen=True)
class Frauds:
    """Frauds that the bank has heard of, by card and time.

    Attributes
    ----------
    row
        ``(frauds,)`` their rows among the purchases.
    card, time, amount
        ``(frauds,)``.
    """

    row: NDArray[np.int64]
    card: Array
    time: Floats
    amount: Floats

    def ahead(self) -> Floats:
        """What the same thief takes after each fraud, ``(frauds,)`` k KRW."""
        later = self.amount.cumsum()
        end = np.searchsorted(self._key(self.time), self._key(self.time + FOLLOWS), side="right")
        return np.asarray(later[end - 1] - later)

    def stopped(self, reviewed: Array) -> NDArray[np.bool_]:
        """Which frauds come after a reviewed one of the same theft, ``(frauds,)``."""
        key = self._key(self.time)
        if not reviewed.any():
            return np.zeros(len(key), bool)
        seen = key[reviewed]
        last = np.searchsorted(seen, self._key(self.time - ANSWER), side="right") - 1
        return np.asarray((last >= 0) & (key - seen[np.maximum(last, 0)] <= FOLLOWS))

    def _key(self, time: Floats) -> Floats:
        """Time with each card far from the next."""
        return np.asarray(self.card * 1e4 + time)


def frauds_of(past: Labelled) -> Frauds:
    """Find the frauds that are known; those after the holder's report of an earlier one count nothing."""
    row = np.flatnonzero((past["fraud"] > 0) & past["known"])
    row = row[np.lexsort((past["time"][row], past["card"][row]))]
    card, time, heard = (past[name][row] for name in ("card", "time", "heard"))
    amount = np.asarray(past["amount"][row], float)
    first = 0
    for i in range(len(row)):
        while card[first] != card[i] or time[first] < time[i] - FOLLOWS:
            first += 1
        if (heard[first:i] <= time[i]).any():
            amount[i] = 0.0
    return Frauds(row, card, time, amount)


def net_prevented(past: Labelled, decline: Array, alert: Array, costs: Costs) -> float:
    """Fraud prevented less false declines and reviews, k KRW for 1,000 purchases.

    What the crew cannot reach, by the mean of the days, is neither paid nor of use.
    """
    if not len(past["time"]):
        return 0.0
    frauds = frauds_of(past)
    reach = min(1.0, costs.reach * len(alert) / max(int((alert > 0).sum()), 1))
    stopped = frauds.stopped(alert[frauds.row] > 0)
    blocked = frauds.amount @ np.where(decline[frauds.row], 1.0, reach * stopped)
    honest = decline & (past["fraud"] == 0) & past["known"]
    spent = costs.wrong(past["amount"][honest]).sum() + costs.review * reach * (alert > 0).sum()
    return float(1000.0 * (blocked - spent) / len(past["time"]))
