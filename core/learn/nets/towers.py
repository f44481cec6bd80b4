"""Two towers: users and items as points of one space."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.learn.nets.layers import StackedLinear
from core.learn.nets.tables import EmbeddingTable
from core.learn.nets.tabular import OUTPUT
from core.learn.training.noise import generator
from core.learn.training.rows import Batch

USER, ITEM = 0, 1
"""Sides, and purpose numbers of their initial weights."""


class TowersNet(nn.Module):
    """A tower for users and one for items (Covington et al. 2016; Yi et al. 2019).

    A user's and an item's score is the product of what the towers give. One number of the user is 1, so that
    an item's popularity has a place.

    Parameters
    ----------
    seeds
        Of the one member.
    numbers
        Numeric columns of users and items.
    cardinalities
        Codes of each field of users and items.
    size
        D, of an embedding and of the common space.
    widths
        Of each tower's hidden layers.
    precision
        Not used: towers are computed in float32.

    Examples
    --------
    >>> net = TowersNet((1,), (0, 2), ((10,), (1000,)), size=8, widths=(16,))
    >>> users = {"user_numbers": torch.zeros(1, 5, 0), "user_codes": torch.ones(1, 5, 1).long()}
    >>> net(users).shape
    torch.Size([1, 5, 9])
    """

    def __init__(
        self, seeds: Sequence[int], numbers: Sequence[int], cardinalities: Sequence[Sequence[int]], *,
        size: int = 32, widths: Sequence[int] = (64,), precision: str = "fp32",
    ) -> None:  # fmt: skip
        super().__init__()
        # Each side draws its own initial weights, members of other seeds others still.
        draws = [int(generator(seeds[0], 5).integers(2**62, size=2)[side]) for side in (USER, ITEM)]
        self.user = Tower(draws[USER], numbers[USER], cardinalities[USER], size, widths, size)
        self.item = Tower(draws[ITEM], numbers[ITEM], cardinalities[ITEM], size, widths, size + 1)
        self.tables = (self.user.table, self.item.table)

    def forward(self, batch: Batch) -> Tensor | tuple[Tensor, Tensor]:
        """Points ``(1, B, D + 1)`` of the side whose columns are given, or of both.

        ``user_numbers`` and ``item_numbers (1, B, F)``, ``user_codes`` and ``item_codes (1, B, fields)``.
        """
        sides = [self._points(batch, side) for side in ("user", "item") if f"{side}_codes" in batch]
        return sides[0] if len(sides) == 1 else (sides[0], sides[1])

    def _points(self, batch: Batch, side: str) -> Tensor:
        points: Tensor = getattr(self, side)(batch[f"{side}_numbers"], batch[f"{side}_codes"])
        return F.pad(points, (0, 1), value=1.0) if side == "user" else points


class Tower(nn.Module):
    """Embeddings of the fields and an MLP over them, beside a linear path.

    Parameters
    ----------
    seed
        Draws the initial weights.
    numbers, cardinalities, size, widths
        As in :class:`TowersNet`, of one side.
    outputs
        Numbers of a point.
    """

    offsets: Tensor

    def __init__(
        self, seed: int, numbers: int, cardinalities: Sequence[int], size: int, widths: Sequence[int],
        outputs: int,
    ) -> None:  # fmt: skip
        super().__init__()
        starts = torch.tensor([0, *cardinalities]).cumsum(0)
        self.register_buffer("offsets", starts[:-1])
        self.table = EmbeddingTable(seed, max(int(starts[-1]), 1), size, spread=size**-0.5)
        inputs = hidden = len(cardinalities) * size + numbers
        self.hidden = nn.Sequential()
        for layer, width in enumerate(widths):
            self.hidden.extend([StackedLinear((seed,), hidden, width, layer=layer), nn.ReLU()])
            hidden = width
        self.straight = StackedLinear((seed,), inputs, outputs, gain=0.5**0.5, layer=OUTPUT)
        # What the hidden layers add must earn its place.
        self.output = StackedLinear((seed,), hidden, outputs, gain=0.0) if widths else None

    def forward(self, numbers: Tensor, codes: Tensor) -> Tensor:
        """``(1, B, F)`` and ``(1, B, fields)`` to ``(1, B, outputs)``."""
        x = torch.cat([self.table(codes + self.offsets).flatten(-2), numbers], -1)
        points: Tensor = self.straight(x)
        return points if self.output is None else points + self.output(self.hidden(x))
