"""Losses of a row: from a network's output and a batch to ``(M, B)``."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from core.learn.training.loop import Loss
from core.learn.training.rows import Batch


def squared(output: Tensor, batch: Batch) -> Tensor:
    """Squared error, mean over targets: output and ``y`` are ``(M, B, T)``."""
    return (output - batch["y"]).square().mean(-1)


def absolute(output: Tensor, batch: Batch) -> Tensor:
    """Absolute error, mean over targets: forecasts the median."""
    return (output - batch["y"]).abs().mean(-1)


def over_members(loss: Loss) -> Loss:
    """Train each of K forecasts ``(K, B, T)`` of one network, not their mean: losses ``(1, B)``."""

    def mean(output: Tensor, batch: Batch) -> Tensor:
        each = {name: values.expand(len(output), *values.shape[1:]) for name, values in batch.items()}
        return loss(output, each).mean(0, keepdim=True)

    return mean


def pinball(levels: tuple[float, ...]) -> Loss:
    """Loss of quantiles (Koenker and Bassett 1978): output ``(M, B, levels)``, ``y`` ``(M, B, 1)``."""

    def loss(output: Tensor, batch: Batch) -> Tensor:
        share = torch.tensor(levels, device=output.device)
        miss = batch["y"] - output
        return torch.maximum(share * miss, (share - 1) * miss).mean(-1)

    return loss


def binary(output: Tensor, batch: Batch) -> Tensor:
    """Cross entropy of a yes or no: log-odds ``(M, B, 1)``, ``y`` ``(M, B)`` in [0, 1]."""
    return F.binary_cross_entropy_with_logits(output.squeeze(-1), batch["y"], reduction="none")


def classes(output: Tensor, batch: Batch) -> Tensor:
    """Cross entropy of classes: scores ``(M, B, C)``, ``y`` ``(M, B)`` int64."""
    return F.cross_entropy(output.flatten(0, 1), batch["y"].flatten(), reduction="none").view(
        batch["y"].shape
    )
