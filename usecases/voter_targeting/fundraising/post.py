"""The post office: hour by hour a policy says what is mailed, and gifts come in; played or rehearsed alike.

All messages are mailed side by side, each by itself. A row is a variant of a message, and ``unit`` numbers
the messages, so that partial adoption hands whole messages to the learner.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.protocol import Policy, Table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Respond = Callable[[int, Ints], Floats]
"""Takes the hour and the e-mails mailed so far ``(messages, variants, hours)``, of which the hour's are
answered now; gives number and USD of those gifts ``(2, messages, variants, hours)`` by the hour at which they
can be seen, booked to a variant. Gifts that come after the last decision are left out."""

TRACE = 1e-6
"""E-mails below which a policy is taken to have asked for none."""


@dataclass(frozen=True)
class View:
    """What can be seen of some messages at one hour, a row a message.

    Attributes
    ----------
    hour, hours
        Decisions taken before this one, and decisions in all.
    left
        ``(messages,)`` share of the list that is not yet mailed.
    sent
        ``(messages, variants, hours)`` e-mails by the hour in which they went out.
    donors, money
        ``(messages, variants)`` gifts booked so far, and USD.
    """

    hour: int
    hours: int
    left: Floats
    sent: Floats
    donors: Floats
    money: Floats

    @classmethod
    def of(cls, seen: Table, rules: Table) -> View:
        """Arrange the rows of a play by message."""
        variants, hours = int(rules["variants"][0]), int(rules["hours"][0])
        return cls(
            int(seen["hour"][0]), hours, seen["left"][::variants],
            seen["sent"].reshape(-1, variants, hours).astype(float),
            seen["donors"].reshape(-1, variants), seen["money"].reshape(-1, variants),
        )  # fmt: skip

    @property
    def last(self) -> bool:
        """Whether this is the last decision."""
        return self.hour == self.hours - 1

    def mailed(self, arrived: Floats) -> Floats:
        """E-mails whose gifts can be in by now, ``(messages, variants)``.

        ``arrived`` ``(ages,)`` is the share of gifts that are in so many hours after mailing; a batch counts
        by it, as a young one has brought few of its gifts yet.
        """
        age = np.maximum(self.hour - np.arange(self.hours), 0)
        return np.asarray(self.sent @ arrived[np.minimum(age, len(arrived) - 1)])

    def everything_to(self, variant: Ints) -> Floats:
        """All that is left to one variant a message: shares of the list, ``(messages, variants)``."""
        return np.asarray((np.arange(self.donors.shape[1]) == variant[:, None]) * self.left[:, None])


def mail(policy: Policy, persons: int, hours: int, shape: tuple[int, int], respond: Respond) -> Ints:
    """Let a policy mail some messages; what is left at the last hour goes out as it then says.

    Parameters
    ----------
    policy
        Its decision ``send`` is a share of the list for each row.
    persons, hours
        Length of the list, and hourly decisions.
    shape
        Messages and variants.
    respond
        Who answers.

    Returns
    -------
    Ints
        E-mails, ``(messages, variants, hours)``.
    """
    variants = shape[1]
    sent = np.zeros((*shape, hours), np.int64)
    booked = np.zeros((2, *shape, hours))
    unit, variant = (column.ravel() for column in np.indices(shape))
    rules = {"persons": np.array([persons]), "hours": np.array([hours]), "variants": np.array([variants])}
    for hour in range(hours):
        left = persons - sent.sum(axis=(1, 2))
        donors, money = booked[..., : hour + 1].sum(axis=-1).reshape(2, -1)
        seen = {
            "unit": unit, "variant": variant, "hour": np.full(len(unit), hour),
            "left": np.repeat(left / persons, variants), "sent": sent.reshape(-1, hours).copy(),
            "donors": donors, "money": money,
        }  # fmt: skip
        wanted = persons * np.maximum(policy.act(seen, rules)["send"].reshape(shape), 0.0)
        sent[..., hour] = whole(wanted, left, last=hour == hours - 1)
        booked += respond(hour, sent)
    return sent


def whole(wanted: Floats, left: Ints, *, last: bool) -> Ints:
    """E-mails in whole numbers, at most those left, at the last hour all; ``(messages, variants)``."""
    if last:
        wanted = np.where(wanted.sum(axis=1, keepdims=True) > TRACE, wanted, 1.0)
    total = np.maximum(wanted.sum(axis=1), TRACE)
    scale = np.where(last | (total > left), left / total, 1.0)
    edges = np.rint(np.cumsum(wanted * scale[:, None], axis=1)).astype(np.int64)
    return np.diff(edges, axis=1, prepend=0)
