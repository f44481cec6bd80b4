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
from data_synth.datacenter import GAO_INPUTS, celsius, fahrenheit
from usecases.datacenter_pue.rules import ResetRule, trimmed
from usecases.datacenter_pue.specialist import state_of

ACTIONS = ("tower_lwt_setpoint_f", "towers_running", "water_pump_vfd_pct")


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
class Grid:
    """States and set-points over which the map is tabulated; only set-points that the log has tried.

    Attributes
    ----------
    utilisation, sink
        Share of server capacity, and temperature in C that heat is rejected to.
    lwt, towers
        Leaving-water set-points in C and cells in use.
    dry_below
        Dry bulb in C below which cells run dry.
    """

    utilisation: Array
    sink: Array
    lwt: Array
    towers: Array
    dry_below: float

    def states(self) -> Array:
        """All states, ``(points, 3)``: the wet ones, then the dry ones."""
        return np.array([(u, sink, dry) for dry, u, sink in product((0, 1), self.utilisation, self.sink)])

    def candidates(self) -> Array:
        """All leaving-water set-points in C and cells in use, ``(candidates, 2)``."""
        return np.array(list(product(self.lwt, self.towers)))

    def weights(self, state: Array) -> tuple[Array, Array]:
        """Bilinear corners and weights of states, ``(rows, 4)`` each; beyond the grid its edge holds."""
        i, x = _cell(self.utilisation, state[:, 0])
        j, y = _cell(self.sink, state[:, 1])
        n = len(self.sink)
        first = (state[:, 2].astype(int) * len(self.utilisation) + i) * n + j
        corners = np.column_stack([first, first + 1, first + n, first + n + 1])
        return corners, np.column_stack([(1 - x) * (1 - y), (1 - x) * y, x * (1 - y), x * y])


def _cell(axis: Array, values: Array) -> tuple[Array, Array]:
    if len(axis) < 2:
        return np.zeros(len(values), dtype=int), np.zeros(len(values))
    index = np.clip(np.searchsorted(axis, values) - 1, 0, len(axis) - 2)
    width = axis[index + 1] - axis[index]
    # A log of a single day may have one set-point, so that the axis has no width.
    share = np.divide(values - axis[index], width, out=np.zeros_like(values), where=width > 0.0)
    return index, np.clip(share, 0.0, 1.0)


@dataclass(frozen=True)
class PueModel:
    """A forecaster of PUE from Gao's 19 inputs, and a specialist's features of them where allowed."""

    model: Linear | Trees | Mlp
    engineered: bool = False

    def predict(self, table: Table) -> Array:
        """``(rows,)``."""
        return self.model.predict(gao_matrix(table, engineered=self.engineered)).reshape(-1)


CLEARANCE = 1.0
"""K that a set-point warmer than the rule's keeps from the limit, beyond the margin of the rule."""
PUMP_PER_K = 0.01
"""Pump command added per K above the rule's set-point: warmer servers draw more, which water must carry."""


@dataclass
class SetpointMap(Forecaster):
    """A map of forecasts, and the search in it for a set-point better than the rule's.

    The pumps are left to the rule: by the cube law the slowest command that keeps the limit is the best,
    and a rule finds that.

    Attributes
    ----------
    grid
        States and set-points.
    objective
        What is minimised, as each member of the model forecasts it, ``(members, points, candidates)``,
        float32.
    rule
        The tuned rule, which also knows the limits. It decides wherever the members do not agree that
        there is something better.
    pue
        The forecaster whose skill is measured.
    """

    grid: Grid
    objective: Array
    rule: ResetRule
    pue: PueModel

    def act(self, seen: Table, rules: Table) -> Table:
        """Take the candidate with the largest cautious gain over the rule that keeps the limits.

        The gain is judged member by member: what they have in common, such as a level that drifted, says
        nothing against a candidate.
        """
        state = state_of(seen, self.grid.dry_below)
        own = self.rule.act(seen, rules)
        own_lwt, pump = celsius(own["tower_lwt_setpoint_f"]), own["water_pump_vfd_pct"] / 100
        corners, weights = self.grid.weights(state)
        cost = np.einsum("rk,mrkc->mrc", weights.astype(np.float32), self.objective[:, corners])
        change = cost - self._at(cost, own_lwt, own["towers_running"])[..., None]
        score = change.mean(0) + float(rules["caution"][0]) * change.std(0)
        cold_aisle_max = float(rules["cold_aisle_max_c"][0])
        hottest = self.rule.envelope.hottest_setpoint(state[:, 0], pump, cold_aisle_max) - CLEARANCE
        hottest = np.minimum(np.maximum(hottest, own_lwt), trimmed(seen, cold_aisle_max))
        lwt, towers = self.grid.candidates().T
        score[lwt > hottest[:, None]] = np.inf
        best = np.argmin(score, axis=1)
        better = score[np.arange(len(best)), best] < 0.0
        taken = np.where(better, lwt[best], own_lwt)
        return {
            "tower_lwt_setpoint_f": fahrenheit(taken),
            "towers_running": np.where(better, towers[best], own["towers_running"]),
            "water_pump_vfd_pct": 100 * np.minimum(pump + PUMP_PER_K * np.maximum(taken - own_lwt, 0.0), 1.0),
        }

    def _at(self, cost: Array, lwt: Array, towers: Array) -> Array:
        """Cost of the rule's own set-points, between candidates, ``(members, rows)``."""
        i, x = _cell(self.grid.lwt, lwt)
        k = np.abs(towers[:, None] - self.grid.towers).argmin(1)
        row, n = np.arange(len(lwt)), len(self.grid.towers)
        warmer = np.minimum(i + 1, len(self.grid.lwt) - 1)
        return np.asarray((1 - x) * cost[:, row, i * n + k] + x * cost[:, row, warmer * n + k])

    def predict(self, seen: Table) -> Table:
        """Forecast PUE."""
        return {"pue": self.pue.predict(seen)}
