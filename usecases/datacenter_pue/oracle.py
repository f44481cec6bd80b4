"""The oracle: searches the true plant with the true future, lags and faults included."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from core.protocol import Array, Policy, Table
from data_synth.datacenter import LIMITS, WARM_UP_STEPS, DataCenter, fahrenheit
from usecases.datacenter_pue.play import start_state

HORIZON = 24
"""Five-minute steps over which a candidate is held: two hours, longer than every lag of the plant."""
GLOBAL_EVERY = 4
"""Once an hour the whole range is searched and refined, in between only the neighbourhood."""
COARSE, FINE = (
    np.array(list(product((-lwt, 0.0, lwt), (-1.0, 0.0, 1.0), (-2 * pump, -pump, 0.0, pump, 2 * pump))))
    for lwt, pump in ((0.8, 0.03), (0.25, 0.01))
)
FAR = np.array(list(product(np.arange(12.0, 23.1, 1.5), np.arange(2.0, 7.0), (0.5, 0.53, 0.57, 0.64, 0.75))))


@dataclass
class Oracle(Policy):
    """Holds each candidate for two hours on a copy of the true plant, and takes the cheapest.

    It is the best that is known, not proven optimal: the horizon is finite and the grid is a grid. It
    keeps the plant's state by running its own copy, so its decisions must be carried out as given.
    """

    world: DataCenter
    cold_aisle_max: float
    delta_t_max: float

    def __post_init__(self) -> None:
        self.state = start_state(self.world)
        self.held = self.state[:, :3].copy()
        self.first = 0

    def act(self, seen: Table, rules: Table) -> Table:
        """Search, then advance the copy by the decision that was taken."""
        from data_synth.plant_lanes import hold_cost, simulate

        steps = self.world.starts[:, None] - WARM_UP_STEPS + self.first + np.arange(HORIZON)
        drive = self.world.drive[np.minimum(steps, len(self.world.drive) - 1)]
        low, high = np.transpose(LIMITS)

        def best_of(moves: Array, start: Array) -> Array:
            candidates = np.clip(np.concatenate([start, moves], axis=1), low, high)
            cost = hold_cost(
                self.world.plant, drive, candidates, self.state,
                air_max=self.cold_aisle_max - 0.01, delta_t_max=self.delta_t_max - 0.01,
            )  # fmt: skip
            return np.asarray(candidates[np.arange(len(cost)), np.argmin(cost, axis=1)][:, None])

        held = self.held[:, None]
        epoch = self.first // 3
        if epoch % GLOBAL_EVERY == 0:
            far = np.broadcast_to(FAR, (len(held), *FAR.shape))
            found = best_of(far, held)
            held = best_of(found + COARSE, held)
        self.held = best_of(held + (FINE if epoch % 2 else COARSE), held)[:, 0]
        simulate(self.world.plant, drive[:, :3], self.held, self.state)
        self.first += 3
        return {
            "tower_lwt_setpoint_f": fahrenheit(self.held[:, 0]),
            "towers_running": self.held[:, 1],
            "water_pump_vfd_pct": 100 * self.held[:, 2],
        }
