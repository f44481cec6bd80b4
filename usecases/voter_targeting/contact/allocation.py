"""One budget over persons and channels: a multiple-choice knapsack by one multiplier.

Each person gets at most one channel. At a price ``L`` of money every person takes the channel with the
largest ``value - L cost``, if that is positive. The price at which the budget is spent gives an allocation
that misses the optimum of the relaxed problem by less than one contact (Sinha and Zoltners 1979).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.protocol import Array, Table
from data_synth.electorate_constants import CHANNELS

STEPS = 60
"""Halvings of the price: to the last digit of what money is worth."""


def terms_of(rules: Table) -> tuple[float, Array, NDArray[np.bool_]]:
    """Read the rules of a play: budget in USD, USD an attempt and whether it is allowed, ``(channels,)``."""
    cost, allowed = (
        np.array([float(rules[f"{channel.name}_{term}"][0]) for channel in CHANNELS])
        for term in ("usd", "allowed")
    )
    return float(rules["budget_usd"][0]), cost, allowed >= 0.5


def price_of(cost: Array) -> Array:
    """USD by choice, ``(1 + channels,)``: nothing for no contact."""
    return np.concatenate([[0.0], cost])


def effect_of(effect: Array, chosen: NDArray[np.int64]) -> Array:
    """Effect of the chosen channel on each person, ``(rows,)`` of ``(rows, channels)``; 0 for no contact."""
    row = np.arange(len(chosen))
    return np.where(chosen > 0, effect[row, np.maximum(chosen - 1, 0)], 0.0)


def allocate(value: Array, cost: Array, budget: float) -> NDArray[np.int64]:
    """Choose a channel for each person, ``(rows,)``: 0 for none, else 1 + number of the channel.

    Parameters
    ----------
    value
        ``(rows, channels)`` of an attempt; not above 0 where it should not be made.
    cost
        ``(channels,)`` of an attempt, positive.
    budget
        In the unit of ``cost``.

    Examples
    --------
    The first channel costs twice as much, which only the first person is worth.

    >>> allocate(np.array([[9.0, 3.0], [4.0, 3.0], [1.0, 1.0]]), np.array([2.0, 1.0]), 3.0)
    array([1, 2, 0])
    """
    if not len(value):
        return np.zeros(0, np.int64)
    by_channel = np.ascontiguousarray(value.T, dtype=float)
    _, sure, more = _neighbours(by_channel, cost, budget)
    # What is sure at the high price, then, in order of the rows, what the lower price would add.
    price = price_of(cost)
    left = budget - price[sure].sum()
    changed = np.flatnonzero(more != sure)
    spent = np.cumsum(price[more[changed]] - price[sure[changed]])
    taken = changed[: np.searchsorted(spent, left * (1.0 + 1e-12), side="right")]
    sure[taken] = more[taken]
    return sure


def relaxed(value: Array, cost: Array, budget: float) -> float:
    """Give what no allocation can exceed: the Lagrangian bound, equal to the linear programme's optimum."""
    by_channel = np.ascontiguousarray(value.T, dtype=float)
    price, _, _ = _neighbours(by_channel, cost, budget)
    left = np.maximum((by_channel - price * cost[:, None]).max(0), 0.0)
    return float(price * budget + left.sum())


def _neighbours(
    value: Array, cost: Array, budget: float
) -> tuple[float, NDArray[np.int64], NDArray[np.int64]]:
    """Give the price of money, the choices just above it, which the budget pays for, and those just below."""
    low, high = 0.0, float(np.maximum((value / cost[:, None]).max(), 0.0)) * (1.0 + 1e-9)
    price = price_of(cost)
    more = _choose(value, cost, low)
    if price[more].sum() <= budget:
        return low, more, more
    sure = np.zeros(value.shape[1], np.int64)
    # Who chooses the same at both prices chooses it at every price between them.
    open_rows, settled = np.flatnonzero(more), 0.0
    for _ in range(STEPS):
        middle = 0.5 * (low + high)
        chosen = _choose(value[:, open_rows], cost, middle)
        if settled + price[chosen].sum() > budget:
            low, more[open_rows] = middle, chosen
        else:
            high, sure[open_rows] = middle, chosen
        same = more[open_rows] == sure[open_rows]
        settled += price[sure[open_rows[same]]].sum()
        open_rows = open_rows[~same]
        if not len(open_rows):
            break
    return high, sure, more


def _choose(value: Array, cost: Array, price: float) -> NDArray[np.int64]:
    """Each person's best channel at a price of money, ``(rows,)``."""
    best, chosen = np.zeros(value.shape[1]), np.zeros(value.shape[1], np.int64)
    for i, (column, dollars) in enumerate(zip(value, cost, strict=True)):
        worth = column - price * dollars
        chosen[worth > best] = i + 1
        np.maximum(best, worth, out=best)
    return chosen
