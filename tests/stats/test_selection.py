"""Selection by validation, and the bias that it avoids."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.stats.interval import mean_interval
from core.stats.selection import composite, picks, selected


def test_the_highest_finite_score_wins() -> None:
    assert selected({"rule": -3.0, "net": -1.0, "boosted": -2.0}) == "net"
    assert selected({"rule": math.nan, "net": math.inf, "boosted": -2.0, "sad": -math.inf}) == "boosted"


def test_of_equal_scores_the_first() -> None:
    assert selected({"net": 1.0, "boosted": 1.0}) == "net"
    assert selected({"boosted": 1.0, "net": 1.0}) == "boosted"


@pytest.mark.parametrize("scores", [{}, {"net": math.nan}, {"net": math.inf, "boosted": -math.inf}])
def test_nobody_stands_nobody_is_selected(scores: dict[str, float]) -> None:
    assert selected(scores) is None


def test_picks_are_counted() -> None:
    assert picks(["net", "boosted", "net", "net"]) == {"net": 3, "boosted": 1}
    assert picks([]) == {}


def test_composite_takes_each_seeds_own() -> None:
    values = {"net": np.array([1, 2, 3]), "boosted": np.array([10, 20, 30]), "never": np.array([7.0])}
    mixed = composite(values, ["net", "boosted", "net"])
    assert mixed.tolist() == [1.0, 20.0, 3.0]
    assert mixed.dtype == np.float64


def test_composite_names_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="'tree' was chosen but has no values; there are net"):
        composite({"net": np.ones(2)}, ["net", "tree"])
    with pytest.raises(ValueError, match=r"'net' has shape \(3,\), not one value for each of 2 seeds"):
        composite({"net": np.ones(3)}, ["net", "net"])


def test_selected_is_honest_where_hindsight_is_not() -> None:
    """Five learners worth exactly nothing: validation finds nothing, hindsight finds 1.16 sd."""
    rng = np.random.default_rng(20_266)
    names = list("abcde")
    honest, flattered = [], []
    for _ in range(300):
        validation, result = rng.normal(size=(2, 10, len(names)))
        chosen = [str(selected(dict(zip(names, row, strict=True)))) for row in validation.tolist()]
        honest.append(mean_interval(composite(dict(zip(names, result.T, strict=True)), chosen)))
        flattered.append(mean_interval(result.max(axis=1)))
    # The expected largest of five standard normals is 1.1630 (Harter 1961, Biometrika 48).
    assert np.mean([it.mean for it in flattered]) == pytest.approx(1.163, abs=0.05)
    assert np.mean([it.low > 0.0 for it in flattered]) > 0.95
    assert abs(np.mean([it.mean for it in honest])) < 0.06
    assert np.mean([it.low > 0.0 for it in honest]) < 0.06
