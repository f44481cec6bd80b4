"""The data-centre world: weather, load, faults, an operator's log, and the year that is played.

Nothing here learns. The log is what Gao (2014) fed his network: 19 inputs under their own names and
units, every five minutes, beside the meters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_synth.plant_constants import Plant, plant
from data_synth.random_process import Rng, held, ornstein_uhlenbeck
from data_synth.weather import CLIMATES, Weather, draw_weather

Floats = NDArray[np.float64]
Table = Mapping[str, NDArray[np.float64]]
Luck = Callable[[str], Rng]

STEPS_PER_DAY = 288
YEAR_STEPS = 365 * STEPS_PER_DAY
DECISION_STEPS = 3
"""A controller decides every 15 minutes."""
WARM_UP_STEPS = 72
"""Six hours under the policy before anything is counted."""
HABIT = (20.0, 6.0, 0.8)
"""What the operator has always set: 20 C, all towers, pumps at 80 %."""
LIMITS = ((12.0, 24.0), (2.0, 6.0), (0.5, 1.0))
"""Allowed set-points: leaving water in C, towers, pump command."""

GAO_INPUTS = (
    "it_load_kw", "network_load_kw", "water_pumps_running", "water_pump_vfd_pct", "condenser_pumps_running",
    "condenser_pump_vfd_pct", "towers_running", "tower_lwt_setpoint_f", "chillers_running",
    "drycoolers_running", "injection_pumps_running", "injection_setpoint_f", "exchanger_approach_f",
    "wet_bulb_f", "dry_bulb_f", "enthalpy_kj_kg", "humidity_pct", "wind_speed_mph", "wind_direction_deg",
)  # fmt: skip


def fahrenheit(celsius: Floats) -> Floats:
    """Degrees Fahrenheit, as Gao logs them."""
    return celsius * 1.8 + 32.0


def celsius(fahrenheit: Floats) -> Floats:
    """Degrees Celsius."""
    return (fahrenheit - 32.0) / 1.8


@dataclass(frozen=True, slots=True)
class Settings:
    """What shapes a data-centre world; the use case's deep levers map to it.

    Attributes
    ----------
    years, weeks, days
        Years of log; weeks of the next year that are played, and the days counted in each.
    climate, warming
        Station, and K added to it.
    utilisation
        Mean server utilisation as a share.
    exploration
        Share of the time in which the operator tried set-points from the whole allowed range.
    meter_noise
        Standard deviation of a reading of the facility meter, as a share.
    bad_meter_days
        Share of days on which that meter was off by some per cent (sd 2 %).
    faults_per_year
        Fan failures and sensor drifts a year, in all.
    assumed
        Constants of the plant that differ from their defaults.
    """

    years: int
    weeks: int
    days: int
    climate: str = "seoul"
    warming: float = 0.0
    utilisation: float = 0.55
    exploration: float = 0.25
    meter_noise: float = 0.003
    bad_meter_days: float = 0.02
    faults_per_year: float = 8.0
    assumed: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Faults:
    """Labelled faults: kind, first and last step, and their effect on the plant, ``(steps,)``."""

    kind: tuple[str, ...]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    fans_out: Floats
    sensor_bias: Floats


@dataclass(frozen=True, slots=True)
class DataCenter:
    """A world. ``drive`` and ``log`` run over history and the next year in five-minute steps.

    Attributes
    ----------
    drive
        ``(steps, 6)``, see :mod:`data_synth.plant_lanes`.
    truth
        ``(steps, WIDTH)``: the plant under the operator, without meter noise.
    log
        What was recorded, ``(steps,)`` a column.
    tested
        Rows of the first ``years`` that were set aside at random, as Gao split his samples.
    starts
        First counted step of each played lane.
    """

    settings: Settings
    plant: Plant
    weather: Weather
    drive: Floats
    truth: Floats
    log: Table
    tested: NDArray[np.bool_]
    starts: NDArray[np.int64]
    faults: Faults

    @property
    def history_steps(self) -> int:
        return self.settings.years * YEAR_STEPS


def draw_faults(rng: Rng, steps: int, per_year: float) -> Faults:
    """Draw fan failures (6-48 h, one cell lost) and drifting set-point sensors (2-14 days, sd 0.7 K)."""
    count = int(rng.poisson(per_year * steps / YEAR_STEPS))
    first = np.sort(rng.integers(0, steps, count))
    is_fan = rng.random(count) < 0.6
    hours = np.where(is_fan, rng.uniform(6, 48, count), rng.uniform(48, 336, count))
    last = np.minimum(first + (hours * 12).astype(np.int64), steps - 1)
    size = np.where(is_fan, 1.0, rng.normal(0.0, 0.7, count))
    fans_out, sensor_bias = np.zeros(steps), np.zeros(steps)
    for start, stop, fan, value in zip(first, last, is_fan, size, strict=True):
        (fans_out if fan else sensor_bias)[start : stop + 1] = value
    return Faults(tuple("fan" if fan else "sensor" for fan in is_fan), first, last, fans_out, sensor_bias)


def draw_utilisation(rng: Rng, hours: Floats, mean: float) -> Floats:
    """Server utilisation: an afternoon peak, a weekly dip and wandering demand, ``(steps,)`` shares."""
    day = np.cos(2 * np.pi * (hours - 15) / 24)
    weekend = ((hours // 24) % 7 >= 5).astype(float)
    wander = ornstein_uhlenbeck(rng, len(hours), step=1 / 12, tau=12, sd=0.03)
    return np.clip(mean + 0.08 * day - 0.03 * weekend + wander, 0.05, 1.0)


def operator_targets(rng: Rng, steps: int, exploration: float) -> Floats:
    """What the operator asked for: habit with small retuning, and trials now and then, ``(steps, 3)``.

    A setting is held for a day on average, as a daily operating plan is. ``exploration`` of the holds
    are trials, drawn evenly from the allowed range (up to 22 C, so that the cold aisle stays safe).
    """
    hold = held(rng, steps, step=1 / 12, mean_hold=24)
    count = int(hold[-1]) + 1
    habit = np.column_stack(
        [
            HABIT[0] + rng.uniform(-1, 1, count),
            HABIT[1] - (rng.random(count) < 0.2),
            HABIT[2] + rng.uniform(-0.05, 0.05, count),
        ]
    )
    trial = np.column_stack(
        [rng.uniform(12, 22, count), rng.integers(2, 7, count), rng.uniform(0.5, 1.0, count)]
    )
    chosen = np.where(rng.random(count)[:, None] < exploration, trial, habit)
    return chosen[hold]


def draw(settings: Settings, luck: Luck) -> DataCenter:
    """Draw a world: the same luck gives the same world, whatever anybody does in it."""
    # Imported here: describing the industry must not pay for the compiler.
    from data_synth.plant_lanes import initial_state, simulate

    steps = (settings.years + 1) * YEAR_STEPS
    weather = draw_weather(
        CLIMATES[settings.climate],
        luck("weather"),
        steps=steps,
        step_hours=1 / 12,
        warming=settings.warming,
    )
    faults = draw_faults(luck("faults"), steps, settings.faults_per_year)
    p = plant(**dict(settings.assumed))
    drive = np.column_stack(
        [
            draw_utilisation(luck("load"), weather.hours, settings.utilisation),
            weather.wet_bulb,
            weather.dry_bulb,
            p.fouling_per_year * (weather.hours / 8760 % 1.0),
            faults.fans_out,
            faults.sensor_bias,
        ]
    )
    targets = operator_targets(luck("operator"), steps, settings.exploration)
    truth = simulate(p, drive[None], targets[None], initial_state(targets[:1]))[0]
    log = read_meters(settings, p, weather, drive, truth, luck("meters"))
    tested = luck("split").random(settings.years * YEAR_STEPS) < 0.3
    gap = YEAR_STEPS // settings.weeks
    spare = (gap - settings.days * STEPS_PER_DAY) // 2
    starts = settings.years * YEAR_STEPS + spare + gap * np.arange(settings.weeks)
    return DataCenter(settings, p, weather, drive, truth, log, tested, starts, faults)


def plant_columns(truth: Floats) -> dict[str, Floats]:
    """Name the plant's columns: ``(..., WIDTH)`` to one array a field."""
    from data_synth.plant_physics import FIELDS

    return {name: truth[..., k] for k, name in enumerate(FIELDS)}


def read_meters(
    settings: Settings, p: Plant, weather: Weather, drive: Floats, truth: Floats, rng: Rng
) -> dict[str, Floats]:
    """Record a run of the plant as its building-management system would, in Gao's units.

    The facility meter is of class 0.5 (IEC 62053-22). IT load is the sum of a hundred feeders, whose
    errors average out to a tenth of that.
    """
    at = plant_columns(truth)
    rows = len(truth)
    days = -(-rows // STEPS_PER_DAY)
    bad = rng.random(days) < settings.bad_meter_days
    bias = np.repeat(np.where(bad, rng.normal(0, 0.02, days), 0.0), STEPS_PER_DAY)[:rows]
    facility = at["facility_kw"] * (1.0 + bias + settings.meter_noise * rng.standard_normal(rows))
    it = at["it_kw"] * (1.0 + 0.1 * settings.meter_noise * rng.standard_normal(rows))
    return {
        "hour": weather.hours,
        "day": weather.hours // 24,
        "utilisation_pct": 100 * drive[:, 0],
        "it_load_kw": it - p.network_kw,
        "network_load_kw": np.full(rows, p.network_kw),
        "water_pumps_running": np.full(rows, 4.0),
        "water_pump_vfd_pct": 100 * at["pump"],
        "condenser_pumps_running": at["towers"],
        "condenser_pump_vfd_pct": 100 * at["pump"],
        "towers_running": at["towers"],
        "tower_lwt_setpoint_f": fahrenheit(at["lwt_setpoint"]),
        "chillers_running": at["chillers"],
        "drycoolers_running": at["dry"] * at["towers"],
        "injection_pumps_running": at["chillers"],
        "injection_setpoint_f": fahrenheit(at["lwt_setpoint"] + at["approach"]),
        "exchanger_approach_f": 1.8 * (at["approach"] + 0.05 * rng.standard_normal(rows)),
        "wet_bulb_f": fahrenheit(weather.wet_bulb),
        "dry_bulb_f": fahrenheit(weather.dry_bulb),
        "enthalpy_kj_kg": weather.enthalpy,
        "humidity_pct": 100 * weather.humidity,
        "wind_speed_mph": 2.237 * weather.wind_speed,
        "wind_direction_deg": weather.wind_direction,
        "cold_aisle_c": at["air"] + 0.1 * rng.standard_normal(rows),
        "delta_t_k": at["delta_t"] + 0.1 * rng.standard_normal(rows),
        "facility_kw": facility,
        "pue": facility / it,
        "meter_ok": np.repeat(~bad, STEPS_PER_DAY)[:rows].astype(float),
    }
