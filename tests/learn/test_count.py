"""Counts: the likelihood against SciPy's, and what generated counts are known to hold."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats
from sectorlab_toys.kept import Anything
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

from core.learn import CountNet
from core.learn.estimators.count import quantiles
from core.learn.training.count_loss import log_likelihood, negative_binomial, poisson
from core.store.policies import load, save

EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": (
        "a batch is drawn from rows: weight 2 and the row twice give other batches, so other weights"
    )
}
SMALL = {"widths": (32,), "members": 4, "bins": 8, "steps": 400}


@parametrize_with_checks(
    [CountNet(widths=(16,), members=2, bins=4, steps=100, learning_rate=0.01)],
    expected_failed_checks=lambda estimator: EXPECTED,
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


# --- likelihood ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dispersion", [1e-3, 0.04, 0.06, 0.25, 1.0, 20.0])
@pytest.mark.parametrize("mean", [0.01, 1.0, 80.0])
def test_the_likelihood_is_that_of_scipy(mean, dispersion):
    y = np.array([0.0, 1.0, 2.0, 7.0, 150.0])
    known = stats.nbinom.logpmf(y, 1 / dispersion, 1 / (1 + dispersion * mean))
    logs = [torch.full((5,), float(np.log(v))) for v in (mean, dispersion)]
    ours = log_likelihood(torch.tensor(y, dtype=torch.float32), *logs)
    np.testing.assert_allclose(ours.numpy(), known, rtol=2e-5, atol=2e-5)


def test_without_dispersion_it_is_poisson():
    batch = {"y": torch.tensor([[0.0, 3.0, 90.0]]), "log_exposure": torch.tensor([[0.0, 1.0, 4.0]])}
    rate = torch.full((1, 3, 1), 0.5)
    almost = negative_binomial(torch.cat([rate, rate * 0 - 50], -1), batch)
    torch.testing.assert_close(almost, poisson(rate, batch), rtol=1e-4, atol=1e-4)
    known = -stats.poisson.logpmf(batch["y"].numpy(), np.exp(0.5 + batch["log_exposure"].numpy()))
    np.testing.assert_allclose(poisson(rate, batch).numpy(), known, rtol=1e-5)


def test_slopes_are_finite_far_out():
    output = torch.tensor([[[-90.0, -90.0], [90.0, 90.0], [0.0, 90.0], [20.0, -90.0]]], requires_grad=True)
    batch = {"y": torch.tensor([[0.0, 5.0, 1e6, 3.0]]), "log_exposure": torch.zeros(1, 4)}
    negative_binomial(output, batch).sum().backward()
    assert output.grad is not None
    assert torch.isfinite(output.grad).all()


@pytest.mark.parametrize("dispersion", [0.0, 1e-7, 1e-3, 0.5])
def test_quantiles_are_exact(dispersion):
    """A quantile is the smallest count whose cumulated probability reaches the level."""
    mean, levels = np.array([[0.05], [3.0], [200.0]]), np.array([0.05, 0.5, 0.9, 0.99])
    found = quantiles(mean, np.full((3, 1), dispersion), levels)
    size = 1 / max(dispersion, 1e-9)
    reached = stats.nbinom.cdf(found, size, size / (size + mean))
    before = stats.nbinom.cdf(found - 1, size, size / (size + mean))
    assert (reached >= levels - 1e-6).all()
    assert (before < levels + 1e-6).all()


# --- learning --------------------------------------------------------------------------------------------


def shop(rows, seed, dispersion=0.25):
    """Sales with a bent effect, days on sale, and a known mean and dispersion."""
    rng = np.random.default_rng(seed)
    x, days = rng.uniform(-1, 1, (rows, 3)), rng.uniform(0.5, 3.0, rows)
    mean = days * np.exp(0.3 + x[:, 0] + 0.8 * np.sin(3 * x[:, 1]))
    spread = dispersion(x) if callable(dispersion) else np.full(rows, dispersion)
    return x, days, rng.poisson(mean * rng.gamma(1 / spread, spread)), mean, spread


@pytest.fixture(scope="module")
def sold():
    x, days, y, _, _ = shop(8_000, 0)
    return CountNet(**SMALL).fit(x, y, exposure=days)


def test_mean_and_dispersion_are_recovered(sold):
    x, days, y, mean, _ = shop(20_000, 1)
    found = sold.predict(x, exposure=days)
    assert np.sqrt(np.mean((found / mean - 1) ** 2)) < 0.1
    # The sums agree within four standard errors of the training counts: 1 false alarm in 16,000.
    _, _, _, trained, _ = shop(8_000, 0)
    error = 4 * np.sqrt((trained + 0.25 * trained**2).sum()) / trained.sum()
    assert found.sum() / mean.sum() == pytest.approx(1, abs=error)
    assert sold.predict_dispersion(x).mean() == pytest.approx(0.25, abs=0.05)
    ours = stats.nbinom.logpmf(
        y, 1 / sold.predict_dispersion(x), 1 / (1 + sold.predict_dispersion(x) * found)
    )
    best = stats.nbinom.logpmf(y, 4.0, 1 / (1 + 0.25 * mean))
    assert best.mean() - ours.mean() < 0.01


def test_quantiles_hold_what_they_say(sold):
    """A stock that lasts with 95 %: counted against what the true distribution gives to such a quantile."""
    x, days, y, mean, _ = shop(20_000, 2)
    found = sold.predict_quantiles(x, [0.5, 0.95], exposure=days)
    exact = quantiles(mean[:, None], np.full((len(y), 1), 0.25), np.array([0.5, 0.95]))
    held, meant = (y[:, None] <= found).mean(0), (y[:, None] <= exact).mean(0)
    np.testing.assert_allclose(held, meant, atol=0.02)


def test_the_dispersion_of_a_row_is_learned():
    x, days, y, _, truth = shop(8_000, 3, lambda x: np.exp(-1 + 1.2 * x[:, 2]))
    model = CountNet(**SMALL).fit(x, y, exposure=days)
    assert np.corrcoef(np.log(model.predict_dispersion(x)), np.log(truth))[0, 1] > 0.9


def test_poisson_counts_have_no_dispersion():
    rng = np.random.default_rng(4)
    x = rng.uniform(-1, 1, (3_000, 2))
    y = rng.poisson(np.exp(1 + x[:, 0]))
    assert CountNet(**SMALL).fit(x, y).predict_dispersion(x).max() < 0.06
    even = CountNet(poisson=True, **SMALL).fit(x, y)
    assert even.predict_dispersion(x).max() < 0.01
    assert np.corrcoef(even.predict(x), np.exp(x[:, 0]))[0, 1] > 0.98


def test_exposure_multiplies(sold):
    x = shop(50, 5)[0]
    np.testing.assert_allclose(sold.predict(x, exposure=np.full(50, 7.0)), 7 * sold.predict(x), rtol=1e-12)


def test_categories_gaps_and_counts_of_zero():
    rng = np.random.default_rng(6)
    shop_of, load = rng.choice(list("abc"), 2_000), rng.normal(size=2_000)
    y = rng.poisson(np.where(shop_of == "a", 5.0, 0.0))
    table = pd.DataFrame({"shop": shop_of, "load": np.where(load > 1, np.nan, load)})
    forecast = CountNet(**SMALL).fit(table, y).predict(table)
    assert forecast[shop_of == "a"].mean() == pytest.approx(5, abs=0.4)
    assert forecast[shop_of != "a"].max() < 0.2
    assert (CountNet(**SMALL).fit(table, np.zeros(2_000)).predict(table) < 0.05).all()


# --- plain data, same seed, errors -----------------------------------------------------------------------


def test_the_model_is_plain_data(sold, tmp_path):
    x = shop(100, 7)[0]
    expected = sold.model_.predict(x)
    save(Anything(sold.model_), tmp_path)
    for kept in (copy.deepcopy(sold.model_), load(tmp_path, ("sectorlab_toys",)).content):
        np.testing.assert_array_equal(kept.predict(x), expected)


def test_the_same_seed_gives_the_same_net():
    x, days, y, _, _ = shop(400, 8)
    few = {**SMALL, "steps": 30}
    one, two, other = (CountNet(**few, random_state=s).fit(x, y, exposure=days).predict(x) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)


def test_mistakes_are_named(sold):
    x = np.zeros((20, 3))
    with pytest.raises(ValueError, match="y: -2 is no count; give numbers from 0 up"):
        CountNet().fit(x, np.arange(20) - 2)
    with pytest.raises(ValueError, match=r"exposure: has shape \(3,\); give one number for each of the 20"):
        CountNet().fit(x, np.ones(20), exposure=[1, 2, 3])
    with pytest.raises(ValueError, match="exposure: 0 is among them"):
        sold.predict(x, exposure=np.zeros(20))
    with pytest.raises(ValueError, match=r"levels: \[0.5, 1.0\] are not all probabilities"):
        sold.predict_quantiles(x, [0.5, 1.0])
    with pytest.raises(NotFittedError):
        CountNet().predict(x)
