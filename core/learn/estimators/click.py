"""Clicks, conversions and other yes-or-no answers to many categorical fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from core.learn.columns import Columns, read_columns
from core.learn.estimators.base import Learner, Training, check_number, check_sizes, row_weights, seeds_of
from core.learn.estimators.deep import network_inputs
from core.learn.model import Model
from core.learn.scaling import Scaling, fit_scaling
from core.protocol import Array


@dataclass
class ClickTable:
    """A trained DeepFM as plain data.

    Attributes
    ----------
    columns, scaling
        How to read a table.
    model
        The network.
    """

    columns: Columns
    scaling: Scaling
    model: Model

    def predict(self, table: Any) -> Array:
        """Probability of a yes for each of R rows, ``(R,)``."""
        odds = self.model.outputs(network_inputs(self.columns, self.scaling, table))[0, :, 0]
        return np.asarray(0.5 + 0.5 * np.tanh(0.5 * odds.astype(np.float64)))


class ClickModel(ClassifierMixin, Learner):  # type: ignore[misc]  # scikit-learn ships no types
    """DeepFM over many categorical fields and some numbers (Guo et al. 2017); two classes.

    A step costs what it touches, so the vocabulary may have millions of ids.

    Parameters
    ----------
    size
        Of an embedding.
    widths
        Of the hidden layers.
    dropout
        Share of elements cleared in each hidden layer while training.
    min_rows
        Ids met in fewer training rows share one embedding, as do ids never met.
    categorical
        Columns that are fields whatever their dtype, by name or position.
    steps, batch, learning_rate
        Budget in optimiser steps, rows a step, highest rate. None: chosen by the number of rows.
    training
        Everything else; see :class:`~core.learn.estimators.base.Training`.
    device
        ``auto``, ``cpu``, ``cuda``, ``mps`` or ``xpu``.
    random_state
        Seed, or NumPy ``RandomState``.

    Attributes
    ----------
    classes_
        ``(2,)``.
    model_ : ClickTable
        The trained model as plain data.

    Examples
    --------
    >>> import pandas as pd
    >>> shop = pd.DataFrame({"shop": list("ab") * 200, "hour": np.arange(400) % 24})
    >>> model = ClickModel(widths=(16,), steps=100, learning_rate=0.01).fit(shop, shop["shop"] == "a")
    >>> bool(model.predict_proba(shop)[0, 1] > 0.9)
    True
    """

    _passes = 4

    def __init__(
        self,
        *,
        size: int = 16,
        widths: Sequence[int] = (256, 128),
        dropout: float = 0.0,
        min_rows: int = 2,
        categorical: Sequence[str | int] | None = None,
        steps: int | None = None,
        batch: int | None = None,
        learning_rate: float = 1e-3,
        training: Training | None = None,
        device: str = "auto",
        random_state: Any = 0,
    ) -> None:
        self.size = size
        self.widths = widths
        self.dropout = dropout
        self.min_rows = min_rows
        self.categorical = categorical
        self.steps = steps
        self.batch = batch
        self.learning_rate = learning_rate
        self.training = training
        self.device = device
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit to a data frame or array of R rows and two classes ``(R,)``."""
        from core.learn.training import losses
        from core.learn.training.fit import fit_model, folds

        check_sizes(widths=self.widths)
        check_number("size", self.size, 1, 1024)
        check_number("dropout", self.dropout, 0, 0.95)
        X = self._read(X, reset=True)
        y = self._read_target(X, y)
        check_classification_targets(y)
        self.classes_, target = np.unique(y, return_inverse=True)
        if len(self.classes_) != 2:
            found = len(self.classes_)
            s = "es" * (found != 1)
            raise ValueError(f"Only binary classification is supported. y: has {found} class{s}; give two.")
        columns = read_columns(X, categorical=self.categorical, min_rows=self.min_rows)
        scaling = fit_scaling(columns.split(X)[0])
        table = {**network_inputs(columns, scaling, X), "y": target.astype(np.float32)}
        if sample_weight is not None:
            table["weight"] = row_weights(sample_weight, X)
        options = {
            "numbers": scaling.width, "cardinalities": columns.cardinalities, "size": self.size,
            "widths": tuple(self.widths), "dropped": self.dropout,
        }  # fmt: skip
        how, seed, rows = self._trained_by(), self._seed(), len(target)
        kept, held = folds(rows, 1, share=how.held_out, seed=seed, by_time=how.by_time)
        model, self.report_ = fit_model(
            "click", options, table, kept, losses.binary, self._plan(rows), seeds=seeds_of(seed, 1),
            batch=self._batch(rows), held_out=held, device=self.device, precision=how.precision,
        )  # fmt: skip
        self.model_ = ClickTable(columns, scaling, model)
        self.n_iter_ = self.report_.steps
        return self

    def predict_proba(self, X: Any) -> Array:
        """Probability of both classes, ``(R, 2)``."""
        check_is_fitted(self)
        yes = self.model_.predict(self._read(X, reset=False))
        return np.column_stack([1 - yes, yes])

    def predict(self, X: Any) -> Array:
        """More probable class, ``(R,)``."""
        more_probable = self.predict_proba(X).argmax(1)
        return np.asarray(self.classes_[more_probable])
