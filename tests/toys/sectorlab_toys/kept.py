"""Policies of every shape that the store keeps, and some that it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.protocol import Array, Policy, Table


@dataclass(frozen=True)
class Layer:
    """A part of a policy."""

    weights: Array
    name: str = ""
    inner: Layer | None = None


@dataclass
class Anything(Policy):
    """Holds whatever it is given."""

    content: Any
    layers: tuple[Layer, ...] = ()
    words: Mapping[str, Any] = field(default_factory=dict)
    derived: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.derived = len(self.layers)

    def act(self, seen: Table, rules: Table) -> Table:
        return {}


class NotADataclass:
    """What the store never builds."""

    def __init__(self, **given: Any) -> None:
        raise AssertionError("this was built from a file")


def not_a_class(**given: Any) -> None:
    """What the store never calls."""
    raise AssertionError("this was called from a file")
