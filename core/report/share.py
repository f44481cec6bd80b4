"""Of each 100 that could be gained: what the selected learner gains, measured by each bound."""

from __future__ import annotations

import math
from typing import Literal

from core.protocol import Role
from core.report.measure import mean, scaled, span
from core.report.numerals import number
from core.report.verdict import labels
from core.report.words import Words
from core.results import SELECTED, Run
from core.stats.headroom import Captured
from core.stats.interval import MIN_SEEDS

BOUNDS: tuple[Role, ...] = ("oracle", "ceiling")
"""The first is what shares are told by; another is set beside it."""
Sort = Literal["won", "dollars", "parts"]


def currency(unit: str) -> Sort:
    """Say what 100 of a headline are: money where its unit counts money, else parts of the whole.

    Examples
    --------
    >>> currency("k KRW/1,000 purchases"), currency("USD/100,000 e-mails"), currency("net votes/1,000 USD")
    ('won', 'dollars', 'parts')
    """
    counted = unit.partition("/")[0].split()
    if "KRW" in counted:
        return "won"
    return "dollars" if "USD" in counted else "parts"


def shares(run: Run, say: Words) -> dict[Role, str]:
    """Say by bound what share of the headroom the selected learner gains; empty where none was selected.

    The ends are Fieller's. Where there is nothing to gain, or where what could be gained is too uncertain to
    divide by, this is said instead of a share.
    """
    if not run.chosen:
        return {}
    told: dict[Role, str] = {}
    for bound in BOUNDS:
        found = run.captured(SELECTED, bound)
        if found is not None:
            told[bound] = _sentence(run, bound, found, say)
    return told


def unsure(found: Captured) -> bool:
    """Whether what could be gained is too uncertain to divide by: Fieller's set has no ends."""
    return math.isinf(found.share.low)


def _sentence(run: Run, bound: Role, found: Captured, say: Words) -> str:
    kpi, share = run.headline, found.share
    told = {
        "bound": labels(run, say)[bound],
        "standing": say(f"standing.{run.case.yardsticks[bound].standing.replace(' ', '_')}"),
    }
    if found.nothing_to_gain:
        what = "unsure" if unsure(found) else "nothing"
        room = mean(found.headroom, kpi, say)
        return say(f"report.share.{what}", **told, room=room, interval=span(found.headroom, kpi.digits, say))
    sort = currency(kpi.unit)
    told |= {"hundred": say(f"report.hundred.{sort}"), "share": _part(share.mean, sort, say)}
    if bound != BOUNDS[0]:
        return say("report.share.also", **told, interval=span(scaled(share, 100.0), 0, say))
    if share.n < MIN_SEEDS:
        return say("report.share.few", **told, seeds=share.n, least=MIN_SEEDS)
    if share.high < 0.0:
        told["share"] = _part(-share.mean, sort, say)
        return say("report.share.behind", **told, **_ends(-share.high, -share.low, sort, say))
    how = "level" if share.low <= 0.0 else "ahead"
    return say(f"report.share.{how}", **told, **_ends(share.low, share.high, sort, say))


def _ends(low: float, high: float, sort: Sort, say: Words) -> dict[str, str]:
    return {"low": number(100.0 * low, 0), "high": _part(high, sort, say)}


def _part(share: float, sort: Sort, say: Words) -> str:
    """Write so many of a hundred; in Korean money takes its unit along."""
    value = number(100.0 * share, 0)
    return value if sort == "parts" else say(f"report.part.{sort}", value=value)
