"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

UseCaseName = Annotated[
    str, typer.Argument(metavar="USECASE", help="As `sectorlab list` prints it.", show_default=False)
]
Size = Annotated[
    str | None,
    typer.Option("--size", metavar="SIZE", help="tiny, quick, demo or full; quick when nothing is said."),
]
Situation = Annotated[
    str | None, typer.Option("--situation", metavar="NAME", help="A named setting of the levers.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Set one lever; may be given again and again."),
]
Assumed = Annotated[
    list[str] | None,
    typer.Option("--assume", metavar="NAME=VALUE", help="Replace a constant of the world, inside its range."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Runs = Annotated[
    Path, typer.Option("--out", metavar="DIR", envvar="SECTORLAB_RUNS", help="The folder of stored runs.")
]
Seeds = Annotated[
    int | None, typer.Option("--seeds", metavar="N", help="How many; the size says so otherwise.")
]
ScenarioFile = Annotated[
    Path | None, typer.Option("--scenario", metavar="FILE.toml", help="Levers, size, situation.")
]
Contenders = Annotated[
    str | None,
    typer.Option("--contenders", metavar="A,B", help="Only these, the incumbent and the bounds."),
]
Device = Annotated[str, typer.Option("--device", metavar="DEVICE", help="auto, cpu, cuda or mps.")]
Workers = Annotated[
    int | None, typer.Option("--workers", metavar="N", help="Processes; all cores otherwise.")
]
Backend = Annotated[
    str, typer.Option("--backend", metavar="WHERE", help="local, or dask: a cluster that runs already.")
]
Scheduler = Annotated[str | None, typer.Option("--scheduler", metavar="ADDRESS", help="Of the Dask cluster.")]
Retry = Annotated[bool, typer.Option("--retry", help="Try again what failed before.")]
