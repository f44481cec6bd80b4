"""Random numbers of training that do not depend on what is trained beside it, nor on where it was resumed.

Every draw is keyed by (member's seed, purpose, step), so step 500 draws the same whether the run was killed
at step 400 or not, and on a CPU a member of a stack draws what it would draw alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.protocol import Array, Rng


def generator(seed: int, *purpose: int) -> Rng:
    """A stream for a purpose, by NumPy's ``SeedSequence``."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=purpose))


@dataclass
class Noise:
    """What the dropout layers of a stack draw from; the training loop moves ``step`` on.

    Attributes
    ----------
    seeds
        ``(M,)``, one for each member.
    step
        Optimiser step, or micro-batch within it.
    """

    seeds: tuple[int, ...]
    step: int = 0

    def keys(self, layer: int) -> Array:
        """``(M,)`` uint32, one key for each member's mask in this layer and step.

        Examples
        --------
        >>> Noise((1, 2)).keys(0).shape, bool(Noise((1,)).keys(0)[0] == Noise((1, 2)).keys(0)[0])
        ((2,), True)
        """
        # splitmix64 (Steele et al. 2014) over the three numbers; 64-bit arithmetic wraps on purpose.
        mixed = [_mix(_mix(_mix(seed) + layer) + self.step) >> 32 for seed in self.seeds]
        return np.array(mixed, np.uint32)


def _mix(value: int) -> int:
    value = (value + 0x9E3779B97F4A7C15) % 2**64
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB % 2**64
    return value ^ (value >> 31)
