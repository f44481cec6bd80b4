"""The play: the messages of some weeks are mailed, and the world answers with those who would give."""

from __future__ import annotations

import numpy as np

from core.protocol import Outcome, Policy, Table
from data_synth.mailing import Mailing, elsewhere
from usecases.voter_targeting.fundraising.post import Floats, Ints, mail

PER = 100_000.0
"""E-mails for which donors and money are counted."""
PLACES = (0, 1, 3, 9)
"""First true place of each group that traces tell apart: the best, 2nd and 3rd, 4th to 9th, others."""


def play(world: Mailing, policy: Policy) -> Outcome:
    """Let a policy mail all messages; every contender meets the same givers."""
    settings, answers = world.settings, Answers(world)
    shape = (settings.messages, settings.variants)
    sent = mail(policy, settings.persons, settings.hours, shape, answers)
    return Outcome(kpis_of(world, sent, answers), traces_of(world, sent))


class Answers:
    """Who gives to what is mailed.

    The next persons in the order of mailing get the hour's variants, one stretch a variant; those in it who
    would give to that variant give.

    Attributes
    ----------
    donors, raised
        Gifts and USD so far, whenever they come and wherever they are booked.
    """

    def __init__(self, world: Mailing) -> None:
        self.world, self.donors, self.raised = world, 0, 0.0

    def __call__(self, hour: int, sent: Ints) -> Floats:
        """Gifts of this hour's e-mails by the hour from which they can be seen, as ``post.Respond`` says."""
        givers, (messages, variants, hours) = self.world.givers, sent.shape
        pair, rows = self._mailed(hour, sent)
        self.donors, self.raised = self.donors + len(rows), self.raised + float(givers.gift[rows].sum())
        visible = hour + givers.wait[rows]
        seen = visible < hours
        pair, rows, visible = pair[seen], rows[seen], visible[seen]
        lost = ~np.isnan(givers.astray[rows])
        out = sent.sum(axis=2).cumsum(axis=1) / np.maximum(sent.sum(axis=(1, 2)), 1)[:, None]
        pair[lost] = elsewhere(out, pair[lost] // variants, givers.astray[rows[lost]])
        cell, cells = pair * hours + visible, sent.size
        booked = np.empty((2, cells))
        booked[0] = np.bincount(cell, minlength=cells)
        booked[1] = np.bincount(cell, givers.gift[rows], cells)
        return booked.reshape(2, messages, variants, hours)

    def _mailed(self, hour: int, sent: Ints) -> tuple[Ints, Ints]:
        """Pair of message and variant, and row among the givers, of those who are mailed and give."""
        now, persons = sent[..., hour], self.world.settings.persons
        stop = sent[..., :hour].sum(axis=(1, 2))[:, None] + now.cumsum(axis=1)
        offset = persons * np.arange(now.size).reshape(now.shape)
        place = self.world.givers.place
        first, last = (np.searchsorted(place, (offset + end).ravel()) for end in (stop - now, stop))
        pair = np.repeat(np.arange(now.size), last - first)
        before = np.cumsum(last - first) - (last - first)
        return pair, np.arange(len(pair)) + (first - before)[pair]


def kpis_of(world: Mailing, sent: Ints, answers: Answers) -> dict[str, float]:
    """KPIs but for those that need the incumbent's play; money is expected unless it is called booked."""
    worth, emails = world.worth, sent.sum(axis=2)
    each, total = emails.sum(axis=1), float(emails.sum())
    raised = float((emails * worth).sum())
    most = emails.argmax(axis=1)
    return {
        "money": PER * raised / total,
        "donors": PER * answers.donors / total,
        "booked_money": PER * answers.raised / total,
        "times_blind": raised / float(each @ worth.mean(axis=1)),
        "times_worst": raised / float(each @ worth.min(axis=1)),
        "regret": 100.0 * (1.0 - raised / float(each @ worth.max(axis=1))),
        "best_found": 100.0 * float(np.mean(most == worth.argmax(axis=1))),
        "final_share": 100.0 * float(emails.max(axis=1).sum()) / total,
    }


def traces_of(world: Mailing, sent: Ints) -> dict[str, Table]:
    """Hour by hour: which variants went out, by their true place, and what not knowing has cost so far."""
    order = np.argsort(-world.worth, axis=1)
    ranked = np.take_along_axis(sent, order[:, :, None], axis=1).sum(axis=0)
    groups = np.add.reduceat(ranked, [first for first in PLACES if first < len(ranked)], axis=0)
    hour = np.flatnonzero(groups.sum(axis=0))
    short = (world.worth.max(axis=1, keepdims=True) - world.worth)[:, :, None]
    lost = (sent * short).sum(axis=(0, 1)).cumsum() / float(sent.sum(axis=(1, 2)) @ world.worth.max(axis=1))
    return {
        "places": {
            "hour": np.tile(hour, len(groups)),
            "group": np.repeat(np.arange(len(groups)), len(hour)),
            "share": (100.0 * groups / np.maximum(groups.sum(axis=0), 1))[:, hour].ravel(),
        },
        "regret": {"hour": np.arange(sent.shape[2]), "lost": 100.0 * lost},
    }
