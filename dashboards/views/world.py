"""Parts of the industry page about the world: checks, levers, constants, limits, and how to repeat a run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.engine.registry import AnyUseCase
from core.errors import UserError
from core.protocol import Check
from core.report.words import Language, Words
from core.results import Run
from core.store.manifest import Manifest
from dashboards import blocks, inquiry, tables
from dashboards.markdown import plain

KEPT_CHECKS = 32


@st.cache_data(max_entries=KEPT_CHECKS, show_spinner=False)
def _asked(usecase: str, scenario: str, lang: Language) -> Sequence[Check]:
    return inquiry.ask(usecase, scenario, Words(lang))


def trust(case: AnyUseCase, scenario: Mapping[str, Any], say: Words) -> None:
    """Offer to check the world of a scenario; it is drawn only when asked for."""
    blocks.section(say("world.title"))
    st.subheader(say("world.checks"), anchor=False)
    st.markdown(say("world.checks_how"))
    text = json.dumps(dict(scenario), sort_keys=True)
    # Asked for once, it stays in sight while this person looks at this scenario.
    asked = f"asked-{case.name}-{text}"
    if st.button(say("world.run_checks"), key="check", icon=":material/fact_check:"):
        st.session_state[asked] = True
    if not st.session_state.get(asked):
        return
    try:
        with st.spinner(say("world.checking")):
            checks = _asked(case.name, text, say.lang)
    except UserError as error:
        st.error(plain(say("world.check_failed", reason=error)))
        return
    _verdict(checks, say)
    if not inquiry.usual(case, scenario):
        blocks.small(say("world.physics_only"))


def _verdict(checks: Sequence[Check], say: Words) -> None:
    if not checks:
        st.markdown(say("world.no_checks"))
        return
    failed = sum(not one.passed for one in checks)
    if failed:
        st.error(say("world.some_fail", failed=failed, count=len(checks)), icon=":material/error:")
    else:
        st.success(say("world.all_pass", count=len(checks)), icon=":material/check_circle:")
    blocks.table(tables.check_table(checks, say), say("world.checks"))


def declared(case: AnyUseCase, scenario: Mapping[str, Any] | None, say: Words) -> None:
    """Show levers and constants."""
    with st.expander(say("lever.title")):
        st.markdown(say("lever.how"))
        blocks.table(tables.lever_table(case, scenario, say), say("lever.title"))
    with st.expander(say("constant.title")):
        if case.constants:
            st.markdown(say("constant.how"))
            blocks.table(tables.constant_table(case, say), say("constant.title"))
        else:
            st.markdown(say("constant.none"))


def limits(case: AnyUseCase, say: Words) -> None:
    """Say what the world leaves out, and what it rests on."""
    if case.card.limits:
        blocks.section(say("limits.title"))
        blocks.bullets(say.of(text) for text in case.card.limits)
    if case.card.sources:
        with st.expander(say("limits.sources")):
            blocks.bullets(case.card.sources)


def again(run: Run, manifest: Manifest, say: Words) -> None:
    """Say how to make the same numbers, and with what they were made."""
    blocks.section(say("again.title"))
    st.markdown(say("again.command"))
    st.code(run.command, language=None, wrap_lines=True)
    with st.expander(say("again.manifest")):
        blocks.table(tables.manifest_table(manifest, run.path, say), say("again.manifest"))
        blocks.download(
            tables.manifest_json(manifest), f"{run.case.name}-manifest.json", "manifest", say,
            label="manifest.json", mime="application/json",
        )  # fmt: skip
