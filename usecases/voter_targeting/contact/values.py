"""What an attempt is worth to the party, by person and channel: the currency of every contender."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from core.learn.estimators.deep import TableModel
from core.learn.trees import Trees
from core.protocol import Array, Table
from data_synth.electorate_constants import CHANNELS
from usecases.voter_targeting.contact.inputs import Look
from usecases.voter_targeting.contact.reach import Reach
from usecases.voter_targeting.contact.scores import Support, Turnout, away

Floats = NDArray[np.float64]
NAMES = tuple(channel.name for channel in CHANNELS)


@dataclass(frozen=True)
class Scored:
    """A score times the mean effect of each channel: who is contacted follows the score alone.

    Attributes
    ----------
    support
        Whose direction the score has.
    turnout
        Weights it by the chance to vote, where given.
    effect
        ``(channels,)`` turnout gained by an attempt on average.
    """

    support: Support
    turnout: Turnout | None
    effect: Array

    def value(self, seen: Table) -> Floats:
        """Net votes, ``(rows, channels)``."""
        score = away(self.support.chance(seen))
        if self.turnout is not None:
            score = score * self.turnout.chance(seen)
        return np.asarray(score[:, None] * self.effect)


@dataclass(frozen=True)
class Structured:
    """One shift a channel of the turnout logit, who is reached, who votes, and for whom.

    Attributes
    ----------
    shift
        ``(channels,)`` of a person who was reached.
    """

    support: Support
    turnout: Turnout
    reach: Reach
    shift: Array

    def effect(self, seen: Table) -> Floats:
        """Turnout gained by an attempt, ``(rows, channels)``."""
        chance = self.turnout.chance(seen)
        moved = expit(logit(chance)[:, None] + self.shift) - chance[:, None]
        # No shift is no effect, to the last digit: what costs next to nothing would be bought for it.
        return self.reach.chance(seen) * np.where(self.shift > 0.0, moved, 0.0)

    def value(self, seen: Table) -> Floats:
        """Net votes, ``(rows, channels)``."""
        return self.effect(seen) * away(self.support.chance(seen))[:, None]


@dataclass(frozen=True)
class Grown:
    """Turnout gained, by boosted trees: S-, T- and X-learner (Künzel et al. 2019).

    Attributes
    ----------
    kind
        ``s``: one model that is told the arm; ``t``: one for each arm, those left alone first; ``x``: for
        each channel the effects imputed for those assigned, and for those left alone.
    models
        In that order.
    chance
        ``(channels,)`` share of those assigned among them and those left alone, by which an X-learner weighs.
    """

    kind: str
    models: tuple[Trees, ...]
    chance: Array
    look: Look

    def effect(self, seen: Table) -> Floats:
        """``(rows, channels)``."""
        x = self.look.matrix(seen)
        if self.kind == "s":
            (model,) = self.models
            arms = [
                model.predict(np.column_stack([x, np.full(len(x), arm)])) for arm in range(1 + len(NAMES))
            ]
            return np.column_stack([arm - arms[0] for arm in arms[1:]])
        found = [model.predict(x) for model in self.models]
        if self.kind == "t":
            return np.column_stack([arm - found[0] for arm in found[1:]])
        pairs = zip(found[::2], found[1::2], self.chance, strict=True)
        return np.column_stack([(1.0 - share) * tried + share * alone for tried, alone, share in pairs])


@dataclass(frozen=True)
class Netted:
    """Turnout gained, by :class:`core.learn.UpliftNet`."""

    model: TableModel
    look: Look

    def effect(self, seen: Table) -> Floats:
        """``(rows, channels)``."""
        return np.asarray(self.model.predict(self.look.matrix(seen)))


@dataclass(frozen=True)
class Uplift:
    """A model of uplift whose level and spread were put right, times whom people support.

    Trees and nets exaggerate how much effects differ, and know the mean effect from one pilot alone. So the
    mean is that of the structured model, which knows the published trials too, and differences count by the
    slope that held-out persons show (Chernozhukov et al. 2018, best linear predictor).

    Attributes
    ----------
    model
        Of the effects.
    usual, mean
        ``(channels,)`` mean of the model's effects over the persons it learned from, and what stands for it.
    slope
        0 for no differences, 1 for those of the model.
    raw
        Nothing is put right: the model's word counts, also on channels that have no effect.
    """

    model: Grown | Netted
    usual: Array
    mean: Array
    slope: float
    support: Support
    raw: bool = False

    def value(self, seen: Table) -> Floats:
        """Net votes, ``(rows, channels)``."""
        effect = self.mean + self.slope * (self.model.effect(seen) - self.usual)
        if not self.raw:
            effect = np.where(self.mean > 0.0, effect, 0.0)
        return np.asarray(effect * away(self.support.chance(seen))[:, None])
