"""The command ``sectorlab``. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import typer

from core.cli import (
    check,
    compare,
    dashboard,
    data,
    doctor,
    listing,
    new,
    report,
    run,
    runs,
    ship,
    show,
    sweep,
    worlds,
    worth,
)
from core.cli.exits import Endings

app = typer.Typer(
    name="sectorlab",
    cls=Endings,
    help="What machine learning is worth to an industry, and when it is not.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("list")(listing.listing)
app.command("show")(show.show)
app.command("run")(run.run)
app.command("sweep")(sweep.sweep)
app.command("worth")(worth.worth)
app.command("worlds")(worlds.worlds)
app.command("check")(check.check)
app.command("data")(data.data)
app.command("runs")(runs.runs)
app.command("compare")(compare.compare)
app.command("report")(report.report)
app.command("ship")(ship.ship)
app.command("dashboard")(dashboard.dashboard)
app.command("new")(new.new)
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run the command line."""
    app(prog_name="sectorlab")
