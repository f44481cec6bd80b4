"""The learners: boosted trees, a deep net, and Gao's network as published."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.learn.linear import fit_ridge
from core.learn.mlp import Mlp, fit_mlp
from core.learn.trees import fit_trees
from core.log import Log
from core.protocol import Array, Budget, Luck, Rng, Table
from usecases.datacenter_pue.rules import ResetRule, evenly, fit_incumbent, group_medians
from usecases.datacenter_pue.schema import TABLE
from usecases.datacenter_pue.setpoint_map import Grid, PueModel, SetpointMap, gao_matrix
from usecases.datacenter_pue.specialist import (
    actions_of,
    dry_threshold,
    holds_of,
    linear_terms,
    power_kw,
    read,
    state_of,
    trusted,
)

LATE_SHARE = 0.1
"""Last part of the log, by time, on which trials are compared."""
RULE_LIMITS = (27.0, 12.0)
"""Cold aisle in C and rise of the water in K under which the rule was tuned, and the map is laid."""


@dataclass(frozen=True)
class Plan:
    """What the learners of power share: trusted rows of the log, and the grid of the map.

    Attributes
    ----------
    x, y
        Inputs ``(rows, features)``, and IT and other power in kW, ``(rows, 2)``, of the early part.
    day
        ``(rows,)``, by which bags are drawn.
    late_x, late_y, late_hold
        Inputs, facility power ``(rows,)`` and number of the hold of the late part.
    grid, grid_x
        Of the map, and the inputs at every state and set-point of it.
    engineered
        Whether the inputs are a specialist's.
    """

    x: Array
    y: Array
    day: Array
    late_x: Array
    late_y: Array
    late_hold: Array
    grid: Grid
    grid_x: Array
    engineered: bool


Members = Callable[[Array], Array]
"""A trained model of the map: ``(rows, features)`` to each member's forecast, ``(members, rows)``."""


def affordable(history: Log, budget: Budget) -> Table:
    """Rows of the log, evenly spread: what little training cannot use is not read either."""
    return evenly(history.data[TABLE], 60 * budget.steps)


def plan_of(log: Table, rule: ResetRule, budget: Budget) -> Plan:
    """Keep what can be trusted, split it by time, and lay the grid over what the log has seen."""
    dry_below = dry_threshold(log)
    specialist = read(log, rule.envelope, dry_below)
    actions = actions_of(log)
    inputs = specialist.inputs(state_of(log, dry_below), actions)
    rows = np.flatnonzero(trusted(log, specialist, inputs))
    early, late = np.split(rows, [round(len(rows) * (1 - LATE_SHARE))])
    grid = grid_of(log, dry_below, budget)
    grid_x = specialist.inputs(*_points(grid, rule))
    columns = inputs.shape[1] if budget.engineered else 6
    x, kw = inputs[:, :columns], power_kw(log)
    return Plan(
        x[early], kw[early], log["day"][early], x[late], kw[late].sum(1), holds_of(actions)[late],
        grid, grid_x[:, :columns], budget.engineered,
    )  # fmt: skip


def grid_of(log: Table, dry_below: float, budget: Budget) -> Grid:
    """Lay the grid over the states, and the set-points, that the log has seen."""
    state, actions = state_of(log, dry_below), actions_of(log)
    # A coarse grid where little is spent on training: the map must not cost more than the model.
    u_points, sink_points, lwt_step = (2, 12, 0.8) if budget.steps < 500 else (4, 44, 0.4)
    lowest, highest = state.min(0), state.max(0)
    (lwt_low, towers_low), (lwt_high, towers_high) = np.quantile(actions[:, :2], [0.005, 0.995], axis=0)
    steps = max(round((lwt_high - lwt_low) / lwt_step), 1) + 1
    return Grid(
        utilisation=np.linspace(lowest[0], highest[0], u_points),
        sink=np.linspace(lowest[1], highest[1], sink_points),
        lwt=np.linspace(lwt_low, lwt_high, steps),
        towers=np.arange(round(towers_low), round(towers_high) + 1.0),
        dry_below=dry_below,
    )


def _points(grid: Grid, rule: ResetRule) -> tuple[Array, Array]:
    """State and set-points, ``(points * candidates, 3)`` each, with the pumps as the rule runs them."""
    states, candidates = grid.states(), grid.candidates()
    state = np.repeat(states, len(candidates), axis=0)
    _, pump = rule.stops(states[:, 0], *RULE_LIMITS)
    return state, np.column_stack([np.tile(candidates, (len(states), 1)), np.repeat(pump, len(candidates))])


def build_map(grid: Grid, objective: Array, rule: ResetRule, pue: PueModel, validation: float) -> SetpointMap:
    """Tabulate ``(members, points * candidates)``."""
    shape = len(objective), len(grid.states()), len(grid.candidates())
    return SetpointMap(grid, objective.reshape(shape).astype(np.float32), rule, pue, validation=validation)


def late_error(plan: Plan, members: Members) -> float:
    """Mean over the late holds of the absolute median error in kW.

    A hold counts once, however long: what matters is how well set-points are judged that are new.
    """
    error = members(plan.late_x).mean(0) - plan.late_y
    return float(np.abs(group_medians(plan.late_hold, error)).mean())


def chosen(trials: list[Members], plan: Plan, rule: ResetRule, pue: PueModel) -> SetpointMap:
    """Take the trial with the least error on the late holds, and tabulate it."""
    errors = [late_error(plan, members) for members in trials]
    best = int(np.argmin(errors))
    return build_map(plan.grid, trials[best](plan.grid_x), rule, pue, -errors[best])


# --- boosted trees -----------------------------------------------------------------------------

_TREE_SETTINGS = ((15, 0.1), (31, 0.1), (8, 0.15))


def fit_boosted(history: Log, budget: Budget, luck: Luck) -> SetpointMap:
    """LightGBM on what a linear model leaves for the map, three bags of it, and for PUE."""
    log = affordable(history, budget)
    rule = fit_incumbent(history, budget, luck)
    plan = plan_of(log, rule, budget)
    trees = max(20, budget.steps // 10)
    trials = [_bagged(plan, i, trees, luck(f"trees-{i}"), budget) for i in range(budget.trials)]
    pue = fit_trees(
        gao_matrix(log, engineered=budget.engineered), log["pue"], trees=2 * trees, rng=luck("pue"),
        leaves=63, threads=budget.threads,
    )  # fmt: skip
    return chosen(trials, plan, rule, PueModel(pue, budget.engineered))


def _bagged(plan: Plan, index: int, trees: int, rng: Rng, budget: Budget) -> Members:
    leaves, rate = _TREE_SETTINGS[index % len(_TREE_SETTINGS)]
    terms_of = linear_terms if plan.engineered else np.asarray
    terms, kw = terms_of(plan.x), plan.y.sum(1)
    _, day = np.unique(plan.day, return_inverse=True)
    models = []
    for _ in range(3):
        # Two thirds of the days, so that the bags differ as days do.
        drawn = rng.random(day.max() + 1) < 2 / 3
        # A log of a few days may have none drawn; then all of them serve.
        rows = np.flatnonzero((drawn if drawn.any() else ~drawn)[day])
        # Trees are steps: slopes are the linear model's.
        linear = fit_ridge(terms[rows], plan.y[rows], penalty=1e-4)
        left = kw[rows] - linear.predict(terms[rows]).sum(1)
        boosted = fit_trees(plan.x[rows], left, trees=trees, rng=rng, leaves=leaves, learning_rate=rate,
                            min_rows=200, threads=budget.threads)  # fmt: skip
        models.append((linear, boosted))
    return lambda x: np.stack([a.predict(terms_of(x)).sum(1) + b.predict(x) for a, b in models])


# --- nets --------------------------------------------------------------------------------------

_NET_SETTINGS = (((64, 64, 64), 8e-3), ((96, 96, 96), 6e-3), ((64, 64, 64), 1.2e-2))


def _stack(net: Mlp) -> Members:
    # In parts, so that a large grid stays in the cache.
    return lambda x: np.concatenate(
        [net.members(x[start : start + 8192]).sum(2) for start in range(0, len(x), 8192)], axis=1
    )


def fit_deep(history: Log, budget: Budget, luck: Luck) -> SetpointMap:
    """Five SiLU nets as one stack for the map, of IT and other power, and three for PUE."""
    log = affordable(history, budget)
    rule = fit_incumbent(history, budget, luck)
    plan = plan_of(log, rule, budget)
    trials = []
    for index in range(budget.trials):
        widths, rate = _NET_SETTINGS[index % len(_NET_SETTINGS)]
        net = fit_mlp(
            plan.x, plan.y, steps=budget.steps, rng=luck(f"net-{index}"), widths=widths, members=5,
            batch=256, learning_rate=rate, weight_decay=1e-3, device=budget.device,
        )  # fmt: skip
        trials.append(_stack(net))
    pue = fit_mlp(
        gao_matrix(log, engineered=budget.engineered), log["pue"][:, None], steps=budget.steps,
        rng=luck("pue"), widths=(64, 64, 64), members=3, batch=512, learning_rate=4e-3, weight_decay=1e-3,
        device=budget.device,
    )  # fmt: skip
    return chosen(trials, plan, rule, PueModel(pue, budget.engineered))


def fit_gao(history: Log, budget: Budget, luck: Luck) -> SetpointMap:
    """Gao's network: five hidden layers of 50 sigmoid units, inputs in [-1, 1], lambda 0.001.

    It forecasts PUE from his 19 inputs. As a controller it does what his paper proposes, and minimises
    PUE, with a net of the same make over the map's inputs; so it does not stand for selection.
    """
    log = affordable(history, budget)
    rule = fit_incumbent(history, budget, luck)
    dry_below = dry_threshold(log)
    grid = grid_of(log, dry_below, budget)

    def gao(x: Array, y: Array, purpose: str) -> Mlp:
        # J = 1/(2m) sum error^2 + lambda/2 sum theta^2 in his form; lambda is spread over m samples.
        return fit_mlp(
            x, y[:, None], steps=budget.steps, rng=luck(purpose), widths=(50,) * 5, activation="sigmoid",
            scaling="minmax", gain=4.0, batch=512, learning_rate=5e-3, weight_decay=0.001 / len(x),
            device=budget.device,
        )  # fmt: skip

    pue = gao(gao_matrix(log), log["pue"], "pue")
    state_and_setpoints = np.column_stack([state_of(log, dry_below), actions_of(log)])
    objective = _stack(gao(state_and_setpoints, log["pue"], "map"))(np.column_stack(_points(grid, rule)))
    return build_map(grid, objective, rule, PueModel(pue), validation=math.nan)
