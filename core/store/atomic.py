"""Folders that appear whole or not at all, and files that prove they are unchanged."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import UserError


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Yield a hidden folder to write in; one rename makes it ``target`` when the block ends well.

    A process that is killed leaves a hidden folder that nobody lists, never half a target.
    """
    draft = target.parent / f".draft-{target.name}-{secrets.token_hex(4)}"
    draft.mkdir(parents=True)
    try:
        yield draft
        for path in sorted(draft.rglob("*"), reverse=True):
            _sync(path)
        _sync(draft)
        draft.rename(target)
        _sync(target.parent)
    finally:
        if draft.exists():
            shutil.rmtree(draft, ignore_errors=True)


def new_file(target: Path, content: bytes) -> None:
    """Write a file that appears whole or not at all, in place of the one that may be there."""
    draft = target.parent / f".draft-{target.name}-{secrets.token_hex(4)}"
    try:
        with draft.open("xb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def fingerprints(folder: Path) -> dict[str, dict[str, int | str]]:
    """Give size and sha256 of every file below a folder, by relative path."""
    return {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": sha256(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def sha256(path: Path) -> str:
    """Hash a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def verify(folder: Path, files: dict[str, dict[str, int | str]], below: str = "") -> None:
    """Check files against their fingerprints before anybody parses them.

    Raises
    ------
    UserError
        For the first file that is missing or differs.
    """
    for name, expected in files.items():
        if not name.startswith(below):
            continue
        path = folder / name
        good = path.is_file() and path.stat().st_size == expected["bytes"]
        if not (good and sha256(path) == expected["sha256"]):
            raise UserError(
                f"run: {path} is missing or differs from its manifest; delete {folder} and run again."
            )
