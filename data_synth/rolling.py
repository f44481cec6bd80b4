"""A hot strip mill's order book, line, slow drifts and instruments: what one seed draws, coil by coil.

Coils come in lots of one grade and size, lots in campaigns between changes of work rolls. A furnace and a
roughing mill pace them (:mod:`data_synth.mill_line`); bars that wait lose heat. Seven stands roll them
(:mod:`data_synth.mill_physics`). What the plant can read is biased and noisy; the rest is the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.protocol import Luck, Rng
from data_synth.mill_constants import GRADES, LOAD, PLANT_HEAT, PLANT_SURFACE_K, STANDS, Mill, Settings, mill
from data_synth.mill_line import Line, Passage, pass_through
from data_synth.mill_passes import Slopes, rolled, slopes
from data_synth.mill_physics import (
    AIR_K,
    KELVIN,
    STEFAN_BOLTZMANN,
    Bars,
    Given,
    Made,
    Rolled,
    alloy_factor,
    austenite_stability,
    operate,
)
from data_synth.random_process import ornstein_uhlenbeck

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
COILS_A_CAMPAIGN = (60, 81)
"""Work rolls are changed after 60-80 coils."""
FRONT, FRONT_CAMPAIGNS = 4, 3
"""The first four stands wear slowly and keep their rolls for three campaigns."""
CAMPAIGN_TONNES = 1500.0
BAD_FORCE_SD = 0.08
"""Spread of a force record whose cell had lost its zero."""
YEAR_S = 8760 * 3600.0
LINE = Line(furnace_places=60.0, soak_s=5000.0, travel_s=20.0, transfer_s=40.0, gap_s=12.0, clear_s=25.0)


class Orders(NamedTuple):
    """The rolling schedule, ``(coils,)`` unless said.

    ``analysis`` is ``(coils, 5)``: C, Mn, Si, Nb, Ti in wt %; ``plan`` ``(coils, 7)`` thicknesses in mm.
    ``bar`` in mm, ``width`` in mm, ``speed`` behind the last stand in m/s, ``tonnes`` a coil.
    """

    campaign: Ints
    lot: Ints
    position: Ints
    heat: Ints
    grade: Ints
    analysis: Floats
    width: Floats
    bar: Floats
    plan: Floats
    speed: Floats
    tonnes: Floats

    @property
    def flow(self) -> Floats:
        """Thickness times speed, m2/s."""
        return self.plan[:, -1] * self.speed / 1000.0


class Rolls(NamedTuple):
    """Work rolls, ``(coils, 7)``: tonnes since they were changed, and the logarithm of their force factor."""

    number: Ints
    tonnes: Floats
    level: Floats


class Readings(NamedTuple):
    """What instruments say of each coil, ``(coils,)`` in C unless said.

    ``force_error`` and ``thickness_error`` are relative errors of the readings, ``(coils, 7)``;
    ``cell_error`` is what a force cell errs by as long as its zero is right, which it is where ``good``.
    """

    rougher_c: Floats
    entry_c: Floats
    exit_error: Floats
    water_c: Floats
    cell_error: Floats
    force_error: Floats
    thickness_error: Floats
    good: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class HotStripMill:
    """One seed's mill with all coils of history and play.

    Attributes
    ----------
    settings, mill
        What it was drawn from.
    orders, line, rolls, readings
        Schedule, times, rolls, instruments.
    given
        What awaits the stands, coil by coil, with the instruments' errors.
    planned
        The plant's own model at the plan: forces and temperatures.
    made
        What came of every coil as the plant has always rolled it.
    known_level
        ``(coils, 7)`` the part of the true factor on force that persists from coil to coil.
    expected
        The bars as somebody would expect them who knows the mill and all its biases but only sees readings.
    skid_phase, skid_s
        ``(coils,)`` of the skid marks at the head, rad, and the time from mark to mark, s.
    slopes
        Of the coils that are played, about their plan.
    first_played, step_coil
        Numbers of the first coil that is played, and of the first with the new lubricant.
    """

    settings: Settings
    mill: Mill
    orders: Orders
    line: Passage
    rolls: Rolls
    readings: Readings
    given: Given
    planned: Rolled
    made: Made
    known_level: Floats
    expected: Bars
    skid_phase: Floats
    skid_s: Floats
    slopes: Slopes
    first_played: int
    step_coil: int


# --- the order book ----------------------------------------------------------------------------


def draw_orders(rng: Rng, campaigns: int, lot_coils: float) -> Orders:
    """Draw the rolling schedule: lots of one product, in each campaign from wide to narrow."""
    size = rng.integers(*COILS_A_CAMPAIGN, campaigns)
    campaign, coils = [], []
    for number, wanted in enumerate(size.tolist()):
        left = wanted
        while left > 0:
            coils.append(min(left, 1 + int(rng.poisson(lot_coils - 1.0))))
            campaign.append(number)
            left -= coils[-1]
    lots = len(coils)
    of_lot = np.array(campaign)
    # Rolls wear where strip edges run, so a campaign goes from wide to narrow.
    width = np.round(rng.uniform(900.0, 1550.0, lots), -1)
    width = width[np.lexsort((-width, of_lot))]
    share = np.array([grade.share for grade in GRADES])
    grade = rng.choice(len(GRADES), lots, p=share / share.sum())
    thin, thick = (np.array([getattr(g, end) for g in GRADES])[grade] for end in ("thin", "thick"))
    # Most orders are thin: the square of a uniform.
    thickness = np.round(thin + (thick - thin) * rng.random(lots) ** 2, 1)
    bar = np.round(np.clip(28.0 + 2.2 * (thickness - 2.0), 28.0, 38.0))
    load = LOAD * np.exp(0.05 * rng.standard_normal((lots, STANDS)))
    speed = np.clip(10.5 - 1.1 * (thickness - 2.0) + 0.3 * rng.standard_normal(lots), 5.0, 11.5)
    tonnes = rng.uniform(17.0, 25.0, lots)
    lot = np.repeat(np.arange(lots), coils)
    starts = np.concatenate([[0], np.cumsum(coils)])[:-1]
    position = np.arange(len(lot)) - starts[lot]
    # A heat of 250 t is about a dozen slabs; a lot begins a new one.
    new = (position % 12) == 0
    heat = np.cumsum(new) - 1
    strain = load * (np.log(bar / thickness) / load.sum(1))[:, None]
    plan = bar[:, None] * np.exp(-np.cumsum(strain, axis=1))
    return Orders(
        of_lot[lot], lot, position, heat, grade[lot], draw_analysis(rng, grade[lot][new])[heat], width[lot],
        bar[lot], plan[lot], speed[lot], tonnes[lot],
    )  # fmt: skip


def draw_analysis(rng: Rng, grade: Ints) -> Floats:
    """Ladle analysis of heats, ``(heats, 5)`` wt %: spread as steelmaking leaves it inside a grade."""
    typical = np.array([[g.c, g.mn, g.si, g.nb, g.ti] for g in GRADES])[grade]
    spread = np.array([0.06, 0.05, 0.10, 0.08, 0.10])
    return typical * np.exp(spread * rng.standard_normal(typical.shape))


def run_line(rng: Rng, p: Mill, orders: Orders) -> Passage:
    """Pace slabs through furnace, rougher and finishing mill."""
    coils = len(orders.lot)
    length_m = orders.tonnes * 1e6 / (7.5 * orders.width * orders.plan[:, -1])
    roll_s = length_m / (1.35 * orders.speed)  # the mill speeds up once the coiler has the head
    rough_s = 55.0 + 10.0 * rng.random(coils)
    due_s = np.maximum(rough_s + LINE.clear_s, roll_s + LINE.gap_s) + p.pace_s * rng.random(coils)
    changed = np.diff(orders.campaign, prepend=orders.campaign[0]) > 0
    caught = rng.random(coils) < p.stop_share
    return pass_through(
        LINE,
        due_s=due_s,
        rough_s=rough_s,
        roll_s=roll_s,
        planned_stop_s=np.where(changed, p.change_s, 0.0),
        stop_s=np.where(caught, np.minimum(rng.exponential(p.stop_s, coils), 40.0), 0.0),
    )


# --- rolls and drifts --------------------------------------------------------------------------


def draw_rolls(rng: Rng, p: Mill, orders: Orders) -> Rolls:
    """Follow the work rolls of each stand: a ground surface of its own, then wear with tonnes rolled."""
    campaigns = int(orders.campaign[-1]) + 1
    done = np.concatenate([[0.0], np.cumsum(orders.tonnes)])[:-1]
    speed = rng.uniform(0.7, 1.3, STANDS)
    tonnes, level = np.empty((len(done), STANDS)), np.empty((len(done), STANDS))
    number = np.empty((len(done), STANDS), dtype=np.int64)
    for i in range(STANDS):
        every = FRONT_CAMPAIGNS if i < FRONT else 1
        rolls = orders.campaign // every
        first = np.flatnonzero(np.diff(rolls, prepend=-1))
        number[:, i], tonnes[:, i] = rolls, done - done[first][rolls]
        surface = p.roll_sd * rng.standard_normal(campaigns)
        wear = p.wear * speed[i] / every
        level[:, i] = surface[rolls] + wear * (tonnes[:, i] / CAMPAIGN_TONNES - 0.5 * every)
    return Rolls(number, tonnes, level)


def thermal_crown(p: Mill, orders: Orders, line: Passage, rolls: Rolls) -> Floats:
    """Growth of the rolls in mm before each coil, ``(coils, 7)``: up while they roll, down in waits."""
    crown = np.zeros(rolls.tonnes.shape)
    roll_s, idle_s = line.done - line.entry, line.entry[1:] - line.done[:-1]
    now = np.zeros(STANDS)
    for k in range(1, len(roll_s)):
        full = p.crown_um / 1000.0
        now = full + (now - full) * np.exp(-roll_s[k - 1] / p.crown_s)
        now = now * np.exp(-idle_s[k - 1] / p.crown_s)
        now = np.where(rolls.tonnes[k] == 0.0, 0.0, now)
        crown[k] = now
    return crown


# --- heat and instruments ----------------------------------------------------------------------


def lose_heat(p: Mill, celsius: Floats, bar_mm: Floats, seconds: Floats) -> Floats:
    """Mean temperature of a bar after a wait on the table: radiation and still air, in steps of an eighth."""
    at = celsius + KELVIN
    for _ in range(8):
        flux = p.emissivity * STEFAN_BOLTZMANN * (at**4 - AIR_K**4) + 15.0 * (at - AIR_K)
        at = at - 2e-6 * flux * (seconds / 8.0) / (p.heat_capacity * bar_mm)
    return at - KELVIN


def skin(p: Mill, celsius: Floats, bar_mm: Floats) -> Floats:
    """By how much the skin of a radiating bar is colder than its mean: a parabola over half its thickness."""
    at = celsius + KELVIN
    flux = p.emissivity * STEFAN_BOLTZMANN * (at**4 - AIR_K**4)
    return flux * bar_mm * 1e-3 / (6.0 * p.conductivity)


class Pyrometers(NamedTuple):
    """Errors of the two pyrometers in K: added to a reading, ``(coils,)``, and the sd of a single one."""

    rougher: Floats
    entry: Floats
    noise: float


def draw_pyrometers(rng: Rng, settings: Settings, p: Mill, line: Passage) -> Pyrometers:
    """Draw a constant bias and a slow drift for each pyrometer; grown scale hides the bar from the second."""
    hours = line.entry / 3600.0
    grid = np.arange(0.0, hours[-1] + 2.0)
    errors = []
    for _ in range(2):
        bias = p.pyrometer_sd * rng.standard_normal()
        drift = ornstein_uhlenbeck(rng, len(grid), step=1.0, tau=14 * 24.0, sd=p.pyrometer_drift)
        errors.append(settings.pyrometer * (bias + np.interp(hours, grid, drift)))
    scale = p.scale_k * np.sqrt(line.delay / 60.0)
    return Pyrometers(errors[0], errors[1] - scale, p.pyrometer_noise)


def read_temperatures(rng: Rng, p: Mill, pyrometers: Pyrometers, line: Passage, bar: Floats,
                      behind_rougher: Floats, start: Floats) -> tuple[Floats, Floats]:  # fmt: skip
    """Read both pyrometers, in C as the plant's computer shows them: with its allowance for the skin."""
    shown = []
    for true, error in ((behind_rougher, pyrometers.rougher), (start, pyrometers.entry)):
        noise = pyrometers.noise * rng.standard_normal(len(bar))
        shown.append(true - skin(p, true, bar) + PLANT_SURFACE_K + error + noise)
    return shown[0], shown[1]


def read_stands(
    rng: Rng, settings: Settings, p: Mill, coils: int
) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
    """Relative errors of force cells, of force records and of thickness readings; which records are right."""
    cell = settings.force_noise * rng.standard_normal((coils, STANDS))
    thickness = np.array([p.mass_flow_sd] * (STANDS - 1) + [p.xray_sd]) * rng.standard_normal((coils, STANDS))
    good = rng.random(coils) >= settings.bad_records
    wrong = BAD_FORCE_SD * rng.standard_normal(coils)
    return cell, np.where(good[:, None], cell, cell + wrong[:, None]), thickness, good


def expected_start(p: Mill, pyrometers: Pyrometers, readings: Readings, line: Passage, bar: Floats,
                   slab_expected: Floats) -> Floats:  # fmt: skip
    """Mean temperature at the entry, given both readings by somebody who knows every bias, ``(coils,)`` C.

    Slab spread, skid marks and reading errors are combined by their variances.
    """

    def inverted(reading: Floats, error: Floats) -> Floats:
        mean = reading - error
        for _ in range(4):
            mean = reading - error - PLANT_SURFACE_K + skin(p, mean, bar)
        return mean

    noise, spread = max(p.pyrometer_noise, 1e-6) ** 2, max(p.slab_sd, 1e-6) ** 2
    weight = spread / (spread + noise)
    behind = slab_expected + weight * (inverted(readings.rougher_c, pyrometers.rougher) - slab_expected)
    brought = lose_heat(p, behind, bar, line.delay)
    before = spread * noise / (spread + noise) + max(p.skid_k, 1e-6) ** 2 / 2.0
    at_entry = inverted(readings.entry_c, pyrometers.entry)
    return brought + before / (before + noise) * (at_entry - brought)


def draw(settings: Settings, luck: Luck) -> HotStripMill:
    """Draw a world: the same luck gives the same world, whatever anybody does in it."""
    p = mill(**dict(settings.assumed))
    orders = draw_orders(luck("orders"), settings.campaigns + settings.played, settings.lot_coils)
    coils = len(orders.lot)
    line = run_line(luck("line"), p, orders)
    rolls = draw_rolls(luck("rolls"), p, orders)
    changed = settings.campaigns + int(settings.step_at * settings.played)
    step_coil = int(np.searchsorted(orders.campaign, changed))

    drift = luck("drift")
    day_zero = drift.uniform(0.0, YEAR_S)
    season = np.sin(2 * np.pi * (line.entry + day_zero) / YEAR_S)
    lubricant = np.log1p(settings.step) * drift.uniform(0.7, 1.3, STANDS)
    known = rolls.level + p.stand_sd * drift.standard_normal(STANDS) + p.season * season[:, None]
    known[step_coil:] += lubricant
    film = p.pass_sd * luck("film").standard_normal((coils, STANDS))
    steel = luck("steel")
    by_grade = p.grade_sd * steel.standard_normal(len(GRADES))[orders.grade]
    by_heat = p.heat_sd * steel.standard_normal(int(orders.heat[-1]) + 1)[orders.heat]

    furnace = luck("furnace")
    slab = p.slab_c + p.soak_k_h * np.clip((line.residence - 6000.0) / 3600.0, -1.2, 1.2)
    slab_true = slab + p.slab_sd * furnace.standard_normal(coils)
    phase = furnace.uniform(0.0, 2 * np.pi, coils)
    bar = orders.bar * (1.0 + p.bar_sd * furnace.standard_normal(coils))
    rough_s = line.rougher_exit - line.extracted
    behind_rougher = slab_true - p.roughing_k_s * rough_s
    start = lose_heat(p, behind_rougher, bar, line.delay) + p.skid_k * np.sin(phase)

    water = 18.0 + 8.0 * season + 0.5 * luck("water").standard_normal(coils)
    pyrometers = draw_pyrometers(luck("pyrometers"), settings, p, line)
    meters = luck("meters")
    rougher_c, entry_c = read_temperatures(meters, p, pyrometers, line, bar, behind_rougher, start)
    readings = Readings(
        rougher_c, entry_c, pyrometers.noise * meters.standard_normal(coils), water,
        *read_stands(meters, settings, p, coils),
    )  # fmt: skip
    slab_expected = slab - p.roughing_k_s * rough_s
    expected_c = expected_start(p, pyrometers, readings, line, orders.bar, slab_expected)
    c, mn, _, nb, ti = orders.analysis.T
    alloy = alloy_factor(mn, nb, ti) * np.exp(by_grade)
    bars = Bars(
        c, alloy * np.exp(by_heat), nb, austenite_stability(mn), orders.width, bar, start, orders.flow
    )
    given = Given(
        *bars,
        level=np.exp(known + film),
        offset=-p.crown_left * thermal_crown(p, orders, line, rolls),
        force_error=readings.force_error,
        thickness_error=readings.thickness_error,
        new_rolls=rolls.tonnes == 0.0,
        plan=orders.plan,
        plan_bar=orders.bar,
        plan_start_c=readings.entry_c,
    )
    planned = rolled(p, plant_view(given), orders.plan, plant=True)
    first_played = int(np.searchsorted(orders.campaign, settings.campaigns))
    played = slice(first_played, coils)
    return HotStripMill(
        settings=settings,
        mill=p,
        orders=orders,
        line=line,
        rolls=rolls,
        readings=readings,
        given=given,
        planned=planned,
        made=as_always(p, given, orders, planned.force, first_played),
        known_level=np.exp(known),
        expected=bars._replace(bar=orders.bar, start_c=expected_c),
        skid_phase=phase,
        skid_s=furnace.uniform(8.0, 12.0, coils),
        slopes=slopes(p, bars.at(played), orders.plan[played], given.level[played]),
        first_played=first_played,
        step_coil=step_coil,
    )


def true_bars(given: Given) -> Bars:
    """What truly enters."""
    return Bars(*given[: len(Bars._fields)])


def plant_view(given: Given) -> Bars:
    """What enters as the plant's model has it: carbon, sizes and the pyrometer's reading."""
    one = np.ones(len(given.carbon))
    return Bars(
        given.carbon, one, 0 * one, 0 * one, given.width, given.plan_bar, given.plan_start_c, given.flow
    )


def empty(coils: int) -> Made:
    """Room for what comes of coils."""
    return Made(*(np.empty(coils if name == "exit_c" else (coils, STANDS)) for name in Made._fields))


def true_heat(p: Mill) -> tuple[float, float, float]:
    """Heat transfer of the mill, as the kernels take it."""
    return p.emissivity, p.convection, p.contact


def as_always(p: Mill, given: Given, orders: Orders, plan_force: Floats, years: int) -> Made:
    """Roll every coil by standing practice, from tables as ``years`` (coils) of rolling have left them."""
    ratio = np.log(rolled(p, true_bars(given), given.plan, level=given.level).force / plan_force)[:years]
    table = np.zeros((len(GRADES), STANDS))
    for grade in range(len(GRADES)):
        mine = ratio[orders.grade[:years] == grade]
        table[grade] = mine.mean(0) if len(mine) else ratio.mean(0)
    made = empty(len(given.carbon))
    operate(p, true_heat(p), PLANT_HEAT, given, orders.grade, orders.position == 0, plan_force, table, made)
    return made
