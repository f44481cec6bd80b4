"""How a command ends: a person's mistake meets one sentence and code 2, never a traceback."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from core.errors import UserError

UNREAD, MISTAKE, INTERRUPTED = 1, 2, 130
RESUMED = ("run", "sweep", "worth", "worlds")
_FULL = (errno.ENOSPC, errno.EDQUOT)
_CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)


class Endings(TyperGroup):
    """The group of all commands, which turns what they raise into a sentence and an exit code."""

    def main(self, *words: Any, **extra: Any) -> Any:
        """Run the command line.

        Raises
        ------
        SystemExit
            With 2 for a person's mistake or a full disk, 1 where nobody reads on, 130 after Ctrl-C.
        """
        try:
            try:
                return super().main(*words, **extra)
            finally:
                # A full disk under stdout shows here, not when Python has begun to end.
                sys.stdout.flush()
        except UserError as error:
            end(str(error), MISTAKE)
        except BrokenPipeError:
            drop_output()
            sys.exit(UNREAD)
        except Exception as error:
            sentence = fault_of_the_machine(error)
            if sentence is None:
                raise
            drop_output()
            end(sentence, MISTAKE)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; Ctrl-C says what is kept."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            kept = "; finished parts are kept, and the same command goes on from there."
            end("interrupted" + (kept if ctx.invoked_subcommand in RESUMED else "."), INTERRUPTED)


def end(sentence: str, code: int) -> NoReturn:
    """Say a sentence on stderr and exit."""
    typer.echo(sentence, err=True)
    sys.exit(code)


def drop_output() -> None:
    """Let nothing more reach stdout, so that Python does not complain about it on its way out."""
    with suppress(OSError, ValueError):  # a stdout that is no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def fault_of_the_machine(error: Exception) -> str | None:
    """Say what a person can do about a full or closed disk; None for what is a defect of ours."""
    number = getattr(error, "errno", None)
    where = getattr(error, "filename", None)
    at = f" at {str(where)!r}" if where else ""
    # Libraries that write by themselves hide the number in their text.
    if number in _FULL or "No space left on device" in str(error):
        return f"disk: no space is left{at}; free some, or give a folder on another disk with --out."
    if number in _CLOSED and isinstance(error, OSError) and where:
        return f"disk: {str(where)!r} may not be used ({error.strerror}); give a folder of yours with --out."
    return None
