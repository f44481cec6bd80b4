"""A run in a process of its own.

``python -m dashboards.working PARENT`` reads an order from stdin and tells on stdout how it goes, in lines of
JSON: progress as ``done``, ``total`` and ``what``, and at last ``run`` or ``reason``.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Mapping
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import UserError
from dashboards import apart
from dashboards.jobs import Order

if TYPE_CHECKING:
    from core.engine.registry import AnyUseCase
    from core.protocol import Scenario

NICENESS = 10
"""A run leaves the way to pages and to levers that are being moved."""


def scenario_of(case: AnyUseCase, told: Mapping[str, Any]) -> Scenario:
    """Build the scenario that a manifest or an order tells.

    Raises
    ------
    UserError
        For the first thing that is not allowed.
    """
    from core.engine.scenario import NO_LEVERS, build

    values = {name: value for name, value in told.items() if name not in NO_LEVERS}
    return build(case, size=told["size"], values=values, assumed=dict(told.get("assumed", ())))


def run(order: Order, tell: Callable[[dict[str, Any]], None]) -> str:
    """Run an order, and give the id of the stored run.

    Raises
    ------
    UserError
        For what is wrong with the order, or an unwritable folder.
    """
    from core.engine.registry import load
    from core.engine.run import run_scenario
    from core.store.runs import Store

    case = load(order.usecase)
    apart.end_workers_too()
    done = run_scenario(
        case,
        scenario_of(case, order.scenario),
        seeds=order.seeds,
        situation=order.situation,
        contenders=order.contenders,
        store=Store(order.root),
        fresh=bool(order.repeats),
        command=order.command,
        progress=lambda done, total, what: tell({"done": done, "total": total, "what": what}),
    )
    return Path(done.path).name


def main() -> None:
    """Work off the order that stands on stdin."""
    apart.end_with_parent()
    out = apart.answers()
    os.nice(NICENESS)

    def tell(what: dict[str, Any]) -> None:
        out.write(dumps(what) + "\n")

    try:
        tell({"run": run(Order.read(sys.stdin.readline()), tell)})
    except UserError as error:
        tell({"reason": str(error)})
    except Exception as error:  # whatever a use case may raise, the page names it
        traceback.print_exc()
        tell({"reason": apart.first_line(error)})


if __name__ == "__main__":
    main()
