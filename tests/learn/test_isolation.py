"""Isolation forest: the same scores as scikit-learn's, from plain data and NumPy alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sectorlab_toys.kept import Anything  # pyright: ignore[reportMissingImports]  # conftest.py finds it
from sklearn.ensemble import IsolationForest as Published

import core.learn
from core.engine.conformance.marks import differing, marks
from core.learn.isolation import PAIRS, IsolationForest, expected_cuts, fit_isolation
from core.store.policies import load, save

steady = settings(deadline=None, derandomize=True, database=None, max_examples=60)

BY_HAND = """
import sys
import numpy as np
from core.learn.isolation import IsolationForest
# x0 <= 1, and beyond it x1 <= 5: leaves after one, two and two cuts; the second tree never cuts.
forest = IsolationForest(
    roots=np.array([0, 5]),
    feature=np.array([0, 0, 1, 0, 0, 0]),
    threshold=np.array([1.0, np.inf, 5.0, np.inf, np.inf, np.inf]),
    left=np.array([1, 1, 3, 3, 4, 5]),
    right=np.array([2, 1, 4, 3, 4, 5]),
    path=np.array([0.0, 1.0, 0.0, 2.0, 4.0, 2.0]),
    normaliser=1.5,
    depth=2,
    columns=2,
)
# Mean paths 1.5, 2 and 3: a value at the threshold goes left.
score = forest.score(np.array([[1.0, 9.0], [1.1, 5.0], [1.1, 5.1]]))
assert np.allclose(score, [2 ** -1.0, 2 ** (-4 / 3), 2 ** -2.0], atol=1e-15), score
heavy = {"sklearn", "scipy", "pandas", "torch", "lightgbm", "joblib"} & set(sys.modules)
assert not heavy, heavy
"""


@pytest.fixture(scope="module")
def table() -> np.ndarray:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2_000, 6))
    x[:, 3] = 7.0  # says nothing
    x[:, 4] = rng.integers(0, 3, len(x))  # ties
    x[:, 5] = 1e6 * np.exp(x[:, 5])
    return x


@pytest.fixture(scope="module")
def forest(table: np.ndarray) -> IsolationForest:
    return fit_isolation(table, rng=np.random.default_rng(1))


def published(x: np.ndarray, rng: np.random.Generator, trees: int, rows: int) -> Published:
    seed = int(rng.integers(2**31))
    return Published(n_estimators=trees, max_samples=min(rows, len(x)), random_state=seed).fit(x)


@pytest.mark.parametrize(("trees", "rows"), [(100, 256), (1, 2), (7, 3), (20, 37), (3, 2_000), (3, 9_999)])
def test_scores_are_scikit_learns(table: np.ndarray, trees: int, rows: int) -> None:
    ours = fit_isolation(table, rng=np.random.default_rng(5), trees=trees, rows=rows)
    theirs = published(table, np.random.default_rng(5), trees, rows)
    new = np.vstack([table, 3 * table[:500], 1e30 * table[:5]])
    np.testing.assert_allclose(ours.score(new), -theirs.score_samples(new), rtol=0, atol=1e-9)
    assert 0 < ours.score(new).min() <= ours.score(new).max() < 1


@steady
@given(
    seed=st.integers(0, 2**32),
    shape=st.tuples(st.integers(2, 40), st.integers(1, 4)),
    levels=st.integers(1, 9),
    trees=st.integers(1, 6),
    rows=st.integers(2, 50),
)
def test_scores_are_scikit_learns_on_any_table(
    seed: int, shape: tuple[int, int], levels: int, trees: int, rows: int
) -> None:
    x = np.random.default_rng(seed).integers(0, levels, shape) / 3.0
    ours = fit_isolation(x, rng=np.random.default_rng(seed), trees=trees, rows=rows)
    theirs = published(x, np.random.default_rng(seed), trees, rows)
    np.testing.assert_allclose(ours.score(x), -theirs.score_samples(x), rtol=0, atol=1e-9)


def test_values_between_two_float32_fall_where_scikit_learn_has_them() -> None:
    """A threshold nearly met in float64 is met or not once the value is float32."""
    line = np.linspace(0, 1, 300)[:, None]
    ours = fit_isolation(line, rng=np.random.default_rng(2), trees=30)
    theirs = published(line, np.random.default_rng(2), trees=30, rows=256)
    edges = ours.threshold[np.isfinite(ours.threshold)]
    x = np.concatenate([edges, np.nextafter(edges, -1), np.nextafter(edges, 2)])[:, None]
    np.testing.assert_allclose(ours.score(x), -theirs.score_samples(x), rtol=0, atol=1e-9)


def test_scores_by_hand_and_without_heavy_libraries() -> None:
    done = subprocess.run([sys.executable, "-c", BY_HAND], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_lies_apart_scores_highest(table: np.ndarray, forest: IsolationForest) -> None:
    apart = table[:50].copy()
    apart[:, :3] += 6.0
    assert forest.score(apart).min() > np.quantile(forest.score(table), 0.99)


def test_a_row_scores_alone_what_it_scores_among_others(table: np.ndarray, forest: IsolationForest) -> None:
    assert len(table) > 3 * PAIRS // forest.roots.size  # several chunks
    together = forest.score(table)
    alone = np.concatenate([forest.score(table[i : i + 1]) for i in range(300)])
    np.testing.assert_array_equal(alone, together[:300])
    np.testing.assert_array_equal(forest.score(table[::-1]), together[::-1])


@pytest.mark.parametrize("trees", [1, 2, 9, 130])
def test_a_row_alone_in_forests_of_any_size(table: np.ndarray, trees: int) -> None:
    forest = fit_isolation(table, rng=np.random.default_rng(3), trees=trees)
    alone = np.concatenate([forest.score(table[i : i + 1]) for i in range(100)])
    np.testing.assert_array_equal(alone, forest.score(table)[:100])


def test_a_forest_larger_than_a_chunk(table: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    forest = fit_isolation(table, rng=np.random.default_rng(4), trees=10)
    expected = forest.score(table[:20])
    monkeypatch.setattr("core.learn.isolation.PAIRS", 3)
    np.testing.assert_array_equal(forest.score(table[:20]), expected)


def test_any_layout_of_the_rows(table: np.ndarray, forest: IsolationForest) -> None:
    expected = forest.score(table[::7])
    np.testing.assert_array_equal(forest.score(np.asfortranarray(table)[::7]), expected)
    np.testing.assert_array_equal(forest.score(table[::7].astype(np.float32)), expected)


def test_no_rows_give_no_scores(forest: IsolationForest) -> None:
    assert forest.score(np.empty((0, 6))).shape == (0,)


def test_a_table_without_differences_is_neither_normal_nor_not() -> None:
    forest = fit_isolation(np.ones((50, 2)), rng=np.random.default_rng(0), trees=5)
    np.testing.assert_allclose(forest.score(np.array([[1.0, 1.0], [9.0, 9.0]])), 0.5, rtol=1e-12)


def test_threads_change_nothing_and_the_generator_decides(table: np.ndarray, forest: IsolationForest) -> None:
    threaded = fit_isolation(table, rng=np.random.default_rng(1), threads=2)
    assert differing(marks(forest), marks(threaded)) == []
    other = fit_isolation(table, rng=np.random.default_rng(2))
    assert (other.score(table) != forest.score(table)).any()


def test_a_policy_that_holds_one_comes_back_as_it_was(
    table: np.ndarray, forest: IsolationForest, tmp_path: Path
) -> None:
    save(Anything(forest), tmp_path)
    found: Any = load(tmp_path, ("sectorlab_toys",))
    assert differing(marks(Anything(forest)), marks(found)) == []
    np.testing.assert_array_equal(found.content.score(table), forest.score(table))


def test_expected_cuts_approach_the_harmonic_sum() -> None:
    """The exact value is ``2 H(n - 1) - 2 (n - 1) / n`` of true harmonic numbers."""
    n = np.arange(1, 3_000)
    harmonic = np.concatenate([[0.0], np.cumsum(1 / n[:-1])])
    exact = 2 * harmonic - 2 * (n - 1) / n
    np.testing.assert_array_equal(expected_cuts(n[:2]), exact[:2])
    assert (np.abs(expected_cuts(n) - exact) <= 1 / np.maximum(n - 1, 1)).all()


def test_it_is_reached_through_the_package() -> None:
    assert core.learn.IsolationForest is IsolationForest
    assert core.learn.fit_isolation is fit_isolation


@pytest.mark.parametrize(
    ("x", "options", "said"),
    [
        (np.zeros(5), {}, r"x has shape \(5,\): \(rows, columns\) is needed"),
        (np.zeros((1, 3)), {}, r"x has shape \(1, 3\), for 100 trees of 1 rows"),
        (np.zeros((0, 3)), {}, "of 0 rows"),
        (np.zeros((9, 0)), {}, "at least 1 column"),
        (np.zeros((9, 3)), {"trees": 0}, "for 0 trees"),
        (np.zeros((9, 3)), {"rows": 1}, "of 1 rows"),
        (np.array([[0.0, 1.0], [2.0, np.nan]]), {}, r"x\[1, 1\] is nan: numbers finite in float32"),
        (np.array([[0.0, 1.0], [-1e99, 2.0]]), {}, r"x\[1, 0\] is -inf"),
    ],
)
def test_what_cannot_be_learned_from_is_told(x: np.ndarray, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        fit_isolation(x, rng=np.random.default_rng(0), **options)


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (np.zeros((4, 5)), "x has 5 columns: the forest has learned from 6"),
        (np.zeros((4, 7)), "x has 7 columns"),
        (np.zeros(6), r"x has shape \(6,\)"),
        (np.full((4, 6), np.nan), r"x\[0, 0\] is nan"),
    ],
)
def test_what_cannot_be_scored_is_told(forest: IsolationForest, x: np.ndarray, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        forest.score(x)
