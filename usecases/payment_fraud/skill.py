"""How well purchases are scored in the first week, by what was learned before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from core.protocol import Array, Forecaster, Forecasts, Score, Table, Text
from core.stats.ranking import average_precision
from usecases.payment_fraud.bank import Bank, Window
from usecases.payment_fraud.bounds import Knows

DAYS = 7
"""Until contenders learn again."""


def held_out(bank: Bank) -> tuple[Table, Array]:
    """What is seen of the first week's purchases, and which of them are frauds."""
    rows = bank.between(bank.first_day, bank.first_day + DAYS)
    return Window(bank, bank.first_day, bank.first_day + DAYS).seen(rows), bank.payments.fraud[rows]


def measure(bank: Bank, forecast: Callable[[Table], Array], bound: Knows) -> Mapping[str, Score]:
    """Score forecasts of the first week, its purchases in one batch.

    The floor is what Bayes' rule reaches, the naive reference the share of frauds.
    """
    seen, fraud = held_out(bank)
    best = average_precision(bound.fraud[: len(fraud)], fraud)
    found = average_precision(np.asarray(forecast(seen), float), fraud)
    value, floor, naive = (100.0 * float(np.nan_to_num(x)) for x in (found, best, fraud.mean()))
    return {"average_precision_as_learned": Score(value, "%", floor, naive, better="higher")}


def skill_of(bank: Bank, policy: Forecaster, bound: Knows) -> Mapping[str, Score]:
    """Score a contender as history left it; what it learns during play is in the KPIs."""
    return measure(bank, lambda seen: policy.predict(seen)["fraud"], bound)


def forecasts_of(bank: Bank, policy: Forecaster) -> list[Forecasts]:
    """Give a contender's probabilities as history left it beside what was fraud."""
    seen, fraud = held_out(bank)
    label: Text = {"en": "Chance that a purchase is fraud", "ko": "결제가 부정일 확률"}
    return [Forecasts("fraud", label, "", 1.0 * fraud, policy.predict(seen)["fraud"], kind="chance")]


def reference_skill(bank: Bank, bound: Knows) -> Mapping[str, Mapping[str, Score]]:
    """Score by amount alone, and by the terminal's reports alone."""
    return {
        "amount_alone": measure(bank, lambda seen: seen["amount"], bound),
        "terminal_risk_alone": measure(bank, lambda seen: seen["terminal_risk_7d"], bound),
    }
