"""Where batches come from: a table that lies on the device, from which rows are picked by index.

A batch is a mapping of tensors ``(M, B, ...)``: each member of a stack meets rows of its own, in its own
order. Members may share all rows (seeds), leave some out (folds, bags) or have none in common (levers).
Which rows a step takes depends on the member's seed and the step alone, so training resumes anywhere.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from core.learn.training.noise import generator
from core.protocol import Array

Batch = Mapping[str, Tensor]
ORDER = 2
"""Purpose number of the streams that shuffle rows."""


class Source(Protocol):
    """What the loop draws batches from."""

    @property
    def seeds(self) -> Sequence[int]:
        """One for each member."""
        ...

    def at(self, step: int) -> Batch:
        """Give the batch of a step: the same one whenever it is asked for."""
        ...


class Rows:
    """Rows of a table on the device.

    Parameters
    ----------
    table
        Tensors ``(R, ...)`` or arrays, by name.
    members
        Row numbers of each member.
    batch
        Rows a step and member; no more than the smallest member has.
    seeds
        One for each member.
    device
        Where the table should lie. If it does not fit, it stays in main memory and batches are copied.

    Examples
    --------
    >>> rows = Rows({"x": np.arange(6.0)}, [np.arange(6)], batch=3, seeds=(0,))
    >>> sorted(torch.cat([rows.at(0)["x"], rows.at(1)["x"]], 1).flatten().tolist())
    [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    """

    def __init__(
        self, table: Mapping[str, Array | Tensor], members: Sequence[Array], *, batch: int,
        seeds: Sequence[int], device: torch.device | str = "cpu",
    ) -> None:  # fmt: skip
        self.device = torch.device(device)
        self.seeds, self.members = tuple(seeds), members
        self.batch = max(1, min(batch, *(len(rows) for rows in members)))
        self.table = _placed({name: torch.as_tensor(values) for name, values in table.items()}, self.device)
        # As many steps are shuffled at once as the smallest member's pass has.
        self._span = max(min(len(rows) for rows in members) // self.batch, 1)
        self._part = -1
        self._order = torch.empty(0)

    def at(self, step: int) -> Batch:
        """Give the batch of a step, ``(M, B, ...)``."""
        part, within = divmod(step, self._span)
        if part != self._part:
            self._part, self._order = part, self._shuffled(part)
        return self.pick(self._order[:, within * self.batch : (within + 1) * self.batch])

    def pick(self, rows: Tensor) -> Batch:
        """Gather rows ``(M, B)``, numbers of the table's rows."""
        return {name: _gathered(values, rows).to(self.device) for name, values in self.table.items()}

    def _shuffled(self, part: int) -> Tensor:
        """Row numbers of a span of steps, ``(M, span * B)``; a member's passes follow each other."""
        needed = self._span * self.batch
        order = np.empty((len(self.members), needed), np.int64)
        for m, (seed, rows) in enumerate(zip(self.seeds, self.members, strict=True)):
            first = part * needed
            filled = 0
            while filled < needed:
                epoch, offset = divmod(first + filled, len(rows))
                piece = rows[
                    generator(seed, ORDER, epoch).permutation(len(rows))[offset : offset + needed - filled]
                ]
                order[m, filled : filled + len(piece)] = piece
                filled += len(piece)
        return torch.from_numpy(order).to(_where(self.table))


class HeldOut:
    """Rows that a stack is judged on, in order.

    Parameters
    ----------
    table
        As in :class:`Rows`; may be the same tensors.
    members
        Row numbers of each member, of any length.
    chunk
        Rows looked at together.
    """

    def __init__(
        self, table: Mapping[str, Array | Tensor], members: Sequence[Array], *,
        device: torch.device | str = "cpu", chunk: int = 16_384,
    ) -> None:  # fmt: skip
        self.device, self.chunk = torch.device(device), chunk
        self.table = _placed({name: torch.as_tensor(values) for name, values in table.items()}, self.device)
        where = _where(self.table)
        longest = max(len(rows) for rows in members)
        padded = [np.resize(rows, longest) for rows in members]
        self._rows = torch.from_numpy(np.stack(padded)).to(where)
        lengths = torch.tensor([len(rows) for rows in members], device=where)
        self._real = torch.arange(longest, device=where)[None] < lengths[:, None]

    def __iter__(self) -> Iterator[tuple[Batch, Tensor]]:
        """Give batches, and a mask ``(M, B)`` of which rows are real and which fill up."""
        for first in range(0, self._rows.shape[1], self.chunk):
            rows = self._rows[:, first : first + self.chunk]
            batch = {name: _gathered(values, rows).to(self.device) for name, values in self.table.items()}
            yield batch, self._real[:, first : first + self.chunk].to(self.device)


def _gathered(values: Tensor, rows: Tensor) -> Tensor:
    return values.index_select(0, rows.reshape(-1)).view(*rows.shape, *values.shape[1:])


def _where(table: Mapping[str, Tensor]) -> torch.device:
    return next(iter(table.values())).device


def _placed(table: dict[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    try:
        return {name: values.to(device) for name, values in table.items()}
    except torch.OutOfMemoryError:
        warnings.warn(
            f"the table does not fit on {device}: it stays in main memory and batches are copied.",
            UserWarning, stacklevel=3,
        )  # fmt: skip
        return table
