"""Multilayer perceptrons: several members of one shape are trained as one stack.

Shapes use M members, R rows, F features, W width, T targets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np

from core.protocol import Array, Rng

if TYPE_CHECKING:
    import torch

Activation = Literal["silu", "sigmoid"]


def _sigmoid(x: Array) -> Array:
    # Through tanh, which neither overflows nor loses digits on either side.
    return 0.5 * np.tanh(0.5 * x) + 0.5


@dataclass(frozen=True)
class Mlp:
    """A trained stack, evaluated with NumPy, so that playing needs no torch.

    Attributes
    ----------
    activation
        Of every hidden layer.
    weights, biases
        A layer each: ``(M, in, out)`` and ``(M, 1, out)``, float32.
    x_shift, x_scale, y_shift, y_scale
        ``(F,)`` and ``(T,)``: inputs are shifted and divided, outputs multiplied and shifted.
    """

    activation: str
    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    x_shift: Array
    x_scale: Array
    y_shift: Array
    y_scale: Array

    def members(self, x: Array) -> Array:
        """``(R, F)`` to each member's forecast, ``(M, R, T)``."""
        h = ((x - self.x_shift) / self.x_scale).astype(np.float32)[None]
        for layer, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            h = h @ w + b
            if layer < len(self.weights) - 1:
                h = h * _sigmoid(h) if self.activation == "silu" else _sigmoid(h)
        return h.astype(np.float64) * self.y_scale + self.y_shift

    def predict(self, x: Array) -> Array:
        """``(R, F)`` to the mean of the members, ``(R, T)``."""
        return np.asarray(self.members(x).mean(0))


def fit_mlp(
    x: Array,
    y: Array,
    *,
    steps: int,
    rng: Rng,
    widths: Sequence[int] = (64, 64, 64),
    activation: Activation = "silu",
    scaling: Literal["standard", "minmax"] = "standard",
    members: int = 1,
    batch: int = 512,
    learning_rate: float = 3e-3,
    weight_decay: float = 0.0,
    gain: float = 1.0,
    device: str = "cpu",
) -> Mlp:
    """Train a stack to a squared error with AdamW and a cosine schedule.

    Data stay on the device and batches are picked by index. Members differ in their initial weights and
    in the rows they meet.

    Parameters
    ----------
    x, y
        ``(R, F)`` and ``(R, T)``.
    steps, batch, learning_rate, weight_decay
        Optimiser steps, rows a step and member, peak rate, decoupled decay.
    rng
        Seeds weights and batches.
    scaling
        Inputs to zero mean and unit spread, or to [-1, 1] as Gao (2014) does.
    gain
        On Xavier's initial spread (Glorot and Bengio 2010). In deep sigmoid nets, whose slope is at
        most 1/4, a gain of 4 keeps the signal from fading in the first steps.
    device
        ``cpu``, ``cuda`` or ``mps``.
    """
    import torch

    x_shift, x_scale = _input_scaling(x, scaling)
    y_shift, y_scale = y.mean(0), _no_zero(y.std(0))
    generator = torch.Generator(device=device).manual_seed(int(rng.integers(2**31)))

    def on_device(values: Array, shift: Array, scale: Array) -> torch.Tensor:
        return torch.as_tensor(((values - shift) / scale).astype(np.float32), device=device)

    x_RF, y_RT = on_device(x, x_shift, x_scale), on_device(y, y_shift, y_scale)
    layers = _initial(rng, (x.shape[1], *widths, y.shape[1]), members, gain, device)
    act = torch.nn.functional.silu if activation == "silu" else torch.sigmoid
    # One multi-tensor kernel updates all weights.
    optimiser = torch.optim.AdamW(layers, lr=learning_rate, weight_decay=weight_decay, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=learning_rate, total_steps=max(steps, 2), pct_start=0.1
    )
    for _ in range(steps):
        rows = torch.randint(len(x_RF), (members, batch), generator=generator, device=device)
        h_MBF = x_RF[rows]
        for layer in range(0, len(layers), 2):
            h_MBF = torch.baddbmm(layers[layer + 1], h_MBF, layers[layer])
            if layer < len(layers) - 2:
                h_MBF = act(h_MBF)
        # Members add up, so that each gets the gradient it would get alone.
        loss = (h_MBF - y_RT[rows]).square().mean((1, 2)).sum()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it unannotated
        optimiser.step()
        schedule.step()
    arrays = [layer.detach().cpu().numpy() for layer in layers]
    return Mlp(activation, tuple(arrays[0::2]), tuple(arrays[1::2]), x_shift, x_scale, y_shift, y_scale)


def _no_zero(scale: Array) -> Array:
    return np.where(scale > 0, scale, 1.0)


def _input_scaling(x: Array, scaling: str) -> tuple[Array, Array]:
    if scaling == "standard":
        return x.mean(0), _no_zero(x.std(0))
    low, high = x.min(0), x.max(0)
    return (low + high) / 2, _no_zero((high - low) / 2)


def _initial(rng: Rng, sizes: Sequence[int], members: int, gain: float, device: str) -> list[torch.Tensor]:
    """Xavier weights ``(M, in, out)`` and zero biases ``(M, 1, out)``, alternating."""
    import torch

    layers = []
    for fan_in, fan_out in pairwise(sizes):
        spread = gain * np.sqrt(2.0 / (fan_in + fan_out))
        weights = (spread * rng.standard_normal((members, fan_in, fan_out))).astype(np.float32)
        for values in (weights, np.zeros((members, 1, fan_out), np.float32)):
            layers.append(torch.tensor(values, device=device, requires_grad=True))
    return layers
