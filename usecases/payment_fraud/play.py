"""Day by day: purchases are declined or let through, alerts wait for analysts, and labels come late.

A purchase that is declined, or that comes after its stolen card was stopped, costs nobody anything. A card is
stopped when an analyst has reviewed one of the thief's purchases, or when the holder reports one. What
analysts cannot reach waits; those alerts go first that promise to save the most.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.protocol import Array, Luck, Outcome, Policy, Table
from data_synth.alert_queue import AlertQueue, Crew
from usecases.payment_fraud.bank import Bank, Window
from usecases.payment_fraud.books import Decided, net, outcome_of
from usecases.payment_fraud.scenario import PaymentScenario

WEEK = 7
"""Days between two retrainings."""
PER = 10_000.0
"""Purchases a day for which the analysts are counted."""


def play(scenario: PaymentScenario, bank: Bank, policy: Policy, luck: Luck) -> Outcome:
    """Let a policy score, decline and raise alerts; on every seventh morning it learns again."""
    payments, start = bank.payments, bank.first_day
    window = Window(bank, start, payments.settings.days)
    desk = Desk(scenario, bank, luck)
    reviewed = np.zeros(len(payments.cause), bool)
    for day in range(start, payments.settings.days):
        if day > start and (day - start) % WEEK == 0:
            policy.learn(bank.archive(day, reviewed, scenario.data_share), luck)
        rows = bank.rows_of(day)
        found = policy.act(window.seen(rows), desk.rules)
        reviewed[desk.review(day, rows, found)] = True
    decided = desk.decided()
    half = net(scenario, bank, cut_at_half(scenario, bank, decided.score, luck))
    return outcome_of(scenario, bank, decided, half)


class Desk:
    """The analysts' desk, and the record of what was decided.

    Parameters
    ----------
    scenario
        Whose analysts and costs.
    bank, luck
        Whose purchases, and the luck of the play: each has its own service time, whoever raises the alert.
    """

    def __init__(self, scenario: PaymentScenario, bank: Bank, luck: Luck) -> None:
        self.bank, payments = bank, bank.payments
        self.first, total = payments.first_played, len(payments.cause)
        purchases = self.first / payments.settings.history_days
        constant = payments.settings.constant
        hours = constant("shift_end") - constant("shift_start")
        wanted = scenario.analysts * purchases / PER
        seats = max(1, round(wanted)) if wanted > 0 else 0
        # A small world has fewer purchases than one analyst can see: he works as many hours as his share.
        stretch = seats / wanted if wanted > 0 else 1.0
        spread = constant("review_spread")
        luckily = np.exp(spread * luck("service").standard_normal(total - self.first) - spread**2 / 2)
        self.service = constant("review_min") / 60.0 * luckily * stretch
        self.crew = Crew(seats, constant("shift_start"), constant("shift_end"))
        self.queue = AlertQueue(self.crew)
        self.rules: Table = {
            "review_kkrw": np.array([scenario.review_kkrw]),
            "margin": np.array([scenario.margin]),
            "friction_kkrw": np.array([scenario.friction_kkrw]),
            "reviews_a_day": np.array([wanted * hours * 60.0 / constant("review_min")]),
            "purchases_a_day": np.array([purchases]),
        }
        self.score, self.alert = np.zeros(total - self.first), np.zeros(total - self.first)
        self.decline = np.zeros(total - self.first, bool)
        self.ended = np.full(total - self.first, np.inf)
        self.waited = np.full(total - self.first, np.nan)

    def review(self, day: int, rows: slice, found: Table) -> NDArray[np.int64]:
        """Take a day's decisions; give the purchases whose reviews ended by its midnight."""
        played = slice(rows.start - self.first, rows.stop - self.first)
        self.score[played], self.alert[played] = found["fraud"], found["alert"]
        self.decline[played] = found["decline"]
        raised = np.flatnonzero(self.alert[played] > 0) + played.start
        return self.work((day + 1 - self.bank.first_day) * 24.0, raised) + self.first

    def work(self, until: float, raised: NDArray[np.int64]) -> NDArray[np.int64]:
        """Let the analysts work until an hour of the play; ``raised`` are new alerts."""
        hour = 24.0 * (self.bank.payments.bought.time[raised + self.first] - self.bank.first_day)
        done = self.queue.run(until, raised, hour, self.alert[raised], self.service[raised])
        self.ended[done.alert], self.waited[done.alert] = done.ended, done.waited
        return done.alert

    def decided(self) -> Decided:
        """All decisions of the play with their reviews."""
        return Decided(self.score, self.decline, self.alert, self.ended, self.waited, self.queue, self.crew)


def cut_at_half(scenario: PaymentScenario, bank: Bank, score: Array, luck: Luck) -> Decided:
    """Decline and review all above a half: what a model does whose threshold nobody sets."""
    desk, above = Desk(scenario, bank, luck), score > 0.5
    amount = bank.payments.bought.amount[bank.payments.first_played :]
    desk.score, desk.decline, desk.alert = score, above, np.where(above, score * amount, 0.0)
    desk.work(24.0 * bank.payments.settings.play_days, np.flatnonzero(above))
    return desk.decided()
