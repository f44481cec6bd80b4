"""Explanations: known answers, parts that add up, and features ranked as the truth has them."""

from __future__ import annotations

import sys

import lightgbm
import numpy as np
import pytest
import torch

from core.errors import UserError
from core.learn.explanation import Explanation, integrated_gradients, tree_contributions
from core.learn.mlp import Mlp, fit_mlp
from core.learn.trees import fit_trees

NAMES = ("strong", "idle", "weak", "curved")
pytest.importorskip("captum")


@pytest.fixture(scope="module")
def additive() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Table, target and each feature's true part: mean sizes of about 2.4, 0, 0.4 and 1.2."""
    x = np.random.default_rng(0).normal(size=(4_000, 4))
    parts = np.column_stack([3 * x[:, 0], 0 * x[:, 1], 0.5 * x[:, 2], np.square(x[:, 3]) * 1.2])
    return x, parts.sum(1), parts


def as_torch(net: Mlp):
    """The net's forecast of its first target, in torch."""
    layers = [tuple(map(torch.as_tensor, pair)) for pair in zip(net.weights, net.biases, strict=True)]

    def forward(x: torch.Tensor) -> torch.Tensor:
        h = ((x - torch.as_tensor(net.x_shift)) / torch.as_tensor(net.x_scale)).float()[None]
        for i, (weights, bias) in enumerate(layers):
            h = h @ weights + bias
            h = torch.nn.functional.silu(h) if i < len(layers) - 1 else h
        return h.mean(0)[:, 0] * float(net.y_scale[0]) + float(net.y_shift[0])

    return forward


def test_both_kinds_rank_an_additive_truth(additive) -> None:
    x, y, parts = additive
    trees = tree_contributions(fit_trees(x, y, trees=150, rng=np.random.default_rng(1)).text, x[:300], NAMES)
    net = fit_mlp(x, y[:, None], steps=600, rng=np.random.default_rng(2), widths=(32, 32), learning_rate=1e-2)
    nets = integrated_gradients(as_torch(net), x[:300], np.zeros(4), NAMES)
    np.testing.assert_allclose(nets.forecast, net.predict(x[:300])[:, 0], atol=1e-4)
    for found, centre in ((trees, parts.mean(0)), (nets, np.zeros(4))):
        assert list(found.importance()) == ["strong", "curved", "weak", "idle"]
        assert found.importance()["idle"] < 0.15
        # Each part itself, measured from what the baseline stands for.
        miss = np.abs(found.values - (parts[:300] - centre)).mean(0)
        assert (miss < 0.2).all()
    assert trees.gap < 1e-9
    assert nets.gap < 0.01 * np.abs(nets.forecast - nets.baseline).max()


def test_a_linear_model_is_explained_exactly() -> None:
    slopes = torch.tensor([2.0, -1.0, 0.0])
    x, baseline = np.array([[1.0, 2.0, 3.0], [-4.0, 0.5, 9.0]]), np.array([0.5, 1.0, 1.0])
    found = integrated_gradients(lambda z: z @ slopes + 7.0, x, baseline, ("a", "b", "c"), steps=2)
    np.testing.assert_allclose(found.values, (x - baseline) * slopes.numpy(), atol=1e-6)
    np.testing.assert_allclose(found.baseline, 7.0)
    np.testing.assert_allclose(found.forecast, x @ slopes.numpy() + 7.0)


def test_a_kink_is_split_as_the_integral_has_it() -> None:
    """From 0 to (2, 1), relu(a - b) rises along a and falls along b, with slope 1 all the way."""
    found = integrated_gradients(
        lambda z: torch.relu(z[:, 0] - z[:, 1]), [[2.0, 1.0]], [0.0, 0.0], ("a", "b")
    )
    np.testing.assert_allclose(found.values, [[2.0, -1.0]], atol=1e-6)


def test_one_class_of_many(additive) -> None:
    x = additive[0]
    label = np.argmax(np.column_stack([x[:, 0], 2 * x[:, 1], x[:, 2]]), axis=1)
    options = {"objective": "multiclass", "num_class": 3, "verbosity": -1, "num_threads": 1, "seed": 0}
    booster = lightgbm.train(options, lightgbm.Dataset(x, label), num_boost_round=30)
    margins = booster.predict(x[:200], raw_score=True)
    for output in range(3):
        found = tree_contributions(booster, x[:200], NAMES, output=output)
        np.testing.assert_array_equal(found.forecast, margins[:, output])
        assert found.gap < 1e-9
        assert next(iter(found.importance())) == NAMES[output]
        text = tree_contributions(booster.model_to_string(), x[:200], NAMES, output=output)
        np.testing.assert_allclose(text.values, found.values, rtol=1e-9, atol=1e-12)

    weights = torch.tensor([[1.0, 0.0, 2.0], [0.0, -3.0, 0.5]])
    for output in range(2):
        found = integrated_gradients(
            lambda z: z @ weights.T, np.ones((1, 3)), np.zeros(3), NAMES[:3], output=output
        )
        np.testing.assert_allclose(found.values, weights[output : output + 1].numpy(), atol=1e-6)


def test_a_classifiers_log_odds_are_what_adds_up(additive) -> None:
    x = additive[0]
    options = {"objective": "binary", "verbosity": -1, "num_threads": 1, "seed": 0}
    booster = lightgbm.train(options, lightgbm.Dataset(x, x[:, 0] > 0), num_boost_round=20)
    found = tree_contributions(booster, x[:50], NAMES)
    np.testing.assert_allclose(1 / (1 + np.exp(-found.forecast)), booster.predict(x[:50]), rtol=1e-9)
    assert found.gap < 1e-9


def test_rows_are_explained_alone_or_in_parts(additive, monkeypatch) -> None:
    net = fit_mlp(
        additive[0], additive[1][:, None], steps=60, rng=np.random.default_rng(3), widths=(8,), members=2
    )
    whole = integrated_gradients(as_torch(net), additive[0][:10], np.ones(4), NAMES)
    monkeypatch.setattr("core.learn.explanation.POINTS_AT_ONCE", 3 * 64)
    parts = integrated_gradients(as_torch(net), additive[0][:10], np.ones(4), NAMES)
    np.testing.assert_allclose(parts.values, whole.values, rtol=1e-4, atol=1e-5)


def test_no_rows_are_no_trouble() -> None:
    found = integrated_gradients(lambda z: z.sum(1), np.zeros((0, 2)), np.zeros(2), ("a", "b"))
    assert found.values.shape == (0, 2)
    assert found.gap == 0.0
    assert found.to_frame().empty


def test_too_few_steps_are_said() -> None:
    def steep(z: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(200 * (z[:, 0] - 0.43)) + torch.sigmoid(300 * (z[:, 0] - 0.71))

    with pytest.raises(ValueError, match=r"steps is 4: the contributions miss a forecast by"):
        integrated_gradients(steep, [[1.0]], [0.0], ("a",), steps=4)
    assert integrated_gradients(steep, [[1.0]], [0.0], ("a",), steps=512).gap < 0.02


def test_missing_captum_is_said(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    with pytest.raises(UserError, match=r'pip install "sectorlab\[explain\]"'):
        integrated_gradients(lambda z: z[:, 0], [[1.0]], [0.0], ("a",))


def test_the_long_table_keeps_every_part() -> None:
    values = np.arange(6.0).reshape(2, 3)
    frame = Explanation(("a", "b", "c"), values, np.ones(2), values.sum(1) + 1, "by hand").to_frame()
    assert list(frame.columns) == ["row", "feature", "value", "baseline", "forecast"]
    np.testing.assert_array_equal(frame.pivot(index="row", columns="feature", values="value"), values)
    added = frame.groupby("row")["value"].sum() + frame.groupby("row")["baseline"].first()
    np.testing.assert_array_equal(added, frame.groupby("row")["forecast"].first())


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda f: f([[1.0, 2.0]], [0.0], ("a",)), r"x has shape \(1, 2\)"),
        (lambda f: f([[1.0]], [0.0, 1.0], ("a",)), r"baseline has shape \(2,\)"),
        (lambda f: f([[1.0]], [0.0], ("a",), steps=0), "steps is 0"),
        (lambda f: f([[1.0]], [0.0], ("a",), output=1), "output is 1: the model has 1"),
    ],
)
def test_mistakes_with_nets_are_named(call, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call(lambda *given, **options: integrated_gradients(lambda z: z[:, 0], *given, **options))


def test_mistakes_with_trees_and_shapes_are_named(additive) -> None:
    model = fit_trees(additive[0], additive[1], trees=2, rng=np.random.default_rng(1)).text
    with pytest.raises(ValueError, match="output is 1: the model has 1"):
        tree_contributions(model, additive[0], NAMES, output=1)
    with pytest.raises(ValueError, match="names are 3: the model has 4"):
        tree_contributions(model, additive[0][:, :3], NAMES[:3])
    with pytest.raises(ValueError, match="values have shape"):
        Explanation(("a",), np.zeros((2, 2)), np.zeros(2), np.zeros(2), "by hand")
    with pytest.raises(ValueError, match="forecast has shape"):
        Explanation(("a",), np.zeros((2, 1)), np.zeros(2), np.zeros(3), "by hand")
