"""Retrieval: which of many items go to a user."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from core.learn.columns import Columns, read_columns
from core.learn.estimators.base import Learner, Training, seeds_of
from core.learn.estimators.deep import network_inputs
from core.learn.estimators.nearest import best_items
from core.learn.model import Model
from core.learn.scaling import Scaling, fit_scaling
from core.protocol import Array

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from core.learn.training.loop import Judges
    from core.learn.training.rows import Batch, Source


@dataclass(frozen=True)
class Side:
    """How to read users or items.

    Attributes
    ----------
    name
        ``user`` or ``item``.
    columns, scaling
        How to read a table.
    """

    name: str
    columns: Columns
    scaling: Scaling

    def inputs(self, table: Any) -> dict[str, Array]:
        """What the side's tower takes, ``(R, ...)`` each."""
        return {f"{self.name}_{k}": v for k, v in network_inputs(self.columns, self.scaling, table).items()}


@dataclass
class Towers:
    """Trained towers as plain data.

    Attributes
    ----------
    user, item
        How to read both sides.
    model
        The network.
    catalogue
        Points of the items of training, ``(I, D + 1)`` float32.
    """

    user: Side
    item: Side
    model: Model
    catalogue: Array

    def embed_users(self, users: Any) -> Array:
        """Points of R users, ``(R, D + 1)`` float32."""
        return np.asarray(self.model.outputs(self.user.inputs(users))[0])

    def embed_items(self, items: Any) -> Array:
        """Points of R items, ``(R, D + 1)`` float32; a score is the product of a user's and an item's."""
        return np.asarray(self.model.outputs(self.item.inputs(items))[0])


class TwoTower(Learner):
    """Two-tower retrieval, trained on pairs that went together (Yi et al. 2019).

    In each step every user of the batch is to be told which of the batch's items was theirs. As frequent
    items stand in more batches, the logarithm of their share is taken off the score while training; so the
    scores are logarithms of chances, up to a constant of the user. A step costs what it touches, so there
    may be millions
    of users and items. An id that was not met is known by its other fields.

    Parameters
    ----------
    size
        Of an embedding, and of the space of users and items.
    widths
        Of each tower's hidden layers; a linear path runs beside them.
    user_categorical, item_categorical
        Columns that are categories whatever their dtype, by name.
    steps, batch, learning_rate
        Budget in optimiser steps, pairs a step, highest rate. None: chosen by the number of pairs.
    training
        Everything else; see :class:`~core.learn.estimators.base.Training`.
    device
        ``auto``, ``cpu``, ``cuda``, ``mps`` or ``xpu``.
    random_state
        Seed, or NumPy ``RandomState``.

    Attributes
    ----------
    model_ : Towers
        The trained towers as plain data.
    report_ : Report
        What happened during training.

    Examples
    --------
    >>> import pandas as pd
    >>> users, items = pd.DataFrame({"likes": list("ab") * 20}), pd.DataFrame({"kind": list("ab") * 5})
    >>> pairs = [(u, i) for u in range(40) for i in range(10) if u % 2 == i % 2]
    >>> model = TwoTower(size=4, widths=(), steps=100).fit(users, items, pairs)
    >>> sorted(model.recommend(users[:1], k=5)[0][0].tolist())
    [0, 2, 4, 6, 8]
    """

    _passes = 6

    def __init__(
        self,
        *,
        size: int = 32,
        widths: Sequence[int] = (64,),
        user_categorical: Sequence[str | int] | None = None,
        item_categorical: Sequence[str | int] | None = None,
        steps: int | None = None,
        batch: int | None = None,
        learning_rate: float = 5e-3,
        training: Training | None = None,
        device: str = "auto",
        random_state: Any = 0,
    ) -> None:
        self.size = size
        self.widths = widths
        self.user_categorical = user_categorical
        self.item_categorical = item_categorical
        self.steps = steps
        self.batch = batch
        self.learning_rate = learning_rate
        self.training = training
        self.device = device
        self.random_state = random_state

    def fit(self, users: Any, items: Any, pairs: Any) -> Self:
        """Fit to pairs of a user and an item that went together.

        Parameters
        ----------
        users, items
            Data frames or arrays: one row for each user, one for each item of the catalogue.
        pairs
            ``(N, 2)``: row of the user and row of the item, the oldest pair first.

        Raises
        ------
        ValueError
            When a pair points to no row, or there are too few.
        """
        from core.learn.training.fit import fit_on, folds

        if len(pairs) < 2:
            raise ValueError(f"pairs: {len(pairs)} are too few to learn from; give at least 2.")
        pairs = _pairs(pairs, len(users), len(items))
        user = _side("user", users, self.user_categorical)
        item = _side("item", items, self.item_categorical)
        sides = {**user.inputs(users), **item.inputs(items)}
        options = {
            "numbers": (user.scaling.width, item.scaling.width), "size": self.size,
            "cardinalities": (user.columns.cardinalities, item.columns.cardinalities),
            "widths": tuple(self.widths),
        }  # fmt: skip
        how, seed, batch = self._trained_by(), self._seed(), self._batch(len(pairs))
        kept, held = folds(len(pairs), 1, share=how.held_out, seed=seed, by_time=how.by_time)
        share = np.bincount(pairs[:, 1], minlength=len(items)) / len(pairs)
        table = {
            "user": pairs[:, 0], "item": pairs[:, 1],
            "log_share": np.log(share[pairs[:, 1]]).astype(np.float32),
        }  # fmt: skip
        seeds = seeds_of(seed, 1)

        def sources(device: torch.device) -> tuple[Source, Judges | None]:
            return _joined(table, sides, kept, held, batch=batch, seeds=seeds, device=device)

        model, self.report_ = fit_on(
            sources, "towers", options, in_batch_softmax, self._plan(len(pairs)), seeds=seeds,
            device=self.device, precision=how.precision,
        )  # fmt: skip
        self.model_ = Towers(user, item, model, np.empty((0, self.size + 1), np.float32))
        self.model_.catalogue = self.model_.embed_items(items)
        self.n_iter_ = self.report_.steps
        return self

    def embed_users(self, users: Any) -> Array:
        """Points of R users, ``(R, D + 1)`` float32."""
        check_is_fitted(self)
        return self.model_.embed_users(users)

    def embed_items(self, items: Any) -> Array:
        """Points of R items, ``(R, D + 1)`` float32; a score is the product of a user's and an item's."""
        check_is_fitted(self)
        return self.model_.embed_items(items)

    def recommend(
        self, users: Any, items: Any = None, *, k: int = 10, exclude: Any = None
    ) -> tuple[Array, Array]:
        """Rows of the best items for each of R users, best first, and their scores: ``(R, k)`` both.

        Parameters
        ----------
        users
            As in training.
        items
            Catalogue to choose from; None for that of training.
        k
            Items for each user.
        exclude
            ``(N, 2)``: row of the user and row of the item of pairs that may not be given, such as what was
            bought before. A user for whom fewer than k are left gets -1 in the last places.

        Raises
        ------
        ValueError
            When k is out of range, or a pair to exclude points to no row.
        """
        points = self.embed_users(users)
        catalogue = self.model_.catalogue if items is None else self.embed_items(items)
        if exclude is not None and len(exclude):
            exclude = _pairs(exclude, len(points), len(catalogue), name="exclude")
        return best_items(points, catalogue, k, exclude)


def in_batch_softmax(output: tuple[Tensor, Tensor], batch: Batch) -> Tensor:
    """Cross entropy of each user's item among those of the batch, ``(M, B)``.

    The others stand for the whole catalogue: each is divided by how often its item is to be expected among
    them, so that their sum is on average that over all items (Bengio and Senecal 2008; Yi et al. 2019).

    Output: points of users and items ``(M, B, D)``; ``item`` ``(M, B)`` int64, ``log_share`` ``(M, B)``.
    """
    users, items = output
    products = users @ items.mT
    right = products.diagonal(dim1=-2, dim2=-1)
    expected = batch["log_share"] + math.log(max(products.shape[-1] - 1, 1))
    # The right item elsewhere in the batch is no wrong answer.
    same = batch["item"][:, :, None] == batch["item"][:, None, :]
    others = (products - expected[:, None, :]).masked_fill(same, -float("inf"))
    return others.logsumexp(-1).logaddexp(right) - right


class _Joined:
    """Batches of pairs with the columns of their users and items, which are kept once."""

    def __init__(self, pairs: Any, sides: Mapping[str, Tensor]) -> None:
        self._pairs, self._sides = pairs, sides

    @property
    def seeds(self) -> Sequence[int]:
        seeds: Sequence[int] = self._pairs.seeds
        return seeds

    def at(self, step: int) -> Batch:
        return self._with_sides(self._pairs.at(step))

    def __iter__(self) -> Iterator[tuple[Batch, Tensor]]:
        for batch, real in self._pairs:
            yield self._with_sides(batch), real

    def _with_sides(self, batch: Batch) -> Batch:
        columns = {k: v[batch[k.partition("_")[0]]] for k, v in self._sides.items()}
        return {**batch, **columns}


def _joined(
    table: Mapping[str, Array], sides: Mapping[str, Array], kept: Sequence[Array], held: Sequence[Array], *,
    batch: int, seeds: Sequence[int], device: torch.device,
) -> tuple[Source, Judges | None]:  # fmt: skip
    import torch

    from core.learn.training.rows import HeldOut, Rows

    there = {name: torch.from_numpy(values).to(device) for name, values in sides.items()}
    rows = Rows(table, kept, batch=batch, seeds=seeds, device=device)
    if not min(map(len, held)):
        return _Joined(rows, there), None
    # Judged among as many others as in training.
    return _Joined(rows, there), _Joined(HeldOut(rows.table, held, device=device, chunk=batch), there)


def _side(name: str, table: Any, categorical: Sequence[str | int] | None) -> Side:
    columns = read_columns(table, categorical=categorical)
    return Side(name, columns, fit_scaling(columns.split(table)[0]))


def _pairs(pairs: Any, users: int, items: int, name: str = "pairs") -> Array:
    found = np.asarray(pairs)
    if found.ndim != 2 or found.shape[1] != 2 or found.dtype.kind not in "iu":
        raise ValueError(f"{name}: has shape {found.shape} of {found.dtype}; give rows of two whole numbers.")
    for column, rows in enumerate((users, items)):
        low, high = found[:, column].min(), found[:, column].max()
        if low < 0 or high >= rows:
            side, wrong = ("user", "item")[column], low if low < 0 else high
            raise ValueError(f"{name}: {side} {wrong} is no row; give numbers from 0 to {rows - 1}.")
    return found.astype(np.int64)
