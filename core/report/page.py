"""What a report consists of, whatever it is printed on.

A page is written once, in one language, by :mod:`core.report.content`; HTML, PDF and PPTX lay the same blocks
out. All texts are plain: no markup in them means anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.protocol import Chart
from core.report.cast import Cast
from core.report.words import Language


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; ``strong`` marks the sentence that must be read when nothing else is."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Bullets:
    """Short items, one under the other."""

    items: Sequence[str]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of texts: a head, and rows as long as it; numbers stand right where ``right`` says so."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: Sequence[bool]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart: its finding stands above it as text, how to read it and its source below."""

    chart: Chart
    cast: Cast


@dataclass(frozen=True, slots=True)
class Code:
    """What a person may type, to the letter."""

    text: str


Block = Paragraph | Bullets | Grid | Picture | Code


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it; on slides a section begins a new one."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Page:
    """A report.

    Attributes
    ----------
    lang
        Of every text in it.
    title, subtitle
        The industry, and what was asked.
    notice
        That all of it is simulated; stands on every sheet.
    sections
        In the order of reading; the first answers the question.
    """

    lang: Language
    title: str
    subtitle: str
    notice: str
    sections: Sequence[Section]
