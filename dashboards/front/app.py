"""The dashboards: ``sectorlab dashboard`` starts them. Which pages there are, and which one is asked for.

This file has a folder to itself, because Streamlit puts that folder first on the path, where modules would
stand before others of their names.
"""

from __future__ import annotations

import streamlit as st

from core.report.words import Words
from dashboards import address as addresses
from dashboards.blocks import Site
from dashboards.views import VIEWS


def main() -> None:
    """Show the page that is asked for."""
    asked = st.query_params.to_dict()
    repeated = [key for key in asked if len(st.query_params.get_all(key)) > 1]
    # A link within one path reaches the server alone: said back, the address also reaches the browser's bar.
    st.query_params.from_dict(asked)
    address = addresses.read(asked, st.context.locale, repeated)
    say = Words(address.lang)
    view = VIEWS[address.page]
    # One path for all: on any other, the browser first looks for the server below it and logs errors.
    here = st.Page(lambda: view.show(site), title=say("site.name"), default=True)
    site = Site(address, say, here)
    page = st.navigation([here], position="hidden")
    st.set_page_config(page_title=f"{view.title(site)} – {say('site.name')}", layout="wide")
    page.run()


main()
