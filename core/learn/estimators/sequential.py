"""What comes next: recommendation from the order of what went before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from core.learn.columns import Columns, read_columns
from core.learn.estimators.base import Learner, Training, seeds_of
from core.learn.estimators.nearest import best_items
from core.learn.model import Model
from core.protocol import Array

if TYPE_CHECKING:
    from torch import Tensor

    from core.learn.training.rows import Batch


@dataclass
class NextItem:
    """A trained recommender as plain data.

    Attributes
    ----------
    column
        How to read items.
    length
        S, the steps that are looked back on.
    model
        The network.
    """

    column: Columns
    length: int
    model: Model

    @property
    def catalogue(self) -> Array:
        """Points of the items, ``(I, W + 1)`` float32."""
        return np.asarray(self.model.weights["table.weight"][1:])

    def points(self, histories: Sequence[Any]) -> Array:
        """Points of R histories, ``(R, W + 1)`` float32; a score is the product with an item's."""
        steps, length = last_steps(*read_items(self.column, histories), self.length)
        return np.asarray(self.model.outputs({"steps": steps, "length": length}, chunk=1024)[0])


class SequentialRecommender(Learner):
    """Next item from the sequence of past ones: a recurrent net (GRU4Rec; Hidasi et al. 2016).

    Every step of a history is a lesson. The right item is told from candidates drawn as frequently as items
    occur, with the logarithm of their share taken off the score (Bengio and Senecal 2008); so the scores are
    logarithms of chances, up to a constant of the history.

    Parameters
    ----------
    size
        Of an embedding and of the state.
    length
        Steps that are looked back on.
    candidates
        Items that the right one is told from in a step; if there are no more items, all are.
    dropout
        Share of the embedded items' numbers cleared while training.
    steps, batch, learning_rate
        Budget in optimiser steps, histories a step, highest rate. None: chosen by the number of histories.
    training
        Everything else; see :class:`~core.learn.estimators.base.Training`.
    device
        ``auto``, ``cpu``, ``cuda``, ``mps`` or ``xpu``.
    random_state
        Seed, or NumPy ``RandomState``.

    Attributes
    ----------
    items_
        ``(I,)``: the items, as numbers or texts, sorted.
    model_ : NextItem
        The trained recommender as plain data.
    report_ : Report
        What happened during training.

    Examples
    --------
    >>> circle = [[(start + step) % 5 for step in range(8)] for start in range(5)] * 8
    >>> model = SequentialRecommender(size=16, steps=100).fit(circle)
    >>> model.items_[model.recommend([[0, 1, 2], [4]], k=1)[0]].ravel().tolist()
    [3, 0]
    """

    _passes = 20

    def __init__(
        self,
        *,
        size: int = 64,
        length: int = 50,
        candidates: int = 512,
        dropout: float = 0.2,
        steps: int | None = None,
        batch: int | None = None,
        learning_rate: float = 5e-3,
        training: Training | None = None,
        device: str = "auto",
        random_state: Any = 0,
    ) -> None:
        self.size = size
        self.length = length
        self.candidates = candidates
        self.dropout = dropout
        self.steps = steps
        self.batch = batch
        self.learning_rate = learning_rate
        self.training = training
        self.device = device
        self.random_state = random_state

    def fit(self, histories: Sequence[Any]) -> Self:
        """Fit to histories, each a sequence of items in time order; see :func:`histories_of`.

        Raises
        ------
        ValueError
            When there are fewer than two histories, or fewer than two items.
        """
        from core.learn.training.fit import fit_model, folds

        if self.length < 1:
            raise ValueError(f"length: {self.length} looks back on nothing; give at least 1.")
        if len(histories) < 2:
            raise ValueError(f"histories: {len(histories)} are too few to learn from; give at least 2.")
        column = _column_of(histories)
        codes, ends = read_items(column, histories)
        table = lessons(codes, ends, self.length)
        self.items_ = np.asarray(column.levels[0])
        options = {
            "items": len(self.items_), "size": self.size, "candidates": self.candidates,
            "dropped": self.dropout,
        }  # fmt: skip
        how, seed, rows = self._trained_by(), self._seed(), len(table["steps"])
        kept, held = folds(rows, 1, share=how.held_out, seed=seed, by_time=how.by_time)
        model, self.report_ = fit_model(
            "next_item", options, table, kept, candidate_softmax, self._plan(rows), seeds=seeds_of(seed, 1),
            batch=self._batch(rows), held_out=held, device=self.device, precision=how.precision,
        )  # fmt: skip
        self.model_ = NextItem(column, self.length, model)
        self.n_iter_ = self.report_.steps
        return self

    def scores(self, histories: Sequence[Any]) -> Array:
        """Score of every item of ``items_`` to come next, ``(R, I)``; larger by 1: e times as likely."""
        check_is_fitted(self)
        return np.asarray(self.model_.points(histories) @ self.model_.catalogue.T)

    def recommend(self, histories: Sequence[Any], *, k: int = 10, repeat: bool = True) -> tuple[Array, Array]:
        """Items most likely to come next, best first, as numbers of ``items_``, and scores: ``(R, k)`` both.

        Parameters
        ----------
        histories
            Sequences of items in time order, of any length; items never met are passed over.
        k
            Items for each history.
        repeat
            Whether items of the history may come again. If not, and fewer than k are left, a row ends in -1.

        Raises
        ------
        ValueError
            When k is out of range.
        """
        check_is_fitted(self)
        exclude = None
        if not repeat:
            codes, ends = read_items(self.model_.column, histories)
            exclude = np.column_stack([np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0)), codes - 1])
        return best_items(self.model_.points(histories), self.model_.catalogue, k, exclude)


def histories_of(entity: Any, item: Any) -> list[Array]:
    """Cut a long table in time order into one history for each entity, in sorted order.

    Parameters
    ----------
    entity, item
        ``(R,)``: whose row it is, and the item.

    Examples
    --------
    >>> [h.tolist() for h in histories_of(["a", "b", "a"], [7, 8, 9])]
    [[7, 9], [8]]
    """
    owner, item = np.unique(np.asarray(entity), return_inverse=True)[1], np.asarray(item)
    order = np.argsort(owner, kind="stable")
    return np.split(item[order], np.flatnonzero(np.diff(owner[order])) + 1)


def read_items(column: Columns, histories: Sequence[Any]) -> tuple[Array, Array]:
    """Numbers of the known items of all histories, from 1 up, and where each history ends."""
    import pandas as pd

    lengths = [len(history) for history in histories]
    if not sum(lengths):
        return np.empty(0, np.int64), np.zeros(len(lengths), np.int64)
    codes = column.split(pd.DataFrame({"item": _flat(histories)}))[1][:, 0]
    known = np.concatenate([[0], np.cumsum(codes > 0)])
    return codes[codes > 0], known[np.cumsum(lengths)]


def lessons(codes: Array, ends: Array, length: int) -> dict[str, Array]:
    """Cut histories into rows of at most ``length`` steps; each step's target is the item after it.

    Parameters
    ----------
    codes, ends
        As :func:`read_items` gives them.
    length
        S.

    Returns
    -------
    dict
        ``steps`` and ``target`` ``(R, S)`` int64, 0 where there is none; ``log_share`` ``(R, S)`` float32;
        ``length`` ``(R,)``. The first step of a history is 0.

    Examples
    --------
    >>> rows = lessons(np.array([5, 6, 7]), np.array([3]), 2)
    >>> rows["steps"].tolist(), rows["target"].tolist()
    ([[5, 6], [0, 0]], [[6, 7], [5, 0]])
    """
    sizes = np.diff(ends, prepend=0)
    size, start = np.repeat(sizes, sizes), np.repeat(ends - sizes, sizes)
    place = np.arange(len(codes)) - start
    part = (size - 1 - place) // length  # counted from the end, so that only the first part is shorter
    parts = -(-sizes // length)
    row = np.repeat(np.cumsum(parts) - parts, sizes) + part
    column = place - np.maximum(size - (part + 1) * length, 0)
    rows = {name: np.zeros((parts.sum(), length), np.int64) for name in ("steps", "target")}
    rows["target"][row, column] = codes
    rows["steps"][row, column] = np.where(place > 0, np.roll(codes, 1), 0)
    share = np.bincount(codes) / len(codes)
    log_share = np.zeros(rows["target"].shape, np.float32)
    log_share[row, column] = np.log(share[codes])
    return {**rows, "log_share": log_share, "length": (rows["target"] > 0).sum(1)}


def last_steps(codes: Array, ends: Array, length: int) -> tuple[Array, Array]:
    """Last steps of each history ``(R, S)``, 0 before its first item, and how many are real ``(R,)``.

    Examples
    --------
    >>> last_steps(np.array([5, 6, 7]), np.array([1, 1, 3]), 2)[0].tolist()
    [[0, 5], [0, 0], [6, 7]]
    """
    sizes = np.diff(ends, prepend=0)
    real = np.minimum(sizes + 1, length)
    place = np.arange(length) + (sizes + 1 - real)[:, None]  # 0: before the first item
    at = np.clip((ends - sizes)[:, None] + place - 1, 0, max(len(codes) - 1, 0))
    found = codes[at] if len(codes) else np.zeros(at.shape, np.int64)
    return np.where((place > 0) & (place <= sizes[:, None]), found, 0), real


def candidate_softmax(output: Tensor, batch: Batch) -> Tensor:
    """Cross entropy of the right item among candidates, summed over a row's steps: ``(M, B)``.

    Output ``(P, 1 + N)`` of all P steps with a ``target`` ``(M, B, S)``; the right item is the first. It is
    divided by the mean number of steps, so that rows of many lessons count for more.
    """
    real = batch["target"] > 0
    each = output.new_zeros(real.shape)
    each[real] = output.logsumexp(-1) - output[:, 0]
    return each.sum(-1) / real.sum(-1).float().mean()


def _flat(histories: Sequence[Any]) -> Array:
    return np.concatenate([np.asarray(history) for history in histories if len(history)])


def _column_of(histories: Sequence[Any]) -> Columns:
    import pandas as pd

    items = _flat(histories) if any(map(len, histories)) else np.empty(0)
    column = read_columns(pd.DataFrame({"item": items}), categorical=["item"])
    if len(column.levels[0]) < 2:
        raise ValueError(f"histories: hold {len(column.levels[0])} items; give at least 2.")
    return column
