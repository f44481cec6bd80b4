"""``sectorlab runs``: what is in the store, and questions to all of it in SQL."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.cli.options import AsJson, Runs


def runs(
    out: Runs = Path("runs"),
    sql: Annotated[
        str | None,
        typer.Option("--sql", metavar="TEXT", help="Ask the tables runs, per_seed, summary and skill."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the stored runs, or put a question to them in SQL."""
    from core.cli.output import emit, paper
    from core.store.query import ask, listed
    from core.store.runs import Store

    store = Store(out)
    if sql is not None:
        names, rows = ask(store, sql)
        if as_json:
            emit([dict(zip(names, row, strict=True)) for row in rows])
        else:
            from core.cli.tables import print_rows

            print_rows(names, rows, paper())
        return
    found = listed(store)
    if as_json:
        emit(found)
    elif not found:
        typer.echo(f"No run is stored in {str(out)!r}; `sectorlab run USECASE` makes one.")
    else:
        from core.cli.tables import print_rows

        shown = ("run", "usecase", "size", "situation", "seeds", "device", "seconds")
        print_rows(shown, [tuple(row[name] for name in shown) for row in found], paper())
