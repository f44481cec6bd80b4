"""Parts that pages are made of: frame, notices, texts, tables and charts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.components.v2 import component
from streamlit.navigation.page import StreamlitPage

from core.protocol import Chart
from core.report.cast import Cast
from core.report.draw import figure
from core.report.words import LANGUAGES, Words
from dashboards import tables
from dashboards.address import PAGES, Address, Refused
from dashboards.markdown import plain, verbatim

WIDTH = 1160
"""Pixels of a page: lines stay readable, and tables have room."""
MOST_ROWS = 500
"""Rows of a data table on the page; the file has all."""
THOUSAND = 1000.0
LOCALIZED = st.column_config.NumberColumn(format="localized")
"""Separates thousands, but cuts small numbers to three decimals: for columns that reach a thousand."""
CHART_CONFIG = {"displayModeBar": False}
# What Streamlit has no setting for; script and style are fixed, and the only data is "en" or "ko".
_language = component(
    "sectorlab_language",
    js="export default (own) => { document.documentElement.lang = own.data }",
    css="""
      html:lang(ko) * { word-break: keep-all !important; overflow-wrap: break-word !important; }
      [data-testid="stMainBlockContainer"] { padding-top: 2rem; padding-bottom: 3rem; }
      [data-testid="stTable"] :is(td, th):first-child {
        min-width: 11rem; position: sticky; left: 0; background: #fff; z-index: 1;
      }
      a:focus-visible, summary:focus-visible { outline: 2px solid #0F5F5C !important; outline-offset: 2px; }
    """,
    isolate_styles=False,
)
"""Tells the browser the language, for screen readers and for line breaks between Korean words."""


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
def framed(site: Site) -> Iterator[None]:
    """Put a page in its frame: links and language above, then what nobody may miss, then notices."""
    with st.container(horizontal_alignment="center"), st.container(width=WIDTH):
        _links(site)
        st.warning(
            f"**{site.say('site.synthetic')}** {site.say('site.synthetic_why')}", icon=":material/science:"
        )
        for one in site.address.refused:
            refuse(one, site.say)
        yield
    _language(key="language", data=site.say.lang)


def _links(site: Site) -> None:
    address, say = site.address, site.say
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.markdown(f"**{say('site.name')}**", width="content")
            for page in PAGES:
                if page == "briefing":
                    site.link(say("page.briefing"))
                elif page != "industry":
                    site.link(say(f"page.{page}"), page=page)
        (other,) = (lang for lang in LANGUAGES if lang != address.lang)
        st.page_link(
            site.page,
            label=say("site.other_language"),
            icon=":material/translate:",
            query_params=address.here(lang=other),
        )


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


def small(text: str) -> None:
    """Write a note; smaller, but as dark as all text."""
    st.markdown(f":small[{text}]")


def bullets(texts: Iterable[str]) -> None:
    """Write a list."""
    st.markdown("\n".join(f"- {plain(text)}" for text in texts))


def table(frame: pd.DataFrame, alt: str) -> None:
    """Show a table that screen readers can walk."""
    st.table(frame, border="horizontal", hide_index=True, alt=alt)


def download(
    data: bytes, name: str, key: str, say: Words, *, label: str = "", mime: str = "text/csv"
) -> None:
    """Offer a file. Its name says that the data are synthetic."""
    st.download_button(
        label or say("table.download"), data, file_name=f"synthetic-{name}", mime=mime, key=f"{key}-file",
        on_click="ignore", icon=":material/download:",
    )  # fmt: skip


def picture(chart: Chart, cast: Cast, seeds: int, owner: str, say: Words) -> None:
    """Show a chart: what it finds, how to read it, the picture, its source, its numbers."""
    st.subheader(plain(say.of(chart.title)), anchor=False)
    st.markdown(plain(say.of(chart.how)))
    fig, shown = figure(chart, cast, say)
    st.plotly_chart(fig, theme=None, config=CHART_CONFIG, key=f"{chart.name}-picture", alt=say.of(chart.alt))
    frame = tables.chart_frame(chart)
    small(plain(say("chart.foot", seeds=seeds, source=chart.source)))
    if shown < len(frame):
        small(plain(say("chart.thinned", shown=f"{shown:,}", rows=f"{len(frame):,}")))
    with st.container(horizontal=True, vertical_alignment="top"):
        with st.expander(say("table.data")):
            if len(frame) > MOST_ROWS:
                small(plain(say("table.rows", shown=f"{MOST_ROWS:,}", rows=f"{len(frame):,}")))
            shown_rows = tables.chart_rows(chart, cast.name, MOST_ROWS, say)
            large = shown_rows.select_dtypes("number").abs().max() >= THOUSAND
            numbers: dict[str, Any] = {str(name): LOCALIZED for name in large.index[large]}
            st.dataframe(shown_rows, hide_index=True, column_config=numbers, alt=say.of(chart.title))
        download(tables.csv(frame), f"{owner}-{chart.name}.csv", f"{owner}-{chart.name}", say)
