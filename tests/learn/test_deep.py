"""Deep estimators on tables: scikit-learn's contract, columns of every kind, plain data."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from core.learn import ClickModel, DeepClassifier, DeepRegressor, Training

WEIGHTS = "a batch is drawn from rows: weight 2 and the row twice give other batches, so other weights"
EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": WEIGHTS,
}
SMALL = {"widths": (32,), "members": 2, "bins": 4, "steps": 150, "learning_rate": 0.01}


def expected(_: object) -> dict[str, str]:
    return EXPECTED


@parametrize_with_checks(
    [
        DeepRegressor(**SMALL),
        DeepClassifier(**SMALL),
        ClickModel(size=4, widths=(16,), steps=150, learning_rate=0.02),
    ],
    expected_failed_checks=expected,
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)
