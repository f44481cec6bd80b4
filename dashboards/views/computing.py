"""What is computed of a setting: trained policies played again, or a run in a process apart."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from core.engine.registry import AnyUseCase
from core.engine.scenario import deep_part
from core.protocol import Scenario
from core.report.assumptions import setting
from core.report.measure import measure
from core.report.money import books, net_benefit
from core.report.verdict import judge
from core.report.words import Words
from core.results import SELECTED, Run
from dashboards import blocks, folders, levers, stored
from dashboards.jobs import Order
from dashboards.markdown import plain
from dashboards.player import Answer, Player
from dashboards.views import progress

PATIENCE_S = 0.15
"""An answer that comes within it is drawn at once; a later one when it comes."""
LOOK_S, LONGEST_S = 0.1, 60.0
"""How often, and how long, a page looks whether an answer has come."""
PASSING = ("lost",)
"""Reasons that may be gone the next time."""
REASONS = {"other code": "code", "too large": "large", "no policies": "policies", "lost": "lost"}


@st.cache_resource(show_spinner=False)
def player() -> Player:
    """Give the one player of all sessions."""
    return Player()


def show(case: AnyUseCase, scenario: Scenario, say: Words) -> Callable[[], None]:
    """Show what is computed of a setting, or offer to compute it.

    Returns
    -------
    waiting
        To be called when the rest of the page is drawn: waits for an answer that is still being played.
    """
    with st.container(key="computed"):
        blocks.below(say("computed.title"))
        progress.show(partial(_computes, case, scenario), say)
        progress.elsewhere(partial(_computes, case, scenario), partial(_setting, say), say)
        slot, pulse = st.empty(), st.empty()
    entry = stored.playable(case, scenario)
    if entry is None:
        with slot.container():
            _offer(case, scenario, say("computed.not_yet"), say)
        return lambda: None

    def ask(patience: float) -> Answer:
        live = {name: getattr(scenario, name) for name in levers.live(case)}
        return player().ask(progress.owner(), entry.root, entry.id, live, patience)

    answer = ask(PATIENCE_S)
    _draw(slot, case, scenario, answer, say)

    def waiting() -> None:
        until = time.monotonic() + LONGEST_S
        now = answer
        while now.state == "playing" and time.monotonic() < until:
            time.sleep(LOOK_S)
            # Whatever is sent to the page lets it take the next move of a lever instead.
            pulse.empty()
            now = ask(0.0)
        if answer.state == "playing":
            _draw(slot, case, scenario, now, say)

    return waiting


def _computes(case: AnyUseCase, scenario: Scenario, order: Order) -> bool:
    """Whether an order computes a setting, whatever its live levers are."""
    if order.usecase != case.name or order.repeats:
        return False
    return deep_part(case.scenario.model_validate(order.scenario)) == deep_part(scenario)


def _setting(say: Words, order: Order) -> str:
    """Say what an order computes."""
    case = folders.industries()[0][order.usecase]
    told = setting(case, order.situation, order.scenario, say)
    return f"{say.of(case.card.title)}, {told}, {order.scenario['size']}"


def _draw(slot: Any, case: AnyUseCase, scenario: Scenario, answer: Answer, say: Words) -> None:
    with slot.container():
        if answer.run is not None:
            # While it is played, the run's own levers are known from the store.
            _result(answer.run, say)
        elif answer.state == "playing":
            st.markdown(say("computed.playing"))
        else:
            key = REASONS.get(answer.reason)
            if answer.reason in PASSING or not key:
                st.button(say("computed.again"), key=f"again-{case.name}", icon=":material/refresh:")
            why = say(f"computed.{key}") if key else say("computed.broke", reason=answer.reason)
            _offer(case, scenario, why, say)


def _result(run: Run, say: Words) -> None:
    verdict, found = judge(run, say), books(run)
    st.markdown(f"**{plain(verdict.title)}.** {plain(verdict.sentence)}")
    if found is not None:
        st.markdown(plain(net_benefit(found, say)))
    head = [say("levers.kpi"), say("levers.incumbent"), say("levers.selected"), say("levers.difference")]
    rows = [
        {
            head[0]: plain(say.of(kpi.label)),
            head[1]: plain(measure(run.interval(kpi.name, run.incumbent), kpi, say)),
            head[2]: plain(measure(run.interval(kpi.name, SELECTED), kpi, say)),
            head[3]: plain(measure(run.difference(kpi.name, SELECTED), kpi, say, signed=True)),
        }
        for kpi in run.case.kpis
    ]
    blocks.small(plain(say("computed.basis", size=run.size, seeds=len(run.seeds))))
    with st.expander(say("computed.all")):
        blocks.table(pd.DataFrame(rows), say("computed.title"))


def _offer(case: AnyUseCase, scenario: Scenario, why: str, say: Words) -> None:
    """Say why nothing is computed yet, and offer to compute it."""
    st.markdown(plain(why))
    st.button(
        say("computed.exactly"), key=f"compute-{case.name}", icon=":material/calculate:", type="primary",
        disabled=progress.busy(), on_click=progress.order, args=(order_of(case, scenario),),
    )  # fmt: skip


def order_of(case: AnyUseCase, scenario: Scenario) -> Order:
    """Write the order for a setting: the seeds of its size, and the contenders that the emulator knows."""
    names = stored.contenders(case)
    seeds = case.scales[scenario.size].seeds
    words = ["sectorlab", "run", case.name, "--size", scenario.size]
    for name, text in levers.moved(case, scenario.model_dump()).items():
        words += ["--set", f"{name}={text}"]
    if names is not None:
        words += ["--contenders", ",".join(names)]
    return Order(
        usecase=case.name,
        scenario=scenario.model_dump(),
        situation=None,
        seeds=tuple(range(seeds)),
        contenders=names,
        root=folders.root(),
        command=shlex.join(words),
    )
