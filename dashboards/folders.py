"""Which industries there are, and in which folders their results lie."""

from __future__ import annotations

import os

import streamlit as st

from core.engine.registry import AnyUseCase, load_all
from core.store.shipped import shipped


def root() -> str:
    """Give the folder of runs that are computed here."""
    return os.environ.get("SECTORLAB_RUNS") or "runs"


@st.cache_resource(show_spinner=False)
def industries() -> tuple[dict[str, AnyUseCase], dict[str, str]]:
    """Import all use cases; say of each that cannot be why not. What is installed changes with a restart."""
    return load_all()


@st.cache_resource(show_spinner=False)
def _shipped() -> dict[str, str]:
    """Folder of shipped runs by use case; several may share one."""
    found = {name: shipped(case) for name, case in industries()[0].items()}
    return {name: str(folder) for name, folder in found.items() if folder is not None}


def folders() -> list[tuple[str, bool]]:
    """List the folders of runs, ours first, each with whether what lies there came with an industry."""
    return [(root(), False), *((folder, True) for folder in dict.fromkeys(_shipped().values()))]
