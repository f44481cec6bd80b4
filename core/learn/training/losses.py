"""Losses of a row: from a network's output and a batch to ``(M, B)``."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from core.learn.training.loop import Loss
from core.learn.training.rows import Batch


def squared(output: Tensor, batch: Batch) -> Tensor:
    """Squared error, mean over targets: output and ``y`` are ``(M, B, T)``."""
    return (output - batch["y"]).square().mean(-1)


def over_members(loss: Loss) -> Loss:
    """Train each of K forecasts ``(K, B, T)`` of one network, not their mean: losses ``(1, B)``."""

    def mean(output: Tensor, batch: Batch) -> Tensor:
        each = {name: values.expand(len(output), *values.shape[1:]) for name, values in batch.items()}
        return loss(output, each).mean(0, keepdim=True)

    return mean


def binary(output: Tensor, batch: Batch) -> Tensor:
    """Cross entropy of a yes or no: log-odds ``(M, B, 1)``, ``y`` ``(M, B)`` in [0, 1]."""
    return F.binary_cross_entropy_with_logits(output.squeeze(-1), batch["y"], reduction="none")


def classes(output: Tensor, batch: Batch) -> Tensor:
    """Cross entropy of classes: scores ``(M, B, C)``, ``y`` ``(M, B)`` int64."""
    return F.cross_entropy(output.flatten(0, 1), batch["y"].flatten(), reduction="none").view(
        batch["y"].shape
    )
