"""``sectorlab compare``: what differs between runs, in what was set and in what came out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.options import AsJson, Runs

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from core.protocol import Kpi
    from core.stats.interval import Interval
    from core.store.comparison import Compared, Comparison


def compare(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN RUN...",
            help="Two or more: ids, beginnings of them, or folders; the first is the reference.",
            show_default=False,
        ),
    ],
    everything: Annotated[
        bool, typer.Option("--all", help="Print every KPI of every contender, clear or not.")
    ] = False,
    out: Runs = Path("runs"),
    as_json: AsJson = False,
) -> None:
    """Compare runs with the first of them: what was set, and what came out, paired where seeds match."""
    from core.cli.output import emit, paper
    from core.store.comparison import compare as beside

    found = beside(runs, out)
    if as_json:
        emit(found.as_json() | {"notes": said(found)})
    else:
        print_comparison(found, paper(), everything=everything)


def said(found: Comparison) -> list[str]:
    """Say what a reader has to know."""
    from core.report.beside import note
    from core.report.words import Words

    return [note(one, Words("en")) for one in found.notes()]


def print_comparison(found: Comparison, paper: Console, *, everything: bool) -> None:
    """Print a comparison for people."""
    _print_runs(found, paper)
    _print_settings(found, paper)
    told = found.outcomes if everything else found.first_looked_at()
    for kpi in found.kpis:
        _print_kpi(kpi, [one for one in told if one.kpi == kpi], paper)
    if not everything:
        _print_clear(found.clear_beside(told), paper)
    for note in said(found):
        paper.print(note)
    if len(told) < len(found.outcomes):
        paper.print("`--all` prints every KPI of every contender.")


def _print_runs(found: Comparison, paper: Console) -> None:
    from core.cli.tables import lined, number

    table = lined("Runs")
    table.add_column("", justify="right")
    table.add_column("id", no_wrap=True)
    table.add_column("use case")
    table.add_column("size")
    for column in ("seeds", "shared\nwith 1", "learning,\nmillion KRW"):
        table.add_column(column, justify="right")
    for n, (one, shared) in enumerate(zip(found.stored, found.shared, strict=True), start=1):
        facts = one.facts
        pairs = "" if n == 1 else str(len(shared))
        cost = number(one.learning_mkrw, 1)
        table.add_row(str(n), facts.id, facts.usecase, facts.size, str(len(facts.seeds)), pairs, cost)
    paper.print(table)


def _print_settings(found: Comparison, paper: Console) -> None:
    from core.cli.tables import lined, short

    settings = found.settings()
    if not settings:
        paper.print("All were set alike.")
        paper.print()
        return
    table = lined("What was set differently")
    table.add_column("what", overflow="fold")
    for n in range(len(found.stored)):
        table.add_column(f"run {n + 1}", overflow="fold")
    for name, values in settings.items():
        table.add_row(name, *map(short, values))
    paper.print(table)


def _print_kpi(kpi: Kpi, told: list[Compared], paper: Console) -> None:
    """Print a row a contender and run, so that any number of runs fits on the paper."""
    from core.cli.tables import lined

    if not told:
        return
    paper.print(f"{kpi.label['en']}, {kpi.unit} ({kpi.better} is better)", style="bold")
    table = lined("")
    table.add_column("contender", no_wrap=True)
    for column in ("run", "mean", "less run 1"):
        table.add_column(column, justify="right")
    for one in told:
        for n in range(len(one.values)):
            table.add_row("" if n else one.contender, *_cells(one, n))
    paper.print(table)


def _print_clear(rows: list[tuple[Compared, int]], paper: Console) -> None:
    """Print what else differs by more than chance: a row a KPI, contender and run."""
    from core.cli.tables import lined

    if not rows:
        return
    paper.print("What else differs from run 1 by more than chance", style="bold")
    table = lined("")
    table.add_column("KPI")
    table.add_column("contender", no_wrap=True)
    for column in ("run", "mean", "less run 1"):
        table.add_column(column, justify="right", no_wrap=True)
    above: tuple[str, str] = "", ""
    for one, n in rows:
        named = f"{one.kpi.label['en']}, {one.kpi.unit}", one.contender
        kpi, contender = "" if named[0] == above[0] else named[0], "" if named == above else named[1]
        table.add_row(kpi, contender, *_cells(one, n))
        above = named
    paper.print(table)


def _cells(one: Compared, n: int) -> tuple[str, str, Text]:
    """Write number, mean and difference of a run."""
    from core.cli.tables import spread

    value, digits = one.values[n], one.kpi.digits
    return str(n + 1), spread(value, digits) if value else "none", _difference(one.kpi, one.differences[n])


def _difference(kpi: Kpi, found: Interval | None) -> Text:
    """Write a difference; coloured when its interval excludes none at all."""
    from rich.text import Text

    from core.cli.tables import spread
    from core.store.comparison import clear

    if found is None:
        return Text("")
    style = ("green" if found.mean * kpi.sign > 0.0 else "red") if clear(found) else "dim"
    return Text(spread(found, kpi.digits, signed=True), style=style)
