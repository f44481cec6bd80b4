"""The statistics over the whole engine: a thousand runs of a toy, and how often their intervals hold.

The truth is the mean over all 5,000 worlds. A share of 95 % over a thousand runs has a standard error of
0.7 %, so 93.5 to 96.5 % is what the intervals owe.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
from sectorlab_toys.budget import Linear, SharedBudget, fit_linear

from core.engine.run import run_scenario
from core.engine.scenario import build
from core.log import Log
from core.protocol import Budget, Contender, Luck, Policy
from core.results import Run
from core.stats.headroom import captured
from core.stats.interval import Interval, paired_interval

RUNS, SEEDS = 1000, 5
OWED = (0.935, 0.965)


def fit_shaken(history: Log, budget: Budget, luck: Luck) -> Policy:
    """Fit with luck, as a net does."""
    policy = fit_linear(history, budget, luck)
    assert isinstance(policy, Linear)
    return replace(policy, weights=policy.weights + 0.2 * luck("start").normal(size=3))


class TwoOfAKind(SharedBudget):
    """The same learner under two names, with luck of its own each."""

    contenders: ClassVar = {
        "by_income": SharedBudget.contenders["by_income"],
        "one": Contender("learner", {"en": "One", "ko": "하나"}, fit_shaken),
        "other": Contender("learner", {"en": "Other", "ko": "다른"}, fit_shaken),
    }


@pytest.fixture(scope="module")
def worth() -> dict[str, np.ndarray]:
    """The headline of each contender, ``(runs, seeds)``."""
    case = TwoOfAKind()
    scenario = build(case, size="tiny")
    runs: list[Run] = [
        run_scenario(case, scenario, seeds=range(start, start + 1000), workers=1)
        for start in range(0, RUNS * SEEDS, 1000)
    ]
    return {
        name: np.concatenate([run.values("worth", name) for run in runs]).reshape(RUNS, SEEDS)
        for name in runs[0].roles
    }


def held(intervals: list[Interval], truth: float) -> float:
    """Share of the intervals that hold the truth."""
    return float(np.mean([one.low <= truth <= one.high for one in intervals]))


def test_a_learners_gain_is_covered(worth: dict[str, np.ndarray]) -> None:
    pairs = list(zip(worth["one"], worth["by_income"], strict=True))
    truth = float((worth["one"] - worth["by_income"]).mean())
    assert OWED[0] <= held([paired_interval(*pair) for pair in pairs], truth) <= OWED[1]


def test_the_headroom_captured_is_covered(worth: dict[str, np.ndarray]) -> None:
    truth = float((worth["one"] - worth["by_income"]).mean() / (worth["oracle"] - worth["by_income"]).mean())
    rows = zip(worth["one"], worth["by_income"], worth["oracle"], strict=True)
    shares = [captured(one, base, best, sign=1.0, base=base).share for one, base, best in rows]
    assert OWED[0] <= held(shares, truth) <= OWED[1]


def test_one_of_a_kind_is_not_better_than_the_other(worth: dict[str, np.ndarray]) -> None:
    assert not np.array_equal(worth["one"], worth["other"])
    pairs = list(zip(worth["one"], worth["other"], strict=True))
    # Differences of five seeds with heavy tails: the intervals are a little too wide, never too narrow.
    assert held([paired_interval(*pair) for pair in pairs], 0.0) >= OWED[0]
