"""``sectorlab ship``: results into an industry's own folder, so that they are shown on the first start."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.cli.options import Runs


def ship(
    results: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN", help="Ids of stored runs or sweeps, or beginnings of them.", show_default=False
        ),
    ],
    policies: Annotated[
        bool,
        typer.Option(
            "--policies", help="With the policies of incumbent and selected learners, for live levers."
        ),
    ] = False,
    out: Runs = Path("runs"),
) -> None:
    """Copy stored runs and sweeps into their industry's folder, so that they ship with its package."""
    from core.store.runs import Store
    from core.store.shipped import ship_run, ship_sweep
    from core.sweep.shelf import Shelf, find

    store, shelf = Store(out), Shelf(out)
    for name in results:
        swept = find(name, out)
        if swept is None:
            target = ship_run(store, store.manifest(name).id, policies=policies)
        else:
            sheet = swept[1]
            target = ship_sweep(shelf.folder / sheet.id, sheet.usecase, sheet.files)
        typer.echo(str(target))
