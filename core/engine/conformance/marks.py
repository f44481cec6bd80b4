"""Fingerprints of anything that holds numbers, so that two of them can be compared to the bit."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

LEAVES = (np.ndarray, np.generic, bool, int, float, complex, str, bytes)
TEXTS = "OUST"
"""Kinds of arrays whose bytes say nothing of their content."""


def leaves(value: Any, path: str = "", inside: frozenset[int] = frozenset()) -> Iterator[tuple[str, Any]]:
    """Walk through dataclasses, mappings, sequences, frames and objects to the arrays and scalars in them.

    Parameters
    ----------
    value
        Where to start.
    path, inside
        Where the walk is, and what it is inside of, so that a ring ends it.

    Yields
    ------
    tuple of str and object
        The way to a leaf, and the leaf.

    Examples
    --------
    >>> dict(leaves({"a": [1, 2.5], "b": None}))
    {'.a.0': 1, '.a.1': 2.5, '.b': None}
    """
    if value is None or isinstance(value, LEAVES):
        yield path, value
        return
    if id(value) in inside:
        return
    inside |= {id(value)}
    for name, child in _children(value):
        yield from leaves(child, f"{path}.{name}", inside)


def _children(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from ((str(name), child) for name, child in value.items())
    elif isinstance(value, list | tuple):
        yield from ((str(index), child) for index, child in enumerate(value))
    elif isinstance(value, set | frozenset):
        yield from ((str(index), child) for index, child in enumerate(sorted(value, key=repr)))
    elif isinstance(value, np.random.Generator):
        yield "state", value.bit_generator.state
    elif hasattr(value, "columns") and hasattr(value, "to_numpy"):
        yield from ((str(name), value[name].to_numpy()) for name in value.columns)
    elif isinstance(value, type):
        yield "type", value.__qualname__
    elif dataclasses.is_dataclass(value):
        # What it is made of: what it has computed from that and kept for itself is no change of it.
        yield "type", type(value).__qualname__
        for field in dataclasses.fields(value):
            if field.init:
                yield field.name, getattr(value, field.name)
    elif callable(value) and hasattr(value, "__qualname__"):
        yield "name", value.__qualname__
        cells = getattr(value, "__closure__", None) or ()
        yield from ((str(index), cell.cell_contents) for index, cell in enumerate(cells))
    else:
        yield "type", type(value).__qualname__
        yield from getattr(value, "__dict__", {}).items()


def digest(leaf: Any) -> str:
    """Hash an array or a scalar with its type and shape; equal texts are equal, however they are kept."""
    if isinstance(leaf, np.ndarray) and leaf.dtype.kind not in TEXTS:
        text, content = f"{leaf.dtype.str}{leaf.shape}", np.ascontiguousarray(leaf).tobytes()
    elif isinstance(leaf, np.ndarray):
        text, content = f"text{leaf.shape}", "\0".join(map(str, leaf.ravel().tolist())).encode()
    else:
        plain = leaf.item() if isinstance(leaf, np.generic) else leaf
        text, content = type(plain).__name__, repr(plain).encode()
    return hashlib.sha256(text.encode() + content).hexdigest()


def marks(value: Any) -> dict[str, str]:
    """Fingerprint every leaf, by the way to it."""
    return {path: digest(leaf) for path, leaf in leaves(value)}


def differing(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """Say which leaves differ or are in one alone.

    Examples
    --------
    >>> differing(marks({"a": 1, "b": 2}), marks({"a": 1, "b": 3}))
    ['.b']
    """
    return [path for path in one.keys() | other.keys() if one.get(path) != other.get(path)]
