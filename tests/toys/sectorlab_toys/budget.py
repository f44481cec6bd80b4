"""A shared budget: each week a hundred people apply, and the budget serves some of them.

A place is worth ``1 + income + need + luck`` to who gets it. The office ranks by income alone; history holds
the worth of those alone who were served. Places can be shared, so filling by worth is the exact optimum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.log import Log
from core.protocol import (
    Array,
    Budget,
    Column,
    Contender,
    Forecaster,
    Kpi,
    Luck,
    Outcome,
    Policy,
    Role,
    Scenario,
    Score,
    Table,
    UseCase,
    Yardstick,
    lever,
)
from sectorlab_toys.declarations import SCALES, SOURCE, TINY_TO_FULL, both, card, meanings

WEEKS, PEOPLE, WEEKS_A_YEAR = 6, 100, 52
SCHEMA = {
    "served": (
        Column("time", "week", both("Week", "주")),
        Column("person", "", both("Number of the person", "사람 번호")),
        Column("income", "", both("Income score", "소득 점수")),
        Column("need", "", both("Need score", "필요 점수")),
        Column("worth", "points", both("Worth of the place", "자리의 가치")),
    )
}


class BudgetScenario(Scenario):
    """Levers of the toy."""

    noise: float = lever(0.5, 0.0, 3.0, unit="points", label=both("Luck", "운"), source=SOURCE)
    places: float = lever(
        20.0, 5.0, 80.0, unit="places/week", live=True, label=both("Places", "자리 수"), source=SOURCE
    )


@dataclass(frozen=True)
class Weeks:
    """Truth of the weeks to come, each ``(weeks, people)``; ``expected`` is what the scores tell."""

    income: Array
    need: Array
    expected: Array
    worth: Array


def fill(score: Array, budget: Array) -> Array:
    """Spend a budget from the highest score down, one place each, the last in part; ``(rows,)``."""
    rank = np.empty(len(score))
    rank[np.argsort(-score, kind="stable")] = np.arange(len(score))
    return np.clip(budget - rank, 0.0, 1.0)


@dataclass
class ByIncome(Policy):
    """The office's rule."""

    def act(self, seen: Table, rules: Table) -> Table:
        return {"place": fill(seen["income"], rules["budget"])}


@dataclass
class Linear(Forecaster):
    """Ranks by a linear forecast of worth; ``weights`` is ``(3,)``."""

    weights: Array

    def predict(self, seen: Table) -> Table:
        return {"worth": self.weights[0] + self.weights[1] * seen["income"] + self.weights[2] * seen["need"]}

    def act(self, seen: Table, rules: Table) -> Table:
        return {"place": fill(self.predict(seen)["worth"], rules["budget"])}


@dataclass
class Known(Policy):
    """A bound: ranks by what is known of each person, ``(people,)`` over all weeks."""

    score: Array

    def act(self, seen: Table, rules: Table) -> Table:
        return {"place": fill(self.score[seen["unit"]], rules["budget"])}


def keep_rule(history: Log, budget: Budget, luck: Luck) -> Policy:
    """Nothing to learn."""
    return ByIncome()


def fit_linear(history: Log, budget: Budget, luck: Luck) -> Policy:
    """Least squares on those who were served."""
    served = history.data["served"]
    x = np.stack([np.ones(len(served["worth"])), served["income"], served["need"]], axis=1)
    split = len(x) * 4 // 5
    first = np.linalg.lstsq(x[:split], served["worth"][:split], rcond=None)[0]
    error = served["worth"][split:] - x[split:] @ first
    score = -float(np.abs(error).mean()) if len(error) else -1.0
    return Linear(np.linalg.lstsq(x, served["worth"], rcond=None)[0], validation=score)


class SharedBudget(UseCase[BudgetScenario, Weeks, Log]):
    """Places for those who gain most."""

    name = "toy_budget"
    scenario = BudgetScenario
    card = card(
        both("Toy: places for a few", "장난감: 소수를 위한 자리"),
        both("What is it worth to know who gains?", "누가 이득을 보는지 아는 것은 얼마의 가치가 있는가?"),
        both("A budget serves some of those who apply.", "예산은 신청자 일부에게 돌아간다."),
        both("Rank by income", "소득순"),
    )
    kpis = (
        Kpi("worth", "points/week", "higher", both("Worth", "가치"), SOURCE),
        Kpi("spent", "places/week", "lower", both("Places given", "제공한 자리"), SOURCE),
        Kpi("net", "KRW/yr", "higher", both("Net gain", "순이득"), SOURCE),
    )
    contenders: ClassVar = {
        "by_income": Contender("incumbent", both("By income", "소득순"), keep_rule),
        "linear": Contender("learner", both("Linear", "선형"), fit_linear),
    }
    yardsticks: ClassVar = {
        "ceiling": Yardstick(both("Ceiling", "천장"), "exact", both("Knows the law.", "법칙을 안다.")),
        "oracle": Yardstick(both("Oracle", "오라클"), "exact", both("Knows the luck.", "운도 안다.")),
    }
    scales = SCALES
    meanings = meanings(both("people", "명"))
    budgets = ("budget",)
    noise = "noise"

    def world(self, scenario: BudgetScenario, luck: Luck) -> tuple[Weeks, Log]:
        past = WEEKS * TINY_TO_FULL[scenario.size]
        shape = (2 * past, PEOPLE)
        income, need = luck("income").normal(size=shape), luck("need").normal(size=shape)
        weight = luck("law").uniform(0.5, 1.5, 2)
        expected = 1.0 + weight[0] * income + weight[1] * need
        worth = expected + scenario.noise * luck("luck").normal(size=shape)
        labels = luck("labels")
        wrong = labels.random(shape) >= scenario.label_quality
        told = np.where(wrong, labels.permutation(worth, axis=1), worth)
        served = (income + luck("office").normal(size=shape) > 0.0)[:past].ravel()
        columns = {"time": np.repeat(np.arange(past), PEOPLE), "person": np.arange(past * PEOPLE)}
        columns |= {
            "income": income[:past].ravel(),
            "need": need[:past].ravel(),
            "worth": told[:past].ravel(),
        }
        world = Weeks(income[past:], need[past:], expected[past:], worth[past:])
        return world, Log(SCHEMA, {"served": {k: v[served] for k, v in columns.items()}}, "time", "person")

    def bounds(self, scenario: BudgetScenario, world: Weeks) -> Mapping[Role, Policy]:
        return {"ceiling": Known(world.expected.ravel()), "oracle": Known(world.worth.ravel())}

    def play(self, scenario: BudgetScenario, world: Weeks, policy: Policy, luck: Luck) -> Outcome:
        rules = {"budget": np.array([scenario.places])}
        worth, spent = [], []
        for week, (income, need) in enumerate(zip(world.income, world.need, strict=True)):
            unit = week * PEOPLE + np.arange(PEOPLE)
            place = policy.act({"unit": unit, "income": income, "need": need}, rules)["place"]
            if place.sum() > scenario.places * (1.0 + 1e-9):
                raise ValueError(f"{place.sum()} places were given, {scenario.places} may be")
            worth.append(float(place @ world.worth[week]))
            spent.append(float(place.sum()))
        trace = {"week": np.arange(len(worth)), "worth": np.array(worth)}
        return Outcome({"worth": float(np.mean(worth)), "spent": float(np.mean(spent))}, {"weeks": trace})

    def settle(self, own: Mapping[str, float], incumbent: Mapping[str, float], cost_krw: float,
               scenario: BudgetScenario) -> Mapping[str, float]:  # fmt: skip
        gain = (own["worth"] - incumbent["worth"]) * WEEKS_A_YEAR * 10_000.0
        return {**own, "net": gain - cost_krw}

    def skill(self, scenario: BudgetScenario, world: Weeks, policy: Forecaster) -> Mapping[str, Score]:
        error = policy.predict({"income": world.income.ravel(), "need": world.need.ravel()})["worth"]
        floor = float(np.abs(world.expected - world.worth).mean())
        return {"mae": Score(float(np.abs(error - world.worth.ravel()).mean()), "points", floor=floor)}


USECASE = SharedBudget()
