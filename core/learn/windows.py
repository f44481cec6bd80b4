"""Histories in a table: which earlier rows belong to a row, and windows over them without a copy each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.protocol import Array


@dataclass(frozen=True)
class Histories:
    """Rows that follow each other in time, one history after another.

    Attributes
    ----------
    table
        ``R`` rows of a data frame or an array, without the column of the entity.
    known
        ``(R,)``: how many rows its history has up to a row, the row counted.
    asked
        ``(N,)``: rows that are forecast, as the caller had them in order.
    """

    table: Any
    known: Array
    asked: Array


def read_histories(table: Any, entity: str | int | None = None) -> Histories:
    """Sort a table in time order by entity; every row is forecast.

    Parameters
    ----------
    table
        Data frame or array ``(R, F)``, the oldest row first.
    entity
        Column that says whose row it is (a card, a machine), by name or position. None: all rows are one
        history. Rows of several entities may alternate.

    Raises
    ------
    ValueError
        When ``entity`` is no column, or a row has none.

    Examples
    --------
    >>> past = read_histories(np.array([[7, 0.1], [8, 0.2], [7, 0.3]]), entity=0)
    >>> past.table.ravel().tolist(), past.known.tolist(), past.asked.tolist()
    ([0.1, 0.3, 0.2], [1, 2, 1], [0, 2, 1])
    """
    if entity is None:
        rows = np.arange(len(table))
        return Histories(table, rows + 1, rows)
    import pandas as pd

    at = entity_position(table, entity)
    others = [i for i in range(np.shape(table)[1]) if i != at]
    is_array = isinstance(table, np.ndarray)
    owner, _ = pd.factorize(table[:, at] if is_array else table.iloc[:, at])
    if (owner < 0).any():
        raise ValueError(f"entity: column {entity!r} is empty in {(owner < 0).sum()} rows; fill it first.")
    order = np.argsort(owner, kind="stable")
    asked = np.empty_like(order)
    asked[order] = np.arange(len(order))
    ordered = table[order][:, others] if is_array else table.iloc[order, others]
    return Histories(ordered, _known(owner[order]), asked)


def entity_position(table: Any, entity: str | int) -> int:
    """Position of the column that says whose row it is.

    Raises
    ------
    ValueError
        When there is no such column.
    """
    names = list(map(str, getattr(table, "columns", ())))
    if isinstance(entity, int) and 0 <= entity < np.shape(table)[1]:
        return entity
    if entity in names:
        return names.index(str(entity))
    raise ValueError(
        f"entity: {entity!r} is not a column; give a column's name or 0 to {np.shape(table)[1] - 1}."
    )


def read_sequences(sequences: Array) -> Histories:
    """Lay sequences ``(N, S, F)`` one after another; only the last row of each is forecast.

    A sequence that is shorter than S ends in rows of nothing but NaN.

    Examples
    --------
    >>> past = read_sequences(np.array([[[1.0], [2.0]], [[3.0], [np.nan]]]))
    >>> past.table.ravel().tolist(), past.known.tolist(), past.asked.tolist()
    ([1.0, 2.0, 3.0], [1, 2, 1], [1, 2])
    """
    count, steps, _ = sequences.shape
    filled = np.asarray(~np.isnan(sequences).all(2))
    # A gap within a sequence is no end, and a sequence has at least one row.
    lengths = np.maximum(steps - filled[:, ::-1].argmax(1), 1)
    lengths[~filled.any(1)] = 1
    real = np.arange(steps) < lengths[:, None]
    return Histories(sequences[real], _known(np.repeat(np.arange(count), lengths)), lengths.cumsum() - 1)


def windows(values: Array, steps: int) -> Array:
    """Window of each row over a table: ``(R, F)`` to ``(R, steps, F)``, the row itself last.

    It is a view: the windows overlap in memory, and whoever picks some copies only these. The first rows
    look back on zeros; rows of another entity may stand in a window as well, so it goes with the number of
    its steps that are real.

    Examples
    --------
    >>> windows(np.array([[1.0], [2.0], [3.0]]), 2)[..., 0].tolist()
    [[0.0, 1.0], [1.0, 2.0], [2.0, 3.0]]
    """
    padded = np.concatenate([np.zeros((steps - 1, *values.shape[1:]), values.dtype), values])
    # Torch takes no read-only memory; nobody writes to it.
    view = np.lib.stride_tricks.sliding_window_view(padded, steps, axis=0, writeable=True)
    return view.swapaxes(1, 2)


def _known(owner: Array) -> Array:
    """Rows so far of the same owner, for owners whose rows stand together."""
    rows = np.arange(len(owner))
    starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    return np.asarray(rows - starts[np.searchsorted(starts, rows, side="right") - 1] + 1)
