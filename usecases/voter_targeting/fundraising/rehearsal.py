"""Rehearsed messages: drawn from what past messages taught, to compare ways of mailing beforehand."""

from __future__ import annotations

import numpy as np

from core.protocol import Luck, Policy
from usecases.voter_targeting.fundraising.belief import Floats, Prior
from usecases.voter_targeting.fundraising.post import Ints, mail


def rehearse(policy: Policy, prior: Prior, messages: int, luck: Luck) -> float:
    """Money raised over what the best variant alone would have raised, in messages drawn from the prior.

    Every policy that is rehearsed with the same luck meets the same messages.
    """
    rng, answers = luck("rehearsal"), luck("answers")
    level = prior.level + prior.level_sd * rng.standard_normal((messages, 1))
    # A person gives at most once, so a rate ends at 1.
    rate = np.exp(np.minimum(level + prior.spread * rng.standard_normal((messages, prior.variants)), 0.0))
    shape, hours = (messages, prior.variants), prior.hours
    due = np.diff(prior.arrived, append=1.0)
    # The noise of a sum of n gifts is that of a gamma variable with n such shapes.
    heavy = 1.0 / max(prior.gift_noise - 1.0, 1e-9)

    def respond(hour: int, sent: Ints) -> Floats:
        booked = np.zeros((2, *shape, hours))
        ages = hours - hour - 1
        expected = (sent[..., hour] * rate)[..., None] * due[:ages]
        donors = answers.poisson(expected)
        booked[0, ..., hour + 1 :] = donors
        booked[1, ..., hour + 1 :] = prior.gift / heavy * answers.gamma(heavy * donors)
        return booked

    raised = (mail(policy, prior.persons, hours, shape, respond).sum(axis=-1) * rate).sum()
    return float(raised / (prior.persons * rate.max(axis=1).sum()))
