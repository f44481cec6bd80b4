"""A card issuer's world: holders, shops, thieves and reports of fraud; what one seed draws.

Two designs give the people and the laws (:mod:`data_synth.payments_handbook`,
:mod:`data_synth.payments_hard`); here they become one stream of purchases in time order, with the truth and
with the day on which the bank hears of each fraud, if it ever does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from core.protocol import Luck
from data_synth.payments_constants import Settings
from data_synth.payments_handbook import Handbook, draw_handbook
from data_synth.payments_hard import HardCards, draw_hard_cards
from data_synth.payments_spells import draw_spells
from data_synth.payments_stream import Purchases

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
GENUINE, BY_CARD, BY_TERMINAL, BY_AMOUNT = range(4)
"""Why a purchase is fraud: the card was stolen, the terminal manipulated, or it is above the cap."""
NEVER = 1_000_000
"""The day on which a fraud is reported that nobody reports."""
GROUPS = 3
"""Holders are told apart by what they usually spend: the third who spend least, the middle, the most."""
MATURE = 0.8
"""Share of the reports after which the bank takes a purchase without one for genuine."""


@dataclass(frozen=True, eq=False)
class Payments:
    """One seed's purchases with all that is true of them.

    Attributes
    ----------
    settings, people
        What it was drawn from: holders, shops and laws.
    bought
        All purchases in time order.
    cause
        ``(rows,)``: :data:`GENUINE` or why it is fraud.
    spell
        ``(rows,)``: which spell of a stolen card a fraud belongs to, else -1.
    reported
        ``(rows,)``: the day from whose morning on the bank knows of a fraud, :data:`NEVER` for others.
    group
        ``(cards,)``: third of the holders by what they spend a purchase.
    first_played
        First row of the play.
    """

    settings: Settings
    people: Handbook | HardCards
    bought: Purchases
    cause: NDArray[np.int8]
    spell: NDArray[np.int32]
    reported: NDArray[np.int32]
    group: NDArray[np.int8]
    first_played: int

    @property
    def fraud(self) -> NDArray[np.bool_]:
        """Which purchases are fraud, ``(rows,)``."""
        return np.asarray(self.cause != GENUINE)


def draw(settings: Settings, luck: Luck) -> Payments:
    """Draw a world."""
    people = (
        draw_handbook(settings, luck) if settings.design == "handbook" else draw_hard_cards(settings, luck)
    )
    cards, terminals = len(people.rate), len(people.terminals.category)
    card_state, card_spell = draw_spells(people.spells, cards, luck("stolen cards"))
    terminal_state, _ = draw_spells(people.outbreaks, terminals, luck("manipulated terminals"))
    bought = people.purchases(luck)
    dear = bought.amount > people.cap
    bought, stolen = people.steal(bought, card_state, luck)
    cause = np.zeros(len(bought.card), np.int8)
    cause[: len(dear)][dear] = BY_AMOUNT
    cause[terminal_state[bought.terminal, bought.day] >= 0] = BY_TERMINAL
    cause[stolen] = BY_CARD
    order = np.argsort(bought.time, kind="stable")
    bought, cause = bought.at(order), cause[order]
    spell = np.where(cause == BY_CARD, card_spell[bought.card, bought.day], -1).astype(np.int32)
    return Payments(
        settings, people, bought, cause, spell,
        reported=_reports(settings, bought.day, cause != GENUINE, luck),
        group=spending_group(bought, cards),
        first_played=int(np.searchsorted(bought.day, settings.history_days)),
    )  # fmt: skip


def spending_group(bought: Purchases, cards: int) -> NDArray[np.int8]:
    """Give each holder's third by mean amount; those who never bought belong to the first."""
    count = np.bincount(bought.card, minlength=cards)
    mean = np.bincount(bought.card, bought.amount, cards) / np.maximum(count, 1)
    rank = np.argsort(np.argsort(mean, kind="stable"), kind="stable")
    return (GROUPS * rank // cards).astype(np.int8)


# --- reports ------------------------------------------------------------------------------------


def _reports(settings: Settings, day: Ints, fraud: NDArray[np.bool_], luck: Luck) -> NDArray[np.int32]:
    """Draw the day from whose morning on the bank knows of each fraud."""
    rng = luck("reports")
    rows = np.flatnonzero(fraud)
    # All luck is drawn for all, so that quality and delay change who reports when, and nothing else.
    heard, quick, wait = rng.random(len(rows)), rng.random(len(rows)), rng.standard_normal(len(rows))
    days = np.full(len(rows), round(settings.delay_days))
    if settings.delay_spread > 0:
        late = settings.delay_days * np.exp(settings.delay_spread * wait)
        slow = np.minimum(np.maximum(np.ceil(late), 1), settings.constant("report_cap")).astype(np.int64)
        days = np.where(quick < settings.constant("same_day"), 1, slow)
    found = np.full(len(day), NEVER, np.int32)
    found[rows] = np.where(heard < settings.reported, day[rows] + np.maximum(days, 1), NEVER)
    return found


def heard_of(settings: Settings, days: int) -> Floats:
    """Share of reports that are in on the morning so many days later, ``(days + 1,)`` for 0, 1, ….

    Examples
    --------
    >>> heard_of(Settings("handbook", 10, 20, 10), 9).tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0]
    """
    age = np.arange(days + 1)
    if settings.delay_spread == 0:
        return (age >= max(round(settings.delay_days), 1)).astype(float)
    at_once, cap = settings.constant("same_day"), settings.constant("report_cap")
    late = ndtr(np.log(np.maximum(age, 1) / settings.delay_days) / settings.delay_spread)
    late[age >= cap] = 1.0
    return np.where(age >= 1, at_once + (1.0 - at_once) * late, 0.0)


def maturity(settings: Settings) -> int:
    """Days after which the bank takes a purchase without a report for genuine."""
    return int(np.argmax(heard_of(settings, 130) >= MATURE))
