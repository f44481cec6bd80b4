"""Voter targeting: allocation, scores, effects, the judge, privacy, and the play of one budget."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.engine.scenario import build
from core.luck import luck_of, scoped
from core.protocol import Budget, Forecaster
from data_synth.electorate import draw
from data_synth.electorate_constants import CHANNELS, Settings
from usecases.voter_targeting.contact import USECASE
from usecases.voter_targeting.contact.allocation import allocate, relaxed
from usecases.voter_targeting.contact.inputs import COLUMNS, OF_PRECINCT, Look
from usecases.voter_targeting.contact.judging import judge_of, surely
from usecases.voter_targeting.contact.learners import (
    Targeting,
    fit_learner,
    fit_rule,
    slope_of,
    structured,
)
from usecases.voter_targeting.contact.play import gini, play, rules_of
from usecases.voter_targeting.contact.privacy import CELL, RULES, cells_of, consents, fit_private, private
from usecases.voter_targeting.contact.reach import PUBLISHED, fit_reach, posterior_shift
from usecases.voter_targeting.contact.rules import ORDERS, choose_list, planned_list
from usecases.voter_targeting.contact.schema import FILE, file_of, history_of, learned, seen_of
from usecases.voter_targeting.contact.scores import OTHER, OWN, fit_support, fit_turnout, lore
from usecases.voter_targeting.contact.words import RULE_LABELS

BUDGET = Budget(trials=1, steps=60)
PRICE = np.array([1.6, 0.55, 0.55, 0.01])


def same(one, other):
    return type(one) is type(other) and all(np.array_equal(vars(one)[k], vars(other)[k]) for k in vars(other))


@pytest.fixture(scope="module")
def world():
    return draw(Settings(voters=20_000, pilot=20_000, called=6_000), luck_of(911))


@pytest.fixture(scope="module")
def history(world):
    return history_of(world)


@pytest.fixture(scope="module")
def known(history):
    return learned(history)


@pytest.fixture(scope="module")
def scenario():
    return build(USECASE, size="tiny")


# --- allocation --------------------------------------------------------------------------------


@given(
    st.lists(st.lists(st.integers(-3, 9), min_size=2, max_size=2), min_size=1, max_size=6),
    st.integers(0, 12),
)
@settings(max_examples=80, deadline=None)
def test_an_allocation_keeps_to_the_budget_and_near_the_optimum(values, budget):
    value, cost = np.array(values, float), np.array([2.0, 1.0])
    plan, price = allocate(value, cost, float(budget)), np.array([0.0, 2.0, 1.0])
    worth = np.column_stack([np.zeros(len(value)), value])
    row = np.arange(len(value))
    assert price[plan].sum() <= budget + 1e-9
    best = max(
        worth[row, list(choice)].sum()
        for choice in product(range(3), repeat=len(value))
        if price[list(choice)].sum() <= budget
    )
    bound, got = relaxed(value, cost, float(budget)), worth[row, plan].sum()
    assert got <= best + 1e-9 <= bound + 2e-9
    # What is lost is less than one person's contact.
    assert got >= bound - max(value.max(), 0.0) - 1e-9


def test_nobody_is_contacted_for_nothing():
    assert not allocate(np.array([[-1.0, 0.0], [0.0, -2.0]]), np.array([1.0, 1.0]), 9.0).any()
    assert not len(allocate(np.zeros((0, 2)), np.array([1.0, 1.0]), 9.0))


def test_equal_values_are_taken_in_the_order_of_the_rows():
    assert allocate(np.ones((5, 1)), np.array([1.0]), 3.0).tolist() == [1, 1, 1, 0, 0]


def test_more_money_never_gains_less(world):
    won = []
    for budget in (100.0, 1_000.0, 5_000.0, 20_000.0):
        plan = allocate(world.effects.net, PRICE, budget)
        row = np.arange(len(plan))
        won.append(np.where(plan > 0, world.effects.net[row, np.maximum(plan - 1, 0)], 0.0).sum())
    assert np.all(np.diff(won) > 0.0)


def test_the_oracles_allocation_is_within_half_a_percent_of_the_linear_bound(world):
    plan = allocate(world.effects.net, PRICE, 6_000.0)
    row = np.arange(len(plan))
    won = np.where(plan > 0, world.effects.net[row, np.maximum(plan - 1, 0)], 0.0).sum()
    assert 0.995 <= won / relaxed(world.effects.net, PRICE, 6_000.0) <= 1.0 + 1e-9


# --- what is known -----------------------------------------------------------------------------


def test_history_joins_to_the_truth_of_the_pilot(world, known):
    assert len(known["id"]) == world.settings.pilot
    person = known["id"]
    assert np.array_equal(known["age"], world.people.age[person])
    assert np.array_equal(known["voted"], 1.0 * world.pilot.voted[person])
    assert np.array_equal(known["answered"] > 0, world.pilot.answered[person])
    assert np.array_equal(
        known["supports"] > 0, (world.pilot.supports & world.pilot.answered & world.pilot.called)[person]
    )


def test_before_the_records_come_in_nobody_is_known_to_have_voted(history):
    assert not len(learned(history.until(28.0))["id"])
    assert 0 < len(learned(history.until(36.0))["id"]) < len(learned(history)["id"])


def test_a_score_of_support_tells_supporters_apart(world, known):
    support = fit_support(known, Look(), strength=20.0)
    guess = support.chance(file_of(world.voters))
    assert np.corrcoef(guess, world.effects.support)[0, 1] > 0.75
    tenth = np.argsort(guess)
    for part in np.array_split(tenth, 5):
        assert guess[part].mean() == pytest.approx(world.effects.support[part].mean(), abs=0.06)


def test_lore_speaks_where_nobody_was_asked(world, known):
    nobody = known.rows(np.arange(len(known["id"])) < 30)
    support = fit_support(nobody, Look(), strength=20.0)
    assert support.linear is None
    seen = file_of(world.voters)
    assert np.array_equal(support.chance(seen), lore(seen, Look()))
    own, other = seen["registration"] > 0, seen["registration"] < 0
    assert set(lore(seen, Look())[own]) == {OWN}
    assert set(lore(seen, Look())[other]) == {OTHER}


def test_protected_answers_are_put_right(world, known):
    rng, turned = np.random.default_rng(3), 0.27
    flipped = known | {"supports": np.abs(known["supports"] - (rng.random(len(known["id"])) < turned))}
    honest = fit_support(known, Look(), strength=20.0).chance(known)
    protected = fit_support(type(known)(flipped), Look(), strength=20.0, flipped=turned).chance(known)
    naive = fit_support(type(known)(flipped), Look(), strength=20.0).chance(known)
    assert np.abs(protected - honest).mean() < np.abs(naive - honest).mean()
    assert protected.mean() == pytest.approx(honest.mean(), abs=0.05)


def test_a_specialist_sees_terms_and_a_hidden_column_is_never_read(world):
    seen = file_of(world.voters)
    assert Look().matrix(seen).shape[1] > Look(engineered=False).matrix(seen).shape[1]
    partly = Look(OF_PRECINCT)
    blind = seen | {name: np.full(len(world.voters), np.nan) for name in FILE if name not in OF_PRECINCT}
    assert np.array_equal(partly.matrix(seen), partly.matrix(blind))


# --- effects -----------------------------------------------------------------------------------


def test_a_large_pilot_finds_the_shift_and_a_small_one_keeps_to_what_was_published():
    world = draw(Settings(1_000, 400_000, 400, effects="generous"), luck_of(912))
    many = learned(history_of(world))
    few = many.rows(many["id"] < 100)
    for known, close in ((many, True), (few, False)):
        turnout = fit_turnout(known, Look(), strength=20.0)
        mean, sd = posterior_shift(known, fit_reach(known, Look()).chance(known), turnout.chance(known))
        for i, channel in enumerate(CHANNELS[:3]):
            if close:
                # The pilot knows the mean over persons who respond differently, so a little less.
                assert abs(mean[i] - channel.generous) < 4.0 * sd[i] + 0.02
                assert sd[i] < PUBLISHED[channel.name][1]
            else:
                assert mean[i] == PUBLISHED[channel.name][0]
        assert mean[3] == 0.0


def test_who_is_reached_is_learned_from_the_attempts(world, known):
    guess = fit_reach(known, Look()).chance(file_of(world.voters))
    assert np.abs(guess - world.effects.reach).mean() < 0.02


def test_a_slope_of_effects_is_one_for_the_truth_and_zero_for_noise():
    world = draw(Settings(1_000, 300_000, 3_000, effects="generous"), luck_of(913))
    known = learned(history_of(world))
    plain = structured(known, Look(), 20.0)
    effect = plain.effect(known)
    noise = np.random.default_rng(4).normal(0.0, 0.02, effect.shape)
    assert slope_of(known, noise - noise.mean(0), plain) < 0.1
    # A difference between persons that is planted into what they did.
    differs = np.where(known["age"] > 50.0, 0.1, -0.1)
    planted = type(known)(known | {"voted": known["voted"] + (known["arm"] > 0) * differs})
    wanted = np.repeat(differs[:, None], len(CHANNELS), axis=1)
    wanted = wanted - wanted.mean(0)
    assert slope_of(planted, wanted, plain) == pytest.approx(1.0, abs=0.15)
    assert slope_of(planted, 4.0 * wanted, plain) == pytest.approx(0.25, abs=0.05)


# --- the incumbent and the judge ---------------------------------------------------------------


@pytest.fixture(scope="module")
def usual(known):
    return choose_list(known)


def test_no_list_sends_anybody_to_the_other_sides_registrants(world, known, usual):
    seen = file_of(world.voters)
    for order in ORDERS:
        value = replace(usual, order=order).value(seen)
        assert (value[seen["registration"] < 0] <= 0.0).all()


def test_the_list_without_history_is_registration_and_lore(known):
    none = choose_list(known.rows(known["id"] < 0))
    assert (none.order, none.own, none.other) == ("registered", OWN, OTHER)
    assert none.effect[3] == 0.0


def test_tiers_stand_as_the_survey_says(known, usual):
    own = (known["registration"] > 0) & (known["answered"] > 0)
    assert usual.own == pytest.approx(known["supports"][own].mean())
    # Who always or never votes is hard to move, and the mean over persons is one.
    assert (usual.moved == 1.0).all() or usual.moved[5] < usual.moved[2]


def test_the_list_that_is_taken_is_the_best_of_those_that_could_be(world, known, usual):
    won = {}
    for order in ORDERS:
        for moved in (usual.moved, np.ones(6)):
            plan = allocate(
                replace(usual, order=order, moved=moved).value(file_of(world.voters)), PRICE, 6_000.0
            )
            row = np.arange(len(plan))
            net = np.where(plan > 0, world.effects.net[row, np.maximum(plan - 1, 0)], 0.0)
            won[order, moved[0] == 1.0] = net.sum()
    chosen = won[usual.order, usual.moved[0] == 1.0]
    # History cannot tell lists apart that are nearly as good.
    assert chosen > 0.9 * max(won.values())


@pytest.mark.parametrize("closed", ["door_allowed", "phone_allowed", "mail_usd"])
def test_the_list_turns_to_the_channels_that_are_left(closed, scenario, world, usual):
    changed = scenario.model_copy(update={closed: 10.0 if closed.endswith("usd") else 0.0})
    won = _won(changed, world, Targeting(usual)).kpis["net_votes"]
    assert won > 0.6 * _won(scenario, world, Targeting(usual)).kpis["net_votes"]


def test_the_judge_agrees_with_the_truth_of_large_pilots():
    world = draw(Settings(1_000, 120_000, 60_000), luck_of(914))
    known = learned(history_of(world))
    early, late = known.rows(known["id"] % 2 == 0), known.rows(known["id"] % 2 == 1)
    model = structured(early, Look(), 20.0)
    judge = judge_of(early, late, model)
    good, bad = judge.plan(model.value(late)), judge.plan(choose_list(early).value(late))
    gain = judge.gain(good, bad)
    from data_synth.electorate import effects_of

    net = effects_of(world, world.people.rows(slice(0, 120_000))).net[late["id"]]
    truth = np.column_stack([np.zeros(len(net)), net])
    row = np.arange(len(net))
    true = (truth[row, good] - truth[row, bad]).mean()
    assert surely(gain, late["precinct"]) > 0.0
    # The judge takes its shifts from what was published, so it is right in direction and in size.
    assert 0.5 < gain.mean() / true < 2.0


def test_too_small_a_pilot_leaves_the_list_to_everybody(history):
    few = history.where(lambda table: table["id"] < 200)
    usual = choose_list(learned(few))
    for kind in ("support", "structured", "x", "net"):
        policy = fit_learner(kind)(few, BUDGET, luck_of(1))
        assert same(policy.valuer, usual)
        assert policy.validation == 0.0


def test_a_structured_model_that_is_not_surely_ahead_falls_back(history, monkeypatch):
    from usecases.voter_targeting.contact import learners

    monkeypatch.setattr(learners, "surely", lambda gain, precinct: -0.1)
    policy = fit_learner("structured")(history, BUDGET, luck_of(1))
    assert same(policy.valuer, choose_list(learned(history)))
    assert policy.validation == 0.0
    assert fit_learner("support")(history, BUDGET, luck_of(1)).validation == -0.1


def test_the_uncorrected_learner_does_not_stand_for_selection(history):
    assert np.isnan(fit_learner("raw")(history, BUDGET, luck_of(1)).validation)


# --- privacy -----------------------------------------------------------------------------------


def test_every_rule_has_a_contender_and_words():
    assert set(RULES) == set(RULE_LABELS)
    assert set(RULES) < set(USECASE.contenders)


@pytest.mark.parametrize("name", list(RULES))
def test_a_rule_never_reads_what_it_hides(name, world, known):
    policy = private(RULES[name], known, BUDGET, luck_of(1))
    seen = seen_of(world)
    value = policy.value(seen)
    rng = np.random.default_rng(6)
    stirred = seen | {hidden: rng.permutation(seen[hidden]) for hidden in RULES[name].hidden}
    assert np.array_equal(value, policy.value(stirred))
    for channel, column in zip(CHANNELS, value.T, strict=True):
        if channel.name in RULES[name].closed:
            assert not column.any()


def test_who_does_not_consent_is_a_precinct_to_the_campaign(world, known):
    rule = RULES["tenth_consent"]
    policy = private(rule, known, BUDGET, luck_of(1))
    seen = seen_of(world)
    rng = np.random.default_rng(7)
    own = [name for name in FILE if name not in (*OF_PRECINCT, "precinct")]
    stirred = seen | {name: rng.permutation(seen[name]) for name in own}
    still = (policy.value(seen) == policy.value(stirred)).all(1)
    asked = consents(seen, rule.consenting)
    assert 0.08 < asked.mean() < 0.12
    assert still[~asked].all()
    assert not still[asked].all()


def test_more_consent_holds_the_same_persons():
    seen = {"id": np.arange(5_000)}
    assert not (consents(seen, 0.1) & ~consents(seen, 0.5)).any()


def test_every_cell_holds_enough_persons(known):
    cells = cells_of(known)
    blurred = cells.blur(known)
    # All that a model looks at, precinct columns too.
    together = np.column_stack([blurred[name] for name in COLUMNS])
    _, count = np.unique(together, axis=0, return_counts=True)
    # The last ones, fewer than a cell, are shown as everybody.
    assert count[count < CELL].sum() < CELL
    assert blurred["age"].mean() == pytest.approx(known["age"].mean(), abs=0.2)


# --- play --------------------------------------------------------------------------------------


def _won(scenario, world, policy):
    return play(scenario, world, policy, luck_of(5))


def test_play_counts_the_truth_of_what_was_decided(scenario, world, history):
    policy = fit_rule(history, BUDGET, luck_of(1))
    found = _won(scenario, world, policy).kpis
    rules = rules_of(scenario, world)
    plan = policy.act(seen_of(world), rules)["channel"]
    row = np.arange(len(plan))
    net = np.where(plan > 0, world.effects.net[row, np.maximum(plan - 1, 0)], 0.0).sum()
    budget = float(rules["budget_usd"][0])
    assert found["net_votes"] == pytest.approx(1000.0 * net / budget)
    assert np.concatenate([[0.0], PRICE])[plan].sum() <= budget + 1e-6


class Spender(Forecaster):
    """Knocks at every door, whatever it costs."""

    def act(self, seen, rules):
        rows = len(seen["id"])
        return {"channel": np.ones(rows, int), "value": np.ones((rows, len(CHANNELS)))}

    def predict(self, seen):
        return {}


def test_who_spends_too_much_is_cut_off_by_lot(scenario, world):
    found = _won(scenario, world, Spender())
    rows, budget = len(world.voters), float(rules_of(scenario, world)["budget_usd"][0])
    share = found.traces["channels"]["persons"][0] / 100.0
    assert share * rows * 1.6 <= budget + 1e-6
    assert share * rows * 1.6 > 0.999 * budget
    everybody = world.effects.net[:, 0].mean() * 1000.0 / 1.6
    assert found.kpis["net_votes"] == pytest.approx(everybody, abs=0.6)
    assert found.kpis["gap_race"] < 1.5


def test_a_closed_door_stays_closed(scenario, world):
    closed = scenario.model_copy(update={"door_allowed": 0.0})
    found = _won(closed, world, Spender())
    assert found.kpis["net_votes"] == 0.0
    assert found.kpis["vote_usd"] == 10_000.0
    oracle = USECASE.bounds(closed, world)["oracle"]
    assert _won(closed, world, oracle).traces["channels"]["persons"][0] == 0.0


def test_no_contender_passes_the_bounds(scenario, world, history):
    bounds = {
        role: _won(scenario, world, one).kpis["net_votes"]
        for role, one in USECASE.bounds(scenario, world).items()
    }
    assert bounds["ceiling"] < bounds["oracle"]
    for kind in ("support", "structured"):
        own = _won(scenario, world, fit_learner(kind)(history, BUDGET, luck_of(1))).kpis["net_votes"]
        assert own < bounds["ceiling"]


def test_a_group_of_fewer_than_fifty_is_not_shown(scenario):
    world = draw(Settings(voters=150, pilot=8_000, called=1_000), luck_of(915))
    shown = _won(scenario, world, Spender()).traces["groups"]
    assert len(shown["group"]) < 9
    assert (shown["voters"] * 1.5 >= 50.0).all()


def test_gini_of_turnout():
    assert gini(np.full(7, 0.3)) == pytest.approx(0.0)
    assert gini(np.array([0.0, 0.0, 0.0, 1.0])) == pytest.approx(0.75)


def test_rows_stand_alone(world, history):
    seen = seen_of(world)
    some = {name: column[100:101] for name, column in seen.items()}
    for kind in ("structured", "t"):
        policy = fit_learner(kind)(history, BUDGET, luck_of(1))
        assert policy.predict(some)["value"][0] == pytest.approx(policy.predict(seen)["value"][100])


def test_money_follows_votes_and_the_cost_of_learning(scenario):
    own, usual = {"net_votes": 6.0}, {"net_votes": 5.0}
    found = USECASE.settle(own, usual, 2e6, scenario)["net_mkrw"]
    votes = 1.0 * 300.0 * 5_000_000.0 / 1000.0 / 1000.0
    assert found == pytest.approx(votes * 60.0 * 1300.0 / 1e6 - 2.0)


def test_dearer_doors_are_knocked_at_less_often(world, history):
    policy: Targeting = fit_learner("structured")(history, BUDGET, luck_of(1))
    usual = build(USECASE, size="tiny")
    share = [
        _won(usual.model_copy(update={"door_usd": dollars}), world, policy).traces["channels"]["persons"][0]
        for dollars in (0.4, 1.6, 6.0)
    ]
    assert share[0] > share[1] > share[2]


def test_the_world_follows_its_scenario():
    scenario = build(USECASE, size="tiny", values={"pilot": 0.5, "public_register": "no"})
    world, history = USECASE.world(scenario, scoped(luck_of(3), "world"))
    assert world.settings.pilot == 5_000
    assert not history.data["file"]["registration"].any()
    assert world.settings.called == 750


def test_what_has_no_effect_is_never_bought(history, world, scenario):
    rich = scenario.model_copy(update={"budget_usd": 3_000.0})
    for kind in ("structured", "support", "t"):
        policy = fit_learner(kind)(history, BUDGET, luck_of(1))
        assert _won(rich, world, policy).traces["channels"]["persons"][3] == 0.0
    assert _won(rich, world, Targeting(planned_list())).traces["channels"]["persons"][3] == 0.0


@pytest.mark.parametrize("name", ["cells", "tenth_consent", "precinct_only", "korea"])
def test_without_a_pilot_a_rule_still_hides_persons(name, history, world):
    few = history.where(lambda table: table["id"] < 100)
    policy = fit_private(name)(few, BUDGET, luck_of(1))
    seen = seen_of(world)
    rng = np.random.default_rng(8)
    stirred = seen | {name: rng.permutation(seen[name]) for name in ("registration", "voted_1", "minority")}
    assert np.array_equal(policy.predict(seen)["value"], policy.predict(stirred)["value"])
