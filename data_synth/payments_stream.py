"""Tables that pass between the parts of a payment world."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Purchases(NamedTuple):
    """Card payments, ``(rows,)`` a column.

    Attributes
    ----------
    card, terminal
        Numbers from 0.
    day
        From 0, a Monday.
    clock
        Share of the day that has passed, 0 to 1.
    amount
        k KRW.
    """

    card: Ints
    day: Ints
    clock: Floats
    terminal: Ints
    amount: Floats

    @property
    def time(self) -> Floats:
        """Days since the start."""
        return self.day + self.clock

    def at(self, rows: NDArray[np.int64] | NDArray[np.bool_] | slice) -> Purchases:
        """Some of the rows."""
        return Purchases(
            self.card[rows], self.day[rows], self.clock[rows], self.terminal[rows], self.amount[rows]
        )

    def beside(self, other: Purchases) -> Purchases:
        """These rows, and those of another table after them."""
        both: list[NDArray[Any]] = [np.concatenate(pair) for pair in zip(self, other, strict=True)]
        return Purchases(*both)


class Terminals(NamedTuple):
    """Where people pay, ``(terminals,)``: kind of shop, region, whether it sells online."""

    category: Ints
    region: Ints
    online: NDArray[np.bool_]
