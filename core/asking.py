"""How the checks of a world are asked: what holds by law, what was published, and how far chance may miss."""

from __future__ import annotations

from typing import SupportsFloat

from core.protocol import Check

ERRORS = 4.0
"""Standard errors by which a right world may miss its law: one in 16,000 questions is answered wrongly."""


def physics(name: str, en: str, ko: str, value: SupportsFloat, low: float, high: float, unit: str,
            source: str, detail: str = "") -> Check:  # fmt: skip
    """Ask what holds by law, in every scenario."""
    return Check(name, "physics", {"en": en, "ko": ko}, float(value), low, high, unit, source, detail)


def realism(name: str, en: str, ko: str, value: SupportsFloat, low: float, high: float, unit: str,
            source: str, detail: str = "") -> Check:  # fmt: skip
    """Ask what was published, of the default scenario."""
    return Check(name, "realism", {"en": en, "ko": ko}, float(value), low, high, unit, source, detail)


def about(middle: float, error: float) -> tuple[float, float]:
    """Band of what cannot be negative: :data:`ERRORS` standard errors about a value.

    Examples
    --------
    >>> about(1.0, 0.5)
    (0.0, 3.0)
    """
    return max(0.0, middle - ERRORS * error), middle + ERRORS * error
