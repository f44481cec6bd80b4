"""Uplift: generated trials and records whose effects are known."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sectorlab_toys.kept import Anything
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from core.learn import DeepRegressor, UpliftNet
from core.learn.estimators.uplift import aipw
from core.store.policies import load, save

FAST = {"widths": (32,), "members": 4, "steps": 200}


def trial(rows, seed, lift):
    """A vote of which little is known beforehand, and a lot drawn for each row; effects in points."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 6))
    base = 1 / (1 + np.exp(-(0.9 * x[:, 0] + 0.5 * x[:, 1])))
    effect = np.clip(base + lift(x), 0, 1) - base
    sent = rng.integers(0, 2, rows)
    return x, sent, (rng.random(rows) < base + sent * effect).astype(float), effect


def two_nets(x, sent, y, new, seed):
    """What an uplift net must beat: one regressor for each arm."""
    few = {"widths": (32,), "members": 4, "bins": 4, "steps": 200, "random_state": seed}
    return np.subtract(*(DeepRegressor(**few).fit(x[sent == a], y[sent == a]).predict(new) for a in (1, 0)))


def test_the_scores_are_right_if_either_part_is():
    rng = np.random.default_rng(0)
    rows = 200_000
    x = rng.normal(size=rows)
    chance = 1 / (1 + np.exp(-x))
    arm = (rng.random(rows) < chance).astype(int)
    y = 2 * x + 0.5 * arm + rng.normal(size=rows)
    true_y, wrong_y = np.column_stack([2 * x, 2 * x + 0.5]), np.zeros((rows, 2))
    true_c, wrong_c = np.column_stack([1 - chance, chance]), np.full((rows, 2), 0.5)
    for outcomes, chances in ((true_y, wrong_c), (wrong_y, true_c), (true_y, true_c)):
        scores = aipw(outcomes, chances, arm, y)[:, 0]
        assert abs(scores.mean() - 0.5) < 4 * scores.std() / np.sqrt(rows)
    assert abs(aipw(wrong_y, wrong_c, arm, y).mean() - 0.5) > 1


def test_a_constant_effect_is_recovered():
    """Within four standard errors of each of six trials; together their errors are as large as they say."""
    off = []
    for seed in range(6):
        x, sent, y, effect = trial(2_000, seed, lambda x: np.full(len(x), 0.05))
        model = UpliftNet(**FAST, random_state=seed).fit(x, sent, y)
        off.append((model.average_[0] - effect.mean()) / model.average_error_[0])
        assert model.predict_uplift(x).mean() == pytest.approx(model.average_[0], abs=0.01)
    assert np.abs(off).max() < 4
    assert np.sum(np.square(off)) < 22.5  # chi-squared with 6 degrees of freedom: 0.1 %


def test_without_an_effect_all_rows_get_about_the_same():
    spread, plain = [], []
    for seed in range(3):
        x, sent, y, _ = trial(4_000, seed, lambda x: np.zeros(len(x)))
        spread.append(UpliftNet(**FAST, random_state=seed).fit(x, sent, y).predict_uplift(x).std())
        plain.append(two_nets(x, sent, y, x, seed).std())
    assert np.mean(spread) < 0.015
    assert np.mean(spread) < 0.3 * np.mean(plain)


def test_small_effects_are_ranked_better_than_by_two_nets():
    """Effects of 0 to 8 points: over four trials, ranked better on average and nearer in each."""

    def lift(x):
        return 0.04 + 0.02 * np.clip(x[:, 4], -2, 2)

    new, _, _, truth = trial(5_000, 99, lift)
    ours, plain = [], []
    for seed in range(4):
        x, sent, y, _ = trial(8_000, seed, lift)
        found = UpliftNet(**FAST, random_state=seed).fit(x, sent, y).predict_uplift(new)[:, 0]
        other = two_nets(x, sent, y, new, seed)
        ours.append(spearmanr(found, truth)[0])
        plain.append(spearmanr(other, truth)[0])
        assert np.mean((found - truth) ** 2) < np.mean((other - truth) ** 2)
    assert np.mean(ours) > np.mean(plain)
    assert np.mean(ours) > 0.4


def test_large_effects_of_several_arms_and_a_bent_one():
    rng = np.random.default_rng(1)
    rows = 6_000
    table = pd.DataFrame({"age": rng.uniform(20, 80, rows), "town": rng.choice(["a", "b"], rows)})
    arm = rng.choice(["none", "mail", "call"], rows, p=[0.5, 0.3, 0.2])
    mail, call = 3.0 * (table["age"] > 50), np.where(table["town"] == "a", -2.0, 4.0)
    y = table["age"] / 10 + np.where(arm == "mail", mail, 0) + np.where(arm == "call", call, 0)
    model = UpliftNet(control="none", **FAST).fit(table, arm, y + rng.normal(size=rows))
    assert model.arms_.tolist() == ["none", "call", "mail"]
    found = model.predict_uplift(table)
    assert np.sqrt(np.mean((found[:, 0] - call) ** 2)) < 0.5
    assert np.sqrt(np.mean((found[:, 1] - mail) ** 2)) < 0.8


def test_records_are_adjusted_for_what_decided():
    """Who was sick got the treatment: the plain difference has the wrong sign."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(4_000, 3))
    chance = 1 / (1 + np.exp(-1.5 * x[:, 0]))
    given = (rng.random(4_000) < chance).astype(int)
    y = -2 * x[:, 0] + given + rng.normal(size=4_000)
    assert y[given == 1].mean() < y[given == 0].mean()
    model = UpliftNet(randomised=False, **FAST).fit(x, given, y)
    assert np.abs(model.chances_[:, 1] - chance).mean() < 0.05
    assert abs(model.average_[0] - 1) < 4 * model.average_error_[0]
    assert model.average_error_[0] < 0.1


@pytest.fixture(scope="module")
def small():
    x, sent, y, _ = trial(400, 5, lambda x: np.full(len(x), 0.05))
    few = {**FAST, "steps": 20}
    return x, sent, y, [UpliftNet(**few, random_state=s).fit(x, sent, y) for s in (1, 1, 2)]


def test_the_model_is_plain_data(small, tmp_path):
    x, _, _, (model, *_) = small
    expected = model.predict_uplift(x)
    save(Anything(model.model_), tmp_path)
    for kept in (copy.deepcopy(model.model_), load(tmp_path, ("sectorlab_toys",)).content):
        np.testing.assert_array_equal(kept.predict(x), expected)


def test_the_same_seed_gives_the_same_effects(small):
    x, _, _, models = small
    one, two, other = (model.predict_uplift(x) for model in models)
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)
    assert clone(models[2]).random_state == 2


def test_mistakes_are_named(small):
    x, sent, y, (model, *_) = small
    with pytest.raises(ValueError, match="treatment: has 1 arm; give rows of a control"):
        UpliftNet().fit(x, np.zeros(400), y)
    with pytest.raises(ValueError, match=r"treatment: arm .*2.* has 5 rows; give at least 20"):
        UpliftNet().fit(x, np.where(np.arange(400) < 5, 2, sent), y)
    with pytest.raises(ValueError, match="control: 'x' is no arm; choose one of 0, 1"):
        UpliftNet(control="x").fit(x, sent, y)
    with pytest.raises(ValueError, match="members: 1 leaves no row held out"):
        UpliftNet(members=1).fit(x, sent, y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        UpliftNet().fit(x, sent[:-1], y)
    with pytest.raises(ValueError, match="NaN"):
        UpliftNet().fit(x, sent, np.full(400, np.nan))
    with pytest.raises(ValueError, match="features"):
        model.predict_uplift(x[:, :2])
    with pytest.raises(NotFittedError):
        UpliftNet().predict_uplift(x)
