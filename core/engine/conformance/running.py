"""Questions to whole runs: they come first, while no heavy library is loaded and workers can be forked."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

import numpy as np

from core.engine.conformance.declared import untold
from core.engine.conformance.evidence import Evidence
from core.engine.conformance.question import Measured, Question
from core.results import SELECTED, Run, document
from core.stats.noninferior import exceeds

SEEDS = 3
SMALL_SHARE = 0.1
NOTHING_LEFT = 0.01
"""A regret below this share of the headroom need not fall any more."""
LANGUAGE_FIELDS = ("title", "how", "alt", "x_label", "y_label")


def beaten_bounds(evidence: Evidence) -> Iterator[str]:
    """Nobody beats a bound by more than 1 % of headroom, and the ceiling not the oracle."""
    run = evidence.large_run
    kpi = run.headline
    rivals = [run.incumbent, *run.learners, *([SELECTED] if run.chosen else [])]
    pairs = [(name, role) for role in evidence.case.yardsticks for name in rivals]
    if {"ceiling", "oracle"} <= set(evidence.case.yardsticks):
        pairs.append(("ceiling", "oracle"))
    incumbent = run.values(kpi.name, run.incumbent)
    for name, role in pairs:
        own, bound = run.values(kpi.name, name), run.values(kpi.name, role)
        if exceeds(own, bound, incumbent, sign=kpi.sign):
            better = kpi.sign * float((own - bound).mean())
            yield f"{name} is better than the {role} by {better:.4g} {kpi.unit} on average"


def validation(evidence: Evidence) -> Iterator[str]:
    """A learner stands for selection on every seed."""
    run = evidence.large_run
    scores = np.array([run.values("validation", name) for name in evidence.learners])
    for seed in np.asarray(run.seeds)[~np.isfinite(scores).any(axis=0)]:
        yield f"no learner has a validation score on seed {seed}"


def regret_falls(evidence: Evidence) -> Measured:
    """Without noise, more history leaves a learner less regret (in headroom; the first such learner's)."""
    lever = evidence.case.noise
    if not lever:
        return Measured(0.0, 0.0, 0.0, "share of headroom", "no noise lever declared")
    answer = Measured(1.0, 0.0, 0.0, "share of headroom", "no learner")
    for name in evidence.light:
        much, little = (
            evidence.run({lever: 0.0, "data_share": share}, SEEDS, contenders=[name])
            for share in (1.0, SMALL_SHARE)
        )
        headroom = max(advantage(much, "oracle", much.incumbent), 1e-12)
        most, least = (advantage(run, "oracle", name) / headroom for run in (much, little))
        allowed = max(NOTHING_LEFT, float(np.nextafter(least, -math.inf)))
        answer = Measured(max(most, 0.0), 0.0, allowed, "share of headroom", name)
        if most <= allowed:
            break
    return answer


def advantage(run: Run, one: str, other: str) -> float:
    """How much better one is than another, on average over seeds, in the headline's unit."""
    kpi = run.headline
    return kpi.sign * float((run.values(kpi.name, one) - run.values(kpi.name, other)).mean())


def report(evidence: Evidence) -> Iterator[str]:
    """A run can be told: its document is JSON, its finding and pictures are in both languages."""
    run = evidence.large_run
    json.dumps(document(run), allow_nan=False)
    finding = run.finding()
    if finding is not None:
        yield from untold("finding", finding.sentence, korean=True)
    for chart in run.charts():
        for name in LANGUAGE_FIELDS:
            yield from untold(f"chart {chart.name}: {name}", getattr(chart, name))
        for column in filter(None, (chart.x, chart.y, chart.series, chart.low, chart.high)):
            if column not in chart.table:
                yield f"chart {chart.name}: no column {column!r}"


QUESTIONS = (
    Question("beaten_bounds", "Nobody beats a bound", "한계를 넘는 참가자 없음", beaten_bounds),
    Question("validation", "A learner stands for selection", "선택 대상이 되는 학습기가 있음", validation),
    Question(
        "regret_falls",
        "Without noise, data reduce regret",
        "잡음이 없으면 데이터가 후회를 줄임",
        regret_falls,
    ),
    Question("report", "Results can be told", "결과를 두 언어로 보고할 수 있음", report),
)
