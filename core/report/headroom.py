"""The picture that every industry gets: how far each contender and each bound is from the incumbent."""

from __future__ import annotations

import numpy as np

from core.protocol import Chart
from core.report.numerals import number
from core.report.verdict import labels, standing
from core.report.words import Words
from core.results import SELECTED, Run
from core.stats.interval import MIN_SEEDS

BOUNDS = ("ceiling", "oracle")


def order(run: Run) -> list[str]:
    """Incumbent, learners, who was selected, bounds from the nearer to the further."""
    inside = [name for name, role in run.roles.items() if role in ("incumbent", "learner")]
    bounds = [name for bound in BOUNDS for name, role in run.roles.items() if role == bound]
    return [*inside, *([SELECTED] if run.chosen else []), *bounds]


def headroom(run: Run, say: Words) -> Chart:
    """Bars of the advantage over the incumbent in the headline KPI, better to the right."""
    kpi = run.headline
    names = order(run)
    found = [run.difference(kpi.name, name) for name in names]
    means = kpi.sign * np.array([one.mean for one in found])
    ends = kpi.sign * np.array([[one.low, one.high] for one in found])
    ends.sort(axis=1)
    known = labels(run, say)
    bars = "; ".join(
        f"{known[name]} {number(mean, kpi.digits, signed=True)}"
        for name, mean in zip(names, means, strict=True)
    )
    told = {"kpi": say.of(kpi.label), "unit": say.unit(kpi.unit)}
    few = len(run.seeds) < MIN_SEEDS
    lang = say.lang
    return Chart(
        name="headroom",
        kind="bar",
        table={"contender": np.array(names), "advantage": means, "low": ends[:, 0], "high": ends[:, 1]},
        x="contender",
        y="advantage",
        low="low",
        high="high",
        title={lang: _title(run, say)},
        how={lang: say("headroom.how_few" if few else "headroom.how")},
        alt={lang: say("headroom.alt", bars=bars, **told)},
        x_label={lang: say("headroom.who")},
        y_label={lang: say("headroom.axis", **told)},
        source=_source(run, say),
    )


def _title(run: Run, say: Words) -> str:
    kpi = run.headline
    how = standing(run.difference(kpi.name, SELECTED) if run.chosen else None, kpi.sign)
    room = run.captured(SELECTED, "oracle") if run.chosen else None
    if how == "behind":
        return say("headroom.title_behind")
    if room is not None and room.nothing_to_gain:
        return say("headroom.title_nothing")
    if how == "ahead" and room is not None:
        return say(
            "headroom.title_share", share=say("number.percent", value=number(100.0 * room.share.mean, 0))
        )
    return say("headroom.title_level" if how == "level" else "headroom.title_other")


def _source(run: Run, say: Words) -> str:
    yardstick = run.case.yardsticks.get("oracle")
    if yardstick is None or "oracle" not in run.roles.values():
        return say("headroom.source_plain")
    return say("headroom.source", standing=say(f"standing.{yardstick.standing.replace(' ', '_')}"))
