"""Auto-encoders: networks that rebuild their input from a code, as a stack of members."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from core.learn.nets.layers import ACTIVATIONS, Dropout, StackedLinear
from core.learn.training.noise import Noise
from core.learn.training.rows import Batch

SMALL = 0.3
"""Share of the usual spread of layers without activation, so that at first nearly the mean is rebuilt."""


class AutoencoderNet(nn.Module):
    """A symmetric auto-encoder (Hinton and Salakhutdinov 2006), denoising if inputs are cleared.

    Parameters
    ----------
    seeds
        One for each member.
    inputs
        F.
    widths
        From the first hidden layer to the code; the way back mirrors them.
    activation
        ``relu``, ``silu``, ``sigmoid`` or ``tanh``.
    cleared
        Share of the inputs set to zero in training, to be rebuilt from the others (Vincent et al. 2010).
    linear_code, linear_output
        No activation on the code, or on what is rebuilt.
    gain
        On the initial spread of layers with an activation.
    precision
        Of the products.

    Examples
    --------
    >>> import torch
    >>> net = AutoencoderNet((1, 2), 6, widths=(16, 3))
    >>> net({"numbers": torch.zeros(2, 5, 6)}).shape, net.encode(torch.zeros(2, 5, 6)).shape
    (torch.Size([2, 5, 6]), torch.Size([2, 5, 3]))
    """

    def __init__(
        self, seeds: Sequence[int], inputs: int, *, widths: Sequence[int], activation: str = "silu",
        cleared: float = 0.0, linear_code: bool = True, linear_output: bool = True, gain: float = 1.0,
        precision: str = "fp32",
    ) -> None:  # fmt: skip
        super().__init__()
        self.noise = Noise(tuple(seeds))
        self.kept, self.clear = 1 - cleared, Dropout(self.noise, cleared, 0)
        self.activation, self.linear_code, self.linear_output = activation, linear_code, linear_output
        self.encoder, self.decoder = nn.ModuleList(), nn.ModuleList()
        sizes = (inputs, *widths)
        for layer, (a, b) in enumerate(pairwise(sizes)):
            into = gain * (SMALL if linear_code and layer == len(widths) - 1 else 1.0)
            back = gain * (SMALL if linear_output and layer == 0 else 1.0)
            number = len(widths) + layer
            self.encoder.append(StackedLinear(seeds, a, b, gain=into, precision=precision, layer=layer))
            self.decoder.insert(0, StackedLinear(seeds, b, a, gain=back, precision=precision, layer=number))

    def encode(self, x: Tensor) -> Tensor:
        """``(M, B, F)`` to the code ``(M, B, last width)``."""
        return self._through(self.encoder, x, linear=self.linear_code)

    def forward(self, batch: Batch) -> Tensor:
        """``numbers (M, B, F)`` to the same, rebuilt."""
        # Dropout enlarges what it keeps; here it only clears.
        x = self.clear(batch["numbers"]) * self.kept if self.training else batch["numbers"]
        return self._through(self.decoder, self.encode(x), linear=self.linear_output)

    def _through(self, layers: nn.ModuleList, x: Tensor, *, linear: bool) -> Tensor:
        for layer in layers[:-1]:
            x = ACTIVATIONS[self.activation](layer(x))
        x = layers[-1](x)
        return x if linear else ACTIVATIONS[self.activation](x)


def rebuilding(output: Tensor, batch: Batch) -> Tensor:
    """Squared error of what was rebuilt, mean over the inputs: ``(M, B)``.

    Examples
    --------
    >>> import torch
    >>> rebuilding(torch.ones(1, 2, 4), {"numbers": torch.zeros(1, 2, 4)}).tolist()
    [[1.0, 1.0]]
    """
    return (output - batch["numbers"]).square().mean(-1)
