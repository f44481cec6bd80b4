"""How long and how hard to train."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Schedule = Literal["one_cycle", "constant"]
SCHEDULES = ("one_cycle", "constant")
Progress = Callable[[int, int, float], None]
"""Called with the step, the number of steps, and the latest mean loss."""
MOMENTA = (0.85, 0.95)
"""Between which ``one_cycle`` moves the momentum."""
WARM_UP = 0.1
"""Share of the steps in which the rate of ``one_cycle`` climbs."""


@dataclass(frozen=True)
class Plan:
    """A budget in steps, and what each step does.

    Attributes
    ----------
    steps
        Optimiser steps.
    learning_rate
        Of AdamW (Loshchilov and Hutter 2019); the highest of the schedule.
    weight_decay
        Decoupled; on weight matrices, never on biases and norms.
    schedule
        ``one_cycle``: up along a cosine in the first tenth, then down to zero (Smith and Topin 2019).
    clip
        Largest norm of a member's gradient, or None.
    look_every
        Steps between two looks at the held-out rows.
    patience
        Looks without an improvement of any member after which training ends, or None.
    together
        All members keep the weights of one step, the best on average: steadier where few rows are held
        out. Else each keeps its own best.
    deterministic
        Refuse operations whose result may differ from run to run.
    checkpoint, checkpoint_every
        Folder to resume from, and steps between two checkpoints.
    progress
        Called at every look.

    Raises
    ------
    ValueError
        When a number is out of range.
    """

    steps: int
    learning_rate: float
    weight_decay: float = 0.0
    schedule: Schedule = "one_cycle"
    clip: float | None = None
    look_every: int = 50
    patience: int | None = None
    together: bool = False
    deterministic: bool = False
    checkpoint: Path | None = None
    checkpoint_every: int = 500
    progress: Progress | None = None

    def __post_init__(self) -> None:
        for name in ("steps", "look_every", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: {getattr(self, name)} is too few; give at least 1.")
        if self.clip is not None and self.clip <= 0:
            raise ValueError(f"clip: {self.clip} is not above 0; try 1, or None.")
        if self.patience is not None and self.patience < 1:
            raise ValueError(f"patience: {self.patience} looks are too few; give at least 1, or None.")
        if not 0 < self.learning_rate < math.inf:
            raise ValueError(f"learning_rate: {self.learning_rate} is not above 0; try 0.001.")
        if self.schedule not in SCHEDULES:
            raise ValueError(f"schedule: {self.schedule!r} is unknown; choose one of {', '.join(SCHEDULES)}.")

    def momentum(self, step: int) -> float:
        """First moment's decay of a step: low where the rate is high, and back (Smith and Topin 2019).

        Examples
        --------
        >>> plan = Plan(steps=100, learning_rate=1.0)
        >>> round(plan.momentum(0), 3), round(plan.momentum(10), 3), round(plan.momentum(99), 3)
        (0.946, 0.85, 0.95)
        """
        if self.schedule == "constant":
            return 0.9
        low, high = MOMENTA
        return high - (high - low) * self.rate(step) / self.learning_rate

    def rate(self, step: int) -> float:
        """Learning rate of a step.

        Examples
        --------
        >>> plan = Plan(steps=100, learning_rate=1.0)
        >>> round(plan.rate(0), 3), round(plan.rate(10), 3), round(plan.rate(99), 3)
        (0.04, 1.0, 0.0)
        """
        if self.schedule == "constant":
            return self.learning_rate
        rise = max(WARM_UP * self.steps, 1.0)
        if step < rise:
            return self.learning_rate * (0.04 + 0.96 * _half_cosine(1 - step / rise))
        return self.learning_rate * _half_cosine((step - rise) / max(self.steps - 1 - rise, 1.0))


def _half_cosine(along: float) -> float:
    """From 1 at 0 down to 0 at 1."""
    return 0.5 + 0.5 * math.cos(math.pi * min(along, 1.0))
