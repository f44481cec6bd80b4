"""What a run says of the claim, and its pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from core.protocol import Array, Chart, Finding, Table, Text
from core.results import SELECTED, Run
from core.stats.interval import Interval, mean_interval, paired_interval
from core.stats.ratio import fieller
from core.telling import ends, intervals, lines, number, of, percent, seeds, size, source, traced

DETECTORS: dict[str, Text] = {
    "isolation": {"en": "the isolation forest", "ko": "고립 숲"},
    "autoencoder": {"en": "the auto-encoder", "ko": "오토인코더"},
}
"""Learners that never learn from a label; like all others they see how much was reported at a terminal."""
LABELLED = 68.7
"""Average precision in % of the handbook's boosting, with labels; the card's claim has that without."""
HALF = 50.0
"""Score in % above which most would call a purchase fraud."""
LEAST_SAVINGS = -100.0
"""Savings in % below which a line is cut off: some lose so much that all others would lie flat."""
# A series that is no contender has one name for readers of both languages.
AS_FORECAST = "as forecast · 예측대로"
WAITING, BUSY = "waiting alerts · 대기 경보", "busy analysts · 검토 중인 분석관"
FRAUD, HONEST = "fraud · 부정 결제", "honest · 정상 결제"
WHO: Text = {"en": "contender", "ko": "참가자"}
NET: Text = {
    "en": "net loss prevented (k KRW/1,000 purchases)",
    "ko": "순 손실 방지액 (천 원/결제 1,000건)",
}
AP: Text = {"en": "average precision (%)", "ko": "평균 정밀도 (%)"}


def finding_of(run: Run) -> Finding | None:
    """Say what ranking without labels reaches, and what the selected learner prevents."""
    if not run.chosen:
        return None
    name = _detector(run)
    nothing = Interval(math.nan, math.nan, math.nan, len(run.seeds))
    reached = run.interval("average_precision", name) if name else nothing
    ranked, alone, money = _ranking_sentence(run, name), _alone_sentence(run, name), _money_sentence(run)
    published = f"{run.case.card.claim_value:.1f}"
    return Finding(
        sentence={
            "en": (
                f"{ranked['en']}{alone['en']} {money['en']} In the Fraud Detection Handbook, under another"
                f" protocol, an auto-encoder without labels reached {published} % and boosting with labels"
                f" {LABELLED} %."
            ),
            "ko": (
                f"{ranked['ko']}{alone['ko']} {money['ko']} Fraud Detection Handbook에서는 평가 방식은"
                f" 다르지만 라벨 없는 오토인코더가 {published}%, 라벨을 쓴 부스팅이 {LABELLED}%였다."
            ),
        },
        value=reached.mean,
        low=reached.low,
        high=reached.high,
        unit="%",
    )


def _ranking_sentence(run: Run, name: str) -> Text:
    """Give the detector's average precision, the selected learner's and the ceiling's, of those there are."""
    n = seeds(run)
    beside: list[Text] = []
    if not _is_selected(run, name):
        own = percent(run.interval("average_precision", SELECTED), 1)
        beside.append({"en": f"the selected learner {own['en']}", "ko": f"선택된 학습기는 {own['ko']}"})
    if "ceiling" in run.roles:
        best = percent(run.interval("average_precision", "ceiling"), 1)
        beside.append({"en": f"the ceiling {best['en']}", "ko": f"상한은 {best['ko']}"})
    if not name:
        return {
            "en": f"Average precision, with labels ({n['en']}): {', '.join(one['en'] for one in beside)}.",
            "ko": f"라벨을 쓴 평균 정밀도({n['ko']}): {', '.join(one['ko'] for one in beside)}.",
        }
    reached, who = percent(run.interval("average_precision", name), 1), _called(run, name)
    others_en, others_ko = ("".join(f", {one[lang]}" for one in beside) for lang in ("en", "ko"))
    return {
        "en": f"Without labels, {who['en']} reaches an average precision of {reached['en']} ({n['en']})"
        f"{others_en}.",
        "ko": f"라벨 없이 {who['ko']}의 평균 정밀도는 {reached['ko']}({n['ko']}){others_ko}이다.",
    }


def _called(run: Run, name: str) -> Text:
    """Call a detector by name; say whether it is the better of two, and the selected learner."""
    both, same = set(DETECTORS) <= set(run.roles), _is_selected(run, name)
    own = DETECTORS[name]
    return {
        "en": ("the better of two detectors, " if both else "")
        + own["en"]
        + (", which is the selected learner," if same else "," if both else ""),
        "ko": ("두 탐지기 중 나은 " if both else "") + own["ko"] + ("(선택된 학습기)" if same else ""),
    }


def _alone_sentence(run: Run, name: str) -> Text:
    """Compare what the detector prevents with the incumbent, where it is not the selected learner."""
    if not name or _is_selected(run, name):
        return {"en": "", "ko": ""}
    own, usual = (run.interval("net_prevented", one) for one in (name, run.incumbent))
    worth, than = _kkrw(own), _compared(run.difference("net_prevented", name))
    who = DETECTORS[name]
    return {
        "en": (
            f" With its scores calibrated by the frauds that were reported, the net loss that {who['en']}"
            f" prevents is {worth['en']} for 1,000 purchases, {than['en']} the two rules'"
            f" {number(usual.mean, 0)}."
        ),
        "ko": (
            f" {who['ko']}의 점수를 신고된 부정으로 보정해 판단하면 순 손실 방지액은 결제 1,000건당"
            f" {worth['ko']}으로, 규칙 두 줄의 {number(usual.mean, 0)}천 원{than['ko']}."
        ),
    }


def _compared(apart: Interval) -> Text:
    """Say on which side of another amount one lies, unless the interval holds both."""
    if apart.mean == 0.0 or apart.low <= 0.0 <= apart.high:
        return {"en": "not clearly different from", "ko": "과 뚜렷한 차이가 없다"}
    if apart.mean > 0.0:
        return {"en": "more than", "ko": "보다 많다"}
    return {"en": "less than", "ko": "보다 적다"}


def _money_sentence(run: Run) -> Text:
    """Give what the selected learner prevents, against the rules and as a share of the ceiling's."""
    own, usual = (run.interval("net_prevented", name) for name in (SELECTED, run.incumbent))
    worth, apart = _kkrw(own), run.difference("net_prevented", SELECTED)
    gap, share = _kkrw(size(apart)), _share(run, "net_prevented")
    more: Text = {"en": "more", "ko": "많다"} if apart.mean >= 0 else {"en": "less", "ko": "적다"}
    reach: Text = {"en": "", "ko": ""}
    if share.mean >= 0.0:
        part = percent(share, 0)
        reach = {"en": f" {part['en']} of the ceiling's and", "ko": f" 상한의 {part['ko']}이며"}
    return {
        "en": (
            f"The net loss that the selected learner prevents is {worth['en']} for 1,000 purchases,"
            f"{reach['en']} {gap['en']} {more['en']} than the two rules' {number(usual.mean, 0)}."
        ),
        "ko": (
            f"선택된 학습기의 순 손실 방지액은 결제 1,000건당 {worth['ko']}으로,{reach['ko']} 규칙 두"
            f" 줄의 {number(usual.mean, 0)}천 원보다 {gap['ko']} {more['ko']}."
        ),
    }


def charts_of(run: Run) -> Iterator[Chart]:
    """Draw what thresholds, ranking and decisions save; calibration, the queue, a stolen card, the days."""
    if not run.chosen:
        return
    left = {run.incumbent, run.chosen[0]}
    if left <= set(traced(run, "thresholds")):
        yield _threshold_chart(run)
    yield _ranking_chart(run)
    yield _net_chart(run)
    for trace, chart in (
        ("reliability", _calibration_chart),
        ("queue", _queue_chart),
        ("card", _card_chart),
        ("days", _day_chart),
    ):
        if left <= set(traced(run, trace)):
            yield chart(run)


# --- who, and how numbers are told -------------------------------------------------------------


def _detector(run: Run) -> str:
    """Give the better ranking of the detectors without labels; "" where none competes."""
    return max(
        (name for name in DETECTORS if name in run.roles),
        key=lambda name: float(run.values("average_precision", name).mean()),
        default="",
    )


def _is_selected(run: Run, name: str) -> bool:
    """Whether every seed selected this learner."""
    return set(run.chosen) == {name}


def _share(run: Run, kpi: str) -> Interval:
    """Selected learner's mean over the ceiling's in %; ``nan`` where that means nothing."""
    if "ceiling" not in run.roles or run.interval(kpi, "ceiling").mean <= 0.0:
        return Interval(math.nan, math.nan, math.nan, len(run.seeds))
    share = fieller(run.values(kpi, SELECTED), run.values(kpi, "ceiling"))
    return Interval(100 * share.mean, 100 * share.low, 100 * share.high, share.n)


def _kkrw(found: Interval) -> Text:
    """Write a mean in thousand won with its interval, where there is one."""
    mean, interval = number(found.mean, 0), ends(found, 0)
    return {"en": f"{mean} k KRW{interval}", "ko": f"{mean}천 원{interval}"}


# --- over all seeds ----------------------------------------------------------------------------


def _ranked(run: Run, kpi: str) -> dict[str, Array]:
    """A KPI by contender, largest first, with its intervals."""
    names = sorted((*run.roles, SELECTED), key=lambda name: -run.interval(kpi, name).mean)
    return {"contender": np.array(names)} | intervals(run, kpi, names)


def _ranking_chart(run: Run) -> Chart:
    return Chart(
        name="average_precision",
        about="learned",
        kind="bar",
        table=_ranked(run, "average_precision"),
        x="contender",
        y="average_precision",
        low="average_precision_low",
        high="average_precision_high",
        title=_ranking_title(run),
        how={
            "en": "Longer is better: the mean share of fraud among the purchases with the highest scores,"
            " counted down to each fraud. Only the order of the scores matters, and no amount does. Two rules"
            " know few different scores. Detectors without labels still see how much was reported at a"
            " terminal.",
            "ko": "길수록 좋다. 점수가 높은 결제부터 세어 부정 하나에 이를 때마다 그때까지의 부정 비율을 구해"
            " 평균한다. 점수의 순서만 보고 금액은 보지 않는다. 규칙 두 줄이 내는 점수는 몇 가지뿐이다."
            " 라벨 없는 탐지기도 단말기의 신고 건수는 본다.",
        },
        alt={
            "en": "Bars of average precision by contender, largest first.",
            "ko": "참가자별 평균 정밀도 막대그래프. 큰 것부터 늘어놓았다.",
        },
        x_label=WHO,
        y_label=AP,
        source="this run, all seeds",
    )


def _ranking_title(run: Run) -> Text:
    n, share = seeds(run), percent(_share(run, "average_precision"), 0)
    own = percent(run.interval("average_precision", SELECTED), 1)
    if "ceiling" not in run.roles:
        usual = percent(run.interval("average_precision", run.incumbent), 1)
        return {
            "en": f"The selected learner's average precision is {own['en']}, the two rules' {usual['en']}"
            f" ({n['en']})",
            "ko": f"평균 정밀도는 선택된 학습기가 {own['ko']}, 규칙 두 줄이 {usual['ko']}이다({n['ko']})",
        }
    best = percent(run.interval("average_precision", "ceiling"), 1)
    return {
        "en": f"The selected learner's average precision is {own['en']}, which is {share['en']} of the"
        f" ceiling's {best['en']} ({n['en']})",
        "ko": f"선택된 학습기의 평균 정밀도는 {own['ko']}로, 상한 {best['ko']}의"
        f" {share['ko']}이다({n['ko']})",
    }


def _net_chart(run: Run) -> Chart:
    own, usual = (_kkrw(run.interval("net_prevented", name)) for name in (SELECTED, run.incumbent))
    n = seeds(run)
    bound: Text = {"en": "", "ko": ""}
    if "ceiling" in run.roles:
        best = _kkrw(run.interval("net_prevented", "ceiling"))
        bound = {"en": f", the ceiling {best['en']}", "ko": f", 상한은 {best['ko']}"}
    return Chart(
        name="net_prevented",
        kind="bar",
        table=_ranked(run, "net_prevented"),
        x="contender",
        y="net_prevented",
        low="net_prevented_low",
        high="net_prevented_high",
        title={
            "en": f"Net loss prevented for 1,000 purchases: the selected learner {own['en']}, the two rules"
            f" {usual['en']}{bound['en']} ({n['en']})",
            "ko": f"결제 1,000건당 순 손실 방지액은 선택된 학습기가 {own['ko']}, 규칙 두 줄은"
            f" {usual['ko']}{bound['ko']}이다({n['ko']})",
        },
        how={
            "en": "Longer is better. Fraud that did not go through, less what false declines and reviews"
            " cost; a bank that does nothing has 0. Intervals are wide because the worlds differ in how much"
            " is stolen; two contenders are compared within the same world.",
            "ko": "길수록 좋다. 막은 부정액에서 오거절과 검토 비용을 뺀 값이며, 아무것도 하지 않는 은행은"
            " 0이다. 세계마다 도난 금액이 달라 구간이 넓지만, 참가자끼리는 같은 세계 안에서 비교한다.",
        },
        alt={
            "en": "Bars of the net loss prevented by contender, largest first.",
            "ko": "참가자별 순 손실 방지액 막대그래프. 큰 것부터 늘어놓았다.",
        },
        x_label=WHO,
        y_label=NET,
        source="this run, all seeds",
    )


# --- of the first seed -------------------------------------------------------------------------


def _some(table: Table, keep: Array) -> dict[str, Array]:
    return {name: column[keep] for name, column in table.items()}


def _both(run: Run) -> str:
    return f"lines: {source(run)}; numbers of the title: all seeds"


def _threshold_chart(run: Run) -> Chart:
    table = lines(run, "thresholds", run.incumbent, SELECTED, "ceiling")
    table = _some(table, table["savings"] >= LEAST_SAVINGS)
    return Chart(
        name="savings_by_threshold",
        kind="line",
        table=table | {"place": np.log10(100.0 * table["threshold"])},
        x="place",
        y="savings",
        series="contender",
        title=_threshold_title(run),
        how={
            "en": "Higher is better; 0 is a bank that does nothing. The lines decline all purchases above one"
            f" threshold and review none; below {LEAST_SAVINGS:.0f} % they are cut off. A score of 50 %"
            " stands at 1.7. Expected cost sets a threshold for each amount, and both numbers of the title"
            " include reviews.",
            "ko": "높을수록 좋고, 0은 아무것도 하지 않는 은행이다. 선은 한 문턱값을 넘는 결제를 모두 거절하고"
            f" 검토는 하지 않을 때의 절감률이며, {LEAST_SAVINGS:.0f}% 아래는 그리지 않았다. 점수 50%는 가로축"
            " 1.7에 있다. 기대 비용은 금액마다 문턱값을 정하며, 제목의 두 수치에는 검토가 포함된다.",
        },
        alt={
            "en": "Lines of savings over the threshold of the score by contender.",
            "ko": "점수 문턱값에 따른 절감률을 참가자별로 그린 선그래프.",
        },
        x_label={
            "en": "threshold, log10 of % (0: 1 %, 1: 10 %, 2: 100 %)",
            "ko": "문턱값, %의 상용로그 (0: 1%, 1: 10%, 2: 100%)",
        },
        y_label={"en": "savings (%)", "ko": "절감률 (%)"},
        source=_both(run),
    )


def _threshold_title(run: Run) -> Text:
    kept, half = (run.values(kpi, SELECTED) for kpi in ("net_prevented", "half_net"))
    apart, n = paired_interval(kept, half), seeds(run)
    own, cut, gap = (
        _kkrw(found)
        for found in (
            run.interval("net_prevented", SELECTED), run.interval("half_net", SELECTED), size(apart)
        )
    )  # fmt: skip
    usual = _kkrw(run.interval("net_prevented", run.incumbent))
    more: Text = {"en": "more", "ko": "많다"} if apart.mean >= 0 else {"en": "less", "ko": "적다"}
    if apart.low <= 0.0 <= apart.high:
        more = {"en": f"{more['en']} but not clearly", "ko": f"{more['ko']}(뚜렷하지 않음)"}
    return {
        "en": f"Net loss prevented for 1,000 purchases: {cut['en']} where the selected learner's scores are"
        f" cut at .5, {own['en']} where expected cost decides, {gap['en']} {more['en']}; the two rules"
        f" {usual['en']} ({n['en']})",
        "ko": f"결제 1,000건당 순 손실 방지액: 선택된 학습기의 점수를 0.5에서 자르면 {cut['ko']}, 기대"
        f" 비용으로 판단하면 {own['ko']}으로 {gap['ko']} {more['ko']}. 규칙 두 줄은"
        f" {usual['ko']}이다({n['ko']})",
    }


def _calibration_chart(run: Run) -> Chart:
    table = lines(run, "reliability", SELECTED, "ceiling")
    # A logarithm has no place for a class without fraud.
    table = _some(table, (table["score"] > 0) & (table["fraud"] > 0))
    ends = np.array([min(table["score"].min(initial=1.0), table["fraud"].min(initial=1.0)), 100.0])
    return Chart(
        name="calibration",
        about="learned",
        kind="line",
        table={
            "score": np.log10(np.concatenate([table["score"], ends])),
            "fraud": np.log10(np.concatenate([table["fraud"], ends])),
            "contender": np.concatenate([table["contender"], np.full(2, AS_FORECAST)]),
        },
        x="score",
        y="fraud",
        series="contender",
        title=_calibration_title(run),
        how={
            "en": "The nearer to the diagonal, the more a score means what it says; above it there is more"
            " fraud than the score promises. Classes of scores with at least 20 purchases and one fraud. Few"
            " frauds make chance alone miss.",
            "ko": "대각선에 가까울수록 점수가 말한 대로다. 대각선 위는 점수보다 부정이 많다는 뜻이다. 결제가"
            " 20건 이상이고 부정이 하나라도 있는 점수 구간만 그렸다. 부정이 적으면 우연만으로도 어긋난다.",
        },
        alt={
            "en": "Lines of the share of fraud over the mean score by contender, with the diagonal.",
            "ko": "평균 점수에 따른 부정 비율을 참가자별로 그리고 대각선을 표시한 선그래프.",
        },
        x_label={
            "en": "mean score, log10 of % (0: 1 %, 2: 100 %)",
            "ko": "평균 점수, %의 상용로그 (0: 1%, 2: 100%)",
        },
        y_label={"en": "share of fraud, log10 of %", "ko": "부정 비율, %의 상용로그"},
        source=_both(run),
    )


def _calibration_title(run: Run) -> Text:
    n, own = seeds(run), percent(run.interval("calibration", SELECTED), 0)
    bound: Text = {"en": "", "ko": ""}
    if "ceiling" in run.roles:
        best = percent(run.interval("calibration", "ceiling"), 0)
        bound = {"en": f", the ceiling's by {best['en']}", "ko": f", 상한은 {best['ko']}"}
    return {
        "en": "Class by class, the frauds that the selected learner's scores promise miss those that happened"
        f" by {own['en']} of all frauds{bound['en']} ({n['en']})",
        "ko": "점수 구간별로 예고한 부정 건수와 실제의 차이를 더하면 전체 부정에 대해 선택된 학습기는"
        f" {own['ko']}{bound['ko']}이다({n['ko']})",
    }


def _queue_chart(run: Run) -> Chart:
    table = lines(run, "queue", SELECTED)
    load, n = percent(run.interval("analyst_load", SELECTED), 0), seeds(run)
    hours = mean_interval(run.values("wait_p95", SELECTED) / 60.0)
    mean, interval = number(hours.mean, 1), ends(hours, 1)
    return Chart(
        name="queue",
        kind="line",
        table={
            "hour": np.tile(table["hour"], 2),
            "count": np.concatenate([table["waiting"], table["busy"]]),
            "what": np.repeat([WAITING, BUSY], len(table["hour"])),
        },
        x="hour",
        y="count",
        series="what",
        title={
            "en": f"Alerts of the selected learner keep analysts busy for {load['en']} of their time on duty;"
            f" 95 % of the alerts that are reviewed wait at most {mean} h{interval} ({n['en']})",
            "ko": f"선택된 학습기의 경보로 분석관은 근무 시간의 {load['ko']}를 검토에 쓰고, 검토된 경보의"
            f" 95%는 길어야 {mean}시간{interval}을 기다린다({n['ko']})",
        },
        how={
            "en": "Means of all days of the play. Alerts pile up while nobody is on duty; those that promise"
            " to save most are taken first, so some others wait for days or are never seen.",
            "ko": "기간 전체의 시각별 평균이다. 근무자가 없는 동안 경보가 쌓인다. 많이 아낄 경보부터"
            " 처리하므로 나머지는 며칠을 기다리거나 끝내 검토되지 않기도 한다.",
        },
        alt={
            "en": "Lines of waiting alerts and busy analysts over the hour of the day.",
            "ko": "시각에 따른 대기 경보와 검토 중인 분석관 수 선그래프.",
        },
        x_label={"en": "hour of the day", "ko": "시각 (시)"},
        y_label={"en": "alerts, analysts (mean number)", "ko": "경보, 분석관 (평균 수)"},
        source=_both(run),
    )


def _card_chart(run: Run) -> Chart:
    table, bound = lines(run, "card", SELECTED), lines(run, "card", "ceiling")
    fraud = table["fraud"] > 0
    parts = [(FRAUD, _some(table, fraud)), ("ceiling", bound), (HONEST, _some(table, ~fraud))]
    return Chart(
        name="stolen_card",
        about="learned",
        kind="scatter",
        table={
            "days": np.concatenate([part["days"] for _, part in parts]),
            "score": np.concatenate([part["score"] for _, part in parts]),
            "what": np.concatenate([np.full(len(part["days"]), what) for what, part in parts]),
        },
        x="days",
        y="score",
        series="what",
        title=_card_title(table),
        how={
            "en": "Each purchase of one card around its theft, at 0: the selected learner's score, apart for"
            " fraudulent and honest purchases, and the ceiling's score of the same purchase. It is the"
            " dearest theft that began in the play.",
            "ko": "카드 한 장이 도난당한 시점(0) 앞뒤의 모든 결제다. 선택된 학습기의 점수를 부정과 정상으로"
            " 나누고, 같은 결제에 대한 상한의 점수를 함께 그렸다. 기간 중 시작된 도난 가운데 금액이 가장 큰"
            " 것이다.",
        },
        alt={
            "en": "Scatter of the scores of one card's purchases over the days around its theft.",
            "ko": "도난 전후 날짜에 따른 카드 한 장의 결제 점수 산점도.",
        },
        x_label={"en": "days since the first fraud on the card", "ko": "카드의 첫 부정 이후 일수"},
        y_label={"en": "score (%)", "ko": "점수 (%)"},
        source=source(run),
    )


def _card_title(table: Table) -> Text:
    fraud, score = table["fraud"] > 0, table["score"]
    stolen, before = score[fraud], score[(table["days"] < 0) & ~fraud]
    high, total = int((stolen > HALF).sum()), len(stolen)
    earlier: Text = {"en": "", "ko": ""}
    if len(before):
        most = before.max()
        earlier = {
            "en": f"; before the theft no honest one scored above {most:.1f} %",
            "ko": f", 도난 전 정상 결제의 점수는 최고 {most:.1f}%였다",
        }
    return {
        "en": f"On this stolen card the selected learner scores {high} of {total} fraudulent purchases above"
        f" {HALF:.0f} %, the first at {stolen[0]:.1f} %{earlier['en']} (first seed, one card, n ="
        f" {len(score)} purchases)",
        "ko": f"도난당한 이 카드에서 선택된 학습기는 부정 결제 {total}건 중 {high}건에 {HALF:.0f}%가 넘는"
        f" 점수를 주었다. 첫 부정의 점수는 {stolen[0]:.1f}%{earlier['ko'] or '였다'}(첫 시드, 카드 1장, 결제"
        f" {len(score)}건)",
    }


def _day_chart(run: Run) -> Chart:
    names = (run.incumbent, SELECTED, "ceiling")
    table = lines(run, "days", *names)
    # The trace gives 0 where a day has no fraud, which ranking cannot.
    table = _some(table, table["average_precision"] > 0)
    return Chart(
        name="precision_by_day",
        about="learned",
        kind="line",
        table=table,
        x="day",
        y="average_precision",
        series="contender",
        title=_day_title(table, names[0], run),
        how={
            "en": "Higher is better. Every contender learns again each seventh day, from the frauds that were"
            " reported by then. Where the scenario says so, thieves change their ways in the middle of the"
            " play.",
            "ko": "높을수록 좋다. 모든 참가자는 이레마다 그때까지 신고된 부정으로 다시 학습한다. 시나리오에"
            " 정한 경우 기간 중간에 범인이 수법을 바꾼다.",
        },
        alt={
            "en": "Lines of the average precision of each day by contender.",
            "ko": "날짜별 평균 정밀도를 참가자별로 그린 선그래프.",
        },
        x_label={"en": "day of the play", "ko": "경과일"},
        y_label=AP,
        source=source(run),
    )


def _day_title(table: Table, incumbent: str, run: Run) -> Text:
    """Compare the halves of the play, in the middle of which thieves may change their ways."""
    days = int(of(run.traces["days"], incumbent, "day").max())
    early = table["day"] <= days / 2
    halves = [_some(table, early), _some(table, ~early)]
    told = [
        (en, ko, [f"{of(half, name, 'average_precision').mean():.0f}" for half in halves])
        for name, en, ko in (
            (SELECTED, "the selected learner's", "선택된 학습기"),
            (incumbent, "the two rules'", "규칙 두 줄"),
            ("ceiling", "the ceiling's", "상한"),
        )
        if all(len(of(half, name, "day")) for half in halves)
    ]
    if not told:
        return {
            "en": f"Average precision of each day with fraud (first seed, n = {days} days)",
            "ko": f"부정이 있는 날의 평균 정밀도(첫 시드, {days}일)",
        }
    return {
        "en": "Mean average precision of a day, first and second half of the play: "
        + ", ".join(f"{en} {first} % and {second} %" for en, _, (first, second) in told)
        + f" (first seed, n = {days} days)",
        "ko": "하루 평균 정밀도의 전반·후반 평균: "
        + ", ".join(f"{ko} {first}%·{second}%" for _, ko, (first, second) in told)
        + f"(첫 시드, {days}일)",
    }
