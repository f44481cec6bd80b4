"""Tables on disk as Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from core.protocol import Table


def write_table(path: Path, table: Table) -> None:
    """Write named columns of one length."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    columns = [_arrow(np.asarray(values)) for values in table.values()]
    pq.write_table(pa.Table.from_arrays(columns, names=list(table)), path, compression="zstd")


def _arrow(values: np.ndarray) -> Any:
    """Hand numbers and texts over as buffers: pyarrow's own converters load pandas for nothing."""
    import pyarrow as pa

    if values.dtype.kind in "fiu":
        buffer = pa.py_buffer(np.ascontiguousarray(values))
        return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, buffer])
    if values.dtype.kind == "b":
        bits = pa.py_buffer(np.packbits(values, bitorder="little"))
        return pa.Array.from_buffers(pa.bool_(), len(values), [None, bits])
    words = [str(value).encode() for value in values.tolist()]
    ends = np.cumsum([0, *map(len, words)]).astype(np.int32)
    return pa.StringArray.from_buffers(len(words), pa.py_buffer(ends), pa.py_buffer(b"".join(words)))


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
