"""How much memory training takes from a Parquet file, by the file's length.

    python benchmarks/stream_memory.py [--rows 1000000 20000000]

Each length is trained on in a process of its own, for one pass; printed is the highest resident memory.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np

GROUP = 100_000
BATCH = 4096


def write(path: Path, rows: int) -> None:
    """Ten numbers and two categories, and a target that depends on some of them."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    rng = np.random.default_rng(0)
    writer = None
    for _ in range(rows // GROUP):
        x = rng.standard_normal((GROUP, 10), np.float32)
        grade = rng.integers(0, 200, GROUP)
        y = np.sin(x[:, 0]) + x[:, 1] * x[:, 2] + 0.01 * grade + rng.normal(size=GROUP)
        texts = {"grade": pa.array(grade.astype(str)), "site": pa.array((grade % 7).astype(str))}
        table = pa.table({f"x{i}": x[:, i] for i in range(10)} | texts | {"y": y.astype(np.float32)})
        writer = writer or ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table, row_group_size=GROUP)
    assert writer is not None
    writer.close()


def learn(path: Path) -> None:
    """Train for one pass and print what it took."""
    import torch
    from pyarrow.parquet import ParquetFile

    from core.learn import DeepRegressor

    torch.set_num_threads(1)
    rows = ParquetFile(path).metadata.num_rows
    start = time.process_time()
    model = DeepRegressor(
        widths=(64, 64), members=1, bins=0, batch=BATCH, steps=max(rows // BATCH, 1), device="cpu"
    ).fit_parquet(path, "y")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    loss = model.report_.held_out.min()
    print(f"{rows:>12,} rows  {peak:7,.0f} MB  {rows / (time.process_time() - start):10,.0f} rows/CPU-s  "
          f"held-out loss {loss:.3f}", flush=True)  # fmt: skip


def main() -> None:
    """Write the files and start a process for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 20_000_000])
    parser.add_argument("--learn", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.learn:
        learn(asked.learn)
        return
    with tempfile.TemporaryDirectory() as folder:
        for rows in asked.rows:
            path = Path(folder) / f"{rows}.parquet"
            write(path, rows)
            subprocess.run([sys.executable, __file__, "--learn", str(path)], check=True)
            path.unlink()


if __name__ == "__main__":
    main()
