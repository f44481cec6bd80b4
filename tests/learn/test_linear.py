"""Ridge and logistic regression in closed form and by Newton's method."""

import numpy as np
import pytest

from core.learn.linear import fit_logistic, fit_ridge


def test_a_ridge_without_penalty_is_least_squares():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3))
    y = x @ np.array([[1.0], [-2.0], [0.5]]) + 3.0
    assert fit_ridge(x, y, penalty=1e-10).predict(x) == pytest.approx(y, abs=1e-6)


def test_what_is_known_beforehand_is_not_learned_again():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(20_000, 2))
    known = 1.5 * x[:, 0]
    y = rng.random(len(x)) < 1.0 / (1.0 + np.exp(-(known + 0.8 * x[:, 1])))
    left = fit_logistic(x, y, offset=known)
    # Slopes of the rest: none of the first column, and the second as it is.
    slopes = left.weights[:, 0] / left.scale
    assert slopes == pytest.approx([0.0, 0.8], abs=0.08)


def test_a_strong_penalty_leaves_what_was_known():
    rng = np.random.default_rng(2)
    x, known = rng.normal(size=(50, 2)), np.full(50, 0.7)
    fitted = fit_logistic(x, rng.random(50) < 0.1, penalty=1e4, offset=known)
    assert np.abs(fitted.predict(x)).max() < 1e-3
