"""Compiled loops, where numba is at hand; each has a twin in NumPy or torch with equal results."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any


@cache
def compiled(function: Callable[..., Any]) -> Callable[..., Any] | None:
    """Compile a loop over float32 arrays for one thread, or give None where there is no compiler.

    Sums may be reordered, which lets them run in vector registers; NaN and infinity keep their meaning.
    """
    try:
        import numba
    except ImportError:
        return None
    made: Callable[..., Any] = numba.njit(
        fastmath={"reassoc", "contract", "nsz"}, error_model="numpy", cache=True, nogil=True
    )(function)
    return made
