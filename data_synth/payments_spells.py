"""When cards and terminals are compromised: a hidden state that moves from day to day.

A thing is whole, or in one of S states of a spell. Spells start and end at midnight. A fixed length is a
chain of states that each move on; a memoryless one is a state that stays.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.protocol import Rng

Floats = NDArray[np.float64]
WHOLE = -1
"""The state of a thing that is not compromised."""


class Spells(NamedTuple):
    """Law of the hidden state.

    Attributes
    ----------
    hazard
        ``(days,)`` probability that a spell starts on a day, for a thing that is whole.
    start
        ``(S,)`` share of spells that start in each state.
    stay, move
        ``(S,)`` probability of the same state the next day, and of the next one in line; else it ends.
    """

    hazard: Floats
    start: Floats
    stay: Floats
    move: Floats


def fixed(hazard: Floats, days: int) -> Spells:
    """Spells of a fixed number of days.

    Examples
    --------
    >>> fixed(np.full(9, 0.1), 3).move.tolist()
    [1.0, 1.0, 0.0]
    """
    states = np.arange(days)
    return Spells(hazard, (states == 0).astype(float), np.zeros(days), (states < days - 1).astype(float))


def days_ahead(law: Spells) -> Floats:
    """Mean number of days in each later or equal state, ``(S, S)``: from state s, today not counted.

    Examples
    --------
    >>> days_ahead(fixed(np.zeros(1), 3)).sum(1).tolist()
    [2.0, 1.0, 0.0]
    """
    onward = np.diag(law.stay) + np.diag(law.move[:-1], 1)
    return np.asarray(np.linalg.inv(np.eye(len(onward)) - onward) - np.eye(len(onward)))


def draw_spells(law: Spells, things: int, rng: Rng) -> tuple[NDArray[np.int8], NDArray[np.int32]]:
    """Draw the states of all things over all days.

    Things start as they are after a long time under the first day's hazard.

    Returns
    -------
    state, spell
        ``(things, days)``: the state or :data:`WHOLE`, and the number of the spell or -1.
    """
    days, states = len(law.hazard), len(law.start)
    state = np.empty((things, days), np.int8)
    spell = np.empty((things, days), np.int32)
    now, number = np.full(things, WHOLE), np.full(things, -1)
    before = max(60, 2 * states)
    begun = 0
    for day in range(-before, days):
        luck = rng.random(things)
        on = now >= 0
        # What a spell does next; a whole thing may start one.
        stay, move = law.stay[now], law.move[now]
        after = np.where(luck < stay, now, np.where(luck < stay + move, now + 1, WHOLE))
        starts = ~on & (luck < law.hazard[max(day, 0)])
        now = np.where(on, after, np.where(starts, rng.choice(states, things, p=law.start), WHOLE))
        number = np.where(starts, begun + np.cumsum(starts) - 1, np.where(now >= 0, number, -1))
        begun += int(starts.sum())
        if day >= 0:
            state[:, day], spell[:, day] = now, number
    return state, spell
