"""``sectorlab run``: a scenario over seeds and contenders, kept and shown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.cli.options import (
    AsJson,
    Assumed,
    Contenders,
    Device,
    Runs,
    ScenarioFile,
    Seeds,
    Settings,
    Situation,
    Size,
    UseCaseName,
    Workers,
)
from core.errors import UserError


def run(
    usecase: UseCaseName,
    size: Size = None,
    situation: Situation = None,
    seeds: Seeds = None,
    settings: Settings = None,
    assumed: Assumed = None,
    scenario: ScenarioFile = None,
    contenders: Contenders = None,
    device: Device = "auto",
    workers: Workers = None,
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
