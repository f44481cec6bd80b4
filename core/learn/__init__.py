"""The learning core: every industry learns through this package.

A trained model is plain data (arrays, texts), so it can be copied, sent to a worker and kept without
pickle. Names are loaded when they are asked for; torch and lightgbm when something is trained.

Examples
--------
>>> from core.learn import DeepRegressor
>>> DeepRegressor(steps=500).steps
500
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.learn.estimators.base import Training as Training
    from core.learn.estimators.click import ClickModel as ClickModel
    from core.learn.estimators.deep import DeepClassifier as DeepClassifier
    from core.learn.estimators.deep import DeepRegressor as DeepRegressor

_HOME = {
    "ClickModel": "estimators.click",
    "DeepClassifier": "estimators.deep",
    "DeepRegressor": "estimators.deep",
    "Training": "estimators.base",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOME]
