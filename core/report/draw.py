"""A declared chart as a Plotly figure: one look for all, told apart in grey as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.protocol import Array, Chart
from core.report.thin import thinned
from core.report.verdict import labels
from core.report.words import Words
from core.results import SELECTED, Run

FONT = "Pretendard, sans-serif"
INK, MUTED, RULE = "#1C2526", "#55626A", "#D5DBDB"
ROW, ROOM_BELOW = 46, 90
"""Pixels for a horizontal bar, and for the axis below them."""
TALL = 380
WRAPPED = 22
"""Characters of a category beside its bar before the line breaks."""


@dataclass(frozen=True, slots=True)
class Pen:
    """How one series is drawn: colour, dash and width of a line; a bar's hatching, or the fill without one.

    A fill is lighter than the line, so that whiskers are seen on it.
    """

    colour: str
    dash: str = "solid"
    width: float = 2.0
    hatch: str = ""
    fill: str = ""


# Teal stands for learning and grey for the rest; lightness, dash and hatching carry the same without colour.
PENS: Mapping[str, Pen] = {
    "incumbent": Pen("#7A868C", "solid", 2.0),
    "learner": Pen("#4A978E", "dashdot", 2.0, fill="#B9DBD7"),
    SELECTED: Pen("#0F5F5C", "solid", 2.4, fill="#3E9A92"),
    "ceiling": Pen("#4A5459", "dash", 1.8, hatch="\\"),
    "oracle": Pen("#1C2526", "dot", 1.8, hatch="/"),
}
OTHERS = (
    Pen("#0F5F5C", "solid", fill="#3E9A92"),
    Pen("#6B777C", "dash", hatch="/"),
    Pen("#4A978E", "dot", hatch="."),
    Pen("#4A5459", "dashdot", hatch="x"),
    Pen("#2F7D76", "longdash", hatch="\\"),
    Pen("#7A868C", "longdashdot", hatch="+"),
)
BESIDE = 3
"""Place among them of a bar that stands beside contenders and is none."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who may appear in a chart: names to show and the role by which each is drawn, by contender."""

    names: Mapping[str, str]
    roles: Mapping[str, str]

    def name(self, value: object) -> str:
        """Give the name to show."""
        return self.names.get(str(value), str(value))

    def alone(self, shown: Sequence[str]) -> Cast:
        """Let a learner that stands alone beside incumbent and bounds be drawn as the selected one is."""
        learners = [name for name in shown if self.roles.get(name) in ("learner", SELECTED)]
        return replace(self, roles={**self.roles, learners[0]: SELECTED}) if len(learners) == 1 else self

    def pen(self, value: object, place: int) -> Pen:
        """Give a contender its role's pen, and anything else the next free one."""
        return PENS.get(self.roles.get(str(value), ""), OTHERS[place % len(OTHERS)])


def cast_of(run: Run, say: Words) -> Cast:
    """Say who may appear in a chart of a run."""
    return Cast(labels(run, say), {**run.roles, SELECTED: SELECTED})


def figure(chart: Chart, cast: Cast, say: Words) -> tuple[go.Figure, int]:
    """Draw a chart.

    Returns
    -------
    figure, shown
        Without title, which stands above it as text; and how many rows are drawn.
    """
    fig = go.Figure()
    parts = list(_series(chart))
    cast = cast.alone([name for name, _ in parts])
    shown = 0
    for place, (name, rows) in enumerate(parts):
        pen = cast.pen(name, place)
        if chart.kind == "bar":
            shown += len(rows)
            fig.add_trace(_bars(chart, rows, name, pen, cast, lying=not chart.series))
        else:
            rows = rows[thinned([chart.table[column][rows] for column in _drawn(chart)])]
            shown += len(rows)
            for trace in _points(chart, rows, cast.name(name), pen, many=len(parts) > 1):
                fig.add_trace(trace)
    _dress(fig, chart, say, lying=chart.kind == "bar" and not chart.series)
    return fig, shown


def _series(chart: Chart) -> Iterator[tuple[str, Array]]:
    """Row numbers of each series, in the table's order."""
    if not chart.series:
        yield "", np.arange(len(chart.table[chart.y]))
        return
    labels = np.asarray(chart.table[chart.series]).astype(str)
    for name in dict.fromkeys(labels.tolist()):
        yield name, np.flatnonzero(labels == name)


def _drawn(chart: Chart) -> list[str]:
    return [column for column in (chart.y, chart.low, chart.high) if column]


def _whiskers(chart: Chart, rows: Array, pen: Pen) -> dict[str, Any] | None:
    """Distances from the value to the ends of its interval; None without any."""
    if not (chart.low and chart.high):
        return None
    y = np.asarray(chart.table[chart.y][rows], dtype=float)
    up = np.asarray(chart.table[chart.high][rows], dtype=float) - y
    down = y - np.asarray(chart.table[chart.low][rows], dtype=float)
    if not np.isfinite(up).any():
        return None
    up, down = np.nan_to_num(up, posinf=0.0), np.nan_to_num(down, posinf=0.0)
    return {
        "type": "data", "symmetric": False, "array": up, "arrayminus": down,
        "color": INK, "thickness": 1.4, "width": 5,
    }  # fmt: skip


def _bars(chart: Chart, rows: Array, name: str, pen: Pen, cast: Cast, *, lying: bool) -> go.Bar:
    values = np.asarray(chart.table[chart.y][rows], dtype=float)
    categories = np.asarray(chart.table[chart.x])[rows]
    # Beside contenders, what is none must not look like the selected one.
    free = BESIDE if any(str(c) in cast.roles for c in categories) else 0
    pens = [cast.pen(c, free) for c in categories] if not chart.series else [pen] * len(rows)
    shown = [wrapped(cast.name(c)) for c in categories]
    marker = {
        "color": [p.fill or p.colour for p in pens],
        "line": {"color": INK, "width": 1},
        "pattern": {"shape": [p.hatch for p in pens], "solidity": 0.3},
    }
    whiskers = _whiskers(chart, rows, pen)
    common: dict[str, Any] = {"name": cast.name(name), "marker": marker}
    if lying:
        return go.Bar(x=values, y=shown, orientation="h", error_x=whiskers, **common)
    return go.Bar(x=shown, y=values, error_y=whiskers, **common)


def _points(chart: Chart, rows: Array, name: str, pen: Pen, *, many: bool) -> Iterator[go.Scatter]:
    x, y = np.asarray(chart.table[chart.x])[rows], np.asarray(chart.table[chart.y], dtype=float)[rows]
    if chart.kind == "line" and chart.low and chart.high:
        low, high = (np.asarray(chart.table[c], dtype=float)[rows] for c in (chart.low, chart.high))
        known = np.isfinite(low) & np.isfinite(high)
        if known.any():
            yield go.Scatter(
                x=np.concatenate([x[known], x[known][::-1]]),
                y=np.concatenate([high[known], low[known][::-1]]),
                mode="lines", fill="toself", fillcolor=_faint(pen.colour), line={"width": 0},
                hoverinfo="skip", showlegend=False,
            )  # fmt: skip
    yield go.Scatter(
        x=x, y=y, name=name, showlegend=many,
        mode="lines" if chart.kind == "line" else "markers",
        line={"color": pen.colour, "dash": pen.dash, "width": pen.width},
        marker={"color": pen.colour, "size": 7, "line": {"color": INK, "width": 0.5}},
        error_y=_whiskers(chart, rows, pen) if chart.kind == "scatter" else None,
    )  # fmt: skip


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


def _dress(fig: go.Figure, chart: Chart, say: Words, *, lying: bool) -> None:
    x_title, y_title = say.of(chart.x_label), say.of(chart.y_label)
    if lying:
        x_title, y_title = y_title, ""  # the categories say themselves what they are
    axis = {
        "showline": True, "linecolor": MUTED, "gridcolor": RULE, "zeroline": False, "ticks": "outside",
        "tickcolor": RULE, "exponentformat": "none", "separatethousands": True, "automargin": True,
        "title": {"standoff": 14, "font": {"size": 14}}, "fixedrange": True,
    }  # fmt: skip
    rows = len(fig.data[0].y) if lying and fig.data else 0
    fig.update_layout(
        height=ROW * rows + ROOM_BELOW if lying else TALL,
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
