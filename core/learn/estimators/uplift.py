"""Uplift: what a treatment changes, for each row, from a trial or from records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.utils import assert_all_finite, check_consistent_length, column_or_1d
from sklearn.utils.validation import check_is_fitted

from core.learn.columns import Columns, read_columns
from core.learn.estimators.base import Learner, Training, seeds_of
from core.learn.estimators.deep import TableModel, network_inputs, start_ridge
from core.learn.model import Model
from core.learn.scaling import fit_scaling
from core.protocol import Array

if TYPE_CHECKING:
    from torch import Tensor

    from core.learn.training.loop import Loss, Report
    from core.learn.training.rows import Batch

LEAST_CHANCE = 0.01
"""Estimated chances of an arm are not taken to be lower: a single row would decide everything."""
START_ROWS = 200_000
"""Rows that the ridge regression is fitted to: scores are nearly all noise, so more than usual."""
FEWEST_ROWS = 20
"""Of an arm: with fewer, a part that is held out would leave next to none."""


@dataclass(frozen=True)
class _Stack:
    """A trained stack, what it gives for the training rows ``(M, R, T)``, and which each member held out."""

    model: Model
    report: Report
    outputs: Array
    held: Sequence[Array]


class UpliftNet(Learner):
    """Effect of one or several treatments on each row, doubly robust, for effects that are small.

    First a stack of nets with one body and a head for every arm (TARNet; Shalit et al. 2017) forecasts each
    row's outcome under every arm, by the member that has not seen it. From this and the chance of each arm
    follow scores whose mean is the average effect even if the outcomes are forecast badly (AIPW; Robins et
    al. 1994). A second stack is fitted to the scores (DR-learner; Kennedy 2023).

    The second stack starts as a ridge regression whose penalty is chosen by leaving out one row at a time,
    from next to none to one that leaves only the average effect; training stops where held-out scores are met
    best. So without a signal all rows get about the average effect.

    Parameters
    ----------
    control
        Label of the arm that others are compared with. None: the first in sorted order.
    randomised
        Whether arms were drawn by lot with the same chances for all rows. If not, the first stack also
        forecasts the arm (DragonNet; Shi et al. 2019), and all that decided on it must be in the table.
    widths
        Of the hidden layers.
    members
        Nets of a stack, and parts into which the rows are dealt; at least 2.
    dropout
        Share of elements cleared in each hidden layer while training.
    bins
        Pieces of the piecewise-linear encoding of numbers; 0 for none.
    categorical
        Columns that are categories whatever their dtype, by name or position.
    steps, batch, learning_rate
        Budget of each stack in optimiser steps, rows a step, highest rate. None: chosen by the number of
        rows.
    training
        Everything else; see :class:`~core.learn.estimators.base.Training`. ``held_out`` and ``by_time`` are
        not used, as every row is held out by one member.
    device
        ``auto``, ``cpu``, ``cuda``, ``mps`` or ``xpu``.
    random_state
        Seed, or NumPy ``RandomState``.

    Attributes
    ----------
    arms_
        Labels, the control first.
    average_, average_error_
        ``(arms - 1,)``: average effects over the training rows, and their standard errors, for rows that are
        independent of each other.
    chances_
        ``(R, arms)``: chance of each arm for the training rows; near 0 or 1, there is nobody to compare with.
    model_ : TableModel
        The trained effects as plain data.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x, mailed = rng.normal(size=(800, 2)), rng.integers(0, 2, 800)
    >>> bought = x[:, 1] + mailed * (x[:, 0] > 0) + 0.3 * rng.normal(size=800)
    >>> model = UpliftNet(widths=(16,), members=2, steps=100).fit(x, mailed, bought)
    >>> model.predict_uplift([[-1.0, 0.0], [1.0, 0.0]]).round(0).ravel().tolist()
    [0.0, 1.0]
    """

    _passes = 20

    def __init__(
        self,
        *,
        control: Any = None,
        randomised: bool = True,
        widths: Sequence[int] = (64, 64),
        members: int = 5,
        dropout: float = 0.1,
        bins: int = 4,
        categorical: Sequence[str | int] | None = None,
        steps: int | None = None,
        batch: int | None = None,
        learning_rate: float = 2e-3,
        training: Training | None = None,
        device: str = "auto",
        random_state: Any = 0,
    ) -> None:
        self.control = control
        self.randomised = randomised
        self.widths = widths
        self.members = members
        self.dropout = dropout
        self.bins = bins
        self.categorical = categorical
        self.steps = steps
        self.batch = batch
        self.learning_rate = learning_rate
        self.training = training
        self.device = device
        self.random_state = random_state

    def fit(self, X: Any, treatment: Any, y: Any) -> Self:
        """Fit to R rows.

        Parameters
        ----------
        X
            Data frame or array ``(R, F)`` of what was known before the treatment; NaN where missing.
        treatment
            ``(R,)``: label of the arm each row was in.
        y
            ``(R,)``: outcome, a number or 0 and 1.

        Raises
        ------
        ValueError
            When there are fewer than two arms, an arm has too few rows, or the outcome is no number.
        """
        from core.learn.training import losses

        if self.members < 2:
            raise ValueError(f"members: {self.members} leaves no row held out; give at least 2.")
        X = self._read(X, reset=True)
        arm, y = self._arm(treatment, X), _outcome(y, X)
        columns = read_columns(X, categorical=self.categorical)
        scaling = fit_scaling(columns.split(X)[0])
        inputs = network_inputs(columns, scaling, X)
        seeds = seeds_of(self._seed(), 3)
        outcomes = self._outcomes(columns, inputs, arm, y, seeds[0])
        self.chances_ = self._chances(columns, inputs, arm, seeds[1])
        scores = aipw(outcomes, self.chances_, arm, y)
        self.average_ = scores.mean(0)
        self.average_error_ = scores.std(0, ddof=1) / np.sqrt(len(scores))
        spread = np.where(scores.std(0) > 0, scores.std(0), 1.0)
        target = ((scores - self.average_) / spread).astype(np.float32)
        stack = self._stack(columns, inputs, {"y": target}, losses.squared, target.shape[1], seeds[2])
        self.report_ = stack.report
        self.model_ = TableModel(columns, scaling, stack.model, self.average_, spread)
        self.n_iter_ = self.report_.steps
        return self

    def predict_uplift(self, X: Any) -> Array:
        """Effect of each arm beside the control, in the order of ``arms_``: ``(R, arms - 1)``."""
        check_is_fitted(self)
        return self.model_.predict(self._read(X, reset=False))

    def _arm(self, treatment: Any, X: Any) -> Array:
        """Read the arm of each row as a number ``(R,)``; 0 is the control."""
        treatment = column_or_1d(treatment)
        check_consistent_length(X, treatment)
        labels, arm, rows = np.unique(treatment, return_inverse=True, return_counts=True)
        if len(labels) < 2:
            raise ValueError(
                f"treatment: has {len(labels)} arm; give rows of a control and of at least one more."
            )
        if rows.min() < FEWEST_ROWS:
            few = labels[rows.argmin()]
            raise ValueError(
                f"treatment: arm {few!r} has {rows.min()} rows; give at least {FEWEST_ROWS}, or drop it."
            )
        control = labels[0] if self.control is None else self.control
        if control not in labels:
            shown = ", ".join(map(repr, labels[:12].tolist()))
            raise ValueError(f"control: {control!r} is no arm; choose one of {shown}.")
        order = np.argsort(labels != control, kind="stable")
        self.arms_ = labels[order]
        return np.asarray(np.argsort(order)[arm])

    def _outcomes(
        self, columns: Columns, inputs: Mapping[str, Array], arm: Array, y: Array, seed: int
    ) -> Array:
        """Forecast each row's outcome under every arm by nets that have not seen it, ``(R, arms)``."""
        centre, spread = y.mean(), y.std() or 1.0
        target = {"y": ((y - centre) / spread).astype(np.float32)[:, None], "arm": arm}
        stack = self._stack(columns, inputs, target, factual, len(self.arms_), seed)
        return np.asarray(_held_out(stack.outputs, stack.held) * spread + centre)

    def _chances(self, columns: Columns, inputs: Mapping[str, Array], arm: Array, seed: int) -> Array:
        """Chance of each arm, ``(R, arms)``; forecast where lots were not drawn."""
        shares = np.bincount(arm) / len(arm)
        if self.randomised:
            return np.tile(shares, (len(arm), 1))
        from core.learn.training import losses

        stack = self._stack(columns, inputs, {"y": arm}, losses.classes, len(shares), seed)
        odds = np.exp(stack.outputs - stack.outputs.max(-1, keepdims=True))
        chances = _held_out(odds / odds.sum(-1, keepdims=True), stack.held)
        return np.maximum(chances, LEAST_CHANCE)

    def _stack(
        self,
        columns: Columns,
        inputs: Mapping[str, Array],
        target: Mapping[str, Array],
        loss: Loss,
        outputs: int,
        seed: int,
    ) -> _Stack:
        """Train a stack whose members hold out every row once."""
        from core.learn.training.fit import fit_model, folds

        table, rows = {**inputs, **target}, len(target["y"])
        part = -(-rows // self.members) / rows
        kept, held = folds(rows, self.members, share=part, seed=seed)
        options = {
            "numbers": inputs["numbers"].shape[1], "cardinalities": columns.cardinalities, "bins": self.bins,
            "outputs": outputs, "widths": tuple(self.widths), "dropped": self.dropout, "shortcut": True,
        }  # fmt: skip
        model, report = fit_model(
            "tabular", options, table, kept, loss, self._plan(rows), seeds=seeds_of(seed, self.members),
            batch=self._batch(rows), held_out=held, device=self.device,
            precision=self._trained_by().precision, prepare=lambda net: _prepare(net, table, kept),
        )  # fmt: skip
        return _Stack(model, report, model.outputs(inputs).astype(np.float64), held)


def factual(output: Tensor, batch: Batch) -> Tensor:
    """Squared error under the arm that was given.

    Output ``(M, B, arms)``, ``y`` ``(M, B, 1)``, ``arm`` ``(M, B)`` int64.
    """
    forecast = output.gather(-1, batch["arm"][..., None])
    return (forecast - batch["y"]).square().mean(-1)


def aipw(outcomes: Array, chances: Array, arm: Array, y: Array) -> Array:
    """Scores whose mean is each arm's average effect against arm 0: ``(R, arms - 1)``.

    Right on average if either the outcomes or the chances are (Robins et al. 1994).

    Parameters
    ----------
    outcomes, chances
        Forecast outcome under each arm, and chance of it, ``(R, arms)``.
    arm, y
        What was given, and the outcome, ``(R,)``.

    Examples
    --------
    >>> none, half = np.zeros((4, 2)), np.full((4, 2), 0.5)
    >>> aipw(none, half, np.array([0, 1, 0, 1]), np.array([1.0, 3.0, 2.0, 5.0])).mean().item()
    2.5
    """
    given = np.arange(outcomes.shape[1]) == arm[:, None]
    scores = outcomes + given * (y[:, None] - outcomes) / chances
    return np.asarray(scores[:, 1:] - scores[:, :1])


def _held_out(outputs: Array, held: Sequence[Array]) -> Array:
    """Mean over the members that held a row out: ``(M, R, T)`` to ``(R, T)``."""
    total, count = np.zeros(outputs.shape[1:]), np.zeros((outputs.shape[1], 1))
    for member, rows in zip(outputs, held, strict=True):
        total[rows] += member[rows]
        count[rows] += 1
    return np.asarray(total / count)


def _prepare(net: Any, table: Mapping[str, Array], kept: Sequence[Array]) -> None:
    """Let each member start as a ridge regression, the same for all arms."""
    import torch

    net.input.set_borders(torch.from_numpy(table["numbers"]))
    if table["y"].ndim == 1:  # arms, not numbers
        return
    for m, rows in enumerate(kept):
        some = rows[:: len(rows) // START_ROWS + 1]
        start_ridge(net, m, {k: table[k][some] for k in ("numbers", "codes", "y")})


def _outcome(y: Any, X: Any) -> Array:
    y = column_or_1d(y, dtype=np.float64, input_name="y")
    assert_all_finite(y, input_name="y")
    check_consistent_length(X, y)
    return np.asarray(y)
