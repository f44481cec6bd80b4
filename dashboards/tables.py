"""Tables of the pages as frames: texts for people, and the bare numbers for a file."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from core.engine.registry import AnyUseCase
from core.engine.scenario import about, is_live, levers, span
from core.protocol import Chart, Check, Kpi, Table
from core.report.headroom import BOUNDS, order
from core.report.numerals import measured, number, short, within
from core.report.verdict import labels
from core.report.words import Words
from core.results import SELECTED, Run
from core.stats.interval import Interval
from core.store.comparison import clear
from core.store.manifest import Manifest
from dashboards.inquiry import Sample
from dashboards.markdown import plain

BREAK = "  \n"
"""A new line within a cell, in Markdown."""
BOM = b"\xef\xbb\xbf"


def csv(table: Table | pd.DataFrame) -> bytes:
    """Write a file that spreadsheets in Korean open rightly: UTF-8 that says so in its first bytes."""
    frame = table if isinstance(table, pd.DataFrame) else pd.DataFrame(dict(table))
    return BOM + frame.to_csv(index=False, lineterminator="\r\n").encode()


# --- results -----------------------------------------------------------------------------------


def kpi_table(run: Run, say: Words) -> pd.DataFrame:
    """KPIs by contender: mean and interval, and below it the difference to the incumbent.

    Incumbent, selected and bounds stand in front, where they are seen without scrolling.
    """
    names, known = order(run), labels(run, say)
    names.sort(key=lambda n: 0 if n == run.incumbent else 1 if n == SELECTED else 2 + (n not in BOUNDS))
    rows = []
    for kpi in run.case.kpis:
        unit, better = plain(say.unit(kpi.unit)), say(f"table.{kpi.better}")
        what = f"**{plain(say.of(kpi.label))}**{BREAK}{unit}; {better}"
        if kpi.published:
            what += BREAK + plain(say("table.published", figure=kpi.published))
        rows.append({say("table.kpi"): what} | {plain(known[n]): _kpi_cell(run, kpi, n, say) for n in names})
    return pd.DataFrame(rows)


def _kpi_cell(run: Run, kpi: Kpi, name: str, say: Words) -> str:
    own = within(run.interval(kpi.name, name), kpi.digits)
    if name == run.incumbent:
        return plain(own)
    difference = marked(run.difference(kpi.name, name), kpi, say)
    # Where the incumbent stands at zero by definition, value and difference are the same.
    return f"{plain(own)}{BREAK}{difference}" if run.values(kpi.name, run.incumbent).any() else difference


def marked(found: Interval, kpi: Kpi, say: Words) -> str:
    """Write a difference; bold, with a word, where it is more than chance."""
    difference = plain(within(found, kpi.digits, signed=True))
    if not clear(found):
        return difference
    return f"**{difference}** {say('table.better' if found.mean * kpi.sign > 0.0 else 'table.worse')}"


def kpi_numbers(run: Run) -> pd.DataFrame:
    """The same for a file: one row a contender and KPI."""
    rows = []
    for name in order(run):
        for kpi in run.case.kpis:
            own, beside = run.interval(kpi.name, name), run.difference(kpi.name, name)
            rows.append({
                "contender": name, "role": run.roles.get(name, "learner"), "kpi": kpi.name, "unit": kpi.unit,
                "better": kpi.better, "seeds": len(run.seeds), **_ends("", own),
                **_ends("difference_", beside), "published": kpi.published,
            })  # fmt: skip
    return pd.DataFrame(rows)


def _ends(front: str, found: Interval) -> dict[str, float]:
    return {f"{front}mean": found.mean, f"{front}ci_low": found.low, f"{front}ci_high": found.high}


def skill_table(run: Run, say: Words) -> pd.DataFrame:
    """Forecasters by measure, with the noise floor above and the naive reference below."""
    found = {name: run.measures(name) for name in (*run.references(), *run.roles)}
    found = {name: measures for name, measures in found.items() if measures}
    measures = dict.fromkeys(m for own in found.values() for m in own)
    known = labels(run, say)
    units = {m: next(own[m]["unit"] for own in found.values() if m in own) for m in measures}
    heads = {m: f"{_worded(m)} ({say.unit(units[m])})" if units[m] else _worded(m) for m in measures}
    first = say("skill.forecaster")
    rows = []
    for name, own in found.items():
        cells = {heads[m]: _skill_cell(own[m]) if m in own else "" for m in measures}
        rows.append({first: plain(known.get(name, _worded(name)))} | cells)
    return pd.DataFrame([
        _beside(found, "floor", heads, first, say), *rows, _beside(found, "naive", heads, first, say)
    ])  # fmt: skip


def _beside(
    found: Mapping[str, Any], key: str, heads: Mapping[str, str], first: str, say: Words
) -> dict[str, str]:
    """The floor, or the naive reference, as the forecasters of the run met it."""
    row = {first: f"**{say(f'skill.{key}')}**"}
    for measure, head in heads.items():
        met = [own[measure][key] for own in found.values() if measure in own]
        known = [value for value in met if value is not None]
        row[head] = short(float(np.mean(known))) if known else ""
    return row


def _skill_cell(found: Mapping[str, Any]) -> str:
    low, high = found["ci_low"], found["ci_high"]
    half = (high - low) / 2.0 if low is not None and high is not None else math.nan
    return measured(found["mean"], half)


def _worded(name: str) -> str:
    return plain(name.replace("_", " "))


# --- the world ---------------------------------------------------------------------------------


def lever_table(case: AnyUseCase, scenario: Mapping[str, Any] | None, say: Words) -> pd.DataFrame:
    """Levers: what they are, where this run stands, what they take, what one unit means and costs."""
    rows = []
    for name, info in levers(case.scenario).items():
        told, bounds = about(info), span(info)
        options = plain(", ".join(map(str, getattr(info.annotation, "__args__", ()))))
        row = {say("lever.name"): plain(say.of(told.get("label", {})) or name)}
        if scenario is not None:
            value = scenario.get(name, info.default)
            shown = _value(value)
            row[say("lever.here")] = f"**{shown}**" if value != info.default else shown
        row |= {
            say("lever.default"): _value(info.default),
            say("lever.range"): f"{short(bounds[0])} – {short(bounds[1])}" if bounds else options,
            say("lever.unit"): plain(say.unit(str(told.get("unit", "")))),
            say("lever.kind"): say("lever.live" if is_live(info) else "lever.deep"),
            say("lever.meaning"): _meaning(case, name, say),
            say("lever.source"): plain(_lever_source(case, name, str(told.get("source", "")))),
        }
        rows.append(row)
    return pd.DataFrame(rows)


def _lever_source(case: AnyUseCase, name: str, declared: str) -> str:
    meaning = case.meanings.get(name)
    return meaning.source if meaning else declared


def _meaning(case: AnyUseCase, name: str, say: Words) -> str:
    if name not in case.meanings:
        return ""
    one = case.meanings[name]
    return plain(
        say(
            "lever.meaning_text",
            quantity=short(one.quantity),
            unit=say.of(one.unit),
            today=short(one.today),
            cost=number(one.krw_per_unit, 0),
        )
    )


def _value(value: Any) -> str:
    return short(float(value)) if isinstance(value, int | float) else plain(str(value))


def constant_table(case: AnyUseCase, say: Words) -> pd.DataFrame:
    """Constants with their ranges, units and sources."""
    return pd.DataFrame([
        {
            say("constant.name"): _worded(name),
            say("constant.value"): short(one.value),
            say("constant.range"): f"{short(one.low)} – {short(one.high)}" if one.low != one.high else "",
            say("lever.unit"): plain(say.unit(one.unit)),
            say("lever.source"): plain(one.source),
        }
        for name, one in case.constants.items()
    ])  # fmt: skip


def check_table(checks: Iterable[Check], say: Words) -> pd.DataFrame:
    """Checks with value, band, source and verdict."""
    rows = []
    for one in checks:
        unit = f" {say.unit(one.unit)}" if one.unit else ""
        what = say.of(one.label) + (f": {one.detail}" if one.detail and not one.passed else "")
        rows.append({
            say("world.check"): plain(what),
            say("world.kind"): say(f"world.kinds.{one.kind}"),
            say("world.value"): plain(short(one.value) + unit),
            say("world.band"): plain(band(one, say)),
            say("world.source"): plain(one.source),
            say("world.verdict"): say("world.pass") if one.passed else f"**{say('world.fail')}**",
        })  # fmt: skip
    return pd.DataFrame(rows)


def band(one: Check, say: Words) -> str:
    """Say what is allowed.

    Examples
    --------
    >>> band(Check("pue", "physics", {"en": "PUE"}, 1.2, 1.0, math.inf, "", ""), Words("en"))
    'at least 1'
    """
    if one.low == one.high:
        return short(one.low)
    if one.low == -math.inf:
        return say("world.at_most", high=short(one.high))
    if one.high == math.inf:
        return say("world.at_least", low=short(one.low))
    return f"{short(one.low)} – {short(one.high)}"


def sample_rows(sample: Sample) -> pd.DataFrame:
    """Give the first rows of a table of a history."""
    return pd.DataFrame(list(sample.head), columns=[one.name for one in sample.columns])


def dictionary(sample: Sample, say: Words) -> pd.DataFrame:
    """Say what each column of a history's table is."""
    return pd.DataFrame([
        {
            say("sample.column"): f"`{one.name}`",
            say("sample.meaning"): plain(say.of(one.label)),
            say("lever.unit"): plain(say.unit(one.unit)),
        }
        for one in sample.columns
    ])  # fmt: skip


def manifest_table(manifest: Manifest, folder: str, say: Words) -> pd.DataFrame:
    """Where and with what a run was made."""
    rows = {
        "run": manifest.id,
        "folder": folder,
        "seeds": ", ".join(map(str, manifest.seeds)),
        "device": f"{manifest.device}; {manifest.workers} × {manifest.threads}",
        "machine": manifest.machine,
        "seconds": short(manifest.seconds.get("total", math.nan)),
        "code": manifest.code,
        "git": manifest.git,
        "versions": ", ".join(f"{name} {version}" for name, version in manifest.versions.items()),
    }
    item, value = say("again.item"), say("again.value")
    return pd.DataFrame([{item: say(f"again.{k}"), value: plain(v)} for k, v in rows.items() if v])


def manifest_json(manifest: Manifest) -> bytes:
    """Give the manifest as it is stored."""
    return json.dumps(manifest.model_dump(), ensure_ascii=False, indent=1).encode()


def chart_rows(chart: Chart, named: Callable[[object], str], rows: int, say: Words) -> pd.DataFrame:
    """Give the first rows of a chart's table under the names that the chart has for its columns."""
    frame = pd.DataFrame({name: column[:rows] for name, column in chart.table.items()})
    for column in {chart.x, chart.series} & set(frame.select_dtypes(exclude="number")):
        frame[column] = frame[column].map(named)
    heads = {
        chart.series: say("chart.series"),
        chart.low: say("chart.low"),
        chart.high: say("chart.high"),
        chart.x: say.of(chart.x_label) or chart.x,
        chart.y: say.of(chart.y_label) or chart.y,
    }
    return frame.rename(columns={name: head for name, head in heads.items() if name})
