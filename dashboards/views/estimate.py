"""What an emulator says of a setting at once: drawn apart from what is computed, and never exported."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st

from core.engine.registry import AnyUseCase
from core.engine.scenario import about, levers, span
from core.protocol import Chart, Kpi, Scenario
from core.report.cast import INK, Cast
from core.report.draw import figure
from core.report.measure import mean
from core.report.numerals import between, number, short
from core.report.words import Words
from core.stats.interval import Interval
from core.sweep.emulator import Emulator, Estimate, Outside
from dashboards import blocks, stored
from dashboards.markdown import plain

ALONG = 25
"""Places along a lever at which its curve is estimated."""


def show(case: AnyUseCase, scenario: Scenario, say: Words) -> None:
    """Show the estimate of a setting, or why there is none."""
    known = stored.emulators(case.name)
    with st.container(key="estimate"):
        blocks.below(say("estimate.title"))
        found = covering(known, scenario)
        if not known:
            st.markdown(say("estimate.none"))
        elif isinstance(found, Outside):
            st.markdown(plain(outside(found, case, say)))
        elif found is not None:
            emulator, told = found
            _told(emulator, told, case, say)


def covering(
    known: list[Emulator], scenario: Scenario
) -> tuple[Emulator, Mapping[str, Estimate]] | Outside | None:
    """Ask the emulators in turn; the first that covers a setting answers.

    Those whose points share their seeds come first: what is computed here is played in the same worlds.
    Where none covers it, the last one's reason; None where there is none at all.
    """
    why: Outside | None = None
    for emulator in sorted(known, key=lambda one: one.own_seeds):
        try:
            return emulator, emulator.estimate(scenario)
        except Outside as error:
            why = error
    return why


def outside(why: Outside, case: AnyUseCase, say: Words) -> str:
    """Say which lever stands where nothing was tried."""
    known = levers(case.scenario)
    name = say.of(about(known[why.lever])["label"]) if why.lever in known else why.lever
    if why.options:
        tried = ", ".join(short(one) if isinstance(one, int | float) else str(one) for one in why.options)
    else:
        tried = say("number.range", low=short(why.low or 0.0), high=short(why.high or 0.0))
    value = short(why.value) if isinstance(why.value, int | float) else str(why.value)
    return say("estimate.outside", lever=name, value=value, tried=tried)


def _told(emulator: Emulator, told: Mapping[str, Estimate], case: AnyUseCase, say: Words) -> None:
    # Each quantity has a surface of its own: in the same worlds they agree, in others luck parts them.
    money = [] if emulator.own_seeds else [kpi for kpi in case.kpis[1:] if kpi.name == case.money]
    for kpi in [case.kpis[0], *money]:
        one = told[f"difference.{kpi.name}"]
        with st.container(gap=None):
            value = Interval(one.mean, one.low, one.high, emulator.seeds)
            st.metric(_name(kpi, say), say("estimate.about", value=mean(value, kpi, say, signed=True)))
            unsure = f" {say('estimate.unsure')}" if one.low < 0.0 < one.high else ""
            band = say("estimate.band", band=between(one.low, one.high, kpi.digits, say))
            blocks.small(plain(band + unsure))
    headline = f"difference.{case.kpis[0].name}"
    held = number(100.0 * emulator.covered(headline), 0)
    key = "estimate.own" if emulator.own_seeds else "estimate.shared"
    blocks.small(plain(say(key, points=emulator.points, seeds=emulator.seeds, held=held)))


def _name(kpi: Kpi, say: Words) -> str:
    return plain(say("estimate.difference", kpi=say.of(kpi.label)))


# --- along a lever -----------------------------------------------------------------------------


def curve(case: AnyUseCase, scenario: Scenario, lever: str, say: Words) -> None:
    """Draw how the headline goes along the lever that was moved last, as far as it is estimated."""
    info = levers(case.scenario).get(lever)
    bounds = span(info) if info is not None else None
    if info is None or bounds is None:
        return
    whole = info.annotation is int
    places = np.linspace(*bounds, ALONG)
    places = np.unique(np.append(np.round(places) if whole else places, float(getattr(scenario, lever))))
    found, known = [], stored.emulators(case.name)
    for place in places:
        value = int(place) if whole else float(place)
        told = covering(known, scenario.model_copy(update={lever: value}))
        if isinstance(told, tuple):
            found.append((float(place), told[1][f"difference.{case.kpis[0].name}"]))
    if len(found) > 1:
        _draw(case, scenario, lever, found, say)


def _draw(
    case: AnyUseCase, scenario: Scenario, lever: str, found: list[tuple[float, Estimate]], say: Words
) -> None:
    kpi, lang, told = case.kpis[0], say.lang, about(levers(case.scenario)[lever])
    label, unit = say.of(told["label"]), say.unit(str(told.get("unit", "")))
    chart = Chart(
        name="estimate-curve", kind="line", x="level", y="mean", low="low", high="high",
        table={
            "level": np.array([place for place, _ in found]),
            **{key: np.array([getattr(one, key) for _, one in found]) for key in ("mean", "low", "high")},
        },
        title={lang: say("estimate.curve", lever=label, kpi=say.of(kpi.label))},
        how={lang: say("estimate.curve_how")},
        alt={lang: say("estimate.curve_alt", lever=label,
                       first=number(found[0][1].mean, kpi.digits, signed=True),
                       last=number(found[-1][1].mean, kpi.digits, signed=True))},
        x_label={lang: f"{label} ({unit})" if unit else label},
        y_label={lang: say("estimate.axis", unit=say.unit(kpi.unit))},
        source=say("estimate.source"),
    )  # fmt: skip
    fig, _ = figure(chart, Cast({}, {}), say)
    fig.update_traces(line_dash="dash", selector={"fill": None})
    fig.add_hline(y=0.0, line={"color": INK, "width": 1})
    fig.add_vline(x=float(getattr(scenario, lever)), line={"color": INK, "width": 1, "dash": "dot"})
    with st.container(key="estimate-curve"):
        blocks.below(say.of(chart.title))
        st.markdown(plain(say.of(chart.how)))
        st.plotly_chart(fig, theme=None, config=blocks.CHART_CONFIG, key="estimate-picture",
                        alt=say.of(chart.alt))  # fmt: skip
