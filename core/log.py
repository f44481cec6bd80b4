"""A history as named tables of columns in time order: what most use cases hand to contenders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from core.luck import hashed_uniform
from core.protocol import Array, Luck, Schema, Table

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, eq=False)
class Log:
    """Tables with a schema, sorted by time.

    Attributes
    ----------
    schema
        The columns of each table; ``data`` has exactly these.
    data
        Columns by table name.
    time
        Name of the time column, which every table has.
    key
        Name of the integer column by which the open-data lever keeps or drops rows (days, cards,
        customers), so that what belongs together stays together.
    """

    schema: Schema
    data: Mapping[str, Table]
    time: str
    key: str

    def __post_init__(self) -> None:
        for name, table in self.data.items():
            expected = [column.name for column in self.schema[name]]
            assert list(table) == expected, f"table {name!r} has columns {list(table)}, schema {expected}"

    def tables(self) -> Mapping[str, DataFrame]:
        """Return pandas frames, for people and files."""
        import pandas as pd

        return {name: pd.DataFrame(dict(table)) for name, table in self.data.items()}

    def until(self, time: float) -> Self:
        """Return what was known before ``time``."""
        return self.where(lambda table: np.asarray(table[self.time] < time))

    def since(self, time: float) -> Self:
        """Return what became known at ``time`` or later."""
        return self.where(lambda table: np.asarray(table[self.time] >= time))

    def thin(self, share: float, luck: Luck) -> Self:
        """Keep the rows of a share of keys, at least of one; a smaller share is contained in a larger one.

        A share of 0 keeps nothing.
        """
        if share >= 1.0:
            return self
        salt = str(luck("thin").integers(2**62))
        places = {name: hashed_uniform(table[self.key], salt) for name, table in self.data.items()}
        # Nobody can learn from nothing, and a share of few keys may hold none of them.
        first = min((float(place.min()) for place in places.values() if len(place)), default=0.0)
        kept = {name: (place < share) | ((place == first) & (share > 0.0)) for name, place in places.items()}
        data = {n: {c: v[kept[n]] for c, v in table.items()} for n, table in self.data.items()}
        return replace(self, data=data)

    def where(self, keep: Callable[[Table], Array]) -> Self:
        """Return the rows for which ``keep(table)`` holds, in each table."""
        data = {}
        for name, table in self.data.items():
            rows = keep(table)
            data[name] = {column: values[rows] for column, values in table.items()}
        return replace(self, data=data)
