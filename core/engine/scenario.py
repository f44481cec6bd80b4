"""Scenarios from what a person says: size, situation, a file, single values."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, cast

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from core.engine.registry import AnyUseCase
from core.errors import UserError
from core.protocol import COMMON_LEVERS, Budget, Scenario

NO_LEVERS = ("size", "assumed")


def levers(model: type[Scenario]) -> dict[str, FieldInfo]:
    """Return the fields that people set one by one: all but the size and the assumed constants."""
    return {name: info for name, info in model.model_fields.items() if name not in NO_LEVERS}


def about(info: FieldInfo) -> Mapping[str, Any]:
    """Unit, label, source and liveness of a lever."""
    return cast(Mapping[str, Any], info.json_schema_extra or {})


def span(info: FieldInfo) -> tuple[float, float] | None:
    """Lowest and highest value of a numeric lever."""
    low = [m.ge for m in info.metadata if hasattr(m, "ge")]
    high = [m.le for m in info.metadata if hasattr(m, "le")]
    return (float(low[0]), float(high[0])) if low and high else None


def is_live(info: FieldInfo) -> bool:
    """Whether a lever leaves history and training untouched."""
    return bool(about(info).get("live", False))


def deep_part(scenario: Scenario) -> Scenario:
    """Return the scenario with its live levers at their defaults: what world and training depend on."""
    live = {n: i.default for n, i in levers(type(scenario)).items() if is_live(i)}
    return scenario.model_copy(update=live)


def allowed(info: FieldInfo) -> str:
    """Say in words what a lever takes."""
    bounds = span(info)
    if bounds is not None:
        return f"from {bounds[0]:g} to {bounds[1]:g}"
    options = getattr(info.annotation, "__args__", None)
    return "one of " + ", ".join(map(str, options)) if options else str(info.annotation)


def build(
    case: AnyUseCase,
    *,
    size: str = "quick",
    situation: str | None = None,
    values: Mapping[str, Any] | None = None,
    assumed: Mapping[str, float] | None = None,
) -> Scenario:
    """Build a scenario; later sources win: defaults, situation, values.

    ``assumed`` are constants of the world that differ from their defaults, each inside its declared range.
    One that is a lever as well moves the lever.

    Raises
    ------
    UserError
        For the first thing that is wrong, with field, value, allowed range and fix.
    """
    model = case.scenario
    given: dict[str, Any] = {"size": size}
    if situation is not None:
        if situation not in case.situations:
            raise UserError(
                f"situation: {situation!r} is unknown to {case.name};"
                f" choose {', '.join(case.situations) or 'none, it has none'}."
            )
        given |= dict(case.situations[situation].values)
    given |= dict(values or {})
    for name in given:
        if name not in model.model_fields:
            near = difflib.get_close_matches(name, model.model_fields, n=1, cutoff=0.4)
            hint = f"did you mean {near[0]!r}?" if near else f"`sectorlab show {case.name}` lists them."
            raise UserError(f"lever: {name!r} is unknown to {case.name}; {hint}")
    for name, value in _assumed(case, assumed or {}):
        if name in (values or {}):
            raise UserError(f"assume: {name} is a lever that is set as well; give it one value.")
        if name in model.model_fields:
            given[name] = value
        else:
            given["assumed"] = (*given.get("assumed", ()), (name, value))
    try:
        scenario: Scenario = model.model_validate(given)
        return scenario
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "scenario"
        info = model.model_fields.get(name)
        if info is None:
            raise UserError(f"scenario: {first['msg']}.") from error
        unit = about(info).get("unit", "")
        raise UserError(
            f"{name}: {first['input']!r} is not allowed; it takes a value {allowed(info)}"
            f"{' (' + unit + ')' if unit else ''}, by default {info.default!r}."
        ) from error


def _assumed(case: AnyUseCase, values: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """Check constants against their ranges, and sort them, so that equal worlds have equal keys."""
    for name, value in values.items():
        if name not in case.constants:
            near = difflib.get_close_matches(name, case.constants, n=1, cutoff=0.4)
            hint = (
                f"did you mean {near[0]!r}?" if near else f"`sectorlab show {case.name} --json` lists them."
            )
            raise UserError(f"assume: {name!r} is no constant of {case.name}; {hint}")
        constant = case.constants[name]
        if not constant.low <= value <= constant.high:
            raise UserError(
                f"assume: {name} = {value:g} is not allowed; its sources say {constant.low:g} to"
                f" {constant.high:g} {constant.unit}".rstrip()
                + f", by default {constant.value:g}."
            )
    return tuple(sorted((name, float(value)) for name, value in values.items()))


def budget_of(case: AnyUseCase, scenario: Scenario, *, device: str, threads: int) -> Budget:
    """Turn size, compute and expertise into what learners may spend.

    Expertise 0 is one untuned trial on raw columns; from 0.5 on a specialist's features are used.
    """
    scale = case.scales[scenario.size]
    return Budget(
        trials=1 + round(scenario.expertise * (scale.trials - 1)),
        steps=max(1, round(scenario.compute * scale.steps)),
        engineered=scenario.expertise >= 0.5,
        device=device,
        threads=threads,
    )


def learning_cost(case: AnyUseCase, scenario: Mapping[str, Any]) -> float:
    """KRW that the learning itself costs in the period of the money, by the meaning of the common levers."""
    return float(
        sum(
            case.meanings[name].krw_per_unit * case.meanings[name].quantity * scenario[name]
            for name in COMMON_LEVERS
        )
    )
