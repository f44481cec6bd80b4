"""The electorate: its laws, its pilot, and Bayes' rule on what the file tells."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.luck import luck_of
from data_synth.electorate import draw, effects_of, engagement, intercept
from data_synth.electorate_constants import CHANNELS, Settings
from data_synth.electorate_posterior import expected

SMALL = Settings(voters=12_000, pilot=8_000, called=2_000)


@pytest.fixture(scope="module")
def world():
    return draw(SMALL, luck_of(901))


def test_one_seed_one_electorate(world):
    again, other = draw(SMALL, luck_of(901)), draw(SMALL, luck_of(902))
    assert np.array_equal(world.people.theta, again.people.theta)
    assert np.array_equal(world.pilot.voted, again.pilot.voted)
    assert not np.array_equal(world.people.theta, other.people.theta)


def test_the_list_and_the_pilot_are_different_persons(world):
    assert len(world.voters) == SMALL.voters
    assert len(world.pilot.arm) == SMALL.pilot
    assert len(world.people) == SMALL.voters + SMALL.pilot


def test_turnout_is_what_was_asked_for(world):
    # A chance's mean over all persons; the level is found on all of so few.
    everybody = effects_of(world, world.people)
    assert everybody.turnout.mean() == pytest.approx(SMALL.turnout, abs=1e-6)


@given(st.floats(0.05, 0.95), st.integers(0, 5))
@settings(max_examples=25, deadline=None)
def test_any_turnout_has_a_level(turnout, seed):
    engaged = np.random.default_rng(seed).normal(0.0, 1.3, 3_000)
    level = intercept(engaged, turnout)
    assert (1.0 / (1.0 + np.exp(-engaged - level))).mean() == pytest.approx(turnout, abs=1e-9)


def test_a_contact_keeps_nobody_from_voting(world):
    effects = world.effects
    assert (effects.turnout_if >= effects.turnout[:, None]).all()
    assert (effects.votes >= 0.0).all()


def test_an_e_mail_changes_nothing(world):
    last = len(CHANNELS) - 1
    assert CHANNELS[last].name == "email"
    assert np.abs(world.effects.net[:, last]).max() < 1e-12


def test_net_votes_by_hand(world):
    effects, row, door = world.effects, 17, 0
    before = effects.turnout[row] * (2.0 * effects.support[row] - 1.0)
    after = effects.turnout_if[row, door] * (2.0 * effects.support_if[row, door] - 1.0)
    assert effects.net[row, door] == pytest.approx(effects.reach[row, door] * (after - before))


def test_persuasion_is_none_on_average_and_three_points_where_asked():
    for points in (0.0, 3.0):
        world = draw(Settings(20_000, 1_000, 100, persuasion=points), luck_of(903))
        moved = 100.0 * (world.effects.support_if[:, 0] - world.effects.support).mean()
        # The shift is set to first order in the logit.
        assert moved == pytest.approx(points, abs=0.2 + 0.15 * points)


def test_arms_and_outcomes_of_the_pilot_follow_their_chances(world):
    pilot, people = world.pilot, world.people.rows(slice(0, SMALL.pilot))
    effects = effects_of(world, people)
    shares = np.bincount(pilot.arm, minlength=5) / SMALL.pilot
    wanted = np.array([0.4, *(channel.assigned for channel in CHANNELS)])
    assert np.abs(shares - wanted).max() < 4.0 * np.sqrt(0.25 / SMALL.pilot)
    assert not pilot.reached[pilot.arm == 0].any()
    row, channel = np.arange(SMALL.pilot), np.maximum(pilot.arm - 1, 0)
    chance = np.where(pilot.reached, effects.turnout_if[row, channel], effects.turnout)
    error = np.sqrt((chance * (1.0 - chance)).sum())
    assert abs(pilot.voted.sum() - chance.sum()) < 4.0 * error


def test_records_of_the_wrong_person_stay_in_the_file():
    right = draw(Settings(12_000, 8_000, 2_000, wrong_match=0.0), luck_of(901))
    wrong = draw(Settings(12_000, 8_000, 2_000, wrong_match=0.3), luck_of(901))
    assert np.array_equal(right.people.theta, wrong.people.theta)
    moved = (right.people.votes != wrong.people.votes).any(1)
    assert 0.1 < moved.mean() <= 0.3 + 4.0 * np.sqrt(0.25 / len(moved))
    # Records change hands; none is lost.
    assert np.array_equal(np.sort(right.people.votes.sum(1)), np.sort(wrong.people.votes.sum(1)))
    assert np.array_equal(right.people.votes.sum(0), wrong.people.votes.sum(0))


def test_without_a_public_register_nobody_has_a_party_or_a_record():
    world = draw(Settings(2_000, 1_000, 100, register=False), luck_of(904))
    assert not world.people.registration.any()
    assert not world.people.votes.any()
    assert np.all(world.people.party_share == 50.0)


def test_wrong_answers_follow_their_share():
    right, wrong = (
        draw(Settings(2_000, 8_000, 8_000, answers_right=share), luck_of(905)).pilot for share in (1.0, 0.7)
    )
    flipped = (right.supports != wrong.supports).mean()
    assert abs(flipped - 0.3) < 4.0 * np.sqrt(0.21 / 8_000)


@pytest.mark.parametrize(("wrong", "register"), [(0.0, True), (0.2, True), (0.2, False)])
def test_bayes_rule_is_right_on_average_in_every_tenth(wrong, register):
    settings = Settings(40_000, 4_000, 400, wrong_match=wrong, effects="generous", register=register)
    world = draw(settings, luck_of(906))
    told, effects = expected(world, world.voters), world.effects
    for guess, truth in (
        (told.turnout, effects.turnout),
        (told.support, effects.support),
        (told.net[:, 0], effects.net[:, 0]),
        (told.net[:, 2], effects.net[:, 2]),
        (told.votes[:, 1], effects.votes[:, 1]),
    ):
        for tenth in np.array_split(np.argsort(guess), 10):
            gap = guess[tenth] - truth[tenth]
            # 10 tenths of 5 quantities twice: 4.5 standard errors are passed by chance once in 1,500 runs.
            assert abs(gap.mean()) < 4.5 * gap.std() / np.sqrt(len(tenth))


def test_bayes_rule_agrees_with_weighing_simulated_persons():
    """Importance sampling from the generator, for one person's record, without any of the tables."""
    assumed = (("unregistered", 0.3),)
    world = draw(Settings(3_000, 1_000, 100, wrong_match=0.0, assumed=assumed), luck_of(907))
    voters, rng, draws = world.voters, np.random.default_rng(5), 400_000
    told = expected(world, voters)
    everybody = engagement(world.settings, world.people)
    for row in (3, 11):
        from scipy.special import expit, ndtr

        from data_synth.electorate import middle_theta, visible_engagement
        from data_synth.electorate_constants import PAST_TURNOUT

        one = voters.rows(slice(row, row + 1))
        constant = world.settings.constant
        theta = middle_theta(world.settings, one.lean, one.minority, one.female, one.age)
        theta = theta + rng.standard_normal(draws)
        engaged = visible_engagement(world.settings, one) + constant("partisan_turnout") * np.abs(theta)
        engaged = engaged + constant("habit_sd") * rng.standard_normal(draws)
        weight = np.exp(-0.5 * ((one.consumer - theta) / constant("consumer_sd")) ** 2)
        side = one.registration[0]
        weight *= 1.0 if side == 0 else ndtr(side * theta / constant("register_sd"))
        for j, share in enumerate(PAST_TURNOUT):
            chance = expit(engaged + intercept(everybody, share))
            weight *= chance if one.votes[0, j] else 1.0 - chance
        turnout = (weight * expit(engaged + world.level)).sum() / weight.sum()
        support = (weight * expit(constant("support_slope") * theta)).sum() / weight.sum()
        assert told.turnout[row] == pytest.approx(turnout, abs=0.004)
        assert told.support[row] == pytest.approx(support, abs=0.004)
