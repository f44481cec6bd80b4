"""Permutation importance: planted columns, columns that do nothing, families, time and broken rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pytest

from core.learn.importance import Importance, Skill, permutation_importance
from core.luck import luck_of
from core.protocol import Array, Forecaster, Score, Table

ROWS = 4000
WEIGHTS = {"strong": 2.0, "weak": 0.5, "pair_1": 1.0, "pair_2": -1.0}


@dataclass
class Linear(Forecaster):
    """A known sum of columns; ``unread`` is never looked at, and ``nothing`` has no weight."""

    weights: Mapping[str, float]

    def act(self, seen: Table, rules: Table) -> Table:
        return {}

    def predict(self, seen: Table) -> Table:
        return {"y": np.sum([weight * seen[name] for name, weight in self.weights.items()], axis=0)}


def world(extra: str = "") -> tuple[Table, Array]:
    rng = np.random.default_rng(5)
    names = ["unread", "strong", "weak", "pair_1", "pair_2", "nothing"]
    seen = {name: rng.normal(size=ROWS) for name in names}
    if extra:
        seen = {extra: np.arange(ROWS), **seen}
    truth = Linear(WEIGHTS).predict(seen)["y"] + 0.1 * rng.normal(size=ROWS)
    return {**seen, "vector": rng.normal(size=(ROWS, 3))}, truth


def mse(seen: Table, truth: Array, sign: float = 1.0) -> Skill:
    def skill(policy: Forecaster) -> Mapping[str, Score]:
        error = policy.predict(seen)["y"] - truth
        better: Literal["lower", "higher"] = "lower" if sign > 0.0 else "higher"
        return {"mse": Score(sign * float(np.mean(error**2)), "u2", better=better), "other": Score(0.0, "")}

    return skill


def found(**more: Any) -> dict[tuple[str, ...], Importance]:
    policy = Linear({**WEIGHTS, "nothing": 1e-4})
    answer = permutation_importance(policy, mse(*world()), luck_of(0), **more)
    assert answer is not None
    return {one.columns: one for one in answer.columns}


def test_a_planted_column_weighs_twice_its_square() -> None:
    """For a sum of independent columns of variance 1, shuffling one adds ``2 w²`` to the squared error."""
    by_name = found()
    assert by_name["strong",].mean == pytest.approx(8.0, rel=0.05)
    assert by_name["weak",].mean == pytest.approx(0.5, rel=0.1)
    assert by_name["pair_1", "pair_2"].mean == pytest.approx(4.0, rel=0.1)
    assert abs(by_name["nothing",].mean) < 1e-3
    assert next(iter(by_name)) == ("strong",)


def test_what_is_shuffled_together_keeps_what_it_says_together() -> None:
    """The difference of two equal columns is 0 in any order of rows, as long as both have the same."""
    rng = np.random.default_rng(0)
    base = rng.normal(size=ROWS)
    seen = {"a_1": base, "a_2": base, "b": rng.normal(size=ROWS)}
    policy = Linear({"a_1": 1.0, "a_2": -1.0, "b": 1.0})
    answer = permutation_importance(policy, mse(seen, seen["b"]), luck_of(0))
    assert answer is not None
    assert [one.columns for one in answer.columns] == [("b",)]
    assert answer.idle == (("a_1", "a_2"),)


def test_the_spread_is_that_of_the_shuffles() -> None:
    worse = found(shuffles=7)["strong",].worse
    assert len(worse) == 7
    assert min(worse) < max(worse)
    assert max(worse) - min(worse) < 2.0


def test_unread_columns_are_idle_and_a_higher_measure_gets_worse_downwards() -> None:
    seen, truth = world()
    policy = Linear(WEIGHTS)
    answer = permutation_importance(policy, mse(seen, truth, -1.0), luck_of(0))
    assert answer is not None
    assert set(answer.idle) == {("unread",), ("nothing",), ("vector",)}
    assert answer.measure == "mse"
    assert answer.columns[0].mean == pytest.approx(8.0, rel=0.05)


def test_no_answer_depends_on_the_other_columns() -> None:
    policy = Linear(WEIGHTS)
    plain, more = (permutation_importance(policy, mse(*world(extra)), luck_of(0)) for extra in ("", "unit"))
    assert plain is not None
    assert more is not None
    assert plain.columns == more.columns
    assert ("unit",) in more.idle


def test_where_time_or_room_is_up_the_strongest_were_looked_at() -> None:
    seen, truth = world()
    limits: tuple[dict[str, Any], ...] = ({"most": 2}, {"patience": 2.5, "clock": ticking()})
    for more in limits:
        answer = permutation_importance(Linear(WEIGHTS), mse(seen, truth), luck_of(0), **more)
        assert answer is not None
        assert {one.columns for one in answer.columns} == {("strong",), ("pair_1", "pair_2")}
        assert answer.unseen == (("weak",),)


def test_where_time_is_up_all_were_shuffled_equally_often() -> None:
    """Looked at the clock once a shuffle, it is up in the middle of the third round of four."""
    lengths = {len(one.worse) for one in found(patience=11.5, clock=ticking()).values()}
    assert lengths == {2}


def ticking() -> Callable[[], float]:
    times: Iterator[int] = iter(range(100))
    return lambda: float(next(times))


@dataclass
class Careful(Forecaster):
    """Forecasts only where the strip is thinner than its bar."""

    raises: bool

    def act(self, seen: Table, rules: Table) -> Table:
        return {}

    def predict(self, seen: Table) -> Table:
        gap = seen["bar"] - seen["strip"]
        if self.raises and (gap < 0.0).any():
            raise ValueError("a strip is thicker than its bar")
        return {"y": np.sqrt(gap) + seen["a"]}


@pytest.mark.parametrize("raises", [False, True])
def test_impossible_rows_are_told_apart(raises: bool) -> None:
    rng = np.random.default_rng(0)
    strip = rng.uniform(0.0, 10.0, ROWS)
    seen = {"strip": strip, "bar": strip + 0.1, "a": rng.normal(size=ROWS)}
    policy = Careful(raises)
    answer = permutation_importance(policy, mse(seen, policy.predict(seen)["y"]), luck_of(0))
    assert answer is not None
    assert set(answer.broken) == {("strip",), ("bar",)}
    assert [one.columns for one in answer.columns] == [("a",)]


def test_without_a_measure_or_a_forecast_there_is_no_answer() -> None:
    assert permutation_importance(Linear(WEIGHTS), lambda one: {}, luck_of(0)) is None
    constant = {"mse": Score(1.0, "")}
    assert permutation_importance(Linear(WEIGHTS), lambda one: constant, luck_of(0)) is None
