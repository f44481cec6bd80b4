"""Who decides what is mailed: the split test, halving of the field, and allocation by what is believed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.log import Log
from core.protocol import Budget, Luck, Policy, Table
from usecases.voter_targeting.fundraising.belief import Floats, Prior, believed, chance_best, fit_prior
from usecases.voter_targeting.fundraising.post import View
from usecases.voter_targeting.fundraising.rehearsal import rehearse

TESTED = (0.05, 0.1, 0.02, 0.2, 0.01, 0.4)
"""Shares of the list that a split test may take, the usual one first; short lists need much."""
EXPLORED = (0.1, 0.2, 0.05, 0.4, 0.02, 0.8)
"""Shares of the list that a learner may mail before it settles for one variant."""
REHEARSED = 200
"""Messages that the incumbent rehearses each share with: what learners may spend changes nothing for it."""
CHALLENGED = 0.5
"""Share of top-two exploration that goes to challengers; a half is the usual choice (Russo 2016)."""


@dataclass
class Split(Policy):
    """Tests all variants on equal parts at once, waits, and mails that with most donors to the rest.

    Attributes
    ----------
    tested
        Share of the list that is tested on.
    """

    tested: float

    def act(self, seen: Table, rules: Table) -> Table:
        """Test at the first hour, mail the rest at the last."""
        view = View.of(seen, rules)
        if view.last:
            return {"send": view.everything_to(view.donors.argmax(axis=1)).ravel()}
        now = self.tested if view.hour == 0 else 0.0
        return {"send": np.full(view.donors.size, now / view.donors.shape[1])}


@dataclass
class Halving(Policy):
    """Successive halving: several rounds, each with about the better half of the last one's variants.

    All that are still in have been mailed equally often, so donors rank them (Karnin, Koren, Somekh 2013).

    Attributes
    ----------
    explored
        Share of the list that the rounds take, each the same.
    """

    explored: float

    def act(self, seen: Table, rules: Table) -> Table:
        """Mail a round's part at its first hour, wait between, and mail the rest at the last hour."""
        view = View.of(seen, rules)
        variants = view.donors.shape[1]
        rounds = min(math.ceil(math.log2(variants)), view.hours - 1)
        starts = [number * (view.hours - 1) // rounds for number in range(rounds)]
        if view.hour not in (*starts, view.hours - 1):
            return {"send": np.zeros(view.donors.size)}
        before = [start for start in starts if start < view.hour]
        running = view.sent[:, :, before[-1]] > 0 if before else np.ones(view.donors.shape, bool)
        order = np.argsort(-np.where(running, view.donors, -1.0), axis=1, kind="stable")
        if view.last:
            return {"send": view.everything_to(order[:, 0]).ravel()}
        # Rounded first, as the power of a third of 8 may lie a hair above 2.
        staying = math.ceil(round(variants ** (1.0 - len(before) / rounds), 9))
        send = np.zeros(view.donors.shape)
        np.put_along_axis(send, order[:, :staying], self.explored / rounds / staying, axis=1)
        return {"send": send.ravel()}


@dataclass
class Adaptive(Policy):
    """Mails hour by hour what is likely the best, and at the last hour what is believed to be.

    Each variant gets its chance to be the best, as Thompson sampling (1933) gives in the mean; with
    challengers, part of it goes to those that would be best if the first choice were not (Russo 2016).

    Attributes
    ----------
    prior
        What past messages taught.
    explored
        Share of the list that is mailed before the last hour, the same each hour.
    challenged
        Share of it that goes to challengers; 0 for Thompson sampling.
    by_money
        Whether it counts USD in mean gifts, with their noise, in place of donors.
    """

    prior: Prior
    explored: float
    challenged: float = 0.0
    by_money: bool = False

    def act(self, seen: Table, rules: Table) -> Table:
        """Share out the hour's part by what is believed."""
        view = View.of(seen, rules)
        gave, mailed = view.donors, view.mailed(self.prior.arrived)
        if self.by_money:
            # A sum of gifts tells as much as fewer donors: quasi-Poisson.
            noise = self.prior.gift_noise
            gave, mailed = view.money / self.prior.gift / noise, mailed / noise
        mean, sd = believed(gave, mailed, self.prior)
        if view.last:
            return {"send": view.everything_to(mean.argmax(axis=1)).ravel()}
        chance = with_challengers(chance_best(mean, sd), self.challenged)
        return {"send": (self.explored / (view.hours - 1) * chance).ravel()}


def with_challengers(chance: Floats, challenged: float) -> Floats:
    """Give a share to whoever would be best if the first choice were not, ``(messages, variants)``."""
    odds = chance / np.maximum(1.0 - chance, 1e-12)
    others = chance * (odds.sum(axis=1, keepdims=True) - odds)
    return np.asarray((1.0 - challenged) * chance + challenged * others)


# --- tuning ------------------------------------------------------------------------------------


def tuned(make: Callable[[Prior, float], Policy], settings: Sequence[float], messages: int, history: Log,
          luck: Luck) -> Policy:  # fmt: skip
    """Take the setting that reaches most in so many messages rehearsed from what history teaches."""
    prior = fit_prior(history)
    scored = [(rehearse(make(prior, one), prior, messages, luck), one) for one in settings]
    reached, best = max(scored, key=lambda pair: pair[0])
    policy = make(prior, best)
    policy.validation = reached
    return policy


def fit_split(history: Log, budget: Budget, luck: Luck) -> Policy:
    """Tune the share of the split test; trying all six is no learner's privilege."""
    return tuned(lambda _, share: Split(share), TESTED, REHEARSED, history, luck)


def _learner(make: Callable[[Prior, float], Policy]) -> Callable[[Log, Budget, Luck], Policy]:
    # As many shares as the budget has trials, rehearsed with as many messages as it has steps.
    def fit(history: Log, budget: Budget, luck: Luck) -> Policy:
        return tuned(make, EXPLORED[: budget.trials], budget.steps, history, luck)

    return fit


fit_halving = _learner(lambda _, share: Halving(share))
fit_thompson = _learner(Adaptive)
fit_top_two = _learner(lambda prior, share: Adaptive(prior, share, CHALLENGED))
fit_money = _learner(lambda prior, share: Adaptive(prior, share, by_money=True))
