"""Likelihood of counts: negative binomial, with Poisson as its limit."""

from __future__ import annotations

import torch
from torch import Tensor

from core.learn.training.rows import Batch

SMALLEST, LARGEST = -12.0, 4.0
"""Bounds of the log-dispersion. At the smallest, even counts of 10,000 are as good as Poisson."""
STEEPEST = 30.0
"""Bound of the log-rate, far beyond any that is meant: a wild row must not make infinity."""
SERIES_FROM = 20.0
"""Reciprocal dispersion from which Stirling's series is exact to float32."""


def log_likelihood(y: Tensor, log_mean: Tensor, log_dispersion: Tensor) -> Tensor:
    """Logarithm of the probability of a count with variance ``mean + dispersion * mean**2`` (NB2).

    Written so that float32 does not lose the limit of no dispersion, which is Poisson. All arguments
    ``(...)``, as is the answer.

    Examples
    --------
    >>> y, even = torch.tensor([0.0, 3.0]), torch.zeros(2)
    >>> log_likelihood(y, even, even).exp().tolist()  # geometric
    [0.5, 0.0625]
    """
    size = torch.exp(-log_dispersion)
    spread = torch.log1p(torch.exp(log_mean + log_dispersion))
    return y * log_mean - torch.lgamma(y + 1) - (y + size) * spread + _rising(y, size)


def _rising(y: Tensor, size: Tensor) -> Tensor:
    """``lgamma(size + y) - lgamma(size) - y * log(size)``."""
    # The branch that is not taken must still be finite, or its gradient is not a number.
    few, many = size.clamp(max=SERIES_FROM), size.clamp(min=SERIES_FROM)
    plain = torch.lgamma(few + y) - torch.lgamma(few) - y * torch.log(few)
    series = (y + many - 0.5) * torch.log1p(y / many) - y + (1 / (many + y) - 1 / many) / 12
    return torch.where(size < SERIES_FROM, plain, series)


def negative_binomial(output: Tensor, batch: Batch) -> Tensor:
    """Of log-rate and log-dispersion ``(M, B, 2)``; ``y`` and ``log_exposure`` ``(M, B)``."""
    rate, dispersion = output.unbind(-1)
    rate = rate.clamp(-STEEPEST, STEEPEST) + batch["log_exposure"]
    return -log_likelihood(batch["y"], rate, dispersion.clamp(SMALLEST, LARGEST))


def poisson(output: Tensor, batch: Batch) -> Tensor:
    """Of a log-rate ``(M, B, 1)``; ``y`` and ``log_exposure`` ``(M, B)``."""
    rate = output.squeeze(-1).clamp(-STEEPEST, STEEPEST) + batch["log_exposure"]
    return torch.exp(rate) - batch["y"] * rate + torch.lgamma(batch["y"] + 1)
