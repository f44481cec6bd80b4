"""Levers of an industry as an address and sliders have them: texts, values, steps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pydantic.fields import FieldInfo

from core.engine.registry import AnyUseCase
from core.engine.scenario import is_live, levers, span
from core.report.numerals import short
from dashboards.address import Refused, cut

STEPS = 100
"""About as many stops a slider has over its range."""
DIGITS = 6
"""Significant digits of a lever's value in an address."""


def read(case: AnyUseCase, said: Mapping[str, str]) -> tuple[dict[str, Any], list[Refused]]:
    """Read levers from texts.

    Returns
    -------
    values, refused
        Of all levers, at their defaults where nothing valid is said; and what is no lever or no value of it.

    Examples
    --------
    >>> from usecases.datacenter_pue import USECASE
    >>> values, refused = read(USECASE, {"warming": "2", "climate": "oslo", "speed": "1"})
    >>> values["warming"], values["climate"], [one.key for one in refused]
    (2.0, 'seoul', ['speed', 'climate'])
    """
    known = levers(case.scenario)
    values = {name: info.default for name, info in known.items()}
    refused = [Refused(cut(k), cut(v), ", ".join(known)) for k, v in said.items() if k not in known]
    for name, text in said.items():
        if name not in known:
            continue
        value = parsed(known[name], text)
        if value is None:
            refused.append(Refused(name, cut(text), _taken(known[name])))
        else:
            values[name] = value
    return values, refused


def parsed(info: FieldInfo, text: str) -> Any:
    """Read one value; None where the lever does not take it."""
    bounds = span(info)
    if bounds is None:
        return text if text in options(info) else None
    try:
        value = int(text) if whole(info) else float(text)
    except ValueError:
        return None
    return value if bounds[0] <= value <= bounds[1] else None


def _taken(info: FieldInfo) -> str:
    """Write what a lever takes, in no language."""
    bounds = span(info)
    return " – ".join(map(short, bounds)) if bounds else ", ".join(options(info))


def moved(case: AnyUseCase, values: Mapping[str, Any]) -> dict[str, str]:
    """Write the levers that are not at their defaults as texts for an address.

    Examples
    --------
    >>> from usecases.datacenter_pue import USECASE
    >>> moved(USECASE, {"warming": 2.0, "climate": "seoul", "adoption": 1.0})
    {'warming': '2'}
    """
    known = levers(case.scenario)
    return {
        name: value if isinstance(value, str) else f"{value:.{DIGITS}g}"
        for name, value in values.items()
        if name in known and value != known[name].default
    }


def live(case: AnyUseCase) -> list[str]:
    """Name the levers that leave world and training untouched."""
    return [name for name, info in levers(case.scenario).items() if is_live(info)]


def options(info: FieldInfo) -> tuple[str, ...]:
    """Name the settings of a lever that is no number."""
    return tuple(map(str, getattr(info.annotation, "__args__", ())))


def whole(info: FieldInfo) -> bool:
    """Whether a lever takes whole numbers alone."""
    return info.annotation is int


def switch(info: FieldInfo) -> bool:
    """Whether a lever is a yes or a no."""
    return whole(info) and span(info) == (0.0, 1.0)


def step(low: float, high: float, default: float) -> float:
    """Give a round step of which a range has about :data:`STEPS`, or more, so that the default is on the way.

    Examples
    --------
    >>> step(0.0, 1.0, 1.0), step(50.0, 500.0, 182.0), step(24.0, 32.0, 27.0), step(0.05, 4.0, 1.0)
    (0.01, 2.0, 0.05, 0.01)
    """
    power = 10.0 ** math.floor(math.log10((high - low) / STEPS))
    found = power
    for factor in (5.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01):
        found = factor * power
        stops = (default - low) / found
        if (high - low) / found >= STEPS * (1.0 - 1e-9) and abs(stops - round(stops)) < 1e-6:
            break
    return float(f"{found:.3g}")
