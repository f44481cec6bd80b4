"""The training loop: stacks, early stopping, resuming, memory, several processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import warnings
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import UserError
from core.learn import devices
from core.learn.model import Model, build
from core.learn.training import losses
from core.learn.training.fit import fit_model, folds
from core.learn.training.loop import clip, train
from core.learn.training.plan import Plan
from core.learn.training.rows import HeldOut, Rows

NET = {"numbers": 4, "cardinalities": (), "outputs": 1, "widths": (16, 16), "dropped": 0.2}
PLAIN = {**NET, "norm": False, "dropped": 0.0}


def table(rows: int = 600, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rows, 4)).astype(np.float32)
    y = np.sin(2 * x[:, :1]) + x[:, 1:2] * x[:, 2:3] + 0.1 * rng.standard_normal((rows, 1))
    return {"numbers": x, "y": y.astype(np.float32)}


def fitted(options, plan, seeds=(1,), data=None, batch=64, precision="fp32", held_out=None):
    data = table() if data is None else data
    rows = np.arange(len(data["y"]))
    return fit_model(
        "tabular", options, data, [rows] * len(seeds), losses.squared, plan, seeds=seeds, batch=batch,
        device="cpu", precision=precision, held_out=held_out,
    )  # fmt: skip


def same(a: Model, b: Model) -> None:
    for name, values in a.weights.items():
        np.testing.assert_array_equal(values, b.weights[name], err_msg=name)


# --- rows -----------------------------------------------------------------------------------------------


def test_a_pass_meets_every_row_once_and_any_step_can_be_asked_for():
    rows = Rows({"x": np.arange(12.0)}, [np.arange(12)], batch=4, seeds=(5,))
    first = [rows.at(step)["x"].flatten().tolist() for step in range(9)]
    for start in (0, 3, 6):
        assert sorted(chain(*first[start : start + 3])) == list(range(12))
    assert first[:3] != first[3:6], "each pass has its own order"
    again = Rows({"x": np.arange(12.0)}, [np.arange(12)], batch=4, seeds=(5,))
    assert [again.at(step)["x"].flatten().tolist() for step in (7, 2, 8)] == [first[7], first[2], first[8]]


def test_members_of_different_length_keep_to_their_rows():
    rows = Rows({"x": np.arange(20.0)}, [np.arange(5), np.arange(5, 20)], batch=64, seeds=(1, 2))
    seen = torch.cat([rows.at(step)["x"] for step in range(6)], 1)
    assert rows.batch == 5
    assert set(seen[0].tolist()) == set(range(5))
    assert set(seen[1].tolist()) == set(range(5, 20)), "six steps of five are two passes of fifteen"


def test_held_out_rows_count_once_whatever_the_lengths():
    data = {"numbers": np.zeros((10, 4), np.float32), "y": np.arange(10, dtype=np.float32)[:, None]}
    judges = HeldOut(data, [np.arange(3), np.arange(3, 10)], chunk=2)
    total = sum((batch["y"][..., 0] * real).sum(1) for batch, real in judges)
    assert total.tolist() == [3.0, 42.0]


def test_folds_cover_and_never_overlap():
    kept, held = folds(103, 8, share=0.125, seed=3)
    assert all(not set(k) & set(h) and len(k) + len(h) == 103 for k, h in zip(kept, held, strict=True))
    kept, held = folds(100, 3, share=0.2, seed=3, by_time=True)
    assert all(h.min() > k.max() for k, h in zip(kept, held, strict=True))
    kept, held = folds(10, 2, share=0.0, seed=0)
    assert len(kept[0]) == 10
    assert not len(held[0])


# --- stacks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options", [NET, PLAIN, {**NET, "kind": "resnet"}, {**PLAIN, "activation": "maxout"}]
)
def test_a_stack_learns_what_its_members_learn_alone(options):
    plan = Plan(steps=40, learning_rate=3e-3, look_every=40, clip=1.0)
    model, together = fitted(options, plan, seeds=(1, 2, 3))
    alone = [fitted(options, plan, seeds=(seed,)) for seed in (1, 2, 3)]
    apart = np.concatenate([report.losses for _, report in alone], 1)
    np.testing.assert_allclose(together.losses, apart, rtol=1e-4, atol=1e-6)
    assert not np.allclose(apart[:, 0], apart[:, 1]), "members must differ"
    x = {"numbers": table(50, seed=9)["numbers"]}
    np.testing.assert_allclose(model.outputs(x)[1], alone[1][0].outputs(x)[0], rtol=1e-2, atol=1e-3)


def test_clipping_is_a_matter_of_each_member():
    net = build("tabular", (1, 2), PLAIN)
    for p in net.parameters():
        p.grad = torch.ones_like(p)
        p.grad[1] *= 1e-6
    clip(net, 1.0, 2)
    norms = torch.stack([p.grad.flatten(1).square().sum(1) for p in net.parameters()]).sum(0).sqrt()
    assert norms[0] == pytest.approx(1, rel=1e-3)
    assert norms[1] < 1e-3, "a small gradient stays as it is"


def test_the_same_seed_gives_the_same_weights():
    plan = Plan(steps=30, learning_rate=3e-3, deterministic=True)
    same(fitted(NET, plan, seeds=(4, 5))[0], fitted(NET, plan, seeds=(4, 5))[0])


# --- stopping -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("together", [True, False])
def test_the_best_weights_are_kept(together):
    data = table(60)
    rng = np.random.default_rng(0)
    data["y"] = rng.standard_normal((60, 1)).astype(np.float32)  # nothing to learn: later is worse
    kept, held = folds(60, 2, share=0.3, seed=0)
    model, report = fit_model(
        "tabular", {**PLAIN, "widths": (64,)}, data, kept, losses.squared,
        Plan(steps=300, learning_rate=0.01, look_every=10, together=together), seeds=(1, 2), batch=42,
        device="cpu", held_out=held,
    )  # fmt: skip
    assert (report.best_step < 300).all()
    assert report.held_out[-1].mean() > report.held_out.min(0).mean()
    outputs = model.outputs({"numbers": data["numbers"]})
    for m in range(2):
        loss = float(((outputs[m, held[m]] - data["y"][held[m]]) ** 2).mean())
        best = report.held_out[report.looks.index(report.best_step[m]), m]
        assert loss == pytest.approx(best, rel=1e-4)


def test_a_table_of_embeddings_goes_back_to_the_best_step_too():
    rng = np.random.default_rng(0)
    data = {
        "numbers": np.zeros((60, 1), np.float32), "codes": rng.integers(0, 40, (60, 2)),
        "y": rng.integers(0, 2, 60).astype(np.float32),
    }  # fmt: skip
    kept, held = folds(60, 1, share=0.3, seed=0)
    options = {"numbers": 1, "cardinalities": (40, 40), "size": 4, "widths": (8,)}
    model, report = fit_model(
        "click", options, data, kept, losses.binary, Plan(steps=300, learning_rate=0.02, look_every=10),
        seeds=(1,), batch=42, device="cpu", held_out=held,
    )  # fmt: skip
    odds = model.outputs({k: data[k][held[0]] for k in ("numbers", "codes")})[0, :, 0]
    found = np.logaddexp(0, np.where(data["y"][held[0]] > 0, -odds, odds)).mean()
    assert report.best_step[0] < 300
    assert found == pytest.approx(report.held_out.min(), rel=1e-4)


def test_patience_ends_training_early():
    data = table(60)
    data["y"] = np.random.default_rng(0).standard_normal((60, 1)).astype(np.float32)
    kept, held = folds(60, 1, share=0.3, seed=0)
    _, report = fit_model(
        "tabular", PLAIN, data, kept, losses.squared,
        Plan(steps=2000, learning_rate=0.01, look_every=10, patience=5), seeds=(1,), batch=42,
        device="cpu", held_out=held,
    )  # fmt: skip
    assert report.steps < 2000
    assert report.steps - report.best_step[0] == 50


def test_weights_of_rows_count():
    data = table()
    data["weight"] = (data["numbers"][:, 0] > 0).astype(np.float32)
    spoiled = {**data, "y": np.where(data["weight"][:, None] > 0, data["y"], 1e3).astype(np.float32)}
    plan = Plan(steps=30, learning_rate=3e-3)
    same(fitted(PLAIN, plan, data=data)[0], fitted(PLAIN, plan, data=spoiled)[0])


def test_a_diverging_fit_says_so():
    data = table()
    data["y"] = data["y"] * np.float32(np.inf)
    with pytest.raises(FloatingPointError, match="lower learning_rate"):
        fitted(PLAIN, Plan(steps=20, learning_rate=1e-3, look_every=5), data=data)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"steps": 0}, "steps: 0"),
        ({"learning_rate": -1.0}, "learning_rate"),
        ({"schedule": "x"}, "one_cycle"),
    ],
)
def test_a_plan_refuses_nonsense(change, said):
    with pytest.raises(ValueError, match=said):
        Plan(**{"steps": 10, "learning_rate": 0.1, **change})


# --- precision, devices, memory -------------------------------------------------------------------------


def test_bf16_learns_as_well_as_fp32():
    wide = {**NET, "widths": (128, 128)}
    plan = Plan(steps=300, learning_rate=3e-3, look_every=300)
    held = table(2000, seed=5)
    error = []
    for precision in ("fp32", "bf16"):
        model, _ = fitted(wide, plan, data=table(2000), precision=precision)
        error.append(float(((model.outputs({"numbers": held["numbers"]})[0] - held["y"]) ** 2).mean()))
    assert error[1] == pytest.approx(error[0], abs=0.02 * float(held["y"].var()))


def test_precision_is_chosen_by_width_and_hardware(monkeypatch):
    cpu = torch.device("cpu")
    monkeypatch.setattr(devices, "computes_bf16", lambda _: True)
    assert [devices.pick_precision("auto", cpu, w) for w in (64, 256)] == ["fp32", "bf16"]
    monkeypatch.setattr(devices, "computes_bf16", lambda _: False)
    assert devices.pick_precision("auto", cpu, 256) == "fp32"
    with pytest.raises(ValueError, match="'fp8' is unknown"):
        devices.pick_precision("fp8", cpu, 256)


def test_a_missing_device_is_told(monkeypatch):
    monkeypatch.setattr(devices, "_present", lambda: ["cpu"])
    with pytest.raises(UserError, match="'xpu' is not on this machine; choose cpu"):
        devices.torch_device("xpu")
    monkeypatch.setattr(devices, "_present", lambda: ["cuda", "cpu"])
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda **_: None)
    assert devices.torch_device("auto").type == "cpu"
    with pytest.raises(UserError, match="torch cannot reach 'cuda'"):
        devices.torch_device("cuda")


class Hungry(torch.nn.Module):
    """Runs out of memory above a number of rows."""

    def __init__(self, net: torch.nn.Module, most: int) -> None:
        super().__init__()
        self.net, self.most, self.noise = net, most, net.noise

    def forward(self, batch):
        if batch["y"].shape[1] > self.most:
            raise torch.OutOfMemoryError("out of memory")
        return self.net(batch)


def test_out_of_memory_halves_the_batch_and_changes_nothing_else():
    plan = Plan(steps=10, learning_rate=3e-3, look_every=10)
    reports = []
    for most in (64, 20):
        net = Hungry(build("tabular", (1,), PLAIN), most)
        source = Rows(table(), [np.arange(600)], batch=64, seeds=(1,))
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            reports.append(train(net, source, losses.squared, plan))
        assert [str(w.message) for w in told if "computed in" in str(w.message)] == (
            []
            if most == 64
            else [f"out of memory: each batch of 64 rows is now computed in {p} parts." for p in (2, 4)]
        )
    np.testing.assert_allclose(reports[0].losses, reports[1].losses, rtol=1e-4)
    with pytest.raises(MemoryError, match="a single row"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        train(Hungry(build("tabular", (1,), PLAIN), 0), source, losses.squared, plan)


def test_other_errors_are_not_taken_for_memory():
    def broken(output, batch):
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes do not match"):
        train(build("tabular", (1,), PLAIN), Rows(table(), [np.arange(600)], batch=64, seeds=(1,)), broken,
              Plan(steps=5, learning_rate=1e-3))  # fmt: skip


# --- checkpoints ----------------------------------------------------------------------------------------

CHILD = """
import sys, numpy as np
sys.path.insert(0, {tests!r})
from test_training import {fit}
from pathlib import Path
{fit}(Path({folder!r}), slow=True)
"""


def fit_stack(folder: Path | None, slow: bool = False) -> Model:
    kept, held = folds(600, 2, share=0.2, seed=0)
    plan = Plan(
        steps=120, learning_rate=3e-3, look_every=10, checkpoint=folder, checkpoint_every=20, together=False,
        progress=(lambda *_: time.sleep(0.05)) if slow else None,
    )  # fmt: skip
    return fit_model(
        "tabular", NET, table(), kept, losses.squared, plan, seeds=(1, 2), batch=64, device="cpu",
        held_out=held,
    )[0]  # fmt: skip


def fit_click(folder: Path | None, slow: bool = False) -> Model:
    rng = np.random.default_rng(0)
    data = {
        "numbers": rng.standard_normal((600, 2)).astype(np.float32), "codes": rng.integers(0, 50, (600, 3)),
        "y": rng.integers(0, 2, 600).astype(np.float32),
    }  # fmt: skip
    plan = Plan(
        steps=120, learning_rate=3e-3, look_every=10, checkpoint=folder, checkpoint_every=20,
        progress=(lambda *_: time.sleep(0.05)) if slow else None,
    )  # fmt: skip
    options = {"numbers": 2, "cardinalities": (50, 50, 50), "size": 4, "widths": (16,), "dropped": 0.1}
    return fit_model(
        "click", options, data, [np.arange(600)], losses.binary, plan, seeds=(1,), batch=64, device="cpu"
    )[0]


@pytest.mark.parametrize("fit", [fit_stack, fit_click])
def test_a_killed_fit_goes_on_to_the_same_weights(fit, tmp_path):
    code = CHILD.format(tests=str(Path(__file__).parent), fit=fit.__name__, folder=str(tmp_path))
    root = Path(__file__).resolve().parents[2]
    child = subprocess.Popen(
        [sys.executable, "-c", code], cwd=root, env={**os.environ, "PYTHONPATH": str(root)}
    )
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("step-00000004*")) and time.monotonic() < deadline and child.poll() is None:
        time.sleep(0.005)
    child.send_signal(signal.SIGKILL)
    child.wait()
    found = max(tmp_path.glob("step-*"))  # it may have died before it removed the one before
    assert 40 <= json.loads((found / "note.json").read_text())["step"] < 120
    same(fit(tmp_path), fit(None))


def test_a_checkpoint_belongs_to_one_fit(tmp_path):
    plan = Plan(steps=40, learning_rate=3e-3, checkpoint=tmp_path, checkpoint_every=20)
    fitted(NET, plan)
    with pytest.raises(UserError, match="another network, table or plan"):
        fitted(NET, plan, data=table(seed=1))
    with pytest.raises(UserError, match="another network, table or plan"):
        fitted({**NET, "dropped": 0.3}, plan)
    with pytest.raises(UserError, match="another network, table or plan"):
        fitted(NET, replace(plan, patience=3))
    (state,) = tmp_path.glob("step-*/state.safetensors")
    state.write_bytes(state.read_bytes()[:-1] + b"x")
    with pytest.raises(UserError, match="differs from its manifest"):
        fitted(NET, plan)


# --- several processes ----------------------------------------------------------------------------------

LAUNCHED = """
import os, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
import numpy as np
from test_training import PLAIN, table
from core.learn.model import build
from core.learn.training import losses, processes
from core.learn.training.loop import train
from core.learn.training.plan import Plan
from core.learn.training.rows import Rows
import torch
torch.set_num_threads(1)
with processes.group() as rank:
    net = build("tabular", (1, 2), {{**PLAIN, "dropped": 0.0}})
    rows = Rows(table(), [np.arange(600)] * 2, batch=64, seeds=(1, 2))
    report = train(net, rows, losses.squared, Plan(steps=30, learning_rate=3e-3, look_every=10))
    if rank == 0:
        np.save({out!r}, report.losses)
left = [(Path("/proc/self/task") / thread / "comm").read_text() for thread in os.listdir("/proc/self/task")]
assert not any("gloo" in name for name in left), left  # they may abort the interpreter on its way out
"""


@pytest.mark.slow
def test_two_processes_follow_the_loss_curve_of_one(tmp_path):
    script, root = tmp_path / "launched.py", Path(__file__).resolve().parents[2]
    script.write_text(LAUNCHED.format(tests=str(Path(__file__).parent), out=str(tmp_path / "losses.npy")))
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-addr", "127.0.0.1",
         "--master-port", "0", "--rdzv-backend", "c10d", "--rdzv-endpoint", "127.0.0.1:0", str(script)],
        cwd=root, env={**os.environ, "PYTHONPATH": str(root), "GLOO_SOCKET_IFNAME": "lo"},
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    _, alone = fitted(PLAIN, Plan(steps=30, learning_rate=3e-3, look_every=10), seeds=(1, 2))
    np.testing.assert_allclose(np.load(tmp_path / "losses.npy"), alone.losses, rtol=1e-4)
