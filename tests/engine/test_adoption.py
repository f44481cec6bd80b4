"""Adoption splits decisions by unit and budgets by share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.engine.adoption import Adopted
from core.luck import luck_of
from core.protocol import Luck, Policy, Table

UNITS = np.arange(1000)
RULES = {"budget": np.array([100.0]), "limit": np.array([7.0])}


@dataclass
class Says(Policy):
    """Says one thing for every row, and notes what it was given."""

    what: Any
    rules: list[Table] = field(default_factory=list)
    fed: list[Table] = field(default_factory=list)

    def act(self, seen: Table, rules: Table) -> Table:
        self.rules.append(rules)
        return {"do": np.full(len(seen["unit"]), self.what)}

    def learn(self, feedback: Table, luck: Luck) -> None:
        self.fed.append(feedback)


def decided(share: float, ours: Any = 1.0, theirs: Any = 0.0) -> np.ndarray:
    policy = Adopted(Says(ours), Says(theirs), share, ("budget",))
    return np.asarray(policy.act({"unit": UNITS}, RULES)["do"])


@given(st.floats(0, 1), st.floats(0, 1))
def test_who_adopts_early_has_adopted_later(a: float, b: float) -> None:
    small, large = (decided(share) for share in sorted((a, b)))
    assert (small <= large).all()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_as_many_adopt_as_should(share: float) -> None:
    assert decided(share).mean() == pytest.approx(share, abs=0.05)


def test_extremes_leave_one_side_alone() -> None:
    assert (decided(1.0) == 1.0).all()
    assert (decided(0.0) == 0.0).all()
    for share, silent in ((1.0, "incumbent"), (0.0, "learner")):
        policy = Adopted(Says(1.0), Says(0.0), share, ("budget",))
        policy.act({"unit": UNITS}, RULES)
        assert getattr(policy, silent).rules == []
        speaking = policy.learner if share else policy.incumbent
        assert speaking.rules == [RULES], "one side alone has the whole budget"  # type: ignore[attr-defined]


@given(st.floats(0.01, 0.99))
def test_budgets_are_split_by_rows_and_limits_are_not(share: float) -> None:
    policy = Adopted(Says(1.0), Says(0.0), share, ("budget",))
    part = policy.act({"unit": UNITS}, RULES)["do"].mean()
    if 0.0 < part < 1.0:
        (ours,), (theirs,) = policy.learner.rules, policy.incumbent.rules  # type: ignore[attr-defined]
        assert ours["budget"][0] == pytest.approx(100.0 * part)
        assert ours["budget"][0] + theirs["budget"][0] == pytest.approx(100.0)
        assert ours["limit"][0] == theirs["limit"][0] == 7.0


def test_decisions_are_not_rounded_to_the_other_sides_type() -> None:
    assert set(decided(0.5, ours=1, theirs=0.25).tolist()) == {1.0, 0.25}
    assert set(decided(0.5, ours=np.float32(0.5), theirs=1 / 3).tolist()) == {0.5, 1 / 3}
    assert set(decided(0.5, ours="a", theirs="long").tolist()) == {"a", "long"}


def test_a_unit_decides_alike_in_any_company() -> None:
    together = decided(0.4)
    for rows in (np.array([3]), np.arange(10, 20), np.array([999, 0])):
        policy = Adopted(Says(1.0), Says(0.0), 0.4)
        assert np.array_equal(policy.act({"unit": UNITS[rows]}, {})["do"], together[rows])


def test_both_sides_learn() -> None:
    policy = Adopted(Says(1.0), Says(0.0), 0.5)
    policy.learn({"x": UNITS}, luck_of(0))
    assert len(policy.learner.fed) == len(policy.incumbent.fed) == 1  # type: ignore[attr-defined]


class Lists(Says):
    """Says a vector for every row."""

    def act(self, seen: Table, rules: Table) -> Table:
        return {"do": np.full((len(seen["unit"]), 3), self.what)}


def test_a_decision_may_be_a_vector_a_row() -> None:
    policy = Adopted(Lists(1.5), Lists(0), 0.5)
    do = policy.act({"unit": UNITS}, RULES)["do"]
    assert do.shape == (1000, 3)
    assert np.array_equal(do[:, 0], decided(0.5, ours=1.5))
    assert (do == do[:, :1]).all()
