"""A run: what every contender reached on every seed, and the statistics over it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from core.protocol import Array, Chart, Finding, Kpi, Role, Table, UseCase
from core.stats.headroom import Captured, captured
from core.stats.interval import Interval, mean_interval, paired_interval
from core.stats.selection import composite, picks, selected

SELECTED = "selected"
"""Stands for the learner that validation inside history picked, seed by seed."""


@dataclass(frozen=True)
class Run:
    """The rows of a run and what is computed from them.

    Attributes
    ----------
    case
        The use case.
    size, situation, scenario, seeds, device, versions
        What was run, where.
    roles
        Role by contender, incumbent first.
    rows
        ``seed``, ``contender``, ``validation`` and each KPI; one row a seed and contender.
    scores
        ``seed``, ``contender``, ``measure``, ``unit``, ``value``, ``floor``, ``naive``; references too.
    traces
        Tables of the first seed with a ``contender`` column.
    seconds
        Worker seconds by stage, and ``total`` as the clock on the wall saw it.
    path, command
        Where it is stored, and what repeats it; "" when it is not stored.
    """

    case: UseCase[Any, Any, Any]
    size: str
    situation: str | None
    scenario: Mapping[str, Any]
    seeds: tuple[int, ...]
    device: str
    versions: Mapping[str, str]
    roles: Mapping[str, Role]
    rows: Table
    scores: Table
    traces: Mapping[str, Table] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    path: str = ""
    command: str = ""

    @property
    def headline(self) -> Kpi:
        """The KPI that counts."""
        return self.case.kpis[0]

    @property
    def incumbent(self) -> str:
        return next(iter(self.roles))

    @cached_property
    def learners(self) -> list[str]:
        return [name for name, role in self.roles.items() if role == "learner"]

    @cached_property
    def chosen(self) -> list[str]:
        """The learner that was selected on each seed; empty when none stood for selection."""
        found = []
        for seed in self.seeds:
            scores = {name: float(self._column("validation", name, seed)[0]) for name in self.learners}
            pick = selected(scores)
            if pick is None:
                return []
            found.append(pick)
        return found

    @property
    def picks(self) -> dict[str, int]:
        """How often each learner was selected, most often first."""
        return dict(sorted(picks(self.chosen).items(), key=lambda item: -item[1]))

    def _column(self, column: str, contender: str, seed: int | None = None) -> Array:
        keep = self.rows["contender"] == contender
        if seed is not None:
            keep &= self.rows["seed"] == seed
        return np.asarray(self.rows[column][keep], dtype=float)

    def values(self, kpi: str, contender: str) -> Array:
        """A KPI over seeds, ``(seeds,)``; ``contender`` may be ``selected``."""
        if contender == SELECTED:
            by_learner = {name: self._column(kpi, name) for name in set(self.chosen)}
            return composite(by_learner, self.chosen)
        return self._column(kpi, contender)

    def beside_incumbent(self, kpi: str, contender: str) -> Array:
        """A KPI less the incumbent's, seed by seed, ``(seeds,)``."""
        return np.asarray(self.values(kpi, contender) - self.values(kpi, self.incumbent))

    def interval(self, kpi: str, contender: str) -> Interval:
        """Mean over seeds with its interval."""
        return mean_interval(self.values(kpi, contender))

    def difference(self, kpi: str, contender: str) -> Interval:
        """Paired difference to the incumbent."""
        return paired_interval(self.values(kpi, contender), self.values(kpi, self.incumbent))

    def captured(self, contender: str, bound: Role) -> Captured | None:
        """Share of the headroom to a bound that a contender gains; None without such a bound."""
        if bound not in self.roles:
            return None
        kpi = self.headline
        return captured(
            self.values(kpi.name, contender),
            self.values(kpi.name, self.incumbent),
            self.values(kpi.name, bound),
            sign=kpi.sign,
            base=self.values(kpi.base or kpi.name, self.incumbent),
        )

    def measures(self, contender: str) -> dict[str, dict[str, Any]]:
        """Skill over seeds by measure, with noise floor and naive reference."""
        mine = self.scores["contender"] == contender
        found: dict[str, dict[str, Any]] = {}
        for measure in dict.fromkeys(self.scores["measure"][mine].tolist()):
            keep = mine & (self.scores["measure"] == measure)
            floor = float(np.mean(self.scores["floor"][keep]))
            naive = float(np.mean(self.scores["naive"][keep]))
            found[measure] = {
                **mean_interval(self.scores["value"][keep]).as_json(),
                "unit": str(self.scores["unit"][keep][0]),
                "floor": floor if math.isfinite(floor) else None,
                "naive": naive if math.isfinite(naive) else None,
            }
        return found

    def references(self) -> list[str]:
        """Forecasters that take no decisions."""
        names = dict.fromkeys(self.scores["contender"].tolist())
        return [name for name in names if name not in self.roles]

    def finding(self) -> Finding | None:
        """What the use case finds of its claim in this run."""
        return self.case.find(self)

    def charts(self) -> Sequence[Chart]:
        """The use case's own pictures of this run."""
        return self.case.charts(self)


def _entry(run: Run, name: str, role: str) -> dict[str, Any]:
    oracle, ceiling = run.captured(name, "oracle"), run.captured(name, "ceiling")
    return {
        "name": name,
        "role": role,
        "kpis": {kpi.name: run.interval(kpi.name, name).as_json() for kpi in run.case.kpis},
        "against_incumbent": {kpi.name: run.difference(kpi.name, name).as_json() for kpi in run.case.kpis},
        "skill": run.measures(name),
        "headroom_captured": oracle.share.as_json() if oracle else None,
        "ceiling_captured": ceiling.share.as_json() if ceiling else None,
        "nothing_to_gain": oracle.nothing_to_gain if oracle else None,
    }


def document(run: Run) -> dict[str, Any]:
    """Return the one JSON document that ``sectorlab run --json`` prints."""
    finding = run.finding()
    card = run.case.card
    claim: dict[str, Any] = {
        "text": card.claim["en"],
        "published": card.claim_value,
        "unit": card.claim_unit,
        "source": card.claim_source,
        "found": None,
        "sentence": None,
    }
    if finding is not None:
        found = Interval(finding.value, finding.low, finding.high, len(run.seeds))
        claim |= {"found": found.as_json(), "sentence": finding.sentence["en"]}
    most = next(iter(run.picks), None)
    return {
        "usecase": run.case.name,
        "size": run.size,
        "situation": run.situation,
        "scenario": dict(run.scenario),
        "seeds": list(run.seeds),
        "device": run.device,
        "versions": dict(run.versions),
        "kpis": [{"name": k.name, "unit": k.unit, "direction": k.better} for k in run.case.kpis],
        "contenders": [_entry(run, name, role) for name, role in run.roles.items()],
        "references": {name: run.measures(name) for name in run.references()},
        "selected": most,
        "selection": {"picks": run.picks} | (_entry(run, SELECTED, "learner") if most else {}),
        "claim": claim,
        "seconds": dict(run.seconds),
        "run": run.path,
    }
