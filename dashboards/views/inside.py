"""Part of the industry page about the learner itself: its forecasts, and the columns it lives on."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.engine.registry import AnyUseCase
from core.engine.scenario import build
from core.errors import UserError
from core.protocol import Text
from core.report.cast import Cast
from core.report.words import Language, Words
from dashboards import blocks, inquiry, stored
from dashboards.inside import Bars, Inside
from dashboards.markdown import plain
from dashboards.player import SIZES
from dashboards.portrait import Painter
from dashboards.stored import Entry
from dashboards.views.world import wanted

KEPT_LOOKS = 32


@st.cache_data(max_entries=KEPT_LOOKS, show_spinner=False)
def _looked(usecase: str, root: str, run_id: str, lang: Language) -> Inside:
    return inquiry.inside_of(usecase, root, run_id, Words(lang))


def show(case: AnyUseCase, chosen: Entry | None, say: Words) -> None:
    """Offer to look into the selected learner of a run; it is loaded only when asked for."""
    blocks.section(say("inside.title"))
    entry = _with_policies(case, chosen)
    if entry is None:
        st.markdown(say("inside.no_run"))
        st.code(f"sectorlab run {case.name} --size quick", language=None, wrap_lines=True)
        return
    st.markdown(say("inside.how"))
    if not wanted(f"inside-{case.name}-{entry.id}", say("inside.button"), ":material/frame_inspect:"):
        return
    try:
        with st.spinner(say("inside.looking")):
            found = _looked(case.name, entry.root, entry.id, say.lang)
    except UserError as error:
        st.error(plain(say("inside.failed", reason=error)))
        return
    _found(case, entry, found, say)


def _with_policies(case: AnyUseCase, chosen: Entry | None) -> Entry | None:
    """Give the run that is looked at where it has policies and is small, else the newest usual quick one."""
    small = chosen is not None and chosen.manifest.size in SIZES
    if chosen is not None and small and Path(chosen.root, chosen.id, "policies").is_dir():
        return chosen
    return stored.playable(case, build(case, size="quick"))


def _found(case: AnyUseCase, entry: Entry, found: Inside, say: Words) -> None:
    contender = case.contenders.get(found.learner)
    learner = say.of(contender.label) if contender else found.learner
    if found.reason:
        st.markdown(plain(say(f"inside.{found.reason}", learner=learner)))
        return
    run = stored.run_name(case, entry, say)
    st.markdown(plain(say("inside.about", learner=learner, seed=found.seed, run=run)))
    for chart in Painter(found, entry.id, say).charts():
        blocks.picture(chart, Cast({}, {}), 0, f"{case.name}-inside", say)
    if found.bars is not None:
        _rest(found.bars, say)


def _rest(bars: Bars, say: Words) -> None:
    """Name the columns that have no bar."""
    if not bars.bars:
        st.markdown(say("inside.bars.none"))
    for key, labels in (("broken", bars.broken), ("unseen", bars.unseen), ("idle", bars.idle)):
        if labels:
            blocks.small(plain(say(f"inside.bars.{key}", names=_listed(labels, say))))


def _listed(labels: tuple[Text, ...], say: Words) -> str:
    return "; ".join(say.of(label) for label in labels)
