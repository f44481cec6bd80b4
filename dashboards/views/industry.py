"""One page for any industry, made of nothing but what its use case declares and its runs hold."""

from __future__ import annotations

import streamlit as st

from core.engine.registry import AnyUseCase
from core.errors import UserError
from core.results import Run
from dashboards import blocks, stored
from dashboards.address import Refused, cut
from dashboards.blocks import Site, framed, refuse, small
from dashboards.markdown import plain
from dashboards.stored import Entry
from dashboards.views import result, world


def title(site: Site) -> str:
    """Give the name of the page."""
    case = stored.industries()[0].get(site.address.usecase)
    return site.say.of(case.card.title) if case else site.say("industry.title")


def show(site: Site) -> None:
    """Show the industry that the address names."""
    say, name = site.say, site.address.usecase
    cases, broken = stored.industries()
    with framed(site):
        if name in cases:
            _industry(site, cases[name])
            return
        st.title(say("industry.title"), anchor=False)
        if name in broken:
            st.error(plain(say("start.broken", reason=broken[name])), icon=":material/extension_off:")
        elif name:
            refuse(Refused("usecase", cut(name), ", ".join(cases)), say)
        st.markdown(say("industry.unknown"))
        for other, case in cases.items():
            site.link(plain(say.of(case.card.title)), usecase=other)


def _industry(site: Site, case: AnyUseCase) -> None:
    say = site.say
    st.title(plain(say.of(case.card.title)), anchor=False)
    st.markdown(plain(say.of(case.card.question)))
    entry = _choose(site, case, stored.entries().get(case.name, []))
    run = None
    if entry is None:
        st.info(say("start.no_run"))
        st.code(f"sectorlab run {case.name}", language=None, wrap_lines=True)
    else:
        try:
            run = stored.opened(entry, say)
        except UserError as error:
            st.error(plain(say("run.unreadable", reason=error)))
    if run is not None:
        result.answer(run, say)
    _claim(case, run, site)
    _story(case, site)
    if run is not None:
        result.figures(run, say)
        result.pictures(run, say)
        result.skill(run, say)
    world.trust(case, run.scenario if run else {}, say)
    world.declared(case, run.scenario if run else None, say)
    world.limits(case, say)
    if run is not None and entry is not None:
        world.again(run, entry.manifest, say)


def _choose(site: Site, case: AnyUseCase, runs: list[Entry]) -> Entry | None:
    """Let a person choose a stored run; the address remembers it."""
    first = stored.standing(case, runs)
    if first is None:
        return None
    say, wanted = site.say, site.address.run
    by_id = {entry.id: entry for entry in runs}
    if wanted and wanted not in by_id:
        refuse(Refused("run", cut(wanted), say("address.standing")), say)
    key = f"run-{case.name}"
    st.session_state[key] = wanted if wanted in by_id else first.id

    def remember() -> None:
        st.query_params["run"] = st.session_state[key]

    chosen = st.selectbox(
        say("run.choose"),
        list(by_id),
        format_func=lambda run_id: stored.run_name(case, by_id[run_id], say),
        key=key,
        on_change=remember,
    )
    return by_id[chosen]


def _claim(case: AnyUseCase, run: Run | None, site: Site) -> None:
    """Put the claim beside what the simulation finds, never merged."""
    say, card = site.say, case.card
    claim, found = st.columns(2, gap="medium", border=True)
    with claim:
        blocks.section(say("industry.claim"))
        st.markdown(f"**{plain(say.of(card.claim))}**")
        small(plain(say("industry.source", source=card.claim_source)))
    with found:
        blocks.section(say("industry.found"))
        result.finding(run, say)


def _story(case: AnyUseCase, site: Site) -> None:
    say, card = site.say, case.card
    story, incumbent = st.columns(2, gap="medium", border=True)
    with story:
        blocks.section(say("industry.story"))
        st.markdown(plain(say.of(card.story)))
    with incumbent:
        blocks.section(say("industry.incumbent"))
        st.markdown(plain(say.of(card.incumbent)))
