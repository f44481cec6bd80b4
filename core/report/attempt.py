"""Code of an industry, called so that its failure is told and nothing else fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def attempt(what: Callable[[], T]) -> tuple[T | None, str]:
    """Call it, and give what it returns, or None and the reason; a plug-in may fail in any way.

    Examples
    --------
    >>> attempt(lambda: 1 / 2), attempt(lambda: 1 / 0)
    ((0.5, ''), (None, 'ZeroDivisionError: division by zero'))
    """
    try:
        return what(), ""
    except Exception as error:
        return None, f"{type(error).__name__}: {error}"
