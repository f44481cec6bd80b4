"""Designs: what a person writes, all combinations, ranges covered evenly."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sectorlab_toys.control import USECASE

from core.errors import UserError
from core.luck import luck_of
from core.protocol import Constant
from core.sweep.design import MAX_POINTS, Axis, axis, plausible, points_of


def test_levels_are_taken_as_they_are_written() -> None:
    assert axis(USECASE, "adoption=0, 0.5,1") == Axis("adoption", (0, 0.5, 1))
    assert axis(USECASE, "climate=mild,harsh").levels == ("mild", "harsh")
    assert axis(USECASE, "noise=0:3:4").levels == (0.0, 1.0, 2.0, 3.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("adoption", "says no values"),
        ("adoption=", "says no values"),
        ("wind=1,2", "no lever of toy_control"),
        ("size=tiny,quick", "no lever"),
        ("assumed=1", "no lever"),
        ("climate=0:1:3", "no range"),
        ("noise=0:1", "no range"),
        ("noise=1:0:3", "below the second"),
        ("noise=0:1:1", "from 2 to"),
        ("noise=a:b:3", "no range"),
    ],
)
def test_a_slip_meets_one_sentence(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        axis(USECASE, text)


def test_a_grid_has_every_combination_once() -> None:
    axes = [Axis("a", (1, 2)), Axis("b", ("x", "y", "z"))]
    points = points_of(axes, "grid", None)
    assert [(one["a"], one["b"]) for one in points] == [(a, b) for a in (1, 2) for b in "xyz"]


@pytest.mark.parametrize(
    ("axes", "design", "points", "said"),
    [
        ([Axis("a", (1,)), Axis("a", (2,))], "grid", None, "a is there twice"),
        ([Axis("a", (1,))], "random", None, "design: 'random' is unknown"),
        ([Axis("a", (1,))], "grid", 5, "points: a grid has all"),
        ([Axis("a", (1,))], "sobol", 1, "points: 1 is not allowed"),
        ([Axis(str(i), tuple(range(101))) for i in range(2)], "grid", None, f"at most {MAX_POINTS:,}"),
    ],
)
def test_a_design_that_cannot_be(axes: list[Axis], design: str, points: int | None, said: str) -> None:
    with pytest.raises(UserError, match=said):
        points_of(axes, design, points)


def test_sobol_points_cover_ranges_and_settings_evenly() -> None:
    axes = [Axis("a", (0.0, 10.0), 0.0, 10.0), Axis("b", ("x", "y"))]
    points = points_of(axes, "sobol", 64)
    tenths = np.histogram([one["a"] for one in points], 8, (0.0, 10.0))[0]
    assert (tenths == 8).all()
    assert sum(one["b"] == "x" for one in points) == 32
    assert points == points_of(axes, "sobol", 64)


@given(st.integers(1, 60), st.integers(0, 2**31))
def test_plausible_draws_fill_each_range_once(draws: int, seed: int) -> None:
    constants = {
        "plain": Constant(1.0, -1.0, 3.0, "", ""),
        "wide": Constant(1.0, 0.01, 10.0, "", ""),
        "fixed": Constant(1.0, 1.0, 1.0, "", ""),
    }
    drawn = plausible(constants, draws, luck_of(seed)("draws"))
    assert set(drawn) == {"plain", "wide"}
    parts = np.floor((drawn["plain"] + 1.0) / 4.0 * draws)
    assert sorted(np.minimum(parts, draws - 1)) == list(range(draws))
    share = np.log(drawn["wide"] / 0.01) / math.log(1000.0)
    assert sorted(np.minimum(np.floor(share * draws + 1e-9), draws - 1)) == list(range(draws))
    assert (drawn["wide"] >= 0.01).all()
    assert (drawn["wide"] <= 10.0).all()


def test_without_a_range_nothing_is_drawn() -> None:
    assert plausible({"fixed": Constant(1.0, 1.0, 1.0, "", "")}, 5, luck_of(0)("draws")) == {}
