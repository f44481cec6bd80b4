"""Tables on disk as Parquet."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.protocol import Table


def write_table(path: Path, table: Table) -> None:
    """Write named columns of one length."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    columns = {name: np.asarray(values) for name, values in table.items()}
    pq.write_table(pa.table(columns), path, compression="zstd")


def read_table(path: Path) -> dict[str, np.ndarray]:
    """Read what :func:`write_table` wrote; texts come back as object arrays."""
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    return {name: table[name].to_numpy() for name in table.column_names}


def stack(tables: list[tuple[str, Table]]) -> dict[str, np.ndarray]:
    """Put tables of the same columns under each other, with the contender they belong to."""
    if not tables:
        return {}
    names = list(tables[0][1])
    lengths = [len(next(iter(table.values()))) for _, table in tables]
    stacked = {name: np.concatenate([table[name] for _, table in tables]) for name in names}
    return {"contender": np.repeat([name for name, _ in tables], lengths)} | stacked
