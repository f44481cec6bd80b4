"""The best of a catalogue for each of many rows, exactly."""

from __future__ import annotations

import numpy as np

from core.protocol import Array

CELLS = 2**22
"""Scores that are held at a time, 16 MB."""


def best_items(points: Array, items: Array, k: int, exclude: Array | None = None) -> tuple[Array, Array]:
    """Numbers of the k items with the largest products, best first, and the products: ``(R, k)`` both.

    Parameters
    ----------
    points, items
        ``(R, D)`` and ``(I, D)``, float32.
    k
        At most I.
    exclude
        ``(N, 2)``: row and item of pairs that may not be given. A row for which fewer than k are left ends
        in -1, with the product minus infinity.

    Raises
    ------
    ValueError
        When k is not from 1 to I.

    Examples
    --------
    >>> points, items = np.eye(2, dtype="f4"), np.array([[0.1, 0.5], [0.2, 0.4], [0.3, 0.0]], "f4")
    >>> best_items(points, items, 2, exclude=np.array([[0, 2]]))[0].tolist()
    [[1, 0], [0, 1]]
    """
    if not 1 <= k <= len(items):
        raise ValueError(
            f"k: {k} is out of range; give a number from 1 to {len(items)}, the items there are."
        )
    found, products = np.empty((len(points), k), np.int64), np.empty((len(points), k), np.float32)
    pairs = np.empty((0, 2), np.int64) if exclude is None else np.asarray(exclude, np.int64).reshape(-1, 2)
    pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
    step = max(CELLS // len(items), 1)
    for first in range(0, len(points), step):
        scores = points[first : first + step] @ items.T
        own = slice(*np.searchsorted(pairs[:, 0], (first, first + len(scores))))
        scores[pairs[own, 0] - first, pairs[own, 1]] = -np.inf
        part = np.argpartition(-scores, k - 1, axis=1)[:, :k]
        value = np.take_along_axis(scores, part, 1)
        # Equal products in the order of the catalogue.
        order = np.lexsort((part, -value))
        found[first : first + step] = np.take_along_axis(part, order, 1)
        products[first : first + step] = np.take_along_axis(value, order, 1)
    found[np.isneginf(products)] = -1
    return found, products
