"""The pictures of a run of voter contact, and how its votes are told."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

import numpy as np

from core.protocol import Chart, Table, Text
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
    "women": {"en": "women", "ko": "여성"},
    "18-34": {"en": "18-34", "ko": "18-34"},
    "35-59": {"en": "35-59", "ko": "35-59"},
    "60+": {"en": "60+", "ko": "60+"},
    "poorer precincts": {"en": "low income", "ko": "저소득"},
}
"""Of the groups that the trace has, those that do not mirror another one."""
CHANNELS: Mapping[str, Text] = {
    "door": {"en": "door visits", "ko": "방문"},
    "phone": {"en": "calls", "ko": "전화"},
    "mail": {"en": "letters", "ko": "우편"},
    "email": {"en": "e-mails", "ko": "이메일"},
}
WHO: Text = {"en": "contender", "ko": "참가자"}
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


def lost(run: Run, one: str, whole: str) -> Interval:
    """Net votes that one contender loses of another's, in %; ``nan`` as for :func:`share`."""
    left = share(run, one, whole)
    return Interval(100.0 - left.mean, 100.0 - left.high, 100.0 - left.low, left.n)


def votes(found: Interval) -> Text:
    """Write net votes with their interval, where there is one."""
    mean, interval = number(found.mean, 2), ends(found, 2)
    return {"en": f"{mean}{interval}", "ko": f"{mean}표{interval}"}


def clearly(change: Interval) -> Text:
    """Say it where the interval holds both signs; below five seeds there is none to say it by."""
    if change.low <= 0.0 <= change.high:
        return {"en": " (not clear)", "ko": "(뚜렷하지 않음)"}
    return {"en": "", "ko": ""}


def gained(change: Interval, ending: str = "다", part: Interval | None = None) -> Text:
    """Say how many net votes more or fewer, and in per cent; the Korean goes on with the ending."""
    apart, unsure = votes(size(change)), clearly(change)
    en, ko = ("more", "많") if change.mean >= 0.0 else ("fewer", "적")
    of_it: Text = {"en": "", "ko": ""}
    if part is not None and not math.isnan(part.mean):
        told = percent(size(part), 0)
        of_it = {"en": f" or {told['en']}", "ko": f", {told['ko']}"}
    return {
        "en": f"{apart['en']}{of_it['en']} {en}{unsure['en']}",
        "ko": f"{apart['ko']}{of_it['ko']} {ko}{ending}{unsure['ko']}",
    }


def plain_score(run: Run) -> bool:
    """Whether the support score competes, and is not what every seed selected."""
    return "support" in run.roles and set(run.chosen) != {"support"}


def _both(text: Text) -> str:
    return text["en"] if text["en"] == text["ko"] else f"{text['en']} · {text['ko']}"


def _points(found: Interval) -> Text:
    mean, interval = number(found.mean, 1), ends(found, 1)
    return {"en": f"{mean} points{interval}", "ko": f"{mean}%p{interval}"}


# --- over all seeds ----------------------------------------------------------------------------


def _bars(run: Run, name: str, kpi: str, who: Sequence[str], title: Text, how: Text, alt: Text,
          y_label: Text, about: Literal["course", "people"] = "course") -> Chart:  # fmt: skip
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
        about=about,
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
    whole, rules, n = votes(run.interval("net_votes", "structured")), _rules(run), seeds(run)
    least, most = (_price(run, rule) for rule in (rules[0], rules[-1]))
    return _bars(
        run,
        "price_of_privacy",
        "net_votes",
        _private(run, "net_votes"),
        title={
            "en": f"Of the structured model's {whole['en']} net votes for 1,000 USD the cheapest rule,"
            f" {least['en']}, and the dearest, {most['en']} ({n['en']})",
            "ko": f"구조적 증분 모형의 1,000달러당 순득표 {whole['ko']} 가운데 가장 적게 잃는 규칙은"
            f" {least['ko']}, 가장 많이 잃는 규칙은 {most['ko']}이다({n['ko']})",
        },
        how={
            "en": "Further right is better. Under each rule the same method learns from what the rule leaves"
            " of each person. Intervals are wide because worlds differ; losses in the title compare within"
            " the same world. What laws allow is simplified.",
            "ko": "오른쪽일수록 좋다. 규칙마다 그 규칙이 남긴 정보만으로 같은 방법을 학습한다. 세계마다"
            " 득표가 달라 구간이 넓지만, 제목의 손실은 같은 세계 안에서 비교한 것이다. 법 규정은 단순하게"
            " 옮겼다.",
        },
        alt={
            "en": "Bars of net votes for 1,000 USD by privacy rule, with the structured model and the walk"
            " list, largest first.",
            "ko": "개인정보 규칙별 1,000달러당 순득표 막대그래프. 구조적 증분 모형과 접촉 명단을 함께 큰"
            " 것부터 늘어놓았다.",
        },
        y_label=FOR_MONEY,
        about="people",
    )


def _price(run: Run, rule: str) -> Text:
    """Name a rule and what it costs: in per cent, or in votes where there are too few for that."""
    gone, label = lost(run, rule, "structured"), RULE_LABELS[rule]
    price = percent(gone, 1)
    if math.isnan(gone.mean):
        gone = apart(run, "structured", rule)
        price = votes(gone)
    unsure = clearly(gone)
    return {
        "en": f"“{label['en']}”, costs {price['en']}{unsure['en']}",
        "ko": f"‘{label['ko']}’ {price['ko']}{unsure['ko']}",
    }


def _privacy_chart(run: Run) -> Chart:
    rules, n = _rules(run), seeds(run)
    rule = "no_race" if "no_race" in rules else rules[0]
    own, usual = (_points(run.interval("gap_race", name)) for name in ("structured", run.incumbent))
    change = paired_interval(run.values("gap_race", rule), run.values("gap_race", "structured"))
    other, unsure, label = _points(size(change)), clearly(change), RULE_LABELS[rule]
    than: Text = {"en": "larger", "ko": "크고"} if change.mean >= 0.0 else {"en": "smaller", "ko": "작고"}
    return _bars(
        run,
        "privacy_contacts",
        "gap_race",
        _private(run, "gap_race"),
        title={
            "en": f"The gap by race is {own['en']} with the structured model, {other['en']} {than['en']}"
            f" under “{label['en']}”{unsure['en']}, and {usual['en']} with the walk list ({n['en']})",
            "ko": f"인종별 격차는 구조적 증분 모형에서 {own['ko']}, ‘{label['ko']}’에서는 그보다"
            f" {other['ko']} {than['ko']}{unsure['ko']}, 접촉 명단에서는 {usual['ko']}이다({n['ko']})",
        },
        how={
            "en": "By how many points minority voters' share of the contacts differs from their share of the"
            " voters, up or down. Targeting that follows race remains without a race column: the precinct's"
            " result and party registration tell it. The gap says who is contacted, not who ought to be.",
            "ko": "접촉 중 소수 인종의 비율이 유권자 중 비율과 위로든 아래로든 몇 %p 다른지 나타낸다. 인종"
            " 정보를 빼도 투표구 득표율과 정당 등록으로 인종을 짐작할 수 있어 인종에 따른 접촉은 남는다. 누가"
            " 접촉을 받는지 보여 줄 뿐, 누가 받아야 하는지는 말하지 않는다.",
        },
        alt={
            "en": "Bars of the gap by race by privacy rule, with the structured model and the walk list,"
            " largest first.",
            "ko": "개인정보 규칙별 인종별 격차 막대그래프. 구조적 증분 모형과 접촉 명단을 함께 큰 것부터"
            " 늘어놓았다.",
        },
        y_label={"en": "gap by race (points)", "ko": "인종별 격차 (%p)"},
        about="people",
    )


def _step_chart(run: Run) -> Chart:
    known = (*run.roles, SELECTED)
    return _bars(
        run,
        "steps",
        "net_votes",
        [run.incumbent, *(name for name in STEPS if name in known)],
        title=_step_title(run),
        how={
            "en": "Further right is better. From the top: the list, scores of support and turnout, models of"
            " what a contact changes, and bounds. Intervals are wide because worlds differ; steps in the"
            " title compare within the same world.",
            "ko": "오른쪽일수록 좋다. 위에서부터 명단, 지지와 투표의 점수, 접촉의 효과를 재는 모형,"
            " 한계선이다. 세계마다 득표가 달라 구간이 넓지만, 제목의 차이는 같은 세계 안에서 비교한 것이다.",
        },
        alt={
            "en": "Bars of net votes for 1,000 USD from the walk list to the oracle.",
            "ko": "접촉 명단에서 오라클까지 1,000달러당 순득표 막대그래프.",
        },
        y_label=FOR_MONEY,
    )


def _step_title(run: Run) -> Text:
    n, whole = seeds(run), gained(apart(run, SELECTED, run.incumbent))
    if not plain_score(run):
        return {
            "en": f"Net votes for 1,000 USD: the selected learner {whole['en']} than the walk list"
            f" ({n['en']})",
            "ko": f"1,000달러당 순득표({n['ko']})는 선택된 학습기가 접촉 명단보다 {whole['ko']}",
        }
    first, second = (
        gained(apart(run, "support", run.incumbent), "고"),
        gained(apart(run, SELECTED, "support")),
    )
    return {
        "en": f"Net votes for 1,000 USD: the support score {first['en']} than the walk list, the selected"
        f" learner {second['en']} than the support score ({n['en']})",
        "ko": f"1,000달러당 순득표({n['ko']})는 지지 점수가 접촉 명단보다 {first['ko']}, 선택된 학습기가 지지"
        f" 점수보다 {second['ko']}",
    }


# --- of the first seed -------------------------------------------------------------------------


def _gain_chart(run: Run) -> Chart:
    table = lines(run, "gain", run.incumbent, "support", SELECTED, "ceiling")
    mine = table["contender"] == SELECTED
    # Four bands would hide all lines, and are alike.
    table |= {end: np.where(mine, table[end], math.nan) for end in ("low", "high")}
    return Chart(
        name="gain_by_order",
        about="learned",
        kind="line",
        table=table,
        x="share",
        y="gain",
        series="contender",
        low="low",
        high="high",
        title=_gain_title(table, run.incumbent),
        how={
            "en": "Higher is better: all doors are knocked from left to right in each contender's order, and"
            " lines are the truth, which no campaign sees. The band is what one real trial with at most"
            f" {TRIAL:,} persons can say of the selected learner's line; at each place it misses one time in"
            " twenty. It is much wider than lines are apart.",
            "ko": "높을수록 좋다. 참가자마다 정한 순서로 왼쪽부터 모든 집의 문을 두드린다. 선은 어떤 캠프도"
            f" 볼 수 없는 참값이다. 띠는 최대 {TRIAL:,}명을 실제로 시험해 선택된 학습기의 선을 한 번"
            " 추정한 범위이며, 지점마다 스무 번에 한 번꼴로 빗나간다. 선 사이의 차이보다 훨씬 넓다.",
        },
        alt={
            "en": "Lines of net votes over the share of doors knocked by contender, with a band around the"
            " selected learner's.",
            "ko": "두드린 문의 비율에 따른 순득표를 참가자별로 그린 선그래프. 선택된 학습기에는 띠가 있다.",
        },
        x_label={"en": "doors knocked (%)", "ko": "두드린 문의 비율 (%)"},
        y_label={"en": "net votes for 1,000 persons", "ko": "1,000명당 순득표 (표)"},
        source=source(run),
    )


def _gain_title(table: Table, incumbent: str) -> Text:
    def at(name: str, column: str) -> str:
        digits = 2 if column == "gain" else 1
        return number(float(np.interp(DOORS, of(table, name, "share"), of(table, name, column))), digits)

    own, low, high = (at(SELECTED, column) for column in ("gain", "low", "high"))
    usual = at(incumbent, "gain")
    return {
        "en": f"Knocking at {DOORS:.0f} % of the doors gains {own} net votes for 1,000 persons in the"
        f" selected learner's order and {usual} in the walk list's; one trial puts the former at {low} to"
        f" {high} (first seed)",
        "ko": f"문의 {DOORS:.0f}%를 두드리면 1,000명당 순득표는 선택된 학습기의 순서로 {own}표, 접촉 명단의"
        f" 순서로 {usual}표다. 한 번 시험해 추정한 앞의 값은 {low}~{high}표다(첫 시드)",
    }


def _group_chart(run: Run) -> Chart:
    table = lines(run, "groups", run.incumbent, SELECTED)
    shown = np.isin(table["group"].astype(str), list(GROUPS))
    table = {name: column[shown] for name, column in table.items()}
    table["apart"] = table["contacts"] - table["voters"]
    table["name"] = np.array([_both(GROUPS[str(group)]) for group in table["group"]])
    return Chart(
        name="contacts_by_group",
        about="people",
        kind="bar",
        table=table,
        x="name",
        y="apart",
        series="contender",
        title=_group_title(table, run.incumbent),
        how={
            "en": "Above 0 a group has more of the contacts than of the voters, below 0 less; men, the"
            " majority and richer precincts mirror the bars. Groups with fewer than"
            f" {FEWEST_SHOWN} persons are left out. Bars say who is contacted, not who ought to be.",
            "ko": "0보다 위면 접촉 중 비율이 유권자 중 비율보다 높은 집단이고, 아래면 낮은 집단이다."
            " 남성, 다수 인종, 고소득 투표구는 부호만 반대여서 그리지 않았다."
            f" {FEWEST_SHOWN}명이 안 되는 집단도 뺐다. 누가 접촉을 받는지 보여 줄 뿐, 누가 받아야 하는지는"
            " 말하지 않는다.",
        },
        alt={
            "en": "Bars of the share of contacts less the share of voters by group and contender.",
            "ko": "집단별로 접촉 중 비율에서 유권자 중 비율을 뺀 값을 참가자별로 그린 막대그래프.",
        },
        x_label={"en": "group; ages in years", "ko": "집단, 나이는 세"},
        y_label={"en": "share of contacts less of voters (points)", "ko": "접촉 비율 − 유권자 비율 (%p)"},
        source=source(run),
    )


def _group_title(table: Table, incumbent: str) -> Text:
    own = of(table, SELECTED, "apart")
    most = int(np.argmax(np.abs(own)))
    there = own[most], of(table, incumbent, "apart")[most]
    label = GROUPS[str(table["group"][table["contender"] == SELECTED][most])]
    (mine, own_en, own_ko), (usual, en, ko) = (
        (number(abs(points), 1), *(("above", "높") if points >= 0.0 else ("below", "낮"))) for points in there
    )
    return {
        "en": f"The selected learner's contacts differ most from the voters in the group “{label['en']}”:"
        f" {mine} points {own_en} its share of the voters, the walk list's {usual} {en} (first seed)",
        "ko": f"선택된 학습기의 접촉이 유권자 구성과 가장 다른 집단은 ‘{label['ko']}’이다. 접촉 중 비율이"
        f" 유권자 중 비율보다 {mine}%p {own_ko}고, 접촉 명단에서는 {usual}%p {ko}다(첫 시드)",
    }


def _frontier_chart(run: Run) -> Chart:
    table = lines(run, "frontier", run.incumbent, "support", SELECTED, "ceiling", "oracle")
    return Chart(
        name="frontier",
        kind="line",
        table=table,
        x="usd",
        y="votes",
        series="contender",
        title=_frontier_title(table, run),
        how={
            "en": "Higher is better. Each contender spends other budgets by the same scores, between which"
            " straight lines are drawn. A line that falls pays for contacts that cost votes; one that is"
            " level finds nobody else worth a contact.",
            "ko": "높을수록 좋다. 참가자마다 같은 점수로 다른 예산을 썼을 때의 값을 직선으로 이었다. 내려가는"
            " 선은 표를 잃는 접촉에 돈을 쓴다는 뜻이고, 평평한 선은 더 접촉할 사람이 없다는 뜻이다.",
        },
        alt={
            "en": "Lines of net votes over the money spent by contender.",
            "ko": "쓴 비용에 따른 순득표를 참가자별로 그린 선그래프.",
        },
        x_label={"en": "USD for 1,000 voters", "ko": "유권자 1,000명당 비용 (달러)"},
        y_label={"en": "net votes for 1,000 voters", "ko": "유권자 1,000명당 순득표 (표)"},
        source=source(run),
    )


def _frontier_title(table: Table, run: Run) -> Text:
    """Say what the selected learner needs for the walk list's votes, where these are any."""
    budget = float(run.scenario["budget_usd"])
    (own_usd, own), (usual_usd, usual) = (
        (of(table, name, "usd"), of(table, name, "votes")) for name in (SELECTED, run.incumbent)
    )
    target = float(np.interp(budget, usual_usd, usual))
    spent, won = number(budget, 0), number(target, 2)
    enough = np.flatnonzero(own >= target)
    if target <= 0.0:
        mine = number(float(np.interp(budget, own_usd, own)), 2)
        return {
            "en": f"For {spent} USD the walk list gains {won} net votes, the selected learner {mine}, for"
            " 1,000 voters each (first seed)",
            "ko": f"유권자 1,000명당 {spent}달러로 접촉 명단은 순득표 {won}표, 선택된 학습기는 {mine}표를"
            " 얻는다(첫 시드)",
        }
    if not len(enough):
        most = number(float(own_usd[-1]), 0)
        return {
            "en": f"For {spent} USD the walk list gains {won} net votes for 1,000 voters; the selected"
            f" learner does not with up to {most} USD (first seed)",
            "ko": f"유권자 1,000명당 {spent}달러로 접촉 명단이 얻는 순득표 {won}표를 선택된 학습기는"
            f" {most}달러까지 써도 얻지 못한다(첫 시드)",
        }
    at = slice(enough[0] - 1, enough[0] + 1)
    needed = number(float(np.interp(target, own[at], own_usd[at])), 0)
    return {
        "en": f"For 1,000 voters the selected learner needs {needed} USD to gain the {won} net votes that"
        f" the walk list gains with {spent} USD (first seed)",
        "ko": f"유권자 1,000명당 접촉 명단이 {spent}달러로 얻는 순득표 {won}표를 선택된 학습기는"
        f" {needed}달러로 얻는다(첫 시드)",
    }


def _channel_chart(run: Run) -> Chart:
    table = lines(run, "channels", run.incumbent, SELECTED, "oracle")
    names = np.array([_both(CHANNELS[str(channel)]) for channel in table["channel"]])
    return Chart(
        name="channels",
        kind="bar",
        table=table | {"name": names},
        x="name",
        y="money",
        series="contender",
        title=_channel_title(table, run.incumbent),
        how={
            "en": "How each contender splits the money that it spends, 100 % in all. The walk list has one"
            " channel, the one that the pilot favours.",
            "ko": "참가자마다 쓴 돈을 접촉 수단별로 나눈 비율이며, 합은 100%다. 접촉 명단은 사전 실험에서"
            " 가장 나은 수단 하나만 쓴다.",
        },
        alt={
            "en": "Bars of the share of the money by channel and contender.",
            "ko": "접촉 수단별 비용 비율을 참가자별로 그린 막대그래프.",
        },
        x_label={"en": "channel", "ko": "접촉 수단"},
        y_label={"en": "share of the money (%)", "ko": "비용 중 비율 (%)"},
        source=source(run),
    )


def _channel_title(table: Table, incumbent: str) -> Text:
    """Name the channel that takes most of each one's money, of those who spend any."""
    en, ko = [], []
    for name, who_en, who_ko in (
        (SELECTED, "the selected learner", "선택된 학습기가"),
        (incumbent, "the walk list", "접촉 명단이"),
        ("oracle", "the oracle", "오라클이"),
    ):
        money = of(table, name, "money")
        if money.sum() > 0.0:
            most = CHANNELS[str(table["channel"][table["contender"] == name][money.argmax()])]
            part = number(float(money.max()), 0)
            en.append(f"for {who_en} {most['en']} ({part} %)")
            ko.append(f"{who_ko} {most['ko']}({part}%)")
    if not en:
        return {"en": "No money is spent (first seed)", "ko": "돈을 쓴 참가자가 없다(첫 시드)"}
    return {
        "en": f"The channel that takes most money: {', '.join(en)} (first seed)",
        "ko": f"돈이 가장 많이 드는 수단은 {', '.join(ko)}이다(첫 시드)",
    }
