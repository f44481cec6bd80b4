"""Learning during play: machines whose gain drifts, a biased gauge at once, the laboratory's truth late.

A piece comes out ``gain x setting`` thick (mm). The gauge reads it at once with a bias of its own; the
laboratory reports the true thickness some epochs later, when other pieces have long been made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.log import Log
from core.protocol import (
    Array,
    Budget,
    Column,
    Contender,
    Kpi,
    Luck,
    Outcome,
    Policy,
    Role,
    Scenario,
    Table,
    UseCase,
    Yardstick,
    lever,
)
from sectorlab_toys.declarations import SCALES, SOURCE, TINY_TO_FULL, both, card, meanings

EPOCHS, MACHINES, PIECES_A_YEAR = 40, 12, 10_000
GAUGE = (
    Column("time", "epoch", both("When it is known", "알려진 시각")),
    Column("piece", "", both("Number of the piece", "제품 번호")),
    Column("unit", "", both("Machine", "기계")),
    Column("setting", "mm", both("Setting", "설정값")),
    Column("gauge", "mm", both("Gauge reading", "게이지 측정값")),
)
SCHEMA = {"gauge": GAUGE, "lab": (*GAUGE, Column("lab", "mm", both("Laboratory's thickness", "시험실 두께")))}


class DriftScenario(Scenario):
    """Levers of the toy."""

    noise: float = lever(0.02, 0.0, 0.2, unit="mm", label=both("Gauge noise", "게이지 잡음"), source=SOURCE)
    delay: int = lever(4, 0, 30, unit="epochs", label=both("Delay", "시험실 지연"), source=SOURCE)
    price: float = lever(
        100.0, 0.0, 1e3, unit="KRW/mm2", live=True, label=both("Price of a miss", "오차 비용"), source=SOURCE
    )


@dataclass(frozen=True)
class Line:
    """Truth: gains and targets (mm), both ``(epochs, machines)``; the gauges' bias (mm), ``(machines,)``."""

    gain: Array
    target: Array
    bias: Array


@dataclass
class Frozen(Policy):
    """Inverts gains ``(machines,)`` that were learned once."""

    gain: Array

    def act(self, seen: Table, rules: Table) -> Table:
        return {"setting": seen["target"] / self.gain[seen["unit"]]}


@dataclass
class Tracking(Frozen):
    """Follows each gain by the gauge, and each gauge's bias ``(machines,)`` by the late laboratory."""

    bias: Array
    rate: float

    def learn(self, feedback: Table, luck: Luck) -> None:
        unit, gauge = feedback["unit"], feedback["gauge"]
        if "lab" in feedback:
            self.bias[unit] += 0.1 * (gauge - feedback["lab"] - self.bias[unit])
        else:
            self.gain[unit] += self.rate * ((gauge - self.bias[unit]) / feedback["setting"] - self.gain[unit])


@dataclass
class Knows(Policy):
    """The oracle: ``gain`` is ``(epochs, machines)``."""

    gain: Array

    def act(self, seen: Table, rules: Table) -> Table:
        return {"setting": seen["target"] / self.gain[seen["time"], seen["unit"]]}


def epochs(history: Log) -> Iterator[tuple[Table, Table]]:
    """Give what the gauge and the laboratory told, epoch by epoch."""
    tables = history.data["gauge"], history.data["lab"]
    for now in np.unique(np.concatenate([table["time"] for table in tables])):
        gauge, lab = ({k: v[table["time"] == now] for k, v in table.items()} for table in tables)
        yield gauge, lab


def freeze(history: Log, budget: Budget, luck: Luck) -> Policy:
    """Average each machine's gain over history, as the gauge sees it."""
    gauge = history.data["gauge"]
    total = np.bincount(gauge["unit"], gauge["gauge"] / gauge["setting"], MACHINES)
    count = np.bincount(gauge["unit"], minlength=MACHINES)
    return Frozen(np.where(count > 0, total / np.maximum(count, 1), 1.0))


def track(history: Log, budget: Budget, luck: Luck) -> Policy:
    """Go through history as through play, for each rate; the last third of the epochs decides."""
    best: Tracking | None = None
    steps = list(epochs(history))
    for rate in (0.3, 0.5, 0.15)[: budget.trials]:
        policy, missed = Tracking(np.ones(MACHINES), np.zeros(MACHINES), rate), []
        for gauge, lab in steps:
            made = policy.gain[gauge["unit"]] * gauge["setting"] + policy.bias[gauge["unit"]]
            missed.append(float(((made - gauge["gauge"]) ** 2).mean()) if len(made) else 0.0)
            policy.learn(gauge, luck)
            policy.learn(lab, luck)
        policy.validation = -float(np.mean(missed[len(missed) * 2 // 3 :])) if missed else -1.0
        best = policy if best is None or policy.validation > best.validation else best
    assert best is not None
    return best


class Drift(UseCase[DriftScenario, Line, Log]):
    """Machines that drift."""

    name = "toy_drift"
    scenario = DriftScenario
    card = card(
        both("Toy: machines that drift", "장난감: 변하는 기계"),
        both("What is it worth to keep learning?", "계속 학습하는 것은 얼마의 가치가 있는가?"),
        both("Gains drift; the laboratory is late.", "이득이 변하고, 시험실 결과는 늦게 온다."),
        both("Calibrated once", "한 번만 보정"),
    )
    kpis = (
        Kpi("loss", "mm2", "lower", both("Squared miss", "제곱 오차"), SOURCE, digits=4),
        Kpi("net", "KRW/yr", "higher", both("Net gain", "순이득"), SOURCE),
    )
    contenders: ClassVar = {
        "frozen": Contender("incumbent", both("Calibrated once", "한 번 보정"), freeze),
        "tracking": Contender("learner", both("Tracking", "추적"), track),
    }
    yardsticks: ClassVar = {
        "oracle": Yardstick(both("Oracle", "오라클"), "exact", both("Knows the gains.", "이득을 안다."))
    }
    scales = SCALES
    meanings = meanings(both("pieces", "개"))
    noise = "noise"

    def world(self, scenario: DriftScenario, luck: Luck) -> tuple[Line, Log]:
        past = EPOCHS * TINY_TO_FULL[scenario.size]
        shape = (2 * past, MACHINES)
        gain = np.clip(1.0 + np.cumsum(luck("drift").normal(0.0, 0.01, shape), axis=0), 0.5, 2.0)
        target = luck("orders").uniform(2.0, 5.0, shape)
        world = Line(gain[past:], target[past:], luck("gauges").normal(0.0, 0.1, MACHINES))
        setting = target[:past] * (1.0 + 0.05 * luck("operator").normal(size=(past, MACHINES)))
        thick = gain[:past] * setting
        gauge = thick + world.bias + scenario.noise * luck("readings").normal(size=thick.shape)
        labels = luck("labels")
        wrong = labels.random(thick.shape) >= scenario.label_quality
        lab = np.where(wrong, labels.permutation(thick, axis=0), thick)
        made, unit = np.divmod(np.arange(thick.size), MACHINES)
        rows = {"time": made, "piece": np.arange(thick.size), "unit": unit,
                "setting": setting.ravel(), "gauge": gauge.ravel()}  # fmt: skip
        known = made + scenario.delay < past
        late = {k: v[known] for k, v in (rows | {"lab": lab.ravel()}).items()}
        late["time"] = late["time"] + scenario.delay
        return world, Log(SCHEMA, {"gauge": rows, "lab": late}, "time", "piece")

    def bounds(self, scenario: DriftScenario, world: Line) -> Mapping[Role, Policy]:
        return {"oracle": Knows(world.gain)}

    def play(self, scenario: DriftScenario, world: Line, policy: Policy, luck: Luck) -> Outcome:
        unit, read = np.arange(MACHINES), luck("readings")
        missed, made = [], []
        for now, (gain, target) in enumerate(zip(world.gain, world.target, strict=True)):
            time = np.full(MACHINES, now)
            setting = policy.act({"unit": unit, "time": time, "target": target}, {})["setting"]
            thick = gain * setting
            missed.append((thick - target) ** 2)
            gauge = thick + world.bias + scenario.noise * read.normal(size=MACHINES)
            made.append({"time": time, "unit": unit, "setting": setting, "gauge": gauge, "lab": thick})
            policy.learn({k: v for k, v in made[-1].items() if k != "lab"}, luck)
            if now >= scenario.delay:
                policy.learn(made[now - scenario.delay], luck)
        trace = {"epoch": np.arange(len(missed)), "loss": np.mean(missed, axis=1)}
        return Outcome({"loss": float(np.mean(missed))}, {"loss": trace})

    def settle(self, own: Mapping[str, float], incumbent: Mapping[str, float], cost_krw: float,
               scenario: DriftScenario) -> Mapping[str, float]:  # fmt: skip
        gain = (incumbent["loss"] - own["loss"]) * scenario.price * PIECES_A_YEAR
        return {**own, "net": gain - cost_krw}


USECASE = Drift()
