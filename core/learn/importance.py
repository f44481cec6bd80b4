"""Which columns a forecaster lives on: how much worse its skill gets when one of them is shuffled.

Columns whose names differ in the number at their end alone (``force_1``, ``force_2``) are one quantity at
several places. They are shuffled together: the first of one row and the second of another belong to no row.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.protocol import Array, Forecaster, Luck, Rng, Score, Table

SHUFFLES = 5
MOST_COLUMNS = 40
PATIENCE_S = 20.0
PROBED = 500
"""Rows on which it is found out whether a column moves the forecast at all."""

Skill = Callable[[Forecaster], Mapping[str, Score]]
Columns = tuple[str, ...]
"""One column, or several that are one quantity at several places."""


@dataclass(frozen=True, slots=True)
class Importance:
    """By how much the measure got worse when columns were shuffled together; one value a shuffle."""

    columns: Columns
    worse: tuple[float, ...]

    @property
    def mean(self) -> float:
        return float(np.mean(self.worse))


@dataclass(frozen=True, slots=True)
class Importances:
    """What shuffling did; made by :func:`permutation_importance`.

    Attributes
    ----------
    measure, unit, value
        The first measure of the skill, and where it stands with nothing shuffled.
    columns
        Most important first.
    idle
        Those that moved no forecast.
    broken
        Those whose shuffling makes rows that cannot be forecast, such as a strip thicker than its bar.
    unseen
        Those that move the forecast and were not looked at: there were too many, or time was up.
    """

    measure: str
    unit: str
    value: float
    columns: tuple[Importance, ...]
    idle: tuple[Columns, ...]
    broken: tuple[Columns, ...]
    unseen: tuple[Columns, ...]


@dataclass
class _Shuffled(Forecaster):
    """A policy that is shown some columns in another order of rows."""

    policy: Forecaster
    columns: Columns
    rng: Rng

    def act(self, seen: Table, rules: Table) -> Table:
        return self.policy.act(seen, rules)

    def predict(self, seen: Table) -> Table:
        return self.policy.predict(shuffled(seen, self.columns, self.rng))


@dataclass
class _Watched(Forecaster):
    """A policy whose first batch is remembered."""

    policy: Forecaster
    first: Table | None = None

    def act(self, seen: Table, rules: Table) -> Table:
        return self.policy.act(seen, rules)

    def predict(self, seen: Table) -> Table:
        if self.first is None:
            self.first = seen
        return self.policy.predict(seen)


def shuffled(seen: Table, columns: Columns, rng: Rng) -> Table:
    """Give a table with some columns in another order, the same for all of them; a vector a row stays whole.

    Examples
    --------
    >>> rows = {"a": np.arange(4), "b_1": np.arange(4), "b_2": np.arange(4)}
    >>> found = shuffled(rows, ("b_1", "b_2"), np.random.default_rng(0))
    >>> found["a"].tolist(), (found["b_1"] == found["b_2"]).all(), sorted(found["b_1"].tolist())
    ([0, 1, 2, 3], np.True_, [0, 1, 2, 3])
    """
    here = [name for name in columns if name in seen]
    if not here:
        return seen
    order = rng.permutation(len(seen[here[0]]))
    return {**seen, **{name: np.asarray(seen[name])[order] for name in here}}


def families(names: Iterable[str]) -> list[Columns]:
    """Put columns together that differ in the number at their end alone.

    Examples
    --------
    >>> families(["force_1", "width", "force_2", "mean_30d", "c_1"])
    [('force_1', 'force_2'), ('width',), ('mean_30d',), ('c_1',)]
    """
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(re.sub(r"_\d+$", "_#", name), []).append(name)
    return [tuple(members) for members in found.values()]


def permutation_importance(
    policy: Forecaster,
    skill: Skill,
    luck: Luck,
    *,
    shuffles: int = SHUFFLES,
    most: int = MOST_COLUMNS,
    patience: float = PATIENCE_S,
    clock: Callable[[], float] = time.perf_counter,
) -> Importances | None:
    """Shuffle one quantity after the other and measure the skill again [1]_ [2]_.

    Columns that say the same stand in for each other, so each of them may look unimportant; and shuffling
    makes rows that never occur. So it tells what this policy reads, not what causes what.

    Parameters
    ----------
    policy
        Stays as it is.
    skill
        Measures a forecaster; its first measure counts.
    luck
        A stream for each quantity and shuffle, so that none's answer depends on the others.
    shuffles
        Of each quantity; fewer where time is up, and as many of each.
    most, patience
        Quantities that are looked at, and seconds after which nothing further is. All are shuffled once
        before one is shuffled again, those first that move the forecast most.
    clock
        Seconds.

    Returns
    -------
    Importances or None
        None where the policy forecasts nothing, or nothing is measured.

    References
    ----------
    .. [1] Breiman, L. (2001), Random forests, Machine Learning 45, 5-32.
    .. [2] Fisher, A., Rudin, C. and Dominici, F. (2019), All models are wrong, but many are useful,
       Journal of Machine Learning Research 20(177).
    """
    end = clock() + patience
    watched = _Watched(policy)
    found = skill(watched)
    if not found or watched.first is None:
        return None
    measure, base = next(iter(found.items()))
    moved = _moved(policy, watched.first, luck)
    order = sorted((name for name in moved if moved[name] > 0.0), key=lambda name: -moved[name])
    sign = 1.0 if base.better == "lower" else -1.0

    def worse(columns: Columns, place: int) -> float:
        shown = _Shuffled(policy, columns, luck(f"{columns[0]}/{place}"))
        return sign * (_measured(shown, skill, measure) - base.value)

    seen = _in_rounds(order[:most], shuffles, worse, lambda: clock() >= end)
    known = [one for one in seen if math.isfinite(one.mean)]
    return Importances(
        measure,
        base.unit,
        base.value,
        columns=tuple(sorted(known, key=lambda one: -one.mean)),
        idle=tuple(name for name in moved if moved[name] <= 0.0),
        broken=tuple(one.columns for one in seen if not math.isfinite(one.mean)),
        unseen=tuple(order[len(seen) :]),
    )


def _in_rounds(
    order: Sequence[Columns],
    shuffles: int,
    worse: Callable[[Columns, int], float],
    late: Callable[[], bool],
) -> list[Importance]:
    """Shuffle all once, then all again; a later round that time cuts short does not count."""
    rounds: list[list[float]] = []
    for place in range(shuffles):
        rounds.append([])
        for columns in order:
            if late():
                break
            rounds[-1].append(worse(columns, place))
    whole = [one for one in rounds if len(one) == len(rounds[0])] if rounds[0] else []
    values = zip(*whole, strict=True)
    return [Importance(columns, found) for columns, found in zip(order, values, strict=False)]


def _measured(policy: Forecaster, skill: Skill, measure: str) -> float:
    """Measure a policy on rows that may be impossible; ``nan`` where it cannot forecast them."""
    try:
        with np.errstate(all="ignore"):
            return float(skill(policy)[measure].value)
    except (ValueError, ArithmeticError):
        return math.nan


def _moved(policy: Forecaster, batch: Table, luck: Luck) -> Mapping[Columns, float]:
    """By how much each quantity moves the forecasts of some rows, when it is shuffled.

    A few rows tell, because a row is forecast as it would be alone.
    """
    rows = max((len(values) for values in batch.values()), default=0)
    few = {name: np.asarray(values)[:: -(-rows // PROBED) or 1] for name, values in batch.items()}
    before = policy.predict(few)
    found = {}
    for columns in families(few):
        try:
            with np.errstate(all="ignore"):
                after = policy.predict(shuffled(few, columns, luck(f"{columns[0]}/probe")))
        except (ValueError, ArithmeticError):
            found[columns] = math.inf
        else:
            found[columns] = sum(_distance(before[name], after[name]) for name in before)
    return found


def _distance(before: Array, after: Array) -> float:
    """Mean distance of two forecasts; never 0 where they differ."""
    if np.array_equal(before, after, equal_nan=True):
        return 0.0
    gap = float(np.nan_to_num(np.abs(np.asarray(after, float) - np.asarray(before, float))).mean())
    return max(gap, float(np.finfo(float).tiny))
