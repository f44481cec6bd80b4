"""Learners: from the plain support score to models of uplift, judged on persons that were held back."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from core.learn.trees import Trees
from core.log import Log
from core.luck import hashed_uniform, scoped
from core.protocol import Array, Budget, Forecaster, Luck, Table
from data_synth.electorate_constants import CHANNELS
from usecases.voter_targeting.contact.allocation import allocate, terms_of
from usecases.voter_targeting.contact.inputs import DEMOGRAPHIC, Look
from usecases.voter_targeting.contact.judging import Judge, judge_of, surely
from usecases.voter_targeting.contact.reach import PUBLISHED, fit_reach, posterior_shift
from usecases.voter_targeting.contact.rules import choose_list
from usecases.voter_targeting.contact.schema import Learned, learned
from usecases.voter_targeting.contact.scores import fit_support, fit_turnout
from usecases.voter_targeting.contact.values import Grown, Netted, Scored, Structured, Uplift

Floats = NDArray[np.float64]
Kind = Literal["demographics", "support", "turnout_support", "structured", "s", "t", "x", "net", "raw"]
FOLDS = 3
"""Parts of the pilot's persons, each held out once to compare settings on."""
LEARNED = ("s", "t", "x", "net", "raw")
"""Kinds that learn how effects differ; ``raw`` is a T-learner that nothing puts right."""
FEWEST = 60
"""Persons of each arm without which nothing is learned, and the incumbent's list stands."""
STRENGTHS = (20.0, 5.0, 60.0)
"""Of the prior of the support score, in answers; what more trials try."""
FEWEST_LEAF = 400
"""Persons of a leaf: an effect of a point drowns in fewer."""
OPEN = tuple(i for i, channel in enumerate(CHANNELS) if PUBLISHED[channel.name][1] > 0.0)
"""Channels whose effect is not settled."""
LEAVES = (8, 4, 16)
"""Of the trees of uplift; what more trials try."""


class Valuer(Protocol):
    """Says what attempts are worth; a frozen dataclass of plain data."""

    def value(self, seen: Table) -> Floats:
        """Net votes of an attempt, ``(rows, channels)``."""
        ...


@dataclass
class Targeting(Forecaster):
    """Values attempts and spends the budget where they are worth most for the money.

    Attributes
    ----------
    valuer
        Of the contender.
    """

    valuer: Valuer

    def act(self, seen: Table, rules: Table) -> Table:
        """Choose a channel for each person: 0 for none, else 1 + its number."""
        value = self.valuer.value(seen)
        budget, cost, allowed = terms_of(rules)
        value = np.where(allowed, value, 0.0)
        return {"channel": allocate(value, cost, budget), "value": value}

    def predict(self, seen: Table) -> Table:
        """Forecast the net votes of an attempt, ``(rows, channels)``."""
        return {"value": self.valuer.value(seen)}


def fit_rule(history: Log, budget: Budget, luck: Luck) -> Targeting:
    """Choose the incumbent's list."""
    return Targeting(choose_list(learned(history)))


def fit_learner(kind: Kind) -> Callable[[Log, Budget, Luck], Targeting]:
    """Give the training of one kind of learner."""

    def fit(history: Log, budget: Budget, luck: Luck) -> Targeting:
        return trained(kind, learned(history), budget, luck)

    return fit


def trained(kind: Kind, known: Learned, budget: Budget, luck: Luck) -> Targeting:
    """Try settings on persons that they did not learn from, a third at a time; learn the best from all."""
    if not learnable(known):
        return Targeting(choose_list(known), validation=0.0)
    folds = folds_of(known, Look(engineered=budget.engineered))
    trials = range(min(budget.trials, 1 if kind in ("net", "raw") else len(STRENGTHS)))
    tried = [_trial(kind, folds, setting, budget, scoped(luck, f"trial {setting}")) for setting in trials]
    setting = int(np.argmax([ahead for ahead, _ in tried]))
    ahead, slope = tried[setting]
    if kind == "structured" and ahead < 0.0:
        # The fallback: what is not surely better than the list is the list.
        return Targeting(choose_list(known), validation=0.0)
    final = make(kind, known, setting, budget, scoped(luck, "all"))
    if isinstance(final, Uplift) and kind != "raw":
        final = replace(final, slope=slope)
    return Targeting(final, validation=ahead if kind != "raw" else math.nan)


def learnable(known: Learned) -> bool:
    """Whether each arm of the pilot has persons enough."""
    arms = np.bincount(known["arm"].astype(int), minlength=1 + len(CHANNELS))
    return bool(arms.min() >= FEWEST)


@dataclass(frozen=True, eq=False)
class Fold:
    """Persons to learn from and persons to be judged on.

    Attributes
    ----------
    early, held
        The persons.
    judge
        Values the held ones.
    usual
        The incumbent's plan for them, from a list that was chosen on the others.
    """

    early: Learned
    held: Learned
    judge: Judge
    usual: NDArray[np.int64]


def folds_of(known: Learned, look: Look) -> list[Fold]:
    """Hold out each third of the persons once."""
    third = np.floor(FOLDS * hashed_uniform(known["id"], "held out"))
    folds = []
    for i in range(FOLDS):
        early, held = known.rows(third != i), known.rows(third == i)
        judge = judge_of(early, held, structured(early, look, STRENGTHS[0]))
        folds.append(Fold(early, held, judge, judge.plan(choose_list(early).value(held))))
    return folds


def _trial(kind: Kind, folds: list[Fold], setting: int, budget: Budget, luck: Luck) -> tuple[float, float]:
    """Give how far a setting is surely ahead of the incumbent, and the slope of its differences."""
    gains, slopes = [], []
    for i, fold in enumerate(folds):
        model = make(kind, fold.early, setting, budget, scoped(luck, f"fold {i}"))
        if isinstance(model, Uplift) and kind != "raw":
            differs = model.model.effect(fold.held) - model.usual
            plain = structured(fold.early, Look(engineered=budget.engineered), STRENGTHS[0])
            model = replace(model, slope=slope_of(fold.held, differs, plain))
            slopes.append(model.slope)
        gains.append(fold.judge.gain(fold.judge.plan(model.value(fold.held)), fold.usual))
    precincts = np.concatenate([fold.held["precinct"] for fold in folds])
    return surely(np.concatenate(gains), precincts), float(np.mean(slopes)) if slopes else 0.0


def make(
    kind: Kind, known: Learned, setting: int, budget: Budget, luck: Luck
) -> Scored | Structured | Uplift:
    """Train one kind with one setting; an uplift model counts no differences until a slope says so."""
    look = Look(engineered=budget.engineered)
    plain = structured(known, look, STRENGTHS[setting] if kind not in LEARNED else STRENGTHS[0])
    if kind == "structured":
        return plain
    effect = plain.effect(known).mean(0)
    if kind in LEARNED:
        if kind == "raw":
            none = np.zeros(len(CHANNELS))
            trees = _grown("t", known, known["voted"], look, LEAVES[setting], budget, luck)
            return Uplift(trees, none, none, 1.0, plain.support, raw=True)
        left = known["voted"] - plain.turnout.chance(known)
        model = (
            _netted(known, look, budget, luck) if kind == "net"
            else _grown(kind, known, left, look, LEAVES[setting], budget, luck)
        )  # fmt: skip
        return Uplift(model, model.effect(known).mean(0), effect, 0.0, plain.support)
    if kind == "demographics":
        seen = Look(DEMOGRAPHIC, budget.engineered)
        return Scored(fit_support(known, seen, strength=STRENGTHS[setting]), None, effect)
    return Scored(plain.support, plain.turnout if kind == "turnout_support" else None, effect)


def structured(known: Learned, look: Look, strength: float, flipped: float = 0.0) -> Structured:
    """Fit scores, reach and one shift a channel."""
    turnout, reach = fit_turnout(known, look, strength=strength), fit_reach(known, look)
    shift, _ = posterior_shift(known, reach.chance(known), turnout.chance(known))
    return Structured(fit_support(known, look, strength=strength, flipped=flipped), turnout, reach, shift)


# --- uplift by trees and nets ------------------------------------------------------------------


def slope_of(held: Learned, differs: Array, plain: Structured) -> float:
    """By how much effects differ for each difference that a model forecasts, 0 to 1.

    A regression of what people did beyond the turnout score on the forecast differences, where assigned, with
    each arm beside those left alone; shrunk by its own error, so that chance alone gives 0.

    Parameters
    ----------
    held
        Persons that the model has not seen.
    differs
        ``(rows, channels)`` forecast effect less its mean.
    plain
        Whose turnout score is used.
    """
    left = held["voted"] - plain.turnout.chance(held)
    gained = weight = noise = 0.0
    for i in OPEN:
        rows = (held["arm"] == 0) | (held["arm"] == i + 1)
        given = 1.0 * (held["arm"][rows] == i + 1)
        lever = (given - given.mean()) * differs[rows, i]
        missed = left[rows] - left[rows].mean() - (given - given.mean()) * _difference(left[rows], given)
        gained, weight = gained + lever @ missed, weight + lever @ lever
        noise += ((lever * missed) ** 2).sum()
    if weight <= 0.0:
        return 0.0
    slope, error = gained / weight, np.sqrt(noise) / weight
    return float(np.clip(slope * max(0.0, 1.0 - (error / slope) ** 2), 0.0, 1.0)) if slope > 0.0 else 0.0


def _difference(left: Array, given: Array) -> float:
    return float(left[given > 0].mean() - left[given == 0].mean())


def _grown(
    kind: str, known: Learned, outcome: Array, look: Look, leaves: int, budget: Budget, luck: Luck
) -> Grown:
    """Grow an S-, T- or X-learner of turnout, or of what a score of turnout leaves."""
    arm, x = known["arm"].astype(int), look.matrix(known)
    shares = np.bincount(arm, minlength=1 + len(CHANNELS))

    def grow(purpose: str, columns: Array, target: Array) -> Trees:
        from core.learn.trees import fit_trees

        # A tree costs ten steps.
        return fit_trees(columns, target, trees=max(20, budget.steps // 10), rng=luck(purpose), leaves=leaves,
                         learning_rate=0.05, min_rows=FEWEST_LEAF, threads=budget.threads)  # fmt: skip

    chance = shares[1:] / (shares[1:] + shares[0])
    if kind == "s":
        return Grown(kind, (grow("all", np.column_stack([x, arm]), outcome),), chance, look)
    arms = [grow(f"arm {i}", x[arm == i], outcome[arm == i]) for i in range(1 + len(CHANNELS))]
    if kind == "t":
        return Grown(kind, tuple(arms), chance, look)
    imputed = []
    for i, other in enumerate(arms[1:], 1):
        tried, alone = arm == i, arm == 0
        imputed.append(grow(f"tried {i}", x[tried], outcome[tried] - arms[0].predict(x[tried])))
        imputed.append(grow(f"alone {i}", x[alone], other.predict(x[alone]) - outcome[alone]))
    return Grown(kind, tuple(imputed), chance, look)


def _netted(known: Learned, look: Look, budget: Budget, luck: Luck) -> Netted:
    """Train a net of uplift."""
    from core.learn import UpliftNet

    net = UpliftNet(
        widths=(32, 32), members=3, steps=budget.steps, learning_rate=2e-3, device=budget.device,
        random_state=int(luck("net").integers(2**31)),
    )  # fmt: skip
    return Netted(net.fit(look.matrix(known), known["arm"].astype(int), known["voted"]).model_, look)
