"""Packages from outside: listed from metadata, told when broken, refused when two claim one name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from typer.testing import Result

Call = Callable[..., Result]
Install = Callable[[str, dict[str, str], str], Path]
TOY = (
    "from sectorlab_toys.control import Control\nclass Mine(Control):\n    name = 'mine'\nUSECASE = Mine()\n"
)


def test_list(call: Call, install: Install) -> None:
    install("mining", {"mine": "mining:USECASE"}, TOY)
    page = call("list").stdout
    assert page.splitlines()[0].split() == ["use", "case", "from", "package"]
    assert ["mine", "mining"] in [line.split() for line in page.splitlines()]
    found = {e["name"]: e["packages"] for e in json.loads(call("list", "--json").stdout)}
    assert found["mine"] == ["mining"]
    assert found["toy_control"] == ["sectorlab-toys"]


def test_an_outside_package_runs(call: Call, install: Install) -> None:
    install("mining", {"mine": "mining:USECASE"}, TOY)
    result = call("run", "mine", "--size", "tiny", "--seeds", "1", "--workers", "1", "--json")
    assert json.loads(result.stdout)["usecase"] == "mine"


def test_a_broken_one_is_skipped_and_told(call: Call, install: Install) -> None:
    install("wreck", {"wreck": "wreck:USECASE"}, "import a_module_that_is_not_there\n")
    assert call("list").stderr == ""  # names cost no import
    result = call("list", "--long", "--json")
    assert result.exit_code == 0
    titles = {entry["name"]: entry["title"] for entry in json.loads(result.stdout)}
    assert titles["wreck"] is None
    assert titles["toy_control"]["en"] == "Toy: a set-point"
    assert (
        "skipped: use case: 'wreck' from wreck:USECASE cannot be imported (ModuleNotFoundError"
        in result.stderr
    )
    refused = call("run", "wreck")
    assert refused.exit_code == 2
    assert refused.stderr.count("\n") == 1
    assert "repair or uninstall its package" in refused.stderr


def test_what_is_no_use_case(call: Call, install: Install) -> None:
    install("odd", {"odd": "odd:USECASE"}, "USECASE = 3\n")
    assert "is a int, not a UseCase" in call("show", "odd").stderr
    install("alias", {"alias": "alias:USECASE"}, TOY)
    assert "leads to a use case named 'mine'" in call("show", "alias").stderr


def test_two_packages_with_one_name(call: Call, install: Install) -> None:
    install("mining", {"mine": "mining:USECASE"}, TOY)
    install("quarry", {"mine": "quarry:USECASE"}, TOY)
    said = "use case: 'mine' is offered by two packages, mining and quarry; uninstall one of them.\n"
    for words in (("show", "mine"), ("run", "mine"), ("check", "mine")):
        result = call(*words)
        assert (result.exit_code, result.stdout, result.stderr) == (2, "", said)
    for words in (("list",), ("list", "--json"), ("list", "--long")):
        result = call(*words)
        assert result.exit_code == 0
        assert result.stderr == said
    entries: list[dict[str, Any]] = json.loads(call("list", "--json").stdout)
    assert next(e for e in entries if e["name"] == "mine")["packages"] == ["mining", "quarry"]
