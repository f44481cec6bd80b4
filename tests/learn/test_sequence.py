"""Nets over sequences and their estimators: known answers, causality, scikit-learn's contract."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from sectorlab_toys.kept import Anything
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import nn
from torch.nn import functional

from core.learn import SequenceClassifier, SequenceRegressor, Training
from core.learn.model import build
from core.learn.nets.sequence import PIECE, Convolutions, Recurrent, SequenceNet, tcn_reach
from core.learn.training import losses
from core.learn.training.fit import fit_model
from core.learn.training.noise import Noise
from core.learn.training.plan import Plan
from core.store.policies import load, save

KINDS = ("lstm", "gru", "tcn")
ORDER = "a row is forecast from the rows before it, so the order and the company of rows count"
EXPECTED = {
    "check_methods_sample_order_invariance": ORDER,
    "check_methods_subset_invariance": ORDER,
    "check_sample_weight_equivalence_on_dense_data": ORDER,
}
TINY = {"window": 3, "width": 8, "steps": 100, "learning_rate": 0.03}


@parametrize_with_checks(
    [SequenceRegressor(**TINY), SequenceClassifier(**TINY)], expected_failed_checks=lambda _: EXPECTED
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


# --- nets ----------------------------------------------------------------------------------------------


def made(kind, members=1, **options):
    net = SequenceNet(tuple(range(members)), 3, (4,), 2, kind=kind, width=8, layers=2, **options)
    for name, values in net.named_parameters():
        if "bias" in name or name == "shortcut.weight":  # they start at zero and would hide what they do
            nn.init.normal_(values, generator=torch.Generator().manual_seed(0))
    return net


def batch_of(rows, steps, members=1, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "numbers": torch.from_numpy(rng.normal(size=(members, rows, steps, 3)).astype(np.float32)),
        "codes": torch.from_numpy(rng.integers(0, 4, (members, rows, steps, 1))),
        "length": torch.from_numpy(rng.integers(1, steps + 1, (members, rows))),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_what_stands_before_a_sequence_does_not_count(kind):
    net, batch = made(kind), batch_of(6, 9)
    other = batch_of(6, 9, seed=1)
    real = torch.arange(9) >= 9 - batch["length"][..., None]
    mixed = {k: torch.where(real[..., None], batch[k], other[k]) for k in ("numbers", "codes")}
    torch.testing.assert_close(net(batch), net({**mixed, "length": batch["length"]}), rtol=0, atol=0)
    longer = {k: torch.cat([other[k], batch[k]], 2) for k in ("numbers", "codes")}
    torch.testing.assert_close(net(batch), net({**longer, "length": batch["length"]}))


@pytest.mark.parametrize("kind", KINDS)
def test_every_real_step_counts(kind):
    net, batch = made(kind), batch_of(6, 9)
    numbers = batch["numbers"].requires_grad_()
    net(batch).sum().backward()
    real = torch.arange(9) >= 9 - batch["length"][..., None]
    assert torch.equal(numbers.grad.abs().sum(-1) > 0, real)


@pytest.mark.parametrize(("layers", "steps"), [(1, 4), (2, 13), (3, 20), (4, 61)])
def test_a_tcn_is_the_textbooks_at_the_last_step(layers, steps):
    net = Convolutions(Noise((0,)), 3, 8, layers, 0.0, "fp32")
    for block in net.blocks:
        nn.init.normal_(block.first.bias, generator=torch.Generator().manual_seed(0))

    def conv(layer, h, apart):
        # (taps * inputs, W), the latest tap first, to torch's (W, inputs, taps), the earliest first.
        weight = layer.weight[0].unflatten(0, (3, -1)).flip(0).permute(2, 1, 0)
        padded = functional.pad(h, (2 * apart, 0))
        return torch.relu(functional.conv1d(padded, weight, layer.bias[0, 0], dilation=apart))

    x = torch.from_numpy(np.random.default_rng(0).normal(size=(5, 3, steps)).astype(np.float32))
    h = x
    for layer, block in enumerate(net.blocks):
        z = conv(block.second, conv(block.first, h, 2**layer), 2**layer)
        h = torch.relu(z + block.skip(h.mT.flatten(0, 1)[None])[0].unflatten(0, (5, steps)).mT)
    ours = net(x.mT[None], torch.full((1, 5), steps))
    torch.testing.assert_close(ours[0], h[:, :, -1])


@pytest.mark.parametrize("layers", [1, 3])
def test_a_tcn_reaches_as_far_as_it_says(layers):
    net = SequenceNet((0,), 1, (), 1, kind="tcn", width=8, layers=layers)
    nn.init.ones_(net.output.weight)
    steps = tcn_reach(layers) + 4
    x = torch.ones(1, 1, steps, 1, requires_grad=True)
    net({"numbers": x, "length": torch.full((1, 1), steps)}).sum().backward()
    assert np.flatnonzero(x.grad.flatten().numpy())[0] == 4


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_a_recurrent_layer_is_torchs_own(kind):
    layer = Recurrent((3,), kind, 5, 8)
    theirs = (nn.LSTM if kind == "lstm" else nn.GRU)(5, 8, batch_first=True)
    for name, values in zip(
        ("weight_ih", "weight_hh", "bias_ih", "bias_hh"), layer.parameters(), strict=True
    ):
        getattr(theirs, f"{name}_l0").data = values[0].detach()
    x = torch.randn(1, 4, 6, 5)
    torch.testing.assert_close(layer(x)[0], theirs(x[0])[0])


def test_an_lstm_keeps_its_state_behind_closed_gates():
    layer = Recurrent((0,), "lstm", 1, 1)
    with torch.no_grad():
        for values in layer.parameters():
            values.zero_()
        # The input is let in where it is large; the forget gate is open, the output gate too.
        layer.input_weight[0, :, 0] = torch.tensor([40.0, 0.0, 40.0, 0.0])
        layer.input_bias[0] = torch.tensor([-20.0, 20.0, 0.0, 20.0])
    x = torch.zeros(1, 1, 1001, 1)
    x[0, 0, 0] = 1.0
    states = layer(x).detach().flatten()
    assert states[0] == pytest.approx(np.tanh(1.0), abs=1e-4)
    assert states[-1] == pytest.approx(float(states[0]), abs=1e-4)


def test_the_forget_gate_starts_open_and_states_turn():
    layer = Recurrent((0,), "lstm", 3, 8)
    assert layer.input_bias[0].tolist() == [0] * 8 + [1] * 8 + [0] * 16
    for turn in layer.state_weight[0].reshape(4, 8, 8):
        torch.testing.assert_close(turn @ turn.T, torch.eye(8))


@pytest.mark.parametrize("kind", KINDS)
def test_members_of_a_stack_are_apart(kind):
    stack, batch = made(kind, members=2), batch_of(5, 6, members=2)
    weights = stack.state_dict()
    for m in range(2):
        alone = made(kind)
        stacked = {k: v if k == "input.borders" else v[m : m + 1] for k, v in weights.items()}
        alone.load_state_dict(stacked)
        own = {k: v[m : m + 1] for k, v in batch.items()}
        torch.testing.assert_close(stack(batch)[m : m + 1], alone(own))


@pytest.mark.parametrize("kind", KINDS)
def test_large_batches_are_forecast_in_pieces(kind):
    net, batch = made(kind).eval(), batch_of(2 * PIECE + 3, 2)
    with torch.inference_mode():
        whole = torch.cat([net({k: v[:, i::2] for k, v in batch.items()}) for i in (0, 1)], 1)
        apart = net(batch)
    torch.testing.assert_close(apart[:, ::2], whole[:, : PIECE + 2])


@pytest.mark.parametrize("kind", KINDS)
def test_bf16_agrees_within_its_rounding(kind):
    # Products narrower than 64 stay float32.
    options = {"numbers": 8, "cardinalities": (), "outputs": 2, "kind": kind, "width": 64, "layers": 2}
    fine, coarse = (build("sequence", (0,), {**options, "precision": p}) for p in ("fp32", "bf16"))
    x = np.random.default_rng(0).normal(size=(1, 32, 20, 8)).astype(np.float32)
    batch = {"numbers": torch.from_numpy(x), "length": torch.full((1, 32), 20)}
    slopes = []
    for net in (fine, coarse):
        out = net(batch)
        assert out.dtype == torch.float32
        out.square().sum().backward()
        slopes.append(torch.cat([p.grad.flatten() for p in net.hidden.parameters()]))
    assert not torch.equal(*slopes)
    assert torch.cosine_similarity(*slopes, dim=0) > 0.99
    assert (fine(batch) - coarse(batch)).abs().max() < 0.05 * fine(batch).std()


def adding(rows, steps, seed):
    """The adding problem (Hochreiter and Schmidhuber 1997): the sum of two marked numbers, centred."""
    rng = np.random.default_rng(seed)
    values, marks = rng.random((rows, steps)), np.zeros((rows, steps))
    for half in (0, 1):
        marks[np.arange(rows), rng.integers(steps // 2, size=rows) + half * (steps // 2)] = 1
    return np.stack([values - 0.5, marks], -1).astype(np.float32), (values * marks).sum(1, keepdims=True) - 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_adding_problem_is_solved(kind):
    x, y = adding(8000, 20, 0)
    unseen, truth = adding(1000, 20, 1)
    options = {"numbers": 2, "cardinalities": (), "outputs": 1, "kind": kind, "width": 32}
    options["layers"] = 3 if kind == "tcn" else 1
    plan = Plan(steps=400, learning_rate=0.01 if kind != "tcn" else 5e-3, clip=1.0)
    table = {"numbers": x, "length": np.full(len(x), 20), "y": y.astype(np.float32)}
    model, _ = fit_model(
        "sequence", options, table, [np.arange(len(x))], losses.squared, plan, seeds=(1,), batch=32
    )
    forecast = model.outputs({"numbers": unseen, "length": np.full(len(unseen), 20)})[0]
    assert np.mean((forecast - truth) ** 2) < 0.01  # 0.167 for a constant


# --- estimators ----------------------------------------------------------------------------------------


def lagged(rows, lag=3, entities=1, seed=0):
    """A target that is the value three rows of the same entity ago; entities alternate at random."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"value": rng.normal(size=rows), "card": rng.integers(0, entities, rows)})
    return table, table.groupby("card")["value"].shift(lag, fill_value=0.0).to_numpy()


SMALL = {"window": 4, "width": 16, "steps": 300, "learning_rate": 0.01, "entity": "card"}


@pytest.mark.parametrize("net", KINDS)
def test_each_entity_has_its_own_history(net):
    table, y = lagged(2000, entities=5)
    unseen, truth = lagged(500, entities=9, seed=1)
    assert SequenceRegressor(net=net, **SMALL).fit(table, y).score(unseen, truth) > 0.9
    mixed = SequenceRegressor(net=net, **{**SMALL, "entity": None}).fit(table[["value"]], y)
    assert mixed.score(unseen[["value"]], truth) < 0.3


@pytest.mark.parametrize("net", KINDS)
def test_a_forecast_sees_its_window_and_nothing_later(net):
    table, y = lagged(300, entities=3)
    model = SequenceRegressor(net=net, **{**SMALL, "steps": 20}).fit(table, y)
    before = model.predict(table)
    changed = table.copy()
    changed.loc[150:, "value"] += 5.0
    after = model.predict(changed)
    np.testing.assert_array_equal(before[:150], after[:150])
    assert (before[150:] != after[150:]).all()
    # A change is forgotten once it has left the window.
    once = table.copy()
    once.loc[150, "value"] += 5.0
    own = np.flatnonzero((table["card"] == table.loc[150, "card"]) & (table.index >= 150))
    moved = np.flatnonzero(model.predict(once) != before)
    np.testing.assert_array_equal(moved, own[:4])


def test_only_the_rows_of_the_window_need_to_be_given_along():
    table, y = lagged(200)
    model = SequenceRegressor(**{**SMALL, "steps": 20}).fit(table, y)
    np.testing.assert_allclose(model.predict(table)[-1], model.predict(table[-4:])[-1], rtol=1e-5)


def test_the_last_rows_are_held_out_and_sequences_at_random():
    table, y = lagged(200)
    y = y + 100.0 * (np.arange(200) >= 180)
    model = SequenceRegressor(**{**SMALL, "steps": 40}).fit(table, y)
    assert model.report_.held_out.min() > 5  # training has met none of the late targets
    sequences = (
        np.random.default_rng(0).normal(size=(200, 3, 1)) + 100.0 * (np.arange(200) >= 180)[:, None, None]
    )
    both = SequenceRegressor(width=8, steps=60, learning_rate=0.01).fit(sequences, sequences[:, -1, 0])
    assert both.report_.held_out.min() < 1


def test_sequences_of_any_length():
    rng = np.random.default_rng(0)
    x, lengths = rng.normal(size=(1500, 8, 2)), rng.integers(2, 9, 1500)
    y = x[:, 0, 0] + x[np.arange(1500), lengths - 1, 1]
    x[np.arange(8) >= lengths[:, None]] = np.nan
    model = SequenceRegressor(net="gru", width=24, steps=500, learning_rate=0.01).fit(x[:1200], y[:1200])
    assert model.score(x[1200:], y[1200:]) > 0.9
    padded = np.concatenate([x, np.full((1500, 2, 2), np.nan)], 1)
    np.testing.assert_allclose(model.predict(padded), model.predict(x), atol=1e-5)


def test_categories_and_gaps_within_a_history():
    rng = np.random.default_rng(0)
    grade = rng.choice(["low", "mid", "top"], 1500)
    load = np.where(rng.random(1500) < 0.2, np.nan, rng.normal(size=1500))
    table = pd.DataFrame({"card": rng.integers(0, 3, 1500), "grade": grade, "load": load})
    before = table.groupby("card").shift(1)
    y = (before["grade"] == "top") * 2.0 + before["load"].isna()
    model = SequenceRegressor(**SMALL, categorical=["grade", "card"]).fit(table, y)
    assert model.score(table, y) > 0.9
    numbers = table.assign(grade=pd.factorize(grade)[0]).to_numpy()
    by_position = SequenceRegressor(**{**SMALL, "entity": 0}, categorical=[1]).fit(numbers, y)
    assert by_position.model_.columns.categorical == (0,)
    assert by_position.score(numbers, y) > 0.9


def test_classes_weights_and_several_targets():
    table, y = lagged(1500)
    classes = np.select([y < -0.5, y > 0.5], ["down", "up"], "level")
    classifier = SequenceClassifier(**SMALL).fit(table, classes)
    assert classifier.score(table, classes) > 0.85
    np.testing.assert_allclose(classifier.predict_proba(table).sum(1), 1.0)
    both = SequenceRegressor(**SMALL, members=2).fit(table, np.column_stack([y, -y]))
    assert both.predict(table).shape == (1500, 2)
    contrary = np.r_[y[:750], -y[750:]]
    weight = np.r_[np.ones(750), np.zeros(750)]
    how = Training(held_out=0)
    first = SequenceRegressor(**SMALL, training=how).fit(table, contrary, sample_weight=weight)
    assert first.score(table, y) > 0.9


def test_it_learns_the_same_again_and_after_a_break(tmp_path):
    table, y = lagged(400, entities=3)
    few = {**SMALL, "steps": 60, "dropout": 0.2, "layers": 2}
    whole = SequenceRegressor(**few).fit(table, y)
    np.testing.assert_array_equal(whole.predict(table), SequenceRegressor(**few).fit(table, y).predict(table))

    def stop(step, steps, loss):
        if step > 40:
            raise KeyboardInterrupt

    kept = {"by_time": True, "clip": 1.0, "checkpoint": tmp_path, "checkpoint_every": 20}
    with pytest.raises(KeyboardInterrupt):
        SequenceRegressor(**few, training=Training(**kept, progress=stop)).fit(table, y)
    assert list(tmp_path.glob("step-*40"))
    resumed = SequenceRegressor(**few, training=Training(**kept)).fit(table, y)
    np.testing.assert_array_equal(whole.predict(table), resumed.predict(table))


@pytest.mark.parametrize("net", KINDS)
def test_a_trained_model_is_plain_data(net, tmp_path):
    table, y = lagged(200, entities=3)
    model = SequenceRegressor(net=net, **{**SMALL, "steps": 10}).fit(table, y)
    save(Anything(model.model_), tmp_path)
    kept = load(tmp_path, ("sectorlab_toys",)).content
    np.testing.assert_array_equal(kept.predict(table)[:, 0], model.predict(table))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"net": "rnn"}, "net: 'rnn' is unknown"), ({"window": 0}, "window: 0 rows"),
     ({"entity": "shop"}, "entity: 'shop' is not a column")],
)  # fmt: skip
def test_a_wrong_parameter_is_named(wrong, message):
    table, y = lagged(50)
    with pytest.raises(ValueError, match=message):
        SequenceRegressor(**{**SMALL, **wrong}).fit(table, y)
