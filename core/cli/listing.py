"""``sectorlab list``: what is installed, from metadata alone."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from core.cli.options import AsJson


def listing(
    long: Annotated[bool, typer.Option("--long", help="Import each one to show its title, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the installed use cases."""
    from core.cli.output import emit
    from core.engine.registry import clash, offers

    found: list[dict[str, Any]] = [{"name": name, "packages": owners} for name, owners in offers().items()]
    for entry in found:
        if len(entry["packages"]) > 1:
            typer.echo(clash(entry["name"], entry["packages"]), err=True)
    if long:
        add_titles(found)
    if as_json:
        emit(found)
    elif not found:
        typer.echo("No use case is installed; `sectorlab new NAME` writes one to start from.")
    else:
        print_list(found)


def add_titles(found: list[dict[str, Any]]) -> None:
    """Import each use case; one that is broken is told on stderr and keeps no title."""
    from core.engine.registry import load
    from core.errors import UserError

    for entry in found:
        entry["title"] = None
        try:
            entry["title"] = dict(load(entry["name"]).card.title)
        except UserError as error:
            if len(entry["packages"]) == 1:
                typer.echo(f"skipped: {error}", err=True)


def print_list(found: list[dict[str, Any]]) -> None:
    """Print names, packages and titles in columns."""
    rows = [(e["name"], ", ".join(e["packages"]), (e.get("title") or {}).get("en", "")) for e in found]
    head = ("use case", "from package", "title" if any(row[2] for row in rows) else "")
    wide = [max(len(row[i]) for row in (head, *rows)) for i in range(2)]
    for name, owner, title in (head, *rows):
        typer.echo(f"{name:<{wide[0]}}  {owner:<{wide[1]}}  {title}".rstrip())
