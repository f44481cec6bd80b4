"""The pictures of a run of voter contact, and how its votes are told."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from core.protocol import Array, Chart, Table, Text
from core.results import SELECTED, Run
from core.stats.interval import Interval, paired_interval
from core.stats.ratio import fieller
from core.telling import ends, intervals, lines, number, of, percent, seeds, size, source, traced
from usecases.voter_targeting.contact.play import FEWEST_SHOWN, TRIAL
from usecases.voter_targeting.contact.words import RULE_LABELS

LEAST = 0.05
"""Of the best contender's net votes: fewer are too near 0 to be told others by in per cent."""
DOORS = 20.0
"""Share of doors in % at which orders are compared: about what the usual budget buys."""
STEPS = (
    "demographics", "support", "turnout_support", "structured", "s_learner", "t_learner", "x_learner",
    "uplift_net", "uncorrected", SELECTED, "ceiling", "oracle",
)  # fmt: skip
"""After the incumbent, each knows or does something more; the selected one stands beside the bounds."""
# What is no contender has one name for readers of both languages.
GROUPS: Mapping[str, Text] = {
    "minority": {"en": "minority", "ko": "소수 인종"},
    "majority": {"en": "majority", "ko": "다수 인종"},
    "women": {"en": "women", "ko": "여성"},
    "men": {"en": "men", "ko": "남성"},
    "18-34": {"en": "aged 18-34", "ko": "18~34세"},
    "35-59": {"en": "aged 35-59", "ko": "35~59세"},
    "60+": {"en": "aged 60+", "ko": "60세 이상"},
    "poorer precincts": {"en": "poorer precincts", "ko": "저소득 투표구"},
    "richer precincts": {"en": "richer precincts", "ko": "고소득 투표구"},
}
CHANNELS: Mapping[str, Text] = {
    "door": {"en": "door visits", "ko": "방문"},
    "phone": {"en": "calls", "ko": "전화"},
    "mail": {"en": "letters", "ko": "우편"},
    "email": {"en": "e-mails", "ko": "이메일"},
}
WHO: Text = {"en": "contender", "ko": "참가자"}
CALLED: Mapping[str, Text] = {
    SELECTED: {"en": "the selected learner", "ko": "선택된 학습기"},
    "list": {"en": "the walk list", "ko": "접촉 명단"},
    "oracle": {"en": "the oracle", "ko": "오라클"},
}
FOR_MONEY: Text = {"en": "net votes for 1,000 USD", "ko": "1,000달러당 순득표 (표)"}


def charts_of(run: Run) -> Iterator[Chart]:
    """Draw the price of privacy, each score's step, orders of doors, groups, money and channels."""
    if not run.chosen:
        return
    if "structured" in run.roles and _rules(run):
        yield _price_chart(run)
        yield _privacy_chart(run)
    yield _step_chart(run)
    drawn: Mapping[str, Callable[[Run], Chart]] = {
        "gain": _gain_chart, "groups": _group_chart, "frontier": _frontier_chart, "channels": _channel_chart
    }  # fmt: skip
    for trace, chart in drawn.items():
        if {run.incumbent, run.chosen[0]} <= set(traced(run, trace)):
            yield chart(run)


# --- how votes are told ------------------------------------------------------------------------


def apart(run: Run, one: str, other: str) -> Interval:
    """Net votes for 1,000 USD of one contender less another's, in the same seeds."""
    return paired_interval(run.values("net_votes", one), run.values("net_votes", other))


def share(run: Run, one: str, other: str) -> Interval:
    """Net votes of one contender over another's in %; ``nan`` where these may be none."""
    ratio = fieller(run.values("net_votes", one), run.values("net_votes", other))
    best = max(run.interval("net_votes", name).mean for name in run.roles)
    if run.interval("net_votes", other).mean <= LEAST * max(best, 0.0) or math.isinf(ratio.low):
        return Interval(math.nan, math.nan, math.nan, ratio.n)
    return Interval(100.0 * ratio.mean, 100.0 * ratio.low, 100.0 * ratio.high, ratio.n)


def beyond(part: Interval) -> Interval:
    """What a share in % is above 100."""
    return Interval(part.mean - 100.0, part.low - 100.0, part.high - 100.0, part.n)


def votes(found: Interval) -> Text:
    """Write net votes with their interval, where there is one."""
    mean, interval = number(found.mean, 2), ends(found, 2)
    return {"en": f"{mean}{interval}", "ko": f"{mean}표{interval}"}


def clearly(change: Interval) -> Text:
    """Say it where the interval holds both signs; below five seeds there is none to say it by."""
    if change.low <= 0.0 <= change.high:
        return {"en": " (not clear)", "ko": "(뚜렷하지 않음)"}
    return {"en": "", "ko": ""}


def _points(found: Interval) -> Text:
    mean, interval = number(found.mean, 1), ends(found, 1)
    return {"en": f"{mean} points{interval}", "ko": f"{mean}%p{interval}"}


def _both(text: Text) -> str:
    return f"{text['en']} · {text['ko']}"


# --- over all seeds ----------------------------------------------------------------------------


def _bars(run: Run, name: str, kpi: str, who: Sequence[str], title: Text, how: Text, alt: Text,
          y_label: Text) -> Chart:  # fmt: skip
    """Draw a KPI by contender, in the order given."""
    return Chart(
        name=name,
        kind="bar",
        table={"contender": np.array(who)} | intervals(run, kpi, who),
        x="contender",
        y=kpi,
        low=f"{kpi}_low",
        high=f"{kpi}_high",
        title=title,
        how=how,
        alt=alt,
        x_label=WHO,
        y_label=y_label,
        source="this run, all seeds",
    )


def _rules(run: Run) -> list[str]:
    """Privacy rules that compete, the cheapest first."""
    rules = [name for name in RULE_LABELS if name in run.roles]
    return sorted(rules, key=lambda name: -run.interval("net_votes", name).mean)


def _private(run: Run, kpi: str) -> list[str]:
    """The structured model with everything, under each rule, and the walk list; largest first."""
    names = ("structured", *_rules(run), run.incumbent)
    return sorted(names, key=lambda name: -run.interval(kpi, name).mean)


def _price_chart(run: Run) -> Chart:
    rules, n, whole = _rules(run), seeds(run), votes(run.interval("net_votes", "structured"))
    if len(rules) == 1:
        told = [("the rule", "규칙", rules[0])]
    else:
        told = [
            ("the cheapest rule,", "대가가 가장 작은 규칙", rules[0]),
            ("the dearest,", "가장 큰 규칙", rules[-1]),
        ]
    prices = [_price(run, rule) for _, _, rule in told]
    quoted = {lang: [RULE_LABELS[rule][lang] for _, _, rule in told] for lang in ("en", "ko")}
    comma = "," if len(rules) > 1 else ""
    en = [
        f"{which} “{label}”{comma} {price['en']}"
        for (which, _, _), label, price in zip(told, quoted["en"], prices, strict=True)
    ]
    ko = [
        f"{which} ‘{label}’에서 {price['ko']}"
        for (_, which, _), label, price in zip(told, quoted["ko"], prices, strict=True)
    ]
    return _bars(
        run, "price_of_privacy", "net_votes", _private(run, "net_votes"),
        title={"en": "", "ko": ""},
        how={"en": "", "ko": ""},
        alt={"en": "", "ko": ""},
        y_label=FOR_MONEY,
    )  # fmt: skip
