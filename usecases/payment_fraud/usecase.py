"""The payment-fraud use case, as the engine sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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
from data_synth.payments_constants import CONSTANTS
from usecases.payment_fraud.scenario import MEANINGS, SCALES, SITUATIONS, PaymentScenario
from usecases.payment_fraud.words import CARD, KPIS, PARTIES

if TYPE_CHECKING:
    from usecases.payment_fraud.bank import Bank
    from usecases.payment_fraud.models import Kind


def _rules(history: Log, budget: Budget, luck: Luck) -> Policy:
    from usecases.payment_fraud.rules import fit_rules

    return fit_rules(history, budget, luck)


def _learner(kind: Kind, label: Text, needs: str) -> Contender[Log]:
    # All of them learn by LightGBM what a thief still takes.
    return Contender("learner", label, _fit(kind), needs)


def _fit(kind: Kind) -> Callable[[Log, Budget, Luck], Policy]:
    def fit(history: Log, budget: Budget, luck: Luck) -> Policy:
        from usecases.payment_fraud.learners import fit_scored

        return fit_scored(kind)(history, budget, luck)

    return fit


class PaymentFraud(UseCase[PaymentScenario, "Bank", Log]):
    """Purchases of a card issuer, declined or let through, with analysts for the doubtful ones."""

    name = "payment_fraud"
    card = CARD
    kpis = KPIS
    scenario = PaymentScenario
    scales = SCALES
    meanings = MEANINGS
    situations = SITUATIONS
    constants = CONSTANTS
    money = "net_mkrw"
    parties = PARTIES
    budgets = ("reviews_a_day", "purchases_a_day")
    noise = "mimicry"
    contenders: ClassVar[Mapping[str, Contender[Log]]] = {
        "rules": Contender("incumbent", {"en": "Two rules", "ko": "규칙 두 줄"}, _rules),
        "logistic": _learner("logistic", {"en": "Logistic regression", "ko": "로지스틱 회귀"}, "lightgbm"),
        "isolation": _learner("isolation", {"en": "Isolation forest", "ko": "고립 숲"}, "lightgbm"),
        "autoencoder": _learner("autoencoder", {"en": "Auto-encoder", "ko": "오토인코더"}, "torch"),
        "trees": _learner("trees", {"en": "LightGBM", "ko": "LightGBM"}, "lightgbm"),
        "net": _learner("net", {"en": "Sequence net", "ko": "순차 신경망"}, "torch"),
        "trees_net": _learner(
            "trees_net",
            {"en": "LightGBM with the net's card state", "ko": "신경망 카드 상태를 쓰는 LightGBM"},
            "torch",
        ),
    }  # fmt: skip
    yardsticks: ClassVar[Mapping[Role, Yardstick]] = {
        "oracle": Yardstick(
            {"en": "Oracle", "ko": "오라클"},
            "exact",
            {
                "en": "Knows every fraud, declines it, and needs no review.",
                "ko": "모든 부정을 알고 거절하며 검토가 필요 없다.",
            },
        ),
        "ceiling": Yardstick(
            {"en": "Ceiling", "ko": "상한"},
            "best known",
            {
                "en": (
                    "Bayes' rule with the generator's laws and every holder's habits, on what is visible at"
                    " the moment; card and terminal are told apart by one round of mean field."
                ),
                "ko": (
                    "생성 법칙과 모든 고객의 습관을 알고 그 순간 보이는 것에 베이즈 규칙을 적용한다. 카드와"
                    " 단말기는 평균장 근사 한 번으로 구분한다."
                ),
            },
        ),
    }

    def world(self, scenario: PaymentScenario, luck: Luck) -> tuple[Bank, Log]:
        """Draw holders, thieves and purchases, and let the bank's feature store run over them."""
        # Imported here: describing the industry must not pay for the compiler.
        from data_synth.payments import draw
        from usecases.payment_fraud.bank import bank_of, history_of

        bank = bank_of(draw(scenario.settings(), luck))
        return bank, history_of(bank)

    def bounds(self, scenario: PaymentScenario, world: Bank) -> Mapping[Role, Policy]:
        """Give the oracle and the ceiling."""
        from usecases.payment_fraud.bounds import ceiling, oracle

        return {"oracle": oracle(world), "ceiling": ceiling(world)}

    def play(self, scenario: PaymentScenario, world: Bank, policy: Policy, luck: Luck) -> Outcome:
        """Decide on the purchases that follow history."""
        from usecases.payment_fraud.play import play

        return play(scenario, world, policy, luck)

    def settle(self, own: Mapping[str, float], incumbent: Mapping[str, float], cost_krw: float,
               scenario: PaymentScenario) -> Mapping[str, float]:  # fmt: skip
        """Money at the issuer's volume, against the incumbent."""
        # From k KRW for 1,000 purchases, that is KRW a purchase, to million KRW a year.
        year = scenario.volume * 365.0 / 1e6
        gain = (own["net_prevented"] - incumbent["net_prevented"]) * year
        return {**own, "fraud_mkrw": own["fraud_loss"] * year, "net_mkrw": gain - cost_krw / 1e6}

    def skill(self, scenario: PaymentScenario, world: Bank, policy: Forecaster) -> Mapping[str, Score]:
        """Average precision in the first week, as history left the forecaster."""
        from usecases.payment_fraud.bounds import ceiling
        from usecases.payment_fraud.skill import skill_of

        return skill_of(world, policy, ceiling(world))

    def forecasts(self, scenario: PaymentScenario, world: Bank, policy: Forecaster) -> Sequence[Forecasts]:
        """Chances of fraud in the first week, and the frauds."""
        from usecases.payment_fraud.skill import forecasts_of

        return forecasts_of(world, policy)

    def references(
        self, scenario: PaymentScenario, world: Bank, history: Log
    ) -> Mapping[str, Mapping[str, Score]]:
        """Amount and terminal risk by themselves."""
        from usecases.payment_fraud.bounds import ceiling
        from usecases.payment_fraud.skill import reference_skill

        return reference_skill(world, ceiling(world))

    def checks(self, scenario: PaymentScenario, world: Bank) -> Iterable[Check]:
        """Laws of the world, realism of its streams, and that no column gives the label away."""
        from usecases.payment_fraud.checks import checks_of

        return checks_of(world)

    def find(self, run: Run) -> Finding | None:
        """What learning what is normal reaches beside learning from labels."""
        from usecases.payment_fraud.findings import finding_of

        return finding_of(run)

    def charts(self, run: Run) -> Sequence[Chart]:
        """Savings by threshold, calibration, the queue over a day, a stolen card, precision by day."""
        from usecases.payment_fraud.findings import charts_of

        return list(charts_of(run))
