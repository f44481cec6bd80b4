"""A lever of known worth: what sweeps must find, and where they must find nothing.

Learning brings ``WORTH`` million KRW a year for each record it may learn from, up to the whole history, and
what the luck of a setting adds (sd ``LUCK``). No other lever brings anything; all cost. The constant ``toll``
is taken off, so that learning is ahead of the incumbent where it stays below what learning brings; ``idle``
does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.log import Log
from core.protocol import (
    Budget,
    Column,
    Constant,
    Contender,
    Finding,
    Kpi,
    Luck,
    Outcome,
    Policy,
    Role,
    Scenario,
    Table,
    UseCase,
    Yardstick,
)
from core.results import Run
from sectorlab_toys.declarations import SCALES, SOURCE, both, card, meanings

RECORDS = 4_000
WORTH = 0.02
"""Million KRW a year for one record; 20 of them are one of the 200 units of data: 0.4 a unit."""
LUCK = 2.0
SCHEMA = {"records": (Column("time", "d", both("Day", "날짜")), Column("value", "", both("Value", "값")))}


@dataclass(frozen=True)
class Toll:
    """The truth: what is taken off every gain, million KRW."""

    toll: float
    luck: Luck


@dataclass
class Records(Policy):
    """Knows how many records it learned from."""

    number: float = 0.0

    def act(self, seen: Table, rules: Table) -> Table:
        return {"number": np.full(len(seen["unit"]), self.number)}


def count(history: Log, budget: Budget, luck: Luck) -> Policy:
    """Learn: count the records."""
    number = len(history.data["records"]["time"])
    return Records(float(number), validation=1.0)


class Planted(UseCase[Scenario, Toll, Log]):
    """A gain in proportion to data."""

    name = "toy_planted"
    scenario = Scenario
    card = card(
        both("Toy: a planted effect", "장난감: 심은 효과"),
        both("Is what was planted found?", "심은 것을 찾는가?"),
        both("Each record brings as much.", "기록마다 같은 이득을 준다."),
        both("Nothing", "아무것도 없음"),
    )
    kpis = (Kpi("gain", "million KRW/year", "higher", both("Gain", "이득"), SOURCE),
            Kpi("net", "million KRW/year", "higher", both("Net", "순이득"), SOURCE))  # fmt: skip
    contenders: ClassVar = {
        "nothing": Contender("incumbent", both("Nothing", "없음"), lambda h, b, luck: Records()),
        "counter": Contender("learner", both("Counter", "계수기"), count),
    }
    yardsticks: ClassVar = {
        "oracle": Yardstick(both("Oracle", "오라클"), "exact", both("Has all.", "모두 가진다.")),
    }
    scales = SCALES
    meanings = meanings(both("records", "기록"))
    constants: ClassVar = {
        "toll": Constant(0.0, 0.0, 100.0, "million KRW", SOURCE),
        "idle": Constant(1.0, 0.0, 2.0, "share", SOURCE),
        "known": Constant(3.0, 3.0, 3.0, "share", "fixed: by definition"),
    }
    money = "net"

    def world(self, scenario: Scenario, luck: Luck) -> tuple[Toll, Log]:
        toll = dict(scenario.assumed).get("toll", self.constants["toll"].value)
        rows = {"time": np.arange(RECORDS), "value": luck("values").normal(size=RECORDS)}
        return Toll(toll, luck), Log(SCHEMA, {"records": rows}, "time", "time")

    def bounds(self, scenario: Scenario, world: Toll) -> Mapping[Role, Policy]:
        return {"oracle": Records(2.0 * RECORDS)}

    def play(self, scenario: Scenario, world: Toll, policy: Policy, luck: Luck) -> Outcome:
        number = float(policy.act({"unit": np.zeros(1, int)}, {})["number"][0])
        if number == 0.0:
            return Outcome({"gain": 0.0})
        setting = repr((scenario.data_share, scenario.label_quality, scenario.compute, scenario.expertise))
        chance = LUCK * luck(setting).normal()
        return Outcome({"gain": WORTH * number + chance - world.toll})

    def settle(self, own: Mapping[str, float], incumbent: Mapping[str, float], cost_krw: float,
               scenario: Scenario) -> Mapping[str, float]:  # fmt: skip
        return {**own, "net": own["gain"] - incumbent["gain"] - cost_krw / 1e6}

    def find(self, run: Run) -> Finding | None:
        found = run.interval("gain", "counter")
        return Finding(both("So much.", "이만큼."), found.mean, found.low, found.high, "million KRW")


USECASE = Planted()
