"""Synthetic weather at any step, and the psychrometrics that go with it.

Dry bulb is a yearly and a daily cosine with two Ornstein-Uhlenbeck parts (weather systems of days, gusts
of hours). Moisture is drawn as a dew point of its own, partly driven by the same weather systems, so that
a hot afternoon is dry and a wet bulb stays in the range that is observed. The station constants are
rounded climate normals; ``sectorlab check`` compares what comes out with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_synth.random_process import Rng, ornstein_uhlenbeck

Floats = NDArray[np.float64]
PRESSURE_PA = 101_325.0


@dataclass(frozen=True, slots=True)
class Climate:
    """A station. Temperatures in C; a yearly amplitude is half of summer minus winter.

    ``summer`` and ``winter`` are the normals of August and January that checks compare with;
    ``wet_bulb_max`` is the highest wet bulb that the station is known to see, give or take a degree.
    """

    mean: float
    yearly: float
    hottest_day: float
    daily: float
    synoptic_sd: float
    dew_mean: float
    dew_yearly: float
    dew_sd: float
    summer: float
    winter: float
    wet_bulb_max: float
    source: str


CLIMATES: Mapping[str, Climate] = {
    "seoul": Climate(
        mean=12.2, yearly=13.9, hottest_day=209, daily=4.0, synoptic_sd=3.0, dew_mean=5.5, dew_yearly=15.5,
        dew_sd=3.0, summer=25.7, winter=-2.4, wet_bulb_max=28.5,
        source="KMA normals 1981-2010, Seoul: January -2.4, June 22.2, August 25.7, November 7.2 C",
    ),
    "singapore": Climate(
        mean=27.8, yearly=0.7, hottest_day=145, daily=2.8, synoptic_sd=0.7, dew_mean=24.0, dew_yearly=0.4,
        dew_sd=0.8, summer=28.1, winter=26.8, wet_bulb_max=28.5,
        source="MSS normals 1991-2020, Changi, rounded: January 26.8, August 28.1 C",
    ),
    "dublin": Climate(
        mean=9.8, yearly=5.0, hottest_day=208, daily=2.6, synoptic_sd=2.5, dew_mean=6.7, dew_yearly=4.3,
        dew_sd=2.3, summer=15.0, winter=5.2, wet_bulb_max=21.0,
        source="Met Eireann normals 1991-2020, Dublin Airport, rounded: January 5.2, August 15.0 C",
    ),
}  # fmt: skip


def saturation_pressure(celsius: Floats) -> Floats:
    """Saturation vapour pressure over water in Pa (Buck 1981, the 1996 form)."""
    pressure: Floats = 611.21 * np.exp((18.678 - celsius / 234.5) * celsius / (257.14 + celsius))
    return pressure


def humidity_ratio(celsius: Floats, relative: Floats) -> Floats:
    """Kilograms of water in a kilogram of dry air at sea level."""
    vapour = relative * saturation_pressure(celsius)
    ratio: Floats = 0.62198 * vapour / (PRESSURE_PA - vapour)
    return ratio


def enthalpy(celsius: Floats, ratio: Floats) -> Floats:
    """Moist-air enthalpy in kJ per kg of dry air (ASHRAE Handbook, Fundamentals)."""
    value: Floats = 1.006 * celsius + ratio * (2501.0 + 1.86 * celsius)
    return value


def wet_bulb(celsius: Floats, relative: Floats) -> Floats:
    """Wet-bulb temperature in C: saturated air of the same enthalpy, by Newton steps.

    Saturated enthalpy is convex and rising, so the steps come down from the dry bulb without overshoot.

    Parameters
    ----------
    celsius, relative
        Dry bulb in C and relative humidity as a share, same shape.

    Returns
    -------
    Array
        Same shape, exact to 1e-6 K.

    Examples
    --------
    >>> float(wet_bulb(np.array([20.0]), np.array([1.0]))[0].round(3))
    20.0
    """
    target = enthalpy(celsius, humidity_ratio(celsius, relative))
    guess = celsius.astype(float).copy()
    for _ in range(7):
        pressure = saturation_pressure(guess)
        ratio = 0.62198 * pressure / (PRESSURE_PA - pressure)
        # d ln(p)/dT of Buck's form; the slope of saturated enthalpy follows by the chain rule.
        log_slope = 18.678 / (257.14 + guess) * (1.0 - guess / 234.5 * 2.0 / 18.678)
        log_slope = log_slope - (18.678 - guess / 234.5) * guess / (257.14 + guess) ** 2
        slope = 1.006 + 1.86 * ratio
        slope += (2501.0 + 1.86 * guess) * ratio * log_slope * PRESSURE_PA / (PRESSURE_PA - pressure)
        guess -= (enthalpy(guess, ratio) - target) / slope
    return guess


@dataclass(frozen=True, slots=True)
class Weather:
    """Weather at ``hours`` since 1 January of the first year, ``(steps,)`` each.

    Temperatures in C, humidity as a share, enthalpy in kJ/kg, wind in m/s and degrees.
    """

    hours: Floats
    dry_bulb: Floats
    wet_bulb: Floats
    humidity: Floats
    enthalpy: Floats
    wind_speed: Floats
    wind_direction: Floats


def draw_weather(
    climate: Climate, rng: Rng, *, steps: int, step_hours: float, warming: float = 0.0
) -> Weather:
    """Draw a weather series that starts on 1 January.

    Parameters
    ----------
    climate
        The station.
    rng
        Where the draws come from.
    steps, step_hours
        Length and resolution.
    warming
        Degrees added to every temperature at unchanged relative humidity.
    """
    hours: Floats = np.arange(steps, dtype=np.float64) * np.float64(step_hours)
    season = np.cos(2 * np.pi * (hours / 24 - climate.hottest_day) / 365)
    hour = np.cos(2 * np.pi * (hours - 15) / 24)
    # Weather systems are weaker in summer than in winter.
    swing = 1.0 - 0.35 * season * np.sign(climate.yearly)
    slow = swing * ornstein_uhlenbeck(rng, steps, step=step_hours, tau=72, sd=1.0)
    fast = ornstein_uhlenbeck(rng, steps, step=step_hours, tau=5, sd=0.8)
    damp = swing * ornstein_uhlenbeck(rng, steps, step=step_hours, tau=48, sd=1.0)
    dry = climate.mean + climate.yearly * season + climate.daily * hour + climate.synoptic_sd * slow + fast
    dew = climate.dew_mean + climate.dew_yearly * season + climate.dew_sd * (0.6 * slow + 0.8 * damp)
    humidity = saturation_pressure(dew) / saturation_pressure(dry)
    humidity = np.clip(humidity, 0.12, 1.0)
    dry = dry + warming
    speed = np.abs(2.3 + ornstein_uhlenbeck(rng, steps, step=step_hours, tau=8, sd=1.3))
    direction = np.mod(270 + 90 * np.cumsum(rng.standard_normal(steps)) * np.sqrt(step_hours / 12), 360)
    return Weather(
        hours=hours,
        dry_bulb=dry,
        wet_bulb=wet_bulb(dry, humidity),
        humidity=humidity,
        enthalpy=enthalpy(dry, humidity_ratio(dry, humidity)),
        wind_speed=speed,
        wind_direction=direction,
    )
