"""The conformance kit passes the toys, and sees each way in which one is broken."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sectorlab_toys.broken import BROKEN, MissingKpi
from sectorlab_toys.heavy import HeavyImport

from core.engine.conformance import QUESTIONS, conform
from core.engine.conformance.marks import differing, leaves, marks
from core.engine.registry import load
from core.errors import UserError
from core.protocol import Check, UseCase

TOYS = ("toy_control", "toy_drift", "toy_budget")


def red(checks: list[Check]) -> dict[str, str]:
    """What is met by each check that does not pass."""
    return {check.name: check.detail for check in checks if not check.passed}


@pytest.mark.parametrize("name", TOYS)
def test_the_toys_conform(name: str) -> None:
    told = []
    checks = conform(load(name), progress=lambda done, total, what: told.append((done, total, what)))
    assert red(checks) == {}
    assert [check.name for check in checks] == [question.name for question in QUESTIONS]
    assert {check.kind for check in checks} == {"conformance"}
    assert all(check.label["en"] and check.label["ko"] and check.source and check.unit for check in checks)
    assert [done for done, _, _ in told] == list(range(len(QUESTIONS) + 1))


@pytest.mark.parametrize(("broken", "expected"), BROKEN, ids=lambda value: getattr(value, "__name__", ""))
def test_each_fault_turns_its_checks_red(broken: type[UseCase[Any, Any, Any]], expected: set[str]) -> None:
    found = red(conform(broken(), seeds=5))
    assert set(found) == expected, found
    assert all(found.values()), "a red check says what it met"


def test_a_heavy_import_is_seen() -> None:
    assert red(conform(HeavyImport(), seeds=5)) == {"light_import": "sectorlab_toys.heavy imports pandas"}


def test_a_missing_kpi_is_an_answer_and_not_the_end() -> None:
    found = red(conform(MissingKpi(), seeds=5))
    assert {"outcomes", "report"} <= set(found)
    assert "comfort" in found["outcomes"]


def test_every_question_can_be_failed() -> None:
    assert {name for _, names in BROKEN for name in names} | {"light_import"} == {q.name for q in QUESTIONS}


def test_few_seeds_are_refused() -> None:
    with pytest.raises(UserError, match=r"seeds: 4 is not enough; .* 5 or more"):
        conform(load("toy_control"), seeds=4)


def test_marks_see_a_bit() -> None:
    one = {"a": np.zeros(3), "b": [1, (2.0, "x")], "c": {"d": np.float32(1)}}
    other = {"a": np.array([0.0, -0.0, 0.0]), "b": [1, (2.0, "x")], "c": {"d": np.float32(1)}}
    assert differing(marks(one), marks(one)) == []
    assert differing(marks(one), marks(other)) == [".a"]
    assert differing(marks({"a": 1}), marks({"a": 1.0})) == [".a"]
    assert differing(marks({"a": np.zeros(2)}), marks({})) == [".a"]
    assert differing(marks({"a": np.zeros((2, 1))}), marks({"a": np.zeros((1, 2))})) == [".a"]


def test_marks_look_everywhere() -> None:
    rng = np.random.default_rng(1)
    hidden = np.arange(3)

    def closure() -> int:
        return int(hidden.sum())

    ring: list[Any] = [1]
    ring.append(ring)
    for value in (rng, closure, ring, {3, 1}, Any):
        assert marks(value) == marks(value)
    before = marks([rng, closure])
    rng.random()
    assert differing(before, marks([rng, closure])), "a generator that was drawn from"
    before = marks(closure)
    hidden[0] = 7
    assert differing(before, marks(closure)), "what a function holds on to"
    assert any(leaf == "x" for _, leaf in leaves(frozenset({"x"})))
