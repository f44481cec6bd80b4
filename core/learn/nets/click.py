"""DeepFM: a factorisation machine and an MLP over one embedding table of all fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core.learn.nets.compiled import compiled
from core.learn.nets.layers import Dropout, StackedLinear
from core.learn.nets.tables import EmbeddingTable
from core.learn.training.noise import Noise
from core.learn.training.rows import Batch


class ClickNet(nn.Module):
    """Log-odds of a click: linear, pairwise and deep part (Guo et al. 2017).

    Parameters
    ----------
    seeds
        Of the one member.
    numbers
        Numeric columns.
    cardinalities
        Codes of each field.
    size
        D, of an embedding.
    widths
        Of the MLP's hidden layers.
    dropped
        Share that dropout clears after each hidden layer.
    precision
        Of products at least 64 wide.

    Examples
    --------
    >>> net = ClickNet((1,), 2, (10, 10_000), size=8, widths=(16,))
    >>> net({"numbers": torch.zeros(1, 5, 2), "codes": torch.ones(1, 5, 2).long()}).shape
    torch.Size([1, 5, 1])
    """

    offsets: Tensor

    def __init__(
        self, seeds: Sequence[int], numbers: int, cardinalities: Sequence[int], *, size: int = 16,
        widths: Sequence[int] = (256, 128), dropped: float = 0.0, precision: str = "fp32",
    ) -> None:  # fmt: skip
        super().__init__()
        self.noise = Noise(tuple(seeds))
        self.size = size
        starts = torch.tensor([0, *cardinalities]).cumsum(0)
        self.register_buffer("offsets", starts[:-1])
        # One row holds an id's embedding and its weight in the linear part.
        self.table = EmbeddingTable(seeds[0], int(starts[-1]), size + 1)
        self.tables = (self.table,)
        self.numbers = StackedLinear(seeds, numbers, 1, gain=0.0, layer=800)
        self.hidden = nn.Sequential()
        inputs = len(cardinalities) * size + numbers
        for layer, width in enumerate(widths):
            wide = precision if inputs >= 64 else "fp32"
            self.hidden.append(StackedLinear(seeds, inputs, width, precision=wide, layer=layer))
            self.hidden.append(_Relu())
            self.hidden.append(Dropout(self.noise, dropped, layer))
            inputs = width
        self.output = StackedLinear(seeds, inputs, 1, gain=0.5**0.5, layer=801)

    def forward(self, batch: Batch) -> Tensor:
        """``numbers (1, B, F)`` and ``codes (1, B, fields)`` to log-odds ``(1, B, 1)``."""
        rows, numbers = self.table(batch["codes"] + self.offsets), batch["numbers"]
        if rows.device.type == "cpu" and compiled(_machine) is not None:
            x, wide = _Machine.apply(rows, numbers)  # type: ignore[no-untyped-call]  # torch leaves it unannotated
        else:
            x, wide = machine(rows, numbers)
        return torch.as_tensor(wide + self.numbers(numbers) + self.output(self.hidden(x)))


def machine(rows: Tensor, numbers: Tensor) -> tuple[Tensor, Tensor]:
    """Input of the MLP ``(M, B, fields * D + F)``, and the factorisation machine (Rendle 2010) ``(M, B, 1)``.

    Parameters
    ----------
    rows
        Embedding and weight of each field, ``(M, B, fields, D + 1)``.
    numbers
        ``(M, B, F)``.
    """
    embedded, weights = rows[..., :-1], rows[..., -1]
    # The sum over pairs of products is half of (square of the sum less sum of the squares).
    pairs = 0.5 * (embedded.sum(-2).square() - embedded.square().sum(-2)).sum(-1)
    return torch.cat([embedded.flatten(-2), numbers], -1), (weights.sum(-1) + pairs).unsqueeze(-1)


class _Machine(torch.autograd.Function):
    """:func:`machine` in one pass over memory; eager, it takes as long as the products of the MLP."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, numbers: Tensor) -> tuple[Tensor, Tensor]:
        members, batch, fields, size = rows.shape
        x = torch.empty(members, batch, fields * (size - 1) + numbers.shape[-1])
        wide = torch.empty(members, batch, 1)
        arrays = (t.detach().contiguous().flatten(0, 1).numpy() for t in (rows, numbers))
        compiled(_machine)(*arrays, x.flatten(0, 1).numpy(), wide.flatten().numpy())  # type: ignore[misc]  # tested by the caller
        ctx.save_for_backward(rows)
        return x, wide

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, None]:
        (rows,) = ctx.saved_tensors
        rows_slope = torch.empty_like(rows)
        arrays = [t.detach().contiguous().flatten(0, 1).numpy() for t in (*slopes, rows)]
        compiled(_machine_back)(*arrays, rows_slope.flatten(0, 1).numpy())  # type: ignore[misc]  # as above
        return rows_slope, None


def _machine(rows, numbers, x, wide):  # type: ignore[no-untyped-def]  # numba infers types
    batch, fields, size = rows.shape[0], rows.shape[1], rows.shape[2] - 1
    total = np.empty(size, np.float32)
    for i in range(batch):
        total[:] = 0
        squares, linear = np.float32(0), np.float32(0)
        for f in range(fields):
            for d in range(size):
                value = rows[i, f, d]
                x[i, f * size + d] = value
                total[d] += value
                squares += value * value
            linear += rows[i, f, size]
        for d in range(size):
            squares -= total[d] * total[d]
        wide[i] = linear - np.float32(0.5) * squares
        for j in range(numbers.shape[1]):
            x[i, fields * size + j] = numbers[i, j]


def _machine_back(x_slope, wide_slope, rows, rows_slope):  # type: ignore[no-untyped-def]  # numba infers types
    batch, fields, size = rows.shape[0], rows.shape[1], rows.shape[2] - 1
    total = np.empty(size, np.float32)
    for i in range(batch):
        total[:] = 0
        for f in range(fields):
            for d in range(size):
                total[d] += rows[i, f, d]
        slope = wide_slope[i, 0]
        for f in range(fields):
            for d in range(size):
                rows_slope[i, f, d] = x_slope[i, f * size + d] + slope * (total[d] - rows[i, f, d])
            rows_slope[i, f, size] = slope


class _Relu(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x)
