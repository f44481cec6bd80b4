"""Parts of the industry page about the world: checks, levers, constants, limits, and how to repeat a run."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from core.engine.registry import AnyUseCase
from core.errors import UserError
from core.protocol import Check
from core.report.attempt import attempt
from core.report.sweeps import sections_of, standings
from core.report.words import Language, Words
from core.results import Run
from core.store.manifest import Manifest
from dashboards import blocks, inquiry, stored, tables
from dashboards.markdown import plain
from dashboards.stored import Swept

KEPT_CHECKS = 32


@st.cache_data(max_entries=KEPT_CHECKS, show_spinner=False)
def _asked(usecase: str, scenario: str, lang: Language) -> Sequence[Check]:
    return inquiry.checks_of(usecase, scenario, Words(lang))


@st.cache_data(max_entries=KEPT_CHECKS, show_spinner=False)
def _sampled(usecase: str, scenario: str, lang: Language) -> Sequence[inquiry.Sample]:
    return inquiry.samples_of(usecase, scenario, Words(lang))


def trust(case: AnyUseCase, scenario: Mapping[str, Any], say: Words) -> None:
    """Offer to check the world of a scenario; it is drawn only when asked for."""
    blocks.section(say("world.title"))
    st.subheader(say("world.checks"), anchor=False)
    st.markdown(say("world.checks_how"))
    text = json.dumps(dict(scenario), sort_keys=True)
    if not wanted(f"check-{case.name}-{text}", say("world.run_checks"), ":material/fact_check:"):
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


def wanted(key: str, label: str, icon: str) -> bool:
    """Offer something that takes a while; asked for once, it stays in sight while this person is here."""
    if st.button(label, key=f"button-{key}", icon=icon):
        st.session_state[key] = True
    return bool(st.session_state.get(key))


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


STATEMENTS = ("ahead", "pays", "published")
BADGES = {"holds": "green", "conditions": "yellow", "fails": "gray"}


def plausible(
    found: Swept | None, say: Words, about: Collection[str] = STATEMENTS, *, basis: bool = True
) -> None:
    """Say how statements stand in plausible worlds, where that was looked into, and on what that rests."""
    if found is None:
        return
    told, failed = attempt(partial(standings, found.document, found.sheet, say))
    if failed:
        st.warning(plain(failed))
    for standing in told or ():
        if standing.statement in about:
            badge = f":{BADGES[standing.verdict]}-badge[{plain(standing.word)}]"
            st.markdown(f"{badge} {plain(standing.text)}")
    if basis:
        blocks.small(plain(say("worlds.basis", size=found.sheet.size, worlds=len(found.sheet.points))))
        if not found.usual:
            blocks.small(plain(say("worlds.set", command=found.sheet.command)))


def worlds(case: AnyUseCase, say: Words) -> None:
    """Show in how many plausible worlds each statement holds, and what turns it."""
    one = stored.evidence(case.name, "worlds")
    if one is None:
        return
    told, failed = attempt(partial(sections_of, one.document, one.sheet, say))
    if told is None:
        st.warning(plain(failed))
        return
    blocks.laid(told[0], f"{case.name}-worlds", 0, say)


def sample(case: AnyUseCase, scenario: Mapping[str, Any], say: Words) -> None:
    """Show the first rows of what contenders learn from, with the meaning of each column."""
    blocks.section(say("sample.title"))
    st.markdown(say("sample.how", size=inquiry.SIZE, rows=inquiry.ROWS))
    text = json.dumps(dict(scenario), sort_keys=True)
    if not wanted(f"sample-{case.name}-{text}", say("sample.draw"), ":material/table_view:"):
        return
    try:
        with st.spinner(say("sample.drawing")):
            found = _sampled(case.name, text, say.lang)
    except UserError as error:
        st.error(plain(say("world.check_failed", reason=error)))
        return
    for one in found:
        blocks.below(say("sample.table", name=one.name, rows=f"{one.rows:,}"))
        st.dataframe(tables.sample_rows(one), hide_index=True, alt=one.name)
        blocks.small(say("sample.dictionary"))
        blocks.table(tables.dictionary(one, say), say("sample.dictionary"))


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
