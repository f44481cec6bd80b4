"""Many lanes of the plant at once: compiled where numba is there, NumPy over lanes where it is not.

A lane is one plant over one stretch of time; lanes are independent. ``drive`` holds what happens to a
lane and ``targets`` what is asked of it:

======  =====================================================================================
drive   utilisation (share), wet bulb (C), dry bulb (C), fouling (share), fans out (count),
        sensor bias (K)
target  leaving-water set-point (C), towers (count), pump command (share)
======  =====================================================================================
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data_synth.plant_constants import Plant
from data_synth.plant_physics import FIELDS, STATE, WIDTH, plain, step
from data_synth.tiers import compiled, for_threads

Floats = NDArray[np.float64]
DRIVE = ("utilisation", "wet_bulb", "dry_bulb", "fouling", "fans_out", "sensor_bias")
STEP_SECONDS = 300.0
_FACILITY, _AIR, _DELTA_T = FIELDS.index("facility_kw"), FIELDS.index("air"), FIELDS.index("delta_t")


@compiled
def _run(p, dt, drive, targets, state, out):  # type: ignore[no-untyped-def]  # numba infers the types
    lanes, steps = drive.shape[0], drive.shape[1]
    for lane in range(lanes):
        s = state[lane]
        for t in range(steps):
            d, a = drive[lane, t], targets[lane, t]
            result = step(p, dt, d[0], d[1], d[2], d[3], d[4], d[5], a[0], a[1], a[2],
                          s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7])  # fmt: skip
            o = out[lane, t]
            for k, value in enumerate(result):
                o[k] = value
            for k in range(STATE):
                s[k] = o[k]


@compiled
def _hold(p, dt, drive, candidates, state, air_max, delta_t_max, price, cost):  # type: ignore[no-untyped-def]  # numba infers the types
    lanes, steps = drive.shape[0], drive.shape[1]
    s = np.empty(STATE)
    for lane in range(lanes):
        for c in range(candidates.shape[1]):
            a = candidates[lane, c]
            for k in range(STATE):
                s[k] = state[lane, k]
            total = 0.0
            for t in range(steps):
                d = drive[lane, t]
                r = step(p, dt, d[0], d[1], d[2], d[3], d[4], d[5], a[0], a[1], a[2],
                         s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7])  # fmt: skip
                s[0], s[1], s[2], s[3] = r[0], r[1], r[2], r[3]
                s[4], s[5], s[6], s[7] = r[4], r[5], r[6], r[7]
                over = max(r.air - air_max, 0.0) + max(r.delta_t - delta_t_max, 0.0)
                total += r.facility_kw * dt / 3600.0
                if over > 0.0:
                    total += price * (1.0 + over)
            cost[lane, c] = total


def simulate(
    plant: Plant,
    drive: Floats,
    targets: Floats,
    state: Floats,
    *,
    backend: Literal["compiled", "numpy"] = "compiled",
    threads: int = 1,
) -> Floats:
    """Run lanes forward in five-minute steps.

    Parameters
    ----------
    plant
        The constants.
    drive
        ``(lanes, steps, 6)``, columns as in :data:`DRIVE`.
    targets
        ``(lanes, steps, 3)`` or ``(lanes, 3)`` for targets that are held.
    state
        ``(lanes, STATE)``; advanced in place.
    backend
        Both give the same numbers, but for the last digits of powers.
    threads
        Lanes are split over this many threads; the result does not depend on it.

    Returns
    -------
    Array
        ``(lanes, steps, WIDTH)``, columns as in :data:`data_synth.plant_physics.FIELDS`.
    """
    lanes, steps, _ = drive.shape
    if targets.ndim == 2:
        targets = np.broadcast_to(targets[:, None, :], (lanes, steps, 3))
    out = np.empty((lanes, steps, WIDTH))
    if backend == "numpy":
        for t in range(steps):
            result = plain(plant, STEP_SECONDS, *drive[:, t].T, *targets[:, t].T, *state.T)
            for k, column in enumerate(result):
                out[:, t, k] = column
            state[:] = out[:, t, :STATE]
        return out
    # One memory layout, so that numba compiles one version.
    drive, targets = np.ascontiguousarray(drive), np.ascontiguousarray(targets)
    for_threads(lambda r: _run(plant, STEP_SECONDS, drive[r], targets[r], state[r], out[r]), lanes, threads)
    return out


def hold_cost(
    plant: Plant,
    drive: Floats,
    candidates: Floats,
    state: Floats,
    *,
    air_max: float,
    delta_t_max: float,
    penalty_kwh: float = 1e3,
) -> Floats:
    """Energy of holding each candidate target over a horizon of the true future.

    Parameters
    ----------
    drive
        ``(lanes, horizon, 6)``: what will happen.
    candidates
        ``(lanes, candidates, 3)`` targets; the plant moves towards them at its slew limits.
    state
        ``(lanes, STATE)``; left as it is.
    air_max, delta_t_max, penalty_kwh
        Limits, and what a step beyond them is charged with, the more the farther.

    Returns
    -------
    Array
        ``(lanes, candidates)`` in kWh.
    """
    cost = np.empty(candidates.shape[:2])
    _hold(
        plant, STEP_SECONDS, np.ascontiguousarray(drive), np.ascontiguousarray(candidates),
        np.ascontiguousarray(state), float(air_max), float(delta_t_max), float(penalty_kwh), cost,
    )  # fmt: skip
    return cost


def steady_state(plant: Plant, drive: Floats, targets: Floats, *, hours: float = 6.0) -> Floats:
    """Where each lane comes to rest under constant drive and targets.

    Parameters
    ----------
    drive, targets
        ``(lanes, 6)`` and ``(lanes, 3)``.

    Returns
    -------
    Array
        ``(lanes, WIDTH)``, the last step after ``hours``.
    """
    state = initial_state(targets)
    steps = round(hours * 3600 / STEP_SECONDS)
    return simulate(plant, np.repeat(drive[:, None, :], steps, axis=1), targets, state)[:, -1]


def initial_state(targets: Floats) -> Floats:
    """A state near rest at the given targets, chillers off and free to switch: ``(lanes, STATE)``."""
    state = np.zeros((len(targets), STATE))
    state[:, :3] = targets
    state[:, 3] = targets[:, 0] + 5.0
    state[:, 4] = targets[:, 0] + 1.7
    return state
