"""The voter-targeting use case, as the engine sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

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
    Text,
    UseCase,
    Yardstick,
)
from core.results import Run
from data_synth.electorate_constants import CONSTANTS
from usecases.voter_targeting.contact.scenario import (
    KRW_PER_USD,
    MEANINGS,
    SCALES,
    SITUATIONS,
    ContactScenario,
)
from usecases.voter_targeting.contact.words import CARD, KPIS, PARTIES, RULE_LABELS

if TYPE_CHECKING:
    from data_synth.electorate import Electorate
    from usecases.voter_targeting.contact.learners import Kind


def _rule(history: Log, budget: Budget, luck: Luck) -> Policy:
    from usecases.voter_targeting.contact.learners import fit_rule

    return fit_rule(history, budget, luck)


def _learner(kind: Kind, en: str, ko: str, needs: str = "") -> Contender[Log]:
    def fit(history: Log, budget: Budget, luck: Luck) -> Policy:
        from usecases.voter_targeting.contact.learners import fit_learner

        return fit_learner(kind)(history, budget, luck)

    return Contender("learner", {"en": en, "ko": ko}, fit, needs)


def _private(name: str, label: Text) -> Contender[Log]:
    def fit(history: Log, budget: Budget, luck: Luck) -> Policy:
        from usecases.voter_targeting.contact.privacy import fit_private

        return fit_private(name)(history, budget, luck)

    return Contender("learner", label, fit)


class VoterContact(UseCase[ContactScenario, "Electorate", Log]):
    """Persons of a list, contacted by door, phone, mail or e-mail out of one budget."""

    name = "voter_contact"
    card = CARD
    kpis = KPIS
    scenario = ContactScenario
    scales = SCALES
    meanings = MEANINGS
    situations = SITUATIONS
    constants = CONSTANTS
    money = "net_mkrw"
    parties = PARTIES
    budgets = ("budget_usd",)
    noise = "wrong_match"
    contenders: ClassVar[Mapping[str, Contender[Log]]] = {
        "list": Contender("incumbent", {"en": "Walk list", "ko": "접촉 명단"}, _rule),
        "demographics": _learner("demographics", "Demographics", "인구 통계"),
        "support": _learner("support", "Support score", "지지 점수"),
        "turnout_support": _learner("turnout_support", "Turnout x support", "투표 × 지지 점수"),
        "structured": _learner("structured", "Structured uplift", "구조적 증분 모형"),
        "s_learner": _learner("s", "S-learner (LightGBM)", "S-러너 (LightGBM)", "lightgbm"),
        "t_learner": _learner("t", "T-learner (LightGBM)", "T-러너 (LightGBM)", "lightgbm"),
        "x_learner": _learner("x", "X-learner (LightGBM)", "X-러너 (LightGBM)", "lightgbm"),
        "uplift_net": _learner("net", "Uplift net", "증분 신경망", "torch"),
        "uncorrected": _learner("raw", "T-learner, uncorrected", "보정하지 않은 T-러너", "lightgbm"),
        **{name: _private(name, label) for name, label in RULE_LABELS.items()},
    }
    yardsticks: ClassVar[Mapping[Role, Yardstick]] = {
        "oracle": Yardstick(
            {"en": "Oracle", "ko": "오라클"},
            "exact",
            {
                "en": "Knows what each contact would change; the budget is spent by one multiplier.",
                "ko": "접촉마다 무엇이 바뀌는지 모두 알고, 승수 하나로 예산을 배분한다.",
            },
        ),
        "ceiling": Yardstick(
            {"en": "Ceiling", "ko": "상한"},
            "bound",
            {
                "en": (
                    "Bayes' rule with the generator's laws on all that the file says of a person, and on the"
                    " precinct's true lean, which nobody sees."
                ),
                "ko": (
                    "생성 법칙을 알고서, 명부에 담긴 개인정보 전부와 아무도 볼 수 없는 투표구의 실제 성향에"
                    " 베이즈 규칙을 적용한다."
                ),
            },
        ),
    }

    def world(self, scenario: ContactScenario, luck: Luck) -> tuple[Electorate, Log]:
        """Draw an electorate, and run the pilot and the survey."""
        # Imported here: describing the industry must not pay for scipy.
        from data_synth.electorate import draw
        from usecases.voter_targeting.contact.schema import history_of

        world = draw(scenario.settings(), luck)
        return world, history_of(world)

    def bounds(self, scenario: ContactScenario, world: Electorate) -> Mapping[Role, Policy]:
        """Give the oracle and the ceiling."""
        from usecases.voter_targeting.contact.bounds import ceiling, oracle

        return {"oracle": oracle(world), "ceiling": ceiling(world)}

    def play(self, scenario: ContactScenario, world: Electorate, policy: Policy, luck: Luck) -> Outcome:
        """Spend the budget on the list."""
        from usecases.voter_targeting.contact.play import play

        return play(scenario, world, policy, luck)

    def settle(self, own: Mapping[str, float], incumbent: Mapping[str, float], cost_krw: float,
               scenario: ContactScenario) -> Mapping[str, float]:  # fmt: skip
        """Money over the campaign's electorate, against the incumbent."""
        budget = scenario.budget_usd * scenario.electorate / 1000.0
        votes = (own["net_votes"] - incumbent["net_votes"]) * budget / 1000.0
        return {**own, "net_mkrw": (votes * scenario.worth_usd * KRW_PER_USD - cost_krw) / 1e6}

    def skill(self, scenario: ContactScenario, world: Electorate, policy: Forecaster) -> Mapping[str, Score]:
        """Order and error of what a visit is forecast to gain."""
        from usecases.voter_targeting.contact.skill import skill_of

        return skill_of(world, policy)

    def forecasts(
        self, scenario: ContactScenario, world: Electorate, policy: Forecaster
    ) -> Sequence[Forecasts]:
        """What a visit is forecast to gain, and what it gains."""
        from usecases.voter_targeting.contact.skill import forecasts_of

        return forecasts_of(world, policy)

    def checks(self, scenario: ContactScenario, world: Electorate) -> Iterable[Check]:
        """Laws of the world, published effects, and that bounds are bounds."""
        from usecases.voter_targeting.contact.checks import checks_of

        return checks_of(scenario, world)

    def find(self, run: Run) -> Finding | None:
        """What scores gain over lists, and what uplift adds."""
        from usecases.voter_targeting.contact.findings import finding_of

        return finding_of(run)

    def charts(self, run: Run) -> Sequence[Chart]:
        """The price of privacy, gains by order, who is contacted, votes by money."""
        from usecases.voter_targeting.contact.findings import charts_of

        return list(charts_of(run))
