"""What goes to stdout: one JSON document, or tables for people."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

WIDTH = 100
"""Columns where nobody says how wide the paper is."""


def emit(document: Any) -> None:
    """Print one JSON document."""
    typer.echo(json.dumps(plain(document), ensure_ascii=False, indent=2, allow_nan=False))


def plain(value: Any) -> Any:
    """Reduce to what JSON knows: numbers that are not finite become null, the rest becomes text.

    Examples
    --------
    >>> plain({"low": float("-inf"), "pair": (1, 2.5)})
    {'low': None, 'pair': [1, 2.5]}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | bool | int) else str(value)


def paper() -> Console:
    """Return a console on stdout that takes text as it is."""
    import os
    import sys

    from rich.console import Console

    wide = None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDTH
    return Console(width=wide, markup=False, highlight=False, emoji=False)
