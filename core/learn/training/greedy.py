"""Greedy pre-training: layer upon layer, each as an auto-encoder of what the layers below give.

It let deep nets of sigmoid units learn (Hinton et al. 2006; Bengio et al. 2007); with rectifiers, good
initial weights or norms deep nets learn without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from core.learn.nets.autoencoder import AutoencoderNet, rebuilding
from core.learn.nets.layers import StackedLinear
from core.learn.training.fit import fit_model
from core.learn.training.plan import Plan
from core.protocol import Array


@dataclass(frozen=True)
class Pair:
    """A layer and the one that undoes it.

    Attributes
    ----------
    weight, bias
        ``(inputs, W)`` and ``(1, W)``.
    back_weight, back_bias
        ``(W, inputs)`` and ``(1, inputs)``.
    """

    weight: Array
    bias: Array
    back_weight: Array
    back_bias: Array

    def turned(self) -> Pair:
        """The layer on the way back, as one of its own."""
        return Pair(self.back_weight, self.back_bias, self.weight, self.bias)


def pretrain(
    x: Array,
    widths: Sequence[int],
    plan: Plan,
    *,
    seed: int,
    batch: int,
    activation: str = "sigmoid",
    cleared: float = 0.2,
    linear_code: bool = False,
    gain: float = 1.0,
    device: str = "auto",
) -> list[Pair]:
    """Train one hidden layer after the other to rebuild its own input.

    Parameters
    ----------
    x
        ``(R, F)``, float32: inputs without targets.
    widths
        Of the hidden layers.
    plan
        Budget of each layer.
    seed
        Draws initial weights, batches and what is cleared.
    batch
        Rows a step.
    activation, cleared, gain
        As in :class:`~core.learn.nets.autoencoder.AutoencoderNet`.
    linear_code
        No activation on the last layer.
    device
        As in :mod:`core.learn.devices`.

    Examples
    --------
    >>> pairs = pretrain(np.eye(4, dtype=np.float32), (3, 2), Plan(5, 0.01), seed=0, batch=4)
    >>> [pair.weight.shape for pair in pairs]
    [(4, 3), (3, 2)]
    """
    pairs = []
    for depth, width in enumerate(widths):
        options = {
            "inputs": x.shape[1], "widths": (width,), "activation": activation, "cleared": cleared,
            # What a higher layer rebuilds has been through the activation.
            "linear_code": linear_code and depth == len(widths) - 1, "linear_output": depth == 0,
            "gain": gain,
        }  # fmt: skip
        model, _ = fit_model(
            "autoencoder", options, {"numbers": x}, [np.arange(len(x))], rebuilding, plan,
            seeds=(seed + depth,), batch=batch, device=device,
        )  # fmt: skip
        names = ("encoder.0.weight", "encoder.0.bias", "decoder.0.weight", "decoder.0.bias")
        pairs.append(Pair(*(model.weights[name][0] for name in names)))
        net = model.net()
        assert isinstance(net, AutoencoderNet)
        with torch.inference_mode():
            x = net.encode(torch.from_numpy(x)[None])[0].numpy().copy()
    return pairs


@torch.no_grad()
def start_from(layers: Iterable[StackedLinear], pairs: Iterable[Pair], *, member: int = 0) -> None:
    """Put pre-trained layers into those of a network that has biases.

    Examples
    --------
    >>> layer, pair = StackedLinear((1,), 2, 1), Pair(np.ones((2, 1)), np.zeros((1, 1)), *[np.empty(0)] * 2)
    >>> start_from([layer], [pair])
    >>> layer.weight.flatten().tolist()
    [1.0, 1.0]
    """
    for layer, pair in zip(layers, pairs, strict=True):
        layer.weight[member] = torch.from_numpy(pair.weight)
        if layer.bias is not None:
            layer.bias[member] = torch.from_numpy(pair.bias)
