"""What a run of payment fraud says: its finding and charts, with many contenders and with few."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from core.engine.run import run_scenario
from core.engine.scenario import build
from core.report.cast import Cast
from core.report.draw import figure
from core.report.words import Words
from core.results import SELECTED, Run, document
from core.stats.interval import Interval
from core.stats.ratio import fieller
from core.telling import percent
from usecases.payment_fraud import USECASE
from usecases.payment_fraud.findings import AS_FORECAST, BUSY, FRAUD, HONEST, WAITING, _compared
from usecases.payment_fraud.findings import charts_of as charts
from usecases.payment_fraud.findings import finding_of as finding

ALL = [
    "savings_by_threshold", "average_precision", "net_prevented", "calibration", "queue", "stolen_card",
    "precision_by_day",
]  # fmt: skip
OVER_SEEDS = ["average_precision", "net_prevented"]
# By contender: role, average precision in %, net loss prevented in k KRW for 1,000 purchases.
WORTH = {
    "rules": ("incumbent", 15.0, 300.0),
    "isolation": ("learner", 20.0, 200.0),
    "autoencoder": ("learner", 25.0, 250.0),
    "trees": ("learner", 70.0, 500.0),
    "oracle": ("oracle", 100.0, 800.0),
    "ceiling": ("ceiling", 80.0, 600.0),
}
STEPS = np.array([0.0, 2.0, 1.0, 4.0, 3.0])


def made(names=tuple(WORTH), seeds=5, **set_to):
    """A run in which all KPIs but net loss and average precision are 50, and each seed adds a little."""
    drawn = [(seed, name) for seed in range(seeds) for name in names]
    more = STEPS[[seed for seed, _ in drawn]]
    rows = {kpi.name: 50.0 + more for kpi in USECASE.kpis} | {
        "seed": np.array([seed for seed, _ in drawn]),
        "contender": np.array([name for _, name in drawn]),
        "average_precision": np.array([WORTH[name][1] for _, name in drawn]) + more,
        "net_prevented": np.array([WORTH[name][2] for _, name in drawn]) + more,
    }
    rows["half_net"] = rows["net_prevented"] - 40.0 + 0.1 * more
    learns = [WORTH[name][0] == "learner" for _, name in drawn]
    rows["validation"] = np.where(learns, rows["net_prevented"], math.nan)
    for name, values in set_to.items():
        rows["net_prevented"][rows["contender"] == name] = values
    scores = {name: np.array([]) for name in ("contender", "measure", "unit", "value", "floor", "naive")}
    return Run(
        case=USECASE, size="tiny", situation=None, scenario=build(USECASE, size="tiny").model_dump(),
        seeds=tuple(range(seeds)), device="cpu", versions={}, rows=rows, scores=scores,
        roles={name: WORTH[name][0] for name in names},
    )  # fmt: skip


@pytest.fixture(scope="module")
def real():
    scenario = build(USECASE, size="tiny")
    return run_scenario(USECASE, scenario, seeds=1, contenders=["logistic", "isolation"], workers=1)


def without(run, *names):
    """The run, had some contenders not competed."""

    def rest(table):
        keep = ~np.isin(table["contender"].astype(str), names)
        return {name: column[keep] for name, column in table.items()}

    return replace(
        run,
        roles={name: role for name, role in run.roles.items() if name not in names},
        rows=rest(run.rows),
        scores=rest(run.scores),
        traces={name: rest(table) for name, table in run.traces.items()},
    )


def with_trace(run, name, **columns):
    """The run, had a trace been another one for each contender."""
    length = len(next(iter(columns.values())))
    table = {column: np.tile(np.asarray(values), len(run.roles)) for column, values in columns.items()}
    table["contender"] = np.repeat(np.array(list(run.roles)), length)
    return replace(run, traces={**run.traces, name: table})


def tell(run):
    """The charts by name, each looked at: both languages, the columns, one length, JSON, and drawn."""
    found = {chart.name: chart for chart in charts(run)}
    cast = Cast({}, {**run.roles, SELECTED: SELECTED})
    for chart in found.values():
        for text in (chart.title, chart.how, chart.alt, chart.x_label, chart.y_label):
            assert set(text) == {"en", "ko"}
            assert all(text.values())
            assert not any(word in words for words in text.values() for word in ("nan", "inf", "[]", "None"))
        assert {c for c in (chart.x, chart.y, chart.series, chart.low, chart.high) if c} <= set(chart.table)
        assert len({len(column) for column in chart.table.values()}) == 1
        assert np.isfinite(chart.table[chart.y]).all()
        json.dumps({name: column.tolist() for name, column in chart.table.items()})
        for lang in ("en", "ko"):
            assert figure(chart, cast, Words(lang))[0].data
    return found


def rows_of(chart, series):
    return chart.table[chart.series] == series


# --- numbers -----------------------------------------------------------------------------------


def test_the_finding_is_the_better_detector_with_its_interval():
    run = made()
    found = finding(run)
    assert found.value == pytest.approx(25.0 + STEPS.mean())
    assert found.low < found.value < found.high
    en, ko = found.sentence["en"], found.sentence["ko"]
    assert (
        f"the auto-encoder, reaches an average precision of 27.0 % [{found.low:.1f}, {found.high:.1f}]" in en
    )
    assert f"나은 오토인코더의 평균 정밀도는 27.0% [{found.low:.1f}, {found.high:.1f}](시드 5개)" in ko
    assert "the selected learner 72.0 % [70.0, 74.0], the ceiling 82.0 % [80.0, 84.0]" in en
    for words in found.sentence.values():
        assert "18.0" in words
        assert "68.7" in words


def test_the_money_is_told_against_rules_and_ceiling():
    run = made(trees=500.0 + 10.0 * STEPS)
    en, ko = finding(run).sentence.values()
    gap = run.difference("net_prevented", "trees")
    share = fieller(run.values("net_prevented", "trees"), run.values("net_prevented", "ceiling"))
    ends = f"[{gap.low:.0f}, {gap.high:.0f}]"
    part = f"[{100 * share.low:.0f}, {100 * share.high:.0f}]"
    assert f"218 k KRW {ends} more than the two rules' 302" in en
    assert f"302천 원보다 218천 원 {ends} 많다" in ko
    assert f"purchases, 86 % {part} of the ceiling's and 218 k KRW" in en
    assert f"상한의 86% {part}이며 규칙 두 줄의" in ko


@pytest.mark.parametrize(
    ("detector", "en", "ko"),
    [
        (250.0 + STEPS, "less than the two rules' 302", "302천 원보다 적다"),
        (400.0 + STEPS, "more than the two rules' 302", "302천 원보다 많다"),
        (
            302.0 + 10 * (STEPS[::-1] - 2),
            "not clearly different from the two rules'",
            "과 뚜렷한 차이가 없다",
        ),
        (300.0 + STEPS, "not clearly different from the two rules'", "과 뚜렷한 차이가 없다"),
    ],
)
def test_the_detector_is_compared_by_the_paired_interval(detector, en, ko):
    found = finding(made(autoencoder=detector)).sentence
    assert en in found["en"]
    assert ko in found["ko"]


def test_a_learner_that_prevents_less_is_said_to():
    run = made(trees=280.0 + STEPS)
    assert "of the ceiling's and 20 k KRW less than the two rules' 302." in finding(run).sentence["en"]
    assert "302천 원보다 20천 원 적다." in finding(run).sentence["ko"]


def test_a_learner_that_loses_money_has_no_share_of_the_ceiling():
    found = finding(made(trees=-32.0 + STEPS, autoencoder=-400.0, isolation=-400.0)).sentence
    assert "prevents is −30 k KRW [−32, −28] for 1,000 purchases, 332 k KRW less than" in found["en"]
    assert "-" not in found["en"].replace("auto-encoder", "")
    assert "of the ceiling's" not in found["en"]
    assert "상한의" not in found["ko"]


def test_titles_carry_the_numbers():
    found = tell(made())
    assert list(found) == OVER_SEEDS
    assert (
        found["average_precision"]
        .title["en"]
        .endswith("is 72.0 % [70.0, 74.0], which is 88 % of the ceiling's 82.0 % [80.0, 84.0] (n = 5 seeds)")
    )
    net = found["net_prevented"]
    assert "the selected learner 502 k KRW [500, 504], the two rules 302 k KRW [300, 304]" in net.title["en"]
    assert "상한은 602천 원 [600, 604]이다(시드 5개)" in net.title["ko"]
    assert net.table["contender"][:2].tolist() == ["oracle", "ceiling"]
    assert np.all(np.diff(net.table["net_prevented"]) <= 0)
    assert SELECTED in net.table["contender"]


def test_the_share_of_the_ceilings_precision_has_fiellers_interval():
    run = made()
    run.rows["average_precision"][run.rows["contender"] == "trees"] += 3 * STEPS
    share = fieller(70.0 + 4 * STEPS, 80.0 + STEPS)
    ends = f"[{100 * share.low:.0f}, {100 * share.high:.0f}]"
    title = tell(run)["average_precision"].title
    assert f"which is 95 % {ends} of the ceiling's 82.0 %" in title["en"]
    assert f"상한 82.0% [80.0, 84.0]의 95% {ends}이다" in title["ko"]


def test_one_seed_has_no_interval():
    found = finding(made(seeds=1))
    assert found.value == pytest.approx(25.0)
    assert math.isnan(found.low)
    assert "25.0 % (n = 1 seed), the selected learner 70.0 %, the ceiling 80.0 %." in found.sentence["en"]
    assert (
        "prevents is 500 k KRW for 1,000 purchases, 83 % of the ceiling's and 200 k KRW"
        in found.sentence["en"]
    )
    assert not any("[" in words for words in found.sentence.values())
    tell(made(seeds=1))


def test_small_things():
    assert percent(Interval(-0.01, -0.04, 3.0, 5), 1) == {"en": "0.0 % [0.0, 3.0]", "ko": "0.0% [0.0, 3.0]"}
    assert percent(Interval(50.0, -math.inf, math.inf, 5), 0)["en"] == "50 %"
    assert "not clearly" in _compared(Interval(0.0, math.nan, math.nan, 1))["en"]
    assert _compared(Interval(2.0, math.nan, math.nan, 1))["en"] == "more than"


# --- who competes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "gone",
    [
        ("isolation",), ("autoencoder",), ("ceiling",), ("oracle", "ceiling"), ("trees",),
        ("isolation", "trees", "ceiling"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("seeds", [1, 2, 5])
def test_missing_contenders_break_nothing(gone, seeds):
    run = without(made(seeds=seeds), *gone)
    found = finding(run)
    assert math.isfinite(found.value)
    assert not any(word in words for words in found.sentence.values() for word in ("nan", "inf", "None"))
    assert list(tell(run)) == OVER_SEEDS
    assert ("ceiling" in found.sentence["en"]) == ("ceiling" not in gone)
    assert ("two detectors" in found.sentence["en"]) == (not {"isolation", "autoencoder"} & set(gone))


def test_without_a_detector_only_labels_are_told():
    run = without(made(), "isolation", "autoencoder")
    found = finding(run)
    assert math.isnan(found.value)
    assert "with labels (n = 5 seeds): the selected learner 72.0 %" in found.sentence["en"]
    assert "Calibrated" not in found.sentence["en"]
    assert "nan" not in "".join(found.sentence.values())
    assert document(run)["claim"]["found"]["mean"] is None


def test_a_detector_that_was_selected_is_told_once():
    found = finding(without(made(), "trees")).sentence
    assert "which is the selected learner" in found["en"]
    assert "오토인코더(선택된 학습기)의" in found["ko"]
    assert found["en"].count("k KRW") == 2
    assert "the selected learner 2" not in found["en"]


def test_a_ceiling_that_prevents_nothing_gives_no_share():
    assert "of the ceiling's" not in finding(made(ceiling=-5.0)).sentence["en"]


def test_without_a_selected_learner_nothing_is_claimed():
    run = without(made(), "isolation", "autoencoder", "trees")
    assert finding(run) is None
    assert list(charts(run)) == []


# --- pictures of the first seed ----------------------------------------------------------------


def test_a_threshold_is_compared_with_expected_cost():
    course = {"threshold": [0.001, 0.1, 1.0], "savings": [-700.0, 60.0, 0.0]}
    chart = tell(with_trace(made(), "thresholds", **course))["savings_by_threshold"]
    mine = rows_of(chart, SELECTED)
    assert chart.table["place"][mine].tolist() == pytest.approx([1.0, 2.0])
    assert chart.table["savings"][mine].tolist() == [60.0, 0.0]
    run = made()
    gap = run.values("net_prevented", SELECTED) - run.values("half_net", SELECTED)
    assert f"502 k KRW [500, 504] where expected cost decides, {gap.mean():.0f} k KRW" in chart.title["en"]
    assert "not clearly" not in chart.title["en"]
    alike = replace(run, rows={**run.rows, "half_net": run.rows["net_prevented"]})
    chart = tell(with_trace(alike, "thresholds", **course))["savings_by_threshold"]
    assert "0 k KRW more but not clearly" in chart.title["en"]
    assert "많다(뚜렷하지 않음)" in chart.title["ko"]


def test_classes_without_fraud_have_no_place_in_the_calibration():
    classes = {"score": [0.1, 1.0, 10.0], "fraud": [0.0, 2.0, 20.0], "purchases": [50.0, 30.0, 20.0]}
    chart = tell(with_trace(made(), "reliability", **classes))["calibration"]
    assert chart.table["score"][rows_of(chart, SELECTED)].tolist() == [0.0, 1.0]
    ends = rows_of(chart, AS_FORECAST)
    assert chart.table["score"][ends].tolist() == chart.table["fraud"][ends].tolist() == [0.0, 2.0]
    assert "by 52 % [50, 54] of all frauds, the ceiling's by 52 % [50, 54]" in chart.title["en"]
    none = {"score": [0.1], "fraud": [0.0], "purchases": [50.0]}
    assert set(tell(with_trace(made(), "reliability", **none))["calibration"].table["contender"]) == {
        AS_FORECAST
    }


def test_the_card_tells_fraud_from_honest_purchases():
    card = {
        "days": [-2.0, -1.0, 0.0, 1.0, 2.0],
        "score": [1.0, 3.0, 60.0, 40.0, 5.0],
        "fraud": [0, 0, 1, 1, 0],
    }
    chart = tell(with_trace(made(), "card", **card))["stolen_card"]
    assert chart.table["score"][rows_of(chart, FRAUD)].tolist() == [60.0, 40.0]
    assert chart.table["score"][rows_of(chart, HONEST)].tolist() == [1.0, 3.0, 5.0]
    assert rows_of(chart, "ceiling").sum() == 5
    assert "scores 1 of 2 fraudulent purchases above 50 %, the first at 60.0 %" in chart.title["en"]
    assert "scored above 3.0 %" in chart.title["en"]
    assert "2건 중 1건" in chart.title["ko"]
    assert "최고 3.0%" in chart.title["ko"]
    after = {name: values[2:] for name, values in card.items()}
    title = tell(with_trace(made(), "card", **after))["stolen_card"].title
    assert "before" not in title["en"]
    assert "60.0%였다" in title["ko"]


def test_a_play_without_a_theft_has_no_card():
    run = with_trace(made(), "card", days=np.zeros(0), score=np.zeros(0), fraud=np.zeros(0))
    assert list(tell(run)) == OVER_SEEDS


def test_days_without_fraud_are_left_out():
    course = {"day": [1, 2, 3, 4], "average_precision": [40.0, 60.0, 0.0, 80.0], "precision": [0.0] * 4}
    chart = tell(with_trace(made(), "days", **course))["precision_by_day"]
    assert chart.table["day"][rows_of(chart, SELECTED)].tolist() == [1, 2, 4]
    assert "the selected learner's 50 % and 80 %" in chart.title["en"]
    assert "선택된 학습기 50%·80%" in chart.title["ko"]
    early = {**course, "average_precision": [40.0, 60.0, 0.0, 0.0]}
    title = tell(with_trace(made(), "days", **early))["precision_by_day"].title
    assert title["en"] == "Average precision of each day with fraud (first seed, n = 4 days)"


# --- a real run --------------------------------------------------------------------------------


def test_a_real_run_has_all_charts(real):
    found = tell(real)
    assert list(found) == ALL
    json.dumps(document(real), allow_nan=False)
    assert set(found["queue"].table["what"]) == {WAITING, BUSY}
    wait = float(real.values("wait_p95", SELECTED)[0]) / 60
    assert f"at most {wait:.1f} h" in found["queue"].title["en"]
    assert set(found["savings_by_threshold"].table["contender"]) == {"rules", SELECTED, "ceiling"}
    assert set(found["calibration"].table["contender"]) == {SELECTED, "ceiling", AS_FORECAST}
    label = USECASE.contenders[real.chosen[0]].label["en"]
    assert all(label in found[name].source for name in ALL if name not in OVER_SEEDS)
    trace = real.traces["queue"]
    waiting = trace["waiting"][trace["contender"] == real.chosen[0]]
    chart = found["queue"]
    assert chart.table["count"][rows_of(chart, WAITING)].tolist() == waiting.tolist()


@pytest.mark.parametrize("gone", [("ceiling",), ("oracle",), ("isolation",), ("logistic",)])
def test_a_real_run_may_lack_contenders(real, gone):
    run = without(real, *gone)
    assert finding(run) is not None
    assert list(tell(run)) == ALL


def test_missing_traces_break_nothing(real):
    run = replace(real, traces={name: real.traces[name] for name in ("queue",)})
    assert list(tell(run)) == [*OVER_SEEDS, "queue"]
