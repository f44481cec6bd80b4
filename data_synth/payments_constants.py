"""Card payments in numbers: every constant with its plausible range, unit and source.

Two designs share one generator. ``handbook`` follows the simulator of the Fraud Detection Handbook (Le
Borgne et al. 2022, chapter 3): few habits, frequent fraud, terminals and cards that stay compromised for
weeks. ``hard_cards`` has people with favourite shops and hours, and thieves who use a card for two days.
Nothing here needs a compiler, so that the industry can be described at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from core.protocol import Constant

Design = Literal["handbook", "hard_cards"]
HANDBOOK = "Fraud Detection Handbook, chapter 3"

CONSTANTS: Mapping[str, Constant] = {
    # The handbook's design
    "rate_most": Constant(4.0, 3.0, 5.0, "1/day", f"{HANDBOOK}: purchases a day, uniform from 0"),
    "mean_least": Constant(5.0, 4.0, 6.0, "k KRW",
                           f"{HANDBOOK}: mean amounts, uniform; its unit read as k KRW"),
    "mean_most": Constant(100.0, 90.0, 110.0, "k KRW", f"{HANDBOOK}: mean amounts, uniform"),
    "reach": Constant(5.0, 4.0, 6.0, "% of the map", f"{HANDBOOK}: radius within which terminals are used"),
    "cap": Constant(220.0, 200.0, 240.0, "k KRW", f"{HANDBOOK}, scenario 1: dearer purchases are fraud"),
    "terminal_hazard": Constant(2e-4, 1e-4, 4e-4, "1/day", f"{HANDBOOK}, scenario 2: 2 of 10,000 a day"),
    "terminal_days": Constant(28.0, 14.0, 42.0, "day", f"{HANDBOOK}, scenario 2"),
    "card_hazard": Constant(6e-4, 3e-4, 9e-4, "1/day", f"{HANDBOOK}, scenario 3: 3 of 5,000 a day"),
    "card_days": Constant(14.0, 7.0, 21.0, "day", f"{HANDBOOK}, scenario 3"),
    "stolen_share": Constant(1 / 3, 0.25, 0.4, "share", f"{HANDBOOK}, scenario 3: of the card's purchases"),
    "stolen_factor": Constant(5.0, 3.0, 6.0, "ratio", f"{HANDBOOK}, scenario 3: on the amount"),
    # Hard cards: people
    "hard_rate": Constant(1.0, 0.8, 1.2, "1/day", "assumed: purchases a card and day, mean of a gamma law"),
    "hard_rate_shape": Constant(1.2, 1.0, 2.0, "1", "assumed: a few cards pay for most purchases"),
    "habit_share": Constant(0.75, 0.6, 0.85, "share", "assumed: purchases at one of twelve favourite shops"),
    "travel_share": Constant(0.10, 0.05, 0.2, "share", "assumed: other shop visits outside the home region"),
    "taste_sd": Constant(0.45, 0.3, 0.6, "log", "assumed: how freely a person spends against others"),
    "hour_sd": Constant(4.0, 3.0, 5.0, "h", "assumed: spread of a person's hours about its own mean"),
    # Hard cards: thieves
    "hard_hazard": Constant(1.4e-4, 0.8e-4, 2.4e-4, "1/day",
                            "with 5-6 frauds a spell about .1 % of purchases; ULB .17 %, TabFormer .12 %"),
    "hard_terminal_hazard": Constant(2e-5, 0.0, 4e-5, "1/day", "assumed: a tenth of the handbook's"),
    "campaign_share": Constant(0.10, 0.0, 0.2, "share",
                               "assumed: days of campaigns with stolen card numbers"),
    "campaign_factor": Constant(4.0, 1.0, 6.0, "ratio", "assumed: thefts in a campaign, against other days"),
    "campaign_days": Constant(3.0, 2.0, 5.0, "day", "assumed: length of a campaign"),
    "stay": Constant(0.5, 0.3, 0.6, "share", "assumed: spells that go on the next day, two days on average"),
    "frauds_a_day": Constant(3.0, 2.0, 4.0, "1/day", "Worldline 2018: 1,000 frauds on 300 cards a day"),
    "tested_share": Constant(0.4, 0.1, 0.6, "share",
                             "assumed: stolen numbers tried out by small purchases first"),
    "raised": Constant(1.1, 0.7, 1.3, "log", "assumed: amounts of thieves against the category's"),
    # Reports
    "same_day": Constant(0.2, 0.1, 0.4, "share", "assumed: holders who notice at once (spread-out reports)"),
    "report_cap": Constant(120.0, 60.0, 120.0, "day", "card schemes: disputes usually within 120 days"),
    # Review
    "review_min": Constant(8.0, 5.0, 15.0, "min",
                           "merchants report about 5 min a manual review; banks longer"),
    "review_spread": Constant(0.6, 0.4, 0.8, "log", "assumed: log-normal service times"),
    "shift_start": Constant(8.0, 6.0, 9.0, "h", "assumed: the analysts' day"),
    "shift_end": Constant(22.0, 18.0, 24.0, "h", "assumed: two shifts"),
}  # fmt: skip


class Category(NamedTuple):
    """A kind of shop: share of purchases, median amount in k KRW, log spread, whether it sells online."""

    name: str
    share: float
    median: float
    spread: float
    online: bool


CATEGORIES: tuple[Category, ...] = (
    Category("groceries", 0.24, 25.0, 0.70, False),
    Category("restaurants", 0.24, 16.0, 0.60, False),
    Category("fuel and transport", 0.10, 45.0, 0.50, False),
    Category("retail", 0.10, 45.0, 0.90, False),
    Category("health", 0.07, 20.0, 0.70, False),
    Category("online shops", 0.15, 38.0, 0.80, True),
    Category("digital goods", 0.06, 10.0, 0.70, True),
    Category("travel", 0.04, 120.0, 0.90, True),
)
"""Shares and amounts of hard cards are assumed; log spreads lie in the .5-.9 that card data usually show."""
REGIONS = 20
FAVOURITES = 12
WEEKDAYS = (0.95, 0.95, 0.95, 1.0, 1.15, 1.15, 0.85)
"""Purchases from Monday to Sunday against the mean day, hard cards; assumed."""


class Theft(NamedTuple):
    """A way of using a stolen card.

    ``share`` of the thefts; ``pace`` times the usual frauds a day; ``mix`` the shop categories, by name, and
    ``later`` those after the thieves have changed their ways; ``home`` the share in the holder's own region;
    ``day`` whether the thief keeps shopping hours.
    """

    name: str
    share: float
    pace: float
    mix: Mapping[str, float]
    later: Mapping[str, float]
    home: float
    day: bool


THEFTS: tuple[Theft, ...] = (
    Theft("trial", 0.0, 2 / 3, {"digital goods": 1.0},
          {"digital goods": 0.5, "online shops": 0.5}, 0.0, False),
    Theft("number stolen", 0.65, 1.0, {"online shops": 0.5, "digital goods": 0.2, "travel": 0.3},
          {"online shops": 0.2, "digital goods": 0.7, "travel": 0.1}, 0.0, False),
    Theft("card stolen", 0.15, 1.0, {"groceries": 0.3, "fuel and transport": 0.2, "retail": 0.5},
          {"groceries": 0.6, "fuel and transport": 0.2, "retail": 0.2}, 0.8, True),
    Theft("counterfeit", 0.10, 1.0, {"groceries": 0.2, "fuel and transport": 0.2, "retail": 0.6},
          {"groceries": 0.5, "fuel and transport": 0.4, "retail": 0.1}, 0.0, True),
    Theft("account taken over", 0.10, 2 / 3, {"online shops": 0.6, "travel": 0.4},
          {"online shops": 0.3, "digital goods": 0.6, "travel": 0.1}, 0.0, True),
)  # fmt: skip
"""Shares after the card-not-present share of card fraud (about four fifths of its value in SEPA, 2018); mixes
are assumed. A trial comes before the use of a stolen number."""
TRIAL_MEDIAN, TRIAL_SPREAD = 2.0, 0.5
"""Amounts of trials, k KRW and log; assumed."""


@dataclass(frozen=True)
class Settings:
    """What decides a world, beside its seed.

    Attributes
    ----------
    design
        Whose rules.
    cards
        Of the handbook's design; hard cards are twice as many, who pay half as often.
    history_days, play_days
        What is learned from, and what is played.
    mimicry
        Share of frauds that have the holder's own habit, apart for each attribute.
    drift
        How far thieves change their ways in the middle of the play, 0 to 1.
    delay_days, delay_spread
        Median time until a fraud is reported, and log spread; with spread 0 every report takes exactly so
        long.
    reported
        Share of frauds that are ever reported.
    assumed
        Constants that replace those of :data:`CONSTANTS`.
    """

    design: Design
    cards: int
    history_days: int
    play_days: int
    mimicry: float = 0.0
    drift: float = 0.0
    delay_days: float = 7.0
    delay_spread: float = 0.0
    reported: float = 1.0
    assumed: tuple[tuple[str, float], ...] = ()

    @property
    def days(self) -> int:
        """All days of the world."""
        return self.history_days + self.play_days

    @property
    def drift_day(self) -> int:
        """The day from which thieves have other ways."""
        return self.history_days + self.play_days // 2

    def constant(self, name: str) -> float:
        """Value of a constant in this world."""
        return dict(self.assumed).get(name, CONSTANTS[name].value)
