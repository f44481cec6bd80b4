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
    from core.learn.boosting import TreesClassifier as TreesClassifier
    from core.learn.boosting import TreesRegressor as TreesRegressor
    from core.learn.boosting import fit_sweep as fit_sweep
    from core.learn.calibration import fit_calibration as fit_calibration
    from core.learn.conformal import AdaptiveConformal as AdaptiveConformal
    from core.learn.conformal import fit_conformal as fit_conformal
    from core.learn.contributions import explain as explain
    from core.learn.estimators.anomaly import AutoencoderDetector as AutoencoderDetector
    from core.learn.estimators.base import Training as Training
    from core.learn.estimators.click import ClickModel as ClickModel
    from core.learn.estimators.count import CountNet as CountNet
    from core.learn.estimators.deep import DeepClassifier as DeepClassifier
    from core.learn.estimators.deep import DeepRegressor as DeepRegressor
    from core.learn.estimators.sequence import SequenceClassifier as SequenceClassifier
    from core.learn.estimators.sequence import SequenceRegressor as SequenceRegressor
    from core.learn.estimators.sequential import SequentialRecommender as SequentialRecommender
    from core.learn.estimators.two_tower import TwoTower as TwoTower
    from core.learn.estimators.uplift import UpliftNet as UpliftNet
    from core.learn.isolation import IsolationForest as IsolationForest
    from core.learn.isolation import fit_isolation as fit_isolation
    from core.learn.leaks import warn_of_leaks as warn_of_leaks

_HOME = {
    "AdaptiveConformal": "conformal",
    "AutoencoderDetector": "estimators.anomaly",
    "ClickModel": "estimators.click",
    "CountNet": "estimators.count",
    "DeepClassifier": "estimators.deep",
    "DeepRegressor": "estimators.deep",
    "IsolationForest": "isolation",
    "SequenceClassifier": "estimators.sequence",
    "SequenceRegressor": "estimators.sequence",
    "SequentialRecommender": "estimators.sequential",
    "Training": "estimators.base",
    "TreesClassifier": "boosting",
    "TreesRegressor": "boosting",
    "TwoTower": "estimators.two_tower",
    "UpliftNet": "estimators.uplift",
    "explain": "contributions",
    "fit_calibration": "calibration",
    "fit_conformal": "conformal",
    "fit_isolation": "isolation",
    "fit_sweep": "boosting",
    "warn_of_leaks": "leaks",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOME]
