"""Cards and thieves by the rules of the Fraud Detection Handbook's simulator.

The rules are those of its chapter 3 (Le Borgne et al. 2022). Customers and terminals lie on a map; a customer
pays at terminals within reach, uniformly, with amounts about his own mean. Of a compromised card a third of
the purchases are the thief's, five times as dear; at a compromised terminal all are fraud, and dear purchases
always are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.special import ndtr, ndtri

from core.protocol import Luck, Rng
from data_synth.payments_constants import Settings
from data_synth.payments_spells import Spells, days_ahead, fixed
from data_synth.payments_stream import Purchases, Terminals

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NOON, SPREAD = 0.5, 20_000 / 86_400
"""Time of purchases, as shares of a day: normal about noon; what falls outside the day is dropped."""
NEGATIVE = float(ndtr(-2.0))
"""Share of amounts below zero by a normal law with a spread of half its mean; drawn again, uniformly."""
FULL_CARDS = 5_000
MAP = 100.0
"""Side of the map for so many cards; smaller worlds have a smaller one, as densely settled."""


@dataclass(frozen=True, eq=False)
class Handbook:
    """Population and laws.

    Attributes
    ----------
    settings
        What it was drawn from.
    rate, mean
        ``(cards,)`` purchases a day, and mean amount in k KRW.
    usable, offset
        Terminals within reach of each card, one card after another, and where each begins ``(cards + 1,)``.
    terminals
        All of one kind.
    spells, outbreaks
        Laws of compromised cards and terminals.
    """

    settings: Settings
    rate: Floats
    mean: Floats
    usable: Ints
    offset: Ints
    terminals: Terminals
    spells: Spells
    outbreaks: Spells

    @property
    def classes(self) -> NDArray[np.int64]:
        """What a state of a spell does: all the same."""
        return np.zeros(len(self.spells.start), np.int64)

    @property
    def kept(self) -> float:
        """Share of the holder's own purchases that remain his during a spell."""
        return 1.0 - self.settings.constant("stolen_share")

    @property
    def cap(self) -> float:
        """Amount above which every purchase is fraud, k KRW."""
        return self.settings.constant("cap")

    def purchases(self, luck: Luck) -> Purchases:
        """Draw what holders buy on all days, in no order."""
        rng, days = luck("purchases"), self.settings.days
        inside = ndtr(NOON / SPREAD) - ndtr(-NOON / SPREAD)
        bought = rng.poisson(self.rate[:, None] * inside, (len(self.rate), days))
        card = np.repeat(np.arange(len(self.rate)), bought.sum(1))
        day = np.repeat(np.tile(np.arange(days), len(self.rate)), bought.ravel())
        low = ndtr(-NOON / SPREAD)
        clock = NOON + SPREAD * ndtri(low + inside * rng.random(len(card)))
        among = (rng.random(len(card)) * (self.offset[card + 1] - self.offset[card])).astype(np.int64)
        terminal = self.usable[self.offset[card] + among]
        return Purchases(card, day, clock, terminal, self._amounts(card, rng))

    def steal(self, bought: Purchases, state: NDArray[np.int8], luck: Luck) -> tuple[Purchases, Ints]:
        """Let thieves take a share of what compromised cards buy; give all purchases and which are theirs."""
        rng = luck("thieves")
        active = np.flatnonzero(state[bought.card, bought.day] >= 0)
        taken = active[rng.random(len(active)) < self.settings.constant("stolen_share")]
        factor = np.where(rng.random(len(taken)) < self.settings.mimicry, 1.0, self.factor(bought.day[taken]))
        amount = bought.amount.copy()
        amount[taken] = np.round(amount[taken] * factor, 2)
        return bought._replace(amount=amount), taken

    def factor(self, day: Ints) -> Floats:
        """By how much thieves spend more, by day."""
        at_first = self.settings.constant("stolen_factor")
        later = 1.0 + (at_first - 1.0) * (1.0 - self.settings.drift)
        return np.where(day >= self.settings.drift_day, later, at_first)

    def ratio(self, bought: Purchases) -> Floats:
        """Intensity of each kind of theft over the holder's own at each purchase, ``(rows, 1)``."""
        mean, factor = self.mean[bought.card], self.factor(bought.day)
        own = amount_density(bought.amount, mean)
        raised = amount_density(bought.amount / factor, mean) / factor
        mimicry = self.settings.mimicry
        return (
            self.settings.constant("stolen_share")
            * ((1.0 - mimicry) * raised / np.maximum(own, 1e-300) + mimicry)[:, None]
        )

    def passed(self, bought: Purchases) -> tuple[Floats, Floats]:
        """Expected thefts since midnight beyond the holder's purchases that they replace: none."""
        return np.zeros((len(bought.card), 1)), np.zeros(1)

    def ahead(self) -> Floats:
        """Days that a theft goes on from each state, ``(S,)``, half of today counted."""
        return np.asarray(days_ahead(self.spells).sum(1) + 0.5)

    def cost(self, bought: Purchases) -> Floats:
        """What a day of theft takes from the card of each purchase, ``(rows,)`` k KRW."""
        mimicry, card = self.settings.mimicry, bought.card
        factor = (1.0 - mimicry) * self.factor(bought.day) + mimicry
        return self.rate[card] * self.settings.constant("stolen_share") * self.mean[card] * factor

    def _amounts(self, card: Ints, rng: Rng) -> Floats:
        mean = self.mean[card]
        amount = rng.normal(mean, mean / 2)
        below = np.flatnonzero(amount < 0)
        amount[below] = rng.uniform(0.0, 2.0 * mean[below])
        return np.round(amount, 2)


def amount_density(amount: Floats, mean: Floats) -> Floats:
    """Density of a holder's amounts in 1/k KRW: normal, what would be negative uniform up to twice the mean.

    Examples
    --------
    >>> grid = np.arange(0.005, 60, 0.01)
    >>> float(amount_density(grid, np.full(len(grid), 10.0)).sum() * 0.01).__round__(4)
    1.0
    """
    z = (amount - mean) / (mean / 2)
    normal = np.exp(-0.5 * z * z) / (np.sqrt(2 * np.pi) * mean / 2)
    return np.asarray(normal + NEGATIVE * (amount < 2 * mean) / (2 * mean))


def draw_handbook(settings: Settings, luck: Luck) -> Handbook:
    """Draw customers and terminals."""
    cards, rng = settings.cards, luck("population")
    side = MAP * np.sqrt(cards / FULL_CARDS)
    homes, places = rng.uniform(0, side, (cards, 2)), rng.uniform(0, side, (2 * cards, 2))
    near = cKDTree(places).query_ball_point(homes, settings.constant("reach"), return_sorted=True)
    # Whoever lives out of reach of all terminals goes to the nearest.
    nearest = cKDTree(places).query(homes)[1]
    lists = [np.array(found or [one]) for found, one in zip(near, nearest, strict=True)]
    days, constant = settings.days, settings.constant
    return Handbook(
        settings,
        rate=rng.uniform(0.0, constant("rate_most"), cards),
        mean=rng.uniform(constant("mean_least"), constant("mean_most"), cards),
        usable=np.concatenate(lists),
        offset=np.concatenate([[0], np.cumsum([len(one) for one in lists])]),
        terminals=Terminals(
            np.zeros(2 * cards, np.int64), np.zeros(2 * cards, np.int64), np.zeros(2 * cards, bool)
        ),
        spells=fixed(np.full(days, constant("card_hazard")), round(constant("card_days"))),
        outbreaks=fixed(np.full(days, constant("terminal_hazard")), round(constant("terminal_days"))),
    )  # fmt: skip
