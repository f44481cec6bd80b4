"""Learners: a model that scores, a calibration that makes it a probability, and decisions by expected cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from core.learn.calibration import Isotonic, Platt
from core.learn.linear import Linear
from core.log import Log
from core.luck import scoped
from core.protocol import Array, Budget, Forecaster, Luck, Table
from usecases.payment_fraud.decisions import SHARES, USUAL, Costs, decisions, worth_table
from usecases.payment_fraud.inputs import inputs, trail_of
from usecases.payment_fraud.judging import frauds_of, net_prevented
from usecases.payment_fraud.models import CHUNK, Kind, Model, train
from usecases.payment_fraud.schema import HELD_BACK, Labelled, labelled

FEWEST = 5
"""Known frauds, and honest purchases, without which nothing is learned."""
UNSUPERVISED = ("isolation", "autoencoder")
"""Kinds that never look at a label; their scores are calibrated anew with each retraining."""
FEWEST_FOR_LOSS = 40
"""Known frauds without which the loss ahead is taken to be equal for all."""


@dataclass(frozen=True)
class LossAhead:
    """What the same thief will still take, as far as a purchase tells it, in k KRW.

    Attributes
    ----------
    linear
        Ridge regression on the inputs, or None where frauds are too few.
    mean, most
        Over known frauds.
    engineered
        Whether a specialist's columns are used.
    """

    linear: Linear | None
    mean: float
    most: float
    engineered: bool

    def expect(self, seen: Table) -> Array:
        """If the purchase is fraud, ``(rows,)``."""
        if self.linear is None:
            return np.full(len(seen["amount"]), self.mean)
        found = self.linear.predict(inputs(seen, engineered=self.engineered))[:, 0]
        return np.asarray(np.clip(found, 0.0, self.most))


def loss_ahead(past: Labelled, *, engineered: bool) -> LossAhead:
    """Learn from the frauds that are known."""
    from core.learn.linear import fit_ridge

    frauds = frauds_of(past)
    ahead = frauds.ahead()
    if len(ahead) < FEWEST_FOR_LOSS:
        mean = float(ahead.mean()) if len(ahead) else 0.0
        return LossAhead(None, mean, mean, engineered)
    x = inputs(past.rows(frauds.row), engineered=engineered)
    linear = fit_ridge(x, ahead[:, None], penalty=0.1)
    return LossAhead(linear, float(ahead.mean()), float(np.quantile(ahead, 0.98)), engineered)


@dataclass
class Scored(Forecaster):
    """Declines and raises alerts by a learned probability, and learns again every week.

    Attributes
    ----------
    kind, setting
        Which model, and which of its settings validation chose.
    model
        None where history held too little; then nothing is done.
    calibration
        From the model's score to a probability.
    ahead
        What a thief would still take.
    table
        What the best shares of past alerts would have saved.
    steps, threads, engineered, device
        Of the budget, for learning again.
    """

    kind: Kind
    setting: int
    model: Model | None
    calibration: Platt | Isotonic | None
    ahead: LossAhead
    table: Array = field(default_factory=lambda: np.zeros(len(SHARES)))
    steps: int = 1
    threads: int = 1
    engineered: bool = True
    device: str = "cpu"

    def predict(self, seen: Table) -> Table:
        """Give the probability that each purchase is fraud."""
        if self.model is None or self.calibration is None:
            return {"fraud": np.zeros(len(seen["amount"]))}
        return {"fraud": self.calibration.apply(self.model.score(seen))}

    def act(self, seen: Table, rules: Table) -> Table:
        """Decide by expected cost."""
        fraud = self.predict(seen)["fraud"]
        costs = Costs.of(rules, len(fraud))
        return decisions(fraud, fraud * self.ahead.expect(seen), seen["amount"], self.table, costs)

    def learn(self, feedback: Table, luck: Luck) -> None:
        """Train again on the last weeks, once their labels have come."""
        past = Labelled(feedback)
        if "known" not in past or not enough(past):
            return
        budget = Budget(1, self.steps, self.engineered, self.device, self.threads)
        self.model = train(self.kind, past, self.setting, budget, scoped(luck, self.kind))
        self.ahead = loss_ahead(past, engineered=self.engineered)
        if self.kind in UNSUPERVISED or self.calibration is None:
            self.calibrate(score_past(self.model, past), past.taught())

    def calibrate(self, score: Array, taught: Labelled) -> None:
        """Fit probabilities, and what alerts save, to purchases that the model has not learned from."""
        from core.learn.calibration import fit_isotonic, fit_platt

        fit = fit_isotonic if self.kind in UNSUPERVISED else fit_platt
        self.calibration = fit(score, taught["fraud"])
        self.table = worth_table(self.calibration.apply(score) * self.ahead.expect(taught))

    def judged(self, score: Array, taught: Labelled) -> float:
        """What the decisions would have been worth on known purchases, k KRW for 1,000."""
        assert self.calibration is not None
        fraud = self.calibration.apply(score)
        decided = decisions(fraud, fraud * self.ahead.expect(taught), taught["amount"], self.table, USUAL)
        return net_prevented(taught, decided["decline"], decided["alert"], USUAL)


def enough(past: Labelled) -> bool:
    """Whether there is anything to learn from."""
    frauds = int(past["fraud"][past["known"]].sum())
    return frauds >= FEWEST and int(past["known"].sum()) - frauds >= FEWEST


def score_past(model: Model, past: Labelled) -> Array:
    """Score the known purchases of the past, each with those of its card before it."""
    trail, rows = trail_of(past), np.flatnonzero(past["known"])
    parts = np.array_split(rows, len(rows) // CHUNK + 1)
    return np.concatenate([model.score({**past.rows(part), "recent": trail.recent(part)}) for part in parts])


def fit_scored(kind: Kind) -> Callable[[Log, Budget, Luck], Scored]:
    """Make the contender of one kind of model."""

    def fit(history: Log, budget: Budget, luck: Luck) -> Scored:
        past = labelled(history)
        nothing = LossAhead(None, 0.0, 0.0, budget.engineered)
        how = {"steps": budget.steps, "threads": budget.threads, "engineered": budget.engineered,
               "device": budget.device}  # fmt: skip
        policy = Scored(kind, 0, None, None, nothing, **how, validation=0.0)  # type: ignore[arg-type]  # as above
        if not enough(past):
            return policy
        early, late = split(past)
        if enough(early) and enough(late):
            policy.validation = -np.inf
            for setting in range(budget.trials):
                tried = Scored(kind, setting, None, None, loss_ahead(early, engineered=budget.engineered), **how)  # type: ignore[arg-type]
                tried.model = train(kind, early, setting, budget, scoped(luck, kind))
                score, taught = score_past(tried.model, late), late.taught()
                tried.calibrate(score, taught)
                tried.validation = tried.judged(score, taught)
                if tried.validation > policy.validation:
                    policy = tried
        policy.learn(past, luck)
        return policy

    return fit


def split(past: Labelled) -> tuple[Labelled, Labelled]:
    """Part the purchases before and after the last quarter of those that are known; contexts go along."""
    at = np.quantile(past["time"][past["known"]], 1.0 - HELD_BACK)
    late = past.rows(slice(None))
    late["known"] = past["known"] & (past["time"] >= at)
    early = past.rows(past["time"] < at)
    return early, late
