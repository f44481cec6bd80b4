"""A filter that follows the mill by what its misses have in common: over stands, within lots, between rolls.

What a base model misses is the sum of a level of each stand, which wanders and jumps when its rolls are
changed, a level of the lot, which is drawn anew with each lot, and the noise of a single coil. The Kalman
filter of that model weighs each coil's seven misses by their covariances, which are moments of the misses on
history that the base has not learned from (Kalman 1960; variance components by the method of moments).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from core.protocol import Array, Table
from data_synth.mill_constants import STANDS
from usecases.rolling_mill.adaptation import GATE, NO_ROLLS, product_of, relative_error
from usecases.rolling_mill.schema import stands

WANDER, JUMP, LOT, SHIFT = (1e-6, 5e-6), (1e-4, 3e-4, 6e-4), (0.5, 1.0), (0.0, 1e-4)
"""Variances that a stand's level gains with a coil and with new rolls, factors on the lots' covariance, and
the variance that all stands share when a campaign begins; history chooses."""
SURPRISE = 24.3
"""99.9 % of squared distances lie below, chi-square with 7 degrees; a wrong record counts as this much."""
FEW_COILS, ASSUMED_SD = 20, 0.02
"""Fewer coils have no moments; both spreads are then taken for 2 % of force."""
TRACKED_COILS = 2_000
"""Coils at the end of history that settings are compared on."""


@dataclass
class Tracker:
    """State and covariances. Leading dimensions run several settings side by side.

    Attributes
    ----------
    noise
        ``(7, 7)`` covariance of a coil's misses around the levels.
    lot_spread
        ``(..., 7, 7)`` covariance of the levels of lots.
    wander, jump, shift
        ``(..., 1)`` variance that a stand's level gains a coil, when its rolls are changed, and that all
        share when those of the last stand are.
    edges, table
        mm between classes of thickness, and ``(products, 7)`` what a product is known to miss by, which
        never moves.
    level
        ``(..., 14)``: levels of the stands, then of the lot.
    spread
        ``(..., 14, 14)`` covariance of ``level``.
    rolls
        ``(7,)`` sets of work rolls of the last coil.
    lot
        The lot that ``level`` belongs to.
    """

    noise: Array
    lot_spread: Array
    wander: Array
    jump: Array
    shift: Array
    edges: Array
    table: Array
    level: Array
    spread: Array
    rolls: Array
    lot: int = -1

    def correction(self, seen: Table) -> Array:
        """Logarithm of the coefficient for each coil, ``(rows, 7)``."""
        of_lot = (seen["lot"] == self.lot)[:, None] * self.level[STANDS:]
        return np.asarray(self.table[product_of(seen, self.edges)] + self.level[:STANDS] + of_lot)

    def learn(self, product: int, lot: int, rolls: Array, residual: Array) -> Array:
        """Take in a coil, and return the coefficient's logarithm that it was met with, ``(..., 7)``."""
        if lot != self.lot:
            self.level = self.level.copy()
            self.level[..., STANDS:] = 0.0
            fresh = np.zeros_like(self.spread)
            fresh[..., :STANDS, :STANDS] = self.spread[..., :STANDS, :STANDS]
            fresh[..., STANDS:, STANDS:] = self.lot_spread
            self.spread, self.lot = fresh, lot
        own = np.arange(STANDS)
        new, self.rolls = rolls != self.rolls, rolls
        self.spread[..., own, own] += self.wander + self.jump * new
        if new[-1]:
            self.spread[..., :STANDS, :STANDS] += self.shift[..., None]
        met_with = self.table[product] + self.level[..., :STANDS] + self.level[..., STANDS:]
        self._update(np.clip(residual - met_with, -GATE, GATE))
        return np.asarray(met_with)

    def _update(self, miss: Array) -> None:
        seen = self.spread[..., :STANDS, :] + self.spread[..., STANDS:, :]
        of_miss = seen[..., :STANDS] + seen[..., STANDS:] + self.noise
        weighed = np.linalg.solve(of_miss, np.concatenate([seen, miss[..., None]], axis=-1))
        distance = (miss * weighed[..., -1]).sum(-1, keepdims=True)
        believed = np.minimum(1.0, np.sqrt(SURPRISE / np.maximum(distance, 1e-12)))
        gain = np.swapaxes(weighed[..., :-1], -1, -2)
        self.level = self.level + believed * (gain @ miss[..., None])[..., 0]
        self.spread = self.spread - gain @ seen


def components(lot: Array, residual: Array) -> tuple[Array, Array]:
    """Covariances of the noise of single coils and of the levels of lots, ``(7, 7)`` each, by moments.

    Noise is half the covariance of the change from a coil to the next in its lot. What two lots in a row
    differ by has twice the lots' covariance, and the noise of their means.
    """
    if len(lot) < FEW_COILS:
        return ASSUMED_SD**2 * np.eye(STANDS), ASSUMED_SD**2 * np.eye(STANDS)
    residual = np.clip(residual - np.median(residual, axis=0), -GATE, GATE)
    change = np.diff(residual, axis=0)[np.diff(lot) == 0]
    noise = _covariance(change) / 2.0 + 1e-8 * np.eye(STANDS)
    first = np.flatnonzero(np.diff(lot, prepend=lot[0] - 1))
    count = np.diff(np.append(first, len(lot)))
    means = np.add.reduceat(residual, first, axis=0) / count[:, None]
    between = _covariance(np.diff(means, axis=0)) / 2.0 - noise * np.mean(1.0 / count)
    values, vectors = np.linalg.eigh(between)
    return noise, (vectors * np.maximum(values, 1e-7)) @ vectors.T


def _covariance(x: Array) -> Array:
    return np.asarray(x.T @ x / max(len(x), 1))


def tracked(log: Table, residual: Array, edges: Array, table: Array, late: int) -> tuple[Tracker, float]:
    """Choose the setting that would have done best, coil after coil.

    Parameters
    ----------
    log
        Coils in the order in which they were rolled.
    residual
        ``(coils, 7)`` logarithm of measured over modelled force, as rolled, none of it learned from.
    edges, table
        mm between classes of thickness, and ``(products, 7)`` what products miss by.
    late
        The comparison counts from this coil on.

    Returns
    -------
    tuple
        The filter after the last coil, and its mean relative error on the late coils (``nan``: none).
    """
    products, rolls = product_of(log, edges), stands(log, "rolls")
    noise, between = components(log["lot"], residual - table[products])
    wander, jump, lot, shift = np.array(list(product(WANDER, JUMP, LOT, SHIFT))).T[..., None]
    settings = len(wander)
    spread = np.zeros((settings, 2 * STANDS, 2 * STANDS))
    spread[:, :STANDS, :STANDS] = between + 1e-3 * np.eye(STANDS)
    state = Tracker(
        noise,
        lot[..., None] * between,
        wander,
        jump,
        shift,
        edges,
        table,
        np.zeros((settings, 2 * STANDS)),
        spread,
        NO_ROLLS,
    )
    error, counted = np.zeros(settings), 0
    for k in range(max(0, len(residual) - TRACKED_COILS), len(residual)):
        met_with = state.learn(int(products[k]), int(log["lot"][k]), rolls[k], residual[k])
        if k >= late:
            error += relative_error(met_with - residual[k]).mean(-1)
            counted += 1
    best = int(np.argmin(error))
    chosen = replace(
        state, lot_spread=state.lot_spread[best], wander=wander[best], jump=jump[best],
        shift=shift[best], level=state.level[best], spread=state.spread[best],
    )  # fmt: skip
    return chosen, float(error[best] / counted) if counted else math.nan
