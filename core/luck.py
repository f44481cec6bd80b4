"""Randomness: one root seed, one stream for each purpose.

A stream is derived by hashing the purpose's name, so adding a contender or a draw never shifts the draws
of another, and all contenders of one seed meet the same customers, weather and faults.
"""

from __future__ import annotations

import hashlib

import numpy as np

from core.protocol import Array, Luck, Rng


def luck_of(seed: int) -> Luck:
    """Return the luck of a root seed.

    Parameters
    ----------
    seed
        Non-negative.

    Examples
    --------
    >>> luck = luck_of(7)
    >>> int(luck("weather").integers(1000)) == int(luck("weather").integers(1000))
    True
    >>> int(luck("weather").integers(1000)) == int(luck("faults").integers(1000))
    False
    """

    def stream(purpose: str) -> Rng:
        words = np.frombuffer(hashlib.sha256(purpose.encode()).digest(), dtype=np.uint32)
        return np.random.default_rng(np.random.SeedSequence([seed, *words.tolist()]))

    return stream


def scoped(luck: Luck, scope: str) -> Luck:
    """Give a part of the program streams of its own."""
    return lambda purpose: luck(f"{scope}/{purpose}")


def hashed_uniform(keys: Array, salt: str) -> Array:
    """Turn integer keys into uniforms in [0, 1) that depend on key and salt alone.

    Nested by construction: those below 0.1 are also below 0.3.

    Parameters
    ----------
    keys
        ``(rows,)`` integers.
    salt
        Separates uses.

    Returns
    -------
    Array
        ``(rows,)`` floats.
    """
    offset = np.uint64(int.from_bytes(hashlib.sha256(salt.encode()).digest()[:8], "little"))
    x = np.asarray(keys).astype(np.int64).astype(np.uint64) + offset
    # splitmix64 (Steele, Lea, Flood 2014): a bijection that scatters neighbouring keys.
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x = x ^ (x >> np.uint64(31))
    return (x >> np.uint64(11)).astype(np.float64) * 2.0**-53
