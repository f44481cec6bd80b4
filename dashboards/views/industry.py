"""One page for any industry, made of nothing but what its use case declares and its runs hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import streamlit as st

from core.engine.registry import AnyUseCase
from core.errors import UserError
from core.report.assumptions import setting as setting_of
from core.results import Run
from dashboards import blocks, folders, levers, stored
from dashboards.address import Refused, cut
from dashboards.blocks import Site, framed, refuse
from dashboards.markdown import plain
from dashboards.places import PARTS, Part
from dashboards.stored import Entry
from dashboards.views import inside, result, setting, world


@dataclass(frozen=True, slots=True)
class Subject:
    """What the page is about: an industry, and the run that is looked at; both None where there is none."""

    case: AnyUseCase
    run: Run | None
    entry: Entry | None


def title(site: Site) -> str:
    """Give the name of the page."""
    case = folders.industries()[0].get(site.address.usecase)
    return site.say.of(case.card.title) if case else site.say("industry.title")


def show(site: Site) -> None:
    """Show the industry that the address names."""
    say, name = site.say, site.address.usecase
    cases, broken = folders.industries()
    if name in cases:
        site = _followed(site, cases[name])
        with framed(site):
            _industry(site, cases[name])
        return
    with framed(site):
        st.title(say("industry.title"), anchor=False)
        if name in broken:
            st.error(plain(say("start.broken", reason=broken[name])), icon=":material/extension_off:")
        elif name:
            refuse(Refused("usecase", cut(name), ", ".join(cases)), say)
        st.markdown(say("industry.unknown"))
        for other, case in cases.items():
            site.link(plain(say.of(case.card.title)), usecase=other)


def _followed(site: Site, case: AnyUseCase) -> Site:
    """Keep of the address what can be followed, so that no link carries the rest on."""
    values, refused = levers.read(case, site.address.levers)
    told = (*site.address.refused, *refused)
    return replace(site, address=replace(site.address, levers=levers.moved(case, values), refused=told))


def _industry(site: Site, case: AnyUseCase) -> None:
    say = site.say
    st.title(plain(say.of(case.card.title)), anchor=False)
    st.markdown(plain(say.of(case.card.question)))
    _parts(site)
    if site.address.part == "levers":
        setting.show(site, case)
        return
    moved = site.address.levers
    if moved:
        told = setting_of(case, None, levers.read(case, moved)[0], say)
        st.info(plain(say("levers.only_here", levers=told)), icon=":material/tune:")
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
    SHOWN[site.address.part](site, Subject(case, run, entry))


def _parts(site: Site) -> None:
    """Lead to the parts of the page; the one that is shown is no link."""
    address, say = site.address, site.say
    with st.container(horizontal=True, key="parts"):
        for part in PARTS:
            label = say(f"part.{part}")
            if part == address.part:
                st.markdown(f"**{plain(label)}**", width="content")
            else:
                there = address.here(part=part if part != PARTS[0] else "")
                st.page_link(site.page, label=label, query_params=there)


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


# --- parts -------------------------------------------------------------------------------------


def _answer(site: Site, about: Subject) -> None:
    say, case, run = site.say, about.case, about.run
    if run is not None:
        result.answer(run, say)
    claim, found = st.columns(2, gap="medium", border=True)
    with claim:
        blocks.section(say("industry.claim"))
        st.markdown(f"**{plain(say.of(case.card.claim))}**")
        blocks.small(plain(say("industry.source", source=case.card.claim_source)))
    with found:
        blocks.section(say("industry.found"))
        result.finding(run, say)
        world.plausible(stored.evidence(case.name, "worlds"), say)
    story, incumbent = st.columns(2, gap="medium", border=True)
    with story:
        blocks.section(say("industry.story"))
        st.markdown(plain(say.of(case.card.story)))
    with incumbent:
        blocks.section(say("industry.incumbent"))
        st.markdown(plain(say.of(case.card.incumbent)))
    if run is not None:
        result.headroom_and_bounds(run, say)
        result.money_of(run, say)


def _course(site: Site, about: Subject) -> None:
    if about.run is not None:
        blocks.section(site.say("chart.title"))
        result.pictures(about.run, "course", site.say)


def _learned(site: Site, about: Subject) -> None:
    if about.run is not None:
        result.skill(about.run, site.say)
        result.pictures(about.run, "learned", site.say)
    inside.show(about.case, about.entry, site.say)


def _people(site: Site, about: Subject) -> None:
    if about.run is not None:
        result.people(about.run, site.say)
        result.pictures(about.run, "people", site.say)


def _world(site: Site, about: Subject) -> None:
    say, case = site.say, about.case
    scenario = about.run.scenario if about.run else {}
    world.trust(case, scenario, say)
    world.worlds(case, say)
    world.sample(case, scenario, say)
    world.declared(case, about.run.scenario if about.run else None, say)
    world.limits(case, say)


def _repeat(site: Site, about: Subject) -> None:
    if about.run is not None and about.entry is not None:
        result.figures(about.run, site.say)
        world.again(about.run, about.entry.manifest, site.say)


SHOWN: Mapping[Part, Callable[[Site, Subject], None]] = {
    "answer": _answer,
    "course": _course,
    "learned": _learned,
    "people": _people,
    "world": _world,
    "repeat": _repeat,
}
