"""The learners' controller: a learned map of the plant, searched anew at every decision.

The map tabulates what a model forecasts over weather, load and every set-point. So a decision costs a
look-up whatever the model was, operators can read what was learned, and limits, prices or caution can
change without training.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from core.learn.linear import Linear
from core.learn.mlp import Mlp
from core.learn.trees import Trees
from core.protocol import Array, Forecaster, Table
from data_synth.datacenter import GAO_INPUTS, celsius
from usecases.datacenter_pue.rules import ResetRule

LWT_F = np.arange(54.0, 75.1, 0.75)
TOWERS = np.arange(2.0, 7.0)
PUMP_PCT = np.array([50.0, 52.0, 54.0, 56.0, 58.0, 60.0, 65.0, 70.0, 80.0])
CANDIDATES = np.array(list(product(LWT_F, TOWERS, PUMP_PCT)))
"""All set-points that are considered, ``(candidates, 3)``."""
ACTIONS = ("tower_lwt_setpoint_f", "towers_running", "water_pump_vfd_pct")
STATE = ("utilisation_pct", "wet_bulb_f")


def features(state: Array, actions: Array, *, engineered: bool) -> Array:
    """Build a model's inputs from state and set-points.

    Parameters
    ----------
    state, actions
        ``(rows, 2)`` and ``(rows, 3)``, columns as in ``STATE`` and ``ACTIONS``.
    engineered
        Add what a cooling engineer would: distance to the wet bulb, cube laws, water per tower.

    Returns
    -------
    Array
        ``(rows, 5)`` or ``(rows, 10)``.
    """
    raw = np.column_stack([state, actions])
    if not engineered:
        return raw
    (u, wet_bulb), (lwt, towers, pump) = state.T, actions.T
    s = pump / 100
    return np.column_stack([raw, lwt - wet_bulb, s**3, towers * s**3, u / towers, u / s])


def gao_matrix(table: Table, *, engineered: bool = False) -> Array:
    """The 19 inputs of Gao (2014), ``(rows, 19)``; engineered, ``(rows, 26)``."""
    raw = [table[name] for name in GAO_INPUTS]
    if not engineered:
        return np.column_stack(raw)
    it = table["it_load_kw"] + table["network_load_kw"]
    towers, s = table["towers_running"], table["water_pump_vfd_pct"] / 100
    gap = table["tower_lwt_setpoint_f"] - table["wet_bulb_f"]
    # Each power of the plant over IT power, up to a factor: what a PUE is made of.
    terms = [gap, 1e3 / it, s**3 * 1e3 / it, towers * s**3 * 1e3 / it, it / (towers * s), it / s,
             table["chillers_running"] * np.maximum(-gap, 0.0)]  # fmt: skip
    return np.column_stack([*raw, *terms])


@dataclass(frozen=True)
class Axes:
    """Grid of utilisation (%) and wet bulb (F) over which the map is tabulated."""

    utilisation: Array
    wet_bulb: Array

    def points(self) -> Array:
        """All grid points, ``(utilisation * wet bulb, 2)``."""
        return np.array(list(product(self.utilisation, self.wet_bulb)))

    def weights(self, state: Array) -> tuple[Array, Array]:
        """Bilinear corners and weights of states, ``(rows, 4)`` each; beyond the grid its edge holds."""
        i, x = _cell(self.utilisation, state[:, 0])
        j, y = _cell(self.wet_bulb, state[:, 1])
        n = len(self.wet_bulb)
        corners = np.column_stack([i * n + j, i * n + j + 1, (i + 1) * n + j, (i + 1) * n + j + 1])
        return corners, np.column_stack([(1 - x) * (1 - y), (1 - x) * y, x * (1 - y), x * y])


def _cell(axis: Array, values: Array) -> tuple[Array, Array]:
    index = np.clip(np.searchsorted(axis, values) - 1, 0, len(axis) - 2)
    share = (values - axis[index]) / (axis[index + 1] - axis[index])
    return index, np.clip(share, 0.0, 1.0)


@dataclass(frozen=True)
class PueModel:
    """A forecaster of PUE from Gao's 19 inputs, and a specialist's features of them where allowed."""

    model: Linear | Trees | Mlp
    engineered: bool = False

    def predict(self, table: Table) -> Array:
        """``(rows,)``."""
        return self.model.predict(gao_matrix(table, engineered=self.engineered)).reshape(-1)


@dataclass
class SetpointMap(Forecaster):
    """A map of forecasts, and the search in it for a set-point better than the rule's.

    Attributes
    ----------
    axes
        Grid of the state.
    objective
        What is minimised, as each member of the model forecasts it, ``(members, points, candidates)``,
        float32.
    rule
        The tuned rule, which also knows the limits. It decides wherever the members do not agree that
        there is something better.
    pue
        The forecaster whose skill is measured.
    """

    axes: Axes
    objective: Array
    rule: ResetRule
    pue: PueModel

    def act(self, seen: Table, rules: Table) -> Table:
        """Take the candidate with the largest cautious gain over the rule that keeps the limits.

        The gain is judged member by member: what they have in common, such as a level that drifted, says
        nothing against a candidate.
        """
        utilisation = seen["utilisation_pct"] / 100
        limits = float(rules["cold_aisle_max_c"][0]), float(rules["delta_t_max_k"][0])
        own = self.rule.act(seen, rules)
        corners, weights = self.axes.weights(np.column_stack([seen[name] for name in STATE]))
        cost = np.einsum("rk,mrkc->mrc", weights.astype(np.float32), self.objective[:, corners])
        mine = nearest(np.column_stack([own[name] for name in ACTIONS]))
        change = cost - np.take_along_axis(cost, mine[None, :, None], axis=2)
        score = change.mean(0) + float(rules["caution"][0]) * change.std(0)
        score[~self._allowed(utilisation, *limits)] = np.inf
        best = np.argmin(score, axis=1)
        better = score[np.arange(len(best)), best] < 0.0
        return {
            name: np.where(better, CANDIDATES[best, k], own[name]) for k, name in enumerate(ACTIONS)
        }

    def _allowed(self, utilisation: Array, cold_aisle_max: float, delta_t_max: float) -> Array:
        """Which candidates keep the limits, ``(rows, candidates)``."""
        envelope = self.rule.envelope
        slowest = envelope.slowest_pump(utilisation, delta_t_max)
        u, pump = np.meshgrid(utilisation, PUMP_PCT / 100, indexing="ij")
        hottest = envelope.hottest_setpoint(u.ravel(), pump.ravel(), cold_aisle_max).reshape(u.shape)
        keeps = (slowest[:, None] <= PUMP_PCT / 100)[:, None, None, :]
        cool = celsius(LWT_F)[None, :, None, None] <= hottest[:, None, None, :]
        both = np.broadcast_to(keeps & cool, (len(u), len(LWT_F), len(TOWERS), len(PUMP_PCT)))
        return both.reshape(len(u), -1)

    def predict(self, seen: Table) -> Table:
        """Forecast PUE."""
        return {"pue": self.pue.predict(seen)}


def nearest(actions: Array) -> Array:
    """Index of the candidate nearest to each action, ``(rows, 3)`` to ``(rows,)``."""
    index = np.zeros(len(actions), dtype=int)
    for k, axis in enumerate((LWT_F, TOWERS, PUMP_PCT)):
        index = index * len(axis) + np.abs(actions[:, k, None] - axis).argmin(1)
    return index
