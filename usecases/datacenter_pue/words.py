"""What people read about the data centre, in English and Korean."""

from __future__ import annotations

from core.protocol import Card, Kpi, Party

CARD = Card(
    title={"en": "Data-centre cooling", "ko": "데이터센터 냉각"},
    question={
        "en": "How much power does a learned controller save where the cooling is already run well?",
        "ko": "이미 잘 운영되는 데이터센터에서 학습 제어기는 전기를 얼마나 더 아끼는가?",
    },
    story={
        "en": (
            "In 2014 Google trained a neural network on two years of its own plant log and forecast the power"
            " usage effectiveness (PUE) of a data centre with an error of 0.4 %. The forecast became a"
            " controller of cooling set-points. Here a 10 MW plant with the same 19 inputs is simulated in"
            " five-minute steps; every contender learns from the same operator's log and then runs the next"
            " year, deciding every 15 minutes."
        ),
        "ko": (
            "2014년 구글은 2년치 설비 기록으로 신경망을 학습해 데이터센터의 전력 사용 효율(PUE)을"
            " 오차 0.4%로 예측했고, 이 예측은 냉각 설정값을 정하는 제어기로 발전했다. 여기서는 같은 19개"
            " 입력을 가진 10 MW 설비를 5분 단위로 모의한다. 모든 참가자는 같은 운전 기록에서 배운 뒤"
            " 다음 한 해를 15분마다 결정하며 운전한다."
        ),
    },
    incumbent={
        "en": (
            "The better of the best fixed set-point and a wet-bulb reset rule, tuned on the log with the"
            " energy regression that measurement-and-verification practice uses."
        ),
        "ko": (
            "고정 설정값과 습구 온도 연동 규칙 가운데 나은 쪽. 에너지 성과 검증에 쓰는 회귀 모형으로"
            " 운전 기록에 맞춰 조정한다."
        ),
    },
    claim={
        "en": "Google predicts data-centre PUE with 99.6 % accuracy.",
        "ko": "구글은 데이터센터 PUE를 99.6% 정확도로 예측한다.",
    },
    claim_value=99.6,
    claim_unit="%",
    claim_source="Gao (2014), Machine Learning Applications for Data Center Optimization: MAE 0.004",
    limits=(
        {
            "en": "One plant of one design; no airside economiser, no heat recovery, no demand charges.",
            "ko": "한 가지 설계의 설비 하나만 다룬다. 외기 직접 냉방, 열 회수, 수요 요금은 없다.",
        },
        {
            "en": "Set-points of one plant only; servers are not moved or switched off.",
            "ko": "설비 설정값만 조정하며 서버를 옮기거나 끄지 않는다.",
        },
        {
            "en": "Controllers do not explore while they run, so what the log never tried stays unknown.",
            "ko": "제어기는 운전 중 탐색하지 않으므로 기록에 없는 설정의 효과는 끝내 알 수 없다.",
        },
        {
            "en": "Weather is synthetic: normals and variability are those of the station, storms are not.",
            "ko": "기상은 합성 자료로, 평년값과 변동은 관측소를 따르지만 태풍 같은 사건은 없다.",
        },
    ),
    sources=(
        "Gao, J. (2014), Machine Learning Applications for Data Center Optimization, Google",
        "Evans, R. and Gao, J. (2016), DeepMind AI reduces Google data centre cooling bill by 40 %",
        "Coroama, V. (2025), Temperature optimisation in data centres, arXiv 2509.26163",
        "EnergyPlus Engineering Reference: YorkCalc tower, DOE-2 electric chiller, variable-speed fan",
        "copper-bem 0.3.0 (PNNL, BSD-2-Clause): chiller curves",
        "Lei, N. and Masanet, E. (2020), Statistical analysis for predicting location-specific PUE",
        "ASHRAE Guideline 14 (change-point regression); IPMVP option C",
    ),
)

KPIS = (
    Kpi(
        "saved_mwh", "MWh/year", "higher", base="cooling_mwh", digits=0,
        label={"en": "Facility energy saved", "ko": "시설 전력 절감량"},
        source="difference to the incumbent at equal computing, server fans included",
    ),
    Kpi(
        "saved_pct", "% of cooling energy", "higher", base="cooling_mwh", digits=1,
        label={"en": "Saved, of cooling energy", "ko": "냉각 전력 대비 절감률"},
        source="of the incumbent's cooling energy",
    ),
    Kpi(
        "habit_pct", "% of cooling energy", "higher", digits=1,
        label={"en": "Saved against the operator's habit", "ko": "기존 습관 대비 절감률"},
        source="of the cooling energy under 20 C, all towers, pumps at 80 %",
        published="40 % (Evans and Gao 2016, against the site's practice)",
    ),
    Kpi(
        "net_mkrw", "million KRW/year", "higher", base="cost_mkrw", digits=1,
        label={"en": "Net benefit", "ko": "순편익"},
        source="saving at the electricity price, less what the learning costs",
    ),
    Kpi(
        "avoided_t", "tCO2/year", "higher", base="emitted_t", digits=0,
        label={"en": "Emissions avoided", "ko": "온실가스 감축량"},
        source="saving at the grid's emission factor",
    ),
    Kpi(
        "pue", "ratio", "lower", digits=4, label={"en": "Mean PUE", "ko": "평균 PUE"},
        source="facility energy over IT energy, which holds the server fans",
        published="1.06-1.18 (Gao 2014, figure 3)",
    ),
    Kpi(
        "violation_min", "min/year", "lower", digits=0,
        label={"en": "Time beyond limits", "ko": "한계 초과 시간"},
        source="cold aisle above its limit or water rising more than 12 K",
    ),
    Kpi(
        "water_m3", "m3/year", "lower", digits=0, label={"en": "Water used", "ko": "물 사용량"},
        source="evaporation and blow-down of the towers",
    ),
    Kpi(
        "facility_mwh", "MWh/year", "lower", digits=0,
        label={"en": "Facility energy", "ko": "시설 전력량"}, source="everything behind the main meter",
    ),
    Kpi(
        "cooling_mwh", "MWh/year", "lower", digits=0,
        label={"en": "Cooling energy", "ko": "냉각 전력량"},
        source="hall fans, pumps, tower fans and chillers",
    ),
    Kpi(
        "cost_mkrw", "million KRW/year", "lower", digits=1,
        label={"en": "Electricity bill of cooling", "ko": "냉각 전기 요금"},
        source="at the electricity price",
    ),
    Kpi(
        "emitted_t", "tCO2/year", "lower", digits=0,
        label={"en": "Emissions of cooling", "ko": "냉각 온실가스 배출량"}, source="at the emission factor",
    ),
)  # fmt: skip

PARTIES = (
    Party(
        {"en": "The operator", "ko": "운영 사업자"},
        "net_mkrw",
        {
            "en": "Keeps what is saved on the power bill, and pays for the learning.",
            "ko": "아낀 전기 요금을 갖고 학습 비용을 낸다.",
        },
    ),
    Party(
        {"en": "Owners of the servers", "ko": "서버 소유자"},
        "violation_min",
        {
            "en": "Heat beyond the limits wears their servers out.",
            "ko": "한계를 넘는 열은 서버를 상하게 한다.",
        },
    ),
    Party(
        {"en": "Neighbours who share the water", "ko": "같은 물을 쓰는 이웃"},
        "water_m3",
        {
            "en": "The towers evaporate water that others could use.",
            "ko": "냉각탑은 다른 사람이 쓸 수 있는 물을 증발시킨다.",
        },
    ),
    Party(
        {"en": "Everybody, through the climate", "ko": "모든 사람(기후)"},
        "avoided_t",
        {
            "en": "Power that is not used need not be generated.",
            "ko": "쓰지 않은 전기는 발전하지 않아도 된다.",
        },
    ),
    Party(
        {"en": "Staff of the control room", "ko": "제어실 직원"},
        "",
        {
            "en": "Must trust settings whose reasons they do not see; their work is not simulated.",
            "ko": "이유를 알 수 없는 설정을 믿어야 한다. 이들의 업무는 모의하지 않는다.",
        },
    ),
)
