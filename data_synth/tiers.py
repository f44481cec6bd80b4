"""Two tiers from one source: compiled scalars where numba is, NumPy arrays where it is not.

A world's physics is written once, with arithmetic, NumPy ufuncs, :func:`where` and :func:`clip`. Decorated
with :data:`compiled` it runs one lane in a compiled loop; :func:`vectorised` gives the same code with
``numpy.where``, which takes whole arrays of lanes. So the two tiers cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import FunctionType
from typing import Any

import numpy as np

try:
    from numba import njit
except ImportError:  # the suite stays usable, only slower

    def njit(  # type: ignore[no-redef]  # the stand-in for numba's
        **_: Any,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Leave the function as it is."""
        return lambda function: function


compiled = njit(cache=True, nogil=True, error_model="numpy", inline="never")


@compiled
def where(condition: Any, yes: Any, no: Any) -> Any:
    """Choose; ``numpy.where`` takes this place for arrays."""
    if condition:
        return yes
    return no


@compiled
def clip(value: Any, low: Any, high: Any) -> Any:
    """Hold a value between two bounds."""
    return np.minimum(np.maximum(value, low), high)


def vectorised(names: Mapping[str, Any], functions: Iterable[str]) -> dict[str, Callable[..., Any]]:
    """Give the same code with ``numpy.where``: functions rebound to one changed set of globals.

    Parameters
    ----------
    names
        The module's ``globals()``.
    functions
        Those that call each other, or :func:`where` and :func:`clip`.
    """
    bound = {**names, "where": np.where, "clip": np.clip}
    for name in functions:
        python = getattr(bound[name], "py_func", bound[name])
        bound[name] = FunctionType(python.__code__, bound, name, python.__defaults__)
    return {name: bound[name] for name in functions}


def for_threads(work: Callable[[slice], None], rows: int, threads: int, *, most: int | None = None) -> None:
    """Call ``work(slice)`` on consecutive parts of the rows, spread over threads.

    Parameters
    ----------
    work
        Compiled loops let go of the interpreter, so parts run side by side.
    rows, threads
        How many there are.
    most
        Rows in a part at most; by default as many as give each thread one part.
    """
    size = max(1, -(-rows // max(1, threads)))
    if most is not None:
        size = min(size, most)
    parts = [slice(start, min(start + size, rows)) for start in range(0, rows, size)]
    if len(parts) < 2 or threads < 2:
        for part in parts:
            work(part)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, parts))
