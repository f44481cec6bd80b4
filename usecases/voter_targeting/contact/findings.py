"""What a run of voter contact says of the claim; its pictures stand in ``charts``."""

from __future__ import annotations

import math

from core.protocol import Finding, Text
from core.results import SELECTED, Run
from core.stats.interval import Interval
from core.telling import ends, number, percent, seeds, size
from usecases.voter_targeting.contact.charts import (
    apart,
    charts_of,
    clearly,
    gained,
    lost,
    plain_score,
    share,
    votes,
)

__all__ = ["charts_of", "finding_of"]


def finding_of(run: Run) -> Finding | None:
    """Say what the selected learner gains over the walk list, and how much the support score alone does."""
    if not run.chosen:
        return None
    gone = lost(run, SELECTED, run.incumbent)
    gain = Interval(-gone.mean, -gone.high, -gone.low, gone.n)
    parts = [_gain_sentence(run, gain), _score_sentence(run), _claim_sentence(run)]
    return Finding(
        sentence={
            "en": " ".join(part["en"] for part in parts),
            "ko": " ".join(part["ko"] for part in parts),
        },
        value=gain.mean,
        low=gain.low,
        high=gain.high,
        unit="%",
    )
