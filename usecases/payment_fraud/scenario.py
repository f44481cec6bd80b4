"""The levers of payment fraud, what they mean, and what the sizes are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from core.protocol import Meaning, Scale, Scenario, Situation, Size, choice, lever
from data_synth.payments_constants import Settings


class PaymentScenario(Scenario):
    """One setting of the payment-fraud levers."""

    label_quality: float = lever(
        1.0, 0.3, 1.0, unit="share of frauds that are reported",
        label={"en": "Frauds that are reported", "ko": "신고되는 부정 결제"},
        source="Fraud Detection Handbook: all; assumed .9 for hard cards",
    )  # fmt: skip
    design: Literal["handbook", "hard_cards"] = choice(
        "handbook", label={"en": "Design of the world", "ko": "세계의 설계"},
        source="handbook: Le Borgne et al. (2022), chapter 3; hard_cards: habits and short thefts",
    )  # fmt: skip
    mimicry: float = lever(
        0.0, 0.0, 0.95, unit="share of attributes",
        label={"en": "Thieves who act like the holder", "ko": "소유자를 흉내 내는 정도"},
        source="difficulty: 0 in the handbook, .5 for hard cards (assumed)",
    )  # fmt: skip
    drift: float = lever(
        0.0, 0.0, 1.0, unit="share of old ways given up",
        label={"en": "Thieves change their ways", "ko": "수법의 변화"},
        source="in the middle of the play; none in the handbook, .5 for hard cards (assumed)",
    )  # fmt: skip
    report_days: float = lever(
        7.0, 1.0, 60.0, unit="days",
        label={"en": "Time until a fraud is reported", "ko": "신고까지 걸리는 시간"},
        source="Fraud Detection Handbook: 7 days; disputes may take months",
    )  # fmt: skip
    report_spread: float = lever(
        0.0, 0.0, 1.5, unit="log", label={"en": "Spread of that time", "ko": "신고 지연의 편차"},
        source="0: every report takes as long; .8 for hard cards, a fifth the next day (assumed)",
    )  # fmt: skip
    analysts: float = lever(
        4.0, 0.0, 12.0, unit="analysts for 10,000 purchases a day", live=True,
        label={"en": "Analysts on duty", "ko": "근무 분석관 수"},
        source="assumed: four seats, 8 to 22 o'clock",
    )  # fmt: skip
    review_kkrw: float = lever(
        2.0, 0.0, 20.0, unit="k KRW", live=True, label={"en": "Cost of a review", "ko": "검토 1건 비용"},
        source="assumed: 8 min at 15,000 KRW an hour",
    )  # fmt: skip
    margin: float = lever(
        0.03, 0.0, 0.2, unit="share of amount", live=True,
        label={"en": "Margin lost with a declined purchase", "ko": "거절로 잃는 수수료율"},
        source="assumed: fee and holders who leave",
    )  # fmt: skip
    friction_kkrw: float = lever(
        5.0, 0.0, 50.0, unit="k KRW", live=True,
        label={"en": "Trouble of a false decline", "ko": "오거절 1건의 불편 비용"},
        source="assumed; estimates of false declines vary widely",
    )  # fmt: skip
    volume: float = lever(
        400_000.0, 10_000.0, 5_000_000.0, unit="purchases a day", live=True,
        label={"en": "Purchases of the issuer", "ko": "카드사의 하루 결제 건수"},
        source="Worldline, Belgium 2018: about 400,000 online purchases a day (handbook, chapter 2)",
    )  # fmt: skip

    def settings(self) -> Settings:
        """Translate to the world's own settings."""
        cards, history, play = EXTENT[self.size]
        return Settings(
            design=self.design,
            cards=cards,
            history_days=history,
            play_days=play,
            mimicry=self.mimicry,
            drift=self.drift,
            delay_days=self.report_days,
            delay_spread=self.report_spread,
            reported=self.label_quality,
            assumed=self.assumed,
        )


EXTENT: Mapping[Size, tuple[int, int, int]] = {
    "tiny": (400, 70, 14),
    "quick": (800, 70, 14),
    "demo": (2_000, 84, 21),
    "full": (5_000, 105, 28),
}
"""Cards of the handbook's design (hard cards are twice as many), days of history, days played.

``full`` has the handbook's 5,000 holders.
"""

SCALES: Mapping[Size, Scale] = {
    "tiny": Scale(seeds=1, trials=1, steps=100),
    "quick": Scale(seeds=5, trials=1, steps=400),
    "demo": Scale(seeds=5, trials=1, steps=800),
    "full": Scale(seeds=10, trials=2, steps=1500),
}

MEANINGS: Mapping[str, Meaning] = {
    "data_share": Meaning(
        unit={
            "en": "million cards whose payments may be learned from",
            "ko": "학습에 쓸 수 있는 카드 (백만 장)",
        },
        quantity=0.2, today=0.2, krw_per_unit=1e8,
        source="assumed: storage, pseudonymisation and review of the payments of a million cards a year",
    ),
    "label_quality": Meaning(
        unit={"en": "percent of frauds that are reported", "ko": "신고되는 부정 결제 비율 (%)"},
        quantity=100.0, today=90.0, krw_per_unit=1e6,
        source="assumed: notices to holders and an easy way to dispute",
    ),
    "compute": Meaning(
        unit={"en": "CPU core-hours", "ko": "CPU 코어·시간"},
        quantity=2_000.0, today=2_000.0, krw_per_unit=60.0,
        source="assumed: public cloud list price of one core-hour; weekly retraining",
    ),
    "expertise": Meaning(
        unit={"en": "person-days of a specialist", "ko": "전문가 투입 일수"},
        quantity=240.0, today=120.0, krw_per_unit=4e5,
        source="assumed: daily rate of a data scientist, Korean software-engineer wage survey, rounded",
    ),
    "adoption": Meaning(
        unit={"en": "issuers that score every purchase", "ko": "모든 결제를 평가하는 카드사 수"},
        quantity=1.0, today=0.0, krw_per_unit=3e8,
        source="assumed: scoring within an authorisation's milliseconds, watched day and night, a year",
    ),
}  # fmt: skip

HARD = {
    "design": "hard_cards", "mimicry": 0.5, "drift": 0.5, "label_quality": 0.9, "report_days": 15.0,
    "report_spread": 0.8,
}  # fmt: skip
SITUATIONS: Mapping[str, Situation] = {
    "as_published": Situation({"en": "As in the handbook", "ko": "핸드북 그대로"}, {}),
    "hard_cards": Situation(
        {"en": "Hard cards: rare fraud, late reports, thieves who imitate and change",
         "ko": "어려운 카드: 드문 부정, 늦은 신고, 흉내 내고 바뀌는 수법"}, HARD
    ),
    "no_mimicry": Situation(
        {"en": "Hard cards, thieves who do not imitate", "ko": "어려운 카드, 흉내 내지 않는 수법"},
        HARD | {"mimicry": 0.0},
    ),
    "late_reports": Situation(
        {"en": "Handbook, reports after a month", "ko": "핸드북, 한 달 뒤의 신고"}, {"report_days": 30.0}
    ),
    "one_analyst": Situation({"en": "One analyst", "ko": "분석관 한 명"}, {"analysts": 1.0}),
    "little_data": Situation(
        {"en": "One card in ten may be learned from", "ko": "카드의 10%만 학습 가능"}, {"data_share": 0.1}
    ),
}  # fmt: skip
