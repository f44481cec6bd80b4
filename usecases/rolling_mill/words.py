"""What people read about the rolling mill, in English and Korean."""

from __future__ import annotations

from core.protocol import Card, Kpi, Party

CARD = Card(
    title={"en": "Hot strip rolling", "ko": "열간 압연"},
    question={
        "en": "How much steel does a mill save when a learner corrects the force formula that sets its gaps?",
        "ko": "롤 간격을 정하는 하중 공식을 학습기가 보정하면 압연 공장은 철강을 얼마나 아끼는가?",
    },
    story={
        "en": (
            "A rolling mill must know the force before the strip arrives: the stand stretches under it, and a"
            " wrong forecast leaves the head of the coil too thick or too thin until gauge control has locked"
            " on. In the 1990s Siemens and POSCO let neural networks correct the physical formula. Here a"
            " seven-stand mill with a furnace, worn rolls, biased pyrometers and a change of lubricant is"
            " simulated; every contender learns from the same coil log and then sets up the coils that"
            " follow, one by one."
        ),
        "ko": (
            "압연기는 판이 들어오기 전에 하중을 알아야 한다. 스탠드는 하중만큼 늘어나므로, 예측이 틀리면"
            " 두께 제어가 안정될 때까지 코일 선단이 두껍거나 얇게 나온다. 1990년대에 지멘스와 포스코는"
            " 신경망으로 물리 공식을 보정했다. 여기서는 가열로, 마모되는 롤, 편향된 온도계, 윤활유 교체를"
            " 갖춘 7스탠드 압연기를 모의한다. 모든 참가자는 같은 코일 기록에서 배운 뒤 이어지는 코일을"
            " 하나씩 설정한다."
        ),
    },
    incumbent={
        "en": (
            "Sims' formula with Misaka's flow stress and a coefficient for each grade and stand that follows"
            " coil after coil, its rates tuned on the log."
        ),
        "ko": (
            "미사카 변형저항식을 쓰는 심스 공식에 강종·두께·스탠드별 보정 계수를 곱한다. 계수는 코일마다"
            " 갱신되며 갱신 속도는 기록에 맞춰 조정한다."
        ),
    },
    claim={
        "en": "Neural networks at Siemens and POSCO forecast rolling force better than the mill's formula.",
        "ko": "지멘스와 포스코의 신경망은 압연 하중을 기존 공식보다 정확히 예측한다.",
    },
    claim_value=33.88,
    claim_unit="% less force error",
    claim_source="Cho et al. (1997), Computers ind. Engng 33, 453-456: POSCO tandem mill, 1,586 later coils",
    limits=(
        {
            "en": "Head ends only: tension, loopers, width, flatness and temperature control are not"
            " simulated.",
            "ko": "코일 선단만 다룬다. 장력, 루퍼, 폭, 평탄도, 온도 제어는 모의하지 않는다.",
        },
        {
            "en": "Set-up takes place at the finishing entry; forces of the first stands do not correct the"
            " later ones.",
            "ko": "설정은 사상압연 입구에서 한 번 이루어지며, 앞 스탠드의 하중으로 뒤 스탠드를"
            " 고치지 않는다.",
        },
        {
            "en": "Laws of textbooks with their published coefficients; a real mill has habits that no law"
            " knows.",
            "ko": "교과서의 법칙과 공표된 계수를 쓴다. 실제 압연기에는 법칙으로 설명되지 않는 특성이 있다.",
        },
        {
            "en": "POSCO's figure is of a cold mill in 1996; it stands beside ours, it is not reproduced.",
            "ko": "포스코의 수치는 1996년 냉간 압연기의 것이다. 나란히 놓을 뿐 재현한 것은 아니다.",
        },
    ),
    sources=(
        "Cho, S., Cho, Y. and Yoon, S. (1997), Computers ind. Engng 33, 453-456",
        "Roescheisen, M., Hofmann, R. and Tresp, V. (1991), Neural control for rolling mills, NIPS 4,"
        " 659-666",
        "Sims, R. B. (1954), The calculation of roll force and torque in hot rolling mills, Proc. IMechE 168",
        "Shida, S. (1969) and Misaka, Y., Yoshimoto, T. (1967): flow stress of carbon steels",
        "Siciliano, F. and Jonas, J. J. (2000); Hodgson, P. D. and Gibbs, R. K. (1992); Ouchi, C. et al."
        " (1982)",
        "PyRolL core (BSD-3): defaults of heat transfer",
        "EN 10051: tolerances of hot-rolled strip",
    ),
)

KPIS = (
    Kpi(
        "offgauge_m", "m/coil", "lower", digits=2,
        label={"en": "Head off-gauge", "ko": "두께를 벗어난 선단 길이"},
        source="strip beyond the tolerance in the first ten seconds behind the last stand",
    ),
    Kpi(
        "yield_t", "t/year", "lower", digits=0, label={"en": "Yield loss", "ko": "수율 손실"},
        source="off-gauge metres times section, over a year in operation; at the mill's own tolerance",
    ),
    Kpi(
        "net_mkrw", "million KRW/year", "higher", base="cost_mkrw", digits=0,
        label={"en": "Net benefit", "ko": "순편익"},
        source="yield gained at the value lost off-gauge, less what the learning costs",
    ),
    Kpi(
        "force_error", "%", "lower", digits=2, label={"en": "Force error", "ko": "하중 예측 오차"},
        source="mean absolute relative error of all stands and coils, judged at the planned thickness",
    ),
    Kpi(
        "error_cut", "%", "higher", base="force_error", digits=1,
        label={"en": "Force error cut", "ko": "하중 오차 감소율"},
        source="of the incumbent's force error", published="33.88 % (Cho et al. 1997, POSCO tandem mill)",
    ),
    Kpi(
        "practice_cut", "%", "higher", base="force_error", digits=1,
        label={"en": "Force error cut against standing practice", "ko": "기존 관행 대비 하중 오차 감소율"},
        source="of the error with the plant's rates as installed: half of a miss, a quarter into the table",
        published="33.88 % (Cho et al. 1997, against the model that POSCO ran)",
    ),
    Kpi(
        "removable_cut", "%", "higher", base="force_error", digits=1,
        label={"en": "Cut of what can be cut", "ko": "줄일 수 있는 오차 중 감소율"},
        source="of the incumbent's force error beyond the noise of the force cells",
    ),
    Kpi(
        "hit5", "% of passes", "higher", digits=1, label={"en": "Within 5 %", "ko": "오차 5% 이내"},
        source="passes whose force was forecast within 5 %",
    ),
    Kpi(
        "first_error", "%", "lower", digits=2,
        label={"en": "Error on first coils of a lot", "ko": "로트 첫 코일 오차"},
        source="mean over first coils; published: accuracy is lowest there",
    ),
    Kpi(
        "later_error", "%", "lower", digits=2,
        label={"en": "Error on other coils", "ko": "나머지 코일 오차"}, source="mean over the others",
    ),
    Kpi(
        "before_error", "%", "lower", digits=2,
        label={"en": "Error before the step", "ko": "교체 이전 오차"},
        source="coils before the new lubricant",
    ),
    Kpi(
        "step_error", "%", "lower", digits=2,
        label={"en": "Error right after the step", "ko": "교체 직후 오차"},
        source="the five coils after the change of lubricant, 35 stand-passes",
    ),
    Kpi(
        "recovery_coils", "coils", "lower", digits=1,
        label={"en": "Coils to recover", "ko": "회복까지 코일 수"},
        source="until the mean error over ten coils is within 10 % of that before; all that are left if"
        " never",
    ),
    Kpi(
        "thickness_um", "um", "lower", digits=1,
        label={"en": "Thickness miss at the head", "ko": "선단 두께 오차"},
        source="mean absolute deviation behind the last stand before control acts",
    ),
    Kpi(
        "cost_mkrw", "million KRW/year", "lower", digits=0,
        label={"en": "Value of the yield loss", "ko": "수율 손실액"}, source="yield loss at the value lost",
    ),
)  # fmt: skip

PARTIES = (
    Party(
        {"en": "The mill's owner", "ko": "압연 공장 소유자"},
        "net_mkrw",
        {
            "en": "Sells the strip that is not cut off, and pays for the learning.",
            "ko": "잘라 내지 않은 판을 팔고 학습 비용을 낸다.",
        },
    ),
    Party(
        {"en": "Buyers of strip", "ko": "판재 구매자"},
        "thickness_um",
        {
            "en": "How near the heads of their coils come to the thickness that they ordered.",
            "ko": "코일 선단이 주문한 두께에 얼마나 가까운지가 달라진다.",
        },
    ),
    Party(
        {"en": "Everybody, through the climate", "ko": "모든 사람(기후)"},
        "yield_t",
        {
            "en": "What is cut off is melted and rolled again; emissions themselves are not counted here.",
            "ko": "잘라 낸 철강은 다시 녹여 압연한다. 배출량 자체는 여기서 세지 않는다.",
        },
    ),
    Party(
        {"en": "Sellers of slabs", "ko": "슬래브 판매자"},
        "yield_t",
        {
            "en": "A mill that cuts off less buys less steel for the same strip.",
            "ko": "덜 잘라 내는 공장은 같은 양의 판을 만드는 데 철강을 덜 산다.",
        },
        against=True,
    ),
    Party(
        {"en": "Operators at the stands", "ko": "압연기 운전원"},
        "",
        {
            "en": "Whether they correct less by hand, or lose the feel for the mill, is not simulated.",
            "ko": "손으로 고칠 일이 줄어드는지, 압연기에 대한 감을 잃는지는 모의하지 않는다.",
        },
    ),
)
