"""Networks over tables: an MLP and a residual network, each a stack of members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from core.learn.nets.layers import ACTIVATIONS, Dropout, Maxout, NormReluDropout, StackedLinear
from core.learn.training.noise import Noise, generator
from core.learn.training.rows import Batch

Kind = Literal["mlp", "resnet"]
BORDER_ROWS = 100_000
"""Rows from which the borders of intervals are read, evenly spread."""
OUTPUT, BRANCH = 901, 500
"""Layer numbers that cannot meet those of hidden layers."""


class TableInput(nn.Module):
    """Numbers as they are or piecewise linear, and an embedding of every category.

    Parameters
    ----------
    seeds
        One for each member.
    numbers
        Numeric columns.
    cardinalities
        Codes of each categorical column.
    bins
        0: numbers enter as they are. Else each is also encoded by how far it has come through each of
        ``bins`` intervals (piecewise-linear encoding; Gorishniy et al. 2022); the borders are set by
        :meth:`set_borders`.

    Examples
    --------
    >>> layer = TableInput((1,), numbers=2, cardinalities=(5,), bins=0)
    >>> layer({"numbers": torch.zeros(1, 3, 2), "codes": torch.ones(1, 3, 1).long()}).shape
    torch.Size([1, 3, 6])
    """

    borders: Tensor

    def __init__(self, seeds: Sequence[int], numbers: int, cardinalities: Sequence[int], bins: int) -> None:
        super().__init__()
        self.numbers, self.bins = numbers, bins
        self.embeddings = nn.ParameterList()
        for column, codes in enumerate(cardinalities):
            size = embedding_size(codes)
            drawn = [generator(seed, 3, column).standard_normal((codes, size)) * size**-0.5 for seed in seeds]
            self.embeddings.append(
                nn.Parameter(torch.stack([torch.tensor(d, dtype=torch.float32) for d in drawn]))
            )
        # The leading 1 says that members share it.
        self.register_buffer("borders", torch.zeros(1, numbers, bins + 1 if bins else 0))
        self.width = numbers * (1 + bins) + sum(map(embedding_size, cardinalities))

    @property
    def columns(self) -> list[int]:
        """Which column each number of the output comes from: numeric ones first, then categorical ones."""
        numbers = [*range(self.numbers), *(i for i in range(self.numbers) for _ in range(self.bins))]
        sizes = [table.shape[-1] for table in self.embeddings]
        return numbers + [self.numbers + c for c, size in enumerate(sizes) for _ in range(size)]

    def set_borders(self, numbers: Tensor) -> None:
        """Put the borders of the intervals at quantiles of ``(R, numbers)``."""
        if self.bins and self.numbers:
            share = torch.linspace(0, 1, self.bins + 1, dtype=torch.float64)
            borders = torch.quantile(numbers[:: len(numbers) // BORDER_ROWS + 1].double(), share, dim=0)
            self.borders = borders.float().T.contiguous()[None].to(self.borders.device)

    def forward(self, batch: Batch) -> Tensor:
        """``numbers (M, B, numbers)`` and ``codes (M, B, columns)`` to ``(M, B, width)``."""
        parts = [batch["numbers"]] if self.numbers else []
        if self.bins and self.numbers:
            low, high = self.borders[..., :-1], self.borders[..., 1:]
            along = (batch["numbers"][..., None] - low) / (high - low).clamp(min=1e-6)
            parts.append(along.clamp(0, 1).flatten(-2))
        for column, table in enumerate(self.embeddings):
            codes = batch["codes"][..., column]
            parts.append(table.gather(1, codes[..., None].expand(*codes.shape, table.shape[-1])))
        return parts[0] if len(parts) == 1 else torch.cat(parts, -1)


def embedding_size(codes: int) -> int:
    """Numbers that stand for one category: the rule of thumb of the fastai library, at most 50."""
    return int(min(50, max(2, round(1.6 * codes**0.56))))


class TabularNet(nn.Module):
    """An MLP or a residual network with an optional linear shortcut.

    Parameters
    ----------
    seeds
        One for each member.
    numbers, cardinalities, bins
        As in :class:`TableInput`.
    outputs
        T.
    kind
        ``mlp``, or ``resnet`` (pre-activation blocks: He et al. 2016; on tables Gorishniy et al. 2021).
    widths
        Of the hidden layers; a residual network has a block each, all of the first width.
    activation
        ``relu``, ``silu``, ``sigmoid``, ``tanh``, or ``maxout`` of two pieces.
    norm
        Batch norm before each ReLU; other activations have none.
    dropped
        Share that dropout clears after each hidden layer.
    shortcut
        Add a linear function of the inputs to the output.
    gain
        On the initial spread of the layers.
    glorot
        Start from the spread of Glorot and Bengio (2010), ``sqrt(2 / (inputs + outputs))``, instead of
        He's: for layers that are not rectified, and where a smooth function is wanted.
    precision
        Of products at least 64 wide.

    Examples
    --------
    >>> net = TabularNet((1, 2), 4, (), 3, widths=(16, 16))
    >>> net({"numbers": torch.zeros(2, 5, 4)}).shape
    torch.Size([2, 5, 3])
    """

    def __init__(
        self, seeds: Sequence[int], numbers: int, cardinalities: Sequence[int], outputs: int, *,
        bins: int = 0, kind: Kind = "mlp", widths: Sequence[int] = (256, 256, 256), activation: str = "relu",
        norm: bool = True, dropped: float = 0.0, shortcut: bool = False, gain: float = 1.0,
        glorot: bool = False, precision: str = "fp32",
    ) -> None:  # fmt: skip
        super().__init__()
        self.noise = Noise(tuple(seeds))
        self.input = TableInput(seeds, numbers, cardinalities, bins)
        # Converting narrow inputs to bf16 costs more than their product.
        precisions = {size: precision if size >= 64 else "fp32" for size in (self.input.width, *widths)}

        def linear(layer: int, inputs: int, outputs: int, *, gain: float, bias: bool = True) -> StackedLinear:
            spread = gain * (inputs / (inputs + outputs)) ** 0.5 if glorot else gain
            return StackedLinear(
                seeds, inputs, outputs, gain=spread, bias=bias, precision=precisions[inputs], layer=layer
            )

        size = self.input.width
        if kind == "resnet":
            blocks = _residual(self.noise, widths, dropped, precisions[widths[0]])
            self.hidden = nn.Sequential(linear(0, size, widths[0], gain=gain), *blocks)
            size = widths[0]
        else:
            self.hidden = nn.Sequential()
            norm, pieces = norm and activation == "relu", 2 if activation == "maxout" else 1
            for layer, width in enumerate(widths, start=1):
                self.hidden.append(linear(layer, size, width * pieces, gain=gain, bias=not norm))
                self.hidden.extend(_activated(self.noise, width, activation, norm, dropped, layer))
                size = width
        # With a shortcut the network starts as the linear function alone; a rectified layer passes half.
        last = 0.0 if shortcut else gain if glorot else 0.5**0.5
        self.output = linear(OUTPUT, size, outputs, gain=last)
        self.shortcut = (
            StackedLinear(seeds, self.input.width, outputs, gain=0.0, bias=False) if shortcut else None
        )

    def forward(self, batch: Batch) -> Tensor:
        """``numbers (M, B, F)`` and ``codes (M, B, columns)`` to ``(M, B, T)``."""
        return self.after_input(self.input(batch))

    def after_input(self, x: Tensor) -> Tensor:
        """What the input layer gives, ``(M, B, width)``, to ``(M, B, T)``."""
        y: Tensor = self.output(self.hidden(x))
        return y if self.shortcut is None else y + self.shortcut(x)


class _ResidualBlock(nn.Module):
    """``x + linear(drop(relu(norm(linear(relu(norm(x)))))))``."""

    def __init__(self, noise: Noise, width: int, dropped: float, precision: str, layer: int) -> None:
        super().__init__()
        first, second = layer, BRANCH + layer
        self.branch = nn.Sequential(
            NormReluDropout(noise, width, 0.0, first),
            StackedLinear(noise.seeds, width, width, bias=False, precision=precision, layer=first),
            NormReluDropout(noise, width, dropped, second),
            # Small at first, so that a deep stack starts as nearly the identity.
            StackedLinear(noise.seeds, width, width, gain=0.5, precision=precision, layer=second),
        )

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x + self.branch(x)
        return y


class _Act(nn.Module):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def forward(self, x: Tensor) -> Tensor:
        return ACTIVATIONS[self.name](x)


def _residual(noise: Noise, widths: Sequence[int], dropped: float, precision: str) -> list[nn.Module]:
    width = widths[0]
    blocks = [_ResidualBlock(noise, width, dropped, precision, layer + 1) for layer in range(len(widths))]
    return [*blocks, NormReluDropout(noise, width, 0.0, len(widths) + 1)]


def _activated(
    noise: Noise, width: int, activation: str, norm: bool, dropped: float, layer: int
) -> list[nn.Module]:
    if norm:
        return [NormReluDropout(noise, width, dropped, layer)]
    act = Maxout(2) if activation == "maxout" else _Act(activation)
    return [act, Dropout(noise, dropped, layer)]
