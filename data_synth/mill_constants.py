"""The hot strip mill in numbers: every constant with its plausible range, unit and source.

Nothing here needs a compiler, so that the industry can be described at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.protocol import Constant

STANDS = 7
RADIUS_MM = np.array([400.0, 400.0, 390.0, 380.0, 365.0, 355.0, 350.0])
"""Work rolls by stand; 350-400 mm are usual in finishing mills."""
LOAD = np.array([0.52, 0.50, 0.45, 0.40, 0.33, 0.26, 0.17])
"""Natural strain by stand as a share of the whole (sum 2.63): heavy drafts first, a light last pass."""
PLANT_HEAT = (0.75, 200.0, 24.0)
"""Emissivity, convection and contact of the plant's own temperature model: near to its mill, not equal."""
PLANT_SURFACE_K = 25.0
"""What the plant adds to a pyrometer's reading for the colder skin of the bar, whatever bar it is."""

CONSTANTS: Mapping[str, Constant] = {
    # Stands
    "stretch": Constant(5.0, 4.0, 6.0, "MN/mm", "mill modulus of wide strip stands, 4-6 MN/mm"),
    "hitchcock": Constant(2.2e-5, 2.1e-5, 2.3e-5, "mm2/N", "16 (1 - nu2) / (pi E) of steel (Hitchcock 1935)"),
    "stand_m": Constant(5.5, 5.0, 6.0, "m", "usual distance between finishing stands"),
    "entry_m": Constant(8.0, 5.0, 15.0, "m", "assumed: pyrometer to first stand, descaler between"),
    # Heat of bar and strip
    "heat_capacity": Constant(5.0e-3, 4.9e-3, 5.3e-3, "J/(mm3 K)", "7500 kg/m3 x 650-690 J/(kg K)"),
    "emissivity": Constant(0.80, 0.75, 0.85, "share", "scaled steel, 0.8 (PyRolL default)"),
    "convection": Constant(250.0, 150.0, 400.0, "W/(m2 K)", "sprays 150 (PyRolL), more in strip mills"),
    "contact": Constant(28.0, 20.0, 40.0, "kW/(m2 K)", "strip to roll in strip mills, 20-40 kW/(m2 K)"),
    "heating": Constant(0.95, 0.90, 0.98, "share", "of deformation work that becomes heat (PyRolL: 0.95)"),
    "conductivity": Constant(28.0, 25.0, 30.0, "W/(m K)", "austenite near 1000 C"),
    "slab_c": Constant(1225.0, 1200.0, 1250.0, "C", "discharge temperature, 1200-1250 C"),
    "slab_sd": Constant(8.0, 5.0, 15.0, "K", "assumed: spread of furnace discharge from slab to slab"),
    "roughing_k_s": Constant(1.3, 1.0, 1.7, "K/s", "assumed: gives 1080-1130 C behind the rougher"),
    "soak_k_h": Constant(8.0, 0.0, 15.0, "K/h", "assumed: hotter slabs after a longer stay, up to 10 K"),
    "skid_k": Constant(12.0, 5.0, 12.5, "K", "amplitude of skid marks; 10-25 K from cold to hot"),
    # Steel
    "bar_sd": Constant(0.004, 0.002, 0.008, "share", "assumed: bar thickness against its target, unmeasured"),
    "heat_sd": Constant(0.007, 0.0, 0.015, "share", "assumed: flow stress between heats of equal analysis"),
    "grade_sd": Constant(0.02, 0.0, 0.04, "share", "assumed: what no formula says of a grade"),
    "retained": Constant(100.0, 80.0, 115.0, "1/wt%", "Nb slows recrystallisation, 50 x at 0.04 %, 900 C"),
    # Rolls and lubricant, as a share of force
    "stand_sd": Constant(0.02, 0.0, 0.04, "share", "assumed: bearings and cells of one stand to the next"),
    "roll_sd": Constant(0.015, 0.005, 0.03, "share", "assumed: ground surface of a set of rolls to the next"),
    "wear": Constant(0.050, 0.035, 0.070, "share/campaign", "0.05-0.1 % a coil over 70 coils"),
    "season": Constant(0.02, 0.0, 0.03, "share", "seasonal drift up to 3 % of force"),
    "pass_sd": Constant(0.008, 0.004, 0.015, "share", "assumed: scale and lubricant film from pass to pass"),
    "crown_um": Constant(100.0, 50.0, 150.0, "um", "thermal crown of a stand in use, 50-150 um"),
    "crown_s": Constant(2400.0, 1800.0, 3600.0, "s", "its time constant, 30-60 min"),
    "crown_left": Constant(0.3, 0.1, 0.5, "share", "assumed: what the plant's own roll model leaves of it"),
    # Instruments
    "pyrometer_sd": Constant(8.0, 5.0, 10.0, "K", "bias of one pyrometer; 0.5-1 % of a reading near 1000 C"),
    "pyrometer_drift": Constant(4.0, 0.0, 8.0, "K", "assumed: dirt and steam on the window, over weeks"),
    "pyrometer_noise": Constant(3.0, 1.0, 5.0, "K", "repeatability 0.1-0.5 % of a reading"),
    "scale_k": Constant(4.0, 0.0, 10.0, "K", "assumed: grown scale after a minute's wait, as root of time"),
    "mass_flow_sd": Constant(0.002, 0.001, 0.004, "share", "assumed: thickness between stands by mass flow"),
    "xray_sd": Constant(0.001, 0.0005, 0.002, "share", "X-ray gauge, 0.1 % of thickness"),
    # The line
    "pace_s": Constant(12.0, 5.0, 25.0, "s", "assumed: slack between two bars that the pacing leaves"),
    "stop_share": Constant(0.06, 0.02, 0.12, "of bars", "assumed: short stops that keep a bar waiting"),
    "stop_s": Constant(10.0, 5.0, 20.0, "s", "assumed: mean length of such a stop, cut at 40 s"),
    "change_s": Constant(720.0, 600.0, 900.0, "s", "change of work rolls, 10-15 min"),
    # Automatic gauge control
    "agc_alpha": Constant(0.75, 0.6, 0.9, "share", "gaugemeter compensation, 0.6-0.9"),
    "lock_s": Constant(0.5, 0.2, 1.0, "s", "assumed: from the head in the stand to lock-on"),
    "agc_s": Constant(0.08, 0.05, 0.15, "s", "assumed: time constant of the gaugemeter loop"),
    "actuator_hz": Constant(10.0, 5.0, 15.0, "Hz", "hydraulic actuator, 5-15 Hz"),
    "monitor_s": Constant(1.2, 0.8, 2.0, "s", "assumed: integral time of the X-ray monitor loop"),
    "gauge_m": Constant(2.5, 1.5, 4.0, "m", "assumed: X-ray gauge behind the last stand"),
    "eccentricity": Constant(0.015, 0.010, 0.030, "mm", "roll eccentricity, 10-30 um"),
}  # fmt: skip


class Mill(NamedTuple):
    """The constants as plain floats, in the order of :data:`CONSTANTS`, for compiled code."""

    stretch: float
    hitchcock: float
    stand_m: float
    entry_m: float
    heat_capacity: float
    emissivity: float
    convection: float
    contact: float
    heating: float
    conductivity: float
    slab_c: float
    slab_sd: float
    roughing_k_s: float
    soak_k_h: float
    skid_k: float
    bar_sd: float
    heat_sd: float
    grade_sd: float
    retained: float
    stand_sd: float
    roll_sd: float
    wear: float
    season: float
    pass_sd: float
    crown_um: float
    crown_s: float
    crown_left: float
    pyrometer_sd: float
    pyrometer_drift: float
    pyrometer_noise: float
    scale_k: float
    mass_flow_sd: float
    xray_sd: float
    pace_s: float
    stop_share: float
    stop_s: float
    change_s: float
    agc_alpha: float
    lock_s: float
    agc_s: float
    actuator_hz: float
    monitor_s: float
    gauge_m: float
    eccentricity: float


def mill(**assumed: float) -> Mill:
    """Give the mill's constants, some of them replaced.

    Examples
    --------
    >>> mill(stretch=4.0).stretch
    4.0
    """
    values = {name: constant.value for name, constant in CONSTANTS.items()}
    return Mill(**(values | assumed))


@dataclass(frozen=True)
class Settings:
    """What a world depends on.

    Attributes
    ----------
    campaigns, played
        Roll campaigns that are learned from, and that follow and are played.
    lot_coils
        Mean number of coils in a lot.
    step, step_at
        Relative change of force when the lubricant changes, and after what share of the played campaigns.
    force_noise
        Relative standard deviation of a force reading.
    bad_records
        Share of coils whose force record is off.
    pyrometer
        Factor on bias and drift of the pyrometers.
    assumed
        Constants that replace those of :data:`CONSTANTS`.
    """

    campaigns: int
    played: int
    lot_coils: float = 8.0
    step: float = 0.04
    step_at: float = 0.6
    force_noise: float = 0.01
    bad_records: float = 0.02
    pyrometer: float = 1.0
    assumed: tuple[tuple[str, float], ...] = ()


class Grade(NamedTuple):
    """A steel grade: typical analysis in wt %, share of the order book, and what is rolled of it.

    ``thin`` and ``thick`` bound the strip in mm.
    """

    name: str
    c: float
    mn: float
    si: float
    nb: float
    ti: float
    share: float
    thin: float
    thick: float


GRADES: tuple[Grade, ...] = (
    Grade("ultra-low carbon", 0.004, 0.15, 0.01, 0.0, 0.0, 0.10, 2.5, 4.5),
    Grade("deep drawing", 0.035, 0.20, 0.02, 0.0, 0.0, 0.15, 2.0, 4.5),
    Grade("commercial", 0.060, 0.30, 0.02, 0.0, 0.0, 0.20, 1.8, 5.0),
    Grade("SS330", 0.100, 0.45, 0.03, 0.0, 0.0, 0.10, 2.0, 6.0),
    Grade("SS400", 0.160, 0.60, 0.05, 0.0, 0.0, 0.14, 2.0, 6.0),
    Grade("S355", 0.170, 1.30, 0.20, 0.0, 0.0, 0.06, 2.5, 6.0),
    Grade("S45C", 0.450, 0.75, 0.20, 0.0, 0.0, 0.04, 2.5, 6.0),
    Grade("weathering", 0.090, 0.45, 0.40, 0.0, 0.0, 0.04, 2.5, 6.0),
    Grade("silicon manganese", 0.080, 1.30, 0.60, 0.0, 0.0, 0.04, 2.3, 4.5),
    Grade("HSLA 340", 0.070, 0.70, 0.03, 0.020, 0.0, 0.06, 2.3, 5.5),
    Grade("HSLA 420", 0.080, 1.20, 0.10, 0.035, 0.0, 0.04, 2.5, 6.0),
    Grade("line pipe X60", 0.060, 1.45, 0.25, 0.050, 0.015, 0.03, 3.5, 6.0),
)
"""Analyses are rounded mid-points of the product standards (JIS G 3101, G 3131, G 4051; EN 10025, 10149; API
5L); shares are assumed, most of them mild steel."""
