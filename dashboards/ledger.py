"""All that is stored, runs and sweeps, from their manifests alone; what cannot be read is named.

A thousand manifests are read once and looked at again only where the file has changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

import streamlit as st
from pydantic import ValidationError

from core.engine.registry import AnyUseCase
from core.engine.scenario import about, levers
from core.errors import UserError
from core.protocol import SIZES
from core.report.assumptions import setting
from core.report.verdict import judge
from core.report.words import Words
from core.results import Run
from core.store.atomic import verify
from core.store.manifest import Manifest
from core.store.tables import read_table
from core.sweep.shelf import Kind as Swept
from core.sweep.shelf import Sheet
from dashboards import folders

Kind = Literal["run"] | Swept
KINDS: tuple[Kind, ...] = ("run", *get_args(Swept))
KEPT_FINDINGS = 4_096
PER_SEED = "per_seed.parquet"
MOST_FIELDS = 3
"""Of a manifest that are named where it cannot be read."""


@dataclass(frozen=True, slots=True)
class Row:
    """A stored run or sweep.

    Attributes
    ----------
    facts
        Its manifest; of its files only the table of seeds.
    root
        The folder of runs that it lies in.
    ships
        Whether it came with an industry.
    """

    facts: Manifest | Sheet
    root: str
    ships: bool

    @property
    def id(self) -> str:
        return self.facts.id

    @property
    def kind(self) -> Kind:
        return "run" if isinstance(self.facts, Manifest) else self.facts.kind

    @property
    def folder(self) -> Path:
        return Path(self.root, self.id) if self.kind == "run" else Path(self.root, "sweeps", self.id)

    @property
    def when(self) -> str:
        """To the minute, in the machine's own time."""
        return local(self.facts.started if isinstance(self.facts, Manifest) else self.facts.finished)

    @property
    def seeds(self) -> int:
        """Of the run, or of each point of the sweep."""
        return len(self.facts.seeds) if isinstance(self.facts, Manifest) else len(self.facts.seeds[0])

    @property
    def contenders(self) -> int:
        """Incumbent and learners."""
        return sum(role in ("incumbent", "learner") for role in self.facts.roles.values())

    @property
    def seconds(self) -> float:
        """As the clock on the wall saw it."""
        facts = self.facts
        return facts.seconds.get("total", 0.0) if isinstance(facts, Manifest) else facts.seconds


def local(time: str) -> str:
    """Say a time to the minute, in the machine's own zone."""
    return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M")


@dataclass(frozen=True, slots=True)
class Broken:
    """A folder that cannot be read: the catalogue's sentence on why, and what fills its gap."""

    folder: str
    code: Literal["other_id", "not_a_manifest"]
    gap: Mapping[str, str]


Read = Manifest | Sheet | Broken


def listed() -> tuple[list[Row], list[Broken]]:
    """List all that is stored, newest first, each once; and what cannot be read."""
    rows: dict[str, Row] = {}
    broken: list[Broken] = []
    met: set[str] = set()
    for root, ships in folders.folders():
        for model, below in ((Manifest, "."), (Sheet, "sweeps")):
            for path in Path(root, below).glob("[!.]*/manifest.json"):
                met.add(str(path))
                found = _remembered(path, model)
                if isinstance(found, Broken):
                    broken.append(found)
                else:
                    rows.setdefault(found.id, Row(found, root, ships))
    for gone in set(_memory()) - met:
        _memory().pop(gone, None)
    return sorted(rows.values(), key=lambda row: row.id, reverse=True), broken


@st.cache_resource(show_spinner=False)
def _memory() -> dict[str, tuple[tuple[int, int], Read]]:
    """What was read, by path, with time and size of the file."""
    return {}


def _remembered(path: Path, model: type[Manifest | Sheet]) -> Read:
    try:
        facts = path.stat()
    except OSError as error:  # it went while we looked
        return Broken(str(path.parent), "not_a_manifest", {"fields": error.strerror or ""})
    stamp, memory = (facts.st_mtime_ns, facts.st_size), _memory()
    known = memory.get(str(path))
    if known is None or known[0] != stamp:
        known = memory[str(path)] = stamp, _read(path, model)
    return known[1]


def _read(path: Path, model: type[Manifest | Sheet]) -> Read:
    folder = path.parent
    try:
        found = model.model_validate_json(path.read_bytes())
    except OSError as error:
        return Broken(str(folder), "not_a_manifest", {"fields": error.strerror or ""})
    except ValidationError as error:
        # A file that is no JSON at all has no field to name.
        names = [".".join(map(str, one["loc"])) or "JSON" for one in error.errors()]
        return Broken(str(folder), "not_a_manifest", {"fields": ", ".join(names[:MOST_FIELDS])})
    if found.id != folder.name:
        return Broken(str(folder), "other_id", {"id": found.id})
    odd = [name for name, right in _plain(found) if not right]
    if odd:
        return Broken(str(folder), "not_a_manifest", {"fields": ", ".join(odd)})
    return found.model_copy(update={"files": {n: f for n, f in found.files.items() if n == PER_SEED}})


def _plain(found: Manifest | Sheet) -> Iterator[tuple[str, bool]]:
    """Check what pages rely on and a manifest's model leaves open."""
    yield "size", found.size in SIZES
    times = (found.started, found.finished) if isinstance(found, Manifest) else (found.finished,)
    for name, time in zip(("started", "finished") if len(times) == 2 else ("finished",), times, strict=True):
        try:
            datetime.fromisoformat(time)
            yield name, True
        except ValueError:
            yield name, False


# --- what is told of a row ---------------------------------------------------------------------


def title(case: AnyUseCase | None, row: Row, say: Words) -> str:
    """Name the industry, also where it is no longer installed."""
    return say.of(case.card.title) if case else row.facts.usecase


def told(case: AnyUseCase | None, row: Row, say: Words) -> str:
    """Say what was set, or what a sweep went over."""
    facts = row.facts
    if isinstance(facts, Manifest):
        return setting(case, facts.situation, facts.scenario, say) if case else facts.situation or ""
    if facts.kind == "worlds":
        return say("runs.worlds", count=f"{len(facts.points):,}")
    varied = facts.plan.get("levers") or [text.partition("=")[0] for text in facts.plan.get("vary", ())]
    known = levers(case.scenario) if case else {}
    names = [say.of(about(known[name]).get("label", {})) if name in known else name for name in varied]
    return say("runs.points", levers=", ".join(names), count=f"{len(facts.points):,}")


def label(case: AnyUseCase | None, row: Row, say: Words) -> str:
    """Name a row so that no other has the same name."""
    kind = "" if row.kind == "run" else f"{say(f'runs.kinds.{row.kind}')} · "
    parts = (row.when, title(case, row, say), row.facts.size, kind + told(case, row, say))
    return f"{' · '.join(parts)} · {row.id.rpartition('-')[2]}"


def finding(row: Row) -> str:
    """Say in a word how the selected learner stands; "" of a sweep."""
    return "" if not isinstance(row.facts, Manifest) else _finding(str(row.folder), row.facts)


@st.cache_resource(max_entries=KEPT_FINDINGS, show_spinner=False)
def _finding(folder: str, _facts: Manifest) -> str:
    """Judge a run by its table of seeds alone."""
    case = folders.industries()[0].get(_facts.usecase)
    if case is None:
        return "unreadable"
    try:
        verify(Path(folder), _facts.files)
        run = Run(
            case=case, size=_facts.size, situation=_facts.situation, scenario=_facts.scenario,
            seeds=tuple(_facts.seeds), device=_facts.device, versions=_facts.versions, roles=_facts.roles,
            rows=read_table(Path(folder, PER_SEED)), scores={},
        )  # fmt: skip
        verdict = judge(run, Words("en"))
    except (OSError, ValueError, KeyError, UserError):
        return "unreadable"
    return "nothing" if verdict.nothing_to_gain else verdict.standing


# --- filters -----------------------------------------------------------------------------------


def fits(case: AnyUseCase | None, row: Row, wanted: Mapping[str, str], say: Words) -> bool:
    """Whether a row is asked for; a filter that is "" or missing asks for all.

    Parameters
    ----------
    wanted
        ``industry``, ``size`` and ``kind`` by value; ``find`` anywhere in id, industry and settings.
    """
    own: Mapping[str, Any] = {"industry": row.facts.usecase, "size": row.facts.size, "kind": row.kind}
    if any(wanted.get(name) and wanted[name] != value for name, value in own.items()):
        return False
    sought = wanted.get("find", "").casefold().strip()
    return not sought or sought in f"{row.id} {row.facts.usecase} {label(case, row, say)}".casefold()
