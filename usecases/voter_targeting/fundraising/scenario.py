"""The levers of fund-raising e-mail, what they mean, and what the sizes are."""

from __future__ import annotations

from collections.abc import Mapping

from core.protocol import Meaning, Scale, Scenario, Situation, Size, lever
from data_synth.mailing_constants import CONSTANTS, Settings


class FundraisingScenario(Scenario):
    """One setting of the levers of fund-raising e-mail."""

    label_quality: float = lever(
        1.0, 0.0, 1.0, unit="share of gifts booked to the right variant",
        label={"en": "Gifts booked to the right variant", "ko": "올바른 문안으로 집계되는 기부"},
        source="definition; the others are booked by how many e-mails of each variant are out",
    )  # fmt: skip
    variants: int = lever(
        18, 2, 36, unit="variants", label={"en": "Variants of a message", "ko": "메일 한 통의 문안 수"},
        source="2012 campaign: up to 18 variants were tested (Bloomberg, quoted by epolitics)",
    )  # fmt: skip
    spread: float = lever(
        CONSTANTS["spread"].value, 0.0, 1.2, unit="log",
        label={"en": "How far variants differ", "ko": "문안 간 효과 차이"},
        source=CONSTANTS["spread"].source,
    )  # fmt: skip
    base_rate: float = lever(
        CONSTANTS["base_rate"].value, 0.01, 0.3, unit="% of e-mails",
        label={"en": "E-mails that bring a gift", "ko": "기부로 이어지는 메일 비율"},
        source=CONSTANTS["base_rate"].source,
    )  # fmt: skip
    list_share: float = lever(
        1.0, 0.02, 1.0, unit="share of the list",
        label={"en": "Share of the list that is mailed", "ko": "발송 대상 비율"},
        source="definition; the full list has 4 million addresses (assumed)",
    )  # fmt: skip
    hours: int = lever(
        12, 2, 24, unit="hourly decisions",
        label={"en": "Hours until the last e-mail is out", "ko": "발송을 마치기까지의 시간"},
        source="assumed: a message goes out within the day",
    )  # fmt: skip
    delay_h: float = lever(
        CONSTANTS["delay_h"].value, 0.0, 12.0, unit="h",
        label={"en": "Mean time from e-mail to gift", "ko": "메일부터 기부까지 평균 시간"},
        source=CONSTANTS["delay_h"].source,
    )  # fmt: skip
    messages_a_year: float = lever(
        400.0, 10.0, 1000.0, unit="messages/year", live=True,
        label={"en": "Messages a year", "ko": "연간 모금 메일 수"}, source="assumed: about one a day",
    )  # fmt: skip
    krw_per_usd: float = lever(
        1300.0, 800.0, 2000.0, unit="KRW/USD", live=True,
        label={"en": "Exchange rate", "ko": "환율"}, source="assumed: rounded rate of recent years",
    )  # fmt: skip

    def settings(self) -> Settings:
        """Translate to the world's own settings."""
        persons, messages = EXTENT[self.size]
        return Settings(
            persons=round(persons * self.list_share),
            messages=messages,
            variants=self.variants,
            hours=self.hours,
            base_rate=self.base_rate,
            spread=self.spread,
            delay_h=self.delay_h,
            attributed=self.label_quality,
            assumed=self.assumed,
        )


EXTENT: Mapping[Size, tuple[int, int]] = {
    "tiny": (200_000, 8),
    "quick": (500_000, 12),
    "demo": (1_500_000, 16),
    "full": (4_000_000, 20),
}
"""Length of the list, and messages that are played."""
LIST = EXTENT["full"][0]
"""Addresses of the campaign whose year is priced."""

SCALES: Mapping[Size, Scale] = {
    "tiny": Scale(seeds=1, trials=2, steps=40),
    "quick": Scale(seeds=5, trials=3, steps=100),
    "demo": Scale(seeds=5, trials=4, steps=150),
    "full": Scale(seeds=10, trials=6, steps=200),
}
"""Trials are shares of the list that a learner compares, steps the messages it rehearses each with."""

MEANINGS: Mapping[str, Meaning] = {
    "data_share": Meaning(
        unit={"en": "past messages on record", "ko": "기록이 남은 지난 메일 수"},
        quantity=24.0, today=24.0, krw_per_unit=1e5,
        source="assumed: storage, pseudonymisation and review of one message's record",
    ),
    "label_quality": Meaning(
        unit={"en": "percent of gifts booked to the right variant", "ko": "올바른 문안으로 집계된 기부 (%)"},
        quantity=100.0, today=95.0, krw_per_unit=2e5,
        source="assumed: a link of its own for each e-mail, through to the payment page",
    ),
    "compute": Meaning(
        unit={"en": "CPU core-hours", "ko": "CPU 코어·시간"},
        quantity=100.0, today=100.0, krw_per_unit=60.0,
        source="assumed: public cloud list price of one core-hour; rehearsals before each message",
    ),
    "expertise": Meaning(
        unit={"en": "person-days of a specialist", "ko": "전문가 투입 일수"},
        quantity=120.0, today=60.0, krw_per_unit=4e5,
        source="assumed: daily rate of a data scientist, Korean software-engineer wage survey, rounded",
    ),
    "adoption": Meaning(
        unit={"en": "campaigns whose messages are all mailed so", "ko": "모든 메일을 이렇게 보내는 캠프 수"},
        quantity=1.0, today=0.0, krw_per_unit=5e7,
        source="assumed: hourly control of the mailing service, a year",
    ),
}  # fmt: skip

SITUATIONS: Mapping[str, Situation] = {
    "as_published": Situation(
        {"en": "As published: 18 variants, the best five times the worst", "ko": "보도된 대로: 문안 18종"}, {}
    ),
    "small_list": Situation({"en": "A tenth of the list", "ko": "명단의 10분의 1"}, {"list_share": 0.1}),
    "equal_variants": Situation(
        {"en": "Variants that hardly differ: little to gain", "ko": "차이가 거의 없는 문안: 얻을 것이 적음"},
        {"spread": 0.0},
    ),
    "slow_gifts": Situation(
        {"en": "Gifts come half a day later", "ko": "반나절 늦게 들어오는 기부"}, {"delay_h": 12.0}
    ),
    "two_variants": Situation({"en": "Only two variants", "ko": "문안이 두 가지뿐일 때"}, {"variants": 2}),
    "lost_links": Situation(
        {"en": "Half of the gifts lose their variant", "ko": "기부 절반의 문안 정보 유실"},
        {"label_quality": 0.5},
    ),
    "little_data": Situation(
        {"en": "One past message in ten on record", "ko": "지난 메일의 10%만 기록"}, {"data_share": 0.1}
    ),
}  # fmt: skip
