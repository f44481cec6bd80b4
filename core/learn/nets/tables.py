"""Embedding tables of any size: a step costs what it touches, not what the table holds.

Ordinary Adam reads and writes every row at every step (28 bytes a number), which at millions of ids takes
nearly all the time. Here the rows of a batch are a leaf of the graph, and afterwards only they are updated.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from core.learn.nets.compiled import compiled
from core.learn.training.noise import generator

DECAY, EPSILON = 0.999, 1e-8
"""Of the second moment, and what is added to its root: beta_2 and epsilon of Adam (Kingma and Ba 2015)."""


class EmbeddingTable(nn.Module):
    """Rows that are looked up by number, and updated when they are met.

    The update is Adam's without the first moment. Adam spreads the impulse of one gradient over the ten
    steps that follow; a row that is met seldom must get all of it at once, or it learns at a tenth of the
    pace (which is what happens in a lazy Adam that keeps the first moment). The second moment of a row decays
    only when the row is met, so the pace of often-met rows falls as in Adagrad (Duchi et al. 2011).

    Parameters
    ----------
    seed
        Draws the initial rows.
    ids
        V, rows of the table.
    width
        D.
    spread
        Standard deviation of the initial numbers.

    Examples
    --------
    >>> table = EmbeddingTable(1, ids=10, width=4)
    >>> rows = table(torch.tensor([[[1, 1, 3]]]))
    >>> rows.square().sum().backward()
    >>> before = table.weight.clone()
    >>> table.update(rate=0.1)
    >>> (table.weight != before).any(1).nonzero().flatten().tolist()
    [1, 3]
    """

    weight: Tensor
    second: Tensor
    slot: Tensor

    def __init__(self, seed: int, ids: int, width: int, spread: float = 0.01) -> None:
        super().__init__()
        drawn = generator(seed, 4).standard_normal((ids, width), np.float32) * np.float32(spread)
        self.register_buffer("weight", torch.from_numpy(drawn))
        # NumPy asks for large memory pages, torch does not: half the cost of a look-up in millions of rows.
        zeros = torch.from_numpy(np.full((ids, width), 0, np.float32))
        self.register_buffer("second", zeros, persistent=False)
        self.register_buffer("slot", torch.full((ids,), -1, dtype=torch.int32), persistent=False)
        self.updates = 0
        self._met: list[tuple[Tensor, Tensor]] = []

    def forward(self, ids: Tensor) -> Tensor:
        """``(...)`` int64 to ``(..., D)``."""
        rows = self.weight.index_select(0, ids.flatten()).view(*ids.shape, self.weight.shape[1])
        if self.training and torch.is_grad_enabled():
            rows.requires_grad_()
            self._met.append((ids, rows))
        return rows

    @torch.no_grad()
    def update(self, rate: float) -> None:
        """Take one step of Adam on the rows met since the last one."""
        met = [(ids.flatten(), rows.grad.flatten(0, -2)) for ids, rows in self._met if rows.grad is not None]
        self._met.clear()
        if not met:
            return
        self.updates += 1
        ids, slopes = met[0] if len(met) == 1 else (torch.cat(parts) for parts in zip(*met, strict=True))
        # The second moment starts at zero; its correction is folded into the rate.
        rate *= math.sqrt(1 - DECAY**self.updates)
        kernel = compiled(_update) if ids.device.type == "cpu" else None
        if kernel is not None:
            arrays = (t.numpy() for t in (ids, slopes, self.weight, self.second, self.slot))
            kernel(*arrays, np.float32(rate))
            return
        met_once, which = torch.unique(ids, return_inverse=True)
        slope = torch.zeros(len(met_once), slopes.shape[1], device=ids.device).index_add_(0, which, slopes)
        second = self.second[met_once].lerp_(slope.square(), 1 - DECAY)
        self.second[met_once] = second
        self.weight[met_once] -= rate * slope / (second.sqrt() + EPSILON)

    def forget(self) -> None:
        """Drop rows that were looked up for a step that is not taken."""
        self._met.clear()

    def moments(self) -> dict[str, Tensor]:
        """State of the optimiser, for a checkpoint."""
        return {"second": self.second, "updates": torch.tensor(self.updates)}

    def restore(self, moments: dict[str, Tensor]) -> None:
        """Take over the state of a checkpoint."""
        self.second.copy_(moments["second"])
        self.updates = int(moments["updates"])


def _update(ids, slopes, weight, second, slot, rate):  # type: ignore[no-untyped-def]  # numba infers types
    width = slopes.shape[1]
    met = np.empty(len(ids), np.int64)
    sums = np.empty_like(slopes)
    count = 0
    for i in range(len(ids)):
        row = ids[i]
        k = slot[row]
        if k < 0:
            k = count
            slot[row], met[k] = k, row
            for d in range(width):
                sums[k, d] = slopes[i, d]
            count += 1
        else:
            for d in range(width):
                sums[k, d] += slopes[i, d]
    keep, new = np.float32(DECAY), np.float32(1 - DECAY)
    epsilon = np.float32(EPSILON)
    for k in range(count):
        row = met[k]
        slot[row] = -1
        for d in range(width):
            slope = sums[k, d]
            second[row, d] = keep * second[row, d] + new * slope * slope
            weight[row, d] -= rate * slope / (np.sqrt(second[row, d]) + epsilon)
