"""No contender may beat a bound: what counts as beating it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.stats.noninferior import exceeds

INCUMBENT = np.linspace(90.0, 110.0, 20)
ORACLE = INCUMBENT + np.tile([18.0, 22.0], 10)  # 20 on average: the margin is 0.2


@pytest.mark.parametrize(("advantage", "beaten"), [(-1.0, False), (0.0, False), (0.19, False), (0.21, True)])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_margin_is_one_percent_of_headroom(advantage: float, beaten: bool, sign: int) -> None:
    assert exceeds(sign * (ORACLE + advantage), sign * ORACLE, sign * INCUMBENT, sign=sign) is beaten


def test_a_wider_margin_allows_more() -> None:
    assert not exceeds(ORACLE + 0.9, ORACLE, INCUMBENT, sign=1, margin=0.05)
    assert exceeds(ORACLE + 1.1, ORACLE, INCUMBENT, sign=1, margin=0.05)


def test_the_limit_is_one_sided() -> None:
    # Differences 0.2 (the margin) + 2 -+ s: t = 2 / (sd / sqrt(20)); one-sided t(0.95, 19) = 1.729,
    # two-sided t(0.975, 19) = 2.093; an sd for t = 1.9 lies between the two.
    sd = 2.0 * np.sqrt(20.0) / 1.9
    spread = np.tile([-1.0, 1.0], 10) * sd * np.sqrt(19.0 / 20.0)
    better = ORACLE + 2.2 + spread
    assert exceeds(better, ORACLE, INCUMBENT, sign=1)
    assert not exceeds(better, ORACLE, INCUMBENT, sign=1, level=0.975)


def test_rounding_is_no_victory() -> None:
    one = np.full(20, 1e6)
    assert not exceeds(one * (1.0 + 1e-15), one, one, sign=1)  # no headroom, so no margin either
    assert exceeds(one * (1.0 + 1e-6), one, one, sign=1)


def test_a_bound_below_the_incumbent_does_not_condemn_its_equal() -> None:
    assert not exceeds(INCUMBENT - 20.0, INCUMBENT - 20.0, INCUMBENT, sign=1)
    assert exceeds(INCUMBENT, INCUMBENT - 20.0, INCUMBENT, sign=1)


def test_equals_are_accused_as_rarely_as_the_level_says() -> None:
    rng = np.random.default_rng(20_267)
    bound = rng.normal(100.0, 5.0, (1000, 20))
    accused = [
        exceeds(row + rng.normal(0.1, 1.0, 20), row, row - 10.0, sign=1)  # just at the margin
        for row in bound
    ]
    assert 0.035 <= np.mean(accused) <= 0.065


def test_a_real_excess_is_found() -> None:
    rng = np.random.default_rng(20_268)
    found = [exceeds(ORACLE + rng.normal(1.2, 1.0, 20), ORACLE, INCUMBENT, sign=1) for _ in range(200)]
    assert np.mean(found) > 0.95


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="4 seeds were given: at least 5"):
        exceeds(ORACLE[:4], ORACLE[:4], INCUMBENT[:4], sign=1)
    with pytest.raises(ValueError, match="sign is 2"):
        exceeds(ORACLE, ORACLE, INCUMBENT, sign=2)
    with pytest.raises(ValueError, match=r"level is 0\.5"):
        exceeds(ORACLE, ORACLE, INCUMBENT, sign=1, level=0.5)
    with pytest.raises(ValueError, match=r"contender\[0\] is nan"):
        exceeds(ORACLE * math.nan, ORACLE, INCUMBENT, sign=1)
