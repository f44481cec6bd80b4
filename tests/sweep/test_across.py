"""Levers of all industries in one ranking: right intervals, ties where nothing can be told apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom, ttest_ind

from core.sweep.across import across, difference


def document(usecase: str, **levers: Any) -> Mapping[str, Any]:
    return {
        "usecase": usecase,
        "levers": [{"lever": name, "net_krw_per_krw_by_seed": list(v)} for name, v in levers.items()],
    }


def test_separate_worlds_are_compared_as_welch_does() -> None:
    rng = np.random.default_rng(1)
    one, other = rng.normal(3.0, 1.0, 9), rng.normal(0.0, 5.0, 14)
    theirs = ttest_ind(one, other, equal_var=False).confidence_interval(0.97)
    ours = difference(one, other, False, 0.97)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


def test_worlds_that_two_levers_share_are_compared_seed_by_seed() -> None:
    luck = np.random.default_rng(2).normal(0.0, 100.0, 10)
    worlds = document("mill", data=luck + np.linspace(5.0, 6.0, 10), labels=luck)
    apart = [
        document("mill", data=worlds["levers"][0]["net_krw_per_krw_by_seed"]),
        document("shop", labels=luck),
    ]
    assert [place.rank for place in across([worlds])] == [1, 2]
    assert [place.rank for place in across(apart)] == [1, 1]


def test_the_surest_comes_first_and_ties_are_told() -> None:
    rng = np.random.default_rng(3)
    wild, sure = rng.normal(50.0, 400.0, 10), rng.normal(40.0, 1.0, 10)
    first, second, third = across([document("a", wild=wild, none=-sure), document("b", sure=sure)])
    assert (first.lever, first.rank, first.level_with_first) == ("sure", 1, True)
    assert (second.lever, second.rank, second.level_with_first) == ("wild", 1, True)
    assert (third.lever, third.rank, third.level_with_first) == ("none", 2, False)


def test_few_seeds_and_levers_without_a_cost_are_told_from_nothing() -> None:
    few = across([document("a", one=[1.0, 2.0], other=[100.0, 101.0])])
    assert [place.rank for place in few] == [1, 1]
    assert all(np.isnan(place.value.low) for place in few)
    assert across([document("a", free=[])]) == across([]) == []


def test_what_differs_by_rounding_is_a_tie() -> None:
    cost = np.full(8, -1.0)
    found = across([document("a", one=cost, other=cost + 1e-13), document("b", third=cost - 1e-14)])
    assert [place.rank for place in found] == [1, 1, 1]


def test_all_intervals_hold_at_once() -> None:
    rng, held, tries = np.random.default_rng(4), 0, 300
    truth = {"a": 1.0, "b": -2.0, "c": 0.0}
    for _ in range(tries):
        documents = [
            document(name, **{lever: rng.normal(mean, 3.0, 8) for lever, mean in truth.items()})
            for name in ("mill", "shop")
        ]
        held += all(place.value.low <= truth[place.lever] <= place.value.high for place in across(documents))
    # As often as 95 % promises, but for a chance of one in a thousand.
    assert held >= binom.ppf(0.001, tries, 0.95)


def test_equal_levers_are_told_apart_no_oftener_than_promised() -> None:
    rng, wrong, tries = np.random.default_rng(5), 0, 300
    for _ in range(tries):
        documents = [document(name, **{k: rng.normal(0.0, 1.0, 6) for k in "abc"}) for name in ("x", "y")]
        wrong += any(place.rank > 1 for place in across(documents))
    assert wrong <= binom.ppf(0.999, tries, 0.05)
