"""Scenarios from what a person says, and the one sentence for what is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sectorlab_toys.control import Control
from sectorlab_toys.drift import Drift

from core.engine.scenario import budget_of, build, deep_part, is_live, learning_cost, levers
from core.errors import UserError

CASE = Control()


def test_later_sources_win() -> None:
    assert build(CASE).climate == "mild"  # type: ignore[attr-defined]
    assert build(CASE, situation="harsh").climate == "harsh"  # type: ignore[attr-defined]
    both = build(CASE, size="tiny", situation="harsh", values={"climate": "mild", "noise": "1.5"})
    assert (both.size, both.climate, both.noise) == ("tiny", "mild", 1.5)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("given_", "sentence"),
    [
        ({"values": {"noize": 1}}, r"lever: 'noize' is unknown to toy_control; did you mean 'noise'\?"),
        ({"values": {"zzz": 1}}, r"lever: 'zzz' is unknown to toy_control; `sectorlab show toy_control`"),
        ({"values": {"noise": 9}}, r"noise: 9 is not allowed; .* from 0 to 3 \(kWh\), by default 0.5"),
        ({"values": {"noise": "loud"}}, r"noise: 'loud' is not allowed; it takes a value from 0 to 3"),
        ({"values": {"noise": float("nan")}}, r"noise: nan is not allowed"),
        ({"values": {"climate": "polar"}}, r"climate: 'polar' is not allowed; .* one of mild, harsh"),
        ({"size": "huge"}, r"size: 'huge' is not allowed; .* one of tiny, quick, demo, full"),
        ({"situation": "hot"}, r"situation: 'hot' is unknown to toy_control; choose harsh\."),
    ],
)
def test_mistakes_are_told_in_one_sentence(given_: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence) as told:
        build(CASE, **given_)
    assert "\n" not in str(told.value)


def test_a_whole_number_stays_one() -> None:
    assert build(Drift(), values={"delay": "7"}).delay == 7  # type: ignore[attr-defined]
    with pytest.raises(UserError, match=r"delay: '7.5' is not allowed; it takes a value from 0 to 30"):
        build(Drift(), values={"delay": "7.5"})


def test_live_levers_are_set_back() -> None:
    live = {name for name, info in levers(CASE.scenario).items() if is_live(info)}
    assert live == {"adoption", "price"}
    moved = build(CASE, values={"adoption": 0.2, "price": 400, "noise": 1.0})
    assert deep_part(moved) == build(CASE, values={"noise": 1.0})


@given(st.floats(0.05, 4.0), st.floats(0.0, 3.0))
def test_budgets_grow_with_the_levers(compute: float, expertise: float) -> None:
    budget = budget_of(
        CASE, build(CASE, values={"compute": compute, "expertise": expertise}), device="cpu", threads=1
    )
    scale = CASE.scales["quick"]
    assert budget.trials >= 1
    assert budget.steps >= 1
    assert abs(budget.steps - compute * scale.steps) <= 0.5
    assert budget.engineered is (expertise >= 0.5)
    assert 1 <= budget.trials <= 1 + 3 * (scale.trials - 1)


def test_learning_costs_what_the_meanings_say() -> None:
    one = learning_cost(CASE, build(CASE).model_dump())
    assert one == sum(m.quantity * m.krw_per_unit for m in CASE.meanings.values())
    half = learning_cost(CASE, build(CASE, values={"data_share": 0.5}).model_dump())
    assert one - half == pytest.approx(0.5 * 200.0 * 500.0)
