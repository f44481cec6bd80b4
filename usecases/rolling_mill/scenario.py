"""The levers of the rolling mill, what they mean, and what the sizes are."""

from __future__ import annotations

from collections.abc import Mapping

from core.protocol import Meaning, Scale, Scenario, Situation, Size, lever
from data_synth.mill_constants import CONSTANTS, Settings


class RollingScenario(Scenario):
    """One setting of the rolling-mill levers."""

    label_quality: float = lever(
        0.98, 0.5, 1.0, unit="share of coils with a right force record",
        label={"en": "Right force records", "ko": "올바른 하중 기록"},
        source="assumed; a coil's record off in all stands, in history and in play",
    )  # fmt: skip
    lot_coils: float = lever(
        8.0, 2.0, 30.0, unit="coils", label={"en": "Coils in a lot", "ko": "로트당 코일 수"},
        source="assumed: a lot of about 170 t",
    )  # fmt: skip
    lubricant_step: float = lever(
        4.0, 0.0, 15.0, unit="% of force",
        label={"en": "Step at a change of lubricant", "ko": "윤활유 교체 시 하중 변화"},
        source="assumed; a new lubricant or roll grade shifts force by some per cent",
    )  # fmt: skip
    force_noise: float = lever(
        1.0, 0.0, 5.0, unit="% of reading",
        label={"en": "Noise of force cells", "ko": "하중계 오차"},
        source="assumed: cells of 0.5 % of full load, used at half of it",
    )  # fmt: skip
    pyrometer: float = lever(
        1.0, 0.0, 3.0, unit="x reference bias",
        label={"en": "Bias of pyrometers", "ko": "온도계 편향"},
        source="reference: 8 K and a drift of 4 K, 0.5-1 % of a reading",
    )  # fmt: skip
    tolerance_um: float = lever(
        40.0, 25.0, 200.0, unit="um", live=True,
        label={"en": "Thickness tolerance", "ko": "두께 허용차"},
        source="35-45 um is what vendors say gauge control holds; EN 10051 allows 170 um and more",
    )  # fmt: skip
    agc_alpha: float = lever(
        CONSTANTS["agc_alpha"].value, 0.5, 0.9, unit="share of stretch", live=True,
        label={"en": "Gaugemeter compensation", "ko": "게이지미터 보상률"},
        source="0.6-0.9 in practice",
    )  # fmt: skip
    lost_krw_t: float = lever(
        120_000.0, 0.0, 600_000.0, unit="KRW/t", live=True,
        label={"en": "Value lost off-gauge", "ko": "두께 불량 손실액"},
        source="assumed: about 15 % of the price of hot-rolled coil, by which second quality sells lower",
    )  # fmt: skip
    utilisation: float = lever(
        0.85, 0.1, 1.0, unit="share of the year", live=True,
        label={"en": "Time in operation", "ko": "가동률"}, source="assumed; planned repair days and orders",
    )  # fmt: skip

    def settings(self) -> Settings:
        """Translate to the world's own settings."""
        campaigns, played = EXTENT[self.size]
        return Settings(
            campaigns=campaigns,
            played=played,
            lot_coils=self.lot_coils,
            step=self.lubricant_step / 100,
            force_noise=self.force_noise / 100,
            bad_records=1.0 - self.label_quality,
            pyrometer=self.pyrometer,
            assumed=self.assumed,
        )


EXTENT: Mapping[Size, tuple[int, int]] = {
    "tiny": (6, 3),
    "quick": (24, 8),
    "demo": (70, 23),
    "full": (140, 46),
}
"""Roll campaigns of about 70 coils that are learned from, and that are played; ``demo`` has the 4,944 and
1,586 coils of Cho et al. (1997)."""

SCALES: Mapping[Size, Scale] = {
    "tiny": Scale(seeds=1, trials=1, steps=60),
    "quick": Scale(seeds=5, trials=1, steps=300),
    "demo": Scale(seeds=5, trials=1, steps=600),
    "full": Scale(seeds=10, trials=2, steps=2500),
}

MEANINGS: Mapping[str, Meaning] = {
    "data_share": Meaning(
        unit={"en": "weeks of coil logs with readings of every stand",
              "ko": "스탠드별 측정값이 담긴 코일 기록 (주)"},
        quantity=1.7, today=0.5, krw_per_unit=6e5,
        source="assumed: storage, extraction and review of a week of coil logs",
    ),
    "label_quality": Meaning(
        unit={"en": "force calibrations a year", "ko": "연간 하중계 교정 횟수"},
        quantity=28.0, today=27.4, krw_per_unit=1e6,
        source="assumed: seven stands, once a quarter, in repair shifts",
    ),
    "compute": Meaning(
        unit={"en": "CPU core-hours", "ko": "CPU 코어·시간"},
        quantity=500.0, today=500.0, krw_per_unit=60.0,
        source="assumed: public cloud list price of one core-hour; weekly retraining",
    ),
    "expertise": Meaning(
        unit={"en": "person-days of a specialist", "ko": "전문가 투입 일수"},
        quantity=120.0, today=40.0, krw_per_unit=4e5,
        source="assumed: daily rate of a data scientist, Korean software-engineer wage survey, rounded",
    ),
    "adoption": Meaning(
        unit={"en": "mills with the forecast in the set-up computer", "ko": "설정 계산기에 적용한 압연기 수"},
        quantity=1.0, today=0.0, krw_per_unit=6e7,
        source="assumed: interface to the level-2 computer, tests and training, spread over five years",
    ),
}  # fmt: skip

SITUATIONS: Mapping[str, Situation] = {
    "as_published": Situation({"en": "As in the report: one mill, its own log", "ko": "보고서 그대로"}, {}),
    "small_lots": Situation(
        {"en": "Small lots: three coils each", "ko": "소량 다품종: 로트당 3코일"}, {"lot_coils": 3.0}
    ),
    "no_step": Situation({"en": "No change of lubricant", "ko": "윤활유 교체 없음"}, {"lubricant_step": 0.0}),
    "great_step": Situation(
        {"en": "A lubricant that changes force by a tenth", "ko": "하중을 10% 바꾸는 윤활유"},
        {"lubricant_step": 10.0},
    ),
    "poor_pyrometers": Situation(
        {"en": "Pyrometers that nobody cleans", "ko": "관리되지 않은 온도계"}, {"pyrometer": 3.0}
    ),
    "little_data": Situation(
        {"en": "One campaign in ten is shared", "ko": "캠페인 기록의 10%만 공유"}, {"data_share": 0.1}
    ),
}
