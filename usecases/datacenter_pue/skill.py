"""How well PUE is forecast: on rows set aside at random, as published, and on the year that follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from core.learn.linear import fit_ridge
from core.log import Log
from core.protocol import Array, Forecaster, Forecasts, Score, Table, Text
from data_synth.datacenter import YEAR_STEPS, DataCenter, plant_columns
from usecases.datacenter_pue.schema import TABLE, logged
from usecases.datacenter_pue.setpoint_map import gao_matrix

MOST_ROWS = 12_000
SPLITS: Mapping[str, Text] = {
    "shuffled": {"en": "PUE, days set aside at random", "ko": "PUE, 무작위로 따로 둔 날"},
    "time": {"en": "PUE, the year that follows", "ko": "PUE, 이어지는 한 해"},
}


def held_out(world: DataCenter, split: str) -> Array:
    """Rows to test on, at most 12,000, of days with a right meter.

    ``shuffled`` rows lie five minutes from rows that were learned from; ``time`` rows are of the
    following year, as the operator would have run it.
    """
    steps = world.history_steps
    year = np.arange(steps, steps + YEAR_STEPS)
    rows = np.flatnonzero(world.tested) if split == "shuffled" else year
    rows = rows[(world.log["meter_ok"][rows] > 0) & (rows > 0)]
    return rows[:: max(1, len(rows) // MOST_ROWS)]


def measure(world: DataCenter, forecast: Callable[[Table, Array], Array]) -> Mapping[str, Score]:
    """Score a forecast of PUE, given the logged columns and their rows.

    The floor is the error of the true PUE against the meters; the naive reference is the reading of five
    minutes before.
    """
    found: dict[str, Score] = {}
    for split in SPLITS:
        rows = held_out(world, split)
        read = world.log["pue"][rows]
        at = plant_columns(world.truth[rows])
        floor = np.abs(at["facility_kw"] / at["it_kw"] - read)
        before = np.abs(world.log["pue"][rows - 1] - read)
        error = np.abs(forecast(logged(world, rows), rows) - read)
        found[f"pue_mae_{split}"] = Score(
            float(error.mean()), "PUE", float(floor.mean()), float(before.mean())
        )
        found[f"pue_accuracy_{split}"] = Score(
            _accuracy(error, read), "%", _accuracy(floor, read), _accuracy(before, read), better="higher"
        )
    return found


def _accuracy(error: Array, read: Array) -> float:
    """The share that the report calls accuracy: 100 % less the mean relative error."""
    return float(100 * (1 - (error / read).mean()))


def skill_of(world: DataCenter, policy: Forecaster) -> Mapping[str, Score]:
    """Score a contender's forecaster."""
    return measure(world, lambda table, rows: policy.predict(table)["pue"])


def forecasts_of(world: DataCenter, policy: Forecaster) -> list[Forecasts]:
    """Give a contender's forecasts on both splits beside what the meters read."""
    found = []
    for split, label in SPLITS.items():
        rows = held_out(world, split)
        pue = policy.predict(logged(world, rows))["pue"]
        found.append(Forecasts(f"pue_{split}", label, "PUE", world.log["pue"][rows], pue))
    return found


def reference_skill(world: DataCenter, history: Log) -> Mapping[str, Mapping[str, Score]]:
    """Score what needs no learning, or next to none: a constant, the last reading, ridge regression."""
    log = history.data[TABLE]
    mean = float(log["pue"].mean())
    ridge = fit_ridge(gao_matrix(log), log["pue"][:, None])
    return {
        "constant": measure(world, lambda table, rows: np.full(len(rows), mean)),
        "persistence": measure(world, lambda table, rows: world.log["pue"][rows - 1]),
        "ridge": measure(world, lambda table, rows: ridge.predict(gao_matrix(table))[:, 0]),
    }
