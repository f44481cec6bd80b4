"""Measures of uplift: known answers, the definitions in slow motion, and trials whose effects are known."""

from __future__ import annotations

import math
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from itertools import pairwise, permutations
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.stats.uplift import auuc, cumulative_gain, gain_band, ipw_effect, qini, uplift_at

steady = settings(deadline=None, derandomize=True, database=None)
few = st.integers(-3, 2).map(float)  # so that many tie
effects = st.floats(-100, 100, allow_subnormal=False)
rows = st.lists(st.tuples(few, effects), min_size=1, max_size=50)
inside = st.floats(0.001, 1)
Array = NDArray[np.float64]
Table = list[tuple[float, float]]


def columns(table: Table) -> tuple[Array, Array]:
    score, effect = np.array(table).T
    return score, effect


def gain_by_definition(score: Array, effect: Array, share: float) -> float:
    """Each effect by the chance of its row to be treated when the order of tied rows is drawn by lot."""
    total, rows = 0.0, len(score)
    for own, gained in zip(score, effect, strict=True):
        above, level = sum(s > own for s in score), sum(s == own for s in score)
        total += gained * min(max((share * rows - above) / level, 0.0), 1.0)
    return total / rows


def qini_by_pairs(score: Array, effect: Array) -> float:
    """Covariance of effects with ranks: how much larger the share of rows below a row is than one half."""
    total, rows = 0.0, len(score)
    for own, gained in zip(score, effect, strict=True):
        above = sum((s > own) + (s == own) / 2 for s in score)
        total += gained * (rows / 2 - above)
    return total / rows**2


def in_each_order(score: Array, effect: Array) -> list[list[float]]:
    """Gain with 0, 1, 2, ... rows treated, for each order in which they can come, best first."""
    fair = [
        order
        for order in permutations(range(len(score)))
        if all(score[a] >= score[b] for a, b in pairwise(order))
    ]
    return [[sum(effect[list(o[:k])]) / len(score) for k in range(len(score) + 1)] for o in fair]


# --- cumulative gain ----------------------------------------------------------------------------


def test_the_curve_by_hand() -> None:
    curve = cumulative_gain([0.1, 9.0, 0.1, 0.1, 3.0], [6.0, 5.0, -3.0, 2.0, -10.0])
    np.testing.assert_allclose(curve.share, [0, 0.2, 0.4, 1], rtol=1e-15)
    np.testing.assert_allclose(curve.gain, [0, 1, -1, 0], atol=1e-15)
    np.testing.assert_allclose(curve.at([[0.1, 0.3], [0.6, 1.0]]), [[0.5, 0.0], [-2 / 3, 0.0]], atol=1e-15)


@steady
@given(rows, inside)
def test_the_curve_is_its_definition(table: Table, share: float) -> None:
    score, effect = columns(table)
    curve = cumulative_gain(score, effect)
    knots = np.append(0, np.cumsum([np.sum(score == s) for s in sorted(set(score), reverse=True)]))
    np.testing.assert_allclose(curve.share, knots / score.size, rtol=1e-14)
    assert curve.share[0] == curve.gain[0] == 0.0
    assert curve.share[-1] == 1.0
    for where, gain in zip(curve.share, curve.gain, strict=True):
        assert gain == pytest.approx(gain_by_definition(score, effect, where), abs=1e-10)
    assert float(curve.at(share)) == pytest.approx(gain_by_definition(score, effect, share), abs=1e-10)


@steady
@given(rows.map(lambda table: table[:6]))
def test_ties_are_the_mean_over_all_orders(table: Table) -> None:
    score, effect = columns(table)
    share = np.arange(score.size + 1) / score.size
    drawn = np.array(in_each_order(score, effect))
    np.testing.assert_allclose(cumulative_gain(score, effect).at(share), drawn.mean(0), atol=1e-10)
    area = np.trapezoid(drawn, share, axis=1)
    assert auuc(score, effect) == pytest.approx(area.mean(), abs=1e-10)
    assert qini(score, effect) == pytest.approx((area - drawn[:, -1] / 2).mean(), abs=1e-10)


def test_tied_rows_are_summed_as_they_come() -> None:
    """To the last bit, as sorts of different machines put tied rows into different orders."""
    rng = np.random.default_rng(3)
    score, effect = rng.integers(0, 5, 3000), rng.normal(size=3000)
    total, gained = 0.0, []
    for one in sorted(range(score.size), key=lambda row: -score[row]):
        total += effect[one]
        gained.append(total / score.size)
    assert set(cumulative_gain(score, effect).gain[1:]) < set(gained)


def test_infinite_scores_have_their_place() -> None:
    curve = cumulative_gain([-math.inf, math.inf, 0.0, math.inf], [1.0, 2.0, 3.0, 4.0])
    assert curve.share.tolist() == [0, 0.5, 0.75, 1]
    assert curve.gain.tolist() == [0, 1.5, 2.25, 2.5]


# --- areas --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("score", "effect", "above_random", "under"),
    [
        ([2, 1], [1, -1], 0.25, 0.25),  # the most that effects inside [-1, 1] can have
        ([1, 2], [1, -1], -0.25, -0.25),
        ([2, 1], [3, 3], 0.0, 1.5),  # nothing to choose
        ([2, 2, 1], [3, 0, 0], (0.5 * 1 / 3), 1 / 3 + 1 / 3),
        ([1, 1, 1, 1], [4, 0, 0, 0], 0.0, 0.5),
        ([7], [5], 0.0, 2.5),
    ],
)
def test_areas_by_hand(score: list[float], effect: list[float], above_random: float, under: float) -> None:
    assert qini(score, effect) == pytest.approx(above_random, rel=1e-14)
    assert auuc(score, effect) == pytest.approx(under, rel=1e-14)


@steady
@given(rows)
def test_areas_are_sums_over_pairs(table: Table) -> None:
    score, effect = columns(table)
    expected = qini_by_pairs(score, effect)
    assert qini(score, effect) == pytest.approx(expected, abs=1e-10)
    assert auuc(score, effect) == pytest.approx(expected + effect.mean() / 2, abs=1e-10)


@steady
@given(st.lists(effects, min_size=1, max_size=50), st.floats(allow_nan=False))
def test_a_constant_score_has_exactly_nothing(effect: list[float], score: float) -> None:
    assert qini([score] * len(effect), effect) == 0.0


@steady
@given(rows)
def test_nothing_exceeds_a_perfect_score(table: Table) -> None:
    score, effect = columns(table)
    best = qini(effect, effect)
    assert qini(score, effect) <= best + 1e-10
    assert -1e-10 <= best <= np.ptp(effect) / 8 + 1e-10


@steady
@given(rows)
def test_the_reverse_of_an_order_has_the_opposite(table: Table) -> None:
    score, effect = columns(table)
    assert qini(-score, effect) == pytest.approx(-qini(score, effect), abs=1e-10)


# --- uplift at a share --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0.0, 5.0),
        (1e-300, 5.0),
        (0.2, 5.0),
        (0.4, (5 - 10) / 2),
        (0.6, (5 - 10 + 4) / 3),  # three tie for the last place
        (0.9, (5 - 10 + 2.5 * 4) / 4.5),
        (1.0, 7 / 5),
    ],
)
def test_uplift_by_hand(share: float, expected: float) -> None:
    effect = [6.0, 5.0, -3.0, 9.0, -10.0]
    assert uplift_at([0.1, 9.0, 0.1, 0.1, 3.0], effect, share) == pytest.approx(expected, rel=1e-14)


@steady
@given(rows, inside)
def test_uplift_is_the_gain_of_a_treated_row(table: Table, share: float) -> None:
    score, effect = columns(table)
    expected = gain_by_definition(score, effect, share) / share
    assert uplift_at(score, effect, share) == pytest.approx(expected, abs=1e-10 / share)
    assert uplift_at(score, effect, 0) == pytest.approx(effect[score == score.max()].mean(), abs=1e-10)


# --- effects from a trial -----------------------------------------------------------------------


def test_ipw_by_hand() -> None:
    given_chances = ipw_effect([2.0, 2.0, -1.0, 0.0], [True, False, False, True], [0.5, 0.5, 0.2, 0.1])
    np.testing.assert_allclose(given_chances, [4.0, -4.0, 1.25, 0.0], rtol=1e-15)
    np.testing.assert_array_equal(
        ipw_effect([2.0, 3.0], [1, 0], 0.25), ipw_effect([2.0, 3.0], [1, 0], [0.25] * 2)
    )


@steady
@given(effects, effects, effects, st.floats(0.01, 0.99))
def test_each_score_is_unbiased(with_it: float, without: float, forecast: float, chance: float) -> None:
    """Weighed by the chances of its two arms, whatever was subtracted from the outcome beforehand."""
    treated, control = ipw_effect([with_it - forecast, without - forecast], [1, 0], chance)
    assert chance * treated + (1 - chance) * control == pytest.approx(with_it - without, abs=1e-10)


def test_qini_of_trials_has_the_mean_of_the_true_one() -> None:
    """Within 4.4 standard errors, so right code would fail with one seed in 45 000."""
    rng = np.random.default_rng(4)
    score = rng.integers(0, 20, 300) / 20
    without = rng.normal(1, 1, score.size)
    effect = 0.5 * score + rng.normal(0, 0.3, score.size)
    chance = 0.2 + 0.6 * score  # likelier where it helps: a plain difference of the arms would mislead
    found = np.empty((2000, 2))
    for trial in found:
        treated = rng.random(score.size) < chance
        estimate = ipw_effect(without + effect * treated, treated, chance)
        trial[:] = qini(score, estimate), auuc(score, estimate)
    error = found.std(axis=0, ddof=1) / math.sqrt(len(found))
    true = np.array([qini(score, effect), auuc(score, effect)])
    assert np.all(np.abs(found.mean(axis=0) - true) < 4.4 * error)
    assert np.all(error < true / 10)  # else it would show nothing


# --- band ---------------------------------------------------------------------------------------


def band_by_definition(
    score: Array, effect: Array, cluster: NDArray[np.intp], share: list[float], seed: int, level: float
) -> Array:
    """Write out the rows of the clusters drawn, as often as they were."""
    rng, count = np.random.default_rng(seed), cluster.max() + 1
    curves = []
    for _ in range(100):
        drawn = np.concatenate([np.flatnonzero(cluster == c) for c in rng.integers(count, size=count)])
        curves.append([gain_by_definition(score[drawn], effect[drawn], s) for s in share])
    tail = (1 - level) / 2 * 101
    return np.array(
        [np.interp([tail, 101 - tail], np.arange(1, 101), np.sort(c)) for c in np.array(curves).T]
    ).T


def test_the_band_is_that_of_rows_written_out() -> None:
    rng = np.random.default_rng(5)
    score, effect = rng.integers(0, 4, 24).astype(float), rng.normal(0, 1, 24)
    cluster = rng.permutation(np.arange(24) % 7 % 5)  # of different sizes
    share = [0.0, 0.1, 0.37, 0.5, 0.9, 1.0]
    band = gain_band(score, effect, cluster, share, np.random.default_rng(6), draws=100, level=0.8)
    expected = band_by_definition(score, effect, cluster, share, 6, 0.8)
    np.testing.assert_allclose([band.low, band.high], expected, atol=1e-10)
    np.testing.assert_array_equal(band.gain, cumulative_gain(score, effect).at(share))
    np.testing.assert_array_equal(band.share, share)


def households(rng: np.random.Generator) -> tuple[Array, Array, NDArray[np.intp]]:
    """A hundred households of one to six with luck in common; scores 0, 1, 2 have mean effects -1, 1, 3."""
    cluster = np.repeat(np.arange(100), rng.integers(1, 7, 100))
    score = rng.integers(0, 3, cluster.size).astype(float)
    effect = 2 * score - 1 + rng.normal(0, 3, 100)[cluster] + rng.normal(size=cluster.size)
    return score, effect, cluster


def test_the_band_covers_at_its_level() -> None:
    """Of 250 bands of 90 %, each share within 4.4 standard errors of that or of one point less.

    A percentile bootstrap of a hundred clusters is short by as much. With one seed in 10 000 right code would
    fail.
    """
    share, truth = [0.2, 0.5, 1.0], [0.6, 1 + 1 / 6, 1.0]
    rng = np.random.default_rng(7)
    hit = np.zeros((2, 3))
    for _ in range(250):
        score, effect, cluster = households(rng)
        for kind, drawn in enumerate((cluster, np.arange(score.size))):
            band = gain_band(score, effect, drawn, share, rng, draws=100, level=0.9)
            hit[kind] += (band.low <= truth) & (truth <= band.high)
    by_household, by_row = hit / 250
    assert np.all((by_household > 0.89 - 0.087) & (by_household < 0.9 + 0.083))
    assert by_row[2] < 0.79  # rows drawn alone forget the luck in common


def test_names_and_order_of_clusters_do_not_matter() -> None:
    score, effect, cluster = households(np.random.default_rng(8))
    share, order = np.linspace(0, 1, 5), np.random.default_rng(9).permutation(score.size)
    band = gain_band(score, effect, cluster, share, np.random.default_rng(10))
    text = np.array([f"house {c:03}" for c in cluster])
    other = gain_band(score[order], effect[order], text[order], share, np.random.default_rng(10))
    for end in ("gain", "low", "high"):
        np.testing.assert_allclose(getattr(other, end), getattr(band, end), atol=1e-12)
    alone = gain_band(score, effect, cluster, 0.5, np.random.default_rng(10))
    assert alone.low == pytest.approx(band.low[2], abs=1e-12)


def test_a_higher_level_is_wider() -> None:
    score, effect, cluster = households(np.random.default_rng(11))
    narrow, wide = (
        gain_band(score, effect, cluster, [0.2, 1.0], np.random.default_rng(12), level=level)
        for level in (0.5, 0.95)
    )
    assert np.all((wide.low < narrow.low) & (narrow.low < narrow.high) & (narrow.high < wide.high))


# --- all of them --------------------------------------------------------------------------------

measures = [qini, auuc, lambda score, effect: uplift_at(score, effect, 0.3)]


@steady
@given(rows, st.randoms(use_true_random=False), st.sampled_from(measures))
def test_the_order_of_rows_does_not_matter(
    table: Table, luck: Random, measure: Callable[[Array, Array], float]
) -> None:
    score, effect = columns(table)
    order = luck.sample(range(len(table)), len(table))
    assert measure(score[order], effect[order]) == pytest.approx(measure(score, effect), abs=1e-10)


def neighbours(score: Array) -> Array:
    """Numbers that are as close as numbers can be."""
    return 1 + score * 2.0**-52


@steady
@given(
    rows,
    st.sampled_from(measures),
    st.sampled_from([np.exp, np.cbrt, np.arctan, lambda s: 1e300 * s, neighbours]),
)
def test_only_the_order_of_scores_counts(
    table: Table, measure: Callable[[Array, Array], float], bend: Callable[[Array], Array]
) -> None:
    score, effect = columns(table)
    assert measure(bend(score), effect) == measure(score, effect)


@steady
@given(st.lists(st.tuples(few, few, effects), min_size=1, max_size=50), st.sampled_from(measures))
def test_models_do_not_see_each_other(
    table: list[tuple[float, float, float]], measure: Callable[[Array, Array], float]
) -> None:
    """A column of a table that holds several models, after another was measured."""
    first, second, effect = np.array(table).T.copy()
    together = np.column_stack([first, second, effect])
    alone = measure(second.copy(), effect)
    measure(together[:, 0], together[:, 2])
    assert measure(together[:, 1], together[:, 2]) == alone


def test_a_million_rows_need_little_memory() -> None:
    rng = np.random.default_rng(13)
    score, effect = rng.random(1_000_000), rng.normal(size=1_000_000)
    tracemalloc.start()
    try:
        found = qini(score, effect)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100e6
    assert abs(found) < 4.4 / math.sqrt(12 * score.size)  # standard errors of an order without meaning


def test_a_band_does_not_hold_its_draws() -> None:
    rng = np.random.default_rng(14)
    score, effect, cluster = rng.random(100_000), rng.normal(size=100_000), np.arange(100_000) // 3
    tracemalloc.start()
    try:
        gain_band(score, effect, cluster, [0.2, 0.5], rng, draws=100)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 12e6  # a hundred draws of all rows are 80 MB


def test_nothing_given_is_changed() -> None:
    score, effect, cluster = np.array([0.2, 0.9, 0.2]), np.array([1.0, 4.0, -2.0]), np.array([3, 1, 3])
    treated, chance, share = np.array([1, 0, 1]), np.array([0.5, 0.4, 0.3]), np.array([0.0, 1.0])
    for given_array in (score, effect, cluster, treated, chance, share):
        given_array.flags.writeable = False
    assert auuc(score, effect) == pytest.approx((0 + 4) / 9 / 2 + (4 + 3) / 9)
    assert ipw_effect(effect, treated, chance)[0] == 2.0
    band = gain_band(score, effect, cluster, share, np.random.default_rng(0))
    assert band.low[0] == band.high[0] == 0.0


luck = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: qini([1.0, math.nan], [0, 1]), r"score\[1\] is nan: give a number from -inf to inf, or"),
        (lambda: auuc([1.0], [math.inf]), r"effect\[0\] is inf: give a finite number"),
        (lambda: qini([1.0], [math.nan]), r"effect\[0\] is nan"),
        (lambda: cumulative_gain([1.0, 2.0], [1]), r"effect has shape \(1,\) and score \(2,\): give one"),
        (lambda: qini([[1.0, 2.0]], [1]), r"score has shape \(1, 2\): give one column \(rows,\)"),
        (lambda: qini([], []), r"score has shape \(0,\): .* at least one row"),
        (lambda: uplift_at([1.0], [1.0], 1.5), r"share is 1.5: give a share of the rows inside \[0, 1\]"),
        (lambda: uplift_at([1.0], [1.0], math.nan), "share is nan"),
        (lambda: cumulative_gain([1.0], [1.0]).at([0.5, -0.1]), r"share\[1\] is -0.1"),
        (lambda: ipw_effect([math.nan], [1], 0.5), r"outcome\[0\] is nan: give a finite number"),
        (lambda: ipw_effect([], [], 0.5), r"outcome has shape \(0,\)"),
        (lambda: ipw_effect([1.0, 1.0], [1], 0.5), r"treated has shape \(1,\) and outcome \(2,\)"),
        (lambda: ipw_effect([1.0, 1.0], [1, 2], 0.5), r"treated\[1\] is 2: give 1 for a treated row and 0"),
        (lambda: ipw_effect([1.0], [math.nan], 0.5), r"treated\[0\] is nan"),
        (lambda: ipw_effect([1.0, 1.0], [1, 0], [0.5]), r"chance has shape \(1,\) and outcome \(2,\)"),
        (lambda: ipw_effect([1.0], [1], 1), r"chance is 1.0: give a chance inside \(0, 1\)"),
        (lambda: ipw_effect([1.0, 1.0], [1, 0], [0.5, 0.0]), r"chance\[1\] is 0.0"),
        (lambda: ipw_effect([1.0], [1], math.nan), "chance is nan"),
        (lambda: gain_band([1.0], [1.0], [1, 2], 0.5, luck), r"cluster has shape \(2,\) and score \(1,\)"),
        (lambda: gain_band([1.0] * 2, [1.0] * 2, [1, math.nan], 0.5, luck), r"cluster\[1\] is nan"),
        (
            lambda: gain_band([1.0] * 2, [1.0] * 2, ["a", "a"], 0.5, luck),
            "cluster is a in every row: at least 2",
        ),
        (lambda: gain_band([1.0] * 2, [1.0] * 2, [1, 2], 2, luck), "share is 2.0"),
        (lambda: gain_band([1.0] * 2, [1.0] * 2, [1, 2], 0.5, luck, draws=9), "draws is 9: at least 100"),
        (lambda: gain_band([1.0] * 2, [1.0] * 2, [1, 2], 0.5, luck, level=95), r"level is 95: .* \(0, 1\)"),
    ],
)
def test_bad_input_is_named(call: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call()


def test_the_import_stays_light() -> None:
    script = (
        "import sys, core.stats.uplift; assert not {'scipy', 'sklearn', 'pandas', 'numba'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
