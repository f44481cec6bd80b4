"""Work spread over the cores of one machine, results as they finish."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, TypeVar

from core.errors import UserError

Backend = Literal["auto", "serial", "fork", "loky", "threads"]
T = TypeVar("T")
R = TypeVar("R")
_ALONE = ("OMP", "OPENBLAS", "MKL")
_PR_SET_PDEATHSIG = 1  # linux/prctl.h; forking is done on Linux alone
_HEAVY = ("torch", "lightgbm", "sklearn", "streamlit")


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def limit_threads(threads: int) -> None:
    """Hold every numerical library in this process to a number of threads.

    Two threads each in two processes cost up to forty times the time on two busy cores. BLAS and torch get
    one thread at all times: how they cut a product among several shows in the last digits. LightGBM and
    compiled loops are told their number call by call, and give the same whatever it is.
    """
    for pool in _ALONE:
        os.environ[f"{pool}_NUM_THREADS"] = "1"
    # numba reads its variable once, and refuses to compile when it has changed since.
    if "numba" not in sys.modules:
        os.environ["NUMBA_NUM_THREADS"] = str(threads)
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)
    if "torch" in sys.modules:
        import torch

        torch.set_num_threads(1)


def _lean() -> bool:
    """Whether forking is safe: no library with threads of its own is loaded, and this thread is alone."""
    # numba starts threads with the first loop that runs in parallel, and not before.
    numba = sys.modules.get("numba.np.ufunc.parallel")
    return (
        sys.platform == "linux"
        and threading.active_count() == 1
        and not any(module in sys.modules for module in _HEAVY)
        and not getattr(numba, "_is_initialized", False)
    )


def each(
    function: Callable[[T], R], items: Sequence[T], *, workers: int, threads: int, backend: Backend = "auto"
) -> Iterator[R]:
    """Apply a function to items, and yield results as they finish.

    Parameters
    ----------
    function, items
        The function must depend on the item alone, so the results do not depend on the rest.
    workers, threads
        Processes, and threads in each.
    backend
        ``auto`` forks where that is safe (a worker starts in 30 ms), else starts fresh processes.

    Raises
    ------
    UserError
        When the machine ended a worker, most likely for want of memory, or when a worker cannot import
        what it should compute.
    """
    from concurrent.futures.process import BrokenProcessPool

    if backend == "auto":
        backend = "serial" if workers == 1 or len(items) < 2 else ("fork" if _lean() else "loky")
    workers = min(workers, max(1, len(items)))
    try:
        if backend == "serial":
            limit_threads(threads)
            yield from map(function, items)
        elif backend == "fork":
            yield from _forked(function, items, workers, threads)
        else:
            joined = "threading" if backend == "threads" else "loky"
            yield from _joined(function, items, workers, threads, joined)
    except BrokenProcessPool as error:
        if "un-serialize" in str(error):
            raise UserError(
                "workers: a fresh worker process cannot import the use case; install its package, or use"
                " --workers 1."
            ) from error
        raise UserError(
            "workers: a worker process was ended by the machine, most likely for want of memory;"
            " what was finished is kept, so run the same command again with --workers 1."
        ) from error


def _joined(
    function: Callable[[T], R], items: Sequence[T], workers: int, threads: int, backend: str
) -> Iterator[R]:
    from joblib import Parallel, delayed

    # Arrays travel as they are: joblib would hand large ones over as read-only maps of a file.
    pool = Parallel(n_jobs=workers, return_as="generator_unordered", backend=backend, max_nbytes=None)
    yield from pool(delayed(_limited)(function, item, threads) for item in items)


def _limited(function: Callable[[T], R], item: T, threads: int) -> R:
    limit_threads(threads)
    return function(item)


def _forked(function: Callable[[T], R], items: Sequence[T], workers: int, threads: int) -> Iterator[R]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor, as_completed

    pool = ProcessPoolExecutor(
        workers,
        multiprocessing.get_context("fork"),
        initializer=_start_worker,
        initargs=(threads, os.getpid()),
    )
    try:
        for future in as_completed([pool.submit(function, item) for item in items]):
            yield future.result()
    finally:
        workers_left = list((pool._processes or {}).values())  # shutting down forgets them
        pool.shutdown(wait=False, cancel_futures=True)
        for process in workers_left:
            process.terminate()


def _start_worker(threads: int, parent: int) -> None:
    import ctypes
    import signal

    # A worker whose parent is killed would wait for work for ever.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    # Ctrl-C is the parent's business; it ends the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit_threads(threads)
