"""A table cut into LightGBM's bins once, to be learned from many times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.learn.trees import Trees, kept, load_lightgbm, same_options
from core.protocol import Array

BINNING: Mapping[str, Any] = {
    # Otherwise columns that one setting cannot split are lost to all the others.
    "feature_pre_filter": False,
    # Otherwise it follows the seed of the first setting, and long tables are binned by a sample of rows.
    "data_random_seed": 1,
}
"""What LightGBM must be told of the bins, so that every setting can use them."""


class Bins:
    """A binned table, its target and weights.

    Cutting into bins took 22 to 24 % of the time of 50 trees on 1 M rows and 20 columns, so a sweep over
    settings cuts once. Models are the same to the bit as from a table cut anew for each.

    Parameters
    ----------
    x
        ``(rows, columns)`` of numbers, NaN where missing.
    y
        ``(rows,)`` numbers, or classes counted from 0.
    weights
        ``(rows,)``, positive; all 1 where not given.
    categorical
        Positions of columns that hold codes of categories.
    threads
        How many cut the bins; they do not change them.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(0, 1, 200)[:, None]
    >>> bins = Bins(x, (x[:, 0] > 0.5).astype(float))
    >>> [bins.train({"learning_rate": rate}, trees=3).predict(x[-1:]).round(2).item() for rate in (0.1, 0.5)]
    [0.64, 0.94]
    """

    def __init__(
        self,
        x: Array,
        y: Array,
        *,
        weights: Array | None = None,
        categorical: Sequence[int] = (),
        threads: int = 1,
    ) -> None:
        options = {**same_options(threads), **BINNING}
        self._data = load_lightgbm().Dataset(
            x, y, weight=weights, categorical_feature=list(categorical), params=options
        )
        self._data.construct()

    def train(self, options: Mapping[str, Any], *, trees: int, threads: int = 1) -> Trees:
        """Boost by LightGBM's ``options`` for ``trees`` rounds; ``threads`` do not change the model."""
        full = {**options, **BINNING, **same_options(threads)}
        return kept(load_lightgbm().train(full, self._data, num_boost_round=trees), full)

    def train_until(
        self,
        options: Mapping[str, Any],
        *,
        fitted: Array,
        watched: Array,
        trees: int,
        patience: int,
        threads: int = 1,
    ) -> tuple[Trees, int]:
        """Boost on some rows until the loss of others has not fallen for ``patience`` rounds.

        Parameters
        ----------
        options
            LightGBM's.
        fitted, watched
            Sorted positions of rows.
        trees
            Rounds at most.
        patience
            Rounds.
        threads
            They do not change the model.

        Returns
        -------
        tuple
            The model up to its best round, and the number of that round.
        """
        lightgbm = load_lightgbm()
        full = {**options, **BINNING, **same_options(threads)}
        booster = lightgbm.train(
            full,
            self._data.subset(fitted),
            num_boost_round=trees,
            valid_sets=[self._data.subset(watched)],
            callbacks=[lightgbm.early_stopping(patience, verbose=False)],
        )
        return kept(booster, full), int(booster.best_iteration)
