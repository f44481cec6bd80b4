"""The fund-raising use case, as the engine sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from core.log import Log
from core.protocol import (
    Chart,
    Check,
    Contender,
    Finding,
    Luck,
    Outcome,
    Policy,
    Role,
    UseCase,
    Yardstick,
)
from core.results import Run
from data_synth.mailing_constants import CONSTANTS
from usecases.voter_targeting.fundraising.contenders import (
    fit_halving,
    fit_money,
    fit_split,
    fit_thompson,
    fit_top_two,
)
from usecases.voter_targeting.fundraising.scenario import (
    LIST,
    MEANINGS,
    SCALES,
    SITUATIONS,
    FundraisingScenario,
)
from usecases.voter_targeting.fundraising.words import CARD, KPIS, PARTIES

if TYPE_CHECKING:
    from data_synth.mailing import Mailing


class VoterFundraising(UseCase[FundraisingScenario, "Mailing", Log]):
    """A campaign's e-mails in many variants, and who gets which."""

    name = "voter_fundraising"
    card = CARD
    kpis = KPIS
    scenario = FundraisingScenario
    scales = SCALES
    meanings = MEANINGS
    situations = SITUATIONS
    constants = CONSTANTS
    money = "net_mkrw"
    parties = PARTIES
    contenders: ClassVar[Mapping[str, Contender[Log]]] = {
        "split": Contender("incumbent", {"en": "Split test", "ko": "분할 시험"}, fit_split),
        "halving": Contender("learner", {"en": "Successive halving", "ko": "절반씩 탈락"}, fit_halving),
        "thompson": Contender("learner", {"en": "Thompson sampling", "ko": "톰프슨 표집"}, fit_thompson),
        "top_two": Contender(
            "learner", {"en": "Top-two sampling", "ko": "상위 두 문안 표집"}, fit_top_two
        ),
        "money": Contender(
            "learner", {"en": "Thompson sampling by money", "ko": "금액 기준 톰프슨 표집"}, fit_money
        ),
    }  # fmt: skip
    yardsticks: ClassVar[Mapping[Role, Yardstick]] = {
        "oracle": Yardstick(
            {"en": "Clairvoyant", "ko": "천리안"},
            "exact",
            {
                "en": "Knows every variant's expected money and mails the best one from the start.",
                "ko": "모든 문안의 기대 모금액을 알고 처음부터 가장 좋은 것만 보낸다.",
            },
        ),
    }

    def world(self, scenario: FundraisingScenario, luck: Luck) -> tuple[Mailing, Log]:
        """Draw the list, past messages, and who would give to those that are played."""
        # Imported here: describing the industry must not pay for scipy.
        from data_synth.mailing import draw
        from usecases.voter_targeting.fundraising.schema import history_of

        world = draw(scenario.settings(), luck)
        return world, history_of(world)

    def bounds(self, scenario: FundraisingScenario, world: Mailing) -> Mapping[Role, Policy]:
        """Give the clairvoyant."""
        from usecases.voter_targeting.fundraising.bounds import oracle

        return {"oracle": oracle(world)}

    def play(self, scenario: FundraisingScenario, world: Mailing, policy: Policy, luck: Luck) -> Outcome:
        """Mail the messages that follow the record; all chance is drawn with the world."""
        from usecases.voter_targeting.fundraising.play import play

        return play(world, policy)

    def settle(self, own: Mapping[str, float], incumbent: Mapping[str, float], cost_krw: float,
               scenario: FundraisingScenario) -> Mapping[str, float]:  # fmt: skip
        """Money at the campaign's list and messages, against the incumbent."""
        # From USD for 100,000 e-mails to million KRW a year.
        emails = LIST * scenario.list_share * scenario.messages_a_year
        year = emails / 1e5 * scenario.krw_per_usd / 1e6
        gain = (own["money"] - incumbent["money"]) * year
        return {**own, "raised_mkrw": own["money"] * year, "net_mkrw": gain - cost_krw / 1e6}

    def checks(self, scenario: FundraisingScenario, world: Mailing) -> Iterable[Check]:
        """Laws of the world, and how far its variants lie apart."""
        from usecases.voter_targeting.fundraising.checks import checks_of

        return checks_of(world)

    def find(self, run: Run) -> Finding | None:
        """What choosing among the variants is worth beside picking blindly."""
        from usecases.voter_targeting.fundraising.findings import finding_of

        return finding_of(run)

    def charts(self, run: Run) -> Sequence[Chart]:
        """Money by contender, who is mailed what hour by hour, and what not knowing costs."""
        from usecases.voter_targeting.fundraising.findings import charts_of

        return list(charts_of(run))
