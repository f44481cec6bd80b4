"""Parts of the industry page that come from a run: answer, numbers, pictures, forecasts."""

from __future__ import annotations

from functools import partial
from typing import Literal

import streamlit as st

from core.report.attempt import attempt
from core.report.bounds import bounds
from core.report.cast import cast_of
from core.report.headroom import headroom
from core.report.money import books, money, net_benefit, paid_back
from core.report.numerals import between, decimals, half_width, number
from core.report.stakes import stakes
from core.report.verdict import judge, labels
from core.report.words import Words
from core.results import SELECTED, Run
from core.stats.interval import MIN_SEEDS, Interval
from dashboards import blocks, tables
from dashboards.markdown import plain

About = Literal["course", "learned", "people"]


def answer(run: Run, say: Words) -> None:
    """Say first what was found, then the three numbers behind it."""
    verdict = judge(run, say)
    with st.container(border=True):
        st.header(plain(verdict.title), anchor=False)
        st.markdown(plain(verdict.sentence))
        found = books(run)
        if found is not None:
            st.markdown(plain(f"{net_benefit(found, say)} {paid_back(found, say)}"))
        _metrics(run, say)


def _metrics(run: Run, say: Words) -> None:
    kpi = run.headline
    room = run.captured(SELECTED if run.chosen else run.incumbent, "oracle")
    entries: list[tuple[str, str, str]] = []
    if run.chosen:
        found = run.difference(kpi.name, SELECTED)
        shown = say.quantity(number(found.mean, kpi.digits, signed=True), kpi.unit)
        entries.append((say("result.difference"), shown, _interval(found, kpi.digits, say)))
    if room is not None:
        # In the direction in which the KPI gets better, as the difference beside it.
        low, high = sorted(kpi.sign * end for end in (room.headroom.low, room.headroom.high))
        far = Interval(kpi.sign * room.headroom.mean, low, high, room.headroom.n)
        shown = say.quantity(number(far.mean, kpi.digits, signed=True), kpi.unit)
        entries.append((say("result.room"), shown, _interval(far, kpi.digits, say)))
    if room is not None and run.chosen:
        share = Interval(100 * room.share.mean, 100 * room.share.low, 100 * room.share.high, room.share.n)
        nothing = room.nothing_to_gain
        shown = say("result.nothing") if nothing else say("number.percent", value=number(share.mean, 0))
        entries.append((say("result.share"), shown, "" if nothing else _interval(share, 0, say)))
    for column, (label, shown, note) in zip(st.columns(len(entries) or 1), entries, strict=False):
        with column, st.container(gap=None):
            st.metric(label, shown)
            if note:
                blocks.small(plain(note))


def _interval(found: Interval, digits: int, say: Words) -> str:
    ends = between(found.low, found.high, digits, say)
    return say("result.interval", interval=ends) if ends else say("result.no_interval", least=MIN_SEEDS)


def finding(run: Run | None, say: Words) -> None:
    """Say what the use case finds of its claim."""
    if run is None:
        st.markdown(say("industry.no_finding_yet"))
        return
    found, failed = attempt(run.finding)
    if failed:
        st.warning(plain(say("run.plugin_failed", reason=failed)))
    elif found is None:
        st.markdown(say("industry.no_finding"))
    else:
        st.markdown(f"**{plain(say.of(found.sentence))}**")
        one = Interval(found.value, found.low, found.high, len(run.seeds))
        digits = decimals(found.value, half_width(one))
        value = say.quantity(number(found.value, digits), found.unit)
        blocks.small(plain(f"{value}, {_interval(one, digits, say)}"))


def headroom_and_bounds(run: Run, say: Words) -> None:
    """Show how far everybody is from the incumbent and from what could be reached."""
    told = bounds(run, say)
    blocks.section(told.title)
    seeds = len(run.seeds)
    blocks.picture(headroom(run, say), cast_of(run, say), seeds, run.case.name, say)
    for place, block in enumerate(told.blocks):
        blocks.laid_block(block, f"{run.case.name}-bounds-{place}", seeds, say, told.title)


def money_of(run: Run, say: Words) -> None:
    """Show what it is worth when the learning is paid for."""
    blocks.laid(money(run, say), f"{run.case.name}-money", len(run.seeds), say)


def people(run: Run, say: Words) -> None:
    """Show who gains and who loses."""
    blocks.laid(stakes(run, say), f"{run.case.name}-stakes", len(run.seeds), say)


def figures(run: Run, say: Words) -> None:
    """Show all KPIs of all contenders."""
    blocks.section(say("result.title"))
    blocks.table(tables.kpi_table(run, say), say("result.title"))
    legend = "table.legend" if len(run.seeds) >= MIN_SEEDS else "table.legend_few"
    blocks.small(say(legend, seeds=len(run.seeds), least=MIN_SEEDS))
    if run.chosen:
        known = labels(run, say)
        picks = ", ".join(say("result.pick", name=known[n], count=c) for n, c in run.picks.items())
        blocks.small(plain(say("result.picks", picks=picks)))
    blocks.download(tables.csv(tables.kpi_numbers(run)), f"{run.case.name}-kpis.csv", "kpis", say)


def pictures(run: Run, about: About, say: Words) -> None:
    """Show the use case's own charts of a kind; one that fails is named and the others stay."""
    charts, failed = attempt(run.charts)
    shown = [chart for chart in charts or () if chart.about == about]
    if failed:
        st.warning(plain(say("run.plugin_failed", reason=failed)))
    elif not shown and about == "course":
        st.markdown(say("chart.none"))
    for chart in shown:
        draw = partial(blocks.picture, chart, cast_of(run, say), len(run.seeds), run.case.name, say)
        _, failed = attempt(draw)
        if failed:
            st.warning(plain(say("run.plugin_failed", reason=failed)))


def skill(run: Run, say: Words) -> None:
    """Show how well contenders and references forecast."""
    blocks.section(say("skill.title"))
    if not len(run.scores["measure"]):
        st.markdown(say("skill.none"))
        return
    blocks.small(say("skill.how", seeds=len(run.seeds)))
    frame = tables.skill_table(run, say)
    blocks.table(frame, say("skill.title"))
    blocks.download(tables.csv(run.scores), f"{run.case.name}-skill.csv", "skill", say)
