"""The best anybody could know of a purchase: Bayes' rule for the generator's own laws.

Whether a card or a terminal is compromised is a hidden state (:mod:`data_synth.payments_spells`) with
evidence at each purchase: how much likelier a thief would have bought this, and what has been reported by
now. For each day the filter runs over the weeks before with the reports known that morning, then purchase by
purchase through the day. Only what is visible at that moment is used; laws, habits and hazards are known,
which no learner can know, so no learner is expected to know as much.

A report may come of the card or of the terminal. Each filter takes the other's word as it stood at the
purchase (one round of mean field); amounts and shops mostly tell the two apart.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from data_synth.payments import Payments, heard_of
from data_synth.payments_spells import Spells
from data_synth.payments_stream import Purchases, owned
from data_synth.tiers import compiled, for_threads

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MEMORY = 45
"""Days that are filtered again each day; longer than a spell and the wait for its reports."""
MOST = 1e12
"""Above this a likelihood ratio is certainty."""


class Posterior(NamedTuple):
    """What is known of each purchase that is asked for, at its moment, ``(rows,)``.

    Attributes
    ----------
    fraud
        Probability that it is fraud.
    card
        Probability that it is the work of somebody who has the card.
    ahead
        What stopping that card now would save if so, k KRW.
    """

    fraud: Floats
    card: Floats
    ahead: Floats


def posterior(world: Payments, *, first_day: int, threads: int = 1) -> Posterior:
    """Filter all purchases from a day on.

    Parameters
    ----------
    world
        Of which ``first_day`` should lie at least :data:`MEMORY` days after the start.
    first_day
        From here on purchases are asked for, to the end.
    threads
        They change the speed alone.
    """
    people, settings = world.people, world.settings
    start = int(np.searchsorted(world.bought.day, max(0, first_day - MEMORY)))
    bought, known = world.bought.at(slice(start, None)), world.reported[start:]
    ratio = np.minimum(people.ratio(bought), MOST)
    dear = bought.amount > people.cap
    late = 1.0 - settings.reported * heard_of(settings, settings.days)
    by_card = _alone(people.spells, people.classes, ratio)
    terminal = _terminals(
        people.outbreaks, bought, known, np.where(dear, 1.0, by_card), late, first_day, threads
    )
    explained = np.where(dear, 1.0, terminal)
    card, rest = _cards(world, bought, known, ratio, explained, late, first_day, threads)
    asked = slice(int(np.searchsorted(bought.day, first_day)), None)
    fraud = 1.0 - (1.0 - card) * (1.0 - explained)
    return Posterior(fraud[asked], card[asked], (rest * people.cost(bought))[asked])


def _alone(law: Spells, classes: Ints, ratio: Floats) -> Floats:
    """Probability that a purchase is a thief's, by itself, ``(rows,)``."""
    share = _stationary(law)
    odds = ratio[:, classes] @ share
    return np.asarray(odds / (1.0 - share.sum() + odds))


def _stationary(law: Spells) -> Floats:
    """Share of things in each state after a long time, ``(S,)``."""
    begun = law.hazard.mean() * law.start
    share = np.zeros(len(begun))
    for s in range(len(begun)):
        into = begun[s] + (share[s - 1] * law.move[s - 1] if s else 0.0)
        share[s] = into / (1.0 - law.stay[s])
    return np.asarray(share / (1.0 + share.sum()))


def _terminals(
    law: Spells, bought: Purchases, known: NDArray[np.int32], by_card: Floats, late: Floats, first_day: int,
    threads: int,
) -> Floats:  # fmt: skip
    """Probability that the terminal is manipulated on the morning of each purchase, ``(rows,)``.

    Before ``first_day`` it is what the law alone says.
    """
    order, bounds = owned(bought.terminal)
    found = np.full(len(order), _stationary(law).sum())
    day, report, explained = bought.day[order], known[order], by_card[order]

    def work(part: slice) -> None:
        filter_terminals(
            bounds[part.start : part.stop + 1], day, report, explained, late, law.hazard, law.start, law.stay,
            law.move, first_day, MEMORY, found,
        )  # fmt: skip

    for_threads(work, len(bounds) - 1, threads)
    return _back(found, order)


def _cards(
    world: Payments, bought: Purchases, known: NDArray[np.int32], ratio: Floats, explained: Floats,
    late: Floats, first_day: int, threads: int,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Probability that a purchase is a thief's, and the days of theft ahead if so, ``(rows,)`` each."""
    people, law = world.people, world.people.spells
    order, bounds = owned(bought.card)
    passed, whole = people.passed(bought)
    day, report, odds, gone, other = (
        np.ascontiguousarray(column[order]) for column in (bought.day, known, ratio, passed, explained)
    )
    theft, rest = np.zeros(len(order)), np.zeros(len(order))

    def work(part: slice) -> None:
        filter_cards(
            bounds[part.start : part.stop + 1], day, report, odds, gone, other, whole, late, law.hazard,
            law.start, law.stay, law.move, people.classes, people.kept, people.ahead(), first_day, MEMORY,
            theft, rest,
        )  # fmt: skip

    for_threads(work, len(bounds) - 1, threads)
    return _back(theft, order), _back(rest, order)


def _back(values: Floats, order: Ints) -> Floats:
    found = np.empty_like(values)
    found[order] = values
    return found


@compiled
def overnight(hazard: Any, start: Any, stay: Any, move: Any, whole: Any, state: Any) -> Any:
    """Let a night pass over the weights of the states, in place; give that of being whole."""
    ended = 0.0
    for s in range(len(state) - 1, -1, -1):
        weight = state[s]
        ended += weight * (1.0 - stay[s] - move[s])
        state[s] = weight * stay[s]
        if s + 1 < len(state):
            state[s + 1] += weight * move[s]
    for s in range(len(state)):
        state[s] += whole * hazard * start[s]
    return whole * (1.0 - hazard) + ended


@compiled
def filter_terminals(bounds: Any, day: Any, known: Any, by_card: Any, late: Any, hazard: Any, start: Any,
                     stay: Any, move: Any, first_day: int, memory: int, found: Any) -> None:  # fmt: skip
    """Fill ``found`` for rows from ``first_day`` on, terminal by terminal; rows stand in time order."""
    state = np.zeros(len(start))
    for owner in range(len(bounds) - 1):
        low, stop, row = bounds[owner], bounds[owner + 1], bounds[owner]
        while row < stop:
            today = day[row]
            if today < first_day:
                row += 1
                continue
            while day[low] < today - memory:
                low += 1
            whole, past = 1.0, low
            state[:] = 0.0
            for d in range(max(0, today - memory), today + 1):
                whole = overnight(hazard[d], start, stay, move, whole, state)
                while d < today and past < row and day[past] == d:
                    unheard = late[today - d]
                    if known[past] <= today:
                        on, off = 1.0, by_card[past]
                    else:
                        on, off = unheard, 1.0 - by_card[past] + by_card[past] * unheard
                    total = whole * off
                    for s in range(len(state)):
                        total += state[s] * on
                    for s in range(len(state)):
                        state[s] *= on / total
                    whole *= off / total
                    past += 1
            while row < stop and day[row] == today:
                found[row] = 1.0 - whole
                row += 1


@compiled
def filter_cards(bounds: Any, day: Any, known: Any, ratio: Any, passed: Any, explained: Any, a_day: Any,
                 late: Any, hazard: Any, start: Any, stay: Any, move: Any, kind: Any, kept: float, ahead: Any,
                 first_day: int, memory: int, theft: Any, rest: Any) -> None:  # fmt: skip
    """Fill ``theft`` and ``rest`` for rows from ``first_day`` on, card by card; rows stand in time order."""
    state, weight, before = np.zeros(len(start)), np.zeros(len(start)), np.zeros(len(a_day))
    for owner in range(len(bounds) - 1):
        low, stop, row = bounds[owner], bounds[owner + 1], bounds[owner]
        while row < stop:
            today = day[row]
            if today < first_day:
                row += 1
                continue
            while day[low] < today - memory:
                low += 1
            whole, past = 1.0, low
            state[:] = 0.0
            for d in range(max(0, today - memory), today + 1):
                whole = overnight(hazard[d], start, stay, move, whole, state)
                before[:] = 0.0
                while past < stop and day[past] == d:
                    other = explained[past]
                    unheard = late[today - d]
                    if known[past] <= today:
                        thief, holder = 1.0, other
                    else:
                        thief, holder = unheard, 1.0 - other + other * unheard
                    stolen, own, gone = 0.0, whole, 0.0
                    for s in range(len(state)):
                        k = kind[s]
                        # No theft of this kind since the purchase before.
                        state[s] *= np.exp(before[k] - passed[past, k])
                        weight[s] = state[s] * ratio[past, k]
                        stolen += weight[s]
                        gone += weight[s] * ahead[s]
                        own += state[s] * kept
                    if d == today:
                        theft[past] = stolen / (stolen + own)
                        rest[past] = gone / max(stolen, 1e-300)
                    total = stolen * thief + own * holder
                    for s in range(len(state)):
                        state[s] = (weight[s] * thief + state[s] * kept * holder) / total
                    whole *= holder / total
                    before[:] = passed[past]
                    past += 1
                if d < today:
                    for s in range(len(state)):
                        state[s] *= np.exp(before[kind[s]] - a_day[kind[s]])
            row = past
