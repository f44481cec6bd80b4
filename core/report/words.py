"""All words of pages and reports, from one catalogue in English and Korean."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from core.protocol import Text

Language = Literal["en", "ko"]
LANGUAGES: tuple[Language, ...] = ("en", "ko")
CATALOGUE = Path(__file__).with_name("catalogue.toml")


@cache
def catalogue() -> Mapping[str, Text]:
    """Read the catalogue: texts by dotted key."""
    found: dict[str, Text] = {}

    def gather(front: str, table: Mapping[str, object]) -> None:
        for name, entry in table.items():
            key = f"{front}{name}"
            if not isinstance(entry, dict):
                raise ValueError(f"catalogue: {key} has no language")
            if set(entry) <= set(LANGUAGES):
                found[key] = entry
            else:
                gather(f"{key}.", entry)

    gather("", tomllib.loads(CATALOGUE.read_text(encoding="utf-8")))
    return found


class Words:
    """The catalogue in one language.

    Examples
    --------
    >>> Words("en")("role.selected")
    'Selected learner'
    """

    def __init__(self, lang: Language) -> None:
        self.lang: Language = lang

    def __call__(self, key: str, /, **values: object) -> str:
        """Return a text of the catalogue with its gaps filled.

        Raises
        ------
        KeyError
            When the catalogue does not have the key in this language.
        """
        return catalogue()[key][self.lang].format(**values)

    def of(self, text: Text) -> str:
        """Return a text that a use case declares, in this language, else in any that it has."""
        return text.get(self.lang) or next(iter(text.values()), "")

    def quantity(self, number: str, unit: str) -> str:
        """Put a written number before its unit, so that no line breaks between them.

        Examples
        --------
        >>> Words("ko").quantity("99.6", "%"), Words("ko").quantity("12", "min/year") == "12\u00a0분/년"
        ('99.6%', True)
        """
        if unit.startswith("%"):
            return self("number.percent", value=number) + self.unit(unit.removeprefix("%"))
        return f"{number}\u00a0{self.unit(unit)}".rstrip()

    def source(self, source: str) -> str:
        """Say where a chart's numbers come from, where the suite's own words say it; otherwise as declared.

        Examples
        --------
        >>> Words("ko").source("this run, all seeds"), Words("ko").source("Gao (2014)")
        ('이번 실행, 모든 시드', 'Gao (2014)')
        """
        for key, text in catalogue().items():
            if key.startswith("source_part."):
                source = source.replace(text["en"], text[self.lang])
        return source

    def unit(self, unit: str) -> str:
        """Say a unit in this language, where its words are ordinary ones; otherwise as declared.

        Examples
        --------
        >>> Words("ko").unit("million KRW/year"), Words("ko").unit("MWh/year")
        ('백만 원/년', 'MWh/년')
        """
        whole = f"unit.{unit}"
        if whole in catalogue():
            return catalogue()[whole][self.lang]
        for key, text in catalogue().items():
            if key.startswith("unit_part."):
                unit = re.sub(rf"(?<!\w){re.escape(text['en'])}(?!\w)", text[self.lang], unit)
        return unit
