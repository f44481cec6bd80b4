"""How fast the learning core trains, beside the wrappers people use today.

One process, one thread, variants interleaved; rows per CPU-second, median of the rounds (on a GPU: per
second). Model, batch, passes, optimiser and rate are equal; hold-out quality stands beside the speed. Peers
that are not installed are left out: ``pip install skorch lightning pytorch-frame``.

    python benchmarks/train_speed.py [mlp] [click] [flat] [lstm] [stack] [--rounds 5] [--device cpu]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import logging
import os
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from core.learn import devices
from core.learn.model import build
from core.learn.nets import layers
from core.learn.training import losses
from core.learn.training.loop import train
from core.learn.training.plan import Plan
from core.learn.training.rows import Rows

Fit = Callable[[int], Callable[[], float]]
"""Train with a seed; what comes back judges the network on held-out rows, off the clock."""


@dataclass(frozen=True)
class Contest:
    """Variants that do the same work; ``rows`` is what each trains on, all passes together."""

    title: str
    rows: int
    quality: str
    variants: Mapping[str, Fit]
    goals: Mapping[str, float]


# --- peers ----------------------------------------------------------------------------------------------


def textbook(net: nn.Module, inputs: list[torch.Tensor], y: torch.Tensor, how: How) -> None:
    loader = DataLoader(TensorDataset(*inputs, y), batch_size=how.batch, shuffle=True)
    optimiser = torch.optim.AdamW(net.parameters(), lr=how.rate)
    net.train()
    for _ in range(how.passes):
        for *x, target in loader:
            loss = how.loss(net(*[part.to(how.device) for part in x]), target.to(how.device))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()


def skorch(net: nn.Module, inputs: list[torch.Tensor], y: torch.Tensor, how: How) -> None:
    from skorch import NeuralNet

    class Criterion(nn.Module):
        def forward(self, output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
            return how.loss(output, target)

    x = {f"x{i}": part.numpy() for i, part in enumerate(inputs)} if len(inputs) > 1 else inputs[0].numpy()
    NeuralNet(
        net if len(inputs) == 1 else _Named(net), criterion=Criterion, optimizer=torch.optim.AdamW,
        lr=how.rate, max_epochs=how.passes, batch_size=how.batch, train_split=None, verbose=0,
        iterator_train__shuffle=True, device=str(how.device),
    ).fit(x, y.numpy())  # fmt: skip


class _Named(nn.Module):
    """skorch hands inputs over by name."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x0: torch.Tensor, x1: torch.Tensor) -> torch.Tensor:
        return self.net(x0, x1)


def lightning(net: nn.Module, inputs: list[torch.Tensor], y: torch.Tensor, how: How) -> None:
    import lightning as L

    class Module(L.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = net

        def training_step(self, batch: list[torch.Tensor], _: int) -> torch.Tensor:
            return how.loss(self.net(*batch[:-1]), batch[-1])

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.AdamW(self.parameters(), lr=how.rate)

    L.Trainer(
        max_epochs=how.passes, accelerator="gpu" if how.device.type == "cuda" else "cpu", devices=1,
        logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
    ).fit(Module(), DataLoader(TensorDataset(*inputs, y), batch_size=how.batch, shuffle=True))  # fmt: skip
    net.to(how.device)


def frame(net: nn.Module, inputs: list[torch.Tensor], y: torch.Tensor, how: How) -> None:
    """pytorch-frame's loader, which slices, around the same network."""
    from torch_frame import TensorFrame, stype
    from torch_frame.data import DataLoader as FrameLoader

    kinds = (stype.numerical, stype.categorical)[: len(inputs)]
    table = TensorFrame(
        feat_dict=dict(zip(kinds, inputs, strict=True)),
        col_names_dict={
            k: [f"{k}{i}" for i in range(x.shape[1])] for k, x in zip(kinds, inputs, strict=True)
        },
        y=y,
    )
    optimiser = torch.optim.AdamW(net.parameters(), lr=how.rate)
    net.train()
    for _ in range(how.passes):
        for batch in FrameLoader(table, batch_size=how.batch, shuffle=True):
            batch = batch.to(how.device)
            loss = how.loss(net(*[batch.feat_dict[k] for k in kinds]), batch.y)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()


PEERS = {"textbook": (textbook, "torch"), "skorch": (skorch, "skorch"), "lightning": (lightning, "lightning"),
         "pytorch-frame loader": (frame, "torch_frame")}  # fmt: skip


@dataclass(frozen=True)
class How:
    """What is equal for everybody."""

    batch: int
    passes: int
    rate: float
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    device: torch.device


def peers(
    make: Callable[[], nn.Module], inputs: list[torch.Tensor], y: torch.Tensor, how: How,
    judge: Callable[[nn.Module], float],
) -> dict[str, Fit]:  # fmt: skip
    def fit(peer: Callable[..., None]) -> Fit:
        def run(seed: int) -> Callable[[], float]:
            torch.manual_seed(seed)
            net = make().to(how.device)
            net.apply(as_ours)
            peer(net, inputs, y, how)
            return lambda: judge(net.eval())

        return run

    return {name: fit(peer) for name, (peer, package) in PEERS.items() if importlib.util.find_spec(package)}


def as_ours(module: nn.Module) -> None:
    """Start a peer's layer as the core's layers start."""
    if isinstance(module, nn.Linear):
        nn.init.normal_(
            module.weight, std=((1 if module.out_features == 1 else 2) / module.in_features) ** 0.5
        )
        nn.init.zeros_(module.bias)
    if isinstance(module, nn.LSTM):
        for gate in module.weight_hh_l0.data.split(module.hidden_size):
            nn.init.orthogonal_(gate)
        module.bias_ih_l0.data.zero_()
        module.bias_hh_l0.data.zero_()
        module.bias_ih_l0.data[module.hidden_size : 2 * module.hidden_size] = 1.0


def auc(score: np.ndarray, y: np.ndarray) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(y, score))


def bce(output: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return nn.functional.binary_cross_entropy_with_logits(output.reshape(y.shape), y)


def scores(net: nn.Module, x: dict[str, torch.Tensor]) -> np.ndarray:
    """Log-odds of every member, ``(M, R)``."""
    net.eval()
    with torch.inference_mode():
        return net(x).cpu().numpy()[..., 0]


def precisions(device: torch.device) -> list[str]:
    return ["fp32", *(["bf16"] if devices.computes_bf16(device) else [])]


# --- contests -------------------------------------------------------------------------------------------


def mlp(device: torch.device, rows: int = 100_000) -> Contest:
    """20-256-256-256-1 with batch norm, ReLU and dropout 0.1."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2 * rows, 20), np.float32)
    odds = x[:, :5] @ rng.normal(size=5) + 1.5 * x[:, 5] * x[:, 6] + np.sin(2 * x[:, 7]) + 0.5 * x[:, 8] ** 2
    y = (rng.random(2 * rows) < 1 / (1 + np.exp(-odds))).astype(np.float32)
    how = How(batch=1024, passes=2, rate=1e-3, loss=bce, device=device)

    def make() -> nn.Module:
        blocks: list[nn.Module] = []
        for width, size in ((20, 256), (256, 256), (256, 256)):
            blocks += [nn.Linear(width, size), nn.BatchNorm1d(size), nn.ReLU(), nn.Dropout(0.1)]
        return nn.Sequential(*blocks, nn.Linear(256, 1))

    def judge(net: nn.Module) -> float:
        with torch.inference_mode():
            return auc(net(torch.from_numpy(x[rows:]).to(device)).cpu().numpy()[:, 0], y[rows:])

    def ours(precision: str) -> Fit:
        def run(seed: int) -> Callable[[], float]:
            net = build("tabular", (seed,), {
                "numbers": 20, "cardinalities": (), "outputs": 1, "widths": (256,) * 3, "dropped": 0.1,
                "precision": precision,
            }).to(device)  # fmt: skip
            source = Rows(
                {"numbers": x[:rows], "y": y[:rows]},
                [np.arange(rows)],
                batch=how.batch,
                seeds=(seed,),
                device=device,
            )
            steps = how.passes * (rows // how.batch)
            train(net, source, losses.binary, Plan(
                steps=steps, learning_rate=how.rate, weight_decay=0.01, schedule="constant", look_every=steps
            ))  # fmt: skip
            x_held = {"numbers": torch.from_numpy(x[rows:]).to(device)[None]}
            return lambda: auc(scores(net, x_held)[0], y[rows:])

        return run

    variants = peers(make, [torch.from_numpy(x[:rows])], torch.from_numpy(y[:rows]), how, judge)
    variants |= {f"core {p}": ours(p) for p in precisions(device)}
    return Contest(
        "MLP 3x256, batch norm, dropout",
        rows * how.passes,
        "AUC",
        variants,
        {"core fp32": 1.8, "core bf16": 2.5},
    )


FIELDS, NUMBERS, SIZE = 26, 13, 16


def click_table(rows: int, vocabulary: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[int, ...]]:
    """Ids with a long tail in 26 fields, from a hundred to a quarter of the vocabulary, and 13 numbers."""
    rng = np.random.default_rng(0)
    sizes = np.geomspace(1e2, 1e5, FIELDS)
    sizes = np.maximum((sizes * vocabulary / sizes.sum()).astype(int), 2)
    codes = np.stack([np.minimum((c * rng.random(rows) ** 3).astype(np.int64), c - 1) for c in sizes], 1)
    numbers = rng.standard_normal((rows, NUMBERS), np.float32)
    odds = -1.5 + 0.3 * numbers[:, 0] * numbers[:, 1] + 0.3 * numbers[:, 2]
    for field, count in enumerate(sizes):
        odds += 0.35 * rng.standard_normal(count)[codes[:, field]]
    y = (rng.random(rows) < 1 / (1 + np.exp(-odds))).astype(np.float32)
    return codes, numbers, y, tuple(int(c) for c in sizes)


class DeepFM(nn.Module):
    """The textbook form: a table a field."""

    def __init__(self, sizes: tuple[int, ...]) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(c, SIZE + 1) for c in sizes)
        for table in self.tables:
            nn.init.normal_(table.weight, std=0.01)
        self.linear = nn.Linear(NUMBERS, 1)
        self.deep = nn.Sequential(
            nn.Linear(FIELDS * SIZE + NUMBERS, 256),
            nn.ReLU(),
            nn.Linear(256, 128),
            nn.ReLU(),
            nn.Linear(128, 1),
        )

    def forward(self, numbers: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
        rows = torch.stack([table(codes[:, i]) for i, table in enumerate(self.tables)], 1)
        e, weights = rows[..., :-1], rows[..., -1]
        pairs = 0.5 * (e.sum(1).square() - e.square().sum(1)).sum(-1, keepdim=True)
        deep = self.deep(torch.cat([e.flatten(1), numbers], 1))
        return weights.sum(1, keepdim=True) + self.linear(numbers) + pairs + deep


def click_ours(table: tuple[np.ndarray, ...], rows: int, how: How, precision: str) -> Fit:
    codes, numbers, y, sizes = table

    def run(seed: int) -> Callable[[], float]:
        net = build("click", (seed,), {
            "numbers": NUMBERS, "cardinalities": sizes, "size": SIZE, "widths": (256, 128),
            "precision": precision,
        }).to(how.device)  # fmt: skip
        data = {"numbers": numbers[:rows], "codes": codes[:rows], "y": y[:rows]}
        source = Rows(data, [np.arange(rows)], batch=how.batch, seeds=(seed,), device=how.device)
        steps = how.passes * (rows // how.batch)
        train(net, source, losses.binary, Plan(
            steps=steps, learning_rate=how.rate, weight_decay=0.01, schedule="constant", look_every=steps
        ))  # fmt: skip
        held = {"numbers": numbers[rows:], "codes": codes[rows:]}
        x_held = {k: torch.from_numpy(v).to(how.device)[None] for k, v in held.items()}
        return lambda: auc(scores(net, x_held)[0], y[rows:])

    return run


def click(device: torch.device, rows: int = 160_000) -> Contest:
    """DeepFM over 26 fields with 400 thousand ids."""
    table = click_table(rows * 3 // 2, 414_000)
    codes, numbers, y, sizes = table
    how = How(batch=2048, passes=1, rate=1e-3, loss=bce, device=device)

    def judge(net: nn.Module) -> float:
        with torch.inference_mode():
            x = torch.from_numpy(numbers[rows:]).to(device), torch.from_numpy(codes[rows:]).to(device)
            return auc(net(*x).cpu().numpy()[:, 0], y[rows:])

    inputs = [torch.from_numpy(numbers[:rows]), torch.from_numpy(codes[:rows])]
    variants = peers(lambda: DeepFM(sizes), inputs, torch.from_numpy(y[:rows]), how, judge)
    variants |= {f"core {p}": click_ours(table, rows, how, p) for p in precisions(device)}
    return Contest(
        "DeepFM, 26 fields, 400 thousand ids", rows, "AUC", variants, {"core fp32": 2.3, "core bf16": 3.2}
    )


def flat(device: torch.device, rows: int = 400_000) -> Contest:
    """The same network with ten times the ids; a batch then also meets half as many again."""
    how = How(batch=2048, passes=1, rate=1e-3, loss=bce, device=device)
    few, many = (click_table(rows + 10_000, ids) for ids in (400_000, 4_000_000))
    codes, numbers, y, sizes = few
    # As many distinct ids in a batch as in the small vocabulary, but spread over a table ten times as long.
    spread = (codes * 10, numbers, y, tuple(10 * size for size in sizes))
    tables = {"400 thousand ids": few, "4 million ids": many, "4 million, few met": spread}
    variants = {
        f"{name} {p}": click_ours(table, rows, how, p)
        for p in precisions(device)
        for name, table in tables.items()
    }
    return Contest("DeepFM by vocabulary", rows, "AUC", variants, {})


class Recurrent(nn.Module):
    """The textbook form: the last state of an LSTM, and a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.head = nn.LSTM(8, 64, batch_first=True), nn.Linear(64, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.lstm(x)[0][:, -1])


def lstm(device: torch.device, rows: int = 6_400, steps: int = 100) -> Contest:
    """LSTM from 8 numbers to 64 states over a hundred steps."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2 * rows, steps, 8), np.float32)
    fading = 0.95 ** np.arange(steps)[::-1]
    y = ((x[..., 0] * fading).sum(1) + x[:, -1, 1] * x[:, -2, 2] + 0.5 * rng.normal(size=2 * rows))[:, None]
    y = (y / y.std()).astype(np.float32)
    how = How(batch=64, passes=6, rate=3e-3, loss=nn.functional.mse_loss, device=device)

    def r2(made: np.ndarray) -> float:
        return float(1 - ((made - y[rows:, 0]) ** 2).mean() / y[rows:, 0].var())

    def judge(net: nn.Module) -> float:
        with torch.inference_mode():
            return r2(net(torch.from_numpy(x[rows:]).to(device)).cpu().numpy()[:, 0])

    def ours(precision: str) -> Fit:
        def run(seed: int) -> Callable[[], float]:
            net = build("sequence", (seed,), {
                "numbers": 8, "cardinalities": (), "outputs": 1, "width": 64, "precision": precision,
            }).to(device)  # fmt: skip
            full = np.full(2 * rows, steps)
            data = {"numbers": x[:rows], "length": full[:rows], "y": y[:rows]}
            source = Rows(data, [np.arange(rows)], batch=how.batch, seeds=(seed,), device=device)
            count = how.passes * (rows // how.batch)
            train(net, source, losses.squared, Plan(
                steps=count, learning_rate=how.rate, weight_decay=0.01, schedule="constant", look_every=count
            ))  # fmt: skip
            held = {"numbers": torch.from_numpy(x[rows:]), "length": torch.from_numpy(full[rows:])}
            return lambda: r2(scores(net, {k: v.to(device)[None] for k, v in held.items()})[0])

        return run

    variants = peers(Recurrent, [torch.from_numpy(x[:rows])], torch.from_numpy(y[:rows]), how, judge)
    variants.pop("pytorch-frame loader", None)  # for tables of two dimensions
    variants |= {f"core {p}": ours(p) for p in precisions(device)}
    return Contest("LSTM 8 to 64, 100 steps", rows * how.passes, "R2", variants, {"core bf16": 1.6})


def stack(device: torch.device, rows: int = 8_192, nets: int = 32) -> Contest:
    """32 networks 20-64-64-1 on the same table."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2 * rows, 20), np.float32)
    y = (x[:, 0] + x[:, 1] * x[:, 2] + rng.normal(size=2 * rows) > 0).astype(np.float32)
    how = How(batch=256, passes=2, rate=1e-3, loss=bce, device=device)
    inputs, target = torch.from_numpy(x[:rows]), torch.from_numpy(y[:rows])

    def make() -> nn.Module:
        return nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))

    def judge(net: nn.Module) -> float:
        with torch.inference_mode():
            return auc(net(torch.from_numpy(x[rows:]).to(device)).cpu().numpy()[:, 0], y[rows:])

    def each(fit: Fit) -> Fit:
        def run(seed: int) -> Callable[[], float]:
            judges = [fit(nets * seed + k) for k in range(nets)]
            return lambda: float(np.mean([judge() for judge in judges]))

        return run

    def ours(seed: int) -> Callable[[], float]:
        seeds = tuple(range(nets * seed, nets * (seed + 1)))
        _, net = small_nets(x[:rows], y[:rows], seeds, how)
        held = torch.from_numpy(x[rows:]).to(device)
        every = {"numbers": held.expand(nets, *held.shape)}
        return lambda: float(np.mean([auc(score, y[rows:]) for score in scores(net, every)]))

    variants = {k: each(f) for k, f in peers(make, [inputs], target, how, judge).items()}
    variants["core, one stack"] = ours
    alone = np.concatenate([small_nets(x[:rows], y[:rows], (s,), how)[0].losses for s in range(nets)], 1)
    together = small_nets(x[:rows], y[:rows], tuple(range(nets)), how)[0].losses
    plain = plain_losses(x[:rows], y[:rows], 0, how)
    apart = np.sort(np.abs(alone - together).max(0))
    away = np.abs(plain - alone[:, 0]).max()
    print(f"\nlosses of {nets} nets in one stack and alone differ by at most {apart[-1]:.1e} in one net and "
          f"{apart[-2]:.1e} in the others; a plain torch loop by {away:.1e}")  # fmt: skip
    return Contest("32 small nets", rows * how.passes * nets, "AUC", variants, {"core, one stack": 5.0})


def small_nets(x: np.ndarray, y: np.ndarray, seeds: tuple[int, ...], how: How):
    net = build("tabular", seeds, {
        "numbers": x.shape[1], "cardinalities": (), "outputs": 1, "widths": (64, 64), "norm": False,
    }).to(how.device)  # fmt: skip
    source = Rows(
        {"numbers": x, "y": y},
        [np.arange(len(x))] * len(seeds),
        batch=how.batch,
        seeds=seeds,
        device=how.device,
    )
    steps = how.passes * (len(x) // how.batch)
    plan = Plan(steps=steps, learning_rate=how.rate, weight_decay=0.01, schedule="constant", look_every=steps)
    return train(net, source, losses.binary, plan), net


def plain_losses(x: np.ndarray, y: np.ndarray, seed: int, how: How) -> np.ndarray:
    """The first net of the stack, in plain torch with the same order of rows and the same initial weights."""
    net = build("tabular", (seed,), {
        "numbers": x.shape[1], "cardinalities": (), "outputs": 1, "widths": (64, 64), "norm": False,
    })  # fmt: skip
    linear = [m for m in net.modules() if isinstance(m, layers.StackedLinear)]
    plain: list[nn.Module] = []
    for layer in (*[m for m in linear if m is not net.output], net.output):
        copy = nn.Linear(layer.weight.shape[1], layer.weight.shape[2])
        copy.weight.data, copy.bias.data = layer.weight.data[0].T.clone(), layer.bias.data[0, 0].clone()
        plain += [copy, nn.ReLU()]
    module = nn.Sequential(*plain[:-1])
    decayed = [{"params": [p for p in module.parameters() if p.ndim == 2], "weight_decay": 0.01},
               {"params": [p for p in module.parameters() if p.ndim == 1], "weight_decay": 0.0}]  # fmt: skip
    optimiser = torch.optim.AdamW(decayed, lr=how.rate)
    source = Rows({"x": x, "y": y}, [np.arange(len(x))], batch=how.batch, seeds=(seed,))
    seen = []
    for step in range(how.passes * (len(x) // how.batch)):
        batch = source.at(step)
        loss = bce(module(batch["x"][0])[:, 0], batch["y"][0])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        seen.append(loss.item())
    return np.array(seen)


CONTESTS = {"mlp": mlp, "click": click, "flat": flat, "lstm": lstm, "stack": stack}


# --- measuring ------------------------------------------------------------------------------------------


def clock(device: torch.device) -> float:
    if device.type == "cpu":
        return time.process_time()
    torch.accelerator.synchronize()
    return time.perf_counter()


def roof(device: torch.device) -> None:
    """Print the speed of a matrix product alone, which nothing that multiplies can beat."""
    for precision, kind in (
        ("fp32", torch.float32),
        *([("bf16", torch.bfloat16)] if len(precisions(device)) > 1 else []),
    ):
        a, b = (torch.randn(s, device=device).to(kind) for s in ((1024, 256), (256, 256)))
        seconds = []
        for _ in range(7):
            start = clock(device)
            for _ in range(100):
                a @ b
            seconds.append((clock(device) - start) / 100)
        speed = 2 * 1024 * 256 * 256 / np.median(seconds) / 1e9
        print(f"roof, 1024x256x256 {precision}: {speed:.0f} GFLOP per second")


def measure(contest: Contest, rounds: int, device: torch.device) -> dict[str, object]:
    speed: dict[str, list[float]] = {name: [] for name in contest.variants}
    quality: dict[str, list[float]] = {name: [] for name in contest.variants}
    for fit in contest.variants.values():
        fit(99)  # compiles and fills caches
    for seed in range(rounds):
        for name, fit in contest.variants.items():
            start = clock(device)
            judge = fit(seed)
            speed[name].append(contest.rows / (clock(device) - start))
            quality[name].append(judge())
    median = {name: float(np.median(values)) for name, values in speed.items()}
    ours = [name for name in median if name.startswith(("core", "4"))]
    best = max((name for name in median if name not in ours), key=median.__getitem__, default=ours[0])
    print(f"\n{contest.title}: {contest.rows:,} rows a fit, {rounds} rounds")
    print(f"{'':24s}{'rows/s':>12s}{'of best peer':>14s}{'goal':>7s}{contest.quality:>10s}{'less peer':>11s}")
    for name, value in sorted(median.items(), key=lambda item: item[1]):
        gap = np.mean(quality[name]) - np.mean(quality[best])
        goal = contest.goals.get(name)
        print(f"{name:24s}{value:12,.0f}{value / median[best]:14.2f}{goal or '':>7}"
              f"{np.mean(quality[name]):10.4f}{gap:+11.4f}")  # fmt: skip
    return {"rows_per_second": median, "quality": {k: float(np.mean(v)) for k, v in quality.items()}}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("contests", nargs="*", help=f"among {', '.join(CONTESTS)}; all by default")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", type=Path, help="file for the figures")
    asked = parser.parse_args()
    warnings.filterwarnings("ignore")
    for name in ("lightning", "lightning.pytorch", "lightning.pytorch.utilities.rank_zero"):
        logging.getLogger(name).setLevel(logging.ERROR)
    torch.set_num_threads(1)
    device = devices.torch_device(asked.device)
    roof(device)
    found = {}
    for name in asked.contests or CONTESTS:
        found[name] = measure(CONTESTS[name](device), asked.rounds, device)
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
