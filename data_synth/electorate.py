"""An electorate: who would vote, for whom, and what a contact would change; what one seed draws.

Everybody is made up. A person has a partisanship and a habit of voting that no file shows, and a public
record that tells of them: age, registration, past votes, the precinct's last result. A contact shifts the
logit of voting by a constant that published experiments give (their data fit one shift at all levels of
turnout), so it moves those most who are undecided whether to vote, and hardly anybody's choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from core.protocol import Luck, Rng
from data_synth.electorate_constants import CHANNELS, LEFT_ALONE, PAST_TURNOUT, Channel, Settings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
BALANCED = 50_000
"""Rows, evenly spread, by which the level of turnout is set."""
VOTE_DAY, RECORD_DAYS = 28.0, 15
"""Day of the pilot's election, and days until all precincts have published who voted."""


@dataclass(frozen=True, eq=False)
class People:
    """Persons, ``(rows,)`` each: what is true of them and what the file says.

    Attributes
    ----------
    precinct, age, female, minority
        Where they live, years, 0 or 1.
    registration, votes
        As the file has it: 1 the party's own, -1 the other's, 0 none; ``(rows, 5)`` past votes. All 0 where
        no register is public.
    consumer
        Index made of consumer data, in the unit of ``theta``.
    income, urban, result, party_share
        The precinct's: income in standard deviations, urbanity 0 to 1, the party's last result in %, and
        share of its registrants among those with a party in %.
    theta, habit
        Partisanship, positive for the party; logit of habit. Hidden.
    response
        How strongly a contact moves this person against the mean. Hidden.
    lean
        The precinct's mean of partisanship. Hidden.
    """

    precinct: Ints
    age: Floats
    female: Floats
    minority: Floats
    registration: Floats
    votes: NDArray[np.int8]
    consumer: Floats
    income: Floats
    urban: Floats
    result: Floats
    party_share: Floats
    theta: Floats
    habit: Floats
    response: Floats
    lean: Floats

    def __len__(self) -> int:
        return len(self.age)

    def rows(self, chosen: slice) -> People:
        """Some of the persons."""
        return People(**{name: column[chosen] for name, column in vars(self).items()})


@dataclass(frozen=True, eq=False)
class Pilot:
    """The pilot experiment, one row a person in the order of the electorate.

    Attributes
    ----------
    arm
        ``(rows,)``: 0 left alone, else 1 + number of the channel.
    reached, voted
        ``(rows,)`` 0 or 1.
    recorded
        ``(rows,)`` day on which the county published who voted.
    called, answered, day
        ``(rows,)``: whether the survey called, whether somebody answered, on which day.
    supports
        ``(rows,)`` the answer, 0 or 1, as it was recorded.
    """

    arm: Ints
    reached: NDArray[np.bool_]
    voted: NDArray[np.bool_]
    recorded: Floats
    called: NDArray[np.bool_]
    answered: NDArray[np.bool_]
    day: Floats
    supports: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Electorate:
    """One seed's persons: first those of the pilot, then those who are played.

    Attributes
    ----------
    settings
        What it was drawn from.
    people
        All of them.
    level
        Intercept of the turnout logit.
    middle, backlash
        Persuasion of a door visit: logit on those between the parties, and against those of the other side.
    pilot
        What the experiment and the survey found.
    """

    settings: Settings
    people: People
    level: float
    middle: float
    backlash: float
    pilot: Pilot

    @cached_property
    def voters(self) -> People:
        """Those who are played."""
        return self.people.rows(slice(self.settings.pilot, None))

    @cached_property
    def effects(self) -> Effects:
        """What each channel would change of those who are played."""
        return effects_of(self, self.voters)


@dataclass(frozen=True, eq=False)
class Effects:
    """What is true of persons under each channel.

    Attributes
    ----------
    reach
        ``(rows, channels)`` chance that an attempt reaches the person.
    turnout, support
        ``(rows,)`` chances without any contact.
    turnout_if, support_if
        ``(rows, channels)`` chances once reached.
    """

    reach: Floats
    turnout: Floats
    support: Floats
    turnout_if: Floats
    support_if: Floats

    @cached_property
    def votes(self) -> Floats:
        """Turnout gained by an attempt, ``(rows, channels)``."""
        return self.reach * (self.turnout_if - self.turnout[:, None])

    @cached_property
    def net(self) -> Floats:
        """Net votes gained by an attempt, ``(rows, channels)``: votes for the party less those against."""
        before = self.turnout * (2.0 * self.support - 1.0)
        return self.reach * (self.turnout_if * (2.0 * self.support_if - 1.0) - before[:, None])


def draw(settings: Settings, luck: Luck) -> Electorate:
    """Draw persons, their records, and what the pilot found."""
    people = draw_people(settings, luck)
    engaged = engagement(settings, people)
    level = intercept(engaged, settings.turnout)
    support = support_of(settings, people.theta)
    middle, backlash = persuasion(settings, people.theta, support)
    # The pilot needs the effects, and these the levels that only the whole electorate gives.
    bare = Electorate(settings, people, level, middle, backlash, pilot=_none())
    return Electorate(settings, people, level, middle, backlash, run_pilot(bare, luck))


# --- persons -----------------------------------------------------------------------------------


def draw_people(settings: Settings, luck: Luck) -> People:
    """Draw persons in precincts, then what the file says of them."""
    constant, rng = settings.constant, luck("people")
    rows = settings.pilot + settings.voters
    precincts = max(8, round(rows / constant("precinct_voters")))
    lean = constant("lean_sd") * rng.standard_normal(precincts)
    income, urban = rng.standard_normal(precincts), rng.random(precincts)
    precinct = rng.integers(precincts, size=rows)
    age = np.minimum(18.0 + rng.gamma(constant("age_shape"), constant("age_scale"), rows), 100.0)
    female = (rng.random(rows) < constant("female")).astype(np.float64)
    home, town = lean[precinct], urban[precinct]
    chance = constant("minority_level") + constant("minority_lean") * home
    chance += constant("minority_urban") * (town - 0.5)
    minority = (rng.random(rows) < expit(chance)).astype(np.float64)
    theta = middle_theta(settings, home, minority, female, age) + rng.standard_normal(rows)
    habit = constant("habit_sd") * rng.standard_normal(rows)
    spread = constant("response_sd")
    response = np.exp(spread * rng.standard_normal(rows) - spread**2 / 2)
    people = People(
        precinct, np.asarray(age), female, minority, np.zeros(rows),
        np.zeros((rows, len(PAST_TURNOUT)), np.int8),
        theta + constant("consumer_sd") * rng.standard_normal(rows), income[precinct], town,
        np.zeros(rows), np.zeros(rows), theta, habit, response, home,
    )  # fmt: skip
    return with_records(settings, people, luck("records"))


def middle_theta(settings: Settings, lean: Floats, minority: Floats, female: Floats, age: Floats) -> Floats:
    """Mean of partisanship, given what everybody may see and the precinct's lean, ``(rows,)``."""
    constant = settings.constant
    return np.asarray(
        lean
        + constant("minority_theta") * (minority - 0.25)
        + constant("female_theta") * (female - 0.5)
        + constant("age_theta") * (age - 48.0)
    )


def with_records(settings: Settings, people: People, rng: Rng) -> People:
    """Fill in registration, past votes and results, some of them matched to the wrong person."""
    rows, constant = len(people), settings.constant
    party = np.sign(people.theta + constant("register_sd") * rng.standard_normal(rows))
    registration = np.where(rng.random(rows) < constant("unregistered"), 0.0, party)
    engaged = engagement(settings, people)
    votes = np.empty((rows, len(PAST_TURNOUT)), np.int8)
    for j, share in enumerate(PAST_TURNOUT):
        votes[:, j] = rng.random(rows) < expit(engaged + intercept(engaged, share))
    wrong = np.flatnonzero(rng.random(rows) < settings.wrong_match)
    # Each of them gets the record of the next in a random ring, so nobody keeps his own.
    ring = rng.permutation(wrong)
    registration[ring], votes[ring] = np.roll(registration[ring], 1), np.roll(votes[ring], 1, axis=0)
    result = last_result(people, support_of(settings, people.theta), votes[:, 2])
    if not settings.register:
        registration, votes = np.zeros_like(registration), np.zeros_like(votes)
    result = np.clip(result + constant("swing_sd") * rng.standard_normal(len(result)), 1.0, 99.0)
    return People(**{
        **vars(people), "registration": registration, "votes": votes, "result": result[people.precinct],
        "party_share": party_share(people.precinct, registration, len(result)),
    })  # fmt: skip


def last_result(people: People, support: Floats, voted: NDArray[np.int8]) -> Floats:
    """Give the party's share of each precinct's votes in the last general election, ``(precincts,)`` %."""
    cast = np.bincount(people.precinct, voted)
    return np.asarray(100.0 * np.bincount(people.precinct, voted * support) / np.maximum(cast, 1.0))


def party_share(precinct: Ints, registration: Floats, precincts: int) -> Floats:
    """Own registrants among those with a party, of each person's precinct, ``(rows,)`` %; 50 without any."""
    own = np.bincount(precinct, registration > 0, minlength=precincts)
    listed = np.bincount(precinct, registration != 0, minlength=precincts)
    return np.asarray((100.0 * (own + 0.5) / (listed + 1.0))[precinct])


def engagement(settings: Settings, people: People) -> Floats:
    """Logit of voting but for the election's level, ``(rows,)``."""
    return visible_engagement(settings, people) + (
        settings.constant("partisan_turnout") * np.abs(people.theta) + people.habit
    )


def visible_engagement(settings: Settings, people: People) -> Floats:
    """Its part that follows from age and income, ``(rows,)``."""
    constant = settings.constant
    return np.asarray(
        constant("age_turnout") * (people.age - 48.0)
        - constant("old_turnout") * np.maximum(people.age - constant("very_old"), 0.0) ** 2
        + constant("income_turnout") * people.income
    )


def intercept(engaged: Floats, turnout: float) -> float:
    """Level at which a share of the persons votes, by Newton's method."""
    some = engaged[:: len(engaged) // BALANCED + 1]
    level = float(logit(turnout))
    for _ in range(8):
        chance = expit(some + level)
        level -= float((chance.mean() - turnout) / (chance * (1.0 - chance)).mean())
    return level


def support_of(settings: Settings, theta: Floats) -> Floats:
    """Chance that a person who votes chooses the party, ``(rows,)``."""
    return np.asarray(expit(settings.constant("support_slope") * theta))


# --- contacts ----------------------------------------------------------------------------------


def between(settings: Settings, theta: Floats) -> Floats:
    """How much a person stands between the parties, 0 to 1."""
    return np.asarray(np.exp(-((theta / settings.constant("between_width")) ** 2)))


def moved_of(world: Electorate, theta: Floats) -> Floats:
    """Shift of the logit of support of a person whom a door visit reached, ``(rows,)`` or any shape."""
    backlash = theta < world.settings.constant("backlash_from")
    return np.asarray(world.middle * between(world.settings, theta) - world.backlash * backlash)


def persuasion(settings: Settings, theta: Floats, support: Floats) -> tuple[float, float]:
    """Give the logit of a door visit on those between the parties, and that against it on the other side.

    With the usual height the backlash makes the mean shift of support 0; other means come from the middle.
    """
    height = settings.constant("persuasion_height")
    slope = support * (1.0 - support)
    gained = float((slope * between(settings, theta)).mean())
    lost = float((slope * (theta < settings.constant("backlash_from"))).mean())
    return height + settings.persuasion / 100.0 / gained, height * gained / lost


def reach_of(channel: Channel, old: Floats, urban: Floats) -> Floats:
    """Chance that one attempt reaches a person, ``(rows,)``."""
    return np.asarray(channel.contact + channel.old * old + channel.urban * urban)


def effects_of(world: Electorate, people: People) -> Effects:
    """Work out what each channel would change."""
    settings, theta = world.settings, people.theta
    logit_turnout = engagement(settings, people) + world.level
    logit_support = settings.constant("support_slope") * theta
    old = (people.age >= settings.constant("old_age")).astype(np.float64)
    moved = moved_of(world, theta)
    columns = [
        (
            reach_of(channel, old, people.urban),
            expit(logit_turnout + settings.shift(channel) * people.response),
            expit(logit_support + channel.persuasion * moved),
        )
        for channel in CHANNELS
    ]
    reach, turnout_if, support_if = (np.column_stack(part) for part in zip(*columns, strict=True))
    return Effects(reach, expit(logit_turnout), expit(logit_support), turnout_if, support_if)


# --- the pilot ---------------------------------------------------------------------------------


def run_pilot(world: Electorate, luck: Luck) -> Pilot:
    """Assign channels by lot, see who votes, and ask some of those persons whom they support."""
    settings, rng = world.settings, luck("pilot")
    people = world.people.rows(slice(0, settings.pilot))
    effects, rows = effects_of(world, people), len(people)
    ends = np.cumsum([LEFT_ALONE, *(channel.assigned for channel in CHANNELS[:-1])])
    arm = np.searchsorted(ends, rng.random(rows), "right")
    channel = np.maximum(arm - 1, 0)
    row = np.arange(rows)
    reached = (arm > 0) & (rng.random(rows) < effects.reach[row, channel])
    chance = np.where(reached, effects.turnout_if[row, channel], effects.turnout)
    voted = rng.random(rows) < chance
    late = rng.integers(RECORD_DAYS, size=people.precinct.max(initial=0) + 1)
    called = np.zeros(rows, bool)
    called[rng.permutation(rows)[: settings.called]] = True
    answers = settings.constant("answer_young") + settings.constant("answer_age") * (people.age - 18.0)
    answered = called & (rng.random(rows) < answers)
    mind = rng.random(rows) < np.where(reached, effects.support_if[row, channel], effects.support)
    wrong = rng.random(rows) >= settings.answers_right
    return Pilot(
        arm, reached, voted, VOTE_DAY + 1.0 + late[people.precinct], called, answered,
        rng.integers(14, 28, size=rows).astype(np.float64), mind ^ wrong,
    )  # fmt: skip


def _none() -> Pilot:
    empty = np.zeros(0, bool)
    return Pilot(np.zeros(0, np.int64), empty, empty, np.zeros(0), empty, empty, np.zeros(0), empty)
