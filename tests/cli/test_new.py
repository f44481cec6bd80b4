"""``sectorlab new``: what it writes works as it stands: lint, types, its own test, and the checks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from joblib.externals.loky import get_reusable_executor
from typer.testing import Result

Call = Callable[..., Result]
NAMES = ("t", "rail_freight", "a_use_case_of_thirty_letters_x")


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    for name in NAMES:
        sys.modules.pop(name, None)


def written(call: Call, name: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a package, and put it on the path as installing it would."""
    result = call("new", name, "--out", "made")
    assert result.exit_code == 0, result.stderr
    folder = Path("made", name).resolve()
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    points = project["project"]["entry-points"]["sectorlab.usecases"]
    info = folder / "made-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['project']['name']}\nVersion: 0.1.0\n"
    )
    lines = [f"{name} = {value}" for name, value in points.items()]
    (info / "entry_points.txt").write_text("\n".join(["[sectorlab.usecases]", *lines]) + "\n")
    monkeypatch.syspath_prepend(str(folder))
    # Workers that are still there from another test do not know the new path.
    get_reusable_executor().shutdown(wait=True)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), os.environ["PYTHONPATH"]]))
    return folder


def passes(folder: Path, *words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_written(call: Call) -> None:
    result = call("new", "rail_freight")
    files = sorted(
        p.relative_to("rail_freight").as_posix() for p in Path("rail_freight").rglob("*") if p.is_file()
    )
    assert files == [
        "docs/rail_freight.md", "pyproject.toml", "rail_freight/__init__.py", "rail_freight/py.typed",
        "tests/test_rail_freight.py",
    ]  # fmt: skip
    assert "$" not in "".join((Path("rail_freight") / file).read_text(encoding="utf-8") for file in files)
    assert "sectorlab check rail_freight" in result.stdout
    project = tomllib.loads(Path("rail_freight/pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["name"] == "sectorlab-rail-freight"


def test_it_runs_and_says_something(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    written(call, "rail_freight", monkeypatch)
    page = call("run", "rail_freight", "--size", "tiny", "--seeds", "6", "--workers", "1").stdout
    assert "In simulation, learning gains" in page
    assert "(regression on 6)" in page
    result = call("check", "rail_freight", "--seeds", "5")
    assert result.exit_code == 0, result.output


@pytest.mark.slow
def test_its_own_test_passes(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = written(call, "rail_freight", monkeypatch)
    passes(folder, "pytest", "-q", "-p", "no:cacheprovider")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_lint_and_types(call: Call, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    if shutil.which("ruff") is None or shutil.which("mypy") is None:
        pytest.skip("ruff and mypy are not on the path")
    folder = written(call, name, monkeypatch)
    passes(folder, "ruff", "check", "--no-cache", ".")
    passes(folder, "ruff", "format", "--no-cache", "--check", ".")
    if name == "rail_freight":
        passes(folder, "mypy", "--cache-dir", os.devnull, ".")
