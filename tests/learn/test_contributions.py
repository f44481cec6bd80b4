"""Explanations by column, the same for trees and nets."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.learn import DeepClassifier, DeepRegressor, TreesRegressor, explain

pytest.importorskip("captum")


def additive(rows: int = 1_500) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({
        "noise": rng.standard_normal(rows), "load": rng.standard_normal(rows),
        "grade": rng.choice(["a", "b"], rows), "heat": rng.standard_normal(rows),
    })  # fmt: skip
    table.loc[rng.random(rows) < 0.1, "heat"] = np.nan
    y = 3 * table["load"] + 4 * (table["grade"] == "a") + table["heat"].fillna(0)
    return table, y.to_numpy()


@pytest.mark.parametrize(
    "estimator", [TreesRegressor(random_state=0), DeepRegressor(widths=(64,), members=3, steps=400)]
)
def test_columns_add_up_and_stand_in_the_right_order(estimator):
    table, y = additive()
    model = estimator.fit(table, y)
    found = explain(model.model_, table[:200])
    assert found.names == tuple(table.columns)
    np.testing.assert_allclose(found.forecast, model.predict(table[:200]), rtol=1e-4, atol=1e-3)
    assert found.gap < 0.05
    assert list(found.importance()) == ["load", "grade", "heat", "noise"]
    slope = np.polyfit(table["load"][:200], found.values[:, 1], 1)[0]
    assert slope == pytest.approx(3, rel=0.1)


def test_a_class_is_explained_by_its_margin():
    table, y = additive()
    model = DeepClassifier(widths=(32,), members=2, steps=200).fit(table, np.digitize(y, [0, 4]))
    found = explain(model.model_, table[:50], output=2)
    np.testing.assert_allclose(found.forecast, model.model_.predict(table[:50])[:, 2], rtol=1e-3, atol=1e-3)
    assert np.corrcoef(found.values[:, 1], table["load"][:50])[0, 1] > 0.9
