"""A bank in its world: the payments, and what its feature store says of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.log import Log
from core.protocol import Array, Table
from data_synth.payments import NEVER, Payments, maturity
from data_synth.payments_filter import Posterior, posterior
from usecases.payment_fraud.features import FEATURES, feature_store
from usecases.payment_fraud.inputs import Trail, trail_of
from usecases.payment_fraud.schema import SCHEMA, TAUGHT_DAYS, WARM_UP, CardLog, Labelled, shared

CONTEXT_DAYS = 30
"""Days before a purchase in which earlier ones of its card are looked for."""
PAST_DAYS = 14
"""Days before the play for which the posterior is computed as well."""


@dataclass(frozen=True, eq=False)
class Bank:
    """Payments with the feature store over history and play, ``(rows,)`` float32 a column."""

    payments: Payments
    features: Table

    @cached_property
    def posterior(self) -> Posterior:
        """What Bayes' rule knows of each purchase from :attr:`first_known` on."""
        return posterior(self.payments, first_day=self.first_day - PAST_DAYS)

    @property
    def first_known(self) -> int:
        """First row of :attr:`posterior`: the ceiling weighs its alerts by the weeks before the play."""
        return int(self.between(self.first_day - PAST_DAYS, self.first_day).start)

    @property
    def first_day(self) -> int:
        """First day of the play."""
        return self.payments.settings.history_days

    def rows_of(self, day: int) -> slice:
        """Purchases of a day."""
        return self.between(day, day + 1)

    def between(self, first: int, end: int) -> slice:
        """Purchases from one day until before another."""
        low, high = np.searchsorted(self.payments.bought.day, (max(first, 0), end))
        return slice(int(low), int(high))

    def columns(self, rows: slice) -> dict[str, Array]:
        """What can be seen of purchases."""
        bought = self.payments.bought
        return {
            "id": np.arange(rows.start, rows.stop),
            "time": bought.time[rows],
            "card": bought.card[rows],
            "terminal": bought.terminal[rows],
        } | {name: self.features[name][rows] for name in FEATURES}

    def archive(self, day: int, reviewed: NDArray[np.bool_], share: float) -> Labelled:
        """What the bank's archive holds on a morning: the last weeks with the labels that are known.

        Parameters
        ----------
        day
            Whose morning it is.
        reviewed
            ``(rows,)`` purchases of the world that an analyst has looked at by now.
        share
            Share of the cards that may be learned from.
        """
        patience = maturity(self.payments.settings)
        rows = self.between(max(day - patience - TAUGHT_DAYS, WARM_UP), day)
        past = Labelled(self.columns(rows))
        heard = self.payments.reported[rows] <= day
        past["fraud"] = 1.0 * (heard | (reviewed[rows] & self.payments.fraud[rows]))
        past["heard"] = np.where(heard, self.payments.reported[rows].astype(float), NEVER)
        past["mature"] = self.payments.bought.day[rows] < day - patience
        past["known"] = past["mature"] | reviewed[rows]
        return past if share >= 1.0 else past.rows(shared(past["card"], share))


class Window:
    """The purchases that are played, with those of their cards just before them.

    Parameters
    ----------
    bank
        Whose.
    first, end
        Days that are asked for.
    """

    def __init__(self, bank: Bank, first: int, end: int) -> None:
        self._bank = bank
        self._rows = bank.between(first - CONTEXT_DAYS, end)
        self._trail: Trail = trail_of(bank.columns(self._rows))

    def seen(self, rows: slice) -> dict[str, Array]:
        """What is visible of purchases as they happen; ``recent`` is ``(rows, steps, columns)``."""
        columns = self._bank.columns(rows)
        inside = np.arange(rows.start, rows.stop) - self._rows.start
        return {"unit": columns["card"], **columns, "recent": self._trail.recent(inside)}


def bank_of(payments: Payments) -> Bank:
    """Let the feature store run over all payments."""
    store = feature_store(
        payments.bought, payments.people.terminals, payments.reported, mature=maturity(payments.settings)
    )
    return Bank(payments, store)


def history_of(bank: Bank) -> Log:
    """What the bank has recorded until the play: purchases, and the reports that came in."""
    payments, start = bank.payments, bank.first_day
    past = bank.between(0, start)
    heard = np.flatnonzero(payments.reported[past] <= start)
    heard = heard[np.argsort(payments.reported[heard], kind="stable")]
    # A report of the very morning of the play is known to whoever prepares for it.
    time = np.minimum(payments.reported[heard].astype(float), np.nextafter(start, 0.0))
    reports = {"time": time, "id": heard, "card": payments.bought.card[heard]}
    purchases = bank.columns(past)
    ordered = {column.name: purchases[column.name] for column in SCHEMA["purchases"]}
    return CardLog(SCHEMA, {"purchases": ordered, "reports": reports}, time="time", key="card")
