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
