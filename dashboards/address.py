"""What the address says: language, industry and run; and what it says that cannot be followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.report.words import LANGUAGES, Language

KEYS = ("lang", "usecase", "run")
SHOWN = 60
"""Characters of a refused value that are repeated to the person."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A part of the address that was not followed, and what would be."""

    key: str
    value: str
    allowed: str


@dataclass(frozen=True, slots=True)
class Address:
    """Where a person is.

    Attributes
    ----------
    usecase, run
        As the address gives them, "" when it does not; whether they exist, the page finds out.
    refused
        What could not be followed, to be told.
    """

    lang: Language
    usecase: str = ""
    run: str = ""
    refused: tuple[Refused, ...] = field(default=())

    def query(self, **changes: str) -> dict[str, str]:
        """Write an address: this one's language, and whatever is given.

        Examples
        --------
        >>> Address("ko", usecase="mill").query(usecase="shop")
        {'lang': 'ko', 'usecase': 'shop'}
        """
        return {key: value for key, value in {"lang": self.lang, **changes}.items() if value}


def read(query: Mapping[str, Any], locale: str | None = None) -> Address:
    """Read an address.

    Parameters
    ----------
    query
        Values by key.
    locale
        The browser's language, such as ``ko-KR``; counts where the address names none.

    Examples
    --------
    >>> read({"lang": "ko", "usecase": "mill"}).usecase
    'mill'
    >>> [(it.key, it.value) for it in read({"lang": "xx", "page": "2"}).refused]
    [('lang', 'xx'), ('page', '2')]
    """
    refused = [Refused(cut(key), cut(query[key]), ", ".join(KEYS)) for key in query if key not in KEYS]
    lang: Language = "ko" if (locale or "").lower().startswith("ko") else "en"
    said = str(query.get("lang", lang))
    if said in LANGUAGES:
        lang = LANGUAGES[LANGUAGES.index(said)]
    else:
        refused.insert(0, Refused("lang", cut(said), ", ".join(LANGUAGES)))
    return Address(lang, str(query.get("usecase", "")), str(query.get("run", "")), tuple(refused))


def cut(value: object) -> str:
    """Shorten what is repeated to the person."""
    text = str(value)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
