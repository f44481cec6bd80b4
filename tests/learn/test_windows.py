"""Windows over histories: equal to those built one by one, whatever the order of the entities."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from core.learn.training.rows import HeldOut, Rows
from core.learn.training.windows import resident
from core.learn.windows import entity_position, read_histories, read_sequences, windows

STEPS = 5


def cards(rows=60, entities=4, seed=0):
    """Owner and two values of each row; owners alternate at random."""
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.integers(0, entities, rows), rng.normal(size=(rows, 2))])


def naive(table, row):
    """The window of a row, built by looking back over its own rows."""
    own = [r for r in range(row + 1) if table[r, 0] == table[row, 0]][-STEPS:]
    return table[own][:, 1:]


def test_windows_equal_those_built_row_by_row():
    table = cards()
    past = read_histories(table, entity=0)
    view, length = windows(past.table, STEPS), np.minimum(past.known, STEPS)
    for row, at in enumerate(past.asked):
        np.testing.assert_array_equal(view[at][STEPS - length[at] :], naive(table, row))


@pytest.mark.parametrize("entity", ["card", 1])
def test_a_data_frame_keeps_its_other_columns(entity):
    table = pd.DataFrame({"a": [1, 2, 3], "card": ["x", "y", "x"], "grade": pd.Categorical(["l", "m", "l"])})
    past = read_histories(table, entity)
    assert list(past.table.columns) == ["a", "grade"]
    assert past.table["a"].tolist() == [1, 3, 2]
    assert isinstance(past.table["grade"].dtype, pd.CategoricalDtype)


def test_one_history_is_not_copied():
    table = cards()
    assert read_histories(table).table is table
    assert read_histories(table).known.tolist() == list(range(1, len(table) + 1))


@pytest.mark.parametrize("entity", ["shop", 3, -1])
def test_an_entity_that_is_no_column_is_refused(entity):
    with pytest.raises(ValueError, match=r"entity: .* is not a column"):
        entity_position(cards(), entity)


def test_a_row_without_an_entity_is_refused():
    table = cards()
    table[3, 0] = np.nan
    with pytest.raises(ValueError, match="empty in 1 rows"):
        read_histories(table, 0)


def test_sequences_end_where_only_gaps_follow():
    gap, sequences = np.nan, np.ones((4, 3, 2))
    sequences[1, 2] = gap
    sequences[2, 1] = gap  # within, so no end
    sequences[3] = gap
    past = read_sequences(sequences)
    assert past.asked.tolist() == [2, 4, 7, 8]
    assert past.known.tolist() == [1, 2, 3, 1, 2, 1, 2, 3, 1]
    assert np.isnan(past.table[6]).all()


def test_the_loop_draws_windows_from_a_view_that_is_never_written_out():
    values = np.random.default_rng(0).normal(size=(4000, 3)).astype(np.float32)
    view = windows(values, 200)
    rows = np.arange(1000, 4000)
    table = {"x": resident(view, "cpu"), "row": np.arange(4000)}
    source = Rows(table, [rows, rows[::2]], batch=16, seeds=(1, 2))
    held = HeldOut(source.table, [rows[:40], rows[-40:]])
    for batch in (source.at(0), source.at(7), source.at(7), next(iter(held))[0]):
        np.testing.assert_array_equal(batch["x"].numpy(), view[batch["row"].numpy()])
    for table in (source.table, held.table):
        assert table["x"].untyped_storage().nbytes() == (4000 + 199) * 3 * 4


def test_a_view_stays_a_view_on_another_device():
    moved = resident(windows(np.zeros((100, 3)), 10), "meta")
    assert moved.shape == (100, 10, 3)
    assert moved.stride() == (3, 3, 1)


def test_a_batch_depends_on_its_step_alone():
    table = {"x": resident(windows(np.arange(300.0)[:, None], 4), "cpu")}
    one, other = (Rows(table, [np.arange(300)], batch=8, seeds=(5,)) for _ in range(2))
    for step in range(50):
        one.at(step)
    assert torch.equal(one.at(40)["x"], other.at(40)["x"])
