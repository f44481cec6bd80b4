"""The incumbent: a walk list by registration, past votes or precinct, whichever history favours.

Before scores of persons, campaigns went through lists: registrants of the party, or whole precincts in the
order of the last result, those first who vote now and then. The owner of such a list knows by survey how its
tiers stand, by the public record how often they vote, and by published trials and the pilot what an attempt
through each channel gains on average; the money goes where a tier and a channel promise most for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.protocol import Array, Table
from data_synth.electorate_constants import CHANNELS
from usecases.voter_targeting.contact.allocation import allocate
from usecases.voter_targeting.contact.inputs import Look
from usecases.voter_targeting.contact.reach import PUBLISHED, USUAL_REACH, fit_reach, posterior_shift
from usecases.voter_targeting.contact.scenario import USUAL_BUDGET_USD, USUAL_USD
from usecases.voter_targeting.contact.schema import PAST_VOTES, Learned
from usecases.voter_targeting.contact.scores import OTHER, OWN, away

Floats = NDArray[np.float64]
Order = Literal["registered", "precinct"]
ORDERS: tuple[Order, ...] = ("registered", "precinct")
USUAL_COST = np.array([USUAL_USD[channel.name] for channel in CHANNELS])
"""USD an attempt that contenders plan with, by channel."""
USUAL_BUDGET = USUAL_BUDGET_USD / 1000.0
"""USD for each person of the list that contenders plan with."""
FEWEST = 30
"""Answers or persons of a tier without which lore, or the mean of all, stands in."""
EVEN = 0.25
"""``p (1 - p)`` where half of the persons vote."""


@dataclass(frozen=True)
class WalkList:
    """Tiers of persons and what an attempt on each is taken to be worth.

    Attributes
    ----------
    order
        ``registered``: own registrants first, then those without a party by their precinct; ``precinct``:
        everybody by the precinct but the other side's registrants.
    own, other
        Share of each side's registrants who support the party.
    moved
        ``(past votes + 1,)``: how easily persons with 0, 1, … past votes are moved, against the mean.
    effect
        ``(channels,)`` votes that an attempt gains on average.
    """

    order: Order
    own: float
    other: float
    moved: Array
    effect: Array

    def value(self, seen: Table) -> Floats:
        """Net votes, ``(rows, channels)``."""
        worth = away(self.support(seen)) * self.moved[past_votes(seen)]
        return np.asarray(worth[:, None] * self.effect)

    def support(self, seen: Table) -> Floats:
        """Share of a person's tier that supports the party, ``(rows,)``."""
        side = np.asarray(seen["registration"], float)
        share = np.asarray(seen["result"], float) / 100.0
        own = np.full(len(side), self.own) if self.order == "registered" else share
        return np.select([side > 0, side < 0], [own, np.full(len(side), self.other)], share)


def past_votes(seen: Table) -> NDArray[np.int64]:
    """In how many of the file's elections a person voted, ``(rows,)``."""
    return np.asarray(np.sum([np.asarray(seen[name]) for name in PAST_VOTES], axis=0), np.int64)


def choose_list(known: Learned) -> WalkList:
    """Take the list that would have gained most net votes for the usual money."""
    if (known["arm"] == 0).sum() < FEWEST:
        return planned_list()
    steady, level = _moved(known)
    reach = fit_reach(known, Look()).chance(known)
    shift, _ = posterior_shift(known, reach, np.full(len(reach), known["voted"][known["arm"] == 0].mean()))
    effect = level * reach.mean(0) * shift
    own, other = (
        _answers(known, known["registration"] == side, lore) for side, lore in ((1, OWN), (-1, OTHER))
    )
    lists = [
        WalkList(order, own, other, moved, effect)
        for order, moved in product(ORDERS, (np.ones(len(steady)), steady))
    ]
    return max(lists, key=lambda walk: _worth(known, walk, steady))


def planned_list() -> WalkList:
    """Give the list of lore and of the planning figures alone: registrants, all of them moved alike."""
    figures = [USUAL_REACH[channel.name] * PUBLISHED[channel.name][0] for channel in CHANNELS]
    return WalkList("registered", OWN, OTHER, np.ones(1 + len(PAST_VOTES)), EVEN * np.array(figures))


def _moved(known: Learned) -> tuple[Floats, float]:
    """``p (1 - p)`` of those left alone by their past votes, against the mean, and that mean."""
    alone = known["arm"] == 0
    count = past_votes(known)
    chance = known["voted"][alone].mean()
    by_count = np.full(1 + len(PAST_VOTES), chance)
    for k in range(len(by_count)):
        tier = alone & (count == k)
        if tier.sum() >= FEWEST:
            by_count[k] = known["voted"][tier].mean()
    spread = by_count * (1.0 - by_count)
    level = float(spread[count].mean())
    return np.asarray(spread / level) if level > 0.0 else np.ones(len(spread)), level


def _answers(known: Learned, tier: Array, lore: float) -> float:
    """Share of a tier's answers for the party; lore where there are few."""
    answered = tier & (known["answered"] > 0)
    return float(known["supports"][answered].mean()) if answered.sum() >= FEWEST else lore


def _worth(known: Learned, walk: WalkList, steady: Floats) -> float:
    """Net votes for the usual money, by the answers of those whom it would buy."""
    plan = allocate(walk.value(known), USUAL_COST, USUAL_BUDGET * len(known["id"]))
    votes = np.concatenate([[0.0], walk.effect])[plan] * steady[past_votes(known)]
    answered = known["answered"] > 0
    if votes[answered].sum() <= 0.0:
        return 0.0
    return float(votes.sum() * away(np.average(known["supports"][answered], weights=votes[answered])))
