"""Numbers as people read them: thousands separated, no more decimals than mean something."""

from __future__ import annotations

import math

from core.report.words import Words
from core.stats.interval import Interval

MINUS = "−"
MOST_DECIMALS = 8
NO_NUMBER = "–"
PLUS_MINUS = "\u00a0±\u00a0"
"""With spaces at which no line breaks."""


def number(value: float, digits: int, *, signed: bool = False) -> str:
    """Write a number; never a negative zero.

    Examples
    --------
    >>> number(-1234567.891, 1), number(-0.01, 1), number(3.0, 0, signed=True)
    ('−1,234,567.9', '0.0', '+3')
    """
    if not math.isfinite(value):
        return NO_NUMBER
    rounded = round(value, digits) + 0.0
    return f"{rounded:{'+' if signed and rounded else ''},.{digits}f}".replace("-", MINUS)


def within(found: Interval, digits: int, *, signed: bool = False) -> str:
    """Write a mean with half the width of its interval, where it has one that is not a point.

    Examples
    --------
    >>> print(within(Interval(1234.56, 1230.0, 1239.12, 9), 1))
    1,234.6 ± 4.6
    """
    text = number(found.mean, digits, signed=signed)
    half = half_width(found)
    return f"{text}{PLUS_MINUS}{number(half, digits)}" if half > 0.0 else text


def half_width(found: Interval) -> float:
    """Half the width of an interval; ``nan`` where there is none."""
    half = (found.high - found.low) / 2.0
    return half if math.isfinite(half) else math.nan


def between(low: float, high: float, digits: int, say: Words) -> str:
    """Write the ends of an interval, "" where there is none.

    Examples
    --------
    >>> between(-2.0, 1.5, 1, Words("en")), between(math.nan, math.nan, 1, Words("en"))
    ('−2.0 to 1.5', '')
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return say("number.range", low=number(low, digits), high=number(high, digits))


def decimals(value: float, half: float = math.nan) -> int:
    """Decimals that a value deserves: one digit of its uncertainty (two after a 1), else four digits.

    Examples
    --------
    >>> decimals(99.7254, 0.0046), decimals(0.0153, 0.0098), decimals(34.5678), decimals(8000.0)
    (3, 3, 2, 0)
    """
    if math.isfinite(half) and half > 0.0:
        power = math.floor(math.log10(half))
        wanted = -power + (half / 10.0**power < 2.0)
    elif math.isfinite(value) and value != 0.0:
        wanted = 3 - math.floor(math.log10(abs(value)))
    else:
        wanted = 0
    return min(max(wanted, 0), MOST_DECIMALS)


def short(value: float) -> str:
    """Write a number of unknown kind: four significant digits, no needless zeros.

    Examples
    --------
    >>> short(0.45), short(10000.0), short(1234567.0), short(0.0000123), short(math.inf)
    ('0.45', '10,000', '1,234,567', '1.23e−05', '–')
    """
    if not math.isfinite(value):
        return NO_NUMBER
    if value == 0.0:
        return "0"
    if abs(value) < 1e-4:
        return f"{value:.3g}".replace("-", MINUS)
    text = number(value, decimals(value))
    return text.rstrip("0").rstrip(".") if "." in text else text


def measured(mean: float, half: float) -> str:
    """Write a measurement as exactly as it is known.

    Examples
    --------
    >>> print(measured(0.003004, 0.000059), measured(99.7254, 0.0046), sep="; ")
    0.00300 ± 0.00006; 99.725 ± 0.005
    """
    if not (math.isfinite(half) and half > 0.0):
        return short(mean)
    digits = decimals(mean, half)
    return f"{number(mean, digits)}{PLUS_MINUS}{number(half, digits)}"
