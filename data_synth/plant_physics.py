"""One five-minute step of the plant, written once for compiled scalars and for NumPy arrays.

The functions use only arithmetic, NumPy ufuncs and :func:`where`. numba compiles them for one lane;
:data:`plain` is the same code bound to ``numpy.where``, which takes whole arrays of lanes. So the
two tiers cannot drift apart. Without numba the scalar functions run as ordinary Python.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from data_synth.plant_constants import Plant
from data_synth.tiers import clip, compiled, vectorised, where

CP = 4.186
"""Heat capacity of water, kJ/(kg K)."""
EVAPORATION_KJ_KG = 2430.0
"""Latent heat of water near 30 C."""
LWT_SLEW = 0.5
"""Largest change of the leaving-water set-point in five minutes, K."""
PUMP_SLEW = 1.0 / 30.0
"""Largest change of the pump command in five minutes (0.1 a quarter of an hour)."""
AIR_RATIO_MIN = 0.15

# YorkCalc approach, sum of C[k] Twb^i Tr^j LG^m with k = i + 3 j + 9 m (EnergyPlus Engineering
# Reference, CoolingTower:VariableSpeed). Valid for Twb to 26.67 C and ranges of 1.11-22.2 K.
YORK = (
    -0.359741205, -0.055053608, 0.0023850432, 0.173926877, -0.0248473764, 0.00048430224,
    -0.005589849456, 0.0005770079712, -1.342427256e-5, 2.84765801111111, -0.121765149, 0.0014599242,
    1.680428651, -0.0166920786, -0.0007190532, -0.025485194448, 4.87491696e-5, 2.719234152e-5,
    -0.0653766255555556, -0.002278167, 0.0002500254, -0.0910565458, 0.00318176316, 3.8621772e-5,
    -0.0034285382352, 8.56589904e-6, -1.516821552e-6,
)  # fmt: skip
# DOE-2 curves of the York YT 1125 kW variable-speed chiller (copper-bem 0.3.0, BSD-2-Clause):
# 1, x, x^2, y, y^2, xy with x leaving chilled water and y entering condenser water in C.
CAPACITY = (0.1034212, 0.002327078, -0.000911704, 0.09104793, -0.002678967, 0.002274649)
EIR = (0.6542286, -0.02451604, 0.001253508, 0.04216477, 0.000140487, -0.00150878)
PART_LOAD = (0.1147453, 0.04231235, 0.8419681)


class Step(NamedTuple):
    """What one step leaves. Powers in kW, temperatures in C, heat in kW; state is carried on."""

    lwt_setpoint: Any
    towers: Any
    pump: Any
    air: Any
    water: Any
    lag_heat: Any
    chiller_on: Any
    chiller_timer: Any
    it_kw: Any
    ups_kw: Any
    pdu_kw: Any
    hall_fan_kw: Any
    water_pump_kw: Any
    tower_pump_kw: Any
    tower_fan_kw: Any
    chiller_kw: Any
    facility_kw: Any
    lwt: Any
    approach: Any
    supply: Any
    delta_t: Any
    chillers: Any
    dry: Any
    rejected_kw: Any
    water_kg_s: Any


STATE = 8
"""The first fields of :class:`Step` are the state that the next step starts from."""
FIELDS = Step._fields
WIDTH = len(FIELDS)


@compiled
def york(wet_bulb: Any, rng: Any) -> Any:
    """Collapse YorkCalc to c0 + c1 LG + c2 LG^2 at a wet bulb and a range, both clipped to validity."""
    b = clip(wet_bulb, -34.0, 26.67)
    r = clip(rng, 1.11, 22.2)
    b2, r2 = b * b, r * r
    c0 = (YORK[0] + YORK[1] * b + YORK[2] * b2 + (YORK[3] + YORK[4] * b + YORK[5] * b2) * r
          + (YORK[6] + YORK[7] * b + YORK[8] * b2) * r2)  # fmt: skip
    c1 = (YORK[9] + YORK[10] * b + YORK[11] * b2 + (YORK[12] + YORK[13] * b + YORK[14] * b2) * r
          + (YORK[15] + YORK[16] * b + YORK[17] * b2) * r2)  # fmt: skip
    c2 = (YORK[18] + YORK[19] * b + YORK[20] * b2 + (YORK[21] + YORK[22] * b + YORK[23] * b2) * r
          + (YORK[24] + YORK[25] * b + YORK[26] * b2) * r2)  # fmt: skip
    return c0, c1, c2


@compiled
def tower_air(wet_bulb: Any, rng: Any, water_ratio: Any, approach: Any) -> Any:
    """Air-flow ratio that gives an approach, and the approach at full air flow.

    The approach is quadratic in LG, so the ratio is the root on the rising branch, in closed form.
    """
    c0, c1, c2 = york(wet_bulb, rng)
    full = c0 + c1 * water_ratio + c2 * water_ratio * water_ratio
    discriminant = np.maximum(c1 * c1 + 4.0 * c2 * (approach - c0), 0.0)
    liquid_gas = 2.0 * (approach - c0) / (c1 + np.sqrt(discriminant))
    ratio = where(approach <= full, 1.0, water_ratio / np.maximum(liquid_gas, water_ratio))
    return clip(ratio, AIR_RATIO_MIN, 1.0), np.maximum(full, 1.11)


@compiled
def tower_fan_share(ratio: Any) -> Any:
    """Fan power over rated at an air-flow ratio (EnergyPlus default curve; sums to 1 at 1)."""
    return np.maximum(-0.00931516 + 0.05123340 * ratio - 0.08383647 * ratio**2 + 1.04191823 * ratio**3, 0.0)


@compiled
def biquadratic(c: Any, x: Any, y: Any) -> Any:
    """Evaluate a DOE-2 curve: 1, x, x^2, y, y^2, xy."""
    return c[0] + c[1] * x + c[2] * x * x + c[3] * y + c[4] * y * y + c[5] * x * y


@compiled
def chiller(p: Plant, cooling: Any, leaving: Any, entering: Any) -> Any:
    """Electric power and machines on for a cooling load, DOE-2 form.

    ``leaving`` chilled and ``entering`` condenser water are clipped to where the curves stay monotone.
    """
    x = clip(leaving, 5.0, 20.0)
    y = clip(entering, 12.78, 32.0)
    capacity = p.chiller_kw * biquadratic(CAPACITY, x, y)
    machines = clip(np.ceil(cooling / (p.chiller_stage * capacity)), 1.0, p.chillers)
    load = clip(cooling / (machines * capacity), p.chiller_min_load, 1.0)
    part = PART_LOAD[0] + PART_LOAD[1] * load + PART_LOAD[2] * load * load
    power = machines * capacity / p.chiller_cop * biquadratic(EIR, x, y) * part
    return power, machines, p.chillers * capacity


@compiled
def electrical(p: Plant, utilisation: Any, air: Any) -> Any:
    """IT, UPS, PDU and hall-fan power in kW at a cold-aisle temperature."""
    speed = clip(1.0 + p.server_fan_slope * (air - p.server_fan_knee), 1.0, p.server_fan_max)
    silicon = p.rated_it_kw * (p.idle_share + (1.0 - p.idle_share) * utilisation)
    it = (
        silicon * (1.0 + p.leakage * (air - 20.0))
        + p.rated_it_kw * p.server_fan_share * speed**3
        + p.network_kw
    )
    x = it / p.power_rating_kw
    ups = p.power_rating_kw * (p.ups_constant + p.ups_linear * x + p.ups_square * x * x)
    pdu = p.power_rating_kw * (p.pdu_constant + p.pdu_square * x * x)
    hall = p.hall_fan_kw * clip(p.hall_fan_ratio * speed, 0.3, 1.1) ** 3
    return it, ups, pdu, hall


@compiled
def step(
    p: Plant, dt: Any, utilisation: Any, wet_bulb: Any, dry_bulb: Any, fouling: Any,
    fans_out: Any, sensor_bias: Any, lwt_target: Any, towers_target: Any, pump_target: Any,
    lwt_setpoint: Any, towers: Any, pump: Any, air: Any, water: Any, lag_heat: Any,
    chiller_on: Any, chiller_timer: Any,
) -> Any:  # fmt: skip
    """Advance by ``dt`` seconds; returns a :class:`Step`.

    Heat balance: what enters (IT, losses on the loop, fans, pumps, compressors) leaves at the towers or
    is stored in the air node, the water node and ``lag_heat``, the heat one step under way to the towers.
    """
    steps = dt / 300.0
    lwt_setpoint = lwt_setpoint + clip(lwt_target - lwt_setpoint, -LWT_SLEW * steps, LWT_SLEW * steps)
    pump = pump + clip(pump_target - pump, -PUMP_SLEW * steps, PUMP_SLEW * steps)
    towers = towers + clip(towers_target - towers, -1.0, 1.0)

    it, ups, pdu, hall = electrical(p, utilisation, air)
    heat = it + pdu + p.ups_room_share * ups + p.light_kw + hall
    water_pump = p.water_pump_kw * pump**3
    cells = np.maximum(towers - fans_out, 1.0)
    tower_pump = towers * p.tower_pump_kw * pump**3
    rejected = heat + water_pump + tower_pump + lag_heat

    # Towers: air flow for the set-point as the sensor reads it, or all they have.
    set_lwt = lwt_setpoint + sensor_bias
    rng = rejected / (cells * p.tower_flow_kg_s * pump * CP)
    ratio, full_approach = tower_air(wet_bulb, rng, pump, set_lwt - wet_bulb)
    # Against ice, cells run dry in frost whatever they can do: then water leaves warmer than asked.
    dry = dry_bulb < p.dry_below
    dry_conductance = cells * p.dry_kw_per_k
    dry_ratio = rejected / (dry_conductance * np.maximum(set_lwt - dry_bulb, 0.1))
    ratio = where(dry, clip(dry_ratio, AIR_RATIO_MIN, 1.0), ratio)
    reachable = where(dry, dry_bulb + rejected / dry_conductance, wet_bulb + full_approach)
    lwt = np.maximum(set_lwt, reachable)
    tower_fan = cells * p.tower_fan_kw * tower_fan_share(ratio)

    # Exchanger, and the chillers that trim what the towers cannot reach.
    load = heat / p.rated_heat_kw
    approach = p.exchanger_approach * load / pump**0.6 * (1.0 + fouling)
    flow = p.water_flow_kg_s * pump * CP
    target, available = set_lwt + approach, lwt + approach
    deficit = available - target
    free_to_switch = chiller_timer <= 0.0
    off_to_on = (chiller_on < 0.5) & (deficit > 0.3) & free_to_switch
    on_to_off = (chiller_on > 0.5) & (deficit <= 0.0) & free_to_switch
    switched = off_to_on | on_to_off
    chiller_on = where(switched, 1.0 - chiller_on, chiller_on)
    chiller_timer = where(switched, p.chiller_min_s, np.maximum(chiller_timer - dt, 0.0))
    # Beyond the return temperature the towers would heat, so the exchanger is bypassed: all mechanical.
    wanted = chiller_on * clip(deficit * flow, 0.0, heat)
    power, machines, capacity = chiller(p, wanted, target, lwt)
    cooling = np.minimum(wanted, capacity)
    chiller_power = chiller_on * power
    reached = where(chiller_on > 0.5, target + (wanted - cooling) / flow, available)

    # First-order lags, discretised exactly; what the nodes take up is not yet at the towers.
    new_water = water + (1.0 - np.exp(-dt / p.water_tau_s)) * (reached - water)
    air_target = new_water + p.coil_approach * load / pump**0.4
    new_air = air + (1.0 - np.exp(-dt / p.air_tau_s)) * (air_target - air)
    stored = (p.air_kj_k * (new_air - air) + p.water_kj_k * (new_water - water)) / dt
    evaporated = where(dry, 0.0, rejected / EVAPORATION_KJ_KG)
    facility = (it + ups + pdu + p.light_kw + hall + water_pump + tower_pump + tower_fan
                + chiller_power)  # fmt: skip
    return Step(
        lwt_setpoint, towers, pump, new_air, new_water, chiller_power - stored, chiller_on, chiller_timer,
        it, ups, pdu, hall, water_pump, tower_pump, tower_fan, chiller_power, facility,
        lwt, approach, new_water, heat / flow, chiller_on * machines, where(dry, 1.0, 0.0), rejected,
        evaporated * p.cycles / (p.cycles - 1.0),
    )  # fmt: skip


_FUNCTIONS = ("york", "tower_air", "tower_fan_share", "biquadratic", "chiller", "electrical", "step")
plain = vectorised(globals(), _FUNCTIONS)["step"]
"""``step`` for arrays of lanes, without numba."""
