"""The learners: boosted trees, a deep net, and Gao's network as published."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from core.learn.mlp import Mlp, fit_mlp
from core.learn.trees import fit_trees
from core.log import Log
from core.protocol import Array, Budget, Luck, Rng, Table
from usecases.datacenter_pue.rules import ResetRule, fit_incumbent
from usecases.datacenter_pue.schema import TABLE
from usecases.datacenter_pue.setpoint_map import (
    ACTIONS,
    CANDIDATES,
    STATE,
    Axes,
    PueModel,
    SetpointMap,
    features,
    gao_matrix,
)

LATE_SHARE = 0.1
"""Last part of the log, by time, on which trials are compared."""


class Plan(NamedTuple):
    """Inputs ``(rows, features)`` and target ``(rows,)`` of the map: the early and the late part."""

    x: Array
    y: Array
    late_x: Array
    late_y: Array
    axes: Axes
    engineered: bool


Members = Callable[[Array], Array]
"""A trained model of the map: ``(rows, features)`` to each member's forecast, ``(members, rows)``."""


def plan_of(log: Table, budget: Budget, target: str = "facility_kw") -> Plan:
    """Split a log by time, and lay the grid of the map over the states it has seen."""
    state = np.column_stack([log[name] for name in STATE])
    actions = np.column_stack([log[name] for name in ACTIONS])
    x = features(state, actions, engineered=budget.engineered)
    y = log[target]
    cut = round(len(x) * (1 - LATE_SHARE))
    # A coarse grid where little is spent on training: the map must not cost more than the model.
    points = (3, 16) if budget.steps < 500 else (4, 48)
    axes = Axes(*(np.linspace(state[:, k].min(), state[:, k].max(), points[k]) for k in range(2)))
    return Plan(x[:cut], y[:cut], x[cut:], y[cut:], axes, budget.engineered)


def build_map(
    plan: Plan, members: Members, rule: ResetRule, pue: PueModel, *, stands: bool
) -> SetpointMap:
    """Tabulate a model over states and candidates; ``stands`` says whether it may be selected."""
    points = plan.axes.points()
    state = np.repeat(points, len(CANDIDATES), axis=0)
    actions = np.tile(CANDIDATES, (len(points), 1))
    objective = members(features(state, actions, engineered=plan.engineered))
    return SetpointMap(
        plan.axes,
        objective.reshape(-1, len(points), len(CANDIDATES)).astype(np.float32),
        rule,
        pue,
        validation=-late_error(plan, members) if stands else math.nan,
    )


def late_error(plan: Plan, members: Members) -> float:
    """Mean absolute error of the forecast on the late part."""
    return float(np.abs(members(plan.late_x).mean(0) - plan.late_y).mean())


def best_of(trials: list[Members], plan: Plan) -> Members:
    """Take the trial with the least error on the late part."""
    return min(trials, key=lambda members: late_error(plan, members)) if len(trials) > 1 else trials[0]


# --- boosted trees -----------------------------------------------------------------------------

_TREE_SETTINGS = ((31, 0.1), (63, 0.08), (15, 0.15))


def fit_boosted(history: Log, budget: Budget, luck: Luck) -> SetpointMap:
    """LightGBM for the map, three bags of it, and for PUE."""
    log = history.data[TABLE]
    plan = plan_of(log, budget)
    trees = max(20, budget.steps // 10)
    trials = [_bagged(plan, i, trees, luck(f"trees-{i}"), budget) for i in range(budget.trials)]
    pue = fit_trees(
        gao_matrix(log, engineered=budget.engineered), log["pue"], trees=2 * trees, rng=luck("pue"),
        leaves=63, threads=budget.threads,
    )  # fmt: skip
    rule = fit_incumbent(history, budget, luck)
    return build_map(plan, best_of(trials, plan), rule, PueModel(pue, budget.engineered), stands=True)


def _bagged(plan: Plan, index: int, trees: int, rng: Rng, budget: Budget) -> Members:
    leaves, rate = _TREE_SETTINGS[index % len(_TREE_SETTINGS)]
    models = []
    for _ in range(3):
        # Two thirds of the rows in blocks of half a day, so that the bags differ as days do.
        blocks = np.arange(len(plan.x)) // 100
        rows = np.flatnonzero((rng.random(int(blocks[-1]) + 1) < 2 / 3)[blocks])
        models.append(
            fit_trees(plan.x[rows], plan.y[rows], trees=trees, rng=rng, leaves=leaves, learning_rate=rate,
                      threads=budget.threads)  # fmt: skip
        )
    return lambda x: np.stack([model.predict(x) for model in models])


# --- nets --------------------------------------------------------------------------------------

_NET_SETTINGS = (((64, 64, 64), 3e-3), ((96, 96), 3e-3), ((64, 64, 64), 6e-3))


def _stack(net: Mlp) -> Members:
    # In parts, so that a large grid stays in the cache.
    return lambda x: np.concatenate(
        [net.members(x[start : start + 8192])[:, :, 0] for start in range(0, len(x), 8192)], axis=1
    )


def fit_deep(history: Log, budget: Budget, luck: Luck) -> SetpointMap:
    """Five SiLU nets as one stack for the map, and three for PUE."""
    log = history.data[TABLE]
    plan = plan_of(log, budget)
    trials = []
    for index in range(budget.trials):
        widths, rate = _NET_SETTINGS[index % len(_NET_SETTINGS)]
        net = fit_mlp(
            plan.x, plan.y[:, None], steps=budget.steps, rng=luck(f"net-{index}"), widths=widths, members=5,
            batch=256, learning_rate=rate, weight_decay=1e-3, device=budget.device,
        )  # fmt: skip
        trials.append(_stack(net))
    pue = fit_mlp(
        gao_matrix(log, engineered=budget.engineered), log["pue"][:, None], steps=budget.steps,
        rng=luck("pue"), widths=(64, 64, 64), members=3, batch=512, learning_rate=4e-3, weight_decay=1e-3,
        device=budget.device,
    )  # fmt: skip
    rule = fit_incumbent(history, budget, luck)
    return build_map(plan, best_of(trials, plan), rule, PueModel(pue, budget.engineered), stands=True)


def fit_gao(history: Log, budget: Budget, luck: Luck) -> SetpointMap:
    """Gao's network: five hidden layers of 50 sigmoid units, inputs in [-1, 1], lambda 0.001.

    It forecasts PUE from his 19 inputs. As a controller it does what his paper proposes, and minimises
    PUE, with a net of the same make over the map's inputs; so it does not stand for selection.
    """
    log = history.data[TABLE]
    plan = plan_of(log, budget, "pue")

    def gao(x: Array, y: Array, purpose: str) -> Mlp:
        # J = 1/(2m) sum error^2 + lambda/2 sum theta^2 in his form; lambda is spread over m samples.
        return fit_mlp(
            x, y[:, None], steps=budget.steps, rng=luck(purpose), widths=(50,) * 5, activation="sigmoid",
            scaling="minmax", gain=4.0, batch=512, learning_rate=5e-3, weight_decay=0.001 / len(x),
            device=budget.device,
        )  # fmt: skip

    pue = gao(gao_matrix(log), log["pue"], "pue")
    rule = fit_incumbent(history, budget, luck)
    return build_map(plan, _stack(gao(plan.x, plan.y, "map")), rule, PueModel(pue), stands=False)
