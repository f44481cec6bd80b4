"""Gradient-boosted trees by LightGBM, kept as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from core.protocol import Array, Rng


@dataclass(frozen=True)
class Trees:
    """A boosted model of one target.

    ``text`` is LightGBM's own format. It is parsed only after the store has verified its sha256, because
    a damaged text can end the process.
    """

    text: str

    @cached_property
    def booster(self) -> Any:
        """LightGBM's ``Booster``, parsed when first asked for."""
        return load_lightgbm().Booster(model_str=self.text)

    def predict(self, x: Array, *, threads: int = 1) -> Array:
        """``(rows, features)`` to ``(rows,)``, or to ``(rows, classes)`` for more than two classes."""
        return np.asarray(self.booster.predict(x, num_threads=threads))

    def __getstate__(self) -> dict[str, Any]:
        """Leave the parsed model behind when copied or sent."""
        return {"text": self.text}


def load_lightgbm() -> Any:
    """Import LightGBM when it is first needed.

    Raises
    ------
    ImportError
        With the command that installs it.
    """
    try:
        import lightgbm
    except ImportError as missing:
        raise ImportError("Boosted trees need LightGBM; run: pip install lightgbm") from missing
    return lightgbm


def same_options(threads: int) -> dict[str, Any]:
    """LightGBM's options under which the number of threads does not change the model."""
    return {"num_threads": threads, "deterministic": True, "force_row_wise": True, "verbosity": -1}


def kept(booster: Any, options: Mapping[str, Any]) -> Trees:
    """Turn a trained ``Booster`` into text that does not tell how many threads trained it."""
    return Trees(
        booster.model_to_string().replace(f"[num_threads: {options['num_threads']}]", "[num_threads: 1]")
    )


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
    options = {
        "objective": "regression",
        "num_leaves": leaves,
        "learning_rate": learning_rate,
        "min_child_samples": min_rows,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "seed": int(rng.integers(2**31)),
        **same_options(threads),
    }
    lightgbm = load_lightgbm()
    data = lightgbm.Dataset(np.ascontiguousarray(x, dtype=np.float32), y, params=options)
    return kept(lightgbm.train(options, data, num_boost_round=trees), options)
