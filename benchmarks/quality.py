"""How good the deep estimators are without tuning, beside what people would use instead.

    python benchmarks/quality.py [--seed 0] [--repeats 3]

Five-fold cross-validation, repeated over shuffles. The interval of a difference is the corrected resampled
t-interval (Nadeau and Bengio 2003), for folds share most of their training rows. Every method runs at its
defaults; ridge picks its penalty by leave-one-out, as it does for anybody. Accuracy or R2, in percent.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import lightgbm
import numpy as np
import torch
from scipy import stats
from sklearn import datasets
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import KFold, RepeatedKFold, RepeatedStratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from core.learn import DeepClassifier, DeepRegressor, TreesClassifier, TreesRegressor

MARGIN, FOLDS = 1.0, 5


@dataclass(frozen=True)
class Task:
    """A table; ``ceiling`` is what a perfect forecaster scores in percent, where the generator tells."""

    name: str
    X: np.ndarray
    y: np.ndarray
    classes: bool
    ceiling: float = np.nan


def bundled() -> Iterator[Task]:
    """Real tables that come inside scikit-learn."""
    for name in ("digits", "breast_cancer", "wine"):
        yield Task(name, *getattr(datasets, f"load_{name}")(return_X_y=True), classes=True)
    yield Task("diabetes", *datasets.load_diabetes(return_X_y=True), classes=False)


def generated(seed: int) -> Iterator[Task]:
    """Tables whose truth is known: smooth, an interaction, and steps as trees like them."""
    rng = np.random.default_rng(seed)
    X, clean = datasets.make_friedman1(1500, n_features=10, noise=0.0, random_state=seed)
    yield regression("friedman1", X, clean, 1.0, rng)
    X = rng.normal(size=(2000, 8))
    odds = X @ rng.normal(size=8) + 1.5 * X[:, 0] * X[:, 1]
    share = 1 / (1 + np.exp(-odds))
    yield Task(
        "interaction",
        X,
        (rng.random(2000) < share).astype(int),
        True,
        100 * np.maximum(share, 1 - share).mean(),
    )
    X = rng.random((2000, 6))
    clean = 2.0 * (X[:, 0] > 0.5) + 3 * ((X[:, 1] > 0.3) & (X[:, 2] < 0.6)) + (X[:, 3] > 0.8)
    yield regression("steps", X, clean, 0.5, rng)


def regression(name: str, X: np.ndarray, clean: np.ndarray, noise: float, rng: np.random.Generator) -> Task:
    """Add noise to a clean target."""
    return Task(name, X, clean + noise * rng.normal(size=len(clean)), False,
                100 * clean.var() / (clean.var() + noise**2))  # fmt: skip


def methods(task: Task) -> dict[str, object]:
    """The deep net, its peers, and our LightGBM beside LightGBM's defaults."""
    if task.classes:
        return {
            "deep": DeepClassifier(device="cpu"), "our trees": TreesClassifier(random_state=0),
            "LightGBM": lightgbm.LGBMClassifier(n_jobs=1, verbosity=-1),
            "linear": make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000)),
            "SVM": make_pipeline(StandardScaler(), SVC()),
        }  # fmt: skip
    return {
        "deep": DeepRegressor(device="cpu"), "our trees": TreesRegressor(random_state=0),
        "LightGBM": lightgbm.LGBMRegressor(n_jobs=1, verbosity=-1),
        "linear": make_pipeline(StandardScaler(), RidgeCV(np.logspace(-2, 3, 20))),
        "SVM": make_pipeline(StandardScaler(), SVR()),
    }  # fmt: skip


def interval(differences: np.ndarray) -> tuple[float, float]:
    """Corrected resampled t-interval of a mean difference, 95 %."""
    n = len(differences)
    error = np.sqrt(differences.var(ddof=1) * (1 / n + 1 / (FOLDS - 1)))
    reach = stats.t.ppf(0.975, n - 1) * error
    return differences.mean() - reach, differences.mean() + reach


def main() -> None:
    """Print a line for each table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    titles = "".join(f"{t:>10s}" for t in ("deep", "LightGBM", "linear", "SVM", "our trees", "ceiling"))
    print(f"{'table':14s}{titles}  deep less the best peer, 95 % interval")
    for task in (*bundled(), *generated(asked.seed)):
        start = time.process_time()
        if task.classes:
            split: KFold = RepeatedStratifiedKFold(
                n_splits=FOLDS, n_repeats=asked.repeats, random_state=asked.seed
            )
        else:
            split = RepeatedKFold(n_splits=FOLDS, n_repeats=asked.repeats, random_state=asked.seed)
        measure = "accuracy" if task.classes else "r2"
        score = {
            k: 100 * cross_val_score(m, task.X, task.y, cv=split, scoring=measure)
            for k, m in methods(task).items()
        }
        best = max(("LightGBM", "linear", "SVM"), key=lambda k: score[k].mean())
        low, high = interval(score["deep"] - score[best])
        gap = (score["deep"] - score[best]).mean()
        verdict = "not inferior" if low > -MARGIN else "inferior" if high < -MARGIN else "open"
        figures = [score[k].mean() for k in ("deep", "LightGBM", "linear", "SVM", "our trees")]
        shown = "".join(f"{value:10.2f}" for value in (*figures, task.ceiling))
        print(f"{task.name:14s}{shown}  {gap:+.2f} [{low:+.2f}, {high:+.2f}] to {best}: {verdict}"
              f"  ({time.process_time() - start:.0f} CPU-s)", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
