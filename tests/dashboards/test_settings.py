"""The settings of the server: this machine alone, nothing sent out, no inner workings on the page."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import dashboards

FOLDER = Path(dashboards.__file__).parent / "front"
SETTINGS = tomllib.loads((FOLDER / ".streamlit" / "config.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("server", "address", "127.0.0.1"),
        ("server", "allowedHosts", ["127.0.0.1", "localhost"]),
        ("server", "enableCORS", True),
        ("server", "enableXsrfProtection", True),
        ("server", "fileWatcherType", "none"),
        ("browser", "gatherUsageStats", False),
        ("client", "showErrorDetails", "none"),
    ],
)
def test_it_stays_on_this_machine(section: str, name: str, value: object) -> None:
    assert SETTINGS[section][name] == value


def test_fonts_are_shipped_with_their_licence() -> None:
    for face in SETTINGS["theme"]["fontFaces"]:
        assert (FOLDER / face["url"].removeprefix("app/")).stat().st_size < 1_500_000
    assert "SIL OPEN FONT LICENSE" in (FOLDER / "static" / "Pretendard-LICENSE.txt").read_text(
        encoding="utf-8"
    )


def test_no_markup_of_others_reaches_the_page() -> None:
    for path in FOLDER.parent.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert "unsafe_allow" not in source
        assert "st.html" not in source


def test_no_thread_touches_the_path() -> None:
    """Pages run in many threads at once; what one takes from the path is gone for all."""
    for path in FOLDER.parent.rglob("*.py"):
        assert "sys.path" not in path.read_text(encoding="utf-8"), path
