"""The levers of the data centre, what they mean, and what the sizes are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from core.protocol import Meaning, Scale, Scenario, Situation, Size, choice, lever
from data_synth.datacenter import Settings


class PueScenario(Scenario):
    """One setting of the data-centre levers."""

    label_quality: float = lever(
        0.98, 0.5, 1.0, unit="share of days with a right meter",
        label={"en": "Metering quality", "ko": "계측 품질"},
        source="assumed; Gao (2014) found faulty meters through the forecast",
    )  # fmt: skip
    climate: Literal["seoul", "singapore", "dublin"] = choice(
        "seoul", label={"en": "Climate", "ko": "기후"}, source="climate normals, see the checks"
    )
    warming: float = lever(
        0.0, 0.0, 5.0, unit="K", label={"en": "Warmer weather", "ko": "기온 상승"}, source="what-if"
    )
    utilisation: float = lever(
        0.55, 0.2, 0.85, unit="share of server capacity",
        label={"en": "Server utilisation", "ko": "서버 이용률"},
        source="assumed; hyperscale sites run at 45-65 %",
    )  # fmt: skip
    exploration: float = lever(
        0.25, 0.0, 1.0, unit="share of time under trial set-points",
        label={"en": "Operator's trials in the log", "ko": "운전 기록 속 시험 운전"},
        source="assumed; Gao (2014) reports three-week set-point trials and reconfigurations",
    )  # fmt: skip
    meter_noise: float = lever(
        0.3, 0.0, 3.0, unit="% of reading",
        label={"en": "Meter noise", "ko": "계량기 오차"},
        source="class 0.5 meter, IEC 62053-22: limits of 0.5 % are sd 0.29 %",
    )  # fmt: skip
    faults: float = lever(
        8.0, 0.0, 40.0, unit="faults a year",
        label={"en": "Equipment faults", "ko": "설비 고장"}, source="assumed",
    )  # fmt: skip
    cold_aisle_max: float = lever(
        27.0, 24.0, 32.0, unit="C", live=True,
        label={"en": "Cold-aisle limit", "ko": "찬 통로 온도 상한"},
        source="ASHRAE TC 9.9 recommended range, 18-27 C",
    )  # fmt: skip
    caution: float = lever(
        1.0, 0.0, 4.0, unit="standard deviations", live=True,
        label={"en": "Caution of the controller", "ko": "제어기의 신중함"},
        source="assumed; weight of the forecast's own uncertainty",
    )  # fmt: skip
    electricity_price: float = lever(
        182.0, 50.0, 500.0, unit="KRW/kWh", live=True,
        label={"en": "Electricity price", "ko": "전기 요금"},
        source="Korean industrial tariff after 24 October 2024: +16.1 KRW was 9.7 %",
    )  # fmt: skip
    carbon: float = lever(
        0.43, 0.0, 1.0, unit="kgCO2/kWh", live=True,
        label={"en": "Carbon of electricity", "ko": "전력 탄소 배출계수"},
        source="Korean grid, about 0.42-0.46 kgCO2/kWh in recent years",
    )  # fmt: skip

    def settings(self) -> Settings:
        """Translate to the world's own settings."""
        years, weeks, days = EXTENT[self.size]
        return Settings(
            years=years,
            weeks=weeks,
            days=days,
            climate=self.climate,
            warming=self.warming,
            utilisation=self.utilisation,
            exploration=self.exploration,
            meter_noise=self.meter_noise / 100,
            bad_meter_days=1.0 - self.label_quality,
            faults_per_year=self.faults,
            assumed=self.assumed,
        )


EXTENT: Mapping[Size, tuple[int, int, int]] = {
    "tiny": (1, 4, 1),
    "quick": (1, 12, 2),
    "demo": (2, 26, 4),
    "full": (2, 52, 7),
}
"""Years of log, lanes of the next year that are played, days counted in each."""

SCALES: Mapping[Size, Scale] = {
    "tiny": Scale(seeds=1, trials=1, steps=100),
    "quick": Scale(seeds=5, trials=1, steps=350),
    "demo": Scale(seeds=5, trials=1, steps=2000),
    "full": Scale(seeds=10, trials=2, steps=4000),
}

MEANINGS: Mapping[str, Meaning] = {
    "data_share": Meaning(
        unit={"en": "plant-years of five-minute logs", "ko": "설비·년 (5분 기록)"},
        quantity=1.0, today=0.1, krw_per_unit=5e6,
        source="assumed: storage, extraction and review of one plant-year of logs",
    ),
    "label_quality": Meaning(
        unit={"en": "audited main meters", "ko": "점검된 주 계량기 수"},
        quantity=4.0, today=3.9, krw_per_unit=1.5e6,
        source="assumed: one calibration visit a year and meter",
    ),
    "compute": Meaning(
        unit={"en": "CPU core-hours", "ko": "CPU 코어·시간"},
        quantity=200.0, today=200.0, krw_per_unit=60.0,
        source="assumed: public cloud list price of one core-hour; monthly retraining",
    ),
    "expertise": Meaning(
        unit={"en": "person-days of a specialist", "ko": "전문가 투입 일수"},
        quantity=60.0, today=20.0, krw_per_unit=4e5,
        source="assumed: daily rate of a data scientist, Korean software-engineer wage survey, rounded",
    ),
    "adoption": Meaning(
        unit={"en": "plants with the controller in the loop", "ko": "제어기를 적용한 설비 수"},
        quantity=1.0, today=0.0, krw_per_unit=1e7,
        source="assumed: interface, safety review and operator training, spread over five years",
    ),
}  # fmt: skip

SITUATIONS: Mapping[str, Situation] = {
    "as_published": Situation({"en": "As in the report: one plant, its own log", "ko": "보고서 그대로"}, {}),
    "heat_wave": Situation({"en": "Three degrees warmer", "ko": "기온 3도 상승"}, {"warming": 3.0}),
    "no_trials": Situation(
        {"en": "An operator who never tried anything", "ko": "시험 운전이 전혀 없었던 기록"},
        {"exploration": 0.0},
    ),
    "little_data": Situation(
        {"en": "One day in twenty of the log is shared", "ko": "기록의 5%만 공유"}, {"data_share": 0.05}
    ),
    "singapore": Situation({"en": "Hot and humid all year", "ko": "연중 고온다습"}, {"climate": "singapore"}),
    "dublin": Situation({"en": "Cool and mild all year", "ko": "연중 서늘한 기후"}, {"climate": "dublin"}),
}
