"""The workbook behind a chart in a slide: every cell that the chart refers to, and nothing else."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from lxml import etree
from xlsxwriter import Workbook

from core.report.error_bars import CHART

BIRTH = datetime(1980, 1, 1)
"""Of every file: the same page gives the same bytes. A zip archive knows no earlier day."""
REFERENCE = re.compile(r"(?P<sheet>\w+)!\$(?P<column>[A-Z]+)\$(?P<row>\d+)(:\$[A-Z]+\$\d+)?")


def workbook(chart: Any) -> bytes:
    """Write what a ``c:chartSpace`` shows to the cells it names, texts as texts, so that it can be edited."""
    file = io.BytesIO()
    with Workbook(file, {"in_memory": True}) as book:
        book.set_properties({"created": BIRTH})
        sheets: dict[str, Any] = {}
        for sheet, row, column, value in _cells(chart):
            if sheet not in sheets:
                sheets[sheet] = book.add_worksheet(sheet)
            if isinstance(value, str):
                sheets[sheet].write_string(row, column, value)
            else:
                sheets[sheet].write_number(row, column, value)
    return file.getvalue()


def _cells(chart: Any) -> Iterator[tuple[str, int, int, str | float]]:
    """Sheet, row, column (from zero) and value of each cell."""
    for reference in chart.iter(f"{{{CHART}}}f"):
        found = REFERENCE.fullmatch(reference.text)
        cache = reference.getnext()
        if found is None or cache is None:
            continue
        text = etree.QName(cache).localname == "strCache"
        for point in cache.iter(f"{{{CHART}}}pt"):
            value = point.findtext(f"{{{CHART}}}v")
            row = int(found["row"]) - 1 + int(point.get("idx"))
            yield found["sheet"], row, _column(found["column"]), value if text else float(value)


def _column(letters: str) -> int:
    place = 0
    for letter in letters:
        place = 26 * place + ord(letter) - ord("A") + 1
    return place - 1


def letters(place: int) -> str:
    """Name a column by its place from zero.

    Examples
    --------
    >>> letters(0), letters(27)
    ('A', 'AB')
    """
    name = ""
    while place >= 0:
        name, place = chr(ord("A") + place % 26) + name, place // 26 - 1
    return name
