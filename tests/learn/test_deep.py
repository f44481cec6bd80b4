"""Deep estimators on tables: scikit-learn's contract, columns of every kind, plain data."""

from __future__ import annotations

import copy
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sectorlab_toys.kept import Anything
from sklearn.utils.estimator_checks import parametrize_with_checks

from core.learn import ClickModel, DeepClassifier, DeepRegressor, Training
from core.store.policies import load, save

WEIGHTS = "a batch is drawn from rows: weight 2 and the row twice give other batches, so other weights"
EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": WEIGHTS,
}
SMALL = {"widths": (32,), "members": 2, "bins": 4, "steps": 150, "learning_rate": 0.01}


def expected(_: object) -> dict[str, str]:
    return EXPECTED


@parametrize_with_checks(
    [
        DeepRegressor(**SMALL),
        DeepClassifier(**SMALL),
        ClickModel(size=4, widths=(16,), steps=150, learning_rate=0.02),
    ],
    expected_failed_checks=expected,
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


def mixed(rows: int = 1_500, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Numbers with gaps, a category as text, one as pandas has it, a bool; the target needs all of them."""
    rng = np.random.default_rng(seed)
    load, heat = rng.standard_normal(rows), rng.lognormal(size=rows)
    grade, site = rng.choice(["a", "b", "c"], rows), rng.integers(0, 30, rows)
    night = rng.random(rows) < 0.5
    missing = rng.random(rows) < 0.2
    effect = np.random.default_rng(9).standard_normal(30)
    y = load * (grade == "a") + np.log(heat) + effect[site] + night + 2 * missing
    table = pd.DataFrame({
        "load": load, "heat": np.where(missing, np.nan, heat), "grade": grade,
        "site": pd.Categorical(site), "night": night,
    })  # fmt: skip
    return table, y + np.where(missing, -np.log(heat), 0)


def test_columns_of_every_kind_are_read_from_the_dtypes():
    X, y = mixed()
    model = DeepRegressor(widths=(64, 64), members=2, steps=600).fit(X[:1_200], y[:1_200])
    assert model.score(X[1_200:], y[1_200:]) > 0.93
    changed = X[1_200:].assign(grade="never met", site=pd.Categorical([99] * 300))
    assert np.isfinite(model.predict(changed)).all()
    reordered = X[1_200:][["night", "load", "heat", "grade", "site"]]
    with pytest.raises(ValueError, match="in the same order"):
        model.predict(reordered)
    with pytest.raises(ValueError, match="load: was numeric in training"):
        model.predict(X[1_200:].assign(load="high"))
    with pytest.raises(ValueError, match="load: holds infinity"):
        model.predict(X[1_200:].assign(load=np.inf))
    with pytest.raises(ValueError, match="turn it into numbers or a category"):
        DeepRegressor().fit(X.assign(day=pd.Timestamp("2026-01-01")), y)


def test_a_kept_model_needs_neither_the_estimator_nor_torch_to_travel(tmp_path):
    X, y = mixed(300)
    model = DeepRegressor(**SMALL).fit(X, y)
    expected = model.predict(X)
    save(Anything(model.model_), tmp_path)
    kept = load(tmp_path, ("sectorlab_toys",)).content
    assert copy.deepcopy(model.model_).model.__getstate__()["_net"] is None
    np.testing.assert_array_equal(kept.predict(X)[:, 0], expected)
    one = np.concatenate([kept.predict(X[i : i + 1])[:, 0] for i in range(5)])
    np.testing.assert_allclose(one, expected[:5], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_intervals_hold_their_level(level):
    rng = np.random.default_rng(3)
    X = rng.standard_normal((3_000, 3))
    y = X[:, 0] ** 2 + rng.standard_normal(3_000)
    model = DeepRegressor(widths=(32,), members=4, steps=200).fit(X[:1_000], y[:1_000])
    low, high = model.predict_interval(X[1_000:], level=level)
    held = ((low <= y[1_000:]) & (y[1_000:] <= high)).mean()
    # Three standard errors of 2,000 new rows and 500 held-out ones.
    assert held == pytest.approx(level, abs=3 * (level * (1 - level) * (1 / 2_000 + 1 / 500)) ** 0.5)


def test_several_targets_and_their_intervals_keep_their_shape():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 2))
    y = np.column_stack([X[:, 0], 100 * X[:, 1] + 5])
    model = DeepRegressor(**SMALL).fit(X, y)
    low, high = model.predict_interval(X[:7])
    assert low.shape == high.shape == model.predict(X[:7]).shape == (7, 2)
    assert (low < high).all()
    assert model.score(X, y) > 0.99


@pytest.mark.parametrize("net", ["resnet", "tabm", "ft_transformer"])
def test_other_networks_learn_and_repeat(net):
    pytest.importorskip({"tabm": "tabm", "ft_transformer": "rtdl_revisiting_models"}.get(net, "torch"))
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.standard_normal(250), "g": rng.choice(list("xyz"), 250)})
    y = (X["a"] + (X["g"] == "x") > 0.3).to_numpy()
    models = [DeepClassifier(net=net, steps=40, batch=32, learning_rate=3e-3).fit(X, y) for _ in range(2)]
    np.testing.assert_array_equal(*(m.predict_proba(X) for m in models))
    assert models[0].score(X, y) > 0.8


@pytest.mark.parametrize("members", [2, 6])
def test_members_may_keep_their_own_best_whatever_they_share(members):
    X, y = np.random.default_rng(0).standard_normal((2, 300, 2))
    how = Training(together=False)
    assert DeepRegressor(**{**SMALL, "members": members}, training=how).fit(X, y).predict(X).shape == (300, 2)


@pytest.mark.parametrize(("batch", "steps"), [(1, 6_000), (8, 2_000), (64, 400)])
def test_weights_count_the_same_whatever_the_batch(batch, steps):
    y = np.repeat([0.0, 1.0], 32)
    model = DeepRegressor(
        widths=(4,), members=4, norm=False, dropout=0, bins=0, shortcut=False, batch=batch, steps=steps,
        learning_rate=0.01, training=Training(held_out=0),
    ).fit(np.ones((64, 1)), y, sample_weight=np.repeat([9.0, 1.0], 32))  # fmt: skip
    assert model.predict([[1.0]])[0] == pytest.approx(0.1, abs=0.03)


def test_rows_held_out_by_all_members_are_one_row_each():
    X, y = np.random.default_rng(0).standard_normal((2, 40, 1))
    how = Training(by_time=True)
    model = DeepRegressor(**SMALL, training=how).fit(X, y[:, 0])
    assert len(model.held_out_[0]) == 5
    with pytest.raises(ValueError, match="9"):
        model.predict_interval(X, level=0.9)


def test_rows_without_weight_may_be_the_ones_held_out():
    X, y = np.random.default_rng(0).standard_normal((2, 80, 1))
    weight = np.r_[np.ones(60), np.zeros(20)]
    model = DeepRegressor(**SMALL, training=Training(by_time=True)).fit(X, y[:, 0], sample_weight=weight)
    assert np.isfinite(model.report_.held_out).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"steps": 0}, "steps: 0 is too few"), ({"batch": -1}, "batch: -1 rows"),
        ({"dropout": 1.0}, "dropout: 1.0"), ({"members": 0}, "members: 0"), ({"widths": ()}, "widths: "),
        ({"widths": 8}, "widths: 8"), ({"activation": "gelu"}, "activation: 'gelu'"),
        ({"bins": -1}, "bins: -1"), ({"training": Training(clip=0.0)}, "clip: 0.0"),
        ({"training": Training(patience=0)}, "patience: 0"),
    ],
)  # fmt: skip
def test_parameters_out_of_range_are_told(change, said):
    with pytest.raises(ValueError, match=said):
        DeepRegressor(**{**SMALL, **change}).fit(np.ones((20, 2)), np.arange(20))


def test_names_that_do_not_exist_are_told():
    with pytest.raises(ValueError, match="net: 'cnn' is unknown; choose one of mlp, resnet"):
        DeepRegressor(net="cnn").fit(np.ones((20, 2)), np.ones(20))
    with pytest.raises(ValueError, match="categorical: 'x9' is not a column"):
        DeepRegressor(categorical=["x9"]).fit(np.ones((20, 2)), np.ones(20))
    with pytest.raises(ValueError, match=r"held_out: 1\.5 is not a share"):
        Training(held_out=1.5)


def test_clicks_share_one_embedding_among_rare_ids():
    rng = np.random.default_rng(0)
    item = np.concatenate([rng.integers(0, 20, 2_000), np.arange(1_000, 1_100)])
    rate = np.where(item < 10, 0.9, 0.1)
    clicked = rng.random(len(item)) < rate
    model = ClickModel(size=4, widths=(16,), categorical=[0], learning_rate=0.01).fit(item[:, None], clicked)
    probability = model.predict_proba(np.array([[3], [15], [1_005], [9_999]]))[:, 1]
    assert probability[0] > 0.75
    assert probability[1] < 0.25
    assert probability[2] == probability[3], "an id met once and one never met are both unknown"


def test_importing_the_core_loads_nothing_heavy():
    heavy = ("torch", "sklearn", "lightgbm", "pandas", "numba")
    code = f"import core.learn, sys; print([m for m in {heavy} if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"
    import core.learn

    assert set(core.learn._HOME) <= set(dir(core.learn))
    with pytest.raises(AttributeError, match="no attribute 'Deeper'"):
        _ = core.learn.Deeper
