"""A world put to its use case's own questions, in a process of its own.

A page waits for the answer, but nobody else's page does, and whatever the world loads stays out of the
server. ``python -m dashboards.inquiry USECASE`` reads a scenario as JSON and writes the checks as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import asdict
from typing import Any

from core.engine.registry import AnyUseCase, load
from core.engine.scenario import build, deep_part, levers
from core.errors import UserError
from core.luck import luck_of, scoped
from core.protocol import Check
from core.report.words import Words

PATIENCE_S = 120.0
SIZE = "tiny"


def usual(case: AnyUseCase, scenario: Mapping[str, Any]) -> bool:
    """Whether all levers stand at their defaults, which is what published figures describe."""
    return all(
        scenario.get(name, info.default) == info.default for name, info in levers(case.scenario).items()
    )


def answers(case: AnyUseCase, scenario: Mapping[str, Any]) -> list[Check]:
    """Draw a small world of a scenario and put the questions to it."""
    chosen = build(case, size=SIZE, values={k: v for k, v in scenario.items() if k != "size"})
    world, _ = case.world(deep_part(chosen), scoped(luck_of(0), "world"))
    everything = usual(case, scenario)
    return [one for one in case.checks(chosen, world) if everything or one.kind == "physics"]


def ask(name: str, scenario: str, say: Words) -> list[Check]:
    """Ask in a process of its own, and wait.

    Parameters
    ----------
    name
        Of the use case.
    scenario
        Its levers as JSON.

    Raises
    ------
    UserError
        When the process fails or takes too long.
    """
    command = [sys.executable, "-P", "-m", "dashboards.inquiry", name]
    instead = f"sectorlab check {name}"
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter, no shell
            command, input=scenario, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise UserError(say("world.check_late", seconds=f"{PATIENCE_S:.0f}", command=instead)) from error
    if done.returncode != 0:
        raise UserError(say("world.check_broke", code=done.returncode, command=instead))
    return [Check(**fields) for fields in json.loads(done.stdout)]


def main() -> None:
    """Answer on stdout; whatever a use case prints goes to stderr."""
    with redirect_stdout(sys.stderr):
        found = answers(load(sys.argv[1]), json.load(sys.stdin))
    json.dump([asdict(one) for one in found], sys.stdout, ensure_ascii=True)


if __name__ == "__main__":
    main()
