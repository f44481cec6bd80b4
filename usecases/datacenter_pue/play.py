"""The year that is played: every 15 minutes a decision, in between the true plant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from core.protocol import Array, Outcome, Policy, Rng, Table
from data_synth.datacenter import (
    DECISION_STEPS,
    HABIT,
    LIMITS,
    STEPS_PER_DAY,
    WARM_UP_STEPS,
    DataCenter,
    celsius,
    fahrenheit,
    plant_columns,
)

if TYPE_CHECKING:
    from usecases.datacenter_pue.scenario import PueScenario

DELTA_T_MAX = 12.0
"""Largest temperature rise of the process water, K."""
COOLING = ("hall_fan_kw", "water_pump_kw", "tower_pump_kw", "tower_fan_kw", "chiller_kw")
TRACED = ("facility_kw", "it_kw", "air", "lwt_setpoint", "towers", "pump", "chiller_kw")
HOURS = 8760.0


def lane_steps(world: DataCenter) -> int:
    """Five-minute steps of a lane, warm-up included."""
    return WARM_UP_STEPS + world.settings.days * STEPS_PER_DAY


def epochs(world: DataCenter) -> Iterator[tuple[int, Array]]:
    """Give each decision's first step within a lane, and its steps in the world, ``(lanes, 3)``."""
    for first in range(0, lane_steps(world), DECISION_STEPS):
        yield first, world.starts[:, None] - WARM_UP_STEPS + first + np.arange(DECISION_STEPS)


def start_state(world: DataCenter) -> Array:
    """Every lane starts under the operator's habit, ``(lanes, STATE)``."""
    from data_synth.plant_lanes import initial_state

    return initial_state(np.tile(HABIT, (len(world.starts), 1)))


def rules_of(scenario: PueScenario) -> Table:
    """What is public: limits, and how cautious the controller is told to be."""
    return {
        "cold_aisle_max_c": np.array([scenario.cold_aisle_max]),
        "delta_t_max_k": np.array([DELTA_T_MAX]),
        "caution": np.array([scenario.caution]),
    }


def targets_of(decided: Table) -> Array:
    """Turn a policy's columns into targets within the allowed range, ``(lanes, 3)``."""
    asked = np.column_stack(
        [
            celsius(decided["tower_lwt_setpoint_f"]),
            np.rint(decided["towers_running"]),
            decided["water_pump_vfd_pct"] / 100,
        ]
    )
    low, high = np.transpose(LIMITS)
    return np.asarray(np.clip(asked, low, high))


def observe(world: DataCenter, steps: Array, last: Array, rng: Rng) -> Table:
    """What the building-management system shows at the moment of a decision."""
    at = plant_columns(last)
    now = world.drive[steps[:, 0]]
    lanes = len(now)
    return {
        # A day of a lane is what adopts the controller, or stays with the rule.
        "unit": steps[:, 0] // STEPS_PER_DAY,
        "hour": world.weather.hours[steps[:, 0]],
        "utilisation_pct": 100 * now[:, 0],
        "wet_bulb_f": fahrenheit(now[:, 1]),
        "dry_bulb_f": fahrenheit(now[:, 2]),
        "it_load_kw": at["it_kw"],
        "cold_aisle_c": at["air"] + 0.1 * rng.standard_normal(lanes),
        "delta_t_k": at["delta_t"] + 0.1 * rng.standard_normal(lanes),
        "tower_lwt_setpoint_f": fahrenheit(at["lwt_setpoint"]),
        "towers_running": at["towers"],
        "water_pump_vfd_pct": 100 * at["pump"],
        "chillers_running": at["chillers"],
    }


def play(scenario: PueScenario, world: DataCenter, policy: Policy, rng: Rng) -> Outcome:
    """Run a policy on every lane at once."""
    from data_synth.plant_lanes import simulate

    state, rules, parts = start_state(world), rules_of(scenario), []
    last = simulate(world.plant, world.drive[world.starts - WARM_UP_STEPS - 1][:, None],
                    np.tile(HABIT, (len(state), 1)), state.copy())[:, -1]  # fmt: skip
    for _, steps in epochs(world):
        targets = targets_of(policy.act(observe(world, steps, last, rng), rules))
        part = simulate(world.plant, world.drive[steps], targets, state)
        parts.append(part)
        last = part[:, -1]
    run = np.concatenate(parts, axis=1)[:, WARM_UP_STEPS:]
    return Outcome(kpis_of(scenario, world, run), {"week": trace_of(world, run)})


def under_habit(world: DataCenter) -> Array:
    """The same lanes as the operator has always run them, ``(lanes, steps, WIDTH)``."""
    from data_synth.plant_lanes import simulate

    steps = world.starts[:, None] - WARM_UP_STEPS + np.arange(lane_steps(world))
    habit = np.tile(HABIT, (len(steps), 1))
    return simulate(world.plant, world.drive[steps], habit, start_state(world))[:, WARM_UP_STEPS:]


def kpis_of(scenario: PueScenario, world: DataCenter, run: Array) -> dict[str, float]:
    """What a play comes to in a year, before it is settled against the incumbent."""
    at, habit = plant_columns(run), plant_columns(under_habit(world))
    year = HOURS / 1000.0
    facility, cooling = at["facility_kw"].mean() * year, _cooling(at) * year
    habit_facility, habit_cooling = habit["facility_kw"].mean() * year, _cooling(habit) * year
    broken = (at["air"] > scenario.cold_aisle_max) | (at["delta_t"] > DELTA_T_MAX)
    return {
        "facility_mwh": facility,
        "cooling_mwh": cooling,
        "habit_pct": 100 * (habit_facility - facility) / habit_cooling,
        "pue": at["facility_kw"].sum() / at["it_kw"].sum(),
        "violation_min": broken.mean() * HOURS * 60,
        "water_m3": at["water_kg_s"].mean() * HOURS * 3.6,
    }


def _cooling(at: dict[str, Array]) -> float:
    return float(sum(at[name].mean() for name in COOLING))


def trace_of(world: DataCenter, run: Array) -> Table:
    """The lane nearest to mid-summer in steps of 15 minutes, to be watched."""
    hours = world.weather.hours[world.starts] % HOURS
    lane = int(np.argmin(np.abs(hours - 24 * 205)))
    at = plant_columns(run[lane, ::DECISION_STEPS])
    first = world.starts[lane]
    steps = first + np.arange(0, run.shape[1], DECISION_STEPS)
    return {
        "hour": (steps - first) / 12.0,
        "wet_bulb": world.drive[steps, 1],
        **{name: at[name] for name in TRACED},
        "pue": at["facility_kw"] / at["it_kw"],
    }
