"""The incumbent: a walk list by registration, past votes or precinct, whichever history favours.

Before scores of persons, campaigns went through lists: registrants of the party, among them those who vote
now and then, or whole precincts in the order of the last result. The owner of such a list knows by survey how
its persons stand and by the public record how often they vote, and takes the list and the channel that
promise most votes for the money.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.protocol import Array, Table
from data_synth.electorate_constants import CHANNELS
from usecases.voter_targeting.contact.allocation import allocate
from usecases.voter_targeting.contact.inputs import Look
from usecases.voter_targeting.contact.reach import PUBLISHED, USUAL_REACH, fit_reach, posterior_shift
from usecases.voter_targeting.contact.schema import PAST_VOTES, Learned
from usecases.voter_targeting.contact.scores import FEWEST, away

Floats = NDArray[np.float64]
USUAL_COST = np.array([1.6, 0.55, 0.55, 0.01])
"""USD an attempt that contenders plan with, by channel: what the scenario has by default."""
USUAL_BUDGET = 0.3
"""USD for each person of the list that contenders plan with."""


@dataclass(frozen=True)
class WalkList:
    """Order of persons by one list, through one channel.

    Attributes
    ----------
    order
        Name of the list in :data:`LISTS`.
    channel
        Number of the channel.
    """

    order: str
    channel: int

    def value(self, seen: Table) -> Floats:
        """``(rows, channels)``: place in the list, 0 to 1; 0 for those who are never contacted."""
        worth = np.zeros((len(np.asarray(seen["urban"])), len(CHANNELS)))
        worth[:, self.channel] = LISTS[self.order](seen)
        return worth


def _registered(seen: Table) -> Floats:
    """Own registrants first, then those without a party, by precinct; never the other side's."""
    side, share = np.asarray(seen["registration"], float), _share(seen)
    return np.asarray(np.where(side < 0, 0.0, (side > 0) + share) / 2.0)


def _registered_and(fits: Callable[[Array], Array]) -> Callable[[Table], Floats]:
    """Own registrants of a certain record first, then others of the party, then those without one."""

    def order(seen: Table) -> Floats:
        side, share = np.asarray(seen["registration"], float), _share(seen)
        tier = np.where(side > 0, 1.0 + fits(_votes(seen)), 0.0)
        return np.asarray(np.where(side < 0, 0.0, tier + share) / 3.0)

    return order


def _precinct(seen: Table) -> Floats:
    """Whole precincts by their last result, but for the other side's registrants."""
    return np.asarray(np.where(np.asarray(seen["registration"], float) < 0, 0.0, _share(seen)))


def _precinct_sometimes(seen: Table) -> Floats:
    """The same, with those first who vote now and then."""
    now_and_then = (_votes(seen) > 0) & (_votes(seen) < len(PAST_VOTES))
    return np.asarray(_precinct(seen) * (1.0 + now_and_then) / 2.0)


def _share(seen: Table) -> Floats:
    return np.asarray(seen["result"], float) / 100.0


def _votes(seen: Table) -> Floats:
    return np.asarray(np.sum([np.asarray(seen[name], float) for name in PAST_VOTES], axis=0))


LISTS: Mapping[str, Callable[[Table], Floats]] = {
    "registered": _registered,
    "registered, now and then": _registered_and(lambda votes: (votes > 0) & (votes < len(PAST_VOTES))),
    "registered, seldom": _registered_and(lambda votes: votes <= 2),
    "precinct": _precinct,
    "precinct, now and then": _precinct_sometimes,
}
"""Lists that campaigns used, the first without any history."""


def choose_list(known: Learned) -> WalkList:
    """Take the list and the channel that would have gained most net votes for the usual money."""
    alone = known["arm"] == 0
    if alone.sum() < FEWEST:
        return planned_list()
    level = np.full(len(alone), known["voted"][alone].mean())
    reach = fit_reach(known, Look()).chance(known)
    shift, _ = posterior_shift(known, reach, level)
    worth = {
        WalkList(name, i): _worth(known, WalkList(name, i), reach[:, i] * shift[i])
        for i in np.flatnonzero(shift).tolist()
        for name in LISTS
    }
    best = max(worth, key=lambda walk: worth[walk], default=None)
    return best if best is not None and worth[best] > 0.0 else planned_list()


def _worth(known: Learned, walk: WalkList, shift: Floats) -> float:
    """Net votes for the usual money, by what is known of those whom it would buy."""
    bought = allocate(walk.value(known), USUAL_COST, USUAL_BUDGET * len(shift)) > 0
    answered, alone = bought & (known["answered"] > 0), bought & (known["arm"] == 0)
    if answered.sum() < FEWEST or alone.sum() < FEWEST:
        return -np.inf
    turnout = float(known["voted"][alone].mean())
    moved = shift[bought].sum() * turnout * (1.0 - turnout)
    return float(moved * away(known["supports"][answered].mean()))


def planned_list(closed: tuple[str, ...] = ()) -> WalkList:
    """Choose by planning figures alone: registrants, through the open channel that is best for the money."""
    votes = [
        0.0 if channel.name in closed else USUAL_REACH[channel.name] * PUBLISHED[channel.name][0] / cost
        for channel, cost in zip(CHANNELS, USUAL_COST, strict=True)
    ]
    return WalkList("registered", int(np.argmax(votes)))
