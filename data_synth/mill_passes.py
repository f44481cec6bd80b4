"""Many coils through the stands: compiled where numba is there, NumPy over coils where it is not."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from data_synth.mill_constants import PLANT_HEAT, STANDS, Mill
from data_synth.mill_physics import PLANT, TRUTH, Bars, Rolled, plain, roll_each
from data_synth.tiers import for_threads

Floats = NDArray[np.float64]
Backend = Literal["compiled", "numpy"]


def rolled(
    p: Mill,
    bars: Bars,
    aim: Floats,
    *,
    level: Floats | None = None,
    by_gap: bool = False,
    plant: bool = False,
    backend: Backend = "compiled",
    threads: int = 1,
) -> Rolled:
    """Roll coils.

    Parameters
    ----------
    p
        The mill.
    bars
        What enters.
    aim
        ``(coils, 7)``: thicknesses in mm that are met, or with ``by_gap`` the gaps that are set.
    level
        ``(coils, 7)`` factors on force; 1 by default.
    plant
        Compute as the plant's own model does: Misaka's flow stress, its own heat transfer.
    backend
        Both give the same numbers, but for the last digits of powers.
    threads
        Coils are split over this many threads; the result does not depend on it.

    Returns
    -------
    Rolled
        One row a coil.
    """
    coils = len(aim)
    heat = PLANT_HEAT if plant else (p.emissivity, p.convection, p.contact)
    formula = PLANT if plant else TRUTH
    level = np.ones((coils, STANDS)) if level is None else np.ascontiguousarray(level)
    aim = np.ascontiguousarray(aim)
    if backend == "numpy":
        columns = [np.empty((STANDS, coils)) for _ in range(4)]
        exit_c = plain["roll"](p, formula, *heat, *bars, level.T, aim.T, int(by_gap), *columns)
        thickness, force, temperature, radius = (np.ascontiguousarray(column.T) for column in columns)
        return Rolled(thickness, force, temperature, radius, exit_c)
    thickness, force, temperature, radius = (np.empty((coils, STANDS)) for _ in range(4))
    out = Rolled(thickness, force, temperature, radius, np.empty(coils))
    bars = Bars(*(np.ascontiguousarray(column) for column in bars))

    def part(rows: slice) -> None:
        some = Rolled(*(column[rows] for column in out))
        roll_each(p, formula, heat, bars.at(rows), level[rows], aim[rows], int(by_gap), some)

    for_threads(part, coils, threads)
    return out


class Slopes(NamedTuple):
    """How force answers, ``(coils, 7)`` each: -dP/dh behind and dP/dh before a stand in MN/mm, dP/dT in MN/K.

    ``heat`` is to one K at the finishing entry, with all that follows from it on the way.
    """

    plastic: Floats
    entry: Floats
    heat: Floats


def slopes(p: Mill, bars: Bars, plan: Floats, level: Floats, *, threads: int = 1) -> Slopes:
    """Linearise the true mill about a plan of thicknesses ``(coils, 7)``.

    By differences of 0.5 %, and of the span of skid marks: flow stress jumps by a per cent where ferrite
    begins, and a slope must not take that for steepness.
    """

    def force(bars: Bars, plan: Floats) -> Floats:
        found: Floats = rolled(p, bars, plan, level=level, threads=threads).force
        return found

    at_plan = force(bars, plan)
    plastic, entry = np.zeros_like(plan), np.zeros_like(plan)
    for i in range(STANDS):
        thinner = plan.copy()
        thinner[:, i] *= 0.995
        change = (at_plan - force(bars, thinner)) / (0.005 * plan[:, [i]])
        plastic[:, i] = -change[:, i]
        if i + 1 < STANDS:
            entry[:, i + 1] = change[:, i + 1]
    wider = force(bars._replace(bar=1.005 * bars.bar), plan)
    entry[:, 0] = (wider - at_plan)[:, 0] / (0.005 * bars.bar)
    # A thicker entry can also mean less strain that was retained; the gauge loop takes it for no effect then.
    entry = np.maximum(entry, 0.0)
    span = max(p.skid_k, 1.0)
    hot, cold = (force(bars._replace(start_c=bars.start_c + kelvin), plan) for kelvin in (span, -span))
    return Slopes(plastic, entry, (hot - cold) / (2.0 * span))
