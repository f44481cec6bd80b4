"""Scores of a person: whom they support, and whether they vote, each with what is used when data are few."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from core.learn.linear import Linear, fit_logistic
from core.protocol import Array, Table
from usecases.voter_targeting.contact.inputs import Look
from usecases.voter_targeting.contact.schema import PAST_VOTES, Learned

Floats = NDArray[np.float64]
FEWEST = 60
"""Answers, or persons left alone, without which lore stands in for a model."""
OWN, OTHER = 0.85, 0.15
"""Lore: share of each side's registrants who support the party."""
CERTAIN = 0.01
"""Chances are held off 0 and 1 by it: one answer must not be able to cost everything."""


@dataclass(frozen=True)
class Support:
    """Chance that a person who votes chooses the party.

    Attributes
    ----------
    look
        What may be looked at.
    linear
        Log-odds, or None where lore stands in.
    flipped
        Share of answers turned around to protect those who gave them.
    """

    look: Look
    linear: Linear | None
    flipped: float = 0.0

    def chance(self, seen: Table) -> Floats:
        """``(rows,)``."""
        usual = lore(seen, self.look)
        if self.linear is None:
            return usual
        answer = expit(self.linear.predict(self.look.matrix(seen))[:, 0] + self._odds(usual))
        return np.asarray(
            np.clip((answer - self.flipped) / (1.0 - 2.0 * self.flipped), CERTAIN, 1.0 - CERTAIN)
        )

    def _odds(self, usual: Array) -> Floats:
        """Log-odds of an answer, by lore."""
        return np.asarray(logit(usual * (1.0 - 2.0 * self.flipped) + self.flipped))


def fit_support(known: Learned, look: Look, *, strength: float, flipped: float = 0.0) -> Support:
    """Learn from the survey what lore does not say; age, which decides who answers, is among the columns.

    Parameters
    ----------
    strength
        Of the prior that lore is right, in answers.
    """
    answers = known.rows(known["answered"] > 0)
    if len(answers["id"]) < FEWEST or np.ptp(answers["supports"]) == 0.0:
        return Support(look, None)
    x, start = look.matrix(answers), Support(look, None, flipped)
    usual = start._odds(lore(answers, look))
    linear = fit_logistic(x, answers["supports"], penalty=strength / len(x), offset=usual)
    return Support(look, linear, flipped)


def lore(seen: Table, look: Look) -> Floats:
    """What a party worker would say without any survey: registration, else the precinct's last result."""
    rows = len(np.asarray(seen["urban"]))
    side = np.asarray(seen["registration"], float) if "registration" in look.columns else np.zeros(rows)
    share = np.asarray(seen["result"], float) / 100.0 if "result" in look.columns else np.full(rows, 0.5)
    chance = np.select([side > 0, side < 0], [np.full(rows, OWN), np.full(rows, OTHER)], share)
    return np.asarray(np.clip(chance, CERTAIN, 1.0 - CERTAIN))


@dataclass(frozen=True)
class Turnout:
    """Chance to vote without contact; where nothing was learned, the share of past votes."""

    look: Look
    linear: Linear | None

    def chance(self, seen: Table) -> Floats:
        """``(rows,)``."""
        if self.linear is not None:
            return np.asarray(expit(self.linear.predict(self.look.matrix(seen))[:, 0]))
        votes = [np.asarray(seen[name], float) for name in PAST_VOTES if name in self.look.columns]
        if not votes:
            return np.full(len(np.asarray(seen["urban"])), 0.5)
        return np.asarray((1.0 + np.sum(votes, axis=0)) / (2.0 + len(votes)))


def fit_turnout(known: Learned, look: Look, *, strength: float) -> Turnout:
    """Learn from those whom the pilot left alone."""
    alone = known.rows(known["arm"] == 0)
    if len(alone["id"]) < FEWEST or np.ptp(alone["voted"]) == 0.0:
        return Turnout(look, None)
    x = look.matrix(alone)
    return Turnout(look, fit_logistic(x, alone["voted"], penalty=strength / len(x)))


def away(chance: Array) -> Floats:
    """Net votes for the party of one more vote, -1 to 1."""
    return np.asarray(2.0 * np.asarray(chance, float) - 1.0)
