"""What the commands of many runs share: what is asked, where it is worked off, how it is repeated."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from core.cli.choose import Chosen
    from core.sweep.sweep import Asked, Sweep


@dataclass(frozen=True, slots=True)
class Worked:
    """Where and how tasks are worked off, as a person said it."""

    backend: str
    scheduler: str | None
    workers: int | None
    out: Path
    retry: bool

    def address(self) -> str:
        """Give the cluster's address, "" for this machine.

        Raises
        ------
        UserError
            For an unknown place, or a cluster without an address.
        """
        if self.backend not in ("local", "dask"):
            raise UserError(f"backend: {self.backend!r} is unknown; choose local or dask.")
        if self.backend == "dask" and not self.scheduler:
            raise UserError(
                "scheduler: a Dask cluster needs its address; start one with `dask scheduler` and"
                " `dask worker`, and give --scheduler tcp://HOST:8786."
            )
        if self.backend == "dask" and self.workers is not None:
            raise UserError("workers: a Dask cluster has its own; leave out --workers.")
        if self.backend == "local" and self.scheduler:
            raise UserError("scheduler: only a Dask cluster has one; add --backend dask.")
        return self.scheduler or ""

    def through(self, asked: Asked, title: str) -> Sweep:
        """Work a sweep off, and keep what is finished on the way."""
        from core.cli.progress import progress
        from core.store.runs import Store
        from core.sweep.shelf import Shelf
        from core.sweep.sweep import place_of, sweep

        place = place_of(asked, self.workers, self.address())
        Store(self.out).prepare()
        Store(Shelf(self.out).folder).prepare()
        with progress(title) as report:
            return sweep(
                asked, place, folder=Shelf(self.out).partial(asked), retry=self.retry, progress=report
            )

    def keep(self, sweep: Sweep, kind: Any, plan: Mapping[str, Any], document: Mapping[str, Any],
             command: str) -> str:  # fmt: skip
        """Store a sweep; what has failed can still be tried again."""
        from core.cli.output import plain
        from core.sweep.ledger import Ledger
        from core.sweep.shelf import Shelf

        shelf = Shelf(self.out)
        path = shelf.keep(sweep, kind, plain(plan), plain(document), command).path
        if not sweep.failures:
            Ledger(shelf.partial(sweep.asked)).close()
        return path

    def drop(self, sweep: Sweep) -> None:
        """Forget the finished parts of a sweep that stands inside another."""
        from core.sweep.ledger import Ledger
        from core.sweep.shelf import Shelf

        Ledger(Shelf(self.out).partial(sweep.asked)).close()


def command_line(verb: str, chosen: Chosen, options: Sequence[str], *, seeds: int | None,
                 contenders: Sequence[str] | None, device: str) -> str:  # fmt: skip
    """Write the command that repeats a sweep on any machine."""
    words = ["sectorlab", verb, chosen.case.name, *chosen.words(), *options]
    if seeds is not None:
        words += ["--seeds", str(seeds)]
    if contenders is not None:
        words += ["--contenders", ",".join(contenders)]
    if device != "auto":
        words += ["--device", device]
    return shlex.join(words)


def print_failures(sweep: Sweep, paper: Console) -> None:
    """List what failed, and how it is tried again."""
    if not sweep.failures:
        return
    from core.cli.tables import lined

    table = lined("Failed")
    for column in ("point", "seed", "why"):
        table.add_column(column, overflow="fold")
    for failure in sweep.failures:
        table.add_row(str(failure.point + 1), str(failure.seed), failure.reason)
    paper.print(table)
    paper.print("These points are left out. The same command with --retry tries them again.")
