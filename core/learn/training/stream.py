"""Batches from Parquet, for tables larger than memory.

A pool of row groups is read and shuffled at a time; which groups, and in which order their rows come,
depends on the seed and the pass alone, so that training resumes anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from core.learn.training.noise import generator
from core.learn.training.rows import ORDER, Batch
from core.protocol import Array

if TYPE_CHECKING:
    import pandas as pd

POOL = 262_144
"""Rows that are read and shuffled together."""


class ParquetRows:
    """Training batches from row groups of a Parquet file.

    All members of a stack meet the same rows; they differ in their initial weights and in dropout.

    Parameters
    ----------
    path
        The file. Write it with row groups well below ``pool`` rows.
    groups
        Numbers of its row groups that may be used.
    read
        From a frame to the network's inputs and targets by name, ``(R, ...)``.
    columns
        Columns to read.
    batch
        Rows a step.
    seeds
        One for each member; the first shuffles.
    pool
        Rows in memory at a time.
    device
        Where batches go.

    Raises
    ------
    ValueError
        When no pool holds a batch.
    """

    def __init__(
        self, path: Path, groups: Sequence[int], read: Callable[[pd.DataFrame], Mapping[str, Array]], *,
        columns: Sequence[str], batch: int, seeds: Sequence[int], pool: int = POOL,
        device: torch.device | str = "cpu",
    ) -> None:  # fmt: skip
        from pyarrow.parquet import ParquetFile

        self._file: Any = ParquetFile(path)
        self._sizes = {g: int(self._file.metadata.row_group(g).num_rows) for g in groups}
        self._read, self._columns = read, list(columns)
        self.batch, self.seeds, self.device = batch, tuple(seeds), torch.device(device)
        self._pool = pool
        self._epoch_steps = [self._steps(0)]
        self._held: tuple[tuple[int, int], Mapping[str, Tensor]] | None = None
        if not self._epoch_steps[0]:
            raise ValueError(
                f"batch: {batch} rows are more than are read together; give fewer, or a larger pool."
            )

    def at(self, step: int) -> Batch:
        """Give the batch of a step, ``(M, B, ...)``."""
        epoch = 0
        while step >= self._steps_of(epoch):
            step -= self._steps_of(epoch)
            epoch += 1
        for number, groups in enumerate(self._pools(epoch)):
            steps = self._rows(groups) // self.batch
            if step < steps:
                return self._slice(self._loaded(epoch, number, groups), step)
            step -= steps
        raise AssertionError("a pass has as many steps as its pools")

    def _slice(self, table: Mapping[str, Tensor], step: int) -> Batch:
        rows = slice(step * self.batch, (step + 1) * self.batch)
        members = len(self.seeds)
        return {
            name: (piece := values[rows].to(self.device)).expand(members, *piece.shape)
            for name, values in table.items()
        }

    def _loaded(self, epoch: int, number: int, groups: Sequence[int]) -> Mapping[str, Tensor]:
        if self._held is None or self._held[0] != (epoch, number):
            self._held = None  # before the next pool is read, not after: two of them need not fit
            frame = self._file.read_row_groups(sorted(groups), columns=self._columns).to_pandas()
            order = generator(self.seeds[0], ORDER, epoch, number).permutation(len(frame))
            table = {k: torch.from_numpy(np.asarray(v)[order]) for k, v in self._read(frame).items()}
            self._held = (epoch, number), table
        return self._held[1]

    def _pools(self, epoch: int) -> Iterator[list[int]]:
        """Row groups that are read together, in the order of a pass."""
        groups = list(self._sizes)
        pool: list[int] = []
        for index in generator(self.seeds[0], ORDER, epoch).permutation(len(groups)):
            if pool and self._rows(pool) + self._sizes[groups[index]] > self._pool:
                yield pool
                pool = []
            pool.append(groups[index])
        yield pool

    def _rows(self, groups: Sequence[int]) -> int:
        return sum(self._sizes[g] for g in groups)

    def _steps(self, epoch: int) -> int:
        return sum(self._rows(pool) // self.batch for pool in self._pools(epoch))

    def _steps_of(self, epoch: int) -> int:
        while len(self._epoch_steps) <= epoch:
            self._epoch_steps.append(self._steps(len(self._epoch_steps)))
        return self._epoch_steps[epoch]


def split_groups(path: Path, *, share: float, most: int) -> tuple[list[int], list[int]]:
    """Row groups to learn from, and the last ones to judge on.

    Parameters
    ----------
    path
        A Parquet file whose rows come in time order.
    share
        Of the rows, held out; at least one group, or none if 0.
    most
        Rows beyond which no further group is held out.

    Raises
    ------
    ValueError
        When the file has a single row group.
    """
    from pyarrow.parquet import ParquetFile

    metadata = ParquetFile(path).metadata
    sizes = [metadata.row_group(g).num_rows for g in range(metadata.num_row_groups)]
    if len(sizes) < 2:
        raise ValueError(
            f"path: {path.name} has a single row group; write several, of some 50,000 rows each."
        )
    if not share:
        return list(range(len(sizes))), []
    first, held = len(sizes), 0
    while first > 1 and (held == 0 or held + sizes[first - 1] <= min(share * sum(sizes), most)):
        first -= 1
        held += sizes[first]
    return list(range(first)), list(range(first, len(sizes)))


def columns_of(path: Path, target: str, wanted: Sequence[str] | None) -> list[str]:
    """Names of the columns to learn from.

    Raises
    ------
    ValueError
        When the file lacks the target or a wanted column.
    """
    from pyarrow.parquet import ParquetFile

    names = ParquetFile(path).schema_arrow.names
    for name in (target, *(wanted or ())):
        if name not in names:
            raise ValueError(f"column: {name!r} is not in {path.name}; choose among {', '.join(names[:12])}.")
    return list(wanted) if wanted is not None else [name for name in names if name != target]


def rows_of(path: Path, groups: Sequence[int]) -> int:
    """Rows in some row groups."""
    from pyarrow.parquet import ParquetFile

    metadata = ParquetFile(path).metadata
    return sum(int(metadata.row_group(g).num_rows) for g in groups)


def sample(path: Path, groups: Sequence[int], *, columns: Sequence[str], rows: int) -> pd.DataFrame:
    """Read whole row groups, evenly spread, until there are ``rows`` rows."""
    import pandas as pd
    from pyarrow.parquet import ParquetFile

    file: Any = ParquetFile(path)
    each = max(file.metadata.row_group(groups[0]).num_rows, 1)
    wanted = max(min(-(-rows // each), len(groups)), 1)
    chosen = [groups[i] for i in np.unique(np.linspace(0, len(groups) - 1, wanted).round().astype(int))]
    share = max(rows // len(chosen), 1)
    frames = []
    for group in chosen:
        frame = file.read_row_group(group, columns=list(columns)).to_pandas()
        frames.append(frame.iloc[:: max(-(-len(frame) // share), 1)])
    whole: pd.DataFrame = pd.concat(frames, ignore_index=True)
    return whole
