"""The 10 MW plant in numbers: every constant with its plausible range, unit and source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from core.protocol import Constant

CONSTANTS: Mapping[str, Constant] = {
    # Servers
    "rated_it_kw": Constant(10_000, 10_000, 10_000, "kW", "fixed: the size of plant that is studied"),
    "network_kw": Constant(200, 100, 300, "kW", "assumed: 2 % of rated IT; an input of Gao (2014)"),
    "idle_share": Constant(0.45, 0.3, 0.6, "share", "assumed; energy proportionality of volume servers"),
    "leakage": Constant(0.0012, 0.0009, 0.0015, "1/K", "assumed; silicon leakage above 20 C"),
    "server_fan_share": Constant(0.015, 0.013, 0.017, "share", "assumed; checked against Coroama 2025"),
    "server_fan_knee": Constant(24.0, 23.5, 25.0, "C", "assumed; fans rise in the upper ASHRAE A1 range"),
    "server_fan_slope": Constant(0.05, 0.045, 0.055, "1/K", "assumed; checked against Coroama 2025"),
    "server_fan_max": Constant(2.0, 1.8, 2.2, "ratio", "assumed; top fan speed over speed at the knee"),
    # Power chain; losses as a share of rating at load fraction x: a + b x + c x^2
    "power_rating_kw": Constant(12_000, 11_500, 13_000, "kW", "assumed: rated IT with one spare in six"),
    "ups_constant": Constant(0.013, 0.010, 0.018, "share", "double conversion, 94-97 % (Schneider Electric)"),
    "ups_linear": Constant(0.006, 0.003, 0.009, "share", "double conversion, 94-97 % (Schneider Electric)"),
    "ups_square": Constant(0.011, 0.010, 0.033, "share", "square-law part 1-4 % at full load (Schneider)"),
    "ups_room_share": Constant(0.5, 0.0, 1.0, "share", "assumed; UPS heat that the hall's loop carries"),
    "pdu_constant": Constant(0.003, 0.002, 0.004, "share", "assumed; 98.5-98.8 % efficiency"),
    "pdu_square": Constant(0.012, 0.009, 0.013, "share", "assumed; 98.5-98.8 % efficiency"),
    "light_kw": Constant(20, 10, 40, "kW", "assumed: 0.2 % of rating"),
    # Air side
    "hall_fan_kw": Constant(350, 250, 450, "kW", "assumed; EC plug fans at 486 Pa (EnergyPlus example)"),
    "hall_fan_ratio": Constant(0.75, 0.65, 0.85, "ratio", "assumed; hall air follows what servers draw"),
    "coil_approach": Constant(4.0, 3.0, 6.0, "K", "coil approach 3-6 K at rated heat"),
    "air_tau_s": Constant(300, 180, 480, "s", "white space responds in 3-8 min"),
    "air_kj_k": Constant(100_000, 50_000, 200_000, "kJ/K", "assumed: 10,000 servers, 20 kg, 0.5 kJ/(kg K)"),
    # Water side
    "water_flow_kg_s": Constant(328, 300, 360, "kg/s", "rated heat at 8 K; limit is 12 K"),
    "water_pump_kw": Constant(130, 94, 130, "kW", "250 kPa at 0.65 efficiency (EnergyPlus: 0.65-0.9)"),
    "exchanger_approach": Constant(2.0, 1.0, 3.0, "K", "assumed; plate exchanger at rated heat"),
    "rated_heat_kw": Constant(11_000, 10_500, 11_500, "kW", "rated IT with its losses and fans"),
    "water_tau_s": Constant(900, 600, 1200, "s", "water loop responds in 10-20 min"),
    "water_kj_k": Constant(420_000, 200_000, 800_000, "kJ/K", "assumed: 100 m3 of process water"),
    "fouling_per_year": Constant(0.03, 0.0, 0.06, "share/year", "assumed; of the approach, cleaned yearly"),
    # Towers (YorkCalc curve): six cells
    "tower_flow_kg_s": Constant(94, 85, 105, "kg/s", "13 MW at the design range of 5.56 K over six cells"),
    "tower_fan_kw": Constant(30, 25, 40, "kW", "40.2 gpm/hp for propeller fans (ASHRAE 90.1)"),
    "tower_pump_kw": Constant(24, 18.5, 24, "kW", "180 kPa at 0.70 efficiency (EnergyPlus: 140-180 kPa)"),
    "dry_kw_per_k": Constant(120, 80, 200, "kW/K", "assumed; a cell run dry at full fan speed"),
    "dry_below": Constant(1.0, 0.0, 3.0, "C", "assumed; cells run dry against ice, as Gao's drycoolers do"),
    "cycles": Constant(4.0, 3.0, 6.0, "ratio", "cycles of concentration (EnergyPlus example: 4)"),
    # Chillers (DOE-2 curves of a variable-speed centrifugal, scaled)
    "chiller_kw": Constant(3_000, 2_700, 3_300, "kW", "assumed; four machines carry rated heat"),
    "chillers": Constant(4, 4, 4, "count", "fixed: a whole number; chiller_kw varies what they carry"),
    "chiller_cop": Constant(7.92, 6.3, 8.5, "ratio", "York YT VSD at 6.11/12.78 C (copper-bem, BSD-2)"),
    "chiller_stage": Constant(0.6, 0.5, 0.8, "share", "assumed; variable speed runs best at half load"),
    "chiller_min_load": Constant(0.15, 0.1, 0.2, "share", "minimum part load 0.1-0.2 (EnergyPlus)"),
    "chiller_min_s": Constant(1_800, 1_200, 1_800, "s", "assumed; minimum time on and off 20-30 min"),
}  # fmt: skip


class Plant(NamedTuple):
    """The constants as plain floats, in the order of :data:`CONSTANTS`, for compiled code."""

    rated_it_kw: float
    network_kw: float
    idle_share: float
    leakage: float
    server_fan_share: float
    server_fan_knee: float
    server_fan_slope: float
    server_fan_max: float
    power_rating_kw: float
    ups_constant: float
    ups_linear: float
    ups_square: float
    ups_room_share: float
    pdu_constant: float
    pdu_square: float
    light_kw: float
    hall_fan_kw: float
    hall_fan_ratio: float
    coil_approach: float
    air_tau_s: float
    air_kj_k: float
    water_flow_kg_s: float
    water_pump_kw: float
    exchanger_approach: float
    rated_heat_kw: float
    water_tau_s: float
    water_kj_k: float
    fouling_per_year: float
    tower_flow_kg_s: float
    tower_fan_kw: float
    tower_pump_kw: float
    dry_kw_per_k: float
    dry_below: float
    cycles: float
    chiller_kw: float
    chillers: float
    chiller_cop: float
    chiller_stage: float
    chiller_min_load: float
    chiller_min_s: float


def plant(**changes: float) -> Plant:
    """Build the plant at its default constants, but for those named."""
    values = {name: float(constant.value) for name, constant in CONSTANTS.items()}
    return Plant(**(values | {name: float(value) for name, value in changes.items()}))
