"""The training loop, the only one: every network of every industry is fitted here.

M members are trained as one stack. Each has its own rows, its own gradient norm, and keeps its own best
weights; the loss is the sum over members, so none feels the others.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core.learn import devices
from core.learn.training import checkpoint, processes
from core.learn.training.plan import Plan
from core.learn.training.rows import Batch, Source
from core.protocol import Array

Loss = Callable[[Any, Batch], Tensor]
"""From the network's output and the batch to the loss of every row, ``(M, B)``."""
Judges = Iterable[tuple[Batch, Tensor]]
"""Held-out batches with a mask ``(M, B)`` of their real rows."""


@dataclass
class Report:
    """What happened during training.

    Attributes
    ----------
    steps
        Optimiser steps that were taken.
    looks
        Steps at which the held-out rows were looked at.
    held_out
        Mean loss of each member at each look, ``(looks, M)``.
    best_step
        Of each member, ``(M,)``; the last step where nothing was held out.
    losses
        Training loss of each member at each step since the start or the checkpoint, ``(steps, M)``.
    parts
        Into how many pieces a batch was cut because memory ran out; 1 if it never did.
    """

    steps: int = 0
    looks: list[int] = field(default_factory=list)
    held_out: Array = field(default_factory=lambda: np.empty((0, 1)))
    best_step: Array = field(default_factory=lambda: np.zeros(1, np.int64))
    losses: Array = field(default_factory=lambda: np.empty((0, 1)))
    parts: int = 1


def train(net: nn.Module, rows: Source, loss: Loss, plan: Plan, *, held_out: Judges | None = None) -> Report:
    """Fit a network in place; it ends with the weights that were best on the held-out rows.

    Parameters
    ----------
    net
        Called with a batch; on the device of ``rows``. It may hold ``noise``
        (:class:`~core.learn.training.noise.Noise`) and ``tables``
        (:class:`~core.learn.nets.tables.EmbeddingTable`).
    rows
        Training batches.
    loss
        Loss of every row; a batch's ``weight`` ``(M, B)`` is applied here.
    plan
        Budget, rates, checkpoints.
    held_out
        For early stopping. None: the last weights stay.

    Raises
    ------
    FloatingPointError
        When every member's loss stopped being a number.
    MemoryError
        When a single row does not fit into memory.
    """
    fit = _Fit(net, rows, loss, plan, held_out)
    with devices.deterministic(plan.deterministic), processes.apart(net) as parallel:
        return fit.run(parallel)


class _Fit:
    """State of one call of :func:`train`."""

    def __init__(self, net: nn.Module, rows: Source, loss: Loss, plan: Plan, held_out: Judges | None) -> None:
        self.net, self.rows, self.loss, self.plan, self.held_out = net, rows, loss, plan, held_out
        self.members = len(rows.seeds)
        self.noise = getattr(net, "noise", None)
        self.tables: tuple[Any, ...] = tuple(getattr(net, "tables", ()))
        self.optimiser = _adamw(net, plan)
        self.report = Report(best_step=np.zeros(self.members, np.int64))
        self.best = np.full(self.members, math.inf)
        self.best_weights: dict[str, Tensor] = {}
        self.held: list[Array] = []
        self.stale = 0
        self.fingerprint = ""

    def run(self, forward: Callable[[Batch], Any]) -> Report:
        plan = self.plan
        start = checkpoint.resume(self) if plan.checkpoint else 0
        losses: list[Tensor] = []
        self.net.train()
        if start == 0 and self.held_out is not None:
            self.look(0, torch.zeros(self.members))
        for step in range(start, plan.steps):
            losses.append(self.step(step, forward))
            self.report.steps = step + 1
            last = step + 1 == plan.steps
            if (step + 1) % plan.look_every == 0 or last:
                latest = self.look(step + 1, losses[-1])
                if plan.progress and processes.is_first():
                    plan.progress(step + 1, plan.steps, latest)
                if plan.patience is not None and self.stale >= plan.patience:
                    break
            if plan.checkpoint and (step + 1) % plan.checkpoint_every == 0 and not last:
                checkpoint.save(self, step + 1)
        self.report.losses = torch.stack(losses).cpu().numpy() if losses else np.empty((0, self.members))
        self.keep_best()
        return self.report

    def step(self, step: int, forward: Callable[[Batch], Any]) -> Tensor:
        """Take one optimiser step and give each member's loss, ``(M,)``."""
        rate = self.plan.rate(step)
        for group in self.optimiser.param_groups:
            group["lr"], group["betas"] = rate, (self.plan.momentum(step), 0.999)
        batch = processes.share(self.rows.at(step))
        while True:
            try:
                total = self.gradients(step, batch, forward)
                break
            except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
                self.split(error, batch)
        if self.plan.clip is not None:
            clip(self.net, self.plan.clip, self.members)
        self.optimiser.step()
        for table in self.tables:
            table.update(rate)
        return processes.average(total)

    def gradients(self, step: int, batch: Batch, forward: Callable[[Batch], Any]) -> Tensor:
        """Sum the gradients of a batch over its parts."""
        self.optimiser.zero_grad(set_to_none=True)
        total = torch.zeros(())
        parts = self.report.parts
        for part, piece in enumerate(_cut(batch, parts)):
            if self.noise is not None:
                self.noise.step = (step * 64 + part) * processes.count() + processes.rank()
            each = _mean(self.loss(forward(piece), piece), piece, batch)
            each.sum().backward()  # type: ignore[no-untyped-call]  # torch leaves it unannotated
            total = each.detach() if part == 0 else total + each.detach()
        return total

    def split(self, error: Exception, batch: Batch) -> None:
        """Halve the pieces of a batch after memory ran out.

        Batch norm then sees smaller batches; the gradient is still that of the whole.
        """
        if not _out_of_memory(error):
            raise error
        self.report.parts *= 2
        rows = next(iter(batch.values())).shape[1]
        if self.report.parts > rows:
            raise MemoryError(
                "batch: a single row does not fit into memory; make the network smaller."
            ) from error
        self.optimiser.zero_grad(set_to_none=True)
        for table in self.tables:
            table.forget()
        warnings.warn(
            f"out of memory: each batch of {rows} rows is now computed in {self.report.parts} parts.",
            UserWarning, stacklevel=5,
        )  # fmt: skip

    def look(self, step: int, loss: Tensor) -> float:
        """Judge the members, and give their mean loss."""
        now = (loss if self.held_out is None else judged(self.net, self.loss, self.held_out)).cpu().numpy()
        if not np.isfinite(now).any():
            raise FloatingPointError(
                f"training: no member's loss is a number after {step} steps; lower learning_rate "
                f"({self.plan.learning_rate}) or look for huge values in the table."
            )
        if self.held_out is None:
            self.report.best_step[:] = step
        else:
            self.compare(step, now)
        return float(np.nanmean(now))

    def compare(self, step: int, now: Array) -> None:
        """Compare with the best so far, member by member or all together."""
        self.report.looks.append(step)
        self.held.append(now)
        self.report.held_out = np.stack(self.held)
        better = now < self.best
        if self.plan.together:
            better = np.full(self.members, np.nanmean(now) < np.nanmean(self.best))
        self.stale = 0 if better.any() else self.stale + 1
        self.best = np.where(better, now, self.best)
        self.report.best_step[better] = step
        self.remember(better)

    @torch.no_grad()
    def remember(self, better: Array) -> None:
        """Copy the weights of the members that improved, and with them what all members share."""
        if not better.any():
            return
        for name, values in self.net.state_dict().items():
            if name not in self.best_weights:
                self.best_weights[name] = values.clone()
            elif better.all() or values.shape[:1] != (self.members,):
                self.best_weights[name].copy_(values)
            else:
                chosen = torch.from_numpy(np.flatnonzero(better)).to(values.device)
                self.best_weights[name][chosen] = values[chosen]

    def keep_best(self) -> None:
        """Load the best weights, where anything was held out."""
        if self.best_weights:
            self.net.load_state_dict(self.best_weights)


@torch.no_grad()
def judged(net: nn.Module, loss: Loss, held_out: Judges) -> Tensor:
    """Mean loss of each member over held-out rows, ``(M,)``."""
    processes.agree(net)
    net.eval()
    weighted: list[Tensor] = []
    plain: list[Tensor] = []
    for batch, real in held_out:
        weights = real * batch["weight"] if "weight" in batch else real.float()
        each = loss(net(batch), batch)
        for counts, so_far in ((weights, weighted), (real.float(), plain)):
            so_far.append(torch.stack([(each * counts).sum(1), counts.sum(1)]).cpu().double())
    net.train()
    total, weight = torch.stack(weighted).sum(0)
    # Where no held-out row has a weight, all count the same.
    all_total, rows = torch.stack(plain).sum(0)
    return torch.where(weight > 0, total / weight, all_total / rows)


@torch.no_grad()
def clip(net: nn.Module, largest: float, members: int) -> None:
    """Shrink each member's gradient to a norm (Pascanu et al. 2013)."""
    if members == 1:
        nn.utils.clip_grad_norm_(net.parameters(), largest)
        return
    slopes = [p.grad for p in net.parameters() if p.grad is not None]
    norm = torch.stack([slope.flatten(1).square().sum(1) for slope in slopes]).sum(0).sqrt()
    factor = (largest / (norm + 1e-6)).clamp(max=1.0)
    for slope in slopes:
        slope.mul_(factor.view(-1, *[1] * (slope.ndim - 1)))


def _adamw(net: nn.Module, plan: Plan) -> torch.optim.AdamW:
    decays = {id(p) for name, p in net.named_parameters() if name.endswith("weight") and p.ndim > 1}
    groups = [
        {"params": [p for p in net.parameters() if (id(p) in decays) == decayed], "weight_decay": decay}
        for decayed, decay in ((True, plan.weight_decay), (False, 0.0))
    ]
    first = next(net.parameters(), torch.empty(0))
    # One kernel updates all weights, where torch has it.
    fused = first.device.type in ("cpu", "cuda")
    return torch.optim.AdamW(groups, lr=plan.learning_rate, fused=fused)


def _mean(losses: Tensor, piece: Batch, batch: Batch) -> Tensor:
    """Each member's share of the batch's mean loss, ``(M,)``."""
    # Not by the batch's own weight: a batch of heavy rows must count for more than one of light rows.
    rows = next(iter(batch.values())).shape[1]
    if "weight" not in batch:
        return losses.sum(1) / rows
    return (losses * piece["weight"]).sum(1) / rows


def _cut(batch: Batch, parts: int) -> Iterable[Batch]:
    if parts == 1:
        return (batch,)
    names = list(batch)
    pieces: Iterable[tuple[Tensor, ...]] = zip(
        *(batch[name].tensor_split(parts, 1) for name in names), strict=True
    )
    return (dict(zip(names, piece, strict=True)) for piece in pieces)


def _out_of_memory(error: Exception) -> bool:
    # Out of main memory torch raises a plain RuntimeError.
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error)
