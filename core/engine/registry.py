"""Use cases by entry point: names from metadata alone, import on demand."""

from __future__ import annotations

import difflib
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, TypeAlias

from core.errors import UserError

if TYPE_CHECKING:
    from typing import Any

    from core.protocol import UseCase

GROUP = "sectorlab.usecases"
# A text, so that listing names costs no import of the protocol and of numpy with it.
AnyUseCase: TypeAlias = "UseCase[Any, Any, Any]"


def _entries() -> dict[str, list[EntryPoint]]:
    found: dict[str, dict[str, EntryPoint]] = {}
    for entry in entry_points(group=GROUP):
        found.setdefault(entry.name, {})[_owner(entry)] = entry
    return {name: list(by_owner.values()) for name, by_owner in sorted(found.items())}


def _owner(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else entry.value


def names() -> list[str]:
    """List the installed use cases without importing any."""
    return list(_entries())


def offers() -> dict[str, list[str]]:
    """Say which packages offer each use case, without importing any; more than one is a clash."""
    return {name: sorted(map(_owner, entries)) for name, entries in _entries().items()}


def clash(name: str, owners: list[str]) -> str:
    """Say in one sentence that several packages offer a name, and what to do."""
    return f"use case: {name!r} is offered by two packages, {' and '.join(owners)}; uninstall one of them."


def load(name: str) -> AnyUseCase:
    """Import a use case.

    Parameters
    ----------
    name
        As ``sectorlab list`` prints it.

    Raises
    ------
    UserError
        When there is no such use case (the nearest names are told), when two packages offer it, or when
        its package cannot be imported.
    """
    from core.protocol import UseCase

    entries = _entries()
    if name not in entries:
        near = difflib.get_close_matches(name, entries, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(entries) or 'none'}."
        raise UserError(f"use case: {name!r} is not installed; {hint}")
    entry, *others = entries[name]
    if others:
        raise UserError(clash(name, sorted(map(_owner, entries[name]))))
    try:
        case = entry.load()
    except Exception as error:  # a plug-in may fail in any way, and must not take the suite with it
        raise UserError(
            f"use case: {name!r} from {entry.value} cannot be imported"
            f" ({type(error).__name__}: {error}); repair or uninstall its package."
        ) from error
    if not isinstance(case, UseCase):
        raise UserError(
            f"use case: {name!r} from {entry.value} is a {type(case).__name__}, not a UseCase;"
            " let the entry point name an instance of core.protocol.UseCase."
        )
    if case.name != name:
        raise UserError(
            f"use case: entry point {name!r} leads to a use case named {case.name!r};"
            " give both the same name."
        )
    return case


def load_all() -> tuple[dict[str, AnyUseCase], dict[str, str]]:
    """Import every use case; those that fail are reported by name, and skipped."""
    cases: dict[str, AnyUseCase] = {}
    broken: dict[str, str] = {}
    for name in names():
        try:
            cases[name] = load(name)
        except UserError as error:
            broken[name] = str(error)
    return cases, broken
