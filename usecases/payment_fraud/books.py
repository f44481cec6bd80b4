"""The books of a play: what was prevented and what it cost, and how good the scores were."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.protocol import Array, Outcome, Table
from core.stats.ranking import average_precision, calibration_gap, precision_by_group
from data_synth.alert_queue import AlertQueue, Crew
from data_synth.payments import BY_CARD, GROUPS, NEVER
from data_synth.payments_stream import Purchases
from usecases.payment_fraud.bank import Bank
from usecases.payment_fraud.scenario import PaymentScenario

WATCHED = 0.02
"""Cards that the measure of card precision looks at each day, as a share: the handbook's 100 of 5,000."""
THRESHOLDS = np.array([0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.97])
BEFORE_DAYS, AFTER_DAYS = 5.0, 12.0
"""Of the course of one stolen card."""


class Decided(NamedTuple):
    """What a policy decided on each purchase of the play, ``(rows,)`` a column.

    Attributes
    ----------
    score, decline, alert
        Probability of fraud; whether declined; priority of the alert, 0 for none.
    ended, waited
        Hour of the play at which an analyst had reviewed it, ``inf`` for never; hours that the alert waited.
    queue, crew
        Who reviewed.
    """

    score: Array
    decline: NDArray[np.bool_]
    alert: Array
    ended: Array
    waited: Array
    queue: AlertQueue
    crew: Crew


class Truth(NamedTuple):
    """What the purchases of the play were, ``(rows,)`` a column; ``hour`` since the play began."""

    bought: Purchases
    cause: Array
    spell: Array
    hour: Array

    @property
    def fraud(self) -> NDArray[np.bool_]:
        """Which are fraud."""
        return np.asarray(self.cause != 0)


def truth_of(bank: Bank) -> Truth:
    """Give the purchases of the play."""
    payments, played = bank.payments, slice(bank.payments.first_played, None)
    bought = payments.bought.at(played)
    hour = 24.0 * (bought.time - bank.first_day)
    return Truth(bought, payments.cause[played], payments.spell[played], hour)


def stopped_at(bank: Bank, truth: Truth, ended: Array) -> Array:
    """Hour at which the spell of each purchase is over because of a review or a report, ``(rows,)``.

    ``inf`` for purchases that are no thief's. Frauds before the play report as well.
    """
    payments = bank.payments
    stops = np.full(int(payments.spell.max(initial=-1)) + 1, np.inf)
    thief = np.flatnonzero(payments.cause == BY_CARD)
    heard = np.where(
        payments.reported[thief] < NEVER, 24.0 * (payments.reported[thief] - bank.first_day), np.inf
    )
    np.minimum.at(stops, payments.spell[thief], heard)
    mine = np.flatnonzero(truth.spell >= 0)
    np.minimum.at(stops, truth.spell[mine], ended[mine])
    found = np.full(len(truth.spell), np.inf)
    found[mine] = stops[truth.spell[mine]]
    return found


class Money(NamedTuple):
    """k KRW of a play: fraud if nothing is done, fraud that went through, false declines, reviews."""

    undone: float
    lost: float
    wrong: float
    reviews: float

    @property
    def net(self) -> float:
        """What was prevented less what that cost."""
        return self.undone - self.lost - self.wrong - self.reviews

    @property
    def savings(self) -> float:
        """The same in % of what doing nothing costs; 0 where there is no fraud to prevent."""
        return 100.0 * self.net / self.undone if self.undone > 0.0 else 0.0


def money(scenario: PaymentScenario, bank: Bank, truth: Truth, decided: Decided) -> Money:
    """Count the money of a play."""
    amount, fraud = truth.bought.amount, truth.fraud
    nothing = np.full(len(amount), np.inf)
    open_anyway = fraud & (truth.hour < stopped_at(bank, truth, nothing))
    through = fraud & ~decided.decline & (truth.hour < stopped_at(bank, truth, decided.ended))
    wrong = decided.decline & ~fraud
    return Money(
        undone=float(amount[open_anyway].sum()),
        lost=float(amount[through].sum()),
        wrong=float((scenario.margin * amount[wrong] + scenario.friction_kkrw).sum()),
        reviews=scenario.review_kkrw * float(np.isfinite(decided.ended).sum()),
    )


def net(scenario: PaymentScenario, bank: Bank, decided: Decided) -> float:
    """What was prevented less what that cost, k KRW for 1,000 purchases."""
    truth = truth_of(bank)
    return 1000.0 * money(scenario, bank, truth, decided).net / len(truth.hour)


def outcome_of(scenario: PaymentScenario, bank: Bank, decided: Decided, half: float) -> Outcome:
    """KPIs of a play, and tables to draw from."""
    truth = truth_of(bank)
    found, rows = money(scenario, bank, truth, decided), len(truth.hour)
    wrong, per = decided.decline & ~truth.fraud, 1000.0 / rows
    return Outcome(
        {
            "net_prevented": per * found.net,
            "savings": found.savings,
            "fraud_loss": per * found.lost,
            "half_net": half,
            "average_precision": 100.0 * _or_zero(average_precision(decided.score, truth.fraud)),
            "card_precision": 100.0 * card_precision(bank, truth, decided.score),
            "calibration": 100.0 * _or_zero(calibration_gap(decided.score, truth.fraud)),
            "false_declines": 10.0 * per * float(wrong.sum()),
            "worst_group": worst_group(bank, truth, wrong),
            "catch_hours": catch_hours(bank, truth, decided),
            "alerts": 10.0 * per * float((decided.alert > 0).sum()),
            "analyst_load": 100.0 * load_of(bank, decided),
            "wait_p95": wait_p95(decided),
        },
        traces_of(scenario, bank, truth, decided),
    )


def _or_zero(value: float) -> float:
    return value if np.isfinite(value) else 0.0


def card_precision(bank: Bank, truth: Truth, score: Array) -> float:
    """Share of stolen cards among those with the highest scores of a day, mean of the days.

    The handbook's CP@100 (chapter 4), for as many cards as are 2 % of all.
    """
    watched = max(1, round(WATCHED * len(bank.payments.group)))
    days = [np.flatnonzero(truth.bought.day == day) for day in np.unique(truth.bought.day)]
    found = [
        precision_by_group(score[rows], truth.fraud[rows], truth.bought.card[rows], watched) for rows in days
    ]
    return float(np.mean(found))


def worst_group(bank: Bank, truth: Truth, wrong: Array) -> float:
    """False declines for 10,000 honest purchases, of the group of holders that has the most."""
    group = bank.payments.group[truth.bought.card]
    honest = np.bincount(group[~truth.fraud], minlength=GROUPS)
    return float((10_000.0 * np.bincount(group[wrong], minlength=GROUPS) / np.maximum(honest, 1)).max())


def catch_hours(bank: Bank, truth: Truth, decided: Decided) -> float:
    """Hours from the first fraud on a card to the first that is declined, reviewed or reported.

    It is the mean of spells that begin in the play; one that nobody notices counts until the play ends.
    """
    end = 24.0 * bank.payments.settings.play_days
    begun_before = bank.payments.spell[: bank.payments.first_played]
    new = np.flatnonzero((truth.spell >= 0) & ~np.isin(truth.spell, begun_before))
    if not len(new):
        return 0.0
    spell = truth.spell[new]
    caught = np.minimum(
        np.where(decided.decline[new], truth.hour[new], np.inf), stopped_at(bank, truth, decided.ended)[new]
    )
    order = np.lexsort((truth.hour[new], spell))
    starts = np.flatnonzero(np.r_[True, np.diff(spell[order]) > 0])
    first = truth.hour[new][order][starts]
    return float(np.mean(np.minimum(np.minimum.reduceat(caught[order], starts), end) - first))


def load_of(bank: Bank, decided: Decided) -> float:
    """Share of the analysts' time on duty that reviews take."""
    duty = decided.crew.analysts * (decided.crew.end - decided.crew.start) * bank.payments.settings.play_days
    grid = np.arange(0.0, 24.0 * bank.payments.settings.play_days, 0.1)
    return float(decided.queue.load(grid).busy.sum() * 0.1 / duty) if duty else 0.0


def wait_p95(decided: Decided) -> float:
    """Minutes that 95 % of the reviewed alerts waited at most."""
    waited = decided.waited[np.isfinite(decided.waited)]
    return 60.0 * float(np.quantile(waited, 0.95)) if len(waited) else 0.0


# --- what to look at ---------------------------------------------------------------------------


def traces_of(scenario: PaymentScenario, bank: Bank, truth: Truth, decided: Decided) -> dict[str, Table]:
    """Savings by threshold, calibration, queue over a day, a stolen card, precision by day."""
    return {
        "thresholds": by_threshold(scenario, bank, truth, decided),
        "reliability": reliability(truth, decided.score),
        "queue": by_hour(bank, decided),
        "card": course(bank, truth, decided),
        "days": by_day(truth, decided),
    }


def by_threshold(scenario: PaymentScenario, bank: Bank, truth: Truth, decided: Decided) -> Table:
    """Savings in % if all above a threshold were declined and nothing reviewed."""
    never = np.full(len(truth.hour), np.inf)
    saved = []
    for threshold in THRESHOLDS:
        only = decided._replace(decline=np.asarray(decided.score > threshold), ended=never)
        found = money(scenario, bank, truth, only)
        saved.append(found.savings)
    return {"threshold": THRESHOLDS, "savings": np.array(saved)}


def reliability(truth: Truth, score: Array) -> Table:
    """Share of fraud in % over the mean score in %, in twelve classes of equal width in the logarithm."""
    edges = np.logspace(-4, 0, 13)
    place = np.clip(np.searchsorted(edges, score, side="right") - 1, 0, 11)
    count = np.bincount(place, minlength=12)
    some = count >= 20
    mean, share = (np.bincount(place, column, 12)[some] / count[some] for column in (score, truth.fraud))
    return {"score": 100.0 * mean, "fraud": 100.0 * share, "purchases": count[some].astype(float)}


def by_hour(bank: Bank, decided: Decided) -> Table:
    """Alerts that wait and analysts who review, by hour of the day: means of the days."""
    hour = np.arange(24) + 0.5
    days = 24.0 * np.arange(bank.payments.settings.play_days)[:, None]
    load = decided.queue.load(hour + days)
    return {"hour": hour, "waiting": load.waiting.mean(0), "busy": load.busy.mean(0)}


def by_day(truth: Truth, decided: Decided) -> Table:
    """Average precision in % by day; 0 on a day without fraud."""
    day = truth.bought.day
    days = np.unique(day)
    found = [average_precision(decided.score[day == d], truth.fraud[day == d]) for d in days]
    return {"day": 1 + days - days[0], "average_precision": 100.0 * np.nan_to_num(np.array(found))}


def course(bank: Bank, truth: Truth, decided: Decided) -> Table:
    """Scores in % of one card's purchases around the day it was stolen; the same card for all policies.

    It is the card with the dearest theft that begins and is seen through within the play.
    """
    early = truth.hour <= 24.0 * min(BEFORE_DAYS, bank.payments.settings.play_days / 4)
    begun = np.r_[bank.payments.spell[: bank.payments.first_played], truth.spell[early]]
    whole = np.flatnonzero((truth.spell >= 0) & ~np.isin(truth.spell, begun))
    if not len(whole):
        return {name: np.zeros(0) for name in ("days", "score", "fraud")}
    worth = np.bincount(truth.spell[whole], truth.bought.amount[whole])
    first = np.flatnonzero(truth.spell == int(worth.argmax()))[0]
    days_off = (truth.hour - truth.hour[first]) / 24.0
    mine = (
        (truth.bought.card == truth.bought.card[first]) & (days_off > -BEFORE_DAYS) & (days_off < AFTER_DAYS)
    )
    return {
        "days": days_off[mine],
        "score": 100.0 * np.asarray(decided.score)[mine],
        "fraud": truth.fraud[mine].astype(float),
    }
