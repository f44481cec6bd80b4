"""What each column of a table added to a forecast, for every kind of model that reads tables."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.learn.boosting import BoostedTrees
from core.learn.estimators.deep import TableModel, network_inputs
from core.learn.explanation import Explanation, integrated_gradients, tree_contributions
from core.protocol import Array


def explain(model: BoostedTrees | TableModel, table: Any, *, output: int = 0, steps: int = 64) -> Explanation:
    """Explain the forecasts for a table, column by column.

    Trees are explained by LightGBM's own contributions. A stack of nets is explained by integrated gradients
    from a row of medians and of categories never met; what the numbers that stand for a column (its pieces,
    its embedding) add is summed.

    Parameters
    ----------
    model
        ``model_`` of a fitted estimator.
    table
        R rows.
    output
        Target or class.
    steps
        Points on the way of the integrated gradients.

    Raises
    ------
    UserError
        When captum is not installed and the model is a net.
    ValueError
        When the model is a published network, or the gradients do not add up with so few steps.

    Examples
    --------
    >>> from core.learn import TreesRegressor
    >>> x = np.random.default_rng(0).random((300, 2))
    >>> found = explain(TreesRegressor(trees=20).fit(x, x[:, 0]).model_, x)
    >>> next(iter(found.importance()))
    'x0'
    """
    if isinstance(model, BoostedTrees):
        return tree_contributions(model.trees.text, model.matrix(table), model.names, output=output)
    if model.model.kind != "tabular":
        raise ValueError(f"model: {model.model.kind} cannot be explained; use an mlp, a resnet or trees.")
    return _explain_net(model, table, output, steps)


def _explain_net(model: TableModel, table: Any, output: int, steps: int) -> Explanation:
    import torch

    net: Any = model.model.net()
    members, width = model.model.members, net.input.width
    inputs = network_inputs(model.columns, model.scaling, table)
    nothing = {
        "numbers": np.zeros((1, model.scaling.width), np.float32),
        "codes": np.zeros_like(inputs["codes"][:1]),
    }

    def entered(rows: dict[str, Array]) -> Array:
        batch = {k: torch.from_numpy(v).expand(members, *v.shape) for k, v in rows.items()}
        with torch.inference_mode():
            return np.asarray(net.input(batch).numpy().transpose(1, 0, 2).reshape(-1, members * width))

    def forward(x: torch.Tensor) -> torch.Tensor:
        y = net.after_input(x.view(-1, members, width).transpose(0, 1))[..., output].mean(0)
        return torch.as_tensor(y * float(model.scale[output]) + float(model.shift[output]))

    names = [str(i) for i in range(members * width)]
    found = integrated_gradients(forward, entered(inputs), entered(nothing)[0], names, steps=steps)
    owner = _owners(model, net.input.columns) * members
    values = np.zeros((len(found.values), len(model.columns.names)))
    np.add.at(values.T, owner, found.values.T)
    return Explanation(model.columns.names, values, found.baseline, found.forecast, found.method)


def _owners(model: TableModel, columns: list[int]) -> list[int]:
    """Position in the table of the column behind each number that enters the net."""
    numeric, gaps = model.columns.numeric, model.scaling.gaps
    behind = [*numeric, *(numeric[g] for g in gaps), *model.columns.categorical]
    return [behind[column] for column in columns]
