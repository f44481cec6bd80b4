"""The coils that are played: forecast forces set the gaps, the true mill answers, heads run off-gauge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.protocol import Array, Luck, Outcome, Policy, Table
from data_synth.mill_constants import PLANT_HEAT, STANDS
from data_synth.mill_head import Agc, Heads, off_gauge, thickness
from data_synth.mill_passes import Slopes, rolled
from data_synth.mill_physics import Given, Made, roll_coil
from data_synth.rolling import YEAR_S, HotStripMill, empty, true_bars, true_heat
from usecases.rolling_mill.schema import rolled_of, seen_of, some, stands

if TYPE_CHECKING:
    from usecases.rolling_mill.scenario import RollingScenario

AFTER_STEP = 5
"""Coils after the step that are looked at: 35 stand-passes."""
SETTLED, WINDOW = 1.1, 10
"""Recovered is a mean error over so many coils within 10 % of that before the step."""
HIT = 0.05
DENSITY = 7.5e-6
"""Hot strip, kg/mm3."""
BACKUP_RADIUS_M = 0.75
"""Back-up rolls, whose eccentricity it is."""
HEAD_SECONDS = 10.0
FOR_ALL = ("stretch", "ecc")
"""Fields of :class:`Heads` that are the same for all coils."""
LAST_POSITION = 11
"""Places in the lot from here on are shown together."""


def played_slice(world: HotStripMill) -> slice:
    """Rows of the coils that are played."""
    return slice(world.first_played, len(world.orders.lot))


def target_force(world: HotStripMill, rows: slice) -> Array:
    """True forces in MN if every stand met its plan, ``(coils, 7)``: what a forecast ought to say."""
    bars = true_bars(world.given).at(rows)
    found = rolled(world.mill, bars, world.given.plan[rows], level=world.given.level[rows])
    return np.asarray(found.force)


def play(scenario: RollingScenario, world: HotStripMill, policy: Policy, luck: Luck) -> Outcome:
    """Let a policy set up coil after coil, telling it what has been measured before the next."""
    rows = played_slice(world)
    coils = rows.stop - rows.start
    seen = seen_of(world, rows)
    seen["unit"] = seen["coil"]
    given = Given(*(np.ascontiguousarray(column[rows]) for column in world.given))
    exit_error = world.readings.exit_error[rows]
    made, zero = empty(coils), np.zeros(STANDS)
    rules = {"tolerance_um": np.array([scenario.tolerance_um])}
    heat = true_heat(world.mill)
    for k in range(coils):
        row = slice(k, k + 1)
        coil = {name: values[row] for name, values in seen.items()}
        forecast = stands(policy.act(coil, rules), "force_mn")[0]
        roll_coil(world.mill, heat, PLANT_HEAT, given, k, forecast, zero, made)
        policy.learn(coil | rolled_of(some(made, row), exit_error[row]), luck)
    return outcome_of(scenario, world, made, luck)


def force_error(world: HotStripMill, forecast: Array) -> Array:
    """Relative error of forecasts against the reading of a cell whose zero is right, ``(coils, 7)``.

    Judged at the planned thickness, so that it does not matter to the error how far the coil then was off.
    """
    rows = played_slice(world)
    read = target_force(world, rows) * (1.0 + world.readings.cell_error[rows])
    return np.asarray(np.abs(forecast / read - 1.0))


def outcome_of(scenario: RollingScenario, world: HotStripMill, made: Made, luck: Luck) -> Outcome:
    """Books of a play: force errors, heads off-gauge, and what to look at."""
    rows, orders = played_slice(world), world.orders
    error = force_error(world, made.forecast)
    practice = force_error(world, world.made.forecast[rows])
    by_coil = error.mean(1)
    heads, agc = heads_of(world, made, luck), agc_of(scenario, world)
    metres = off_gauge(agc, heads, tolerance=scenario.tolerance_um / 1000.0, seconds=HEAD_SECONDS)
    tonnes = metres * orders.plan[rows, -1] * orders.width[rows] * DENSITY
    coils_a_year = YEAR_S / float(np.diff(world.line.entry).mean()) * scenario.utilisation
    step, is_first = world.step_coil - world.first_played, orders.position[rows] == 0
    before = float(by_coil[:step].mean())
    kpis = {
        "offgauge_m": float(metres.mean()),
        "yield_t": float(tonnes.mean()) * coils_a_year,
        "force_error": 100 * float(error.mean()),
        "cell_error": 100 * float(force_error(world, target_force(world, rows)).mean()),
        "practice_cut": 100 * float(1.0 - error.mean() / practice.mean()),
        "hit5": 100 * float((error <= HIT).mean()),
        "first_error": 100 * float(by_coil[is_first].mean()),
        "later_error": 100 * float(by_coil[~is_first].mean()),
        "before_error": 100 * before,
        "step_error": 100 * float(by_coil[step : step + AFTER_STEP].mean()),
        "recovery_coils": recovery(by_coil[step:], before),
        "thickness_um": 1000 * float(np.abs(made.thickness[:, -1] - orders.plan[rows, -1]).mean()),
    }
    return Outcome(kpis, traces_of(world, error, metres) | {"head": head_trace(world, agc, heads)})


def recovery(after: Array, before: float) -> float:
    """Coils after the step until the mean error over the next ten is back within 10 % of that before.

    All coils that are left where that never happens.
    """
    if len(after) < WINDOW:
        return float(len(after))
    means = np.convolve(after, np.ones(WINDOW) / WINDOW, mode="valid")
    back = np.flatnonzero(means <= SETTLED * before)
    return float(back[0]) if len(back) else float(len(after))


# --- head ends ---------------------------------------------------------------------------------


def agc_of(scenario: RollingScenario, world: HotStripMill) -> Agc:
    """The gauge control as it is set."""
    p = world.mill
    return Agc(
        alpha=scenario.agc_alpha, lock_s=p.lock_s, agc_tau_s=p.agc_s, actuator_hz=p.actuator_hz, damping=0.7,
        monitor_s=p.monitor_s, gauge_m=p.gauge_m, stand_m=p.stand_m,
    )  # fmt: skip


def heads_of(world: HotStripMill, made: Made, luck: Luck) -> Heads:
    """Head ends as the set-up left them, linearised about the plan."""
    rows, p = played_slice(world), world.mill
    plan, slopes = world.orders.plan[rows], world.slopes
    speed = 1000.0 * world.given.flow[rows, None] / plan
    skid, phase = p.skid_k * slopes.heat, world.skid_phase[rows]
    return Heads(
        stretch=np.full(STANDS, p.stretch),
        plastic=slopes.plastic,
        entry=slopes.entry,
        speed=speed,
        miss=made.thickness - plan - at_head(p.stretch, slopes, skid * np.sin(phase)[:, None]),
        skid=skid,
        skid_phase=phase,
        skid_s=world.skid_s[rows],
        ecc=np.full(STANDS, p.eccentricity),
        ecc_rate=speed / BACKUP_RADIUS_M,
        ecc_phase=luck("eccentricity").uniform(0.0, 2.0 * np.pi, plan.shape),
    )


def at_head(stretch: float, slopes: Slopes, hardness: Array) -> Array:
    """Thickness in mm that the skid mark at the head leaves behind each stand, ``(coils, 7)``.

    It is part of the head's miss already, and must not be counted again when the marks pass by.
    """
    left = np.zeros_like(hardness)
    for i in range(STANDS):
        before = left[:, i - 1] if i else 0.0
        left[:, i] = (hardness[:, i] + slopes.entry[:, i] * before) / (stretch + slopes.plastic[:, i])
    return left


# --- what to look at ---------------------------------------------------------------------------


def traces_of(world: HotStripMill, error: Array, metres: Array) -> dict[str, Table]:
    """Errors in % by stand, by place in the lot and around the step, and each coil's off-gauge metres."""
    position = np.minimum(world.orders.position[played_slice(world)], LAST_POSITION)
    places = np.unique(position)
    by_coil = 100 * error.mean(1)
    step = world.step_coil - world.first_played
    near = np.arange(max(0, step - 60), min(len(by_coil), step + 90))
    return {
        "stands": {"stand": np.arange(1, STANDS + 1), "error": 100 * error.mean(0)},
        "positions": {
            "position": places + 1,
            "error": np.array([by_coil[position == place].mean() for place in places]),
        },
        "step": {"coil": near - step, "error": by_coil[near]},
        "coils": {"error": by_coil, "metres": metres},
    }


def head_trace(world: HotStripMill, agc: Agc, heads: Heads) -> Table:
    """Thickness of one head in um off the plan, by metres behind the last stand: a hard first coil.

    It is the first coil of a lot that standing practice missed by more than nine in ten others.
    """
    rows = played_slice(world)
    miss = np.abs(world.made.thickness[rows, -1] - world.orders.plan[rows, -1])
    firsts = np.flatnonzero(world.orders.position[rows] == 0)
    coil = firsts[np.argsort(miss[firsts])[int(0.9 * (len(firsts) - 1))]]
    row = slice(coil, coil + 1)
    per_coil = [name for name in Heads._fields if np.ndim(getattr(heads, name)) and name not in FOR_ALL]
    one = heads._replace(**{name: getattr(heads, name)[row] for name in per_coil})
    course = 1000 * thickness(agc, one, seconds=HEAD_SECONDS)[0, ::10]
    return {"metres": np.arange(len(course)) * 0.1 * float(one.speed[0, -1]), "um": course}
