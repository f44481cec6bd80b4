"""Reports on slides: charts that can be edited, nothing over an edge, what readers' aids need."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pptx import Presentation
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Pt

from core.protocol import Chart
from core.report import slides as lay
from core.report.cast import Cast
from core.report.page import Bullets, Code, Grid, Page, Paragraph, Section
from core.report.parts import parts
from core.report.pptx import pptx
from core.report.slides import cut, headline, height, slides
from core.report.words import Language
from core.report.workbook import letters

C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
BAR_ORDER = ["idx", "order", "tx", "spPr", "invertIfNegative", "dPt", "errBars", "cat", "val"]
SCATTER_ORDER = ["idx", "order", "tx", "spPr", "marker", "dPt", "errBars", "xVal", "yVal", "smooth"]
LINE_ORDER = ["idx", "order", "tx", "spPr", "marker", "dPt", "errBars", "cat", "val", "smooth"]


def opened(page: Page) -> Any:
    return Presentation(io.BytesIO(pptx(page)))


def charts(deck: Any) -> list[Any]:
    return [shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart]


def texts(slide: Any) -> Iterator[str]:
    for shape in slide.shapes:
        if shape.has_text_frame:
            yield shape.text_frame.text
        elif shape.has_table:
            yield from (cell.text for row in shape.table.rows for cell in row.cells)


def cells(chart: Any) -> dict[str, str]:
    """What stands in the workbook behind a chart, by cell."""
    with zipfile.ZipFile(io.BytesIO(chart.part.chart_workbook.xlsx_part.blob)) as book:
        shared = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        strings = ["".join(entry.itertext()) for entry in shared]
        found = {}
        for cell in ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml")).iter(f"{SHEET}c"):
            value = cell.findtext(f"{SHEET}v") or ""
            found[cell.get("r", "")] = strings[int(value)] if cell.get("t") == "s" else value
    return found


# --- charts -------------------------------------------------------------------------------------------


def test_lying_bars_carry_values_and_whiskers(made: Callable[..., Chart], paged: Callable[..., Page]) -> None:
    chart = made("bar", 4, series="", low="lo", high="hi")
    (native,) = charts(opened(paged(chart)))
    assert native.chart_type == XL_CHART_TYPE.BAR_CLUSTERED
    (series,) = native.plots[0].series
    assert list(native.plots[0].categories) == ["0", "1", "2", "3"]
    assert series.values == pytest.approx(chart.table["v"])
    bars = series._element.find(f"{C}errBars")
    assert [tag(child) for child in bars] == ["errBarType", "errValType", "noEndCap", "plus", "minus", "spPr"]
    for name, distance in (("plus", 2.0), ("minus", 1.0)):
        found = [float(v.text) for v in bars.find(f"{C}{name}").iter(f"{C}v")]
        assert found == pytest.approx([distance] * 4)
    assert native.category_axis.reverse_order
    assert native.value_axis._element.find(f"{C}crosses").get("val") == "max"  # the scale stands below
    assert native.value_axis.minimum_scale == -1.0


def tag(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def test_standing_bars_leave_out_what_a_series_has_not(
    made: Callable[..., Chart], paged: Callable[..., Page]
) -> None:
    table = {
        "t": np.array(["가", "나", "나", "다"]), "who": np.array(["a", "a", "b", "b"]),
        "v": np.array([1.0, -2.0, 3.0, np.nan]), "lo": np.array([0.5, -3.0, np.nan, 0.0]),
        "hi": np.array([2.0, -1.0, np.nan, 1.0]),
    }  # fmt: skip
    (native,) = charts(opened(paged(made("bar", table=table, low="lo", high="hi"))))
    assert native.chart_type == XL_CHART_TYPE.COLUMN_CLUSTERED
    assert list(native.plots[0].categories) == ["가", "나", "다"]
    assert [series.values for series in native.plots[0].series] == [(1.0, -2.0, None), (None, 3.0, None)]
    ends = native.plots[0].series[0]._element.find(f"{C}errBars").iter(f"{C}v")
    assert [float(v.text) for v in ends] == [1.0, 1.0, 0.0, 0.5, 1.0, 0.0]
    assert native.plots[0].series[1]._element.find(f"{C}errBars") is None
    assert native.has_legend


def test_lines_stand_over_a_true_axis_with_the_edges_of_their_bands(
    made: Callable[..., Chart], paged: Callable[..., Page]
) -> None:
    chart = made(low="lo", high="hi")
    (native,) = charts(opened(paged(chart)))
    assert native.chart_type == XL_CHART_TYPE.XY_SCATTER_LINES_NO_MARKERS
    found = {series.name: series for series in native.plots[0].series}
    assert list(found) == ["a", "b", "a, 하한", "a, 상한", "b, 하한", "b, 상한"]
    odd = np.arange(12) % 2 == 1
    assert found["b"].values == pytest.approx(chart.table["v"][odd])
    assert found["b, 하한"].values == pytest.approx(chart.table["lo"][odd])
    x = [float(v.text) for v in found["b"]._element.find(f"{C}xVal").iter(f"{C}v")]
    assert x == chart.table["t"][odd].tolist()
    colours = [found[name].format.line.color.rgb for name in ("b", "b, 하한", "b, 상한")]
    assert len(set(colours)) == 1
    hidden = [entry.find(f"{C}idx").get("val") for entry in native.legend._element.iter(f"{C}legendEntry")]
    assert sorted(hidden) == ["2", "3", "4", "5"]


def test_a_gap_in_a_line_stays_a_gap(made: Callable[..., Chart], paged: Callable[..., Page]) -> None:
    values = np.array([1.0, np.nan, 2.0, 3.0, np.inf, 4.0])
    chart = made(series="", table={"t": np.arange(6), "v": values})
    (native,) = charts(opened(paged(chart)))
    series = native.plots[0].series[0]
    assert list(series.values) == [1.0, None, 2.0, 3.0, None, 4.0]
    assert "B3" not in cells(native)
    points = [int(point.find(f"{C}idx").get("val")) for point in series._element.iter(f"{C}dPt")]
    assert points == [0, 5]  # marked, as no line runs through them


def test_the_first_series_is_as_long_as_any(made: Callable[..., Chart], paged: Callable[..., Page]) -> None:
    who = np.array(["a"] * 3 + ["b"] * 9)
    (native,) = charts(opened(paged(made("scatter", table={**made().table, "who": who}))))
    first, second = native.plots[0].series
    assert first.values[:3] == pytest.approx(np.sin(np.arange(3)))
    assert first.values[3:] == (None,) * 6
    assert len(second.values) == 9


def test_names_on_x_make_categories(made: Callable[..., Chart], paged: Callable[..., Page]) -> None:
    table = {**made().table, "t": np.array(["봄", "여름", "가을", "겨울"] * 3)}
    for kind in ("line", "scatter"):
        (native,) = charts(opened(paged(made(kind, table=table))))
        assert list(native.plots[0].categories) == ["봄", "가을", "여름", "겨울"]


@pytest.mark.parametrize(
    ("kind", "x", "series", "order"),
    [
        ("bar", "t", "", BAR_ORDER), ("bar", "t", "who", BAR_ORDER), ("scatter", "t", "who", SCATTER_ORDER),
        ("line", "t", "who", SCATTER_ORDER), ("scatter", "who", "", LINE_ORDER),
        ("line", "who", "", LINE_ORDER),
    ],
)  # fmt: skip
def test_elements_stand_in_the_order_of_the_schema(
    made: Callable[..., Chart], paged: Callable[..., Page], kind: str, x: str, series: str, order: list[str]
) -> None:
    (native,) = charts(opened(paged(made(kind, x=x, series=series, low="lo", high="hi"))))
    for found in native.plots[0].series:
        names = list(dict.fromkeys(tag(child) for child in found._element))
        assert names == [name for name in order if name in names]
        assert ("errBars" in names) == (kind != "line")
        bars = found._element.find(f"{C}errBars")
        assert bars is None or (tag(bars[0]) == "errDir") == (kind == "scatter")


def test_the_workbook_holds_what_the_chart_shows(
    made: Callable[..., Chart], paged: Callable[..., Page]
) -> None:
    chart = made(
        "bar",
        3,
        series="",
        x="n",
        low="lo",
        high="hi",
        table={**made(rows=3).table, "n": ["=1+1", "나", "다"]},
    )
    (native,) = charts(opened(paged(chart)))
    found = cells(native)
    assert [found[f"A{row}"] for row in (2, 3, 4)] == ["=1+1", "나", "다"]  # a name is no formula
    assert [float(found[f"B{row}"]) for row in (2, 3, 4)] == pytest.approx(chart.table["v"])
    assert [float(found[f"C{row}"]) for row in (2, 3, 4)] == pytest.approx([2.0] * 3)
    assert [float(found[f"D{row}"]) for row in (2, 3, 4)] == pytest.approx([1.0] * 3)


def test_scattered_whiskers_lie_beside_their_points(
    made: Callable[..., Chart], paged: Callable[..., Page]
) -> None:
    (native,) = charts(opened(paged(made("scatter", low="lo", high="hi"))))
    found = cells(native)
    for series in native.plots[0].series:
        values = series._element.find(f"{C}yVal/{C}numRef/{C}f").text
        ends = [f.text for f in series._element.find(f"{C}errBars").iter(f"{C}f")]
        assert ends == [values.replace("$B", "$C"), values.replace("$B", "$D")]
    assert float(found["C2"]) == pytest.approx(2.0)
    assert float(found["D2"]) == pytest.approx(1.0)


def test_columns_are_named_as_in_a_spreadsheet() -> None:
    assert [letters(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_hatches_and_dashes_are_kept(made: Callable[..., Chart], paged: Callable[..., Page]) -> None:
    bars = charts(opened(paged(made("bar"))))[0].plots[0].series[1]
    assert bars._element.find(".//{*}pattFill").get("prst") == "wdUpDiag"
    line = charts(opened(paged(made())))[0].plots[0].series[1]
    assert line._element.find(".//{*}prstDash").get("val") == "dash"


def test_whatever_a_chart_holds_is_printed(paged: Callable[..., Page], awkward: dict[str, Chart]) -> None:
    deck = opened(paged(*awkward.values()))
    drawn = [c for c in awkward.values() if any(np.isfinite(p.y).any() for p in parts(c, Cast({}, {})))]
    assert len(charts(deck)) == len(drawn) < len(awkward)
    assert sum("그릴 값이 없다." in texts(slide) for slide in deck.slides) == len(awkward) - len(drawn)
    assert len(deck.slides) == 1 + len(awkward)


# --- slides -------------------------------------------------------------------------------------------


def long_page(paged: Callable[..., Page], lang: str = "ko") -> Page:
    word = "가나다라 " if lang == "ko" else "lorem ipsum "
    rows = [[f"row {i}", f"{i:,}", word * (i % 40)] for i in range(60)] + [["high", "1", word * 3_000]]
    return paged(
        Paragraph(word * 30, strong=True),
        Paragraph(word * 2_000),
        Bullets([f"{i} {word * (7 * i % 60)}" for i in range(40)] + [word * 2_000]),
        Grid(["이름", "값", "설명"], rows, [False, True, False], note=word * 40),
        Code("sectorlab run x\n" * 60),
        lang=lang, title=word * 20, subtitle=word * 40, notice=word * 20,
    )  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_nothing_stands_over_an_edge(
    paged: Callable[..., Page], awkward: dict[str, Chart], lang: str
) -> None:
    page = long_page(paged, lang)
    page = replace(page, sections=[*page.sections, *paged(*awkward.values()).sections])
    deck = opened(page)
    for slide in deck.slides:
        footer = min(shape.top for shape in slide.placeholders if shape.placeholder_format.type in (15, 13))
        for shape in slide.shapes:
            assert shape.left >= 0 and shape.top >= 0 and shape.width >= 0 and shape.height >= 0
            assert shape.left + shape.width <= deck.slide_width + 1
            assert shape.top + shape.height <= deck.slide_height + 1
            if not shape.is_placeholder:
                assert shape.top + shape.height <= footer + 1, shape.name
            if shape.has_table:
                rows = shape.table.rows
                assert shape.top + sum(row.height for row in rows) <= footer + len(rows)


def test_nothing_is_lost_where_a_block_is_cut(paged: Callable[..., Page]) -> None:
    page = long_page(paged)
    found = "".join(text for slide in opened(page).slides for text in texts(slide))
    squeezed = "".join(found.split())
    blocks = page.sections[0].blocks
    assert squeezed.count("가나다라") >= 30 + 2_000 + sum(7 * i % 60 for i in range(40)) + 2_000 + 3_000
    assert all(f"row{i}" in squeezed for i in range(60))
    assert squeezed.count("sectorlabrunx") == 60
    assert len(blocks) == 5


@settings(deadline=None)
@given(st.text("ab 가나.\n", max_size=3_000), st.floats(50.0, 388.0), st.booleans())
def test_what_is_cut_fits_and_is_whole(text: str, room: float, strong: bool) -> None:
    taken, rest = cut(Paragraph(text, strong), room, must=False)
    if taken is not None:
        assert height(taken) <= room + 1e-6
    kept = [piece.text for piece in (taken, rest) if isinstance(piece, Paragraph)]
    assert "".join("".join(kept).split()) == "".join(text.split())


@pytest.mark.parametrize("count", [1, 7, 30])
def test_a_table_is_cut_between_rows_and_keeps_its_columns(count: int) -> None:
    grid = Grid(["a", "b"], [[str(i), "말 " * (i * 13 % 90)] for i in range(count)], [True, False], note="끝")
    page = Page("ko", "t", "s", "n", [Section("x", [grid])])
    tables = [piece.content for slide in slides(page) for piece in slide.pieces]
    assert [row for table in tables for row in table.grid.rows] == grid.rows  # type: ignore[union-attr]  # tables
    assert len({tuple(table.widths) for table in tables}) == 1  # type: ignore[union-attr]  # tables
    assert [table.grid.note for table in tables] == [""] * (len(tables) - 1) + ["끝"]  # type: ignore[union-attr]  # tables


def test_sections_continue_and_pictures_have_a_slide_each(
    paged: Callable[..., Page], made: Callable[..., Chart]
) -> None:
    titles = [slide.title for slide in slides(paged(Paragraph("앞"), made(), Paragraph("뒤")))]
    assert titles == ["결과", "밝혀진 것", "결과 (계속)"]
    deck = opened(paged(made(), lang="en"))
    (_, picture) = deck.slides
    assert picture.shapes.title.text == "The finding"
    found = list(texts(picture))
    assert "결과" in found  # the section, small
    assert "Read it so\nSource: a test" in found


def test_a_finding_is_never_too_long_for_its_slide(
    paged: Callable[..., Page], made: Callable[..., Chart]
) -> None:
    assert headline("짧다") == (lay.TITLES[0], "짧다")
    long = "아주 긴 발견 " * 100
    size, shown = headline(long)
    assert size == lay.TITLES[-1]
    assert shown.endswith("…") and len(shown) < len(long)
    deck = opened(paged(made(title={"ko": long})))
    found = "".join("".join("".join(texts(slide)) for slide in deck.slides).split())
    assert found.count("발견") >= 100 + shown.count("발견")


def test_readers_aids(paged: Callable[..., Page], made: Callable[..., Chart]) -> None:
    page = paged(Paragraph("글", strong=True), made(), Grid(["a"], [["1"]], [True]))
    deck = opened(page)
    assert (deck.slide_width, deck.slide_height) == (Pt(960), Pt(540))
    about = deck.core_properties
    assert (about.title, about.author, about.language) == (page.title, "SectorLab", "ko-KR")
    for number, slide in enumerate(deck.slides, start=1):
        assert slide.shapes.title is not None and slide.shapes.title.text
        assert page.notice in texts(slide)
        assert len(slide.shapes._spTree.findall(".//{*}fld[@type='slidenum']")) == 1, number
        for run in slide.shapes._spTree.iter("{*}rPr"):
            assert run.get("lang") == "ko-KR"
    frames = [shape for slide in deck.slides for shape in slide.shapes if shape.has_chart]
    assert [frame._element.nvGraphicFramePr.cNvPr.get("descr") for frame in frames] == ["선 두 개"]


def test_korean_has_a_typeface(paged: Callable[..., Page], made: Callable[..., Chart]) -> None:
    with zipfile.ZipFile(io.BytesIO(pptx(paged(made())))) as deck:
        theme = ElementTree.fromstring(deck.read("ppt/theme/theme1.xml"))
        faces = {node.get("typeface") for node in theme.findall(".//{*}minorFont/{*}ea")}
        assert faces == {"Malgun Gothic"}
        chart = deck.read(
            "ppt/charts/" + next(n for n in deck.namelist() if "/charts/chart" in n).split("/")[-1]
        )
    assert b'ea typeface="Malgun Gothic"' in chart


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(["en", "ko"]))
def test_any_text_can_be_printed(one: str, other: str, lang: Language) -> None:
    blocks = [Paragraph(one), Bullets([one, other]), Grid([one], [[other]], [True], note=one), Code(other)]
    assert opened(Page(lang, one, other, one, [Section(one, blocks), Section(other, [])])).slides


def test_texts_are_texts(paged: Callable[..., Page]) -> None:
    odd = "<b>&amp; $x$ =1+1\x07 #{y}"
    deck = opened(paged(Paragraph(odd), Grid([odd], [[odd]], [False]), title=odd))
    clean = odd.replace("\x07", "")
    assert deck.slides[0].shapes.title.text == clean
    assert [*texts(deck.slides[1])].count(clean) == 3


def test_the_same_page_gives_the_same_bytes(
    paged: Callable[..., Page], made: Callable[..., Chart], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = paged(Paragraph("글"), made("bar", low="lo", high="hi"))
    first = pptx(page)
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    assert pptx(page) == first
    with zipfile.ZipFile(io.BytesIO(first)) as deck:
        assert {entry.date_time for entry in deck.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        book = next(name for name in deck.namelist() if name.endswith(".xlsx"))
        with zipfile.ZipFile(io.BytesIO(deck.read(book))) as inner:
            assert b">1980-01-01T00:00:00Z</dcterms:created>" in inner.read("docProps/core.xml")


def test_nothing_to_say_is_still_a_deck(paged: Callable[..., Page]) -> None:
    empty = paged(Paragraph(""), Bullets([]), Grid(["가"], [], [False]), Code(""), subtitle="")
    assert len(opened(empty).slides) == 2
