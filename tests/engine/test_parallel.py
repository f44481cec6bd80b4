"""Work over processes and threads, and what happens when a worker dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from core.engine.parallel import Backend, each
from core.errors import UserError

BACKENDS: tuple[Backend, ...] = ("serial", "fork", "loky", "threads")


def square(x: int) -> int:
    return x * x


def slowly(x: int) -> int:
    time.sleep(0.2 * x)
    return x


def writes(x: np.ndarray) -> float:
    x[0] = 1.0
    return float(x.sum())


def dies(x: int) -> int:
    if x == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return x


def fails(x: int) -> int:
    if x == 0:
        raise ValueError("the first fails")
    time.sleep(30)
    return x


@pytest.mark.parametrize("backend", [*BACKENDS, "auto"])
@pytest.mark.parametrize("workers", [1, 2])
def test_every_item_is_done_once(backend: Backend, workers: int) -> None:
    found = each(square, range(7), workers=workers, threads=1, backend=backend)
    assert sorted(found) == [x * x for x in range(7)]


@pytest.mark.parametrize("backend", BACKENDS)
def test_nothing_to_do(backend: Backend) -> None:
    assert list(each(square, [], workers=2, threads=1, backend=backend)) == []


@pytest.mark.parametrize("backend", ["fork", "loky", "threads"])
def test_results_come_as_they_finish(backend: Backend) -> None:
    assert list(each(slowly, [2, 0], workers=2, threads=1, backend=backend)) == [0, 2]


@pytest.mark.parametrize("backend", BACKENDS)
def test_large_arrays_arrive_as_they_are(backend: Backend) -> None:
    items = [np.zeros(300_000) for _ in range(2)]
    assert list(each(writes, items, workers=2, threads=1, backend=backend)) == [1.0, 1.0]


@pytest.mark.parametrize("backend", ["fork", "loky"])
def test_a_worker_that_is_killed_is_told_in_one_sentence(backend: Backend) -> None:
    with pytest.raises(
        UserError, match=r"workers: a worker process was ended by the machine, .* --workers 1"
    ):
        list(each(dies, [0, 1, 2], workers=2, threads=1, backend=backend))


def test_an_error_ends_the_workers_at_once() -> None:
    began = time.perf_counter()
    with pytest.raises(ValueError, match="the first fails"):
        list(each(fails, range(3), workers=2, threads=1, backend="fork"))
    assert time.perf_counter() - began < 5.0


THREADS = """
import numpy, threadpoolctl
from core.engine.parallel import _lean, limit_threads
limit_threads(1)
import numba
assert _lean(), "numba alone has no threads yet"
numba.set_num_threads(1)
assert not _lean(), "a fork would lose numba's threads"
limit_threads(2)
assert numba.njit(lambda x: x + 1)(1) == 2, "numba still compiles"
blas = [pool for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
assert blas and all(pool["num_threads"] == 1 for pool in blas), blas
import torch
assert torch.get_num_threads() == 1, "torch's sums depend on its threads"
torch.set_num_threads(2)
limit_threads(2)
assert torch.get_num_threads() == 1
"""


def test_threads_are_held_without_harm() -> None:
    done = subprocess.run([sys.executable, "-c", THREADS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
