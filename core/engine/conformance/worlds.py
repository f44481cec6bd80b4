"""Questions to worlds and histories."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from core.engine.conformance.evidence import Evidence
from core.engine.conformance.marks import differing, digest, leaves, marks
from core.engine.conformance.question import Question
from core.engine.scenario import is_live, levers, span
from core.luck import luck_of
from core.protocol import Array, History


def named(what: str, paths: list[str]) -> Iterator[str]:
    """Say where two of something differ."""
    yield from (f"{what}{path}" for path in sorted(paths))


def same_seed(evidence: Evidence) -> Iterator[str]:
    """A seed gives the same world, history and policies again, to the bit."""
    (world, history), (world_again, history_again) = evidence.draw(0), evidence.draw(0)
    yield from named("world", differing(marks(world), marks(world_again)))
    yield from named("history", differing(marks(history), marks(history_again)))
    for name, (differs, _) in evidence.trained_again.items():
        yield from named(f"policy {name}", differs)


def other_seed(evidence: Evidence) -> Iterator[str]:
    """Another seed gives another history, and the history another past to learn from."""
    one, other = (marks(evidence.draw(seed)[1].tables()) for seed in (0, 1))
    if not differing(one, other):
        yield "seeds 0 and 1 give the same history"


def no_truth(evidence: Evidence) -> Iterator[str]:
    """A history is its declared columns and nothing beside them."""
    _, history = evidence.draw(0)
    tables = history.tables()
    for name in tables.keys() ^ history.schema.keys():
        yield f"table {name!r} is {'not in the schema' if name in tables else 'missing'}"
    for name in tables.keys() & history.schema.keys():
        declared = [column.name for column in history.schema[name]]
        for column in set(tables[name].columns) ^ set(declared):
            yield f"{name}.{column} is {'missing' if column in declared else 'not in the schema'}"
        for entry in history.schema[name]:
            if not all(entry.label.get(language) for language in ("en", "ko")):
                yield f"{name}.{entry.name} has no label in both languages"
    shown = {digest(leaf) for _, leaf in leaves(tables) if isinstance(leaf, np.ndarray)}
    for path, leaf in leaves(history):
        if isinstance(leaf, np.ndarray) and leaf.size and digest(leaf) not in shown:
            yield f"history{path} is an array beside the tables"


def live_levers(evidence: Evidence) -> Iterator[str]:
    """Live levers move neither the world nor its history."""
    live = {n: i for n, i in levers(evidence.case.scenario).items() if is_live(i)}
    world, history = map(marks, evidence.draw(0))
    for end in (0, 1):
        values = {name: ends[end] for name, info in live.items() if (ends := span(info))}
        moved_world, moved_history = map(marks, evidence.draw(0, evidence.with_levers(values)))
        yield from named("history", differing(history, moved_history))
        yield from named("world", differing(world, moved_world))


def open_data(evidence: Evidence) -> Iterator[str]:
    """A smaller share of the history lies inside a larger one."""
    _, history = evidence.draw(0)
    luck = luck_of(0)
    shares = [0.0, 0.3, 0.6, 1.0]
    kept = [rows_of(history.thin(share, luck)) for share in shares]
    for (small, less), (large, more) in pairwise(zip(shares, kept, strict=True)):
        for name in more:
            if not np.isin(less[name], more[name]).all():
                yield f"{name}: {small:g} of it is not inside {large:g}"
    yield from named("a share of 1 is not the whole, ", differing(marks(kept[-1]), marks(rows_of(history))))


def rows_of(history: History) -> dict[str, Array]:
    """A number for each row of each table, equal for equal rows."""
    from pandas.util import hash_pandas_object

    return {name: hash_pandas_object(t, index=False).to_numpy() for name, t in history.tables().items()}


QUESTIONS = (
    Question("same_seed", "Same seed, same rows", "같은 시드, 같은 행", same_seed),
    Question("other_seed", "Another seed, other rows", "다른 시드, 다른 행", other_seed),
    Question("no_truth", "History holds its columns and no truth", "이력에 감춰진 진실이 없음", no_truth),
    Question(
        "live_levers",
        "Live levers leave the world alone",
        "실시간 레버는 세계를 바꾸지 않음",
        live_levers,
    ),
    Question("open_data", "Less data lies inside more", "적은 데이터는 많은 데이터에 포함됨", open_data),
)
