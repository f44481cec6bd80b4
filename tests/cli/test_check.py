"""``sectorlab check``: physics, realism and conformance; 1 when something fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from core.engine import conformance
from core.protocol import Check

Call = Callable[..., Result]
Install = Callable[[str, dict[str, str], str], Path]
# The realism band holds for the climate as published alone; the physics can be broken on purpose.
SOURCE = """
import math
from core.protocol import Check
from sectorlab_toys.control import Control

class Mine(Control):
    name = "mine"
    floor = 0.0

    def checks(self, scenario, world):
        both = {"en": "Smallest noise", "ko": "K"}
        yield Check("noise", "physics", both, world.noise, self.floor, math.inf, "kWh", "definition")
        both = {"en": "Spread of the weather", "ko": "K"}
        yield Check("spread", "realism", both, float(world.weather.std()), 4.0, 8.0, "K", "a weather service")

USECASE = Mine()
"""
LABEL = {"en": "Rule", "ko": "R"}
KEPT = Check("kept", "conformance", LABEL, 0.0, 0.0, 0.0, "problems", "docs/new_industry.md")
BROKEN = Check(
    "broken", "conformance", LABEL, 2.0, 0.0, 0.0, "problems", "docs/new_industry.md", "what was met"
)


@pytest.fixture
def kit(monkeypatch: pytest.MonkeyPatch) -> list[Check]:
    """Stand in for the conformance kit, whose answers a test may change."""
    answers = [KEPT]

    def conform(case: Any, *, seeds: int, progress: Any) -> list[Check]:
        progress(0, 1, "asking")
        return answers

    monkeypatch.setattr(conformance, "conform", conform)
    return answers


@pytest.mark.usefixtures("kit")
def test_all_pass(call: Call, install: Install) -> None:
    install("mining", {"mine": "mining:USECASE"}, SOURCE)
    result = call("check", "mine", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["usecase"], found["size"], found["seeds"], found["passed"]) == ("mine", "tiny", 20, True)
    # Published figures describe the default, so a situation answers for physics alone.
    assert [(c["name"], c["kind"], c["situation"]) for c in found["checks"]] == [
        ("noise", "physics", None), ("spread", "realism", None), ("noise", "physics", "harsh"),
        ("kept", "conformance", None),
    ]  # fmt: skip
    assert found["checks"][0] | {"label": 0} == {
        "name": "noise", "kind": "physics", "label": 0, "value": 0.5, "low": 0.0, "high": None, "unit": "kWh",
        "source": "definition", "detail": "", "situation": None, "passed": True,
    }  # fmt: skip


@pytest.mark.usefixtures("kit")
def test_the_page(call: Call, install: Install) -> None:
    install("mining", {"mine": "mining:USECASE"}, SOURCE)
    page = call("check", "mine").stdout
    for words in (
        "Physics",
        "Realism",
        "Conformance",
        "4 .. 8",
        ">= 0",
        "a weather service",
        "[harsh]",
        "pass",
    ):
        assert words in page
    assert page.splitlines()[-1] == "mine: All 4 checks pass."
    assert max(map(len, page.splitlines())) <= 100


@pytest.mark.usefixtures("kit")
def test_a_world_that_breaks_a_law(call: Call, install: Install) -> None:
    install("mining", {"mine": "mining:USECASE"}, SOURCE.replace("floor = 0.0", "floor = 0.6"))
    result = call("check", "mine")
    assert result.exit_code == 1
    assert "FAIL" in result.stdout
    assert result.stdout.splitlines()[-1] == "mine: 2 of 4 checks fail."


def test_a_broken_rule_says_what_was_met(call: Call, kit: list[Check]) -> None:
    kit.append(BROKEN)
    result = call("check", "toy_control")
    assert result.exit_code == 1
    assert "Rule: what was met" in result.stdout
    result = call("check", "toy_control", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["passed"] is False
    assert result.stderr == ""


def test_the_kit_itself(call: Call) -> None:
    result = call("check", "toy_control", "--seeds", "5")
    assert result.exit_code == 0, result.output
    assert "Nobody beats a bound" in result.stdout
