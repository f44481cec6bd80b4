"""The first page: one card an industry, with the claim of 2015, the answer, its worth and its verdict."""

from __future__ import annotations

import streamlit as st

from core.engine.registry import AnyUseCase
from core.errors import UserError
from core.report.money import books, net_benefit, paid_back
from core.report.verdict import judge
from dashboards import blocks, folders, stored
from dashboards.blocks import Site, framed, section, small
from dashboards.markdown import plain
from dashboards.views import recomputing, world


def title(site: Site) -> str:
    """Give the name of the page."""
    return site.say("start.title")


def show(site: Site) -> None:
    """Show the list of industries."""
    say = site.say
    with framed(site):
        st.title(plain(say("start.title")), anchor=False)
        st.markdown(say("site.tagline"))
        cases, broken = folders.industries()
        for reason in broken.values():
            st.error(plain(say("start.broken", reason=reason)), icon=":material/extension_off:")
        if not cases:
            st.info(say("start.none"))
        found = stored.entries()
        for name, case in cases.items():
            card(site, case, found.get(name, []))
        blocks.fetch_ahead()


def card(site: Site, case: AnyUseCase, runs: list[stored.Entry]) -> None:
    """Show an industry: question, claim, answer, verdict, and the way to its page."""
    say, text = site.say, case.card
    entry, worlds = stored.standing(case, runs), stored.evidence(case.name, "worlds")
    with st.container(border=True, key=f"card-{case.name}"):
        section(say.of(text.title))
        st.markdown(plain(say.of(text.question)))
        claim, answer = st.columns([2, 3], gap="large")
        with claim:
            st.subheader(say("start.claim"), anchor=False)
            st.markdown(plain(say.of(text.claim)))
            small(plain(say("industry.source", source=text.claim_source)))
            world.plausible(worlds, say, ("published",), basis=False)
        with answer:
            st.subheader(say("start.answer"), anchor=False)
            _answer(site, case, entry, worlds)
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            to_it = f"**{plain(say('start.open', title=say.of(text.title)))}**"
            site.link(to_it, icon=":material/arrow_forward:", usecase=case.name)
            if entry is not None:
                recomputing.offer(case, entry, say)


def _answer(site: Site, case: AnyUseCase, entry: stored.Entry | None, worlds: stored.Swept | None) -> None:
    say = site.say
    if entry is None:
        st.markdown(say("start.no_run"))
        st.code(f"sectorlab run {case.name}", language=None, wrap_lines=True)
        return
    try:
        run = stored.opened(entry, say)
    except UserError as error:
        st.error(plain(say("run.unreadable", reason=error)))
        return
    verdict, money = judge(run, say), books(run)
    st.markdown(f"**{plain(verdict.title)}.** {plain(verdict.sentence)}")
    if money is not None:
        st.markdown(plain(f"{net_benefit(money, say)} {paid_back(money, say)}"))
    small(plain(stored.run_name(case, entry, say, "run.basis")))
    world.plausible(worlds, say, ("ahead", "pays"))
