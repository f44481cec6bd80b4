"""The dashboards: ``sectorlab dashboard`` starts them. Which pages there are, and which one is asked for."""

from __future__ import annotations

import sys
from pathlib import Path

# Streamlit puts this folder first on the path, where its modules would stand before others of their names.
HERE = Path(__file__).resolve().parent
sys.path[:] = [entry for entry in sys.path if not entry or Path(entry).resolve() != HERE]

import streamlit as st  # noqa: E402

from core.report.words import Words  # noqa: E402
from dashboards import address as addresses  # noqa: E402
from dashboards.blocks import Site  # noqa: E402
from dashboards.views import VIEWS  # noqa: E402


def main() -> None:
    """Show the page that is asked for."""
    asked = st.query_params.to_dict()
    # A link within one path reaches the server alone: said back, the address also reaches the browser's bar.
    st.query_params.from_dict(asked)
    address = addresses.read(asked, st.context.locale)
    say = Words(address.lang)
    view = VIEWS[address.page]
    # One path for all: on any other, the browser first looks for the server below it and logs errors.
    here = st.Page(lambda: view.show(site), title=say("site.name"), default=True)
    site = Site(address, say, here)
    page = st.navigation([here], position="hidden")
    st.set_page_config(page_title=f"{view.title(site)} – {say('site.name')}", layout="wide")
    page.run()


main()
