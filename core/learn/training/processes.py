"""Several processes that train one network, started by torch's own launcher.

``torchrun --nproc-per-node 2 script.py`` starts the same script twice; inside :func:`group` each process
computes its part of every batch and gradients are averaged, so the weights stay equal. Batch norm uses the
rows of its own process, and dropout draws its own masks: with either, several processes train as well as one
but not the same.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, distributed, nn

from core.learn.training.rows import Batch


@contextmanager
def group(device: str = "cpu") -> Iterator[int]:
    """Join the processes that torchrun started, and give this one's rank; alone, do nothing.

    Parameters
    ----------
    device
        ``cuda`` talks through NCCL, everything else through Gloo.
    """
    if "RANK" not in os.environ:
        yield 0
        return
    # What optimisers and wrappers import later takes the open group for a default argument and keeps it, and
    # its threads, past the end, where they now and then abort the interpreter. Import it before there is one.
    importlib.import_module("torch._dynamo")
    distributed.init_process_group("nccl" if device == "cuda" else "gloo")
    try:
        yield distributed.get_rank()
    finally:
        distributed.destroy_process_group()


def count() -> int:
    """Processes that train together."""
    return distributed.get_world_size() if _joined() else 1


def rank() -> int:
    """Number of this process."""
    return distributed.get_rank() if _joined() else 0


def is_first() -> bool:
    """Whether this process writes files and reports progress."""
    return rank() == 0


def agree(net: nn.Module) -> None:
    """Take over the first process's running means, so that all judge the same network."""
    if count() > 1:
        for buffer in net.buffers():
            distributed.broadcast(buffer, 0)


def share(batch: Batch) -> Batch:
    """Give this process's rows of a batch.

    Raises
    ------
    ValueError
        When the batch cannot be dealt out evenly.
    """
    if count() == 1:
        return batch
    rows = next(iter(batch.values())).shape[1]
    if rows % count():
        raise ValueError(
            f"batch: {rows} rows cannot be shared by {count()} processes; give a multiple of {count()}."
        )
    return {name: values[:, rank() :: count()] for name, values in batch.items()}


def average(values: Tensor) -> Tensor:
    """Average a tensor over the processes."""
    if count() > 1:
        values = values.clone()
        distributed.all_reduce(values)
        values /= count()
    return values


@contextmanager
def apart(net: nn.Module) -> Iterator[Callable[[Batch], Any]]:
    """Give what computes the network: itself, or torch's wrapper that averages gradients."""
    if count() == 1:
        yield net
        return
    if getattr(net, "tables", ()):
        raise ValueError(
            "processes: a network with embedding tables trains in one process; start a single one."
        )
    yield nn.parallel.DistributedDataParallel(net)


def _joined() -> bool:
    return distributed.is_available() and distributed.is_initialized()
