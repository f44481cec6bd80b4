"""What the learner selected on the first seed of a run forecasts, and which columns it lives on.

The answer is small, whatever the industry: some points, some bins, some columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.engine.registry import AnyUseCase
from core.engine.scenario import deep_part
from core.learn.calibration import reliability
from core.learn.importance import Columns, Importances, permutation_importance
from core.luck import luck_of, scoped
from core.protocol import Array, Forecaster, Forecasts, Luck, Schema, Score, Text
from core.results import Run
from core.store.runs import Store
from dashboards.playing import EXACT, moved, policies_of

NO_LEARNER, NO_FORECAST, NOTHING, CHANGED = "no_learner", "no_forecast", "nothing", "other_code"
POINTS, BINS, BARS = 400, 10, 12


@dataclass(frozen=True, slots=True)
class Cloud:
    """Forecasts of a quantity beside the truth: errors over all rows, and some rows drawn by chance."""

    label: Text
    unit: str
    rows: int
    rmse: float
    bias: float
    truth: tuple[float, ...]
    forecast: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows of like chances: the mean chance, and the share that came true with its 95 % interval."""

    rows: int
    chance: float
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Chances:
    """Chances beside what came: all rows, and bins in rising order."""

    label: Text
    whole: Bin
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A column, what it is, and by how much the measure got worse without it: mean, least and greatest."""

    name: str
    label: Text
    worse: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Bars:
    """The most important columns, and names of those of which nothing is told.

    Attributes
    ----------
    measure, unit, value
        What got worse, and where it stands.
    shuffles
        Of each column.
    idle, broken, unseen
        Columns that move no forecast, that cannot be shuffled, and that were not looked at.
    """

    measure: str
    unit: str
    value: float
    shuffles: int
    bars: tuple[Bar, ...]
    idle: tuple[Text, ...]
    broken: tuple[Text, ...]
    unseen: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Inside:
    """What was found, or the reason why nothing is told."""

    learner: str
    seed: int
    reason: str = ""
    clouds: tuple[Cloud, ...] = ()
    chances: tuple[Chances, ...] = ()
    bars: Bars | None = None


def look(case: AnyUseCase, asked: Mapping[str, Any]) -> list[Inside]:
    """Look into the learner that was selected on the first seed of a run with trained policies.

    Parameters
    ----------
    asked
        ``root`` folder of runs, and a ``run`` in it.

    Raises
    ------
    UserError
        When the run is not there, or a file is damaged.
    """
    store = Store(asked["root"])
    run = store.open(asked["run"])
    if not run.chosen:
        return [Inside("", run.seeds[0], NO_LEARNER)]
    learner, seed = run.chosen[0], run.seeds[0]
    policy = store.policy(case, Path(run.path) / policies_of(run, 0)[learner])
    if not isinstance(policy, Forecaster):
        return [Inside(learner, seed, NO_FORECAST)]
    luck, scenario = luck_of(seed), deep_part(moved(run, {}))
    world, history = case.world(scenario, scoped(luck, "world"))
    if not as_stored(run, learner, case.skill(scenario, world, policy)):
        return [Inside(learner, seed, CHANGED)]
    luck = scoped(luck, "inside")
    shown = case.forecasts(scenario, world, policy)
    found = permutation_importance(policy, lambda one: case.skill(scenario, world, one), luck)
    if not shown and found is None:
        return [Inside(learner, seed, NOTHING)]
    return [
        Inside(
            learner,
            seed,
            clouds=tuple(cloud(one, luck) for one in shown if one.kind == "quantity"),
            chances=tuple(chances(one) for one in shown if one.kind == "chance"),
            bars=bars(found, history.schema) if found else None,
        )
    ]


def as_stored(run: Run, learner: str, skill: Mapping[str, Score]) -> bool:
    """Whether the first seed's skill is what the run has stored; else it was other code."""
    mine = (run.scores["seed"] == run.seeds[0]) & (run.scores["contender"] == learner)
    stored = dict(zip(run.scores["measure"][mine].tolist(), run.scores["value"][mine].tolist(), strict=True))
    return stored.keys() == skill.keys() and all(
        np.allclose(skill[name].value, value, rtol=EXACT, atol=EXACT, equal_nan=True)
        for name, value in stored.items()
    )


# --- forecasts ---------------------------------------------------------------------------------


def cloud(one: Forecasts, luck: Luck) -> Cloud:
    """Judge forecasts of a quantity over all rows, and draw some of them.

    Raises
    ------
    ValueError
        When the lengths differ, or a number is not finite.
    """
    truth, forecast = _columns(one)
    error = forecast - truth
    rng, rows = luck(f"points/{one.name}"), len(truth)
    # By chance: every nth row would meet the same hour, or the same stand, again and again.
    some = np.sort(rng.choice(rows, POINTS, replace=False)) if rows > POINTS else np.arange(rows)
    return Cloud(
        one.label,
        one.unit,
        rows,
        rmse=float(np.sqrt(np.mean(error**2))),
        bias=float(error.mean()),
        truth=tuple(truth[some].tolist()),
        forecast=tuple(forecast[some].tolist()),
    )


def chances(one: Forecasts) -> Chances:
    """Set chances beside what came, in bins.

    Raises
    ------
    ValueError
        When the lengths differ, a chance is outside [0, 1], or a truth is neither 0 nor 1.
    """
    truth, chance = _columns(one)
    place = binned(chance)
    bins = (_bin(chance[place == i], truth[place == i]) for i in np.unique(place))
    return Chances(one.label, _bin(chance, truth), tuple(bins))


def binned(chance: Array) -> Array:
    """Number the bin of each row, from 0: each holds as many expected cases of what is rarer, yes or no.

    Bins of as many rows each would nearly all lie at 0, where one thing in a hundred comes true. Equal
    chances stay together.

    Examples
    --------
    >>> binned(np.array([0.5, 0.5, 0.01, 0.02])).tolist()
    [5, 5, 0, 0]
    """
    order = np.argsort(chance, kind="stable")
    rare = chance[order] if chance.mean() < 0.5 else 1.0 - chance[order]
    before = np.cumsum(rare) - rare / 2.0
    values, which = np.unique(chance[order], return_inverse=True)
    middle = np.bincount(which, before) / np.bincount(which)
    share = middle / max(float(rare.sum()), np.finfo(float).tiny)
    place = np.minimum(np.floor(BINS * share), BINS - 1).astype(int)
    return np.asarray(place[np.searchsorted(values, chance)])


def _bin(chance: Array, truth: Array) -> Bin:
    found = reliability(chance, truth, bins=1)
    columns = (found.forecast, found.share, found.low, found.high)
    return Bin(len(truth), *(float(values[0]) for values in columns))


def _columns(one: Forecasts) -> tuple[Array, Array]:
    truth, forecast = np.asarray(one.truth, float), np.asarray(one.forecast, float)
    if truth.shape != forecast.shape or truth.ndim != 1 or not len(truth):
        raise ValueError(
            f"forecasts of {one.name}: shapes are {truth.shape} and {forecast.shape}, not (rows,)"
        )
    if not (np.isfinite(truth).all() and np.isfinite(forecast).all()):
        raise ValueError(f"forecasts of {one.name}: a number is not finite")
    return truth, forecast


# --- columns -----------------------------------------------------------------------------------


def bars(found: Importances, schema: Schema) -> Bars:
    """Name the most important columns by the labels of the history's schema."""
    # The first table that has a column says what it is.
    known = {column.name: column.label for table in [*schema.values()][::-1] for column in table}

    def named(groups: Iterable[Columns]) -> tuple[Text, ...]:
        return tuple(label_of(group, known) for group in groups)

    top = found.columns[:BARS]
    return Bars(
        found.measure,
        found.unit,
        found.value,
        shuffles=len(top[0].worse) if top else 0,
        bars=tuple(
            Bar(one.columns[0], label_of(one.columns, known), one.mean, min(one.worse), max(one.worse))
            for one in top
        ),
        idle=named(found.idle),
        broken=named(found.broken),
        unseen=named(found.unseen),
    )


def label_of(columns: Columns, known: Mapping[str, Text]) -> Text:
    """Name a column, or the quantity that several columns are at several places.

    Examples
    --------
    >>> label_of(("force_1", "force_2"), {"force_1": {"en": "force of stand 1", "ko": "스탠드 1 하중"}})
    {'en': 'force of stand 1–2', 'ko': '스탠드 1–2 하중'}
    """
    label = known.get(columns[0]) or {"en": columns[0], "ko": columns[0]}
    if len(columns) == 1:
        return {"en": label["en"], "ko": label["ko"]}
    first, last = (name.rsplit("_", 1)[1] for name in (columns[0], columns[-1]))
    return {"en": _spanned(label["en"], first, last), "ko": _spanned(label["ko"], first, last)}


def _spanned(text: str, first: str, last: str) -> str:
    """Put a span of places where the first place stands, the last time it does."""
    front, found, back = text.rpartition(first)
    return f"{front}{first}–{last}{back}" if found else f"{text} {first}–{last}"


# --- from a process apart ------------------------------------------------------------------------


def read(told: Mapping[str, Any]) -> Inside:
    """Read an answer that travelled as JSON, which knows no tuples."""
    found = told["bars"]
    return Inside(
        told["learner"],
        told["seed"],
        told["reason"],
        tuple(Cloud(**_tupled(one)) for one in told["clouds"]),
        tuple(
            Chances(one["label"], Bin(**one["whole"]), tuple(Bin(**b) for b in one["bins"]))
            for one in told["chances"]
        ),
        Bars(**_tupled(found | {"bars": [Bar(**one) for one in found["bars"]]})) if found else None,
    )


def _tupled(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
