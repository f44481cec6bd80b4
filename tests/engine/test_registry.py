"""Use cases by entry point: found without import, and a broken one does not take the others with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.engine import registry
from core.errors import UserError

MODULE = """
from sectorlab_toys.control import Control
class Mine(Control):
    name = "{name}"
USECASE = Mine()
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Install a package with one module and one entry point."""

    def installed(owner: str, name: str, source: str, attribute: str = "USECASE") -> None:
        place = tmp_path / owner
        info = place / f"{owner}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {owner}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[{registry.GROUP}]\n{name} = {owner}_module:{attribute}\n")
        (place / f"{owner}_module.py").write_text(source)
        monkeypatch.syspath_prepend(place)

    return installed


def test_names_come_without_import() -> None:
    script = (
        "import sys; from core.engine.registry import names; found = names();"
        "assert 'toy_drift' in found, found;"
        "assert not [m for m in sys.modules if m.startswith(('sectorlab_toys', 'usecases.'))]"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_outside_package_is_found(install) -> None:  # type: ignore[no-untyped-def]
    install("outside", "outside_toy", MODULE.format(name="outside_toy"))
    assert "outside_toy" in registry.names()
    assert registry.load("outside_toy").name == "outside_toy"


def test_an_unknown_name_meets_the_nearest() -> None:
    with pytest.raises(UserError, match=r"'toy_contol' is not installed; did you mean 'toy_control'\?"):
        registry.load("toy_contol")
    with pytest.raises(UserError, match=r"'qqqqq' is not installed; there are: .*toy_budget"):
        registry.load("qqqqq")


@pytest.mark.parametrize(
    ("source", "attribute", "sentence"),
    [
        (
            "raise RuntimeError('out of order')",
            "USECASE",
            r"cannot be imported \(RuntimeError: out of order\)",
        ),
        ("import no_such_library", "USECASE", r"cannot be imported \(ModuleNotFoundError: .*no_such_library"),
        ("x = 1", "USECASE", r"cannot be imported \(AttributeError"),
        ("x = 1", "x", r"is a int, not a UseCase; let the entry point name an instance"),
        (MODULE.format(name="other"), "USECASE", r"leads to a use case named 'other'; give both the same"),
    ],
)
def test_a_broken_package_is_told_and_skipped(  # type: ignore[no-untyped-def]
    install, source: str, attribute: str, sentence: str, request: pytest.FixtureRequest
) -> None:
    owner = f"broken{abs(hash(request.node.name))}"
    install(owner, "broken_toy", source, attribute)
    with pytest.raises(UserError, match=sentence):
        registry.load("broken_toy")
    cases, broken = registry.load_all()
    assert list(broken) == ["broken_toy"]
    assert {"toy_budget", "toy_control", "toy_drift"} <= cases.keys()


def test_one_name_from_two_packages(install) -> None:  # type: ignore[no-untyped-def]
    install("first", "twice", MODULE.format(name="twice"))
    install("second", "twice", MODULE.format(name="twice"))
    assert registry.names().count("twice") == 1
    with pytest.raises(UserError, match="'twice' is offered by two packages, first and second; uninstall"):
        registry.load("twice")
