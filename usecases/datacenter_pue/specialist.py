"""What a cooling specialist reads from a log: which rows to trust, and the quantities that power follows.

Nothing here knows the plant. The forms are textbook: heat over water and cells, the approach that towers
can reach over wet bulb, range and water flow, cube laws of fans and pumps. Their numbers are fitted.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np

from core.learn.linear import Linear, fit_logistic, fit_ridge
from core.protocol import Array, Table
from data_synth.datacenter import celsius
from usecases.datacenter_pue.rules import Envelope, evenly, group_medians

FITTED_ROWS = 25_000
"""Rows of the log that the specialist's own models use, evenly spread."""
SETTLED_H = 1.0
"""Rows within this time after a change of set-points are dropped: four time constants of the water."""
ODD_DAY = 0.007
"""A day whose power is off by more than this share had a facility meter that was wrong."""
SENSOR_OFF_K = 0.25
"""A hold whose cold aisle is off by more than this had a set-point sensor that drifted."""


def power_kw(log: Table) -> Array:
    """IT load, which feeders meter well, and all other power of the facility, ``(rows, 2)`` kW."""
    it = log["it_load_kw"] + log["network_load_kw"]
    return np.column_stack([it, log["facility_kw"] - it])


def dry_threshold(log: Table) -> float:
    """Highest dry bulb in C at which cells ran dry; far below any weather when none did."""
    return float(celsius(log["dry_bulb_f"][log["drycoolers_running"] > 0].max(initial=-99.0)))


def state_of(table: Table, dry_below: float) -> Array:
    """Utilisation (share), sink (C) and whether cells run dry (0 or 1), ``(rows, 3)``.

    The sink is what heat is rejected to: the dry bulb for dry cells, and the wet bulb otherwise.
    """
    wet_bulb, dry_bulb = celsius(table["wet_bulb_f"]), celsius(table["dry_bulb_f"])
    dry = dry_bulb <= dry_below
    return np.column_stack([table["utilisation_pct"] / 100, np.where(dry, dry_bulb, wet_bulb), dry])


def actions_of(log: Table) -> Array:
    """Leaving-water set-point (C), cells in use, and pump command (share), ``(rows, 3)``."""
    return np.column_stack(
        [celsius(log["tower_lwt_setpoint_f"]), log["towers_running"], log["water_pump_vfd_pct"] / 100]
    )


def holds_of(actions: Array) -> Array:
    """Number of the hold that each row belongs to, ``(rows,)``."""
    changed = np.abs(np.diff(actions, axis=0)).max(1, initial=0.0) > 1e-6
    return np.concatenate([[0], np.cumsum(changed)])


def ordinary_days(day: Array, error: Array, limit: float) -> Array:
    """Rows, ``(rows,)``, of days whose median error stays within a limit: the others had a bad meter."""
    number = np.unique(day, return_inverse=True)[1]
    return np.asarray(np.abs(group_medians(day, error))[number] < limit)


@dataclass(frozen=True)
class Specialist:
    """Quantities of the plant, forecast from state and set-points by small models of the log.

    Attributes
    ----------
    envelope
        Knows how much warmer than the water the cold aisle is.
    heat
        IT load in kW over utilisation.
    chillers_on
        Log-odds that chillers run, over :func:`_reach_terms`: where they are even, the towers just reach
        the set-point.
    """

    envelope: Envelope
    heat: Linear
    chillers_on: Linear

    def inputs(self, state: Array, actions: Array) -> Array:
        """Everything that power may follow, ``(rows, 18)``; the first six columns are as measured."""
        (u, sink, dry), (lwt, towers, pump) = state.T, actions.T
        heat = self._heat(u)
        # By the limit's own model, its margin included.
        aisle = lwt - self.envelope.hottest_setpoint(u, pump, 0.0)
        gap, reach = lwt - sink, self.reach(state, towers, pump)
        short = np.clip(reach - gap, 0.0, 10.0)
        air = np.clip(reach / np.maximum(gap, 0.1), 0.1, 1.0)
        cube = pump**3
        return np.column_stack(
            [u, sink, dry, lwt, towers, pump, aisle, gap, cube, towers * cube, heat / (towers * pump),
             heat / (towers * np.maximum(gap, 1.0)), gap * dry, reach, short, short * pump, air,
             towers * air**3]
        )  # fmt: skip

    def _heat(self, utilisation: Array) -> Array:
        return np.asarray(self.heat.predict(utilisation[:, None])[:, 0] / self.heat.intercept[0])

    def reach(self, state: Array, towers: Array, pump: Array) -> Array:
        """Least K above the sink at which the towers can deliver water, ``(rows,)``."""
        slopes = self.chillers_on.weights[:2, 0] / self.chillers_on.scale[:2]
        gap = np.zeros(len(state))
        odds = self.chillers_on.predict(_reach_terms(state, gap, towers, pump, self._heat(state[:, 0])))[:, 0]
        # Without a chiller in the log, nothing is known to be out of reach.
        slope = np.where(state[:, 2] > 0, slopes[1], slopes[0])
        return np.where(slope < -1e-3, np.clip(odds / np.maximum(-slope, 1e-3), 0.5, 30.0), 0.5)


def _reach_terms(state: Array, gap: Array, towers: Array, pump: Array, heat: Array) -> Array:
    """Terms of the approach as in YorkCalc (EnergyPlus): wet bulb, range and water; for dry cells heat."""
    _, sink, dry = state.T
    r, wet = heat / (towers * pump), 1.0 - dry
    tower = np.column_stack([np.ones(len(r)), sink, sink**2, r, r * sink, r**2, pump, pump**2,
                             pump * r, pump * sink, pump * r * sink])  # fmt: skip
    cells = [dry, dry * heat / towers, dry / towers, dry * pump * heat]
    return np.column_stack([gap * wet, gap * dry, tower * wet[:, None], *cells])


def linear_terms(inputs: Array) -> Array:
    """Terms in which power is nearly linear, of a specialist's inputs: ``(rows, 18)`` to ``(rows, 118)``."""
    u, sink, dry, lwt, n, pump, aisle, _, cube, _, _, _, _, _, short, flow, air, _ = inputs.T
    warm = [np.maximum(aisle - knot, 0.0) for knot in (22.0, 23.0, 24.0, 25.0, 26.0, 27.0)]
    on = (short > 0).astype(float)
    chiller = [a * b for a in (on, short, flow) for b in (np.ones(len(u)), lwt, sink, u, dry)]
    fans = [n * air**k for k in range(4)] + [n * dry * air**k for k in range(4)]
    crossed = inputs[:, [0, 1, 5, 6, 7, 9, 11, 13, 14, 15, 16, 17]].T
    products = [a * b for a, b in combinations_with_replacement(crossed, 2)]
    return np.column_stack(
        [u, sink, dry, lwt, pump, aisle, cube, 1 / pump, *warm, *(w**2 for w in warm), *chiller, *fans,
         *products]
    )  # fmt: skip


def read(log: Table, envelope: Envelope, dry_below: float) -> Specialist:
    """Fit the specialist's quantities to a log."""
    log = evenly(log, FITTED_ROWS)
    state, actions = state_of(log, dry_below), actions_of(log)
    heat = fit_ridge(state[:, :1], power_kw(log)[:, :1])
    load = heat.predict(state[:, :1])[:, 0] / heat.intercept[0]
    terms = _reach_terms(state, actions[:, 0] - state[:, 1], actions[:, 1], actions[:, 2], load)
    return Specialist(envelope, heat, fit_logistic(terms, log["chillers_running"] > 0))


def trusted(log: Table, specialist: Specialist, inputs: Array) -> Array:
    """Rows, ``(rows,)``, that are settled, on days with a right meter and in holds with a right sensor."""
    actions, hour, day = actions_of(log), log["hour"], log["day"]
    hold = holds_of(actions)
    started = hour[np.searchsorted(hold, np.arange(hold[-1] + 1))]
    settled = hour - started[hold] >= SETTLED_H
    aisle = group_medians(hold, log["cold_aisle_c"] - inputs[:, 6])[hold]
    right_sensor = np.abs(aisle - np.median(aisle)) < SENSOR_OFF_K
    terms, kw = linear_terms(inputs), power_kw(log)[:, 1]
    rows = np.flatnonzero(settled & right_sensor)
    rows = rows[np.linspace(0, len(rows) - 1, min(FITTED_ROWS, len(rows))).astype(int)]
    error = kw - fit_ridge(terms[rows], kw[rows, None], penalty=1e-6).predict(terms)[:, 0]
    # Where the fit itself is worse than that, only what stands out from it.
    usual = float(np.median(np.abs(group_medians(day, error))))
    right_meter = ordinary_days(day, error, max(ODD_DAY * float(log["facility_kw"].mean()), 6.0 * usual))
    return np.asarray(settled & right_sensor & right_meter)
