"""The plant: tiers agree, laws hold, and broken coefficients are noticed."""

import numpy as np
import pytest

from core.luck import luck_of
from data_synth.datacenter import Settings, draw, plant_columns
from data_synth.plant_constants import CONSTANTS, Plant, plant
from data_synth.plant_lanes import hold_cost, initial_state, simulate, steady_state
from data_synth.plant_physics import FIELDS, STATE
from usecases.datacenter_pue.checks import checks_of


@pytest.fixture(scope="module")
def lanes():
    """Forty lanes of a day of rough weather and random targets."""
    rng = np.random.default_rng(11)
    drive = np.stack(
        [
            rng.uniform(0.2, 0.9, (40, 288)),
            rng.uniform(-12, 28, (40, 1)) + rng.normal(0, 1, (40, 288)),
            rng.uniform(-10, 34, (40, 1)) + rng.normal(0, 1, (40, 288)),
            rng.uniform(0, 0.03, (40, 288)),
            (rng.random((40, 288)) < 0.02).astype(float),
            rng.normal(0, 0.3, (40, 288)),
        ],
        axis=-1,
    )
    targets = np.stack(
        [rng.uniform(12, 24, 40), rng.integers(2, 7, 40).astype(float), rng.uniform(0.5, 1, 40)], axis=-1
    )
    return drive, targets


def test_constants_and_plant_name_the_same_things():
    assert Plant._fields == tuple(CONSTANTS)
    assert plant(chiller_cop=6.0).chiller_cop == 6.0


def test_numpy_and_compiled_give_equal_results(lanes):
    drive, targets = lanes
    compiled = simulate(plant(), drive, targets, initial_state(targets))
    plain = simulate(plant(), drive, targets, initial_state(targets), backend="numpy")
    np.testing.assert_allclose(plain, compiled, rtol=1e-9, atol=1e-9)


def test_threads_change_nothing(lanes):
    drive, targets = lanes
    one = simulate(plant(), drive, targets, initial_state(targets))
    two = simulate(plant(), drive, targets, initial_state(targets), threads=2)
    np.testing.assert_array_equal(one, two)


def test_a_lane_goes_on_where_it_stopped(lanes):
    drive, targets = lanes
    whole = simulate(plant(), drive, targets, initial_state(targets))
    state = initial_state(targets)
    parts = [simulate(plant(), drive[:, a:b], targets, state) for a, b in ((0, 100), (100, 288))]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)


def test_holding_costs_what_the_simulation_says(lanes):
    drive, targets = lanes
    state = initial_state(targets)
    before = state.copy()
    cost = hold_cost(plant(), drive[:, :24], targets[:, None], state, air_max=1e9, delta_t_max=1e9)
    np.testing.assert_array_equal(state, before)
    run = simulate(plant(), drive[:, :24], targets, state)
    energy = plant_columns(run)["facility_kw"].sum(1) / 12
    np.testing.assert_allclose(cost[:, 0], energy, rtol=1e-12)


def test_rest_is_rest():
    drive = np.array([[0.55, 12.0, 16.0, 0.0, 0.0, 0.0]])
    targets = np.array([[20.0, 5.0, 0.7]])
    six, twelve = (steady_state(plant(), drive, targets, hours=h) for h in (6, 12))
    np.testing.assert_allclose(six[:, STATE:], twelve[:, STATE:], rtol=1e-6)
    at = plant_columns(six[0])
    assert at["lwt"] == pytest.approx(20.0)
    assert at["chillers"] == 0
    assert len(FIELDS) == six.shape[1]


@pytest.fixture(scope="module")
def settings():
    return Settings(years=1, weeks=4, days=1)


def test_checks_pass_on_several_seeds(settings):
    for seed in (50, 51, 52):
        failed = [c.name for c in checks_of(draw(settings, luck_of(seed))) if not c.passed]
        assert failed == []


@pytest.mark.parametrize(
    ("constant", "broken", "noticed"),
    [
        ("chiller_cop", 60.0, "cop_carnot"),
        ("server_fan_slope", 0.2, "server_slope"),
        ("leakage", -0.01, "server_slope"),
        ("ups_square", 0.2, "ups_efficiency"),
        ("idle_share", 1.5, "pue_load"),
        ("tower_fan_kw", -30.0, "pue_wet_bulb"),
        ("hall_fan_kw", 6000.0, "pue_median"),
    ],
)
def test_one_broken_coefficient_is_noticed(settings, constant, broken, noticed):
    world = draw(Settings(years=1, weeks=4, days=1, assumed=((constant, broken),)), luck_of(50))
    failed = {c.name for c in checks_of(world) if not c.passed}
    assert noticed in failed, f"{constant}={broken} went unnoticed"


def test_a_lost_term_breaks_the_heat_balance(settings):
    world = draw(settings, luck_of(50))
    world.truth[:, FIELDS.index("rejected_kw")] -= world.truth[:, FIELDS.index("water_pump_kw")]
    failed = {c.name for c in checks_of(world) if not c.passed}
    assert "energy_residual" in failed


def test_the_same_luck_gives_the_same_world(settings):
    one, two, other = (draw(settings, luck_of(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.truth, two.truth)
    assert not np.array_equal(one.truth, other.truth)


def test_exploration_does_not_change_the_weather():
    calm, bold = (draw(Settings(years=1, weeks=4, days=1, exploration=e), luck_of(3)) for e in (0.0, 1.0))
    np.testing.assert_array_equal(calm.weather.dry_bulb, bold.weather.dry_bulb)
    np.testing.assert_array_equal(calm.drive, bold.drive)
    assert bold.truth[:, 2].std() > 2 * calm.truth[:, 2].std()


def test_played_weeks_lie_in_the_year_after_the_log():
    for weeks, days in ((4, 1), (26, 4), (52, 7)):
        world = draw(Settings(years=1, weeks=weeks, days=days), luck_of(1))
        assert world.starts.min() >= world.history_steps
        assert world.starts.max() + days * 288 <= len(world.drive)
