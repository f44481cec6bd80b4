"""Runs beside each other, as tables of the page: a row a run, so that any number of them fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from core.protocol import Kpi, Scenario
from core.report.beside import set_name, set_value
from core.report.numerals import NO_NUMBER, number, within
from core.report.verdict import labels
from core.report.words import Words
from core.store.comparison import Compared, Comparison
from dashboards.markdown import plain
from dashboards.tables import BREAK, marked


def names_of(found: Comparison, told: Sequence[str]) -> list[str]:
    """Number the runs, as notes and tables call them."""
    return [f"**{n}** · {plain(one)}" for n, one in enumerate(told[: len(found.stored)], start=1)]


def overview(found: Comparison, names: Sequence[str], say: Words) -> pd.DataFrame:
    """Say what the runs are: size, seeds, how many of them pair, what their learning costs."""
    return pd.DataFrame([
        {
            say("compare.who"): name,
            say("compare.set.size"): one.facts.size,
            say("compare.set.seeds"): str(len(one.facts.seeds)),
            say("compare.shared"): str(len(shared)) if n else "",
            say("compare.cost"): number(one.learning_mkrw, 1),
        }
        for n, (name, one, shared) in enumerate(zip(names, found.stored, found.shared, strict=True))
    ])  # fmt: skip


def settings(found: Comparison, say: Words) -> pd.DataFrame:
    """Say what was set differently: a row a setting, a column a run."""
    # A lever that all industries have is named as none of them names it.
    model = Scenario if found.across else found.reference.case.scenario
    case = found.reference.case
    return pd.DataFrame([
        {say("compare.what"): plain(set_name(model, name, say))}
        | {
            say("compare.run", number=n): plain(set_value(case, name, value, say))
            for n, value in enumerate(values, start=1)
        }
        for name, values in found.settings().items()
    ])  # fmt: skip


def contenders(found: Comparison, say: Words) -> Mapping[str, str]:
    """Names of all contenders that any of the runs has."""
    return {name: text for one in found.stored for name, text in labels(one.run, say).items()}


def outcomes(
    told: Sequence[Compared], names: Sequence[str], known: Mapping[str, str], say: Words
) -> pd.DataFrame:
    """Set one KPI out: a row a run, a column a contender."""
    return pd.DataFrame([
        {say("compare.who"): name} | {plain(known[one.contender]): _cell(one, n, say) for one in told}
        for n, name in enumerate(names)
    ])  # fmt: skip


def _cell(one: Compared, n: int, say: Words) -> str:
    value, difference = one.values[n], one.differences[n]
    if value is None:
        return NO_NUMBER
    own = plain(within(value, one.kpi.digits))
    # What stands at zero by definition in every run differs in none.
    if difference is None or value.low == value.high == difference.mean == 0.0:
        return own
    return f"{own}{BREAK}{marked(difference, one.kpi, say)}"


def others(rows: Sequence[tuple[Compared, int]], known: Mapping[str, str], say: Words) -> pd.DataFrame:
    """Set out what else differs: a row a KPI, contender and run."""
    return pd.DataFrame([
        {
            say("table.kpi"): plain(named(one.kpi, say)),
            say("compare.contender"): plain(known[one.contender]),
            say("compare.who"): str(n + 1),
            say("compare.value"): plain(within(value, one.kpi.digits)),
            say("compare.difference"): marked(difference, one.kpi, say),
        }
        for one, n in rows
        if (value := one.values[n]) is not None and (difference := one.differences[n]) is not None
    ])  # fmt: skip


def headed(kpi: Kpi, say: Words) -> str:
    """Name a KPI with its unit and its better direction."""
    return f"{say.of(kpi.label)} ({say.unit(kpi.unit)}; {say(f'table.{kpi.better}')})"


def named(kpi: Kpi, say: Words) -> str:
    """Name a KPI with its unit."""
    return f"{say.of(kpi.label)} ({say.unit(kpi.unit)})"
