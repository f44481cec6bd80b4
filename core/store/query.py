"""Questions to all stored runs at once, in SQL.

Four tables stand open, each with the id of the run in its column ``run``: ``runs`` (one row a manifest),
``per_seed``, ``summary`` and ``skill`` (the Parquet tables of the runs, one under the other).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import UserError
from core.store.manifest import Manifest
from core.store.runs import Store

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Rows = tuple[list[str], list[tuple[Any, ...]]]
"""Names of the columns, and the rows."""
PARTS = ("per_seed", "summary", "skill")
_EMPTY = {
    "per_seed": "run VARCHAR, seed BIGINT, contender VARCHAR, validation DOUBLE",
    "summary": "run VARCHAR, contender VARCHAR, kpi VARCHAR, unit VARCHAR, mean DOUBLE, ci_low DOUBLE,"
    " ci_high DOUBLE, difference DOUBLE, difference_low DOUBLE, difference_high DOUBLE",
    "skill": "run VARCHAR, seed BIGINT, contender VARCHAR, measure VARCHAR, unit VARCHAR, value DOUBLE,"
    " floor DOUBLE, naive DOUBLE",
}
# Times are UTC.
_RUNS = {
    "run": "VARCHAR",
    "usecase": "VARCHAR",
    "size": "VARCHAR",
    "situation": "VARCHAR",
    "seeds": "BIGINT",
    "scenario": "JSON",
    "device": "VARCHAR",
    "workers": "BIGINT",
    "started": "TIMESTAMP",
    "finished": "TIMESTAMP",
    "seconds": "DOUBLE",
    "version": "VARCHAR",
    "code": "VARCHAR",
    "git": "VARCHAR",
    "command": "VARCHAR",
    "path": "VARCHAR",
}


def listed(store: Store) -> list[dict[str, Any]]:
    """Give one row a run, oldest first: the columns of the table ``runs``."""
    return [_row(store, manifest) for manifest in store.manifests()]


def _row(store: Store, manifest: Manifest) -> dict[str, Any]:
    return {
        "run": manifest.id,
        "usecase": manifest.usecase,
        "size": manifest.size,
        "situation": manifest.situation,
        "seeds": len(manifest.seeds),
        "scenario": manifest.scenario,
        "device": manifest.device,
        "workers": manifest.workers,
        "started": manifest.started,
        "finished": manifest.finished,
        "seconds": manifest.seconds.get("total"),
        "version": manifest.versions.get("sectorlab"),
        "code": manifest.code,
        "git": manifest.git,
        "command": manifest.command,
        "path": str(store.root / manifest.id),
    }


def ask(store: Store, sql: str) -> Rows:
    """Answer a question in SQL.

    Parameters
    ----------
    store
        Whose runs.
    sql
        DuckDB's dialect. It sees the four tables and nothing else: no file, no network.

    Returns
    -------
    list of str, list of tuple
        Names of the columns, and the rows.

    Raises
    ------
    UserError
        When it is no valid question to these tables.
    """
    import duckdb

    with duckdb.connect(":memory:") as base:
        asked = sql.lower()
        if "runs" in asked:
            _fill_runs(base, store)
        for part in PARTS:
            if part in asked:
                _fill(base, store, part)
        # From here on nothing outside the tables can be read or written.
        base.execute("SET enable_external_access = false")
        base.execute("SET lock_configuration = true")
        try:
            answer = base.execute(sql)
            names = [column[0] for column in answer.description or ()]
            return names, answer.fetchall() if names else []
        except duckdb.Error as error:
            said = str(error).splitlines()[0]
            raise UserError(
                f"sql: {said}; the tables are runs, {', '.join(PARTS)}, each with a column run."
            ) from error


def _fill_runs(base: DuckDBPyConnection, store: Store) -> None:
    base.execute(f"CREATE TABLE runs ({', '.join(f'{name} {kind}' for name, kind in _RUNS.items())})")
    rows = [
        row
        | {"scenario": json.dumps(row["scenario"])}
        | {name: row[name].replace("+00:00", "") for name in ("started", "finished")}
        for row in listed(store)
    ]
    if rows:
        places = ", ".join("?" * len(_RUNS))
        base.executemany(f"INSERT INTO runs VALUES ({places})", [list(row.values()) for row in rows])  # noqa: S608


def _fill(base: DuckDBPyConnection, store: Store, part: str) -> None:
    """Put one Parquet table of all runs into a table; a file that is not whole is left out."""
    files = [
        str(path.resolve())
        for manifest in store.manifests()
        if _whole(path := store.root / manifest.id / f"{part}.parquet", manifest)
    ]
    if not files:
        base.execute(f"CREATE TABLE {part} ({_EMPTY[part]})")
        return
    base.execute(
        f"CREATE TABLE {part} AS SELECT parse_path(filename)[-2] AS run,"  # noqa: S608
        " * EXCLUDE (filename) FROM read_parquet(?, union_by_name = true, filename = true)",
        [files],
    )


def _whole(path: Path, manifest: Manifest) -> bool:
    known = manifest.files.get(path.name)
    return known is not None and path.is_file() and path.stat().st_size == known["bytes"]
