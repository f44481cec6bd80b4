"""The incumbent: two lines of a rule book, chosen on history by what they would have been worth.

A line names one or two limits on columns of the feature store; purchases that exceed them are declined,
reviewed or both, as the line says. Limits are those that fraud departments write: dear purchases, dear for
this card, bursts, small online trials, terminals with reports, odd hours, new shops.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, field
from itertools import product

import numpy as np
from numpy.typing import NDArray

from core.log import Log
from core.protocol import Array, Budget, Luck, Policy, Table
from usecases.payment_fraud.decisions import USUAL, Costs
from usecases.payment_fraud.judging import Frauds, frauds_of, net_prevented
from usecases.payment_fraud.schema import HELD_BACK, Labelled, labelled


@dataclass(frozen=True)
class Limit:
    """At least so much in a column; ``below`` turns it round."""

    column: str
    least: float
    below: bool = False

    def met(self, seen: Table) -> NDArray[np.bool_]:
        """Which purchases exceed it, ``(rows,)``."""
        values = seen[self.column]
        return np.asarray(values <= self.least if self.below else values >= self.least)


Line = tuple[Limit, ...]
"""Limits that must all be exceeded."""
QUANTILES = (0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.9995)
"""Where the limits on amounts may lie, by the amounts of history."""


def book(past: Labelled) -> tuple[Line, ...]:
    """Write the lines that may be chosen; limits on amounts follow the amounts of history."""
    paid = past["amount"] if len(past["amount"]) else np.zeros(1)
    amounts = np.unique(np.round(np.quantile(paid, QUANTILES), 1))
    dear = [Limit("amount", float(amount)) for amount in amounts]
    usual = [Limit("times_usual", times) for times in (2.0, 3.0, 4.0, 5.0, 7.0, 10.0)]
    risky = [Limit(name, share) for name, share in product(("terminal_risk_7d", "terminal_risk_30d"),
                                                            (0.05, 0.1, 0.2, 0.35, 0.5, 0.75))]  # fmt: skip
    told = [Limit("terminal_reports", n) for n in (1.0, 2.0, 3.0)]
    fresh = [Limit("report_last", days, below=True) for days in (9.0, 12.0, 16.0)]
    burst = [Limit("card_count_1d", n) for n in (3.0, 4.0, 6.0, 8.0)]
    online = [Limit("online_2d", n) for n in (2.0, 3.0, 5.0)]
    trials = [Limit("small_online_2d", n) for n in (1.0, 2.0, 3.0)]
    spikes = [Limit("spikes_14d", n) for n in (1.0, 2.0, 3.0)]
    card = [Limit("card_reports_30d", n) for n in (1.0, 2.0)]
    odd, new, web = Limit("odd_hour", 0.9), Limit("visits_90d", 0.0, below=True), Limit("online", 1.0)
    single = (*dear, *usual, *risky, *told, *fresh, *burst, *online, *trials, *spikes, *card)
    pairs = (
        *product((*usual, *burst, *online, *trials, *spikes, *card, odd, new, web), dear),
        *product(usual, (*spikes, new)), *product(fresh, (*told, *risky)),
        *product(burst, (*usual, new, odd)),
        *product((*online, *trials), (new, odd, *usual)),
    )  # fmt: skip
    return (*((limit,) for limit in single), *pairs)


@dataclass(frozen=True)
class Choice:
    """A line of the book, and whether it declines, asks for a review, or both."""

    line: int
    declines: bool
    reviews: bool


@dataclass
class RuleBook(Policy):
    """Two lines, chosen anew when costs change and when new labels come in.

    Attributes
    ----------
    lines
        That may be chosen, as limits ``(column, least, below)``.
    hit
        ``(lines, frauds)`` which line would have met which known fraud.
    frauds
        Those frauds.
    honest, spent
        ``(lines, lines)`` honest purchases that both lines meet: how many, and k KRW.
    purchases
        That the counts are of.
    rate
        ``(3,)`` share of frauds among known purchases that meet no line, a line that reviews, one that
        declines.
    chosen
        The two lines.
    """

    lines: tuple[Line, ...] = ()
    hit: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((0, 0), bool))
    frauds: Frauds | None = None
    honest: Array = field(default_factory=lambda: np.zeros((0, 0)))
    spent: Array = field(default_factory=lambda: np.zeros((0, 0)))
    purchases: int = 0
    rate: Array = field(default_factory=lambda: np.zeros(3))
    chosen: tuple[Choice, ...] = ()
    costs: Costs = USUAL

    def act(self, seen: Table, rules: Table) -> Table:
        """Apply the lines."""
        costs = Costs.of(rules)
        # Adoption gives each side its share of two sums, whose ratio may differ in the last digit.
        if not np.allclose(astuple(costs), astuple(self.costs), rtol=1e-6, atol=0.0):
            self.costs = costs
            self.choose()
        return self.apply(seen)

    def apply(self, seen: Table) -> Table:
        """Give the share of frauds among like purchases, what is declined and what is reviewed."""
        review, decline = (np.zeros(len(seen["amount"]), bool) for _ in range(2))
        for choice in self.chosen:
            met = meets(self.lines[choice.line], seen)
            review |= met & choice.reviews
            decline |= met & choice.declines
        level = np.where(decline, 2, review.astype(int))
        return {
            "fraud": np.asarray(self.rate)[level],
            "decline": decline,
            "alert": np.where(review, np.asarray(seen["amount"], float), 0.0),
        }

    def learn(self, feedback: Table, luck: Luck) -> None:
        """Choose again by the labels of the last weeks."""
        if "known" in feedback:
            self.read(Labelled(feedback))

    def read(self, past: Labelled) -> None:
        """Count what each line of the book would have met, and choose."""
        # Young purchases are known only where lines in force sent them to analysts, and would keep these.
        taught = past.rows(past["mature"])
        self.purchases, self.frauds = len(taught["time"]), frauds_of(taught)
        fair, amount = taught["fraud"] == 0, np.asarray(taught["amount"], np.float32)
        self._count(book(taught), taught, fair, amount, both=False)
        alone = [
            max(self.worth((Choice(i, *use),), self.costs) for use in USES) for i in range(len(self.lines))
        ]
        best = np.sort(np.argsort(-np.array(alone), kind="stable")[:MOST_LINES])
        self._count(tuple(self.lines[i] for i in best), taught, fair, amount, both=True)
        self.choose()

    def _count(
        self, lines: tuple[Line, ...], taught: Table, fair: Array, amount: Array, *, both: bool
    ) -> None:
        """Count frauds and honest purchases that lines meet, and if asked those that two of them meet."""
        assert self.frauds is not None
        met = np.array([meets(line, taught) for line in lines]).reshape(len(lines), len(amount))
        self.lines, self.hit = lines, met[:, self.frauds.row]
        honest = met[:, fair].astype(np.float32)
        paid = honest * amount[fair]
        if both:
            self.honest, self.spent = honest @ honest.T, paid @ honest.T
        else:
            self.honest, self.spent = np.diag(honest.sum(1)), np.diag(paid.sum(1))

    def choose(self) -> None:
        """Pick the best line, the best beside it, and look once more for the first."""
        best: tuple[Choice, ...] = ()
        for kept in (0, 1, 1):
            beside = best[-kept:] if kept else ()
            for line, use in product(range(len(self.lines)), USES):
                tried = (*beside, Choice(line, *use))
                if self.worth(tried, self.costs) > self.worth(best, self.costs):
                    best = tried
        self.chosen, self.rate = best, self._rates(best)

    def worth(self, chosen: tuple[Choice, ...], costs: Costs) -> float:
        """What lines would have prevented, less what they would have cost, k KRW for 1,000 purchases."""
        if not chosen or self.frauds is None or not self.purchases:
            return 0.0
        review, decline = _lines(chosen)
        reviewed = np.asarray(self.hit[review].any(0))
        alerts = reviewed.sum() + _either(self.honest, review)
        reach = min(1.0, costs.reach * self.purchases / max(alerts, 1.0))
        stopped = self.frauds.stopped(reviewed)
        blocked = self.frauds.amount @ np.where(self.hit[decline].any(0), 1.0, reach * stopped)
        wrong = costs.margin * _either(self.spent, decline) + costs.friction * _either(self.honest, decline)
        return float(1000.0 * (blocked - wrong - costs.review * reach * alerts) / self.purchases)

    def _rates(self, chosen: tuple[Choice, ...]) -> Array:
        """Share of frauds among purchases that are let through, only reviewed, and declined."""
        assert self.frauds is not None
        review, decline = _lines(chosen)
        either = list(dict.fromkeys(review + decline))
        frauds = np.array(
            [len(self.frauds.row), self.hit[either].any(0).sum(), self.hit[decline].any(0).sum()]
        )
        honest = np.array([
            self.purchases - frauds[0], _either(self.honest, either), _either(self.honest, decline)
        ])  # fmt: skip
        # From "at least so much" to each level alone.
        frauds, honest = (counts - np.r_[counts[1:], 0] for counts in (frauds, honest))
        return np.asarray((frauds + 0.01) / (frauds + honest + 1.0))


def _lines(chosen: tuple[Choice, ...]) -> tuple[list[int], list[int]]:
    """Lines that review, and lines that decline."""
    return [c.line for c in chosen if c.reviews], [c.line for c in chosen if c.declines]


USES = ((True, False), (True, True), (False, True))
"""What a line may do: decline, decline and review, review."""
MOST_LINES = 64
"""Lines, the best by themselves, among which the two are sought."""


def _either(both: Array, lines: list[int]) -> float:
    """Sum over purchases that one or two lines meet, from the sums over those that both meet."""
    if not lines:
        return 0.0
    a, b = lines[0], lines[-1]
    return float(both[a, a] + (both[b, b] - both[a, b] if b != a else 0.0))


def meets(line: Line, seen: Table) -> NDArray[np.bool_]:
    """Which purchases exceed all limits of a line, ``(rows,)``."""
    met = np.ones(len(seen["amount"]), bool)
    for limit in line:
        met &= limit.met(seen)
    return met


def fit_rules(history: Log, budget: Budget, luck: Luck) -> RuleBook:
    """Choose two lines on history; their worth on its last part, by lines chosen before it, is the score."""
    past, policy = labelled(history), RuleBook()
    taught = past.taught()
    if len(taught["time"]):
        policy.validation = 0.0
        split = np.quantile(taught["time"], 1.0 - HELD_BACK)
        policy.read(taught.rows(taught["time"] < split))
        late = taught.rows(taught["time"] >= split)
        found = policy.apply(late)
        policy.validation = net_prevented(late, found["decline"], found["alert"], USUAL)
        policy.read(past)
    return policy
