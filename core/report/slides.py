"""A page poured onto slides: what stands on which, so that nothing runs over an edge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.report.breadth import BOLD, columns, lines
from core.report.glyphs import visible
from core.report.page import Bullets, Code, Grid, Page, Paragraph, Picture, Section
from core.report.parts import below, nothing, parts
from core.report.words import Words

WIDTH, HEIGHT = 960.0, 540.0
"""Points; 16:9."""
LEFT, TOP, BOTTOM = 44.0, 116.0, 492.0
"""Of what stands under the title and above the footer, in points from the slide's left and upper edge."""
ROOM = WIDTH - 2.0 * LEFT
TITLE_ROOM = 70.0
"""Height of a title."""
LEADING, TIGHT = 1.35, 1.15
"""Height of a line in ems, and of a title's."""
TITLES = (26.0, 22.0, 20.0, 18.0, 16.0, 14.0, 12.0)
TEXT, STRONG, TABLE, CROWDED, CODE, NOTE = 16.0, 20.0, 11.0, 9.0, 13.0, 12.0
"""Sizes in points."""
INDENT, INSET, BAR = 18.0, 5.0, 14.0
"""Before a bullet's text; on each side of a cell's; around a strong paragraph's, in points."""
BETWEEN = 12.0
FEW = 2
"""Lines, or rows, that stay together where a block is cut."""
SPARE = 1.05
"""Times the room that a cell's text is reckoned to take: under another typeface rows grow, and notes stay."""
CROWD = 7
"""Columns above which a table is set smaller."""
NOTE_ROOM = 130.0
"""The most that is taken from a picture for what stands below it; the rest goes to the next slide."""


@dataclass(frozen=True, slots=True)
class Note:
    """Small text under a picture or a table."""

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """A grid, or some of its rows, with the breadths in points that all its pieces share."""

    grid: Grid
    widths: Sequence[float]
    size: float


Content = Paragraph | Bullets | Picture | Code | Note | Table


@dataclass(frozen=True, slots=True)
class Piece:
    """A block, or as much of one as fits, at a height on its slide; points."""

    content: Content
    top: float
    height: float


@dataclass(frozen=True, slots=True)
class Slide:
    """One slide; a picture's is headed by its finding, with the section's title small above it."""

    title: str
    pieces: Sequence[Piece]
    above: str = ""


def slides(page: Page) -> Iterator[Slide]:
    """Lay out every section; a section begins a slide, and so does a picture."""
    say = Words(page.lang)
    for section in page.sections:
        title = section.title
        for slide in _poured(section, say):
            if slide.title:
                yield replace(slide, above=section.title)
            else:
                yield replace(slide, title=title)
                title = say("sheet.continued", title=section.title)


def headline(title: str) -> tuple[float, str]:
    """Choose the greatest size at which a title fits, and cut one that fits at none."""
    whole = visible(title)
    for size in TITLES:
        if len(lines(whole, _across(size))) <= _deep(size):
            return size, whole
    least = TITLES[-1]
    return least, "".join(lines(whole, _across(least))[: _deep(least)]).rstrip()[:-1] + "…"


def _across(size: float) -> float:
    """Ems of a title's line."""
    return ROOM / (BOLD * size)


def _deep(size: float) -> int:
    """Lines that a title may have."""
    return int(TITLE_ROOM / (TIGHT * size))


def _poured(section: Section, say: Words) -> Iterator[Slide]:
    """Slides of a section, only those of pictures with a title."""
    pieces: list[Piece] = []
    for block in section.blocks:
        if isinstance(block, Picture):
            if pieces:
                yield Slide("", pieces)
                pieces = []
            slide, left = _pictured(block, say)
            yield slide
            rest: Content | None = left
        else:
            rest = _table(block) if isinstance(block, Grid) else block
        while rest is not None:
            top = pieces[-1].top + pieces[-1].height + BETWEEN if pieces else TOP
            taken, rest = cut(rest, BOTTOM - top, must=not pieces)
            if taken is not None:
                pieces.append(Piece(taken, top, height(taken)))
            if rest is not None:
                yield Slide("", pieces)
                pieces = []
    if pieces:
        yield Slide("", pieces)


def _pictured(picture: Picture, say: Words) -> tuple[Slide, Paragraph | None]:
    """Give a picture all the room that the words below it leave; what they cannot have is left over."""
    chart = picture.chart
    drawn = parts(chart, picture.cast)
    title = say.of(chart.title)
    said = below(chart, drawn, say)
    if headline(title)[1] != visible(title):
        said.insert(0, title)
    note, rest = cut(Note("\n".join(said)), NOTE_ROOM, must=True)
    assert isinstance(note, Note)
    foot = BOTTOM - height(note)
    content = Paragraph(say("sheet.nothing")) if nothing(drawn) else picture
    slide = Slide(title, [Piece(content, TOP, foot - 6.0 - TOP), Piece(note, foot, height(note))])
    return slide, Paragraph(rest.text) if isinstance(rest, Note) else None


def _table(grid: Grid) -> Table:
    size = CROWDED if len(grid.head) > CROWD else TABLE
    room = ROOM - 2.0 * INSET * len(grid.head)
    shares = columns(grid.head, grid.rows, room / (BOLD * size))
    return Table(grid, [BOLD * share * size + 2.0 * INSET for share in shares], size)


def cut(content: Content, room: float, *, must: bool) -> tuple[Content | None, Content | None]:
    """Part what fits into ``room`` points of height from what does not.

    Parameters
    ----------
    must
        Whether something has to be taken, as an empty slide has no more room than this.

    Returns
    -------
    taken, rest
        None for nothing.
    """
    match content:
        case Table():
            return _cut_table(content, room, must=must)
        case Bullets():
            return _cut_bullets(content, room, must=must)
        case Picture():
            return content, None
        case _:
            return _cut_text(content, room, must=must)


def height(content: Content) -> float:
    """Room that a block needs, in points."""
    match content:
        case Table():
            return (
                _above(content)
                + sum(row_height(content, row) for row in content.grid.rows)
                + note_height(content)
            )
        case Bullets():
            return sum(_item(item) for item in content.items)
        case Picture():
            return BOTTOM - TOP
        case _:
            size, breadth, around = setting(content)
            return around + LEADING * size * len(lines(visible(content.text), breadth))


def setting(content: Paragraph | Code | Note) -> tuple[float, float, float]:
    """Size of a text in points, breadth of its lines in ems, and the height around it in points."""
    match content:
        case Note():
            return NOTE, ROOM / NOTE, 0.0
        case Code():
            return CODE, 0.9 * (ROOM - 2.0 * BAR) / CODE, 2.0 * BAR
        case Paragraph(strong=True):
            return STRONG, (ROOM - 2.0 * BAR) / (BOLD * STRONG), 2.0 * BAR
        case _:
            return TEXT, ROOM / TEXT, 0.0


def _cut_text(
    content: Paragraph | Code | Note, room: float, *, must: bool
) -> tuple[Content | None, Content | None]:
    size, breadth, around = setting(content)
    broken = lines(visible(content.text), breadth)
    fit = int((room - around) / (LEADING * size) + 1e-9)
    if len(broken) <= fit:
        return content, None
    if fit < FEW and not must:
        return None, content
    fit = max(fit, 1)
    return (
        replace(content, text="".join(broken[:fit]).rstrip()),
        replace(content, text="".join(broken[fit:]).lstrip("\n")),
    )


def _item(text: str) -> float:
    return LEADING * TEXT * len(lines(visible(text), (ROOM - INDENT) / TEXT)) + BETWEEN / 2.0


def _cut_bullets(content: Bullets, room: float, *, must: bool) -> tuple[Content | None, Content | None]:
    items = list(content.items)
    fit = _that_fit([_item(item) for item in items], room)
    if fit == len(items):
        return content, None
    if fit == 0 and not must:
        return None, content
    if fit == 0:  # one item alone is longer than a slide
        broken = lines(visible(items[0]), (ROOM - INDENT) / TEXT)
        most = int((room - BETWEEN / 2.0) / (LEADING * TEXT))
        items[:1] = ["".join(broken[:most]).rstrip(), "".join(broken[most:])]
        fit = 1
    return Bullets(items[:fit]), Bullets(items[fit:])


def _that_fit(heights: Sequence[float], room: float) -> int:
    return int((np.cumsum(heights) <= room + 1e-6).sum())


def cell_lines(table: Table, row: Sequence[str]) -> list[list[str]]:
    """Lines of each cell of a row, the head's in bold type."""
    size = (BOLD if row is table.grid.head else SPARE) * table.size
    return [
        lines(visible(cell), (width - 2.0 * INSET) / size)
        for cell, width in zip(row, table.widths, strict=True)
    ]


def row_height(table: Table, row: Sequence[str]) -> float:
    """Room that a row needs, in points."""
    return LEADING * table.size * max(map(len, cell_lines(table, row))) + INSET


def _above(table: Table) -> float:
    return row_height(table, table.grid.head)


def note_height(table: Table) -> float:
    """Room that the words under a table need, in points."""
    return height(Note(table.grid.note)) + INSET if table.grid.note else 0.0


def _cut_table(table: Table, room: float, *, must: bool) -> tuple[Content | None, Content | None]:
    rows = list(table.grid.rows)
    heights = [row_height(table, row) for row in rows]
    left = room - _above(table)
    fit = _that_fit(heights, left)
    if fit == len(rows) and sum(heights) + note_height(table) <= left + 1e-6:
        return table, None
    fit = min(fit, len(rows) - 1)
    if len(rows) - fit < FEW < fit:  # the last row is not left alone
        fit -= 1
    if fit < min(FEW, len(rows)) and not must:
        return None, table
    if fit <= 0:
        if not rows:
            return table, None
        rows[:1] = _halves(table, rows[0], max(1, int((left - INSET) / (LEADING * table.size))))
        fit = 1
    return (
        replace(table, grid=replace(table.grid, rows=rows[:fit], note="")),
        replace(table, grid=replace(table.grid, rows=rows[fit:])),
    )


def _halves(table: Table, row: Sequence[str], most: int) -> list[list[str]]:
    """Break a row that is higher than a slide after so many lines."""
    broken = cell_lines(table, row)
    return [
        ["".join(cell[:most]).rstrip() for cell in broken],
        ["".join(cell[most:]) for cell in broken],
    ]
