"""A report on slides: 16:9, with tables and charts that PowerPoint can edit."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from lxml import etree
from pptx import Presentation
from pptx.enum.lang import MSO_LANGUAGE_ID
from pptx.enum.shapes import MSO_SHAPE, PP_PLACEHOLDER
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.oxml.ns import qn
from pptx.util import Pt

from core.report import slides as lay
from core.report.breadth import lines
from core.report.cast import INK, MUTED, RULE
from core.report.error_bars import DRAWING
from core.report.glyphs import visible
from core.report.native import FACE, add_chart, rgb
from core.report.page import Bullets, Code, Page, Paragraph, Picture
from core.report.parts import parts
from core.report.slides import Note, Piece, Slide, Table
from core.report.words import Words
from core.report.workbook import BIRTH

LANGUAGES = {"en": (MSO_LANGUAGE_ID.ENGLISH_US, "en-US"), "ko": (MSO_LANGUAGE_ID.KOREAN, "ko-KR")}
TEAL, FAINT = "#0F5F5C", "#EEF5F4"
ACCENTS = {"accent1": "0F5F5C", "accent2": "6B777C", "accent3": "4A978E", "accent4": "4A5459"}
OPENING, BARE = 0, 5
"""Layouts of the plain template: title slide; title only."""
NUMBER = "‹#›"
"""Stands for a slide's number until it is counted."""
FOOT = 500.0
"""Upper edge of the footer, in points."""


def pptx(page: Page) -> bytes:
    """Print a page on slides, the same bytes for the same page."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Pt(lay.WIDTH), Pt(lay.HEIGHT)
    _dress(deck)
    _describe(deck, page)
    _opening(deck, page)
    for slide in lay.slides(page):
        _add(deck, slide, page)
    file = io.BytesIO()
    deck.save(file)
    return _undated(file.getvalue())


def _undated(data: bytes) -> bytes:
    """Pack an archive anew without the time at which it was packed."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, BIRTH.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, old.read(name))
    return file.getvalue()


def _dress(deck: Any) -> None:
    """Make the plain template wide, ours in colour, and able to write Korean."""
    master = deck.slide_master
    for layout in (master, *master.slide_layouts):
        for shape in layout.placeholders:
            if shape._element.spPr.find(qn("a:xfrm")) is not None:
                shape.left, shape.width = shape.left * 4 // 3, shape.width * 4 // 3
    for layout in (master, master.slide_layouts[BARE]):
        title = layout.placeholders[0]
        title.left, title.top, title.width, title.height = _box(lay.LEFT, 34.0, lay.ROOM, lay.TITLE_ROOM)
    theme = master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    root = etree.fromstring(theme.blob)
    for font in root.iter(f"{{{DRAWING}}}majorFont", f"{{{DRAWING}}}minorFont"):
        for script in ("latin", "ea"):
            font.find(f"{{{DRAWING}}}{script}").set("typeface", FACE)
    for name, colour in ACCENTS.items():
        for old in root.iter(f"{{{DRAWING}}}{name}"):
            old[0].set("val", colour)
    theme._blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    package = deck.part.package
    for key, relation in list(package._rels.items()):
        if relation.reltype == RELATIONSHIP_TYPE.THUMBNAIL:
            package._rels.pop(key)  # a picture of the empty template


def _describe(deck: Any, page: Page) -> None:
    about = deck.core_properties
    about.title, about.subject = visible(page.title)[:255], visible(page.subtitle)[:255]
    about.author = about.last_modified_by = Words(page.lang)("site.name")
    about.language = LANGUAGES[page.lang][1]
    about.created = about.modified = BIRTH
    about.revision = 1


def _opening(deck: Any, page: Page) -> None:
    slide = deck.slides.add_slide(deck.slide_layouts[OPENING])
    title, subtitle = slide.shapes.title, slide.placeholders[1]
    for shape, text, size, colour, top, high in (
        (title, page.title, 40.0, TEAL, 90.0, 148.0),
        (subtitle, page.subtitle, 22.0, MUTED, 268.0, 170.0),
    ):
        shape.left, shape.top, shape.width, shape.height = _box(lay.LEFT, top, lay.ROOM, high)
        _write(shape.text_frame, [text], page, size=size, colour=colour, bold=shape is title)
        shape.text_frame.vertical_anchor = MSO_ANCHOR.BOTTOM if shape is title else MSO_ANCHOR.TOP
    _rectangle(slide.shapes, _box(lay.LEFT, 250.0, 120.0, 3.0), TEAL)
    _footer(slide, page)


def _add(deck: Any, slide: Slide, page: Page) -> None:
    shown = deck.slides.add_slide(deck.slide_layouts[BARE])
    size, title = lay.headline(slide.title)
    _write(shown.shapes.title.text_frame, [title], page, size=size, colour=TEAL, bold=True, leading=lay.TIGHT)
    shown.shapes.title.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    if slide.above:
        _text(shown.shapes, [slide.above], page, lay.LEFT, 18.0, 18.0, size=lay.NOTE, colour=MUTED)
    for flows, pieces in groupby(slide.pieces, key=_flows):
        if flows:
            _flow(shown.shapes, list(pieces), page)
        else:
            for piece in pieces:
                _place(shown.shapes, piece, page)
    _footer(shown, page)


def _flows(piece: Piece) -> bool:
    """Whether a piece is running text: such pieces share a frame, so that its lines need no estimate."""
    match piece.content:
        case Bullets() | Paragraph(strong=False):
            return True
        case _:
            return False


def _flow(shapes: Any, pieces: Sequence[Piece], page: Page) -> None:
    texts: list[tuple[str, bool]] = []
    for piece in pieces:
        if isinstance(piece.content, Bullets):
            texts += [(item, True) for item in piece.content.items]
        elif isinstance(piece.content, Paragraph):
            texts += [(text, False) for text in piece.content.text.split("\n")]
    top, bottom = pieces[0].top, pieces[-1].top + pieces[-1].height
    frame = _text(shapes, [text for text, _ in texts], page, lay.LEFT, top, bottom - top, size=lay.TEXT)
    for paragraph, (_, bullet) in zip(frame.paragraphs, texts, strict=True):
        paragraph.space_after = Pt(lay.BETWEEN / 2.0 if bullet else lay.BETWEEN)
        if bullet:
            _dot(paragraph)


def _place(shapes: Any, piece: Piece, page: Page) -> None:
    top, high = piece.top, piece.height
    match piece.content:
        case Picture(chart, cast):
            box = _box(lay.LEFT, top, lay.ROOM, high)
            add_chart(shapes, chart, parts(chart, cast), box, Words(page.lang))
        case Table() as table:
            _table(shapes, table, top, page)
        case Note(text):
            _text(shapes, text.split("\n"), page, lay.LEFT, top, high, size=lay.NOTE, colour=MUTED)
        case Code(text):
            frame = _panel(shapes, top, high)
            _write(frame, text.split("\n"), page, size=lay.CODE, face="Consolas")
        case Paragraph(text):
            frame = _panel(shapes, top, high)
            _rectangle(shapes, _box(lay.LEFT, top, 4.0, high), TEAL)
            _write(frame, text.split("\n"), page, size=lay.STRONG, bold=True)


def _box(left: float, top: float, width: float, high: float) -> tuple[int, int, int, int]:
    """Points in the unit of a slide."""
    return Pt(left), Pt(top), Pt(width), Pt(high)


def _text(
    shapes: Any, texts: Sequence[str], page: Page, left: float, top: float, high: float, **look: Any
) -> Any:
    frame = shapes.add_textbox(*_box(left, top, lay.ROOM, high)).text_frame
    _write(frame, texts, page, **look)
    return frame


def _panel(shapes: Any, top: float, high: float) -> Any:
    """Add a tinted rectangle to write in."""
    frame = _rectangle(shapes, _box(lay.LEFT, top, lay.ROOM, high), FAINT).text_frame
    frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    frame.margin_left = frame.margin_right = Pt(lay.BAR)
    return frame


def _rectangle(shapes: Any, box: Sequence[int], colour: str) -> Any:
    shape = shapes.add_shape(MSO_SHAPE.RECTANGLE, *box)
    shape._element.remove(shape._element.find(qn("p:style")))  # the theme's shadow and outline
    shape.fill.solid()
    shape.fill.fore_color.rgb = rgb(colour)
    shape.line.fill.background()
    return shape


def _write(
    frame: Any, texts: Sequence[str], page: Page, *, size: float, colour: str = INK, bold: bool = False,
    leading: float = lay.LEADING, face: str = "", align: Any = PP_ALIGN.LEFT,
) -> None:  # fmt: skip
    """Fill a text frame, a paragraph a text, in lines of a fixed height so that the room reckoned is kept."""
    frame.word_wrap = True
    frame.margin_top = frame.margin_bottom = 0
    if frame.margin_left != Pt(lay.BAR):
        frame.margin_left = frame.margin_right = 0
    for place, text in enumerate(texts):
        paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
        paragraph.alignment = align
        paragraph.line_spacing = Pt(leading * size)
        paragraph.space_before = paragraph.space_after = Pt(0)
        if text:
            run = paragraph.add_run()
            run.text = visible(text).replace("\n", " ")
            run.font.size, run.font.bold, run.font.color.rgb = Pt(size), bold, rgb(colour)
            run.font.language_id = LANGUAGES[page.lang][0]
            if face:
                run.font.name = face
        # An empty line is as high as its end says, not as its text.
        etree.SubElement(paragraph._p, f"{{{DRAWING}}}endParaRPr", sz=str(int(100 * size)))


def _dot(paragraph: Any) -> None:
    """Begin a paragraph with a bullet, its lines hanging."""
    properties = paragraph._p.get_or_add_pPr()
    properties.set("marL", str(Pt(lay.INDENT)))
    properties.set("indent", str(-Pt(lay.INDENT)))
    colour = etree.SubElement(properties, f"{{{DRAWING}}}buClr")
    etree.SubElement(colour, f"{{{DRAWING}}}srgbClr", val=TEAL.removeprefix("#"))
    etree.SubElement(properties, f"{{{DRAWING}}}buChar", char="•")


def _table(shapes: Any, table: Table, top: float, page: Page) -> None:
    rows = [table.grid.head, *table.grid.rows]
    high = lay.height(table) - lay.note_height(table)
    frame = shapes.add_table(len(rows), len(table.widths), *_box(lay.LEFT, top, lay.ROOM, high))
    for column, width in zip(frame.table.columns, table.widths, strict=True):
        column.width = Pt(width)
    for place, (row, texts) in enumerate(zip(frame.table.rows, rows, strict=True)):
        row.height = Pt(lay.row_height(table, texts))
        for cell, text, right in zip(row.cells, texts, table.grid.right, strict=True):
            _cell(cell, text, table, page, head=place == 0, right=right)
    if table.grid.note:
        note = lay.note_height(table)
        _text(
            shapes, [table.grid.note], page, lay.LEFT, top + high + lay.INSET, note - lay.INSET,
            size=lay.NOTE, colour=MUTED,
        )  # fmt: skip


def _cell(cell: Any, text: str, table: Table, page: Page, *, head: bool, right: bool) -> None:
    cell.fill.solid()
    cell.fill.fore_color.rgb = rgb(FAINT if head else "#FFFFFF")
    _write(
        cell.text_frame, text.split("\n"), page, size=table.size, bold=head,
        align=PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT,
    )  # fmt: skip
    cell.margin_left = cell.margin_right = Pt(lay.INSET)
    cell.margin_top = cell.margin_bottom = Pt(lay.INSET / 2.0)
    edge = etree.SubElement(cell._tc.get_or_add_tcPr(), f"{{{DRAWING}}}lnB", w=str(Pt(1.0 if head else 0.5)))
    colour = etree.SubElement(etree.SubElement(edge, f"{{{DRAWING}}}solidFill"), f"{{{DRAWING}}}srgbClr")
    colour.set("val", (MUTED if head else RULE).removeprefix("#"))
    cell._tc.tcPr.insert(0, edge)  # lines come before the fill


def _footer(slide: Any, page: Page) -> None:
    """Put the notice and the slide's number where the layout has them; python-pptx leaves both out."""
    for kind, name, left, width, align in (
        (PP_PLACEHOLDER.FOOTER, "ftr", lay.LEFT, lay.ROOM - 60.0, PP_ALIGN.LEFT),
        (PP_PLACEHOLDER.SLIDE_NUMBER, "sldNum", lay.LEFT + lay.ROOM - 50.0, 50.0, PP_ALIGN.RIGHT),
    ):
        place = next(p for p in slide.slide_layout.placeholders if p.placeholder_format.type == kind)
        shape = slide.shapes.add_textbox(*_box(left, FOOT, width, lay.HEIGHT - FOOT - 6.0))
        shape.name = place.name
        told = shape._element.nvSpPr.nvPr
        etree.SubElement(told, qn("p:ph"), type=name, sz="quarter", idx=str(place.placeholder_format.idx))
        shape._element.nvSpPr.cNvSpPr.attrib.pop("txBox", None)
        frame = shape.text_frame
        _write(
            frame,
            [page.notice if name == "ftr" else NUMBER],
            page,
            size=_fine(page.notice),
            colour=MUTED,
            align=align,
        )
        frame.vertical_anchor = MSO_ANCHOR.TOP
        if name == "sldNum":
            _number(frame.paragraphs[0])


def _fine(notice: str) -> float:
    """Size at which the notice stands in two lines."""
    return next((s for s in (10.0, 9.0, 8.0) if len(lines(notice, (lay.ROOM - 60.0) / s)) <= 2), 7.0)


def _number(paragraph: Any) -> None:
    """Turn a run into a field that counts slides."""
    run = paragraph.runs[0]._r
    field = etree.Element(f"{{{DRAWING}}}fld", id="{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}", type="slidenum")
    for child in list(run):
        field.append(child)
    run.getparent().replace(run, field)
