"""How a force model follows the mill, coil by coil: what level-2 computers of rolling mills do.

The logarithm of the coefficient is the sum of a long-term table by grade, class of thickness and stand and of
a short-term part by stand. Both move by a share of each coil's miss; the short-term part begins anew with a
lot, but for the share that is carried over, and with new rolls. Rates and classes are chosen on history. It
is the incumbent's; learners use :mod:`usecases.rolling_mill.tracking`, and the contender ``tracked`` shows
what that is worth to the formula.
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
CLASSES = ((), (3.05,), (2.35, 3.05, 4.05))
"""Edges in mm between classes of strip thickness."""
SHRINK = 20.0
"""Coils' worth of doubt with which a class begins as its grade's mean."""


NO_ROLLS = np.full(STANDS, -1)
"""Before the first coil."""


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
    edges
        mm between classes of thickness.
    table
        ``(..., products, 7)``, a product being a class of a grade.
    now
        ``(..., 7)``.
    rolls
        ``(7,)`` sets of work rolls of the last coil.
    lot, met
        The lot that ``now`` belongs to, and how many coils of it have been met.
    """

    quick: Array
    eager: Array
    slow: Array
    carry: Array
    renew: Array
    edges: Array
    table: Array
    now: Array
    rolls: Array
    lot: int = -1
    met: int = 0

    def begin(self, rolls: Array) -> Array:
        """The short-term part with which a new lot begins, ``(..., 7)``."""
        return self.now * self.carry * np.where(rolls != self.rolls, self.renew, 1.0)

    def correction(self, seen: Table) -> Array:
        """Logarithm of the coefficient for each coil, ``(rows, 7)``."""
        begun, same = self.begin(stands(seen, "rolls")), (seen["lot"] == self.lot)[:, None]
        return np.asarray(self.table[product_of(seen, self.edges)] + np.where(same, self.now, begun))

    def learn(self, product: int, lot: int, rolls: Array, residual: Array) -> Array:
        """Take in a coil, and return the coefficient's logarithm that it was met with, ``(..., 7)``.

        ``residual`` ``(7,)`` is the logarithm of measured over modelled force.
        """
        if lot != self.lot:
            self.now, self.met = self.begin(rolls), 0
        self.lot, self.rolls, self.met = lot, rolls, self.met + 1
        met_with = self.table[..., product, :] + self.now
        miss = np.clip(residual - met_with, -GATE, GATE)
        self.now = self.now + np.maximum(self.quick, self.eager / self.met) * miss
        self.table[..., product, :] += self.slow * miss
        return np.asarray(met_with)


def product_of(table: Table, edges: Array) -> Array:
    """Number of each coil's class of thickness within its grade, ``(rows,)``."""
    return np.asarray(table["grade"] * (len(edges) + 1) + np.searchsorted(edges, table["strip_mm"]))


def constant(table: Array, edges: Array) -> Adaptation:
    """Coefficients that never move, ``(products, 7)``."""
    still = np.zeros(1)
    return Adaptation(still, still, still, still, still, edges, table, np.zeros(STANDS), NO_ROLLS)


def mean_table(log: Table, residual: Array, edges: Array) -> Array:
    """Median residual of each product and stand, ``(products, 7)``, drawn towards that of its grade.

    A grade that was never rolled takes the median of all; where nothing was rolled, the bare formula is left.
    """
    classes = len(edges) + 1
    if not len(residual):
        return np.zeros((len(GRADES) * classes, STANDS))
    product, whole, rows = product_of(log, edges), np.median(residual, axis=0), []
    for number in range(len(GRADES) * classes):
        of_grade = residual[log["grade"] == number // classes]
        mean = np.median(of_grade, axis=0) if len(of_grade) else whole
        mine = residual[product == number]
        own = np.median(mine, axis=0) if len(mine) else mean
        rows.append((len(mine) * own + SHRINK * mean) / (len(mine) + SHRINK))
    return np.stack(rows)


def relative_error(logarithm: Array) -> Array:
    """Relative error of a forecast from the logarithm of its ratio to the reading, wrong records capped."""
    return np.minimum(np.abs(np.expm1(logarithm)), GATE)


def tuned(log: Table, residual: Array, early: int, late: int) -> tuple[Adaptation, float]:
    """Choose the rates and classes that would have done best, coil after coil.

    Parameters
    ----------
    log
        Coils in the order in which they were rolled.
    residual
        ``(coils, 7)`` logarithm of measured over modelled force, as rolled.
    early, late
        The table begins as the means of the coils before ``early``; the comparison counts from ``late`` on.

    Returns
    -------
    tuple
        The adaptation after the last coil, and its mean relative error on the late coils (``nan``: none).
    """
    found = []
    for classes in CLASSES:
        edges = np.array(classes)
        past = {name: values[:early] for name, values in log.items()}
        found.append(_best(log, residual, edges, mean_table(past, residual[:early], edges), late))
    return min(found, key=lambda one: one[1])


def _best(log: Table, residual: Array, edges: Array, table: Array, late: int) -> tuple[Adaptation, float]:
    """Run all settings of the rates side by side."""
    rates = np.array(list(product(QUICK, EAGER, SLOW, CARRY, RENEW)))
    settings = len(rates)
    quick, eager, slow, carry, renew = rates.T[..., None]
    tables, now = np.repeat(table[None], settings, axis=0), np.zeros((settings, STANDS))
    state = Adaptation(quick, eager, slow, carry, renew, edges, tables, now, NO_ROLLS)
    products, rolls = product_of(log, edges), stands(log, "rolls")
    error, counted = np.zeros(settings), 0
    for k in range(max(0, len(residual) - TUNED_COILS), len(residual)):
        met_with = state.learn(int(products[k]), int(log["lot"][k]), rolls[k], residual[k])
        if k >= late:
            error += relative_error(met_with - residual[k]).mean(-1)
            counted += 1
    best = int(np.argmin(error))
    chosen = Adaptation(
        quick[best], eager[best], slow[best], carry[best], renew[best], edges, state.table[best].copy(),
        state.now[best].copy(), state.rolls, state.lot, state.met,
    )  # fmt: skip
    return chosen, float(error[best] / counted) if counted else math.nan
