"""A chart on a page: small whatever it holds, its file written only when somebody asks for it."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.protocol import Chart, Text
from core.report.cast import Cast
from core.report.words import Words
from dashboards import blocks, tables

MOST_BYTES = 200_000
ROWS = 1_000_000


def chart(series: int, *, banded: bool) -> Chart:
    luck = np.random.default_rng(1)
    value = luck.normal(size=ROWS)
    text: Text = {"en": "t", "ko": "t"}
    return Chart(
        "c", "line",
        {"x": 0.1 * np.arange(ROWS), "y": value, "who": np.arange(series)[np.arange(ROWS) % series],
         "lo": value - luck.random(ROWS), "hi": value + luck.random(ROWS)},
        "x", "y", title=text, how=text, alt=text, x_label={"en": "x"}, y_label={"en": "y"}, source="",
        series="who" if series > 1 else "", low="lo" if banded else "", high="hi" if banded else "",
    )  # fmt: skip


def every(block: Any) -> Any:
    for child in block.children.values():
        yield child
        if hasattr(child, "children"):
            yield from every(child)


@pytest.mark.parametrize(("series", "banded"), [(1, False), (1, True), (4, False), (4, True)])
def test_a_million_points_weigh_little_and_are_written_when_asked_for(
    series: int, banded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    monkeypatch.setattr(tables, "csv", lambda table: written.append(len(table["x"])) or b"")
    held = chart(series, banded=banded)
    shown = AppTest.from_string('import streamlit as st; st.session_state["draw"]()', default_timeout=60)
    shown.session_state["draw"] = partial(blocks.picture, held, Cast({}, {}), 5, "x", Words("en"))
    shown.run()
    assert not shown.exception
    nodes = list(every(shown.main))
    assert sum(node.proto.ByteSize() for node in nodes if getattr(node, "proto", None)) <= MOST_BYTES
    (button,) = [node for node in nodes if node.type == "download_button"]
    assert button.proto.deferred_file_id
    assert not written
    assert any("1,000,000 points" in one.value for one in shown.markdown)
    (table,) = shown.dataframe
    assert len(table.value) == blocks.MOST_ROWS
