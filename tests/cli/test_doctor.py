"""``sectorlab doctor``: fine, worth a look, or broken, with what to do."""

from __future__ import annotations

import importlib.metadata
import json
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from core import doctor

Call = Callable[..., Result]
Install = Callable[[str, dict[str, str], str], Path]


def test_this_installation(call: Call) -> None:
    result = call("doctor", "--json")
    found = {one["what"]: one for one in json.loads(result.stdout)}
    assert {"python", "use cases", "device", "threads", "store", "chromium"} <= set(found)
    assert found["packages"]["state"] == "fine", found["packages"]
    assert not Path("runs").exists()  # looking makes nothing
    assert "toy_control" in call("doctor").stdout
    assert result.exit_code == int(any(one["state"] == "broken" for one in found.values()))


def test_an_old_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.sys, "version_info", (3, 10, 1))
    assert doctor.python().state == "broken"


def test_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    declared = ["numpy>=2.2", "rich>=9999", "no-such-library>=1", "ruff>=0; extra == 'test'"]
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: declared)
    found = {one.what: one for one in doctor.versions()}
    assert set(found) == {"rich", "no-such-library"}
    assert found["rich"].state == "broken"
    assert "pip install 'rich>=9999'" in found["rich"].said
    assert found["no-such-library"].said.startswith("missing")
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: declared[:1])
    assert [one.state for one in doctor.versions()] == ["fine"]


def test_a_name_that_belongs_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    def owners() -> dict[str, list[str]]:
        return {"core": ["SectorLab", "other-suite"], "usecases": ["sectorlab", "sectorlab"]}

    monkeypatch.setattr(importlib.metadata, "packages_distributions", owners)
    found = list(doctor.flat_names())
    assert [(one.what, one.state) for one in found] == [("package core", "broken")]
    assert "other-suite" in found[0].said


def test_a_name_that_comes_from_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    Spec = namedtuple("Spec", "origin")
    real = doctor.importlib.util.find_spec
    elsewhere = Spec(str(tmp_path / "dashboards" / "__init__.py"))
    monkeypatch.setattr(
        doctor.importlib.util, "find_spec", lambda name: elsewhere if name == "dashboards" else real(name)
    )
    found = list(doctor.flat_names())
    assert [(one.what, one.state) for one in found] == [("package dashboards", "broken")]


def test_a_broken_plug_in(call: Call, install: Install) -> None:
    install("wreck", {"wreck": "wreck:USECASE"}, "1 / 0\n")
    result = call("doctor", "--json")
    assert result.exit_code == 1
    broken = [one for one in json.loads(result.stdout) if one["state"] == "broken"]
    assert any(one["what"] == "use case wreck" and "ZeroDivisionError" in one["said"] for one in broken)
    assert "broken " in call("doctor").stdout


def test_a_store_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert doctor.storage(tmp_path / "file" / "runs").state == "broken"
    assert doctor.storage(tmp_path / "new" / "runs").state in ("fine", "look")


def test_no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    assert doctor.browser().state == "look"
