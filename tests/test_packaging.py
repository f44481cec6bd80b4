"""What is installed is what the project says: names, versions, entry points, the wheel.

The four flat names are short, and another distribution could silently overwrite them.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import core

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("core", "dashboards", "data_synth", "usecases")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def plain(name: str) -> str:
    """A distribution's name in its normal form."""
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("name", NAMES)
def test_a_flat_name_has_one_owner(name: str) -> None:
    # An editable install lists no modules and so claims none here; a wheel claims all four.
    owners = metadata.packages_distributions().get(name, ["sectorlab"])
    assert set(owners) == {"sectorlab"}, f"{name} belongs to {owners}: make an environment of its own"
    assert [plain(d.name) for d in metadata.distributions()].count("sectorlab") == 1


def test_flat_names_come_from_one_place() -> None:
    places = set()
    for name in NAMES:
        spec = find_spec(name)
        assert spec is not None, f"{name} is not installed"
        assert spec.origin is not None, f"{name} has no __init__.py"
        places.add(Path(spec.origin).parents[1])
    assert places == {Path(core.__file__).parents[1]}


def test_version_is_said_once() -> None:
    said = metadata.version("sectorlab")
    assert said == PROJECT["version"]
    assert said == getattr(core, "__version__", said)


def test_entry_points() -> None:
    ours = {(e.group, e.name): e.value for e in metadata.distribution("sectorlab").entry_points}
    declared = {("console_scripts", name): value for name, value in PROJECT["scripts"].items()}
    for group, points in PROJECT["entry-points"].items():
        declared |= {(group, name): value for name, value in points.items()}
    assert ours == declared


def test_pins_are_exact_and_inside_the_ranges() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    versions = {plain(name): version for name, version in pins.items()}
    asked = [*PROJECT["dependencies"], *(r for rs in PROJECT["optional-dependencies"].values() for r in rs)]
    for requirement in map(Requirement, asked):
        if plain(requirement.name) == "sectorlab":
            continue
        assert plain(requirement.name) in versions, f"{requirement.name} has no pin in constraints.txt"
        assert versions[plain(requirement.name)] in requirement.specifier, f"the pin breaks {requirement}"


def test_wheel_holds_the_four_packages_and_their_files(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    info = f"sectorlab-{PROJECT['version']}.dist-info"
    assert {name.split("/")[0] for name in held} == {*NAMES, info}
    assert {f"{name}/py.typed" for name in NAMES} <= held
    assert f"{info}/licenses/LICENSE" in held
    modules = {p.relative_to(ROOT).as_posix() for name in NAMES for p in (ROOT / name).rglob("*.py")}
    assert modules <= held
