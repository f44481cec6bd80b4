"""The data-centre use case, as the engine sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from core.log import Log
from core.protocol import (
    Budget,
    Chart,
    Check,
    Contender,
    Finding,
    Forecaster,
    Forecasts,
    Luck,
    Outcome,
    Policy,
    Role,
    Score,
    UseCase,
    Yardstick,
)
from core.results import Run
from data_synth.datacenter import DataCenter, draw
from data_synth.plant_constants import CONSTANTS
from usecases.datacenter_pue.scenario import MEANINGS, SCALES, SITUATIONS, PueScenario
from usecases.datacenter_pue.words import CARD, KPIS, PARTIES


def _incumbent(history: Log, budget: Budget, luck: Luck) -> Policy:
    from usecases.datacenter_pue.rules import fit_incumbent

    return fit_incumbent(history, budget, luck)


def _boosted(history: Log, budget: Budget, luck: Luck) -> Policy:
    from usecases.datacenter_pue.learners import fit_boosted

    return fit_boosted(history, budget, luck)


def _deep(history: Log, budget: Budget, luck: Luck) -> Policy:
    from usecases.datacenter_pue.learners import fit_deep

    return fit_deep(history, budget, luck)


def _gao(history: Log, budget: Budget, luck: Luck) -> Policy:
    from usecases.datacenter_pue.learners import fit_gao

    return fit_gao(history, budget, luck)


class DataCenterPue(UseCase[PueScenario, DataCenter, Log]):
    """Set-points of a 10 MW data centre's cooling, decided every 15 minutes."""

    name = "datacenter_pue"
    card = CARD
    kpis = KPIS
    scenario = PueScenario
    scales = SCALES
    meanings = MEANINGS
    situations = SITUATIONS
    constants = CONSTANTS
    money = "net_mkrw"
    parties = PARTIES
    noise = "meter_noise"
    contenders: ClassVar[Mapping[str, Contender[Log]]] = {
        "tuned_rule": Contender(
            "incumbent", {"en": "Tuned set-point rule", "ko": "조정된 설정값 규칙"}, _incumbent
        ),
        "boosted": Contender("learner", {"en": "LightGBM", "ko": "LightGBM"}, _boosted, needs="lightgbm"),
        "deep_net": Contender("learner", {"en": "Deep net", "ko": "심층 신경망"}, _deep, needs="torch"),
        "gao_net": Contender(
            "learner",
            {"en": "Gao's net, minimising PUE", "ko": "가오의 신경망 (PUE 최소화)"},
            _gao,
            needs="torch",
        ),
    }
    yardsticks: ClassVar[Mapping[Role, Yardstick]] = {
        "oracle": Yardstick(
            {"en": "Oracle", "ko": "오라클"},
            "best known",
            {
                "en": "Searches the true plant two hours ahead at every decision, faults included.",
                "ko": "결정할 때마다 고장까지 포함한 실제 설비를 두 시간 앞까지 탐색한다.",
            },
        )
    }

    def world(self, scenario: PueScenario, luck: Luck) -> tuple[DataCenter, Log]:
        """Draw plant, weather, load, faults and the operator's log."""
        from usecases.datacenter_pue.schema import history_of

        world = draw(scenario.settings(), luck)
        return world, history_of(world)

    def bounds(self, scenario: PueScenario, world: DataCenter) -> Mapping[Role, Policy]:
        """Give the oracle."""
        from usecases.datacenter_pue.oracle import Oracle
        from usecases.datacenter_pue.play import DELTA_T_MAX

        return {"oracle": Oracle(world, scenario.cold_aisle_max, DELTA_T_MAX)}

    def play(self, scenario: PueScenario, world: DataCenter, policy: Policy, luck: Luck) -> Outcome:
        """Run the year after the log."""
        from usecases.datacenter_pue.play import play

        return play(scenario, world, policy, luck("sensors"))

    def settle(self, own: Mapping[str, float], incumbent: Mapping[str, float], cost_krw: float,
               scenario: PueScenario) -> Mapping[str, float]:  # fmt: skip
        """Savings against the incumbent, in energy, money and emissions."""
        saved = incumbent["facility_mwh"] - own["facility_mwh"]
        price = scenario.electricity_price / 1000  # million KRW a MWh
        return dict(own) | {
            "saved_mwh": saved,
            "saved_pct": 100 * saved / incumbent["cooling_mwh"],
            "net_mkrw": saved * price - cost_krw / 1e6,
            "avoided_t": saved * scenario.carbon,
            "cost_mkrw": own["cooling_mwh"] * price,
            "emitted_t": own["cooling_mwh"] * scenario.carbon,
        }

    def skill(self, scenario: PueScenario, world: DataCenter, policy: Forecaster) -> Mapping[str, Score]:
        """Error of the PUE forecast on both splits."""
        from usecases.datacenter_pue.skill import skill_of

        return skill_of(world, policy)

    def forecasts(self, scenario: PueScenario, world: DataCenter, policy: Forecaster) -> Sequence[Forecasts]:
        """PUE as forecast and as read, on both splits."""
        from usecases.datacenter_pue.skill import forecasts_of

        return forecasts_of(world, policy)

    def references(
        self, scenario: PueScenario, world: DataCenter, history: Log
    ) -> Mapping[str, Mapping[str, Score]]:
        """A constant, the last reading, and ridge regression."""
        from usecases.datacenter_pue.skill import reference_skill

        return reference_skill(world, history)

    def checks(self, scenario: PueScenario, world: DataCenter) -> Iterable[Check]:
        """Physics of the plant, realism of log and weather."""
        from usecases.datacenter_pue.checks import checks_of

        return checks_of(world)

    def find(self, run: Run) -> Finding | None:
        """What the 99.6 % are worth."""
        from usecases.datacenter_pue.findings import finding_of

        return finding_of(run)

    def charts(self, run: Run) -> Sequence[Chart]:
        """Forecast errors, and a week of the year."""
        from usecases.datacenter_pue.findings import charts_of

        return list(charts_of(run))
