"""``sectorlab run``: a scenario over seeds and contenders, kept and shown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.cli.options import AsJson, Assumed, Runs, Settings, Situation, Size, UseCaseName
from core.errors import UserError


def run(
    usecase: UseCaseName,
    size: Size = None,
    situation: Situation = None,
    seeds: Annotated[
        int | None, typer.Option("--seeds", metavar="N", help="How many; the size says so otherwise.")
    ] = None,
    settings: Settings = None,
    assumed: Assumed = None,
    scenario: Annotated[
        Path | None, typer.Option("--scenario", metavar="FILE.toml", help="Levers, size, situation.")
    ] = None,
    contenders: Annotated[
        str | None,
        typer.Option("--contenders", metavar="A,B", help="Only these, the incumbent and the bounds."),
    ] = None,
    device: Annotated[
        str, typer.Option("--device", metavar="DEVICE", help="auto, cpu, cuda or mps.")
    ] = "auto",
    workers: Annotated[
        int | None, typer.Option("--workers", metavar="N", help="Processes; all cores otherwise.")
    ] = None,
    out: Runs = Path("runs"),
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Train again, even where trained policies are stored.")
    ] = False,
    reuse: Annotated[
        bool, typer.Option("--reuse", help="Show the stored run of this scenario, if there is one.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run a scenario, store it, and show what came out."""
    from core.cli.choose import choose, command_line
    from core.cli.output import emit, paper
    from core.cli.progress import progress
    from core.engine.registry import load
    from core.engine.run import run_scenario
    from core.results import document
    from core.store.runs import Store

    if fresh and reuse:
        raise UserError("fresh: a run is either trained again or used again; leave out --fresh or --reuse.")
    case = load(usecase)
    chosen = choose(case, size=size, situation=situation, settings=settings, assumed=assumed, file=scenario)
    names = split(contenders)
    with progress(usecase) as report:
        result = run_scenario(
            case,
            chosen.scenario,
            seeds=seeds,
            situation=chosen.situation,
            contenders=names,
            device=device,
            workers=workers,
            store=Store(out),
            fresh=fresh,
            reuse=reuse,
            command=command_line(chosen, seeds=seeds, contenders=names, device=device),
            progress=report,
        )
    if as_json:
        emit(document(result))
        return
    from core.cli.tables import print_result

    print_result(result, paper())


def split(contenders: str | None) -> list[str] | None:
    """Take a list with commas apart.

    Raises
    ------
    UserError
        When there is nothing in it.

    Examples
    --------
    >>> split("net, boosted")
    ['net', 'boosted']
    """
    if contenders is None:
        return None
    names = [name.strip() for name in contenders.split(",") if name.strip()]
    if not names:
        raise UserError(f"contenders: {contenders!r} names nobody; write it like --contenders a,b.")
    return list(dict.fromkeys(names))
