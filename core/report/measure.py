"""How a report writes measurements: a mean with its interval and unit, and how sure its direction is."""

from __future__ import annotations

from core.protocol import Kpi
from core.report.numerals import between, number, within
from core.report.verdict import Standing, standing
from core.report.words import Words
from core.results import SELECTED, Run
from core.stats.interval import MIN_SEEDS, Interval


def mean(found: Interval, kpi: Kpi, say: Words, *, signed: bool = False) -> str:
    """Write a mean with its unit."""
    return say.quantity(number(found.mean, kpi.digits, signed=signed), kpi.unit)


def measure(found: Interval, kpi: Kpi, say: Words, *, signed: bool = False) -> str:
    """Write a mean with half the width of its interval and with its unit, as a cell of a table.

    Examples
    --------
    >>> kpi = Kpi("saved", "MWh/year", "higher", {"en": "Saved"}, "")
    >>> " ".join(measure(Interval(3.0, 2.0, 4.0, 9), kpi, Words("en"), signed=True).split())
    '+3.0 ± 1.0 MWh/year'
    """
    return say.quantity(within(found, kpi.digits, signed=signed), kpi.unit)


def span(found: Interval, digits: int, say: Words) -> str:
    """Write an interval, or say why there is none."""
    ends = between(found.low, found.high, digits, say)
    return say("result.interval", interval=ends) if ends else say("result.no_interval", least=MIN_SEEDS)


def scaled(found: Interval, factor: float) -> Interval:
    """Count an interval in a smaller unit; ``factor`` is above 0."""
    return Interval(factor * found.mean, factor * found.low, factor * found.high, found.n)


def advantage(run: Run, kpi: Kpi) -> tuple[Interval, Standing]:
    """Give the paired difference of selected learner and incumbent, and what it is for the industry.

    Only where a learner was selected.
    """
    found = run.difference(kpi.name, SELECTED)
    return found, standing(found, kpi.sign)


def precision(run: Run, say: Words) -> str:
    """Say below a table what stands behind its means."""
    few = len(run.seeds) < MIN_SEEDS
    return say("report.means_few" if few else "report.means", seeds=len(run.seeds), least=MIN_SEEDS)
