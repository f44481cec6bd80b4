"""What scores a purchase: six kinds of model that learn from the same labelled purchases.

Each gives a logit or another number that rises with the probability of fraud; :mod:`learners` calibrates it.
Two of them never learn from a label: they learn what is normal and score what deviates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.learn.boosting import BoostedTrees
from core.learn.calibration import logits_of
from core.learn.estimators.anomaly import DetectorModel
from core.learn.estimators.sequence import SequenceModel
from core.learn.isolation import IsolationForest
from core.learn.linear import Linear
from core.luck import hashed_uniform
from core.protocol import Array, Budget, Luck, Table
from usecases.payment_fraud.inputs import RAW_INPUTS, inputs, trail_of, tree_inputs
from usecases.payment_fraud.schema import Labelled

Kind = Literal["logistic", "isolation", "autoencoder", "trees", "net", "trees_net"]
Floats = NDArray[np.float64]
HONEST_FOR_EACH = 20
"""Honest purchases for each fraud, by which a net is trained: more only lengthen its way to the rare ones."""
FEWEST_HONEST, MOST_NORMAL = 2_000, 60_000
"""Honest purchases a net meets at least; purchases an auto-encoder meets at most."""


@dataclass(frozen=True)
class Logistic:
    """Log-odds linear in the inputs."""

    linear: Linear
    engineered: bool

    def score(self, seen: Table) -> Floats:
        """``(rows,)`` log-odds."""
        return np.asarray(self.linear.predict(inputs(seen, engineered=self.engineered))[:, 0])


@dataclass(frozen=True)
class Isolation:
    """How few cuts set a purchase apart from the others (Liu et al. 2008)."""

    forest: IsolationForest
    engineered: bool

    def score(self, seen: Table) -> Floats:
        """``(rows,)``, 0 to 1."""
        return self.forest.score(inputs(seen, engineered=self.engineered))


@dataclass(frozen=True)
class Rebuilding:
    """How badly an auto-encoder rebuilds a purchase, as a logarithm."""

    detector: DetectorModel
    engineered: bool

    def score(self, seen: Table) -> Floats:
        """``(rows,)``."""
        misses = -self.detector.scores(inputs(seen, engineered=self.engineered))
        return np.asarray(np.log(np.maximum(misses, 1e-9)))


@dataclass(frozen=True)
class Boosted:
    """LightGBM on the feature store, and on a net's word on the card where there is one."""

    trees: BoostedTrees
    engineered: bool
    net: Sequence | None = None

    def score(self, seen: Table) -> Floats:
        """``(rows,)`` log-odds."""
        columns = tree_inputs(seen, engineered=self.engineered)
        if self.net is not None:
            columns = np.column_stack(
                [columns, self.net.halves(seen["card"], recent_of(seen, self.engineered))]
            )
        return logits_of(self.trees.predict_proba(columns)[:, 1])


@dataclass(frozen=True)
class Sequence:
    """Recurrent nets on the last purchases of a card: one, or two with half of the cards each."""

    nets: tuple[SequenceModel, ...]
    engineered: bool

    def score(self, seen: Table) -> Floats:
        """``(rows,)`` log-odds, by all nets."""
        recent = recent_of(seen, self.engineered)
        return np.asarray(np.mean([logits(net, recent) for net in self.nets], 0))

    def halves(self, card: Array, recent: Array) -> Floats:
        """``(rows,)`` log-odds by the net that has not learned from the card."""
        first = in_first_half(card)
        found = np.empty(len(card))
        for half, net in ((first, self.nets[1]), (~first, self.nets[0])):
            found[half] = logits(net, recent[half])
        return found


Model = Logistic | Isolation | Rebuilding | Boosted | Sequence


def recent_of(seen: Table, engineered: bool) -> Array:
    """Last purchases of the card, by the columns that may be used, ``(rows, steps, columns)``."""
    return np.asarray(seen["recent"] if engineered else seen["recent"][..., :RAW_INPUTS])


def logits(net: SequenceModel, recent: Array) -> Floats:
    """Log-odds of sequences, ``(rows,)``."""
    if not len(recent):
        return np.zeros(0)
    return np.asarray(net.members(recent).mean(0)[:, 0])


def in_first_half(card: Array) -> NDArray[np.bool_]:
    """Split cards in two, whatever world they come from."""
    return np.asarray(hashed_uniform(card, "half of the cards") < 0.5)


# --- training -----------------------------------------------------------------------------------


def train(
    kind: Kind, past: Labelled, setting: int, budget: Budget, luck: Luck, *, net: Sequence | None = None
) -> Model:
    """Train one kind of model.

    Parameters
    ----------
    past
        With at least one known fraud and one honest purchase.
    setting
        Which of :data:`SETTINGS`.
    net
        Of a model that was trained on the same purchases with another setting: nets are not tried twice.
    """
    options = SETTINGS[kind][setting]
    if kind == "trees_net":
        return _trees_net(past, options, budget, luck, net)
    return TRAINERS[kind](past, options, budget, luck)


Options = Mapping[str, float | str]
SETTINGS: Mapping[Kind, tuple[Options, ...]] = {
    "logistic": ({"penalty": 1e-4}, {"penalty": 1e-3}),
    "isolation": ({"rows": 256}, {"rows": 2048}),
    "autoencoder": ({"share": 0.33}, {"share": 0.6}),
    "trees": ({"leaves": 7, "rows": 100}, {"leaves": 15, "rows": 100}),
    "net": ({"net": "gru"}, {"net": "lstm"}),
    "trees_net": ({"leaves": 7, "rows": 100}, {"leaves": 15, "rows": 100}),
}
"""What may be tried, the first without tuning."""


def _logistic(past: Labelled, options: Options, budget: Budget, luck: Luck) -> Logistic:
    from core.learn.linear import fit_logistic

    taught = past.taught()
    x = inputs(taught, engineered=budget.engineered)
    return Logistic(fit_logistic(x, taught["fraud"], penalty=float(options["penalty"])), budget.engineered)


def _isolation(past: Labelled, options: Options, budget: Budget, luck: Luck) -> Isolation:
    from core.learn.isolation import fit_isolation

    x = inputs(past, engineered=budget.engineered)
    forest = fit_isolation(x, rng=luck("isolation"), rows=int(options["rows"]), threads=budget.threads)
    return Isolation(forest, budget.engineered)


def _autoencoder(past: Labelled, options: Options, budget: Budget, luck: Luck) -> Rebuilding:
    from core.learn import AutoencoderDetector

    x = inputs(past, engineered=budget.engineered)
    x = x[:: -(-len(x) // MOST_NORMAL)]
    width = x.shape[1]
    detector = AutoencoderDetector(
        widths=(2 * width, max(1, round(float(options["share"]) * width))), members=1, steps=budget.steps,
        batch=_batch(budget), learning_rate=3e-3, device=budget.device,
        random_state=_seed(luck, "autoencoder"),
    )  # fmt: skip
    return Rebuilding(detector.fit(x).model_, budget.engineered)


def _trees(past: Labelled, options: Options, budget: Budget, luck: Luck) -> Boosted:
    taught = past.taught()
    x = tree_inputs(taught, engineered=budget.engineered)
    return Boosted(_boost(x, taught["fraud"], options, budget, luck), budget.engineered)


def _boost(x: Array, y: Array, options: Options, budget: Budget, luck: Luck) -> BoostedTrees:
    from core.learn import TreesClassifier

    # A tree costs ten steps; with few of them each must go further.
    trees = max(20, budget.steps // 10)
    found: BoostedTrees = TreesClassifier(
        preset="rare", trees=trees, learning_rate=float(np.clip(12.0 / trees, 0.04, 0.3)),
        leaves=int(options["leaves"]), min_rows=int(options["rows"]), early_stopping=False,
        random_state=_seed(luck, "trees"), n_jobs=budget.threads,
    ).fit(x, y).model_  # fmt: skip
    return found


def _net(past: Labelled, options: Options, budget: Budget, luck: Luck) -> Sequence:
    return Sequence(
        (_recurrent(past, np.ones(len(past["time"]), bool), options, budget, luck),), budget.engineered
    )


def _trees_net(past: Labelled, options: Options, budget: Budget, luck: Luck, net: Sequence | None) -> Boosted:
    """Each half of the cards is scored by a net that learned from the other: in training as in play."""
    first, plain = in_first_half(past["card"]), SETTINGS["net"][0]
    if min(past["fraud"][half & past["known"]].sum() for half in (first, ~first)) < 1:
        return _trees(past, options, budget, luck)
    if net is None:
        nets = (_recurrent(past, half, plain, budget, luck) for half in (first, ~first))
        net = Sequence(tuple(nets), budget.engineered)
    rows = np.flatnonzero(past["known"])
    trail = trail_of(past)
    words = [
        net.halves(past["card"][part], recent_of({"recent": trail.recent(part)}, budget.engineered))
        for part in np.array_split(rows, len(rows) // CHUNK + 1)
    ]
    taught = past.taught()
    x = np.column_stack([tree_inputs(taught, engineered=budget.engineered), np.concatenate(words)])
    return Boosted(_boost(x, taught["fraud"], options, budget, luck), budget.engineered, net)


CHUNK = 20_000
"""Sequences that are written out together."""


def _recurrent(past: Labelled, among: Array, options: Options, budget: Budget, luck: Luck) -> SequenceModel:
    """Train on all frauds and a sample of the honest purchases of some cards."""
    from core.learn import SequenceClassifier, Training

    known = past["known"] & among
    frauds, honest = (np.flatnonzero(known & (past["fraud"] == yes)) for yes in (1, 0))
    rng = luck("honest purchases")
    many = min(len(honest), max(FEWEST_HONEST, HONEST_FOR_EACH * len(frauds)))
    rows = np.sort(np.concatenate([frauds, rng.choice(honest, many, replace=False)]))
    recent = recent_of({"recent": trail_of(past).recent(rows)}, budget.engineered)
    net = SequenceClassifier(
        net=str(options["net"]), width=32, steps=budget.steps, batch=_batch(budget), learning_rate=5e-3,
        training=Training(clip=1.0, held_out=0.05), device=budget.device, random_state=_seed(luck, "net"),
    )  # fmt: skip
    model: SequenceModel = net.fit(recent, past["fraud"][rows]).model_
    return model


def _batch(budget: Budget) -> int:
    """Rows a step: who has more steps can also afford larger ones."""
    return int(np.clip(budget.steps // 6, 32, 256))


def _seed(luck: Luck, purpose: str) -> int:
    return int(luck(purpose).integers(2**31))


TRAINERS: Mapping[Kind, Callable[[Labelled, Options, Budget, Luck], Model]] = {
    "logistic": _logistic,
    "isolation": _isolation,
    "autoencoder": _autoencoder,
    "trees": _trees,
    "net": _net,
}
"""How each kind is trained by itself."""
