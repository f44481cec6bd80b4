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


class WorkerLost(UserError):
    """A worker process was ended by the machine, and with it what it was working on."""


_ALONE = ("OMP", "OPENBLAS", "MKL")
_PR_SET_PDEATHSIG = 1  # linux/prctl.h; forking is done on Linux alone
CLUSTER_ANSWERS_S = 10
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


def apart() -> Backend:
    """Say how processes are started here: forked where that is safe, else fresh."""
    return "fork" if _lean() else "loky"


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
    WorkerLost
        When the machine ended a worker, most likely for want of memory.
    UserError
        When a worker cannot import what it should compute.
    """
    from concurrent.futures.process import BrokenProcessPool

    if backend == "auto":
        backend = "serial" if workers == 1 or len(items) < 2 else apart()
    workers = min(workers, max(1, len(items)))
    try:
        if backend == "serial":
            limit_threads(threads)
            yield from map(function, items)
        elif backend == "fork":
            yield from _forked(function, items, workers, threads)
        elif backend == "loky" and workers == 1:
            yield from _alone(function, items, threads)
        else:
            joined = "threading" if backend == "threads" else "loky"
            yield from _joined(function, items, workers, threads, joined)
    except BrokenProcessPool as error:
        if "un-serialize" in str(error):
            raise UserError(
                "workers: a fresh worker process cannot import the use case; install its package, or use"
                " --workers 1."
            ) from error
        raise WorkerLost(
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


def _alone(function: Callable[[T], R], items: Sequence[T], threads: int) -> Iterator[R]:
    """Work items off in one fresh process; joblib would keep a single worker's work in this one."""
    from joblib.externals.loky import ProcessPoolExecutor

    pool = ProcessPoolExecutor(1)
    try:
        for item in items:
            yield pool.submit(_limited, function, item, threads).result()
    finally:
        pool.shutdown(wait=True, kill_workers=True)


def _limited(function: Callable[[T], R], item: T, threads: int) -> R:
    limit_threads(threads)
    return function(item)


def on_cluster(function: Callable[[T], R], items: Sequence[T], *, scheduler: str) -> Iterator[R]:
    """Apply a function to items on a Dask cluster that runs already, and yield results as they finish.

    Parameters
    ----------
    scheduler
        Its address, such as ``tcp://127.0.0.1:8786``. Its workers need the same version of this program.

    Raises
    ------
    WorkerLost
        When an item was on worker after worker that was ended.
    UserError
        When nobody answers there, or the cluster is lost.
    """
    try:
        from distributed import Client, as_completed
        from distributed.client import FutureCancelledError
        from distributed.comm.core import CommClosedError
        from distributed.scheduler import KilledWorker
    except ImportError as error:
        raise UserError(
            "backend: dask is not installed; `pip install sectorlab[dask]`, or leave out --backend."
        ) from error
    try:
        client = Client(scheduler, timeout=CLUSTER_ANSWERS_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise UserError(
            f"scheduler: nobody answers at {scheduler!r}; give the address that `dask scheduler` prints."
        ) from error
    with client:
        futures = [client.submit(_limited, function, item, 1, pure=False) for item in items]
        try:
            for future in as_completed(futures, loop=client.loop):
                yield future.result()
        except KilledWorker as error:
            raise WorkerLost(
                "workers: an item ended every worker of the cluster that tried it, most likely for want of"
                " memory; what was finished is kept."
            ) from error
        except ImportError as error:
            raise UserError(
                f"scheduler: a worker of the cluster at {scheduler!r} cannot import the use case; install the"
                " same packages there."
            ) from error
        except (FutureCancelledError, CommClosedError) as error:
            raise UserError(
                f"scheduler: the cluster at {scheduler!r} was lost; what was finished is kept, so start it"
                " again and run the same command."
            ) from error
        finally:
            client.cancel(futures)


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


def on_parents_end(number: int) -> None:
    """Have this process sent a signal when the thread ends that started it; 0 for none. On Linux alone."""
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)


def end_with(parent: int) -> None:
    """End at once when the thread ends that started this process, or if it has ended by now. On Linux alone.

    A process whose parent is killed would wait for work for ever.
    """
    import signal

    on_parents_end(signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _start_worker(threads: int, parent: int) -> None:
    import signal

    end_with(parent)
    # Ctrl-C is the parent's business; it ends the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit_threads(threads)
