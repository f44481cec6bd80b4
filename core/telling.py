"""How findings and charts tell numbers and pick rows: what every industry's sentences share."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from core.protocol import Array, Table, Text
from core.results import SELECTED, Run
from core.stats.interval import Interval

# --- numbers -----------------------------------------------------------------------------------


def size(change: Interval) -> Interval:
    """Turn the sign of an interval whose mean is negative; the words say which way it is."""
    return change if change.mean >= 0 else Interval(-change.mean, -change.high, -change.low, change.n)


def number(value: float, digits: int) -> str:
    """Write a number with a true minus; never a negative zero.

    Examples
    --------
    >>> number(-1234.56, 1), number(-0.01, 1)
    ('−1,234.6', '0.0')
    """
    return f"{round(value, digits) + 0.0:,.{digits}f}".replace("-", "−")


def ends(found: Interval, digits: int) -> str:
    """Write an interval in brackets, where there is one that is not a point."""
    low, high = (number(end, digits) for end in (found.low, found.high))
    known = math.isfinite(found.low) and math.isfinite(found.high) and low != high
    return f" [{low}, {high}]" if known else ""


def percent(found: Interval, digits: int) -> Text:
    """Write a mean in per cent with its interval, where there is one."""
    mean, interval = number(found.mean, digits), ends(found, digits)
    return {"en": f"{mean} %{interval}", "ko": f"{mean}%{interval}"}


def seeds(run: Run) -> Text:
    """Say how many seeds a run has."""
    n = len(run.seeds)
    return {"en": f"n = {n} seed{'s' if n > 1 else ''}", "ko": f"시드 {n}개"}


# --- tables of charts --------------------------------------------------------------------------


def intervals(run: Run, kpi: str, names: Sequence[str]) -> dict[str, Array]:
    """Mean, low and high of a KPI by contender, as columns of that name, ``_low`` and ``_high``."""
    found = [run.interval(kpi, name) for name in names]
    return {
        kpi: np.array([one.mean for one in found]),
        f"{kpi}_low": np.array([one.low for one in found]),
        f"{kpi}_high": np.array([one.high for one in found]),
    }


def traced(run: Run, trace: str) -> list[str]:
    """Contenders that left a trace."""
    if trace not in run.traces:
        return []
    return list(dict.fromkeys(run.traces[trace]["contender"].astype(str).tolist()))


def lines(run: Run, trace: str, *names: str) -> dict[str, Array]:
    """Rows of a trace by contender, of those that left any; ``selected`` is the first seed's."""
    who = run.traces[trace]["contender"].astype(str)
    wanted = dict.fromkeys(run.chosen[0] if name == SELECTED else name for name in names)
    rows = np.concatenate([np.flatnonzero(who == name) for name in wanted])
    table = {name: column[rows] for name, column in run.traces[trace].items()}
    return table | {"contender": np.where(who[rows] == run.chosen[0], SELECTED, who[rows])}


def of(table: Table, contender: str, column: str) -> Array:
    """One contender's values of a column of :func:`lines`."""
    return np.asarray(table[column][table["contender"] == contender], dtype=float)


def source(run: Run) -> str:
    """Say whose traces are drawn."""
    return f"first seed of this run, {SELECTED}: {run.case.contenders[run.chosen[0]].label['en']}"
