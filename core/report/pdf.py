"""A report on paper: A4, set by typst."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typst

from core.report.breadth import columns
from core.report.glyphs import FONTS, more, printable
from core.report.page import Block, Bullets, Code, Grid, Page, Paragraph, Picture
from core.report.parts import below, nothing, parts
from core.report.plot import svg
from core.report.words import Words

TEMPLATE = Path(__file__).with_name("report.typ")
REGIONS = {"en": "US", "ko": "KR"}
TEXT_WIDTH = 467.0
"""Points of a line on A4."""
SIZE, INSET = 8.5, 5.0
"""Of a table and on each side of its cells, in points."""
CROWD, CROWDED_SIZE, CROWDED_INSET = 5, 8.0, 3.0
"""The same for tables with more columns than so many."""
PRETENDARD = 0.95
"""Breadth of its bolder weight beside the estimate."""


def pdf(page: Page) -> bytes:
    """Print a page: tagged for screen readers (PDF/UA-1), the same bytes for the same page."""
    texts = {
        "lang": page.lang,
        "region": REGIONS[page.lang],
        "author": Words(page.lang)("site.name"),
        "title": page.title if printable(page.title).strip() else Words(page.lang)("site.name"),
        "subtitle": page.subtitle,
        "notice": page.notice,
        "sections": [
            {"title": section.title, "blocks": [_block(block, Words(page.lang)) for block in section.blocks]}
            for section in page.sections
        ],
    }
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS), str(more())]
    )
    return typst.compile(
        TEMPLATE.read_bytes(),
        font_paths=fonts,
        sys_inputs={"sheet": json.dumps(_printable(texts))},
        format="pdf",
        pdf_standards=["ua-1"],
    )


def _block(block: Block, say: Words) -> dict[str, Any]:
    match block:
        case Paragraph():
            return {"kind": "paragraph", "text": block.text, "strong": block.strong}
        case Bullets():
            return {"kind": "bullets", "items": list(block.items)}
        case Code():
            return {"kind": "code", "text": block.text}
        case Grid():
            return _grid(block)
        case Picture():
            return _picture(block, say)


def _grid(grid: Grid) -> dict[str, Any]:
    size, inset = (CROWDED_SIZE, CROWDED_INSET) if len(grid.head) > CROWD else (SIZE, INSET)
    em = PRETENDARD * size
    shares = columns(grid.head, grid.rows, (TEXT_WIDTH - 2.0 * inset * len(grid.head)) / em)
    return {
        "kind": "cells",
        "head": list(grid.head),
        "rows": [list(row) for row in grid.rows],
        "right": list(grid.right),
        "note": grid.note,
        "size": size,
        "inset": inset,
        "widths": [em * share + 2.0 * inset for share in shares],
    }


def _picture(picture: Picture, say: Words) -> dict[str, Any]:
    drawn = parts(picture.chart, picture.cast)
    return {
        "kind": "picture",
        "title": say.of(picture.chart.title),
        # PDF/UA does not allow an image that says nothing.
        "alt": say.of(picture.chart.alt)
        if printable(say.of(picture.chart.alt)).strip()
        else picture.chart.name,
        "svg": "" if nothing(drawn) else svg(picture.chart, drawn, say),
        "nothing": say("sheet.nothing"),
        "below": below(picture.chart, drawn, say),
    }


def _printable(data: Any) -> Any:
    """The same data with every text such that the fonts can draw it."""
    match data:
        case str():
            return printable(data)
        case dict():
            return {key: _printable(value) for key, value in data.items()}
        case Sequence():
            return [_printable(value) for value in data]
        case _:
            return data
