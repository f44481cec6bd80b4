"""Constants of the worlds: ranges are honest, none is dead, and joint extremes still make worlds."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import pytest

from core.engine.cell import incumbent_of
from core.engine.conformance.marks import leaves
from core.engine.registry import load
from core.engine.scenario import budget_of, build, deep_part, levers, span
from core.luck import luck_of, scoped
from core.protocol import Constant, History, Policy, Scenario
from data_synth.plant_constants import plant

INDUSTRIES = ("datacenter_pue", "rolling_mill", "payment_fraud", "voter_contact", "voter_fundraising")
ALL = [(industry, name) for industry in INDUSTRIES for name in load(industry).constants]
HARD_CARDS = {
    "hard_rate", "hard_rate_shape", "habit_share", "travel_share", "taste_sd", "hour_sd", "hard_hazard",
    "hard_terminal_hazard", "campaign_share", "campaign_factor", "campaign_days", "stay", "frauds_a_day",
    "tested_share", "raised",
}  # fmt: skip
"""Of payment fraud, constants of the design that is not the default."""
SPREAD_REPORTS = {"same_day", "report_cap"}
"""And those of reports that do not all take as long, which the default design has not either."""
OUT_OF_REACH = {"server_fan_max"}
"""A stop that no hall of default worlds gets warm enough for: :func:`test_fans_stop_at_their_fastest`."""
ITSELF = {"settings", "plant", "mill"}
"""Where a world keeps its constants: there they differ, but that moves nothing."""
MIXTURES = [
    pytest.param(industry, where, seed, marks=[pytest.mark.slow] if seed > 101 else [])
    for industry, where, seeds in (
        *((one, None, 8) for one in INDUSTRIES),
        ("payment_fraud", "hard_cards", 4),
    )
    for seed in range(100, 100 + seeds)
]
"""Worlds whose constants are all drawn at once: industry, situation, seed."""


def constant(industry: str, name: str) -> Constant:
    return load(industry).constants[name]


def situation(industry: str, name: str) -> str | None:
    """Where a constant acts: in the default scenario, or in that of hard cards."""
    apart = HARD_CARDS | SPREAD_REPORTS if industry == "payment_fraud" else set()
    return "hard_cards" if name in apart else None


# --- declarations ------------------------------------------------------------------------------


@pytest.mark.parametrize(("industry", "name"), ALL)
def test_a_range_holds_the_value_and_has_a_reason(industry: str, name: str) -> None:
    one = constant(industry, name)
    assert one.low <= one.value <= one.high
    assert one.unit
    assert one.source
    assert (one.low == one.high) == one.source.startswith("fixed: ")


def test_a_constant_that_is_a_lever_stays_inside_its_bounds() -> None:
    found = set()
    for industry, name in ALL:
        info = levers(load(industry).scenario).get(name)
        if info is not None:
            found.add(name)
            bounds, one = span(info), constant(industry, name)
            assert bounds is not None
            assert bounds[0] <= one.low <= one.high <= bounds[1], name
            assert info.default == one.value, name
    assert found == {"agc_alpha", "base_rate", "spread", "delay_h"}


# --- none is dead ------------------------------------------------------------------------------


def drawn(industry: str, scenario: Scenario, seed: int = 0) -> tuple[Any, History]:
    world, history = load(industry).world(deep_part(scenario), scoped(luck_of(seed), "world"))
    return world, history


@lru_cache(maxsize=1)
def usual(industry: str, situation: str | None) -> tuple[Any, History]:
    """The world of the default constants; tests of one industry stand together."""
    return drawn(industry, build(load(industry), size="tiny", situation=situation))


def seen(world: Any, history: History) -> Iterator[tuple[str, Any]]:
    """What is recorded, then what is true, but for the constants themselves."""
    yield from leaves(history.tables())
    yield from (leaf for leaf in leaves(world) if not ITSELF & set(leaf[0].split(".")))


def differ(one: Iterator[tuple[str, Any]], other: Iterator[tuple[str, Any]]) -> bool:
    """Whether any leaf differs; the first that does ends the search."""
    pairs = zip(one, other, strict=True)
    return any(a != b or not np.array_equal(x, y, equal_nan=_number(x)) for (a, x), (b, y) in pairs)


def _number(leaf: Any) -> bool:
    return isinstance(leaf, float) or (isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f")


def trained(industry: str, scenario: Scenario, history: History, seed: int = 0) -> Policy:
    """The incumbent, as the engine trains it."""
    case, deep = load(industry), deep_part(scenario)
    luck, budget = luck_of(seed), budget_of(case, deep, device="cpu", threads=1)
    known = history.thin(scenario.data_share, scoped(luck, "thin"))
    name = incumbent_of(case)
    policy: Policy = case.contenders[name].fit(known, budget, scoped(luck, f"train/{name}"))
    return policy


def incumbents_play(industry: str, scenario: Scenario, world: Any, history: History) -> Any:
    """What the incumbent reaches."""
    policy = trained(industry, scenario, history)
    return load(industry).play(scenario, world, policy, scoped(luck_of(0), "play")).kpis


MOVABLE = [
    (industry, name)
    for industry, name in sorted(ALL, key=lambda one: (one[0], situation(*one) or ""))
    if name not in OUT_OF_REACH and constant(industry, name).low < constant(industry, name).high
]


@pytest.mark.parametrize(("industry", "name"), MOVABLE)
def test_no_constant_is_dead(industry: str, name: str) -> None:
    case, one, where = load(industry), constant(industry, name), situation(industry, name)
    far = max(one.low, one.high, key=lambda end: abs(end - one.value))
    default = build(case, size="tiny", situation=where)
    moved = build(case, size="tiny", situation=where, assumed={name: far})
    assert moved != default
    one_world, other_world = usual(industry, where), drawn(industry, moved)
    if not differ(seen(*one_world), seen(*other_world)):
        played = incumbents_play(industry, moved, *other_world)
        assert played != incumbents_play(industry, default, *one_world)


def test_fans_stop_at_their_fastest() -> None:
    from data_synth.plant_physics import electrical

    def it_kw(fastest: float, air: float) -> float:
        return float(electrical(plant(server_fan_max=fastest), 0.5, air)[0])

    one = constant("datacenter_pue", "server_fan_max")
    assert it_kw(one.low, 50.0) < it_kw(one.high, 50.0)
    # In halls that anybody runs, it makes no difference.
    assert it_kw(one.low, 32.0) == it_kw(one.high, 32.0)


# --- joint extremes ----------------------------------------------------------------------------


@pytest.mark.parametrize(("industry", "where", "seed"), MIXTURES)
def test_any_mixture_of_plausible_constants_is_a_world(industry: str, where: str | None, seed: int) -> None:
    case, rng = load(industry), np.random.default_rng(seed)
    assumed = {name: float(rng.uniform(one.low, one.high)) for name, one in case.constants.items()}
    scenario = build(case, size="tiny", situation=where, assumed=assumed)
    world, history = drawn(industry, scenario, seed)
    bound = case.bounds(scenario, world)["oracle"]
    incumbent, oracle = (
        dict(case.play(scenario, world, policy, scoped(luck_of(seed), "play")).kpis)
        for policy in (trained(industry, scenario, history, seed), bound)
    )
    for own in (incumbent, oracle):
        kpis = case.settle(own, incumbent, 0.0, scenario)
        assert {kpi.name for kpi in case.kpis} <= set(kpis)
        assert all(map(math.isfinite, kpis.values()))
    # What was published of the default world need not hold in others; laws do.
    laws = [check for check in case.checks(deep_part(scenario), world) if check.kind == "physics"]
    assert laws
    assert [check.name for check in laws if not check.passed] == []
