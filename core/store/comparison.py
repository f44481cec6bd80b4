"""Stored runs beside each other: what was set differently, and what came out, paired where seeds match.

The first run is the reference. Runs of one use case are compared in its KPIs. Industries are compared in
money alone: a seed of one industry is no world of another, and a kilowatt-hour is no fraud.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from core.engine.scenario import learning_cost
from core.errors import UserError
from core.protocol import COMMON_LEVERS, Kpi
from core.results import SELECTED, Run
from core.stats.interval import MIN_SEEDS, Interval, mean_interval, paired_interval
from core.store.manifest import Manifest
from core.store.runs import find

LEVEL = 0.95
"""Confidence of each value's interval, and of all differences to the first run together."""
NET = Kpi(
    "net_mkrw", "million KRW", "higher",
    {"en": "Net gain after the cost of learning", "ko": "학습 비용을 뺀 순이익"}, "definition",
)  # fmt: skip
RETURN = Kpi(
    "net_per_krw", "KRW/KRW", "higher",
    {"en": "Net gain for each KRW spent on learning", "ko": "학습 비용 1원당 순이익"}, "definition",
    digits=2,
)  # fmt: skip


class Stored(NamedTuple):
    """A run of the store and its manifest."""

    run: Run
    facts: Manifest

    @property
    def period(self) -> str:
        """What its net gain counts, a year or a campaign; "" where its industry counts no money."""
        case = self.run.case
        return next((kpi.unit.rpartition("/")[2] for kpi in case.kpis if kpi.name == case.money), "")

    @property
    def learning_mkrw(self) -> float:
        """Million KRW that its learning costs in the period that its net gain counts."""
        return learning_cost(self.run.case, self.run.scenario) / 1e6


@dataclass(frozen=True, slots=True)
class Compared:
    """A KPI of a contender in every run.

    Attributes
    ----------
    values
        One a run; None where a run lacks the contender or the KPI.
    differences
        To the first run over the shared seeds, one a run; None for the first itself, and where nothing pairs.
    """

    contender: str
    kpi: Kpi
    values: tuple[Interval | None, ...]
    differences: tuple[Interval | None, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "contender": self.contender,
            "kpi": self.kpi.name,
            "unit": self.kpi.unit,
            "values": [found and found.as_json() for found in self.values],
            "differences": [found and found.as_json() for found in self.differences],
        }


@dataclass(frozen=True, slots=True)
class Note:
    """What a reader has to know of a comparison; :mod:`core.report.beside` says it in a language.

    Attributes
    ----------
    code
        Of the sentence in the catalogue.
    values
        What stands in its gaps: numbers, names of use cases, or pairs of a run's number and its seeds.
    """

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)


def clear(found: Interval | None) -> bool:
    """Whether a difference is more than chance: its interval excludes zero.

    Examples
    --------
    >>> clear(Interval(2.0, 1.0, 3.0, 9)), clear(Interval(2.0, -1.0, 5.0, 9)), clear(None)
    (True, False, False)
    """
    return found is not None and (found.low > 0.0 or found.high < 0.0)


@dataclass(frozen=True)
class Comparison:
    """Runs beside each other; the first is the reference."""

    stored: tuple[Stored, ...]

    @property
    def reference(self) -> Run:
        """The first run."""
        return self.stored[0].run

    @cached_property
    def across(self) -> bool:
        """Whether the runs are of more than one use case."""
        return len({one.facts.usecase for one in self.stored}) > 1

    @cached_property
    def shared(self) -> list[list[int]]:
        """Seeds that each run shares with the first; none where it is of another use case."""
        return [
            [seed for seed in self.reference.seeds if seed in one.run.seeds]
            if one.run.case == self.reference.case
            else []
            for one in self.stored
        ]

    @property
    def level(self) -> float:
        """Confidence of one difference, so that those of all runs hold together (Bonferroni)."""
        return 1.0 - (1.0 - LEVEL) / max(1, sum(map(bool, self.shared[1:])))

    @property
    def kpis(self) -> tuple[Kpi, ...]:
        """What is compared."""
        return (NET, RETURN) if self.across else self.reference.case.kpis

    @cached_property
    def outcomes(self) -> list[Compared]:
        """Each KPI of each contender that a run has."""
        found = []
        for name in self._contenders():
            for kpi in self.kpis:
                series = [self._series(one, kpi, name) for one in self.stored]
                if any(series):
                    values = tuple(mean_interval([*one.values()]) if one else None for one in series)
                    found.append(Compared(name, kpi, values, self._differences(series)))
        return found

    def first_looked_at(self) -> list[Compared]:
        """Headline and money of the incumbent, of who was selected and of the oracle."""
        first = (self.reference.headline.name, self.reference.case.money)
        return [one for one in self._main() if self.across or one.kpi.name in first]

    def clear_beside(self, told: Sequence[Compared]) -> list[tuple[Compared, int]]:
        """What else of those three differs from the first run by more than chance, and in which run."""
        return [
            (one, n)
            for kpi in self.kpis
            for one in self._main()
            if one.kpi == kpi and one not in told
            for n, found in enumerate(one.differences)
            if clear(found)
        ]

    def settings(self) -> dict[str, list[Any]]:
        """What was set differently, by name: a value a run, None where a run knows no such thing."""
        facts = [self._facts(one) for one in self.stored]
        found = {name: [one.get(name) for one in facts] for one in facts for name in one}
        return {name: values for name, values in found.items() if any(v != values[0] for v in values)}

    def notes(self) -> list[Note]:
        """What a reader has to know of the intervals, and of what is not compared."""
        return [*self._of_industries(), *self._of_pairs()]

    def as_json(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "runs": [
                {
                    "id": facts.id,
                    "usecase": facts.usecase,
                    "size": facts.size,
                    "situation": facts.situation,
                    "seeds": facts.seeds,
                    "learning_mkrw": one.learning_mkrw,
                    "period": one.period or None,
                }
                for one in self.stored
                for facts in (one.facts,)
            ],
            "settings": self.settings(),
            "paired_seeds": {
                one.facts.id: seeds for one, seeds in zip(self.stored[1:], self.shared[1:], strict=True)
            },
            "level": self.level,
            "outcomes": [one.as_json() for one in self.outcomes],
        }

    def _main(self) -> list[Compared]:
        names = (self.reference.incumbent, SELECTED, "oracle")
        return [one for one in self.outcomes if one.contender in names]

    def _contenders(self) -> list[str]:
        # Across industries incumbents are left out: each is what its industry's net gain is counted from.
        names = {n: r for one in self.stored for n, r in one.run.roles.items()}
        ranked = [(n, r) for n, r in names.items() if not (self.across and r == "incumbent")]
        first = [n for n, r in ranked if r in ("incumbent", "learner")]
        return [*first, SELECTED, *(n for n, _ in ranked if n not in first)]

    def _series(self, one: Stored, kpi: Kpi, name: str) -> dict[int, float]:
        """A KPI by seed; empty where a run lacks the contender, or its industry the KPI."""
        run = one.run
        if not (run.chosen if name == SELECTED else name in run.roles):
            return {}
        source, share = kpi.name, 1.0
        if self.across:
            source = run.case.money
            if kpi is RETURN:
                learns = name == SELECTED or run.roles[name] == "learner"
                share = one.learning_mkrw if learns else 0.0
        if source not in run.rows or not share:  # an older run may know no such KPI
            return {}
        values = run.beside_incumbent(source, name) if self.across else run.values(source, name)
        return dict(zip(run.seeds, (values / share).tolist(), strict=True))

    def _differences(self, series: Sequence[Mapping[int, float]]) -> tuple[Interval | None, ...]:
        first = series[0]
        return None, *(
            paired_interval([one[seed] for seed in seeds], [first[seed] for seed in seeds], self.level)
            if seeds and first and one
            else None
            for one, seeds in zip(series[1:], self.shared[1:], strict=True)
        )

    def _facts(self, one: Stored) -> dict[str, Any]:
        """What decides a run, by name; across industries only what means the same in all of them."""
        facts = one.facts
        levers = {name: value for name, value in facts.scenario.items() if name != "assumed"}
        if self.across:
            levers = {name: levers.get(name) for name in ("size", *COMMON_LEVERS)}
        known = {} if self.across else {"code": facts.code}
        return {
            **levers,
            **self._constants(one),
            "situation": facts.situation,
            "seeds": len(facts.seeds),
            "device": facts.device,
            **known,
            **{f"version of {name}": version for name, version in facts.versions.items()},
        }

    def _constants(self, one: Stored) -> dict[str, Any]:
        """Values of the constants that a run of the same industry assumed otherwise."""
        case = one.run.case
        own = dict(one.facts.scenario.get("assumed", ()))
        peers = [dict(p.facts.scenario.get("assumed", ())) for p in self.stored if p.run.case == case]
        names = sorted({name for peer in peers for name in peer})
        return {
            f"{case.name}: {name}" if self.across else name: own.get(
                name, case.constants[name].value if name in case.constants else None
            )
            for name in names
        }

    def _of_industries(self) -> Iterator[Note]:
        if not self.across:
            return
        yield Note("money_alone")
        cases = {one.facts.usecase: one.period for one in self.stored}
        for period in dict.fromkeys(filter(None, cases.values())):
            counted = [name for name, own in cases.items() if own == period]
            yield Note("money_of", {"period": period, "industries": counted})
        for name, period in cases.items():
            if not period:
                yield Note("no_money", {"industries": [name]})

    def _of_pairs(self) -> Iterator[Note]:
        later = list(enumerate(zip(self.stored, self.shared, strict=True), start=1))[1:]
        paired = [(n, len(seeds)) for n, (_, seeds) in later if seeds]
        for n, (one, seeds) in later:
            if one.run.case == self.reference.case and not seeds:
                yield Note("no_seed", {"run": n})
        if not paired:
            return
        few = min(count for _, count in paired) < MIN_SEEDS
        yield Note(
            "paired_few" if few else "paired", {"over": paired, **({"least": MIN_SEEDS} if few else {})}
        )
        if len(paired) > 1:
            each, whole = f"{100 * self.level:.4g}", f"{100 * LEVEL:.0f}"
            yield Note("together", {"each": each, "whole": whole, "runs": len(paired)})


def compare(words: Sequence[str], out: Path) -> Comparison:
    """Read runs and set them beside each other.

    Parameters
    ----------
    words
        Two or more: the id of a run of the store, an unambiguous beginning of it, or a folder.
    out
        The folder of stored runs.

    Raises
    ------
    UserError
        When fewer than two are given, one is given twice, none or several match, or a file is damaged.
    """
    if len(words) < 2:
        raise UserError(f"compare: {len(words)} run is given; give two or more, `sectorlab runs` lists them.")
    named: dict[str, str] = {}
    stored = []
    for word in words:
        run, facts = find(word, out)
        if facts.id in named:
            raise UserError(
                f"compare: {named[facts.id]!r} and {word!r} are the same run; give each run only once."
            )
        named[facts.id] = word
        stored.append(Stored(run, facts))
    return Comparison(tuple(stored))
