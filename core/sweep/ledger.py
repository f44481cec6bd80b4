"""What a sweep has finished, a small file a task, so that whoever is killed loses nothing that was done."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.store.atomic import new_file
from core.store.cells import cell_in, cell_out
from core.store.manifest import key
from core.sweep.points import Done


class Ledger:
    """Finished tasks of one sweep.

    Parameters
    ----------
    folder
        Made with the first entry.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, done: Done) -> None:
        """Enter a task; it is there whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        facts: dict[str, Any] = {
            "key": done.key,
            "points": list(done.points),
            "seed": done.seed,
            "cells": [[cell_out(cell) for cell in cells] for cells in done.cells],
            "reasons": list(done.reasons),
        }
        facts["sha256"] = key(facts)
        new_file(self._path(done.key), json.dumps(facts).encode())

    def read(self, keys: Iterable[str]) -> dict[str, Done]:
        """Give the entries of tasks; a damaged one counts as missing."""
        found = (self._entry(one) for one in keys)
        return {done.key: done for done in found if done is not None}

    def forget(self, keys: Iterable[str]) -> None:
        """Strike entries out, so that their tasks are done again."""
        for one in keys:
            self._path(one).unlink(missing_ok=True)

    def close(self) -> None:
        """Remove all of it, once the sweep itself is kept."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, one: str) -> Path:
        return self.folder / f"{one}.json"

    def _entry(self, one: str) -> Done | None:
        try:
            facts = json.loads(self._path(one).read_text(encoding="utf-8"))
            if facts.pop("sha256") != key(facts):
                return None
        except (OSError, ValueError, AttributeError, KeyError):
            return None
        cells = tuple(tuple(cell_in(cell, {}) for cell in cells) for cells in facts["cells"])
        return Done(facts["key"], tuple(facts["points"]), facts["seed"], cells, tuple(facts["reasons"]))
