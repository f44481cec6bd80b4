"""Live levers answered by playing trained policies again, in processes apart; answers are remembered."""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from core.errors import UserError
from core.protocol import Scenario
from core.results import Run
from core.store.runs import Store
from dashboards import apart
from dashboards.playing import OTHER_CODE, moved, policies_of

PROCESSES = 2
SIZES = ("tiny", "quick")
"""Sizes that are played again while people wait."""
SEEDS = 5
"""Seeds that are played, at most: the run's first."""
KEPT_ANSWERS, KEPT_RUNS = 512, 16
LONGEST_S = 300.0
"""A process that takes longer over a seed is given up."""
AGAIN_S = 30.0
"""After this time, what failed may be asked for again."""
TOO_LARGE, NO_POLICIES, FAILED = "too large", "no policies", "failed"

RunId = tuple[str, str]
"""Folder of runs, and the run in it."""
Key = tuple[RunId, tuple[tuple[str, Any], ...]]
"""A run, and all levers of the scenario."""
Rows = dict[tuple[int, str], dict[str, float]]
"""KPIs by seed and contender."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of a run at some live levers.

    Attributes
    ----------
    run
        The incumbent and the learners that were selected, on the seeds that are played; a learner's row is
        ``nan`` on seeds where another was selected. While its rows are still being played: the stored rows,
        if the levers are the run's own, else None.
    reason
        Why it is refused: ``too large``, ``no policies``, ``other code``, ``lost`` or ``failed: ...``.
    """

    state: Literal["ready", "playing", "refused"]
    run: Run | None = None
    reason: str = ""


@dataclass(eq=False)
class _Request:
    key: Key
    levers: Mapping[str, Any]
    parts: list[list[int]]
    missing: int
    owners: set[str] = field(default_factory=set)
    rows: Rows = field(default_factory=dict)


class Player:
    """Plays for all sessions; its methods may be called from any thread.

    An owner is any text that names a browser session. Each has one request at most: the newest.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._line: dict[Key, _Request] = {}
        self._wanted: dict[str, _Request] = {}
        self._answers: OrderedDict[Key, Rows] = OrderedDict()
        self._refused: OrderedDict[Key | RunId, tuple[float, str]] = OrderedDict()
        self._threads: list[threading.Thread] = []
        self._processes: list[_Process] = []
        self._closed = False

    def ask(
        self, owner: str, root: str, run_id: str, levers: Mapping[str, Any], patience: float = 0.25
    ) -> Answer:
        """Ask for a run at some live levers, and wait a little for the answer.

        Parameters
        ----------
        levers
            Live levers that stand elsewhere than in the run.
        patience
            Seconds.
        """
        try:
            basis = _basis(root, run_id)
            if isinstance(basis, str):
                return self._leave_refused(owner, basis)
            scenario, own = moved(basis, levers), moved(basis, {})
        except UserError as error:
            return self._leave_refused(owner, f"{FAILED}: {error}")
        except Exception as error:  # whatever is wrong with a run or an industry, the page goes on
            return self._leave_refused(owner, f"{FAILED}: {apart.first_line(error)}")
        key: Key = (root, run_id), tuple(scenario.model_dump().items())
        read = scenario.model_dump(mode="json", include=set(levers))
        with self._changed:
            known = self._known(key)
            if known is None:
                request = self._want(owner, key, read, basis.seeds)
                self._changed.wait_for(lambda: self._wanted.get(owner) is not request, patience)
                known = self._known(key)
            else:
                self._leave(owner)
        if isinstance(known, str):
            return Answer("refused", reason=known)
        if known is not None:
            return Answer("ready", _with_rows(basis, known, scenario))
        return Answer("playing", basis if scenario == own else None)

    def wait(self, owner: str, seconds: float) -> bool:
        """Wait until nothing that an owner asked for is being played; say whether that came true in time."""
        with self._changed:
            return self._changed.wait_for(lambda: owner not in self._wanted, seconds)

    def close(self) -> None:
        """End the processes and answer no more."""
        with self._changed:
            self._closed = True
            self._line.clear()
            self._wanted.clear()
            self._changed.notify_all()
        for process in self._processes:
            process.end()

    # --- under the lock ------------------------------------------------------------------------

    def _known(self, key: Key) -> Rows | str | None:
        for name in (key[0], key):
            until, reason = self._refused.get(name, (0.0, ""))
            if time.monotonic() < until:
                return reason
        if key in self._answers:
            self._answers.move_to_end(key)
        return self._answers.get(key)

    def _leave_refused(self, owner: str, reason: str) -> Answer:
        with self._changed:
            self._leave(owner)
        return Answer("refused", reason=reason)

    def _leave(self, owner: str) -> None:
        """Nobody waits for what an owner asked for before; what nobody wants is played no further."""
        request = self._wanted.pop(owner, None)
        if request is not None:
            request.owners.discard(owner)
            if not request.owners:
                self._line.pop(request.key, None)
            self._changed.notify_all()

    def _want(self, owner: str, key: Key, levers: Mapping[str, Any], seeds: tuple[int, ...]) -> _Request:
        request = self._line.get(key)
        if request is None:
            parts = [list(seeds[i::PROCESSES]) for i in range(PROCESSES)]
            request = _Request(key, levers, parts, len(seeds))
        if self._wanted.get(owner) is not request:
            self._leave(owner)
            request.owners.add(owner)
            self._wanted[owner] = request
        if not self._closed:
            self._line.setdefault(key, request)
            self._start()
            self._changed.notify_all()
        return request

    def _start(self) -> None:
        for part in range(len(self._threads), PROCESSES):
            self._processes.append(_Process())
            self._threads.append(threading.Thread(target=self._serve, args=(part,), daemon=True))
            self._threads[-1].start()

    def _next(self, part: int) -> tuple[_Request, int] | None:
        for request in self._line.values():
            if request.parts[part]:
                return request, request.parts[part].pop(0)
        return None

    def _enter(self, request: _Request, reply: Mapping[str, Any]) -> None:
        """Take a seed's answer in; the last one, or a refusal, completes the request."""
        if self._line.get(request.key) is not request:
            return
        if "reason" in reply:
            reason = str(reply["reason"])
            once = reason == OTHER_CODE
            self._refused[request.key[0] if once else request.key] = (
                float("inf") if once else time.monotonic() + AGAIN_S,
                reason,
            )
            _keep(self._refused)
        else:
            request.rows |= _rows_in(reply["rows"])
            request.missing -= 1
            if request.missing:
                return
            self._answers[request.key] = request.rows
            _keep(self._answers)
        del self._line[request.key]
        for owner in request.owners:
            self._wanted.pop(owner, None)
        self._changed.notify_all()

    # --- one thread a process ------------------------------------------------------------------

    def _serve(self, part: int) -> None:
        """Give a process its seeds: always the same of a run, so that each world is drawn in one of them."""
        process = self._processes[part]
        task: tuple[_Request, int] | None = None

        def due() -> bool:
            nonlocal task
            task = None if self._closed else self._next(part)
            return self._closed or task is not None

        while True:
            with self._changed:
                self._changed.wait_for(due)
            if task is None:
                process.drop()
                return
            request, seed = task
            (root, run_id), _ = request.key
            asked = {"root": root, "run": run_id, "levers": request.levers, "seed": seed}
            reply = process.ask(asked)
            with self._changed:
                self._enter(request, reply)


class _Process:
    """A process that plays, started when it is needed; one that dies is started anew."""

    def __init__(self) -> None:
        self._process: apart.Process | None = None
        self._asked = 0
        self._ended = False

    def ask(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Ask, and once more if the process dies of it or before."""
        for _ in range(2):
            with suppress(OSError, ValueError):
                reply = self._once(asked)
                if reply is not None:
                    return reply
            self.drop()
            if self._ended:
                break
        return {"reason": apart.LOST}

    def _once(self, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        if self._process is None:
            self._process = apart.start("dashboards.playing")
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        self._asked += 1
        late = threading.Timer(LONGEST_S, apart.kill, (process,))
        late.daemon = True
        late.start()
        try:
            process.stdin.write(json.dumps({"id": self._asked, **asked}) + "\n")
            process.stdin.flush()
            reply: dict[str, Any] = json.loads(process.stdout.readline())
        finally:
            late.cancel()
        return reply if reply.get("id") == self._asked else None

    def drop(self) -> None:
        """End the process and forget it."""
        if self._process is not None:
            apart.kill(self._process)
            apart.clear(self._process)
            self._process = None

    def end(self) -> None:
        """End the process from another thread; its own drops it."""
        self._ended = True
        process = self._process
        if process is not None:
            apart.kill(process)


def _keep(kept: OrderedDict[Any, Any]) -> None:
    while len(kept) > KEPT_ANSWERS:
        kept.popitem(last=False)


def _rows_in(columns: Mapping[str, list[Any]]) -> Rows:
    names = [name for name in columns if name not in ("seed", "contender", "validation")]
    return {
        (seed, contender): {name: columns[name][i] for name in names}
        for i, (seed, contender) in enumerate(zip(columns["seed"], columns["contender"], strict=True))
    }


# --- what a run must have, and what is told of it ------------------------------------------------


@lru_cache(maxsize=KEPT_RUNS)
def _basis(root: str, run_id: str) -> Run | str:
    """Read what of a run can be played again, at its own levers, or say why it cannot be."""
    store = Store(root)
    manifest = store.manifest(run_id)
    if manifest.size not in SIZES:
        return TOO_LARGE
    run = store.open(run_id)
    if any(kpi.name not in run.rows for kpi in run.case.kpis):
        return OTHER_CODE
    if not run.chosen:
        return NO_POLICIES
    pairs = []
    for index, seed in enumerate(run.seeds[:SEEDS]):
        for name, folder in policies_of(run, index).items():
            if not any(file.startswith(f"{folder}/") for file in manifest.files):
                return NO_POLICIES
            pairs.append((seed, name))
    among = {name for _, name in pairs}
    keep = np.isin(run.rows["seed"], run.seeds[:SEEDS]) & np.isin(run.rows["contender"], list(among))
    scored = np.isin(run.scores["seed"], run.seeds[:SEEDS]) & np.isin(run.scores["contender"], list(among))
    few = replace(
        run,
        seeds=run.seeds[:SEEDS],
        roles={name: role for name, role in run.roles.items() if name in among},
        rows={name: column[keep] for name, column in run.rows.items()},
        scores={name: column[scored] for name, column in run.scores.items()},
        traces={},
        seconds={},
        path="",
        command="",
    )
    own: Rows = {}
    for i, pair in enumerate(zip(few.rows["seed"].tolist(), few.rows["contender"].tolist(), strict=True)):
        if pair in pairs:
            own[pair] = {kpi.name: float(few.rows[kpi.name][i]) for kpi in run.case.kpis}
    return _with_rows(few, own, moved(run, {}))


def _with_rows(basis: Run, rows: Rows, scenario: Scenario) -> Run:
    """Give a run with other rows; where none was played, ``nan``."""
    pairs = list(zip(basis.rows["seed"].tolist(), basis.rows["contender"].tolist(), strict=True))
    kpis = {
        kpi.name: np.array([rows[pair][kpi.name] if pair in rows else np.nan for pair in pairs])
        for kpi in basis.case.kpis
    }
    return replace(basis, scenario=scenario.model_dump(), rows={**basis.rows, **kpis})
