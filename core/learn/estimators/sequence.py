"""Deep nets on histories: forecasts from a row and the rows before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from core.learn.columns import Columns, read_columns
from core.learn.estimators.base import Learner, Training, row_weights, seeds_of
from core.learn.estimators.deep import TableModel, network_inputs
from core.learn.estimators.tasks import Classification, Regression, Target
from core.learn.scaling import Scaling, fit_scaling
from core.learn.windows import Histories, entity_position, read_histories, read_sequences, windows
from core.protocol import Array

NETS = ("lstm", "gru", "tcn")
CHUNK = 1024
"""Windows that are written out together in a forecast."""
HELD_ROWS = 4096
"""Held-out rows that are looked at, spread evenly: with more, a long table's looks outlast its training."""


@dataclass
class SequenceModel(TableModel):
    """A trained stack over histories, as plain data.

    Attributes
    ----------
    columns, scaling, model, shift, scale
        As in :class:`~core.learn.estimators.deep.TableModel`.
    window
        Rows that a forecast looks back on, its own included.
    entity
        Column that says whose row it is, or None.
    """

    window: int
    entity: str | int | None

    def members(self, table: Any) -> Array:
        """Each member's output ``(M, N, T)`` for a table of N rows or for N sequences."""
        past = histories(table, self.entity)
        inputs = window_inputs(self.columns, self.scaling, past, self.window)
        pieces = np.split(past.asked, range(CHUNK, len(past.asked), CHUNK))
        outputs = [self.model.outputs({k: v[piece] for k, v in inputs.items()}) for piece in pieces]
        return np.concatenate(outputs, 1).astype(np.float64) * self.scale + self.shift


def histories(table: Any, entity: str | int | None) -> Histories:
    """Read rows in time order, or ready-made sequences ``(N, S, F)``."""
    return read_sequences(table) if np.ndim(table) == 3 else read_histories(table, entity)


def window_inputs(columns: Columns, scaling: Scaling, past: Histories, steps: int) -> dict[str, Array]:
    """Windows over ``numbers`` and ``codes``, ``(R, steps, ...)``, and the ``length`` ``(R,)`` of each."""
    flat = network_inputs(columns, scaling, past.table)
    return {**{k: windows(v, steps) for k, v in flat.items()}, "length": np.minimum(past.known, steps)}


class _Sequence(Learner):
    def __init__(
        self,
        *,
        net: str = "lstm",
        window: int = 24,
        entity: str | int | None = None,
        width: int = 64,
        layers: int = 1,
        members: int = 1,
        dropout: float = 0.0,
        categorical: Sequence[str | int] | None = None,
        steps: int | None = None,
        batch: int | None = 64,
        learning_rate: float = 3e-3,
        training: Training | None = None,
        device: str = "auto",
        random_state: Any = 0,
    ) -> None:
        self.net = net
        self.window = window
        self.entity = entity
        self.width = width
        self.layers = layers
        self.members = members
        self.dropout = dropout
        self.categorical = categorical
        self.steps = steps
        self.batch = batch
        self.learning_rate = learning_rate
        self.training = training
        self.device = device
        self.random_state = random_state

    def _trained_by(self) -> Training:
        # What is forecast lies after what was learned, and neighbouring windows share most of their rows.
        return self.training if self.training is not None else Training(by_time=self._in_time, clip=1.0)

    def _target(self, y: Array) -> Target:
        """Learn from the targets what the network is to give."""
        raise NotImplementedError

    def _read(self, X: Any, *, reset: bool) -> Any:
        """Check a table in time order, or sequences ``(N, S, F)``."""
        if hasattr(X, "iloc") or np.asarray(X).ndim != 3:
            return super()._read(X, reset=reset)
        sequences = np.asarray(X, np.float64)
        super()._read(sequences.reshape(-1, sequences.shape[2]), reset=reset)
        return sequences

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit to a table in time order or to ready-made sequences.

        Parameters
        ----------
        X
            Data frame or array ``(N, F)``, the oldest row first; or array ``(N, S, F)``.
        y
            ``(N,)``; a regressor also takes ``(N, T)``.
        sample_weight
            ``(N,)``, what each forecast counts.
        """
        from core.learn import devices
        from core.learn.training.fit import fit_model, folds
        from core.learn.training.windows import resident

        X = self._read(X, reset=True)
        y = self._read_target(X, y)
        target, self._in_time = self._target(y), np.ndim(X) != 3
        window = self._checked_window(X)
        past = histories(X, self.entity)
        columns = read_columns(past.table, categorical=self._categorical(X))
        scaling = fit_scaling(columns.split(past.table)[0])
        where = devices.torch_device(self.device)
        inputs = window_inputs(columns, scaling, past, window)
        table: dict[str, Any] = {k: resident(v, where) for k, v in inputs.items()}
        table["y"] = _spread(target.encode(y), past)
        if sample_weight is not None:
            table["weight"] = _spread(row_weights(sample_weight, X), past)
        how, seed = self._trained_by(), self._seed()
        kept, held = folds(len(y), self.members, share=how.held_out, seed=seed, by_time=how.by_time)
        # bf16 pays for an LSTM of any width: its kernel converts the weights once for all steps.
        width = devices.WIDE if self.net == "lstm" else self.width
        model, self.report_ = fit_model(
            "sequence", self._options(columns, scaling, target, window), table,
            [past.asked[rows] for rows in kept], target.loss, self._plan(len(y)),
            seeds=seeds_of(seed, self.members), batch=self._batch(len(y)),
            held_out=[past.asked[rows[:: len(rows) // HELD_ROWS + 1]] for rows in held], device=self.device,
            precision=devices.pick_precision(how.precision, where, width),
        )  # fmt: skip
        self.model_ = SequenceModel(columns, scaling, model, target.shift, target.scale, window, self.entity)
        self.n_iter_ = self.report_.steps
        return self

    def _options(self, columns: Columns, scaling: Scaling, target: Target, window: int) -> dict[str, Any]:
        return {
            "numbers": scaling.width, "cardinalities": columns.cardinalities, "outputs": len(target.shift),
            "kind": self.net, "width": self.width, "layers": self._depth(window), "dropped": self.dropout,
        }  # fmt: skip

    def _checked_window(self, X: Any) -> int:
        if self.net not in NETS:
            raise ValueError(f"net: {self.net!r} is unknown; choose one of {', '.join(NETS)}.")
        if self.window < 1:
            raise ValueError(f"window: {self.window} rows are too few; give at least 1, the row itself.")
        return self.window if self._in_time else np.shape(X)[1]

    def _categorical(self, X: Any) -> list[str | int]:
        """Categorical columns as they stand once the entity's column is gone."""
        chosen = list(self.categorical or ())
        if self.entity is None or not self._in_time:
            return chosen
        at = entity_position(X, self.entity)
        return [c - (c > at) if isinstance(c, int) else c for c in chosen if c not in (at, self.entity)]

    def _depth(self, window: int) -> int:
        if self.net != "tcn":
            return self.layers
        from core.learn.nets.sequence import tcn_reach

        return next(layers for layers in range(1, 64) if tcn_reach(layers) >= window)


def _spread(values: Array, past: Histories) -> Array:
    """Put what belongs to the forecast rows ``(N, ...)`` where these stand among all rows ``(R, ...)``."""
    spread = np.zeros((len(past.known), *values.shape[1:]), values.dtype)
    spread[past.asked] = values
    return spread


class SequenceRegressor(Regression, _Sequence):
    """Forecast one or several numbers from a row and the rows before it.

    A table holds the oldest row first. The forecast of a row uses this row and those before it, never a
    later one; the first rows of a table, or of an entity, have short histories. For a forecast of new rows
    give the ``window - 1`` rows before them along. Rows count as equally far apart; where they are not, give
    the time between them as a column.

    Ready-made sequences ``(N, S, F)`` have one target each; shorter ones end in rows of NaN. They are used
    whole, in any order, and ``window`` and ``entity`` have no meaning for them.

    Parameters
    ----------
    net
        ``lstm``, ``gru`` or ``tcn``.
    window
        Rows that a forecast looks back on, its own included.
    entity
        Column that says whose row it is, by name or position; it is no input. None: one history.
    width
        Of the layers.
    layers
        Of ``lstm`` and ``gru``; a ``tcn`` has as many as its window needs.
    members
        Nets that are trained beside each other; forecasts are averaged.
    dropout
        Share of elements cleared after each layer while training.
    categorical
        Columns that are categories whatever their dtype, by name or position.
    steps, batch, learning_rate
        Budget in optimiser steps, windows a step, highest rate. None: chosen by the number of rows.
    training
        Everything else; see :class:`~core.learn.estimators.base.Training`. None: gradients are clipped at 1
        and the last rows of a table are held out (of sequences, some at random).
    device
        ``auto``, ``cpu``, ``cuda``, ``mps`` or ``xpu``.
    random_state
        Seed, or NumPy ``RandomState``.

    Attributes
    ----------
    model_ : SequenceModel
        The trained model as plain data.
    report_ : Report
        What happened during training.

    Examples
    --------
    The sum of the last three rows:

    >>> x = np.random.default_rng(0).normal(size=(600, 1))
    >>> y = np.convolve(x[:, 0], np.ones(3))[:600]
    >>> model = SequenceRegressor(net="tcn", window=4, width=16, steps=150).fit(x, y)
    >>> bool(model.score(x, y) > 0.9)
    True
    """


class SequenceClassifier(Classification, _Sequence):
    """Classify a row by itself and the rows before it.

    Parameters are those of :class:`SequenceRegressor`.

    Attributes
    ----------
    classes_
        ``(C,)``.
    model_ : SequenceModel
        Gives log-odds ``(N, 1)`` of the second class, or scores ``(N, C)``.

    Examples
    --------
    Whether the row before was above zero:

    >>> x = np.random.default_rng(0).normal(size=(600, 1))
    >>> y = np.r_[False, x[:-1, 0] > 0]
    >>> model = SequenceClassifier(window=4, width=16, steps=100, learning_rate=1e-2).fit(x, y)
    >>> bool(model.score(x, y) > 0.9)
    True
    """
