"""Columns of a table: which are numbers and which categories, and both as plain arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.protocol import Array

if TYPE_CHECKING:
    import pandas as pd

UNKNOWN = 0
"""Code of a missing value, and of a level that training has not met."""


@dataclass(frozen=True)
class Columns:
    """What the columns of a table are, as learned from the training rows.

    Attributes
    ----------
    names
        In the table's order.
    categorical
        Positions of the categorical columns; all others are numeric.
    levels
        Sorted known values of each categorical column, as numbers or as text.
    """

    names: tuple[str, ...]
    categorical: tuple[int, ...]
    levels: tuple[Array | tuple[str, ...], ...]

    @property
    def numeric(self) -> tuple[int, ...]:
        """Positions of the numeric columns."""
        return tuple(i for i in range(len(self.names)) if i not in self.categorical)

    @property
    def numeric_names(self) -> tuple[str, ...]:
        """Names of the numeric columns, in the order that :meth:`split` gives them."""
        return tuple(self.names[i] for i in self.numeric)

    @property
    def categorical_names(self) -> tuple[str, ...]:
        """Names of the categorical columns, in the order that :meth:`split` gives them."""
        return tuple(self.names[i] for i in self.categorical)

    @property
    def cardinalities(self) -> tuple[int, ...]:
        """Codes of each categorical column, with the one for unknown."""
        return tuple(len(levels) + 1 for levels in self.levels)

    def split(self, table: pd.DataFrame | Array) -> tuple[Array, Array]:
        """Numbers ``(rows, numeric)`` as float64 with NaN where missing, codes ``(rows, categorical)``.

        Codes are int64 from 1 up; 0 stands for a missing value and for a level never met.

        Raises
        ------
        ValueError
            When a column cannot be read as what it was in training.
        """
        numbers = [_numbers(_column(table, i), self.names[i]) for i in self.numeric]
        codes = [
            _codes(_column(table, i), levels) for i, levels in zip(self.categorical, self.levels, strict=True)
        ]
        rows = len(table)
        return (
            np.column_stack(numbers) if numbers else np.empty((rows, 0)),
            np.column_stack(codes) if codes else np.empty((rows, 0), np.int64),
        )


def read_columns(
    table: pd.DataFrame | Array, *, categorical: Sequence[str | int] | None = None, min_rows: int = 1
) -> Columns:
    """Read from the dtypes which columns are numbers and which categories.

    Parameters
    ----------
    table
        A data frame: category, object and text columns are categories, numbers and bools are numbers;
        or an array ``(rows, columns)`` of numbers.
    categorical
        Columns that are categories whatever their dtype, by name or position: ids, codes, postcodes.
    min_rows
        A level met in fewer training rows counts as unknown.

    Raises
    ------
    ValueError
        When a column is of another kind, such as a date, or ``categorical`` names none of the columns.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"load": [1.0, None, 3.0], "grade": ["b", "a", "b"]})
    >>> columns = read_columns(table)
    >>> columns.split(table)[0].ravel().tolist(), columns.split(table)[1].ravel().tolist()
    ([1.0, nan, 3.0], [2, 1, 2])
    """
    labels = list(getattr(table, "columns", [f"x{i}" for i in range(np.shape(table)[1])]))
    names = tuple(map(str, labels))
    if isinstance(categorical, str):
        raise ValueError(f"categorical: {categorical!r} is one name; give a sequence like [{categorical!r}].")
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"columns: {min(twice)!r} stands there more than once; give each its own name.")
    chosen = {_position(labels, column) for column in categorical or ()}
    positions = tuple(i for i in range(len(names)) if i in chosen or _is_categorical(table, names, i))
    return Columns(names, positions, tuple(_levels(_column(table, i), min_rows) for i in positions))


def _position(labels: list[Any], column: str | int) -> int:
    """Find a column by its label, else by its position."""
    if column in labels:
        return labels.index(column)
    if isinstance(column, int | np.integer) and 0 <= column < len(labels):
        return int(column)
    shown = ", ".join(map(str, labels[:12])) + (", …" if len(labels) > 12 else "")
    last = len(labels) - 1
    raise ValueError(f"categorical: {column!r} is not a column; choose among {shown} or 0 to {last}.")


def _is_categorical(table: Any, names: tuple[str, ...], i: int) -> bool:
    if isinstance(table, np.ndarray):
        return False
    import pandas as pd

    dtype = table.dtypes.iloc[i]
    if pd.api.types.is_numeric_dtype(dtype):
        return False
    if isinstance(dtype, pd.CategoricalDtype) or pd.api.types.is_object_dtype(dtype):
        return True
    if pd.api.types.is_string_dtype(dtype):
        return True
    raise ValueError(f"{names[i]}: a column of {dtype} cannot be read; turn it into numbers or a category.")


def _column(table: Any, i: int) -> Any:
    return table[:, i] if isinstance(table, np.ndarray) else table.iloc[:, i]


def _numbers(column: Any, name: str) -> Array:
    if not isinstance(column, np.ndarray):
        import pandas as pd

        if not pd.api.types.is_numeric_dtype(column.dtype):
            raise ValueError(f"{name}: was numeric in training and is {column.dtype} now; give numbers.")
        column = column.to_numpy(dtype=np.float64, na_value=np.nan)
    values = np.asarray(column, np.float64)
    if np.isinf(values).any():
        raise ValueError(f"{name}: holds infinity; give a finite number, or NaN where it is not known.")
    return values


def _is_text(series: pd.Series[Any]) -> bool:
    import pandas as pd

    dtype = series.dtype
    if pd.api.types.is_object_dtype(dtype):
        # Whole numbers beside a missing value are often held as objects.
        return pd.api.types.infer_dtype(series, skipna=True) not in (
            "integer",
            "floating",
            "mixed-integer-float",
        )
    return not pd.api.types.is_numeric_dtype(getattr(dtype, "categories", series).dtype)


def _present(series: pd.Series[Any], *, text: bool) -> tuple[Array, Array]:
    """Values that are not missing, as text or as numbers, and a mask of where they stand."""
    import pandas as pd

    present = series.notna().to_numpy()
    if text:
        return np.asarray(series[present].astype(str), dtype=str), present
    # A text where training had numbers becomes NaN, which equals no level.
    return pd.to_numeric(series[present].astype(object), errors="coerce").to_numpy(), present


def _levels(column: Any, min_rows: int) -> Array | tuple[str, ...]:
    import pandas as pd

    series = pd.Series(column)
    values, _ = _present(series, text=_is_text(series))
    found, rows = np.unique(values, return_counts=True)
    found = found[rows >= min_rows]
    return tuple(map(str, found)) if found.dtype.kind == "U" else found


def _codes(column: Any, levels: Array | tuple[str, ...]) -> Array:
    import pandas as pd

    known = np.asarray(levels)
    values, present = _present(pd.Series(column), text=isinstance(levels, tuple))
    codes = np.full(len(present), UNKNOWN, np.int64)
    if len(known):
        at = np.minimum(np.searchsorted(known, values), len(known) - 1)
        codes[present] = np.where(known[at] == values, at + 1, UNKNOWN)
    return codes
