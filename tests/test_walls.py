"""The walls of the house: who may import whom, and what nobody may use.

The rules stand in tables; ``broken`` reads the source of a tree and says in words what breaks one.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("core", "data_synth", "usecases", "dashboards")
CHECKED = (*PACKAGES, "tests", "benchmarks")


@dataclass(frozen=True)
class Wall:
    """Modules under ``who`` import nothing under ``never``, apart from ``but``."""

    who: str
    never: tuple[str, ...]
    but: tuple[str, ...] = ()


WALLS = (
    Wall("core", ("usecases", "dashboards")),
    Wall("data_synth", ("usecases", "dashboards", "core"), but=("core.protocol",)),
    Wall("data_synth", ("torch", "lightgbm", "sklearn")),
    Wall("usecases", ("dashboards", "core.cli")),
)
HEART = "core.protocol"
HEART_MAY_IMPORT = ("numpy", "pydantic", *sys.stdlib_module_names)

PICKLE = "it runs code on loading; keep arrays in safetensors and the rest in JSON"
NOBODY = dict.fromkeys(
    ("pickle", "cPickle", "cloudpickle", "dill", "marshal", "shelve", "pandas.read_pickle",
     "joblib.load", "joblib.dump", "torch.load", "torch.save"),
    PICKLE,
)  # fmt: skip
SHARED_STATE = ("numpy.random", "random")
OWN_STATE = (
    "random.Random",
    "numpy.random.BitGenerator", "numpy.random.Generator", "numpy.random.SeedSequence",
    "numpy.random.PCG64", "numpy.random.PCG64DXSM", "numpy.random.Philox", "numpy.random.SFC64",
    "numpy.random.default_rng",
)  # fmt: skip
EMPTY_WORDS = {"util", "utils", "helper", "helpers", "manager", "managers", "misc", "common"}


def under(name: str, *prefixes: str) -> bool:
    """Whether a dotted name is one of the prefixes or lies inside one."""
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)


def dotted(node: ast.AST, known: dict[str, str]) -> str:
    """Full name of ``a.b.c`` where ``a`` was imported, else ""."""
    if isinstance(node, ast.Name):
        return known.get(node.id, "")
    if isinstance(node, ast.Attribute) and (front := dotted(node.value, known)):
        return f"{front}.{node.attr}"
    return ""


def imported(node: ast.AST, package: str) -> dict[str, str]:
    """What an import statement, or a call that imports, binds: local name to full name."""
    match node:
        case ast.Import():
            return {a.asname or a.name: a.name for a in node.names}
        case ast.ImportFrom():
            parts = package.split(".")
            front = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
            front = ".".join(filter(None, (front, node.module)))
            return {a.asname or a.name: f"{front}.{a.name}" for a in node.names}
        case ast.Call(func=ast.Name(id=call) | ast.Attribute(attr=call), args=[ast.Constant(str(name)), *_]):
            return {"": name} if call in ("import_module", "__import__") else {}
    return {}


def broken(tree: Path) -> Iterator[str]:
    """Say each rule that a source tree breaks, with the file and the line."""
    for path in sorted(p for top in CHECKED for p in (tree / top).rglob("*.py")):
        file = path.relative_to(tree)
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        for line, said in broken_by(nodes, file.with_suffix("").parts):
            yield f"{file}:{line}: {said}"


def broken_by(nodes: list[ast.AST], parts: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Say line and rule for each rule that the module at ``parts`` breaks."""
    module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    typing_only = set(map(id, types_only(nodes)))
    known: dict[str, str] = {}
    for node in nodes:
        line = getattr(node, "lineno", 0)
        for local, name in imported(node, ".".join(parts[:-1])).items():
            # `import a.b` binds `a`; `import a.b as c` binds `c` to `a.b`.
            known |= {local: name} if "." not in local else {local.split(".")[0]: name.split(".")[0]}
            for wall in WALLS:
                if under(module, wall.who) and under(name, *wall.never) and not under(name, *wall.but):
                    yield line, f"{wall.who} must not import {name}"
            if module == HEART and id(node) not in typing_only and not under(name, *HEART_MAY_IMPORT):
                yield line, f"{HEART} imports only numpy, pydantic and the standard library, not {name}"
            yield from ((line, said) for said in banned(name))
    for node in nodes:
        if isinstance(node, ast.Attribute):
            yield from ((node.lineno, said) for said in banned(dotted(node, known)))


def types_only(nodes: list[ast.AST]) -> Iterator[ast.AST]:
    """Whatever stands under ``if TYPE_CHECKING``, but not under its ``else``."""
    for node in nodes:
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for statement in node.body:
                yield from ast.walk(statement)


def banned(name: str) -> Iterator[str]:
    """Say why nobody may use a name."""
    for what, why in NOBODY.items():
        if under(name, what):
            yield f"nobody may use {name}: {why}"
    if name.startswith(tuple(f"{module}." for module in SHARED_STATE)) and not under(name, *OWN_STATE):
        yield f"nobody may use {name}: everybody shares its state; draw from the luck that was handed in"


def empty_names(tree: Path) -> Iterator[str]:
    """Say each folder or module whose name says nothing, or that hides another module from Streamlit."""
    inside = (p for top in PACKAGES for p in (tree / top).rglob("*") if p.is_dir() or p.suffix == ".py")
    for path in sorted({*(p for p in tree.iterdir() if p.is_dir()), *inside}):
        if path.stem.lower() in EMPTY_WORDS:
            yield f"{path.relative_to(tree)}: name it after what it holds"
    for path in sorted((tree / "dashboards").glob("*")):
        if path.stem in (*sys.stdlib_module_names, *PACKAGES):
            yield f"dashboards/{path.name}: first on Streamlit's path, so it would hide {path.stem}"


def test_walls_hold() -> None:
    assert not list(broken(ROOT))


def test_names_say_something() -> None:
    assert not list(empty_names(ROOT))


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("core/engine/run.py", "from usecases.datacenter_pue import USECASE"),
        ("core/cli/main.py", "def main():\n    import dashboards.app"),
        ("core/engine/registry.py", "import importlib\nimportlib.import_module('usecases.datacenter_pue')"),
        ("core/engine/registry.py", "from ...usecases import datacenter_pue"),
        ("core/engine/types.py", "if TYPE_CHECKING:\n    from usecases import datacenter_pue"),
        ("data_synth/weather.py", "from core.engine import seeds"),
        ("data_synth/weather.py", "from core import protocol, stats"),
        ("data_synth/weather.py", "import lightgbm as lgb"),
        ("data_synth/weather.py", "def fit():\n    from sklearn.linear_model import Ridge"),
        ("usecases/mill/charts.py", "from dashboards import app"),
        ("usecases/mill/charts.py", "from core.cli.main import main"),
        ("core/protocol.py", "import pandas as pd"),
        ("core/protocol.py", "from core.errors import Refused"),
        ("core/protocol.py", "if TYPE_CHECKING:\n    pass\nelse:\n    import pandas"),
        ("core/store/runs.py", "import pickle"),
        ("tests/test_store.py", "from joblib import load"),
        ("tests/test_store.py", "import joblib as j\nj.load('x')"),
        ("benchmarks/speed.py", "import torch\ntorch.load('x')"),
        ("core/stats/draw.py", "import numpy as np\nnp.random.seed(1)"),
        ("core/stats/draw.py", "import numpy as np\ndef f():\n    return np.random.normal()"),
        ("core/stats/draw.py", "from numpy import random as r\nr.rand(3)"),
        ("core/stats/draw.py", "from numpy.random import shuffle"),
        ("data_synth/shifts.py", "import random\nrandom.random()"),
    ],
)  # fmt: skip
def test_a_broken_wall_is_seen(tmp_path: Path, file: str, source: str) -> None:
    bad = tmp_path / file
    bad.parent.mkdir(parents=True)
    bad.write_text(source, encoding="utf-8")
    said = list(broken(tmp_path))
    assert said
    assert all(line.startswith(file) for line in said)


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("core/protocol.py", "import math\nfrom numpy.typing import NDArray\nimport pydantic"),
        ("core/protocol.py", "if TYPE_CHECKING:\n    from core.results import Run"),
        ("data_synth/weather.py", "from core.protocol import Luck\nfrom . import physics\nimport numba"),
        ("usecases/mill/play.py", "from core.protocol import Kpi\nfrom data_synth import sea\nimport torch"),
        ("core/stats/draw.py", "import numpy as np\nrng: np.random.Generator = np.random.default_rng(1)"),
        ("core/stats/draw.py", "from numpy import random\nrandom.SeedSequence(1)"),
        ("core/stats/draw.py", "def f(random):\n    return random.normal()"),
        ("core/sweep/pool.py", "from joblib import Parallel, delayed\nimport torch\ntorch.manual_seed(1)"),
        ("dashboards/app.py", "import streamlit as st\nfrom core.engine import run\nimport usecases"),
    ],
)  # fmt: skip
def test_an_open_door_stays_open(tmp_path: Path, file: str, source: str) -> None:
    good = tmp_path / file
    good.parent.mkdir(parents=True)
    good.write_text(source, encoding="utf-8")
    assert not list(broken(tmp_path))


@pytest.mark.parametrize(
    "name", ["utils", "core/helpers.py", "usecases/mill/managers", "dashboards/random.py"]
)
def test_an_empty_name_is_seen(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.mkdir(parents=True)
    assert [line.split(":")[0] for line in empty_names(tmp_path)] == [name]
