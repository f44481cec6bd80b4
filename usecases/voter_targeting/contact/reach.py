"""What a contact does: published experiments first, the campaign's own pilot second.

One shift of the turnout logit for each channel fits the published trials at all levels of turnout. What was
published is the prior; the pilot's difference between those assigned and those left alone moves it as far as
its own standard error allows. So a small pilot changes little, and a large one decides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from core.learn.linear import Linear, fit_logistic
from core.protocol import Array, Table
from data_synth.electorate_constants import CHANNELS
from usecases.voter_targeting.contact.inputs import OLD, Look
from usecases.voter_targeting.contact.schema import Learned

Floats = NDArray[np.float64]
PUBLISHED = {"door": (0.25, 0.10), "phone": (0.10, 0.05), "mail": (0.05, 0.04), "email": (0.0, 0.0)}
"""Shift of the turnout logit of a person who was reached, mean and standard deviation over published trials
(Green and Gerber, Get Out the Vote, early and later editions: a door visit 3 to 8 points, a volunteer's call
1 to 3, a letter 0 to 2). That e-mail has no effect is taken as settled (Nickerson 2007: 13 experiments,
233,000 persons): it costs so little that any chance deviation would decide everything."""
USUAL_REACH = {"door": 0.25, "phone": 0.33, "mail": 1.0, "email": 1.0}
"""Share that an attempt reaches, where there is no pilot (Wellstone Action's planning figures)."""
FEWEST = 50
"""Attempts of a channel without which the planning figure stands."""


@dataclass(frozen=True)
class Reach:
    """Chance that an attempt reaches a person, by channel: age and urbanity tell.

    Attributes
    ----------
    look
        What may be looked at; without age, urbanity alone tells.
    linear
        Log-odds of each channel, or None where the figure in ``usual`` stands.
    usual
        ``(channels,)``.
    """

    look: Look
    linear: tuple[Linear | None, ...]
    usual: Array

    def chance(self, seen: Table) -> Floats:
        """``(rows, channels)``."""
        columns = _columns(seen, self.look)
        return np.column_stack(
            [
                np.full(len(columns), usual) if linear is None else expit(linear.predict(columns)[:, 0])
                for linear, usual in zip(self.linear, self.usual, strict=True)
            ]
        )


def fit_reach(known: Learned, look: Look) -> Reach:
    """Learn who is reached from those whom the pilot tried."""
    models: list[Linear | None] = []
    usual = []
    for i, channel in enumerate(CHANNELS):
        tried = known["arm"] == i + 1
        reached = known["reached"][tried]
        usual.append(float(reached.mean()) if tried.sum() >= FEWEST else USUAL_REACH[channel.name])
        learnable = tried.sum() >= FEWEST and 0.0 < reached.mean() < 1.0
        models.append(
            fit_logistic(_columns(known.rows(tried), look), reached, penalty=10.0 / tried.sum())
            if learnable
            else None
        )
    return Reach(look, tuple(models), np.array(usual))


def _columns(seen: Table, look: Look) -> Floats:
    columns = [np.asarray(seen["urban"], float)]
    if "age" in look.columns:
        columns.append(1.0 * (np.asarray(seen["age"]) >= OLD))
    return np.column_stack(columns)


def posterior_shift(known: Learned, reach: Array, turnout: Array) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each channel's shift, ``(channels,)``.

    The pilot's estimate is that shift at which those assigned would vote as they did: to first order
    ``difference / mean(reach p (1 - p))``, against what the model forecasts without contact.

    Parameters
    ----------
    known
        The pilot.
    reach
        ``(rows, channels)`` chances to reach them.
    turnout
        ``(rows,)`` chances to vote without contact.
    """
    mean, sd = np.array([PUBLISHED[channel.name] for channel in CHANNELS]).T
    left = known["voted"] - turnout
    alone = known["arm"] == 0
    for i in range(len(CHANNELS)):
        tried = known["arm"] == i + 1
        if min(tried.sum(), alone.sum()) < FEWEST:
            continue
        moved = float((reach[tried, i] * (turnout * (1.0 - turnout))[tried]).mean())
        found = (left[tried].mean() - left[alone].mean()) / moved
        error = np.sqrt(left[tried].var() / tried.sum() + left[alone].var() / alone.sum()) / moved
        weight = sd[i] ** 2 / (sd[i] ** 2 + error**2)
        mean[i], sd[i] = mean[i] + weight * (found - mean[i]), sd[i] * np.sqrt(1.0 - weight)
    return np.maximum(mean, 0.0), sd
