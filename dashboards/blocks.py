"""Parts that pages are made of: frame, notices, texts, tables and charts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from streamlit.navigation.page import StreamlitPage

from core.protocol import Chart
from core.report.cast import Cast
from core.report.draw import figure
from core.report.page import Block, Bullets, Code, Grid, Paragraph, Picture, Section
from core.report.words import LANGUAGES, Words
from dashboards import tables
from dashboards.address import PAGES, Address, Refused
from dashboards.dress import dress
from dashboards.markdown import plain, verbatim

WIDTH = 1160
"""Pixels of a page: lines stay readable, and tables have room."""
MOST_ROWS = 500
"""Rows of a data table on the page; the file has all."""
THOUSAND = 1000.0
LOCALIZED = st.column_config.NumberColumn(format="localized")
"""Separates thousands, but cuts small numbers to three decimals: for columns that reach a thousand."""
CHART_CONFIG = {"displayModeBar": False}


@dataclass(frozen=True, slots=True)
class Site:
    """What every page needs: where it is, the words, and what its links lead to."""

    address: Address
    say: Words
    page: StreamlitPage

    def link(self, label: str, *, icon: str | None = None, **there: str) -> None:
        """Write a link to another address; it keeps the language unless told otherwise."""
        st.page_link(self.page, label=label, icon=icon, query_params=self.address.query(**there))


@contextmanager
def framed(site: Site, *, bare: bool = False) -> Iterator[None]:
    """Put a page in its frame: links and language above, then what nobody may miss, then notices.

    A bare frame has no links, and says in a line what nobody may miss.
    """
    with st.container(horizontal_alignment="center"), st.container(width=WIDTH):
        if not bare:
            _links(site)
        why = "" if bare else f" {site.say('site.synthetic_why')}"
        st.warning(f"**{site.say('site.synthetic')}**{why}", icon=":material/science:")
        for one in site.address.refused:
            refuse(one, site.say)
        yield
    dress(site.say.lang)


def _links(site: Site) -> None:
    address, say = site.address, site.say
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.markdown(f"**{say('site.name')}**", width="content")
            for page in PAGES:
                if page == address.page and page != "industry":
                    st.markdown(say(f"page.{page}"), width="content")
                elif page != "industry":
                    site.link(say(f"page.{page}"), page=page if page != "briefing" else "")
        (other,) = (lang for lang in LANGUAGES if lang != address.lang)
        st.page_link(
            site.page,
            label=say("site.other_language"),
            icon=":material/translate:",
            query_params=address.here(lang=other),
        )


def fetch_ahead() -> None:
    """Let the browser fetch what draws charts and tables while the first page is read; nothing is shown.

    They are five megabytes, which the first page with a chart would wait for.
    """
    with st.container(key="ahead"):
        st.plotly_chart(go.Figure(), key="ahead-chart", config=CHART_CONFIG, alt="-")
        st.dataframe(pd.DataFrame({"": [0]}), alt="-")


def refuse(refused: Refused, say: Words) -> None:
    """Name a value of the address that was not followed."""
    st.info(
        say(
            "address.refused",
            key=verbatim(refused.key),
            value=verbatim(refused.value),
            allowed=plain(refused.allowed) or say("address.nothing"),
        ),
        icon=":material/link_off:",
    )


def section(title: str) -> None:
    """Begin a part of a page."""
    st.header(plain(title), anchor=False)


def below(title: str) -> None:
    """Begin a smaller part."""
    st.subheader(plain(title), anchor=False)


def small(text: str) -> None:
    """Write a note; smaller, but as dark as all text."""
    st.markdown(f":small[{text}]")


def bullets(texts: Iterable[str]) -> None:
    """Write a list."""
    st.markdown("\n".join(f"- {plain(text)}" for text in texts))


def laid(told: Section, owner: str, seeds: int, say: Words) -> None:
    """Lay a section of a report out on the page, so that both say the same."""
    section(told.title)
    for place, block in enumerate(told.blocks):
        laid_block(block, f"{owner}-{place}", seeds, say, told.title)


def laid_block(block: Block, owner: str, seeds: int, say: Words, alt: str) -> None:
    """Lay one block of a report out."""
    match block:
        case Paragraph(text, strong):
            st.markdown(f"**{plain(text)}**" if strong else plain(text))
        case Bullets(items):
            bullets(items)
        case Grid():
            grid(block, alt)
        case Picture(chart, cast):
            picture(chart, cast, seeds, owner, say)
        case Code(text):
            st.code(text, language=None, wrap_lines=True)


def grid(block: Grid, alt: str) -> None:
    """Show a table of texts; numbers stand to the right."""
    heads = [f"{plain(head)}" or "\u00a0" for head in block.head]
    frame = pd.DataFrame([[plain(cell) for cell in row] for row in block.rows], columns=heads)
    table(frame, alt, [head for head, right in zip(heads, block.right, strict=True) if right])
    if block.note:
        small(plain(block.note))


def table(frame: pd.DataFrame, alt: str, right: Sequence[str] = (), wide: Sequence[str] = ()) -> None:
    """Show a table that screen readers can walk.

    Parameters
    ----------
    alt
        What it is of.
    right
        Columns of written numbers.
    wide
        Columns of sentences, which keep some width also on a narrow screen.
    """
    # The page gives every cell its side, so ours has to be the more important.
    said = [(right, "text-align", "right !important"), (wide, "min-width", "14rem")]
    styles: list[Any] = [
        {"selector": f".col{frame.columns.get_loc(name)}", "props": [(what, how)]}
        for names, what, how in said
        for name in names
    ]
    shown = frame.style.set_table_styles(styles) if styles else frame
    st.table(shown, border="horizontal", hide_index=True, alt=alt)


def download(
    data: bytes | Callable[[], bytes],
    name: str,
    key: str,
    say: Words,
    *,
    label: str = "",
    mime: str = "text/csv",
) -> None:
    """Offer a file, which may be made when it is asked for. Its name says that the data are synthetic."""
    st.download_button(
        label or say("table.download"), data, file_name=f"synthetic-{name}", mime=mime, key=f"{key}-file",
        on_click="ignore", icon=":material/download:",
    )  # fmt: skip


def picture(chart: Chart, cast: Cast, seeds: int, owner: str, say: Words) -> None:
    """Show a chart: what it finds, how to read it, the picture, its source, its numbers.

    ``seeds`` are those of the run that it is of; 0 where it is of many, of which its source tells.
    """
    st.subheader(plain(say.of(chart.title)), anchor=False)
    st.markdown(plain(say.of(chart.how)))
    fig, shown = figure(chart, cast, say)
    key = f"{owner}-{chart.name}-picture"
    st.plotly_chart(fig, theme=None, config=CHART_CONFIG, key=key, alt=say.of(chart.alt))
    rows = len(chart.table[chart.y])
    foot = say("chart.foot", seeds=seeds, source=say.source(chart.source)) if seeds else None
    small(plain(foot or say("chart.foot_many", source=say.source(chart.source))))
    if shown < rows:
        small(plain(say("chart.thinned", shown=f"{shown:,}", rows=f"{rows:,}")))
    with st.container(horizontal=True, vertical_alignment="top"):
        with st.expander(say("table.data")):
            if rows > MOST_ROWS:
                small(plain(say("table.rows", shown=f"{MOST_ROWS:,}", rows=f"{rows:,}")))
            shown_rows = tables.chart_rows(chart, cast.name, MOST_ROWS, say)
            large = shown_rows.select_dtypes("number").abs().max() >= THOUSAND
            numbers: dict[str, Any] = {str(name): LOCALIZED for name in large.index[large]}
            st.dataframe(shown_rows, hide_index=True, column_config=numbers, alt=say.of(chart.title))
        # A million rows take seconds to write, so they are written when they are asked for.
        download(partial(tables.csv, chart.table), f"{owner}-{chart.name}.csv", f"{owner}-{chart.name}", say)
