"""Where an industry's levers are moved: what an emulator says at once, and what is computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.engine.registry import AnyUseCase
from core.engine.scenario import about, build, span
from core.engine.scenario import levers as declared
from core.protocol import COMMON_LEVERS, Scenario
from core.report.assumptions import setting
from core.report.numerals import short
from core.report.words import Words
from dashboards import blocks, levers
from dashboards.blocks import Site
from dashboards.markdown import plain
from dashboards.views import computing, estimate

SIZE = "quick"
"""What is computed from the page: seconds to a minute, with five seeds."""


def show(site: Site, case: AnyUseCase) -> None:
    """Show the levers, and beside them what they do."""
    say = site.say
    values, _ = levers.read(case, site.address.levers)
    _situations(case, values, say)
    left, right = st.columns([5, 8], gap="large")
    with left:
        _live(case, values, say)
    scenario = build(case, size=SIZE, values=values)
    with right, st.container(key="answers"):
        told = setting(case, None, scenario.model_dump(), say)
        blocks.section(say("levers.answer", setting=told))
        _answer(site, case, scenario)


def _answer(site: Site, case: AnyUseCase, scenario: Scenario) -> None:
    guess, exact, curve = st.container(), st.container(), st.container()
    with exact:
        waiting = computing.show(case, scenario, site.say)
    with guess:
        estimate.show(case, scenario, site.say)
    with curve:
        estimate.curve(case, scenario, _last_moved(case, scenario), site.say)
    waiting()


def _last(case: AnyUseCase) -> str:
    return f"last-lever-{case.name}"


def _last_moved(case: AnyUseCase, scenario: Scenario) -> str:
    """Name the lever that was moved last, else one that is not at its default, else adoption."""
    known = str(st.session_state.get(_last(case), ""))
    return known or next(iter(levers.moved(case, scenario.model_dump())), "adoption")


# --- moving ------------------------------------------------------------------------------------


def _situations(case: AnyUseCase, values: Mapping[str, Any], say: Words) -> None:
    """Offer named scenarios, and the way back to the defaults."""
    blocks.section(say("levers.title"))
    st.markdown(say("levers.how", size=SIZE))
    with st.container(horizontal=True):
        for name, one in case.situations.items():
            st.button(
                plain(say.of(one.label)), key=f"situation-{case.name}-{name}",
                on_click=_go, args=(case, {**_defaults(case), **one.values}),
            )  # fmt: skip
        st.button(
            say("levers.reset"), key=f"reset-{case.name}", icon=":material/restart_alt:",
            disabled=not levers.moved(case, values), on_click=_go, args=(case, _defaults(case)),
        )  # fmt: skip


def _defaults(case: AnyUseCase) -> dict[str, Any]:
    return {name: info.default for name, info in declared(case.scenario).items()}


def _go(case: AnyUseCase, values: Mapping[str, Any]) -> None:
    """Write levers into the address, from which the page reads them."""
    for name in declared(case.scenario):
        st.query_params.pop(name, None)
    st.query_params.update(levers.moved(case, values))


def _live(case: AnyUseCase, values: Mapping[str, Any], say: Words) -> None:
    live = levers.live(case)
    first = [name for name in live if name in COMMON_LEVERS]
    blocks.below(say("levers.live"))
    blocks.small(say("levers.live_how"))
    _widgets(case, [*first, *(name for name in live if name not in first)], values, say)
    deep = [name for name in declared(case.scenario) if name not in live]
    common = [name for name in COMMON_LEVERS if name in deep]
    blocks.below(say("levers.deep"))
    blocks.small(say("levers.deep_how"))
    _widgets(case, common, values, say)
    with st.expander(say("levers.industry"), expanded=any(n in levers.moved(case, values) for n in deep)):
        _widgets(case, [name for name in deep if name not in common], values, say)


def _widgets(case: AnyUseCase, names: Sequence[str], values: Mapping[str, Any], say: Words) -> None:
    for name in names:
        with st.container(gap="xxsmall"):
            _widget(case, name, values, say)


def _widget(case: AnyUseCase, name: str, values: Mapping[str, Any], say: Words) -> None:
    """Show one lever with its unit, and what its value is in this industry's own terms."""
    info = declared(case.scenario)[name]
    told, bounds, key = about(info), span(info), f"lever-{case.name}-{name}"
    unit = say.unit(str(told.get("unit", "")))
    label = plain(say.of(told.get("label", {})) or name)
    written = f"{label} ({plain(unit)})" if unit and not levers.switch(info) else label
    # The address says where a lever stands; what it says stands in the widget.
    st.session_state[key] = bool(values[name]) if levers.switch(info) else values[name]

    def remember() -> None:
        value = st.session_state[key]
        st.session_state[_last(case)] = name
        _go(case, {**values, name: int(value) if levers.switch(info) else value})

    common: dict[str, Any] = {"key": key, "on_change": remember, "help": _help(case, name, say)}
    if bounds is None:
        st.selectbox(written, levers.options(info), **common)
    elif levers.switch(info):
        st.toggle(written, **common)
    elif levers.whole(info):
        st.slider(written, int(bounds[0]), int(bounds[1]), step=1, **common)
    else:
        step = levers.step(*bounds, float(info.default))
        st.slider(written, *bounds, step=step, format="localized" if bounds[1] >= 1000.0 else _format(step),
                  **common)  # fmt: skip
    meaning = case.meanings.get(name)
    if meaning is not None:
        blocks.small(
            plain(
                say(
                    "levers.means", quantity=short(values[name] * meaning.quantity), unit=say.of(meaning.unit)
                )
            )
        )


def _format(step: float) -> str:
    digits = len(f"{step:f}".rstrip("0").partition(".")[2])
    return f"%.{digits}f"


def _help(case: AnyUseCase, name: str, say: Words) -> str:
    info = declared(case.scenario)[name]
    meaning = case.meanings.get(name)
    source = meaning.source if meaning else str(about(info).get("source", ""))
    default = short(info.default) if isinstance(info.default, int | float) else str(info.default)
    return plain(say("levers.help", default=default, source=source))
