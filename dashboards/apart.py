"""Processes apart from the server: started as it was, spoken to in lines of JSON, ended with it.

The first half is for the server, the second for the process that it starts.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import TextIO

from core.engine.parallel import apart, end_with, on_parents_end

GRACE_S = 3.0
"""How long a process that was told to end may take."""
LOST = "lost"
"""Why there is no result when a process was ended by somebody else."""

AT_ONCE = 2
"""Short questions and reports that are worked off at the same time; others wait."""
_AT_ONCE = threading.BoundedSemaphore(AT_ONCE)
_WITH_PARENT = "from dashboards import apart; apart.end_with_parent(); import sys; del sys.argv[1]; "

Process = subprocess.Popen[str]
CompletedProcess = subprocess.CompletedProcess


def start(module: str) -> Process:
    """Start a module of ours as a process that leads a group of its own.

    Start it from a thread that lives as long as the process may: on Linux it ends with that thread.

    Raises
    ------
    OSError
        When the machine has no room for another process.
    """
    return subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
        [sys.executable, "-P", "-m", module, str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )


def finished(code: str, words: Sequence[str], *, told: str = "", patience: float) -> CompletedProcess[str]:
    """Run code of ours to its end in a process apart; few at once for all, and ended with the server.

    Parameters
    ----------
    code
        Python that finds ``words`` as its arguments, and ``told`` on stdin.
    patience
        Seconds.

    Raises
    ------
    subprocess.TimeoutExpired
        When it takes longer; it is ended.
    """
    with _AT_ONCE:
        return subprocess.run(  # noqa: S603 - our own interpreter, no shell
            [sys.executable, "-P", "-c", _WITH_PARENT + code, str(os.getpid()), *words],
            input=told, capture_output=True, encoding="utf-8", errors="replace", timeout=patience,
            check=False,
        )  # fmt: skip


def end(process: Process) -> None:
    """Tell a process and all it has started to end; whoever does not listen is killed after a while."""
    _signal(process, signal.SIGTERM)
    late = threading.Timer(GRACE_S, _signal, (process, signal.SIGKILL))
    late.daemon = True
    late.start()


def kill(process: Process) -> None:
    """End a process and all it has started at once."""
    _signal(process, signal.SIGKILL)


def _signal(process: Process, number: signal.Signals) -> None:
    # One that was waited for has given its number back.
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)


def clear(process: Process) -> None:
    """Wait for a process that has said its last, kill it if it stays, and close what was open to it."""
    try:
        process.wait(timeout=GRACE_S)
    except subprocess.TimeoutExpired:
        kill(process)
        process.wait()
    for pipe in (process.stdin, process.stdout):
        # What could not be written any more is still in the buffer, and fails again.
        with suppress(OSError):
            if pipe is not None:
                pipe.close()


def first_line(error: BaseException) -> str:
    """Give class and first line of an error.

    Examples
    --------
    >>> first_line(ValueError("no such day" + chr(10) + "at all"))
    'ValueError: no such day'
    """
    return f"{type(error).__name__}: {error}".partition("\n")[0].removesuffix(": ")


# --- in the process ----------------------------------------------------------------------------


def answers() -> TextIO:
    """Keep stdout for answers alone: whatever Python or a library in C prints goes to stderr."""
    kept = open(os.dup(1), "w", buffering=1, encoding="utf-8")  # noqa: SIM115 - open to the end
    os.dup2(2, 1)
    return kept


def end_with_parent() -> None:
    """End at once when the thread ends that started this process; without effect where the system cannot.

    To be called first: whatever was started before would go on.
    """
    if sys.platform == "linux":
        end_with(int(sys.argv[1]))


def end_workers_too() -> None:
    """See to it that workers end with the server as well; to be called when all libraries are loaded.

    Forked ones end with this process. Fresh ones do not, so a thread waits for the end of stdin and then ends
    the whole group; beside it nothing can be forked.
    """
    if apart() == "fork":
        return
    if sys.platform == "linux":
        on_parents_end(0)
    threading.Thread(target=_end_with_stdin, daemon=True).start()


def _end_with_stdin() -> None:
    # Not by sys.stdin: its lock would be held by this thread when the interpreter ends.
    while os.read(0, 1):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)
