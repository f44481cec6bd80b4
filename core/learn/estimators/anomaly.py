"""Anomalies as what an auto-encoder, trained on normal rows, cannot rebuild."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import OutlierMixin
from sklearn.utils.validation import check_is_fitted

from core.learn.columns import Columns, read_columns
from core.learn.estimators.base import Learner, Training, seeds_of
from core.learn.estimators.deep import network_inputs
from core.learn.model import Model
from core.learn.scaling import Scaling, fit_scaling
from core.protocol import Array

FINEST = 0.03
"""Misses below this share of a column's scale count as this: a column that never moves has none."""


@dataclass
class DetectorModel:
    """A trained stack of auto-encoders, as plain data.

    Attributes
    ----------
    columns, scaling, model
        As in :class:`~core.learn.estimators.deep.TableModel`.
    usual
        ``(inputs,)``: root mean square miss of each input on held-out rows.
    """

    columns: Columns
    scaling: Scaling
    model: Model
    usual: Array

    def misses(self, table: Any) -> Array:
        """How badly each input of a row is rebuilt, squared and 1 on average: ``(R, inputs)``.

        Inputs are the numeric columns, then one for each column with gaps in training, then one for each
        level of each category.
        """
        squares = _squares(self.model, flat_inputs(self.columns, self.scaling, table))
        return np.asarray(squares / self.usual**2)

    def scores(self, table: Any) -> Array:
        """Mean miss with its sign turned, ``(R,)``: the lower, the less normal."""
        return np.asarray(-self.misses(table).mean(1))


def flat_inputs(columns: Columns, scaling: Scaling, table: Any) -> Array:
    """Scaled numbers, then a 0 or 1 for each level of each category: ``(R, inputs)``, float32."""
    flat = network_inputs(columns, scaling, table)
    levels = [
        codes[:, None] == np.arange(count)
        for codes, count in zip(flat["codes"].T, columns.cardinalities, strict=True)
    ]
    return np.concatenate([flat["numbers"], *levels], axis=1, dtype=np.float32)


def _squares(model: Model, x: Array) -> Array:
    """Squared miss of each input, mean of the members: ``(R, inputs)``."""
    rebuilt = model.outputs({"numbers": x})
    return np.asarray(np.square(rebuilt - x, dtype=np.float64).mean(0))


class AutoencoderDetector(OutlierMixin, Learner):  # type: ignore[misc]  # scikit-learn ships no types
    """Flag rows that auto-encoders trained on normal history cannot rebuild.

    Each input's miss is measured against what is usual for it on held-out rows, so a small break of a tight
    relation counts as much as a large move of a loose one.

    Parameters
    ----------
    widths
        From the first hidden layer to the code. None: four times the inputs, then a third of them.
    members
        Auto-encoders whose misses are averaged.
    cleared
        Share of the inputs set to zero in training, to be rebuilt from the others.
    activation
        ``relu``, ``silu``, ``sigmoid`` or ``tanh``; the code and the output have none.
    pretrain
        Start from layers that were trained one by one.
    contamination
        Share of the rows given to :meth:`fit` that are anomalies, above 0 and at most 0.5; so many of them
        are flagged. None: they are all normal.
    false_alarms
        Without contamination: share of the held-out rows that is flagged.
    categorical
        Columns that are categories whatever their dtype, by name or position.
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
    model_ : DetectorModel
        The trained model as plain data.
    offset_ : float
        Rows that score below it are flagged.
    report_ : Report
        What happened during training.

    Examples
    --------
    Two sensors that agree; the last reading of the second is within its range but breaks the relation:

    >>> heat = np.random.default_rng(0).normal(size=(500, 1))
    >>> detector = AutoencoderDetector(widths=(1,), steps=300).fit(np.hstack([heat, 2 * heat]))
    >>> detector.predict([[0.5, 1.0], [-1.0, -2.0], [1.0, -2.0]]).tolist()
    [1, 1, -1]
    """

    def __init__(
        self,
        *,
        widths: Sequence[int] | None = None,
        members: int = 4,
        cleared: float = 0.0,
        activation: str = "silu",
        pretrain: bool = False,
        contamination: float | None = None,
        false_alarms: float = 0.01,
        categorical: Sequence[str | int] | None = None,
        steps: int | None = None,
        batch: int | None = None,
        learning_rate: float = 1e-2,
        training: Training | None = None,
        device: str = "auto",
        random_state: Any = 0,
    ) -> None:
        self.widths = widths
        self.members = members
        self.cleared = cleared
        self.activation = activation
        self.pretrain = pretrain
        self.contamination = contamination
        self.false_alarms = false_alarms
        self.categorical = categorical
        self.steps = steps
        self.batch = batch
        self.learning_rate = learning_rate
        self.training = training
        self.device = device
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit to a table of normal rows ``(R, F)``; ``y`` is not looked at."""
        from core.learn.nets.autoencoder import rebuilding
        from core.learn.training.fit import fit_model, folds

        X = self._read(X, reset=True)
        flagged = self._flagged()
        columns = read_columns(X, categorical=self.categorical)
        scaling = fit_scaling(columns.split(X)[0])
        x = flat_inputs(columns, scaling, X)
        how, seed = self._trained_by(), self._seed()
        # All members hold out the same rows: what is usual and the limit are those of their mean.
        kept, held = folds(len(x), 1, share=how.held_out, seed=seed, by_time=how.by_time)
        widths = self.widths or (4 * x.shape[1], max(round(x.shape[1] / 3), 1))
        options = {
            "inputs": x.shape[1], "widths": tuple(widths), "activation": self.activation,
            "cleared": self.cleared,
        }  # fmt: skip
        seeds = seeds_of(seed, self.members)
        model, self.report_ = fit_model(
            "autoencoder", options, {"numbers": x}, kept * self.members, rebuilding, self._plan(len(x)),
            seeds=seeds, batch=self._batch(len(x)), held_out=held * self.members, device=self.device,
            precision=how.precision,
            prepare=(lambda net: self._pretrain(net, x[kept[0]], seeds)) if self.pretrain else None,
        )  # fmt: skip
        judged = x[held[0]] if len(held[0]) else x
        usual = np.maximum(np.sqrt(_squares(model, judged).mean(0)), FINEST)
        self.model_ = DetectorModel(columns, scaling, model, usual)
        misses = _squares(model, x if self.contamination is not None else judged) / usual**2
        self.offset_ = float(np.percentile(-misses.mean(1), 100 * flagged))
        self.n_iter_ = self.report_.steps
        return self

    def _flagged(self) -> float:
        """Share of the rows that the limit flags."""
        if self.contamination is None:
            if not 0 <= self.false_alarms < 1:
                raise ValueError(f"false_alarms: {self.false_alarms} is not a share; try 0.01.")
            return self.false_alarms
        if not 0 < self.contamination <= 0.5:
            raise ValueError(
                f"contamination: {self.contamination} is out of range; give a share above 0, at most 0.5."
            )
        return self.contamination

    def _pretrain(self, net: Any, x: Array, seeds: Sequence[int]) -> None:
        """Let every member start from layers trained one by one, each with the whole budget."""
        from dataclasses import replace

        from core.learn.training.greedy import pretrain, start_from

        widths = [layer.weight.shape[-1] for layer in net.encoder]
        # The checkpoints of the whole network are no others'.
        plan = replace(self._plan(len(x)), checkpoint=None, progress=None)
        for member, seed in enumerate(seeds):
            pairs = pretrain(
                x, widths, plan, seed=seed, batch=self._batch(len(x)), activation=self.activation,
                cleared=self.cleared, linear_code=True, device=self.device,
            )  # fmt: skip
            start_from(net.encoder, pairs, member=member)
            start_from(net.decoder, [pair.turned() for pair in reversed(pairs)], member=member)

    def score_samples(self, X: Any) -> Array:
        """How normal each row is, ``(R,)``: at most 0, about -1 for a usual row."""
        check_is_fitted(self)
        return self.model_.scores(self._read(X, reset=False))

    def decision_function(self, X: Any) -> Array:
        """Score above the limit, ``(R,)``: below 0 for rows that are flagged."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> Array:
        """-1 for rows that are flagged and 1 for others, ``(R,)``."""
        return np.where(self.decision_function(X) < 0, -1, 1)
