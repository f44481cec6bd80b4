"""Questions to the closed loop, and to the run around it."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from core.engine.cell import CellTask, compute, entrants
from core.engine.conformance.declared import settings
from core.engine.conformance.evidence import Evidence
from core.engine.conformance.marks import differing, marks
from core.engine.conformance.question import Measured, Question
from core.engine.conformance.worlds import named
from core.engine.parallel import each
from core.engine.registry import AnyUseCase
from core.engine.scenario import deep_part, learning_cost
from core.protocol import Policy, Scenario, Table


def wrong_outcome(case: AnyUseCase, found: Mapping[str, float]) -> Iterator[str]:
    """Say which KPIs are undeclared, missing or not finite."""
    declared = {kpi.name for kpi in case.kpis}
    for name in sorted(found.keys() ^ declared):
        yield f"{name} is {'missing' if name in declared else 'not declared'}"
    for name in sorted(found.keys() & declared):
        if not math.isfinite(found[name]):
            yield f"{name} is {found[name]}"


def outcomes(evidence: Evidence) -> Iterator[str]:
    """Play gives the declared KPIs, all finite, on every seed."""
    case, run = evidence.case, evidence.large_run
    first = evidence.played[evidence.incumbent].outcome.kpis
    for name, played in evidence.played.items():
        settled = case.settle(played.outcome.kpis, first, 0.0, evidence.scenario)
        yield from (f"{name}: {problem}" for problem in wrong_outcome(case, settled))
    for kpi in case.kpis:
        for row in np.flatnonzero(~np.isfinite(run.rows[kpi.name])):
            yield f"{run.rows['contender'][row]}, seed {run.rows['seed'][row]}: {kpi.name} is not finite"


def world_unchanged(evidence: Evidence) -> Iterator[str]:
    """No play changes the world."""
    world, _ = evidence.draw(0)
    before = marks(world)
    for name in entrants(evidence.case):
        evidence.play(world, evidence.player(name, world))
        after = marks(world)
        yield from named(f"{name} changed world", differing(before, after))
        before = after


def against_itself(evidence: Evidence) -> Measured:
    """The incumbent against itself shows nothing at all."""
    world, _ = evidence.draw(0)
    policy = evidence.policies[evidence.incumbent]
    one, other = (evidence.play(world, copy.deepcopy(policy)).kpis for _ in range(2))
    case, scenario = evidence.case, evidence.scenario
    mine, theirs = (case.settle(kpis, one, 0.0, scenario) for kpis in (other, one))
    gaps = {k.name: abs(mine[k.name] - theirs[k.name]) for k in case.kpis if mine[k.name] != theirs[k.name]}
    worst = max(gaps, key=lambda name: gaps[name], default="")
    return Measured(gaps.get(worst, 0.0), 0.0, 0.0, "in the KPI's unit", worst)


@dataclass(frozen=True)
class Trial:
    """A setting to try out, in any process."""

    case: AnyUseCase
    name: str
    scenario: Scenario
    contenders: tuple[str, ...]
    kept: Mapping[str, Policy]


def try_out(trial: Trial) -> list[str]:
    """Train and play some contenders at a setting, and say what is wrong."""
    case, problems = trial.case, []
    incumbent: Mapping[str, float] = {}
    for name in trial.contenders:
        try:
            cell = compute(CellTask(case, trial.scenario, 0, name, "cpu", 1, trial.kept))
            incumbent = incumbent or cell.kpis
            cost = learning_cost(case, trial.scenario.model_dump()) if cell.role == "learner" else 0.0
            settled = case.settle(cell.kpis, incumbent, cost, trial.scenario)
            bad = [kpi.name for kpi in case.kpis if not math.isfinite(settled[kpi.name])]
            problems += [f"{trial.name}, {name}: {kpi} is not finite" for kpi in bad]
        except Exception as error:  # one setting that fails must not hide the others
            problems.append(f"{trial.name}, {name}: {type(error).__name__}: {error}")
    return problems


def lever_ends(evidence: Evidence) -> Iterator[str]:
    """Both ends of every lever and every situation run, for the incumbent and the lightest learner."""
    case = evidence.case
    pair = (evidence.incumbent, *evidence.light[:1])
    trained = {name: evidence.policies[name] for name in pair}
    default = deep_part(evidence.scenario)
    trials = [
        Trial(case, name, scenario, pair, trained if deep_part(scenario) == default else {})
        for name, scenario in settings(evidence).items()
    ]
    for problems in each(try_out, trials, workers=evidence.workers, threads=1):
        yield from problems


def backends(evidence: Evidence) -> Iterator[str]:
    """The first seed has the same rows, skill and traces wherever and beside whatever it is computed."""
    large = evidence.large_run
    expected = marks([rows_of_first(large.rows), rows_of_first(large.scores), large.traces])
    for backend, workers in (("serial", 1), ("threads", 2)):
        run = evidence.run({}, 1, workers=workers, backend=backend)  # type: ignore[arg-type]
        found = marks([rows_of_first(run.rows), rows_of_first(run.scores), run.traces])
        yield from named(f"{backend}, {workers} workers: ", differing(expected, found))


def rows_of_first(table: Table) -> Table:
    """The rows of seed 0."""
    first = table["seed"] == 0
    return {name: values[first] for name, values in table.items()}


QUESTIONS = (
    Question("outcomes", "Play gives the declared KPIs, finite", "선언된 유한한 지표", outcomes),
    Question("world_unchanged", "Play leaves the world alone", "실행은 세계를 바꾸지 않음", world_unchanged),
    Question(
        "against_itself",
        "Incumbent against itself: nothing",
        "자기 자신과 비교하면 차이 없음",
        against_itself,
    ),
    Question("lever_ends", "Both ends of every lever run", "모든 레버의 양 끝이 작동함", lever_ends),
    Question("backends", "Same rows under every backend", "실행 방식과 무관하게 같은 행", backends),
)
