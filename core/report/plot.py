"""A declared chart as SVG for paper, drawn with matplotlib to look as it does on the screen."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import cycle
from threading import Lock
from typing import Any

import numpy as np
from matplotlib import font_manager, rc_context
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from core.protocol import Array, Chart
from core.report.breadth import ems, lines, words
from core.report.cast import INK, MUTED, RULE, Pen
from core.report.glyphs import FAMILY, FONTS, SECOND, printable
from core.report.numerals import MINUS, number
from core.report.parts import Part, categories, span, whole
from core.report.scale import places, ticks
from core.report.words import Words

WIDTH, TALL = 6.5, 2.9
"""Inches; the width is that of the text on A4."""
ROW, ROOM_BELOW, LEGEND_ROW = 0.27, 0.55, 0.2
"""Inches for a horizontal bar, for the axis below them, and for a line of the legend."""
HIGHEST = 7.5
"""Inches, so that words still fit above and below on A4."""
SIZE = 8.5
BESIDE_BAR, UNDER_BAR, IN_LEGEND = 17.0, 8.0, 36.0
"""Ems of a name before its line breaks."""
UPRIGHT = 1.5
"""Ems that a name takes beside the next one."""
SAMPLE = 5.0
"""Ems that a legend takes beside each name."""

DASHES: Mapping[str, Any] = {
    "solid": "solid",
    "dash": (0, (5, 2)),
    "dot": (0, (1, 1.6)),
    "dashdot": (0, (5, 1.8, 1, 1.8)),
    "longdash": (0, (9, 2.5)),
    "longdashdot": (0, (9, 2.2, 1, 2.2)),
}
HATCHES = {"": "", "/": "////", "\\": "\\\\\\\\", "x": "xxx", ".": "...", "+": "+++"}
SHAPES = "os^Dv"
"""Of points, series by series: paper may be grey."""
STYLE: dict[Any, Any] = {
    "font.family": [FAMILY, SECOND],
    "font.size": SIZE,
    "text.color": INK,
    "text.parse_math": False,  # a dollar in a name is a dollar
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
    "grid.color": RULE,
    "hatch.linewidth": 0.6,
    "svg.fonttype": "none",  # text stays text, set in the same font by whoever shows the picture
    "svg.hashsalt": "sectorlab",  # the same picture gives the same bytes
}
_ALONE = Lock()
"""matplotlib's settings belong to the process."""


def svg(chart: Chart, drawn: Sequence[Part], say: Words) -> str:
    """Draw a chart without its title, which stands above it as text."""
    with _ALONE, rc_context(STYLE):
        _know_our_fonts()
        fig = Figure(figsize=(WIDTH, _height(chart, drawn)), layout="constrained")
        axes = fig.add_subplot()
        if chart.kind == "bar" and not chart.series:
            _lying(axes, drawn)
        elif chart.kind == "bar":
            _standing(axes, drawn)
        else:
            _over_x(axes, drawn, chart.kind)
        _name_axes(axes, chart, say)
        if chart.series and drawn:
            _legend(fig, chart, drawn)
        FigureCanvasSVG(fig)
        file = io.StringIO()
        fig.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue()


@cache
def _know_our_fonts() -> None:
    for path in sorted(FONTS.glob("*.otf")):
        font_manager.fontManager.addfont(path)


def _height(chart: Chart, drawn: Sequence[Part]) -> float:
    if chart.kind == "bar" and not chart.series:
        return min(ROOM_BELOW + ROW * max(sum(len(part.y) for part in drawn), 1), HIGHEST)
    return TALL + LEGEND_ROW * -(-len(drawn) // _abreast(drawn)) if chart.series and drawn else TALL


def _folded(text: str, room: float) -> str:
    return "\n".join(line.strip() for line in lines(printable(text), room))


def _lying(axes: Axes, drawn: Sequence[Part]) -> None:
    names = [name for part in drawn for name in part.x]
    for part in drawn:
        places = np.arange(len(part.y))
        bars = axes.barh(places, part.y, height=0.65, edgecolor=INK, linewidth=0.6)
        for bar, pen in zip(bars, part.pens, strict=True):
            _fill(bar, pen)
        _whiskers(axes, places, part, across=True)
    every = max(1, math.ceil(len(names) * UPRIGHT * SIZE / 72.0 / HIGHEST))
    axes.set_yticks(range(0, len(names), every), [_folded(name, BESIDE_BAR) for name in names[::every]])
    axes.set_ylim(max(len(names), 1) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.axvline(0.0, color=INK, linewidth=1.0)
    axes.grid(axis="x", linewidth=0.6)
    _mark(axes.xaxis, ticks(*span(drawn, zero=True)))


def _standing(axes: Axes, drawn: Sequence[Part]) -> None:
    names = categories(drawn)
    width = 0.65 / max(len(drawn), 1)
    for place, part in enumerate(drawn):
        at = np.array([names.index(name) for name in part.x]) + width * (place - (len(drawn) - 1) / 2.0)
        _fill(axes.bar(at, part.y, width=width, edgecolor=INK, linewidth=0.6), part.pen)
        _whiskers(axes, at, part)
    _name_places(axes, names)
    axes.axhline(0.0, color=INK, linewidth=0.8)
    axes.grid(axis="y", linewidth=0.6)
    _mark(axes.yaxis, ticks(*span(drawn, zero=True)))


def _over_x(axes: Axes, drawn: Sequence[Part], kind: str) -> None:
    named = any(part.x.dtype.kind == "U" for part in drawn)
    names = categories(drawn) if named else []
    for part, shape in zip(drawn, cycle(SHAPES), strict=False):
        at = np.array([names.index(name) for name in part.x], dtype=float) if named else part.x
        if kind == "line":
            _line(axes, at, part)
        else:
            axes.plot(at, part.y, linestyle="", clip_on=False, **_dot(part.pen, shape))
            _whiskers(axes, at, part)
    if named:
        _name_places(axes, names)
    elif drawn and any(len(part.x) for part in drawn):
        _mark_x(axes, drawn, kind)
    axes.grid(axis="y", linewidth=0.6)
    _mark(axes.yaxis, ticks(*span(drawn, zero=False)))


def _line(axes: Axes, at: Array, part: Part) -> None:
    pen = part.pen
    if part.low is not None and part.high is not None:
        axes.fill_between(at, part.low, part.high, color=pen.colour, alpha=0.18, linewidth=0)
    axes.plot(
        at, part.y, color=pen.colour, linestyle=DASHES[pen.dash], linewidth=0.75 * pen.width,
        marker="o", markersize=4.5, markevery=part.lonely().tolist(), dash_capstyle="butt", clip_on=False,
    )  # fmt: skip


def _dot(pen: Pen, shape: str) -> dict[str, Any]:
    return {
        "color": pen.colour, "marker": shape, "markersize": 5.0,
        "markeredgecolor": INK, "markeredgewidth": 0.4,
    }  # fmt: skip


def _whiskers(axes: Axes, at: Array, part: Part, *, across: bool = False) -> None:
    reach = part.reach()
    if reach is None:
        return
    x, y = (part.y, at) if across else (at, part.y)
    axes.errorbar(
        x, y, xerr=reach if across else None, yerr=None if across else reach, fmt="none", ecolor=INK,
        elinewidth=0.9, capsize=2.5, capthick=0.9,
    )  # fmt: skip


def _fill(bars: Any, pen: Pen) -> None:
    for bar in bars if hasattr(bars, "__iter__") else [bars]:
        bar.set_facecolor("#FFFFFF" if pen.hatch else pen.fill or pen.colour)
        bar.set_hatch(HATCHES[pen.hatch])
        bar.set_hatchcolor(pen.colour)


def _mark(axis: Axis, marks: Array) -> None:
    axis.set_ticks(marks, _written(marks))
    limit = axis.axes.set_xlim if axis is axis.axes.xaxis else axis.axes.set_ylim
    limit(marks[0], marks[-1])


def _mark_x(axes: Axes, drawn: Sequence[Part], kind: str) -> None:
    """Let lines begin and end at the frame, with round numbers only in between."""
    x = np.concatenate([part.x for part in drawn])
    marks = ticks(float(x.min()), float(x.max()), whole=whole(drawn))
    if kind == "scatter" or x.min() == x.max():
        _mark(axes.xaxis, marks)
        return
    inside = marks[(marks >= x.min()) & (marks <= x.max())]
    axes.set_xticks(
        inside,
        _written(marks)[int(np.searchsorted(marks, inside[0])) :][: len(inside)] if len(inside) else [],
    )
    axes.set_xlim(x.min(), x.max())


def _written(marks: Array) -> list[str]:
    digits = places(marks)
    return [f"{mark:.3g}".replace("-", MINUS) if digits is None else number(mark, digits) for mark in marks]


def _name_places(axes: Axes, names: Sequence[str]) -> None:
    """Write categories below their places: folded, upright where words are too broad, some where too many."""
    breadth = WIDTH * 72.0 / SIZE
    room = 0.8 * breadth / max(len(names), 1)
    upright = room < UNDER_BAR and max(ems(word) for name in names for word in words(name)) > room
    every = max(1, math.ceil(len(names) * UPRIGHT / breadth))
    shown = range(0, len(names), every)
    axes.set_xticks(shown, [_folded(names[place], BESIDE_BAR if upright else room) for place in shown])
    axes.set_xlim(-0.6, max(len(names), 1) - 0.4)
    axes.tick_params(axis="x", length=0, rotation=90 if upright else 0)


def _name_axes(axes: Axes, chart: Chart, say: Words) -> None:
    across, up = (_folded(say.of(text), 60.0) for text in (chart.x_label, chart.y_label))
    if chart.kind == "bar" and not chart.series:
        axes.set_xlabel(up)  # the categories say themselves what they are
        return
    axes.set_xlabel(across)
    axes.set_ylabel(_folded(up, 28.0))


def _abreast(drawn: Sequence[Part]) -> int:
    """Names that fit beside each other in a legend."""
    broadest = max(min(ems(part.label), IN_LEGEND) for part in drawn)
    return max(1, min(len(drawn), int(WIDTH * 72.0 / SIZE / (broadest + SAMPLE))))


def _legend(fig: Figure, chart: Chart, drawn: Sequence[Part]) -> None:
    labels = [_folded(part.label, IN_LEGEND) for part in drawn]
    fig.legend(
        [_sample(chart.kind, part.pen, shape) for part, shape in zip(drawn, cycle(SHAPES), strict=False)],
        labels,
        loc="outside upper left", ncols=_abreast(drawn), frameon=False, handlelength=3.0, borderpad=0.1,
        columnspacing=1.4, borderaxespad=0.2,
    )  # fmt: skip


def _sample(kind: str, pen: Pen, shape: str) -> Line2D | Patch:
    if kind == "bar":
        patch = Patch(edgecolor=INK, linewidth=0.6)
        _fill(patch, pen)
        return patch
    if kind == "scatter":
        return Line2D([], [], linestyle="", **_dot(pen, shape))
    return Line2D([], [], color=pen.colour, linestyle=DASHES[pen.dash], linewidth=0.75 * pen.width)
