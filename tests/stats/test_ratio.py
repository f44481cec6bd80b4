"""Fieller's interval: solved by hand, against the delta method, invariants, coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.stats.interval import Interval, mean_interval
from core.stats.ratio import fieller
from core.stats.student import two_sided

Floats = NDArray[np.float64]
steady = settings(deadline=None, derandomize=True, database=None)
pairs = st.lists(
    st.tuples(st.integers(-999, 999).map(float), st.integers(500, 999).map(float)), min_size=5, max_size=25
).map(lambda rows: (np.array(rows)[:, 0], np.array(rows)[:, 1]))


def correlated(rng: np.random.Generator, shape: tuple[int, int], a: float, b: float) -> tuple[Floats, Floats]:
    """Numerators and denominators with means ``a`` and ``b`` that share the seed's luck (rho 0.6)."""
    shared, own = rng.normal(size=shape), rng.normal(size=shape)
    return a + 0.6 * shared + 0.8 * own, b + shared


def test_a_quadratic_solved_by_hand() -> None:
    # Means a = 5, b = 10; deviations (1, 1, -1, 0, -1) and (-2, -1, 0, 1, 2) give variances of means
    # v_aa = 4/20 = 0.2, v_bb = 10/20 = 0.5 and v_ab = -5/20 = -0.25. With t(0.975, 4)^2 = 7.708647:
    #   (b^2 - t^2 v_bb) r^2 - 2 (a b - t^2 v_ab) r + (a^2 - t^2 v_aa) = 0
    #   96.1456765 r^2 - 103.8543235 r + 23.4582706 = 0, so r = 0.540088 -+ 0.218423.
    found = fieller([6.0, 6.0, 4.0, 5.0, 4.0], [8.0, 9.0, 10.0, 11.0, 12.0])
    assert (found.mean, found.low, found.high) == pytest.approx((0.5, 0.321665, 0.758511), abs=2e-6)
    assert found.n == 5


@steady
@given(pairs)
def test_the_ends_are_where_the_t_test_turns(pair: tuple[Floats, Floats]) -> None:
    """Fieller's definition: at an end, numerator - r * denominator is just significant."""
    above, below = pair
    found = fieller(above, below)
    assume(math.isfinite(found.low) and found.high - found.low > 1e-6)
    critical = two_sided(0.95, above.size)
    for end in (found.low, found.high):
        left = above - end * below
        statistic = left.mean() / (left.std(ddof=1) / math.sqrt(left.size))
        assert abs(statistic) == pytest.approx(critical, rel=1e-6)
    assert found.low <= found.mean <= found.high


def test_many_seeds_agree_with_the_delta_method() -> None:
    n = 100_000
    above, below = correlated(np.random.default_rng(7), (1, n), 3.0, 5.0)
    a, b = above[0], below[0]
    cov = np.cov(a, b) / n
    q = a.mean() / b.mean()
    se = math.sqrt(cov[0, 0] - 2.0 * q * cov[0, 1] + q**2 * cov[1, 1]) / b.mean()
    found = fieller(a, b)
    assert found.mean == pytest.approx(q)
    assert found.high - found.low == pytest.approx(2 * 1.959964 * se, rel=1e-3)
    assert (found.high + found.low) / 2.0 == pytest.approx(q, abs=0.01 * se)


def test_a_constant_denominator_is_only_a_unit() -> None:
    values = [4.0, 8.0, 6.0, 1.0, 9.0, 2.0]
    plain, found = mean_interval(values), fieller(values, [4.0] * 6)
    expected = (plain.mean / 4, plain.low / 4, plain.high / 4)
    assert (found.mean, found.low, found.high) == pytest.approx(expected)


def test_proportional_samples_are_a_point() -> None:
    below = np.array([3.0, 8.0, 5.0, 7.0, 4.0])
    assert fieller(below, below) == Interval(1.0, 1.0, 1.0, 5)
    assert fieller(0.0 * below, below) == Interval(0.0, 0.0, 0.0, 5)
    assert fieller(0.5 * below, below) == Interval(0.5, 0.5, 0.5, 5)


def test_unbounded_exactly_where_the_denominator_may_be_zero() -> None:
    above = [3.0, 1.0, 2.0, 5.0, 4.0, 3.5]
    spread = np.array([-2.0, -1.0, 0.5, 1.0, 2.0, -0.5])  # mean 0
    half = mean_interval(spread).high
    for mean in (-1.001 * half, 1.001 * half):
        assert math.isfinite(fieller(above, spread + mean).low)
        assert math.isfinite(fieller(above, spread + mean).high)
    for mean in (-0.999 * half, 0.0, 0.999 * half):
        found = fieller(above, spread + mean)
        assert (found.low, found.high) == (-math.inf, math.inf)


def test_no_denominator_no_ratio() -> None:
    found = fieller([1.0, 2.0, 3.0, 4.0, 5.0], [0.0] * 5)
    assert math.isnan(found.mean)
    assert (found.low, found.high) == (-math.inf, math.inf)
    assert found.as_json() == {"mean": None, "ci_low": None, "ci_high": None}


def test_the_level_is_heeded() -> None:
    above, unit = [4.0, 8.0, 6.0, 1.0, 9.0, 2.0], [1.0] * 6
    assert fieller(above, unit, 0.8).high == pytest.approx(mean_interval(above, 0.8).high)
    assert fieller(above, unit, 0.8).high < fieller(above, unit).high


def test_no_interval_below_five_seeds() -> None:
    found = fieller([1.0, 2.0, 3.0, 2.0], [4.0, 4.0, 4.0, 4.0])
    assert found.mean == 0.5
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_bad_samples_are_named() -> None:
    with pytest.raises(ValueError, match=r"denominator\[1\] is nan"):
        fieller([1.0, 2.0], [1.0, math.nan])
    with pytest.raises(ValueError, match="numerator has 2, denominator has 3"):
        fieller([1.0, 2.0], [1.0, 2.0, 3.0])


@steady
@given(pairs, st.sampled_from([-1e9, -1.0, 1e-6, 0.3, 1e9]))
def test_a_common_unit_changes_nothing(pair: tuple[Floats, Floats], unit: float) -> None:
    above, below = pair
    plain, scaled = fieller(above, below), fieller(unit * above, unit * below)
    expected = (plain.mean, plain.low, plain.high)
    assert (scaled.mean, scaled.low, scaled.high) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@steady
@given(pairs, st.sampled_from([-2.0, -1.0, 5.0]))
def test_the_numerators_unit_scales_it(pair: tuple[Floats, Floats], factor: float) -> None:
    above, below = pair
    plain, scaled = fieller(above, below), fieller(factor * above, below)
    low, high = sorted((factor * plain.low, factor * plain.high))
    assert (scaled.mean, scaled.low, scaled.high) == pytest.approx(
        (factor * plain.mean, low, high), rel=1e-9, abs=1e-9
    )


@steady
@given(pairs)
def test_adding_the_denominator_adds_one(pair: tuple[Floats, Floats]) -> None:
    above, below = pair
    plain, more = fieller(above, below), fieller(above + below, below)
    expected = (plain.mean + 1, plain.low + 1, plain.high + 1)
    assert (more.mean, more.low, more.high) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@steady
@given(pairs)
def test_shows_an_effect_exactly_when_the_numerator_does(pair: tuple[Floats, Floats]) -> None:
    above, below = pair
    share, gain = fieller(above, below), mean_interval(above)
    assume(math.isfinite(share.low) and min(abs(gain.low), abs(gain.high)) > 1e-6)
    assert (share.low <= 0.0 <= share.high) == (gain.low <= 0.0 <= gain.high)


@pytest.mark.parametrize("n", [5, 10])
def test_covers_the_ratio_as_often_as_it_says(n: int) -> None:
    above, below = correlated(np.random.default_rng(20_263), (1000, n), 4.0, 10.0)
    found = [fieller(x, y) for x, y in zip(above, below, strict=True)]
    assert 0.935 <= np.mean([it.low <= 0.4 <= it.high for it in found]) <= 0.965
    assert all(math.isfinite(it.low) for it in found)


def test_covers_at_least_as_often_where_the_denominator_is_weak() -> None:
    above, below = correlated(np.random.default_rng(20_264), (1000, 10), 0.4, 1.0)
    found = [fieller(x, y) for x, y in zip(above, below, strict=True)]
    unbounded = np.mean([math.isinf(it.low) for it in found])
    assert 0.1 < unbounded < 0.9  # both kinds occur, or this says nothing
    assert np.mean([it.low <= 0.4 <= it.high for it in found]) >= 0.935
