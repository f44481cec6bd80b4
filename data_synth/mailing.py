"""Fund-raising e-mails: who would give to which variant, how much and when; what one seed draws.

A message is written in several variants. Each person on the list is mailed one of them, in random order;
whether that person would give to a variant, how much and how late, is drawn once, whoever decides what is
sent. A gift comes from about one e-mail in a thousand, so only those who would give are kept. Persons are
independent draws from the segments' shares: to the total of a variant only its rate over the list matters.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.protocol import Luck, Rng
from data_synth.electorate import draw as draw_electorate
from data_synth.electorate import support_of
from data_synth.electorate_constants import Settings as ElectorateSettings
from data_synth.mailing_constants import AGE_BANDS, AGES, TERTILES, Settings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SEGMENTS = TERTILES * (len(AGE_BANDS) + 1)


@dataclass(frozen=True, eq=False)
class Rates:
    """How often each variant of some messages brings a gift.

    Attributes
    ----------
    share
        ``(segments,)`` of the list.
    by_segment
        ``(messages, variants, segments)`` chance that an e-mail brings a gift.
    """

    share: Floats
    by_segment: Floats

    @cached_property
    def overall(self) -> Floats:
        """Chance over the whole list, ``(messages, variants)``."""
        return np.asarray(self.by_segment @ self.share)


@dataclass(frozen=True, eq=False)
class Past:
    """What a campaign has on record: split tests whose winner went to the rest of the list.

    Attributes
    ----------
    sent, donors, money
        ``(messages, variants)`` e-mails, gifts booked to the variant and their sum in USD, all final.
    arrived
        ``(messages, AGES)`` gifts by the hour after mailing in which they came.
    """

    sent: Ints
    donors: Ints
    money: Floats
    arrived: Ints


@dataclass(frozen=True, eq=False)
class Givers:
    """Everybody who would give to a variant, one row a pair of person and variant.

    Attributes
    ----------
    place
        ``(rows,)`` ascending: number of the message's variant (message times variants plus variant) times
        persons, plus the person's place in the order of mailing.
    gift
        ``(rows,)`` USD.
    wait
        ``(rows,)`` whole hours until the gift is on the books, at least 1.
    astray
        ``(rows,)``: nan where the gift is booked to its variant, else a uniform number that says to which of
        the e-mails that are out.
    """

    place: Ints
    gift: Floats
    wait: Ints
    astray: Floats


@dataclass(frozen=True, eq=False)
class Mailing:
    """One seed's messages: the rates of those that are played, who would give, and the record."""

    settings: Settings
    rates: Rates
    givers: Givers
    past: Past

    @cached_property
    def worth(self) -> Floats:
        """Expected USD of an e-mail, ``(messages, variants)``; gifts are as large for all variants."""
        return self.rates.overall * mean_gift(self.settings)


def mean_gift(settings: Settings) -> float:
    """USD, mean of the lognormal."""
    return float(np.exp(settings.constant("gift_log") + settings.constant("gift_sd") ** 2 / 2))


def draw(settings: Settings, luck: Luck) -> Mailing:
    """Draw the list's segments, the messages on record, and those that are played."""
    share = segment_shares(settings, luck)
    record = rates_of(settings, share, round(settings.constant("past_messages")), luck("past rates"))
    past = run_past(settings, record, luck)
    rates = rates_of(settings, share, settings.messages, luck("rates"))
    return Mailing(settings, rates, draw_givers(settings, rates.overall, luck("givers")), past)


# --- the list ----------------------------------------------------------------------------------


def segment_shares(settings: Settings, luck: Luck) -> Floats:
    """Shares of age bands times tertiles of support, ``(SEGMENTS,)``, among supporters of an electorate."""
    drawn = draw_electorate(
        ElectorateSettings(voters=round(settings.constant("electorate")), pilot=1, called=0),
        lambda purpose: luck(f"electorate/{purpose}"),
    )
    people = drawn.voters
    support = support_of(drawn.settings, people.theta)
    listed = luck("list").random(len(people)) < support
    band = np.searchsorted(AGE_BANDS, people.age[listed], side="right")
    ranks = support[listed].argsort().argsort()
    tertile = TERTILES * ranks // max(len(ranks), 1)
    counts = np.bincount(band * TERTILES + tertile, minlength=SEGMENTS)
    return np.asarray(counts / counts.sum())


def rates_of(settings: Settings, share: Floats, messages: int, rng: Rng) -> Rates:
    """Draw rates: message, variant, segment, and a segment's small taste for a variant.

    Each factor is a lognormal of mean 1, so that a variant picked blindly has the base rate in expectation.
    """
    band, tertile = np.divmod(np.arange(SEGMENTS), TERTILES)
    segment = np.exp(settings.constant("age_gift") * band + settings.constant("support_gift") * tertile)
    message = _factor(settings.constant("message_sd"), (messages, 1, 1), rng)
    variant = _factor(settings.spread, (messages, settings.variants, 1), rng)
    taste = _factor(settings.constant("taste_sd"), (messages, settings.variants, SEGMENTS), rng)
    base = settings.base_rate / 100.0 * segment / (share @ segment)
    return Rates(share, np.minimum(base * message * variant * taste, 1.0))


def _factor(spread: float, shape: tuple[int, ...], rng: Rng) -> Floats:
    return np.asarray(np.exp(spread * rng.standard_normal(shape) - spread**2 / 2))


# --- gifts -------------------------------------------------------------------------------------


def draw_gifts(settings: Settings, number: int, rng: Rng) -> Floats:
    """Gifts, ``(number,)`` USD."""
    return rng.lognormal(settings.constant("gift_log"), settings.constant("gift_sd"), number)


def draw_waits(settings: Settings, number: int, rng: Rng) -> Ints:
    """Whole hours until gifts are on the books, ``(number,)``, at least 1."""
    wait = np.ceil(rng.exponential(settings.delay_h, number))
    return np.maximum(wait, 1.0).astype(np.int64)


def draw_givers(settings: Settings, rate: Floats, rng: Rng) -> Givers:
    """Draw who would give: each person by chance, ``rate`` ``(messages, variants)``."""
    persons = settings.persons
    number = rng.binomial(persons, rate.ravel())
    place = np.concatenate([
        pair * persons + np.sort(rng.choice(persons, some, replace=False, shuffle=False))
        for pair, some in enumerate(number)
    ])  # fmt: skip
    rows = len(place)
    gift, wait = draw_gifts(settings, rows, rng), draw_waits(settings, rows, rng)
    astray = np.where(rng.random(rows) < settings.attributed, np.nan, rng.random(rows))
    return Givers(place, gift, wait, astray)


# --- the record --------------------------------------------------------------------------------


def run_past(settings: Settings, rates: Rates, luck: Luck) -> Past:
    """Test past messages on equal parts, mail that with most donors to the rest, book the gifts."""
    rng, rate = luck("past"), rates.overall
    messages, variants = rate.shape
    part = int(settings.persons * settings.constant("past_test") / variants)
    tested = rng.binomial(part, rate)
    row, winner = np.arange(messages), tested.argmax(axis=1)
    sent = np.full(rate.shape, part)
    sent[row, winner] += settings.persons - part * variants
    gave = tested.copy()
    gave[row, winner] += rng.binomial(settings.persons - part * variants, rate[row, winner])
    return _booked(settings, sent, gave, rng)


def _booked(settings: Settings, sent: Ints, gave: Ints, rng: Rng) -> Past:
    pair = np.repeat(np.arange(gave.size), gave.ravel())
    message = pair // gave.shape[1]
    gift, wait = draw_gifts(settings, len(pair), rng), draw_waits(settings, len(pair), rng)
    lost = rng.random(len(pair)) >= settings.attributed
    out = np.cumsum(sent, axis=1) / sent.sum(axis=1, keepdims=True)
    pair[lost] = elsewhere(out, message[lost], rng.random(int(lost.sum())))
    arrived = np.bincount(message * AGES + np.minimum(wait, AGES) - 1, minlength=len(sent) * AGES)
    return Past(
        sent,
        np.bincount(pair, minlength=gave.size).reshape(gave.shape),
        np.bincount(pair, gift, minlength=gave.size).astype(float).reshape(gave.shape),
        arrived.reshape(-1, AGES),
    )


def elsewhere(out: Floats, message: Ints, drawn: Floats) -> Ints:
    """Pair of message and variant to which gifts that lost their variant are booked, ``(rows,)``.

    Parameters
    ----------
    out
        ``(messages, variants)`` cumulative share of the e-mails that are out.
    message, drawn
        ``(rows,)`` message of the gift, and a uniform number.
    """
    below = (out[message] <= drawn[:, None]).sum(axis=1)
    return np.asarray(message * out.shape[1] + np.minimum(below, out.shape[1] - 1))
