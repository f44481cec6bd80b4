"""A declared chart as a native one of a slide, which PowerPoint can edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from lxml import etree
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import (
    XL_AXIS_CROSSES,
    XL_CHART_TYPE,
    XL_LEGEND_POSITION,
    XL_MARKER_STYLE,
    XL_TICK_LABEL_POSITION,
    XL_TICK_MARK,
)
from pptx.enum.dml import MSO_LINE, MSO_PATTERN
from pptx.util import Pt

from core.protocol import Array, Chart
from core.report.cast import INK, MUTED, RULE, Pen
from core.report.error_bars import CHART, DRAWING, add_error_bars
from core.report.glyphs import visible
from core.report.parts import Part, categories, span, whole
from core.report.scale import places, ticks
from core.report.words import Words
from core.report.workbook import letters, workbook

FACE = "Malgun Gothic"
"""Comes with Windows and Office, has Korean; fonts cannot be put into a slide."""
SIZE, SMALL, MANY = 12, 9, 12
"""Points of a chart's texts, and where more than so many categories lie beside each other."""
GAP = 54
"""Percent of a bar's width between groups."""

DASHES: Mapping[str, Any] = {
    "solid": MSO_LINE.SOLID,
    "dash": MSO_LINE.DASH,
    "dot": MSO_LINE.ROUND_DOT,
    "dashdot": MSO_LINE.DASH_DOT,
    "longdash": MSO_LINE.LONG_DASH,
    "longdashdot": MSO_LINE.LONG_DASH_DOT,
}
HATCHES: Mapping[str, Any] = {
    "/": MSO_PATTERN.WIDE_UPWARD_DIAGONAL,
    "\\": MSO_PATTERN.WIDE_DOWNWARD_DIAGONAL,
    "x": MSO_PATTERN.DIAGONAL_CROSS,
    ".": MSO_PATTERN.PERCENT_20,
    "+": MSO_PATTERN.SMALL_GRID,
}
SHAPES = (XL_MARKER_STYLE.CIRCLE, XL_MARKER_STYLE.SQUARE, XL_MARKER_STYLE.TRIANGLE, XL_MARKER_STYLE.DIAMOND)


def add_chart(shapes: Any, chart: Chart, drawn: Sequence[Part], box: Sequence[int], say: Words) -> Any:
    """Put a chart on a slide.

    Parameters
    ----------
    shapes
        Of the slide.
    drawn
        The chart's parts, at least one value in them.
    box
        Left, top, width and height in EMU.

    Returns
    -------
    Any
        The graphic frame, with the chart's text for those who cannot see it.
    """
    over_x = chart.kind != "bar" and all(part.x.dtype.kind == "f" for part in drawn)
    if over_x:
        drawn = _evened([part for part in drawn if len(part.x)])
    traces = _traces(chart, drawn, say)
    data = _xy(traces) if over_x else _categories(traces)
    frame = shapes.add_chart(_kind(chart, over_x), *box, data)
    native = frame.chart
    _dress(native, chart, drawn, say)
    for place, (trace, series) in enumerate(zip(traces, native.plots[0].series, strict=True)):
        _ink(chart, trace, series, place)
        if over_x:
            _open_gaps(series._element, trace)
    if chart.kind != "line":
        _whiskers(native, chart.kind, drawn, over_x=over_x)
    _legend(native, chart, [t for t, trace in enumerate(traces) if trace.edge])
    _axes(native, chart, drawn, say, over_x=over_x)
    native.part.chart_workbook.update_from_xlsx_blob(workbook(native._chartSpace))
    frame._element.nvGraphicFramePr.cNvPr.set("descr", visible(say.of(chart.alt)))
    return frame


def _evened(drawn: Sequence[Part]) -> list[Part]:
    """Make the first series as long as the longest, by gaps: LibreOffice does not draw a shorter one."""
    first, most = drawn[0], max(len(part.x) for part in drawn)
    more = most - len(first.x)
    gap = np.full(more, np.nan)
    y, low, high = (None if a is None else np.concatenate([a, gap]) for a in (first.y, first.low, first.high))
    assert y is not None
    x = np.concatenate([first.x, np.full(more, first.x[-1])])
    return [replace(first, x=x, y=y, low=low, high=high), *drawn[1:]]


@dataclass(frozen=True, slots=True)
class Trace:
    """What becomes one native series: the values of a part, or an edge of its band."""

    part: Part
    name: str
    values: Array
    edge: bool


def _traces(chart: Chart, drawn: Sequence[Part], say: Words) -> list[Trace]:
    plain = visible(say.of(chart.y_label))
    found = [Trace(part, part.label or plain, part.y, edge=False) for part in drawn]
    for part in drawn if chart.kind == "line" else ():
        for key, values in (("chart.low", part.low), ("chart.high", part.high)):
            if values is not None and np.isfinite(values).any():
                found.append(Trace(part, f"{part.label or plain}, {say(key)}", values, edge=True))
    return found


def _kind(chart: Chart, over_x: bool) -> Any:
    if chart.kind == "bar":
        return XL_CHART_TYPE.COLUMN_CLUSTERED if chart.series else XL_CHART_TYPE.BAR_CLUSTERED
    if over_x:
        return XL_CHART_TYPE.XY_SCATTER if chart.kind == "scatter" else XL_CHART_TYPE.XY_SCATTER_LINES
    return XL_CHART_TYPE.LINE_MARKERS


def _categories(traces: Sequence[Trace]) -> Any:
    """Values by the place of their category; None where a series has none."""
    data = CategoryChartData()
    if len({id(trace.part) for trace in traces}) == 1:  # names may repeat
        data.categories = traces[0].part.x.tolist()
        for trace in traces:
            data.add_series(trace.name, [_known(value) for value in trace.values])
        return data
    data.categories = names = categories([trace.part for trace in traces])
    for trace in traces:
        values = dict(zip(trace.part.x.tolist(), trace.values, strict=True))
        data.add_series(trace.name, [_known(values.get(name, np.nan)) for name in names])
    return data


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _xy(traces: Sequence[Trace]) -> Any:
    data = XyChartData()
    for trace in traces:
        series = data.add_series(trace.name)
        for x, y in zip(trace.part.x, trace.values, strict=True):
            series.add_data_point(float(x), float(np.nan_to_num(y)))
    return data


def _open_gaps(series: Any, trace: Trace) -> None:
    """Take out the values that are none; python-pptx knows no gap in points over x."""
    for point in series.yVal.iter(f"{{{CHART}}}pt"):
        if not np.isfinite(trace.values[int(point.get("idx"))]):
            point.getparent().remove(point)


def _dress(native: Any, chart: Chart, drawn: Sequence[Part], say: Words) -> None:
    native.has_title = False
    native.font.size = Pt(SMALL if chart.kind == "bar" and sum(len(p.x) for p in drawn) > MANY else SIZE)
    native.font.color.rgb = rgb(INK)
    native.font.name = FACE
    properties = native.font._rPr
    properties.set("lang", {"en": "en-US", "ko": "ko-KR"}[say.lang])
    east = etree.SubElement(properties, f"{{{DRAWING}}}ea", typeface=FACE)
    properties.find(f"{{{DRAWING}}}latin").addnext(east)


def rgb(colour: str) -> RGBColor:
    """Colour of a slide from six hexadecimal digits after a hash."""
    return RGBColor(*bytes.fromhex(colour.removeprefix("#")))


def _ink(chart: Chart, trace: Trace, series: Any, place: int) -> None:
    if chart.kind == "bar":
        series.invert_if_negative = False
        _fill(series.format, trace.part.pen)
        for at, pen in enumerate(trace.part.pens if not chart.series else ()):
            _fill(series.points[at].format, pen)
        return
    pen = trace.part.pen
    series.smooth = False
    if chart.kind == "scatter":
        _dot(series.marker, pen, SHAPES[place % len(SHAPES)])
        series.format.line.fill.background()
        return
    series.marker.style = XL_MARKER_STYLE.NONE
    for at in () if trace.edge else trace.part.lonely().tolist():
        _dot(series.points[at].marker, pen, XL_MARKER_STYLE.CIRCLE)
    series.format.line.color.rgb = rgb(pen.colour)
    series.format.line.width = Pt(0.75 if trace.edge else pen.width)
    series.format.line.dash_style = MSO_LINE.SQUARE_DOT if trace.edge else DASHES[pen.dash]


def _dot(marker: Any, pen: Pen, shape: Any) -> None:
    marker.style, marker.size = shape, 8
    marker.format.fill.solid()
    marker.format.fill.fore_color.rgb = rgb(pen.colour)
    marker.format.line.color.rgb = rgb(INK)
    marker.format.line.width = Pt(0.5)


def _fill(shown: Any, pen: Pen) -> None:
    if pen.hatch:
        shown.fill.patterned()
        shown.fill.pattern = HATCHES[pen.hatch]
        shown.fill.fore_color.rgb = rgb(pen.colour)
        shown.fill.back_color.rgb = RGBColor(255, 255, 255)
    else:
        shown.fill.solid()
        shown.fill.fore_color.rgb = rgb(pen.fill or pen.colour)
    shown.line.color.rgb = rgb(INK)
    shown.line.width = Pt(0.75)


def _whiskers(native: Any, kind: str, drawn: Sequence[Part], *, over_x: bool) -> None:
    """Put the ends of intervals beside the values in the workbook, and whiskers on the points."""
    names = categories(drawn)
    many, row = len(drawn), 2
    for place, (part, series) in enumerate(zip(drawn, native.plots[0].series, strict=True)):
        reach = part.reach()
        points = len(part.x) if over_x or many == 1 else len(names)
        if reach is not None:
            down, up = reach
            if not over_x and many > 1:
                down, up = (_by_category(part, end, names) for end in reach)
            first = 2 if over_x else 1 + many + 2 * place
            ends = [
                f"Sheet1!${letters(first + k)}${row}:${letters(first + k)}${row + points - 1}" for k in (0, 1)
            ]
            add_error_bars(series._element, down, up, ends, INK.removeprefix("#"), across=kind != "bar")
        if over_x:
            row += points + 2  # the next series stands below, after a blank row and its name


def _by_category(part: Part, values: Array, names: Sequence[str]) -> Array:
    known = dict(zip(part.x.tolist(), values.tolist(), strict=True))
    return np.array([known.get(name, 0.0) for name in names])


def _legend(native: Any, chart: Chart, edges: Sequence[int]) -> None:
    native.has_legend = bool(chart.series)
    if not chart.series:
        return
    legend = native.legend
    legend.position, legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
    for place in edges:  # the edges of a band say what they are by their colour
        entry = etree.Element(f"{{{CHART}}}legendEntry")
        etree.SubElement(entry, f"{{{CHART}}}idx", val=str(place))
        etree.SubElement(entry, f"{{{CHART}}}delete", val="1")
        legend._element.find(f"{{{CHART}}}legendPos").addnext(entry)


def _axes(native: Any, chart: Chart, drawn: Sequence[Part], say: Words, *, over_x: bool) -> None:
    across, up = native.category_axis, native.value_axis
    lying = chart.kind == "bar" and not chart.series
    for axis, text in ((across, chart.x_label), (up, chart.y_label)):
        if axis is up or not lying:  # the categories say themselves what they are
            _name(axis, visible(say.of(text)))
        axis.format.line.color.rgb = rgb(MUTED)
        axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
        axis.minor_tick_mark = XL_TICK_MARK.NONE
        axis.major_tick_mark = XL_TICK_MARK.OUTSIDE if axis is up or over_x else XL_TICK_MARK.NONE
    across.has_major_gridlines = False
    up.has_major_gridlines = True
    up.major_gridlines.format.line.color.rgb = rgb(RULE)
    _mark(up, ticks(*span(drawn, zero=chart.kind == "bar")))
    if over_x:
        x = np.concatenate([part.x for part in drawn])
        _mark(across, ticks(float(x.min()), float(x.max()), whole=whole(drawn)))
        across.crosses = up.crosses = XL_AXIS_CROSSES.MINIMUM
    elif chart.kind == "bar":
        native.plots[0].gap_width, native.plots[0].overlap = GAP, 0
        native.plots[0].vary_by_categories = False
    else:
        up.crosses = XL_AXIS_CROSSES.MINIMUM
    if not over_x and len(categories(drawn)) <= MANY:  # long names break rather than lean
        across.tick_labels.font.size = Pt(SIZE)
        across._element.txPr.bodyPr.set("rot", "0")
    if lying:
        across.reverse_order = True
        # The scale stands at the far end then; python-pptx leaves where it crosses to the element.
        up._element.find(f"{{{CHART}}}crosses").set("val", "max")
        up.tick_label_position = XL_TICK_LABEL_POSITION.NEXT_TO_AXIS
        across.format.line.color.rgb = rgb(INK)


def _name(axis: Any, text: str) -> None:
    frame = axis.axis_title.text_frame
    frame.text = text
    for paragraph in frame.paragraphs:
        paragraph.font.bold = False
        paragraph.font.size = Pt(SIZE)


def _mark(axis: Any, marks: Array) -> None:
    axis.minimum_scale, axis.maximum_scale = float(marks[0]), float(marks[-1])
    axis.major_unit = float(marks[1] - marks[0])
    digits = places(marks)
    shown = "0.0E+00" if digits is None else "#,##0" + (f".{'0' * digits}" if digits else "")
    axis.tick_labels.number_format = f"{shown};−{shown}"
    axis.tick_labels.number_format_is_linked = False
