"""The election: one budget is spent on one list, and what follows is worked out from the truth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.protocol import Array, Luck, Outcome, Policy, Table
from core.stats.uplift import auuc, cumulative_gain, gain_band, ipw_effect, qini
from data_synth.electorate import Electorate
from data_synth.electorate_constants import CHANNELS
from usecases.voter_targeting.contact.allocation import allocate, effect_of, price_of, terms_of
from usecases.voter_targeting.contact.scenario import ContactScenario
from usecases.voter_targeting.contact.schema import seen_of

Floats = NDArray[np.float64]
FEWEST_SHOWN = 50
"""Persons of a group below which nothing is shown of it."""
BUDGETS = (0.1, 0.2, 0.35, 0.6, 1.0, 1.5, 2.2, 3.0)
"""Of the frontier, against the scenario's."""
SHARES = np.linspace(0.0, 1.0, 21)
TRIAL = 40_000
"""Persons of the trial whose estimate is drawn beside the truth, at most."""
MOST_USD = 10_000.0
"""Cost of a net vote where there is none."""


def play(scenario: ContactScenario, world: Electorate, policy: Policy, luck: Luck) -> Outcome:
    """Let a policy spend the budget."""
    rules = rules_of(scenario, world)
    decided = policy.act(seen_of(world), rules)
    budget, cost, allowed = terms_of(rules)
    channel = _kept(np.asarray(decided["channel"]), cost, allowed, budget, luck)
    gained = effect_of(world.effects.net, channel)
    value = np.asarray(decided["value"], float)
    order = value.max(1)
    door = world.effects.net[:, 0]
    turnout = world.effects.turnout + effect_of(world.effects.votes, channel)
    votes = float(gained.sum())
    tried = channel > 0
    kpis = {
        "net_votes": 1000.0 * votes / budget,
        "vote_usd": min(float(price_of(cost)[channel].sum()) / votes, MOST_USD) if votes > 0.0 else MOST_USD,
        "wrong_side": 100.0 * float((gained[tried] < 0.0).mean()) if tried.any() else 0.0,
        "qini": 1000.0 * qini(order, door),
        "auuc": 1000.0 * auuc(order, door),
        "turnout_gini": 100.0 * gini(turnout),
        **{f"gap_{name}": gap(belongs, tried) for name, belongs in sides(world).items()},
    }
    traces = {
        "gain": _gain_trace(world, order, luck),
        "groups": _group_trace(world, tried),
        "frontier": _frontier_trace(world, np.where(allowed, value, 0.0), cost, budget),
        "channels": _channel_trace(channel, cost),
    }
    return Outcome(kpis, traces)


def rules_of(scenario: ContactScenario, world: Electorate) -> Table:
    """Budget, costs and what the law allows, which everybody knows."""
    rules = {"budget_usd": scenario.budget_usd * len(world.voters) / 1000.0}
    for channel in CHANNELS:
        rules[f"{channel.name}_usd"] = getattr(scenario, f"{channel.name}_usd")
        rules[f"{channel.name}_allowed"] = getattr(scenario, f"{channel.name}_allowed", 1.0)
    return {name: np.array([value]) for name, value in rules.items()}


def _kept(channel: Array, cost: Array, allowed: Array, budget: float, luck: Luck) -> NDArray[np.int64]:
    """Attempts that the law allows and the money pays for: what is too much is struck off by lot."""
    kept = np.where(np.concatenate([[True], allowed])[channel], channel, 0).astype(np.int64)
    if price_of(cost)[kept].sum() > budget * (1.0 + 1e-9):
        order = luck("struck off").permutation(len(kept))
        late = order[np.cumsum(price_of(cost)[kept][order]) > budget]
        kept[late] = 0
    return kept


# --- who is reached ----------------------------------------------------------------------------


def sides(world: Electorate) -> dict[str, NDArray[np.bool_]]:
    """Give the groups whose share of the contacts is watched, ``(rows,)`` each."""
    voters = world.voters
    return {
        "race": voters.minority > 0.0,
        "age": voters.age < 35.0,
        "income": voters.income < np.median(voters.income),
    }


def gap(belongs: NDArray[np.bool_], tried: NDArray[np.bool_]) -> float:
    """Points by which a group's share of the contacts differs from its share of the voters."""
    if not tried.any():
        return 0.0
    return float(100.0 * abs(belongs[tried].mean() - belongs.mean()))


def gini(turnout: Array) -> float:
    """Gini coefficient of the chance to vote: 0 when all vote alike.

    Examples
    --------
    >>> gini(np.array([0.5, 0.5])), gini(np.array([0.0, 1.0]))
    (0.0, 0.5)
    """
    ordered = np.sort(turnout)
    rank = 2.0 * np.arange(1, len(ordered) + 1) - len(ordered) - 1
    return float(rank @ ordered / (len(ordered) * ordered.sum()))


def _group_trace(world: Electorate, tried: NDArray[np.bool_]) -> Table:
    """Shares of voters and of contacts by group; a group of fewer than 50 is left out."""
    voters = world.voters
    groups = {
        "minority": voters.minority > 0,
        "majority": voters.minority == 0,
        "women": voters.female > 0,
        "men": voters.female == 0,
        "18-34": voters.age < 35,
        "35-59": (voters.age >= 35) & (voters.age < 60),
        "60+": voters.age >= 60,
        "poorer precincts": sides(world)["income"],
        "richer precincts": ~sides(world)["income"],
    }
    shown = {name: rows for name, rows in groups.items() if rows.sum() >= FEWEST_SHOWN}
    contacts = max(int(tried.sum()), 1)
    return {
        "group": np.array(list(shown)),
        "voters": np.array([100.0 * rows.mean() for rows in shown.values()]),
        "contacts": np.array([100.0 * (rows & tried).sum() / contacts for rows in shown.values()]),
    }


# --- pictures ----------------------------------------------------------------------------------


def _gain_trace(world: Electorate, order: Floats, luck: Luck) -> Table:
    """Net votes by doors in the contender's order: the truth, and the band that a trial would show.

    The trial knocks at half of the doors by lot and sees who votes; whom they support it takes as known, so
    a real campaign knows less.
    """
    effects, rng = world.effects, luck("trial")
    rows = min(len(order), TRIAL)
    true = cumulative_gain(order, effects.net[:, 0])
    knocked = rng.random(rows) < 0.5
    reached = knocked & (rng.random(rows) < effects.reach[:rows, 0])
    voted = rng.random(rows) < np.where(reached, effects.turnout_if[:rows, 0], effects.turnout[:rows])
    side = 2.0 * effects.support[:rows] - 1.0
    seen = ipw_effect(voted * side, knocked, 0.5)
    band = gain_band(order[:rows], seen, world.voters.precinct[:rows], SHARES, rng)
    return {
        "share": 100.0 * SHARES,
        "gain": 1000.0 * true.at(SHARES),
        "low": 1000.0 * band.low,
        "high": 1000.0 * band.high,
    }


def _frontier_trace(world: Electorate, value: Floats, cost: Array, budget: float) -> Table:
    """Net votes by the money spent, as the same values would spend it."""
    rows = len(value)
    spent, votes = [0.0], [0.0]
    for factor in BUDGETS:
        channel = allocate(value, cost, factor * budget)
        spent.append(1000.0 * factor * budget / rows)
        votes.append(1000.0 * float(effect_of(world.effects.net, channel).sum()) / rows)
    return {"usd": np.array(spent), "votes": np.array(votes)}


def _channel_trace(channel: NDArray[np.int64], cost: Array) -> Table:
    count = np.bincount(channel, minlength=1 + len(CHANNELS))[1:]
    money = count * cost
    return {
        "channel": np.array([one.name for one in CHANNELS]),
        "persons": 100.0 * count / max(len(channel), 1),
        "money": 100.0 * money / max(float(money.sum()), 1e-9),
    }
