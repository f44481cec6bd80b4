"""Questions to learning: the future stays hidden, rows stand alone, policies can be kept."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.engine.conformance.evidence import Evidence
from core.engine.conformance.marks import differing, marks
from core.engine.conformance.question import Measured, Question
from core.engine.conformance.worlds import named
from core.log import Log
from core.luck import luck_of
from core.protocol import Forecaster, Table
from core.store import policies
from core.store.manifest import package_of

PAST = 0.6
"""The share of rows that is past, where the future is hidden."""
ALONE = 1e-5
"""How far a row alone may differ from itself in a batch, relative to the largest forecast: the last digits
of a float32 net. Forecasts in float64 are expected to agree to 1e-9."""


def hidden_future(evidence: Evidence) -> Iterator[str]:
    """Hiding the future, or redrawing it, changes no fit of what came before."""
    _, history = evidence.draw(0)
    if not isinstance(history, Log):
        # Another kind of history can only be shown to repeat itself.
        return
    times = np.concatenate([np.asarray(table[history.time], float) for table in history.data.values()])
    now, later = np.quantile(times, [PAST, 0.5 + PAST / 2])
    past = history.until(now)
    for name, table in past.data.items():
        if (late := int(np.count_nonzero(table[history.time] >= now))) > 0:
            yield f"{name}: {late} rows of the future are in the past"
    tables = marks(past.data)
    for said, twice in (("twice", past.until(now)), ("in two steps", history.until(later).until(now))):
        yield from named(f"hidden {said}, history", differing(tables, marks(twice.data)))
    other = redrawn(history, now).until(now)
    for name in evidence.case.contenders:
        changed = differing(marks(evidence.fit(name, past)), marks(evidence.fit(name, other)))
        yield from named(f"another future, policy {name}", changed)


def redrawn(history: Log, now: float) -> Log:
    """Give every column but time other rows of its future from ``now`` on, with replacement.

    A permutation would leave the means as they are.
    """
    rng = luck_of(0)("future")
    data = {}
    for name, table in history.data.items():
        future = np.flatnonzero(table[history.time] >= now)
        columns = {column: values.copy() for column, values in table.items()}
        for column in [c for c in table if c != history.time]:
            columns[column][future] = table[column][rng.choice(future, len(future))]
        data[name] = columns
    return replace(history, data=data)


def history_unchanged(evidence: Evidence) -> Iterator[str]:
    """Training leaves the history as it was: all contenders learn from the same one."""
    for name, (_, changed) in evidence.trained_again.items():
        yield from named(f"{name} changed history", changed)


def row_alone(evidence: Evidence) -> Measured:
    """A forecast of a row does not depend on the rows beside it."""
    worst, where, asked = 0.0, "", 0
    for name, played in evidence.played.items():
        policy = played.policy
        for seen in played.asked.predicted[:1]:
            assert isinstance(policy, Forecaster)
            asked += 1
            difference = alone(policy, seen)
            if not difference <= worst:
                worst, where = difference, name
    detail = where or ("" if asked else "nobody forecasts")
    return Measured(worst, 0.0, ALONE, "relative", detail)


def alone(policy: Forecaster, seen: Table) -> float:
    """The largest difference of a row alone to itself in a batch, relative to the largest forecast."""
    batch = policy.predict(seen)
    length = len(next(iter(batch.values())))
    worst = 0.0
    for row in np.unique(np.linspace(0, length - 1, 7).astype(int)):
        single = policy.predict({name: values[row : row + 1] for name, values in seen.items()})
        for name, values in batch.items():
            size = float(np.max(np.abs(values))) or 1.0
            # A column may hold a vector a row.
            apart = np.abs(np.asarray(single[name][0], float) - np.asarray(values[row], float))
            worst = np.maximum(worst, float(np.max(apart)) / size)
    return float(worst)


def kept_policies(evidence: Evidence) -> Iterator[str]:
    """A policy that was saved and loaded is the same and decides the same."""
    for name, policy in evidence.policies.items():
        with tempfile.TemporaryDirectory() as folder:
            policies.save(policy, Path(folder))
            loaded = policies.load(Path(folder), (package_of(evidence.case),))
        yield from named(f"policy {name}", differing(marks(policy), marks(loaded)))
        one, other = copy.deepcopy(policy), loaded
        for seen, rules in evidence.played[name].asked.acted[:5]:
            decided = marks(one.act(seen, rules)), marks(other.act(seen, rules))
            yield from named(f"decision of {name}", differing(*decided))


QUESTIONS = (
    Question(
        "hidden_future",
        "The future changes no fit of the past",
        "미래는 과거의 학습을 바꾸지 않음",
        hidden_future,
    ),
    Question(
        "history_unchanged",
        "Training leaves history alone",
        "학습은 이력을 바꾸지 않음",
        history_unchanged,
    ),
    Question("row_alone", "A row alone is forecast as in a batch", "한 행의 예측은 묶음과 같음", row_alone),
    Question("kept_policies", "Policies survive the store", "정책은 저장 후에도 같음", kept_policies),
)
