"""Networks over sequences: LSTM, GRU and causal convolutions, each a stack of members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.learn.nets.layers import Dropout, StackedLinear
from core.learn.nets.tabular import OUTPUT, TableInput
from core.learn.training.noise import Noise, generator
from core.learn.training.rows import Batch
from core.protocol import Array

Kind = Literal["lstm", "gru", "tcn"]
GATES = {"lstm": 4, "gru": 3}
TAPS = 3
"""Steps that a convolution looks at."""
PIECE = 128
"""Sequences that are forecast together: their states stay in the cache, 1.5 to 2 times as fast as 1024."""


class SequenceNet(nn.Module):
    """A forecast from the last step of a sequence, with a linear shortcut from that step's inputs.

    Parameters
    ----------
    seeds
        One for each member.
    numbers, cardinalities
        Numeric columns, and codes of each categorical column.
    outputs
        T.
    kind
        ``lstm`` (Hochreiter and Schmidhuber 1997), ``gru`` (Cho et al. 2014), or ``tcn``: dilated causal
        convolutions with residual paths (Bai et al. 2018).
    width
        W of every layer.
    layers
        One upon another; those of ``tcn`` look back on :func:`tcn_reach` steps.
    dropped
        Share that dropout clears after each layer.
    precision
        Of the products of the layers; the output is computed in float32.

    Examples
    --------
    >>> net = SequenceNet((1, 2), 4, (), 3, kind="gru", width=16)
    >>> net({"numbers": torch.zeros(2, 5, 9, 4), "length": torch.full((2, 5), 9)}).shape
    torch.Size([2, 5, 3])
    """

    def __init__(
        self, seeds: Sequence[int], numbers: int, cardinalities: Sequence[int], outputs: int, *,
        kind: Kind = "lstm", width: int = 64, layers: int = 1, dropped: float = 0.0, precision: str = "fp32",
    ) -> None:  # fmt: skip
        super().__init__()
        self.noise = Noise(tuple(seeds))
        self.input = TableInput(seeds, numbers, cardinalities, 0)
        size = self.input.width
        self.hidden = (
            Convolutions(self.noise, size, width, layers, dropped, precision)
            if kind == "tcn"
            else Recurrence(self.noise, kind, size, width, layers, dropped, precision)
        )
        self.output = StackedLinear(seeds, width, outputs, gain=0.5**0.5, layer=OUTPUT)
        self.shortcut = StackedLinear(seeds, size, outputs, gain=0.0, bias=False)

    def forward(self, batch: Batch) -> Tensor:
        """``numbers (M, B, S, F)``, ``codes (M, B, S, columns)``, ``length (M, B)`` to ``(M, B, T)``.

        Sequences end at the last step, and their last ``length`` steps are real; what stands before them
        is not looked at.
        """
        if self.training or batch["length"].shape[1] <= PIECE:
            return self._outputs(batch)
        pieces = zip(*(torch.split(values, PIECE, 1) for values in batch.values()), strict=True)
        return torch.cat([self._outputs(dict(zip(batch, piece, strict=True))) for piece in pieces], 1)

    def _outputs(self, batch: Batch) -> Tensor:
        steps = {name: batch[name] for name in ("numbers", "codes") if name in batch}
        shape = next(iter(steps.values())).shape[:3]
        x = self.input({name: values.flatten(1, 2) for name, values in steps.items()}).view(*shape, -1)
        y: Tensor = self.output(self.hidden(x, batch["length"]))
        linear: Tensor = self.shortcut(x[:, :, -1])
        return y + linear


class Recurrence(nn.Module):
    """Recurrent layers upon each other, and the state they reach.

    Examples
    --------
    >>> net = Recurrence(Noise((1, 2)), "gru", 3, 8, layers=2, dropped=0.1, precision="fp32")
    >>> net(torch.zeros(2, 5, 7, 3), torch.full((2, 5), 7)).shape
    torch.Size([2, 5, 8])
    """

    def __init__(
        self, noise: Noise, kind: Literal["lstm", "gru"], inputs: int, width: int, layers: int,
        dropped: float, precision: str,
    ) -> None:  # fmt: skip
        super().__init__()
        self.layers, self.drop = nn.ModuleList(), nn.ModuleList()
        for layer in range(layers):
            size = width if layer else inputs
            self.layers.append(Recurrent(noise.seeds, kind, size, width, precision=precision, layer=layer))
            # Torch's own dropout between layers draws from a generator that others share.
            self.drop.append(Dropout(noise, dropped, layer))

    def forward(self, x: Tensor, length: Tensor) -> Tensor:
        """``(M, B, S, F)``, of which the last ``length`` steps are real, to ``(M, B, W)``."""
        # Padding after the end cannot reach the state before it, padding before the start would.
        h = _real_first(x, length)
        for layer, drop in zip(self.layers[:-1], self.drop[:-1], strict=True):
            h = drop(layer(h))
        last: Tensor = self.drop[-1](_at(self.layers[-1](h), length - 1))
        return last


class Recurrent(nn.Module):
    """One recurrent layer of every member, through torch's kernels.

    The gates stand in torch's order. Written by hand, with gate kernels compiled by numba, training took
    1.1 to 1.6 times as long. Weights from step to step start orthogonal (Saxe et al. 2014); the forget gate
    of an LSTM starts open (Jozefowicz et al. 2015).

    Parameters
    ----------
    seeds
        One for each member; they draw the initial weights.
    kind
        ``lstm`` or ``gru``.
    inputs, width
        F and W.

    Examples
    --------
    >>> Recurrent((1, 2), "lstm", 3, 8)(torch.zeros(2, 5, 7, 3)).shape
    torch.Size([2, 5, 7, 8])
    """

    def __init__(
        self, seeds: Sequence[int], kind: Literal["lstm", "gru"], inputs: int, width: int, *,
        precision: str = "fp32", layer: int = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        self.kind, self.width, self.precision = kind, width, precision
        gates, members = GATES[kind], len(seeds)
        drawn = [_first_weights(seed, layer, gates, inputs, width) for seed in seeds]
        into, onward = (np.stack(weights).astype(np.float32) for weights in zip(*drawn, strict=True))
        self.input_weight = nn.Parameter(torch.from_numpy(into))
        self.state_weight = nn.Parameter(torch.from_numpy(onward))
        self.input_bias = nn.Parameter(torch.zeros(members, gates * width))
        self.state_bias = nn.Parameter(torch.zeros(members, gates * width))
        if kind == "lstm":
            self.input_bias.data[:, width : 2 * width] = 1.0

    def forward(self, x: Tensor) -> Tensor:
        """``(M, B, S, F)`` to the state after every step, ``(M, B, S, W)``, float32."""
        with torch.autocast(x.device.type, torch.bfloat16, enabled=self.precision == "bf16"):
            return torch.stack([self._states(m, one) for m, one in enumerate(x)]).float()

    def _states(self, m: int, x: Tensor) -> Tensor:
        weights = [self.input_weight[m], self.state_weight[m], self.input_bias[m], self.state_bias[m]]
        start = x.new_zeros(1, len(x), self.width)
        how = (True, 1, 0.0, self.training, False, True)  # biases, one layer, no dropout, one way, rows first
        if self.kind == "lstm":
            return torch.lstm(x, (start, start), weights, *how)[0]
        return torch.gru(x, start, weights, *how)[0]


class Convolutions(nn.Module):
    """Dilated causal convolutions, computed only where the last step depends on them.

    The taps of block l are ``2**l`` steps apart, and what is above it looks at every ``2**(l+1)``-th step
    alone. So each block keeps every second step, the last one among them, and the taps of the next stand
    side by side again: three passes over the sequence instead of two for each block.

    Examples
    --------
    >>> net = Convolutions(Noise((1, 2)), 3, 8, layers=2, dropped=0.1, precision="fp32")
    >>> net(torch.zeros(2, 5, 7, 3), torch.full((2, 5), 7)).shape
    torch.Size([2, 5, 8])
    """

    def __init__(
        self, noise: Noise, inputs: int, width: int, layers: int, dropped: float, precision: str
    ) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            CausalBlock(noise, width if layer else inputs, width, dropped, precision, layer)
            for layer in range(layers)
        )

    def forward(self, x: Tensor, length: Tensor) -> Tensor:
        """``(M, B, S, F)``, of which the last ``length`` steps are real, to ``(M, B, W)``."""
        steps = x.shape[2]
        real = (torch.arange(steps, device=x.device) >= steps - length[..., None])[..., None]
        for block in self.blocks:
            x = block(x * real, real)
            real = _every_second(real)
        return x[:, :, -1]


class CausalBlock(nn.Module):
    """Two convolutions over a step and the two before it, beside a path that skips them (He et al. 2016).

    A convolution is written as one product over all its taps, so members of a stack run together.

    Examples
    --------
    >>> block = CausalBlock(Noise((1, 2)), 3, 8, 0.0, "fp32", layer=0)
    >>> block(torch.zeros(2, 5, 7, 3), torch.ones(2, 5, 7, 1)).shape
    torch.Size([2, 5, 4, 8])
    """

    def __init__(
        self, noise: Noise, inputs: int, width: int, dropped: float, precision: str, layer: int
    ) -> None:
        super().__init__()
        first, second, beside = 3 * layer, 3 * layer + 1, 3 * layer + 2
        seeds = noise.seeds
        self.first = StackedLinear(seeds, TAPS * inputs, width, precision=precision, layer=first)
        self.second = StackedLinear(seeds, TAPS * width, width, gain=0.5, precision=precision, layer=second)
        self.skip = (
            StackedLinear(seeds, inputs, width, gain=0.5**0.5, layer=beside)
            if inputs != width
            else nn.Identity()
        )
        self.drop_first, self.drop_second = Dropout(noise, dropped, first), Dropout(noise, dropped, second)

    def forward(self, x: Tensor, real: Tensor) -> Tensor:
        """``(M, B, S, F)`` to every second step, ``(M, B, (S + 1) // 2, W)``; zero where not ``real``."""
        h = self.drop_first(torch.relu(_of_steps(self.first, _taps(x)))) * real
        h = self.drop_second(torch.relu(_of_steps(self.second, _every_second(_taps(h)))))
        return torch.relu(h + _of_steps(self.skip, _every_second(x)))


def tcn_reach(layers: int) -> int:
    """Steps that the last of so many convolution blocks sees, its own included.

    Examples
    --------
    >>> [tcn_reach(layers) for layers in (1, 2, 6)]
    [5, 13, 253]
    """
    return 1 + 2 * (TAPS - 1) * ((1 << layers) - 1)


def _first_weights(seed: int, layer: int, gates: int, inputs: int, width: int) -> tuple[Array, Array]:
    """Of one member: ``(gates * W, F)`` and ``(gates * W, W)``."""
    draw = generator(seed, 4, layer)
    # As small as torch starts them: with the spread of an ordinary layer noise enters the state at once.
    into = draw.uniform(-1, 1, (gates * width, inputs)) * width**-0.5
    onward = np.linalg.qr(draw.standard_normal((gates, width, width)))[0].reshape(gates * width, width)
    return into, onward


def _of_steps(layer: nn.Module, x: Tensor) -> Tensor:
    """Apply a layer to every step of ``(M, B, S, F)``."""
    y: Tensor = layer(x.flatten(1, 2))
    return y.view(*x.shape[:3], -1)


def _taps(x: Tensor) -> Tensor:
    """Each step beside those before it, zero before the first: ``(M, B, S, TAPS * F)``."""
    return torch.cat([F.pad(x, (0, 0, tap, 0))[:, :, : x.shape[2]] for tap in range(TAPS)], -1)


def _every_second(x: Tensor) -> Tensor:
    """Every second step, the last one among them."""
    return x[:, :, (x.shape[2] - 1) % 2 :: 2]


def _real_first(x: Tensor, length: Tensor) -> Tensor:
    """Move the real steps, which stand last, to the front; no layer looks at what then follows them."""
    steps = torch.arange(x.shape[2], device=x.device) + (x.shape[2] - length)[..., None]
    return x.gather(2, steps.clamp(max=x.shape[2] - 1)[..., None].expand_as(x))


def _at(x: Tensor, step: Tensor) -> Tensor:
    """Take one step of each sequence: ``(M, B, S, W)`` and ``(M, B)`` to ``(M, B, W)``."""
    return x.gather(2, step[..., None, None].expand(-1, -1, 1, x.shape[-1])).squeeze(2)
