"""Multilayer perceptrons: several members of one shape are trained as one stack.

Shapes use M members, R rows, F features, W width, T targets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.learn.scaling import real_spread
from core.protocol import Array, Rng

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
    """Train a stack to a squared error by :func:`core.learn.training.loop.train`.

    Members differ in their initial weights and in the order in which they meet the rows.

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
        On the initial spread of Glorot and Bengio (2010). In deep sigmoid nets, whose slope is at most 1/4,
        a gain of 4 keeps the signal from fading in the first steps.
    device
        ``cpu``, ``cuda``, ``mps`` or ``xpu``.
    """
    from core.learn.training import losses
    from core.learn.training.fit import fit_model
    from core.learn.training.plan import Plan

    x_shift, x_scale = _input_scaling(x, scaling)
    y_shift = y.mean(0)
    y_scale = real_spread(y.std(0), y_shift)
    table = {
        "numbers": ((x - x_shift) / x_scale).astype(np.float32),
        "y": ((y - y_shift) / y_scale).astype(np.float32),
    }
    options = {
        "numbers": x.shape[1], "cardinalities": (), "outputs": y.shape[1], "widths": tuple(widths),
        "activation": activation, "norm": False, "gain": gain, "glorot": True,
    }  # fmt: skip
    plan = Plan(steps=steps, learning_rate=learning_rate, weight_decay=weight_decay, look_every=steps)
    seeds = [int(seed) for seed in rng.integers(2**62, size=members)]
    model, _ = fit_model(
        "tabular", options, table, [np.arange(len(x))] * members, losses.squared, plan, seeds=seeds,
        batch=batch, device=device, precision="fp32",
    )  # fmt: skip
    weights, biases = (
        tuple(values for name, values in model.weights.items() if name.endswith(part))
        for part in ("weight", "bias")
    )
    return Mlp(activation, weights, biases, x_shift, x_scale, y_shift, y_scale)


def _input_scaling(x: Array, scaling: str) -> tuple[Array, Array]:
    if scaling == "standard":
        return x.mean(0), real_spread(x.std(0), x.mean(0))
    low, high = x.min(0), x.max(0)
    return (low + high) / 2, real_spread((high - low) / 2, low)
