"""Fused layers: equal to torch's own operations, compiled or not."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.learn.nets import click, kernels, layers, tables
from core.learn.training.noise import Noise


def layer(rows: int, width: int, members: int = 2, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        "z": (rng.standard_normal((members, rows, width)) * 3 + 40).astype(np.float32),
        "gain": rng.uniform(0.5, 2, (members, width)).astype(np.float32),
        "bias": rng.standard_normal((members, width)).astype(np.float32),
        "keys": rng.integers(2**32, size=members, dtype=np.uint32),
    }


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 70), st.integers(1, 40), st.sampled_from([0.0, 0.1, 0.5]), st.integers(0, 99))
def test_both_tiers_agree(rows, width, dropped, seed):
    given_ = layer(rows, width, seed=seed)
    fast = kernels.forward(**given_, dropped=dropped, epsilon=1e-5)
    plain = kernels._forward(**given_, dropped=dropped, epsilon=1e-5)
    for a, b in zip(fast, plain, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-3, atol=2e-4)
    slope = np.random.default_rng(seed).standard_normal(given_["z"].shape).astype(np.float32)
    known = (slope, plain[0], given_["z"], given_["gain"], plain[1], plain[2], dropped)
    for a, b in zip(kernels.backward(*known), kernels._backward(*known), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-3, atol=2e-3)


def test_equals_torch_batch_norm_and_relu():
    given_ = layer(64, 32, members=1)
    net = layers.NormReluDropout(Noise((0,)), 32, 0.0, 0)
    peer = torch.nn.BatchNorm1d(32)
    with torch.no_grad():
        for name, ours, theirs in (("gain", net.gain, peer.weight), ("bias", net.bias, peer.bias)):
            values = torch.from_numpy(given_[name])
            ours.copy_(values)
            theirs.copy_(values[0])
    ours_x, peer_x = (torch.from_numpy(given_["z"]).clone().requires_grad_() for _ in range(2))
    weights = torch.randn(64, 32, generator=torch.Generator().manual_seed(0))
    ours, theirs = net(ours_x)[0], torch.relu(peer(peer_x[0]))
    (ours * weights).sum().backward()
    (theirs * weights).sum().backward()
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(ours_x.grad, peer_x.grad, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(net.gain.grad[0], peer.weight.grad, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(net.bias.grad[0], peer.bias.grad, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(net.running_mean[0], peer.running_mean)
    torch.testing.assert_close(net.running_variance[0], peer.running_var, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(
        net.eval()(ours_x)[0], torch.relu(peer.eval()(peer_x[0])), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("dropped", [0.0, 0.3])
def test_other_devices_compute_the_same(dropped):
    z = torch.from_numpy(layer(50, 20)["z"])
    slope = torch.randn(z.shape, generator=torch.Generator().manual_seed(0))
    found = []
    for way in ("forward", "eager"):
        net = layers.NormReluDropout(Noise((3, 4)), 20, dropped, 1)
        leaf = z.clone().requires_grad_()
        # On a CPU both draw the same mask.
        out = net(leaf) if way == "forward" else net.eager(leaf, net.noise.keys(1))
        (out * slope).sum().backward()
        found.append((out.detach(), leaf.grad, net.gain.grad, net.running_mean, net.running_variance))
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b, rtol=2e-3, atol=2e-3)


def test_masks_are_fair_and_differ():
    masks = kernels.keep_mask(np.array([1, 2], np.uint32), (400, 500), 0.3)
    kept = (masks > 0).mean((1, 2))
    # 200,000 independent draws: five standard deviations are 0.005.
    assert np.abs(kept - 0.7).max() < 0.005
    assert abs(((masks[0] > 0) == (masks[1] > 0)).mean() - (0.7**2 + 0.3**2)) < 0.006
    columns = (masks[0] > 0).mean(0)
    assert columns.std() < 1.3 * (0.21 / 400) ** 0.5, "no column may be dropped more often than another"


def test_dropout_keeps_the_mean_and_is_off_when_judged():
    drop = layers.Dropout(Noise((3,)), 0.25, 0)
    x = torch.ones(1, 300, 300)
    assert abs(float(drop(x).mean()) - 1) < 0.01
    assert drop.eval()(x) is x


def test_the_factorisation_machine_in_one_pass():
    rng = np.random.default_rng(0)
    rows = torch.from_numpy(rng.standard_normal((1, 9, 4, 6)).astype(np.float32))
    numbers = torch.from_numpy(rng.standard_normal((1, 9, 3)).astype(np.float32))
    slopes = [torch.from_numpy(rng.standard_normal(s).astype(np.float32)) for s in ((1, 9, 23), (1, 9, 1))]
    found = []
    for way in (click.machine, click._Machine.apply):
        leaf = rows.clone().requires_grad_()
        x, wide = way(leaf, numbers)
        (x * slopes[0]).sum().add((wide * slopes[1]).sum()).backward()
        found.append((x.detach(), wide.detach(), leaf.grad))
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


def test_table_updates_agree_without_a_compiler(monkeypatch):
    found = []
    for with_compiler in (True, False):
        if not with_compiler:
            monkeypatch.setattr(tables, "compiled", lambda _: None)
        table = tables.EmbeddingTable(1, ids=20, width=3)
        for step in range(5):
            ids = torch.tensor([[[1, 1, 4, 7 + step]]])
            (table(ids) * torch.arange(1.0, 13.0).view(1, 1, 4, 3)).sum().backward()
            table.update(0.1)
        found.append((table.weight.clone(), table.second.clone()))
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)


def test_a_row_met_once_moves_as_far_as_adam_moves_it_in_the_end():
    table = tables.EmbeddingTable(1, ids=3, width=1)
    start = float(table.weight[0, 0])
    dense = torch.nn.Parameter(torch.zeros(1))
    adam = torch.optim.Adam([dense], lr=0.01)
    for step in range(400):
        (table(torch.tensor([[[1]]])) * 0).sum().backward()  # time passes for the rate's correction
        if step == 200:
            (table(torch.tensor([[[0]]])) * 2).sum().backward()
        table.update(0.01)
        dense.grad = torch.full((1,), 2.0 if step == 200 else 0.0)
        adam.step()
    moved = float(table.weight[0, 0]) - start
    assert moved / float(dense.detach()) == pytest.approx(1, abs=0.15)
