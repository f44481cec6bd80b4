"""What is forecast: numbers or classes. Estimators of networks take one of these beside their base."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from core.learn.scaling import real_spread
from core.protocol import Array

if TYPE_CHECKING:
    from core.learn.training.loop import Loss


@dataclass(frozen=True)
class Target:
    """How a network learns a target.

    Attributes
    ----------
    loss
        Of every row.
    shift, scale
        ``(T,)``: bring the network's outputs back to the target's scale.
    encode
        From targets ``(N,)`` or ``(N, T)`` to what the loss takes.
    """

    loss: Loss
    shift: Array
    scale: Array
    encode: Callable[[Array], Array]


class Regression(RegressorMixin):  # type: ignore[misc]  # scikit-learn ships no types
    """Numbers, learned by squared error on one scale.

    Examples
    --------
    >>> target = Regression()._target(np.array([1.0, 3.0]))
    >>> target.encode(np.array([1.0, 3.0])).ravel().tolist(), target.shift.tolist()
    ([-1.0, 1.0], [2.0])
    """

    model_: Any
    _read: Callable[..., Any]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _target(self, y: Array) -> Target:
        from core.learn.training import losses

        self._flat = y.ndim == 1
        y = y.astype(np.float64).reshape(len(y), -1)
        shift = y.mean(0)
        scale = real_spread(y.std(0), shift)

        def encode(y: Array) -> Array:
            centred = y.astype(np.float64).reshape(len(y), -1) - shift
            return np.asarray(centred / scale, np.float32)

        return Target(losses.squared, shift, scale, encode)

    def predict(self, X: Any) -> Array:
        """Forecast ``(N,)``, or ``(N, T)`` if the targets had two dimensions."""
        check_is_fitted(self)
        forecast: Array = self.model_.predict(self._read(X, reset=False))
        return forecast[:, 0] if self._flat else forecast


class Classification(ClassifierMixin):  # type: ignore[misc]  # scikit-learn ships no types
    """Classes, learned by cross entropy.

    Examples
    --------
    >>> Classification()._target(np.array(["b", "a", "c"])).encode(np.array(["c", "b"])).tolist()
    [2, 1]
    """

    model_: Any
    _read: Callable[..., Any]

    def _target(self, y: Array) -> Target:
        from core.learn.training import losses

        check_classification_targets(y)
        self.classes_ = np.unique(y)
        if len(self.classes_) < 2:
            raise ValueError(f"y: holds one class alone, {self.classes_[0]!s}; give rows of two or more.")
        two = len(self.classes_) == 2
        outputs = 1 if two else len(self.classes_)

        def encode(y: Array) -> Array:
            if strange := set(np.unique(y)) - set(self.classes_):
                raise ValueError(f"y: {min(strange)!r} is too rare a class to be sampled; drop or merge it.")
            return np.searchsorted(self.classes_, y).astype(np.float32 if two else np.int64)

        return Target(losses.binary if two else losses.classes, np.zeros(outputs), np.ones(outputs), encode)

    def predict_proba(self, X: Any) -> Array:
        """Probability of each class, ``(N, C)``: the mean of the members'."""
        check_is_fitted(self)
        scores = self.model_.members(self._read(X, reset=False))
        if scores.shape[-1] == 1:
            yes = (0.5 + 0.5 * np.tanh(0.5 * scores[..., 0])).mean(0)
            return np.column_stack([1 - yes, yes])
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        return np.asarray((scores / scores.sum(-1, keepdims=True)).mean(0))

    def predict(self, X: Any) -> Array:
        """Most probable class, ``(N,)``."""
        most = self.predict_proba(X).argmax(1)
        return np.asarray(self.classes_[most])
