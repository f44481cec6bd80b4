"""Tasks worked off, on this machine or on a cluster, whoever is killed on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from core.engine.parallel import Backend, WorkerLost, apart, each, on_cluster
from core.errors import UserError
from core.sweep.points import Done, Task, lost, made_with, perform

LOST = "its worker was ended by the machine, most likely for want of memory"


@dataclass(frozen=True, slots=True)
class Place:
    """Where tasks are worked off; the numbers do not depend on it.

    Attributes
    ----------
    workers, threads
        Processes on this machine, and threads in each.
    scheduler
        Address of a Dask cluster, or "" for this machine.
    backend
        How this machine's processes are started.
    """

    workers: int = 1
    threads: int = 1
    scheduler: str = ""
    backend: Backend = "auto"

    def each(self, tasks: Sequence[Task]) -> Iterator[Done]:
        """Work tasks off, and yield what they leave as they finish.

        Raises
        ------
        WorkerLost
            When a worker was ended; what it was working on is lost.
        UserError
            When the place cannot be reached, or runs other code.
        """
        if self.scheduler:
            found = on_cluster(perform, tasks, scheduler=self.scheduler)
        else:
            # Even one worker is a process of its own, so that the machine ends that and not the sweep.
            backend = apart() if self.backend == "auto" else self.backend
            found = each(perform, tasks, workers=self.workers, threads=self.threads, backend=backend)
        yield from map(_checked(tasks), found)


def _checked(tasks: Sequence[Task]) -> Callable[[Done], Done]:
    """Refuse what a worker with other code has computed."""
    ours = made_with(tasks[0].case) if tasks else ""

    def same_code(done: Done) -> Done:
        if done.code != ours:
            raise UserError(
                "workers: one runs another version of this program or of the use case; install the same"
                " version everywhere, and let nobody edit it meanwhile."
            )
        return done

    return same_code


def finished(tasks: Sequence[Task], place: Place) -> Iterator[Done]:
    """Work all tasks off.

    Where a worker is ended, the others' work goes on: what is left is given to new workers. What was being
    worked on when nothing else was finished is tried alone; what ends its worker even then has failed.
    """
    left = {task.key: task for task in tasks}
    while left:
        before = len(left)
        try:
            for done in place.each(list(left.values())):
                del left[done.key]
                yield done
        except WorkerLost:
            if len(left) < before:
                continue
            for task in list(left.values())[: max(1, place.workers)]:
                yield _alone(task, place)
                del left[task.key]


def _alone(task: Task, place: Place) -> Done:
    try:
        return next(iter(place.each([task])))
    except WorkerLost:
        return lost(task, LOST)
