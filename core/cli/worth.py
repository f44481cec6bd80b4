"""``sectorlab worth``: what one more unit of data, labels, compute, expertise and adoption is worth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli.options import (
    AsJson,
    Assumed,
    Backend,
    Contenders,
    Device,
    Retry,
    Runs,
    ScenarioFile,
    Scheduler,
    Seeds,
    Settings,
    Situation,
    Size,
    UseCaseName,
    Workers,
)

if TYPE_CHECKING:
    from rich.console import Console

    from core.engine.registry import AnyUseCase


def worth(
    usecase: UseCaseName,
    size: Size = None,
    situation: Situation = None,
    seeds: Seeds = None,
    settings: Settings = None,
    assumed: Assumed = None,
    scenario: ScenarioFile = None,
    contenders: Contenders = None,
    device: Device = "auto",
    backend: Backend = "local",
    scheduler: Scheduler = None,
    workers: Workers = None,
    out: Runs = Path("runs"),
    retry: Retry = False,
    as_json: AsJson = False,
) -> None:
    """Move each common lever from today's value, and show what one more unit brings net of its cost."""
    from core.cli.choose import choose
    from core.cli.output import emit, paper
    from core.cli.run import split
    from core.cli.sweeping import Worked, command_line
    from core.engine.registry import load
    from core.engine.run import seeds_of
    from core.sweep.documents import worth_document
    from core.sweep.worth import answer, asked, confirmed, steps, today

    case = load(usecase)
    chosen = choose(case, size=size, situation=situation, settings=settings, assumed=assumed, file=scenario)
    base = today(
        case, size=chosen.scenario.size, situation=chosen.situation, values=chosen.given,
        assumed=chosen.assumed,
    )  # fmt: skip
    names, moved = split(contenders), steps(case, base)
    worked = Worked(backend, scheduler, workers, out, retry)
    which = seeds_of(case, base, seeds)
    done = worked.through(asked(case, base, moved, which, names, device), usecase)
    found = answer(done, base, moved)
    # The one that came out first did so partly by luck, so it is measured again on seeds that know nothing.
    fresh = range(len(which), 2 * len(which))
    best = found.levers[0].step
    again = worked.through(asked(case, base, [best], fresh, names, device), f"{usecase}: {best.lever} again")
    found = confirmed(found, again, base, best)
    command = command_line("worth", chosen, [], seeds=seeds, contenders=names, device=device)
    document = worth_document(done, found)
    plan = {"base": base.model_dump(), "levers": [step.lever for step in moved]}
    document["sweep"] = worked.keep(done, "worth", plan, document, command)
    worked.drop(again)
    if as_json:
        emit(document)
    else:
        print_worth(case, document, paper())


def print_worth(case: AnyUseCase, document: dict[str, Any], paper: Console) -> None:
    """Print the levers, the surest first."""
    from core.cli.tables import interval_of, lined, short
    from core.stats.interval import MIN_SEEDS

    paper.print(f"{case.name}: what one more unit is worth", style="bold")
    paper.print(
        f"Size {document['size']}. Net benefit after the unit's own cost, {document['unit']}; in simulation."
    )
    table = lined("One more unit")
    for column in ("lever", "unit", "costs, KRW", "today", "tried"):
        table.add_column(column, overflow="fold", justify="left" if column in ("lever", "unit") else "right")
    for one in document["levers"]:
        tried = f"{short(one['from'])} to {short(one['to'])}"
        table.add_row(one["lever"], one["unit"], f"{one['krw_per_unit']:,.0f}", short(one["today"]), tried)
    paper.print(table)
    table = lined("What it brings, the surest first; equal ranks cannot be told apart")
    for column in ("rank", "lever", "net of a unit", "KRW for each KRW spent"):
        table.add_column(column, justify="left" if column in ("rank", "lever") else "right", no_wrap=True)
    for one in document["levers"]:
        found = (one["net_mkrw_per_unit"], one["net_krw_per_krw"])
        table.add_row(str(one["rank"]), one["lever"], *(interval_of(each, signed=True) for each in found))
    paper.print(table)
    again = document["winner_again"]
    paper.print(
        f"{again['lever']} again, on {document['winner_again_seeds']} fresh seeds:"
        f" {interval_of(again['net_mkrw_per_unit'], signed=True)} {document['unit']} for a unit."
    )
    for name in document["blind"]:
        paper.print(f"{name}: learners may spend the same at both ends of its range at this size; no answer.")
    if any(one["features_come_in"] for one in document["levers"]):
        paper.print("The step of expertise crosses .5, where a specialist's features come in.")
    if document["seeds"] < MIN_SEEDS:
        paper.print(f"Below {MIN_SEEDS} seeds there is no interval, and nothing can be told apart.")
    else:
        paper.print(
            "The intervals of a column hold at once with 95 %; so do the comparisons behind the ranks."
        )
    paper.print(f"Stored: {document['sweep']}")
