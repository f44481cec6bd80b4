"""Runs and sweeps as the pages see them: what was computed here, and what ships with each industry.

Read results are kept by their id alone.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import streamlit as st

from core.engine.registry import AnyUseCase, load_all
from core.engine.scenario import levers
from core.errors import UserError
from core.protocol import SIZES
from core.report.assumptions import setting
from core.report.words import Words
from core.results import Run
from core.store.manifest import Manifest
from core.store.runs import Store
from core.store.shipped import shipped
from core.sweep.shelf import Kind, Sheet, Shelf

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


def root() -> str:
    """Give the folder of runs that are computed here."""
    return os.environ.get("SECTORLAB_RUNS") or "runs"


@st.cache_resource(show_spinner=False)
def industries() -> tuple[dict[str, AnyUseCase], dict[str, str]]:
    """Import all use cases; say of each that cannot be why not. What is installed changes with a restart."""
    return load_all()


@st.cache_resource(show_spinner=False)
def _shipped() -> dict[str, str]:
    """Folder of shipped runs by use case; several may share one."""
    found = {name: shipped(case) for name, case in industries()[0].items()}
    return {name: str(folder) for name, folder in found.items() if folder is not None}


# What ships never changes while the pages are served.
@st.cache_resource(show_spinner=False)
def _lying_in(folder: str) -> list[Manifest]:
    return Store(folder).manifests()


def entries() -> dict[str, list[Entry]]:
    """List the runs by use case: those computed here, newest first, then those that ship."""
    found: dict[str, list[Entry]] = {}
    here = root()
    for manifest in reversed(Store(here).manifests()):
        found.setdefault(manifest.usecase, []).append(Entry(manifest, here, ships=False))
    for name, folder in _shipped().items():
        own = [one for one in _lying_in(folder) if one.usecase == name]
        found.setdefault(name, []).extend(Entry(one, folder, ships=True) for one in reversed(own))
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


@st.cache_resource(show_spinner=False)
def _sheets_in(folder: str) -> list[Sheet]:
    return Shelf(folder).sheets()


def sweeps(usecase: str, kind: Kind) -> list[Swept]:
    """List the sweeps of an industry: those computed here, newest first, then those that ship.

    One that cannot be read is left out; the runs page names it.
    """
    here, ships = root(), _shipped().get(usecase)
    sheets = [(one, here) for one in reversed(Shelf(here).sheets())]
    sheets += [(one, ships) for one in reversed(_sheets_in(ships))] if ships else []
    found = []
    for sheet, folder in sheets:
        if (sheet.usecase, sheet.kind) != (usecase, kind):
            continue
        try:
            found.append(Swept(_document(folder, sheet.id), sheet, folder))
        except (OSError, ValueError, UserError):
            continue
    return found


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
