"""``sectorlab sweep``: what levers do, alone and together."""

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
    Seeds,
    Settings,
    Situation,
    Size,
    UseCaseName,
    Workers,
)
from core.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from core.sweep.sweep import Sweep


def sweep(
    usecase: UseCaseName,
    vary: Annotated[
        list[str] | None,
        typer.Option(
            "--vary", metavar="LEVER=VALUES", help="a,b,c or low:high:number; may be given again and again."
        ),
    ] = None,
    design: Annotated[
        str, typer.Option("--design", metavar="DESIGN", help="grid, or sobol: points spread over the ranges.")
    ] = "grid",
    points: Annotated[
        int | None, typer.Option("--points", metavar="N", help="How many points a sobol design has.")
    ] = None,
    size: Size = None,
    situation: Situation = None,
    seeds: Seeds = None,
    own_seeds: Annotated[
        bool,
        typer.Option(
            "--own-seeds", help="Each point of a sobol design gets seeds of its own: 1, or --seeds."
        ),
    ] = False,
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
    """Run a scenario over many settings of its levers, and show what each lever does."""
    from core.cli.choose import choose
    from core.cli.output import emit, paper
    from core.cli.run import split
    from core.cli.sweeping import Worked, command_line
    from core.engine.registry import load
    from core.sweep.curves import curves, shares
    from core.sweep.design import axis, points_of
    from core.sweep.design import own_seeds as spread
    from core.sweep.documents import sweep_document
    from core.sweep.emulator import LEAST, fit
    from core.sweep.sweep import ask

    case = load(usecase)
    chosen = choose(case, size=size, situation=situation, settings=settings, assumed=assumed, file=scenario)
    if not vary:
        raise UserError("vary: nothing varies; write it like --vary adoption=0:1:5.")
    axes = [axis(case, text) for text in vary]
    tried = points_of(axes, design, points)
    scenarios = [chosen.but(one) for one in tried]
    names = split(contenders)
    own = spread(design, len(tried), 1 if seeds is None else seeds) if own_seeds else None
    asked = ask(case, scenarios, seeds=seeds, own_seeds=own, contenders=names, device=device)
    worked = Worked(backend, scheduler, workers, out, retry)
    done = worked.through(asked, usecase)
    kpi = case.kpis[0].name
    found = curves(done, axes, design, kpi) if done.whole else []
    variance = shares(done, axes, design) if done.whole else {}
    document = sweep_document(done, axes, design, found, variance)
    if design == "sobol" and len(done.whole) >= LEAST:
        document["emulator"] = fit(done, axes).as_json()
    options = [word for text in vary for word in ("--vary", text)]
    options += ["--design", design, "--points", str(len(tried))] if design != "grid" else []
    options += ["--own-seeds"] if own_seeds else []
    command = command_line("sweep", chosen, options, seeds=seeds, contenders=names, device=device)
    plan = {"vary": list(vary), "design": design, "own_seeds": own_seeds}
    document["sweep"] = worked.keep(done, "sweep", plan, document, command)
    if as_json:
        emit(document)
    else:
        print_sweep(done, document, paper())
    if not done.whole:
        raise typer.Exit(1)


def print_sweep(done: Sweep, document: dict[str, Any], paper: Console) -> None:
    """Print what each lever does."""
    from core.cli.sweeping import print_failures
    from core.stats.interval import MIN_SEEDS

    case, kpi = done.case, done.case.kpis[0]
    seeds = len(document["seeds"])
    own, many = document["own_seeds"], f"{seeds} seed{'s' * (seeds > 1)} each"
    told = f"{many}, of its own" if own else many
    paper.print(f"{case.name}: {len(done.asked.scenarios):,} points, {told}", style="bold")
    paper.print(f"Size {document['size']}.")
    paper.print(f"Headline: {kpi.label['en']}, {kpi.unit}; {kpi.better} is better. In simulation.")
    for lever in document["levers"]:
        paper.print()
        paper.print(_curve_table(document, lever, kpi.digits))
    if document["variance"]:
        paper.print()
        paper.print(_variance_table(document["variance"]))
    paper.print()
    print_failures(done, paper)
    if done.failures and document["design"] == "grid" and done.whole:
        paper.print("Points failed, so the others are held by least squares, and no shares can be given.")
    if own:
        paper.print("Every point is another world, so no shares of what varies can be given.")
    if seeds < MIN_SEEDS and not own:
        paper.print(f"Below {MIN_SEEDS} seeds there is no interval.")
    else:
        paper.print("All intervals of one curve hold at once with 95 % (Bonferroni over its levels).")
    if "emulator" in document:
        known = document["emulator"]["quantities"][f"difference.{kpi.name}"]
        paper.print(
            f"Emulator: its 90 % band held {100 * known['covered']:.0f} % of"
            f" {document['emulator']['points']:,} held-out points (headline gain)."
        )
    paper.print(f"Stored: {document['sweep']}")


def _curve_table(document: dict[str, Any], lever: str, digits: int) -> Any:
    from core.cli.tables import interval_of, lined, short

    curves = [one for one in document["curves"] if one["lever"] == lever]
    table = lined(f"{lever}, all else averaged")
    table.add_column(lever)
    table.add_column("points", justify="right")
    heads = {"gain": "gain of learning", "return": "net KRW per KRW of learning"}
    for one in curves:
        table.add_column(heads.get(one["who"], str(one["who"])), justify="right")
    for place, level in enumerate(curves[0]["levels"] if curves else ()):
        means = (
            interval_of(
                one["means"][place],
                2 if one["who"] == "return" else digits,
                signed=one["who"] in heads,
                between="\n",
            )
            for one in curves
        )
        table.add_row(short(level), f"{curves[0]['points'][place]:,}", *means)
    return table


def _variance_table(variance: dict[str, Any]) -> Any:
    from core.cli.tables import interval_of, lined

    told = {
        "world": "the seed: another world, same setting",
        "together": "levers together, and luck of a point",
    }
    table = lined("Share of all that varies in the gain of learning, %; rough where seeds are few")
    table.add_column("by")
    table.add_column("share", justify="right")
    for name, share in variance.items():
        table.add_row(told.get(name, name), interval_of(share, 1, scale=100.0))
    return table
