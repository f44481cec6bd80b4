"""A world, or a learner in it, put to questions in a process of its own.

A page waits for the answer, but nobody else's page does, and whatever the world loads stays out of the
server. ``python -m dashboards.inquiry QUESTION USECASE`` reads a scenario, or which run
is asked about, and writes the answer as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from typing import Any

from core.engine.registry import AnyUseCase, load
from core.engine.scenario import build, deep_part, levers
from core.errors import UserError
from core.luck import luck_of, scoped
from core.protocol import Check, Column
from core.report.words import Words
from dashboards import apart, inside

COMMAND = "from dashboards.inquiry import main; main()"
PATIENCE_S = 120.0
SIZE = "tiny"
ROWS = 8
"""Of each table that a page shows."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The first rows of a table of a history, as texts, with what its columns mean."""

    name: str
    rows: int
    columns: tuple[Column, ...]
    head: tuple[tuple[str, ...], ...]


def usual(case: AnyUseCase, scenario: Mapping[str, Any]) -> bool:
    """Whether all levers stand at their defaults, which is what published figures describe."""
    return all(
        scenario.get(name, info.default) == info.default for name, info in levers(case.scenario).items()
    )


def _drawn(case: AnyUseCase, scenario: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """Draw a small world of a scenario and the history it leaves."""
    given = {name: value for name, value in scenario.items() if name not in ("size", "assumed")}
    chosen = build(case, size=SIZE, values=given, assumed=dict(scenario.get("assumed", ())))
    luck = luck_of(0)
    world, history = case.world(deep_part(chosen), scoped(luck, "world"))
    return chosen, world, history.thin(chosen.data_share, scoped(luck, "thin"))


def answers(case: AnyUseCase, scenario: Mapping[str, Any]) -> list[Check]:
    """Put a use case's own questions to a small world."""
    chosen, world, _ = _drawn(case, scenario)
    everything = usual(case, scenario)
    return [one for one in case.checks(chosen, world) if everything or one.kind == "physics"]


def samples(case: AnyUseCase, scenario: Mapping[str, Any]) -> list[Sample]:
    """Show what contenders learn from: the first rows of each table of a small world's history."""
    history = _drawn(case, scenario)[2]
    found = []
    for name, frame in history.tables().items():
        columns = tuple(history.schema[name])
        head = frame[[one.name for one in columns]].head(ROWS)
        rows = tuple(tuple(_written(value) for value in row) for row in head.itertuples(index=False))
        found.append(Sample(name, len(frame), columns, rows))
    return found


def _written(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


QUESTIONS: Mapping[str, Callable[[AnyUseCase, Mapping[str, Any]], list[Any]]] = {
    "checks": answers,
    "sample": samples,
    "learned": inside.look,
}


def ask(question: str, name: str, told: str, say: Words, *, family: str = "world") -> list[dict[str, Any]]:
    """Ask in a process of its own, and wait.

    Parameters
    ----------
    question
        One of :data:`QUESTIONS`.
    name
        Of the use case.
    told
        What the question is about, as JSON: levers, or a run.
    family
        Of the catalogue, that says what went wrong.

    Raises
    ------
    UserError
        When the process fails or takes too long.
    """
    instead = f"sectorlab check {name}"
    try:
        done = apart.finished(COMMAND, [question, name], told=told, patience=PATIENCE_S)
    except subprocess.TimeoutExpired as error:
        raise UserError(say(f"{family}.check_late", seconds=f"{PATIENCE_S:.0f}", command=instead)) from error
    if done.returncode != 0:
        raise UserError(say(f"{family}.check_broke", code=done.returncode, command=instead))
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def checks_of(name: str, scenario: str, say: Words) -> list[Check]:
    """Ask for the checks; raises as :func:`ask` does."""
    return [Check(**fields) for fields in ask("checks", name, scenario, say)]


def samples_of(name: str, scenario: str, say: Words) -> list[Sample]:
    """Ask for the sample; raises as :func:`ask` does."""
    found = []
    for one in ask("sample", name, scenario, say):
        columns = tuple(Column(**column) for column in one["columns"])
        found.append(Sample(one["name"], one["rows"], columns, tuple(map(tuple, one["head"]))))
    return found


def inside_of(name: str, root: str, run_id: str, say: Words) -> inside.Inside:
    """Ask what a run's selected learner forecasts and lives on; raises as :func:`ask` does."""
    (told,) = ask("learned", name, json.dumps({"root": root, "run": run_id}), say, family="inside")
    return inside.read(told)


def main() -> None:
    """Answer on stdout; whatever a use case prints goes to stderr."""
    question, name = sys.argv[1:]
    with redirect_stdout(sys.stderr):
        found = QUESTIONS[question](load(name), json.load(sys.stdin))
    json.dump([asdict(one) for one in found], sys.stdout, ensure_ascii=True)


if __name__ == "__main__":
    main()
