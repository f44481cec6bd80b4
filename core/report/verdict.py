"""What a run says, in plain sentences: who is ahead, by how much, and whether there is anything to gain."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from core.protocol import Kpi
from core.report.numerals import between, number
from core.report.words import Words
from core.results import SELECTED, Run
from core.stats.headroom import Captured
from core.stats.interval import MIN_SEEDS, Interval

Standing = Literal["ahead", "behind", "level", "few", "none"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The finding of a run.

    Attributes
    ----------
    standing
        Of the selected learner beside the incumbent; ``few`` seeds tell nothing, and with ``none`` no learner
        stood for selection.
    nothing_to_gain
        Whether even the oracle gains too little to matter.
    title, sentence
        A few words, and the whole with its intervals.
    """

    standing: Standing
    nothing_to_gain: bool
    title: str
    sentence: str


def labels(run: Run, say: Words) -> dict[str, str]:
    """Names of the contenders, of the bounds and of ``selected`` in a language."""
    found = {}
    for name, role in run.roles.items():
        if name in run.case.contenders:
            found[name] = say.of(run.case.contenders[name].label)
        elif role in run.case.yardsticks:
            found[name] = say.of(run.case.yardsticks[role].label)
        else:
            found[name] = name
    return found | {SELECTED: say("role.selected")}


def standing(difference: Interval | None, sign: float) -> Standing:
    """Say how the selected learner stands, by the paired difference of the headline KPI.

    Examples
    --------
    >>> standing(Interval(-3.0, -4.0, -2.0, 9), 1.0), standing(Interval(-3.0, -7.0, 1.0, 9), 1.0)
    ('behind', 'level')
    """
    if difference is None:
        return "none"
    if not (math.isfinite(difference.low) and math.isfinite(difference.high)):
        return "few"
    if difference.low <= 0.0 <= difference.high:
        return "level"
    return "ahead" if difference.mean * sign > 0.0 else "behind"


def judge(run: Run, say: Words) -> Verdict:
    """Say what a run finds."""
    kpi = run.headline
    difference = run.difference(kpi.name, SELECTED) if run.chosen else None
    how = standing(difference, kpi.sign)
    who = SELECTED if run.chosen else run.incumbent
    room = run.captured(who, "oracle")
    nothing = room is not None and room.nothing_to_gain
    names = labels(run, say)
    told = {"incumbent": names[run.incumbent], "kpi": say.of(kpi.label)}
    titles = [say("verdict.nothing.title")] if nothing else []
    if how == "behind" or not nothing:
        titles.append(say(f"verdict.{how}.title", incumbent=names[run.incumbent]))
    sentences = [_room(room, kpi, say)] if room is not None and nothing else []
    sentences.append(_learner(difference, how, told, kpi, say))
    if how == "ahead" and room is not None and not nothing:
        sentences.append(_share(room, say))
    return Verdict(how, nothing, " · ".join(titles), " ".join(filter(None, sentences)))


def _learner(found: Interval | None, how: Standing, told: Mapping[str, str], kpi: Kpi, say: Words) -> str:
    if found is None:
        return say("verdict.none.sentence")
    if how in ("level", "few"):
        return say(
            f"verdict.{how}.sentence",
            **told,
            difference=say.quantity(number(found.mean, kpi.digits, signed=True), kpi.unit),
            interval=between(found.low, found.high, kpi.digits, say),
            seeds=found.n,
            least=MIN_SEEDS,
        )
    low, high = sorted((abs(found.low), abs(found.high)))
    return say(
        f"verdict.{how}.sentence",
        **told,
        amount=say.quantity(number(abs(found.mean), kpi.digits), kpi.unit),
        direction=say("verdict.higher" if found.mean > 0.0 else "verdict.lower"),
        interval=between(low, high, kpi.digits, say),
    )


def _room(room: Captured, kpi: Kpi, say: Words) -> str:
    found = room.headroom
    return say(
        "verdict.nothing.sentence" if found.mean > 0.0 else "verdict.nothing.behind",
        amount=say.quantity(number(found.mean, kpi.digits), kpi.unit),
        interval=_in_brackets(between(found.low, found.high, kpi.digits, say), say),
    )


def _share(room: Captured, say: Words) -> str:
    one = room.share
    interval = between(100.0 * one.low, 100.0 * one.high, 0, say)
    share = say("number.percent", value=number(100.0 * one.mean, 0))
    return say("verdict.share", share=share, interval=_in_brackets(interval, say))


def _in_brackets(interval: str, say: Words) -> str:
    return say("number.interval", interval=interval) if interval else ""
