"""Headroom captured: known cases, nothing to gain, and the A/A test that must show nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.stats.headroom import MATERIAL, Captured, captured
from core.stats.interval import Interval, mean_interval, paired_interval

Floats = NDArray[np.float64]
steady = settings(deadline=None, derandomize=True, database=None)
INCUMBENT = np.array([100.0, 110.0, 90.0, 105.0, 95.0, 100.0])
ORACLE = np.array([80.0, 88.0, 73.0, 85.0, 76.0, 78.0])
seeds: st.SearchStrategy[Floats] = st.lists(
    st.tuples(*[st.integers(1, 999).map(float)] * 3), min_size=5, max_size=20
).map(np.array)


def parts(found: Captured) -> tuple[float, ...]:
    return tuple(x for it in (found.share, found.headroom, found.gain) for x in (it.mean, it.low, it.high))


def test_half_way_to_the_oracle() -> None:
    half = (INCUMBENT + ORACLE) / 2.0
    found = captured(half, INCUMBENT, ORACLE, sign=-1, base=INCUMBENT)
    assert found.share == Interval(0.5, 0.5, 0.5, 6)
    assert found.headroom == mean_interval(INCUMBENT - ORACLE)
    assert found.gain.mean == pytest.approx(10.0)
    assert not found.nothing_to_gain


def test_the_bound_captures_all_and_the_incumbent_exactly_nothing() -> None:
    assert captured(ORACLE, INCUMBENT, ORACLE, sign=-1, base=INCUMBENT).share == Interval(1.0, 1.0, 1.0, 6)
    same = captured(INCUMBENT, INCUMBENT, ORACLE, sign=-1, base=INCUMBENT)
    assert same.share == same.gain == Interval(0.0, 0.0, 0.0, 6)
    assert not same.nothing_to_gain


def test_a_worse_contender_is_shown_losing() -> None:
    found = captured(INCUMBENT + 7.0, INCUMBENT, ORACLE, sign=-1, base=INCUMBENT)
    assert found.gain == Interval(-7.0, -7.0, -7.0, 6)
    assert found.share.high < 0.0


@pytest.mark.parametrize(("room", "nothing"), [(1.0, True), (1.99, True), (2.01, False), (5.0, False)])
@pytest.mark.parametrize("sign", [-1, 1])
def test_nothing_to_gain_below_two_percent_of_the_base(room: float, nothing: bool, sign: int) -> None:
    base = np.full(5, 100.0)
    assert captured(base, base, base + sign * room, sign=sign, base=base).nothing_to_gain is nothing
    assert captured(base, base, base + sign * room, sign=sign, base=-base).nothing_to_gain is nothing


def test_it_is_the_lower_end_that_decides() -> None:
    base = np.full(6, 100.0)
    unsure = np.array([1.0, 9.0, 1.0, 9.0, 0.0, 10.0])  # 5 on average, but it may be none
    sure = np.array([4.8, 5.2, 4.9, 5.1, 5.0, 5.0])
    assert captured(base, base, base + unsure, sign=1, base=base).nothing_to_gain
    assert not captured(base, base, base + sure, sign=1, base=base).nothing_to_gain


def test_the_base_is_the_yardstick_not_the_headline() -> None:
    saving, best = np.zeros(5), np.full(5, 5.0)  # the incumbent saves nothing, by definition
    assert not captured(saving, saving, best, sign=1, base=[100.0] * 5).nothing_to_gain
    assert captured(saving, saving, best, sign=1, base=[1000.0] * 5).nothing_to_gain


def test_below_five_seeds_the_mean_decides() -> None:
    base, unsure = np.full(4, 100.0), np.array([0.0, 10.0, 1.0, 9.0])
    found = captured(base, base, base + unsure, sign=1, base=base)
    assert not found.nothing_to_gain
    assert math.isnan(found.share.low)
    assert captured(base, base, base + unsure / 4, sign=1, base=base).nothing_to_gain


def test_no_headroom_at_all_is_nothing_to_gain_even_without_a_base() -> None:
    none = np.zeros(5)
    found = captured(none, none, none, sign=1, base=none)
    assert found.nothing_to_gain
    assert math.isnan(found.share.mean)
    assert captured(none, none, none - 1.0, sign=1, base=none).nothing_to_gain  # a bound that is worse


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="sign is 0"):
        captured(INCUMBENT, INCUMBENT, ORACLE, sign=0, base=INCUMBENT)
    with pytest.raises(ValueError, match=r"base\[0\] is nan"):
        captured(INCUMBENT, INCUMBENT, ORACLE, sign=1, base=[math.nan] * 6)
    with pytest.raises(ValueError, match="bound has 5"):
        captured(INCUMBENT, INCUMBENT, ORACLE[:5], sign=1, base=INCUMBENT)


@steady
@given(seeds)
def test_turning_the_kpi_round_with_its_sign_changes_nothing(rows: Floats) -> None:
    ours, theirs, best = rows.T
    up = captured(ours, theirs, best, sign=1, base=theirs)
    down = captured(-ours, -theirs, -best, sign=-1, base=-theirs)
    assert parts(down) == pytest.approx(parts(up), nan_ok=True)
    assert down.nothing_to_gain == up.nothing_to_gain


@steady
@given(seeds, st.sampled_from([0.001, 3.6, 1300.0]))
def test_another_unit_keeps_the_share_and_the_verdict(rows: Floats, unit: float) -> None:
    ours, theirs, best = rows.T
    plain = captured(ours, theirs, best, sign=1, base=theirs)
    scaled = captured(unit * ours, unit * theirs, unit * best, sign=1, base=unit * theirs)
    assert parts(scaled)[:3] == pytest.approx(parts(plain)[:3], rel=1e-7, abs=1e-7, nan_ok=True)
    assert scaled.gain.low == pytest.approx(unit * plain.gain.low, rel=1e-7, abs=1e-7)
    if abs(plain.headroom.low - MATERIAL * theirs.mean()) > 1e-6:
        assert scaled.nothing_to_gain == plain.nothing_to_gain


@pytest.mark.parametrize("n", [5, 10])
def test_the_same_policy_twice_shows_nothing(n: int) -> None:
    """A/A: one policy, two trainings of it; the worlds are shared, the luck of training is not."""
    rng = np.random.default_rng(20_265)
    worlds = rng.normal(100.0, 10.0, (1000, n))
    first, second = (worlds + rng.normal(0.0, 1.0, (1000, n)) for _ in range(2))
    oracle = worlds - rng.normal(20.0, 1.0, (1000, n))
    gains, shares = [], []
    for a, b, best in zip(first, second, oracle, strict=True):
        gains.append(paired_interval(a, b))
        found = captured(b, a, best, sign=-1, base=a)
        assert not found.nothing_to_gain
        shares.append(found.share)
    empty = [it.low <= 0.0 <= it.high for it in gains]
    assert 0.935 <= np.mean(empty) <= 0.965
    assert [it.low <= 0.0 <= it.high for it in shares] == empty
    assert abs(np.mean([it.mean for it in shares])) < 0.003  # 5 standard errors at n = 5
