"""TabM and FT-Transformer as their authors publish them.

Their layers draw from torch's own generator; here it is seeded for each call and put back afterwards.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from core.errors import UserError
from core.learn.training.noise import Noise
from core.learn.training.rows import Batch

_SHARED = threading.Lock()
"""torch's generator belongs to the process: one thread at a time may seed it."""


@contextmanager
def _seeded(noise: Noise, device: torch.device) -> Iterator[None]:
    """Let torch's own generator start from the noise of this step."""
    with _SHARED, torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(int(noise.keys(0)[0]))
        yield


class _Published(nn.Module):
    """A network of one seed that takes ``(1, B, ...)``."""

    def __init__(
        self, seeds: Sequence[int], numbers: int, cardinalities: Sequence[int], outputs: int
    ) -> None:
        super().__init__()
        self.noise = Noise(tuple(seeds))
        with _seeded(self.noise, torch.device("cpu")):
            self.body = self.make(numbers, list(cardinalities), outputs)
        self._codes = bool(cardinalities)
        self._numbers = bool(numbers)

    def make(self, numbers: int, cardinalities: list[int], outputs: int) -> nn.Module:
        """Build the published network with its default settings."""
        raise NotImplementedError

    def raw(self, batch: Batch) -> Tensor:
        """Call it with ``(B, F)`` and ``(B, columns)``."""
        numbers = batch["numbers"][0] if self._numbers else None
        codes = batch["codes"][0] if self._codes else None
        if not self.training:
            return torch.as_tensor(self.body(numbers, codes))
        with _seeded(self.noise, next(iter(batch.values())).device):
            return torch.as_tensor(self.body(numbers, codes))


class TabMNet(_Published):
    """TabM: one MLP that stands for 32 (Gorishniy, Kotelnikov and Babenko 2025).

    Parameters
    ----------
    seeds
        Of the one member.
    numbers, cardinalities, outputs
        As in :class:`~core.learn.nets.tabular.TabularNet`.
    precision
        Not used: the network computes in float32.
    """

    def __init__(
        self, seeds: Sequence[int], numbers: int, cardinalities: Sequence[int], outputs: int,
        precision: str = "fp32",
    ) -> None:  # fmt: skip
        super().__init__(seeds, numbers, cardinalities, outputs)

    def make(self, numbers: int, cardinalities: list[int], outputs: int) -> nn.Module:
        tabm = _package("tabm")
        made: nn.Module = tabm.TabM.make(
            n_num_features=numbers, cat_cardinalities=cardinalities, d_out=outputs
        )
        return made

    def forward(self, batch: Batch) -> Tensor:
        """``(1, B, ...)`` to the 32 forecasts ``(32, B, T)``; each is to be trained, not their mean."""
        return self.raw(batch).transpose(0, 1)


class FtTransformer(_Published):
    """FT-Transformer: attention over the columns (Gorishniy et al. 2021), with its default settings.

    Parameters
    ----------
    seeds, numbers, cardinalities, outputs, precision
        As in :class:`TabMNet`.
    """

    def __init__(
        self, seeds: Sequence[int], numbers: int, cardinalities: Sequence[int], outputs: int,
        precision: str = "fp32",
    ) -> None:  # fmt: skip
        super().__init__(seeds, numbers, cardinalities, outputs)

    def make(self, numbers: int, cardinalities: list[int], outputs: int) -> nn.Module:
        network = _package("rtdl_revisiting_models").FTTransformer
        settings = {k: v for k, v in network.get_default_kwargs().items() if k != "_is_default"}
        made: nn.Module = network(
            n_cont_features=numbers, cat_cardinalities=cardinalities, d_out=outputs, **settings
        )
        return made

    def forward(self, batch: Batch) -> Tensor:
        """``(1, B, ...)`` to ``(1, B, T)``."""
        return self.raw(batch).unsqueeze(0)


def _package(name: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UserError(f'net: the package {name} is missing; pip install "sectorlab[nets]".') from error
