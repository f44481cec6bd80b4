"""Which fields of a scenario a play has read: where only others move, it would come to the same again."""

from __future__ import annotations

import types
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from core.protocol import Scenario


def watched(scenario: Scenario) -> tuple[Scenario, set[str]]:
    """Give a scenario's double, and the names of its fields that have been read of it so far.

    Whoever asks for what every scenario has, such as its hash or ``model_dump``, has read all fields. Doubles
    of one class share the set: it starts anew with each.

    Examples
    --------
    >>> double, read = watched(Scenario())
    >>> double.adoption, sorted(read)
    (1.0, ['adoption'])
    """
    model, read = _watched(type(scenario))
    read.clear()
    return model.model_construct(**dict(scenario)), read


@lru_cache(maxsize=32)
def _watched(model: type[Scenario]) -> tuple[type[Scenario], set[str]]:
    read: set[str] = set()
    fields = frozenset(model.model_fields)

    def get(self: Any, name: str) -> Any:
        if name in fields:
            read.add(name)
        elif hasattr(BaseModel, name):
            read.update(fields)
        return model.__getattribute__(self, name)

    def missing(self: Any, name: str) -> Any:
        # Whether there is such a field hangs on no value; a private one may hang on all.
        if name in model.__private_attributes__:
            return self.__pydantic_private__[name]
        raise AttributeError(f"{model.__name__!r} has no {name!r}")

    seen = {"__getattribute__": get, "__getattr__": missing}
    return types.new_class(model.__name__, (model,), exec_body=lambda body: body.update(seen)), read
