"""Files of what a person has chosen: KPIs, seed by seed, and the report, written by a process of its own."""

from __future__ import annotations

import io
import shlex
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from core.errors import UserError
from core.report.words import Words
from core.results import Run
from core.store.atomic import verify
from core.store.manifest import Manifest
from core.store.tables import read_table
from core.sweep.shelf import Sheet
from dashboards import apart, tables
from dashboards.ledger import PER_SEED, Row

FORMS: Mapping[str, str] = {
    "html": "text/html",
    "pdf": "application/pdf",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
"""Formats of a report, with their media types."""
PARQUET = "application/vnd.apache.parquet"
PATIENCE_S = 300.0
MISTAKE = 2
"""The command line ends so where one sentence says what a person can do."""
COMMAND = "from core.cli.main import main; main()"


def name(chosen: Sequence[Row], ending: str) -> str:
    """Name a file after the industry, or after the suite, and the first of what is chosen."""
    cases = {row.facts.usecase for row in chosen}
    return f"{cases.pop() if len(cases) == 1 else 'sectorlab'}-{chosen[0].id}{ending}"


def kpis(runs: Sequence[tuple[Row, Run]]) -> bytes:
    """Write the KPIs of runs one under the other, as CSV."""
    frames = [_of(row, tables.kpi_numbers(run)) for row, run in runs]
    return tables.csv(pd.concat(frames, ignore_index=True))


def seed_by_seed(chosen: Sequence[Row]) -> bytes:
    """Write the rows of runs and sweeps one under the other, as Parquet.

    A column that only some of them have is empty for the others. Of a sweep, ``point`` is the setting from 0,
    and what was varied stands in columns that begin with ``lever_`` or ``constant_``.
    """
    buffer = io.BytesIO()
    frames = [_of(row, _rows(row)) for row in chosen]
    pd.concat(frames, ignore_index=True).to_parquet(buffer, index=False)
    return buffer.getvalue()


def _of(row: Row, frame: pd.DataFrame) -> pd.DataFrame:
    front = {"run": row.id, "usecase": row.facts.usecase, "size": row.facts.size}
    return pd.concat([pd.DataFrame(front, index=frame.index), frame], axis=1)


def _rows(row: Row) -> pd.DataFrame:
    verify(row.folder, row.facts.files)
    frame = pd.DataFrame(read_table(row.folder / PER_SEED))
    if isinstance(row.facts, Manifest):
        return frame
    varied = pd.DataFrame(list(_varied(row.facts)))
    return pd.concat([frame, varied.iloc[frame["point"].to_numpy()].reset_index(drop=True)], axis=1)


def _varied(sheet: Sheet) -> Iterator[dict[str, Any]]:
    """Give the settings of each point that are not the same in all."""
    settings = [
        {f"lever_{name}": value for name, value in point.items() if name not in ("assumed", "size")}
        | {f"constant_{name}": value for name, value in point.get("assumed", ())}
        for point in sheet.points
    ]
    names = dict.fromkeys(name for one in settings for name in one)
    moved = [name for name in names if len({repr(one.get(name)) for one in settings}) > 1]
    return ({name: one.get(name) for name in moved} for one in settings)


def report(chosen: Sequence[Row], form: str, say: Words) -> bytes:
    """Have the report written in the page's language, in a process of its own, and wait.

    So nobody else's page waits, and nothing that prints stays in the server.

    Raises
    ------
    UserError
        When it cannot be made, or takes too long.
    """
    folders = [str(row.folder.resolve()) for row in chosen]
    words = ["--to", form, "--lang", say.lang]
    instead = shlex.join(["sectorlab", "report", *words, *folders])
    with TemporaryDirectory() as folder:
        file = Path(folder, f"report.{form}")
        words = ["report", *words, "--file", str(file), "--", *folders]
        try:
            done = apart.finished(COMMAND, words, patience=PATIENCE_S)
        except subprocess.TimeoutExpired as error:
            raise UserError(say("runs.take.late", seconds=f"{PATIENCE_S:.0f}", command=instead)) from error
        if done.returncode == MISTAKE and done.stderr.strip():
            raise UserError(done.stderr.strip().splitlines()[-1])
        if done.returncode != 0:
            raise UserError(say("runs.take.broke", code=done.returncode, command=instead))
        return file.read_bytes()
