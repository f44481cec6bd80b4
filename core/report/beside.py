"""Words of a comparison: what was set differently, and what a reader has to know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.engine.registry import AnyUseCase
from core.engine.scenario import about, levers
from core.protocol import Scenario
from core.report.numerals import NO_NUMBER, short
from core.report.words import Words
from core.store.comparison import Note

FACTS = ("size", "situation", "seeds", "device", "code")
VERSION = "version of "
"""How :meth:`core.store.comparison.Comparison.settings` begins the name of a library's version."""


def note(one: Note, say: Words, named: Callable[[str], str] = str) -> str:
    """Say a note.

    Parameters
    ----------
    named
        Gives the name that a use case has for people.

    Examples
    --------
    >>> note(Note("paired", {"over": [(2, 5), (3, 1)]}), Words("en"))
    'Differences to run 1 are paired by seed: run 2 over 5 seeds, run 3 over 1 seed.'
    """
    written: Mapping[str, Callable[[Any], str]] = {
        "over": lambda pairs: ", ".join(_over(run, seeds, say) for run, seeds in pairs),
        "industries": lambda names: ", ".join(map(named, names)),
        "period": say.unit,
    }
    return say(
        f"compare.note.{one.code}",
        **{name: written.get(name, str)(value) for name, value in one.values.items()},
    )


def _over(run: int, seeds: int, say: Words) -> str:
    return say("compare.over.one" if seeds == 1 else "compare.over.several", run=run, seeds=seeds)


def set_name(model: type[Scenario], name: str, say: Words) -> str:
    """Name a setting of a comparison for people, by the levers of a scenario's model."""
    if name in FACTS:
        return say(f"compare.set.{name}")
    if name.startswith(VERSION):
        return say("compare.set.version", library=name.removeprefix(VERSION))
    known = levers(model)
    if name not in known:
        return name.replace("_", " ")
    told = about(known[name])
    label, unit = say.of(told.get("label", {})) or name, say.unit(str(told.get("unit", "")))
    return f"{label} ({unit})" if unit else label


def set_value(case: AnyUseCase, name: str, value: Any, say: Words) -> str:
    """Write a setting of a comparison."""
    if value is None:
        return NO_NUMBER
    if name == "situation" and value in case.situations:
        return say.of(case.situations[value].label)
    return short(float(value)) if isinstance(value, int | float) else str(value)
