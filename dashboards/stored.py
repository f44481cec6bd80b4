"""Runs and industries as the pages see them; read results are kept by the run's id alone."""

from __future__ import annotations

import os
from datetime import datetime

import streamlit as st

from core.engine.registry import AnyUseCase, load_all
from core.errors import UserError
from core.report.assumptions import setting
from core.report.words import Words
from core.results import Run
from core.store.manifest import Manifest
from core.store.runs import Store

KEPT_RUNS = 16


def root() -> str:
    """Give the folder of stored runs."""
    return os.environ.get("SECTORLAB_RUNS") or "runs"


@st.cache_resource(show_spinner=False)
def industries() -> tuple[dict[str, AnyUseCase], dict[str, str]]:
    """Import all use cases; say of each that cannot be why not. What is installed changes with a restart."""
    return load_all()


def manifests() -> dict[str, list[Manifest]]:
    """List the runs by use case, newest first."""
    found: dict[str, list[Manifest]] = {}
    for manifest in reversed(Store(root()).manifests()):
        found.setdefault(manifest.usecase, []).append(manifest)
    return found


# The key is a text: a table handed to a cache would be told from another by a sample of its rows.
@st.cache_resource(max_entries=KEPT_RUNS, show_spinner=False)
def _opened(folder: str, run_id: str) -> Run:
    return Store(folder).open(run_id)


def opened(run_id: str, say: Words) -> Run:
    """Read a run; its files are verified the first time.

    Raises
    ------
    UserError
        When a file is missing or damaged, or the industry has changed since.
    """
    try:
        run = _opened(root(), run_id)
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{run_id}: {type(error).__name__}: {error}") from error
    missing = [kpi.name for kpi in run.case.kpis if kpi.name not in run.rows]
    if missing:
        raise UserError(say("run.older", run=run_id, missing=", ".join(missing)))
    return run


def when(manifest: Manifest) -> str:
    """Say when a run was started, to the minute, in the machine's own time."""
    return datetime.fromisoformat(manifest.started).astimezone().strftime("%Y-%m-%d %H:%M")


def run_name(case: AnyUseCase, manifest: Manifest, say: Words, key: str = "run.name") -> str:
    """Name a run by time, size, setting and seeds."""
    return say(
        key,
        when=when(manifest),
        size=manifest.size,
        situation=setting(case, manifest.situation, manifest.scenario, say),
        seeds=len(manifest.seeds),
    )
