"""What a run says of the claim, and its pictures."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.protocol import Chart, Finding
from core.results import SELECTED, Run
from core.stats.interval import mean_interval

SCORED = ("constant", "persistence", "ridge", "boosted", "deep_net", "gao_net")
LABELS = {
    "constant": "constant",
    "persistence": "last reading",
    "ridge": "ridge",
    "boosted": "LightGBM",
    "deep_net": "deep net",
    "gao_net": "Gao's net",
}


def _scores(run: Run, contender: str, measure: str) -> np.ndarray:
    keep = (run.scores["contender"] == contender) & (run.scores["measure"] == measure)
    return np.asarray(run.scores["value"][keep], dtype=float)


def finding_of(run: Run) -> Finding | None:
    """Say how accurate Gao's net is here, and what accuracy is worth."""
    published = _scores(run, "gao_net", "pue_accuracy_shuffled")
    if not len(published):
        return None
    found = mean_interval(published)
    constant = float(_scores(run, "constant", "pue_accuracy_shuffled").mean())
    last = float(_scores(run, "persistence", "pue_accuracy_shuffled").mean())
    return Finding(
        sentence={
            "en": (
                f"The published net reaches {found.mean:.2f} % here, but a constant already scores"
                f" {constant:.1f} % and the last meter reading {last:.2f} %: PUE hardly varies, so accuracy"
                " alone says little."
            ),
            "ko": (
                f"발표된 신경망은 여기서 {found.mean:.2f}%를 기록하지만, 상수 하나만으로도"
                f" {constant:.1f}%, 직전 계측값으로는 {last:.2f}%가 나온다. PUE는 거의"
                " 변하지 않으므로 정확도만으로는 알 수 있는 것이 적다."
            ),
        },
        value=found.mean,
        low=found.low,
        high=found.high,
        unit="%",
    )


def charts_of(run: Run) -> Iterator[Chart]:
    """Forecast errors on both splits, and a week beside the incumbent."""
    yield _forecast_chart(run)
    if run.traces:
        yield from _week_charts(run)


def _forecast_chart(run: Run) -> Chart:
    names, splits, values = [], [], []
    for split in ("shuffled", "time"):
        for name in SCORED:
            scores = _scores(run, name, f"pue_mae_{split}")
            if len(scores):
                names.append(LABELS[name])
                splits.append({"shuffled": "shuffled, as published", "time": "following year"}[split])
                values.append(mean_interval(scores))
    floor = float(np.mean(run.scores["floor"][run.scores["measure"] == "pue_mae_time"]))
    half = len(values) // 2
    worse = sum(b.mean > a.mean for a, b in zip(values[:half], values[half:], strict=True))
    return Chart(
        name="forecast",
        about="learned",
        kind="bar",
        table={
            "method": np.array(names),
            "split": np.array(splits),
            "mae": np.array([v.mean for v in values]),
            "low": np.array([v.low for v in values]),
            "high": np.array([v.high for v in values]),
        },
        x="method",
        y="mae",
        series="split",
        low="low",
        high="high",
        title={
            "en": f"On the following year {worse} of {half} forecasts err more than on shuffled rows;"
            f" meter noise alone is {floor:.4f}",
            "ko": f"다음 해 자료에서는 예측 {half}개 가운데 {worse}개의 오차가 무작위 분할보다 크다."
            f" 계측 오차만으로도 {floor:.4f}이다",
        },
        how={
            "en": "Shorter is better. No forecast can be shorter than the noise of the meters.",
            "ko": "짧을수록 좋다. 어떤 예측도 계측 오차보다 짧아질 수 없다.",
        },
        alt={
            "en": "Bars of mean absolute PUE error by method, for the shuffled split and the following year.",
            "ko": "방법별 PUE 평균 절대 오차 막대그래프. 무작위 분할과 다음 해 두 가지.",
        },
        x_label={"en": "method", "ko": "방법"},
        y_label={"en": "mean absolute error of PUE", "ko": "PUE 평균 절대 오차"},
        source="this run; published: 0.004 (Gao 2014)",
    )


_WEEK = (
    ("facility_kw", "kW", "kW", {"en": "facility power", "ko": "시설 전력"}),
    ("lwt_setpoint", "°C", "K", {"en": "leaving-water set-point", "ko": "출구 수온 설정값"}),
    ("air", "°C", "K", {"en": "cold-aisle temperature", "ko": "찬 통로 기온"}),
)


def _week_charts(run: Run) -> Iterator[Chart]:
    week = run.traces["week"]
    who = week["contender"].astype(str)
    chosen = run.chosen[0] if run.chosen else run.incumbent
    keep = np.isin(who, [run.incumbent, chosen, "oracle"])
    for column, unit, step, label in _WEEK:
        values = week[column]
        apart = float(values[who == chosen].mean() - values[who == run.incumbent].mean())
        size = f"{abs(apart):,.0f} {step}" if step == "kW" else f"{abs(apart):.1f} {step}"
        yield Chart(
            name=f"week_{column}",
            kind="line",
            table={"hour": week["hour"][keep], "contender": who[keep], column: values[keep]},
            x="hour",
            y=column,
            series="contender",
            title={
                "en": f"In this summer stretch the selected learner's {label['en']} lies {size}"
                f" {'above' if apart > 0 else 'below'} the rule's on average",
                "ko": f"이 여름 구간에서 선택된 학습기의 {label['ko']}은 규칙보다 평균 {size}"
                f" {'높다' if apart > 0 else '낮다'}",
            },
            how={
                "en": "Lines of the rule, the selected learner and the oracle over the same hours.",
                "ko": "같은 시간대의 규칙, 선택된 학습기, 오라클을 나란히 그린 선.",
            },
            alt={
                "en": f"Line chart of {label['en']} over hours by contender.",
                "ko": f"참가자별 {label['ko']} 시간 변화 선그래프.",
            },
            x_label={"en": "hours since the stretch began", "ko": "구간 시작 후 시간"},
            y_label={"en": f"{label['en']} ({unit})", "ko": f"{label['ko']} ({unit})"},
            source=f"first seed of this run, {SELECTED}: {chosen}",
        )
