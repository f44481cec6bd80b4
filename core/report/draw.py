"""A declared chart as a Plotly figure, for whoever looks at it on a screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.protocol import Array, Chart
from core.report.cast import INK, MUTED, RULE, Cast
from core.report.parts import Part, parts, shown
from core.report.words import Words

FONT = "Pretendard, sans-serif"
ROW, ROOM_BELOW = 46, 90
"""Pixels for a horizontal bar, and for the axis below them."""
TALL = 380
WRAPPED = 22
"""Characters of a category beside its bar before the line breaks."""
SYMBOLS = ("circle", "square", "triangle-up", "diamond", "triangle-down")
"""Of points, series by series, as on paper: a screen may be grey too."""
MANY = 1_000
"""Values from which on a trace is sent as single precision, where no eye tells the difference."""
UNSEEN = 1e-5
"""Of the span of values; a pixel is a hundred times as much."""


def figure(chart: Chart, cast: Cast, say: Words) -> tuple[go.Figure, int]:
    """Draw a chart.

    Returns
    -------
    figure, rows
        Without title, which stands above it as text; and how many rows are drawn.
    """
    drawn = parts(chart, cast)
    lying = chart.kind == "bar" and not chart.series
    fig = go.Figure()
    for part, symbol in zip(drawn, cycle(SYMBOLS), strict=False):
        if chart.kind == "bar":
            fig.add_trace(_bars(part, lying=lying))
        elif chart.kind == "scatter":
            fig.add_trace(_dots(part, symbol, many=len(drawn) > 1))
        else:
            fig.add_traces([*_band(part), _line(part, many=len(drawn) > 1)])
    _dress(fig, chart, drawn, say, lying=lying)
    return fig, shown(chart, drawn)


def _bars(part: Part, *, lying: bool) -> go.Bar:
    names = [wrapped(name) for name in part.x]
    common: dict[str, Any] = {
        "name": part.label,
        "marker": {
            "color": [pen.fill or pen.colour for pen in part.pens],
            "line": {"color": INK, "width": 1},
            "pattern": {"shape": [pen.hatch for pen in part.pens], "solidity": 0.3},
        },
    }
    if lying:
        return go.Bar(x=part.y, y=names, orientation="h", error_x=_whiskers(part), **common)
    return go.Bar(x=names, y=part.y, error_y=_whiskers(part), **common)


def _dots(part: Part, symbol: str, *, many: bool) -> go.Scatter:
    edge = {"color": INK, "width": 0.5}
    return go.Scatter(
        x=light(part.x), y=light(part.y), name=part.label, showlegend=many, mode="markers",
        marker={"color": part.pen.colour, "symbol": symbol, "size": 7, "line": edge},
        error_y=_whiskers(part),
    )  # fmt: skip


def _line(part: Part, *, many: bool) -> go.Scatter:
    pen = part.pen
    return go.Scatter(
        x=light(part.x), y=light(part.y), name=part.label, showlegend=many, mode="lines",
        line={"color": pen.colour, "dash": pen.dash, "width": pen.width},
    )  # fmt: skip


def _band(part: Part) -> Iterator[go.Scatter]:
    """Fill between the ends of the intervals, forth along the upper and back along the lower ones."""
    if part.low is None or part.high is None:
        return
    known = np.isfinite(part.low)
    if known.any():
        x, low, high = part.x[known], part.low[known], part.high[known]
        yield go.Scatter(
            x=light(np.concatenate([x, x[::-1]])), y=light(np.concatenate([high, low[::-1]])),
            mode="lines", fill="toself", fillcolor=_faint(part.pen.colour), line={"width": 0},
            hoverinfo="skip", showlegend=False,
        )  # fmt: skip


def _whiskers(part: Part) -> dict[str, Any] | None:
    reach = part.reach()
    if reach is None:
        return None
    down, up = reach
    return {
        "type": "data", "symmetric": False, "array": light(up), "arrayminus": light(down),
        "color": INK, "thickness": 1.4, "width": 5,
    }  # fmt: skip


def light(values: Array) -> Array:
    """Give many numbers in half the room, where they stay in their places.

    Examples
    --------
    >>> light(np.linspace(0.0, 1.0, 2_000)).dtype, light(1e12 + np.linspace(0.0, 1.0, 2_000)).dtype
    (dtype('float32'), dtype('float64'))
    """
    if len(values) < MANY or values.dtype.kind != "f" or not np.isfinite(values).any():
        return values
    with np.errstate(over="ignore"):
        single = values.astype(np.float32)
    off = np.nanmax(np.abs(single - values))
    return single if off <= UNSEEN * (np.nanmax(values) - np.nanmin(values)) else values


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.18)"


def wrapped(text: str) -> str:
    """Break a long category where words end.

    Examples
    --------
    >>> wrapped("Gao's net, minimising PUE")
    "Gao's net, minimising<br>PUE"
    """
    lines = [""]
    for word in text.replace("<", "‹").replace(">", "›").split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > WRAPPED:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(lines)


def _dress(fig: go.Figure, chart: Chart, drawn: Sequence[Part], say: Words, *, lying: bool) -> None:
    x_title, y_title = say.of(chart.x_label), say.of(chart.y_label)
    if lying:
        x_title, y_title = y_title, ""  # the categories say themselves what they are
    axis = {
        "showline": True, "linecolor": MUTED, "gridcolor": RULE, "zeroline": False, "ticks": "outside",
        "tickcolor": RULE, "exponentformat": "none", "separatethousands": True, "automargin": True,
        "title": {"standoff": 14, "font": {"size": 14}}, "fixedrange": True,
    }  # fmt: skip
    fig.update_layout(
        height=ROW * sum(len(part.y) for part in drawn) + ROOM_BELOW if lying else TALL,
        margin={"l": 8, "r": 16, "t": 8, "b": 8},
        font={"family": FONT, "size": 14, "color": INK},
        paper_bgcolor="#FFFFFF",
        plot_bgcolor="#FFFFFF",
        hoverlabel={"font": {"family": FONT}},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "xanchor": "left"},
        bargap=0.35,
        xaxis=axis,
        yaxis=axis,
        showlegend=bool(chart.series),
    )
    fig.update_xaxes(title_text=x_title)
    fig.update_yaxes(title_text=y_title)
    if lying:
        fig.update_yaxes(autorange="reversed", ticks="", showgrid=False, showline=False, ticklabelstandoff=8)
        fig.update_xaxes(zeroline=True, zerolinecolor=INK, zerolinewidth=1.6)
    elif chart.kind == "bar":
        fig.update_xaxes(showgrid=False, ticks="")
        fig.update_yaxes(rangemode="tozero")
    else:
        fig.update_xaxes(showgrid=False)
