"""A cell's numbers as JSON: what was counted, without tables and policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.engine.cell import CellResult
from core.protocol import Score, Table


def cell_out(cell: CellResult) -> dict[str, Any]:
    """Write a cell's numbers; floats survive to the last bit."""
    return {
        "seed": cell.seed,
        "contender": cell.contender,
        "role": cell.role,
        "kpis": dict(cell.kpis),
        "validation": cell.validation,
        "skill": _scores_out(cell.skill),
        "references": {name: _scores_out(scores) for name, scores in cell.references.items()},
        "seconds": dict(cell.seconds),
    }


def cell_in(facts: Mapping[str, Any], traces: Mapping[str, Table]) -> CellResult:
    """Read a cell's numbers, beside the tables that were kept apart."""
    return CellResult(
        seed=facts["seed"],
        contender=facts["contender"],
        role=facts["role"],
        kpis=facts["kpis"],
        validation=facts["validation"],
        skill=_scores_in(facts["skill"]),
        references={name: _scores_in(scores) for name, scores in facts["references"].items()},
        traces=traces,
        policy=None,
        seconds=facts["seconds"],
    )


def _scores_out(scores: Mapping[str, Score]) -> dict[str, list[Any]]:
    return {n: [s.value, s.unit, s.floor, s.naive, s.better] for n, s in scores.items()}


def _scores_in(scores: Mapping[str, list[Any]]) -> dict[str, Score]:
    return {name: Score(*values) for name, values in scores.items()}
