"""What people see of the payments: two tables of history, and purchases with the labels that are known."""

from __future__ import annotations

from typing import Self

import numpy as np

from core.log import Log
from core.luck import hashed_uniform
from core.protocol import Array, Column, Luck, Schema
from data_synth.payments import NEVER
from usecases.payment_fraud.words import FEATURE_WORDS

SCHEMA: Schema = {
    "purchases": (
        Column("time", "day", {"en": "days since the start", "ko": "시작 후 경과 일수"}),
        Column("id", "", {"en": "number of the purchase", "ko": "결제 번호"}),
        Column("card", "", {"en": "card", "ko": "카드"}),
        Column("terminal", "", {"en": "terminal", "ko": "가맹점 단말기"}),
        *(Column(name, unit, label) for name, (unit, label) in FEATURE_WORDS.items()),
    ),
    "reports": (
        Column("time", "day", {"en": "morning from which the bank knows", "ko": "은행이 알게 된 날"}),
        Column("id", "", {"en": "purchase reported as fraud", "ko": "부정으로 신고된 결제 번호"}),
        Column("card", "", {"en": "card", "ko": "카드"}),
    ),
}
HELD_BACK = 0.25
"""Share of the labelled days, the last ones, that settings are compared on."""
WARM_UP = 21
"""Days at the start of a log whose windows reach back too little to be learned from."""
TAUGHT_DAYS = 35
"""Days that a model learns from: five weeks, so that it follows thieves who change their ways."""


class CardLog(Log):
    """A log of which the cards are kept that may be learned from; in play they are the same."""

    def thin(self, share: float, luck: Luck) -> Self:
        """Keep the purchases and reports of a share of the cards."""
        return self if share >= 1.0 else self.where(lambda table: shared(table["card"], share))


def shared(card: Array, share: float) -> Array:
    """Which rows belong to cards that may be learned from; a smaller share lies in a larger one."""
    return np.asarray(hashed_uniform(card, "cards that may be learned from") < share)


class Labelled(dict[str, Array]):
    """Purchases in time order with what is known of them, ``(rows,)`` a column.

    To the columns of the log come ``fraud`` (0 or 1), ``heard`` (the morning of its report, :data:`NEVER`
    without one), ``mature``, whether the purchase is old enough for its report to be in, and ``known``,
    whether it is that or an analyst has looked at it. Younger purchases are there for what they tell of their
    cards.
    """

    def rows(self, chosen: Array | slice) -> Labelled:
        """Some of the purchases."""
        return Labelled({name: column[chosen] for name, column in self.items()})

    def taught(self) -> Labelled:
        """Those whose label is known."""
        return self.rows(self["known"])


def labelled(history: Log) -> Labelled:
    """Purchases of the last weeks with the labels that the log gives; empty where the log is too short.

    How long reports take is read off the log.
    """
    purchases, reports = history.data["purchases"], history.data["reports"]
    if not len(purchases["time"]):
        return Labelled(
            {**purchases, **dict.fromkeys(("fraud", "heard", "mature", "known"), np.zeros(0, bool))}
        )
    old = np.ceil(purchases["time"].max()) - _patience(history)
    usable = purchases["time"] >= max(old - TAUGHT_DAYS, first_usable(history))
    past = Labelled({name: column[usable] for name, column in purchases.items()})
    past["heard"] = np.full(len(past["id"]), float(NEVER))
    reported = np.isin(reports["id"], past["id"])
    past["heard"][np.searchsorted(past["id"], reports["id"][reported])] = np.ceil(reports["time"][reported])
    past["fraud"] = 1.0 * (past["heard"] < NEVER)
    past["mature"] = past["known"] = past["time"] < old
    return past


def first_usable(history: Log) -> float:
    """Day from which windows of the feature store are full enough."""
    return float(np.floor(history.data["purchases"]["time"].min())) + WARM_UP


def _patience(history: Log) -> float:
    """Days by which four in five reports are in, by those of the log's first half."""
    purchases, reports = history.data["purchases"], history.data["reports"]
    place = np.searchsorted(purchases["id"], reports["id"])
    bought = np.floor(purchases["time"][np.minimum(place, len(purchases["id"]) - 1)])
    early = bought < np.floor(purchases["time"].max()) / 2
    waited = np.ceil(reports["time"][early]) - bought[early]
    return float(np.ceil(np.quantile(waited, 0.8))) if len(waited) else 7.0
