"""Learners: a score, a calibration that makes it a probability, and decisions by expected cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from core.learn.calibration import Isotonic, Platt
from core.learn.trees import Trees
from core.log import Log
from core.luck import scoped
from core.protocol import Array, Budget, Forecaster, Luck, Table
from usecases.payment_fraud.decisions import SHARES, USUAL, Costs, decisions, let_through, worth_table
from usecases.payment_fraud.inputs import trail_of, tree_inputs
from usecases.payment_fraud.judging import FOLLOWS, frauds_of, net_prevented
from usecases.payment_fraud.models import (
    CHUNK,
    SETTINGS,
    Boosted,
    Kind,
    Model,
    Sequence,
    in_first_half,
    train,
)
from usecases.payment_fraud.schema import HELD_BACK, Labelled, labelled

FEWEST = 5
"""Known frauds, and honest purchases, without which nothing is learned."""
UNSUPERVISED = ("isolation", "autoencoder")
"""Kinds that never learn from a label; their scores are calibrated anew with each retraining."""
USES = ((True, True), (True, False), (False, False))
"""Whether to decline and whether to review; what comes first wins a tie."""
MOST_CALIBRATED = 60_000
"""Purchases by which their scores are calibrated."""
FEWEST_FOR_LOSS = 40
"""Known frauds without which the loss ahead is taken to be equal for all."""


@dataclass(frozen=True)
class LossAhead:
    """What the same thief will still take, as far as a purchase tells it, in k KRW.

    Attributes
    ----------
    trees
        Boosted on the frauds that are known, or None where they are too few.
    mean, most
        Over known frauds.
    engineered
        Whether a specialist's columns are used.
    """

    trees: Trees | None
    mean: float
    most: float
    engineered: bool

    def expect(self, seen: Table) -> Array:
        """If the purchase is fraud, ``(rows,)``."""
        if self.trees is None:
            return np.full(len(seen["amount"]), self.mean)
        found = self.trees.predict(tree_inputs(seen, engineered=self.engineered))
        return np.asarray(np.clip(found, 0.0, self.most))


def loss_ahead(past: Labelled, *, engineered: bool, luck: Luck) -> LossAhead:
    """Learn from the frauds that are known."""
    from core.learn.trees import fit_trees

    # Young purchases are known only where analysts looked at them, and what follows is not known at all.
    past = past.rows(past["mature"])
    frauds = frauds_of(past)
    told = frauds.time < past["time"].max(initial=0.0) - FOLLOWS
    ahead = frauds.ahead()[told]
    if len(ahead) < FEWEST_FOR_LOSS:
        mean = float(ahead.mean()) if len(ahead) else 0.0
        return LossAhead(None, mean, mean, engineered)
    x = tree_inputs(past.rows(frauds.row[told]), engineered=engineered)
    trees = fit_trees(x, ahead, trees=60, leaves=7, learning_rate=0.08, rng=luck("loss ahead"))
    return LossAhead(trees, float(ahead.mean()), float(np.quantile(ahead, 0.99)), engineered)


@dataclass
class Scored(Forecaster):
    """Declines and raises alerts by a learned probability, and learns again every week.

    Attributes
    ----------
    kind, setting
        Which model, and which of its settings validation chose.
    budget
        For learning again.
    model
        None where history held too little; then nothing is done.
    calibration
        From the model's score to a probability.
    ahead
        What a thief would still take.
    missed
        Share of that which declines would let through.
    declines, reviews
        Whether these paid on history.
    table
        What the best shares of past alerts would have saved.
    """

    kind: Kind
    setting: int
    budget: Budget
    model: Model | None
    calibration: Platt | Isotonic | None
    ahead: LossAhead
    missed: float = 1.0
    declines: bool = True
    reviews: bool = True
    table: Array = field(default_factory=lambda: np.zeros(len(SHARES)))

    def predict(self, seen: Table) -> Table:
        """Give the probability that each purchase is fraud."""
        if self.model is None or self.calibration is None:
            return {"fraud": np.zeros(len(seen["amount"]))}
        return {"fraud": self.calibration.apply(self.model.score(seen))}

    def act(self, seen: Table, rules: Table) -> Table:
        """Decide by expected cost."""
        fraud = self.predict(seen)["fraud"]
        return self.decide(fraud, seen, Costs.of(rules))

    def decide(self, fraud: Array, seen: Table, costs: Costs) -> Table:
        """Decide by the probability that each purchase is fraud."""
        found = decisions(fraud, self.saved(fraud, seen), seen["amount"], self.table, costs)
        return {"fraud": found["fraud"], "decline": found["decline"] & self.declines,
                "alert": found["alert"] * self.reviews}  # fmt: skip

    def saved(self, fraud: Array, seen: Table) -> Array:
        """What reviews would save in expectation, ``(rows,)`` k KRW."""
        return np.asarray(fraud * self.ahead.expect(seen) * self.missed)

    def learn(self, feedback: Table, luck: Luck) -> None:
        """Train again on the last weeks, once their labels have come."""
        past = Labelled(feedback)
        if "known" not in past or not enough(past):
            return
        if self.calibration is None:
            self.prepare(past, luck)
        else:
            self.teach(past, luck)

    def prepare(self, past: Labelled, luck: Luck) -> None:
        """Choose a setting, calibrate and settle on the last part of the past; then learn from all of it.

        Where that part holds too little, nothing is done.
        """
        early, late = split(past)
        if not (enough(early) and enough(late)):
            return
        ahead, net = loss_ahead(early, engineered=self.budget.engineered, luck=luck), None
        best, self.validation = self, -np.inf
        for setting in range(min(self.budget.trials, len(SETTINGS[self.kind]))):
            tried = replace(self, setting=setting, ahead=ahead)
            tried.model = train(self.kind, early, setting, self.budget, scoped(luck, self.kind), net=net)
            net = net_of(tried.model)
            score, taught = score_past(tried.model, late)
            tried.validation = tried.judged(score, taught)
            if tried.validation > best.validation:
                best = tried
                best.calibrate(score, taught)
                best.settle(score, taught)
        vars(self).update(vars(best))
        # Nets whose word trees take have learned from the older weeks, and learn again with the next archive.
        self.teach(past, luck, net_of(self.model))

    def teach(self, past: Labelled, luck: Luck, net: Sequence | None = None) -> None:
        """Train the model and the loss ahead; ``net`` is one that need not be trained again."""
        self.model = train(self.kind, past, self.setting, self.budget, scoped(luck, self.kind), net=net)
        self.ahead = loss_ahead(past, engineered=self.budget.engineered, luck=luck)
        if self.kind in UNSUPERVISED:
            self.calibrate(*score_past(self.model, past, most=MOST_CALIBRATED))

    def calibrate(self, score: Array, taught: Labelled) -> None:
        """Fit probabilities to purchases that the model has not learned from."""
        from core.learn.calibration import fit_isotonic, fit_platt

        fit = fit_isotonic if self.kind in UNSUPERVISED else fit_platt
        self.calibration = fit(score, taught["fraud"])

    def settle(self, score: Array, taught: Labelled) -> None:
        """Find what declines miss, and whether declines and reviews pay at all, on calibrated purchases.

        What would have lost money in the past is not done.
        """
        assert self.calibration is not None
        fraud = self.calibration.apply(score)
        self.missed = let_through(fraud, taught["amount"], taught["card"], taught["time"])
        self.table = worth_table(self.saved(fraud, taught))
        worth = {}
        for use in USES:
            self.declines, self.reviews = use
            worth[use] = self.worth(fraud, taught)
        self.declines, self.reviews = max(USES, key=lambda use: worth[use])

    def worth(self, fraud: Array, taught: Labelled) -> float:
        """What the decisions would have been worth on known purchases, k KRW for 1,000."""
        found = self.decide(fraud, taught, USUAL)
        return net_prevented(taught, found["decline"], found["alert"], USUAL)

    def judged(self, score: Array, taught: Labelled) -> float:
        """What they would have been worth on each half of the cards, calibrated and settled on the other."""
        first, worth = in_first_half(taught["card"]), 0.0
        for half in (first, ~first):
            there, here = taught.rows(~half), taught.rows(half)
            if enough(there) and len(here["time"]):
                tried = replace(self)
                tried.calibrate(score[~half], there)
                tried.settle(score[~half], there)
                assert tried.calibration is not None
                worth += half.mean() * tried.worth(tried.calibration.apply(score[half]), here)
        return worth


def enough(past: Labelled) -> bool:
    """Whether there is anything to learn from."""
    frauds = int(past["fraud"][past["known"]].sum())
    return frauds >= FEWEST and int(past["known"].sum()) - frauds >= FEWEST


def net_of(model: Model | None) -> Sequence | None:
    """Give the net whose word boosted trees take."""
    return model.net if isinstance(model, Boosted) else None


def score_past(model: Model, past: Labelled, *, most: int | None = None) -> tuple[Array, Labelled]:
    """Score known purchases of the past, each with those of its card before it; give score and purchases.

    Where there are more than ``most``, every second one of them, or every third, and so on.
    """
    trail, rows = trail_of(past), np.flatnonzero(past["known"])
    rows = rows[:: -(-len(rows) // most) if most else 1]
    parts = np.array_split(rows, len(rows) // CHUNK + 1)
    scores = [model.score({**past.rows(part), "recent": trail.recent(part)}) for part in parts]
    return np.concatenate(scores), past.rows(rows)


def fit_scored(kind: Kind) -> Callable[[Log, Budget, Luck], Scored]:
    """Make the contender of one kind of model."""

    def fit(history: Log, budget: Budget, luck: Luck) -> Scored:
        past = labelled(history)
        policy = Scored(
            kind, 0, budget, None, None, LossAhead(None, 0.0, 0.0, budget.engineered), validation=0.0
        )
        if enough(past):
            policy.prepare(past, luck)
        return policy

    return fit


def split(past: Labelled) -> tuple[Labelled, Labelled]:
    """Part the purchases before and after the last quarter of those that are known; contexts go along."""
    at = np.quantile(past["time"][past["known"]], 1.0 - HELD_BACK)
    late = past.rows(slice(None))
    late["known"] = past["known"] & (past["time"] >= at)
    early = past.rows(past["time"] < at)
    return early, late
