"""Charts on paper: parts cleaned, scales round, the same picture as on the screen, nothing that stumbles."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.protocol import Chart
from core.report.breadth import columns, ems, lines, words
from core.report.cast import OTHERS, PENS, Cast
from core.report.glyphs import printable
from core.report.parts import below, nothing, parts, span
from core.report.plot import DASHES, HATCHES, svg
from core.report.scale import places, ticks
from core.report.words import Words
from core.results import SELECTED

SAY = Words("ko")
NOBODY = Cast({}, {})
SVG = "{http://www.w3.org/2000/svg}"


def drawn(chart: Chart, cast: Cast = NOBODY) -> str:
    return svg(chart, parts(chart, cast), SAY)


def texts(picture: str) -> list[str]:
    return ["".join(node.itertext()).strip() for node in ElementTree.fromstring(picture).iter(f"{SVG}text")]


# --- scales -------------------------------------------------------------------------------------------


@given(st.floats(-1e12, 1e12), st.floats(-1e12, 1e12), st.booleans())
def test_ticks_enclose_the_range_evenly(a: float, b: float, whole: bool) -> None:
    low, high = sorted((round(a), round(b)) if whole else (a, b))
    marks = ticks(low, high, whole=whole)
    room = 1e-6 * max(abs(low), abs(high), high - low)
    assert marks[0] <= low + room
    assert marks[-1] >= high - room
    assert 2 <= len(marks) <= 9
    steps = np.diff(marks)
    assert steps.min() > 0.0
    assert np.allclose(steps, steps[0], rtol=1e-6)
    if whole and steps[0] < 1e6:
        assert (marks == np.round(marks)).all()


def test_ticks_are_told_apart_by_their_decimals() -> None:
    for low, high in ((0.0, 1.0), (0.0, 0.0123), (99.9, 100.1), (-5.0, 12_345.0)):
        marks = ticks(low, high)
        digits = places(marks)
        assert digits is not None
        assert len({f"{mark:.{digits}f}" for mark in marks}) == len(marks)


# --- breadth ------------------------------------------------------------------------------------------


@given(st.text("ab 가나.\n\u00a0", max_size=80), st.floats(1.0, 30.0))
def test_lines_are_the_text_and_fit(text: str, room: float) -> None:
    broken = lines(text, room)
    assert "".join(broken) == text
    assert all(ems(line.rstrip()) <= room + 1e-6 or len(line.strip()) == 1 for line in broken)


@given(
    st.lists(st.lists(st.text("ab 가", max_size=60), min_size=3, max_size=3), max_size=5), st.floats(20, 99)
)
def test_columns_share_the_room(rows: list[list[str]], room: float) -> None:
    shares = columns(["하나", "two", "3"], rows, room)
    assert math.isclose(sum(shares), room)
    assert min(shares) > 0.0


def test_a_column_keeps_its_longest_word() -> None:
    rows = [["123,456.7\u00a0±\u00a08.9", "말 " * 200]]
    assert columns(["a", "b"], rows, 40.0)[0] >= ems(rows[0][0])
    assert words("a\u00a0b c") == ["a\u00a0b", "c"]


# --- parts --------------------------------------------------------------------------------------------


def test_what_is_no_number_is_a_gap(awkward: dict[str, Chart]) -> None:
    first, second = parts(awkward["line, gaps"], NOBODY)
    assert np.isnan(first.y).tolist() == [True, False]
    assert np.isnan(second.y).tolist() == [True, False]
    assert second.high is not None and np.isnan(second.high).tolist() == [
        True,
        True,
    ]  # half an interval is none
    assert first.lonely().tolist() == [1]
    assert span([first, second], zero=False) == (-2.0, 2.0)
    assert [part.reach() is not None for part in (first, second)] == [True, False]


def test_a_point_left_out_is_told(awkward: dict[str, Chart]) -> None:
    for name, told in (("line, long", True), ("line, x missing", False), ("line, plain", False)):
        chart = awkward[name]
        said = below(chart, parts(chart, NOBODY), SAY)
        assert any("극값" in line for line in said) == told
    assert nothing(parts(awkward["line, empty"], NOBODY))
    assert nothing(parts(awkward["bar, all missing"], NOBODY))


def test_a_bar_that_is_no_contender_is_drawn_with_another_pen(made: Callable[..., Chart]) -> None:
    cast = Cast({}, {"rule": "incumbent", SELECTED: SELECTED})
    table = {"t": np.array(["rule", SELECTED, "a blind pick"]), "v": np.arange(3.0)}
    (part,) = parts(made("bar", series="", table=table), cast)
    assert part.pens[:2] == [PENS["incumbent"], PENS[SELECTED]]
    looks = [(pen.fill or pen.colour, pen.hatch) for pen in part.pens]
    assert len(set(looks)) == 3


# --- pictures -----------------------------------------------------------------------------------------


def test_everything_is_drawn_and_can_be_read(awkward: dict[str, Chart]) -> None:
    for name, chart in awkward.items():
        picture = drawn(chart)
        assert texts(picture), name
        sizes = [float(size) for size in re.findall(r"font-size: ([\d.]+)px", picture)]
        assert min(sizes) >= 8.0, name  # on paper a pixel of the picture is a point


def test_every_pen_can_be_drawn() -> None:
    pens = [*PENS.values(), *OTHERS]
    assert {pen.dash for pen in pens} <= set(DASHES)
    assert {pen.hatch for pen in pens} <= set(HATCHES)
    assert len({str(dash) for dash in DASHES.values()}) == len(DASHES)


def test_axes_speak_the_language_and_write_numbers_as_texts_do(made: Callable[..., Chart]) -> None:
    table = {"t": np.arange(4), "v": np.array([-1_500.0, 0.0, 500.0, 2_000.0]), "who": np.array(["_a_"] * 4)}
    found = texts(drawn(made(table=table)))
    assert {"시간 (시)", "값 (kW)", "_a_", "−1,000", "2,000", "0", "3"} <= set(found)
    assert not any("-" in text for text in found)
    lying = texts(drawn(made("bar", series="", table={**table, "t": np.array(["사 $5$", "_b", "다", "라"])})))
    assert {"사 $5$", "_b", "값 (kW)", "−1,000"} <= set(lying)
    assert "시간 (시)" not in lying


def test_pictures_look_as_on_the_screen(made: Callable[..., Chart]) -> None:
    cast = Cast({"a": "가", "b": "나"}, {"a": "incumbent", "b": "oracle"})
    line = drawn(made(low="lo", high="hi"), cast).lower()
    for role in ("incumbent", "oracle"):
        assert f"stroke: {PENS[role].colour.lower()}" in line
        assert f"fill: {PENS[role].colour.lower()}; fill-opacity: 0.18" in line
    assert "stroke-dasharray" in line
    assert {"가", "나"} <= set(texts(drawn(made(low="lo", high="hi"), cast)))
    bars = drawn(made("bar", low="lo", high="hi"), cast).lower()
    assert "<pattern" in bars
    assert f"fill: {PENS['incumbent'].colour.lower()}" in bars
    whiskered = bars.count("linecollection")
    assert whiskered > drawn(made("bar"), cast).lower().count("linecollection")


def test_the_same_chart_gives_the_same_bytes(made: Callable[..., Chart]) -> None:
    assert drawn(made("bar")) == drawn(made("bar"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("− ± × – → ≥ ² ₂ μ °C …", "− ± × – → ≥ ² ₂ μ °C …"),
        ("100\u00a0㎿", "100\u00a0MW"),
        ("a\u200bb\x07", "ab"),
        ("漢", "[U+6F22]"),
        ("\u1112\u1161\u11ab", "한"),
    ],
)
def test_what_cannot_be_drawn_is_spelt(text: str, shown: str) -> None:
    assert printable(text) == shown
