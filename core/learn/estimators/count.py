"""Counts: demand, claims, failures, visits."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import assert_all_finite, check_consistent_length, column_or_1d
from sklearn.utils.validation import check_is_fitted

from core.learn.columns import Columns, read_columns
from core.learn.estimators.base import Learner, Training, row_weights, seeds_of
from core.learn.estimators.deep import network_inputs
from core.learn.model import Model
from core.learn.scaling import Scaling, fit_scaling
from core.protocol import Array

PENALTIES = (1.0, 10.0, 100.0, 1000.0, 10000.0)
"""Of squared weights against the log-likelihood of all rows, for the model that a net starts from."""
START_ROWS = 20_000
"""Rows which that model is fitted to; more would not move it."""
POISSON_BELOW = 1e-6
"""Dispersion below which a count of 10,000 is as good as Poisson, and the other formula would lose digits."""
EXCESS = (0.01, 10.0)
"""Bounds of the dispersion that training starts from."""


@dataclass
class CountTable:
    """A trained stack of count nets as plain data.

    Attributes
    ----------
    columns, scaling
        How to read a table.
    model
        The stack: log-rate and, unless Poisson, log-dispersion.
    """

    columns: Columns
    scaling: Scaling
    model: Model

    def predict(self, table: Any, exposure: Array | float = 1.0) -> tuple[Array, Array]:
        """Mean and dispersion of the count of each of R rows, ``(R,)`` both.

        The members are mixed: the variance ``mean + dispersion * mean**2`` holds what they expect and how
        far they disagree.
        """
        from core.learn.training.count_loss import LARGEST, SMALLEST, STEEPEST

        outputs = self.model.outputs(network_inputs(self.columns, self.scaling, table)).astype(np.float64)
        means = np.exp(np.clip(outputs[..., 0], -STEEPEST, STEEPEST))
        mean = means.mean(0)
        second = means**2
        if outputs.shape[-1] == 2:
            second = second * (1 + np.exp(np.clip(outputs[..., 1], SMALLEST, LARGEST)))
        # The exposure multiplies every member's mean, so it leaves the dispersion as it is.
        return mean * exposure, np.maximum(second.mean(0) / mean**2 - 1, 0.0)


class CountNet(RegressorMixin, Learner):  # type: ignore[misc]  # scikit-learn ships no types
    """Deep net for counts: negative binomial with a log link (NB2; Cameron and Trivedi 2013).

    Parameters
    ----------
    poisson
        Variance equal to the mean, instead of a dispersion that is learned for each row.
    widths
        Of the hidden layers.
    members
        Nets that are trained as one stack; each holds out another part, and forecasts are mixed.
    dropout
        Share of elements cleared in each hidden layer while training.
    bins
        Pieces of the piecewise-linear encoding of numbers; 0 for none.
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
    model_ : CountTable
        The trained model as plain data.
    report_ : Report
        What happened during training.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.uniform(-1, 1, (600, 1))
    >>> sold = rng.poisson(np.exp(1 + x[:, 0]))
    >>> model = CountNet(widths=(16,), members=2, steps=150, learning_rate=0.01).fit(x, sold)
    >>> model.predict_quantiles([[0.0]], [0.05, 0.95]).tolist()
    [[0.0, 6.0]]
    """

    def __init__(
        self,
        *,
        poisson: bool = False,
        widths: Sequence[int] = (128, 128),
        members: int = 8,
        dropout: float = 0.1,
        bins: int = 16,
        categorical: Sequence[str | int] | None = None,
        steps: int | None = None,
        batch: int | None = None,
        learning_rate: float = 2e-3,
        training: Training | None = None,
        device: str = "auto",
        random_state: Any = 0,
    ) -> None:
        self.poisson = poisson
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

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = True
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, exposure: Any = None) -> Self:
        """Fit to a table of R rows.

        Parameters
        ----------
        X
            Data frame or array ``(R, F)``; NaN where a value is missing.
        y
            ``(R,)``, from 0 up.
        sample_weight
            ``(R,)``, what each row counts.
        exposure
            ``(R,)``, above 0: what the mean is proportional to (days on sale, people, metres). None: 1.

        Raises
        ------
        ValueError
            When a count is negative or an exposure not positive.
        """
        from core.learn.training import count_loss
        from core.learn.training.fit import fit_model, folds

        X = self._read(X, reset=True)
        y = _counts(y, X)
        columns = read_columns(X, categorical=self.categorical)
        scaling = fit_scaling(columns.split(X)[0])
        table = {**network_inputs(columns, scaling, X), "y": y.astype(np.float32)}
        table["log_exposure"] = np.log(_exposure(exposure, len(y))).astype(np.float32)
        if sample_weight is not None:
            table["weight"] = row_weights(sample_weight, X)
        options = {
            "numbers": scaling.width, "cardinalities": columns.cardinalities, "bins": self.bins,
            "outputs": 1 if self.poisson else 2, "widths": tuple(self.widths),
            "dropped": self.dropout, "shortcut": True,
        }  # fmt: skip
        how, seed = self._trained_by(), self._seed()
        kept, held = folds(len(y), self.members, share=how.held_out, seed=seed, by_time=how.by_time)
        loss = count_loss.poisson if self.poisson else count_loss.negative_binomial
        model, self.report_ = fit_model(
            "tabular", options, table, kept, loss, self._plan(len(y)), seeds=seeds_of(seed, self.members),
            batch=self._batch(len(y)), held_out=held, device=self.device, precision=how.precision,
            prepare=lambda net: _prepare(net, table, kept),
        )  # fmt: skip
        self.model_ = CountTable(columns, scaling, model)
        self.n_iter_ = self.report_.steps
        return self

    def predict(self, X: Any, *, exposure: Any = None) -> Array:
        """Expected count of each row, ``(R,)``."""
        return self._forecast(X, exposure)[0]

    def predict_dispersion(self, X: Any) -> Array:
        """Dispersion of each row, ``(R,)``: the variance is ``mean + dispersion * mean**2``."""
        return self._forecast(X, None)[1]

    def predict_quantiles(self, X: Any, levels: Sequence[float], *, exposure: Any = None) -> Array:
        """Smallest counts that are not exceeded with at least these probabilities, ``(R, levels)``.

        Raises
        ------
        ValueError
            When a level is no probability.
        """
        share = np.asarray(levels, np.float64)
        if not ((share > 0) & (share < 1)).all():
            raise ValueError(
                f"levels: {list(levels)} are not all probabilities; give numbers between 0 and 1."
            )
        mean, dispersion = self._forecast(X, exposure)
        return quantiles(mean[:, None], dispersion[:, None], share)

    def _forecast(self, X: Any, exposure: Any) -> tuple[Array, Array]:
        check_is_fitted(self)
        X = self._read(X, reset=False)
        return self.model_.predict(X, _exposure(exposure, len(X)))


def quantiles(mean: Array, dispersion: Array, levels: Array) -> Array:
    """Exact quantiles of the negative binomial, or of Poisson where the dispersion is 0; shapes broadcast.

    Examples
    --------
    >>> quantiles(np.array([4.0]), np.array([0.0, 0.5]), np.array([0.9])).tolist()
    [7.0, 9.0]
    """
    from scipy import stats

    size = 1 / np.maximum(dispersion, POISSON_BELOW)
    found = stats.nbinom.ppf(levels, size, size / (size + mean))
    return np.asarray(np.where(dispersion > POISSON_BELOW, found, stats.poisson.ppf(levels, mean)))


def _counts(y: Any, X: Any) -> Array:
    """Check the target, ``(R,)`` float64."""
    y = column_or_1d(y, dtype=np.float64, input_name="y", warn=True)
    assert_all_finite(y, input_name="y")
    check_consistent_length(X, y)
    if len(y) < 2:
        raise ValueError("y: n_samples=1 is too few to learn from; give at least 2 rows.")
    if (y < 0).any():
        raise ValueError(f"y: {y.min():g} is no count; give numbers from 0 up.")
    return np.asarray(y)


def _exposure(exposure: Any, rows: int) -> Array:
    """``(rows,)`` float64, above 0."""
    if exposure is None:
        return np.ones(rows)
    found = np.asarray(exposure, np.float64)
    if found.shape != (rows,):
        raise ValueError(f"exposure: has shape {found.shape}; give one number for each of the {rows} rows.")
    if not ((found > 0) & np.isfinite(found)).all():
        raise ValueError(
            f"exposure: {found.min():g} is among them; leave out rows whose exposure is not above 0."
        )
    return found


def _prepare(net: Any, table: Mapping[str, Array], kept: Sequence[Array]) -> None:
    """Let each member start as a log-linear model: what the net adds must then earn its place."""
    import torch

    net.input.set_borders(torch.from_numpy(table["numbers"]))
    for m, rows in enumerate(kept):
        _start_log_linear(net, m, {k: v[rows[:: len(rows) // START_ROWS + 1]] for k, v in table.items()})


def _start_log_linear(net: Any, m: int, table: Mapping[str, Array]) -> None:
    import torch

    members, y = len(net.noise.seeds), table["y"].astype(np.float64)
    exposure = np.exp(table["log_exposure"].astype(np.float64))
    batch = {k: torch.from_numpy(table[k]).expand(members, *table[k].shape) for k in ("numbers", "codes")}
    device = net.output.weight.device
    with torch.no_grad():
        x = net.input({k: v.to(device) for k, v in batch.items()})[m].cpu().numpy().astype(np.float64)
        # Rates weighted by exposure have the likelihood of counts with an offset.
        # Half a count is spread over all rows: the logarithm of no sales at all is not a number.
        line = _log_linear(x, (y + 0.5 / len(y)) / exposure, exposure * table.get("weight", 1.0))
        net.shortcut.weight[m, :, 0] = torch.from_numpy(line.coef_)
        net.output.bias[m, :, 0] = float(line.intercept_)
        if net.output.bias.shape[-1] == 2:
            mean = line.predict(x) * exposure
            excess = ((y - mean) ** 2 - y).sum() / max((mean**2).sum(), 1e-12)
            net.output.bias[m, :, 1] = math.log(np.clip(excess, *EXCESS))


def _log_linear(x: Array, rate: Array, weight: Array) -> Any:
    """Poisson regression; every fourth row chooses how much it shrinks."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import PoissonRegressor

    def fit(penalty: float, rows: Array) -> Any:
        model = PoissonRegressor(alpha=penalty / len(rows), solver="newton-cholesky")
        with warnings.catch_warnings():
            # What the net starts from need not be exact.
            warnings.simplefilter("ignore", ConvergenceWarning)
            return model.fit(x[rows], rate[rows], weight[rows])

    rows = np.arange(len(rate))
    learn, judge = rows[rows % 4 != 3], rows[rows % 4 == 3]

    def miss(penalty: float) -> float:
        mean = fit(penalty, learn).predict(x[judge])
        return float((weight[judge] * (mean - rate[judge] * np.log(mean))).sum())

    return fit(min(PENALTIES, key=miss), rows)
