"""The learning core: known answers, and models that are plain data."""

import copy

import numpy as np
import pytest

from core.learn.linear import fit_ridge
from core.learn.mlp import fit_mlp
from core.learn.trees import fit_trees


@pytest.fixture(scope="module")
def curve():
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, (4_000, 2))
    y = np.column_stack([np.sin(x[:, 0]) + x[:, 1], 100 * x[:, 1] ** 2])
    return x, y


def test_ridge_shrinks_and_ignores_constant_columns(curve):
    x, y = curve
    wide = np.column_stack([x, np.ones(len(x))])
    free, tight = (fit_ridge(wide, y, penalty=p) for p in (0.0, 10.0))
    assert np.abs(tight.weights).sum() < np.abs(free.weights).sum()
    np.testing.assert_allclose(free.predict(wide).mean(0), y.mean(0))


@pytest.mark.parametrize(("activation", "gain"), [("silu", 1.0), ("sigmoid", 4.0)])
def test_nets_learn_a_curve(curve, activation, gain):
    x, y = curve
    net = fit_mlp(
        x, y, steps=1_000, rng=np.random.default_rng(1), widths=(32, 32), activation=activation,
        gain=gain, members=2, learning_rate=1e-2,
    )  # fmt: skip
    error = np.abs(net.predict(x) - y).mean(0) / y.std(0)
    assert (error < 0.1).all()
    assert net.members(x).shape == (2, len(x), 2)


def test_the_same_luck_gives_the_same_net(curve):
    x, y = curve
    one, two = (fit_mlp(x, y, steps=50, rng=np.random.default_rng(4), members=2) for _ in range(2))
    for a, b in zip(one.weights, two.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(one.weights[0][0], one.weights[0][1]), "members must differ"


def test_trees_survive_copying_and_threads(curve):
    x, y = curve
    one, two = (fit_trees(x, y[:, 0], trees=30, rng=np.random.default_rng(2), threads=t) for t in (1, 2))
    assert one.text == two.text
    expected = one.predict(x)
    np.testing.assert_array_equal(copy.deepcopy(one).predict(x), expected)
    assert np.abs(expected - y[:, 0]).mean() < 0.1
