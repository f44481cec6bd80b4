"""The rolling-mill use case, as the engine sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

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
from data_synth.mill_constants import CONSTANTS
from usecases.rolling_mill.scenario import MEANINGS, SCALES, SITUATIONS, RollingScenario
from usecases.rolling_mill.words import CARD, KPIS, PARTIES

if TYPE_CHECKING:
    from data_synth.rolling import HotStripMill


def _formula(
    name: Literal["fit_adaptive", "fit_constant", "fit_tracked"],
) -> Callable[[Log, Budget, Luck], Policy]:
    def fit(history: Log, budget: Budget, luck: Luck) -> Policy:
        from usecases.rolling_mill import learners

        policy: Policy = getattr(learners, name)(history, budget, luck)
        return policy

    return fit


def _learner(net: bool, ratio: bool, online: bool) -> Contender[Log]:
    """One of eight: net or trees, correcting the formula or alone, adapting or frozen."""

    def fit(history: Log, budget: Budget, luck: Luck) -> Policy:
        from usecases.rolling_mill.learners import learner

        return learner(net=net, ratio=ratio, online=online)(history, budget, luck)

    model = ("Deep net", "심층 신경망") if net else ("LightGBM", "LightGBM")
    part = ("corrects the formula", "공식 보정") if ratio else ("alone", "단독")
    pace = ("adapts", "적응") if online else ("frozen", "고정")
    return Contender(
        "learner",
        {"en": f"{model[0]} {part[0]}, {pace[0]}", "ko": f"{model[1]} {part[1]}, {pace[1]}"},
        fit,
        needs="torch" if net else "lightgbm",
    )


class RollingMill(UseCase[RollingScenario, "HotStripMill", Log]):
    """Gaps of a seven-stand hot strip mill, set coil by coil from forecast forces."""

    name = "rolling_mill"
    card = CARD
    kpis = KPIS
    scenario = RollingScenario
    scales = SCALES
    meanings = MEANINGS
    situations = SITUATIONS
    constants = CONSTANTS
    money = "net_mkrw"
    parties = PARTIES
    noise = "force_noise"
    contenders: ClassVar[Mapping[str, Contender[Log]]] = {
        "adaptive": Contender(
            "incumbent", {"en": "Formula, adapts", "ko": "공식, 적응"}, _formula("fit_adaptive")
        ),
        "constant": Contender(
            "learner",
            {"en": "Formula, constant coefficient", "ko": "공식, 고정 계수"},
            _formula("fit_constant"),
        ),
        "tracked": Contender(
            "learner",
            {"en": "Formula, followed by a filter", "ko": "공식, 필터로 추적"},
            _formula("fit_tracked"),
        ),
        "trees_alone": _learner(net=False, ratio=False, online=False),
        "trees_alone_online": _learner(net=False, ratio=False, online=True),
        "net_alone": _learner(net=True, ratio=False, online=False),
        "net_alone_online": _learner(net=True, ratio=False, online=True),
        "trees_ratio": _learner(net=False, ratio=True, online=False),
        "trees_ratio_online": _learner(net=False, ratio=True, online=True),
        "net_ratio": _learner(net=True, ratio=True, online=False),
        "net_ratio_online": _learner(net=True, ratio=True, online=True),
    }
    yardsticks: ClassVar[Mapping[Role, Yardstick]] = {
        "oracle": Yardstick(
            {"en": "Oracle", "ko": "오라클"},
            "best known",
            {
                "en": "Knows the true force; zero of the screws, skid marks and eccentricity are left.",
                "ko": "실제 하중을 안다. 남는 것은 롤 간격의 영점 오차, 스키드 마크, 편심이다.",
            },
        ),
        "ceiling": Yardstick(
            {"en": "Ceiling", "ko": "상한"},
            "bound",
            {
                "en": "Expects the force by the mill's own laws and all that lasts, from the same readings.",
                "ko": "압연기의 법칙과 지속되는 상태를 모두 알고 같은 측정값에서 하중의 기댓값을 구한다.",
            },
        ),
    }

    def world(self, scenario: RollingScenario, luck: Luck) -> tuple[HotStripMill, Log]:
        """Draw orders, line, drifts and instruments, and roll history as the plant always has."""
        # Imported here: describing the industry must not pay for the compiler.
        from data_synth.rolling import draw
        from usecases.rolling_mill.schema import history_of

        world = draw(scenario.settings(), luck)
        return world, history_of(world)

    def bounds(self, scenario: RollingScenario, world: HotStripMill) -> Mapping[Role, Policy]:
        """Give the oracle and the ceiling."""
        from usecases.rolling_mill.bounds import ceiling, oracle

        return {"oracle": oracle(world), "ceiling": ceiling(world)}

    def play(self, scenario: RollingScenario, world: HotStripMill, policy: Policy, luck: Luck) -> Outcome:
        """Set up the coils that follow history."""
        from usecases.rolling_mill.play import play

        return play(scenario, world, policy, luck)

    def settle(self, own: Mapping[str, float], incumbent: Mapping[str, float], cost_krw: float,
               scenario: RollingScenario) -> Mapping[str, float]:  # fmt: skip
        """Error cuts and money against the incumbent."""
        price = scenario.lost_krw_t / 1e6
        cut = incumbent["force_error"] - own["force_error"]
        removable = max(incumbent["force_error"] - own["cell_error"], 1e-9)
        return {name: value for name, value in own.items() if name != "cell_error"} | {
            "cost_mkrw": own["yield_t"] * price,
            "net_mkrw": (incumbent["yield_t"] - own["yield_t"]) * price - cost_krw / 1e6,
            "error_cut": 100 * cut / incumbent["force_error"],
            "removable_cut": 100 * cut / removable,
        }

    def skill(
        self, scenario: RollingScenario, world: HotStripMill, policy: Forecaster
    ) -> Mapping[str, Score]:
        """Force error on the coils that follow, as history left the forecaster."""
        from usecases.rolling_mill.skill import skill_of

        return skill_of(world, policy)

    def forecasts(
        self, scenario: RollingScenario, world: HotStripMill, policy: Forecaster
    ) -> Sequence[Forecasts]:
        """Forces as forecast and as read."""
        from usecases.rolling_mill.skill import forecasts_of

        return forecasts_of(world, policy)

    def references(
        self, scenario: RollingScenario, world: HotStripMill, history: Log
    ) -> Mapping[str, Mapping[str, Score]]:
        """The formula without any coefficient."""
        from usecases.rolling_mill.skill import reference_skill

        return reference_skill(world)

    def checks(self, scenario: RollingScenario, world: HotStripMill) -> Iterable[Check]:
        """Laws of rolling, gauge control, and realism of log and line."""
        from usecases.rolling_mill.checks import checks_of

        return checks_of(world)

    def find(self, run: Run) -> Finding | None:
        """What correcting the formula is worth, beside POSCO's figure."""
        from usecases.rolling_mill.findings import finding_of

        return finding_of(run)

    def charts(self, run: Run) -> Sequence[Chart]:
        """Force by stand, error in the lot, recovery after the step, one head."""
        from usecases.rolling_mill.findings import charts_of

        return list(charts_of(run))
