"""One-shot control: a set-point for each day, when the best one depends on the weather.

A day takes ``BASE + CURVE (set-point - best)^2`` kWh, where ``best = warm + slope weather + hidden`` (°C).
The weather is seen in the morning; ``hidden`` is known to the oracle alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from core.log import Log
from core.protocol import (
    Array,
    Budget,
    Chart,
    Column,
    Constant,
    Contender,
    Finding,
    Forecaster,
    Forecasts,
    Kpi,
    Luck,
    Outcome,
    Policy,
    Role,
    Scenario,
    Score,
    Situation,
    Table,
    UseCase,
    Yardstick,
    choice,
    lever,
)
from core.results import SELECTED, Run
from sectorlab_toys.declarations import SCALES, SOURCE, TINY_TO_FULL, both, card, meanings

DAYS, BASE, CURVE = 200, 100.0, 2.0
LOWEST, USUAL, HIGHEST = 16.0, 22.0, 28.0
SPREAD: dict[str, float] = {"mild": 6.0, "harsh": 9.0}
SCHEMA = {
    "days": (
        Column("time", "d", both("Day", "날짜")),
        Column("weather", "°C", both("Outdoor temperature", "외기 온도")),
        Column("setpoint", "°C", both("Set-point", "설정 온도")),
        Column("energy", "kWh", both("Energy of the day", "일 전력량")),
    )
}


class ControlScenario(Scenario):
    """Levers of the toy."""

    climate: Literal["mild", "harsh"] = choice("mild", label=both("Climate", "기후"), source=SOURCE)
    noise: float = lever(
        0.5, 0.0, 3.0, unit="kWh", label=both("Meter noise", "계량 잡음"), source=SOURCE,
    )  # fmt: skip
    exploration: float = lever(
        1.5, 0.5, 3.0, unit="K", label=both("Operator's exploration", "운전원 탐색"), source=SOURCE,
    )  # fmt: skip
    price: float = lever(
        150.0, 0.0, 500.0, unit="KRW/kWh", live=True, label=both("Price", "전기 요금"), source=SOURCE,
    )  # fmt: skip


@dataclass(frozen=True)
class Building:
    """The truth of the days to come, each ``(days,)``, and the meters' log of a usual operation."""

    weather: Array
    expected: Array
    best: Array
    noise: float
    usual: Table


def features(weather: Array, setpoint: Array) -> Array:
    """Quadratic terms, ``(rows, 6)``."""
    w, s = (weather - 10.0) / 10.0, (setpoint - USUAL) / 2.0
    return np.stack([np.ones_like(w), w, s, w * w, w * s, s * s], axis=1)


@dataclass
class Fixed(Policy):
    """The same set-point (°C) every day."""

    setpoint: float

    def act(self, seen: Table, rules: Table) -> Table:
        return {"setpoint": np.full(len(seen["weather"]), self.setpoint)}


@dataclass
class Daily(Policy):
    """A set-point (°C) for each day, ``(days,)``: what a bound knows."""

    setpoint: Array

    def act(self, seen: Table, rules: Table) -> Table:
        return {"setpoint": np.clip(self.setpoint[seen["time"]], rules["lowest"], rules["highest"])}


@dataclass
class Polynomial(Forecaster):
    """A quadratic forecast of energy, and the set-point where it is least. ``weights`` is ``(6,)``."""

    weights: Array

    def predict(self, seen: Table) -> Table:
        # A sum row by row: a matrix product may round one row differently alone than in a batch.
        return {"energy": (features(seen["weather"], seen["setpoint"]) * self.weights).sum(axis=1)}

    def act(self, seen: Table, rules: Table) -> Table:
        slope = self.weights[2] + self.weights[4] * (seen["weather"] - 10.0) / 10.0
        bend = 2.0 * self.weights[5]
        best = USUAL - 2.0 * slope / bend if bend > 1e-6 else np.full(len(slope), USUAL)
        return {"setpoint": np.clip(best, rules["lowest"], rules["highest"])}


def tune_fixed(history: Log, budget: Budget, luck: Luck) -> Policy:
    """Find the one set-point that would have been best on history: a parabola without weather."""
    days = history.data["days"]
    x = (days["setpoint"] - USUAL) / 2.0
    _, slope, bend = np.linalg.lstsq(np.stack([x**0, x, x * x], 1), days["energy"], rcond=None)[0]
    best = USUAL - slope / bend if bend > 1e-6 else USUAL
    return Fixed(float(np.clip(best, LOWEST, HIGHEST)))


def fit_polynomial(history: Log, budget: Budget, luck: Luck) -> Policy:
    """Regress energy on weather and set-point; penalties are compared on the last fifth."""
    days = history.data["days"]
    x, y = features(days["weather"], days["setpoint"]), days["energy"]
    split = max(1, len(y) * 4 // 5)
    tried = []
    for penalty in (1e-6, 1e-2, 1.0)[: budget.trials]:
        error = y[split:] - x[split:] @ ridge(x[:split], y[:split], penalty)
        tried.append((-float(np.abs(error).mean()) if len(error) else math.nan, penalty))
    score, penalty = max(tried)
    return Polynomial(ridge(x, y, penalty), validation=score)


def ridge(x: Array, y: Array, penalty: float) -> Array:
    """Least squares with a penalty on all weights, ``(columns,)``."""
    return np.asarray(np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y))


class Control(UseCase[ControlScenario, Building, Log]):
    """Set-points by the weather."""

    name = "toy_control"
    scenario = ControlScenario
    card = card(
        both("Toy: a set-point", "장난감: 설정 온도"),
        both("What is the weather worth to a thermostat?", "온도 조절기에 날씨 정보는 얼마의 가치가 있는가?"),
        both("One set-point serves all days; the best differs.", "하나의 설정 온도가 모든 날에 쓰인다."),
        both("The best fixed set-point", "최적의 고정 설정 온도"),
    )
    kpis = (
        Kpi("saved", "kWh/d", "higher", both("Energy saved", "절감 전력"), SOURCE, base="energy"),
        Kpi("energy", "kWh/d", "lower", both("Energy", "전력"), SOURCE),
        Kpi("net", "KRW/yr", "higher", both("Net saving", "순절감액"), SOURCE, base="energy"),
    )
    contenders: ClassVar = {
        "fixed": Contender("incumbent", both("Fixed", "고정"), tune_fixed),
        "polynomial": Contender("learner", both("Polynomial", "다항식"), fit_polynomial),
    }
    yardsticks: ClassVar = {
        "ceiling": Yardstick(both("Ceiling", "천장"), "exact", both("Knows the law.", "법칙을 안다.")),
        "oracle": Yardstick(both("Oracle", "오라클"), "exact", both("Knows all.", "모두 안다.")),
    }
    scales = SCALES
    meanings = meanings(both("days", "일"))
    situations: ClassVar = {"harsh": Situation(both("Harsh climate", "혹독한 기후"), {"climate": "harsh"})}
    constants: ClassVar = {
        "base": Constant(BASE, 90.0, 110.0, "kWh/d", SOURCE),
        "curve": Constant(CURVE, 1.0, 3.0, "kWh/d/K2", SOURCE),
    }
    noise = "noise"

    def world(self, scenario: ControlScenario, luck: Luck) -> tuple[Building, Log]:
        law = luck("law")
        warm, slope = law.normal(23.0, 0.5), law.normal(-0.2, 0.03)
        days = DAYS * TINY_TO_FULL[scenario.size]
        weather = luck("weather").normal(10.0, SPREAD[scenario.climate], 2 * days)
        expected = warm + slope * weather
        best = expected + luck("hidden").normal(0.0, 0.3, 2 * days)
        setpoint = USUAL + scenario.exploration * luck("operator").normal(size=2 * days)
        energy = BASE + CURVE * (setpoint - best) ** 2 + scenario.noise * luck("meter").normal(size=2 * days)
        labels = luck("labels")
        wrong = labels.random(2 * days) >= scenario.label_quality
        energy = np.where(wrong, labels.permutation(energy), energy)
        log = {"time": np.arange(2 * days), "weather": weather, "setpoint": setpoint, "energy": energy}
        past, coming = ({k: v[part] for k, v in log.items()} for part in np.split(np.arange(2 * days), 2))
        world = Building(weather[days:], expected[days:], best[days:], scenario.noise, coming)
        return world, Log(SCHEMA, {"days": past}, "time", "time")

    def bounds(self, scenario: ControlScenario, world: Building) -> Mapping[Role, Policy]:
        return {"ceiling": Daily(world.expected), "oracle": Daily(world.best)}

    def play(self, scenario: ControlScenario, world: Building, policy: Policy, luck: Luck) -> Outcome:
        days = np.arange(len(world.weather))
        rules = {"lowest": np.array([LOWEST]), "highest": np.array([HIGHEST])}
        setpoint = policy.act({"unit": days, "time": days, "weather": world.weather}, rules)["setpoint"]
        energy = BASE + CURVE * (np.clip(setpoint, LOWEST, HIGHEST) - world.best) ** 2
        week = {"day": days[:7], "setpoint": setpoint[:7], "energy": energy[:7]}
        return Outcome({"energy": float(energy.mean())}, {"week": week})

    def settle(self, own: Mapping[str, float], incumbent: Mapping[str, float], cost_krw: float,
               scenario: ControlScenario) -> Mapping[str, float]:  # fmt: skip
        saved = incumbent["energy"] - own["energy"]
        return {**own, "saved": saved, "net": 365.0 * saved * scenario.price - cost_krw}

    def skill(self, scenario: ControlScenario, world: Building, policy: Forecaster) -> Mapping[str, Score]:
        truth = world.usual["energy"]
        error = float(np.abs(policy.predict(world.usual)["energy"] - truth).mean())
        naive = float(np.abs(truth - truth.mean()).mean())
        return {"mae": Score(error, "kWh/d", floor=world.noise * math.sqrt(2.0 / math.pi), naive=naive)}

    def forecasts(
        self, scenario: ControlScenario, world: Building, policy: Forecaster
    ) -> Sequence[Forecasts]:
        label = both("Energy of the day", "일 전력량")
        found = policy.predict(world.usual)["energy"]
        return [Forecasts("energy", label, "kWh/d", world.usual["energy"], found)]

    def find(self, run: Run) -> Finding | None:
        found = run.captured(SELECTED, "oracle") if run.chosen else None
        if found is None:
            return None
        share = found.share
        gained = f"{share.mean:.0%}"
        said = both(f"It gains {gained} of the headroom.", f"가능한 이득의 {gained}를 얻는다.")
        return Finding(said, 100 * share.mean, 100 * share.low, 100 * share.high, "% of headroom")

    def charts(self, run: Run) -> Sequence[Chart]:
        return [
            Chart(
                name="week", kind="line", table=run.traces["week"], x="day", y="setpoint", series="contender",
                title=both("The learner follows the weather", "학습기는 날씨를 따른다"),
                how=both("One line a contender", "참가자마다 한 선"),
                alt=both("Set-points of a week", "한 주의 설정 온도"),
                x_label=both("Day", "날짜"), y_label=both("Set-point (°C)", "설정 온도 (°C)"), source=SOURCE,
            )
        ]  # fmt: skip


USECASE = Control()
