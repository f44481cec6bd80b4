"""What nobody is known to do better: the truth, and Bayes' rule on what is visible."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.protocol import Array, Policy, Table
from usecases.payment_fraud.bank import Bank
from usecases.payment_fraud.decisions import Costs, decisions, let_through, worth_table


@dataclass
class Knows(Policy):
    """Scores what it was given, and decides by expected cost as every learner does.

    Attributes
    ----------
    first
        Number of its first purchase.
    fraud, saved
        ``(rows,)``: probability of fraud, and what a review would save in expectation, k KRW.
    table
        What the best shares of past alerts would have saved.
    """

    first: int
    fraud: Array
    saved: Array
    table: Array

    def act(self, seen: Table, rules: Table) -> Table:
        """Look the purchases up."""
        rows = np.asarray(seen["id"]) - self.first
        costs = Costs.of(rules)
        return decisions(self.fraud[rows], self.saved[rows], seen["amount"], self.table, costs)


def ceiling(bank: Bank) -> Knows:
    """Bayes' rule for the generator's own laws on what is visible at the moment, with late reports."""
    known, played = bank.posterior, bank.payments.first_played - bank.first_known
    before = bank.payments.bought.at(slice(bank.first_known, bank.payments.first_played))
    missed = let_through(known.fraud[:played], before.amount, before.card, before.time)
    saved = known.card * known.ahead * missed
    return Knows(
        bank.payments.first_played, known.fraud[played:], saved[played:], worth_table(saved[:played])
    )


def oracle(bank: Bank) -> Knows:
    """The truth: every fraud is declined and nothing else, so nothing need be reviewed."""
    fraud = bank.payments.cause[bank.payments.first_played :] != 0
    nothing = np.zeros(len(fraud))
    return Knows(bank.payments.first_played, fraud.astype(float), nothing, worth_table(nothing[:0]))
