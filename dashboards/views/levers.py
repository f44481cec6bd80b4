"""What a government can move: five levers over all industries, in net KRW for a KRW."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.engine.registry import AnyUseCase
from core.engine.scenario import about
from core.engine.scenario import levers as declared
from core.protocol import COMMON_LEVERS, Scenario
from core.report.cast import INK, MUTED, RULE, Cast
from core.report.draw import FONT
from core.report.measure import span
from core.report.numerals import between, decimals, half_width, number
from core.report.sweeps import curve_chart
from core.report.words import Words
from core.sweep.across import Place, across
from dashboards import blocks, folders, stored, tables
from dashboards.blocks import Site, framed
from dashboards.markdown import plain

ROW, ROOM = 30, 70
"""Pixels of a lever in the picture, and of its axis."""
TICKS = (0, 1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)


def title(site: Site) -> str:
    """Give the name of the page."""
    return site.say("page.levers")


def show(site: Site) -> None:
    """Show what one more unit is worth, and how returns go along each lever."""
    say = site.say
    with framed(site):
        st.title(title(site), anchor=False)
        st.markdown(say("policy.how"))
        cases = folders.industries()[0]
        _worth(cases, say)
        _curves(site, cases)


# --- one more unit -----------------------------------------------------------------------------


def _worth(cases: dict[str, AnyUseCase], say: Words) -> None:
    blocks.section(say("policy.worth"))
    found = {name: one for name in cases if (one := stored.evidence(name, "worth")) is not None}
    places = across([one.document for one in found.values()])
    if not places:
        st.markdown(say("policy.worth_none"))
        return
    names = {place: _name(cases, place, say) for place in places}
    sure = [place for place in places if place.value.low > 0.0]
    blocks.small(say("policy.worth_how", count=len(places)))
    st.markdown(f"**{plain(_found(sure, names, say))}**")
    st.plotly_chart(
        _picture(places, names, say), theme=None, config=blocks.CHART_CONFIG, key="policy-worth",
        alt=say("policy.worth_alt", places="; ".join(f"{names[one]} {_written(one, say)}" for one in places)),
    )  # fmt: skip
    basis = "; ".join(
        say("policy.basis", industry=say.of(cases[name].card.title), size=one.sheet.size,
            seeds=len(one.sheet.seeds[0]))
        for name, one in found.items()
    )  # fmt: skip
    blocks.small(plain(say("policy.bases", bases=basis)))
    _missing([name for name in cases if name not in found], cases, "policy.missing", say)
    for name, one in found.items():
        for lever in one.document["blind"]:
            label = say.of(about(declared(cases[name].scenario)[lever])["label"])
            blocks.small(plain(say("policy.blind", industry=say.of(cases[name].card.title), lever=label)))
    frame = _table(places, names, cases, say)
    with st.expander(say("table.data")):
        blocks.table(frame, say("policy.worth"), list(frame.columns[2:4]))
    blocks.download(_numbers(places), "policy-levers.csv", "policy-levers", say)


def _missing(names: Sequence[str], cases: dict[str, AnyUseCase], key: str, say: Words) -> None:
    """Say of which industries nothing is known."""
    if names:
        blocks.small(plain(say(key, industries=", ".join(say.of(cases[name].card.title) for name in names))))


def _name(cases: dict[str, AnyUseCase], place: Place, say: Words) -> str:
    case = cases[place.usecase]
    label = say.of(about(declared(case.scenario)[place.lever])["label"])
    return f"{say.of(case.card.title)}: {label}"


def _found(sure: Sequence[Place], names: dict[Place, str], say: Words) -> str:
    if not sure:
        return say("policy.none_sure")
    return say("policy.sure", levers="; ".join(f"{names[one]} {_written(one, say)}" for one in sure))


def _written(place: Place, say: Words) -> str:
    digits = decimals(place.value.mean, half_width(place.value))
    return f"{number(place.value.mean, digits, signed=True)} ({span(place.value, digits, say)})"


def squeezed(value: float) -> float:
    """Bring a number to a scale on which 1, 10 and 100 are as far apart, on both sides of 0.

    Examples
    --------
    >>> squeezed(0.0), squeezed(9.0), squeezed(-99.0)
    (0.0, 1.0, -2.0)
    """
    return math.copysign(math.log10(1.0 + abs(value)), value)


def _picture(places: Sequence[Place], names: dict[Place, str], say: Words) -> go.Figure:
    x = [squeezed(one.value.mean) for one in places]
    ends = [
        (squeezed(one.value.low), squeezed(one.value.high)) if math.isfinite(one.value.low) else (at, at)
        for one, at in zip(places, x, strict=True)
    ]
    sure = [one.value.low > 0.0 for one in places]
    fig = go.Figure(
        go.Scatter(
            x=x, y=[names[one] for one in places], mode="markers",
            marker={"color": ["#0F5F5C" if one else INK for one in sure], "size": 11,
                    "symbol": ["circle" if one else "circle-open" for one in sure], "line": {"width": 2}},
            error_x={"type": "data", "symmetric": False, "color": INK, "thickness": 1.4,
                     "array": [high - at for (_, high), at in zip(ends, x, strict=True)],
                     "arrayminus": [at - low for (low, _), at in zip(ends, x, strict=True)]},
            text=[_written(one, say) for one in places], hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )  # fmt: skip
    reach = max([abs(end) for pair in ends for end in pair] + [1.0])
    ticks = [one for one in TICKS if squeezed(one) <= reach * 1.05]
    marks = [-one for one in reversed(ticks) if one] + ticks
    axis = {"automargin": True, "fixedrange": True, "tickcolor": RULE, "linecolor": MUTED}
    fig.update_layout(
        height=ROW * len(places) + ROOM, margin={"l": 8, "r": 16, "t": 8, "b": 8}, showlegend=False,
        font={"family": FONT, "size": 14, "color": INK}, paper_bgcolor="#FFFFFF", plot_bgcolor="#FFFFFF",
        xaxis=axis | {"tickvals": [squeezed(one) for one in marks],
                      "ticktext": [number(one, 0) for one in marks],
                      "gridcolor": RULE, "zeroline": True, "zerolinecolor": INK, "zerolinewidth": 1.6,
                      "title": {"text": say("policy.axis"), "standoff": 14}},
        yaxis=axis | {"autorange": "reversed", "showgrid": False},
    )  # fmt: skip
    return fig


def _table(
    places: Sequence[Place], names: dict[Place, str], cases: dict[str, AnyUseCase], say: Words
) -> pd.DataFrame:
    rows = []
    for one in places:
        digits = decimals(one.value.mean, half_width(one.value))
        rows.append({
            say("policy.rank"): str(one.rank),
            say("lever.name"): plain(names[one]),
            say("policy.value"): plain(number(one.value.mean, digits, signed=True)),
            say("policy.interval"): plain(between(one.value.low, one.value.high, digits, say)),
            say("policy.unit"): plain(say.of(cases[one.usecase].meanings[one.lever].unit)),
            say("policy.tied"): say("policy.yes") if one.level_with_first else "",
        })  # fmt: skip
    return pd.DataFrame(rows)


def _numbers(places: Sequence[Place]) -> bytes:
    return tables.csv(
        pd.DataFrame([
            {"usecase": one.usecase, "lever": one.lever, "net_krw_per_krw": one.value.mean,
             "ci_low": one.value.low, "ci_high": one.value.high, "seeds": one.value.n, "rank": one.rank,
             "level_with_first": one.level_with_first}
            for one in places
        ])
    )  # fmt: skip


# --- along a lever -----------------------------------------------------------------------------


def _curves(site: Site, cases: dict[str, AnyUseCase]) -> None:
    say = site.say
    blocks.section(say("policy.curves"))
    blocks.small(say("policy.curves_how"))
    label = {name: say.of(about(declared(Scenario)[name])["label"]) for name in COMMON_LEVERS}
    # The address says which lever is looked at.
    st.session_state["policy-lever"] = site.address.lever
    lever = st.segmented_control(
        say("policy.lever"), COMMON_LEVERS, key="policy-lever", required=True, on_change=_remember,
        format_func=lambda name: label[name],
    )  # fmt: skip
    shown = [
        (case, swept, curve)
        for name, case in cases.items()
        if (swept := stored.broadest(name)) is not None
        for curve in swept.document["curves"]
        if curve["who"] == "return" and curve["lever"] == lever
    ]
    if not shown:
        st.markdown(say("policy.curves_none"))
    known = {case.name for case, _, _ in shown}
    _missing([name for name in cases if name not in known], cases, "policy.curves_missing", say)
    for pair in (shown[i : i + 2] for i in range(0, len(shown), 2)):
        for column, (case, swept, curve) in zip(st.columns(2, gap="medium"), pair, strict=False):
            with column, st.container(border=True):
                st.markdown(f"**{plain(say.of(case.card.title))}**")
                chart = curve_chart(case, curve, swept.document, swept.sheet, say)
                blocks.picture(chart, Cast({}, {}), 0, case.name, say)


def _remember() -> None:
    st.query_params["lever"] = st.session_state["policy-lever"]
