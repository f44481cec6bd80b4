"""Who gains and who loses when the selected learner decides instead of the incumbent."""

from __future__ import annotations

from typing import Literal

from core.protocol import Party
from core.report.measure import advantage, measure, precision
from core.report.page import Grid, Paragraph, Section
from core.report.words import Words
from core.results import Run

Stake = Literal["gains", "loses", "level", "few", "untold"]


def stake(run: Run, party: Party) -> Stake:
    """Say how a party fares; ``untold`` where nothing simulated tells."""
    kpi = next((kpi for kpi in run.case.kpis if kpi.name == party.kpi), None)
    if kpi is None:
        return "untold"
    _, how = advantage(run, kpi)
    if how == "ahead":
        return "loses" if party.against else "gains"
    if how == "behind":
        return "gains" if party.against else "loses"
    return "few" if how == "few" else "level"


def stakes(run: Run, say: Words) -> Section:
    """Set the parties out, each with the KPI by which they feel it."""
    title = say("report.stakes.title")
    if not run.case.parties:
        return Section(title, [Paragraph(say("report.stakes.none"))])
    if not run.chosen:
        return Section(title, [Paragraph(say("verdict.none.sentence"))])
    keys = ("who", "verdict", "difference", "kpi", "how")
    head = [say(f"report.stakes.{key}") for key in keys]
    rows = [_row(run, party, say) for party in run.case.parties]
    note = f"{say('report.stakes.note')} {precision(run, say)}"
    return Section(title, [Grid(head, rows, [False, False, True, False, False], note)])


def _row(run: Run, party: Party, say: Words) -> list[str]:
    verdict = say(f"report.stake.{stake(run, party)}")
    kpi = next((kpi for kpi in run.case.kpis if kpi.name == party.kpi), None)
    if kpi is None:
        return [say.of(party.who), verdict, "", "", say.of(party.note)]
    found, _ = advantage(run, kpi)
    difference = measure(found, kpi, say, signed=True)
    return [say.of(party.who), verdict, difference, say.of(kpi.label), say.of(party.note)]
