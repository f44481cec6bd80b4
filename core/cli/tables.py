"""Results as tables on a hundred columns."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from core.results import SELECTED
from core.stats.interval import MIN_SEEDS, Interval

if TYPE_CHECKING:
    from rich.console import Console

    from core.protocol import Kpi
    from core.results import Run
    from core.stats.headroom import Captured

NOTHING = "nothing to gain"
ROUNDING = 1e-9
"""Ends of an interval that are as close are one."""


# --- numbers -----------------------------------------------------------------------------------


def number(value: float, digits: int, *, signed: bool = False) -> str:
    """Write a number with thousands separators; never a negative zero.

    Examples
    --------
    >>> number(1234567.891, 1), number(-0.01, 1), number(3.0, 0, signed=True)
    ('1,234,567.9', '0.0', '+3')
    """
    if not math.isfinite(value):
        return "-"
    rounded = round(value, digits) + 0.0
    return f"{rounded:{'+' if signed and rounded else ''},.{digits}f}"


def spread(interval: Interval, digits: int, *, signed: bool = False) -> str:
    """Write a mean with half the width of its interval, where it has one.

    Examples
    --------
    >>> spread(Interval(1234.56, 1230.0, 1239.12, 9), 1)
    '1,234.6 ± 4.6'
    """
    text = number(interval.mean, digits, signed=signed)
    half = (interval.high - interval.low) / 2.0
    return f"{text} ± {number(half, digits)}" if math.isfinite(half) else text


def interval_of(
    found: Mapping[str, float | None] | None, digits: int | None = None, *, signed: bool = False,
    scale: float = 1.0, between: str = " ",
) -> str:  # fmt: skip
    """Write an interval of a JSON document, its ends where it has any.

    Without ``digits`` it has as many as its width deserves.

    Examples
    --------
    >>> interval_of({"mean": 0.5, "ci_low": 0.25, "ci_high": 0.75}, 0, scale=100.0)
    '50 [25, 75]'
    """
    if found is None or found["mean"] is None:
        return ""
    mean, low, high = found["mean"], found["ci_low"], found["ci_high"]
    width = high - low if low is not None and high is not None else 0.0
    known = width > ROUNDING * abs(mean)
    if digits is None:
        digits = _digits(scale * (width if known else mean))
    text = number(scale * mean, digits, signed=signed)
    if low is None or high is None or not known:
        return text
    return f"{text}{between}[{number(scale * low, digits)}, {number(scale * high, digits)}]"


def _digits(width: float) -> int:
    """Decimals that show two digits of a width."""
    return min(6, max(0, 1 - math.floor(math.log10(abs(width))))) if width else 0


def share(found: Captured | None) -> str:
    """Write a share of headroom in per cent with Fieller's interval.

    Examples
    --------
    >>> share(None)
    ''
    """
    if found is None:
        return ""
    if found.nothing_to_gain:
        return NOTHING
    one = found.share
    text = f"{number(100.0 * one.mean, 0)} %"
    if math.isfinite(one.low) and math.isfinite(one.high):
        return f"{text} [{number(100.0 * one.low, 0)}, {number(100.0 * one.high, 0)}]"
    return f"{text} [no bound]" if math.isinf(one.low) else text


def short(value: Any) -> str:
    """Write a cell of any table: four significant digits, nothing for what is missing.

    Examples
    --------
    >>> short(0.123456), short(None), short(12345678.9), short(7)
    ('0.1235', '', '12,345,679', '7')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if 1e4 <= abs(value) < 1e15 else f"{value:.4g}"
    return str(value)


# --- tables ------------------------------------------------------------------------------------


def lined(title: str) -> Table:
    """Return an empty table in the style of all."""
    return Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)


def print_rows(names: Iterable[str], rows: Sequence[Sequence[Any]], paper: Console) -> None:
    """Print any rows, numbers to the right; a run's id stays in one piece, to be copied."""
    table = lined("")
    for i, name in enumerate(names):
        numbers = rows and all(isinstance(row[i], int | float | None) for row in rows)
        table.add_column(name, justify="right" if numbers else "left", overflow="fold", no_wrap=name == "run")
    for row in rows:
        table.add_row(*map(short, row))
    paper.print(table)
    paper.print(f"{len(rows):,} row{'' if len(rows) == 1 else 's'}")


def print_result(run: Run, paper: Console) -> None:
    """Print what a run found."""
    seeds = f"{len(run.seeds)} seed{'' if len(run.seeds) == 1 else 's'}"
    situation = f", situation {run.situation}" if run.situation else ""
    title = run.case.card.title["en"]
    paper.print(f"{title} ({run.case.name}), size {run.size}, {seeds}{situation}", style="bold")
    paper.print()
    _print_claim(run, paper)
    paper.print(_headline(run))
    for kpis in _chunks(run, paper.width):
        paper.print(_others(run, kpis))
    skill = _skill(run)
    if skill.row_count:
        paper.print(skill)
    _print_notes(run, paper)


def _print_claim(run: Run, paper: Console) -> None:
    card, finding = run.case.card, run.finding()
    paper.print(Text.assemble(("Claim  ", "bold"), f"{card.claim['en']} ({card.claim_source})"))
    found = "this use case draws no conclusion from this run."
    if finding is not None:
        found = finding.sentence["en"]
        if math.isfinite(finding.low) and math.isfinite(finding.high):
            found += f" (95 % interval: {short(finding.low)} to {short(finding.high)} {finding.unit})"
    paper.print(Text.assemble(("Found  ", "bold"), found))
    paper.print()


def _names(run: Run) -> list[str]:
    """Order the rows: incumbent, learners, who was selected, bounds."""
    learners = [n for n, role in run.roles.items() if role in ("incumbent", "learner")]
    bounds = [n for n in run.roles if n not in learners]
    return [*learners, *([SELECTED] if run.chosen else []), *bounds]


def _named(run: Run, name: str) -> Text:
    return Text(name, style="bold" if name in (SELECTED, run.incumbent) else "")


def _direction(kpi: Kpi) -> str:
    return f"{kpi.label['en']}, {kpi.unit}\n({kpi.better} is better)"


def _difference(run: Run, kpi: Kpi, name: str, before: str = "") -> Text:
    """Write the difference to the incumbent; coloured when its interval excludes none at all."""
    if name == run.incumbent:
        return Text("")
    found = run.difference(kpi.name, name)
    clear = found.low > 0.0 or found.high < 0.0
    style = ("green" if found.mean * kpi.sign > 0.0 else "red") if clear else "dim"
    return Text(before + spread(found, kpi.digits, signed=True), style=style)


def _headline(run: Run) -> Table:
    kpi = run.headline
    table = lined(f"{kpi.label['en']}, {kpi.unit} ({kpi.better} is better)")
    table.add_column("contender", no_wrap=True)
    table.add_column("role")
    for column in ("mean", "against the incumbent", "share of the headroom\nto the oracle"):
        table.add_column(column, justify="right")
    bounded = "ceiling" in run.roles
    if bounded:
        table.add_column("share of the headroom\nto the ceiling", justify="right")
    for name in _names(run):
        role = run.roles.get(name, "learner")
        shares = [share(run.captured(name, "oracle")) if role in ("learner", "ceiling") else ""]
        if bounded:
            shares.append(share(run.captured(name, "ceiling")) if role == "learner" else "")
        own = spread(run.interval(kpi.name, name), kpi.digits)
        table.add_row(_named(run, name), role, own, _difference(run, kpi, name), *shares)
    return table


def _cell(run: Run, kpi: Kpi, name: str) -> Text:
    """Write a KPI and, below it, the difference to the incumbent."""
    own = Text(spread(run.interval(kpi.name, name), kpi.digits))
    difference = _difference(run, kpi, name)
    return Text("\n").join((own, difference)) if difference.plain else own


def _chunks(run: Run, width: int) -> list[list[Kpi]]:
    """Share out the KPIs beside the headline, as many as fit beside each other."""
    names = _names(run)
    left = max(map(len, (*names, "contender"))) + 2
    chunks: list[list[Kpi]] = []
    room = 0
    for kpi in run.case.kpis[1:]:
        wide = max(14, *(len(line) for name in names for line in _cell(run, kpi, name).plain.split("\n"))) + 3
        if not chunks or wide > room:
            chunks.append([])
            room = width - left
        chunks[-1].append(kpi)
        room -= wide
    return chunks


def _others(run: Run, kpis: Sequence[Kpi]) -> Table:
    table = lined("")
    table.add_column("contender", no_wrap=True)
    for kpi in kpis:
        table.add_column(_direction(kpi), justify="right")
    for name in _names(run):
        table.add_row(_named(run, name), *(_cell(run, kpi, name) for kpi in kpis))
    return table


def _skill(run: Run) -> Table:
    table = lined("Skill on the held-out period")
    table.add_column("forecaster", no_wrap=True)
    table.add_column("measure")
    for column in ("value", "noise floor", "naive"):
        table.add_column(column, justify="right")
    table.add_column("unit")
    for name in (*run.roles, *run.references()):
        for measure, found in run.measures(name).items():
            value = short(found["mean"])
            if found["ci_low"] is not None:
                value += f" ± {(found['ci_high'] - found['ci_low']) / 2.0:.2g}"
            table.add_row(name, measure, value, short(found["floor"]), short(found["naive"]), found["unit"])
    return table


def _print_notes(run: Run, paper: Console) -> None:
    if run.chosen:
        picks = ", ".join(f"{name} on {count}" for name, count in run.picks.items())
        paper.print(f"selected: who did best on the last part of history, seed by seed ({picks}).")
    elif run.learners:
        paper.print("selected: no learner stood for selection.")
    oracle = run.captured(run.incumbent, "oracle")
    if oracle is not None and oracle.nothing_to_gain:
        paper.print(
            f"{NOTHING}: even the oracle is ahead of the incumbent by only"
            f" {spread(oracle.headroom, run.headline.digits)} {run.headline.unit}, too little to matter."
        )
    if len(run.seeds) < MIN_SEEDS:
        paper.print(f"With fewer than {MIN_SEEDS} seeds no interval is given.")
    else:
        paper.print("Intervals (±, [ ]) are of 95 % over seeds.")
    if len(run.case.kpis) > 1:
        paper.print("Second lines give the difference to the incumbent.")
    paper.print()
    if run.path:
        paper.print(f"Stored in    {run.path}", soft_wrap=True)
    if run.command:
        paper.print(f"Repeat with  {run.command}", soft_wrap=True)
    if "total" in run.seconds:
        paper.print(f"Took         {run.seconds['total']:.1f} s")
