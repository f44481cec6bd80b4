"""What limits the cut in force error: the mill's own law in place of a learned one, and the same filter.

Run it with ``python benchmarks/mill_limits.py demo 5``. Whoever knows the law of the mill, its grades and
heats and the biases of its pyrometers still does not know how its rolls and lubricant stand today, and must
follow them by readings. What that leaves is out of reach for any model that is followed in this way.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np

from core.engine.scenario import budget_of, build
from core.luck import luck_of, scoped
from core.protocol import Array, Policy, Table
from core.stats.interval import mean_interval
from data_synth.mill_constants import GRADES, STANDS
from data_synth.mill_passes import rolled
from data_synth.rolling import HotStripMill
from usecases.rolling_mill import USECASE
from usecases.rolling_mill.adaptation import tuned
from usecases.rolling_mill.forecasters import ForcePolicy, Formula
from usecases.rolling_mill.learners import Lesson, fit_adaptive, lesson_of
from usecases.rolling_mill.schema import stands
from usecases.rolling_mill.tracking import tracked


@dataclass(frozen=True)
class TrueLaw(Formula):
    """The generator's law at what can be read of a coil; rolls, season and lubricant are unknown to it."""

    world: HotStripMill

    def log_force(self, seen: Table) -> Array:
        """Logarithm of the force in MN, ``(rows, 7)``."""
        bars = self.world.expected.at(seen["coil"])
        return np.asarray(np.log(rolled(self.world.mill, bars, stands(seen, "plan_mm")).force))


def policies(world: HotStripMill, lesson: Lesson) -> dict[str, ForcePolicy]:
    """The law, followed by the incumbent's coefficient and by the learners' filter."""
    law = TrueLaw(world)
    unseen = lesson.part(slice(lesson.early, None))
    residual = lesson.force[lesson.early :] - law.log_force(unseen)
    late = lesson.late - lesson.early
    begin = np.zeros((len(GRADES), STANDS))
    coefficient, _ = tuned(unseen, residual, 0, late)
    follower, _ = tracked(unseen, residual, np.zeros(0), begin, late)
    return {
        "true law, coefficient": ForcePolicy(law, coefficient, frozen=False),
        "true law, filter": ForcePolicy(law, follower, frozen=False),
    }


def main(size: str, seeds: int) -> None:
    """Print the table."""
    scenario = build(USECASE, size=size)
    rows: dict[str, list[dict[str, float]]] = {}
    for seed in range(seeds):
        luck = luck_of(seed)
        world, history = USECASE.world(scenario, scoped(luck, "world"))
        budget = budget_of(USECASE, scenario, device="cpu", threads=1)
        entrants: dict[str, Policy] = {"incumbent": fit_adaptive(history, budget, luck)}
        entrants |= policies(world, lesson_of(history))
        first = None
        for name, policy in {**entrants, **USECASE.bounds(scenario, world)}.items():
            kpis = USECASE.play(scenario, world, policy, scoped(luck, "play")).kpis
            first = first or kpis
            rows.setdefault(name, []).append(dict(USECASE.settle(kpis, first, 0.0, scenario)))
    heads = ("force error, %", "error cut, %", "of the removable, %", "first coil, %")
    print(" " * 24 + "".join(f"{head:>22s}" for head in heads))
    for name, found in rows.items():
        cells = []
        for kpi in ("force_error", "error_cut", "removable_cut", "first_error"):
            interval = mean_interval(np.array([row[kpi] for row in found]))
            cells.append(f"{interval.mean:.2f} [{interval.low:.2f}, {interval.high:.2f}]")
        print(f"{name:24s}" + "".join(f"{cell:>22s}" for cell in cells))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "demo", int(sys.argv[2]) if len(sys.argv) > 2 else 5)
