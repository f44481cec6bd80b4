"""Cards of people with habits, and thieves who use a card for two days and half look like its holder.

A holder has favourite shops, a taste in amounts and hours of the day. A stolen number is used online, often
after small trials; a stolen or copied card in shops; an account that was taken over online. Each attribute of
a theft (shop, amount, hour) is with the probability ``mimicry`` drawn from the holder's own habit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from core.protocol import Luck, Rng
from data_synth.payments_constants import (
    CATEGORIES,
    FAVOURITES,
    REGIONS,
    THEFTS,
    TRIAL_MEDIAN,
    TRIAL_SPREAD,
    WEEKDAYS,
    Settings,
)
from data_synth.payments_spells import Spells, days_ahead, fixed
from data_synth.payments_stream import Purchases, Terminals

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SHARE = np.array([c.share for c in CATEGORIES])
MEDIAN = np.log([c.median for c in CATEGORIES])
WIDTH = np.array([c.spread for c in CATEGORIES])
ONLINE = np.array([c.online for c in CATEGORIES])
HOUR, HOURS = 14.0, (2.0, 8.0, 20.0)
"""Middle of people's days; spread between people, earliest and latest."""
ZIPF = (1.0 / np.arange(1, FAVOURITES + 1)) / (1.0 / np.arange(1, FAVOURITES + 1)).sum()
"""How often the favourites are visited."""
MIX, LATER = (
    np.array([[getattr(theft, name).get(c.name, 0.0) for c in CATEGORIES] for theft in THEFTS])
    for name in ("mix", "later")
)
HOME, BY_DAY = np.array([t.home for t in THEFTS]), np.array([t.day for t in THEFTS])
LESS_RAISED = 0.5
"""How much of the rise in amounts thieves give up when they change their ways."""


@dataclass(frozen=True, eq=False)
class HardCards:
    """Population and laws.

    Attributes
    ----------
    settings
        What it was drawn from.
    rate, taste, hour, home
        ``(cards,)``: purchases a day, shift of log amounts, mean hour, region.
    mix
        ``(cards, K)`` share of each category among purchases outside the favourites.
    favourites
        ``(cards, 12)`` terminals, the dearest first.
    terminals, order, offset
        Shops; their numbers by category and region, and where each cell begins, ``(K, REGIONS + 1)``.
    spells, outbreaks
        Laws of compromised cards and terminals; states of a spell are kinds of theft.
    """

    settings: Settings
    rate: Floats
    taste: Floats
    hour: Floats
    home: Ints
    mix: Floats
    favourites: Ints
    terminals: Terminals
    order: Ints
    offset: Ints
    spells: Spells
    outbreaks: Spells

    @property
    def classes(self) -> NDArray[np.int64]:
        """What a state of a spell does: its kind of theft."""
        return np.arange(len(THEFTS))

    @property
    def kept(self) -> float:
        """Share of the holder's own purchases that remain his during a spell."""
        return 1.0

    @property
    def cap(self) -> float:
        """No amount is fraud by itself."""
        return np.inf

    @property
    def pace(self) -> Floats:
        """Frauds a day by kind of theft, ``(5,)``."""
        return self.settings.constant("frauds_a_day") * np.array([theft.pace for theft in THEFTS])

    # --- what happens ---

    def purchases(self, luck: Luck) -> Purchases:
        """Draw what holders buy on all days, in no order."""
        rng, days = luck("purchases"), self.settings.days
        bought = rng.poisson(self.rate[:, None] * rhythm(np.arange(days)), (len(self.rate), days))
        card = np.repeat(np.arange(len(self.rate)), bought.sum(1))
        day = np.repeat(np.tile(np.arange(days), len(self.rate)), bought.ravel())
        terminal, clock = self._habitual_shop(card, rng), self._habitual_clock(card, rng)
        return Purchases(card, day, clock, terminal, self._habitual_amount(card, terminal, rng))

    def steal(self, bought: Purchases, state: NDArray[np.int8], luck: Luck) -> tuple[Purchases, Ints]:
        """Let thieves buy with compromised cards; give all purchases and which are theirs."""
        rng = luck("thieves")
        cards, days = np.nonzero(state >= 0)
        kinds = self.classes[state[cards, days]]
        count = rng.poisson(self.pace[kinds])
        card, day, kind = (np.repeat(column, count) for column in (cards, days, kinds))
        same = rng.random((3, len(card))) < self.settings.mimicry
        terminal = np.where(same[0], self._habitual_shop(card, rng), self._thief_shop(card, day, kind, rng))
        amount = np.where(
            same[1], self._habitual_amount(card, terminal, rng), self._thief_amount(terminal, day, kind, rng)
        )
        clock = np.where(
            same[2],
            self._habitual_clock(card, rng),
            np.where(
                BY_DAY[kind], hour_quantile(np.full(len(card), HOUR), self._hour_sd, rng),
                rng.random(len(card)),
            ),
        )  # fmt: skip
        theirs = Purchases(card, day, clock, terminal, amount)
        return bought.beside(theirs), len(bought.card) + np.arange(len(card))

    # --- how likely it was ---

    def ratio(self, bought: Purchases) -> Floats:
        """Intensity of each kind of theft over the holder's own at each purchase, ``(rows, 5)``."""
        card, mimicry = bought.card, self.settings.mimicry
        own_shop, shop = self._shop_density(bought)
        own_amount, amount = self._amount_density(bought)
        own_hour, hour = self._hour_density(bought)
        theirs = self.pace * np.ones((len(card), 1))
        for own, specific in ((own_shop, shop), (own_amount, amount), (own_hour, hour)):
            theirs = theirs * ((1.0 - mimicry) * specific / np.maximum(own, 1e-300)[:, None] + mimicry)
        return np.asarray(theirs / (self.rate[card] * rhythm(bought.day))[:, None])

    def passed(self, bought: Purchases) -> tuple[Floats, Floats]:
        """Thefts expected since midnight ``(rows, 5)`` and in a whole day ``(5,)``, by kind."""
        mimicry, clock = self.settings.mimicry, bought.clock
        by_day = hour_share(clock, np.full(len(clock), HOUR), self._hour_sd)
        specific = np.where(BY_DAY, by_day[:, None], clock[:, None])
        own = hour_share(clock, self.hour[bought.card], self._hour_sd)[:, None]
        return self.pace * ((1.0 - mimicry) * specific + mimicry * own), self.pace

    def ahead(self) -> Floats:
        """Days that a theft goes on from each state, ``(S,)``, half of today counted.

        Days of each kind count by what they take; a day of a stolen number counts 1.
        """
        rest, worth = days_ahead(self.spells) + 0.5 * np.eye(len(THEFTS)), self._worth(0.0)
        return np.asarray(rest @ worth / worth[1])

    def cost(self, bought: Purchases) -> Floats:
        """What a day of theft with a stolen number takes, ``(rows,)`` k KRW."""
        before, after = (self._worth(drift)[1] for drift in (0.0, self.settings.drift))
        return np.where(bought.day >= self.settings.drift_day, float(after), float(before))

    def _worth(self, drift: float) -> Floats:
        """What a day of each kind of theft takes from a holder of mean taste, ``(5,)`` k KRW."""
        mimicry = self.settings.mimicry
        raised = self.settings.constant("raised") * (1.0 - LESS_RAISED * drift)
        own = np.exp(MEDIAN + WIDTH**2 / 2)
        mix = (1.0 - mimicry) * ((1.0 - drift) * MIX + drift * LATER) + mimicry * SHARE
        usual = mix @ own * ((1.0 - mimicry) * np.exp(raised) + mimicry)
        usual[0] = (1.0 - mimicry) * TRIAL_MEDIAN + mimicry * (mix[0] @ own)
        return np.asarray(self.pace * usual)

    # --- habits ---

    @property
    def _hour_sd(self) -> float:
        return self.settings.constant("hour_sd")

    def _habitual_shop(self, card: Ints, rng: Rng) -> Ints:
        favourite = np.searchsorted(ZIPF.cumsum()[:-1], rng.random(len(card)))
        found = self.favourites[card, favourite]
        new = np.flatnonzero(rng.random(len(card)) >= self.settings.constant("habit_share"))
        category = pick(self.mix[card[new]], rng)
        away = rng.random(len(new)) < self.settings.constant("travel_share")
        found[new] = self._shop_in(category, self.home[card[new]], away, rng)
        return found

    def _shop_in(self, category: Ints, region: Ints, anywhere: NDArray[np.bool_], rng: Rng) -> Ints:
        """Give a shop of a category, in a region or anywhere; online ones have no region."""
        wide = anywhere | ONLINE[category]
        low = np.where(wide, self.offset[category, 0], self.offset[category, region])
        high = np.where(wide, self.offset[category, -1], self.offset[category, region + 1])
        return np.asarray(self.order[low + (rng.random(len(category)) * (high - low)).astype(np.int64)])

    def _habitual_amount(self, card: Ints, terminal: Ints, rng: Rng) -> Floats:
        kind = self.terminals.category[terminal]
        return money(rng.normal(MEDIAN[kind] + self.taste[card], WIDTH[kind]))

    def _habitual_clock(self, card: Ints, rng: Rng) -> Floats:
        return hour_quantile(self.hour[card], self._hour_sd, rng)

    # --- thieves ---

    def _changed(self, day: Ints) -> Floats:
        return np.where(day >= self.settings.drift_day, self.settings.drift, 0.0)

    def _thief_shop(self, card: Ints, day: Ints, kind: Ints, rng: Rng) -> Ints:
        later = self._changed(day)[:, None]
        category = pick((1.0 - later) * MIX[kind] + later * LATER[kind], rng)
        return self._shop_in(category, self.home[card], rng.random(len(card)) >= HOME[kind], rng)

    def _thief_amount(self, terminal: Ints, day: Ints, kind: Ints, rng: Rng) -> Floats:
        category = self.terminals.category[terminal]
        middle = MEDIAN[category] + self._raised(day)
        usual = rng.normal(middle, WIDTH[category])
        return money(np.where(kind == 0, rng.normal(np.log(TRIAL_MEDIAN), TRIAL_SPREAD, len(kind)), usual))

    def _raised(self, day: Ints) -> Floats:
        return self.settings.constant("raised") * (1.0 - LESS_RAISED * self._changed(day))

    # --- densities: the holder's ``(rows,)``, and each kind of theft's ``(rows, 5)`` ---

    def _shop_density(self, bought: Purchases) -> tuple[Floats, Floats]:
        card, category = bought.card, self.terminals.category[bought.terminal]
        everywhere = 1.0 / (self.offset[category, -1] - self.offset[category, 0])
        region = self.terminals.region[bought.terminal]
        there = 1.0 / (self.offset[category, region + 1] - self.offset[category, region])
        nearby = np.where(ONLINE[category], everywhere, (region == self.home[card]) * there)
        away, habit = self.settings.constant("travel_share"), self.settings.constant("habit_share")
        new = self.mix[card, category] * ((1.0 - away) * nearby + away * everywhere)
        favoured = (self.favourites[card] == bought.terminal[:, None]) @ ZIPF
        later = self._changed(bought.day)[:, None]
        mix = (1.0 - later) * MIX.T[category] + later * LATER.T[category]
        theirs = mix * (HOME * nearby[:, None] + (1.0 - HOME) * everywhere[:, None])
        return habit * favoured + (1.0 - habit) * new, theirs

    def _amount_density(self, bought: Purchases) -> tuple[Floats, Floats]:
        """Densities of log amounts."""
        category, x = self.terminals.category[bought.terminal], np.log(bought.amount)
        middle, width = MEDIAN[category], WIDTH[category]
        usual = normal_density(x, middle + self._raised(bought.day), width)
        theirs = np.repeat(usual[:, None], len(THEFTS), 1)
        theirs[:, 0] = normal_density(x, np.full_like(x, np.log(TRIAL_MEDIAN)), np.full_like(x, TRIAL_SPREAD))
        return normal_density(x, middle + self.taste[bought.card], width), theirs

    def _hour_density(self, bought: Purchases) -> tuple[Floats, Floats]:
        """Densities over shares of the day."""
        own = hour_density(bought.clock, self.hour[bought.card], self._hour_sd)
        by_day = hour_density(bought.clock, np.full_like(own, HOUR), self._hour_sd)
        return own, np.where(BY_DAY, by_day[:, None], 1.0)


# --- laws ---------------------------------------------------------------------------------------


def rhythm(day: Ints) -> Floats:
    """Purchases of a day against the mean day, ``(days,)``."""
    return np.array(WEEKDAYS)[day % 7]


def pick(shares: Floats, rng: Rng) -> Ints:
    """Draw one column a row by its share, ``(rows, K)`` to ``(rows,)``."""
    below = shares.cumsum(1)
    return np.asarray((rng.random((len(shares), 1)) * below[:, -1:] >= below[:, :-1]).sum(1))


def money(logarithm: Floats) -> Floats:
    """Amounts in k KRW, to 10 KRW and never nothing."""
    return np.maximum(np.round(np.exp(logarithm), 2), 0.01)


def normal_density(x: Floats, middle: Floats, width: Floats) -> Floats:
    """Density of a normal law."""
    z = (x - middle) / width
    return np.asarray(np.exp(-0.5 * z * z) / (np.sqrt(2 * np.pi) * width))


def hour_share(clock: Floats, middle: Floats, spread: float) -> Floats:
    """Share of a person's purchases until a time of the day: a normal law cut off at both midnights."""
    low, high = ndtr(-middle / spread), ndtr((24.0 - middle) / spread)
    return np.asarray((ndtr((24.0 * clock - middle) / spread) - low) / (high - low))


def hour_density(clock: Floats, middle: Floats, spread: float) -> Floats:
    """Density of :func:`hour_share`."""
    inside = ndtr((24.0 - middle) / spread) - ndtr(-middle / spread)
    return np.asarray(24.0 * normal_density(24.0 * clock, middle, np.full_like(clock, spread)) / inside)


def hour_quantile(middle: Floats, spread: float, rng: Rng) -> Floats:
    """Draw times of the day from :func:`hour_share`."""
    low, high = ndtr(-middle / spread), ndtr((24.0 - middle) / spread)
    clock = (middle + spread * ndtri(low + (high - low) * rng.random(len(middle)))) / 24.0
    return np.asarray(np.clip(clock, 0.0, 1.0 - 1e-9))


# --- draw ---------------------------------------------------------------------------------------


def draw_hard_cards(settings: Settings, luck: Luck) -> HardCards:
    """Draw shops, holders and campaigns."""
    cards, rng, constant = 2 * settings.cards, luck("population"), settings.constant
    terminals, order, offset = _shops(2 * settings.cards)
    spread, earliest, latest = HOURS
    shape = constant("hard_rate_shape")
    mix = SHARE * rng.gamma(2.0, size=(cards, len(SHARE)))
    bare = HardCards(
        settings,
        rate=np.maximum(rng.gamma(shape, constant("hard_rate") / shape, cards), 0.01),
        taste=rng.normal(0.0, constant("taste_sd"), cards),
        hour=np.clip(rng.normal(HOUR, spread, cards), earliest, latest),
        home=rng.integers(REGIONS, size=cards),
        mix=mix / mix.sum(1, keepdims=True),
        favourites=np.empty((cards, 0), np.int64),
        terminals=terminals,
        order=order,
        offset=offset,
        spells=_thefts(settings, luck("campaigns")),
        outbreaks=fixed(
            np.full(settings.days, constant("hard_terminal_hazard")), round(constant("terminal_days"))
        ),
    )
    return HardCards(**{**bare.__dict__, "favourites": _favourites(bare, rng)})


def _shops(count: int) -> tuple[Terminals, Ints, Ints]:
    """Shops by category, those with a door spread evenly over the regions; sorted into cells."""
    sizes = np.maximum(np.round(SHARE * count).astype(np.int64), REGIONS)
    category = np.repeat(np.arange(len(sizes)), sizes)
    region = np.concatenate([np.arange(size) % REGIONS for size in sizes])
    order = np.lexsort((region, category))
    cell = category[order] * REGIONS + region[order]
    inner = np.searchsorted(cell, np.arange(len(sizes))[:, None] * REGIONS + np.arange(REGIONS + 1))
    return Terminals(category, region, ONLINE[category]), order, inner


def _favourites(people: HardCards, rng: Rng) -> Ints:
    cards = np.repeat(np.arange(len(people.rate)), FAVOURITES)
    category = pick(people.mix[cards], rng)
    shops = people._shop_in(category, people.home[cards], np.zeros(len(cards), bool), rng)
    return shops.reshape(-1, FAVOURITES)


def _thefts(settings: Settings, rng: Rng) -> Spells:
    """Kinds of theft as states; in campaigns more spells begin."""
    constant, days = settings.constant, settings.days
    length = round(constant("campaign_days"))
    starts = rng.random(days) < constant("campaign_share") / length
    campaign = np.convolve(starts, np.ones(length))[:days] > 0
    start = np.array([theft.share for theft in THEFTS])
    start[:2] = start[1] * np.array([constant("tested_share"), 1.0 - constant("tested_share")])
    stay, move = np.full(len(start), constant("stay")), np.zeros(len(start))
    # Trials take a day; most of the numbers that work are then used.
    stay[0], move[0] = 0.0, 0.8
    factor = np.where(campaign, constant("campaign_factor"), 1.0)
    return Spells(constant("hard_hazard") * factor, start, stay, move)
