"""Measures of rare events: known answers, scikit-learn's, and the definitions in slow motion."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from core.stats.ranking import average_precision, calibration_gap, precision_by_group

steady = settings(deadline=None, derandomize=True, database=None)
few = st.integers(-3, 2).map(float)  # so that many tie
rows = st.lists(st.tuples(few, st.booleans(), st.integers(0, 6)), min_size=1, max_size=40)
shares = st.sampled_from([0.0, 1e-9, 1e-6, 3e-5, 0.001, 0.2, 0.5, 1.0]) | st.floats(0, 1)
Row = tuple[float, bool, int]


def average_precision_by_definition(score: list[float], label: list[bool]) -> float:
    """Every distinct score as a threshold, highest first."""
    total, recall, area = sum(label), 0.0, 0.0
    for threshold in sorted(set(score), reverse=True):
        found = [y for s, y in zip(score, label, strict=True) if s >= threshold]
        area += (sum(found) / total - recall) * sum(found) / len(found)
        recall = sum(found) / total
    return area


def precision_by_definition(table: list[Row], k: int) -> float:
    """Mean over all orders in which the groups can come, best first."""
    groups = sorted({group for _, _, group in table})
    top = {g: max(s for s, _, group in table if group == g) for g in groups}
    hit = {g: any(y for _, y, group in table if group == g) for g in groups}
    fair = [o for o in permutations(groups) if all(top[a] >= top[b] for a, b in pairwise(o))]
    return float(sum(Fraction(sum(hit[g] for g in order[:k]), k) for order in fair) / len(fair))


def gap_by_definition(probability: list[float], label: list[bool], bins: int) -> float:
    surplus = dict.fromkeys(range(bins), 0.0)
    for p, y in zip(probability, label, strict=True):
        below = [b for b in range(1, bins) if 10 ** (-6 + 6 * b / bins) <= p]
        surplus[max(below, default=0)] += p - y
    return sum(map(abs, surplus.values())) / sum(label)


# --- average precision --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("score", "label", "expected"),
    [
        ([4, 3, 2, 1], [1, 1, 0, 0], 1.0),
        ([4, 3, 2, 1], [0, 0, 1, 1], (1 / 3 + 1 / 2) / 2),
        ([4, 3, 2, 1], [1, 0, 1, 0], (1 + 2 / 3) / 2),
        ([1, 1, 1, 1], [1, 0, 0, 0], 1 / 4),
        ([2, 2, 1, 1], [1, 0, 1, 0], (1 / 2 + 1 / 2) / 2),
        ([3, 2, 2, 1], [0, 1, 0, 1], (1 / 3 + 2 / 4) / 2),
        ([7], [1], 1.0),
    ],
)
def test_average_precision_by_hand(score: list[int], label: list[int], expected: float) -> None:
    assert average_precision(score, label) == pytest.approx(expected, rel=1e-15)


@steady
@given(rows)
def test_average_precision_is_scikit_learns_and_the_definition(table: list[Row]) -> None:
    score, label, _ = map(list, zip(*table, strict=True))
    found = average_precision(score, label)
    if not any(label):
        assert math.isnan(found)
        return
    assert found == pytest.approx(average_precision_score(label, score), rel=1e-12)
    assert found == pytest.approx(average_precision_by_definition(score, label), rel=1e-12)


@steady
@given(
    st.lists(st.tuples(st.floats(allow_nan=False), st.booleans()), min_size=1, max_size=30),
    st.randoms(use_true_random=False),
)
def test_average_precision_of_any_numbers_in_any_order(table: list[tuple[float, bool]], luck) -> None:
    table = [*table, (math.inf, True), (math.inf, False), (-math.inf, True), (0.0, True), (-0.0, False)]
    score, label = map(list, zip(*table, strict=True))
    found = average_precision(score, label)
    assert found == pytest.approx(average_precision_by_definition(score, label), rel=1e-12)
    luck.shuffle(table)
    assert average_precision(*map(list, zip(*table, strict=True))) == found


def test_a_random_order_finds_the_share_of_events() -> None:
    rng = np.random.default_rng(0)
    label = rng.random(200_000) < 0.01
    assert average_precision(rng.random(label.size), label) == pytest.approx(label.mean(), rel=0.05)


# --- precision by group -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("k", "expected"),
    [
        (1, 1.0),
        (2, (1 + 1 / 3) / 2),  # b, c and d tie for the second place, and one of them is an event
        (3, (1 + 2 / 3) / 3),
        (4, 2 / 4),
        (5, 2 / 5),
        (100, 2 / 100),
    ],
)
def test_precision_by_group_by_hand(k: int, expected: float) -> None:
    # The event of a is in a low row; e scores lowest.
    group = ["a", "a", "b", "b", "c", "d", "e"]
    score = [9.0, 1.0, 4.0, 5.0, 5.0, 5.0, 2.0]
    label = [0, 1, 0, 0, 1, 0, 0]
    assert precision_by_group(score, label, group, k) == pytest.approx(expected, rel=1e-15)


@steady
@given(rows.map(lambda table: table[:20]), st.integers(1, 8))
def test_precision_by_group_is_the_mean_over_all_orders(table: list[Row], k: int) -> None:
    score, label, group = map(list, zip(*table, strict=True))
    found = precision_by_group(score, label, group, k)
    assert found == pytest.approx(precision_by_definition(table, k), rel=1e-12)
    assert 0.0 <= found <= min(1.0, sum(label) / k)


@steady
@given(rows, st.integers(1, 45))
def test_with_a_row_a_group_it_is_precision_at_k(table: list[Row], k: int) -> None:
    score, label, _ = map(list, zip(*table, strict=True))
    apart = np.array(score) + np.linspace(0, 0.5, len(score))  # no ties
    best = np.array(label)[np.argsort(-apart)][:k]
    assert precision_by_group(apart, label, range(len(label)), k) == pytest.approx(best.sum() / k)


def test_no_rows_find_nothing() -> None:
    assert precision_by_group([], [], [], 3) == 0.0
    assert math.isnan(average_precision([], []))
    assert math.isnan(calibration_gap([], []))


def test_infinite_scores_have_their_place() -> None:
    assert precision_by_group([math.inf, 0.0, -math.inf], [0, 1, 1], [1, 2, 3], 2) == 0.5
    assert precision_by_group([-math.inf, -math.inf], [1, 0], [1, 2], 1) == 0.5


# --- calibration gap ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("probability", "label", "bins", "expected"),
    [
        ([1.0, 0.0], [1, 0], 20, 0.0),
        ([0.5, 0.5], [1, 0], 20, 0.0),  # one bin, and its total is right
        ([0.001, 0.001], [1, 1], 20, 0.999),
        ([0.9, 0.2], [0, 1], 20, 0.9 + 0.8),  # bins apart do not make up for each other
        ([0.9, 0.2], [0, 1], 1, 0.1),
        ([0.1, 0.0999], [0, 1], 6, 0.1 + 0.9001),  # 0.1 opens a bin
        ([1e-6, 1e-9, 0.0], [1, 0, 0], 6, 1 - 1e-6 - 1e-9),  # what is lower shares the first
        ([0.2, 0.2], [0, 0], 20, math.nan),
    ],
)
def test_calibration_gap_by_hand(
    probability: list[float], label: list[int], bins: int, expected: float
) -> None:
    assert calibration_gap(probability, label, bins) == pytest.approx(expected, rel=1e-12, nan_ok=True)


@steady
@given(st.lists(st.tuples(shares, st.booleans()), min_size=1, max_size=40), st.integers(1, 30))
def test_calibration_gap_is_its_definition(table: list[tuple[float, bool]], bins: int) -> None:
    probability, label = map(list, zip(*table, strict=True))
    # An edge may round to either side of a probability on it.
    edges = 10 ** (-6 + 6 * np.arange(1, bins) / bins)
    if any(label) and not np.isclose(np.subtract.outer(probability, edges), 0, atol=1e-12).any():
        expected = gap_by_definition(probability, label, bins)
        assert calibration_gap(probability, label, bins) == pytest.approx(expected, rel=1e-9)
        assert expected >= abs(sum(probability) / sum(label) - 1) - 1e-9


def test_rare_events_forecast_well_and_twice_too_high() -> None:
    rng = np.random.default_rng(1)
    probability = np.minimum(np.exp(rng.normal(-7.5, 1.5, 400_000)), 0.5)
    label = rng.random(probability.size) < probability
    assert calibration_gap(probability, label) < math.sqrt(20 / label.sum())
    assert calibration_gap(2 * probability, label) == pytest.approx(1.0, abs=0.1)
    assert calibration_gap(probability / 2, label) == pytest.approx(0.5, abs=0.05)


# --- all of them --------------------------------------------------------------------------------


@steady
@given(rows, st.integers(1, 8), st.sampled_from([np.exp, np.cbrt, np.arctan, lambda s: 3 * s - 7]))
def test_only_the_order_counts(table: list[Row], k: int, bend: Callable[[np.ndarray], np.ndarray]) -> None:
    score, label, group = map(np.array, zip(*table, strict=True))
    np.testing.assert_equal(average_precision(bend(score), label), average_precision(score, label))
    assert precision_by_group(bend(score), label, group, k) == precision_by_group(score, label, group, k)


@steady
@given(rows, st.integers(1, 8))
def test_labels_may_be_numbers_and_groups_texts(table: list[Row], k: int) -> None:
    score, label, group = map(np.array, zip(*table, strict=True))
    for kind in (np.int8, np.float64):
        np.testing.assert_equal(average_precision(score, label.astype(kind)), average_precision(score, label))
    texts = precision_by_group(score.astype(int), label, group.astype(str), k)
    assert texts == precision_by_group(score, label, group, k)


def test_nothing_given_is_changed() -> None:
    score, label, group = np.array([0.2, 0.9, 0.2]), np.array([True, False, True]), np.array([3, 1, 3])
    for given_array in (score, label, group):
        given_array.flags.writeable = False
    assert average_precision(score, label) == pytest.approx(2 / 3)
    assert precision_by_group(score, label, group, 1) == 0.0
    assert calibration_gap(score, label) == pytest.approx((0.9 + 1.6) / 2)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: average_precision([1.0, math.nan], [0, 1]), r"score\[1\] is nan: every row needs a number"),
        (lambda: precision_by_group([math.nan], [0], [1], 1), r"score\[0\] is nan"),
        (lambda: calibration_gap([math.nan], [0]), r"probability\[0\] is nan"),
        (lambda: average_precision([1.0], [0, 1]), r"score has shape \(1,\) and label \(2,\)"),
        (lambda: average_precision([[1.0]], [[1]]), r"score has shape \(1, 1\)"),
        (lambda: average_precision([1.0, 2.0], [1, 2]), r"label\[1\] is 2: 0 or 1 is needed"),
        (lambda: average_precision([1.0, 2.0], [math.nan, 1]), r"label\[0\] is nan: 0 or 1"),
        (lambda: precision_by_group([1.0], [1], [1, 2], 1), r"group has shape \(2,\) and score \(1,\)"),
        (lambda: precision_by_group([1.0], [1], [1], 0), "k is 0: at least 1 group"),
        (lambda: calibration_gap([0.5, 1.5], [0, 1]), r"probability\[1\] is 1.5: it lies inside \[0, 1\]"),
        (lambda: calibration_gap([-0.1], [1]), r"probability\[0\] is -0.1"),
        (lambda: calibration_gap([0.5], [1], bins=0), "bins is 0: at least 1"),
    ],
)
def test_bad_input_is_named(call: Callable[[], float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call()


def test_the_import_stays_light() -> None:
    script = "import sys, core.stats.ranking; assert not {'scipy', 'sklearn', 'pandas'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
