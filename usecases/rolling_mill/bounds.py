"""What nobody can do better: the true force, and what somebody who knows the mill would expect it to be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.protocol import Array, Policy, Table
from data_synth.mill_passes import rolled
from data_synth.rolling import HotStripMill
from usecases.rolling_mill.play import played_slice, target_force
from usecases.rolling_mill.schema import spread


@dataclass
class Knows(Policy):
    """Says what it was given.

    Attributes
    ----------
    force
        ``(coils, 7)`` MN, from coil ``first`` on.
    first
        Number of its first coil.
    """

    force: Array
    first: int

    def act(self, seen: Table, rules: Table) -> Table:
        """Look the coils up."""
        return spread("force_mn", self.force[seen["coil"] - self.first])


def oracle(world: HotStripMill) -> Knows:
    """The true force at the plan: what is left of a forecast's error is the noise of the cells."""
    return Knows(target_force(world, played_slice(world)), world.first_played)


def ceiling(world: HotStripMill) -> Knows:
    """Force as the generator expects it, given the readings.

    It knows the mill's laws and all that lasts from coil to coil (rolls, wear, season, lubricant, heats,
    biases of the pyrometers), and not what is new in a coil: bar thickness, film, noise of readings. Nobody
    who learns from coils can know as much, so it is a bound.
    """
    rows = played_slice(world)
    expected = world.expected.at(rows)
    found = rolled(world.mill, expected, world.given.plan[rows], level=world.known_level[rows])
    return Knows(np.asarray(found.force), world.first_played)
