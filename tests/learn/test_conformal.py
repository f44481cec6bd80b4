"""Conformal intervals: ranks by hand, the promised coverage, and what drift does to it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.learn.conformal import (
    AdaptiveConformal,
    fit_conformal,
    fit_conformal_by_group,
    fit_conformal_sets,
)

steady = settings(deadline=None, derandomize=True, database=None, max_examples=60)


@pytest.mark.parametrize(
    ("rows", "level", "rank"), [(9, 0.9, 9), (10, 0.9, 10), (99, 0.9, 90), (20, 0.5, 11)]
)
def test_the_reach_is_the_ranked_error(rows: int, level: float, rank: int) -> None:
    errors = np.random.default_rng(0).permutation(np.arange(1.0, rows + 1))
    assert fit_conformal(np.zeros(rows), errors, level=level).reach == rank
    assert fit_conformal(errors, np.zeros(rows), level=level).reach == rank


@pytest.mark.parametrize(("level", "needed"), [(0.9, 9), (0.95, 19), (0.99, 99), (0.5, 1)])
def test_too_few_rows_are_said(level: float, needed: int) -> None:
    assert math.isfinite(fit_conformal(np.zeros(needed), np.ones(needed), level=level).reach)
    with pytest.raises(ValueError, match=f"at least {needed} held-out rows and there are {needed - 1}"):
        fit_conformal(np.zeros(needed - 1), np.ones(needed - 1), level=level)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9])
def test_coverage_is_exact_over_many_draws(level: float) -> None:
    """Of one new row after 39: the chance is ``ceil(40 * level) / 40`` for errors without ties."""
    rng, draws, rows = np.random.default_rng(1), 4_000, 39
    truth = rng.standard_t(2, (draws, rows + 1))
    hits = 0
    for one in truth:
        low, high = fit_conformal(np.zeros(rows), one[:-1], level=level).interval([0.0])
        hits += bool(low[0] <= one[-1] <= high[0])
    expected = math.ceil(40 * level) / 40
    # Four standard errors: a false alarm in some 16,000 runs, were the seed not fixed.
    assert abs(hits / draws - expected) < 4 * math.sqrt(expected * (1 - expected) / draws)


def test_a_scale_evens_out_coverage() -> None:
    rng = np.random.default_rng(2)
    spread = np.where(np.arange(8_000) % 2, 5.0, 0.5)
    truth = rng.normal(0.0, spread)
    fit, new = slice(0, 4_000), slice(4_000, None)
    plain = fit_conformal(np.zeros(4_000), truth[fit]).interval(np.zeros(4_000))
    own = fit_conformal(np.zeros(4_000), truth[fit], scale=spread[fit]).interval(np.zeros(4_000), spread[new])
    calm = np.arange(4_000) % 2 == 0
    held = [(low <= truth[new]) & (truth[new] <= high) for low, high in (plain, own)]
    assert held[0][calm].mean() == 1.0
    assert held[0][~calm].mean() < 0.85
    assert held[1][calm].mean() == pytest.approx(0.9, abs=0.03)
    assert held[1][~calm].mean() == pytest.approx(0.9, abs=0.03)


def test_groups_hold_their_own_level() -> None:
    rng = np.random.default_rng(3)
    group = rng.choice(["calm", "wild"], 6_000, p=[0.8, 0.2])
    truth = rng.normal(0.0, np.where(group == "wild", 9.0, 1.0))
    fit, new = slice(0, 3_000), slice(3_000, None)
    low, high = fit_conformal_by_group(np.zeros(3_000), truth[fit], group[fit]).interval(
        np.zeros(3_000), group[new]
    )
    held = (low <= truth[new]) & (truth[new] <= high)
    for name in ("calm", "wild"):
        assert held[group[new] == name].mean() == pytest.approx(0.9, abs=0.045)


def test_an_unknown_group_and_a_small_one_are_named() -> None:
    found = fit_conformal_by_group(np.zeros(30), np.arange(30.0), np.repeat([1, 2], 15))
    assert found.groups == ("1", "2")
    with pytest.raises(ValueError, match=r"group\[1\] is '3'"):
        found.interval([0.0, 0.0], [1, 3])
    with pytest.raises(ValueError, match=r"group '2': level is 0\.9"):
        fit_conformal_by_group(np.zeros(20), np.arange(20.0), np.repeat([1, 2], [15, 5]))


def drift(rng: np.random.Generator, rows: int) -> np.ndarray:
    """Errors whose spread grows fivefold."""
    return rng.normal(0.0, np.linspace(1.0, 5.0, rows))


def test_adaptive_keeps_what_split_loses_under_drift() -> None:
    truth = drift(np.random.default_rng(4), 6_000)
    before, after = truth[:500], truth[500:]
    low, high = fit_conformal(np.zeros(500), before).interval(np.zeros(after.size))
    split = ((low <= after) & (after <= high)).mean()
    watch = AdaptiveConformal(level=0.9, step=0.01, window=500, errors=np.abs(before))
    low, high = watch.update(np.zeros(after.size), after)
    adaptive = ((low <= after) & (after <= high)).mean()
    assert split < 0.7
    assert adaptive == pytest.approx(0.9, abs=0.01)
    for part in np.array_split((low <= after) & (after <= high), 5):
        assert part.mean() == pytest.approx(0.9, abs=0.04)


@steady
@given(
    truth=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300),
    level=st.sampled_from([0.5, 0.8, 0.9, 0.99]),
    step=st.sampled_from([0.005, 0.05, 0.3]),
    window=st.integers(1, 40),
)
def test_the_long_run_promise_holds_for_any_series(
    truth: list[float], level: float, step: float, window: int
) -> None:
    """Proposition 4.1 of Gibbs and Candes (2021), which asks nothing of the series."""
    values = np.array(truth)
    watch = AdaptiveConformal(level=level, step=step, window=window)
    low, high = watch.update(np.zeros(values.size), values)
    missed = 1.0 - ((low <= values) & (values <= high)).mean()
    bound = (max(level, 1 - level) + step) / (step * values.size)
    assert missed <= (1 - level) + bound + 1e-9
    assert -step - 1e-9 <= watch.alpha <= 1 + step + 1e-9
    np.testing.assert_array_equal(watch.errors, np.abs(values)[-window:])


def test_a_bound_met_by_an_adversary() -> None:
    """A truth that lands outside every finite interval is met by infinite ones, as often as promised."""
    watch, missed = AdaptiveConformal(level=0.8, step=0.05, window=20), []
    for _ in range(4_000):
        truth = 0.0 if math.isinf(watch.reach) else 2 * watch.reach + 1.0
        low, high = watch.update([0.0], [truth])
        missed.append(not low[0] <= truth <= high[0])
    assert np.mean(missed) == pytest.approx(0.2, abs=(0.8 + 0.05) / (0.05 * 4_000))


def test_rows_at_once_are_rows_one_by_one() -> None:
    truth = drift(np.random.default_rng(5), 200)
    one, many = AdaptiveConformal(window=50), AdaptiveConformal(window=50)
    low, high = many.update(np.ones(200), truth, 2.0)
    for row in range(200):
        expected = one.interval([1.0], 2.0)
        assert (low[row], high[row]) == (expected[0][0], expected[1][0])
        one.update([1.0], [truth[row]], [2.0])
    assert one.alpha == many.alpha
    np.testing.assert_array_equal(one.errors, many.errors)


def test_a_perfect_forecaster_cannot_run_alpha_away() -> None:
    watch = AdaptiveConformal(level=0.9, step=0.2)
    low, high = watch.update(np.ones(500), np.ones(500))
    assert (low <= 1).all()
    assert (high >= 1).all()
    assert watch.alpha <= 1.2
    assert watch.reach == 0.0


def test_sets_hold_the_class_and_stay_small() -> None:
    rng = np.random.default_rng(6)
    margins = rng.normal(0, 2, (8_000, 5))
    share = np.exp(margins) / np.exp(margins).sum(1, keepdims=True)
    label = (rng.random((8_000, 1)) > share.cumsum(1)).sum(1).clip(max=4)
    found = fit_conformal_sets(share[:4_000], label[:4_000], level=0.9)
    sets = found.sets(share[4_000:])
    assert sets[np.arange(4_000), label[4_000:]].mean() == pytest.approx(0.9, abs=0.02)
    assert 1.0 < sets.sum(1).mean() < 3.5


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: fit_conformal([1.0, math.nan], [1.0, 1.0]), r"forecast\[1\] is nan"),
        (lambda: fit_conformal([1.0], [1.0, 2.0]), r"shapes \(1,\), \(2,\)"),
        (lambda: fit_conformal(np.ones(20), np.ones(20), scale=0.0), "scale is 0.0"),
        (lambda: fit_conformal(np.ones(20), np.ones(20), scale=np.arange(20.0)), r"scale\[0\] is 0.0"),
        (lambda: fit_conformal(np.ones(20), np.ones(20), level=1.0), "level is 1.0"),
        (lambda: AdaptiveConformal(step=0.0), "step is 0.0"),
        (lambda: AdaptiveConformal(window=0), "window is 0"),
        (lambda: fit_conformal_sets([[0.5, 0.5]], [2]), r"label\[0\] is 2: an index from 0 to 1"),
    ],
)
def test_mistakes_are_named(call, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call()
