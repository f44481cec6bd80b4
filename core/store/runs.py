"""The store: a folder of runs, each a folder; a visible run is complete."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from core.engine.cell import CellResult
from core.engine.registry import AnyUseCase, load
from core.errors import UserError
from core.protocol import Policy
from core.results import Run, document
from core.store import policies
from core.store.atomic import fingerprints, new_folder, verify
from core.store.cells import cell_in, cell_out
from core.store.manifest import Manifest, key, package_of
from core.store.tables import read_table, stack, write_table

DRAFT_AGE_S = 3600.0
"""Drafts that a killed process left are swept after this time."""


class Store:
    """Runs below a folder.

    Parameters
    ----------
    root
        Created when the first run is written.
    """

    def __init__(self, root: Path | str = "runs") -> None:
        self.root = Path(root)

    # --- unfinished runs -----------------------------------------------------------------------

    def prepare(self) -> None:
        """Make the folder, and sweep what killed processes left.

        Raises
        ------
        UserError
            When nothing can be written there.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            probe = self.root / f".write-{os.getpid()}"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise UserError(
                f"out: {str(self.root)!r} cannot be written to ({error.strerror}); give a folder of yours."
            ) from error
        for draft in (*self.root.glob(".draft-*"), *self.root.glob(".partial-*/.draft-*")):
            # Another process may be done with its draft at this very moment.
            with suppress(FileNotFoundError):
                if time.time() - draft.stat().st_mtime > DRAFT_AGE_S:
                    shutil.rmtree(draft, ignore_errors=True)

    def partial(self, run_key: str) -> Path:
        """Where the finished cells of an unfinished run wait."""
        return self.root / f".partial-{run_key}"

    def put_cell(self, run_key: str, cell: CellResult) -> None:
        """Keep a finished cell."""
        with new_folder(self.partial(run_key) / cell_name(cell.seed, cell.contender)) as folder:
            for name, table in cell.traces.items():
                write_table(folder / "traces" / f"{name}.parquet", table)
            if cell.policy is not None:
                policies.save(cell.policy, folder / "policy")
            facts = cell_out(cell) | {"files": fingerprints(folder)}
            facts["sha256"] = key(facts)
            (folder / "cell.json").write_text(json.dumps(facts), encoding="utf-8")

    def cells(self, run_key: str) -> Iterator[CellResult]:
        """Give the finished cells of an unfinished run; a damaged one counts as missing."""
        for path in sorted(self.partial(run_key).glob("[!.]*")):
            facts = _intact(path)
            if facts is None:
                shutil.rmtree(path, ignore_errors=True)
                continue
            yield cell_in(facts, {p.stem: read_table(p) for p in sorted(path.glob("traces/*.parquet"))})

    # --- finished runs -------------------------------------------------------------------------

    def finish(self, run: Run, manifest: Manifest, traces: Mapping[str, list[Any]]) -> Path:
        """Make a run visible from its cells, in one rename."""
        partial = self.partial(manifest.run_key)
        target = self.root / manifest.id
        with new_folder(target) as folder:
            write_table(folder / "per_seed.parquet", run.rows)
            write_table(folder / "skill.parquet", run.scores)
            write_table(folder / "summary.parquet", summary_table(run))
            for name, tables in traces.items():
                write_table(folder / "traces" / f"{name}.parquet", stack(tables))
            for cell in sorted(partial.glob("[!.]*/policy")):
                shutil.copytree(cell, folder / "policies" / cell.parent.name)
            charts = [_chart_out(chart) for chart in run.charts()]
            (folder / "charts.json").write_text(json.dumps(charts, ensure_ascii=False), encoding="utf-8")
            (folder / "result.json").write_text(
                json.dumps(document(run) | {"run": manifest.id}, ensure_ascii=False), encoding="utf-8"
            )
            manifest = manifest.model_copy(update={"files": fingerprints(folder)})
            (folder / "manifest.json").write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
        shutil.rmtree(partial, ignore_errors=True)
        return target

    def manifests(self, like: str = "*") -> list[Manifest]:
        """List the runs, oldest first; a folder without a readable manifest is no run."""
        found = []
        for path in sorted(self.root.glob(f"[!.]{like}/manifest.json")):
            try:
                found.append(Manifest.model_validate_json(path.read_bytes()))
            except (OSError, ValidationError):
                continue
        return found

    def manifest(self, run_id: str) -> Manifest:
        """Find a run by id, folder, or an unambiguous beginning of the id.

        Raises
        ------
        UserError
            When none or several match.
        """
        wanted = Path(run_id).name
        ids = [m for m in self.manifests() if m.id.startswith(wanted)]
        exact = [m for m in ids if m.id == wanted]
        if exact:
            return exact[0]
        if len(ids) == 1:
            return ids[0]
        what = "matches several runs" if ids else "is not in the store"
        raise UserError(f"run: {run_id!r} {what} ({self.root}); `sectorlab runs` lists them.")

    def open(self, run_id: str) -> Run:
        """Read a run; its files are verified first."""
        manifest = self.manifest(run_id)
        folder = self.root / manifest.id
        tables = {n: f for n, f in manifest.files.items() if not n.startswith("policies/")}
        verify(folder, tables)
        return Run(
            case=load(manifest.usecase),
            size=manifest.size,
            situation=manifest.situation,
            scenario=manifest.scenario,
            seeds=tuple(manifest.seeds),
            device=manifest.device,
            versions=manifest.versions,
            roles=manifest.roles,
            rows=read_table(folder / "per_seed.parquet"),
            scores=read_table(folder / "skill.parquet"),
            traces={p.stem: read_table(p) for p in sorted(folder.glob("traces/*.parquet"))},
            seconds=manifest.seconds,
            path=str(folder),
            command=manifest.command,
        )

    def latest(self, run_key: str) -> Manifest | None:
        """Find the newest finished run of a key."""
        found = [m for m in self.manifests() if m.run_key == run_key]
        return found[-1] if found else None

    def trained(self, case: AnyUseCase, deep_key: str) -> dict[tuple[int, str], Path]:
        """Find trained policies of the same deep scenario, by seed and contender."""
        found: dict[tuple[int, str], Path] = {}
        for manifest in self.manifests(f"*-{deep_key[:8]}-*"):
            if manifest.deep_key != deep_key:
                continue
            for seed in manifest.seeds:
                for name in case.contenders:
                    folder = self.root / manifest.id / "policies" / cell_name(seed, name)
                    if folder.is_dir():
                        found[seed, name] = folder
        return found

    def policy(self, case: AnyUseCase, folder: Path) -> Policy:
        """Load a trained policy of a finished run, verified against the manifest first."""
        home = folder.parent.parent
        manifest = Manifest.model_validate_json((home / "manifest.json").read_bytes())
        verify(home, manifest.files, below=f"policies/{folder.name}/")
        return policies.load(folder, (package_of(case),))


def find(name: str, root: Path) -> tuple[Run, Manifest]:
    """Open a run by its folder, or by id or a beginning of it in the store at ``root``.

    Raises
    ------
    UserError
        When none or several match, or a file is damaged.
    """
    folder = Path(name)
    store = Store(folder.parent if (folder / "manifest.json").is_file() else root)
    manifest = store.manifest(name)
    return store.open(manifest.id), manifest


def _intact(cell: Path) -> dict[str, Any] | None:
    """Read a cell's facts, unless they or its files are damaged."""
    try:
        facts: dict[str, Any] = json.loads((cell / "cell.json").read_text(encoding="utf-8"))
        if facts.pop("sha256") != key(facts):
            return None
        verify(cell, facts["files"])
    except (OSError, ValueError, KeyError, AttributeError, UserError):
        return None
    return facts


def cell_name(seed: int, contender: str) -> str:
    """Name the folder of a cell, and of its policy."""
    return f"{seed:06d}-{contender}"


def _chart_out(chart: Any) -> dict[str, Any]:
    fields = {name: getattr(chart, name) for name in chart.__dataclass_fields__}
    fields["table"] = {name: np.asarray(column).tolist() for name, column in chart.table.items()}
    return fields


def summary_table(run: Run) -> dict[str, np.ndarray]:
    """One row a contender and KPI: mean, interval, difference to the incumbent."""
    names = [*run.roles, *(["selected"] if run.chosen else [])]
    rows = []
    for name in names:
        for kpi in run.case.kpis:
            own, against = run.interval(kpi.name, name), run.difference(kpi.name, name)
            rows.append((name, kpi.name, kpi.unit, own.mean, own.low, own.high,
                         against.mean, against.low, against.high))  # fmt: skip
    columns = ("contender", "kpi", "unit", "mean", "ci_low", "ci_high",
               "difference", "difference_low", "difference_high")  # fmt: skip
    return {name: np.asarray(values) for name, values in zip(columns, zip(*rows, strict=True), strict=True)}
