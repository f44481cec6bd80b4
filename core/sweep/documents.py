"""What sweeps say, as the one JSON document of their command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.stats.interval import Interval
from core.sweep.curves import Curve
from core.sweep.design import Axis
from core.sweep.sweep import Sweep
from core.sweep.worlds import Statement, Worlds
from core.sweep.worth import Answer, Worth


def about(sweep: Sweep) -> dict[str, Any]:
    """Say what was tried, and what failed."""
    asked = sweep.asked
    return {
        "usecase": sweep.case.name,
        "size": asked.scenarios[0].size,
        "points": len(asked.scenarios),
        "whole_points": len(sweep.whole),
        "device": asked.device,
        "failures": [{"point": f.point, "seed": f.seed, "reason": f.reason} for f in sweep.failures],
        "seconds": sweep.seconds,
        "sweep": sweep.path,
    }


def sweep_document(sweep: Sweep, axes: Sequence[Axis], design: str, found: Sequence[Curve],
                   shares: dict[str, Interval]) -> dict[str, Any]:  # fmt: skip
    """Write a sweep: its points with the headline, the curves, and the shares of variance.

    ``seeds`` are those of every point; with ``own_seeds`` the first point's, and the others have as many.
    """
    kpi = sweep.case.kpis[0]
    names = [axis.lever for axis in axes]
    return {
        **about(sweep),
        "design": design,
        "seeds": list(sweep.asked.seeds[0]),
        "own_seeds": sweep.asked.own_seeds,
        "levers": {
            axis.lever: [axis.low, axis.high] if design != "grid" and axis.continuous else list(axis.levels)
            for axis in axes
        },
        "kpi": {"name": kpi.name, "unit": kpi.unit, "direction": kpi.better},
        "curves": [
            {
                "lever": one.lever,
                "who": one.who,
                "kpi": one.kpi,
                "levels": list(one.levels),
                "points": list(one.points),
                "means": [mean.as_json() for mean in one.means],
                "course": one.course,
            }
            for one in found
        ],
        "variance": {name: share.as_json() for name, share in shares.items()},
        "values": [
            {
                **{name: getattr(sweep.asked.scenarios[point], name) for name in names},
                "kpis": {who: sweep.at(point).interval(kpi.name, who).as_json() for who in sweep.asked.roles},
            }
            for point in sweep.whole
        ],
    }


def worth_document(sweep: Sweep, answer: Answer) -> dict[str, Any]:
    """Write what one more unit of each lever is worth."""
    return {
        **about(sweep),
        "unit": next(kpi.unit for kpi in sweep.case.kpis if kpi.name == sweep.case.money),
        "seeds": answer.seeds,
        "blind": [step.lever for step in answer.blind],
        "levers": [_worth(one) for one in answer.levers],
        "winner_again": None if answer.again is None else _worth(answer.again),
        "winner_again_seeds": answer.again_seeds,
    }


def _worth(one: Worth) -> dict[str, Any]:
    step = one.step
    return {
        "lever": step.lever,
        "unit": step.meaning.unit["en"],
        "today": step.meaning.today,
        "krw_per_unit": step.meaning.krw_per_unit,
        "from": step.low,
        "to": step.high,
        "units": step.units,
        "features_come_in": step.features,
        "net_mkrw_per_unit": one.net.as_json(),
        "net_krw_per_krw": one.per_krw.as_json() if one.per_krw else None,
        "net_krw_per_krw_by_seed": list(one.by_seed),
        "rank": one.rank,
        "level_with_first": one.tied,
    }


def worlds_document(worlds: Worlds) -> dict[str, Any]:
    """Write in how many plausible worlds each statement holds."""
    case = worlds.sweep.case
    return {
        **about(worlds.sweep),
        "claim": {"text": case.card.claim["en"], "published": case.card.claim_value,
                  "unit": case.card.claim_unit},
        "constants": {
            name: {"low": case.constants[name].low, "high": case.constants[name].high,
                   "unit": case.constants[name].unit}
            for name in worlds.drawn
        },
        "seeds": len(worlds.sweep.asked.seeds[0]),
        "fixed": {name: case.constants[name].source for name in worlds.fixed},
        "statements": [_said(one) for one in worlds.statements],
        "in_simulation": True,
    }  # fmt: skip


def _said(one: Statement) -> dict[str, Any]:
    return {
        "statement": one.name,
        "unit": one.unit,
        "worlds": len(one.margin),
        "share": one.share,
        "ci_low": one.low,
        "ci_high": one.high,
        "verdict": one.verdict,
        "settled": one.settled,
        "turning": [
            {"constant": t.constant, "rank_correlation": t.rank, "p_holm": t.chance,
             "share_in_lower_half": t.low_share, "share_in_upper_half": t.high_share}
            for t in one.turning
        ],
        "margin": one.margin.tolist(),
    }  # fmt: skip
