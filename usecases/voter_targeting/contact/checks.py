"""Questions to an electorate: its laws, what field experiments published, and that bounds are bounds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import expit, logit

from core.asking import ERRORS, about, physics, realism
from core.protocol import Array, Check
from data_synth.electorate import (
    Electorate,
    engagement,
    intercept,
    middle_theta,
    support_of,
)
from data_synth.electorate_constants import CHANNELS, LEFT_ALONE, REPLICA, REPLICA_TURNOUT
from data_synth.electorate_posterior import expected
from usecases.voter_targeting.contact.allocation import allocate, effect_of, relaxed, terms_of
from usecases.voter_targeting.contact.bounds import told
from usecases.voter_targeting.contact.play import rules_of
from usecases.voter_targeting.contact.scenario import ContactScenario

REPLICA_POINTS = 0.3
"""Points by which a mailer's effect may differ from the published one."""
REPLICA_SHIFTS = (0.28, 0.50)
"""Band of the strongest mailer's shift over tenths of turnout, as far as their data tell it."""
REPLICA_FIRST = 40_000
"""Persons of the replica at most."""
CORRELATED = (0.8, 0.995)
"""A precinct's result must tell its voters' mind, and not to the last."""


def checks_of(scenario: ContactScenario, world: Electorate) -> Iterator[Check]:
    """Ask everything; physics holds in every scenario, realism is said of the default one."""
    yield from _laws(world)
    yield from _replica(world)
    yield from _published(world)
    yield from _file(world)
    yield from _bounds(scenario, world)


def _laws(world: Electorate) -> Iterator[Check]:
    """Turnout, contacts and outcomes as they were set."""
    settings, effects, pilot = world.settings, world.effects, world.pilot
    voters = world.voters
    rows = len(voters)
    spread = float(effects.turnout.std() / np.sqrt(rows))
    yield physics(
        "turnout", "Chance to vote without contact", "접촉이 없을 때의 투표율", effects.turnout.mean(),
        settings.turnout - ERRORS * spread - 0.005, settings.turnout + ERRORS * spread + 0.005, "share",
        "scenario; the level is found on some of the persons",
    )  # fmt: skip
    yield physics(
        "least_effect", "Least shift of turnout by a contact", "접촉에 따른 투표 확률 변화의 최솟값",
        (effects.turnout_if - effects.turnout[:, None]).min(), 0.0, 1.0, "share",
        "a contact keeps nobody from voting",
    )  # fmt: skip
    moved = 100.0 * (effects.support_if[:, 0] - effects.support).mean()
    yield physics(
        "persuasion", "Points of support by a visit", "방문의 설득 효과", moved,
        settings.persuasion - 0.6, settings.persuasion + 0.6, "points",
        "scenario; first order, so that large shifts miss a little",
    )  # fmt: skip
    alone = pilot.arm == 0
    spread = np.sqrt(LEFT_ALONE * (1.0 - LEFT_ALONE) / len(alone))
    yield physics(
        "left_alone", "Share of the pilot that is left alone", "사전 실험의 비접촉 비율", alone.mean(),
        *about(LEFT_ALONE, spread), "share", "the pilot's design",
    )  # fmt: skip
    balance = _balance(world)
    yield physics(
        "balance", "Largest difference between arms before the pilot", "사전 실험 집단 간 최대 차이", balance,
        0.0, ERRORS + 0.5, "standard errors", "arms are drawn by lot",
    )  # fmt: skip
    chance = effects.reach.mean(0)
    reached = np.array([pilot.reached[pilot.arm == i + 1].mean() for i in range(len(CHANNELS))])
    tried = np.array([(pilot.arm == i + 1).sum() for i in range(len(CHANNELS))])
    error = np.sqrt(np.maximum(chance * (1.0 - chance), 1e-9) / tried) + 0.5 / tried
    yield physics(
        "reached", "Share reached against its chance, largest miss", "접촉 성공률의 최대 오차",
        (np.abs(reached - chance) / error).max(), 0.0, ERRORS + 0.5, "standard errors", "contacts by chance",
    )  # fmt: skip


def _balance(world: Electorate) -> float:
    """Largest difference in engagement between those left alone and an arm, in standard errors."""
    people, arm = world.people.rows(slice(0, world.settings.pilot)), world.pilot.arm
    engaged = engagement(world.settings, people)
    worst = 0.0
    for i in range(1, 1 + len(CHANNELS)):
        groups = engaged[arm == 0], engaged[arm == i]
        error = np.sqrt(sum(group.var() / len(group) for group in groups))
        worst = max(worst, abs(float(groups[0].mean() - groups[1].mean())) / float(error))
    return worst


def _replica(world: Electorate) -> Iterator[Check]:
    """Put the mailers of August 2006 on these persons: the strongest fixes the scale, the others must follow.

    A shift that was fitted given the file is smaller than a person's own, as the file does not show all.
    """
    some = world.people.rows(slice(0, REPLICA_FIRST))
    engaged = engagement(world.settings, some)
    engaged = engaged + intercept(engaged, REPLICA_TURNOUT)
    before, odd = expit(engaged), np.arange(len(engaged)) % 2 == 1
    fitted, most = next(iter(REPLICA.values()))
    scale = _calibrated(engaged[odd], some.response[odd], most / 100.0) / fitted
    moved = {}
    for name, (shift, points) in REPLICA.items():
        moved[name] = expit(engaged + scale * shift * some.response) - before
        yield realism(
            f"replica_{name.replace(' ', '_')}", f"Effect of the {name} mailer", f"우편 실험의 효과: {name}",
            100.0 * moved[name][~odd].mean(), points - REPLICA_POINTS, points + REPLICA_POINTS, "points",
            "Gerber, Green and Larimer (2008), 344,084 voters",
        )  # fmt: skip
    # The strongest mailer tells best what their data show: one shift fits all levels of turnout.
    shifts = []
    for tenth in np.array_split(np.argsort(_told_turnout(world, len(engaged))), 10):
        shifts.append(logit((before + moved["neighbours"])[tenth].mean()) - logit(before[tenth].mean()))
    for name, value, label, korean in (
        ("least_shift", min(shifts), "Least", "최솟값"), ("most_shift", max(shifts), "Most", "최댓값"),
    ):  # fmt: skip
        yield realism(
            name, f"{label} shift by the neighbours mailer over tenths of expected turnout",
            f"예상 투표율 10분위별 이웃 우편 효과(로짓)의 {korean}", value, *REPLICA_SHIFTS, "logit",
            "fitted to Gerber, Green and Larimer (2008) by tenths of baseline turnout: .31 to .46",
        )  # fmt: skip


def _calibrated(engaged: Array, response: Array, gained: float) -> float:
    """Shift of the logit by which a share more of these persons votes."""
    low, high = 0.0, 3.0
    before = expit(engaged).mean()
    for _ in range(40):
        middle = 0.5 * (low + high)
        if expit(engaged + middle * response).mean() - before < gained:
            low = middle
        else:
            high = middle
    return high


def _told_turnout(world: Electorate, rows: int) -> Array:
    """Chance to vote of the first persons by what the file tells of them."""
    return expected(world, world.people.rows(slice(0, rows))).turnout


def _published(world: Electorate) -> Iterator[Check]:
    """Effects of contacts on those reached, by their published bands."""
    effects = world.effects
    points = 100.0 * (effects.turnout_if - effects.turnout[:, None]).mean(0)
    bands = {"door": (2.5, 8.0), "phone": (0.8, 3.5), "mail": (0.2, 2.2), "email": (-0.05, 0.05)}
    for channel, value in zip(CHANNELS, points, strict=True):
        low, high = bands[channel.name]
        yield realism(
            f"effect_{channel.name}", f"Turnout of those reached: {channel.name}",
            f"접촉된 사람의 투표율 변화: {channel.name}", value, low, high, "points",
            "Green and Gerber, Get Out the Vote, early and later editions; Nickerson (2007) for e-mail",
        )  # fmt: skip
    answered = world.pilot.answered.sum() / max(int(world.pilot.called.sum()), 1)
    yield realism(
        "answered", "Share of calls that are answered", "조사 응답률", answered, 0.3, 0.5, "share",
        "assumed .35 to .45, more among the old",
    )  # fmt: skip


def _file(world: Electorate) -> Iterator[Check]:
    """What the file shows of persons and precincts."""
    voters, settings = world.voters, world.settings
    yield realism(
        "minority", "Minority voters", "소수 인종 유권자", voters.minority.mean(), 0.15, 0.4, "share",
        "assumed: .26, as in the prototype",
    )  # fmt: skip
    yield realism(
        "result", "Correlation of a precinct's result with its lean", "투표구 결과와 실제 성향의 상관",
        np.corrcoef(voters.result, voters.lean)[0, 1], *CORRELATED, "correlation", "assumed",
    )  # fmt: skip
    middle = middle_theta(settings, voters.lean, voters.minority, voters.female, voters.age)
    left = float((voters.theta - middle).std())
    yield physics(
        "own_mind", "Spread of partisanship that no law fixes", "법칙으로 정해지지 않는 성향의 편차", left,
        *about(1.0, 1.0 / np.sqrt(2.0 * len(voters))), "1", "standard normal by definition",
    )  # fmt: skip
    if not settings.register:
        return
    support = support_of(settings, voters.theta)
    yield realism(
        "own_side", "Own registrants who support the party", "자당 등록자의 지지율",
        support[voters.registration > 0].mean(), 0.7, 0.95, "share",
        "exit polls of 2012: nine in ten of a party's followers; registers lag behind and have errors",
    )  # fmt: skip
    past = voters.votes.sum(1).astype(float)
    yield realism(
        "past_votes", "Correlation of past votes with the chance to vote", "과거 투표와 투표 확률의 상관",
        np.corrcoef(past, world.effects.turnout)[0, 1], 0.3, 0.8, "correlation",
        "past votes explain little of turnout in Gerber, Green and Larimer (2008)",
    )  # fmt: skip


def _bounds(scenario: ContactScenario, world: Electorate) -> Iterator[Check]:
    """That the allocation is the best one, and that expectations are right on average."""
    (budget, cost, _), truth = terms_of(rules_of(scenario, world)), world.effects.net
    chosen = allocate(truth, cost, budget)
    bound = relaxed(truth, cost, budget)
    yield physics(
        "knapsack", "Oracle's allocation, of the linear bound", "선형 상한 대비 오라클의 배분",
        100.0 * effect_of(truth, chosen).sum() / bound, 99.5, 100.0 + 1e-6, "%",
        "Lagrangian bound of the knapsack",
    )  # fmt: skip
    known, rows = told(world), len(world.voters)
    for name, guess, true in (
        ("expected_turnout", known.turnout, world.effects.turnout),
        ("expected_support", known.support, world.effects.support),
        ("expected_net", known.net[:, 0], truth[:, 0]),
    ):
        upper = guess >= np.median(guess)
        gap = guess - true
        miss = max(
            abs(float(gap[half].mean())) / float(gap[half].std() / np.sqrt(half.sum()))
            for half in (upper, ~upper)
        )
        # Persons of a precinct share its lean, which the bound knows, and nothing else.
        yield physics(
            name, f"{name.replace('_', ' ').capitalize()}: largest miss", "베이즈 기대값의 최대 오차", miss,
            0.0, ERRORS + 1.0, "standard errors", f"{rows} persons; right on average by Bayes' rule",
        )  # fmt: skip
