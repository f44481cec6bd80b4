"""How a force model follows the mill, coil by coil: what level-2 computers of rolling mills do.

The logarithm of a coefficient is the sum of a long-term table by grade and stand and of a short-term part by
stand. Both move by a share of each coil's miss; the short-term part begins anew with a lot, but for the share
that is carried over, and with new rolls. Its rates are chosen on history. It is the incumbent's; learners use
:mod:`usecases.rolling_mill.tracking`, and the contender ``tracked`` shows what that is worth to the formula.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import numpy as np

from core.protocol import Array, Table
from data_synth.mill_constants import GRADES, STANDS
from usecases.rolling_mill.schema import stands

GATE = 0.15
"""A miss beyond this share is a wrong record rather than news, and counts as this much."""
TUNED_COILS = 4_000
"""Coils at the end of history that rates are compared on; more change no choice."""
QUICK, EAGER, SLOW = (0.15, 0.3, 0.5), (0.0, 0.6, 0.9), (0.0, 0.03, 0.1, 0.25)
CARRY, RENEW = (0.0, 0.4, 0.7, 0.9, 1.0), (0.3, 1.0)


@dataclass
class Adaptation:
    """The state, and the rates that move it. Leading dimensions run several settings side by side.

    Attributes
    ----------
    quick, eager
        Share of a miss that the short-term part takes: ``eager / n`` at the n-th coil of a lot, at least
        ``quick``.
    slow
        Share that the table takes.
    carry, renew
        Share of the short-term part that outlives the end of a lot, and the change of a stand's rolls.
    table
        ``(..., grades, 7)``.
    now
        ``(..., 7)``.
    lot, met
        The lot that ``now`` belongs to, and how many coils of it have been met.
    """

    quick: Array
    eager: Array
    slow: Array
    carry: Array
    renew: Array
    table: Array
    now: Array
    lot: int = -1
    met: int = 0

    def begin(self, lot: int, new_rolls: Array) -> Array:
        """The short-term part with which a coil of a lot is met, ``(..., 7)``."""
        if lot == self.lot:
            return self.now
        return self.now * self.carry * np.where(new_rolls, self.renew, 1.0)

    def correction(self, seen: Table) -> Array:
        """Logarithm of the coefficient for each coil, ``(rows, 7)``."""
        begun = self.begin(-2, stands(seen, "roll_t") == 0.0)
        same = (seen["lot"] == self.lot)[:, None]
        return np.asarray(self.table[seen["grade"]] + np.where(same, self.now, begun))

    def learn(self, grade: int, lot: int, new_rolls: Array, residual: Array) -> Array:
        """Take in a coil, and return the coefficient's logarithm that it was met with, ``(..., 7)``.

        ``residual`` ``(7,)`` is the logarithm of measured over modelled force.
        """
        self.now = self.begin(lot, new_rolls)
        self.met = self.met + 1 if lot == self.lot else 1
        self.lot = lot
        met_with = self.table[..., grade, :] + self.now
        miss = np.clip(residual - met_with, -GATE, GATE)
        self.now = self.now + np.maximum(self.quick, self.eager / self.met) * miss
        self.table[..., grade, :] += self.slow * miss
        return np.asarray(met_with)


def constant(table: Array) -> Adaptation:
    """Coefficients that never move, ``(grades, 7)``."""
    still = np.zeros(1)
    return Adaptation(still, still, still, still, still, table, np.zeros(STANDS))


def mean_table(grade: Array, residual: Array) -> Array:
    """Median residual of each grade and stand, ``(grades, 7)``.

    Of all coils where a grade was never rolled; none where nothing was, which leaves the bare formula.
    """
    if not len(residual):
        return np.zeros((len(GRADES), STANDS))
    rows = [residual[grade == number] for number in range(len(GRADES))]
    return np.stack([np.median(mine if len(mine) else residual, axis=0) for mine in rows])


def relative_error(logarithm: Array) -> Array:
    """Relative error of a forecast from the logarithm of its ratio to the reading, wrong records capped."""
    return np.minimum(np.abs(np.expm1(logarithm)), GATE)


def tuned(log: Table, residual: Array, table: Array, late: int) -> tuple[Adaptation, float]:
    """Choose the rates that would have done best, coil after coil.

    Parameters
    ----------
    log
        Coils in the order in which they were rolled.
    residual
        ``(coils, 7)`` logarithm of measured over modelled force, as rolled.
    table
        ``(grades, 7)`` to start from.
    late
        The comparison counts from this coil on.

    Returns
    -------
    tuple
        The adaptation after the last coil, and its mean relative error on the late coils (``nan``: none).
    """
    rates = np.array(list(product(QUICK, EAGER, SLOW, CARRY, RENEW)))
    settings = len(rates)
    quick, eager, slow, carry, renew = rates.T[..., None]
    tables = np.repeat(table[None], settings, axis=0)
    state = Adaptation(quick, eager, slow, carry, renew, tables, np.zeros((settings, STANDS)))
    new_rolls = stands(log, "roll_t") == 0.0
    first = max(0, len(residual) - TUNED_COILS)
    error, counted = np.zeros(settings), 0
    for k in range(first, len(residual)):
        met_with = state.learn(int(log["grade"][k]), int(log["lot"][k]), new_rolls[k], residual[k])
        if k >= late:
            error += relative_error(met_with - residual[k]).mean(-1)
            counted += 1
    best = int(np.argmin(error))
    chosen = Adaptation(
        quick[best], eager[best], slow[best], carry[best], renew[best], state.table[best].copy(),
        state.now[best].copy(), state.lot, state.met,
    )  # fmt: skip
    return chosen, float(error[best] / counted) if counted else math.nan
