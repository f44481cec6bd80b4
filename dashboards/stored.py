"""Runs and sweeps as the pages see them: what was computed here, and what ships with each industry.

Read results are kept by their id alone.
"""

from __future__ import annotations

import shlex
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st
from pydantic import ValidationError

from core.engine.registry import AnyUseCase
from core.engine.scenario import deep_part, levers
from core.errors import UserError
from core.protocol import COMMON_LEVERS, SIZES, Scenario, Size
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
SET = ("--set", "--assume", "--situation")
"""What a command has when something is not as it usually is."""


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

    @property
    def usual(self) -> bool:
        """Whether nobody set a lever or a constant that it did not vary."""
        return not set(SET) & set(shlex.split(self.sheet.command))


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
    return max(among, key=lambda one: SIZES.index(size_of(one.manifest)), default=None)


def by_default(case: AnyUseCase, manifest: Manifest) -> bool:
    """Whether a run has all levers and constants as usual, every contender, and its size's seeds."""
    usual = all(manifest.scenario.get(n, i.default) == i.default for n, i in levers(case.scenario).items())
    everyone = set(case.contenders) <= set(manifest.roles)
    enough = len(manifest.seeds) >= case.scales[size_of(manifest)].seeds
    return usual and everyone and enough and not manifest.scenario.get("assumed")


def size_of(facts: Manifest | Sheet) -> Size:
    """Give the size of a run or sweep; that it is one was seen to when the manifest was read."""
    return SIZES[SIZES.index(facts.size)]


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


def evidence(usecase: str, kind: Kind) -> Swept | None:
    """Choose the sweep that stands for an industry: nothing set by anybody, the largest size, most of it.

    Of equal ones, what was computed here comes before what ships, and the newer before the older.
    """

    def weight(one: Swept) -> tuple[bool, int, int]:
        return one.usual, SIZES.index(size_of(one.sheet)), sum(map(len, one.sheet.seeds))

    return max(sweeps(usecase, kind), key=weight, default=None)


def broadest(usecase: str) -> Swept | None:
    """Choose the sweep that moves most of the five levers; of equal ones as :func:`evidence` does."""

    def weight(one: Swept) -> tuple[bool, int, int]:
        moved = len(set(COMMON_LEVERS) & set(one.document["levers"]))
        return one.usual, moved, SIZES.index(size_of(one.sheet))

    return max(sweeps(usecase, "sweep"), key=weight, default=None)


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
            # The incumbent always competes.
            return None if set(case.contenders) <= set(names) else names
    return None


def playable(case: AnyUseCase, scenario: Scenario) -> Entry | None:
    """Find a run with trained policies whose world and training are a scenario's.

    The newest of those with the contenders that the emulator knows, else the newest.
    """
    wanted, known = deep_part(scenario), contenders(case)
    found = [entry for entry in entries().get(case.name, []) if _trained(case, entry, wanted)]
    alike = [one for one in found if _competed(case, one.manifest) == set(known or case.contenders)]
    return next(iter([*alike, *found]), None)


def _competed(case: AnyUseCase, manifest: Manifest) -> set[str]:
    return {name for name in manifest.roles if name in case.contenders}


def _trained(case: AnyUseCase, entry: Entry, wanted: Scenario) -> bool:
    """Whether a run's policies lie beside it, and were trained on the wanted world."""
    if entry.manifest.size != wanted.size or not Path(entry.root, entry.id, "policies").is_dir():
        return False
    try:
        return deep_part(case.scenario.model_validate(entry.manifest.scenario)) == wanted
    except ValidationError:
        return False


def run_name(case: AnyUseCase, entry: Entry, say: Words, key: str = "run.name") -> str:
    """Name a run by time, size, setting and seeds, and say whether it came with the industry."""
    manifest = entry.manifest
    told = say(
        key,
        when=ledger.local(manifest.started),
        size=manifest.size,
        situation=setting(case, manifest.situation, manifest.scenario, say),
        seeds=len(manifest.seeds),
    )
    return f"{told} {say('run.ships')}" if entry.ships else told
