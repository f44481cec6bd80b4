"""All stored runs and sweeps: filtered, chosen, listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from core.engine.registry import AnyUseCase
from core.protocol import SIZES
from core.report.numerals import number
from dashboards import blocks, folders, ledger
from dashboards.address import Refused, cut
from dashboards.blocks import Site, framed
from dashboards.ledger import KINDS, Broken, Row
from dashboards.markdown import plain, verbatim
from dashboards.views import chosen

PAGE_ROWS = 50
MOST_CHOSEN = 8
"""Runs and sweeps side by side; more are no comparison that anybody reads."""
MOST_FIND = 60

Cases = Mapping[str, AnyUseCase]


def title(site: Site) -> str:
    """Give the name of the page."""
    return site.say("page.runs")


def show(site: Site) -> None:
    """Show the page."""
    say, cases = site.say, folders.industries()[0]
    with framed(site):
        st.title(title(site), anchor=False)
        rows, broken = ledger.listed()
        if rows:
            ships = sum(row.ships for row in rows)
            st.markdown(say("runs.how", here=f"{len(rows) - ships:,}", shipped=f"{ships:,}"))
        _broken(site, broken)
        if not rows:
            st.info(say("runs.empty"))
            st.code(
                f"sectorlab run {next(iter(cases), 'USECASE')} --size tiny", language=None, wrap_lines=True
            )
            return
        wanted = _filters(site, rows, cases)
        found = [row for row in rows if ledger.fits(cases.get(row.facts.usecase), row, wanted, say)]
        picked = _choose(site, rows, found, cases)
        if picked:
            chosen.show(site, picked)
        _list(site, found, wanted, cases)


def _broken(site: Site, broken: Sequence[Broken]) -> None:
    if not broken:
        return
    say = site.say
    with st.expander(say("runs.broken", count=len(broken)), icon=":material/error:"):
        st.markdown(say("runs.broken_how"))
        reasons = [
            {
                say("runs.folder"): verbatim(one.folder),
                say("runs.reason"): plain(say(f"runs.unread.{one.code}", **one.gap)),
            }
            for one in broken
        ]
        blocks.table(pd.DataFrame(reasons), say("runs.broken", count=len(broken)))


# --- filters -----------------------------------------------------------------------------------


def _filters(site: Site, rows: Sequence[Row], cases: Cases) -> dict[str, str]:
    """Let a person narrow the list; the address remembers how."""
    say = site.say
    sizes, kinds = {row.facts.size for row in rows}, {row.kind for row in rows}
    options: dict[str, Sequence[str]] = {
        "industry": list(dict.fromkeys([*cases, *(row.facts.usecase for row in rows)])),
        "size": [size for size in SIZES if size in sizes],
        "kind": [kind for kind in KINDS if kind in kinds],
    }
    named = {name: say.of(case.card.title) for name, case in cases.items()}
    named |= {kind: say(f"tried.kinds.{kind}") if kind != "run" else say("again.run") for kind in KINDS}
    wanted = {"find": site.address.filters.get("find", "")[:MOST_FIND]}
    columns = st.columns([3, 2, 3, 4])
    for column, (name, values) in zip(columns, options.items(), strict=False):
        with column:
            wanted[name] = _option(site, name, values, named)
    with columns[-1]:
        st.session_state["find"] = wanted["find"]
        st.text_input(
            say("runs.filter.find"), max_chars=MOST_FIND, key="find", on_change=_remember, args=("find",)
        )
    return wanted


def _option(site: Site, name: str, values: Sequence[str], named: Mapping[str, str]) -> str:
    say, said = site.say, site.address.filters.get(name, "")
    if said and said not in values:
        blocks.refuse(Refused(name, cut(said), ", ".join(values)), say)
        said = ""
    st.session_state[name] = said
    return str(st.selectbox(
        say(f"runs.filter.{name}"), ["", *values], key=name, on_change=_remember, args=(name,),
        format_func=lambda value: named.get(value, value) if value else say("runs.all"),
    ))  # fmt: skip


def _remember(name: str) -> None:
    """Write what a person has set into the address."""
    said = st.session_state[name]
    text = said if isinstance(said, str) else ",".join(said)
    if text:
        st.query_params[name] = text
    elif name in st.query_params:
        del st.query_params[name]


# --- the list ----------------------------------------------------------------------------------


def _list(site: Site, found: Sequence[Row], wanted: Mapping[str, str], cases: Cases) -> None:
    say = site.say
    blocks.section(say("runs.list"))
    if not found:
        st.markdown(say("runs.unfit"))
        site.link(say("runs.clear"), page="runs", runs=site.address.filters.get("runs", ""))
        return
    pages = -(-len(found) // PAGE_ROWS)
    place = 1
    if pages > 1:
        # Another list begins on its first page.
        place = st.pagination(pages, key=f"pages-{len(found)}-{'-'.join(wanted.values())}")
    first = (place - 1) * PAGE_ROWS
    shown = found[first : first + PAGE_ROWS]
    blocks.small(say("runs.shown", first=first + 1, last=first + len(shown), count=f"{len(found):,}"))
    frame = pd.DataFrame([_cells(site, row, cases.get(row.facts.usecase)) for row in shown])
    right = [say(f"runs.column.{name}") for name in ("seeds", "contenders", "seconds")]
    blocks.table(frame, say("runs.list"), right, [say("runs.column.setting"), say("runs.column.id")])


def _cells(site: Site, row: Row, case: AnyUseCase | None) -> dict[str, str]:
    say, finding = site.say, ledger.finding(row)
    cells = {
        "when": row.when.replace("-", "‑"),
        "industry": plain(ledger.title(case, row, say)),
        "kind": say(f"runs.kinds.{row.kind}"),
        "size": plain(row.facts.size),
        "setting": plain(ledger.told(case, row, say)),
        "finding": say(f"runs.finding.{finding}") if finding else "",
        "seeds": str(row.seeds),
        "contenders": str(row.contenders),
        "seconds": number(row.seconds, 0 if row.seconds >= 1.0 else 1),
        "id": verbatim(row.id),
    }
    return {say(f"runs.column.{name}"): text for name, text in cells.items()}


# --- what is chosen ----------------------------------------------------------------------------


def _choose(site: Site, rows: Sequence[Row], found: Sequence[Row], cases: Cases) -> list[Row]:
    """Let a person choose; the address remembers what."""
    say = site.say
    by_id = {row.id: row for row in rows}
    asked = list(dict.fromkeys(filter(None, site.address.filters.get("runs", "").split(","))))
    for one in asked:
        if one not in by_id:
            blocks.refuse(Refused("runs", cut(one), say("runs.allowed")), say)
    known = [one for one in asked if one in by_id]
    for one in known[MOST_CHOSEN:]:
        blocks.refuse(Refused("runs", cut(one), say("runs.at_most", most=MOST_CHOSEN)), say)
    st.session_state["runs"] = known[:MOST_CHOSEN]
    blocks.section(say("runs.choose"))
    picked = st.multiselect(
        say("runs.chosen", most=MOST_CHOSEN),
        list(dict.fromkeys([*known[:MOST_CHOSEN], *(row.id for row in found)])),
        format_func=lambda one: ledger.label(cases.get(by_id[one].facts.usecase), by_id[one], say),
        key="runs", on_change=_remember, args=("runs",),
        max_selections=MOST_CHOSEN, placeholder=say("runs.pick"),
        filter_mode="contains", select_all=False,
    )  # fmt: skip
    return [by_id[one] for one in picked]
