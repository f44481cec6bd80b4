"""What the file tells of a person, by Bayes' rule with the generator's own laws.

Partisanship and habit are integrated out, given all that the file says of the person and the lean of the
precinct, which is more than anybody can see. So no policy that decides on the file can expect more net votes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from data_synth.electorate import (
    Electorate,
    People,
    engagement,
    intercept,
    middle_theta,
    moved_of,
    reach_of,
    support_of,
    visible_engagement,
)
from data_synth.electorate_constants import CHANNELS, PAST_TURNOUT

Floats = NDArray[np.float64]
NODES = np.linspace(-4.5, 4.5, 37)
"""Standardised partisanship at which the integral is summed; the trapezoid rule converges fast on a bell."""
HABIT, HABIT_WEIGHT = np.polynomial.hermite_e.hermegauss(16)
RESPONSE, RESPONSE_WEIGHT = np.polynomial.hermite_e.hermegauss(7)
GRID = np.linspace(-9.0, 9.0, 721)
"""Engagement, habit left out, for which tables are made."""
PATTERNS = np.array(list(product((0, 1), repeat=len(PAST_TURNOUT))), np.int8)
"""All records of past votes, ``(patterns, elections)``, by their number in binary."""
CHUNK = 10_000


@dataclass(frozen=True, eq=False)
class Expected:
    """Expectations given the file.

    Attributes
    ----------
    net, votes
        ``(rows, channels)``: net votes, and votes cast, gained by an attempt.
    turnout, support
        ``(rows,)`` chances of voting, and of choosing the party.
    """

    net: Floats
    votes: Floats
    turnout: Floats
    support: Floats


def expected(world: Electorate, people: People) -> Expected:
    """Integrate over what the file does not show."""
    tables, settings = _tables(world), world.settings
    pattern, usual = _pattern(people), _usual(world, people)
    if not settings.register:
        pattern = np.full_like(pattern, -1)
    precision = 1.0 + 1.0 / settings.constant("consumer_sd") ** 2
    prior = middle_theta(settings, people.lean, people.minority, people.female, people.age)
    middle = (prior + people.consumer / settings.constant("consumer_sd") ** 2) / precision
    base = visible_engagement(settings, people)
    parts = [
        _integrate(world, tables, middle[rows], 1.0 / np.sqrt(precision), base[rows], pattern[rows],
                   people.registration[rows], usual[rows])
        for rows in (slice(start, start + CHUNK) for start in range(0, len(people), CHUNK))
    ]  # fmt: skip
    turnout, support, votes, net = (np.concatenate(part) for part in zip(*parts, strict=True))
    old = (people.age >= settings.constant("old_age")).astype(np.float64)
    reach = np.column_stack([reach_of(channel, old, people.urban) for channel in CHANNELS])
    return Expected(reach * net, reach * votes, turnout, support)


def _tables(world: Electorate) -> Floats:
    """Record's likelihood times the chance to vote, habit integrated out.

    ``(patterns + 1, 2 + channels, grid)``: for each record of votes, and last without one; of the likelihood
    by itself, with the chance to vote, and with that once reached through each channel.
    """
    settings = world.settings
    sd, weight = settings.constant("habit_sd"), HABIT_WEIGHT / HABIT_WEIGHT.sum()
    engaged = GRID[:, None] + sd * HABIT
    everybody = engagement(settings, world.people)
    levels = [intercept(everybody, share) for share in PAST_TURNOUT]
    chance = np.stack([expit(engaged + level) for level in levels])
    likelihood = np.stack(
        [np.where(votes[:, None, None] == 1, chance, 1.0 - chance).prod(0) for votes in PATTERNS]
        + [np.ones_like(engaged)]
    )
    spread = settings.constant("response_sd")
    responses = np.exp(spread * RESPONSE - spread**2 / 2)
    shares = RESPONSE_WEIGHT / RESPONSE_WEIGHT.sum()
    outcomes = [np.ones_like(engaged), expit(engaged + world.level)] + [
        sum(
            share * expit(engaged + world.level + settings.shift(channel) * response)
            for response, share in zip(responses, shares, strict=True)
        )
        for channel in CHANNELS
    ]
    return np.asarray(np.stack([(likelihood * outcome) @ weight for outcome in outcomes], axis=1))


def _usual(world: Electorate, people: People) -> Floats:
    """Share of the whole file that has a person's record: its likelihood if it is another's, ``(rows,)``."""

    def key(persons: People) -> NDArray[np.int64]:
        return len(PATTERNS) * (1 + persons.registration.astype(np.int64)) + _pattern(persons)

    share = np.bincount(key(world.people), minlength=3 * len(PATTERNS)) / len(world.people)
    return np.asarray(share[key(people)])


def _pattern(people: People) -> NDArray[np.int64]:
    """Number of each record of past votes among :data:`PATTERNS`, ``(rows,)``."""
    return np.asarray(people.votes @ (1 << np.arange(len(PAST_TURNOUT))[::-1]))


def _integrate(
    world: Electorate, tables: Floats, middle: Floats, sd: float, base: Floats, pattern: NDArray[np.int64],
    registration: Floats, usual: Floats,
) -> tuple[Floats, Floats, Floats, Floats]:  # fmt: skip
    """Sum over partisanship: turnout, support, votes and net votes once reached, of some rows."""
    settings, wrong = world.settings, world.settings.wrong_match
    theta = middle[:, None] + sd * NODES
    weight = np.exp(-0.5 * NODES**2)
    weight = weight / weight.sum()
    own = (1.0 - wrong) * weight * _registered(world, theta, registration)
    place = base[:, None] + settings.constant("partisan_turnout") * np.abs(theta)
    # Either the record is the person's own, or it says nothing.
    mass = own[:, None] * _read(tables, pattern, place)
    mass += (wrong * usual[:, None] * weight)[:, None] * _read(tables, np.full(len(base), -1), place)
    total = mass[:, 0].sum(1)
    support = support_of(settings, theta)
    slope = settings.constant("support_slope")
    moved = moved_of(world, theta)
    before = (mass[:, 1] * (2.0 * support - 1.0)).sum(1)
    votes, net = np.empty((2, len(base), len(CHANNELS)))
    for i, channel in enumerate(CHANNELS):
        after = 2.0 * expit(slope * theta + channel.persuasion * moved) - 1.0
        votes[:, i] = (mass[:, 2 + i] - mass[:, 1]).sum(1)
        net[:, i] = (mass[:, 2 + i] * after).sum(1) - before
    turnout = mass[:, 1].sum(1) / total
    return turnout, (mass[:, 0] * support).sum(1) / total, votes / total[:, None], net / total[:, None]


def _registered(world: Electorate, theta: Floats, registration: Floats) -> Floats:
    """Likelihood of the registration, ``(rows, nodes)``."""
    if not world.settings.register:
        return np.ones_like(theta)
    none = world.settings.constant("unregistered")
    side = registration[:, None] * theta / world.settings.constant("register_sd")
    return np.where(registration[:, None] == 0.0, none, (1.0 - none) * ndtr(side))


def _read(tables: Floats, pattern: NDArray[np.int64], place: Floats) -> Floats:
    """Interpolate the tables, ``(rows, columns, nodes)``."""
    at = np.clip((place - GRID[0]) / (GRID[1] - GRID[0]), 0.0, len(GRID) - 1.001)
    left = at.astype(np.int64)
    part = (at - left)[:, None]
    columns = np.arange(tables.shape[1])[:, None]
    row = pattern[:, None, None]
    low = tables[row, columns, left[:, None]]
    return np.asarray(low + part * (tables[row, columns, left[:, None] + 1] - low))
