"""The head end of a coil in a seven-stand finishing mill, until the gauge control has locked on.

Everything is a deviation from target, linearised: mm, MN, s. A stand stretches under force, so strip
leaves it at ``h = s + e + o + dP / M`` with ``dP = p + E H - W h``:

======  ==========================================================================================
h, H    exit and entry thickness (mm)
s, e    gap as the actuator moves it, and roll eccentricity, which no sensor sees (mm)
o       constant gap error that the set-up left, which makes the uncontrolled mill deliver ``miss``
M       mill stretch (MN/mm)
W, E    ``-dP/dh_out`` and ``dP/dh_in`` of the strip (MN/mm), p its hardness deviation as force (MN)
======  ==========================================================================================

Strip only carries thickness downstream. So each stand is counted in steps since the head entered it:
then its entry is what the stand before delivered in the *same* step, for any distance and speed. Only
two things still see the transport: the angle of the rolls and the gauge behind the last stand.

The formulas are written once, for compiled scalars and for NumPy arrays, as in
:mod:`data_synth.tiers`.

References
----------
The gaugemeter, force over mill stretch plus gap, is BISRA's, of the early 1950s. The hydraulic
actuator is the usual second-order lag.
"""

from __future__ import annotations

from math import inf, nextafter, pi
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

from data_synth.mill_constants import STANDS
from data_synth.tiers import compiled, for_threads, vectorised, where

Floats = NDArray[np.float64]
Backend = Literal["compiled", "numpy"]

STEP_SECONDS = 0.01
"""One sample of the digital controller."""
_BLOCK = 2048
"""Coils whose courses are in memory at once, per thread, while off-gauge strip is counted."""


class Agc(NamedTuple):
    """The automatic gauge control, the same in all stands."""

    alpha: float
    """Share of the mill stretch that the gaugemeter takes out, 0 to 1."""
    lock_s: float
    """From the head's entry into a stand to lock-on there, s; infinite leaves the control off."""
    agc_tau_s: float
    """Integral time of the gaugemeter loop, s."""
    actuator_hz: float
    """Natural frequency of the hydraulic gap actuator."""
    damping: float
    """Its damping ratio."""
    monitor_s: float
    """Integral time of the X-ray monitor on the last stand, s; infinite leaves it off."""
    gauge_m: float
    """From the last stand to the X-ray gauge, m."""
    stand_m: float
    """From stand to stand, m."""


class Heads(NamedTuple):
    """Coils, linearised about their targets."""

    stretch: Floats
    """``(7,)`` M, MN/mm."""
    plastic: Floats
    """``(coils, 7)`` W, MN/mm."""
    entry: Floats
    """``(coils, 7)`` E, MN/mm."""
    speed: Floats
    """``(coils, 7)`` speed of the strip behind each stand, m/s."""
    miss: Floats
    """``(coils, 7)`` exit deviation that the set-up left behind each stand, mm."""
    skid: Floats
    """``(coils, 7)`` amplitude of the cold skid marks in force, MN."""
    skid_phase: Floats
    """``(coils,)`` phase at the head, rad."""
    skid_s: Floats
    """``(coils,)`` time from mark to mark, s."""
    ecc: Floats
    """``(7,)`` amplitude of the eccentricity, mm."""
    ecc_rate: Floats
    """``(coils, 7)`` angular frequency of the eccentric roll, rad/s."""
    ecc_phase: Floats
    """``(coils, 7)`` its angle when the head enters the first stand, rad."""
    entry_step: Floats | float = 0.0
    """``(coils,)`` step in the thickness that enters the mill, mm."""
    entry_step_s: Floats | float = 0.0
    """``(coils,)`` how long after the head the step comes, s."""


class _Law(NamedTuple):
    """The control in steps: gains per step, and the actuator discretised exactly."""

    alpha: float
    lock: int
    gain: float
    trim: float
    hold: float
    coast: float
    pull: float
    brake: float


class _Strip(NamedTuple):
    """What the kernel reads; coils first, so that a part of the coils is a slice of every field."""

    stretch: Floats
    plastic: Floats
    entry: Floats
    offset: Floats
    skid: Floats
    ecc: Floats
    ecc_rate: Floats
    ecc_phase: Floats
    skid_rate: Floats
    skid_phase: Floats
    entry_step: Floats
    entry_at: Floats
    delay: Floats


@compiled
def reading(course: Any, k: Any, delay: Any) -> Any:
    """What the gauge shows: the last stand's exit ``delay`` steps ago, 0 before the head is there."""
    if k < delay:
        return 0.0
    return course[k - int(delay)]


def _readings(course: Floats, k: int, delay: Floats) -> Floats:
    """:func:`reading` for all coils: ``course`` is ``(steps, coils)``."""
    seen = course[np.maximum(k - delay.astype(int), 0), np.arange(len(delay))]
    return np.where(k < delay, 0.0, seen)


@compiled
def bite(stretch: Any, plastic: Any, entry: Any, gap: Any, thickness_in: Any, hardness: Any) -> Any:
    """Exit thickness and force where mill stretch and strip meet (the gaugemeter equation)."""
    push = hardness + entry * thickness_in
    thickness_out = (stretch * gap + push) / (stretch + plastic)
    return thickness_out, push - plastic * thickness_out


@compiled
def screw(law: Any, error: Any, gap: Any, rate: Any, command: Any) -> Any:
    """One sample of the control: move the command against the error, let the actuator follow it."""
    command = command - law.gain * error
    lag = gap - command
    return command + law.hold * lag + law.coast * rate, law.pull * lag + law.brake * rate, command


@compiled
def course_of(law: Any, strip: Any, course: Any) -> None:
    """Fill ``course`` with the last stand's exit, step by step: one coil, or all coils as columns."""
    gap, rate = np.zeros_like(strip.plastic), np.zeros_like(strip.plastic)
    command, locked = np.zeros_like(strip.plastic), np.zeros_like(strip.plastic)
    reference = 0.0 * strip.entry_step
    for k in range(len(course)):
        seconds = k * STEP_SECONDS
        wave = np.sin(strip.skid_rate * seconds + strip.skid_phase)
        thickness = where(k >= strip.entry_at, strip.entry_step, 0.0)
        for i in range(STANDS):
            swing = strip.ecc[i] * np.sin(strip.ecc_rate[i] * seconds + strip.ecc_phase[i])
            thickness, force = bite(strip.stretch[i], strip.plastic[i], strip.entry[i],
                                    gap[i] + swing + strip.offset[i], thickness,
                                    strip.skid[i] * wave)  # fmt: skip
            if k == law.lock:
                locked[i] = force
            if k >= law.lock:
                gauge = gap[i] + law.alpha * (force - locked[i]) / strip.stretch[i]
                error = gauge - reference if i == STANDS - 1 else gauge
                gap[i], rate[i], command[i] = screw(law, error, gap[i], rate[i], command[i])
        course[k] = thickness
        if k >= law.lock:
            reference = reference - law.trim * reading(course, k, strip.delay)


plain = vectorised({**globals(), "reading": _readings}, ("bite", "screw", "course_of"))["course_of"]
"""``course_of`` for all coils at once, without numba: ``strip`` is transposed, ``(7, coils)``."""


@compiled
def _roll(law, strip, courses):  # type: ignore[no-untyped-def]  # numba infers the types
    for coil in range(len(courses)):
        one = _Strip(
            strip.stretch[coil], strip.plastic[coil], strip.entry[coil], strip.offset[coil],
            strip.skid[coil], strip.ecc[coil], strip.ecc_rate[coil], strip.ecc_phase[coil],
            strip.skid_rate[coil], strip.skid_phase[coil],
            strip.entry_step[coil], strip.entry_at[coil], strip.delay[coil],
        )  # fmt: skip
        course_of(law, one, courses[coil])


_ABOVE_0 = nextafter(0.0, 1.0)
_FINITE = 1e6
# Bounds of the control: with these, the sampled gap loop is stable on any mill and strip.
_AGC_RANGE = {
    "alpha": (0.0, 1.0), "lock_s": (0.0, inf), "agc_tau_s": (0.04, 0.5), "actuator_hz": (5.0, 20.0),
    "damping": (0.5, 1.5), "monitor_s": (_ABOVE_0, inf), "gauge_m": (0.0, 100.0), "stand_m": (0.0, 100.0),
}  # fmt: skip
_HEADS_RANGE = {
    "stretch": (_ABOVE_0, _FINITE), "plastic": (_ABOVE_0, _FINITE), "entry": (0.0, _FINITE),
    "speed": (0.1, 100.0), "skid_s": (STEP_SECONDS, _FINITE), "entry_step_s": (0.0, _FINITE),
}  # fmt: skip
_PER_STAND = ("stretch", "ecc")
_PER_COIL = ("skid_phase", "skid_s", "entry_step", "entry_step_s")


def _check_range(name: str, values: Floats | float, low: float, high: float) -> None:
    numbers = np.asarray(values, dtype=np.float64)
    wrong = ~((numbers >= low) & (numbers <= high))  # so that NaN is wrong
    if wrong.any():
        span = f"{low} to {high}" if low != _ABOVE_0 else f"above 0, to {high}"
        raise ValueError(f"{name} is {numbers[wrong][0]}; allowed is {span}.")


def _check_monitor(agc: Agc, heads: Heads) -> None:
    """Integral action over a dead time is stable when what it adds in that time is under pi / 2.

    The dead time is the way to the gauge and the lag of the gap loop; 1 leaves a margin.
    """
    stiff = heads.stretch[-1] + (1.0 - agc.alpha) * heads.plastic[:, -1]
    lag = agc.agc_tau_s * (heads.stretch[-1] + heads.plastic[:, -1]) / stiff
    least = heads.stretch[-1] / stiff * (agc.gauge_m / heads.speed[:, -1] + lag)
    if np.any(least > agc.monitor_s):
        raise ValueError(
            f"monitor_s is {agc.monitor_s}; allowed is at least {least.max():.3g} s with these coils, "
            "or the monitor would hunt."
        )


def _full(name: str, values: Floats | float, shape: tuple[int, ...]) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim and array.shape != shape:
        raise ValueError(f"{name} has the shape {array.shape}; allowed is {shape}.")
    return np.broadcast_to(array, shape)


def _checked(agc: Agc, heads: Heads, seconds: float, backend: str) -> Heads:
    """Refuse what has no meaning; return the coils as arrays of full shape."""
    for name, (low, high) in _AGC_RANGE.items():
        _check_range(name, getattr(agc, name), low, high)
    _check_range("seconds", seconds, STEP_SECONDS, 3600.0)
    if backend not in ("compiled", "numpy"):
        raise ValueError(f"backend is {backend!r}; allowed are 'compiled' and 'numpy'.")
    coils = len(heads.plastic)
    arrays: dict[str, Floats] = {}
    for name, values in heads._asdict().items():
        shape = (STANDS,) if name in _PER_STAND else (coils,) if name in _PER_COIL else (coils, STANDS)
        arrays[name] = _full(name, values, shape)
        _check_range(name, arrays[name], *_HEADS_RANGE.get(name, (-_FINITE, _FINITE)))
    full = Heads(**arrays)
    _check_monitor(agc, full)
    return full


def _law(agc: Agc, steps: int) -> _Law:
    """The actuator ``s'' = w^2 (c - s) - 2 zeta w s'``, exact for a command held over a step."""
    w = 2.0 * pi * agc.actuator_hz
    ((hold, coast), (pull, brake)) = expm(
        STEP_SECONDS * np.array([[0.0, 1.0], [-w * w, -2.0 * agc.damping * w]])
    ).tolist()
    lock = round(min(agc.lock_s / STEP_SECONDS, float(steps)))
    gain, trim = STEP_SECONDS / agc.agc_tau_s, STEP_SECONDS / agc.monitor_s
    return _Law(float(agc.alpha), lock, gain, trim, hold, coast, pull, brake)


def _strip(agc: Agc, heads: Heads) -> _Strip:
    """Turn misses into gap offsets, and mill time into each stand's own steps."""
    before = np.pad(heads.miss[:, :-1], ((0, 0), (1, 0)))
    offset = (heads.miss * (heads.stretch + heads.plastic) - heads.entry * before) / heads.stretch
    # A roll has turned on while the head was on its way to it.
    arrival = np.pad(np.cumsum(agc.stand_m / heads.speed[:, :-1], axis=1), ((0, 0), (1, 0)))
    fields = _Strip(
        np.broadcast_to(heads.stretch, offset.shape), heads.plastic, heads.entry, offset, heads.skid,
        np.broadcast_to(heads.ecc, offset.shape), heads.ecc_rate,
        heads.ecc_phase + heads.ecc_rate * arrival, 2.0 * pi / heads.skid_s, heads.skid_phase,
        np.asarray(heads.entry_step), _in_steps(heads.entry_step_s),
        _in_steps(agc.gauge_m / heads.speed[:, -1]),
    )  # fmt: skip
    # One memory layout, writable, so that numba compiles one version.
    return _Strip(*(np.array(field, order="C") for field in fields))


def _in_steps(seconds: Floats | float) -> Floats:
    return np.rint(np.asarray(seconds) / STEP_SECONDS)


def _courses(law: _Law, strip: _Strip, steps: int, backend: Backend) -> Floats:
    """Thickness behind the last stand, ``(coils, steps)``, of checked coils."""
    courses = np.empty((len(strip.plastic), steps))
    if backend == "numpy":
        plain(law, _Strip(*(field.T for field in strip)), courses.T)
    else:
        _roll(law, strip, courses)
    return courses


def thickness(agc: Agc, heads: Heads, *, seconds: float = 10.0, backend: Backend = "compiled") -> Floats:
    """Thickness deviation behind the last stand, from the head on.

    Parameters
    ----------
    agc
        The control.
    heads
        The coils.
    seconds
        How long to roll, s; rounded to steps of 10 ms.
    backend
        Both give the same numbers, but for the last digits.

    Returns
    -------
    Array
        ``(coils, steps)`` in mm, the first where the head leaves the last stand.

    Raises
    ------
    ValueError
        For a value out of its range, and for a monitor too fast for the way to its gauge.
    """
    heads = _checked(agc, heads, seconds, backend)
    steps = round(seconds / STEP_SECONDS)
    return _courses(_law(agc, steps), _strip(agc, heads), steps, backend)


def off_gauge(
    agc: Agc,
    heads: Heads,
    *,
    tolerance: Floats | float,
    seconds: float = 10.0,
    backend: Backend = "compiled",
    threads: int = 1,
) -> Floats:
    """Strip behind the last stand, from the head on, that is out of tolerance.

    Parameters
    ----------
    agc
        The control.
    heads
        The coils.
    tolerance
        Allowed thickness deviation to either side, mm; one, or ``(coils,)``.
    seconds
        How much of each coil to look at, s from the head's exit; rounded to steps of 10 ms.
    backend
        Both give the same numbers, but for a step where the strip just touches the tolerance.
    threads
        Coils are split over this many threads; the result does not depend on it.

    Returns
    -------
    Array
        ``(coils,)`` in m.

    Raises
    ------
    ValueError
        For a value out of its range, and for a monitor too fast for the way to its gauge.

    Examples
    --------
    Two coils that leave the last stand 20 and 100 um thick, at 8 m/s:

    >>> one, each = np.ones(2), np.ones((2, STANDS))
    >>> coils = Heads(
    ...     stretch=np.full(STANDS, 5.0), plastic=15 * each, entry=10 * each, speed=8 * each,
    ...     miss=np.outer([0.02, 0.1], np.arange(STANDS) == 6), skid=0 * each, skid_phase=0 * one,
    ...     skid_s=10 * one, ecc=np.zeros(STANDS), ecc_rate=0 * each, ecc_phase=0 * each,
    ... )
    >>> control = Agc(0.75, 0.5, 0.08, 10.0, 0.7, monitor_s=1.0, gauge_m=2.4, stand_m=5.5)
    >>> off_gauge(control, coils, tolerance=0.03).round(1)
    array([ 0. , 17.8])
    """
    heads = _checked(agc, heads, seconds, backend)
    _check_range("tolerance", tolerance, 0.0, inf)
    _check_range("threads", threads, 1, 1024)
    steps, coils = round(seconds / STEP_SECONDS), len(heads.plastic)
    law, strip = _law(agc, steps), _strip(agc, heads)
    limit = _full("tolerance", tolerance, (coils,))
    metres = np.empty(coils)

    def count(part: slice) -> None:
        courses = _courses(law, _Strip(*(field[part] for field in strip)), steps, backend)
        off = (np.abs(courses) > limit[part, None]).sum(axis=1)
        metres[part] = off * STEP_SECONDS * heads.speed[part, -1]

    for_threads(count, coils, threads, most=_BLOCK)
    return metres
