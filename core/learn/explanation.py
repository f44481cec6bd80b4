"""What each feature added to a forecast: one format for boosted trees and for nets.

Contributions are measured from a baseline and add up to the forecast. They say what the model made of
its inputs, which is not what would happen if somebody changed them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from core.errors import UserError
from core.protocol import Array

if TYPE_CHECKING:
    import pandas as pd
    import torch

TOLERANCE = 0.01
"""Most that integrated gradients may miss a forecast by, as a share of the largest move off the baseline."""
POINTS_AT_ONCE = 65_536
"""Rows times steps that pass through a net together; it bounds the memory."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Contributions of features to forecasts: ``baseline + values.sum(1) == forecast``, but for :attr:`gap`.

    Attributes
    ----------
    names
        Of the features.
    values
        Contributions in the forecast's unit, ``(rows, features)``.
    baseline
        What the forecast is without any feature, ``(rows,)``.
    forecast
        What the model gave, ``(rows,)``; a classifier's log-odds or margin, not its probability.
    method
        How the contributions were found.

    Raises
    ------
    ValueError
        When shapes do not fit each other.

    Examples
    --------
    >>> values = np.array([[1.0, -2.0], [3.0, 0.0]])
    >>> found = Explanation(("load", "hour"), values, np.full(2, 10.0), np.array([9.0, 13.0]), "by hand")
    >>> found.gap, dict(found.importance())
    (0.0, {'load': 2.0, 'hour': 1.0})
    """

    names: tuple[str, ...]
    values: Array
    baseline: Array
    forecast: Array
    method: str

    def __post_init__(self) -> None:
        rows = self.values.shape[:1]
        if self.values.shape != (*rows, len(self.names)) or self.baseline.shape != rows:
            raise ValueError(
                f"values have shape {self.values.shape} and baseline {self.baseline.shape}: (rows, "
                f"{len(self.names)}) for the {len(self.names)} names and (rows,) are needed"
            )
        if self.forecast.shape != rows:
            raise ValueError(f"forecast has shape {self.forecast.shape}: {rows} is needed, one for each row")

    @property
    def gap(self) -> float:
        """Largest distance between the sum of the parts and the forecast, in the forecast's unit.

        Examples
        --------
        >>> Explanation(("load",), np.array([[1.0]]), np.array([10.0]), np.array([11.5]), "by hand").gap
        0.5
        """
        return float(np.abs(self.baseline + self.values.sum(1) - self.forecast).max(initial=0.0))

    def importance(self) -> Mapping[str, float]:
        """Mean size of each feature's contribution, in the forecast's unit, the largest first.

        Examples
        --------
        >>> values = np.array([[1.0, -2.0], [1.0, 4.0]])
        >>> Explanation(("a", "b"), values, np.zeros(2), values.sum(1), "by hand").importance()
        {'b': 3.0, 'a': 1.0}
        """
        size = np.abs(self.values).mean(0)
        return {self.names[i]: float(size[i]) for i in np.argsort(-size, kind="stable")}

    def to_frame(self) -> pd.DataFrame:
        """One line for each row and feature: ``row``, ``feature``, ``value``, ``baseline``, ``forecast``.

        Examples
        --------
        >>> values = np.array([[1.0, -2.0]])
        >>> found = Explanation(("a", "b"), values, np.zeros(1), values.sum(1), "by hand").to_frame()
        >>> found["feature"].tolist(), found["value"].tolist(), found["forecast"].tolist()
        (['a', 'b'], [1.0, -2.0], [-1.0, -1.0])
        """
        import pandas as pd

        rows, features = self.values.shape
        return pd.DataFrame(
            {
                "row": np.repeat(np.arange(rows), features),
                "feature": np.tile(np.asarray(self.names, dtype=object), rows),
                "value": self.values.ravel(),
                "baseline": np.repeat(self.baseline, features),
                "forecast": np.repeat(self.forecast, features),
            }
        )


def tree_contributions(model: Any, x: ArrayLike, names: Sequence[str], *, output: int = 0) -> Explanation:
    """Shapley values of boosted trees, by LightGBM's own exact algorithm [1]_.

    Parameters
    ----------
    model
        LightGBM's text, such as :attr:`core.learn.trees.Trees.text`, or its ``Booster``. A text must be one
        that this program wrote or verified.
    x
        ``(rows, features)``, as the model predicts on.
    names
        Of the features.
    output
        The class to explain where there are more than two; its margin is the forecast.

    Raises
    ------
    ValueError
        When shapes do not fit or the model has no such output.

    References
    ----------
    .. [1] Lundberg, S. M. et al. (2020), From local explanations to global understanding with explainable AI
       for trees, Nature Machine Intelligence 2, 56-67.

    Examples
    --------
    >>> from core.learn.trees import fit_trees
    >>> x = np.random.default_rng(0).normal(size=(500, 2))
    >>> trees = fit_trees(x, 3 * x[:, 1], trees=20, rng=np.random.default_rng(1))
    >>> found = tree_contributions(trees.text, x, ("idle", "load"))
    >>> next(iter(found.importance())), bool(found.gap < 1e-9)
    ('load', True)
    """
    import lightgbm

    table = _table(x, names)
    booster = lightgbm.Booster(model_str=model) if isinstance(model, str) else model
    outputs = int(booster.num_model_per_iteration())
    _check_output(output, outputs)
    if booster.num_feature() != len(names):
        raise ValueError(f"names are {len(names)}: the model has {booster.num_feature()} features")
    parts = np.asarray(booster.predict(table, pred_contrib=True, num_threads=1))
    own = parts.reshape(len(table), outputs, len(names) + 1)[:, output]
    raw = np.asarray(booster.predict(table, raw_score=True, num_threads=1)).reshape(len(table), outputs)
    return Explanation(tuple(names), own[:, :-1], own[:, -1], raw[:, output], "tree Shapley values")


def integrated_gradients(
    forward: Callable[[torch.Tensor], torch.Tensor],
    x: ArrayLike,
    baseline: ArrayLike,
    names: Sequence[str],
    *,
    steps: int = 64,
    output: int = 0,
    tolerance: float = TOLERANCE,
) -> Explanation:
    """Gradients of a net summed along the straight way from a baseline to each row [1]_.

    Contributions add up to the move of the forecast off the baseline's (completeness [1]_), as far as
    ``steps`` points of Gauss-Legendre quadrature can tell; what is left is checked, and is
    :attr:`Explanation.gap`.

    Parameters
    ----------
    forward
        From ``(rows, features)`` float32 to ``(rows,)``, or to ``(rows, classes)`` of margins, in torch.
    x
        ``(rows, features)``.
    baseline
        A row that stands for "nothing special", ``(features,)``, such as the column means. The answer
        depends on it.
    names
        Of the features.
    steps
        Points on the way.
    output
        The class to explain where ``forward`` gives several.
    tolerance
        Largest gap allowed, as a share of the largest move off the baseline.

    Raises
    ------
    UserError
        When captum is not installed.
    ValueError
        When shapes do not fit, there is no such output, or the gap is above the tolerance.

    References
    ----------
    .. [1] Sundararajan, M., Taly, A. and Yan, Q. (2017), Axiomatic attribution for deep networks, ICML.

    Examples
    --------
    >>> found = integrated_gradients(lambda z: z[:, 0] * z[:, 1], [[2.0, 3.0]], [0.0, 0.0], ("a", "b"))
    >>> found.values.round(4).tolist(), found.forecast.tolist()
    ([[3.0, 3.0]], [6.0])
    """
    import torch

    table, start = _table(x, names), np.asarray(baseline, dtype=np.float64)
    if start.shape != (len(names),):
        raise ValueError(f"baseline has shape {start.shape}: ({len(names)},) is needed, a number a feature")
    if steps < 1:
        raise ValueError(f"steps is {steps}: at least 1 point on the way is needed")
    ends = torch.as_tensor(np.vstack([start, table]).astype(np.float32))
    with torch.no_grad():
        forecast = forward(ends).numpy().astype(np.float64)
    many = forecast.ndim == 2
    _check_output(output, forecast.shape[1] if many else 1)
    forecast = forecast[:, output] if many else forecast
    attribute = _captum().IntegratedGradients(forward).attribute
    parts = [
        attribute(rows, ends[:1], target=output if many else None, n_steps=steps).numpy()
        for rows in torch.split(ends[1:], max(POINTS_AT_ONCE // steps, 1))
        if len(rows)  # an empty table is one empty part, which captum does not take
    ]
    found = Explanation(
        tuple(names),
        np.concatenate([np.zeros((0, len(names))), *parts]),
        np.full(len(table), forecast[0]),
        forecast[1:],
        f"integrated gradients, {steps} steps",
    )
    _check_gap(found, steps, tolerance)
    return found


def _check_gap(found: Explanation, steps: int, tolerance: float) -> None:
    move = np.abs(found.forecast - found.baseline).max(initial=0.0)
    # Float32 leaves some digits of the forecast itself open, however small the move.
    rounding = 1e-5 * np.abs(found.forecast).max(initial=0.0)
    if found.gap > tolerance * move + rounding:
        raise ValueError(
            f"steps is {steps}: the contributions miss a forecast by {found.gap:.3g} where it moved by "
            f"at most {move:.3g}; take more steps or a tolerance above {tolerance}"
        )


def _captum() -> Any:
    """Loaded by name, as it is an extra that type checkers need not find."""
    try:
        return importlib.import_module("captum.attr")
    except ModuleNotFoundError as error:
        raise UserError(
            "explain: captum is not installed and integrated gradients need it; "
            'pip install "sectorlab[explain]" adds it.'
        ) from error


def _table(x: ArrayLike, names: Sequence[str]) -> Array:
    table = np.asarray(x, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] != len(names):
        raise ValueError(f"x has shape {table.shape}: (rows, {len(names)}) is needed for the names given")
    return table


def _check_output(output: int, outputs: int) -> None:
    if not 0 <= output < outputs:
        raise ValueError(f"output is {output}: the model has {outputs}, counted from 0")
