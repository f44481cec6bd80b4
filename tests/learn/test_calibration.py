"""Calibration: known answers, rare events, and measures against what is published."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.learn.calibration import (
    Isotonic,
    Platt,
    Temperature,
    brier,
    expected_calibration_error,
    fit_calibration,
    fit_isotonic,
    fit_platt,
    fit_temperature,
    log_loss,
    logits_of,
    reliability,
    undo_undersampling,
)

steady = settings(deadline=None, derandomize=True, database=None, max_examples=60)


def share_of(log_odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-log_odds))


def coin(rng: np.random.Generator, log_odds: np.ndarray) -> np.ndarray:
    return (rng.random(log_odds.shape) < share_of(log_odds)).astype(int)


@pytest.fixture(scope="module")
def honest() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    log_odds = rng.normal(-0.5, 1.5, 20_000)
    return log_odds, coin(rng, log_odds)


@pytest.fixture(scope="module")
def rare() -> tuple[np.ndarray, np.ndarray]:
    """0.15 % of events, well ranked."""
    rng = np.random.default_rng(1)
    log_odds = rng.normal(-8.6, 2.0, 40_000)
    return log_odds, coin(rng, log_odds)


@pytest.mark.parametrize("factor", [0.25, 1.0, 3.0])
def test_the_temperature_of_two_classes_is_found(honest, factor: float) -> None:
    log_odds, label = honest
    assert fit_temperature(factor * log_odds, label).temperature == pytest.approx(factor, rel=0.04)


def test_the_temperature_of_many_classes_is_found() -> None:
    rng = np.random.default_rng(2)
    margins = rng.normal(0, 1.5, (20_000, 4))
    # Gumbel (1954): the largest of margins with such noise is a draw from their softmax.
    label = (margins + rng.gumbel(size=margins.shape)).argmax(1)
    found = fit_temperature(2.5 * margins + 7.0, label)
    assert found.temperature == pytest.approx(2.5, rel=0.04)
    probability = found.apply(2.5 * margins)
    np.testing.assert_allclose(probability.sum(1), 1.0)
    np.testing.assert_array_equal(probability.argmax(1), margins.argmax(1))
    before = expected_calibration_error(Temperature().apply(2.5 * margins), label)
    assert expected_calibration_error(probability, label) < 0.02 < 0.1 < before


def test_platt_finds_the_line(honest) -> None:
    log_odds, label = honest
    found = fit_platt(2.0 * log_odds + 3.0, label)
    assert found.slope == pytest.approx(0.5, rel=0.05)
    assert found.intercept == pytest.approx(-1.5, abs=0.08)


def test_isotonic_undoes_any_rising_curve(honest) -> None:
    log_odds, label = honest
    bent = np.sinh(log_odds)
    found = fit_isotonic(bent[:10_000], label[:10_000])
    assert np.abs(found.apply(bent[10_000:]) - share_of(log_odds[10_000:])).mean() < 0.02
    assert (np.diff(found.probability) >= 0).all()
    assert (np.diff(found.logits) > 0).all()


@pytest.mark.parametrize("ends", [slice(0, 0), slice(0, 1)])
def test_an_isotonic_end_is_as_sure_as_its_rows(ends: slice) -> None:
    label = np.repeat([0, 1], [99, 9])
    found = fit_isotonic(np.arange(108.0), label)
    # Half a row of the other class, as Jeffreys has it: 0.5 / (99 + 1) and 1 - 0.5 / (9 + 1).
    assert found.apply([-9.0, 999.0]) == pytest.approx([0.005, 0.95])


@pytest.mark.parametrize("fit", [fit_temperature, fit_platt, fit_isotonic])
@pytest.mark.parametrize("case", ["rare", "parted", "two", "huge", "level"])
def test_nothing_is_certain_and_nothing_is_nan(fit, case: str, rare) -> None:
    logits, label = {
        "rare": rare,
        "parted": (np.linspace(-5, 5, 200), np.repeat([0, 1], 100)),
        "two": (np.linspace(-9, 2, 3_000), np.repeat([0, 1], [2_998, 2])),
        "huge": (np.where(np.arange(400) % 2, 300.0, -300.0), np.arange(400) // 2 % 2),
        "level": (np.zeros(300), np.repeat([0, 1], [290, 10])),
    }[case]
    probability = fit(logits, label).apply(logits)
    assert np.isfinite(probability).all()
    assert math.isfinite(log_loss(probability, label))
    if fit is fit_isotonic:
        assert 0 < probability.min() <= probability.max() < 1
    if fit is not fit_temperature:
        # The line and the curve move the level, up to the half and the whole row that they add.
        assert probability.mean() * label.size == pytest.approx(label.sum(), abs=1.5)


def test_rare_events_are_calibrated_after_undersampling() -> None:
    rng = np.random.default_rng(3)
    log_odds = rng.normal(-8.6, 2.0, 400_000)
    label = coin(rng, log_odds)
    kept = 0.02
    # Bayes: with negatives kept at a rate the odds among what is left are the odds over the rate.
    taught = share_of(log_odds - math.log(kept))
    back = undo_undersampling(taught, kept)
    np.testing.assert_allclose(back, share_of(log_odds), rtol=1e-9)
    assert taught.mean() > 10 * label.mean()
    assert back.mean() == pytest.approx(label.mean(), rel=0.15)


@steady
@given(share=st.floats(0.001, 0.999), kept=st.floats(0.001, 1.0))
def test_undersampling_multiplies_the_odds(share: float, kept: float) -> None:
    (found,) = undo_undersampling([share], kept)
    assert found / (1 - found) == pytest.approx(kept * share / (1 - share), rel=1e-9)


@pytest.mark.parametrize(
    ("bend", "kind"),
    [
        (lambda z: z, Temperature),
        (lambda z: 3 * z, Temperature),
        (lambda z: 1.7 * z + 2.0, Platt),
        (lambda z: np.where(z > 0, z, 0.02 * z) + 1.0, Isotonic),
    ],
)
def test_the_simplest_sufficient_calibrator_is_chosen(honest, bend, kind) -> None:
    log_odds, label = honest
    found = fit_calibration(bend(log_odds), label, rng=np.random.default_rng(4))
    assert isinstance(found, kind)
    assert log_loss(found.apply(bend(log_odds)), label) < log_loss(share_of(log_odds), label) + 0.002


def test_honest_probabilities_are_mostly_left_alone() -> None:
    """A gain above one standard error comes by chance one time in six for each of three rivals, at most."""
    left = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        log_odds = rng.normal(size=1_500)
        found = fit_calibration(log_odds, coin(rng, log_odds), rng=rng)
        left += found == Temperature(1.0)
    assert left >= 9


def test_choosing_survives_rare_events_and_sure_misses(rare) -> None:
    log_odds, label = rare
    rng = np.random.default_rng(5)
    # Ten times too sure: some probabilities of events round to 0 or of non-events to 1.
    for logits in (log_odds, 10 * log_odds, np.append(log_odds[:-1], 900.0)):
        found = fit_calibration(logits, label, rng=rng)
        assert log_loss(np.clip(found.apply(logits), 1e-12, 1 - 1e-12), label) < 0.012
    assert isinstance(fit_calibration(10 * log_odds, label, rng=rng), Temperature | Platt)


def test_measures_by_hand() -> None:
    assert brier([0.9, 0.2], [1, 0]) == pytest.approx((0.01 + 0.04) / 2)
    # Brier's own sum over classes is twice that.
    assert brier([[0.1, 0.9], [0.8, 0.2]], [1, 0]) == pytest.approx(0.01 + 0.04)
    assert log_loss([[0.1, 0.9], [0.8, 0.2]], [1, 0]) == pytest.approx(-math.log(0.9 * 0.8) / 2)
    assert log_loss([0.0], [1]) == math.inf
    # Bins [0, .5) and [.5, 1]: |0.2 - 1/2| of two rows and |0.9 - 1| of one.
    assert expected_calibration_error([0.1, 0.3, 0.9], [0, 1, 1], bins=2, equal="width") == pytest.approx(
        0.7 / 3
    )


@pytest.mark.parametrize(
    ("hits", "rows", "low", "high"),
    [(15, 148, 0.0624, 0.1605), (81, 263, 0.2553, 0.3662), (0, 20, 0.0, 0.1611)],
)
def test_wilsons_interval_is_the_published_one(hits: int, rows: int, low: float, high: float) -> None:
    """Newcombe (1998), Statistics in Medicine 17, table I, method 3."""
    table = reliability(np.full(rows, 0.5), np.arange(rows) < hits, bins=1)
    assert (table.low[0], table.high[0]) == pytest.approx((low, high), abs=5e-5)


def test_a_table_of_rare_events_has_rows_in_each_bin(rare) -> None:
    log_odds, label = rare
    table = reliability(share_of(log_odds), label, bins=10)
    np.testing.assert_array_equal(table.rows, 4_000)
    assert (np.diff(table.forecast) > 0).all()
    assert ((table.low <= table.forecast) & (table.forecast <= table.high)).sum() >= 8
    wide = reliability(share_of(log_odds), label, bins=10, equal="width")
    assert wide.rows[0] > 39_000
    assert wide.rows.sum() == table.rows.sum() == 40_000


@steady
@given(
    shares=st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0]), min_size=1, max_size=40),
    seed=st.integers(0, 99),
    bins=st.integers(1, 12),
    equal=st.sampled_from(["rows", "width"]),
)
def test_a_table_keeps_every_row(shares: list[float], seed: int, bins: int, equal: str) -> None:
    label = np.random.default_rng(seed).integers(0, 2, len(shares))
    table = reliability(shares, label, bins=bins, equal=equal)
    assert table.rows.sum() == len(shares)
    assert (table.rows > 0).all()
    assert len(table.rows) <= bins
    assert (table.rows * table.share).sum() == pytest.approx(label.sum())
    assert (table.rows * table.forecast).sum() == pytest.approx(sum(shares))
    assert ((table.low <= table.share + 1e-12) & (table.share <= table.high + 1e-12)).all()


@steady
@given(st.lists(st.floats(0.001, 0.999), min_size=2, max_size=6))
def test_logits_lead_back(shares: list[float]) -> None:
    np.testing.assert_allclose(Temperature().apply(logits_of(shares)), shares, rtol=1e-9)
    rows = np.array([shares]) / sum(shares)
    np.testing.assert_allclose(Temperature().apply(logits_of(rows)), rows, rtol=1e-9)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: fit_temperature([0.0, math.inf], [0, 1]), "logits hold inf in row 1"),
        (lambda: fit_temperature([0.0, 1.0], [0, 2]), r"label\[1\] is 2: a class from 0 to 1"),
        (lambda: fit_temperature(np.zeros(9), np.zeros(9)), r"label holds \[9, 0\] rows"),
        (lambda: fit_isotonic(np.zeros((9, 3)), np.arange(9) % 3), "two classes"),
        (lambda: brier([1.5], [1]), "probability is 1.5 in row 0"),
        (lambda: brier([0.5], [1, 0]), "label has shape"),
        (lambda: undo_undersampling([0.5], 0.0), "kept is 0.0"),
        (lambda: reliability([0.5], [1], equal="mass"), "equal is 'mass'"),
        (lambda: reliability([0.5], [1], confidence=95), "confidence is 95"),
        (
            lambda: fit_calibration([0.0] * 4, [0, 0, 1, 1], rng=np.random.default_rng(0), folds=1),
            "folds is 1",
        ),
    ],
)
def test_mistakes_are_named(call, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call()
