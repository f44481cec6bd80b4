"""What learning is worth in money: net of its own cost, before it, and until it is paid back."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from core.engine.scenario import about, learning_cost, levers
from core.protocol import COMMON_LEVERS, Kpi
from core.report.measure import mean, scaled, span
from core.report.numerals import number, short
from core.report.page import Block, Grid, Paragraph, Section
from core.report.words import Words
from core.results import SELECTED, Run
from core.stats.interval import Interval

MILLION = 1e6
MONTHS = 12.0
PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class Books:
    """Million KRW of one period, a year or a campaign, against the incumbent.

    Attributes
    ----------
    kpi
        What is counted.
    net, gross
        What the selected learner brings, after and before the learning's own cost.
    cost
        That cost.
    """

    kpi: Kpi
    net: Interval
    gross: Interval
    cost: float

    @property
    def yearly(self) -> bool:
        """Whether the period is a year."""
        return self.kpi.unit.endswith("/year")


def books(run: Run) -> Books | None:
    """Open the books of a run; None where its industry counts no money or no learner was selected."""
    kpi = next((kpi for kpi in run.case.kpis if kpi.name == run.case.money), None)
    if kpi is None or not run.chosen:
        return None
    net, cost = run.difference(kpi.name, SELECTED), learning_cost(run.case, run.scenario) / MILLION
    return Books(kpi, net, Interval(net.mean + cost, net.low + cost, net.high + cost, net.n), cost)


def payback(cost: float, gross: Interval) -> Interval:
    """Give the share of a period's gain that pays for its learning.

    Its ends are those of the gain, turned over; infinite where the gain may be nothing or a loss.

    Examples
    --------
    >>> payback(10.0, Interval(40.0, 20.0, 60.0, 9))
    Interval(mean=0.25, low=0.16666666666666666, high=0.5, n=9)
    >>> payback(10.0, Interval(40.0, -20.0, 100.0, 9)).high
    inf
    """

    def turned(gain: float) -> float:
        if math.isnan(gain):
            return math.nan
        return cost / gain if gain > 0.0 else math.inf

    return Interval(turned(gross.mean), turned(gross.high), turned(gross.low), gross.n)


def money(run: Run, say: Words) -> Section:
    """Say what it is worth, what it costs, and when that is paid back."""
    found = books(run)
    title = say("report.money.title")
    if found is None:
        key = "report.money.none" if run.chosen else "verdict.none.sentence"
        return Section(title, [Paragraph(say(key))])
    blocks: list[Block] = [
        Paragraph(net_benefit(found, say), strong=True),
        Paragraph(
            say(
                "report.money.gross",
                cost=_cost(found, say),
                gross=mean(found.gross, found.kpi, say),
                interval=span(found.gross, found.kpi.digits, say),
            )
        ),
        Paragraph(paid_back(found, say)),
        _parts(run, found, say),
    ]
    return Section(title, blocks)


def net_benefit(found: Books, say: Words) -> str:
    """Say what is left when the learning is paid for."""
    net, kpi = found.net, found.kpi
    return say("report.money.net", net=mean(net, kpi, say, signed=True), interval=span(net, kpi.digits, say))


def paid_back(found: Books, say: Words) -> str:
    """Say when the learning is paid for, or that it may never be."""
    if found.cost == 0.0:
        return say("report.payback.free")
    share = payback(found.cost, found.gross)
    if math.isinf(share.mean):
        return say("report.payback.never")
    scale, digits = (MONTHS, 1) if found.yearly else (PERCENT, 0)
    told = scaled(share, scale)
    key = f"report.payback.{'year' if found.yearly else 'once'}"
    value = number(told.mean, digits)
    if math.isinf(share.high):
        return say(f"{key}_unsure", value=value)
    return say(key, value=value, interval=span(told, digits, say))


def _cost(found: Books, say: Words) -> str:
    return say.quantity(short(found.cost), found.kpi.unit)


def _parts(run: Run, found: Books, say: Words) -> Grid:
    """What the learning costs, by common lever."""
    rows = [*_rows(run, say), [say("report.cost.total"), "", "", "", short(found.cost), ""]]
    head = [
        say("lever.name"),
        say("report.cost.quantity"),
        say("lever.unit"),
        say("report.cost.each"),
        say("report.cost.sum", unit=say.unit(found.kpi.unit)),
        say("lever.source"),
    ]
    return Grid(head, rows, [False, True, False, True, True, False], say("report.cost.note"))


def _rows(run: Run, say: Words) -> Iterator[list[str]]:
    known = levers(run.case.scenario)
    for name in COMMON_LEVERS:
        one = run.case.meanings[name]
        quantity = one.quantity * float(run.scenario[name])
        yield [
            say.of(about(known[name])["label"]),
            short(quantity),
            say.of(one.unit),
            number(one.krw_per_unit, 0),
            short(quantity * one.krw_per_unit / MILLION),
            one.source,
        ]
