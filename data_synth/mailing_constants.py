"""A fund-raising mailing in numbers: every constant with its plausible range, unit and source.

The standard library is enough, so that the industry can be described at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.protocol import Constant

CONSTANTS: Mapping[str, Constant] = {
    "base_rate": Constant(0.07, 0.05, 0.1, "% of e-mails",
                          "assumed: share of e-mails that bring a gift, one variant picked blindly"),
    "spread": Constant(0.5, 0.4, 0.6, "log",
                       "2012 campaign, projected: the best of 18 variants brought more than five times the"
                       " worst;"
                       " 18 normals span 3.64 sd on average"),
    "message_sd": Constant(0.3, 0.1, 0.6, "log", "assumed: some days and causes raise more than others"),
    "gift_log": Constant(3.2, 3.0, 3.6, "log USD", "assumed: median gift 25 USD, mean 40 USD"),
    "gift_sd": Constant(1.0, 0.7, 1.3, "log", "assumed: few large gifts make much of the money"),
    "delay_h": Constant(3.0, 1.0, 8.0, "h", "assumed: mean time from the e-mail to the gift, exponential"),
    "age_gift": Constant(0.2, 0.0, 0.4, "log/age band", "assumed: older supporters give more often"),
    "support_gift": Constant(0.4, 0.2, 0.7, "log/tertile", "assumed: firm supporters give more often"),
    "taste_sd": Constant(0.1, 0.0, 0.2, "log",
                         "assumed small: experiments of 2022-24 on message targeting find almost no gain"
                         " beyond one covariate"),
    "electorate": Constant(20_000.0, 10_000.0, 50_000.0, "persons",
                           "chosen: enough for the shares of twelve segments"),
    "past_messages": Constant(24.0, 12.0, 52.0, "messages", "assumed: what a campaign has on record"),
    "past_test": Constant(0.05, 0.02, 0.2, "share of list", "assumed: split test of past messages"),
}  # fmt: skip

AGE_BANDS = (30.0, 45.0, 65.0)
"""Years at which the second, third and fourth band of ages begin."""
TERTILES = 3
"""Parts of equal size that the supporters are cut into by how firm their support is."""
AGES = 48
"""Hours after mailing that the record of gifts tells apart; the last holds all later gifts as well."""


@dataclass(frozen=True)
class Settings:
    """What decides a mailing, beside its seed.

    Attributes
    ----------
    persons
        E-mails of one message.
    messages
        Messages that are played.
    variants
        Of each message.
    hours
        Hourly decisions until the last e-mail must be out.
    base_rate
        Share of e-mails that bring a gift, mean of all variants and messages, in %.
    spread
        Standard deviation of the log effect of a variant.
    delay_h
        Mean hours from the e-mail to the gift.
    attributed
        Share of gifts that are booked to the variant that brought them.
    assumed
        Constants that replace those of :data:`CONSTANTS`.
    """

    persons: int
    messages: int
    variants: int = 18
    hours: int = 12
    base_rate: float = CONSTANTS["base_rate"].value
    spread: float = CONSTANTS["spread"].value
    delay_h: float = CONSTANTS["delay_h"].value
    attributed: float = 1.0
    assumed: tuple[tuple[str, float], ...] = ()

    def constant(self, name: str) -> float:
        """Give a constant of this mailing."""
        return dict(self.assumed).get(name, CONSTANTS[name].value)
