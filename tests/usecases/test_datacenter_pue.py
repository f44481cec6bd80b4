"""The data-centre use case: its rule, its controllers, its books."""

import numpy as np
import pytest

from core.engine.scenario import build
from core.luck import luck_of, scoped
from core.protocol import Budget
from data_synth.datacenter import GAO_INPUTS, HABIT, celsius, fahrenheit
from usecases.datacenter_pue import USECASE
from usecases.datacenter_pue.oracle import Oracle
from usecases.datacenter_pue.play import DELTA_T_MAX, play, rules_of
from usecases.datacenter_pue.rules import evenly, fit_incumbent
from usecases.datacenter_pue.schema import SCHEMA, TABLE
from usecases.datacenter_pue.skill import held_out, reference_skill

BUDGET = Budget(trials=1, steps=60)


@pytest.fixture(scope="module")
def scene():
    scenario = build(USECASE, size="tiny")
    world, history = USECASE.world(scenario, scoped(luck_of(900), "world"))
    return scenario, world, history


def _kpis(scene, policy):
    scenario, world, _ = scene
    return play(scenario, world, policy, np.random.default_rng(0)).kpis


def test_gaos_inputs_are_all_logged():
    logged = {column.name for column in SCHEMA[TABLE]}
    assert len(GAO_INPUTS) == 19
    assert set(GAO_INPUTS) <= logged


def test_temperatures_round_trip():
    np.testing.assert_allclose(celsius(fahrenheit(np.array([-5.0, 20.0]))), [-5.0, 20.0])


def test_rows_set_aside_are_in_no_history(scene):
    _, world, history = scene
    hours = world.weather.hours[held_out(world, "shuffled")]
    assert not np.isin(hours, history.data[TABLE]["hour"]).any()
    later = world.weather.hours[held_out(world, "time")]
    assert later.min() > history.data[TABLE]["hour"].max()


def test_the_tuned_rule_beats_habit_by_far(scene):
    rule = fit_incumbent(scene[2], BUDGET, luck_of(0))
    assert _kpis(scene, rule)["habit_pct"] > 15


def test_a_log_of_a_day_is_enough_for_everybody(scene):
    day = scene[2].thin(1e-9, luck_of(11))
    for contender in USECASE.contenders.values():
        policy = contender.fit(day, BUDGET, luck_of(0))
        assert np.isfinite(_kpis(scene, policy)["cooling_mwh"])


def test_the_rule_follows_the_wet_bulb_and_the_limit(scene):
    scenario, _, history = scene
    rule = fit_incumbent(history, BUDGET, luck_of(0))
    seen = {
        "wet_bulb_f": fahrenheit(np.array([-5.0, 8.0, 27.0])),
        "utilisation_pct": np.full(3, 55.0),
        "cold_aisle_c": np.full(3, 22.0),
        "tower_lwt_setpoint_f": np.full(3, 66.0),
    }
    usual = celsius(rule.act(seen, rules_of(scenario))["tower_lwt_setpoint_f"])
    assert usual[0] <= usual[1] <= usual[2]
    strict = scenario.model_copy(update={"cold_aisle_max": 24.0})
    tight = celsius(rule.act(seen, rules_of(strict))["tower_lwt_setpoint_f"])
    assert (tight <= usual).all()
    assert tight[2] < usual[2]
    hot = rule.act(seen | {"cold_aisle_c": np.full(3, 28.0)}, rules_of(scenario))
    assert (celsius(hot["tower_lwt_setpoint_f"]) <= celsius(np.array(66.0)) - 1.0).all()


def test_the_oracle_beats_the_rule_and_keeps_the_limits(scene):
    scenario, world, history = scene
    rule = _kpis(scene, fit_incumbent(history, BUDGET, luck_of(0)))
    oracle = _kpis(scene, Oracle(world, scenario.cold_aisle_max, DELTA_T_MAX))
    assert oracle["facility_mwh"] < rule["facility_mwh"]
    assert oracle["violation_min"] == 0


def test_habit_saves_nothing_against_itself(scene):
    class Habit:
        def act(self, seen, rules):
            rows = len(seen["unit"])
            lwt, towers, pump = HABIT
            return {
                "tower_lwt_setpoint_f": np.full(rows, fahrenheit(np.array(lwt))),
                "towers_running": np.full(rows, towers),
                "water_pump_vfd_pct": np.full(rows, 100 * pump),
            }

    assert _kpis(scene, Habit())["habit_pct"] == pytest.approx(0.0, abs=1e-9)


def test_books_balance(scene):
    scenario = scene[0]
    own = {"facility_mwh": 90.0, "cooling_mwh": 15.0}
    incumbent = {"facility_mwh": 100.0, "cooling_mwh": 20.0}
    settled = USECASE.settle(own, incumbent, 1e6, scenario)
    assert settled["saved_mwh"] == 10.0
    assert settled["saved_pct"] == 50.0
    assert settled["net_mkrw"] == pytest.approx(10 * scenario.electricity_price / 1000 - 1.0)


def test_references_are_ordered_as_physics_says(scene):
    found = reference_skill(scene[1], scene[2])
    error = {name: scores["pue_mae_shuffled"].value for name, scores in found.items()}
    floor = found["constant"]["pue_mae_shuffled"].floor
    assert floor < error["persistence"] < error["ridge"] < error["constant"]
    assert 95 < found["constant"]["pue_accuracy_shuffled"].value < 99


def test_evenly_keeps_order_and_ends():
    table = {"a": np.arange(100.0)}
    assert evenly(table, 5)["a"].tolist() == [0, 24, 49, 74, 99]
    assert len(evenly(table, 500)["a"]) == 100
