"""Layers that hold several members at once: products of all members run as one.

Members never mix, so a stack of M trains exactly as M nets would apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.learn.nets import kernels
from core.learn.training.noise import Noise, generator
from core.protocol import Array

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "silu": F.silu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
}
EPSILON = 1e-5
MOMENTUM = 0.1
"""Weight of the newest batch in the running mean and variance, as torch has it."""


class StackedLinear(nn.Module):
    """``x @ weight + bias`` for every member.

    Parameters
    ----------
    seeds
        One for each member; they draw the initial weights.
    inputs, outputs
        Sizes.
    gain
        On He's spread ``sqrt(2 / inputs)`` (He et al. 2015) with ReLU-like layers.
    bias
        False before a batch norm, which would take it off again.
    precision
        Of the product: ``bf16`` rounds both factors and their gradients to bfloat16.

    Examples
    --------
    >>> StackedLinear((1, 2), 3, 5)(torch.zeros(2, 7, 3)).shape
    torch.Size([2, 7, 5])
    """

    def __init__(
        self, seeds: Sequence[int], inputs: int, outputs: int, *, gain: float = 1.0, bias: bool = True,
        precision: str = "fp32", layer: int = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        spread = gain * math.sqrt(2.0 / max(inputs, 1))
        drawn = [generator(seed, 1, layer).standard_normal((inputs, outputs)) for seed in seeds]
        self.weight = nn.Parameter(
            torch.stack([torch.tensor(spread * w, dtype=torch.float32) for w in drawn])
        )
        self.bias = nn.Parameter(torch.zeros(len(seeds), 1, outputs)) if bias else None
        self.precision = precision

    def forward(self, x: Tensor) -> Tensor:
        """``(M, B, inputs)`` to ``(M, B, outputs)``, float32."""
        if self.precision == "bf16":
            z: Tensor = _Bf16Product.apply(x, self.weight)  # type: ignore[no-untyped-call]  # torch leaves it unannotated
            return z if self.bias is None else z + self.bias
        return torch.bmm(x, self.weight) if self.bias is None else torch.baddbmm(self.bias, x, self.weight)


class _Bf16Product(torch.autograd.Function):
    """A product of float32 tensors, and its gradients, computed in bfloat16."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        # A stack of one as plain matrices: batched products copy what is transposed.
        x_16, weight_16 = x.bfloat16().squeeze(0), weight.bfloat16().squeeze(0)
        ctx.save_for_backward(x_16, weight_16)
        return (x_16 @ weight_16).float().view(*x.shape[:-1], weight.shape[-1])

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, Tensor]:
        x_16, weight_16 = ctx.saved_tensors
        slope = slopes[0].bfloat16().squeeze(0)
        members = slopes[0].shape[0]
        x_slope = (slope @ weight_16.mT).float().view(members, -1, weight_16.shape[-2])
        return x_slope, (x_16.mT @ slope).float().view(members, *weight_16.shape[-2:])


class Dropout(nn.Module):
    """Clear a share of the elements while training (Srivastava et al. 2014)."""

    def __init__(self, noise: Noise, share: float, layer: int) -> None:
        super().__init__()
        self.noise, self.share, self.layer = noise, share, layer

    def forward(self, x: Tensor) -> Tensor:
        """``(M, B, ...)`` to the same shape."""
        if not (self.training and self.share):
            return x
        return x * _mask(x, self.noise.keys(self.layer), self.share)


def _mask(x: Tensor, keys: Array, share: float) -> Tensor:
    if x.device.type == "cpu":
        wide = (x.shape[1], math.prod(x.shape[2:]))
        return torch.from_numpy(kernels.keep_mask(keys, wide, share)).view(x.shape)
    drawn = torch.Generator(x.device).manual_seed(int(keys.astype("u8").sum()))
    return torch.empty_like(x).bernoulli_(1 - share, generator=drawn).div_(1 - share)


class NormReluDropout(nn.Module):
    """Batch norm, ReLU and dropout; on a CPU as one kernel while training.

    Parameters
    ----------
    noise
        Where dropout draws from.
    width
        W.
    dropped
        Share of elements, in [0, 1).
    layer
        Number of the layer, so that each draws its own masks.
    """

    running_mean: Tensor
    running_variance: Tensor

    def __init__(self, noise: Noise, width: int, dropped: float, layer: int) -> None:
        super().__init__()
        members = len(noise.seeds)
        self.gain = nn.Parameter(torch.ones(members, width))
        self.bias = nn.Parameter(torch.zeros(members, width))
        self.register_buffer("running_mean", torch.zeros(members, width))
        self.register_buffer("running_variance", torch.ones(members, width))
        self.noise, self.dropped, self.layer = noise, dropped, layer

    def forward(self, z: Tensor) -> Tensor:
        """``(M, B, W)`` to the same shape."""
        if not self.training:
            slope = self.gain * torch.rsqrt(self.running_variance + EPSILON)
            shift = self.bias - self.running_mean * slope
            return torch.relu(torch.addcmul(shift[:, None], z, slope[:, None]))
        keys = self.noise.keys(self.layer)
        if z.device.type == "cpu":
            fused: Any = _Fused
            out, mean, inverse = fused.apply(z, self.gain, self.bias, keys, self.dropped)
            self._remember(mean, inverse.pow(-2) - EPSILON, z.shape[1])
            return torch.as_tensor(out)
        return self.eager(z, keys)

    def eager(self, z: Tensor, keys: Array) -> Tensor:
        """The same in torch's own operations, for other devices."""
        variance, mean = torch.var_mean(z, 1, correction=0)
        self._remember(mean.detach(), variance.detach(), z.shape[1])
        slope = self.gain * torch.rsqrt(variance + EPSILON)
        h = torch.relu(torch.addcmul((self.bias - mean * slope)[:, None], z, slope[:, None]))
        return h * _mask(h, keys, self.dropped) if self.dropped else h

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor, rows: int) -> None:
        self.running_mean.lerp_(mean, MOMENTUM)
        self.running_variance.lerp_(variance * (rows / max(rows - 1, 1)), MOMENTUM)


class _Fused(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, z: Tensor, gain: Tensor, bias: Tensor, keys: Any, dropped: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        z_array, gain_array, bias_array = (t.detach().contiguous().numpy() for t in (z, gain, bias))
        made = kernels.forward(z_array, gain_array, bias_array, keys, dropped, EPSILON)
        out, mean, inverse = map(torch.from_numpy, made)
        ctx.save_for_backward(out, z, gain, mean, inverse)
        ctx.mark_non_differentiable(mean, inverse)
        ctx.dropped = dropped
        return out, mean, inverse

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        slope, out, z, gain, mean, inverse = (
            t.detach().contiguous().numpy() for t in (slopes[0], *ctx.saved_tensors)
        )
        made = kernels.backward(slope, out, z, gain, mean, inverse, ctx.dropped)
        return (*map(torch.from_numpy, made), None, None)


class Maxout(nn.Module):
    """Largest of ``pieces`` linear units (Goodfellow et al. 2013): ``(M, B, pieces * W)`` to ``(M, B, W)``.

    Examples
    --------
    >>> Maxout(2)(torch.tensor([[[1.0, 5.0, 3.0, 2.0]]])).tolist()
    [[[3.0, 5.0]]]
    """

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self.pieces = pieces

    def forward(self, x: Tensor) -> Tensor:
        """Take the largest over the pieces."""
        return x.view(*x.shape[:-1], self.pieces, -1).amax(-2)
