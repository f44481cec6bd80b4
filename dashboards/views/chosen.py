"""What a person has chosen of the stored runs: side by side, and as files to take along."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.errors import UserError
from core.report.beside import note
from core.results import Run
from core.store.comparison import Comparison, Stored
from core.store.manifest import Manifest
from dashboards import blocks, comparing, ledger, stored, taking
from dashboards.blocks import Site
from dashboards.ledger import Row
from dashboards.markdown import plain
from dashboards.stored import Entry
from dashboards.tables import BREAK
from dashboards.views import handout

Opened = Sequence[tuple[Row, Run]]


def show(site: Site, chosen: Sequence[Row]) -> None:
    """Open what is chosen, compare the runs among it, and offer all of it as files."""
    say = site.say
    opened: list[tuple[Row, Run]] = []
    whole: list[Row] = []
    for row in chosen:
        try:
            if isinstance(row.facts, Manifest):
                opened.append((row, stored.opened(Entry(row.facts, row.root, row.ships), say)))
            whole.append(row)
        except UserError as error:
            st.error(plain(say("run.unreadable", reason=error)))
    with st.container(horizontal=True):
        for number, (row, run) in enumerate(opened, start=1):
            site.link(
                say("runs.open", number=number), icon=":material/arrow_forward:",
                usecase=run.case.name, run=row.id,
            )  # fmt: skip
    if len(opened) > 1:
        _compare(site, opened)
    elif opened:
        blocks.small(say("runs.one_more"))
    if len(whole) > len(opened):
        blocks.small(say("runs.no_sweeps"))
    if whole:
        _take(site, whole, opened)


def _compare(site: Site, opened: Opened) -> None:
    """Set runs beside each other; the first is the reference."""
    say = site.say
    found = Comparison(
        tuple(Stored(run, row.facts) for row, run in opened if isinstance(row.facts, Manifest))
    )
    told = [" · ".join([*([ledger.title(run.case, row, say)] if found.across else []), row.when,
                        ledger.told(run.case, row, say)]) for row, run in opened]  # fmt: skip
    names = comparing.names_of(found, told)
    blocks.section(say("compare.title"))
    numbers = [say(key) for key in ("compare.set.seeds", "compare.shared", "compare.cost")]
    blocks.table(comparing.overview(found, names, say), say("compare.title"), numbers)
    blocks.below(say("compare.settings"))
    settings = comparing.settings(found, say)
    if settings.empty:
        st.markdown(say("compare.alike"))
    else:
        blocks.table(settings, say("compare.settings"), list(settings.columns[1:]))
    _outcomes(site, found, names)


def _outcomes(site: Site, found: Comparison, names: Sequence[str]) -> None:
    say, known = site.say, comparing.contenders(found, site.say)
    titles = {one.run.case.name: say.of(one.run.case.card.title) for one in found.stored}
    first = found.first_looked_at()
    if not first:
        st.markdown(say("compare.none"))
    for kpi in found.kpis:
        told = [one for one in first if one.kpi == kpi]
        if told:
            blocks.below(comparing.headed(kpi, say))
            frame = comparing.outcomes(told, names, known, say)
            blocks.table(frame, comparing.named(kpi, say), list(frame.columns[1:]))
    notes = [plain(note(one, say, lambda name: titles[name])) for one in found.notes()]
    blocks.small(f"]{BREAK}:small[".join([*([say("compare.legend")] if first else []), *notes]))
    others = found.clear_beside(first)
    if others:
        with st.expander(say("compare.clear")):
            frame = comparing.others(others, known, say)
            blocks.table(frame, say("compare.clear"), list(frame.columns[2:]))


# --- taken along -------------------------------------------------------------------------------


def _take(site: Site, whole: Sequence[Row], opened: Opened) -> None:
    """Offer files of all that is chosen."""
    say = site.say
    blocks.section(say("runs.take.title"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if opened:
            kpis = taking.name([row for row, _ in opened], "-kpis.csv")
            blocks.download(partial(taking.kpis, opened), kpis, "kpis", say, label=say("runs.take.kpis"))
        blocks.download(
            partial(taking.seed_by_seed, whole), taking.name(whole, "-per-seed.parquet"), "rows", say,
            label=say("runs.take.rows"), mime=taking.PARQUET,
        )  # fmt: skip
    form = st.radio(
        say("runs.take.form"), list(taking.FORMS), format_func=str.upper, key="form", horizontal=True
    )
    handout.offer(whole, form, say)
