"""Reports on paper: every text to the letter, Korean and signs, long tables, what readers' aids need."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pypdfium2
import pypdfium2.raw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.protocol import Chart
from core.report.page import Bullets, Code, Grid, Page, Paragraph, Section
from core.report.pdf import pdf
from core.report.words import Language

MARKUP = [
    '#import "@preview/x:1.0.0": y',
    "$a^2$ *b* _c_ `d` <e> @f",
    "= not a heading",
    "- not an item",
    "#panic() // no /* comment */ \\u{41} ~ -- ---",
    '[x](y) #link("z")[w] \'quoted\' "quoted"',
]
SIGNS = "− ± × – → ≥ ² ₂ μ °C · … “가” ‘나’ ~"


def opened(page: Page) -> pypdfium2.PdfDocument:
    return pypdfium2.PdfDocument(pdf(page))


def text(document: pypdfium2.PdfDocument, number: int | None = None) -> str:
    """What can be copied from one page, or from all, broken lines joined."""
    numbers = range(len(document)) if number is None else [number]
    found = [document[i].get_textpage().get_text_range() for i in numbers]
    return re.sub(r"\s+", " ", " ".join(found))


@pytest.mark.parametrize("words", MARKUP)
def test_no_text_is_markup(paged: Callable[..., Page], words: str) -> None:
    cell = Grid([words], [[words]], [False], note=words)
    blocks = (Paragraph(words), Paragraph(words, strong=True), Bullets([words]), cell, Code(words))
    page = paged(*blocks, title=words, subtitle=words, notice=words)
    page = replace(page, sections=[replace(page.sections[0], title=words)])
    assert text(opened(page)).count(words) == 11


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_korean_and_signs_stand_to_the_letter(paged: Callable[..., Page], lang: str) -> None:
    long = "합성 세계에서 압연 공장은 철강을 얼마나 아끼는가, 그리고 언제 아끼지 못하는가? " * 6
    found = text(opened(paged(Paragraph(SIGNS), Paragraph(long), Bullets(["셋\u00a0넷"]), lang=lang)))
    assert SIGNS in found
    assert long.strip() in found
    assert re.search(r"셋\s넷", found)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(["en", "ko"]))
def test_any_text_can_be_printed(one: str, other: str, lang: Language) -> None:
    blocks = [Paragraph(one), Bullets([one, other]), Grid([one], [[other]], [True], note=one), Code(other)]
    assert pdf(Page(lang, one, other, one, [Section(one, blocks), Section(other, [])])).startswith(b"%PDF")


def test_no_sign_is_an_empty_box(paged: Callable[..., Page]) -> None:
    found = text(opened(paged(Paragraph(f"{SIGNS} 漢 ☑ ▲ ㎿ \U0001f600 a\u200bb\x07"), Code("한글 ▲"))))
    assert "[U+6F22]" in found
    assert "MW" in found
    assert "\ufffd" not in found and "\x00" not in found


def test_tables_break_over_pages_under_their_head(paged: Callable[..., Page]) -> None:
    rows = [[f"상수 {i}", f"{i:,}", "긴 설명 " * (i % 30)] for i in range(120)]
    document = opened(paged(Grid(["이름", "값", "설명"], rows, [False, True, False], note="여기까지")))
    assert len(document) >= 4
    for number in range(len(document)):
        assert "이름 값 설명" in text(document, number)
    found = text(document)
    assert all(row[0] in found for row in rows)
    assert found.rindex("여기까지") > found.index("상수 119")


def test_a_cell_longer_than_a_page_is_printed_whole(paged: Callable[..., Page]) -> None:
    cell = " ".join(f"낱말{i}" for i in range(3_000))
    document = opened(paged(Grid(["가", "나"], [[cell, "x"]], [False, False])))
    assert len(document) > 1
    assert "낱말2999" in text(document)


def test_every_page_has_notice_and_number(paged: Callable[..., Page]) -> None:
    page = paged(*[Paragraph("문단 " * 200)] * 12)
    document = opened(page)
    assert len(document) >= 3
    for number in range(len(document)):
        found = text(document, number)
        assert page.notice in found
        assert f"{number + 1} / {len(document)}" in found


def test_readers_aids(paged: Callable[..., Page], made: Callable[..., Chart]) -> None:
    page = paged(made(), Paragraph("글"))
    page = replace(page, sections=[*page.sections, Section("둘째", [Paragraph("글")])])
    data = pdf(page)
    document = pypdfium2.PdfDocument(data)
    meta = document.get_metadata_dict()
    assert (meta["Title"], meta["Author"]) == (page.title, "SectorLab")
    assert document.is_tagged()
    assert b"/Lang(ko-KR)" in data
    assert [mark.get_title() for mark in document.get_toc()] == ["결과", "둘째"]
    tree = pypdfium2.raw.FPDF_StructTree_GetForPage(document[0])
    assert "선 두 개" in alternatives(tree)


def alternatives(tree: object) -> set[str]:
    """Texts for those who cannot see, of every element of a page's structure."""
    raw = pypdfium2.raw
    found: set[str] = set()
    count = raw.FPDF_StructTree_CountChildren(tree)
    waiting = [raw.FPDF_StructTree_GetChildAtIndex(tree, i) for i in range(count)]
    while waiting:
        element = waiting.pop()
        if not element:
            continue
        size = raw.FPDF_StructElement_GetAltText(element, None, 0)
        if size > 2:
            buffer = (raw.c_char * size)()
            raw.FPDF_StructElement_GetAltText(element, buffer, size)
            found.add(bytes(buffer).decode("utf-16-le").rstrip("\0"))
        children = raw.FPDF_StructElement_CountChildren(element)
        waiting += [raw.FPDF_StructElement_GetChildAtIndex(element, i) for i in range(children)]
    return found


def test_pictures_are_lines_and_letters(paged: Callable[..., Page], made: Callable[..., Chart]) -> None:
    raw = pypdfium2.raw
    document = opened(paged(made("bar", low="lo", high="hi")))
    kinds = {thing.type for thing in document[0].get_objects(max_depth=8)}
    assert raw.FPDF_PAGEOBJ_PATH in kinds
    assert raw.FPDF_PAGEOBJ_IMAGE not in kinds
    found = text(document)
    assert "밝혀진 것" in found and "이렇게 읽는다" in found and "출처: a test" in found
    assert "시간 (시)" in found  # the axis, as text


def test_whatever_a_chart_holds_is_printed(paged: Callable[..., Page], awkward: dict[str, Chart]) -> None:
    document = opened(paged(*awkward.values()))
    found = text(document)
    assert found.count("밝혀진 것") == len(awkward)
    empty = sum("empty" in name or name in ("bar, all missing", "scatter, all missing") for name in awkward)
    assert found.count("그릴 값이 없다.") >= empty
    assert found.count("출처: a test") == len(awkward)


def test_the_same_page_gives_the_same_bytes(paged: Callable[..., Page], made: Callable[..., Chart]) -> None:
    page = paged(Paragraph("글"), made("scatter", low="lo", high="hi"))
    assert pdf(page) == pdf(page)


def test_nothing_to_say_is_still_a_page(paged: Callable[..., Page]) -> None:
    empty = paged(Paragraph(""), Bullets([]), Grid(["가"], [], [False]), Code(""), subtitle="")
    assert len(opened(empty)) == 1
