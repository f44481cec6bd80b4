"""Policies on disk: a JSON tree, arrays in safetensors, models as text. No pickle.

A policy is a tree of dataclasses, so one walk serves all of them. Only dataclasses of the learning core
and of the use case's own package are ever built again.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import UserError
from core.protocol import Policy

LONG_TEXT = 2_000
"""Texts beyond this many characters, such as boosted trees, get a file of their own."""


class _Writer:
    def __init__(self) -> None:
        self.arrays: dict[str, np.ndarray[Any, Any]] = {}
        self.texts: list[str] = []

    def tree(self, value: Any, where: str) -> Any:
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = {
                f.name: self.tree(getattr(value, f.name), f"{where}.{f.name}")
                for f in dataclasses.fields(value)
                if f.init
            }
            return {"is": f"{type(value).__module__}:{type(value).__qualname__}", "fields": fields}
        if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
            # Two ways may read alike (".a.b"), so each array is numbered as well.
            name = f"{len(self.arrays)} {where}"
            self.arrays[name] = np.asarray(value, dtype=value.dtype.newbyteorder("="), order="C")
            return {"array": name}
        if isinstance(value, np.generic):
            return self.tree(value.item(), where)
        if isinstance(value, str) and len(value) > LONG_TEXT:
            self.texts.append(value)
            return {"text": len(self.texts) - 1}
        if isinstance(value, float):
            return {"float": repr(value)}
        if isinstance(value, tuple | list):
            kind = "tuple" if isinstance(value, tuple) else "list"
            return {kind: [self.tree(item, f"{where}.{i}") for i, item in enumerate(value)]}
        if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
            return {"map": {key: self.tree(item, f"{where}.{key}") for key, item in value.items()}}
        if value is None or isinstance(value, bool | int | str):
            return {"value": value}
        kind = f"{value.dtype} array" if isinstance(value, np.ndarray) else type(value).__name__
        raise TypeError(f"{where} is a {kind}: a policy holds only data that can be kept")


def save(policy: Policy, folder: Path) -> None:
    """Write a policy into a folder.

    Raises
    ------
    TypeError
        When it holds anything but numbers, texts, arrays of numbers, tuples, lists, mappings from texts,
        and dataclasses of these.
    """
    from safetensors.numpy import save_file

    writer = _Writer()
    tree = writer.tree(policy, "policy")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "policy.json").write_text(json.dumps(tree), encoding="utf-8")
    if writer.arrays:
        save_file(writer.arrays, folder / "arrays.safetensors")
    for index, text in enumerate(writer.texts):
        _text(folder, index).write_text(text, encoding="utf-8", newline="")


def load(folder: Path, packages: tuple[str, ...]) -> Policy:
    """Build a policy again. The caller has verified the files' fingerprints.

    Parameters
    ----------
    folder
        Where :func:`save` wrote.
    packages
        Packages whose dataclasses may be built, beside ``core``.

    Raises
    ------
    UserError
        When the tree names anything else.
    """
    from safetensors.numpy import load_file

    path = folder / "arrays.safetensors"
    arrays = load_file(path) if path.exists() else {}

    def build(node: Mapping[str, Any]) -> Any:
        (kind, content), *rest = node.items()
        match kind:
            case "is":
                return _class(content, ("core", *packages))(
                    **{name: build(child) for name, child in dict(rest)["fields"].items()}
                )
            case "array":
                return arrays[content]
            case "text":
                return _text(folder, content).read_bytes().decode("utf-8")
            case "float":
                return float(content)
            case "tuple":
                return tuple(build(child) for child in content)
            case "list":
                return [build(child) for child in content]
            case "map":
                return {name: build(child) for name, child in content.items()}
            case _:
                return content

    policy = build(json.loads((folder / "policy.json").read_text(encoding="utf-8")))
    assert isinstance(policy, Policy)
    return policy


def _text(folder: Path, index: int) -> Path:
    return folder / f"text-{index}.txt"


def _class(name: str, packages: tuple[str, ...]) -> type[Any]:
    module, _, qualified = name.partition(":")
    if module.partition(".")[0] in packages and qualified.isidentifier():
        found = getattr(importlib.import_module(module), qualified, None)
        if isinstance(found, type) and dataclasses.is_dataclass(found):
            return found
    allowed = " or ".join(packages)
    raise UserError(f"policy: {name!r} is not a dataclass of {allowed}; retrain it with --fresh.")
