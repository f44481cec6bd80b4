"""Learning to forecast rolling force, with and without the plant's formula.

A base model is trained on the early part of history and never sees the late part, which coil after coil
chooses how it follows the mill and gives its validation score. The state at the end of history is the state
in which play meets it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.learn.mlp import fit_mlp
from core.learn.trees import fit_trees
from core.log import Log
from core.protocol import Array, Budget, Luck, Policy, Rng, Table
from data_synth.mill_constants import GRADES, STANDS
from usecases.rolling_mill.adaptation import GATE, constant, mean_table, relative_error, tuned
from usecases.rolling_mill.forecasters import ForcePolicy, Formula, Learned
from usecases.rolling_mill.inputs import net_inputs, tree_inputs
from usecases.rolling_mill.schema import TABLE, as_rolled, stands
from usecases.rolling_mill.tracking import tracked

EARLY, LATE = 0.85, 0.9
"""Shares of history: bases learn from the first, rates are compared behind the second."""
FEWEST_COILS = 60
"""With less than a campaign nothing can be trained and judged."""
ONE, NOTHING = np.zeros(0), np.zeros((len(GRADES), STANDS))
"""One class of thickness a grade, and a table that corrects nothing: a learned base knows its products."""
SHRINK = 8.0
"""Coils' worth of doubt with which the level of one set of rolls is estimated."""


@dataclass(frozen=True)
class Lesson:
    """History as the contenders learn from it.

    Attributes
    ----------
    log
        Coils as rolled, in order.
    force
        ``(coils, 7)`` logarithm of the measured force.
    early, late
        Numbers of coils: bases learn from those before ``early``, rates are compared from ``late`` on.
    """

    log: Table
    force: Array
    early: int
    late: int

    def part(self, rows: slice) -> Table:
        """Some of the coils."""
        return {name: values[rows] for name, values in self.log.items()}


def lesson_of(history: Log) -> Lesson:
    """Put the log in order and split it by time."""
    log = as_rolled(history.data[TABLE])
    coils = len(log["coil"])
    return Lesson(log, np.log(stands(log, "force_mn")), round(EARLY * coils), round(LATE * coils))


# --- the formula -------------------------------------------------------------------------------


def fit_constant(history: Log, budget: Budget, luck: Luck) -> Policy:
    """Formula with one coefficient a grade and stand, from all of history; it never moves."""
    lesson = lesson_of(history)
    residual = lesson.force - Formula().log_force(lesson.log)
    return ForcePolicy(Formula(), constant(mean_table(lesson.log, residual, ONE), ONE), frozen=True)


def fit_adaptive(history: Log, budget: Budget, luck: Luck) -> Policy:
    """Formula with the coefficient that plants adapt, rates chosen on history; the same for any budget."""
    lesson = lesson_of(history)
    residual = lesson.force - Formula().log_force(lesson.log)
    adaptation, _ = tuned(lesson.log, residual, lesson.early, lesson.late)
    return ForcePolicy(Formula(), adaptation, frozen=False)


def fit_tracked(history: Log, budget: Budget, luck: Luck) -> Policy:
    """Formula followed by the learners' filter: what following alone is worth, without a learned model.

    Its table has the classes that the incumbent chose.
    """
    lesson = lesson_of(history)
    residual = lesson.force - Formula().log_force(lesson.log)
    edges = tuned(lesson.log, residual, lesson.early, lesson.late)[0].edges
    table = mean_table(lesson.part(slice(0, lesson.early)), residual[: lesson.early], edges)
    unseen = lesson.part(slice(lesson.early, None))
    tracker, error = tracked(unseen, residual[lesson.early :], edges, table, lesson.late - lesson.early)
    return ForcePolicy(Formula(), tracker, frozen=False, validation=-error)


# --- learned bases -----------------------------------------------------------------------------

Fit = Callable[[Table, Array, int, Rng, int], Learned]
"""Early coils, target ``(coils, 7)``, steps, generator and number of the trial, to a base."""


def _net(budget: Budget, ratio: bool) -> Fit:
    settings = (((64, 64), 3e-2), ((96, 96), 3e-2), ((64, 64), 1e-1))

    def fit(coils: Table, target: Array, steps: int, rng: Rng, trial: int) -> Learned:
        widths, decay = settings[trial % len(settings)]
        inputs = net_inputs(coils, ratio=ratio, engineered=budget.engineered)
        net = fit_mlp(
            inputs, target, steps=steps, rng=rng, widths=widths, members=5, batch=256, learning_rate=3e-3,
            weight_decay=decay, device=budget.device,
        )  # fmt: skip
        return Learned(net, ratio, budget.engineered)

    return fit


def _trees(budget: Budget, ratio: bool) -> Fit:
    settings = ((31, 0.08), (15, 0.1), (63, 0.05))

    def fit(coils: Table, target: Array, steps: int, rng: Rng, trial: int) -> Learned:
        leaves, rate = settings[trial % len(settings)]
        inputs = tree_inputs(coils, ratio=ratio, engineered=budget.engineered)
        trees = fit_trees(
            inputs, target.ravel(), trees=max(20, steps // 10), rng=rng, leaves=leaves, learning_rate=rate,
            min_rows=30, threads=budget.threads,
        )  # fmt: skip
        return Learned(trees, ratio, budget.engineered)

    return fit


def roll_levels(rolls: Array, residual: Array) -> Array:
    """Level of each set of rolls in each stand, by its coils' mean residual, ``(coils, 7)``.

    A model that must explain these levels by what was rolled on them learns what does not hold tomorrow.
    """
    found = np.empty_like(residual)
    for i in range(STANDS):
        _, sets = np.unique(rolls[:, i], return_inverse=True)
        total = np.bincount(sets, np.clip(residual[:, i], -GATE, GATE))
        found[:, i] = (total / (np.bincount(sets) + SHRINK))[sets]
    return found


def _trained(lesson: Lesson, fit: Fit, ratio: bool, budget: Budget, luck: Luck, trial: int) -> Learned:
    """Train a base on the early coils; a specialist first takes out what belongs to single sets of rolls."""
    coils = lesson.part(slice(0, lesson.early))
    target = lesson.force[: lesson.early]
    if ratio:
        target = target - Formula().log_force(coils)
    steps = budget.steps
    if budget.engineered:
        rough = fit(coils, target, max(1, steps // 3), luck(f"rough-{trial}"), trial)
        residual = lesson.force[: lesson.early] - rough.log_force(coils)
        target = target - roll_levels(stands(coils, "rolls"), residual)
    return fit(coils, target, steps, luck(f"base-{trial}"), trial)


def _frozen(lesson: Lesson, base: Learned) -> ForcePolicy:
    late = lesson.part(slice(lesson.late, None))
    error = relative_error(base.log_force(late) - lesson.force[lesson.late :])
    still = constant(NOTHING, ONE)
    return ForcePolicy(base, still, frozen=True, validation=-float(error.mean()))


def _online(lesson: Lesson, base: Learned) -> ForcePolicy:
    unseen = lesson.part(slice(lesson.early, None))
    residual = lesson.force[lesson.early :] - base.log_force(unseen)
    adaptation, error = tracked(unseen, residual, ONE, NOTHING, lesson.late - lesson.early)
    return ForcePolicy(base, adaptation, frozen=False, validation=-error)


def learner(*, net: bool, ratio: bool, online: bool) -> Callable[[Log, Budget, Luck], Policy]:
    """Give the ``fit`` of one of the eight learners; with next to no history it falls back on the formula."""

    def fit(history: Log, budget: Budget, luck: Luck) -> Policy:
        lesson = lesson_of(history)
        if len(lesson.force) < FEWEST_COILS:
            return (fit_tracked if online else fit_constant)(history, budget, luck)
        base_of = (_net if net else _trees)(budget, ratio)
        ready = _online if online else _frozen
        trials = (
            ready(lesson, _trained(lesson, base_of, ratio, budget, luck, trial))
            for trial in range(budget.trials)
        )
        return max(trials, key=lambda policy: policy.validation)

    return fit
