"""How well forces are forecast on the coils that follow history, by what was learned before them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from core.protocol import Array, Forecaster, Forecasts, Score, Table
from data_synth.rolling import HotStripMill
from usecases.rolling_mill.schema import as_rolled, recorded, stands

MOST_COILS = 1_586
"""As many as Cho et al. (1997) held out."""


def held_out(world: HotStripMill) -> slice:
    """Coils after history and before the step, as the plant rolled them."""
    return slice(world.first_played, min(world.step_coil, world.first_played + MOST_COILS))


def coils(world: HotStripMill) -> Table:
    """Coils that are held out, as they came out."""
    return as_rolled(recorded(world, held_out(world)))


def measure(world: HotStripMill, forecast: Callable[[Table], Array]) -> Mapping[str, Score]:
    """Score a forecast of forces ``(coils, 7)`` on coils as rolled, those with right records.

    The floor is the error of the true force against the cells. The naive reference takes each stand's
    coefficient from the coil before.
    """
    rows, log = held_out(world), coils(world)
    read, model = stands(log, "force_mn"), stands(log, "model_plan_mn")
    before = np.concatenate([np.ones((1, read.shape[1])), (read / model)[:-1]])
    good = world.readings.good[rows]
    error, floor, naive = (
        np.abs(force[good] / read[good] - 1.0)
        for force in (forecast(log), world.made.force[rows], model * before)
    )
    return {
        "force_error_as_learned": Score(_percent(error), "%", _percent(floor), _percent(naive)),
        "force_hit5_as_learned": Score(
            _percent(error <= 0.05), "%", _percent(floor <= 0.05), _percent(naive <= 0.05), better="higher"
        ),
    }


def _percent(share: Array) -> float:
    return float(100 * share.mean())


def skill_of(world: HotStripMill, policy: Forecaster) -> Mapping[str, Score]:
    """Score a contender as history left it; what it learns during play is in the KPIs."""
    return measure(world, lambda log: stands(policy.predict(log), "force_mn"))


def forecasts_of(world: HotStripMill, policy: Forecaster) -> list[Forecasts]:
    """Give a contender's forces as history left it beside those of the cells, stand by stand."""
    log, good = coils(world), world.readings.good[held_out(world)]
    truth, forecast = (stands(table, "force_mn")[good].ravel() for table in (log, policy.predict(log)))
    return [Forecasts("force", {"en": "Rolling force", "ko": "압연 하중"}, "MN", truth, forecast)]


def reference_skill(world: HotStripMill) -> Mapping[str, Mapping[str, Score]]:
    """Score the plant's formula as it stands, with no coefficient at all."""
    return {"bare_formula": measure(world, lambda log: stands(log, "model_plan_mn"))}
