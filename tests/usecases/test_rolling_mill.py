"""The rolling mill: what contenders see, how they follow the mill, how plays are counted."""

import copy

import numpy as np
import pytest

from core.engine.scenario import build
from core.luck import luck_of, scoped
from core.protocol import Budget
from data_synth.mill_constants import GRADES, STANDS
from usecases.rolling_mill import USECASE
from usecases.rolling_mill.adaptation import Adaptation, constant, mean_table, tuned
from usecases.rolling_mill.bounds import ceiling, oracle
from usecases.rolling_mill.forecasters import ForcePolicy, Formula
from usecases.rolling_mill.learners import fit_adaptive, fit_constant, fit_tracked, learner, roll_levels
from usecases.rolling_mill.play import force_error, play, played_slice, recovery, target_force
from usecases.rolling_mill.schema import SCHEMA, SEEN, TABLE, as_rolled, seen_of, spread, stands
from usecases.rolling_mill.tracking import Tracker, components, tracked

BUDGET = Budget(trials=1, steps=60)
NEW_ROLLS, SAME_ROLLS = np.ones(STANDS, dtype=bool), np.zeros(STANDS, dtype=bool)


@pytest.fixture(scope="module")
def scene():
    scenario = build(USECASE, size="tiny")
    world, history = USECASE.world(scenario, scoped(luck_of(900), "world"))
    return scenario, world, history


def played(scene, policy):
    scenario, world, _ = scene
    return play(scenario, world, copy.deepcopy(policy), scoped(luck_of(900), "play")).kpis


# --- what is seen ------------------------------------------------------------------------------


def test_nothing_of_a_coil_is_seen_before_it_is_rolled(scene):
    _, world, _ = scene
    names = [column.name for column in SEEN]
    assert list(seen_of(world, slice(0, 3))) == names
    after = {column.name for column in SCHEMA[TABLE]} - set(names)
    assert after == {"exit_c", *(f"{n}_{i}" for n in ("rolled_mm", "force_mn", "model_mn", "model_c")
                                 for i in range(1, 8))}  # fmt: skip


def test_history_ends_before_play(scene):
    _, world, history = scene
    coils = history.data[TABLE]["coil"]
    assert coils.max() == world.first_played - 1
    assert world.orders.campaign[world.first_played] == 6


def test_as_rolled_forces_belong_to_what_was_rolled(scene):
    log = as_rolled(scene[2].data[TABLE])
    np.testing.assert_array_equal(stands(log, "plan_mm"), stands(log, "rolled_mm"))
    np.testing.assert_array_equal(stands(log, "model_plan_mn"), stands(log, "model_mn"))


def test_spread_and_stands_are_inverse():
    values = np.arange(14.0).reshape(2, 7)
    np.testing.assert_array_equal(stands(spread("x", values), "x"), values)


# --- following the mill ------------------------------------------------------------------------


def adaptation(**rates):
    values = {"quick": 0.5, "eager": 0.0, "slow": 0.0, "carry": 0.4, "renew": 1.0} | rates
    return Adaptation(
        *(np.array([v]) for v in values.values()), np.zeros((len(GRADES), STANDS)), np.zeros(STANDS)
    )


def test_the_coefficient_follows_by_its_rate_and_is_carried_by_its_share():
    one = adaptation()
    for expected in (0.0, 0.05, 0.075):
        assert one.learn(2, 7, SAME_ROLLS, np.full(STANDS, 0.1)) == pytest.approx(expected)
    # The next lot begins with what is carried over.
    assert one.learn(2, 8, SAME_ROLLS, np.full(STANDS, 0.1)) == pytest.approx(0.4 * 0.0875)


def test_a_correction_is_what_learning_then_meets():
    rng = np.random.default_rng(5)
    one = adaptation(slow=0.1, eager=0.9, renew=0.3)
    for coil in range(60):
        lot, new = coil // 5, NEW_ROLLS if coil % 20 == 0 else SAME_ROLLS
        tonnes = np.where(new, 0.0, 100.0)[None]
        seen = {"grade": np.array([coil % 3]), "lot": np.array([lot]), **spread("roll_t", tonnes)}
        said = one.correction(seen)[0]
        np.testing.assert_allclose(one.learn(coil % 3, lot, new, rng.normal(0, 0.05, STANDS)), said)


def test_a_wrong_record_moves_no_more_than_the_gate():
    one = adaptation(quick=1.0)
    one.learn(0, 0, SAME_ROLLS, np.full(STANDS, 5.0))
    assert one.now.max() == pytest.approx(0.15)


def log_of(coils, lot=8, campaign=40):
    number = np.arange(coils)
    tonnes = np.repeat((number % campaign * 20.0)[:, None], STANDS, axis=1)
    return {"grade": number // lot % 3, "lot": number // lot, "coil": number, **spread("roll_t", tonnes)}


def test_rates_are_quick_where_lots_differ_and_still_where_nothing_does():
    rng = np.random.default_rng(8)
    log = log_of(800)
    noise = rng.normal(0, 0.01, (800, STANDS))
    lots = rng.normal(0, 0.05, (100, STANDS))[log["lot"]]
    restless, error = tuned(log, lots + noise, np.zeros((len(GRADES), STANDS)), 400)
    calm, calm_error = tuned(log, noise, np.zeros((len(GRADES), STANDS)), 400)
    assert restless.eager[0] > 0.5
    assert max(calm.quick[0], calm.eager[0]) <= 0.15
    # A constant would miss by .0088 on average, the mean deviation of the noise and of an EWMA of it.
    assert calm_error < 0.009 < error


def test_covariances_are_found_by_moments():
    rng = np.random.default_rng(1)
    lot = np.repeat(np.arange(3000), 8)
    common = rng.normal(0, 0.02, 3000)[lot][:, None]
    noise, between = components(lot, common + rng.normal(0, 0.01, (24_000, STANDS)))
    np.testing.assert_allclose(noise, 1e-4 * np.eye(STANDS), atol=6e-6)
    np.testing.assert_allclose(between, np.full((STANDS, STANDS), 4e-4), atol=4e-5)


def filter_of(noise=1e-4, lot=4e-4, jump=0.0):
    one = np.eye(STANDS)
    spread_ = np.zeros((14, 14))
    return Tracker(noise * one, lot * one, np.array([0.0]), np.array([jump]), np.zeros((len(GRADES), STANDS)),
                   np.zeros(14), spread_)  # fmt: skip


def test_the_filter_is_the_posterior_mean_of_a_lot():
    one = filter_of()
    for n in range(1, 6):
        one.learn(0, 0, SAME_ROLLS, np.full(STANDS, 0.02))
        # n readings of variance 1e-4 on a level of variance 4e-4.
        assert one.level[7:] == pytest.approx(0.02 * n * 4 / (n * 4 + 1))


def test_the_filter_forgets_a_lot_and_doubts_a_level_after_new_rolls():
    one = filter_of(lot=0.0, jump=1e-3)
    one.learn(0, 0, NEW_ROLLS, np.full(STANDS, 0.02))
    level = one.level[:7].copy()
    assert (level > 0.015).all()
    one.learn(0, 1, SAME_ROLLS, np.full(STANDS, 0.02))
    np.testing.assert_allclose(one.level[7:], 0.0)
    still = filter_of(lot=0.0)
    still.learn(0, 0, SAME_ROLLS, np.full(STANDS, 0.02))
    np.testing.assert_allclose(still.level, 0.0)


def test_a_wild_record_is_believed_less():
    mild, wild = filter_of(), filter_of()
    mild.learn(0, 0, SAME_ROLLS, np.full(STANDS, 0.02))
    wild.learn(0, 0, SAME_ROLLS, np.full(STANDS, 0.14))
    assert 2.0 < wild.level[7] / mild.level[7] < 4.0


def test_settings_side_by_side_are_each_alone():
    rng = np.random.default_rng(4)
    log = log_of(300)
    residual = rng.normal(0, 0.02, (300, STANDS))
    chosen, _ = tracked(log, residual, np.zeros((len(GRADES), STANDS)), 200)
    alone = Tracker(chosen.noise, chosen.lot_spread, chosen.wander, chosen.jump, chosen.table, np.zeros(14),
                    np.zeros((14, 14)))  # fmt: skip
    _, between = components(log["lot"], residual)
    alone.spread[:7, :7] = between + 1e-3 * np.eye(STANDS)
    new = stands(log, "roll_t") == 0.0
    for k in range(300):
        alone.learn(int(log["grade"][k]), int(log["lot"][k]), new[k], residual[k])
    np.testing.assert_allclose(alone.level, chosen.level, atol=1e-12)


def test_levels_of_rolls_are_found_where_they_are():
    rng = np.random.default_rng(2)
    tonnes = log_of(400)
    true = np.repeat(rng.normal(0, 0.05, (10, STANDS)), 40, axis=0)
    found = roll_levels(stands(tonnes, "roll_t"), true + rng.normal(0, 0.01, true.shape))
    assert np.corrcoef(found.ravel(), true.ravel())[0, 1] > 0.99
    assert (np.abs(found) <= np.abs(true) + 0.01).all()


def test_medians_by_grade_stand_in_for_grades_never_rolled():
    table = mean_table(np.array([0, 0, 1]), np.array([[0.1] * 7, [0.3] * 7, [0.5] * 7]))
    assert table[0, 0] == pytest.approx(0.2)
    assert table[1, 0] == pytest.approx(0.5)
    assert table[5, 0] == pytest.approx(0.3)


# --- play --------------------------------------------------------------------------------------


def test_the_oracle_errs_by_the_cells_alone_and_the_ceiling_is_between(scene):
    _, world, history = scene
    best, bound = played(scene, oracle(world)), played(scene, ceiling(world))
    incumbent = played(scene, fit_adaptive(history, BUDGET, luck_of(0)))
    assert best["force_error"] == best["cell_error"]
    # Mean deviation of 1 % noise.
    assert best["force_error"] == pytest.approx(100 * 0.01 * np.sqrt(2 / np.pi), rel=0.1)
    for kpi in ("force_error", "offgauge_m", "yield_t", "thickness_um"):
        assert best[kpi] < bound[kpi] < incumbent[kpi]


def test_adapting_beats_a_constant_and_a_constant_beats_the_bare_formula(scene):
    history = scene[2]
    adaptive = played(scene, fit_adaptive(history, BUDGET, luck_of(0)))
    fixed = played(scene, fit_constant(history, BUDGET, luck_of(0)))
    bare = played(scene, ForcePolicy(Formula(), constant(np.zeros((len(GRADES), STANDS))), frozen=True))
    assert adaptive["force_error"] < fixed["force_error"] < bare["force_error"]
    assert adaptive["offgauge_m"] < fixed["offgauge_m"] < bare["offgauge_m"]


def test_a_frozen_policy_learns_nothing_and_an_adapting_one_does(scene):
    _, world, history = scene
    rows = played_slice(world)
    seen = seen_of(world, slice(rows.start, rows.start + 40))
    for fit, moves in ((fit_constant, False), (fit_adaptive, True), (fit_tracked, True)):
        policy = fit(history, BUDGET, luck_of(0))
        before = stands(policy.predict(seen), "force_mn")
        log = history.data[TABLE]
        policy.learn({name: values[-5:] for name, values in log.items()}, luck_of(0))
        assert (not np.array_equal(before, stands(policy.predict(seen), "force_mn"))) is moves


@pytest.mark.parametrize("net", [False, True])
def test_learners_correct_the_formula(scene, net):
    history = scene[2]
    ratio = played(scene, learner(net=net, ratio=True, online=True)(history, BUDGET, luck_of(0)))
    alone = played(scene, learner(net=net, ratio=False, online=False)(history, BUDGET, luck_of(0)))
    # So little history is enough where physics carries the rest.
    assert ratio["force_error"] < alone["force_error"]


@pytest.mark.parametrize("coils", [0, 1, 9, 59, 61])
def test_next_to_no_history_leaves_the_formula(scene, coils):
    little = scene[2].where(lambda table: table["coil"] < coils)
    for fit in (fit_adaptive, fit_constant, fit_tracked, learner(net=False, ratio=True, online=True)):
        assert played(scene, fit(little, BUDGET, luck_of(0)))["force_error"] < 40


def test_error_is_judged_at_the_plan(scene):
    _, world, _ = scene
    rows = played_slice(world)
    read = target_force(world, rows) * (1.0 + world.readings.cell_error[rows])
    np.testing.assert_allclose(force_error(world, 1.03 * read), 0.03)


def test_recovery_counts_coils_until_errors_are_back():
    before = 1.0
    assert recovery(np.full(50, 1.05), before) == 0
    assert recovery(np.concatenate([np.full(7, 9.0), np.ones(50)]), before) == 7
    assert recovery(np.full(50, 2.0), before) == 50
    assert recovery(np.ones(4), before) == 4


def test_live_levers_change_books_alone(scene):
    scenario, world, history = scene
    policy = fit_adaptive(history, BUDGET, luck_of(0))
    strict = scenario.model_copy(update={"tolerance_um": 20.0, "agc_alpha": 0.3})
    usual = played(scene, policy)
    other = play(strict, world, copy.deepcopy(policy), scoped(luck_of(900), "play")).kpis
    assert other["offgauge_m"] > usual["offgauge_m"]
    assert other["force_error"] == usual["force_error"]


def test_books_balance(scene):
    scenario = scene[0]
    own = {"yield_t": 100.0, "force_error": 2.0, "cell_error": 1.0}
    incumbent = {"yield_t": 150.0, "force_error": 3.0, "cell_error": 1.0}
    settled = USECASE.settle(own, incumbent, 5e6, scenario)
    assert settled["net_mkrw"] == pytest.approx(50 * 0.4 - 5)
    assert settled["error_cut"] == pytest.approx(100 / 3)
    assert settled["removable_cut"] == pytest.approx(50.0)
    assert "cell_error" not in settled
