"""What nobody does better: everybody's own effects, and what the file can tell of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.protocol import Array, Table
from data_synth.electorate import Electorate
from data_synth.electorate_posterior import Expected, expected
from usecases.voter_targeting.contact.learners import Targeting


@dataclass(frozen=True)
class Known:
    """Net votes that were worked out for every person of the list.

    Attributes
    ----------
    first
        Number of the first person.
    net
        ``(persons, channels)``.
    """

    first: int
    net: Array

    def value(self, seen: Table) -> Array:
        """Look the persons up, ``(rows, channels)``."""
        return np.asarray(self.net[np.asarray(seen["id"]) - self.first])


def oracle(world: Electorate) -> Targeting:
    """Everybody's own effects."""
    return Targeting(Known(world.settings.pilot, world.effects.net))


def ceiling(world: Electorate) -> Targeting:
    """Effects that can be expected by all that the file says, and the precinct's lean."""
    return Targeting(Known(world.settings.pilot, told(world).net))


@lru_cache(maxsize=2)
def told(world: Electorate) -> Expected:
    """What the file tells of the persons of the list; worked out once for all contenders of a world."""
    return expected(world, world.voters)
