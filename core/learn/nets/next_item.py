"""The next item of a sequence of items."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.learn.nets.layers import Dropout, StackedLinear
from core.learn.nets.sequence import Recurrent
from core.learn.nets.tables import EmbeddingTable
from core.learn.training.noise import Noise, generator
from core.learn.training.rows import Batch

CANDIDATES = 6
"""Purpose number of the streams that draw candidates."""


class NextItemNet(nn.Module):
    """A recurrent layer over embedded items (GRU4Rec; Hidasi et al. 2016), scored by the same embeddings.

    On generated sequences of 2,000 items, where the last two decide, one or two layers of causal attention
    (SASRec; Kang and McAuley 2018) took longer for fewer hits.

    Parameters
    ----------
    seeds
        Of the one member.
    items
        I; items are numbered from 1, and 0 is what stands before the first.
    size
        W, of an embedding and of the state.
    candidates
        Items that a right one is told from in a step; if there are no more, all are.
    dropped
        Share that dropout clears of the embedded items.
    precision
        Of the recurrent layer.

    Examples
    --------
    >>> net = NextItemNet((1,), 100, size=8)
    >>> net({"steps": torch.ones(1, 5, 7).long(), "length": torch.full((1, 5), 3)}).shape
    torch.Size([1, 5, 9])
    """

    def __init__(
        self, seeds: Sequence[int], items: int, *, size: int = 64, candidates: int = 512,
        dropped: float = 0.0, precision: str = "fp32",
    ) -> None:  # fmt: skip
        super().__init__()
        self.noise = Noise(tuple(seeds))
        self.items, self.candidates = items, candidates
        # One row holds an item's embedding and how frequent it is whatever came before.
        self.table = EmbeddingTable(seeds[0], items + 1, size + 1, spread=size**-0.5)
        self.tables = (self.table,)
        self.drop = Dropout(self.noise, dropped, 0)
        self.hidden = Recurrent(seeds, "gru", size, size, precision=precision)
        self.output = StackedLinear(seeds, size, size, gain=0.5**0.5, layer=1)

    def forward(self, batch: Batch) -> Tensor:
        """State after the last real step, ``(1, B, W + 1)``; with targets, scores of candidates.

        ``steps (1, B, S)``: items, of which the first ``length (1, B)`` are real. Then all P steps with a
        target give ``(P, 1 + N)``, the right item first: ``target (1, B, S)``, 0 for none, and ``log_share
        (1, B, S)``, the logarithm of how frequent the target is.
        """
        x = self.drop(self.table(batch["steps"])[..., :-1])
        states = self.hidden(x)
        if "target" not in batch:
            last = (batch["length"] - 1)[..., None, None].expand(-1, -1, 1, states.shape[-1])
            return self._points(states.gather(2, last).squeeze(2))
        real = batch["target"] > 0
        target, share = batch["target"][real], batch["log_share"][real]
        points = self._points(states[real][None])[0]
        right = (points * self.table(target)).sum(-1)
        if self.items <= self.candidates:
            others = torch.arange(1, self.items + 1, device=target.device)
            scores = points @ self.table(others).T
        else:
            # They are as frequent as among the targets of the batch, and stand for all items.
            drawn = self._drawn(len(target)).to(target.device)
            others = target[drawn]
            scores = points @ self.table(others).T - share[drawn] - math.log(self.candidates)
        scores = scores.masked_fill(target[:, None] == others, -float("inf"))
        return torch.cat([right[:, None], scores], 1)

    def _points(self, states: Tensor) -> Tensor:
        return F.pad(self.output(states), (0, 1), value=1.0)

    def _drawn(self, steps: int) -> Tensor:
        """Choose the steps whose targets are candidates, ``(N,)``; where rows are judged, always alike."""
        step = self.noise.step if self.training else 0
        drawn = generator(self.noise.seeds[0], CANDIDATES, step).integers(steps, size=self.candidates)
        return torch.from_numpy(drawn)
