"""The rolling mill: what contenders see, how they follow the mill, how plays are counted."""

import copy
from dataclasses import replace

import numpy as np
import pytest

from core.engine.scenario import build
from core.luck import luck_of, scoped
from core.protocol import Budget
from data_synth.mill_constants import GRADES, STANDS
from data_synth.mill_head import thickness
from usecases.rolling_mill import USECASE
from usecases.rolling_mill.adaptation import Adaptation, constant, mean_table, tuned
from usecases.rolling_mill.bounds import Knows, ceiling, oracle
from usecases.rolling_mill.forecasters import ForcePolicy, Formula
from usecases.rolling_mill.learners import (
    fit_adaptive,
    fit_constant,
    fit_tracked,
    learner,
    lesson_of,
    roll_levels,
)
from usecases.rolling_mill.play import (
    agc_of,
    force_error,
    heads_of,
    play,
    played_slice,
    recovery,
    target_force,
)
from usecases.rolling_mill.schema import (
    SCHEMA,
    SEEN,
    TABLE,
    as_rolled,
    history_of,
    seen_of,
    some,
    spread,
    stands,
)
from usecases.rolling_mill.tracking import Tracker, components, tracked

BUDGET = Budget(trials=1, steps=60)
NEW_ROLLS, SAME_ROLLS = np.full(STANDS, 5), np.full(STANDS, -1)
ONE = np.zeros(0)


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


def test_what_is_seen_and_learned_is_what_was_read(scene):
    """Another truth behind the same readings changes no column of history, and nothing that is seen."""
    _, world, _ = scene
    rng = np.random.default_rng(1)
    coils = len(world.orders.lot)
    other = replace(
        world,
        given=world.given._replace(
            bar=rng.uniform(20, 40, coils), start_c=rng.uniform(900, 1100, coils),
            alloy=rng.uniform(1, 2, coils),
            level=rng.uniform(0.5, 2, (coils, STANDS)), offset=rng.normal(size=(coils, STANDS)),
            force_error=rng.normal(size=(coils, STANDS)), thickness_error=rng.normal(size=(coils, STANDS)),
        ),
        made=world.made._replace(
            **{name: rng.uniform(1, 2, (coils, STANDS))
               for name in ("forecast", "gap", "thickness", "force", "temperature", "radius")}
        ),
        known_level=rng.uniform(size=(coils, STANDS)),
        expected=world.expected._replace(start_c=rng.uniform(900, 1100, coils)),
        skid_phase=rng.uniform(size=coils),
    )  # fmt: skip
    shown, again = (history_of(w).data[TABLE] for w in (world, other))
    for name, values in shown.items():
        np.testing.assert_array_equal(values, again[name])
    # And what is seen of a coil does not depend on how any coil was rolled.
    rows = played_slice(world)
    before = seen_of(world, rows)
    for name, values in seen_of(replace(other, made=None), rows).items():
        np.testing.assert_array_equal(values, before[name])


def test_bases_never_learn_from_what_judges_them(scene):
    history = scene[2]
    last = len(history.data[TABLE]["coil"]) - 1
    lesson = lesson_of(history)
    assert lesson.early < lesson.late < last
    fit = learner(net=False, ratio=True, online=False)
    log = dict(history.data[TABLE])
    for i in range(1, 8):
        log[f"force_mn_{i}"] = np.where(np.arange(last + 1) < lesson.early, log[f"force_mn_{i}"], 1.0)
    spoiled = replace(history, data={TABLE: log})
    one, other = (fit(h, BUDGET, luck_of(0)) for h in (history, spoiled))
    assert one.base == other.base
    assert one.validation != other.validation


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
        *(np.array([v]) for v in values.values()), ONE, np.zeros((len(GRADES), STANDS)), np.zeros(STANDS),
        SAME_ROLLS,
    )  # fmt: skip


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
        lot, rolls = coil // 5, np.full(STANDS, coil // 20)
        seen = {"grade": np.array([coil % 3]), "lot": np.array([lot]), "strip_mm": np.array([3.0])}
        said = one.correction(seen | spread("rolls", rolls[None]))[0]
        np.testing.assert_allclose(one.learn(coil % 3, lot, rolls, rng.normal(0, 0.05, STANDS)), said)


def test_a_wrong_record_moves_no_more_than_the_gate():
    one = adaptation(quick=1.0)
    one.learn(0, 0, SAME_ROLLS, np.full(STANDS, 5.0))
    assert one.now.max() == pytest.approx(0.15)


def log_of(coils, lot=8, campaign=40):
    number = np.arange(coils)
    rolls = np.repeat((number // campaign)[:, None], STANDS, axis=1)
    of_coil = {"grade": number // lot % 3, "lot": number // lot, "coil": number}
    return of_coil | {"strip_mm": np.full(coils, 3.0)} | spread("rolls", rolls)


def test_rates_are_quick_where_lots_differ_and_still_where_nothing_does():
    rng = np.random.default_rng(8)
    log = log_of(800)
    noise = rng.normal(0, 0.01, (800, STANDS))
    lots = rng.normal(0, 0.05, (100, STANDS))[log["lot"]]
    restless, error = tuned(log, lots + noise, 100, 400)
    calm, calm_error = tuned(log, noise, 100, 400)
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
    table = np.zeros((len(GRADES), STANDS))
    still = np.zeros(1)
    return Tracker(noise * one, lot * one, still, np.array([jump]), still, ONE, table, np.zeros(14), spread_,
                   SAME_ROLLS)  # fmt: skip


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
    table = np.zeros((len(GRADES), STANDS))
    chosen, _ = tracked(log, residual, ONE, table, 200)
    _, between = components(log["lot"], residual)
    alone = replace(chosen, level=np.zeros(14), spread=np.zeros((14, 14)), rolls=SAME_ROLLS, lot=-1)
    alone.spread[:7, :7] = between + 1e-3 * np.eye(STANDS)
    rolls = stands(log, "rolls")
    for k in range(300):
        alone.learn(int(log["grade"][k]), int(log["lot"][k]), rolls[k], residual[k])
    np.testing.assert_allclose(alone.level, chosen.level, atol=1e-12)


def test_levels_of_rolls_are_found_where_they_are():
    rng = np.random.default_rng(2)
    rolls = stands(log_of(400), "rolls")
    true = np.repeat(rng.normal(0, 0.05, (10, STANDS)), 40, axis=0)
    found = roll_levels(rolls, true + rng.normal(0, 0.01, true.shape))
    assert np.corrcoef(found.ravel(), true.ravel())[0, 1] > 0.99
    assert (np.abs(found) <= np.abs(true) + 0.01).all()


def test_tables_hold_medians_drawn_towards_their_grade():
    log = {"grade": np.array([0, 0, 1]), "strip_mm": np.array([2.0, 4.0, 4.0])}
    residual = np.array([[0.1] * 7, [0.3] * 7, [0.5] * 7])
    table = mean_table(log, residual, ONE)
    assert table[:, 0] == pytest.approx([0.2, 0.5, *[0.3] * 10])
    halves = mean_table(log, residual, np.array([3.05]))
    # One coil of its own beside twenty coils' worth of the grade's mean.
    assert halves[0, 0] == pytest.approx((0.1 + 20 * 0.2) / 21)
    assert halves[1, 0] == pytest.approx((0.3 + 20 * 0.2) / 21)


def test_classes_of_thickness_are_used_where_they_differ():
    rng = np.random.default_rng(3)
    log = log_of(800)
    log["strip_mm"] = np.where(log["lot"] % 2, 2.0, 5.0)
    noise = rng.normal(0, 0.01, (800, STANDS))
    apart, _ = tuned(log, np.where(log["strip_mm"] > 3, 0.1, -0.1)[:, None] + noise, 600, 700)
    assert len(apart.edges) > 0


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
    bare = played(scene, ForcePolicy(Formula(), constant(np.zeros((len(GRADES), STANDS)), ONE), frozen=True))
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


def test_books_of_a_play_by_hand(scene):
    """Every forecast 3 % over the reading: errors, hits and cuts are known, and parts add up to the whole."""
    scenario, world, _ = scene
    rows = played_slice(world)
    read = target_force(world, rows) * (1.0 + world.readings.cell_error[rows])
    first = world.orders.position[rows] == 0
    factor = np.where(first, 1.06, 1.03)[:, None]
    kpis = played(scene, Knows(read * factor, world.first_played))
    share = first.mean()
    assert kpis["first_error"] == pytest.approx(6.0)
    assert kpis["later_error"] == pytest.approx(3.0)
    assert kpis["force_error"] == pytest.approx(6.0 * share + 3.0 * (1 - share))
    assert kpis["hit5"] == pytest.approx(100 * (1 - share))
    step = world.step_coil - world.first_played
    assert kpis["step_error"] == pytest.approx(100 * (factor[step : step + 5] - 1).mean())
    assert kpis["before_error"] == pytest.approx(100 * (factor[:step] - 1).mean())
    practice = force_error(world, world.made.forecast[rows]).mean()
    assert kpis["practice_cut"] == pytest.approx(100 - kpis["force_error"] / practice)
    # Tonnes a year: between all metres on the lightest and on the heaviest strip.
    coils = 3600 * 8760 / np.diff(world.line.entry).mean() * scenario.utilisation
    per_metre = world.orders.plan[rows, -1] * world.orders.width[rows] * 7.5e-6  # t/m
    assert kpis["yield_t"] / (kpis["offgauge_m"] * coils) == pytest.approx(per_metre.mean(), rel=0.25)


def test_skid_marks_at_the_head_are_counted_once(scene):
    """Without gauge control a head begins at the thickness that the set-up left, its skid mark included."""
    scenario, world, _ = scene
    rows = played_slice(world)
    made = some(world.made, rows)
    heads = heads_of(world, made, luck_of(1))._replace(ecc=np.zeros(STANDS))
    off = agc_of(scenario, world)._replace(lock_s=np.inf, monitor_s=np.inf)
    begins = thickness(off, heads, seconds=0.1)[:, 0]
    miss = (made.thickness - world.orders.plan[rows])[:, -1]
    np.testing.assert_allclose(begins, miss, atol=2e-3)


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
    strict = scenario.model_copy(update={"tolerance_um": 25.0, "agc_alpha": 0.5})
    usual = played(scene, policy)
    other = play(strict, world, copy.deepcopy(policy), scoped(luck_of(900), "play")).kpis
    assert other["offgauge_m"] > usual["offgauge_m"]
    assert other["force_error"] == usual["force_error"]


def test_books_balance(scene):
    scenario = scene[0]
    own = {"yield_t": 100.0, "force_error": 2.0, "cell_error": 1.0}
    incumbent = {"yield_t": 150.0, "force_error": 3.0, "cell_error": 1.0}
    settled = USECASE.settle(own, incumbent, 5e6, scenario)
    assert settled["net_mkrw"] == pytest.approx(50 * 0.12 - 5)
    assert settled["error_cut"] == pytest.approx(100 / 3)
    assert settled["removable_cut"] == pytest.approx(50.0)
    assert "cell_error" not in settled
