"""How well the net votes of an attempt are forecast, beside what the file can tell."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.protocol import Array, Forecaster, Forecasts, Score, Text
from core.stats.uplift import qini
from data_synth.electorate import Electorate
from data_synth.electorate_posterior import Expected
from usecases.voter_targeting.contact.bounds import told
from usecases.voter_targeting.contact.schema import seen_of

DOOR = 0
"""Number of the channel whose order and effect are measured."""


def skill_of(world: Electorate, policy: Forecaster) -> Mapping[str, Score]:
    """Order of persons for a visit, and error of its forecast effect."""
    forecast = np.asarray(policy.predict(seen_of(world))["value"], float)
    known, truth = told(world), world.effects.net
    return {"visit_qini": _order(forecast, known, truth), "visit_error": _error(forecast, known, truth)}


def _order(forecast: Array, known: Expected, truth: Array) -> Score:
    best = forecast.max(1)
    return Score(
        1000.0 * qini(best, truth[:, DOOR]), "net votes/1,000 persons",
        1000.0 * qini(known.net[:, DOOR], truth[:, DOOR]), 0.0, better="higher",
    )  # fmt: skip


def _error(forecast: Array, known: Expected, truth: Array) -> Score:
    def rmse(guess: Array) -> float:
        return float(100.0 * np.sqrt(np.mean((guess - truth[:, DOOR]) ** 2)))

    mean = np.full(len(truth), truth[:, DOOR].mean())
    return Score(rmse(forecast[:, DOOR]), "points", rmse(known.net[:, DOOR]), rmse(mean))


def forecasts_of(world: Electorate, policy: Forecaster) -> list[Forecasts]:
    """Give what a visit is forecast to gain beside what it gains, person by person."""
    value = policy.predict(seen_of(world))["value"][:, DOOR]
    label: Text = {"en": "Net votes by a visit", "ko": "방문 한 번의 순득표"}
    return [Forecasts("visit", label, "points", 100.0 * world.effects.net[:, DOOR], 100.0 * value)]
