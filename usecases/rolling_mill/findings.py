"""What a run says of the claim, and its pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from core.protocol import Array, Chart, Finding, Table, Text
from core.results import SELECTED, Run
from core.stats.headroom import captured
from core.stats.interval import Interval
from core.telling import intervals, lines, of, percent, seeds, size, source, traced

ALONE: dict[str, Text] = {
    "trees_alone": {"en": "LightGBM", "ko": "LightGBM"},
    "net_alone": {"en": "a deep net", "ko": "심층 신경망"},
}
"""Learners without the plant's formula that learn nothing during play."""
SMOOTH = 10
"""Coils that the course around the step is averaged over."""
FEWEST = 3
"""Contenders below which no correlation is told."""
STRONG = 0.8
"""Correlation from which metres are said to fall with the error."""
WHO: Text = {"en": "contender", "ko": "참가자"}
ERROR: Text = {"en": "mean force error (%)", "ko": "평균 하중 오차 (%)"}


def finding_of(run: Run) -> Finding | None:
    """Say by how much the selected learner cuts the incumbent's force error, beside POSCO's figure."""
    if not run.chosen:
        return None
    cut = run.interval("error_cut", SELECTED)
    by, beyond = percent(size(cut), 1), percent(size(run.interval("removable_cut", SELECTED)), 1)
    usual, reach = percent(run.interval("practice_cut", SELECTED), 1), _reach(run)
    n, alone, published = seeds(run), _alone_sentence(run), f"{run.case.card.claim_value:.2f}"
    verb: Text = {"en": "cuts", "ko": "줄인다"} if cut.mean >= 0 else {"en": "raises", "ko": "늘린다"}
    return Finding(
        sentence={
            "en": (
                f"The selected learner {verb['en']} the incumbent's force error by {by['en']} ({n['en']}),"
                f" and by {beyond['en']} the part beyond the noise of the force cells{reach['en']}. Against"
                f" the plant's rates as installed the cut is {usual['en']}; POSCO's net cut the error of the"
                f" model it ran by {published} %, on 1,586 coils of a cold mill.{alone['en']}"
            ),
            "ko": (
                f"선택된 학습기는 기존 방식의 하중 오차를 {by['ko']} {verb['ko']}({n['ko']}). 하중계 잡음을"
                f" 뺀 오차를 기준으로는 {beyond['ko']}이다.{reach['ko']} 설비의 초기 갱신 속도를"
                f" 그대로 쓴 경우와 비교하면 감소율은 {usual['ko']}이다. 포스코의 신경망은 냉간 압연"
                f" 코일 1,586개에서 당시 모형의 오차를 {published}% 줄였다.{alone['ko']}"
            ),
        },
        value=cut.mean,
        low=cut.low,
        high=cut.high,
        unit="%",
    )


def _reach(run: Run) -> Text:
    """Say how far the selected learner comes towards the ceiling's error, where there is a ceiling."""
    if "ceiling" not in run.roles:
        return {"en": "", "ko": ""}
    own, usual, bound = (run.values("force_error", name) for name in (SELECTED, run.incumbent, "ceiling"))
    share = captured(own, usual, bound, sign=-1.0, base=usual).share
    way = percent(Interval(100 * share.mean, 100 * share.low, 100 * share.high, share.n), 0)
    return {
        "en": f", which is {way['en']} of the way to the ceiling",
        "ko": f" 상한까지의 거리로 보면 {way['ko']}를 좁혔다.",
    }


def _alone_sentence(run: Run) -> Text:
    """Compare the better of the frozen learners without the formula with the incumbent, if there is one."""
    name = _alone(run)
    if not name:
        return {"en": "", "ko": ""}
    own, usual = (_mean(run, "force_error", one) for one in (name, run.incumbent))
    than: Text = (
        {"en": "worse than", "ko": "보다 나쁘다"} if own > usual else {"en": "better than", "ko": "보다 낫다"}
    )
    apart = run.difference("force_error", name)
    if math.isfinite(apart.low) and apart.low <= 0 <= apart.high:
        than = {"en": "not clearly different from", "ko": "와 뚜렷한 차이가 없다"}
    return {
        "en": (
            f" Without the formula and frozen, {ALONE[name]['en']} errs by {own:.2f} %, {than['en']} the"
            f" incumbent's {usual:.2f} %."
        ),
        "ko": (
            f" 공식 없이 고정된 {ALONE[name]['ko']}의 오차는 {own:.2f}%로, 기존 방식의"
            f" {usual:.2f}%{than['ko']}."
        ),
    }


def charts_of(run: Run) -> Iterator[Chart]:
    """Force errors by contender, stand, place in the lot and around the step; a head; what metres follow."""
    if not run.chosen:
        return
    yield _error_chart(run)
    for trace, chart in (
        ("stands", _stand_chart),
        ("positions", _position_chart),
        ("step", _step_chart),
        ("head", _head_chart),
    ):
        if {run.incumbent, run.chosen[0]} <= set(traced(run, trace)):
            yield chart(run)
    yield _gauge_chart(run)


# --- who, and how numbers are told -------------------------------------------------------------


def _alone(run: Run) -> str:
    """Give the better of the frozen learners without the formula; "" where none competes."""
    return min(
        (name for name in ALONE if name in run.roles),
        key=lambda name: _mean(run, "force_error", name),
        default="",
    )


def _mean(run: Run, kpi: str, contender: str) -> float:
    return float(run.values(kpi, contender).mean())


# --- over all seeds ----------------------------------------------------------------------------


def _error_chart(run: Run) -> Chart:
    names = sorted([*run.roles, SELECTED], key=lambda name: _mean(run, "force_error", name))
    own, usual = (percent(run.interval("force_error", name), 2) for name in (SELECTED, run.incumbent))
    cut, n = run.interval("error_cut", SELECTED).mean, seeds(run)
    less: Text = {"en": "less", "ko": "작다"} if cut >= 0 else {"en": "more", "ko": "크다"}
    return Chart(
        name="force_error",
        about="learned",
        kind="bar",
        table={"contender": np.array(names)} | intervals(run, "force_error", names),
        x="contender",
        y="force_error",
        low="force_error_low",
        high="force_error_high",
        title={
            "en": f"The selected learner errs by {own['en']} of the force, the incumbent by {usual['en']}:"
            f" {abs(cut):.1f} % {less['en']} ({n['en']})",
            "ko": f"선택된 학습기의 하중 오차는 {own['ko']}, 기존 방식은 {usual['ko']}로 {abs(cut):.1f}%"
            f" {less['ko']}({n['ko']})",
        },
        how={
            "en": "Shorter is better. The oracle forecasts the true force: its bar is the noise of the force"
            " cells, which nobody can cut.",
            "ko": "짧을수록 좋다. 오라클은 실제 하중을 예측하므로 그 막대는 하중계 잡음이며, 누구도 줄일 수"
            " 없다.",
        },
        alt={
            "en": "Bars of the mean force error by contender, smallest first.",
            "ko": "참가자별 평균 하중 오차 막대그래프. 작은 것부터 늘어놓았다.",
        },
        x_label=WHO,
        y_label=ERROR,
        source="this run, all seeds",
    )


def _gauge_chart(run: Run) -> Chart:
    # A learner that every seed selected has its point as the selected one.
    sole = next(iter(run.picks)) if len(run.picks) == 1 else ""
    names = [run.incumbent, SELECTED, *(name for name in run.roles if name not in (run.incumbent, sole))]
    table = {"contender": np.array(names), "shown": np.array([_apart(run, name) for name in names])}
    table["force_error"] = intervals(run, "force_error", names)["force_error"]
    table |= intervals(run, "offgauge_m", names)
    error, metres = (
        np.array([_mean(run, k, one) for one in run.roles]) for k in ("force_error", "offgauge_m")
    )
    r, ranks = correlation(error, metres), correlation(_ranks(error), _ranks(metres))
    n = seeds(run)
    return Chart(
        name="gauge",
        about="learned",
        kind="scatter",
        table=table,
        x="force_error",
        y="offgauge_m",
        series="shown",
        low="offgauge_m_low",
        high="offgauge_m_high",
        title=_gauge_title(r, ranks, len(error), n),
        how={
            "en": "One point for each contender and bound. What a forecast of the force is worth shows in"
            " metres of strip beyond the tolerance; crown, skid marks and eccentricity leave some to the"
            " oracle.",
            "ko": "점 하나가 참가자나 한계 하나이다. 하중 예측의 가치는 허용차를 벗어난 판의 길이로 나타난다."
            " 열 크라운, 스키드 마크, 편심 때문에 오라클에도 일부가 남는다.",
        },
        alt={
            "en": "Scatter of metres off gauge per coil over mean force error, by contender.",
            "ko": "참가자별 평균 하중 오차에 대한 코일당 두께 불량 길이 산점도.",
        },
        x_label=ERROR,
        y_label={"en": "head off gauge (m/coil)", "ko": "두께를 벗어난 선단 길이 (m/코일)"},
        source="means over the seeds of this run",
    )


def _apart(run: Run, name: str) -> str:
    """Name a point by itself, but learners that were not selected by what they have in common."""
    return "other learners" if run.roles.get(name) == "learner" else name


def _gauge_title(r: float, ranks: float, points: int, n: Text) -> Text:
    if points < FEWEST or not math.isfinite(r):
        return {
            "en": f"Metres off gauge beside the force error of {points} contenders and bounds ({n['en']})",
            "ko": f"참가자와 한계 {points}개의 하중 오차와 두께 불량 길이({n['ko']})",
        }
    strong = min(r, ranks) > STRONG
    link: Text = (
        {"en": "fall with the force error", "ko": "하중 오차가 작을수록 짧다"}
        if strong
        else {"en": "follow the force error only in part", "ko": "하중 오차를 일부만 따른다"}
    )
    return {
        "en": f"Metres off gauge {link['en']}: correlation {r:.2f}, of ranks {ranks:.2f}, over {points}"
        f" contenders and bounds ({n['en']})",
        "ko": f"두께 불량 길이는 {link['ko']}. 참가자와 한계 {points}개의 상관계수 {r:.2f}, 순위상관"
        f" {ranks:.2f}({n['ko']})",
    }


def correlation(one: Array, other: Array) -> float:
    """Pearson's correlation; ``nan`` where one of them does not vary.

    Examples
    --------
    >>> correlation(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0])).__round__(6)
    1.0
    """
    x, y = one - one.mean(), other - other.mean()
    size = math.sqrt(float((x * x).sum() * (y * y).sum()))
    return float((x * y).sum()) / size if size > 0.0 else math.nan


def _ranks(values: Array) -> Array:
    """Rank of each value, equal ones their mean rank."""
    return np.array([(values < value).sum() + ((values == value).sum() - 1) / 2 for value in values])


# --- of the first seed -------------------------------------------------------------------------


def _coils(run: Run) -> Text:
    """Say how many coils the first seed played, as far as a trace says it."""
    coils = len(of(run.traces["coils"], run.incumbent, "error")) if "coils" in run.traces else 0
    if not coils:
        return {"en": "first seed", "ko": "첫 시드"}
    return {"en": f"first seed, n = {coils:,} coils", "ko": f"첫 시드, 코일 {coils:,}개"}


def _stand_chart(run: Run) -> Chart:
    table = lines(run, "stands", run.incumbent, SELECTED, _alone(run), "ceiling", "oracle")
    own, usual = (of(table, name, "error") for name in (SELECTED, run.incumbent))
    worst, n = int(np.argmax(usual)), _coils(run)
    stand = int(of(table, run.incumbent, "stand")[worst])
    return Chart(
        name="stands",
        about="learned",
        kind="line",
        table=table,
        x="stand",
        y="error",
        series="contender",
        title={
            "en": f"The incumbent errs most in stand {stand}, by {usual[worst]:.2f} %; the selected learner"
            f" errs by {own[worst]:.2f} % there ({n['en']})",
            "ko": f"기존 방식의 오차는 {stand}번 스탠드에서 {usual[worst]:.2f}%로 가장 크고, 선택된 학습기는"
            f" 그곳에서 {own[worst]:.2f}%이다({n['ko']})",
        },
        how={
            "en": "Lower is better. The oracle's line is the noise of the force cells; the ceiling knows the"
            " mill's laws and all that lasts from coil to coil.",
            "ko": "낮을수록 좋다. 오라클 선은 하중계 잡음이고, 상한은 압연기의 법칙과 코일 사이에 지속되는"
            " 상태를 모두 안다.",
        },
        alt={
            "en": "Lines of the mean force error over the seven stands by contender.",
            "ko": "참가자별로 일곱 스탠드의 평균 하중 오차를 그린 선그래프.",
        },
        x_label={"en": "stand", "ko": "스탠드"},
        y_label=ERROR,
        source=source(run),
    )


def _position_chart(run: Run) -> Chart:
    first, later = (
        [percent(run.interval(kpi, name), 2) for name in (SELECTED, run.incumbent)]
        for kpi in ("first_error", "later_error")
    )
    n = seeds(run)
    return Chart(
        name="positions",
        about="learned",
        kind="line",
        table=lines(run, "positions", run.incumbent, SELECTED, "ceiling"),
        x="position",
        y="error",
        series="contender",
        title={
            "en": f"On the first coil of a lot the selected learner errs by {first[0]['en']}, the incumbent"
            f" by {first[1]['en']}; on later coils by {later[0]['en']} and {later[1]['en']} ({n['en']})",
            "ko": f"로트 첫 코일의 오차는 선택된 학습기 {first[0]['ko']}, 기존 방식 {first[1]['ko']}이고,"
            f" 이후 코일에서는 {later[0]['ko']}와 {later[1]['ko']}이다({n['ko']})",
        },
        how={
            "en": "Lower is better. A lot is one grade and size, so its first coil has nothing of its own to"
            " go by. All places from the last one on are shown together.",
            "ko": "낮을수록 좋다. 로트는 강종과 치수가 같으므로 첫 코일에는 참고할 앞 코일이 없다. 마지막"
            " 순서에는 그 뒤의 코일도 모두 포함된다.",
        },
        alt={
            "en": "Lines of the mean force error over the place in the lot by contender.",
            "ko": "참가자별로 로트 안 순서에 따른 평균 하중 오차를 그린 선그래프.",
        },
        x_label={"en": "place in the lot", "ko": "로트 안 순서"},
        y_label=ERROR,
        source=f"lines: {source(run)}; numbers of the title: all seeds",
    )


def _smoothed(coil: Array, error: Array) -> Array:
    """Mean over the last coils, begun anew at the step, so that nothing of before is left behind it.

    Examples
    --------
    >>> _smoothed(np.array([-2, -1, 0, 1]), np.array([2.0, 4.0, 9.0, 7.0])).tolist()
    [2.0, 3.0, 9.0, 8.0]
    """
    begins = np.where(coil >= 0, np.searchsorted(coil, 0), 0)
    rows = np.arange(len(coil))
    first = np.maximum(begins, rows - SMOOTH + 1)
    total = np.concatenate([[0.0], np.cumsum(error)])
    return np.asarray((total[rows + 1] - total[first]) / (rows + 1 - first))


def _step_chart(run: Run) -> Chart:
    table = lines(run, "step", run.incumbent, SELECTED, _alone(run))
    smooth = np.empty(len(table["error"]))
    for name in dict.fromkeys(table["contender"].tolist()):
        mine = table["contender"] == name
        smooth[mine] = _smoothed(table["coil"][mine], table["error"][mine])
    return Chart(
        name="recovery",
        kind="line",
        table={"coil": table["coil"], "contender": table["contender"], "error": smooth},
        x="coil",
        y="error",
        series="contender",
        title=_step_title(run),
        how={
            "en": f"Mean over the last {SMOOTH} coils, begun anew at the step, where coil 0 is the first with"
            " the new lubricant. Recovered is a mean over ten coils within 10 % of that before; where that"
            " never happens, all coils that are left are counted.",
            "ko": f"최근 코일 {SMOOTH}개의 평균이며, 새 윤활유를 쓰는 첫 코일(0)에서 새로 시작한다. 열 코일"
            " 평균이 교체 이전의 10% 이내로 돌아오면 회복으로 보고, 끝내 돌아오지 않으면 남은 코일을 모두"
            " 센다.",
        },
        alt={
            "en": "Lines of the force error over coils before and after the change of lubricant by"
            " contender.",
            "ko": "윤활유 교체 전후 코일의 하중 오차를 참가자별로 그린 선그래프.",
        },
        x_label={"en": "coils since the change of lubricant", "ko": "윤활유 교체 이후 코일 수"},
        y_label=ERROR,
        source=f"lines: {source(run)}; numbers of the title: all seeds",
    )


def _step_title(run: Run) -> Text:
    step, n = float(run.scenario["lubricant_step"]), seeds(run)
    own, usual = (
        [_mean(run, kpi, name) for kpi in ("before_error", "step_error", "recovery_coils")]
        for name in (SELECTED, run.incumbent)
    )
    return {
        "en": f"A lubricant that shifts force by {step:g} % takes the selected learner's error from"
        f" {own[0]:.2f} to {own[1]:.2f} % for five coils and the incumbent's from {usual[0]:.2f} to"
        f" {usual[1]:.2f} %; they recover after {own[2]:.0f} and {usual[2]:.0f} coils ({n['en']})",
        "ko": f"하중을 {step:g}% 바꾸는 윤활유로 교체 직후 다섯 코일의 오차는 선택된 학습기가"
        f" {own[0]:.2f}%에서 {own[1]:.2f}%로, 기존 방식이 {usual[0]:.2f}%에서 {usual[1]:.2f}%로 변하고,"
        f" 회복까지 각각 코일 {own[2]:.0f}개와 {usual[2]:.0f}개가 걸린다({n['ko']})",
    }


def _metres_off(table: Table, contender: str, tolerance: float) -> float:
    """Metres of a head beyond the tolerance, as far as the points of its trace tell."""
    metres, um = of(table, contender, "metres"), of(table, contender, "um")
    return float((np.abs(um) > tolerance).mean() * (metres[-1] - metres[0]))


def _with_tolerance(table: Table, tolerance: float) -> dict[str, Array]:
    """Add the tolerance as two level lines."""
    ends = np.array([table["metres"].min(), table["metres"].max()])
    sides = ((f"+{tolerance:g} μm", tolerance), (f"−{tolerance:g} μm", -tolerance))
    return {
        "metres": np.concatenate([table["metres"], ends, ends]),
        "um": np.concatenate([table["um"], *(np.full(2, level) for _, level in sides)]),
        "contender": np.concatenate([table["contender"], *(np.full(2, name) for name, _ in sides)]),
    }


def _head_chart(run: Run) -> Chart:
    tolerance = float(run.scenario["tolerance_um"])
    table = lines(run, "head", run.incumbent, SELECTED, "oracle")
    own, usual = (_metres_off(table, name, tolerance) for name in (SELECTED, run.incumbent))
    return Chart(
        name="head",
        kind="line",
        table=_with_tolerance(table, tolerance),
        x="metres",
        y="um",
        series="contender",
        title={
            "en": f"This head is off gauge for {own:.0f} m when the selected learner sets the gaps, for"
            f" {usual:.0f} m when the incumbent does (first seed, one coil)",
            "ko": f"이 코일 선단은 선택된 학습기가 롤 간격을 정하면 {own:.0f} m, 기존 방식이 정하면"
            f" {usual:.0f} m가 두께 허용차를 벗어난다(첫 시드, 코일 1개)",
        },
        how={
            "en": "Thickness behind the last stand, less the plan. The level lines are the tolerance of"
            f" {tolerance:g} μm; gauge control locks on soon after the head. It is the first coil of a lot"
            " that standing practice missed by more than nine in ten others.",
            "ko": f"마지막 스탠드 출구 두께에서 계획 두께를 뺀 값이다. 수평선은 허용차 {tolerance:g} μm이고,"
            " 선단이 지나면 곧 두께 제어가 안정된다. 기존 조업에서 오차가 상위 10%에 들던 로트"
            " 첫 코일이다.",
        },
        alt={
            "en": "Lines of the thickness deviation over metres of strip by contender, with the tolerance.",
            "ko": "판 길이에 따른 두께 편차를 참가자별로 그리고 허용차를 표시한 선그래프.",
        },
        x_label={"en": "metres behind the head", "ko": "선단부터의 거리 (m)"},
        y_label={"en": "thickness off the plan (μm)", "ko": "계획 대비 두께 편차 (μm)"},
        source=source(run),
    )
