"""What a plan would have gained on persons of the pilot that nobody learned from.

Votes for the party are never seen, and a contact moves turnout by a point or less: the plain difference of
two plans' persons would need a thousand times the pilot. So a plan is valued by the effects of the structured
model, times whom its persons support by the survey, doubly robust: a model's forecast, put right by the
answers of those who answered (Robins et al. 1994). So it compares scores of support, and cannot choose
between models of effects; whether these differ otherwise than the structured model says is asked by
:func:`learners.slope_of`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from core.learn.linear import fit_logistic
from core.protocol import Array
from usecases.voter_targeting.contact.allocation import allocate
from usecases.voter_targeting.contact.rules import USUAL_BUDGET, USUAL_COST
from usecases.voter_targeting.contact.schema import Learned
from usecases.voter_targeting.contact.scores import away
from usecases.voter_targeting.contact.values import Structured

Floats = NDArray[np.float64]
LEAST_CHANCE = 0.005
"""Of an answer: a rarer one would decide everything."""
SURE = 1.0
"""Standard errors by which a plan must be ahead of the incumbent's before it counts as better."""


@dataclass(frozen=True)
class Judge:
    """Net votes of an attempt on persons held back.

    Attributes
    ----------
    worth
        ``(rows, 1 + channels)``, column 0 for no contact.
    """

    worth: Floats

    def plan(self, value: Array) -> NDArray[np.int64]:
        """Spend the usual money on them by a contender's values, ``(rows, channels)``."""
        return allocate(value, USUAL_COST, USUAL_BUDGET * len(value))

    def gain(self, plan: NDArray[np.int64], other: NDArray[np.int64]) -> Floats:
        """Net votes that each person adds under a plan, beside another, ``(rows,)``."""
        row = np.arange(len(plan))
        return np.asarray(self.worth[row, plan] - self.worth[row, other])


def surely(gain: Floats, precinct: Array) -> float:
    """Mean gain less its own error, in net votes for 1,000 USD; 0 for the same plan.

    The persons of a precinct count as one in the error, because what a score misses they share.
    """
    apart = np.bincount(np.asarray(precinct, np.int64), gain - gain.mean())
    error = np.sqrt((apart**2).sum()) / len(gain)
    return float(1000.0 * (gain.mean() - SURE * error) / USUAL_BUDGET)


def judge_of(known: Learned, held: Learned, model: Structured) -> Judge:
    """Value the held persons by a model that learned from the others."""
    chance = fit_logistic(_age(known), known["answered"], penalty=10.0 / len(known["id"]))
    answers = np.maximum(expit(chance.predict(_age(held))[:, 0]), LEAST_CHANCE)
    support = model.support.chance(held)
    side = away(support) + 2.0 * held["answered"] / answers * (held["supports"] - support)
    effect = model.effect(held) * side[:, None]
    return Judge(np.column_stack([np.zeros(len(side)), effect]))


def _age(persons: Learned) -> Floats:
    """What decides who answers a survey, ``(rows, 2)``."""
    return np.column_stack([persons["age"], persons["age"] ** 2])
