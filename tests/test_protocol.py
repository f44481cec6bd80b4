"""The heart: what it refuses, and that it carries the three toys without a special case."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from sectorlab_toys.budget import PEOPLE, SharedBudget, fill
from sectorlab_toys.control import BASE, CURVE, Control
from sectorlab_toys.drift import Drift

from core.engine.adoption import Adopted
from core.engine.scenario import build, deep_part
from core.luck import luck_of, scoped
from core.protocol import COMMON_LEVERS, Check, Forecaster, Kpi, Luck, Policy, Scenario, Table, UseCase

TOYS: tuple[UseCase[Any, Any, Any], ...] = (Control(), Drift(), SharedBudget())


def drawn(case: UseCase[Any, Any, Any], **values: Any) -> tuple[Any, Any, Any]:
    """A tiny scenario of a use case, and its first world and history."""
    scenario = build(case, size="tiny", values=values)
    return (scenario, *case.world(deep_part(scenario), scoped(luck_of(0), "world")))


def test_the_heart_is_light() -> None:
    script = (
        "import sys; before = set(sys.modules); import core.protocol;"
        "heavy = {'pandas', 'scipy', 'torch', 'sklearn', 'pyarrow'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_common_levers_are_bounded_and_told() -> None:
    assert set(COMMON_LEVERS) == set(Scenario.model_fields) - {"size", "assumed"}
    for name in COMMON_LEVERS:
        extra = Scenario.model_fields[name].json_schema_extra
        assert isinstance(extra, dict)
        assert {"unit", "label", "source", "live"} <= extra.keys()
        for wild in (-1.0, 99.0, float("nan"), float("inf"), "many"):
            with pytest.raises(ValidationError):
                Scenario.model_validate({name: wild})
    assert Scenario.model_fields["adoption"].json_schema_extra["live"]  # type: ignore[index, call-overload]


def test_a_scenario_stays_what_it_is() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Scenario().adoption = 0.5
    with pytest.raises(ValidationError, match="extra"):
        Scenario.model_validate({"adoptoin": 0.5})


def test_unfinished_parts_cannot_be_made() -> None:
    class Unfinished(UseCase[Any, Any, Any]):
        name = "unfinished"

    for part in (Unfinished, Policy, Forecaster):
        with pytest.raises(TypeError, match="abstract"):
            part()


def test_use_cases_of_a_type_are_one() -> None:
    assert Control() == Control()
    assert hash(Control()) == hash(Control())
    assert Control() != Drift()


def test_signs_and_bands() -> None:
    text = {"en": "a", "ko": "가"}
    assert Kpi("a", "u", "higher", text, "s").sign == 1.0  # type: ignore[arg-type]
    assert Kpi("a", "u", "lower", text, "s").sign == -1.0  # type: ignore[arg-type]
    for value, passed in ((0.0, True), (1.0, True), (1.1, False), (float("nan"), False)):
        assert Check("a", "physics", text, value, 0.0, 1.0, "u", "s").passed is passed  # type: ignore[arg-type]


# --- one-shot control ------------------------------------------------------------------------------


def test_control_has_the_optimum_that_it_says() -> None:
    scenario, world, _ = drawn(Control())
    luck = luck_of(0)
    oracle = Control().bounds(scenario, world)["oracle"]
    best = Control().play(scenario, world, oracle, luck).kpis["energy"]
    inside = (world.best > 16.0) & (world.best < 28.0)
    assert inside.all()
    assert best == pytest.approx(BASE)

    @dataclass
    class Beside(Policy):
        inner: Policy
        by: float

        def act(self, seen: Table, rules: Table) -> Table:
            return {"setpoint": self.inner.act(seen, rules)["setpoint"] + self.by}

    for by in (-0.5, 0.5):
        beside = Control().play(scenario, world, Beside(oracle, by), luck).kpis["energy"]
        assert beside == pytest.approx(BASE + CURVE * 0.25)


# --- learning during play --------------------------------------------------------------------------


@dataclass
class Listening(Policy):
    """Keeps what it is told, epoch by epoch."""

    told: list[list[dict[str, Any]]]

    def act(self, seen: Table, rules: Table) -> Table:
        self.told.append([])
        return {"setting": seen["target"]}

    def learn(self, feedback: Table, luck: Luck) -> None:
        self.told[-1].append(dict(feedback))


def test_drift_tells_the_gauge_at_once_and_the_laboratory_late() -> None:
    scenario, world, _ = drawn(Drift(), delay=4)
    listening = Listening([])
    Drift().play(scenario, world, listening, luck_of(0))
    for now, (gauge, *lab) in enumerate(listening.told):
        assert "lab" not in gauge
        assert (gauge["time"] == now).all()
        assert len(lab) == (now >= 4)
        for late in lab:
            assert (late["time"] == now - 4).all(), "labels come with the rows that they belong to"
            assert late["lab"] == pytest.approx(world.gain[now - 4] * late["setting"])


def test_drift_rewards_who_goes_on_learning() -> None:
    case = Drift()
    scenario, world, history = drawn(case)
    from core.engine.scenario import budget_of

    budget = budget_of(case, scenario, device="cpu", threads=1)
    tracking = case.contenders["tracking"].fit(history, budget, luck_of(0))
    first = tracking.gain.copy()  # type: ignore[attr-defined]
    loss = case.play(scenario, world, tracking, luck_of(0)).kpis["loss"]
    assert not np.array_equal(tracking.gain, first)  # type: ignore[attr-defined]
    frozen = case.contenders["frozen"].fit(history, budget, luck_of(0))
    assert loss < 0.2 * case.play(scenario, world, frozen, luck_of(0)).kpis["loss"]


# --- a shared budget -------------------------------------------------------------------------------


@pytest.mark.parametrize("budget", [0.0, 0.5, 3.0, 3.25, 99.0])
def test_filling_spends_the_budget_on_the_best(budget: float) -> None:
    place = fill(np.array([2.0, 9.0, 4.0, 4.0]), np.array([budget]))
    assert place.sum() == pytest.approx(min(budget, 4.0))
    assert (place >= 0).all()
    assert (place <= 1).all()
    assert place[1] >= place[2] >= place[3] >= place[0]


def test_the_oracle_of_the_budget_is_exact() -> None:
    rng = luck_of(3)("worth")
    for _ in range(200):
        worth, budget = rng.normal(size=8), rng.uniform(0.0, 8.0)
        # The linear programme's optimum: every vertex has at most one place that is given in part.
        whole, part = int(budget), budget % 1.0
        ranked = np.sort(worth)[::-1]
        optimum = ranked[:whole].sum() + (part * ranked[whole] if whole < 8 else 0.0)
        assert float(fill(worth, np.array([budget])) @ worth) == pytest.approx(optimum)


@pytest.mark.parametrize("adoption", [0.0, 0.01, 0.3, 0.5, 0.9, 1.0])
def test_both_sides_together_keep_the_budget(adoption: float) -> None:
    case = SharedBudget()
    scenario, world, history = drawn(case, places=20.0)
    ours = case.bounds(scenario, world)["oracle"]
    theirs = case.contenders["by_income"].fit(history, None, luck_of(0))  # type: ignore[arg-type]
    both = Adopted(ours, theirs, adoption, case.budgets)
    found = case.play(scenario, world, both, luck_of(0)).kpis
    assert found["spent"] == pytest.approx(20.0)
    assert world.worth.shape[1] == PEOPLE
