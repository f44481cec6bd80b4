"""Native whiskers of a chart in a slide, which python-pptx does not draw itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lxml import etree

from core.protocol import Array

CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
AFTER = ("cat", "val", "xVal", "yVal")
"""What follows error bars in a series, in the order that the schema demands."""
THICK = 12_700
"""EMU of a whisker, one point."""


def add_error_bars(
    series: Any, down: Array, up: Array, cells: Sequence[str], colour: str, *, across: bool = False
) -> None:
    """Let each point of a series carry its interval.

    Parameters
    ----------
    series
        The ``c:ser`` element.
    down, up
        Distances from the value to the ends, ``(points,)``, none below zero.
    cells
        Where the distances stand in the workbook, for ``up`` and ``down``.
    colour
        Six hexadecimal digits.
    across
        Whether the series has points, whose error bars must say their direction; those of bars must not.
    """
    bars = etree.Element(f"{{{CHART}}}errBars", nsmap={"c": CHART, "a": DRAWING})
    if across:
        _child(bars, "errDir", val="y")
    _child(bars, "errBarType", val="both")
    _child(bars, "errValType", val="cust")
    _child(bars, "noEndCap", val="0")
    for name, values, cell in zip(("plus", "minus"), (up, down), cells, strict=True):
        _numbers(_child(bars, name), values, cell)
    line = etree.SubElement(_child(bars, "spPr"), f"{{{DRAWING}}}ln", w=str(THICK))
    etree.SubElement(etree.SubElement(line, f"{{{DRAWING}}}solidFill"), f"{{{DRAWING}}}srgbClr", val=colour)
    next(child for child in series if etree.QName(child).localname in AFTER).addprevious(bars)


def _child(parent: Any, name: str, **attributes: str) -> Any:
    return etree.SubElement(parent, f"{{{CHART}}}{name}", attributes)


def _numbers(parent: Any, values: Array, cells: str) -> None:
    reference = _child(parent, "numRef")
    _child(reference, "f").text = cells
    cache = _child(reference, "numCache")
    _child(cache, "formatCode").text = "General"
    _child(cache, "ptCount", val=str(len(values)))
    for place, value in enumerate(values):
        _child(_child(cache, "pt", idx=str(place)), "v").text = repr(float(value))
