"""Streams are their own: nobody's draws shift another's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.luck import hashed_uniform, luck_of, scoped

purposes = st.text(max_size=20)
seeds = st.integers(0, 2**64)
keys = st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=50).map(np.array)


@given(seeds, purposes)
def test_a_purpose_always_starts_the_same_stream(seed: int, purpose: str) -> None:
    luck = luck_of(seed)
    first = luck(purpose).integers(2**62, size=4)
    luck("something else").random(1000)
    assert (luck(purpose).integers(2**62, size=4) == first).all()
    assert (luck_of(seed)(purpose).integers(2**62, size=4) == first).all()


@given(seeds, purposes, seeds, purposes)
def test_other_seeds_and_purposes_are_other_streams(a: int, what: str, b: int, other: str) -> None:
    same = (a, what) == (b, other)
    equal = luck_of(a)(what).integers(2**62, size=4) == luck_of(b)(other).integers(2**62, size=4)
    assert bool(equal.all()) is same


def test_streams_are_not_correlated() -> None:
    luck = luck_of(0)
    draws = np.stack([luck(f"stream {i}").normal(size=4000) for i in range(30)])
    beside = np.corrcoef(draws)[np.triu_indices(30, 1)]
    assert np.abs(beside).max() < 4.5 / np.sqrt(4000)
    seeds = np.stack([luck_of(i)("weather").normal(size=4000) for i in range(30)])
    assert np.abs(np.corrcoef(seeds)[np.triu_indices(30, 1)]).max() < 4.5 / np.sqrt(4000)


@given(seeds, purposes, purposes)
def test_a_scope_has_streams_of_its_own(seed: int, scope: str, purpose: str) -> None:
    luck = luck_of(seed)
    inside = scoped(luck, scope)(purpose).integers(2**62, size=4)
    assert (inside == luck(f"{scope}/{purpose}").integers(2**62, size=4)).all()


@given(keys, purposes, st.floats(0, 1), st.floats(0, 1))
def test_shares_are_nested(rows: np.ndarray, salt: str, a: float, b: float) -> None:
    uniform = hashed_uniform(rows, salt)
    assert ((uniform >= 0.0) & (uniform < 1.0)).all()
    small, large = sorted((a, b))
    assert not ((uniform < small) & ~(uniform < large)).any()


@given(keys, purposes)
def test_a_key_has_its_uniform_whatever_stands_beside_it(rows: np.ndarray, salt: str) -> None:
    assert (hashed_uniform(rows, salt)[::-1] == hashed_uniform(rows[::-1], salt)).all()
    assert hashed_uniform(rows[:1], salt)[0] == hashed_uniform(rows, salt)[0]


@pytest.mark.parametrize("step", [1, 2, 1000, 2**32])
def test_neighbouring_keys_scatter(step: int) -> None:
    uniform = hashed_uniform(np.arange(20_000) * step, "salt")
    counts, _ = np.histogram(uniform, 20, (0.0, 1.0))
    # Chi-square with 19 degrees of freedom exceeds 50 once in 7,000 times.
    assert ((counts - 1000.0) ** 2 / 1000.0).sum() < 50.0
    assert abs(np.corrcoef(uniform[:-1], uniform[1:])[0, 1]) < 4.5 / np.sqrt(20_000)
    other = hashed_uniform(np.arange(20_000) * step, "pepper")
    assert abs(np.corrcoef(uniform, other)[0, 1]) < 4.5 / np.sqrt(20_000)
