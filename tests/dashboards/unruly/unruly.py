"""Industries that misbehave in the processes of the pages."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from sectorlab_toys import control
from sectorlab_toys.control import Building, Control, ControlScenario
from sectorlab_toys.declarations import both

from core.log import Log
from core.protocol import Budget, Contender, Luck, Outcome, Policy

UNLUCKY = 13.0


@dataclass
class Fixed(control.Fixed):
    """The toy's incumbent, in this package."""


@dataclass
class Polynomial(control.Polynomial):
    """The toy's learner, in this package."""


def tune(history: Log, budget: Budget, luck: Luck) -> Policy:
    found: Any = control.tune_fixed(history, budget, luck)
    return Fixed(found.setpoint)


def fit(history: Log, budget: Budget, luck: Luck) -> Policy:
    found: Any = control.fit_polynomial(history, budget, luck)
    return Polynomial(found.weights, validation=found.validation)


def fit_other(history: Log, budget: Budget, luck: Luck) -> Policy:
    """Another learner: on some seeds it validates better, on others worse."""
    found: Any = control.fit_polynomial(history, budget, luck)
    return Polynomial(0.9 * found.weights, validation=found.validation + luck("chance").normal())


class Loud(Control):
    """Prints wherever it can, and has two learners."""

    name = "unruly_loud"
    contenders: ClassVar = {
        "fixed": Contender("incumbent", both("Fixed", "고정"), tune),
        "polynomial": Contender("learner", both("Polynomial", "다항식"), fit),
        "other": Contender("learner", both("Other", "다른 것"), fit_other),
    }

    def play(self, scenario: ControlScenario, world: Building, policy: Policy, luck: Luck) -> Outcome:
        print("playing")
        os.write(1, b"playing\n")
        return super().play(scenario, world, policy, luck)


class Gate(Loud):
    """Notes the price of each play, and then waits until there is no file ``closed`` beside its notes."""

    name = "unruly_gate"

    def play(self, scenario: ControlScenario, world: Building, policy: Policy, luck: Luck) -> Outcome:
        folder = Path(os.environ["UNRULY"])
        with (folder / "plays").open("a") as notes:
            notes.write(f"{scenario.price}\n")
        while (folder / "closed").exists():
            time.sleep(0.01)
        return super().play(scenario, world, policy, luck)


class Fails(Loud):
    """Fails at one price."""

    name = "unruly_fails"

    def play(self, scenario: ControlScenario, world: Building, policy: Policy, luck: Luck) -> Outcome:
        if scenario.price == UNLUCKY:
            raise ValueError("no such price\nat all")
        return super().play(scenario, world, policy, luck)


class Dies(Loud):
    """Ends its process at one price."""

    name = "unruly_dies"

    def play(self, scenario: ControlScenario, world: Building, policy: Policy, luck: Luck) -> Outcome:
        if scenario.price == UNLUCKY:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().play(scenario, world, policy, luck)


LOUD, GATE, FAILS, DIES = Loud(), Gate(), Fails(), Dies()
