"""One pass through a stand, and seven of them, written once for compiled scalars and for NumPy arrays.

The functions use only arithmetic, NumPy ufuncs and :func:`where`, and iterate a fixed number of times, so
that one source serves both tiers (:mod:`data_synth.tiers`). Thicknesses in mm, forces in MN, stresses in MPa,
temperatures in C where named ``_c`` and in K where named ``_k``.

Sources
-------
Sims, R. B. (1954), Proc. Inst. Mech. Eng. 168, 191-200: force and neutral point under sticking friction.
Hitchcock (1935): flattening of the rolls. Shida (1969): flow stress with the softening below Ar3. Misaka and
Yoshimoto (1967): flow stress. Siciliano and Jonas (2000): Mn, Nb and Ti in it. Ouchi et al. (1982): Ar3.
Hodgson and Gibbs (1992): time to half recrystallisation.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from data_synth.mill_constants import RADIUS_MM, STANDS, Mill
from data_synth.tiers import clip, compiled, vectorised, where

KELVIN = 273.15
STEFAN_BOLTZMANN = 5.670e-8
KGF = 9.80665
"""MPa in a kgf/mm2."""
PLANE_STRAIN = 2.0 / np.sqrt(3.0)
AIR_K, WATER_K, ROLL_K = 310.0, 303.0, 353.0
"""Surroundings, spray water and roll surface."""
ROUNDS, ROUNDS_AT_PLAN = 12, 6
"""Of the secant, behind a gap and at a given thickness; a gap is met to 1e-9 mm (tested)."""
ZEROING = 0.3
"""Share of the last coil's misreading that the screws' zero is moved by; assumed."""
ZERO_STEP = 0.03
"""mm that one coil moves it at most: a record with a lost zero reads as a quarter of a millimetre."""
TRUTH, PLANT = 1, 0
"""Which flow stress: Shida's with alloys and retained strain, or Misaka's, which the plant computes with."""


class Stress(NamedTuple):
    """Flow stress at one temperature as a function of strain x/0.2 and strain rate, whatever the formula.

    ``level * (power * x**n - linear * x) * (rate / 10)**m`` in MPa, held from ``peak`` on.
    """

    level: Any
    power: Any
    linear: Any
    n: Any
    m: Any
    peak: Any


@compiled
def shida(carbon: Any, temperature_k: Any, stable: Any) -> Stress:
    """Flow stress by Shida; below Td the strip turns to ferrite and softens before it hardens again.

    ``stable`` is by how many K alloys keep austenite below the Td of Shida's plain carbon steels. His curve
    falls beyond its peak near a strain of 0.5; strain that adds up over passes meets a steady state instead.
    """
    t = temperature_k / 1000.0
    above = t + stable / 1000.0
    td = 0.95 * (carbon + 0.41) / (carbon + 0.32)
    hot = above >= td
    level = 0.28 * KGF * np.exp(5.0 / np.maximum(t, td - stable / 1000.0) - 0.01 / (carbon + 0.05))
    m_hot = (-0.019 * carbon + 0.126) * t + (0.075 * carbon - 0.05)
    m_cold = (0.081 * carbon - 0.154) * above + (-0.019 * carbon + 0.207) + 0.027 / (carbon + 0.32)
    ferrite = (30.0 * (carbon + 0.9) * (above - 0.95 * (carbon + 0.49) / (carbon + 0.42)) ** 2
               + (carbon + 0.06) / (carbon + 0.09))  # fmt: skip
    n = 0.41 - 0.07 * carbon
    peak = (1.3 * n / 0.3) ** (1.0 / (1.0 - n))
    return Stress(level * where(hot, 1.0, ferrite), 1.3, 0.3, n, where(hot, m_hot, m_cold), peak)


@compiled
def misaka(carbon: Any, temperature_k: Any) -> Stress:
    """Flow stress by Misaka, which knows carbon alone."""
    heat = 2851.0 + 2968.0 * carbon - 1120.0 * carbon**2
    level = KGF * np.exp(0.126 - 1.75 * carbon + 0.594 * carbon**2 + heat / temperature_k)
    return Stress(level * 0.2**0.21 * 10.0**0.13, 1.0, 0.0, 0.21, 0.13, np.inf)


@compiled
def flow_stress(s: Stress, strain: Any, rate: Any) -> Any:
    """Flow stress in MPa at a strain and a strain rate in 1/s."""
    x = np.minimum(strain / 0.2, s.peak)
    return s.level * (s.power * x**s.n - s.linear * x) * (rate / 10.0) ** s.m


@compiled
def alloy_factor(mn: Any, nb: Any, ti: Any) -> Any:
    """Strength by Mn, Nb and Ti (Siciliano and Jonas 2000), 1 for a mild steel with 0.4 % Mn."""
    return (0.768 + 0.137 * mn + 0.51 * nb + 4.217 * ti) / (0.768 + 0.137 * 0.4)


@compiled
def austenite_stability(mn: Any) -> Any:
    """K by which Mn lowers the transformation (Ouchi 1982: 80 K a per cent), from 0.4 % of Mn up."""
    return 80.0 * np.maximum(mn - 0.4, 0.0)


@compiled
def retained_share(p: Mill, nb: Any, strain: Any, temperature_k: Any, seconds: Any) -> Any:
    """Share of a pass's strain that has not recrystallised ``seconds`` later.

    Half time of C-Mn steel with grains of 40 um by Hodgson and Gibbs (1992), slowed by Nb; an Avrami law with
    exponent 2, which is assumed.
    """
    half = 2.3e-15 * strain**-2.5 * 40.0**2 * np.exp(230_000.0 / (8.314 * temperature_k) + p.retained * nb)
    return np.exp(-0.693 * np.minimum((seconds / half) ** 2, 50.0))


@compiled
def sims(entry: Any, thickness: Any, radius: Any) -> Any:
    """Geometry factor Q of Sims and the forward slip, for a flattened radius."""
    r = (entry - thickness) / entry
    a = np.sqrt(r / (1.0 - r))
    c = np.sqrt(radius / thickness)
    neutral = np.tan(0.5 * np.arctan(a) + np.pi / 8.0 * np.log(1.0 - r) / c) / c
    slip = radius / thickness * neutral**2
    q = (np.pi / 2.0 * np.arctan(a) / a - np.pi / 4.0 - c / a * np.log(1.0 + slip)
         + 0.5 * c / a * np.log(1.0 / (1.0 - r)))  # fmt: skip
    return q, slip


@compiled
def bite(s: Stress, before: Any, width: Any, flow: Any, entry: Any, thickness: Any, radius: Any) -> Any:
    """Force in MN at a thickness and a flattened radius; ``flow`` in m2/s, ``before`` is retained strain."""
    length = np.sqrt(radius * (entry - thickness))
    strain = PLANE_STRAIN * np.log(entry / thickness)
    rate = 1e6 * strain * flow / (thickness * length)
    k = PLANE_STRAIN * flow_stress(s, strain + before, rate)
    return width * length * k * sims(entry, thickness, radius)[0] * 1e-6


@compiled
def flattened(p: Mill, roll: Any, force: Any, width: Any, draft: Any) -> Any:
    """Radius of the flattened roll in mm (Hitchcock)."""
    return roll * (1.0 + p.hitchcock * force * 1e6 / (width * draft))


@compiled
def squeezed(p: Mill, s: Stress, level: Any, before: Any, width: Any, flow: Any, entry: Any, gap: Any,
             compliance: Any, roll: Any) -> Any:  # fmt: skip
    """Thickness in mm behind a gap, h = gap + compliance x force, with force in MN and flattened radius.

    ``compliance``, one number in mm/MN, is the stretch's inverse; at 0 the gap is the thickness. Force gives
    thickness and radius, and these give force: the secant finds where both agree. The strip cannot leave
    thicker than 99.5 % of what entered; a gap that asks for it is not closed.
    """
    high, low = 0.995 * entry, 0.3 * entry
    # A stand with some 15 MN stretches by 3 mm and takes a third off the strip.
    guess = np.maximum(gap + 15.0 * compliance, 0.65 * entry)
    thickness = clip(where(compliance > 0.0, guess, gap), low, high)
    last = level * bite(s, before, width, flow, entry, thickness, roll * 1.1)
    guess = np.maximum((thickness - gap) / np.maximum(compliance, 1e-9), 0.5 * last)
    force = where(compliance > 0.0, guess, last)
    miss = 0.0 * last
    for turn in range(ROUNDS if compliance > 0.0 else ROUNDS_AT_PLAN):
        thickness = clip(gap + compliance * force, low, high)
        radius = flattened(p, roll, force, width, entry - thickness)
        found = level * bite(s, before, width, flow, entry, thickness, radius) - force
        change = found - miss
        # The first step, and those too small to tell a slope from rounding, go part of the way.
        sure = (np.abs(change) > 1e-13 * force) & (turn > 0)
        step = where(sure, -found * (force - last) / where(sure, change, 1.0), 0.3 * found)
        last, miss = force, found
        force = force + clip(step, -0.5 * force, 0.5 * force)
    thickness = clip(gap + compliance * force, low, high)
    return thickness, force, flattened(p, roll, force, width, entry - thickness)


@compiled
def cooled(
    p: Mill, temperature_c: Any, thickness: Any, seconds: Any, emissivity: Any, convection: Any
) -> Any:
    """Strip temperature in C after a time between stands: radiation and sprays, by the midpoint rule."""
    start = temperature_c + KELVIN
    per_flux = 2e-6 / (p.heat_capacity * thickness)
    at = start
    for share in (0.5, 1.0):
        flux = emissivity * STEFAN_BOLTZMANN * (at**4 - AIR_K**4) + convection * (at - WATER_K)
        at = start - per_flux * flux * seconds * share
    return at - KELVIN


@compiled
def bitten(p: Mill, temperature_c: Any, entry: Any, thickness: Any, width: Any, force: Any, radius: Any,
           flow: Any, contact: Any) -> Any:  # fmt: skip
    """Strip temperature in C behind the bite: work of deformation and friction in, heat to the rolls out."""
    draft = entry - thickness
    length = np.sqrt(radius * draft)
    mean = (entry + thickness) / 2.0
    pressure = force * 1e6 / (width * length)
    work = p.heating * pressure * np.log(entry / thickness) * 1e-3 / p.heat_capacity
    seconds = length * 1e-6 * mean / flow
    lost = 2e-3 * contact * (temperature_c + KELVIN - ROLL_K) * seconds / (p.heat_capacity * mean)
    return temperature_c + work - lost


@compiled
def roll(p: Mill, formula: Any, emissivity: Any, convection: Any, contact: Any, carbon: Any, alloy: Any,
         nb: Any, stable: Any, width: Any, bar: Any, start_c: Any, flow: Any, level: Any, aim: Any,
         by_gap: Any, thickness: Any, force: Any, temperature: Any, radius: Any) -> Any:  # fmt: skip
    """Roll one coil's head through all stands; what comes out is written into the last four arguments.

    Parameters
    ----------
    p
        The mill.
    formula
        :data:`TRUTH` or :data:`PLANT`.
    emissivity, convection, contact
        Heat transfer: share, W/(m2 K), kW/(m2 K).
    carbon, alloy, nb, stable
        wt %, factor on flow stress, wt %, K of :func:`austenite_stability`.
    width, bar
        Of the transfer bar, mm.
    start_c
        Mean temperature at the finishing entry, C.
    flow
        Thickness times speed, m2/s: the loopers hold it equal in all stands.
    level
        ``(7, ...)`` factors on force: rolls, lubricant, wear.
    aim, by_gap
        ``(7, ...)``: gaps in mm that are set (1), or thicknesses that are met (0).
    thickness, force, temperature, radius
        ``(7, ...)`` mm, MN, C in the bite, mm.
    """
    entry, before, speed = bar, 0.0 * bar, 1000.0 * flow / bar
    at = cooled(p, start_c, entry, p.entry_m / speed, emissivity, convection)
    for i in range(STANDS):
        if formula == TRUTH:
            s = shida(carbon, at + KELVIN, stable)
            s = Stress(s.level * alloy, s.power, s.linear, s.n, s.m, s.peak)
        else:
            s = misaka(carbon, at + KELVIN)
        h, f, r = squeezed(
            p, s, level[i], before, width, flow, entry, aim[i], by_gap / p.stretch, RADIUS_MM[i]
        )
        thickness[i], force[i], temperature[i], radius[i] = h, f, at, r
        out = bitten(p, at, entry, h, width, f, r, flow, contact)
        seconds = p.stand_m * h / (1000.0 * flow)
        strain = PLANE_STRAIN * np.log(entry / h) + before
        at = cooled(p, out, h, seconds, emissivity, convection)
        if formula == TRUTH:
            before = strain * retained_share(p, nb, strain, (out + at) / 2.0 + KELVIN, seconds)
        entry = h
    return at


class Bars(NamedTuple):
    """What enters the finishing mill, ``(coils,)`` each.

    ``carbon`` and ``nb`` in wt %, ``alloy`` a factor on flow stress, ``stable`` in K, ``width`` and ``bar``
    thickness in mm, ``start_c`` the mean temperature at the entry in C, ``flow`` thickness x speed in m2/s.
    """

    carbon: Any
    alloy: Any
    nb: Any
    stable: Any
    width: Any
    bar: Any
    start_c: Any
    flow: Any

    def at(self, rows: Any) -> Bars:
        """Some of the bars."""
        return Bars(*(column[rows] for column in self))


class Rolled(NamedTuple):
    """What left the stands: thickness mm, force MN, temperature in the bite C, flattened radius mm.

    ``(coils, 7)`` each; ``exit_c`` is ``(coils,)``, where the delivery pyrometer looks.
    """

    thickness: Any
    force: Any
    temperature: Any
    radius: Any
    exit_c: Any


@compiled
def roll_each(
    p: Mill, formula: int, heat: Any, b: Bars, level: Any, aim: Any, by_gap: int, out: Rolled
) -> None:
    """Roll coil after coil; arguments as in :func:`roll`, ``(coils,)`` and ``(coils, 7)``."""
    # Beside what it calls: numba's cache looks at the age of this file alone.
    for k in range(len(out.exit_c)):
        out.exit_c[k] = roll(
            p, formula, heat[0], heat[1], heat[2], b.carbon[k], b.alloy[k], b.nb[k], b.stable[k], b.width[k],
            b.bar[k], b.start_c[k], b.flow[k], level[k], aim[k], by_gap, out.thickness[k], out.force[k],
            out.temperature[k], out.radius[k],
        )  # fmt: skip


class Given(NamedTuple):
    """What awaits a mill, coil by coil, ``(coils,)`` or ``(coils, 7)``: the truth, then the plant's belief.

    Attributes
    ----------
    carbon, alloy, nb, stable, width, bar, start_c, flow
        The bars, as :func:`roll` takes them.
    level
        True factor on force.
    offset
        mm by which a gap is wider than the screws say.
    force_error, thickness_error
        Relative errors of the readings.
    new_rolls
        Whether a stand's rolls have just been changed, when its screws are zeroed.
    plan
        Thicknesses that are aimed at, mm.
    plan_bar, plan_start_c
        Bar thickness and entry temperature as the plant has them.
    """

    carbon: Any
    alloy: Any
    nb: Any
    stable: Any
    width: Any
    bar: Any
    start_c: Any
    flow: Any
    level: Any
    offset: Any
    force_error: Any
    thickness_error: Any
    new_rolls: Any
    plan: Any
    plan_bar: Any
    plan_start_c: Any


class Made(NamedTuple):
    """What came of each coil, ``(coils, 7)``: set-up, truth, readings, and the plant's model on the readings.

    ``gap``, ``thickness`` and ``read_thickness`` in mm, forces in MN, temperatures in C, ``radius`` in mm;
    ``exit_c`` is ``(coils,)``.
    """

    forecast: Any
    gap: Any
    thickness: Any
    force: Any
    temperature: Any
    radius: Any
    exit_c: Any
    read_thickness: Any
    read_force: Any
    model_force: Any
    model_temperature: Any


@compiled
def roll_coil(
    p: Mill, heat: Any, plant_heat: Any, g: Given, k: int, forecast: Any, zero: Any, m: Made
) -> None:
    """Roll coil ``k``: gaps from forecast forces, the true answer, readings, and the plant's model on them.

    Parameters
    ----------
    heat, plant_heat
        Heat transfer of the mill and of the plant's model.
    forecast
        ``(7,)`` MN, by which the gaugemeter equation sets each gap.
    zero
        ``(7,)`` mm, what the plant takes for the offset of its gaps; follows the readings.
    m
        Row ``k`` is written.
    """
    for i in range(STANDS):
        if g.new_rolls[k, i]:
            zero[i] = 0.0
        m.forecast[k, i] = forecast[i]
        m.gap[k, i] = g.plan[k, i] - forecast[i] / p.stretch - zero[i]
    m.exit_c[k] = roll(
        p, TRUTH, heat[0], heat[1], heat[2], g.carbon[k], g.alloy[k], g.nb[k], g.stable[k], g.width[k],
        g.bar[k], g.start_c[k], g.flow[k], g.level[k], m.gap[k] + g.offset[k], 1,
        m.thickness[k], m.force[k], m.temperature[k], m.radius[k],
    )  # fmt: skip
    for i in range(STANDS):
        m.read_thickness[k, i] = m.thickness[k, i] * (1.0 + g.thickness_error[k, i])
        m.read_force[k, i] = m.force[k, i] * (1.0 + g.force_error[k, i])
        found = m.read_thickness[k, i] - m.gap[k, i] - m.read_force[k, i] / p.stretch
        zero[i] += min(max(ZEROING * (found - zero[i]), -ZERO_STEP), ZERO_STEP)
    spare = np.empty(STANDS), np.empty(STANDS)
    roll(
        p, PLANT, plant_heat[0], plant_heat[1], plant_heat[2], g.carbon[k], 1.0, 0.0, 0.0, g.width[k],
        g.plan_bar[k], g.plan_start_c[k], g.flow[k], np.ones(STANDS), m.read_thickness[k], 0,
        spare[0], m.model_force[k], m.model_temperature[k], spare[1],
    )  # fmt: skip


@compiled
def operate(p: Mill, heat: Any, plant_heat: Any, g: Given, grade: Any, new_lot: Any, plan_force: Any,
            table: Any, m: Made) -> None:  # fmt: skip
    """Roll all coils as the plant always has, with a coefficient by grade and stand that it adapts.

    The logarithm of the coefficient follows each coil by half its miss; when a lot ends, the table moves a
    quarter of the way to where the lot left it.

    Parameters
    ----------
    grade, new_lot
        ``(coils,)`` number of the grade, and whether a coil is the first of a lot.
    plan_force
        ``(coils, 7)`` MN, the plant's model at the plan.
    table
        ``(grades, 7)`` logarithms of the coefficients; changed in place.
    """
    zero, now, forecast = np.zeros(STANDS), np.zeros(STANDS), np.zeros(STANDS)
    for k in range(len(grade)):
        if new_lot[k]:
            if k > 0:
                table[grade[k - 1]] += 0.25 * (now - table[grade[k - 1]])
            now[:] = table[grade[k]]
        for i in range(STANDS):
            forecast[i] = plan_force[k, i] * np.exp(now[i])
        roll_coil(p, heat, plant_heat, g, k, forecast, zero, m)
        for i in range(STANDS):
            miss = np.log(m.read_force[k, i] / m.model_force[k, i]) - now[i]
            now[i] += 0.5 * min(max(miss, -0.2), 0.2)


_FUNCTIONS = (
    "shida", "misaka", "flow_stress", "alloy_factor", "austenite_stability", "retained_share", "sims", "bite",
    "flattened", "squeezed", "cooled", "bitten", "roll",
)  # fmt: skip
plain = vectorised(globals(), _FUNCTIONS)
"""The same functions by name for arrays of coils, without numba."""
