"""A trained network as plain data: what to build, and its weights."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from core.protocol import Array

if TYPE_CHECKING:
    from torch import nn

NETS = {
    "autoencoder": "core.learn.nets.autoencoder:AutoencoderNet",
    "click": "core.learn.nets.click:ClickNet",
    "ft_transformer": "core.learn.nets.authors:FtTransformer",
    "next_item": "core.learn.nets.next_item:NextItemNet",
    "sequence": "core.learn.nets.sequence:SequenceNet",
    "tabm": "core.learn.nets.authors:TabMNet",
    "tabular": "core.learn.nets.tabular:TabularNet",
    "towers": "core.learn.nets.towers:TowersNet",
}
"""Networks that can be built by name."""


def build(kind: str, members: tuple[int, ...], options: Mapping[str, Any]) -> nn.Module:
    """Build an untrained network; ``members`` are the seeds of the stack."""
    module, _, name = NETS[kind].partition(":")
    made: nn.Module = getattr(importlib.import_module(module), name)(members, **options)
    made.made_of = (kind, dict(options))  # type: ignore[assignment]  # torch takes attributes for modules
    return made


@dataclass
class Model:
    """A trained stack; it can be kept, copied and sent without torch.

    Attributes
    ----------
    kind
        Key of :data:`NETS`.
    options
        What the network is built with: numbers, texts, tuples.
    weights
        Weights and running means, by the network's own names.
    members
        M.
    """

    kind: str
    options: Mapping[str, Any]
    weights: Mapping[str, Array]
    members: int = 1
    _net: Any = field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, net: nn.Module, kind: str, options: Mapping[str, Any], members: int) -> Model:
        """Take the weights out of a trained network."""
        weights = {name: values.detach().cpu().numpy().copy() for name, values in net.state_dict().items()}
        return cls(kind, options, weights, members)

    def net(self) -> nn.Module:
        """Build the network on the CPU, ready to forecast; it is kept for the next call."""
        if self._net is None:
            import torch

            net = build(self.kind, (0,) * self.members, {**self.options, "precision": "fp32"})
            net.load_state_dict({name: torch.from_numpy(v) for name, v in self.weights.items()})
            self._net = net.eval()  # only now: another thread may be asking
        made: nn.Module = self._net
        return made

    def outputs(self, table: Mapping[str, Array], *, chunk: int = 8192) -> Array:
        """Compute each member's output for rows ``(R, ...)``: ``(M, R, ...)``, float32."""
        import torch

        net = self.net()
        rows = len(next(iter(table.values())))
        parts = []
        with torch.inference_mode():
            for first in range(0, max(rows, 1), chunk):
                piece = {
                    k: torch.from_numpy(np.ascontiguousarray(v[first : first + chunk]))
                    for k, v in table.items()
                }
                parts.append(net({k: v.expand(self.members, *v.shape) for k, v in piece.items()}).numpy())
        return np.concatenate(parts, axis=1)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the built network behind when copied or sent."""
        return {**self.__dict__, "_net": None}
