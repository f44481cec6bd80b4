"""``sectorlab doctor``: what of this installation works."""

from __future__ import annotations

import typer

from core.cli.options import AsJson

BROKEN = 1


def doctor(as_json: AsJson = False) -> None:
    """Examine this installation. Exit code 1 when something is broken."""
    from core.cli.output import emit
    from core.doctor import examine

    found = list(examine())
    if as_json:
        emit([{"what": one.what, "state": one.state, "said": one.said} for one in found])
    else:
        wide = max(len(one.what) for one in found)
        for one in found:
            typer.echo(f"{one.state:<7}  {one.what:<{wide}}  {one.said}")
    if any(one.state == "broken" for one in found):
        raise typer.Exit(BROKEN)
