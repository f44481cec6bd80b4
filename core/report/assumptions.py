"""What a run rests on: what was set, what the world takes for given, and what it leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.engine.registry import AnyUseCase
from core.engine.scenario import about, levers
from core.protocol import Constant
from core.report.numerals import short
from core.report.page import Block, Bullets, Grid, Paragraph, Section
from core.report.verdict import labels
from core.report.words import Words
from core.results import Run


def setting(case: AnyUseCase, situation: str | None, scenario: Mapping[str, Any], say: Words) -> str:
    """Say in a few words what was run: the situation, the levers moved beside it, the constants replaced."""
    known = case.situations.get(situation or "")
    beside = known.values if known else {}
    parts = [say.of(known.label)] if known else [situation] if situation else []
    parts += [
        f"{_label(case, name, say)} {written(value)}"
        for name, value in moved(case, scenario).items()
        if beside.get(name) != value
    ]
    if scenario.get("assumed"):
        parts.append(say("report.assumed.count", count=len(scenario["assumed"])))
    return ", ".join(parts) or say("run.default")


def moved(case: AnyUseCase, scenario: Mapping[str, Any]) -> dict[str, Any]:
    """Give the levers that are not at their defaults."""
    known = levers(case.scenario)
    values = {name: scenario.get(name, info.default) for name, info in known.items()}
    return {name: value for name, value in values.items() if value != known[name].default}


def assumed(run: Run) -> dict[str, float]:
    """Give the constants that were replaced, with the values put in their places."""
    return {str(name): float(value) for name, value in run.scenario.get("assumed", ())}


def written(value: Any) -> str:
    """Write a lever's value."""
    return short(float(value)) if isinstance(value, int | float) else str(value)


def assumptions(run: Run, say: Words) -> Section:
    """Say what was set, what was replaced, who was selected, and how much the world takes for given."""
    blocks: list[Block] = []
    if moved(run.case, run.scenario):
        blocks += [Paragraph(say("report.levers.moved")), _levers(run, say)]
    else:
        blocks.append(Paragraph(say("report.levers.default")))
    if assumed(run):
        blocks += [Paragraph(say("report.assumed.title")), _assumed(run, say)]
    if run.case.constants:
        blocks.append(Paragraph(say("report.constants.count", count=len(run.case.constants))))
    if run.chosen:
        known = labels(run, say)
        picks = ", ".join(say("result.pick", name=known[n], count=c) for n, c in run.picks.items())
        blocks.append(Paragraph(say("result.picks", picks=picks)))
    return Section(say("report.assumptions.title"), blocks)


def _label(case: AnyUseCase, name: str, say: Words) -> str:
    return say.of(about(levers(case.scenario)[name]).get("label", {})) or name


def _levers(run: Run, say: Words) -> Grid:
    head = [say(f"lever.{key}") for key in ("name", "here", "default", "unit", "source")]
    known = levers(run.case.scenario)
    rows = [
        [
            _label(run.case, name, say),
            written(value),
            written(known[name].default),
            say.unit(str(about(known[name]).get("unit", ""))),
            str(about(known[name]).get("source", "")),
        ]
        for name, value in moved(run.case, run.scenario).items()
    ]
    return Grid(head, rows, [False, True, True, False, False])


def _assumed(run: Run, say: Words) -> Grid:
    rows = []
    for name, value in assumed(run).items():
        one = run.case.constants[name]
        rows.append([_worded(name), short(value), *_constant(one, say)])
    head = [say("constant.name"), say("lever.here"), *_constant_head(say)]
    return Grid(head, rows, [False, True, True, True, False, False])


def constants(case: AnyUseCase, say: Words) -> Grid:
    """Set out every constant with its range, unit and source."""
    rows = [[_worded(name), *_constant(one, say)] for name, one in case.constants.items()]
    return Grid([say("constant.name"), *_constant_head(say)], rows, [False, True, True, False, False])


def _constant_head(say: Words) -> list[str]:
    keys = ("constant.value", "constant.range", "lever.unit", "lever.source")
    return [say(key) for key in keys]


def _constant(one: Constant, say: Words) -> list[str]:
    reach = f"{short(one.low)} – {short(one.high)}" if one.low != one.high else ""
    return [short(one.value), reach, say.unit(one.unit), one.source]


def _worded(name: str) -> str:
    return name.replace("_", " ")


def limits(case: AnyUseCase, say: Words) -> Section:
    """Say what the world leaves out."""
    return Section(say("limits.title"), [Bullets([say.of(limit) for limit in case.card.limits])])


def sources(case: AnyUseCase, say: Words) -> Section:
    """Name what it stands on."""
    return Section(say("limits.sources"), [Bullets(list(case.card.sources))])
