"""What a run of voter contact says: its finding and charts, for every sign and with few contenders."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from core.engine.scenario import build
from core.luck import luck_of
from core.report.cast import Cast
from core.report.draw import figure
from core.report.words import Words
from core.results import SELECTED, Run, document
from core.stats.interval import paired_interval
from core.stats.ratio import fieller
from data_synth.electorate import draw
from usecases.voter_targeting.contact import USECASE
from usecases.voter_targeting.contact.bounds import oracle
from usecases.voter_targeting.contact.charts import CHANNELS, GROUPS
from usecases.voter_targeting.contact.findings import charts_of as charts
from usecases.voter_targeting.contact.findings import finding_of as finding
from usecases.voter_targeting.contact.words import RULE_LABELS

OVER_SEEDS = ["price_of_privacy", "privacy_contacts", "steps"]
FIRST_SEED = ["gain_by_order", "contacts_by_group", "frontier", "channels"]
RULES = {"no_race": 4.9, "cells": 4.5, "korea": 3.0}
# By contender: role and net votes for 1,000 USD.
WORTH = {
    "list": ("incumbent", 3.0),
    "demographics": ("learner", 3.2),
    "support": ("learner", 4.6),
    "structured": ("learner", 5.0),
    "uncorrected": ("learner", -1.0),
    **{name: ("learner", worth) for name, worth in RULES.items()},
    "oracle": ("oracle", 8.0),
    "ceiling": ("ceiling", 6.0),
}
STEPS = np.array([0.0, 0.2, 0.1, 0.4, 0.3])
# A step of its own for each contender, so that differences have intervals.
OWN = {name: 0.05 * np.roll(STEPS, i) for i, name in enumerate(WORTH)}
TRACES = {
    "gain": {
        "share": [0.0, 20.0, 100.0], "gain": [0.0, 1.5, -1.0], "low": [0.0, -9.0, -12.0],
        "high": [0.0, 8.0, 6.0],
    },
    "groups": {
        "group": ["minority", "majority", "women", "men", "60+"],
        "voters": [25.0, 75.0, 52.0, 48.0, 20.0],
        "contacts": [40.0, 60.0, 55.0, 45.0, 12.0],
    },
    "frontier": {"usd": [0.0, 150.0, 300.0, 900.0], "votes": [0.0, 1.0, 1.6, 2.0]},
    "channels": {"channel": list(CHANNELS), "money": [40.0, 0.0, 60.0, 0.0]},
}  # fmt: skip


def made(seeds=5, best="structured", **set_to):
    """A run with traces, alike for all contenders; net votes may be set."""
    drawn = [(seed, name) for seed in range(seeds) for name in WORTH]
    who = np.array([name for _, name in drawn])
    rows = {kpi.name: np.full(len(drawn), 50.0) for kpi in USECASE.kpis} | {
        "seed": np.array([seed for seed, _ in drawn]),
        "contender": who,
        "net_votes": np.array([WORTH[name][1] + STEPS[seed] + OWN[name][seed] for seed, name in drawn]),
        "gap_race": np.array([20.0 - 2.0 * (name in RULES) + 9.0 * OWN[name][seed] for seed, name in drawn]),
        "validation": np.where(who == best, 2.0, np.where(np.isin(who, list(RULES)), math.nan, 1.0)),
    }
    for name, values in set_to.items():
        rows["net_votes"][who == name] = values
    scores = {name: np.array([]) for name in ("contender", "measure", "unit", "value", "floor", "naive")}
    run = Run(
        case=USECASE, size="tiny", situation=None, scenario=build(USECASE, size="tiny").model_dump(),
        seeds=tuple(range(seeds)), device="cpu", versions={}, rows=rows, scores=scores,
        roles={name: role for name, (role, _) in WORTH.items()},
    )  # fmt: skip
    for name, columns in TRACES.items():
        run = with_trace(run, name, **columns)
    return run


def with_trace(run, name, of=tuple(WORTH), **columns):
    """The run, had some contenders left another trace."""
    kept = {who: table(run, name, who) for who in run.roles if name in run.traces}
    kept |= {who: {key: np.asarray(column) for key, column in columns.items()} for who in of}
    new = {key: np.concatenate([one[key] for one in kept.values()]) for key in columns}
    new["contender"] = np.concatenate(
        [np.full(len(next(iter(one.values()))), who) for who, one in kept.items()]
    )
    return replace(run, traces={**run.traces, name: new})


def table(run, name, who):
    mine = run.traces[name]["contender"] == who
    return {key: column[mine] for key, column in run.traces[name].items()}


def without(run, *names):
    """The run, had some contenders not competed."""

    def rest(part):
        keep = ~np.isin(part["contender"].astype(str), names)
        return {name: column[keep] for name, column in part.items()}

    return replace(
        run,
        roles={name: role for name, role in run.roles.items() if name not in names},
        rows=rest(run.rows),
        scores=rest(run.scores),
        traces={name: rest(part) for name, part in run.traces.items()},
    )


def tell(run):
    """The charts by name, each looked at: both languages, the columns, one length, JSON, and drawn."""
    found = {chart.name: chart for chart in charts(run)}
    cast = Cast({}, {**run.roles, SELECTED: SELECTED})
    for chart in found.values():
        for text in (chart.title, chart.how, chart.alt, chart.x_label, chart.y_label):
            told(text)
        assert {c for c in (chart.x, chart.y, chart.series, chart.low, chart.high) if c} <= set(chart.table)
        assert len({len(column) for column in chart.table.values()}) == 1
        assert np.isfinite(chart.table[chart.y]).all()
        json.dumps({name: column.tolist() for name, column in chart.table.items()})
        assert figure(chart, cast, Words("ko"))[0].data
    return found


def told(text):
    assert set(text) == {"en", "ko"}
    for words in text.values():
        assert words == words.strip()
        assert not any(bad in words for bad in ("nan", "inf", "[]", "None", "  ", " ,", " .", "()", "{", "}"))


def ends(found, digits):
    return f"[{found.low:.{digits}f}, {found.high:.{digits}f}]".replace("-", "−")


# --- the finding -------------------------------------------------------------------------------


def test_the_finding_tells_votes_per_cent_the_score_and_the_ceiling():
    run = made()
    found = finding(run)
    told(found.sentence)
    own, usual, score, best = (
        run.values("net_votes", name) for name in ("structured", "list", "support", "ceiling")
    )
    gap, part, bound = paired_interval(own, usual), fieller(own, usual), fieller(own, best)
    assert found.value == pytest.approx(100.0 * (own.mean() / usual.mean() - 1.0))
    assert (found.low, found.high) == pytest.approx((100.0 * part.low - 100.0, 100.0 * part.high - 100.0))
    more = f"[{100 * part.low - 100:.0f}, {100 * part.high - 100:.0f}]"
    share = f"{100 * bound.mean:.0f} % [{100 * bound.low:.0f}, {100 * bound.high:.0f}]"
    first, second = paired_interval(score, usual), paired_interval(own, score)
    en, ko = found.sentence["en"], found.sentence["ko"]
    assert en.startswith(
        f"The selected learner's {own.mean():.2f} net votes for 1,000 USD are {gap.mean:.2f} {ends(gap, 2)}"
        f" or {found.value:.0f} % {more} more than the walk list's {usual.mean():.2f} and {share} of the"
        f" ceiling's {best.mean():.2f} (n = 5 seeds). The plain"
    )
    assert (
        f"{own.mean():.2f}표로, 접촉 명단의 {usual.mean():.2f}표보다 {gap.mean:.2f}표 {ends(gap, 2)}," in ko
    )
    assert f", {found.value:.0f}% {more} 많고 상한" in ko
    assert (
        f"score has {first.mean:.2f} {ends(first, 2)} more than the list, and the selected learner"
        f" {second.mean:.2f} {ends(second, 2)} more than that score."
    ) in en
    assert f"그 점수보다 {second.mean:.2f}표 {ends(second, 2)} 많다." in ko
    assert "not clear" not in en
    assert "뚜렷하지" not in ko
    assert all("32" in words for words in (en, ko))


def test_a_learner_that_loses_votes_is_said_to():
    run = made(structured=2.0 + STEPS)
    found, gap = finding(run), run.difference("net_votes", "structured")
    assert found.value < 0.0
    assert f"are {-gap.mean:.2f} [{-gap.high:.2f}, {-gap.low:.2f}] or" in found.sentence["en"]
    assert f"보다 {-gap.mean:.2f}표 [{-gap.high:.2f}, {-gap.low:.2f}]," in found.sentence["ko"]
    assert found.low < found.value < found.high
    for words, less, than in (
        (found.sentence["en"], " fewer than the walk list's", "fewer than that score"),
        (found.sentence["ko"], " 적고 상한", " 적다."),
    ):
        assert less in words
        assert than in words
    assert f"{-found.value:.0f} % [{-found.high:.0f}, {-found.low:.0f}] fewer" in found.sentence["en"]


def test_what_an_interval_leaves_open_is_not_clear():
    wide = np.array([-4.0, 4.0, 0.5, -0.5, 1.0])
    found = finding(made(structured=4.6 + STEPS + 0.1 * wide, support=4.6 + STEPS)).sentence
    assert "more (not clear) than that score" in found["en"]
    assert "많다(뚜렷하지 않음)." in found["ko"]
    assert "the walk list's 3.21 and" in found["en"]
    found = finding(made(structured=3.1 + STEPS + 0.3 * wide)).sentence
    assert "% [" in found["en"]
    assert "more (not clear) than the walk list's" in found["en"]
    assert "많고(뚜렷하지 않음) 상한" in found["ko"]


@pytest.mark.parametrize("usual", [0.05 + STEPS / 10, -2.0 + STEPS, [-3.0, 4.0, 0.0, 1.0, 3.0]])
@pytest.mark.parametrize("seeds", [1, 5])
def test_a_list_without_votes_gives_no_percentage(usual, seeds):
    run = made(seeds=seeds, list=np.asarray(usual)[:seeds])
    found = finding(run)
    gap = run.values("net_votes", SELECTED).mean() - run.values("net_votes", "list").mean()
    assert all(math.isnan(end) for end in (found.value, found.low, found.high))
    assert f"are {gap:.2f}" in found.sentence["en"]
    assert " or " not in found.sentence["en"].split(" more than the walk list's")[0]
    assert f"{gap:.2f}표" in found.sentence["ko"]
    told(found.sentence)
    assert document(run)["claim"]["found"]["mean"] is None
    tell(run)


@pytest.mark.parametrize("seeds", [1, 4])
def test_few_seeds_have_no_interval(seeds):
    run = made(seeds=seeds)
    found = finding(run)
    own, usual = (run.values("net_votes", name).mean() for name in ("structured", "list"))
    assert found.value == pytest.approx(100.0 * (own / usual - 1.0))
    assert math.isnan(found.low)
    assert f"{found.value:.0f} % more than" in found.sentence["en"]
    for text in (found.sentence, *(chart.title for chart in tell(run).values())):
        for words in text.values():
            assert not any(bad in words for bad in ("[", "not clear", "뚜렷하지"))


def test_a_ceiling_without_votes_has_no_share():
    found = finding(made(ceiling=-1.0)).sentence
    assert "ceiling" not in found["en"]
    assert "많다." in found["ko"]
    assert "상한" not in found["ko"]


def test_a_learner_below_nothing_has_no_share_of_the_ceiling():
    found = finding(made(structured=-1.0 + STEPS)).sentence
    assert found["en"].startswith("The selected learner's −0.80 net votes")
    assert "ceiling" not in found["en"]
    told(found)


def test_the_support_score_may_be_what_was_selected():
    run = made(best="support")
    found = finding(run).sentence
    assert "That learner is the plain support score." in found["en"]
    assert "이 학습기는 단순한 지지 점수다." in found["ko"]
    assert "than that score" not in found["en"]
    title = tell(run)["steps"].title
    assert "the selected learner 1." in title["en"]
    assert "support score" not in title["en"]


# --- who competes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "gone",
    [
        ("support",), tuple(RULES), ("structured",), ("no_race",), ("no_race", "cells"), ("ceiling",),
        ("oracle",), ("demographics", "uncorrected", "support", *RULES),
    ],
)  # fmt: skip
@pytest.mark.parametrize("seeds", [1, 5])
def test_missing_contenders_break_nothing(gone, seeds):
    run = without(made(seeds=seeds), *gone)
    told(finding(run).sentence)
    # Without the structured model, demographics are selected.
    assert ("than that score" in finding(run).sentence["en"]) == ("support" not in gone)
    found = tell(run)
    private = "structured" not in gone and not set(RULES) <= set(gone)
    assert list(found) == (OVER_SEEDS if private else ["steps"]) + FIRST_SEED
    names = {str(name) for chart in found.values() for name in chart.table["contender"]}
    assert not names & set(gone)
    assert SELECTED in names


def test_without_a_selected_learner_nothing_is_claimed():
    run = without(made(), "demographics", "support", "structured", "uncorrected")
    assert finding(run) is None
    assert list(charts(run)) == []


@pytest.mark.parametrize("name", list(TRACES))
def test_missing_traces_break_nothing(name):
    run = made()
    kept = replace(run, traces={name: run.traces[name]})
    assert list(tell(kept)) == [*OVER_SEEDS, FIRST_SEED[list(TRACES).index(name)]]


# --- pictures over seeds -----------------------------------------------------------------------


def test_the_cheapest_and_the_dearest_rule_are_priced():
    run = made()
    chart = tell(run)["price_of_privacy"]
    assert set(chart.table["contender"]) == {"list", "structured", *RULES}
    assert np.all(np.diff(chart.table["net_votes"]) <= 0)
    for rule, en, ko in (("no_race", "cheapest", "적게"), ("korea", "dearest", "많이")):
        left = fieller(run.values("net_votes", rule), run.values("net_votes", "structured"))
        cost = f"{100 - 100 * left.mean:.1f}"
        bounds = f"[{100 - 100 * left.high:.1f}, {100 - 100 * left.low:.1f}]".replace("-", "−")
        label = RULE_LABELS[rule]
        assert f"“{label['en']}”, costs {cost} % {bounds}" in chart.title["en"].split(en)[1]
        assert f"잃는 규칙은 ‘{label['ko']}’ {cost}% {bounds}" in chart.title["ko"].split(ko)[1]


def test_a_rule_may_gain_votes_and_votes_may_be_none():
    title = tell(made(no_race=5.5 + STEPS))["price_of_privacy"].title
    assert "“No race”, costs −" in title["en"]
    run = made(structured=-1.0 + STEPS)
    title = tell(run)["price_of_privacy"].title
    gap = run.values("net_votes", "structured").mean() - run.values("net_votes", "no_race").mean()
    assert f"“No race”, costs −{-gap:.2f} [−" in title["en"]
    assert "%" not in title["en"]


def test_the_gap_by_race_is_compared_without_race():
    run = made()
    chart = tell(run)["privacy_contacts"]
    gap = paired_interval(run.values("gap_race", "structured"), run.values("gap_race", "no_race"))
    whole = run.interval("gap_race", "structured")
    assert f"is {whole.mean:.1f} points {ends(whole, 1)} with the structured model" in chart.title["en"]
    assert f"{gap.mean:.1f} points {ends(gap, 1)} smaller under “No race”, and" in chart.title["en"]
    assert f"에서는 그보다 {gap.mean:.1f}%p {ends(gap, 1)} 작고, 접촉 명단에서는" in chart.title["ko"]
    run.rows["gap_race"][run.rows["contender"] == "no_race"] = 30.0
    title = tell(run)["privacy_contacts"].title
    assert "larger under" in title["en"]
    assert "크고, 접촉" in title["ko"]


def test_steps_go_from_the_list_to_the_oracle():
    run = made()
    chart = tell(run)["steps"]
    assert chart.table["contender"].tolist() == [
        "list", "demographics", "support", "structured", "uncorrected", SELECTED, "ceiling", "oracle",
    ]  # fmt: skip
    first = paired_interval(run.values("net_votes", "support"), run.values("net_votes", "list"))
    assert f"the support score {first.mean:.2f} {ends(first, 2)} more than the walk list" in chart.title["en"]
    title = tell(made(support=2.0 + STEPS))["steps"].title
    assert "fewer than the walk list, the selected learner" in title["en"]
    assert "적고, 선택된 학습기가 지지 점수보다" in title["ko"]
    assert title["ko"].endswith("많다")


# --- pictures of the first seed ----------------------------------------------------------------


def test_only_the_selected_learner_has_a_band():
    run = with_trace(made(), "gain", of=("list",), **{**TRACES["gain"], "gain": [0.0, 1.25, -1.0]})
    chart = tell(run)["gain_by_order"]
    mine = chart.table["contender"] == SELECTED
    assert chart.table["low"][mine].tolist() == TRACES["gain"]["low"]
    assert np.isnan(chart.table["low"][~mine]).all()
    assert set(chart.table["contender"]) == {"list", "support", SELECTED, "ceiling"}
    assert "at 20 % of the doors gains 1.50" in chart.title["en"]
    assert "and 1.25 in the walk list's; one trial puts the former at −9.0 to 8.0" in chart.title["en"]
    assert "−9.0~8.0표" in chart.title["ko"]


def test_the_group_furthest_from_its_share_is_named():
    usual = TRACES["groups"] | {"contacts": [20.0, 80.0, 50.0, 50.0, 20.0]}
    run = with_trace(made(), "groups", of=("list",), **usual)
    chart = tell(run)["contacts_by_group"]
    assert chart.table["name"][:3].tolist() == ["minority · 소수 인종", "women · 여성", "60+"]
    assert chart.table["apart"][chart.table["contender"] == SELECTED].tolist() == [15.0, 3.0, -8.0]
    assert "“minority”: 15.0 points above" in chart.title["en"]
    assert "the walk list's 5.0 below" in chart.title["en"]
    assert "15.0%p 높고, 접촉 명단에서는 5.0%p 낮다" in chart.title["ko"]


@pytest.mark.parametrize(
    ("usual", "own", "en", "ko"),
    [
        ([0.0, 0.4, 0.5, 0.2], [0.0, 1.0, 1.6, 2.0], "75 USD to gain the 0.50", "75달러로 얻는다"),
        ([0.0, 1.0, 1.8, 0.9], [0.0, 1.0, 1.6, 2.0], "600 USD to gain the 1.80", "600달러로 얻는다"),
        ([0.0, 1.0, 1.6, 2.0], [0.0, 1.0, 1.2, 0.5], "not with up to 900 USD", "900달러까지 써도"),
        ([0.0, 0.1, -0.2, -1], [0.0, 1.0, 1.2, 0.5], "−0.20 net votes, the selected learner 1.20", "1.20표"),
        ([0.0, 0.0, 0.0, 0.0], [0.0, -1, -2.0, 0.5], "0.00 net votes, the selected learner −2.00", "−2.00표"),
    ],
)  # fmt: skip
def test_the_money_for_the_lists_votes(usual, own, en, ko):
    usd = TRACES["frontier"]["usd"]
    run = with_trace(made(), "frontier", of=("list",), usd=usd, votes=usual)
    chart = tell(with_trace(run, "frontier", of=("structured",), usd=usd, votes=own))["frontier"]
    assert en in chart.title["en"]
    assert ko in chart.title["ko"]
    assert set(chart.table["contender"]) == {"list", "support", SELECTED, "ceiling", "oracle"}


def test_the_channel_that_takes_most_money_is_named():
    run = with_trace(made(), "channels", of=("list",), channel=list(CHANNELS), money=[0.0, 100.0, 0.0, 0.0])
    chart = tell(run)["channels"]
    assert "for the selected learner letters (60 %), for the walk list calls (100 %)" in chart.title["en"]
    assert "접촉 명단이 전화(100%), 오라클이 우편(60%)이다" in chart.title["ko"]
    assert chart.table["name"][:2].tolist() == ["door visits · 방문", "calls · 전화"]
    idle = with_trace(made(), "channels", channel=list(CHANNELS), money=[0.0] * 4)
    assert tell(idle)["channels"].title["en"] == "No money is spent (first seed)"


def test_names_of_groups_and_channels_are_those_of_the_play():
    scenario = build(USECASE, size="tiny")
    world = draw(replace(scenario.settings(), voters=2000, pilot=200, called=30), luck_of(1))
    traces = USECASE.play(scenario, world, oracle(world), luck_of(2)).traces
    assert set(GROUPS) < set(traces["groups"]["group"])
    assert set(traces["channels"]["channel"]) == set(CHANNELS)
    assert set(TRACES) == set(traces)
    for name, columns in TRACES.items():
        assert set(columns) <= set(traces[name])
