"""The t interval: known answers, invariants, coverage."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.stats.interval import MIN_SEEDS, Interval, mean_interval, paired_interval
from core.stats.student import two_sided

Floats = NDArray[np.float64]
steady = settings(deadline=None, derandomize=True, database=None)
numbers = st.floats(-1e6, 1e6).map(lambda x: round(x, 3))
samples = st.lists(numbers, min_size=MIN_SEEDS, max_size=30).map(np.array)

# Student's own data (1908): extra hours of sleep under two drugs, ten patients. The interval of the
# difference, 0.7001142 to 2.4598858, is the one in the R manual's page on `t.test` and `sleep`.
FIRST = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SECOND = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


def test_students_sleep_data() -> None:
    found = paired_interval(SECOND, FIRST)
    assert found.n == 10
    assert (found.mean, found.low, found.high) == pytest.approx((1.58, 0.7001142, 2.4598858), abs=1e-7)


def test_by_hand() -> None:
    # mean 3, sd sqrt(2.5), standard error sqrt(0.5); t(0.975, 4) = 2.776445 from the table.
    half = 2.776445 * math.sqrt(0.5)
    found = mean_interval([5.0, 1.0, 4.0, 2.0, 3.0])
    assert (found.mean, found.low, found.high) == pytest.approx((3.0, 3.0 - half, 3.0 + half), abs=1e-6)


@pytest.mark.parametrize(
    ("level", "n", "published"),
    [(0.95, 5, 2.776), (0.95, 10, 2.262), (0.95, 20, 2.093), (0.90, 20, 1.729), (0.99, 10, 3.250)],
)
def test_quantiles_of_the_printed_table(level: float, n: int, published: float) -> None:
    assert two_sided(level, n) == pytest.approx(published, abs=5e-4)


def test_no_interval_below_five_seeds() -> None:
    four, five = mean_interval([1.0, 2.0, 3.0, 4.0]), mean_interval([1.0, 2.0, 3.0, 4.0, 5.0])
    assert four.mean == 2.5
    assert four.n == 4
    assert math.isnan(four.low)
    assert math.isnan(four.high)
    assert math.isfinite(five.low)
    assert math.isfinite(five.high)


def test_equal_values_are_a_point() -> None:
    # 0.1 is not exact in binary, so a careless mean and spread would leave a trace.
    assert mean_interval([0.1] * 7) == Interval(0.1, 0.1, 0.1, 7)


def test_identical_policies_differ_by_exactly_nothing() -> None:
    assert paired_interval(FIRST, FIRST) == Interval(0.0, 0.0, 0.0, 10)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_named(bad: float) -> None:
    with pytest.raises(ValueError, match=rf"values\[2\] is {bad}"):
        mean_interval([1.0, 2.0, bad, 4.0, 5.0])
    with pytest.raises(ValueError, match=rf"b\[0\] is {bad}"):
        paired_interval([1.0, 2.0], [bad, 1.0])


@pytest.mark.parametrize("values", [[], [[1.0, 2.0]], 3.0])
def test_what_is_no_sample_is_refused(values: object) -> None:
    with pytest.raises(ValueError, match="values has shape"):
        mean_interval(values)  # type: ignore[arg-type]


def test_pairs_need_the_same_seeds() -> None:
    with pytest.raises(ValueError, match="a has 2, b has 1"):
        paired_interval([1.0, 2.0], [1.0])


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0, math.nan])
def test_a_level_is_a_probability(level: float) -> None:
    with pytest.raises(ValueError, match="level is"):
        mean_interval(FIRST, level)


def test_json_has_no_infinity() -> None:
    assert Interval(1.0, -math.inf, math.nan, 3).as_json() == {"mean": 1.0, "ci_low": None, "ci_high": None}
    assert json.loads(json.dumps(mean_interval(FIRST).as_json(), allow_nan=False))["mean"] == 0.75


@steady
@given(samples, st.sampled_from([-3.0, -0.5, 0.25, 7.0]), numbers)
def test_moves_and_scales_with_the_values(values: Floats, factor: float, shift: float) -> None:
    plain, moved = mean_interval(values), mean_interval(factor * values + shift)
    low, high = sorted((factor * plain.low + shift, factor * plain.high + shift))
    expected = (factor * plain.mean + shift, low, high)
    assert (moved.mean, moved.low, moved.high) == pytest.approx(expected, rel=1e-9, abs=1e-6)


@steady
@given(samples)
def test_swapping_the_pair_mirrors_the_interval(values: Floats) -> None:
    other = values[::-1]
    one, two = paired_interval(values, other), paired_interval(other, values)
    assert (two.mean, two.low, two.high) == pytest.approx((-one.mean, -one.high, -one.low), abs=1e-9)


@steady
@given(samples)
def test_more_confidence_is_a_wider_interval_around_the_mean(values: Floats) -> None:
    narrow, wide = mean_interval(values, 0.8), mean_interval(values, 0.99)
    assert wide.low <= narrow.low <= narrow.mean <= narrow.high <= wide.high
    assert paired_interval(values, np.zeros_like(values), 0.8) == narrow


@pytest.mark.parametrize("n", [5, 10])
def test_covers_the_mean_as_often_as_it_says(n: int) -> None:
    draws = np.random.default_rng(20_261).normal(3.0, 2.0, (1000, n))
    found = [mean_interval(row) for row in draws]
    assert 0.935 <= np.mean([it.low <= 3.0 <= it.high for it in found]) <= 0.965


@pytest.mark.parametrize("n", [5, 10])
def test_covers_a_paired_difference_as_often_as_it_says(n: int) -> None:
    rng = np.random.default_rng(20_262)
    world = rng.normal(100.0, 30.0, (1000, n))  # shared by both, as a seed's weather is
    a, b = world + rng.normal(1.5, 1.0, (1000, n)), world + rng.normal(0.0, 2.0, (1000, n))
    found = [paired_interval(x, y) for x, y in zip(a, b, strict=True)]
    assert 0.935 <= np.mean([it.low <= 1.5 <= it.high for it in found]) <= 0.965
    assert max(it.high - it.low for it in found) < 30.0  # the shared world does not widen it
