"""What people read about payment fraud, in English and Korean."""

from __future__ import annotations

from collections.abc import Mapping

from core.protocol import Card, Kpi, Party, Text

CARD = Card(
    title={"en": "Card payment fraud", "ko": "카드 결제 부정 탐지"},
    question={
        "en": "How much fraud does a learned score prevent, once false alarms and analysts are paid for?",
        "ko": "오탐과 분석관 비용까지 치르고 나면, 학습된 점수는 카드 부정을 얼마나 막는가?",
    },
    story={
        "en": (
            "Siemens told of one idea for plants, networks and payments: learn what is normal as a"
            " distribution or as clusters, and flag what deviates. Here a card issuer's purchases are"
            " simulated with stolen cards and manipulated terminals. Each purchase is let through or declined"
            " at once; alerts wait for a few analysts; reports of fraud come days or months later, if at all."
            " Every contender learns from the same archive, then decides for the weeks that follow and learns"
            " again each week."
        ),
        "ko": (
            "지멘스는 설비, 네트워크, 결제에 두루 쓰이는 한 가지 생각을 내놓았다. 정상을 분포나 군집으로"
            " 배우고 거기서 벗어나는 것을 알린다는 것이다. 여기서는 도난 카드와 조작된 단말기가 섞인"
            " 카드사의 결제를 모의한다. 결제는 그 자리에서 승인되거나 거절되고, 경보는 몇 안 되는 분석관을"
            " 기다리며, 부정 신고는 며칠 또는 몇 달 뒤에 오거나 끝내 오지 않는다. 모든 참가자는 같은"
            " 기록에서 배워 이어지는 몇 주를 판단하고, 매주 다시 학습한다."
        ),
    },
    incumbent={
        "en": (
            "Two lines of a rule book (dear for this card, risky terminal, burst, small online trials, …),"
            " picked each week from some 400 by what they would have saved on the bank's own archive."
        ),
        "ko": (
            "규칙집의 두 줄. 평소보다 큰 금액, 위험 단말기, 몰아 쓰기, 소액 온라인 시험 등 약 400개 후보에서"
            " 매주 은행의 기록으로 절감액이 가장 큰 것을 고른다."
        ),
    },
    claim={
        "en": "Siemens finds financial fraud by learning normal behaviour as a distribution or clusters.",
        "ko": "지멘스는 정상 행동을 분포나 군집으로 학습해 금융 부정을 찾아낸다.",
    },
    claim_value=18.0,
    claim_unit="% average precision without labels",
    claim_source=(
        "no figure in the report; Fraud Detection Handbook, chapter 7: auto-encoder .180, isolation forest"
        " .164, with labels .687 (gradient boosting)"
    ),
    limits=(
        {
            "en": "The world is a sample of an issuer's cards; money is scaled to the issuer by purchases.",
            "ko": "세계는 카드사 고객의 표본이며, 금액은 결제 건수에 비례해 카드사 규모로 환산한다.",
        },
        {
            "en": (
                "Thieves do not react to declines; they change their ways once, in the middle of the play,"
                " where the scenario says so."
            ),
            "ko": "범인은 거절에 반응하지 않으며, 시나리오에 정한 경우 기간 중간에 한 번만 수법을 바꾼다.",
        },
        {
            "en": (
                "What analysts find stops the card and teaches at the next retraining; the risk of a terminal"
                " is counted from holders' reports alone, so that all contenders see the same."
            ),
            "ko": (
                "분석관이 찾은 부정은 카드를 정지시키고 다음 학습에 쓰인다. 단말기 위험도는 고객 신고만으로"
                " 계산해 모든 참가자가 같은 값을 본다."
            ),
        },
        {
            "en": "An analyst is always right, and a report is always true; no holder cheats.",
            "ko": "분석관의 판단과 고객 신고는 언제나 옳으며, 허위 신고는 없다.",
        },
        {
            "en": (
                "Groups of holders differ in spending alone; other kinds of unfairness cannot be seen here."
            ),
            "ko": "고객 집단은 씀씀이로만 나뉘므로 다른 종류의 불공평은 여기서 볼 수 없다.",
        },
    ),
    sources=(
        "Le Borgne, Siblini, Lebichot, Bontempi (2022), Reproducible Machine Learning for Credit Card Fraud"
        " Detection – Practical Handbook, Université Libre de Bruxelles",
        "Bahnsen, Stojanovic, Aouada, Ottersten (2013), Cost Sensitive Credit Card Fraud Detection Using"
        " Bayes Minimum Risk, ICMLA",
        "Liu, Ting, Zhou (2008), Isolation Forest, ICDM",
        "EBA and ECB (2024), Report on payment fraud",
        "Erlang (1917), Solution of some problems in the theory of probabilities of significance in automatic"
        " telephone exchanges",
    ),
)

KPIS = (
    Kpi(
        "net_prevented",
        "k KRW/1,000 purchases",
        "higher",
        {"en": "Net loss prevented", "ko": "순 손실 방지액"},
        "fraud prevented less false declines and reviews; the bank that does nothing has 0",
        base="fraud_loss",
        digits=0,
    ),
    Kpi(
        "savings",
        "%",
        "higher",
        {"en": "Savings", "ko": "절감률"},
        "Bahnsen et al. (2013): cost saved against doing nothing",
    ),
    Kpi(
        "net_mkrw",
        "M KRW/year",
        "higher",
        {"en": "Net benefit over the incumbent", "ko": "기존 방식 대비 순편익"},
        "net loss prevented at the issuer's volume, less the cost of learning",
        base="fraud_mkrw",
        digits=0,
    ),
    Kpi(
        "fraud_loss",
        "k KRW/1,000 purchases",
        "lower",
        {"en": "Fraud that went through", "ko": "통과된 부정액"},
        "known truth",
        digits=0,
    ),
    Kpi(
        "fraud_mkrw",
        "M KRW/year",
        "lower",
        {"en": "Fraud that went through, issuer", "ko": "통과된 부정액(카드사)"},
        "at the issuer's volume",
        digits=0,
    ),
    Kpi(
        "half_net",
        "k KRW/1,000 purchases",
        "higher",
        {"en": "The same scores cut at .5", "ko": "같은 점수를 0.5에서 자를 때"},
        "net loss prevented if all above a half were declined and reviewed",
        digits=0,
    ),
    Kpi(
        "average_precision",
        "%",
        "higher",
        {"en": "Average precision", "ko": "평균 정밀도"},
        "over all purchases of the play",
        published="Fraud Detection Handbook, other protocol: boosting 68.7, LSTM 66.7, auto-encoder 18.0",
    ),
    Kpi(
        "card_precision",
        "%",
        "higher",
        {"en": "Card precision", "ko": "카드 정밀도"},
        "share of stolen cards among the 2 % with the highest scores of a day (the handbook's CP@100)",
        published="Fraud Detection Handbook, other protocol: boosting 30.3 of at most 47",
    ),
    Kpi(
        "calibration",
        "%",
        "lower",
        {"en": "Calibration gap", "ko": "보정 오차"},
        "expected frauds of a class of scores against those that happened, sum over classes, share of all",
        digits=0,
    ),
    Kpi(
        "false_declines",
        "/10,000 purchases",
        "lower",
        {"en": "False declines", "ko": "오거절"},
        "honest purchases that were declined; 10,000 purchases are about a day of the full world",
        published="6 % of online orders are rejected, 2-10 % of those good (merchants' surveys)",
    ),
    Kpi(
        "worst_group",
        "/10,000 purchases",
        "lower",
        {"en": "False declines, worst group", "ko": "오거절(가장 많은 집단)"},
        "the third of holders, by what they spend, that is declined most",
    ),
    Kpi(
        "catch_hours",
        "h",
        "lower",
        {"en": "Time to the first catch", "ko": "첫 적발까지 걸린 시간"},
        "from the first fraud on a card to the first that is declined, reviewed or reported",
    ),
    Kpi(
        "alerts",
        "/10,000 purchases",
        "lower",
        {"en": "Alerts", "ko": "경보 건수"},
        "raised for analysts",
        digits=0,
    ),
    Kpi(
        "analyst_load",
        "%",
        "lower",
        {"en": "Load of the analysts", "ko": "분석관 가동률"},
        "share of their time on duty",
        digits=0,
    ),
    Kpi(
        "wait_p95",
        "min",
        "lower",
        {"en": "Wait of alerts, 95 %", "ko": "경보 대기 시간(95%)"},
        "of those that were reviewed",
        digits=0,
    ),
)

PARTIES = (
    Party(
        {"en": "The bank", "ko": "카드사"},
        "net_mkrw",
        {
            "en": "Keeps losses prevented, and pays for false declines, reviews and the learning.",
            "ko": "막아 낸 손실을 갖고, 오거절과 검토, 학습 비용을 낸다.",
        },
    ),
    Party(
        {"en": "Honest holders who are declined", "ko": "거절당하는 정직한 고객"},
        "false_declines",
        {"en": "Stand at the till with a card that is not taken.", "ko": "계산대에서 카드가 거절된다."},
    ),
    Party(
        {"en": "The group that is declined most", "ko": "가장 많이 거절당하는 고객 집단"},
        "worst_group",
        {
            "en": "Bears more false declines than others, only for how much it spends.",
            "ko": "씀씀이가 다르다는 이유만으로 남보다 자주 오거절을 겪는다.",
        },
    ),
    Party(
        {"en": "Analysts", "ko": "분석관"},
        "analyst_load",
        {
            "en": "Fuller days at the same desks; jobs won or lost are not simulated.",
            "ko": "같은 인원으로 더 바빠지거나 덜 바빠진다. 일자리 증감은 모의하지 않는다.",
        },
    ),
    Party(
        {"en": "Thieves", "ko": "범인"},
        "fraud_mkrw",
        {
            "en": "Lose what no longer goes through; whether they move to another bank is not simulated.",
            "ko": "통과하지 못한 만큼 잃는다. 다른 은행으로 옮겨 가는지는 모의하지 않는다.",
        },
        against=True,
    ),
)

FEATURE_WORDS: Mapping[str, tuple[str, Text]] = {
    "amount": ("k KRW", {"en": "amount", "ko": "금액"}),
    "hour": ("h", {"en": "time of the day", "ko": "시각"}),
    "weekend": ("", {"en": "Saturday or Sunday", "ko": "주말 여부"}),
    "category": ("", {"en": "kind of shop, by number", "ko": "업종 번호"}),
    "online": ("", {"en": "bought online", "ko": "온라인 결제 여부"}),
    "card_count_1d": ("", {"en": "purchases of the card in a day", "ko": "카드의 1일 결제 건수"}),
    "card_count_7d": ("", {"en": "in seven days", "ko": "카드의 7일 결제 건수"}),
    "card_count_30d": ("", {"en": "in thirty days", "ko": "카드의 30일 결제 건수"}),
    "card_mean_1d": ("k KRW", {"en": "mean amount of the card in a day", "ko": "카드의 1일 평균 금액"}),
    "card_mean_7d": ("k KRW", {"en": "in seven days", "ko": "카드의 7일 평균 금액"}),
    "card_mean_30d": ("k KRW", {"en": "in thirty days", "ko": "카드의 30일 평균 금액"}),
    "gap_h": ("h", {"en": "time since the card's last purchase", "ko": "직전 결제 후 경과 시간"}),
    "times_usual": (
        "",
        {
            "en": "amount over what the card usually pays in such a shop, 90 days",
            "ko": "이 카드가 같은 업종에서 평소 쓰는 금액 대비 배수(90일)",
        },
    ),
    "times_most": (
        "",
        {"en": "amount over the most it paid so, spikes left out", "ko": "급증을 뺀 최대 금액 대비 배수"},
    ),
    "visits_90d": (
        "",
        {"en": "earlier visits at this terminal, 90 days", "ko": "같은 단말기 이전 방문 수(90일)"},
    ),
    "region_share": (
        "share",
        {"en": "share of its shop visits in this region, 90 days", "ko": "이 지역 매장 방문 비율(90일)"},
    ),
    "spikes_14d": (
        "",
        {"en": "purchases above 3 times the usual, 14 days", "ko": "14일간 평소 3배 초과 결제 수"},
    ),
    "spike_age": (
        "day",
        {"en": "days since the last of these, 99 for none", "ko": "마지막 급증 후 일수(없으면 99)"},
    ),
    "small_online_2d": ("", {"en": "small online purchases in two days", "ko": "2일간 소액 온라인 결제 수"}),
    "online_2d": ("", {"en": "online purchases in two days", "ko": "2일간 온라인 결제 수"}),
    "odd_hour": ("share", {"en": "purchases of the card at other hours", "ko": "다른 시간대 결제 비율"}),
    "card_reports_30d": ("", {"en": "reported frauds on the card", "ko": "카드의 부정 신고 수"}),
    "terminal_count_1d": ("", {"en": "purchases at the terminal in a day", "ko": "단말기의 1일 결제 건수"}),
    "terminal_count_7d": ("", {"en": "in seven days", "ko": "단말기의 7일 결제 건수"}),
    "terminal_count_30d": ("", {"en": "in thirty days", "ko": "단말기의 30일 결제 건수"}),
    "terminal_risk_1d": (
        "share",
        {"en": "reported share a week ago, one day", "ko": "1주 전 1일간 부정 비율"},
    ),
    "terminal_risk_7d": ("share", {"en": "seven days", "ko": "1주 전 7일간 부정 비율"}),
    "terminal_risk_30d": ("share", {"en": "thirty days", "ko": "1주 전 30일간 부정 비율"}),
    "terminal_reports": (
        "",
        {"en": "reported frauds at the terminal, 35 days", "ko": "단말기의 35일간 부정 신고 수"},
    ),
    "report_first": (
        "day",
        {"en": "days since the first of these, 99 for none", "ko": "첫 신고 결제 후 일수"},
    ),
    "report_last": (
        "day",
        {"en": "days since the last of these, 99 for none", "ko": "마지막 신고 결제 후 일수"},
    ),
    "clean_last": (
        "day",
        {"en": "days since the last purchase that stayed clean", "ko": "마지막 정상 확정 결제 후 일수"},
    ),
}
"""Unit and meaning of each column of the feature store."""
