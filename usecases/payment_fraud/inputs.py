"""From the columns that a bank sees to what models are fed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.protocol import Array, Table
from data_synth.payments_constants import CATEGORIES
from data_synth.payments_stream import owned
from usecases.payment_fraud.features import CARD, FEATURES, RAW, TERMINAL

Floats = NDArray[np.float64]
STEPS = 10
"""Purchases of a card that a sequence net looks at, the present one included."""
RATES = ("terminal_risk_1d", "terminal_risk_7d", "terminal_risk_30d", "odd_hour", "region_share")
"""Columns that are shares already; the other ones of the feature store are taken as logarithms."""
AGES = ("spike_age", "report_first", "report_last", "clean_last")
"""Ages in days, which fade: what was long ago and what never was are alike."""
FADE = 7.0
RAW_INPUTS = 4 + len(CATEGORIES)
"""Columns of :func:`inputs` that need no feature store; they come first."""


def tree_inputs(seen: Table, *, engineered: bool) -> Floats:
    """Columns as they are, ``(rows, columns)``: trees need no scale."""
    return np.column_stack([seen[name] for name in (FEATURES if engineered else RAW)]).astype(float)


def inputs(seen: Table, *, engineered: bool) -> Floats:
    """Columns of comparable size for linear models, nets and distances, ``(rows, columns)``."""
    hour = 2 * np.pi * np.asarray(seen["hour"], float) / 24.0
    columns = [np.log1p(seen["amount"]), np.sin(hour), np.cos(hour), seen["weekend"]]
    columns += [np.asarray(seen["category"]) == k for k in range(len(CATEGORIES))]
    if engineered:
        columns += [_even(name, seen[name]) for name in (*CARD, *TERMINAL)]
    return np.column_stack(columns).astype(float)


def _even(name: str, values: Array) -> Array:
    if name in RATES:
        return values
    return np.exp(-values / FADE) if name in AGES else np.log1p(values)


class Trail(NamedTuple):
    """Purchases of all cards, so that those before each one can be found.

    Attributes
    ----------
    steps
        ``(rows, columns)`` float32, card by card in time order.
    place, known
        ``(rows,)`` of the stream: where its row stands in ``steps``, and which of the card's purchases it is.
    """

    steps: NDArray[np.float32]
    place: NDArray[np.int64]
    known: NDArray[np.int64]

    def recent(self, rows: Array) -> NDArray[np.float32]:
        """Last purchases of a card up to each row, ``(rows, STEPS, columns)``; what is short ends in NaN."""
        known = np.minimum(self.known[rows], STEPS)[:, None]
        at = np.arange(STEPS)
        found = self.steps[
            np.maximum(self.place[rows][:, None] - known + 1 + at, 0) % max(len(self.steps), 1)
        ]
        return np.where((at < known)[..., None], found, np.float32(np.nan))


def trail_of(seen: Table) -> Trail:
    """Lay the purchases of each card one after another; rows come in time order."""
    steps = inputs(seen, engineered=True).astype(np.float32)
    order, bounds = owned(np.asarray(seen["card"]))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    first = np.repeat(bounds[:-1], np.diff(bounds))
    return Trail(steps[order], place, place - first[place] + 1)
