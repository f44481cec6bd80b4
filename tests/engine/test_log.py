"""A history hides the future and shares itself key by key."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.log import Log
from core.luck import luck_of
from core.protocol import Column

TEXT = {"en": "a", "ko": "가"}
SCHEMA = {
    "sales": tuple(Column(name, "", TEXT) for name in ("time", "card", "amount")),  # type: ignore[arg-type]
    "labels": tuple(Column(name, "", TEXT) for name in ("time", "card", "fraud")),  # type: ignore[arg-type]
}


def log(rows: int = 400, cards: int = 40) -> Log:
    """Sales by card, and labels that come ten days later."""
    rng = luck_of(0)("log")
    time, card = np.arange(rows) // 4, rng.integers(0, cards, rows)
    sales = {"time": time, "card": card, "amount": rng.random(rows)}
    labels = {"time": time + 10, "card": card, "fraud": rng.random(rows) < 0.1}
    return Log(SCHEMA, {"sales": sales, "labels": labels}, "time", "card")  # type: ignore[arg-type]


def cards(some: Log) -> dict[str, set[int]]:
    return {name: set(table["card"].tolist()) for name, table in some.data.items()}


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 5))
def test_a_smaller_share_lies_inside_a_larger_one(a: float, b: float, seed: int) -> None:
    small, large = (log().thin(share, luck_of(seed)) for share in sorted((a, b)))
    for name, found in cards(small).items():
        assert found <= cards(large)[name]


@given(st.floats(0, 1))
def test_what_belongs_to_a_key_stays_together(share: float) -> None:
    whole, some = log(), log().thin(share, luck_of(1))
    for name, table in some.data.items():
        for card in np.unique(table["card"]):
            rows = whole.data[name]["card"] == card
            kept = table["card"] == card
            for column in table:
                assert np.array_equal(whole.data[name][column][rows], table[column][kept])
    # A card that is kept in one table is kept in the other.
    assert cards(some)["sales"] == cards(some)["labels"]


def test_shares_are_met_on_average() -> None:
    whole = log(40_000, 20_000)
    for share in (0.1, 0.5, 0.9):
        kept = len(whole.thin(share, luck_of(2)).data["sales"]["time"]) / 40_000
        assert kept == pytest.approx(share, abs=0.02)
    assert whole.thin(1.0, luck_of(2)) is whole


@given(st.integers(-5, 120), st.integers(-5, 120))
def test_the_past_is_the_past(early: int, late: int) -> None:
    early, late = sorted((early, late))
    past = log().until(early)
    for name, table in past.data.items():
        assert (table["time"] < early).all()
        again = log().until(late).until(early).data[name]
        since = log().since(early).data[name]
        whole = log().data[name]
        for column, values in table.items():
            assert np.array_equal(values, again[column])
            assert np.array_equal(np.concatenate([values, since[column]]), whole[column])


def test_a_log_is_its_schema() -> None:
    good = log()
    with pytest.raises(AssertionError, match=r"table 'sales' has columns .*'truth'.*, schema"):
        Log(SCHEMA, {"sales": {**good.data["sales"], "truth": good.data["sales"]["amount"]}}, "time", "card")
    frames = good.tables()
    assert {name: list(frame.columns) for name, frame in frames.items()} == {
        name: [column.name for column in columns] for name, columns in SCHEMA.items()
    }


@pytest.mark.parametrize("seed", range(20))
def test_the_smallest_share_leaves_something_to_learn_from(seed: int) -> None:
    few = log().thin(1e-9, luck_of(seed))
    kept = {key for table in few.data.values() for key in table[few.key].tolist()}
    assert len(kept) == 1
    assert not any(len(table[few.key]) for table in log().thin(0.0, luck_of(seed)).data.values())
