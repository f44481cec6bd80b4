"""What the address says: language, page, industry, run, levers; and what it says that cannot be followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from core.protocol import COMMON_LEVERS
from core.report.words import LANGUAGES, Language
from dashboards.places import PARTS, Page, Part

PAGES: tuple[Page, ...] = get_args(Page)
FILTERS = ("industry", "size", "kind", "find", "runs")
"""What the page of runs is asked for beside: which are listed, and ids of chosen ones with commas between."""
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
    page
        Which of the pages; an industry that is named has the page ``industry``.
    part
        Of the industry's page.
    usecase, run, step
        As the address gives them, "" when it does not; whether they exist, the page finds out.
    lever
        Which of the five the page of policy levers shows along its range.
    levers
        Settings of the industry's levers, as they are written; the page finds out whether they are allowed.
    filters
        Of the page of runs, as they are written; the page finds out whether they exist.
    refused
        What could not be followed, to be told.
    """

    lang: Language
    page: Page = "briefing"
    usecase: str = ""
    part: Part = "answer"
    run: str = ""
    step: str = ""
    lever: str = COMMON_LEVERS[0]
    levers: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, str] = field(default_factory=dict)
    refused: tuple[Refused, ...] = field(default=())

    def query(self, **changes: str) -> dict[str, str]:
        """Write an address: this one's language, and whatever is given.

        Examples
        --------
        >>> Address("ko", usecase="mill").query(usecase="shop")
        {'lang': 'ko', 'usecase': 'shop'}
        """
        return {key: value for key, value in {"lang": self.lang, **changes}.items() if value}

    def here(self, **changes: str) -> dict[str, str]:
        """Write this address again with some changes, such as another language.

        Examples
        --------
        >>> Address("ko", "industry", "mill", levers={"adoption": "0.5"}).here(part="world")
        {'lang': 'ko', 'usecase': 'mill', 'part': 'world', 'adoption': '0.5'}
        """
        page = "" if self.usecase or self.page == "briefing" else self.page
        part = "" if self.part == PARTS[0] else self.part
        lever = "" if self.lever == COMMON_LEVERS[0] else self.lever
        said = {"page": page, "usecase": self.usecase, "part": part, "run": self.run, "step": self.step,
                "lever": lever}  # fmt: skip
        return self.query(**{**said, **self.levers, **self.filters, **changes})


OWN: Mapping[Page, tuple[str, ...]] = {
    "briefing": (), "industry": ("usecase", "part", "run"), "levers": ("lever",), "runs": FILTERS,
    "story": ("step",),
}  # fmt: skip
"""What each page is asked for, beside the language and itself."""


def read(query: Mapping[str, Any], locale: str | None = None, repeated: Sequence[str] = ()) -> Address:
    """Read an address.

    Parameters
    ----------
    query
        Values by key.
    locale
        The browser's language, such as ``ko-KR``; counts where the address names none.
    repeated
        Keys that are there more than once, of which the last counts.

    Examples
    --------
    >>> read({"lang": "ko", "usecase": "mill", "adoption": ".5"}).levers
    {'adoption': '.5'}
    >>> [(it.key, it.value) for it in read({"lang": "xx", "page": "2", "adoption": "1"}).refused]
    [('lang', 'xx'), ('page', '2'), ('adoption', '1')]
    """
    refused: list[Refused] = []
    usecase = str(query.get("usecase", ""))

    def one_of(key: str, allowed: tuple[Any, ...], otherwise: Any) -> Any:
        said = str(query.get(key, otherwise))
        if said in allowed:
            return said
        refused.append(Refused(key, cut(said), ", ".join(allowed)))
        return otherwise

    lang: Language = one_of("lang", LANGUAGES, "ko" if (locale or "").lower().startswith("ko") else "en")
    page: Page = one_of("page", PAGES, "briefing")
    part: Part = one_of("part", PARTS, PARTS[0])
    lever: str = one_of("lever", COMMON_LEVERS, COMMON_LEVERS[0])
    shown: Page = "industry" if usecase else page
    known = ("lang", "page", *OWN[shown])
    if usecase and str(query.get("page", "industry")) != "industry":
        refused.append(Refused("page", cut(query["page"]), "industry"))
    # An industry also has levers; whether it has these, its page says.
    other = {key: str(value) for key, value in query.items() if key not in known} if usecase else {}
    for key in (*repeated, *(key for key in query if key not in known and not usecase)):
        refused.append(Refused(cut(key), cut(query[key]), ", ".join(known)))
    return Address(
        lang,
        shown,
        usecase,
        part,
        str(query.get("run", "")) if usecase else "",
        str(query.get("step", "")) if shown == "story" else "",
        lever,
        other,
        {key: str(query[key]) for key in FILTERS if key in query} if shown == "runs" else {},
        tuple(refused),
    )


def cut(value: object) -> str:
    """Shorten what is repeated to the person."""
    text = str(value)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
