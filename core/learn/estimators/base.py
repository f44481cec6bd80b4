"""What all estimators share: reading tables, and a budget for training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, is_regressor
from sklearn.utils.validation import (
    _check_sample_weight,
    _check_y,
    check_consistent_length,
    check_random_state,
    validate_data,
)

from core.learn.training.noise import generator
from core.learn.training.plan import Plan, Progress, Schedule
from core.protocol import Array

if TYPE_CHECKING:
    from core.learn.training.loop import Report

FEWEST_STEPS, MOST_STEPS = 400, 6000
"""Bounds of the budget where none is given."""
LOOKS = 40
"""Looks at the held-out rows during training."""


@dataclass(frozen=True)
class Training:
    """How to train; the defaults do well without tuning.

    Attributes
    ----------
    weight_decay, clip, schedule, deterministic, together
        As in :class:`~core.learn.training.plan.Plan`.
    held_out
        Share of the rows that choose when to stop; 0 for none.
    by_time
        Hold out the last rows instead of rows at random, as what is forecast lies after what was learned.
    patience
        Looks (of 40) without improvement after which training ends, or None.
    precision
        ``auto``, ``fp32`` or ``bf16``; see :mod:`core.learn.devices`.
    checkpoint, checkpoint_every
        Folder to resume from, and steps between two checkpoints.
    progress
        Called with step, steps and loss at every look.
    """

    weight_decay: float = 1e-2
    clip: float | None = None
    schedule: Schedule = "one_cycle"
    held_out: float = 0.125
    by_time: bool = False
    patience: int | None = None
    together: bool = True
    precision: str = "auto"
    deterministic: bool = False
    checkpoint: Path | None = None
    checkpoint_every: int = 500
    progress: Progress | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.held_out < 1:
            raise ValueError(f"held_out: {self.held_out} is not a share; give a number from 0 up to below 1.")


class Learner(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Base of the estimators.

    A subclass has the parameters ``steps``, ``batch``, ``learning_rate``, ``training``, ``device`` and
    ``random_state`` beside its own, and keeps a model of plain data in ``model_``.
    """

    steps: int | None
    batch: int | None
    learning_rate: float
    training: Training | None
    device: str
    random_state: Any
    report_: Report
    _passes = 60
    """Over the rows, where no budget is given."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def _read(self, X: Any, *, reset: bool) -> Any:
        """Check a table: data frames keep their columns, everything else becomes numbers."""
        if hasattr(X, "dtypes") and hasattr(X, "iloc"):
            validate_data(self, X, reset=reset, skip_check_array=True)
            if not len(X):
                raise ValueError("X: found array with 0 sample(s); give at least one row.")
            return X
        return validate_data(self, X, reset=reset, dtype=np.float64, ensure_all_finite="allow-nan")

    def _read_target(self, X: Any, y: Any) -> Any:
        """Check targets: as many as rows, none missing."""
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None.")
        numbers = is_regressor(self)
        y = _check_y(y, multi_output=numbers, y_numeric=numbers, estimator=self)
        check_consistent_length(X, y)
        return y

    def _trained_by(self) -> Training:
        return self.training if self.training is not None else Training()

    def _seed(self) -> int:
        """Draw the root seed of this fit."""
        return int(check_random_state(self.random_state).randint(2**31))

    def _batch(self, rows: int) -> int:
        """Rows a step: a sixteenth of the table, from 32 to 1024."""
        if self.batch is not None and self.batch < 1:
            raise ValueError(f"batch: {self.batch} rows are too few; give at least 1, or None.")
        return self.batch or int(np.clip(2 ** round(np.log2(max(rows / 16, 1))), 32, 1024))

    def _plan(self, rows: int) -> Plan:
        """Spread the budget over a schedule."""
        how = self._trained_by()
        if self.steps is not None and self.steps < 1:
            raise ValueError(f"steps: {self.steps} is too few; give at least 1, or None.")
        steps = self.steps or int(np.clip(self._passes * rows / self._batch(rows), FEWEST_STEPS, MOST_STEPS))
        return Plan(
            steps=steps, learning_rate=self.learning_rate, weight_decay=how.weight_decay, clip=how.clip,
            schedule=how.schedule, look_every=max(steps // LOOKS, 1), patience=how.patience,
            together=how.together, deterministic=how.deterministic, checkpoint=how.checkpoint,
            checkpoint_every=how.checkpoint_every, progress=how.progress,
        )  # fmt: skip


def row_weights(sample_weight: Any, X: Any) -> Array:
    """Weights ``(R,)`` with a mean of 1.

    Raises
    ------
    ValueError
        When one is negative or all are 0.
    """
    weights = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    if not weights.sum():
        raise ValueError("sample_weight: all are 0; give at least one row a weight.")
    return np.asarray(weights / weights.mean(), np.float32)


def check_number(name: str, value: float, low: float, high: float) -> None:
    """Refuse a parameter out of range.

    Examples
    --------
    >>> check_number("dropout", 1.5, 0, 0.95)
    Traceback (most recent call last):
    ValueError: dropout: 1.5 is out of range; give a number from 0 to 0.95.
    """
    if not low <= value <= high:
        raise ValueError(f"{name}: {value} is out of range; give a number from {low} to {high}.")


def check_sizes(**sizes: Any) -> None:
    """Refuse widths that are not a sequence of numbers above 0.

    Examples
    --------
    >>> check_sizes(widths=8)
    Traceback (most recent call last):
    ValueError: widths: 8 is no sequence of sizes; give one like (256, 256).
    """
    for name, value in sizes.items():
        if not isinstance(value, Sequence) or not value or min(value) < 1:
            raise ValueError(f"{name}: {value!r} is no sequence of sizes; give one like (256, 256).")


def seeds_of(seed: int, members: int) -> list[int]:
    """One seed for each member of a stack.

    Examples
    --------
    >>> len(set(seeds_of(1, 8)))
    8
    """
    return [int(s) for s in generator(seed, 0).integers(2**62, size=members)]
