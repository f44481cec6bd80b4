"""What an industry shows of its forecasts is what its skill judges: a measure of them is the score."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from sectorlab_toys.control import USECASE as CONTROL

from core.engine.scenario import build
from core.luck import luck_of, scoped
from core.protocol import Forecaster, Forecasts, Table
from core.stats.ranking import average_precision
from usecases.datacenter_pue import USECASE as PUE
from usecases.payment_fraud import USECASE as FRAUD
from usecases.rolling_mill import USECASE as MILL
from usecases.rolling_mill.schema import spread, stands
from usecases.voter_targeting.contact import USECASE as CONTACT


@dataclass
class Guess(Forecaster):
    """Forecasts by a formula of what is seen."""

    formula: Callable[[Table], Table]

    def act(self, seen: Table, rules: Table) -> Table:
        return {}

    def predict(self, seen: Table) -> Table:
        return self.formula(seen)


def mae(one: Forecasts) -> float:
    return float(np.abs(one.forecast - one.truth).mean())


GUESSES: Mapping[str, tuple[Any, Callable[[Table], Table]]] = {
    "toy_control": (CONTROL, lambda seen: {"energy": 100.0 + seen["weather"]}),
    "datacenter_pue": (PUE, lambda seen: {"pue": 1.0 + 0.002 * seen["wet_bulb_f"]}),
    "rolling_mill": (MILL, lambda seen: spread("force_mn", 1.03 * stands(seen, "model_plan_mn"))),
    "payment_fraud": (FRAUD, lambda seen: {"fraud": seen["amount"] / (seen["amount"] + 500.0)}),
    "voter_contact": (CONTACT, lambda seen: {"value": np.outer(seen["age"] - 50.0, [1e-4, 0.0, 1.0, 2.0])}),
}
MEASURED: Mapping[str, Mapping[str, tuple[str, Callable[[Forecasts], float]]]] = {
    "toy_control": {"energy": ("mae", mae)},
    "datacenter_pue": {"pue_shuffled": ("pue_mae_shuffled", mae), "pue_time": ("pue_mae_time", mae)},
    "rolling_mill": {
        "force": ("force_error_as_learned", lambda one: 100 * np.abs(one.forecast / one.truth - 1).mean())
    },
    "payment_fraud": {
        "fraud": (
            "average_precision_as_learned",
            lambda one: 100 * average_precision(one.forecast, one.truth > 0),
        )
    },
    "voter_contact": {
        "visit": ("visit_error", lambda one: float(np.sqrt(np.mean((one.forecast - one.truth) ** 2))))
    },
}


@pytest.mark.parametrize("name", GUESSES)
def test_forecasts_are_what_skill_judges(name: str) -> None:
    case, formula = GUESSES[name]
    scenario, policy = build(case, size="tiny"), Guess(formula)
    world, _ = case.world(scenario, scoped(luck_of(0), "world"))
    skill, shown = case.skill(scenario, world, policy), case.forecasts(scenario, world, policy)
    assert {one.name for one in shown} == MEASURED[name].keys()
    for one in shown:
        measure, compute = MEASURED[name][one.name]
        assert one.truth.shape == one.forecast.shape == (len(one.truth),)
        assert compute(one) == pytest.approx(skill[measure].value, rel=1e-9)
        if one.kind == "chance":
            assert set(np.unique(one.truth)) == {0.0, 1.0}
