"""The scenario that a person asks for: size, situation, a file, single values; later ones win."""

from __future__ import annotations

import difflib
import re
import shlex
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import UserError

if TYPE_CHECKING:
    from core.engine.registry import AnyUseCase
    from core.protocol import Scenario

DEFAULT_SIZE = "quick"
_WHOLE = re.compile(r"[+-]?\d+")


@dataclass(frozen=True, slots=True)
class Chosen:
    """A scenario, and the words that led to it.

    Attributes
    ----------
    given
        Levers that were set one by one, by a file or on the line.
    assumed
        Constants of the world that were replaced.
    """

    case: AnyUseCase
    scenario: Scenario
    situation: str | None
    given: Mapping[str, Any]
    assumed: Mapping[str, float]

    def but(self, values: Mapping[str, Any]) -> Scenario:
        """Build the same scenario with other values of some levers."""
        from core.engine.scenario import build

        return build(
            self.case,
            size=self.scenario.size,
            situation=self.situation,
            values={**self.given, **values},
            assumed=self.assumed,
        )

    def assuming(self, constants: Mapping[str, float]) -> Scenario:
        """Build the same scenario with other constants; what a person has set stays."""
        from core.engine.scenario import build

        named = self.case.situations.get(self.situation or "")
        said = {**(named.values if named else {}), **self.given, **self.assumed}
        fresh = {name: value for name, value in constants.items() if name not in said}
        return build(
            self.case,
            size=self.scenario.size,
            situation=self.situation,
            values=self.given,
            assumed={**fresh, **self.assumed},
        )

    def words(self) -> list[str]:
        """Give the options that lead to the same scenario again, without any file."""
        words = ["--size", self.scenario.size]
        if self.situation is not None:
            words += ["--situation", self.situation]
        for name in type(self.scenario).model_fields:
            if name in self.given:
                words += ["--set", f"{name}={self.given[name]}"]
        for name, value in self.assumed.items():
            words += ["--assume", f"{name}={value!r}"]
        return words


def choose(
    case: AnyUseCase,
    *,
    size: str | None = None,
    situation: str | None = None,
    settings: Sequence[str] | None = None,
    assumed: Sequence[str] | None = None,
    file: Path | None = None,
) -> Chosen:
    """Build the scenario.

    Raises
    ------
    UserError
        For the first thing that is wrong; what a file causes names the file.
    """
    from core.engine.scenario import build

    levers: dict[str, Any] = {}
    if file is not None:
        levers = read(file)
        try:
            own_size = known_size(levers.pop("size", DEFAULT_SIZE))
            own_situation = levers.pop("situation", None)
            if not isinstance(own_situation, str | None):
                raise UserError(f"situation: {own_situation!r} is no name; write it in quotes.")
            build(case, size=own_size, situation=own_situation, values=levers)
        except UserError as error:
            raise UserError(f"{file}: {error}") from error
        size, situation = size or own_size, situation or own_situation
    levers |= dict(parse(text) for text in settings or ())
    if "size" in levers:
        raise UserError("set: the size is no lever; write --size and one of tiny, quick, demo, full.")
    constants = {name: float(value) for name, value in map(_number, assumed or ())}
    scenario = build(
        case, size=known_size(size or DEFAULT_SIZE), situation=situation, values=levers, assumed=constants
    )
    return Chosen(case, scenario, situation, levers, constants)


def known_size(size: Any) -> str:
    """Check a size.

    Raises
    ------
    UserError
        With the nearest one where it is unknown.
    """
    from core.protocol import SIZES

    if size in SIZES:
        return str(size)
    near = difflib.get_close_matches(str(size), SIZES, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"choose one of {', '.join(SIZES)}."
    raise UserError(f"size: {size!r} is unknown; {hint}")


def parse(text: str) -> tuple[str, Any]:
    """Take ``name=value`` apart; numbers become numbers, all else stays text.

    Raises
    ------
    UserError
        Without a name or an equals sign.

    Examples
    --------
    >>> parse("adoption=0.5"), parse("climate=seoul"), parse("towers=3")
    (('adoption', 0.5), ('climate', 'seoul'), ('towers', 3))
    """
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not name:
        raise UserError(f"set: {text!r} is not name=value; write it like --set adoption=0.5.")
    if _WHOLE.fullmatch(value):
        return name, int(value)
    try:
        return name, float(value)
    except ValueError:
        return name, value


def _number(text: str) -> tuple[str, float]:
    try:
        name, value = parse(text)
        return name, float(value)
    except (UserError, ValueError) as error:
        raise UserError(f"assume: {text!r} is no name=number; write it like --assume name=0.5.") from error


def read(file: Path) -> dict[str, Any]:
    """Read a scenario file: levers as keys, ``size`` and ``situation`` beside them.

    Raises
    ------
    UserError
        When it cannot be read or is no TOML.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(
            f"scenario: {str(file)!r} cannot be read ({error.strerror}); give a TOML file of levers."
        ) from error
    except ValueError as error:  # of TOML, and of UTF-8
        raise UserError(f"{file}: this is not TOML ({error}); write lines like: adoption = 0.5") from error


def command_line(chosen: Chosen, *, seeds: int | None, contenders: Sequence[str] | None, device: str) -> str:
    """Write the command that repeats a run, whatever way its scenario was said."""
    words = ["sectorlab", "run", chosen.case.name, *chosen.words()]
    if seeds is not None:
        words += ["--seeds", str(seeds)]
    if contenders is not None:
        words += ["--contenders", ",".join(contenders)]
    if device != "auto":
        words += ["--device", device]
    return shlex.join(words)
