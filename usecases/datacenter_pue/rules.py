"""The incumbent: the better of the best static set-point and a wet-bulb reset, tuned on the log.

An owner cannot try every rule on the plant. He fits the energy model that measurement-and-verification
practice uses (IPMVP option C: a regression on set-points, weather and load, here with the change points
of ASHRAE Guideline 14), replays the weather of the log through every rule, and takes
the one with the least energy that keeps the limits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

import numpy as np

from core.learn.linear import Linear, fit_ridge
from core.log import Log
from core.protocol import Array, Budget, Luck, Policy, Table
from data_synth.datacenter import LIMITS, celsius, fahrenheit
from usecases.datacenter_pue.schema import TABLE

MARGIN_QUANTILE, ALLOWANCE_K = 0.95, 0.25
"""Limits are kept by this quantile of the models' own errors on the log, and by what load does between two
decisions."""
TRIM_K = 0.2
"""Distance to the cold-aisle limit at which the rule begins to go by the sensor rather than by its model."""
FITTED_ROWS, REPLAYED_ROWS = 25_000, 200
"""Rows of the log that the regression and the replay use, evenly spread; more change no choice."""


@dataclass(frozen=True)
class Envelope:
    """Linear models, fitted to the log, of what the limits are about.

    ``rise`` is cold aisle less leaving-water set-point in K, ``delta_t`` the water's; both over u, 1/s,
    u/s and u/s^2. The margins are quantiles of their errors.
    """

    rise: Linear
    delta_t: Linear
    rise_margin: float
    delta_t_margin: float

    def hottest_setpoint(self, utilisation: Array, pump: Array, cold_aisle_max: float) -> Array:
        """Highest leaving-water set-point in C that keeps the cold aisle below its limit."""
        rise = self.rise.predict(_flow_terms(utilisation, pump))[:, 0]
        return cold_aisle_max - self.rise_margin - rise

    def slowest_pump(self, utilisation: Array, delta_t_max: float) -> Array:
        """Lowest pump command on a 1 % grid that keeps the water's rise below its limit."""
        speeds = np.linspace(*LIMITS[2], 51)
        u, s = np.meshgrid(utilisation, speeds, indexing="ij")
        rise = self.delta_t.predict(_flow_terms(u.ravel(), s.ravel()))[:, 0].reshape(u.shape)
        return np.asarray(speeds[np.argmax(rise <= delta_t_max - self.delta_t_margin, axis=1)])


def _flow_terms(utilisation: Array, pump: Array) -> Array:
    return np.column_stack([utilisation, 1 / pump, utilisation / pump, utilisation / pump**2])


def _hinges(x: Array, *knots: float) -> list[Array]:
    return [np.maximum(x - knot, 0.0) for knot in knots]


def _energy_terms(lwt: Array, towers: Array, pump: Array, wet_bulb: Array, utilisation: Array) -> Array:
    """Change-point terms, as in ASHRAE Guideline 14: hinges, and their products with what scales them."""
    gap = wet_bulb - lwt
    gap_terms = [gap, *_hinges(gap, -14.0, -11.0, -8.0, -5.0, -2.0, 1.0, 4.0, 7.0)]
    lwt_terms = [lwt, *_hinges(lwt, 15.0, 17.0, 18.0, 19.0, 20.0, 21.0)]
    pump_terms = [pump, 1.0 / pump, pump**3]
    scale = [utilisation, towers, 1.0 / towers, pump, 1.0 / (towers * pump)]
    products = [a * b for a in gap_terms for b in scale] + [a * utilisation for a in lwt_terms]
    products += [a * b for a in pump_terms for b in (utilisation, towers, utilisation / towers)]
    cold = _hinges(wet_bulb, -2.0, 0.0, 2.0, 8.0, 16.0)
    products += [a * b for a in cold[:3] for b in scale]
    single = [wet_bulb, *cold, utilisation**2, *scale]
    # Stacked as rows and turned, which is several times faster than column by column.
    return np.stack([*gap_terms, *lwt_terms, *pump_terms, *single, *products]).T


@dataclass
class ResetRule(Policy):
    """Leaving water follows the wet bulb between two stops; equal stops make it static.

    Attributes
    ----------
    low, high, approach
        Stops in C, and K above the wet bulb.
    towers
        Cells in use.
    pump, pump_slope
        Command at 55 % utilisation, and its change per unit of utilisation.
    envelope
        Keeps the limits that are in force, whatever they were when the rule was tuned.
    """

    low: float
    high: float
    approach: float
    towers: float
    pump: float
    pump_slope: float
    envelope: Envelope

    def stops(self, utilisation: Array, cold_aisle_max: float, delta_t_max: float) -> tuple[Array, Array]:
        """Highest set-point in C that the limits allow, and pump command, for each row."""
        pump = np.clip(self.pump + self.pump_slope * (utilisation - 0.55), *LIMITS[2])
        pump = np.maximum(pump, self.envelope.slowest_pump(utilisation, delta_t_max))
        return self.envelope.hottest_setpoint(utilisation, pump, cold_aisle_max), pump

    def setpoints(
        self, wet_bulb: Array, utilisation: Array, cold_aisle_max: float, delta_t_max: float
    ) -> tuple[Array, Array]:
        """Leaving-water set-point in C and pump command for each row."""
        hottest, pump = self.stops(utilisation, cold_aisle_max, delta_t_max)
        lwt = np.minimum(np.clip(wet_bulb + self.approach, self.low, self.high), hottest)
        return np.clip(lwt, *LIMITS[0]), pump

    def act(self, seen: Table, rules: Table) -> Table:
        """Apply the rule to each plant."""
        cold_aisle_max = float(rules["cold_aisle_max_c"][0])
        lwt, pump = self.setpoints(
            celsius(seen["wet_bulb_f"]),
            seen["utilisation_pct"] / 100,
            cold_aisle_max,
            float(rules["delta_t_max_k"][0]),
        )
        lwt = np.clip(np.minimum(lwt, trimmed(seen, cold_aisle_max)), *LIMITS[0])
        return {
            "tower_lwt_setpoint_f": fahrenheit(lwt),
            "towers_running": np.full(len(lwt), self.towers),
            "water_pump_vfd_pct": 100 * pump,
        }


def group_medians(key: Array, values: Array) -> Array:
    """Median of the values in each run of equal, sorted keys, ``(groups,)``."""
    order = np.lexsort((values, key))
    edges = np.flatnonzero(np.concatenate([[True], np.diff(key) != 0, [True]]))
    return np.asarray(values[order][(edges[:-1] + edges[1:]) // 2])


def trimmed(seen: Table, cold_aisle_max: float) -> Array:
    """Highest set-point in C once the cold aisle has come near its limit; infinite before.

    A drifted sensor or a lost fan makes the model's rise wrong; the rise that is measured is not.
    """
    target = cold_aisle_max - TRIM_K
    hottest = celsius(seen["tower_lwt_setpoint_f"]) + target - seen["cold_aisle_c"]
    return np.where(seen["cold_aisle_c"] > target, hottest, np.inf)


def fit_envelope(log: Table) -> Envelope:
    """Fit the limits' models to the log."""
    terms = _flow_terms(log["utilisation_pct"] / 100, log["water_pump_vfd_pct"] / 100)
    models, margins = [], []
    for y in (log["cold_aisle_c"] - celsius(log["tower_lwt_setpoint_f"]), log["delta_t_k"]):
        model = fit_ridge(terms, y[:, None], penalty=1e-8)
        models.append(model)
        error = y - model.predict(terms)[:, 0]
        margins.append(float(np.quantile(error, MARGIN_QUANTILE)) + ALLOWANCE_K)
    return Envelope(models[0], models[1], margins[0], margins[1])


@dataclass(frozen=True)
class PowerModel:
    """The owner's energy model: one regression for the IT meter, one for all other power.

    IT is metered ten times better than the facility, and follows the cold aisle; fitting both at once
    would drown the servers' fans in the noise of the main meter.
    """

    envelope: Envelope
    it: Linear
    other: Linear

    @classmethod
    def fit(cls, log: Table, envelope: Envelope, lwt: Array, towers: Array, pump: Array, wet_bulb: Array,
            utilisation: Array) -> PowerModel:  # fmt: skip
        """Fit both to a log; set-points, wet bulb (C) and utilisation are its columns, ``(rows,)``."""
        it = (log["it_load_kw"] + log["network_load_kw"])[:, None]
        warm = _aisle_terms(envelope, lwt, pump, utilisation)
        terms = _energy_terms(lwt, towers, pump, wet_bulb, utilisation)
        other = log["facility_kw"][:, None] - it
        return cls(envelope, fit_ridge(warm, it, penalty=1e-7), fit_ridge(terms, other, penalty=1e-3))

    def predict(self, lwt: Array, towers: Array, pump: Array, wet_bulb: Array, utilisation: Array) -> Array:
        """Facility power in kW, ``(rows,)``."""
        warm = _aisle_terms(self.envelope, lwt, pump, utilisation)
        terms = _energy_terms(lwt, towers, pump, wet_bulb, utilisation)
        return np.asarray(self.it.predict(warm)[:, 0] + self.other.predict(terms)[:, 0])


def _aisle_terms(envelope: Envelope, lwt: Array, pump: Array, utilisation: Array) -> Array:
    """What IT power follows: utilisation, and the cold aisle with change points where fans speed up."""
    aisle = lwt - envelope.hottest_setpoint(utilisation, pump, 0.0)
    knots = _hinges(aisle, 21.0, 22.0, 23.0, 24.0, 25.0, 26.0, 27.0)
    return np.stack([utilisation, utilisation**2, aisle, utilisation * aisle, *knots]).T


def evenly(log: Table, rows: int) -> Table:
    """Pick rows evenly spread over a log; all of them when there are fewer."""
    count = len(next(iter(log.values())))
    pick = np.linspace(0, count - 1, min(rows, count)).astype(int)
    return {name: values[pick] for name, values in log.items()}


def fit_incumbent(history: Log, budget: Budget, luck: Luck) -> ResetRule:
    """Tune the rule; it needs no luck, and the same whatever the budget."""
    return tuned_rule(history)


@lru_cache(maxsize=2)
def tuned_rule(history: Log) -> ResetRule:
    """Choose among some 15,000 rules by the energy model, on the weather and load of the log.

    The incumbent and the learners that fall back on it share one result in a process. It is not changed.
    """
    log = evenly(history.data[TABLE], FITTED_ROWS)
    envelope = fit_envelope(log)
    wet_bulb, utilisation = celsius(log["wet_bulb_f"]), log["utilisation_pct"] / 100
    tried = (celsius(log["tower_lwt_setpoint_f"]), log["towers_running"], log["water_pump_vfd_pct"] / 100)
    power = PowerModel.fit(log, envelope, *tried, wet_bulb, utilisation)
    rows = np.linspace(0, len(wet_bulb) - 1, min(REPLAYED_ROWS, len(wet_bulb))).astype(int)
    # Nobody runs a plant by rule where the log has never been.
    ranges = [np.quantile(values, [0.005, 0.995]) for values in tried]
    return _cheapest(_Replay(power, wet_bulb[rows], utilisation[rows]), envelope, ranges)


def _cheapest(replay: _Replay, envelope: Envelope, ranges: list[Array]) -> ResetRule:
    (lwt_low, lwt_high), (towers_low, towers_high), (pump_low, pump_high) = ranges
    stops = _among(np.arange(12.0, 22.6, 1.0), lwt_low - 0.5, lwt_high + 0.5)
    pumps = _among(np.array([0.5, 0.55, 0.6, 0.65, 0.7, 0.8]), pump_low - 0.025, pump_high)
    static = [(stop, stop, 0.0) for stop in stops]
    reset = [(a, b, k) for a in stops for b in stops if a < b for k in (3.0, 4.0, 5.0, 6.0, 7.0, 9.0)]
    levels = static + reset
    outside = (towers_low > replay.TOWERS) | (towers_high < replay.TOWERS)
    best: tuple[float, ResetRule] | None = None
    for pump, slope in product(pumps, (0.0, 0.5)):
        rules = [ResetRule(float(a), float(b), k, 6.0, pump, slope, envelope) for a, b, k in levels]
        kw = np.where(outside, np.inf, replay.mean_power(rules))
        level, cells = divmod(int(np.argmin(kw)), len(replay.TOWERS))
        if best is None or kw[level, cells] < best[0]:
            best = float(kw[level, cells]), replace(rules[level], towers=float(replay.TOWERS[cells]))
    assert best is not None
    return best[1]


def _among(values: Array, low: float, high: float) -> list[float]:
    """Give the values inside a range, or the nearest to it where a short log has none."""
    inside = [float(v) for v in values if low <= v <= high]
    return inside or [float(values[np.abs(values - (low + high) / 2.0).argmin()])]


class _Replay:
    """The energy model tabulated over weather and set-points, so that a rule costs a look-up.

    ``table`` is ``(rows, set-points, pumps, towers)`` in kW.
    """

    LWT = np.arange(LIMITS[0][0], LIMITS[0][1] + 0.1, 1.0)
    PUMP = np.linspace(*LIMITS[2], 11)
    TOWERS = np.arange(LIMITS[1][0], LIMITS[1][1] + 0.1)

    def __init__(self, power: PowerModel, wet_bulb: Array, utilisation: Array) -> None:
        self.wet_bulb, self.utilisation = wet_bulb, utilisation
        set_points = np.array(list(product(self.LWT, self.PUMP, self.TOWERS)))
        lwt, pump, towers = np.tile(set_points, (len(wet_bulb), 1)).T
        weather = (np.repeat(column, len(set_points)) for column in (wet_bulb, utilisation))
        kw = power.predict(lwt, towers, pump, *weather)
        self.table = kw.reshape(len(wet_bulb), len(self.LWT), len(self.PUMP), len(self.TOWERS))

    def mean_power(self, rules: list[ResetRule]) -> Array:
        """Mean forecast kW of rules that share a pump command, ``(rules, towers)``."""
        hottest, pump = rules[0].stops(self.utilisation, 27.0, 12.0)
        low, high, approach = (
            np.array([getattr(rule, name) for rule in rules])[:, None] for name in ("low", "high", "approach")
        )
        lwt = np.clip(np.minimum(np.clip(self.wet_bulb + approach, low, high), hottest), *LIMITS[0])
        x = (lwt - self.LWT[0]) / (self.LWT[1] - self.LWT[0])
        y = (pump - self.PUMP[0]) / (self.PUMP[1] - self.PUMP[0])
        i: Array = x.astype(int).clip(0, len(self.LWT) - 2)
        j: Array = y.astype(int).clip(0, len(self.PUMP) - 2)
        x, y = (x - i)[..., None], (y - j)[:, None]
        row = np.arange(len(pump))
        corner = [[self.table[row, i + a, j + b] for b in (0, 1)] for a in (0, 1)]
        kw = (1 - x) * ((1 - y) * corner[0][0] + y * corner[0][1])
        kw += x * ((1 - y) * corner[1][0] + y * corner[1][1])
        return np.asarray(kw.mean(1))
