"""What a run of fund-raising e-mail says of the claim, and its pictures."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.protocol import Chart, Finding, Text
from core.results import SELECTED, Run
from core.stats.interval import Interval, mean_interval
from core.stats.ratio import fieller
from core.telling import ends, intervals, lines, number, of, percent, seeds, size, source, traced

BLIND = "picked blindly · 무작위"
GROUPS = (
    "the best · 최선", "2nd, 3rd · 2~3위", "4th to 9th · 4~9위", "10th and below · 10위 이하",
)  # fmt: skip
"""Variants by their true place, as the trace numbers them."""
HOUR: Text = {"en": "hour since the first e-mail", "ko": "첫 발송 후 시간"}


def finding_of(run: Run) -> Finding | None:
    """Say what the selected learner raises beside a blind pick, the split test and the worst variant."""
    if not run.chosen:
        return None
    worst = run.interval("times_worst", SELECTED)
    parts = [_blind_sentence(run), _gain_sentence(run), _money_sentence(run), _worst_sentence(run, worst)]
    return Finding(
        sentence={
            "en": " ".join(part["en"] for part in parts if part["en"]),
            "ko": " ".join(part["ko"] for part in parts if part["ko"]),
        },
        value=worst.mean,
        low=worst.low,
        high=worst.high,
        unit="times",
    )


def _blind_sentence(run: Run) -> Text:
    own, usual, best = (
        _times(run.interval("times_blind", name), 2) for name in (SELECTED, run.incumbent, "oracle")
    )
    n = seeds(run)
    return {
        "en": f"The selected learner raises {own['en']} what a variant picked blindly would ({n['en']}), the"
        f" split test {usual['en']}, the clairvoyant {best['en']}.",
        "ko": f"선택된 학습기는 무작위로 고른 문안의 {own['ko']}를 모은다({n['ko']}). 분할 시험은"
        f" {usual['ko']}, 천리안은 {best['ko']}다.",
    }


def _gain_sentence(run: Run) -> Text:
    """Compare with the split test, in per cent and in money a year."""
    change, net = _change(run, SELECTED, run.incumbent), run.interval("net_mkrw", SELECTED)
    worth, clearly = _mkrw(size(net)), _clearly(net)
    beside = _beside(change, {"en": "the split test", "ko": "분할 시험"})
    gain: Text = {"en": "gain", "ko": "이익"} if net.mean >= 0.0 else {"en": "loss", "ko": "손해"}
    return {
        "en": f"That is {beside['en']}; after the cost of learning, a {gain['en']} of {worth['en']} a"
        f" year{clearly['en']}.",
        "ko": f"모금액은 {beside['ko']}. 학습 비용을 빼면 연간 {worth['ko']}의"
        f" {gain['ko']}이다{clearly['ko']}.",
    }


def _money_sentence(run: Run) -> Text:
    """Compare going by money with going by donors, where both compete."""
    if not {"money", "thompson"} <= set(run.roles):
        return {"en": "", "ko": ""}
    usual: Text = {"en": "one that counts donors", "ko": "기부자 수 기준"}
    beside = _beside(_change(run, "money", "thompson"), usual)
    return {
        "en": f"Thompson sampling that counts money in place of donors raises {beside['en']}.",
        "ko": f"톰프슨 표집이 금액을 기준으로 삼으면 모금액은 {beside['ko']}.",
    }


def _worst_sentence(run: Run, worst: Interval) -> Text:
    own, claim = _times(worst, 1), number(run.case.card.claim_value, 0)
    return {
        "en": f"The selected learner raises {own['en']} what the worst variants would; in 2012 the best of 18"
        f" was projected at more than {claim} times the worst.",
        "ko": f"선택된 학습기는 최악의 문안이 모을 금액의 {own['ko']}를 모은다. 2012년에는 18가지 중 최선이"
        f" 최악의 {claim}배가 넘는 것으로 추정되었다.",
    }


def charts_of(run: Run) -> Iterator[Chart]:
    """Draw money by contender, which variants are mailed hour by hour, and what not knowing costs."""
    if not run.chosen:
        return
    yield _money_chart(run)
    left = {run.incumbent, run.chosen[0]}
    if left <= set(traced(run, "places")):
        yield _places_chart(run, SELECTED)
        yield _places_chart(run, run.incumbent)
    if left <= set(traced(run, "regret")):
        yield _regret_chart(run)


# --- how numbers are told ----------------------------------------------------------------------


def _times(found: Interval, digits: int) -> Text:
    mean, interval = number(found.mean, digits), ends(found, digits)
    return {"en": f"{mean} times{interval}", "ko": f"{mean}배{interval}"}


def _mkrw(found: Interval) -> Text:
    """Write million won; Korean counts them by the hundred."""
    mean, interval = number(found.mean, 0), ends(found, 0)
    eok = Interval(found.mean / 100.0, found.low / 100.0, found.high / 100.0, found.n)
    return {"en": f"{mean} M KRW{interval}", "ko": f"{number(eok.mean, 1)}억 원{ends(eok, 1)}"}


def _change(run: Run, one: str, other: str) -> Interval:
    """Money of one contender over another's, in % more."""
    ratio = fieller(run.values("money", one), run.values("money", other))
    mean, low, high = (100.0 * (end - 1.0) for end in (ratio.mean, ratio.low, ratio.high))
    return Interval(mean, low, high, ratio.n)


def _beside(change: Interval, other: Text) -> Text:
    """Say how much more or less than another it is; the same where nothing was decided otherwise."""
    if change.mean == 0.0:
        return {"en": f"as much as {other['en']}", "ko": f"{other['ko']}과 같다"}
    apart, clearly = percent(size(change), 1), _clearly(change)
    way: Text = {"en": "more", "ko": "많다"} if change.mean > 0.0 else {"en": "less", "ko": "적다"}
    return {
        "en": f"{apart['en']} {way['en']} than {other['en']}{clearly['en']}",
        "ko": f"{other['ko']}보다 {apart['ko']} {way['ko']}{clearly['ko']}",
    }


def _clearly(change: Interval) -> Text:
    """Say it where the interval holds both signs; below five seeds there is none to say it by."""
    if change.low <= 0.0 <= change.high:
        return {"en": ", which is not clear", "ko": "(뚜렷하지 않음)"}
    return {"en": "", "ko": ""}


# --- pictures ----------------------------------------------------------------------------------


def _money_chart(run: Run) -> Chart:
    blind = mean_interval(run.values("money", run.incumbent) / run.values("times_blind", run.incumbent))
    names = sorted((*run.roles, SELECTED), key=lambda name: -run.interval("money", name).mean)
    found = intervals(run, "money", names)
    extra = {"money": blind.mean, "money_low": blind.low, "money_high": blind.high}
    own, usual = (_usd(run.interval("money", name)) for name in (SELECTED, run.incumbent))
    best, n, pick = _usd(run.interval("money", "oracle")), seeds(run), _usd(blind)
    return Chart(
        name="money",
        kind="bar",
        table={"contender": np.array([*names, BLIND])}
        | {column: np.append(values, extra[column]) for column, values in found.items()},
        x="contender",
        y="money",
        low="money_low",
        high="money_high",
        title={
            "en": f"Money for 100,000 e-mails: the selected learner {own['en']}, the split test"
            f" {usual['en']}, a blind pick {pick['en']}, the clairvoyant {best['en']} ({n['en']})",
            "ko": f"메일 10만 통당 모금액: 선택된 학습기 {own['ko']}, 분할 시험 {usual['ko']}, 무작위"
            f" {pick['ko']}, 천리안 {best['ko']}({n['ko']})",
        },
        how={
            "en": "Longer is better. Expected money of the variants that were mailed, free of the luck of"
            " large gifts. Intervals are wide because messages differ; contenders mail the same ones.",
            "ko": "길수록 좋다. 보낸 문안의 기대 모금액으로, 고액 기부의 운은 들어 있지 않다. 메일마다"
            " 기부율이 달라 구간이 넓지만 모든 참가자는 같은 메일을 보낸다.",
        },
        alt={
            "en": "Bars of the expected money for 100,000 e-mails by contender, largest first, the blind"
            " pick last.",
            "ko": "참가자별 메일 10만 통당 기대 모금액 막대그래프. 큰 것부터이며 무작위가 마지막이다.",
        },
        x_label={"en": "contender", "ko": "참가자"},
        y_label={"en": "money (USD/100,000 e-mails)", "ko": "모금액 (달러/10만 통)"},
        source="this run, all seeds",
    )


def _usd(found: Interval) -> Text:
    mean, interval = number(found.mean, 0), ends(found, 0)
    return {"en": f"{mean} USD{interval}", "ko": f"{mean}달러{interval}"}


def _places_chart(run: Run, name: str) -> Chart:
    table, n = lines(run, "places", name), seeds(run)
    found, final = (percent(run.interval(kpi, name), 0) for kpi in ("best_found", "final_share"))
    whose: Text = {"en": "The selected learner", "ko": "선택된 학습기"}
    if name == run.incumbent:
        whose = {"en": "The split test", "ko": "분할 시험"}
    return Chart(
        name=f"places_{name}",
        kind="line",
        table=table | {"variants": np.array(GROUPS)[table["group"]]},
        x="hour",
        y="share",
        series="variants",
        title={
            "en": f"{whose['en']} mails its final variant to {final['en']} of the list; it is truly the best"
            f" for {found['en']} of messages ({n['en']})",
            "ko": f"{whose['ko']}: 최종 문안을 명단의 {final['ko']}에게 보내며, 그것이 실제 최선인 메일은"
            f" {found['ko']}이다({n['ko']})",
        },
        how={
            "en": "Share of each hour's e-mails by the true place of their variant, all messages of the"
            " play; hours without e-mails are left out. The higher the best, the better. The last hour mails"
            " all that is left.",
            "ko": "매시간 보낸 메일을 문안의 실제 순위별로 나눈 비율이다(기간의 모든 메일). 보내지 않은"
            " 시간은 뺐다. 최선의 선이 높을수록 좋다. 남은 메일은 마지막 시간에 모두 나간다.",
        },
        alt={
            "en": "Lines of the share of each hour's e-mails over hours, by the variants' true place.",
            "ko": "시간에 따른 메일 비율을 문안의 실제 순위별로 그린 선그래프.",
        },
        x_label=HOUR,
        y_label={"en": "share of the hour's e-mails (%)", "ko": "그 시간 메일 중 비율 (%)"},
        source=_both(run),
    )


def _both(run: Run) -> str:
    return f"lines: {source(run)}; numbers of the title: all seeds"


def _regret_chart(run: Run) -> Chart:
    own, usual = (percent(run.interval("regret", name), 1) for name in (SELECTED, run.incumbent))
    table, n = lines(run, "regret", run.incumbent, SELECTED), seeds(run)
    early = [number(of(table, name, "lost")[-2], 1) for name in (SELECTED, run.incumbent)]
    return Chart(
        name="regret",
        about="learned",
        kind="line",
        table=table,
        x="hour",
        y="lost",
        series="contender",
        title={
            "en": f"Not knowing the best variant costs the selected learner {own['en']} of the money, the"
            f" split test {usual['en']} ({n['en']}); in the first seed, {early[0]} and {early[1]} points were"
            " lost before the last hour",
            "ko": f"최선의 문안을 몰라 잃는 모금액은 선택된 학습기가 {own['ko']}, 분할 시험이"
            f" {usual['ko']}이다({n['ko']}). 첫 시드에서 마지막 시간 전까지 잃은 것은 각각 {early[0]}%p,"
            f" {early[1]}%p이다",
        },
        how={
            "en": "Lower is better. Expected money lost so far against mailing the best variant alone, in %"
            " of all that it would raise. What is lost early is the price of learning; what is lost at the"
            " last hour is that of having settled for a worse variant.",
            "ko": "낮을수록 좋다. 최선의 문안만 보낼 때와 비교해 지금까지 잃은 기대 모금액의 비율이다. 초반의"
            " 손실은 배우는 값이고, 마지막 시간의 손실은 더 나쁜 문안으로 결정한 값이다.",
        },
        alt={
            "en": "Lines of the money lost so far over hours, by contender.",
            "ko": "시간에 따라 그때까지 잃은 모금액을 참가자별로 그린 선그래프.",
        },
        x_label=HOUR,
        y_label={"en": "money lost so far (%)", "ko": "누적 손실 (%)"},
        source=_both(run),
    )
