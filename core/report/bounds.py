"""How far each contender is from the incumbent and from what could be reached, and what that bound is."""

from __future__ import annotations

from core.protocol import Kpi, Role
from core.report.headroom import order
from core.report.measure import precision
from core.report.numerals import between, number, within
from core.report.page import Bullets, Grid, Section
from core.report.share import BOUNDS
from core.report.verdict import labels
from core.report.words import Words
from core.results import SELECTED, Run
from core.stats.headroom import Captured


def bounds(run: Run, say: Words) -> Section:
    """Set contenders and bounds out in the headline KPI, and say what each bound is."""
    case, kpi, known = run.case, run.headline, labels(run, say)
    there: list[Role] = [bound for bound in BOUNDS if bound in run.roles]
    head = [
        say("report.bounds.who"),
        f"{say.of(kpi.label)}, {say.unit(kpi.unit)}",
        say("report.bounds.difference"),
        *(say("report.bounds.share", bound=known[bound]) for bound in there),
    ]
    rows = []
    for name in order(run):
        row = [known[name], within(run.interval(kpi.name, name), kpi.digits)]
        if name == run.incumbent:
            rows.append(row + [""] * (1 + len(there)))
        else:
            difference = within(run.difference(kpi.name, name), kpi.digits, signed=True)
            rows.append([*row, difference, *("" if name == b else _share(run, name, b, say) for b in there)])
    note = f"{say(f'table.{kpi.better}')}. {precision(run, say)}"
    stand = [
        say(
            "report.bounds.standing",
            bound=known[bound],
            standing=say(f"standing.{case.yardsticks[bound].standing.replace(' ', '_')}"),
            note=say.of(case.yardsticks[bound].note),
        )
        for bound in there
    ]
    grid = Grid(head, rows, [False] + [True] * (len(head) - 1), note[0].upper() + note[1:])
    return Section(say("report.bounds.title"), [grid, Bullets(stand)] if stand else [grid])


def _share(run: Run, name: str, bound: Role, say: Words) -> str:
    found = run.captured(name, bound)
    return share_cell(found, say) if found else ""


def share_cell(found: Captured, say: Words) -> str:
    """Write a share of the headroom with its interval, as a cell of a table."""
    if found.nothing_to_gain:
        return say("result.nothing")
    share = say("number.percent", value=number(100.0 * found.share.mean, 0))
    ends = between(100.0 * found.share.low, 100.0 * found.share.high, 0, say)
    return f"{share} ({ends})" if ends else share


def measured(run: Run, say: Words) -> Section:
    """Set out every KPI of incumbent, selected learner and bounds."""
    known = labels(run, say)
    names = [run.incumbent, *([SELECTED] if run.chosen else []), *(b for b in BOUNDS if b in run.roles)]
    heads = [known[name] for name in names]
    if run.chosen:
        heads.insert(2, say("report.bounds.difference"))
    rows = [_kpi(run, kpi, names, say) for kpi in run.case.kpis]
    head, right = [say("table.kpi"), *heads], [False] + [True] * len(heads)
    published = [
        f"{say.of(kpi.label)}. {say('table.published', figure=kpi.published)}"
        for kpi in run.case.kpis
        if kpi.published
    ]
    grid = Grid(head, rows, right, precision(run, say))
    return Section(say("report.measured"), [grid, Bullets(published)] if published else [grid])


def _kpi(run: Run, kpi: Kpi, names: list[str], say: Words) -> list[str]:
    values = [within(run.interval(kpi.name, name), kpi.digits) for name in names]
    if run.chosen:
        values.insert(2, within(run.difference(kpi.name, SELECTED), kpi.digits, signed=True))
    return [f"{say.of(kpi.label)}, {say.unit(kpi.unit)}; {say(f'table.{kpi.better}')}", *values]
