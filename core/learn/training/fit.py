"""From a table and a network's name to a trained model: what every estimator calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.learn import devices
from core.learn.model import Model, build
from core.learn.training.loop import Judges, Loss, Report, train
from core.learn.training.plan import Plan
from core.learn.training.rows import HeldOut, Rows, Source
from core.protocol import Array

if TYPE_CHECKING:
    import torch

MOST_JUDGED = 16_384
"""Held-out rows that each look uses, evenly spread: with more, looking would take as long as training."""


def fit_model(
    kind: str,
    options: Mapping[str, Any],
    table: Mapping[str, Array],
    members: Sequence[Array],
    loss: Loss,
    plan: Plan,
    *,
    seeds: Sequence[int],
    batch: int,
    held_out: Sequence[Array] | None = None,
    device: str = "auto",
    precision: str = "auto",
    prepare: Callable[[Any], None] | None = None,
) -> tuple[Model, Report]:
    """Build a network, train it, and give it back as plain data.

    Parameters
    ----------
    kind, options
        A key of :data:`~core.learn.model.NETS`, and what the network is built with.
    table
        Inputs and targets by name, ``(R, ...)``.
    members
        Training rows of each member.
    loss
        From output and batch to the loss of every row, ``(M, B)``.
    plan
        Budget and rates.
    seeds
        One for each member.
    batch
        Rows a step and member.
    held_out
        Rows each member is judged on, or None; of many, an even part is used.
    device, precision
        As in :mod:`core.learn.devices`.
    prepare
        Called with the new network before training.
    """

    def resident(where: torch.device) -> tuple[Source, Judges | None]:
        rows = Rows(table, members, batch=batch, seeds=seeds, device=where)
        if held_out is None or not min(map(len, held_out)):
            return rows, None
        judging = [part[:: len(part) // MOST_JUDGED + 1] for part in held_out]
        return rows, HeldOut(rows.table, judging, device=where)

    return fit_on(
        resident, kind, options, loss, plan, seeds=seeds, device=device, precision=precision, prepare=prepare
    )


def fit_on(
    sources: Callable[[torch.device], tuple[Source, Judges | None]],
    kind: str,
    options: Mapping[str, Any],
    loss: Loss,
    plan: Plan,
    *,
    seeds: Sequence[int],
    device: str = "auto",
    precision: str = "auto",
    prepare: Callable[[Any], None] | None = None,
) -> tuple[Model, Report]:
    """Do what :func:`fit_model` does, with batches from anywhere.

    Parameters
    ----------
    sources
        From the device to where batches come from, and the held-out batches or None.
    kind, options, loss, plan, seeds, device, precision, prepare
        As in :func:`fit_model`.
    """
    where = devices.torch_device(device)
    width = max((int(w) for w in options.get("widths", ())), default=0)
    chosen = devices.pick_precision(precision, where, width)
    net = build(kind, tuple(seeds), {**options, "precision": chosen}).to(where)
    if prepare is not None:
        prepare(net)
    rows, judges = sources(where)
    report = train(net, rows, loss, plan, held_out=judges)
    return Model.of(net, kind, options, len(seeds)), report


def folds(
    rows: int, members: int, *, share: float, seed: int, by_time: bool = False
) -> tuple[list[Array], list[Array]]:
    """Deal rows into training and held-out parts, one pair for each member.

    Parameters
    ----------
    rows
        R, in time order.
    members
        M. Members hold out different parts, so that together they hold out as much as they can.
    share
        Held out by each member; 0 for nothing.
    by_time
        All members hold out the last part instead, as what is forecast lies after what was learned.

    Examples
    --------
    >>> kept, held = folds(10, 5, share=0.2, seed=0)
    >>> sorted(np.concatenate(held).tolist()) == list(range(10)), len(kept[0])
    (True, 8)
    """
    if not share:
        return [np.arange(rows)] * members, [np.arange(0)] * members
    size = min(max(round(rows * share), 1), rows - 1)
    if by_time:
        early, late = np.split(np.arange(rows), [rows - size])
        return [early] * members, [late] * members
    order = np.random.default_rng(seed).permutation(rows)
    held = [np.sort(np.take(order, np.arange(m * size, (m + 1) * size), mode="wrap")) for m in range(members)]
    return [np.setdiff1d(np.arange(rows), part) for part in held], held
