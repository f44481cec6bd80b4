"""What a government can move: five levers over all industries, in money."""

from __future__ import annotations

import streamlit as st

from dashboards.blocks import Site, framed


def title(site: Site) -> str:
    """Give the name of the page."""
    return site.say("page.levers")


def show(site: Site) -> None:
    """Show the page."""
    with framed(site):
        st.title(title(site), anchor=False)
