"""Heavy runs for the pages: one at a time for all sessions, in a process apart, in a bounded queue."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self

from dashboards import apart

REMEMBERED = 64
"""Jobs that have ended and are still told of, at most."""

State = Literal["waiting", "running", "finished", "cancelled", "failed"]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be run.

    Attributes
    ----------
    usecase, situation
        Their names.
    scenario
        All levers, the size and the assumed constants, as JSON has them.
    seeds, contenders
        Which; the incumbent and the bounds always compete. No contenders named means all of them.
    root
        Folder of runs: trained policies are found there, and the run is kept there.
    command
        What repeats the run, for its manifest.
    repeats
        Id of a stored run that is computed anew, from nothing that is stored; "" for a run of its own.
    """

    usecase: str
    scenario: Mapping[str, Any]
    situation: str | None
    seeds: tuple[int, ...]
    contenders: tuple[str, ...] | None
    root: str
    command: str
    repeats: str = ""

    def line(self) -> str:
        """Write it as a line of JSON."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def read(cls, line: str) -> Self:
        """Read what :meth:`line` wrote."""
        told = json.loads(line)
        named = told["contenders"]
        return cls(
            **told | {"seeds": tuple(told["seeds"]), "contenders": None if named is None else tuple(named)}
        )


@dataclass(frozen=True, slots=True)
class Job:
    """How an order stands.

    Attributes
    ----------
    ahead
        Jobs before it, the running one included.
    done, total, what
        Cells that are finished, cells in all, and the one that was finished last.
    run
        Id of the stored run, when it is finished.
    reason
        One line, when it failed; ``lost`` when its process was ended by somebody else.
    seconds
        Since it was begun, until it ended.
    """

    order: Order
    state: State
    ahead: int = 0
    done: int = 0
    total: int = 0
    what: str = ""
    run: str = ""
    reason: str = ""
    seconds: float = 0.0


class Busy(Exception):
    """An order is not taken: the owner has one already (``yours``), or too many wait (``full``)."""

    def __init__(self, why: Literal["yours", "full"]) -> None:
        super().__init__(why)
        self.why = why


@dataclass(eq=False)
class _Entry:
    order: Order
    state: State = "waiting"
    told: dict[str, Any] = field(default_factory=dict)
    began: float = 0.0
    ended: float | None = None
    process: apart.Process | None = None

    @property
    def open(self) -> bool:
        return self.state in ("waiting", "running")


class Queue:
    """Orders in turn. One for all sessions; its methods may be called from any thread and never wait.

    Parameters
    ----------
    most_waiting
        Orders that may wait beside the running one.
    """

    def __init__(self, most_waiting: int = 8) -> None:
        self._most_waiting = most_waiting
        self._changed = threading.Condition()
        self._newest: dict[str, _Entry] = {}
        self._line: list[_Entry] = []
        self._running: _Entry | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, order: Order, owner: str) -> Job:
        """Take an order, and forget the owner's last one.

        Parameters
        ----------
        owner
            Any text that names a browser session.

        Raises
        ------
        Busy
            When the owner has a job that waits or runs, or too many wait.
        """
        with self._changed:
            last = self._newest.get(owner)
            if last is not None and last.open:
                raise Busy("yours")
            if self._closed or len(self._line) >= self._most_waiting:
                raise Busy("full")
            entry = _Entry(order)
            self._newest.pop(owner, None)
            self._newest[owner] = entry
            self._line.append(entry)
            self._forget()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work_off, name="jobs", daemon=True)
                self._thread.start()
            self._changed.notify_all()
            return self._job(entry)

    def of(self, owner: str) -> Job | None:
        """Say how an owner's newest order stands."""
        with self._changed:
            entry = self._newest.get(owner)
            return None if entry is None else self._job(entry)

    def open_like(self, about: Callable[[Order], bool]) -> tuple[str, Job] | None:
        """Find a job that waits or runs, whoever ordered it, by its order; with it its owner."""
        with self._changed:
            for owner, entry in self._newest.items():
                if entry.open and about(entry.order):
                    return owner, self._job(entry)
        return None

    def cancel(self, owner: str) -> None:
        """Give up an owner's job; what is finished of it is kept for the next time it is asked for."""
        with self._changed:
            entry = self._newest.get(owner)
            if entry is not None and entry.open:
                self._cancel(entry)

    def close(self) -> None:
        """Cancel everything and take no more orders."""
        with self._changed:
            self._closed = True
            for entry in (*self._line, *filter(None, (self._running,))):
                self._cancel(entry)
            self._changed.notify_all()

    def _cancel(self, entry: _Entry) -> None:
        entry.state = "cancelled"
        if entry in self._line:
            self._line.remove(entry)
        if entry.process is not None:
            apart.end(entry.process)

    def _forget(self) -> None:
        ended = [owner for owner, entry in self._newest.items() if not entry.open]
        for owner in ended[: max(0, len(ended) - REMEMBERED)]:
            del self._newest[owner]

    def _job(self, entry: _Entry) -> Job:
        ahead = 0
        if entry.state == "waiting":
            ahead = self._line.index(entry) + (self._running is not None)
        until = time.monotonic() if entry.ended is None else entry.ended
        seconds = until - entry.began if entry.began else 0.0
        return Job(entry.order, entry.state, ahead, seconds=seconds, **entry.told)

    # --- the one thread ------------------------------------------------------------------------

    def _work_off(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._line or self._closed)
                if self._closed:
                    return
                entry = self._running = self._line.pop(0)
                entry.state, entry.began = "running", time.monotonic()
            try:
                self._attend(entry)
            except Exception as error:  # the next orders must not wait for ever
                entry.told.setdefault("reason", apart.first_line(error))
            with self._changed:
                self._running, entry.process, entry.ended = None, None, time.monotonic()
                # One that was finished at the moment it was cancelled is in the store.
                if "run" in entry.told:
                    entry.state = "finished"
                elif entry.state == "running":
                    entry.state = "failed"
                    entry.told.setdefault("reason", apart.LOST)
                self._forget()

    def _attend(self, entry: _Entry) -> None:
        """Start the process, pass on what it tells, and see it end."""
        process = apart.start("dashboards.working")
        assert process.stdin is not None
        assert process.stdout is not None
        with self._changed:
            entry.process = process
            if entry.state == "cancelled":
                apart.end(process)
        try:
            # It stays open: its end tells that the server is gone.
            process.stdin.write(entry.order.line())
            process.stdin.flush()
            for line in process.stdout:
                told = json.loads(line)
                with self._changed:
                    entry.told |= told
        except BrokenPipeError:
            pass
        except BaseException:
            apart.kill(process)
            raise
        finally:
            apart.clear(process)
