"""An electorate in numbers: every constant with its plausible range, unit and source.

People are made up; what a contact does to them follows published field experiments. Nothing here needs more
than the standard library, so that the industry can be described at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from core.protocol import Constant

Effects = Literal["conservative", "generous"]
GGL = "Gerber, Green and Larimer (2008), 344,084 voters of Michigan"
GREEN = "Green and Gerber, Get Out the Vote"

CONSTANTS: Mapping[str, Constant] = {
    # People
    "precinct_voters": Constant(500.0, 300.0, 1000.0, "voters", "assumed: listed voters of a precinct"),
    "lean_sd": Constant(0.9, 0.7, 1.1, "1", "assumed: how far precincts differ in partisanship"),
    "age_shape": Constant(4.2, 3.9, 4.5, "1", "assumed: age is 18 and a gamma law, mean 50, at most 100"),
    "age_scale": Constant(7.6, 7.0, 8.2, "years", "assumed: scale of that law"),
    "female": Constant(0.52, 0.5, 0.54, "share", "assumed: women on voter files"),
    "minority_level": Constant(-1.2, -1.4, -1.0, "logit", "assumed: with the next two, 26 % of the voters"),
    "minority_lean": Constant(1.1, 0.9, 1.3, "logit", "assumed: minorities live where the party is strong"),
    "minority_urban": Constant(0.8, 0.6, 1.0, "logit", "assumed: and in towns"),
    "minority_theta": Constant(0.9, 0.6, 1.2, "1", "assumed: partisanship of minority voters"),
    "female_theta": Constant(0.22, 0.1, 0.3, "1", "assumed: gender gap"),
    "age_theta": Constant(-0.012, -0.02, -0.005, "1/year", "assumed: older voters lean the other way"),
    "support_slope": Constant(2.5, 1.6, 3.5, "logit",
                              "four of five own registrants vote for the party; exit polls of 2012: nine in"
                              " ten of those who call themselves its followers"),
    "consumer_sd": Constant(2.0, 1.5, 4.0, "1", "assumed: noise of an index made of bought consumer data"),
    "register_sd": Constant(0.6, 0.4, 0.9, "1", "assumed: how loosely registration follows partisanship"),
    "unregistered": Constant(0.3, 0.2, 0.4, "share", "assumed: voters without party registration"),
    "swing_sd": Constant(2.0, 1.0, 4.0, "points", "assumed: precinct's last result against its voters' mind"),
    # Turnout
    "age_turnout": Constant(0.038, 0.025, 0.045, "logit/year", f"{GGL}: turnout rises with age"),
    "old_turnout": Constant(0.0012, 0.0006, 0.002, "logit/year^2", "assumed: and falls beyond 76"),
    "very_old": Constant(76.0, 72.0, 80.0, "years", "assumed: age at which turnout begins to fall"),
    "income_turnout": Constant(0.25, 0.1, 0.4, "logit/sd", "assumed: richer precincts vote more"),
    "partisan_turnout": Constant(0.15, 0.0, 0.3, "logit", "assumed: partisans vote more"),
    "habit_sd": Constant(0.9, 0.7, 1.2, "logit",
                         f"assumed: habit that no file shows; past votes explain little in {GGL}"),
    "response_sd": Constant(0.35, 0.0, 0.5, "log", "assumed: some respond more to a contact than others"),
    # Contacts
    "persuasion_height": Constant(0.06, 0.0, 0.15, "logit",
                                  "assumed: of a door visit on those between the parties; mean kept at 0"),
    "between_width": Constant(0.6, 0.4, 0.8, "1", "assumed: partisanship of those between the parties"),
    "backlash_from": Constant(-1.0, -1.5, -0.5, "1", "assumed: whom a contact drives further away"),
    "old_age": Constant(60.0, 55.0, 65.0, "years", "definition: who counts as old"),
    # Survey
    "answer_young": Constant(0.33, 0.2, 0.4, "share", "assumed: of called people of 18 who answer"),
    "answer_age": Constant(0.0025, 0.0, 0.004, "1/year", "assumed: older people answer more"),
}  # fmt: skip

PAST_TURNOUT = (0.58, 0.40, 0.60, 0.38, 0.25)
"""Turnout of the five elections of the file: presidential, mid-term, presidential, mid-term, primary; rounded
levels of US elections before 2012."""


class Channel(NamedTuple):
    """A way to reach a voter.

    Attributes
    ----------
    name
        As in columns.
    contact, old, urban
        Share reached by one attempt; more among the old, and with urbanity from 0 to 1.
    conservative, generous
        Shift of the turnout logit of a person who was reached.
    persuasion
        Its persuasion against that of a door visit.
    assigned
        Share of the pilot that is assigned to it.
    """

    name: str
    contact: float
    old: float
    urban: float
    conservative: float
    generous: float
    persuasion: float
    assigned: float


CHANNELS: tuple[Channel, ...] = (
    # 4 and 7 points among those reached, in an electorate of which 60 % vote: one vote for 14 contacts in
    # early editions.
    Channel("door", 0.25, 0.10, -0.06, 0.20, 0.36, 1.0, 0.20),
    # 1.5 and 2.9 points: one vote for 35 contacts of volunteers.
    Channel("phone", 0.30, 0.15, 0.0, 0.08, 0.15, 0.5, 0.15),
    # .5 points (partisan mail: one vote for 177), and the civic-duty letter of GGL with 1.8.
    Channel("mail", 1.0, 0.0, 0.0, 0.025, 0.093, 0.2, 0.15),
    # No effect in any published experiment.
    Channel("email", 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.10),
)
"""Shares reached: 15-25 doors an hour with 4-6 contacts; a list called once reaches 25-30 % (Wellstone
Action). Effects: Green and Gerber, Get Out the Vote, early editions (generous) and the lower end of later
pooled estimates (conservative). """
LEFT_ALONE = 1.0 - sum(channel.assigned for channel in CHANNELS)
"""Share of the pilot that no channel is assigned to."""
REPLICA: Mapping[str, tuple[float, float]] = {
    "neighbours": (0.395, 8.13),
    "self": (0.238, 4.85),
    "Hawthorne": (0.128, 2.57),
    "civic duty": (0.093, 1.79),
}
"""Mailers of Gerber, Green and Larimer (2008), the strongest first: shift of the logit fitted to their data,
given the voter file, and points of turnout gained."""
REPLICA_TURNOUT = 0.297
"""Turnout of their control group, August 2006."""


@dataclass(frozen=True)
class Settings:
    """What decides an electorate, beside its seed.

    Attributes
    ----------
    voters, pilot, called
        Persons on the list that is played; other persons in the pilot experiment; those of the pilot who are
        called by the survey.
    turnout
        Share who vote in the pilot's election and in the one that is played.
    effects
        Which published effects contacts have.
    persuasion
        Points of support that a door visit gains on average among those reached.
    wrong_match
        Share of persons whose registration and past votes in the file are another person's.
    answers_right
        Share of survey answers that are recorded right.
    register
        Whether a public register shows party and past votes.
    assumed
        Constants that replace those of :data:`CONSTANTS`.
    """

    voters: int
    pilot: int
    called: int
    turnout: float = 0.6
    effects: Effects = "conservative"
    persuasion: float = 0.0
    wrong_match: float = 0.05
    answers_right: float = 1.0
    register: bool = True
    assumed: tuple[tuple[str, float], ...] = ()

    def constant(self, name: str) -> float:
        """Value of a constant in this electorate."""
        return dict(self.assumed).get(name, CONSTANTS[name].value)

    def shift(self, channel: Channel) -> float:
        """Mean shift of the turnout logit of a person who was reached."""
        return channel.generous if self.effects == "generous" else channel.conservative
