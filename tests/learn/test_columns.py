"""Columns and scaling: what is a number, what a category, and wild values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.learn.columns import read_columns
from core.learn.scaling import BEND, fit_scaling


def test_levels_are_found_again_whatever_holds_them():
    table = pd.DataFrame({
        "code": pd.Series([3, 1, None, 3], dtype=object), "text": ["x", None, "y", "x"],
        "kind": pd.Categorical([10, 20, 10, 30]), "count": pd.array([1, None, 3, 4], dtype="Int64"),
    })  # fmt: skip
    columns = read_columns(table)
    assert columns.categorical_names == ("code", "text", "kind")
    numbers, codes = columns.split(table)
    np.testing.assert_array_equal(numbers[:, 0], [1, np.nan, 3, 4])
    assert codes.tolist() == [[2, 1, 1], [1, 0, 2], [0, 2, 1], [2, 1, 3]]
    other = pd.DataFrame(
        {"code": [1.0, np.nan, 3.0], "text": ["y", "z", 5], "kind": ["20", "30", "x"], "count": 1}
    )
    assert columns.split(other)[1].tolist() == [[1, 2, 2], [0, 0, 3], [2, 0, 0]]


def test_columns_are_chosen_by_label_and_else_by_position():
    table = pd.DataFrame([[1, 2, 3]], columns=[10, 0, 5])
    assert read_columns(table, categorical=[0]).categorical == (1,)
    assert read_columns(table, categorical=[5]).categorical == (2,)
    assert read_columns(np.ones((2, 3)), categorical=[np.int64(1), "x2"]).categorical == (1, 2)
    for wrong, said in (
        ("shop", "is one name"),
        (["shop"], "'shop' is not a column"),
        ([7], "7 is not a column"),
    ):
        with pytest.raises(ValueError, match=said):
            read_columns(np.ones((2, 3)), categorical=wrong)
    with pytest.raises(ValueError, match="'a' stands there more than once"):
        read_columns(pd.DataFrame([[1, 2]], columns=["a", "a"]))


def test_rare_levels_are_unknown():
    columns = read_columns(pd.DataFrame({"id": list("aaabbc")}), min_rows=2)
    assert columns.split(pd.DataFrame({"id": list("abc")}))[1].ravel().tolist() == [1, 2, 0]


@pytest.mark.parametrize("value", [0.0, 0.1, -3e8])
def test_a_constant_column_says_nothing_and_shouts_at_nothing(value):
    scaling = fit_scaling(np.full((1_000, 1), value))
    assert scaling.scale.tolist() == [1.0]
    assert abs(scaling.apply(np.array([[value + 1e-7]]))[0, 0]) < 1e-5


@given(st.floats(allow_nan=True, allow_infinity=False))
def test_scaled_values_are_bounded(value):
    scaled = fit_scaling(np.arange(9.0)[:, None]).apply(np.array([[value]]))
    assert np.isfinite(scaled).all()
    assert np.abs(scaled).max() <= BEND * (1 + 1e-6)


def test_scaling_keeps_the_order_and_shows_gaps():
    x = np.array([[1.0, 5.0], [2.0, np.nan], [30.0, 7.0], [4.0, 8.0]])
    scaling = fit_scaling(x)
    z = scaling.apply(x)
    assert scaling.width == z.shape[1] == 3
    assert np.argsort(z[:, 0]).tolist() == np.argsort(x[:, 0]).tolist()
    assert z[:, 2].tolist() == [0, 1, 0, 0]
    assert z[1, 1] == 0
