"""Weather and random processes: known answers and statistics."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_synth.random_process import held, ornstein_uhlenbeck
from data_synth.weather import CLIMATES, draw_weather, humidity_ratio, saturation_pressure, wet_bulb


def test_wet_bulb_of_the_psychrometric_chart():
    # ASHRAE chart: 30 C at 50 % has a thermodynamic wet bulb of 22.0 C; enthalpy-equal is within 0.1 K.
    assert wet_bulb(np.array([30.0]), np.array([0.5]))[0] == pytest.approx(22.0, abs=0.15)


@given(st.floats(-25, 42), st.floats(0.05, 1.0))
def test_wet_bulb_lies_below_the_dry_bulb_and_solves_its_equation(dry, humidity):
    t, rh = np.array([dry]), np.array([humidity])
    wet = wet_bulb(t, rh)
    assert wet[0] <= dry + 1e-6
    drier = wet_bulb(t, np.array([max(0.05, humidity - 0.05)]))
    assert drier[0] <= wet[0] + 1e-9


def test_saturation_pressure_at_the_boiling_point():
    assert saturation_pressure(np.array([100.0]))[0] == pytest.approx(101_325, rel=0.005)
    assert humidity_ratio(np.array([20.0]), np.array([1.0]))[0] == pytest.approx(0.0147, rel=0.01)


def test_ornstein_uhlenbeck_has_its_moments():
    path = ornstein_uhlenbeck(np.random.default_rng(3), 400_000, step=1.0, tau=20.0, sd=2.0)
    assert path.std() == pytest.approx(2.0, rel=0.05)
    lag = np.corrcoef(path[:-20], path[20:])[0, 1]
    assert lag == pytest.approx(np.exp(-1), abs=0.03)


def test_ornstein_uhlenbeck_is_the_recursion_whatever_the_block():
    rng = np.random.default_rng(5)
    path = ornstein_uhlenbeck(np.random.default_rng(5), 3_000, step=1.0, tau=0.7, sd=1.0)
    keep = np.exp(-1 / 0.7)
    shocks = rng.standard_normal(3_000) * np.sqrt(1 - keep**2)
    shocks[0] = rng.standard_normal()
    expected = np.empty(3_000)
    last = 0.0
    for t, shock in enumerate(shocks):
        last = expected[t] = keep * last + shock
    np.testing.assert_allclose(path, expected, rtol=1e-9, atol=1e-12)


def test_holds_last_as_long_as_said():
    number = held(np.random.default_rng(1), 200_000, step=1 / 12, mean_hold=24.0)
    assert number[0] == 0
    assert 200_000 / 12 / (number[-1] + 1) == pytest.approx(24.0, rel=0.1)


@pytest.mark.parametrize("name", CLIMATES)
def test_stations_keep_their_normals(name):
    climate = CLIMATES[name]
    august, highest = [], []
    for seed in range(6):
        weather = draw_weather(climate, np.random.default_rng(seed), steps=8760, step_hours=1.0)
        day = weather.hours / 24
        august.append(weather.dry_bulb[(day >= 212) & (day < 243)].mean())
        highest.append(weather.wet_bulb.max())
        assert (weather.wet_bulb <= weather.dry_bulb + 1e-6).all()
    assert np.mean(august) == pytest.approx(climate.summer, abs=1.5)
    assert max(highest) < climate.wet_bulb_max + 1.5
