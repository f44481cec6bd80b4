"""``sectorlab worlds``: in how many plausible worlds a claim holds, and what turns it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

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
    Settings,
    Situation,
    Size,
    UseCaseName,
    Workers,
)

if TYPE_CHECKING:
    from rich.console import Console

    from core.sweep.worlds import Worlds


def worlds(
    usecase: UseCaseName,
    draws: Annotated[int, typer.Option("--draws", metavar="N", help="How many worlds.")] = 100,
    seeds: Annotated[int, typer.Option("--seeds", metavar="N", help="Of each world.")] = 1,
    size: Size = None,
    situation: Situation = None,
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
    """Draw the world's uncertain constants from their ranges, many times, and see what still holds."""
    from core.cli.choose import choose
    from core.cli.output import emit, paper
    from core.cli.run import split
    from core.cli.sweeping import Worked, command_line
    from core.engine.registry import load
    from core.sweep.documents import worlds_document
    from core.sweep.worlds import asked, judge

    case = load(usecase)
    chosen = choose(case, size=size, situation=situation, settings=settings, assumed=assumed, file=scenario)
    names = split(contenders)
    tried, drawn = asked(case, chosen.assuming, draws=draws, seeds=seeds, contenders=names, device=device)
    worked = Worked(backend, scheduler, workers, out, retry)
    done = worked.through(tried, usecase)
    found = judge(done, drawn)
    document = worlds_document(found)
    options = ["--draws", str(draws), "--seeds", str(seeds)]
    command = command_line("worlds", chosen, options, seeds=None, contenders=names, device=device)
    plan = {"draws": draws, "seeds": seeds, "drawn": {name: list(one) for name, one in drawn.items()}}
    document["sweep"] = worked.keep(done, "worlds", plan, document, command)
    if as_json:
        emit(document)
    else:
        print_worlds(found, document, paper())


SAID = {
    "ahead": "The selected learner is ahead of the incumbent",
    "pays": "Learning pays for itself",
    "published": "The figure that the claim is held against is reached",
}
VERDICTS = {"holds": "holds", "conditions": "holds under conditions", "fails": "does not hold"}


def print_worlds(found: Worlds, document: dict[str, Any], paper: Console) -> None:
    """Print each statement with its verdict, and the constants that turn it."""
    from core.cli.sweeping import print_failures

    sweep = found.sweep
    paper.print(f"{sweep.case.name}: {len(sweep.whole):,} plausible worlds, in simulation", style="bold")
    paper.print(f"Size {document['size']}; {document['seeds']} seed{'s' * (document['seeds'] > 1)} a world.")
    paper.print(f"Claim: {sweep.case.card.claim['en']}")
    for one in document["statements"]:
        paper.print()
        told = SAID[one["statement"]]
        if one["statement"] == "published":
            told += f" ({document['claim']['published']:g} {document['claim']['unit']})"
        share = (
            f"{100 * one['share']:.0f} % of worlds [{100 * one['ci_low']:.0f}, {100 * one['ci_high']:.0f}]"
        )
        paper.print(f"{told}: {VERDICTS[one['verdict']]}, in {share}.")
        if not one["settled"]:
            paper.print("More worlds could change this verdict.")
        _print_turning(one, document["constants"], paper)
    paper.print()
    if found.fixed:
        paper.print(f"Without a range, so never moved: {', '.join(found.fixed)}.")
    print_failures(sweep, paper)
    paper.print("A statement holds from 90 % of worlds on, and under conditions from 10 %. Intervals: 95 %.")
    paper.print(f"Stored: {document['sweep']}")


def _print_turning(one: dict[str, Any], constants: dict[str, Any], paper: Console) -> None:
    from core.cli.tables import lined, short
    from core.sweep.worlds import LEAST_DRAWS

    if not one["turning"]:
        if one["verdict"] == "conditions" and one["worlds"] >= LEAST_DRAWS:
            paper.print("No single constant decides it.")
        return
    table = lined("It goes with these constants")
    table.add_column("constant", overflow="fold")
    table.add_column("range", overflow="fold")
    for column in ("rank correlation", "holds in lower half, %", "in upper half, %"):
        table.add_column(column, justify="right")
    for turn in one["turning"]:
        known = constants[turn["constant"]]
        table.add_row(
            turn["constant"],
            f"{short(known['low'])} to {short(known['high'])} {known['unit']}",
            f"{turn['rank_correlation']:+.2f}",
            f"{100 * turn['share_in_lower_half']:.0f}",
            f"{100 * turn['share_in_upper_half']:.0f}",
        )
    paper.print(table)
