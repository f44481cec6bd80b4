"""Deep nets on tables: regression and classification."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from core.learn.columns import Columns, read_columns
from core.learn.estimators.base import Learner, Training, check_number, check_sizes, row_weights, seeds_of
from core.learn.estimators.tasks import Classification, Regression, Target
from core.learn.model import Model
from core.learn.scaling import Scaling, fit_scaling
from core.protocol import Array

if TYPE_CHECKING:
    from core.learn.training.loop import Loss

LINEAR_ROWS = 20_000
"""Rows that the linear shortcut is fitted to; more would not move it."""
SAMPLE_ROWS, HELD_ROWS = 200_000, 200_000
"""Of a file that streams: rows from which scales are learned, and rows that are judged at most."""
ACTIVATIONS = ("relu", "silu", "sigmoid", "tanh", "maxout")
MOST_PIECES = 512
"""Of all numeric columns together: a wide table is encoded more coarsely, for its width costs time."""
STACKED, PUBLISHED = ("mlp", "resnet"), ("tabm", "ft_transformer")
"""Networks of our own, and those of other authors."""
PENALTIES = np.logspace(-3, 7, 21)


@dataclass
class TableModel:
    """A trained stack over a table, as plain data.

    Attributes
    ----------
    columns, scaling
        How to read a table.
    model
        The stack.
    shift, scale
        ``(T,)``: outputs are multiplied and shifted.
    """

    columns: Columns
    scaling: Scaling
    model: Model
    shift: Array
    scale: Array

    def members(self, table: Any) -> Array:
        """Each member's output for a data frame or an array of R rows, ``(M, R, T)``."""
        outputs = self.model.outputs(network_inputs(self.columns, self.scaling, table))
        return outputs.astype(np.float64) * self.scale + self.shift

    def predict(self, table: Any) -> Array:
        """Mean of the members, ``(R, T)``."""
        return np.asarray(self.members(table).mean(0))


def network_inputs(columns: Columns, scaling: Scaling, table: Any) -> dict[str, Array]:
    """Turn a table into ``numbers`` ``(R, F)`` float32 and ``codes`` ``(R, columns)`` int64."""
    numbers, codes = columns.split(table)
    return {"numbers": scaling.apply(numbers), "codes": codes}


class _Deep(Learner):
    def __init__(
        self,
        *,
        net: str = "mlp",
        widths: Sequence[int] = (256, 256),
        members: int = 8,
        dropout: float = 0.1,
        norm: bool = True,
        activation: str = "relu",
        bins: int = 16,
        shortcut: bool = True,
        categorical: Sequence[str | int] | None = None,
        steps: int | None = None,
        batch: int | None = None,
        learning_rate: float = 1e-3,
        training: Training | None = None,
        device: str = "auto",
        random_state: Any = 0,
    ) -> None:
        self.net = net
        self.widths = widths
        self.members = members
        self.dropout = dropout
        self.norm = norm
        self.activation = activation
        self.bins = bins
        self.shortcut = shortcut
        self.categorical = categorical
        self.steps = steps
        self.batch = batch
        self.learning_rate = learning_rate
        self.training = training
        self.device = device
        self.random_state = random_state

    def _target(self, y: Array) -> Target:
        """Learn from the targets what the network is to give."""
        raise NotImplementedError

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit to a table of R rows.

        Parameters
        ----------
        X
            Data frame or array ``(R, F)``; NaN where a value is missing.
        y
            ``(R,)``; a regressor also takes ``(R, T)``.
        sample_weight
            ``(R,)``, what each row counts.
        """
        from core.learn.training.fit import fit_model, folds

        self._check()
        X = self._read(X, reset=True)
        y = self._read_target(X, y)
        target = self._target(y)
        columns = read_columns(X, categorical=self.categorical)
        scaling = fit_scaling(columns.split(X)[0])
        table = {**network_inputs(columns, scaling, X), "y": target.encode(y)}
        if sample_weight is not None:
            table["weight"] = row_weights(sample_weight, X)
        how, seed, rows = self._trained_by(), self._seed(), len(table["y"])
        members = self._members()
        kept, held = folds(rows, members, share=how.held_out, seed=seed, by_time=how.by_time)
        model, self.report_ = fit_model(
            *self._network(columns, scaling, target), table, kept, self._loss(target), self._plan(rows),
            seeds=seeds_of(seed, members), batch=self._batch(rows), held_out=held, device=self.device,
            precision=how.precision, prepare=lambda net: _prepare(net, table, kept),
        )  # fmt: skip
        self._keep(columns, scaling, target, model)
        self.held_out_ = _held_out(model, table, held, target)
        return self

    def fit_parquet(self, path: str | Path, target: str, *, columns: Sequence[str] | None = None) -> Self:
        """Fit to a Parquet file larger than memory: rows stream through a pool of fixed size.

        Levels, scales and classes are learned from a sample of 200,000 rows; the last row groups are held
        out. All members of the stack meet the same rows.

        Parameters
        ----------
        path
            File with at least two row groups, rows in time order.
        target
            Name of its column with the target.
        columns
            Names of the columns to learn from; None for all others.

        Raises
        ------
        ValueError
            When the file has a single row group or lacks a column.
        """
        from core.learn.training import stream
        from core.learn.training.fit import fit_on
        from core.learn.training.rows import HeldOut

        self._check()
        path, how, seed = Path(path), self._trained_by(), self._seed()
        names = stream.columns_of(path, target, columns)
        learn, judge = stream.split_groups(path, share=how.held_out, most=HELD_ROWS)
        some = stream.sample(path, learn, columns=[*names, target], rows=SAMPLE_ROWS)
        X = self._read(some[names], reset=True)
        goal = self._target(some[target].to_numpy())
        known = read_columns(X, categorical=self.categorical)
        scaling = fit_scaling(known.split(X)[0])

        def read(frame: Any) -> dict[str, Array]:
            y = frame[target].to_numpy()
            if (missing := int(frame[target].isna().sum())) > 0:
                raise ValueError(f"{target}: {missing} targets are missing; drop these rows from the file.")
            return {**network_inputs(known, scaling, frame[names]), "y": goal.encode(y)}

        rows, members = stream.rows_of(path, learn), self._members()
        seeds = seeds_of(seed, members)
        held = read(stream.sample(path, judge or learn[-1:], columns=[*names, target], rows=HELD_ROWS))
        everyone = [np.arange(len(held["y"]))] * members
        sampled = read(some)
        model, self.report_ = fit_on(
            lambda device: (
                stream.ParquetRows(
                    path, learn, read, columns=[*names, target], batch=self._batch(rows), seeds=seeds,
                    device=device,
                ),
                HeldOut(held, everyone, device=device) if judge else None,
            ),
            *self._network(known, scaling, goal), self._loss(goal), self._plan(rows), seeds=seeds,
            device=self.device, precision=how.precision,
            prepare=lambda net: _prepare(net, sampled, [np.arange(len(sampled["y"]))] * members),
        )  # fmt: skip
        self._keep(known, scaling, goal, model)
        self.held_out_ = _held_out(model, held, everyone if judge else [np.arange(0)], goal)
        return self

    def _check(self) -> None:
        """Refuse parameters out of range.

        Raises
        ------
        ValueError
            Naming the first of them.
        """
        check_sizes(widths=self.widths)
        check_number("members", self.members, 1, 4096)
        check_number("bins", self.bins, 0, 256)
        check_number("dropout", self.dropout, 0, 0.95)
        if self.activation not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            raise ValueError(f"activation: {self.activation!r} is unknown; choose one of {known}.")
        if self.net not in (*STACKED, *PUBLISHED):
            known = ", ".join((*STACKED, *PUBLISHED))
            raise ValueError(f"net: {self.net!r} is unknown; choose one of {known}.")

    def _members(self) -> int:
        """Nets in the stack: those of other authors train alone, and TabM is a stack by itself."""
        return 1 if self.net in PUBLISHED else self.members

    def _loss(self, target: Target) -> Loss:
        from core.learn.training import losses

        return losses.over_members(target.loss) if self.net == "tabm" else target.loss

    def _network(self, columns: Columns, scaling: Scaling, target: Target) -> tuple[str, dict[str, Any]]:
        """Name the network and what it is built with."""
        sizes = {
            "numbers": scaling.width, "cardinalities": columns.cardinalities, "outputs": len(target.shift)
        }  # fmt: skip
        if self.net in PUBLISHED:
            return self.net, sizes
        return "tabular", {
            **sizes, "bins": min(self.bins, MOST_PIECES // max(scaling.width, 1)), "kind": self.net,
            "widths": tuple(self.widths),
            "activation": self.activation, "norm": self.norm, "dropped": self.dropout,
            "shortcut": self.shortcut,
        }  # fmt: skip

    def _keep(self, columns: Columns, scaling: Scaling, target: Target, model: Model) -> None:
        self.model_ = TableModel(columns, scaling, model, target.shift, target.scale)
        self.n_iter_ = self.report_.steps


def _held_out(
    model: Model, table: Mapping[str, Array], held: Sequence[Array], target: Target
) -> tuple[Array, Array]:
    """Forecasts for held-out rows by members that did not learn from them, and the targets; a row once."""
    inputs = {k: table[k] for k in ("numbers", "codes")}
    asked = np.unique(np.concatenate(held))
    outputs = np.zeros((len(asked), len(target.shift)))
    for m, rows in enumerate(held):
        at = np.searchsorted(asked, rows)
        one = model.outputs({k: v[rows] for k, v in inputs.items()})
        outputs[at] += (one[m] if len(one) == len(held) else one.mean(0)).astype(np.float64)
    times = np.bincount(np.searchsorted(asked, np.concatenate(held)), minlength=len(asked))
    made = outputs / times[:, None] * target.scale + target.shift
    y = table["y"][asked]
    return made, y * target.scale + target.shift if y.ndim == 2 else y


def _prepare(net: Any, table: Mapping[str, Array], kept: Sequence[Array]) -> None:
    """Set what a network takes from the data before it is trained."""
    import torch

    if not hasattr(net, "input"):
        return
    net.input.set_borders(torch.from_numpy(table["numbers"]))
    if net.shortcut is None:
        return
    start = start_ridge if table["y"].ndim == 2 else _start_logistic
    for m, rows in enumerate(kept):
        start(net, m, {k: v[rows[:: len(rows) // LINEAR_ROWS + 1]] for k, v in table.items()})


def start_ridge(net: Any, m: int, table: Mapping[str, Array]) -> None:
    """Let member ``m`` start as a ridge regression: what the net adds must then earn its place."""
    import torch
    from sklearn.linear_model import RidgeCV

    members, device = len(net.noise.seeds), net.output.weight.device
    batch = {k: torch.from_numpy(table[k]).expand(members, *table[k].shape) for k in ("numbers", "codes")}
    with torch.no_grad():
        x = net.input({k: v.to(device) for k, v in batch.items()})[m].cpu().numpy()
    ridge = RidgeCV(PENALTIES).fit(x, table["y"], sample_weight=table.get("weight"))
    _start(net, m, np.atleast_2d(ridge.coef_), np.atleast_1d(ridge.intercept_))


def _start_logistic(net: Any, m: int, table: Mapping[str, Array]) -> None:
    """Let a member start as a logistic regression on the numbers as they are."""
    from sklearn.linear_model import LogisticRegression

    x, outputs = table["numbers"], net.output.weight.shape[-1]
    if not x.shape[1] or len(np.unique(table["y"])) != max(outputs, 2):
        return
    logistic = LogisticRegression(max_iter=500).fit(x, table["y"], sample_weight=table.get("weight"))
    _start(net, m, logistic.coef_, logistic.intercept_)


def _start(net: Any, m: int, slopes: Array, intercept: Array) -> None:
    """Set a member's linear function of the first inputs; ``slopes`` are ``(T, inputs)``."""
    import torch

    with torch.no_grad():
        net.shortcut.weight[m, : slopes.shape[1]] = torch.from_numpy(slopes.T.copy())
        net.output.bias[m] = torch.from_numpy(intercept)


class DeepRegressor(Regression, _Deep):
    """Deep net for one or several numbers.

    Parameters
    ----------
    net
        ``mlp``, ``resnet``, or ``tabm`` and ``ft_transformer`` from their authors' packages, at their own
        default sizes (the parameters from ``widths`` to ``shortcut`` are then not used).
    widths
        Of the hidden layers.
    members
        Nets that are trained as one stack; each holds out another part, and forecasts are averaged.
    dropout
        Share of elements cleared in each hidden layer while training.
    norm
        Batch norm.
    activation
        ``relu``; without norm also ``silu``, ``sigmoid``, ``tanh``, ``maxout``.
    bins
        Most pieces of the piecewise-linear encoding of a number; 0 for none.
    shortcut
        Add a linear function of the inputs, which starts as a ridge or logistic regression.
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
    model_ : TableModel
        The trained model as plain data.
    held_out_ : tuple
        Forecasts by members that had not learned from the row, and the truth, ``(rows, T)`` each.
    report_ : Report
        What happened during training.

    Examples
    --------
    >>> x = np.linspace(-2, 2, 400)[:, None]
    >>> model = DeepRegressor(widths=(32, 32), members=2, steps=200).fit(x, np.sin(2 * x[:, 0]))
    >>> bool(model.score(x, np.sin(2 * x[:, 0])) > 0.95)
    True
    """

    def predict_interval(self, X: Any, *, level: float = 0.9) -> tuple[Array, Array]:
        """Ends of an interval that holds ``level`` of such rows, ``(R,)`` or ``(R, T)`` each.

        Split-conformal over :attr:`held_out_`: as wide as the errors on rows that were held out. These
        errors are a single member's and so a little wide for the mean of the members.

        Raises
        ------
        ValueError
            When too few rows were held out for the level.
        """
        from core.learn.conformal import fit_conformal

        forecast = self.predict(X)
        by_target = forecast.reshape(len(forecast), -1)
        ends = [
            fit_conformal(made, true, level=level).interval(by_target[:, t])
            for t, (made, true) in enumerate(zip(*(part.T for part in self.held_out_), strict=True))
        ]
        low, high = (np.column_stack(end).reshape(forecast.shape) for end in zip(*ends, strict=True))
        return low, high


class DeepClassifier(Classification, _Deep):
    """Deep net for two or more classes.

    Parameters are those of :class:`DeepRegressor`.

    Attributes
    ----------
    classes_
        ``(C,)``.
    held_out_ : tuple
        Log-odds or scores by members that had not learned from the row, and the class's number: what
        :func:`core.learn.calibration.fit_calibration` needs.
    model_ : TableModel
        Gives log-odds ``(R, 1)`` of the second class, or scores ``(R, C)``.

    Examples
    --------
    >>> x = np.linspace(-2, 2, 400)[:, None]
    >>> model = DeepClassifier(widths=(32, 32), members=2, steps=100).fit(x, abs(x[:, 0]) > 1)
    >>> model.predict([[0.0], [1.9]]).tolist()
    [False, True]
    """
