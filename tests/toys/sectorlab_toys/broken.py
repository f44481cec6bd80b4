"""The control toy, broken on purpose: each variant in one way, to prove that the conformance kit can fail."""

from __future__ import annotations

import math
import multiprocessing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np
from pydantic import field_validator

from core.log import Log
from core.luck import luck_of
from core.protocol import (
    Array,
    Budget,
    Chart,
    Constant,
    Contender,
    Kpi,
    Luck,
    Outcome,
    Party,
    Policy,
    Role,
    Table,
    UseCase,
)
from core.results import Run
from sectorlab_toys.control import (
    SCHEMA,
    Building,
    Control,
    ControlScenario,
    Daily,
    Polynomial,
    fit_polynomial,
)
from sectorlab_toys.declarations import SCALES, SOURCE, both


def competing(fit: Any) -> dict[str, Contender[Any]]:
    """The toy's contenders with another learner."""
    learner = Contender("learner", both("Polynomial", "다항식"), fit)
    return {"fixed": Control.contenders["fixed"], "polynomial": learner}


# --- histories ------------------------------------------------------------------------------------


class LaxLog(Log):
    """Takes columns that the schema does not have."""

    def __post_init__(self) -> None:
        pass


class TruthInHistory(Control):
    """The best set-point stands in the log."""

    def world(self, scenario: ControlScenario, luck: Luck) -> tuple[Building, Log]:
        world, log = super().world(scenario, luck)
        return world, LaxLog(SCHEMA, {"days": {**log.data["days"], "best": world.best}}, "time", "time")


@dataclass(frozen=True)
class AnsweredLog(Log):
    """Carries the truth beside its tables."""

    answers: Array = field(default_factory=lambda: np.zeros(0))


class TruthBesideHistory(Control):
    """The best set-point hangs on the log."""

    def world(self, scenario: ControlScenario, luck: Luck) -> tuple[Building, Log]:
        world, log = super().world(scenario, luck)
        return world, AnsweredLog(log.schema, log.data, log.time, log.key, world.best)


SHARED = np.random.default_rng()


class SharedRandomness(Control):
    """Draws from a generator that everybody shares."""

    def world(self, scenario: ControlScenario, luck: Luck) -> tuple[Building, Log]:
        world, log = super().world(scenario, luck)
        return replace(world, best=world.best + SHARED.normal(0.0, 0.01, len(world.best))), log


class OneWorld(Control):
    """Every seed draws the same world."""

    def world(self, scenario: ControlScenario, luck: Luck) -> tuple[Building, Log]:
        return super().world(scenario, luck_of(0))


class LiveLeverMovesHistory(Control):
    """The price, which is live, is in the log."""

    def world(self, scenario: ControlScenario, luck: Luck) -> tuple[Building, Log]:
        world, log = super().world(scenario, luck)
        days = dict(log.data["days"])
        days["energy"] = days["energy"] * (scenario.price / 150.0)
        return world, replace(log, data={"days": days})


class NewSaltLog(Log):
    """Thins anew for each share."""

    def thin(self, share: float, luck: Luck) -> Self:
        return super().thin(share, lambda purpose: luck(f"{purpose}{share}"))


class SharesApart(Control):
    """A smaller share of the data is another sample."""

    def world(self, scenario: ControlScenario, luck: Luck) -> tuple[Building, Log]:
        world, log = super().world(scenario, luck)
        return world, NewSaltLog(log.schema, log.data, log.time, log.key)


# --- learners -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RememberingLog(Log):
    """Keeps hold of what was hidden."""

    whole: Log | None = None

    def until(self, time: float) -> Self:
        return replace(super().until(time), whole=self.whole or self)


def fit_hindsight(history: RememberingLog, budget: Budget, luck: Luck) -> Policy:
    """Centre the forecast on the mean of all days, those to come as well."""
    policy = fit_polynomial(history, budget, luck)
    assert isinstance(policy, Polynomial)
    gap = (history.whole or history).data["days"]["energy"].mean() - history.data["days"]["energy"].mean()
    return replace(policy, weights=policy.weights + gap * (np.arange(6) == 0))


class SeesTheFuture(Control):
    """The learner sees what was hidden from it."""

    contenders: ClassVar = competing(fit_hindsight)

    def world(self, scenario: ControlScenario, luck: Luck) -> tuple[Building, Log]:
        world, log = super().world(scenario, luck)
        return world, RememberingLog(log.schema, log.data, log.time, log.key)


class OpenLog(Log):
    """Hides nothing."""

    def until(self, time: float) -> Self:
        return self


class HidesNothing(Control):
    """The past holds the future."""

    def world(self, scenario: ControlScenario, luck: Luck) -> tuple[Building, Log]:
        world, log = super().world(scenario, luck)
        return world, OpenLog(log.schema, log.data, log.time, log.key)


def fit_and_write(history: Log, budget: Budget, luck: Luck) -> Policy:
    """Write into the history on the way."""
    policy = fit_polynomial(history, budget, luck)
    history.data["days"]["time"][0] -= 1
    return policy


class WritesHistory(Control):
    """Training changes what the next contender learns from."""

    contenders: ClassVar = competing(fit_and_write)


@dataclass
class Centred(Polynomial):
    """Forecasts around the mean of the batch."""

    def predict(self, seen: Table) -> Table:
        energy = super().predict(seen)["energy"]
        return {"energy": energy + 0.01 * energy.mean()}


def fit_centred(history: Log, budget: Budget, luck: Luck) -> Policy:
    """Fit as ever, forecast by the batch."""
    policy = fit_polynomial(history, budget, luck)
    assert isinstance(policy, Polynomial)
    return Centred(policy.weights, validation=policy.validation)


class LooksAtTheBatch(Control):
    """A forecast depends on the rows beside it."""

    contenders: ClassVar = competing(fit_centred)


def fit_unselected(history: Log, budget: Budget, luck: Luck) -> Policy:
    """Fit without a validation score."""
    return replace(fit_polynomial(history, budget, luck), validation=math.nan)


class NobodyStands(Control):
    """No learner stands for selection."""

    contenders: ClassVar = competing(fit_unselected)


@dataclass
class Numbered(Polynomial):
    """Holds what cannot be kept on disk."""

    notes: Mapping[int, str] = field(default_factory=lambda: {1: "a number is no name"})


def fit_numbered(history: Log, budget: Budget, luck: Luck) -> Policy:
    """Fit a policy that cannot be kept."""
    policy = fit_polynomial(history, budget, luck)
    assert isinstance(policy, Polynomial)
    return Numbered(policy.weights, validation=policy.validation)


class CannotBeKept(Control):
    """A policy does not survive the store."""

    contenders: ClassVar = competing(fit_numbered)


def fit_worse(history: Log, budget: Budget, luck: Luck) -> Policy:
    """Lose the way the more there is to learn from."""
    policy = fit_polynomial(history, budget, luck)
    assert isinstance(policy, Polynomial)
    slope = 0.05 * len(history.data["days"]["time"]) * (np.arange(6) == 2)
    return replace(policy, weights=policy.weights + slope)


class DataHurt(Control):
    """More data make it worse."""

    contenders: ClassVar = competing(fit_worse)


# --- plays, bounds, results -----------------------------------------------------------------------


class WeakOracle(Control):
    """An oracle that a learner beats."""

    def bounds(self, scenario: ControlScenario, world: Building) -> Mapping[Role, Policy]:
        return {"ceiling": Daily(world.expected), "oracle": Daily(world.best + 1.0)}


@dataclass(frozen=True)
class VisitedBuilding(Building):
    """Counts its plays."""

    visits: Array = field(default_factory=lambda: np.zeros(1))


class PlayChangesWorld(Control):
    """Play writes into the world."""

    def world(self, scenario: ControlScenario, luck: Luck) -> tuple[Building, Log]:
        world, log = super().world(scenario, luck)
        return VisitedBuilding(world.weather, world.expected, world.best, world.noise, world.usual), log

    def play(self, scenario: ControlScenario, world: Building, policy: Policy, luck: Luck) -> Outcome:
        assert isinstance(world, VisitedBuilding)
        world.visits[0] += 1
        return super().play(scenario, world, policy, luck)


class DependsOnProcess(Control):
    """A worker process computes something else."""

    def play(self, scenario: ControlScenario, world: Building, policy: Policy, luck: Luck) -> Outcome:
        outcome = super().play(scenario, world, policy, luck)
        extra = 0.0 if multiprocessing.parent_process() is None else 1e-9
        return replace(outcome, kpis={"energy": outcome.kpis["energy"] + extra})


class Settling(Control):
    """Settles as ever, then adds what ``extra`` says."""

    def extra(self, own: Mapping[str, float], incumbent: Mapping[str, float], cost_krw: float,
              done: Mapping[str, float]) -> Mapping[str, float]:  # fmt: skip
        return {}

    def settle(self, own: Mapping[str, float], incumbent: Mapping[str, float], cost_krw: float,
               scenario: ControlScenario) -> Mapping[str, float]:  # fmt: skip
        done = super().settle(own, incumbent, cost_krw, scenario)
        return {**done, **self.extra(own, incumbent, cost_krw, done)}


class UndeclaredKpi(Settling):
    """Gives a KPI that nobody declared."""

    def extra(self, own: Any, incumbent: Any, cost_krw: float, done: Any) -> Mapping[str, float]:
        return {"luck": 1.0}


class MissingKpi(Control):
    """Declares a KPI that it does not give."""

    kpis = (*Control.kpis, Kpi("comfort", "%", "higher", both("Comfort", "쾌적도"), SOURCE))


class NotANumber(Settling):
    """A KPI is not a number where the learner saves much."""

    def extra(self, own: Any, incumbent: Any, cost_krw: float, done: Any) -> Mapping[str, float]:
        return {"net": math.nan} if cost_krw else {}


class NotItself(Settling):
    """The incumbent beats itself."""

    def extra(self, own: Any, incumbent: Any, cost_krw: float, done: Any) -> Mapping[str, float]:
        return {} if own is incumbent else {"net": done["net"] + 1.0}


class NoiseFails(Control):
    """One end of a lever cannot be run."""

    def world(self, scenario: ControlScenario, luck: Luck) -> tuple[Building, Log]:
        if scenario.noise == 3.0:
            raise ValueError("so much noise was never tried")
        return super().world(scenario, luck)


class ChartWithoutColumn(Control):
    """A picture names a column that is not there."""

    def charts(self, run: Run) -> Sequence[Chart]:
        return [replace(chart, y="comfort") for chart in super().charts(run)]


# --- declarations ---------------------------------------------------------------------------------


class NoKorean(Control):
    """The question stands in English alone."""

    card = replace(Control.card, question={"en": "What is the weather worth?", "ko": ""})


class EnglishTwice(Control):
    """The Korean claim is English."""

    card = replace(Control.card, claim=both("Learning gains half.", "Learning gains half."))


class KpiWithoutUnit(Control):
    """A KPI has no unit."""

    kpis = tuple(replace(kpi, unit="") for kpi in Control.kpis)


class MoneyOfNoKpi(Control):
    """What is named as money is not counted."""

    money = "profit"


class PartyOfNoKpi(Control):
    """A party is said to feel what is not counted."""

    parties = (Party(both("Tenants", "입주자"), "comfort", both("They live there.", "그곳에 산다.")),)


class PartyInOneLanguage(Control):
    """A party has no Korean name."""

    parties = (Party({"en": "Tenants"}, "", both("They live there.", "그곳에 산다.")),)


class ConstantOutside(Control):
    """A constant lies outside its range."""

    constants: ClassVar = {"base": Constant(80.0, 90.0, 110.0, "kWh/d", SOURCE)}


class NoFullSize(Control):
    """A size has no scale."""

    scales: ClassVar = {size: scale for size, scale in SCALES.items() if size != "full"}


class HalvingScenario(ControlScenario):
    """Reads another noise than it wrote."""

    @field_validator("noise")
    @classmethod
    def halve(cls, value: float) -> float:
        """Halve what is read."""
        return value / 2.0


class HalvesOnReading(Control):
    """A scenario does not survive its text."""

    scenario = HalvingScenario


Broken = tuple[type[UseCase[Any, Any, Any]], frozenset[str]]


def _broken(case: type[UseCase[Any, Any, Any]], *red: str) -> Broken:
    return case, frozenset(red)


BROKEN: tuple[Broken, ...] = (
    _broken(NoKorean, "texts"),
    _broken(EnglishTwice, "texts"),
    _broken(KpiWithoutUnit, "kpis"),
    _broken(MoneyOfNoKpi, "stakes"),
    _broken(PartyOfNoKpi, "stakes"),
    _broken(PartyInOneLanguage, "stakes"),
    _broken(ConstantOutside, "constants"),
    _broken(NoFullSize, "competition"),
    _broken(HalvesOnReading, "round_trips"),
    # What is never the same twice does not stay when a lever moves, nor in another process.
    _broken(SharedRandomness, "same_seed", "live_levers", "backends"),
    _broken(OneWorld, "other_seed"),
    _broken(TruthInHistory, "no_truth"),
    _broken(TruthBesideHistory, "no_truth"),
    _broken(LiveLeverMovesHistory, "live_levers"),
    _broken(SharesApart, "open_data"),
    _broken(SeesTheFuture, "hidden_future"),
    _broken(HidesNothing, "hidden_future"),
    _broken(WritesHistory, "history_unchanged"),
    _broken(LooksAtTheBatch, "row_alone"),
    _broken(NobodyStands, "validation"),
    _broken(CannotBeKept, "kept_policies"),
    _broken(DataHurt, "regret_falls"),
    _broken(UndeclaredKpi, "outcomes"),
    # Means over what is not a number cannot be told, and no end of a lever is without it.
    _broken(NotANumber, "outcomes", "lever_ends", "report"),
    _broken(PlayChangesWorld, "world_unchanged"),
    _broken(NotItself, "against_itself"),
    _broken(WeakOracle, "beaten_bounds"),
    _broken(NoiseFails, "lever_ends"),
    _broken(DependsOnProcess, "backends"),
    _broken(ChartWithoutColumn, "report"),
)
"""Each variant, and exactly the questions that it fails."""
