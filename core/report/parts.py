"""A chart in its parts, cleaned for drawing: what screen, paper and slides share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.protocol import Array, Chart
from core.report.cast import BESIDE, Cast, Pen
from core.report.glyphs import visible
from core.report.thin import MOST_NUMBERS, rooms, thinned
from core.report.words import Words

MOST = 1e200
"""Beyond it a value is as good as infinite: no axis reaches so far."""


@dataclass(frozen=True, slots=True)
class Part:
    """One series as it is drawn; every array ``(rows,)``.

    Attributes
    ----------
    label
        To show in the legend, "" in a chart without series.
    pens
        One a row: bars of one series may differ.
    x
        Numbers, or the names of categories.
    y, low, high
        ``nan`` where there is none; ``low`` and ``high`` are None in a chart without intervals.
    left_out
        Rows that are not drawn because too many lie close together.
    """

    label: str
    pens: Sequence[Pen]
    x: Array
    y: Array
    low: Array | None
    high: Array | None
    left_out: int

    @property
    def pen(self) -> Pen:
        """Of the series as a whole."""
        return self.pens[0]

    def reach(self) -> tuple[Array, Array] | None:
        """Distances from the values down and up to the ends of their intervals; None without any."""
        if self.low is None or self.high is None:
            return None
        down, up = self.y - self.low, self.high - self.y
        if not (np.isfinite(down) & np.isfinite(up)).any():
            return None
        return np.maximum(np.nan_to_num(down), 0.0), np.maximum(np.nan_to_num(up), 0.0)

    def lonely(self) -> Array:
        """Rows of values between gaps, through which no line runs, so that they need a mark."""
        known = np.concatenate([[False], np.isfinite(self.y), [False]])
        return np.flatnonzero(known[1:-1] & ~known[:-2] & ~known[2:])


def parts(chart: Chart, cast: Cast) -> list[Part]:
    """Take a chart apart, series by series in the table's order; an empty table has no part."""
    names = _series(chart)
    order = list(dict.fromkeys(names.tolist()))
    cast = cast.alone(order)
    rows = [np.flatnonzero(names == name) for name in order]
    most = rooms([len(own) for own in rows], MOST_NUMBERS // _numbers(chart))
    return [
        _part(chart, cast, name, place, own, room)
        for place, (name, own, room) in enumerate(zip(order, rows, most, strict=True))
    ]


def _numbers(chart: Chart) -> int:
    """Count the numbers of a point on a screen: a band goes forth and back, a whisker up and down."""
    ends = 4 if chart.kind == "line" else 2
    return 2 + (ends if chart.low and chart.high else 0)


def _series(chart: Chart) -> Array:
    if not chart.series:
        return np.full(len(chart.table[chart.y]), "")
    return np.asarray(chart.table[chart.series]).astype(str)


def _part(chart: Chart, cast: Cast, name: str, place: int, rows: Array, most: int) -> Part:
    keys = np.asarray(chart.table[chart.x])[rows]
    numeric = chart.kind != "bar" and keys.dtype.kind in "iuf"
    if numeric:
        known = np.isfinite(_finite(keys))
        rows, keys = rows[known], keys[known].astype(float)
    y, *interval = (
        _finite(chart.table[column][rows]) for column in (chart.y, chart.low, chart.high) if column
    )
    if len(interval) == 2:
        whole = np.isfinite(interval[0] + interval[1])
        interval = [np.where(whole, end, np.nan) for end in interval]
    # Cleaned first: what is not drawn must not stand for the extreme of its stretch.
    kept = np.arange(len(rows))
    if chart.kind != "bar":
        kept = thinned([y, *interval, *([keys] if numeric and (np.diff(keys) < 0.0).any() else [])], most)
    keys = keys[kept]
    low, high = (end[kept] for end in interval) if len(interval) == 2 else (None, None)
    return Part(
        label=visible(cast.name(name)),
        pens=_pens(chart, cast, name, place, keys),
        x=keys if numeric else np.array([visible(cast.name(key)) for key in keys], dtype=str),
        y=y[kept],
        low=low,
        high=high,
        left_out=len(rows) - len(kept),
    )


def _pens(chart: Chart, cast: Cast, name: str, place: int, keys: Array) -> list[Pen]:
    if chart.kind != "bar" or chart.series:
        return [cast.pen(name, place)] * max(len(keys), 1)
    # Beside contenders, what is none must not look like the selected one.
    free = BESIDE if any(str(key) in cast.roles for key in keys) else 0
    return [cast.pen(key, free) for key in keys]


def _finite(column: Array) -> Array:
    values = np.asarray(column, dtype=float)
    return np.where(np.abs(values) < MOST, values, np.nan)


def nothing(drawn: Sequence[Part]) -> bool:
    """Whether there is no value to draw."""
    return not any(np.isfinite(part.y).any() for part in drawn)


def whole(drawn: Sequence[Part]) -> bool:
    """Whether every x is a whole number, such as a day or a place in a row."""
    return all((part.x == np.round(part.x)).all() for part in drawn)


def categories(drawn: Sequence[Part]) -> list[str]:
    """Names along x, each once, in the order of appearance."""
    return list(dict.fromkeys(name for part in drawn for name in part.x.tolist()))


def span(drawn: Sequence[Part], *, zero: bool) -> tuple[float, float]:
    """Least and greatest value with the ends of intervals, and with zero where bars stand on it."""
    arrays = [a for part in drawn for a in (part.y, part.low, part.high) if a is not None]
    values = np.concatenate([*arrays, [0.0] if zero else []])
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)


def shown(chart: Chart, drawn: Sequence[Part]) -> int:
    """Count the rows of a chart that its parts show."""
    return len(chart.table[chart.y]) - sum(part.left_out for part in drawn)


def below(chart: Chart, drawn: Sequence[Part], say: Words) -> list[str]:
    """Say what stands under a picture: how to read it, its source, and whether points are left out."""
    rows, kept = len(chart.table[chart.y]), shown(chart, drawn)
    few = [say("chart.thinned", shown=f"{kept:,}", rows=f"{rows:,}")] if kept < rows else []
    return [say.of(chart.how), *few, say("industry.source", source=say.source(chart.source))]
