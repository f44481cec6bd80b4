"""Intervals that hold at once, and ranks: their errors are as rare as they say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from core.stats.interval import mean_interval
from core.stats.simultaneous import ranking, shared, simultaneous

TRIALS = 2_000


def allowed(chance: float) -> int:
    """Most errors that a true chance would show in as many trials, but for one case in ten thousand."""
    return int(binom.ppf(0.9999, TRIALS, chance))


@pytest.mark.parametrize("common", [0.0, 0.9])
@pytest.mark.parametrize("seeds", [5, 10])
def test_all_intervals_hold_at_once(common: float, seeds: int) -> None:
    rng, wrong, single = np.random.default_rng(seeds), 0, 0
    for _ in range(TRIALS):
        together = rng.normal(size=(seeds, 1)) * np.sqrt(common)
        table = together + rng.normal(size=(seeds, 5)) * np.sqrt(1.0 - common)
        wrong += any(not one.low <= 0.0 <= one.high for one in simultaneous(table))
        single += any(not one.low <= 0.0 <= one.high for one in map(mean_interval, table.T))
    assert wrong <= allowed(0.05)
    assert single > allowed(0.05), "intervals one by one would not have held at once"


def test_a_single_column_is_an_ordinary_interval() -> None:
    values = [1.0, 2.0, 4.0, 4.0, 5.0]
    assert simultaneous(np.array(values)[:, None]) == [mean_interval(values)]
    assert shared(0.95, 1) == pytest.approx(0.95)


def test_equal_means_are_tied_as_often_as_promised() -> None:
    rng, wrong = np.random.default_rng(1), 0
    for _ in range(TRIALS):
        wrong += set(ranking(rng.normal(size=(8, 4))).rank) != {1}
    assert wrong <= allowed(0.05)


def test_what_is_clearly_better_stands_above() -> None:
    noise = np.random.default_rng(2).normal(size=(8, 4)) * 0.1
    found = ranking(noise + np.array([0.0, 5.0, 5.0, 1.0]))
    assert found.rank == (4, 1, 1, 3)
    assert found.level_with_first == (1, 2)


def test_few_seeds_tell_nothing_apart() -> None:
    assert ranking([[0.0, 9.0]] * 4).rank == (1, 1)


def test_tables_only() -> None:
    with pytest.raises(ValueError, match="one row a seed"):
        simultaneous([1.0, 2.0])
    with pytest.raises(ValueError, match="finite"):
        ranking([[1.0, np.nan]])
