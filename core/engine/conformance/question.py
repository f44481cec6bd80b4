"""What a question is, and what it may be answered with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from core.engine.conformance.evidence import Evidence
from core.protocol import Text


@dataclass(frozen=True, slots=True)
class Measured:
    """An answer with a number of its own, the band it must lie in, and what was met."""

    value: float
    low: float
    high: float
    unit: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that every use case keeps.

    ``ask`` gives the problems it met in words, of which there must be none, or a measurement.
    """

    name: str
    en: str
    ko: str
    ask: Callable[[Evidence], Iterable[str] | Measured]

    @property
    def label(self) -> Text:
        """Its words in both languages."""
        return {"en": self.en, "ko": self.ko}
