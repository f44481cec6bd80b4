"""Frozen views for a live briefing, one after the other, in large type, with notes for whoever speaks.

What is shown is fixed when the storyline is opened: a run that ends meanwhile changes nothing. All numbers
come from what also writes the handout, so both say the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import streamlit as st

from core.engine.registry import AnyUseCase
from core.report.attempt import attempt
from core.report.cast import cast_of
from core.report.draw import figure
from core.report.headroom import headroom
from core.report.money import books, net_benefit, paid_back
from core.report.verdict import judge
from core.report.words import Words
from core.results import Run
from dashboards import blocks, folders, ledger, stored
from dashboards.address import Refused, cut
from dashboards.blocks import Site
from dashboards.markdown import plain
from dashboards.stored import Swept
from dashboards.views import handout, world

FROZEN, NOTES = "story", "story-notes"
VIEWS_EACH = 3
"""Of an industry."""
MOST_LIMITS = 3
"""Of an industry's limits that stand in the notes."""


@dataclass(frozen=True, slots=True)
class View:
    """One view: what is shown, and what is said to it."""

    title: str
    show: Callable[[], None]
    notes: tuple[str, ...] = ()


def title(site: Site) -> str:
    """Give the name of the page."""
    return site.say("page.story")


def show(site: Site) -> None:
    """Show the view that the address names."""
    say = site.say
    with blocks.framed(site, bare=True):
        views = _views(site)
        at = _step(site, len(views))
        with st.container(key="story"):
            st.title(plain(views[at].title), anchor=False)
            views[at].show()
        _controls(site, at, len(views))
        if st.session_state.get(NOTES):
            with st.container(border=True, key="story-notes"):
                blocks.section(say("story.notes"))
                blocks.bullets(views[at].notes or (say("story.no_notes"),))
                ids = {one for pair in frozen().values() for one in pair}
                rows = [row for row in ledger.listed()[0] if row.id in ids]
                if rows:
                    blocks.small(say("story.handout"))
                    handout.offer(rows, "pdf", say)


def _step(site: Site, count: int) -> int:
    """Say which view is asked for, from 0; one that does not exist is named."""
    said = site.address.step
    if not said:
        return 0
    if said in map(str, range(1, count + 1)):
        return int(said) - 1
    blocks.refuse(Refused("step", cut(said), f"1 – {count}"), site.say)
    return 0


# --- what is frozen ----------------------------------------------------------------------------


def frozen() -> dict[str, tuple[str, str]]:
    """Give the run and the plausible worlds that stand for each industry, as they were at the opening."""
    if FROZEN not in st.session_state:
        found, kept = stored.entries(), {}
        for name, case in folders.industries()[0].items():
            entry, worlds = stored.standing(case, found.get(name, [])), stored.evidence(name, "worlds")
            if entry is not None:
                kept[name] = entry.id, worlds.sheet.id if worlds else ""
        st.session_state[FROZEN] = kept
    known: dict[str, tuple[str, str]] = st.session_state[FROZEN]
    return known


def _views(site: Site) -> list[View]:
    say, cases = site.say, folders.industries()[0]
    opening = (say("story.note_opening"), say("story.note_keys"))
    views = [View(say("site.name"), partial(_opening, site), opening)]
    told: list[tuple[AnyUseCase, Run]] = []
    for name, (run_id, worlds_id) in frozen().items():
        case = cases[name]
        entry = next((one for one in stored.entries().get(name, []) if one.id == run_id), None)
        worlds = next((one for one in stored.sweeps(name, "worlds") if one.sheet.id == worlds_id), None)
        run, failed = attempt(partial(stored.opened, entry, say)) if entry else (None, run_id)
        if entry is None or run is None:
            views += [View(say.of(case.card.title), partial(_lost, failed, say))] * VIEWS_EACH
            continue
        told.append((case, run))
        views += _of_industry(site, case, run, worlds, stored.run_name(case, entry, say, "run.basis"))
    if told:
        notes = (say("story.note_closing"), say("site.synthetic_why"))
        views.append(View(say("story.closing"), partial(_closing, site, told), notes))
    return views


def _lost(reason: str, say: Words) -> None:
    """Stand in for a result that is no longer there, so that no step moves."""
    st.warning(plain(say("story.lost", reason=reason)), icon=":material/error:")


def _of_industry(site: Site, case: AnyUseCase, run: Run, worlds: Swept | None, basis: str) -> list[View]:
    say, card = site.say, case.card
    name = say.of(card.title)
    about = (say.of(card.story), say("report.incumbent", incumbent=say.of(card.incumbent)))
    limits = tuple(say.of(one) for one in card.limits[:MOST_LIMITS])
    return [
        View(say("story.asked", industry=name), partial(_asked, site, case), about),
        View(
            f"{name}: {judge(run, say).title}",
            partial(_answered, site, run),
            (*_found(run, say), basis),
        ),
        View(say("story.sure", industry=name), partial(_sure, site, worlds, run), limits),
    ]


def _found(run: Run, say: Words) -> tuple[str, ...]:
    found, _ = attempt(run.finding)
    return (say.of(found.sentence),) if found is not None else ()


# --- views -------------------------------------------------------------------------------------


def _opening(site: Site) -> None:
    st.markdown(f"**{plain(site.say('site.tagline'))}**")
    st.markdown(plain(site.say("site.synthetic_why")))


def _asked(site: Site, case: AnyUseCase) -> None:
    say, card = site.say, case.card
    st.markdown(f"**{plain(say.of(card.question))}**")
    blocks.section(say("start.claim"))
    st.markdown(plain(say.of(card.claim)))
    blocks.small(plain(say("industry.source", source=card.claim_source)))


def _answered(site: Site, run: Run) -> None:
    say = site.say
    st.markdown(plain(judge(run, say).sentence))
    chart = headroom(run, say)
    fig, _ = figure(chart, cast_of(run, say), say)
    fig.update_layout(font_size=18)
    fig.update_xaxes(title_font_size=18)
    st.plotly_chart(fig, theme=None, config=blocks.CHART_CONFIG, key="story-picture", alt=say.of(chart.alt))
    blocks.small(plain(say("chart.foot", seeds=len(run.seeds), source=say.source(chart.source))))


def _sure(site: Site, worlds: Swept | None, run: Run) -> None:
    say, found = site.say, books(run)
    st.markdown(
        plain(f"{net_benefit(found, say)} {paid_back(found, say)}") if found else say("report.money.none")
    )
    world.plausible(worlds, say)


def _closing(site: Site, told: list[tuple[AnyUseCase, Run]]) -> None:
    say = site.say
    for case, run in told:
        found = books(run)
        net = f" {net_benefit(found, say)}" if found else ""
        st.markdown(f"**{plain(say.of(case.card.title))}**: {plain(judge(run, say).title)}.{plain(net)}")


# --- keys and buttons --------------------------------------------------------------------------


def _go(by: int, count: int) -> None:
    """Go on from where the address stands by now: keys may be quicker than pages."""
    at = str(st.query_params.get("step", "1"))
    here = int(at) if at in map(str, range(1, count + 1)) else 1
    st.query_params["step"] = str(min(max(here + by, 1), count))


def _reset() -> None:
    st.session_state.pop(FROZEN, None)
    st.query_params.pop("step", None)


def _notes() -> None:
    st.session_state[NOTES] = not st.session_state.get(NOTES)


def _controls(site: Site, at: int, count: int) -> None:
    say = site.say
    with st.container(horizontal=True, vertical_alignment="center", key="story-controls"):
        st.button(say("story.back"), key="story-back", icon=":material/arrow_back:", shortcut="Left",
                  disabled=at == 0, on_click=_go, args=(-1, count))  # fmt: skip
        st.markdown(say("story.place", step=at + 1, count=count), width="content")
        st.button(say("story.next"), key="story-next", icon=":material/arrow_forward:", shortcut="Right",
                  type="primary", disabled=at + 1 == count, on_click=_go, args=(1, count))  # fmt: skip
        st.button(say("story.notes"), key="story-notes-button", icon=":material/speaker_notes:", shortcut="N",
                  on_click=_notes)  # fmt: skip
        st.button(say("story.reset"), key="story-reset", icon=":material/restart_alt:", shortcut="Home",
                  on_click=_reset)  # fmt: skip
        site.link(say("story.leave"), icon=":material/close:")
