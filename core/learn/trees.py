"""Gradient-boosted trees by LightGBM, kept as text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.protocol import Array, Rng


@dataclass
class Trees:
    """A boosted model of one target.

    ``text`` is LightGBM's own format. It is parsed only after the store has verified its sha256, because
    a damaged text can end the process.
    """

    text: str
    _booster: Any = field(default=None, init=False, repr=False, compare=False)

    def predict(self, x: Array) -> Array:
        """``(rows, features)`` to ``(rows,)``."""
        if self._booster is None:
            import lightgbm

            self._booster = lightgbm.Booster(model_str=self.text)
        return np.asarray(self._booster.predict(x, num_threads=1))

    def __getstate__(self) -> dict[str, Any]:
        """Leave the parsed model behind when copied or sent."""
        return {"text": self.text, "_booster": None}


def fit_trees(
    x: Array,
    y: Array,
    *,
    trees: int,
    rng: Rng,
    leaves: int = 31,
    learning_rate: float = 0.1,
    min_rows: int = 20,
    threads: int = 1,
) -> Trees:
    """Fit boosted trees to a squared error.

    Parameters
    ----------
    x, y
        ``(rows, features)`` and ``(rows,)``.
    trees, leaves, learning_rate, min_rows
        LightGBM's ``num_iterations``, ``num_leaves``, ``learning_rate`` and ``min_child_samples``.
    rng
        Seeds the sampling of rows and columns.
    threads
        Does not change the model (``deterministic``).
    """
    import lightgbm

    options = {
        "objective": "regression",
        "num_leaves": leaves,
        "learning_rate": learning_rate,
        "min_child_samples": min_rows,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "seed": int(rng.integers(2**31)),
        "num_threads": threads,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(np.ascontiguousarray(x, dtype=np.float32), y, params=options)
    text = lightgbm.train(options, data, num_boost_round=trees).model_to_string()
    # LightGBM notes how many threads it had; a kept model must not depend on them.
    return Trees(text.replace(f"[num_threads: {threads}]", "[num_threads: 1]"))
