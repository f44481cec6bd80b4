"""Runs and sweeps as the pages see them: what was computed here, and what ships with each industry.

Read results are kept by their id alone.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import streamlit as st
from pydantic import ValidationError

from core.engine.registry import AnyUseCase
from core.engine.scenario import deep_part, levers
from core.errors import UserError
from core.protocol import SIZES, Scenario
from core.report.assumptions import setting
from core.report.words import Words
from core.results import Run
from core.store.manifest import Manifest
from core.store.runs import Store
from core.sweep.emulator import Emulator, emulator_of
from core.sweep.shelf import Kind, Sheet, Shelf
from dashboards import ledger

KEPT_RUNS = 16
KEPT_SWEEPS = 32


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored run: its manifest, the folder of runs it lies in, and whether it came with the industry."""

    manifest: Manifest
    root: str
    ships: bool

    @property
    def id(self) -> str:
        return self.manifest.id


@dataclass(frozen=True, slots=True)
class Swept:
    """A stored sweep: what it says, its manifest, and the folder of runs it lies below."""

    document: dict[str, Any]
    sheet: Sheet
    root: str


def entries() -> dict[str, list[Entry]]:
    """List the runs by use case: those computed here, newest first, then those that ship."""
    found: dict[str, list[Entry]] = {}
    for row in sorted(ledger.listed()[0], key=lambda row: row.ships):
        if isinstance(row.facts, Manifest):
            found.setdefault(row.facts.usecase, []).append(Entry(row.facts, row.root, row.ships))
    return found


def standing(case: AnyUseCase, found: list[Entry]) -> Entry | None:
    """Choose the run that stands for an industry: of the default levers, at the largest size.

    Of equal ones, what was computed here comes before what ships, and the newer before the older. So nothing
    that somebody tried out takes the place of the evidence.
    """
    usual = [one for one in found if by_default(case, one.manifest)]
    among = usual or found
    return max(among, key=lambda one: SIZES.index(one.manifest.size), default=None)


def by_default(case: AnyUseCase, manifest: Manifest) -> bool:
    """Whether a run has all levers at their defaults, no replaced constant, and every contender."""
    usual = all(manifest.scenario.get(n, i.default) == i.default for n, i in levers(case.scenario).items())
    everyone = set(case.contenders) <= set(manifest.roles)
    return usual and everyone and not manifest.scenario.get("assumed")


# The key is a text: a table handed to a cache would be told from another by a sample of its rows.
@st.cache_resource(max_entries=KEPT_RUNS, show_spinner=False)
def _opened(folder: str, run_id: str) -> Run:
    return Store(folder).open(run_id)


def opened(entry: Entry, say: Words) -> Run:
    """Read a run; its files are verified the first time.

    Raises
    ------
    UserError
        When a file is missing or damaged, or the industry has changed since.
    """
    try:
        run = _opened(entry.root, entry.id)
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{entry.id}: {type(error).__name__}: {error}") from error
    missing = [kpi.name for kpi in run.case.kpis if kpi.name not in run.rows]
    if missing:
        raise UserError(say("run.older", run=entry.id, missing=", ".join(missing)))
    return run


@st.cache_resource(max_entries=KEPT_SWEEPS, show_spinner=False)
def _document(folder: str, sweep_id: str) -> dict[str, Any]:
    return Shelf(folder).document(sweep_id)[0]


def sweeps(usecase: str, kind: Kind) -> list[Swept]:
    """List the sweeps of an industry: those computed here, newest first, then those that ship.

    One that cannot be read is left out; the runs page names it.
    """
    found = []
    for row in sorted(ledger.listed()[0], key=lambda row: row.ships):
        if isinstance(row.facts, Sheet) and (row.facts.usecase, row.kind) == (usecase, kind):
            with suppress(OSError, ValueError, UserError):
                found.append(Swept(_document(row.root, row.id), row.facts, row.root))
    return found


@st.cache_resource(max_entries=KEPT_SWEEPS, show_spinner=False)
def _emulator(folder: str, sweep_id: str) -> Emulator | None:
    return emulator_of(Shelf(folder), sweep_id)


def emulators(usecase: str) -> list[Emulator]:
    """Give the emulators of an industry's sweeps; one that cannot be read is left out."""
    found = []
    for one in sweeps(usecase, "sweep"):
        with suppress(OSError, ValueError, UserError):
            found.append(_emulator(one.root, one.sheet.id))
    return [one for one in found if one is not None]


def contenders(case: AnyUseCase) -> tuple[str, ...] | None:
    """Name the contenders of an industry's sweep with an emulator; None where it had all, or there is none.

    So what is computed beside an estimate is the same thing.
    """
    for one in sweeps(case.name, "sweep"):
        if one.document.get("emulator") is not None:
            names = tuple(name for name in one.sheet.roles if name in case.contenders)
            return None if set(case.contenders) <= set(names) else names
    return None


def playable(case: AnyUseCase, scenario: Scenario) -> Entry | None:
    """Find the newest run with trained policies whose world and training are a scenario's."""
    wanted = deep_part(scenario)
    for entry in entries().get(case.name, []):
        manifest = entry.manifest
        if manifest.size != scenario.size or not Path(entry.root, entry.id, "policies").is_dir():
            continue
        try:
            stood = case.scenario.model_validate(manifest.scenario)
        except ValidationError:
            continue
        if deep_part(stood) == wanted:
            return entry
    return None


def when(manifest: Manifest) -> str:
    """Say when a run was started, to the minute, in the machine's own time."""
    return datetime.fromisoformat(manifest.started).astimezone().strftime("%Y-%m-%d %H:%M")


def run_name(case: AnyUseCase, entry: Entry, say: Words, key: str = "run.name") -> str:
    """Name a run by time, size, setting and seeds, and say whether it came with the industry."""
    manifest = entry.manifest
    told = say(
        key,
        when=when(manifest),
        size=manifest.size,
        situation=setting(case, manifest.situation, manifest.scenario, say),
        seeds=len(manifest.seeds),
    )
    return f"{told} {say('run.ships')}" if entry.ships else told
