"""The same as the command line, for notebooks and scripts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.engine.registry import load
from core.engine.run import run_scenario
from core.engine.scenario import build
from core.results import Run
from core.store.runs import Store


def run(
    usecase: str,
    *,
    size: str = "quick",
    situation: str | None = None,
    seeds: int | Sequence[int] | None = None,
    contenders: Sequence[str] | None = None,
    device: str = "auto",
    workers: int | None = None,
    out: Path | str | None = None,
    **levers: Any,
) -> Run:
    """Run a scenario and return what came out.

    Parameters
    ----------
    usecase
        As ``sectorlab list`` prints it.
    size, situation, levers
        The scenario, as ``sectorlab show`` describes it.
    seeds
        How many, or which; by default as many as the size says.
    contenders, device, workers
        As on the command line.
    out
        Folder that keeps the run; None keeps nothing.

    Raises
    ------
    core.errors.UserError
        For whatever cannot be run as asked, in one sentence.
    """
    case = load(usecase)
    return run_scenario(
        case,
        build(case, size=size, situation=situation, values=levers),
        seeds=seeds,
        situation=situation,
        contenders=contenders,
        device=device,
        workers=workers,
        store=Store(out) if out is not None else None,
    )
