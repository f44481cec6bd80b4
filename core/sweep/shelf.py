"""Sweeps on disk: a folder each below ``sweeps`` in the folder of runs; a visible one is complete."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from core.engine.registry import load
from core.errors import UserError
from core.protocol import Role, Table
from core.store import manifest as facts
from core.store.atomic import fingerprints, new_folder, verify
from core.store.tables import read_table, write_table
from core.sweep.sweep import Asked, Failure, Sweep

Kind = Literal["sweep", "worth", "worlds"]


class Sheet(BaseModel):
    """The manifest of a sweep: enough to trust it and to repeat it.

    ``plan`` is what was varied, as the kind of sweep writes it; ``points`` holds the scenario of each point.
    """

    model_config = ConfigDict(extra="forbid")

    format: int = 1
    id: str
    kind: Kind
    usecase: str
    size: str
    plan: dict[str, Any]
    points: list[dict[str, Any]]
    seeds: list[list[int]]
    roles: dict[str, Role]
    device: str
    failures: list[dict[str, Any]]
    versions: dict[str, str]
    code: str
    git: str
    machine: str
    finished: str
    seconds: float
    command: str
    files: dict[str, dict[str, int | str]]


class Shelf:
    """Sweeps below a folder of runs.

    Parameters
    ----------
    root
        The folder of runs.
    """

    def __init__(self, root: Path | str = "runs") -> None:
        self.folder = Path(root) / "sweeps"

    def partial(self, asked: Asked) -> Path:
        """Where finished tasks of an unfinished sweep wait."""
        return self.folder / f".partial-{asked.key}"

    def keep(
        self, sweep: Sweep, kind: Kind, plan: Mapping[str, Any], document: Mapping[str, Any], command: str
    ) -> Sweep:
        """Make a sweep visible, in one rename."""
        now, asked = datetime.now(UTC), sweep.asked
        stamp = f"{now:%Y%m%d-%H%M%S}-{now.microsecond // 1000:03d}"
        target = self.folder / f"{stamp}-{kind}-{asked.key[:8]}-{secrets.token_hex(3)}"
        with new_folder(target) as folder:
            write_table(folder / "per_seed.parquet", _stacked(sweep, "rows"))
            write_table(folder / "skill.parquet", _stacked(sweep, "scores"))
            (folder / "result.json").write_text(
                json.dumps({**document, "sweep": target.name}, ensure_ascii=False), encoding="utf-8"
            )
            sheet = Sheet(
                id=target.name,
                kind=kind,
                usecase=sweep.case.name,
                size=asked.scenarios[0].size,
                plan=dict(plan),
                points=[one.model_dump() for one in asked.scenarios],
                seeds=[list(one) for one in asked.seeds],
                roles=dict(asked.roles),
                device=asked.device,
                failures=[asdict(one) for one in sweep.failures],
                versions=dict(sweep.versions),
                code=facts.code_fingerprint(sweep.case),
                git=facts.git_commit(),
                machine=facts.machine(),
                finished=now.isoformat(timespec="seconds"),
                seconds=sweep.seconds,
                command=command,
                files=fingerprints(folder),
            )
            (folder / "manifest.json").write_text(sheet.model_dump_json(indent=1), encoding="utf-8")
        return replace(sweep, path=str(target))

    def sheets(self) -> list[Sheet]:
        """List the sweeps, oldest first."""
        found = []
        for path in sorted(self.folder.glob("[!.]*/manifest.json")):
            try:
                found.append(Sheet.model_validate_json(path.read_bytes()))
            except (OSError, ValidationError):
                continue
        return found

    def sheet(self, name: str) -> Sheet:
        """Find a sweep by id, folder, or an unambiguous beginning of the id.

        Raises
        ------
        UserError
            When none or several match.
        """
        wanted = Path(name).name
        found = [sheet for sheet in self.sheets() if sheet.id.startswith(wanted)]
        exact = [sheet for sheet in found if sheet.id == wanted]
        if exact or len(found) == 1:
            return (exact or found)[0]
        what = "matches several sweeps" if found else "is not there"
        raise UserError(f"sweep: {name!r} {what} ({self.folder}); give more of its id.")

    def document(self, name: str) -> tuple[dict[str, Any], Sheet]:
        """Read what a sweep's command said; the file is verified first."""
        sheet = self.sheet(name)
        verify(self.folder / sheet.id, sheet.files, below="result.json")
        text = (self.folder / sheet.id / "result.json").read_text(encoding="utf-8")
        found: dict[str, Any] = json.loads(text)
        return found, sheet

    def open(self, name: str) -> tuple[Sweep, Sheet]:
        """Read a sweep; its files are verified first."""
        sheet = self.sheet(name)
        folder = self.folder / sheet.id
        verify(folder, sheet.files)
        case = load(sheet.usecase)
        scenarios = tuple(case.scenario.model_validate(point) for point in sheet.points)
        seeds = tuple(map(tuple, sheet.seeds))
        asked = Asked(case, scenarios, seeds, sheet.roles, sheet.device)
        rows, scores = read_table(folder / "per_seed.parquet"), read_table(folder / "skill.parquet")
        whole = set(rows["point"].tolist())
        runs = tuple(
            asked.run(point, _of(rows, point), _of(scores, point), sheet.versions) if point in whole else None
            for point in range(len(scenarios))
        )
        failures = tuple(Failure(**one) for one in sheet.failures)
        return Sweep(asked, runs, failures, sheet.seconds, str(folder), sheet.versions), sheet


def find(name: str, root: Path) -> tuple[dict[str, Any], Sheet] | None:
    """Read what a sweep said, by its folder or a beginning of its id; None where no sweep is meant.

    Raises
    ------
    UserError
        When several match, or a file is damaged.
    """
    folder = Path(name)
    there = folder.parent.name == "sweeps" and (folder / "manifest.json").is_file()
    shelf = Shelf(folder.parent.parent if there else root)
    known = any(sheet.id.startswith(folder.name) for sheet in shelf.sheets())
    return shelf.document(name) if known and folder.name else None


def _stacked(sweep: Sweep, part: Literal["rows", "scores"]) -> Table:
    """Lay the tables of all whole points one under the other, with a column ``point`` (from 0)."""
    found = [(point, getattr(sweep.at(point), part)) for point in sweep.whole]
    if not found:
        return {"point": np.empty(0, int), "seed": np.empty(0, int)}
    number = [np.full(len(table["seed"]), point) for point, table in found]
    columns = {name: np.concatenate([table[name] for _, table in found]) for name in found[0][1]}
    return {"point": np.concatenate(number), **columns}


def _of(table: Table, point: int) -> dict[str, Any]:
    keep = table["point"] == point
    return {name: column[keep] for name, column in table.items() if name != "point"}
