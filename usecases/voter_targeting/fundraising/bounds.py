"""What nobody can do better: the best variant from the first e-mail on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.protocol import Array, Policy, Table
from data_synth.mailing import Mailing
from usecases.voter_targeting.fundraising.post import View


@dataclass
class Knows(Policy):
    """Mails one given variant of each message to everybody at once.

    Attributes
    ----------
    best
        ``(messages,)`` number of the variant.
    """

    best: Array

    def act(self, seen: Table, rules: Table) -> Table:
        """Look the messages up."""
        view, variants = View.of(seen, rules), int(rules["variants"][0])
        return {"send": view.everything_to(self.best[seen["unit"][::variants]]).ravel()}


def oracle(world: Mailing) -> Knows:
    """The clairvoyant: knows what each variant brings from the list in expectation, but nobody's mind."""
    return Knows(np.asarray(world.worth.argmax(axis=1)))
