"""Questions to a mailing: its laws, and how far its variants lie apart beside what is published.

A drawn world differs from its law by chance, so bands reach :data:`ERRORS` standard errors of its size.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import ndtr

from core.asking import about, physics, realism
from core.protocol import Check
from data_synth.mailing import Floats, Mailing, mean_gift
from usecases.voter_targeting.fundraising.belief import fit_prior
from usecases.voter_targeting.fundraising.bounds import oracle
from usecases.voter_targeting.fundraising.play import PER, play
from usecases.voter_targeting.fundraising.schema import history_of

RANGE_SD = 0.86
"""Standard deviation of the span of two standard normals; of more of them it is smaller."""
BEST_SD = 0.55
"""Standard deviation of the best of 18 variants over their mean, by simulation.

Of ``n`` messages together, which have levels of their own, it is this over the root of ``n``.
"""
PROTOTYPE = 2.32
"""What knowing the best of 18 is worth over picking blindly, in an earlier prototype at the same spread."""


def checks_of(world: Mailing) -> Iterator[Check]:
    """Put all questions to a world."""
    yield from givers(world)
    yield from gifts(world)
    yield from rates(world)
    yield from record(world)
    yield from published(world)


def expected_range(number: int) -> float:
    """Mean span of so many standard normals (Tippett 1925), by the trapezoidal rule."""
    x = np.linspace(-9.0, 9.0, 3601)
    below: Floats = ndtr(x)
    return float(np.trapezoid(1.0 - below**number - (1.0 - below) ** number, x))


# --- laws --------------------------------------------------------------------------------------


def givers(world: Mailing) -> Iterator[Check]:
    """Each person gives to a variant at most once, by chance alone."""
    persons, rate = world.settings.persons, world.rates.overall.ravel()
    place = world.givers.place
    yield physics(
        "gives_once", "Shortest step from a giver to the next", "연속한 기부자 사이의 최소 간격",
        np.diff(place).min(initial=1), 1.0, np.inf, "places", "a person gives to a variant at most once",
    )  # fmt: skip
    count = np.bincount(place // persons, minlength=len(rate))
    expected, variance = persons * rate, persons * rate * (1.0 - rate)
    error = np.sqrt(np.sum(2.0 + 1.0 / variance)) / len(rate)
    yield physics(
        "binomial_totals", "Spread of donors about their expectation", "기부자 수의 기댓값 대비 흩어짐",
        np.mean((count - expected) ** 2 / variance), *about(1.0, float(error)), "variances",
        "binomial law; fourth moment of rare events",
    )  # fmt: skip
    found = play(world, oracle(world)).kpis
    best = world.rates.overall.max(axis=1)
    chance = PER * float(np.sqrt((best * (1.0 - best)).sum() / persons)) / len(best)
    yield physics(
        "clairvoyant_donors", "Donors to the best variants alone", "최선의 문안만 보낼 때의 기부자 수",
        found["donors"], *about(PER * float(best.mean()), chance), "gifts/100,000 e-mails",
        "rates; each person by chance",
    )  # fmt: skip
    yield physics(
        "clairvoyant_regret", "What the clairvoyant loses", "천리안의 손실",
        found["regret"], -1e-9, 1e-9, "%", "definition",
    )  # fmt: skip


def gifts(world: Mailing) -> Iterator[Check]:
    """How much, how late, and where it is booked."""
    settings, drawn = world.settings, world.givers
    number = len(drawn.gift)
    error = float(np.sqrt(np.expm1(settings.constant("gift_sd") ** 2) / number))
    yield physics(
        "mean_gift", "Mean gift over that of its law", "평균 기부액의 이론값 대비",
        drawn.gift.mean() / mean_gift(settings), *about(1.0, error), "ratio", "lognormal",
    )  # fmt: skip
    soon = -np.expm1(-1.0 / settings.delay_h) if settings.delay_h > 0.0 else 1.0
    low, high = about(float(soon), float(np.sqrt(soon * (1.0 - soon) / number)))
    yield physics(
        "first_hour", "Gifts of the first hour", "첫 한 시간 안의 기부 비율",
        np.mean(drawn.wait == 1), low, high, "share", "exponential delay",
    )  # fmt: skip
    lost = 1.0 - settings.attributed
    yield physics(
        "astray", "Gifts that lose their variant", "문안 정보를 잃는 기부 비율",
        np.mean(~np.isnan(drawn.astray)), *about(lost, float(np.sqrt(lost * (1.0 - lost) / number))), "share",
        "scenario",
    )  # fmt: skip


def rates(world: Mailing) -> Iterator[Check]:
    """Rates about the base rate, and how far the variants of a message lie apart."""
    settings, rate = world.settings, world.rates.overall
    message, spread = (np.expm1(one**2) for one in (settings.constant("message_sd"), settings.spread))
    error = np.sqrt((message + (1.0 + message) * spread / settings.variants) / settings.messages)
    yield physics(
        "blind_rate", "Rate of a variant picked blindly, over the base rate", "무작위 문안의 기부율 대 기준",
        100.0 * rate.mean() / settings.base_rate, *about(1.0, float(error)), "ratio", "lognormals of mean 1",
    )  # fmt: skip
    taste = settings.constant("taste_sd") ** 2 * float((world.rates.share**2).sum())
    sd = float(np.sqrt(settings.spread**2 + taste))
    span = np.log(rate.max(axis=1) / rate.min(axis=1)).mean()
    yield physics(
        "span", "Log of best over worst variant", "최선과 최악 문안의 로그 비율", span,
        *about(sd * expected_range(settings.variants), sd * RANGE_SD / np.sqrt(settings.messages)),
        "log", "span of normals (Tippett 1925); tastes count by the segments' shares",
    )  # fmt: skip


def record(world: Mailing) -> Iterator[Check]:
    """The record of past messages adds up."""
    past = world.past
    yield physics(
        "all_mailed", "E-mails that a past message left out", "지난 메일에서 빠진 발송 건수",
        np.abs(past.sent.sum(axis=1) - world.settings.persons).sum(), 0.0, 0.0, "e-mails", "definition",
    )  # fmt: skip
    yield physics(
        "all_booked", "Gifts that arrived but were not booked", "들어왔으나 집계되지 않은 기부",
        np.abs(past.arrived.sum(axis=1) - past.donors.sum(axis=1)).sum(), 0.0, 0.0, "gifts", "definition",
    )  # fmt: skip


# --- published figures -------------------------------------------------------------------------


def published(world: Mailing) -> Iterator[Check]:
    """What is said of the default world: span, worth of knowing and of targeting, what can be learned."""
    rate, share = world.rates.overall, world.rates.share
    messages = len(rate)
    wide = float(np.exp(np.log(rate.max(axis=1) / rate.min(axis=1)).mean()))
    yield realism(
        "best_over_worst", "Best over worst variant", "최선과 최악 문안의 비율", wide, 3.5, 11.0, "times",
        "2012 campaign, projected: best about 2.5 M USD, worst below .5 M; few messages differ by chance",
    )  # fmt: skip
    yield realism(
        "best_over_blind", "Best variant over one picked blindly", "무작위 문안 대비 최선의 문안",
        rate.max(axis=1).sum() / rate.mean(axis=1).sum(),
        *about(PROTOTYPE, BEST_SD / np.sqrt(messages)), "times",
        "earlier prototype with 18 lognormal variants: 2.32",
    )  # fmt: skip
    targeted = (world.rates.by_segment.max(axis=1) @ share).sum() / rate.max(axis=1).sum()
    yield realism(
        "targeting", "Gain if each segment got its own best variant", "집단별 최선 문안의 추가 이득",
        100.0 * (targeted - 1.0), 0.0, 5.0, "%",
        "experiments of 2022-24 on message targeting: almost none beyond one covariate",
    )  # fmt: skip
    yield realism(
        "learned_spread", "Spread of variants that the record teaches", "기록에서 배운 문안 간 차이",
        fit_prior(history_of(world)).spread, 0.2, 0.8, "log",
        "truth .5; shortest lists differ from it by .08 on average, in development",
    )  # fmt: skip
