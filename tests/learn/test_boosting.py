"""Boosted trees: scikit-learn's own checks, tables, early stopping, rare events, one binning for a sweep."""

import copy
import sys

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sectorlab_toys.kept import Anything
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import average_precision_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from core.learn.bins import Bins
from core.learn.boosting import TreesClassifier, TreesRegressor, fit_sweep
from core.learn.trees import fit_trees
from core.store.policies import load, save

EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": (
        "LightGBM counts rows, not weights, when it cuts bins and sizes leaves: weight 2 is not two rows"
    )
}


@parametrize_with_checks(
    [TreesRegressor(trees=20, min_rows=1), TreesClassifier(trees=20, min_rows=1)],
    expected_failed_checks=lambda estimator: EXPECTED,
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def shop(rows, seed=0):
    """A table with numbers, gaps that tell something, and a category."""
    rng = np.random.default_rng(seed)
    load, grade = rng.normal(size=rows), rng.choice(["low", "mid", "top"], rows)
    gone = rng.random(rows) < 0.2
    y = load + np.select([grade == "mid", grade == "top"], [5.0, -5.0]) + 3.0 * gone
    table = pd.DataFrame(
        {"load": np.where(gone, np.nan, load), "grade": pd.Categorical(grade), "noise": rng.normal(size=rows)}
    )
    return table, y


# --- tables --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [300, 3_000])
def test_gaps_and_categories_are_learned(rows):
    table, y = shop(rows)
    unseen, truth = shop(500, seed=1)
    model = TreesRegressor(random_state=0).fit(table, y)
    assert model.score(unseen, truth) > 0.9
    gain = dict(zip(model.model_.names, model.feature_importances_, strict=True))
    assert gain["grade"] > gain["load"] > gain["noise"]
    assert sum(gain.values()) == pytest.approx(1.0)


def test_a_level_never_met_counts_as_missing():
    table, y = shop(2_000)
    model = TreesRegressor(random_state=0).fit(table, y)
    row = table.iloc[:1].astype({"grade": object})
    new, gone = row.assign(grade="ultra"), row.assign(grade=None)
    assert np.isnan(model.model_.matrix(new)[0, 1])
    assert model.predict(new)[0] == model.predict(gone)[0]


def test_numbers_may_be_categories():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 40, (3_000, 1)).astype(float)
    y = rng.normal(size=40)[x[:, 0].astype(int)]
    few = {"trees": 20, "leaves": 4, "random_state": 0}
    as_ids, as_numbers = (TreesRegressor(categorical=c, **few).fit(x, y).score(x, y) for c in ([0], None))
    assert as_ids > 0.9 > as_numbers + 0.2


def test_the_order_of_columns_is_guarded():
    table, y = shop(300)
    model = TreesRegressor(random_state=0).fit(table, y)
    with pytest.raises(ValueError, match="same order"):
        model.predict(table[["grade", "load", "noise"]])
    with pytest.raises(ValueError, match="'grade' where training had 'load'"):
        model.model_.predict(table[["grade", "load", "noise"]])
    with pytest.raises(ValueError, match="has 2 columns where training had 3"):
        model.model_.predict(table[["load", "grade"]])


@pytest.mark.parametrize(
    ("loss", "truth"),
    [
        ({"loss": "squared"}, 1.0),
        ({"loss": "absolute"}, np.log(2)),
        ({"loss": "quantile", "level": 0.9}, np.log(10)),
        ({"loss": "poisson"}, 1.0),
        ({"loss": "tweedie", "power": 1.3}, 1.0),
    ],
)
def test_each_loss_finds_its_own_middle(loss, truth):
    """Of an exponential distribution: mean 1, median ln 2, upper tenth ln 10."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, (6_000, 1)).astype(float)
    y = rng.exponential(1.0 + x[:, 0])
    found = TreesRegressor(random_state=0, **loss).fit(x, y).predict([[0.0], [1.0]])
    np.testing.assert_allclose(found, [truth, 2 * truth], rtol=0.1)


def test_three_classes_by_name():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3_000, 2))
    y = np.array(["calm", "busy", "full"])[(x[:, 0] > 0).astype(int) + (x[:, 0] > 1)]
    model = TreesClassifier(random_state=0).fit(x, y)
    assert model.classes_.tolist() == ["busy", "calm", "full"]
    assert (model.predict(x) == y).mean() > 0.99
    np.testing.assert_array_equal(model.model_.predict(x), model.predict(x))
    np.testing.assert_allclose(model.predict_proba(x).sum(1), 1.0)


def test_weights_count_up_to_scale_and_zero_means_absent():
    table, y = shop(600)
    weights = np.random.default_rng(1).integers(0, 3, 600)
    model = TreesRegressor(random_state=0)
    once, tiny = (clone(model).fit(table, y, weights * scale).predict(table) for scale in (1.0, 2.0**-20))
    np.testing.assert_array_equal(once, tiny)
    kept = weights > 0
    without = clone(model).fit(table[kept], y[kept], weights[kept]).predict(table)
    np.testing.assert_array_equal(once, without)
    assert not np.array_equal(once, clone(model).fit(table[kept], y[kept]).predict(table))


# --- when to stop --------------------------------------------------------------------------------------


def turned(rows=4_000):
    """A world where a column turns into noise for the last tenth: more trees only learn what is over."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 4))
    late = np.arange(rows) >= 0.9 * rows
    y = np.where(late, 0.0, np.sin(3 * x[:, 0]) * x[:, 1]) + x[:, 2] + 0.1 * rng.normal(size=rows)
    return x, y


def test_stopping_looks_at_the_newest_rows():
    x, y = turned()
    by_time, by_chance = (
        TreesRegressor(split=split, random_state=0, refit=False).fit(x, y) for split in ("time", "random")
    )
    assert by_time.n_trees_ < by_chance.n_trees_ / 3
    late = slice(3_600, None)
    assert by_time.score(x[late], y[late]) > by_chance.score(x[late], y[late])


def test_the_rows_held_out_are_not_learned_from_before_the_refit():
    x, y = turned()
    other = np.where(np.arange(len(y)) >= 3_600, 100.0, y)
    short = TreesRegressor(random_state=0, trees=1, refit=False)
    np.testing.assert_array_equal(clone(short).fit(x, y).predict(x), clone(short).fit(x, other).predict(x))
    refitted = clone(short).set_params(refit=True)
    assert clone(refitted).fit(x, other).predict(x).mean() > clone(refitted).fit(x, y).predict(x).mean() + 0.5


def test_small_tables_spare_no_rows_and_take_the_limit():
    table, y = shop(400)
    assert TreesRegressor(random_state=0).fit(table, y).n_trees_ == 150
    assert TreesRegressor(trees=7, random_state=0).fit(table, y).n_trees_ == 7
    assert TreesRegressor(early_stopping=True, patience=5, random_state=0).fit(table, y).n_trees_ != 150


def test_rows_sorted_by_class_cannot_stop_boosting():
    x = np.linspace(0, 1, 2_000)[:, None]
    y = np.repeat(["a", "b"], 1_000)
    model = TreesClassifier(random_state=0)
    assert model.fit(x, y).n_trees_ == 150
    with pytest.raises(ValueError, match=r"rows held out hold no 'a'.*split='random'"):
        clone(model).set_params(early_stopping=True).fit(x, y)
    assert clone(model).set_params(early_stopping=True, split="random").fit(x, y).n_trees_ != 150


# --- rare events ---------------------------------------------------------------------------------------


def events(seed, rows, base):
    """Two kinds of campaign in small corners of a table, and a slope; returns the true probabilities too."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 10))
    corner = (x[:, 1] > 1.3) & (x[:, 2] > 0.8)
    other = (x[:, 0] > 1.3) & (x[:, 3] < -1.0)
    chance = 1 / (1 + np.exp(-(base + 6.0 * corner + 5.0 * other + 0.8 * x[:, 4])))
    return x, (rng.random(rows) < chance).astype(int), chance


def share_of_ceiling(probability, happened, chance):
    return average_precision_score(happened, probability) / average_precision_score(happened, chance)


@pytest.mark.parametrize(
    ("base", "share", "gap", "least"), [(-9.4, 0.0015, 0.3, 0.45), (-7.21, 0.0084, 0.1, 0.8)]
)
def test_rare_events_do_not_break_the_classifier(base, share, gap, least):
    """LightGBM's own settings against ours, in shares of what the true probabilities reach.

    ``gap`` is the one-sided 99 % bound of the paired difference over five tables.
    """
    gains, ours, level = [], [], []
    for seed in range(5):
        x, y, chance = events(seed, 100_000, base)
        past, future = slice(0, 50_000), slice(50_000, None)
        assert chance.mean() == pytest.approx(share, rel=0.1)
        raw = (
            Bins(x[past], y[past]).train({"objective": "binary", "seed": seed}, trees=100).predict(x[future])
        )
        model = TreesClassifier(random_state=seed).fit(x[past], y[past])
        found = model.predict_proba(x[future])[:, 1]
        ours.append(share_of_ceiling(found, y[future], chance[future]))
        gains.append(ours[-1] - share_of_ceiling(raw, y[future], chance[future]))
        level.append(found.mean() / chance[future].mean())
    half = stats.t.ppf(0.99, 4) * np.std(gains, ddof=1) / np.sqrt(5)
    assert np.mean(gains) - half > gap
    assert np.mean(ours) > least
    assert np.mean(level) == pytest.approx(1.0, abs=0.2), "probabilities keep their level"


def test_rare_events_do_not_break_the_plain_preset():
    """One short fit without early stopping, which hides the harm."""
    x, y, chance = events(0, 100_000, -9.4)
    past, future = slice(0, 50_000), slice(50_000, None)
    model = TreesClassifier(preset="plain", l2=0.0, early_stopping=False, random_state=0).fit(
        x[past], y[past]
    )
    assert share_of_ceiling(model.predict_proba(x[future])[:, 1], y[future], chance[future]) > 0.5


def test_the_preset_follows_the_table():
    x = np.random.default_rng(0).normal(size=(20_000, 2))
    y = (x[:, 0] > 2.6).astype(int)
    settings = {"random_state": 0, "trees": 20}
    texts = {
        preset: TreesClassifier(preset=preset, **settings).fit(x, y).model_.trees.text
        for preset in (None, "rare", "plain")
    }
    assert texts[None] == texts["rare"] != texts["plain"]


# --- kept models, threads, sweeps ----------------------------------------------------------------------


def test_models_come_back_from_the_store(tmp_path):
    table, y = shop(2_000)
    regressor = TreesRegressor(random_state=0).fit(table, y)
    classifier = TreesClassifier(random_state=0).fit(table, np.where(y > 0, "up", "down"))
    save(Anything((regressor.model_, classifier.model_)), tmp_path)
    numbers, classes = load(tmp_path, ("sectorlab_toys",)).content
    np.testing.assert_array_equal(numbers.predict(table), regressor.predict(table))
    np.testing.assert_array_equal(classes.predict(table), classifier.predict(table))
    np.testing.assert_array_equal(classes.predict_proba(table), classifier.predict_proba(table))
    copied = copy.deepcopy(regressor)
    assert "booster" not in vars(copied.model_.trees), "a copy carries text alone"
    np.testing.assert_array_equal(copied.predict(table), regressor.predict(table))


def test_threads_do_not_change_the_model():
    table, y = shop(8_000)
    settings = {"row_share": 0.7, "column_share": 0.7, "random_state": 3, "trees": 6}
    one, two = (TreesRegressor(n_jobs=jobs, **settings).fit(table, y) for jobs in (1, 2))
    assert one.model_.trees.text == two.model_.trees.text
    np.testing.assert_array_equal(two.predict(table), one.predict(table))


def test_a_sweep_bins_once_and_changes_nothing(monkeypatch):
    table, y = shop(5_000)
    settings = [
        {"learning_rate": 0.3, "leaves": 4, "random_state": 1},
        {"min_rows": 500, "row_share": 0.5, "column_share": 0.7, "random_state": 2},
        {"loss": "quantile", "level": 0.9, "l2": 3.0, "split": "random", "random_state": 3},
        {"early_stopping": False, "trees": 30, "random_state": 4},
    ]
    alone = [TreesRegressor(**setting).fit(table, y) for setting in settings]
    built = []
    monkeypatch.setattr(
        Bins, "__init__", lambda self, *a, _init=Bins.__init__, **k: built.append(_init(self, *a, **k))
    )
    together = fit_sweep([TreesRegressor(**setting) for setting in settings], table, y)
    assert len(built) == 1
    for one, same in zip(alone, together, strict=True):
        assert one.model_.trees.text == same.model_.trees.text
        assert list(same.feature_names_in_) == list(table.columns)


def test_a_sweep_needs_one_kind_of_table():
    table, y = shop(100)
    for mixed in ([TreesRegressor(), TreesRegressor(categorical=["load"])], []):
        with pytest.raises(ValueError, match="cannot share a table"):
            fit_sweep(mixed, table, y)


# --- mistakes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"trees": 0}, "trees: 0 cannot be used; give a whole number from 1 to"),
        ({"leaves": 2.5}, "leaves: 2.5 cannot be used"),
        ({"learning_rate": float("nan")}, "learning_rate: nan cannot be used; give a number from"),
        ({"valid_share": 1.0}, "valid_share: 1.0"),
        ({"split": "date"}, "split: 'date' cannot be used; choose among 'time', 'random'"),
        ({"early_stopping": 1}, "early_stopping: 1"),
        ({"loss": "hinge"}, "loss: 'hinge'"),
    ],
)
def test_wrong_settings_say_what_to_do(setting, words):
    table, y = shop(50)
    with pytest.raises(ValueError, match=words):
        TreesRegressor(**setting).fit(table, y)


@pytest.mark.parametrize(
    ("estimator", "y", "weights", "words"),
    [
        (TreesRegressor(loss="poisson"), [1.0, -1.0] * 10, None, "y: holds -1; loss 'poisson'"),
        (TreesClassifier(), ["a"] * 20, None, "y: holds one class, 'a'"),
        (TreesClassifier(preset="rare"), [0, 1, 2, 3] * 5, None, "'rare' is for two classes and y holds 4"),
        (TreesRegressor(), [1.0] * 20, [-1.0] + [1.0] * 19, "sample_weight: holds -1"),
        (TreesRegressor(), [1.0] * 20, [1.0] * 3, "sample_weight: has shape"),
    ],
)
def test_wrong_targets_say_what_to_do(estimator, y, weights, words):
    with pytest.raises(ValueError, match=words):
        clone(estimator).fit(np.arange(20.0)[:, None], y, weights)


def test_nothing_is_predicted_before_fit():
    for estimator in (TreesRegressor(), TreesClassifier()):
        with pytest.raises(NotFittedError):
            estimator.predict([[1.0]])


def test_a_missing_lightgbm_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    table, y = shop(50)
    for fit in (
        lambda: TreesRegressor().fit(table, y),
        lambda: fit_trees(np.ones((9, 1)), np.ones(9), trees=1, rng=np.random.default_rng(0)),
    ):
        with pytest.raises(ImportError, match="pip install lightgbm"):
            fit()
