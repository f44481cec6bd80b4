"""The levers of voter targeting, what they mean, and what the sizes are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from core.protocol import Meaning, Scale, Scenario, Situation, Size, choice, lever
from data_synth.electorate_constants import Settings

USUAL_USD: Mapping[str, float] = {"door": 1.6, "phone": 0.55, "mail": 0.55, "email": 0.01}
"""Of an attempt, by channel; contenders plan with it."""
USUAL_BUDGET_USD = 300.0
"""For 1,000 voters of the list; contenders plan with it."""


class ContactScenario(Scenario):
    """One setting of the voter-targeting levers."""

    label_quality: float = lever(
        1.0, 0.5, 1.0, unit="share of survey answers recorded right",
        label={"en": "Survey answers recorded right", "ko": "올바르게 기록된 조사 응답"},
        source="definition; 1 by default, .5 tells nothing",
    )  # fmt: skip
    pilot: float = lever(
        0.2, 0.01, 2.0, unit="persons for each voter of the list",
        label={"en": "Size of the pilot", "ko": "사전 실험 규모"},
        source="assumed: 40,000 persons before a list of 200,000; 15 % of them are called by the survey",
    )  # fmt: skip
    effects: Literal["conservative", "generous"] = choice(
        "conservative", label={"en": "Effects of contacts", "ko": "접촉 효과"},
        source="field experiments: later pooled estimates (conservative), early editions of Get Out the Vote",
    )  # fmt: skip
    turnout: float = lever(
        0.6, 0.15, 0.85, unit="share of voters", label={"en": "Turnout", "ko": "투표율"},
        source="US presidential elections: about .6; mid-terms .45, primaries .3",
    )  # fmt: skip
    persuasion: float = lever(
        0.0, -2.0, 5.0, unit="points of support",
        label={"en": "Persuasion by a visit", "ko": "방문의 설득 효과"},
        source="Kalla and Broockman (2018): 0 across 49 experiments in general elections; primaries do move",
    )  # fmt: skip
    wrong_match: float = lever(
        0.05, 0.0, 0.5, unit="share of persons",
        label={"en": "Records of the wrong person", "ko": "잘못 연결된 명부 기록"},
        source="assumed: past votes and registration of somebody else",
    )  # fmt: skip
    public_register: Literal["yes", "no"] = choice(
        "yes", label={"en": "Public register of party and past votes", "ko": "정당·투표 기록 공개 명부"},
        source="yes in most US states; neither is public in Korea",
    )  # fmt: skip
    budget_usd: float = lever(
        USUAL_BUDGET_USD, 10.0, 3000.0, unit="USD for 1,000 voters", live=True,
        label={"en": "Budget for contacts", "ko": "접촉 예산"},
        source="assumed: 60,000 USD for 200,000 voters",
    )  # fmt: skip
    door_usd: float = lever(
        USUAL_USD["door"], 0.2, 20.0, unit="USD", live=True,
        label={"en": "Cost of a door attempt", "ko": "방문 시도 1회 비용"},
        source="assumed: 16 USD an hour, 15-25 doors an hour (Wellstone Action), and overhead",
    )  # fmt: skip
    phone_usd: float = lever(
        USUAL_USD["phone"], 0.05, 10.0, unit="USD", live=True,
        label={"en": "Cost of a call", "ko": "전화 시도 1회 비용"},
        source="assumed: 16 USD an hour, 30-35 calls an hour (Wellstone Action)",
    )  # fmt: skip
    mail_usd: float = lever(
        USUAL_USD["mail"], 0.05, 10.0, unit="USD", live=True,
        label={"en": "Cost of a letter", "ko": "우편 1통 비용"},
        source="assumed: print and bulk postage",
    )  # fmt: skip
    email_usd: float = lever(
        USUAL_USD["email"], 0.001, 1.0, unit="USD", live=True,
        label={"en": "Cost of an e-mail", "ko": "이메일 1통 비용"},
        source="assumed",
    )  # fmt: skip
    door_allowed: float = lever(
        1.0, 0.0, 1.0, unit="1 yes, 0 no", live=True,
        label={"en": "Door visits allowed", "ko": "호별 방문 허용"},
        source="banned in Korea: Public Official Election Act, Article 106",
    )  # fmt: skip
    phone_allowed: float = lever(
        1.0, 0.0, 1.0, unit="1 yes, 0 no", live=True, label={"en": "Calls allowed", "ko": "전화 허용"},
        source="definition",
    )  # fmt: skip
    worth_usd: float = lever(
        60.0, 5.0, 1000.0, unit="USD", live=True,
        label={"en": "Worth of a net vote", "ko": "순득표 1표의 가치"},
        source="what a vote costs by letter (Get Out the Vote, early editions: about 60 USD)",
    )  # fmt: skip
    electorate: float = lever(
        5_000_000.0, 10_000.0, 200_000_000.0, unit="voters", live=True,
        label={"en": "Voters of the campaign", "ko": "선거구 유권자 수"},
        source="assumed: a state of middle size",
    )  # fmt: skip

    def settings(self) -> Settings:
        """Translate to the world's own settings."""
        voters = VOTERS[self.size]
        pilot = round(self.pilot * voters)
        return Settings(
            voters=voters,
            pilot=pilot,
            called=round(CALLED * pilot),
            turnout=self.turnout,
            effects=self.effects,
            persuasion=self.persuasion,
            wrong_match=self.wrong_match,
            answers_right=self.label_quality,
            register=self.public_register == "yes",
            assumed=self.assumed,
        )


VOTERS: Mapping[Size, int] = {"tiny": 10_000, "quick": 40_000, "demo": 100_000, "full": 200_000}
"""Persons on the list that is played."""
CALLED = 0.15
"""Share of the pilot that the survey calls; two in five answer."""
KRW_PER_USD = 1300.0
"""Exchange rate, rounded."""

SCALES: Mapping[Size, Scale] = {
    "tiny": Scale(seeds=1, trials=1, steps=60),
    "quick": Scale(seeds=5, trials=1, steps=200),
    "demo": Scale(seeds=5, trials=2, steps=400),
    "full": Scale(seeds=10, trials=3, steps=600),
}

MEANINGS: Mapping[str, Meaning] = {
    "data_share": Meaning(
        unit={"en": "thousand persons in the pilot and its survey", "ko": "사전 실험과 조사 대상 (천 명)"},
        quantity=40.0, today=0.0, krw_per_unit=7.4e5,
        source="attempts and survey calls at the scenario's costs, .57 USD a person; a pilot of 40,000",
    ),
    "label_quality": Meaning(
        unit={"en": "percent of survey answers recorded right", "ko": "올바르게 기록된 조사 응답 (%)"},
        quantity=100.0, today=90.0, krw_per_unit=5e4,
        source="assumed: training and call-backs of interviewers",
    ),
    "compute": Meaning(
        unit={"en": "CPU core-hours", "ko": "CPU 코어·시간"},
        quantity=50.0, today=50.0, krw_per_unit=60.0,
        source="assumed: public cloud list price of one core-hour",
    ),
    "expertise": Meaning(
        unit={"en": "person-days of a specialist", "ko": "전문가 투입 일수"},
        quantity=60.0, today=20.0, krw_per_unit=4e5,
        source="assumed: daily rate of a data scientist, Korean software-engineer wage survey, rounded",
    ),
    "adoption": Meaning(
        unit={"en": "states where field offices work by score", "ko": "현장 조직이 점수를 쓰는 주 수"},
        quantity=1.0, today=0.0, krw_per_unit=1e7,
        source="assumed: lists and devices for one campaign",
    ),
}  # fmt: skip

SITUATIONS: Mapping[str, Situation] = {
    "as_published": Situation(
        {"en": "General election, later estimates of effects", "ko": "본선거, 최근 추정치에 따른 접촉 효과"},
        {},
    ),
    "generous": Situation(
        {"en": "Effects of the early experiments", "ko": "초기 실험에 따른 접촉 효과"},
        {"effects": "generous"},
    ),
    "mid_term": Situation({"en": "Mid-term election", "ko": "중간 선거"}, {"turnout": 0.45}),
    "primary": Situation(
        {"en": "Primary: few vote, and minds are open", "ko": "예비 선거: 낮은 투표율, 유동적인 표심"},
        {"turnout": 0.3, "persuasion": 3.0},
    ),
    "small_pilot": Situation(
        {"en": "A tenth of the pilot", "ko": "10분의 1 규모의 사전 실험"}, {"pilot": 0.02}
    ),
    "large_pilot": Situation({"en": "Ten times the pilot", "ko": "10배 규모의 사전 실험"}, {"pilot": 2.0}),
    "poor_files": Situation(
        {"en": "Poor files: one record in five is another person's",
         "ko": "부실한 명부: 5건 중 1건은 다른 사람의 기록"},
        {"wrong_match": 0.2},
    ),
    "korea": Situation(
        {"en": "Korea's rules for everybody: no door visits, no public register",
         "ko": "모두에게 한국 규정 적용: 호별 방문 금지, 공개 명부 없음"},
        {"public_register": "no", "door_allowed": 0.0},
    ),
}  # fmt: skip
