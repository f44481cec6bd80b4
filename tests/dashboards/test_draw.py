"""Charts: thinned without losing an extreme, told apart in grey, whiskers where there are intervals."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.protocol import Chart
from core.report.draw import OTHERS, PENS, Cast, cast_of, figure
from core.report.headroom import headroom
from core.report.thin import MOST_POINTS, thinned
from core.report.verdict import judge
from core.report.words import Words
from core.results import SELECTED
from core.store.runs import Store
from dashboards import tables

SAY = Words("en")
NOBODY = Cast({}, {})


def chart(kind: str = "line", rows: int = 12, **changes: object) -> Chart:
    t = np.arange(rows)
    v = np.sin(t)
    base = Chart(
        name="c", kind=kind, x="t", y="v", series="who",  # type: ignore[arg-type]
        table={"t": t, "v": v, "who": np.array(["a", "b"])[t % 2], "lo": v - 1.0, "hi": v + 1.0},
        title={"en": "Title", "ko": "제목"}, how={"en": "How", "ko": "방법"}, alt={"en": "Alt", "ko": "대체"},
        x_label={"en": "time", "ko": "시간"}, y_label={"en": "value", "ko": "값"}, source="test",
    )  # fmt: skip
    return replace(base, **changes)  # type: ignore[arg-type]


# --- thinning -------------------------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1), st.integers(1, 30_000), st.integers(1, 3))
def test_thinning_keeps_every_extreme(seed: int, rows: int, many: int) -> None:
    columns = list(np.random.default_rng(seed).normal(size=(many, rows)))
    kept = thinned(columns)
    assert len(kept) <= MOST_POINTS
    assert (np.diff(kept) > 0).all()
    assert {0, rows - 1} <= set(kept.tolist())
    for column in columns:
        assert column[kept].min() == column.min()
        assert column[kept].max() == column.max()


def test_thinning_lives_with_gaps() -> None:
    line = np.full(9_000, np.nan)
    line[4_321] = 3.0
    assert 4_321 in thinned([line])


def test_a_million_points_stay_small() -> None:
    rows = 1_000_000
    values = np.random.default_rng(1).normal(size=rows)
    fig, shown = figure(chart(table={"t": np.arange(rows), "v": values}, series=""), NOBODY, SAY)
    assert shown <= MOST_POINTS
    assert len(fig.to_json()) < 200_000
    assert isinstance(fig.data[0].y, np.ndarray)
    assert fig.data[0].y.max() == values.max()


# --- looks ----------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize("pen", [*PENS.values(), *OTHERS])
def test_every_pen_is_seen_on_white(pen: object) -> None:
    assert 1.05 / (luminance(pen.colour) + 0.05) >= 3.0  # type: ignore[attr-defined]


def test_series_differ_without_colour() -> None:
    assert len({pen.dash for pen in OTHERS}) == len(OTHERS)
    assert len({pen.hatch for pen in OTHERS}) == len(OTHERS)
    roles = [PENS[role] for role in ("incumbent", "learner", "ceiling", "oracle")]
    assert len({pen.dash for pen in roles}) == len(roles)
    assert abs(luminance(PENS["incumbent"].colour) - luminance(PENS[SELECTED].colour)) > 0.1


@pytest.mark.parametrize("kind", ["line", "bar", "scatter"])
@pytest.mark.parametrize("series", ["who", ""])
@pytest.mark.parametrize("banded", [True, False])
def test_every_kind_is_drawn(kind: str, series: str, banded: bool) -> None:
    ends = {"low": "lo", "high": "hi"} if banded else {}
    fig, shown = figure(chart(kind, series=series, **ends), NOBODY, SAY)
    assert shown == 12
    json.loads(fig.to_json())
    titles = {fig.layout.xaxis.title.text, fig.layout.yaxis.title.text}
    assert "value" in titles
    bars = kind == "bar" and not series
    assert ("time" in titles) != bars
    whiskers = [trace for trace in fig.data if (trace.error_x if bars else trace.error_y).array is not None]
    assert bool(whiskers) == (banded and kind != "line")
    assert len(fig.data) == (2 if series else 1) * (2 if banded and kind == "line" else 1)


def test_a_bar_that_is_no_contender_does_not_look_like_the_selected_one() -> None:
    cast = Cast({}, {"a": "incumbent", SELECTED: SELECTED})
    who = np.array(["a", SELECTED, "a blind pick"])
    beside = chart("bar", 3, x="who", series="", table={"who": who, "v": np.arange(3.0)})
    drawn = figure(beside, cast, SAY)[0].data[0].marker
    assert len({(colour, hatch) for colour, hatch in zip(drawn.color, drawn.pattern.shape, strict=True)}) == 3
    alone = chart("bar", 3, x="who", series="", table={"who": np.array(["x", "y", "z"]), "v": np.arange(3.0)})
    assert len(set(figure(alone, NOBODY, SAY)[0].data[0].marker.color)) == 1


def test_no_whiskers_without_intervals() -> None:
    missing = np.full(12, np.nan)
    table = {**chart().table, "lo": missing, "hi": missing}
    fig, _ = figure(chart("bar", table=table, low="lo", high="hi", series=""), NOBODY, SAY)
    assert fig.data[0].error_x.array is None


# --- tables and words of a run --------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(kept: Path) -> object:
    return Store(kept).open(Store(kept).manifests()[-1].id)


def test_headroom_has_everybody_with_whiskers(run: object) -> None:
    for say in (Words("en"), Words("ko")):
        drawn = headroom(run, say)  # type: ignore[arg-type]
        assert list(drawn.table["contender"]) == ["fixed", "polynomial", SELECTED, "ceiling", "oracle"]
        assert drawn.table["advantage"][0] == 0.0
        assert (drawn.table["low"] <= drawn.table["advantage"]).all()
        assert (drawn.table["advantage"] <= drawn.table["high"]).all()
        fig, _ = figure(drawn, cast_of(run, say), say)  # type: ignore[arg-type]
        assert fig.data[0].error_x.array is not None


def test_verdict_names_the_gain_and_its_interval(run: object) -> None:
    verdict = judge(run, SAY)  # type: ignore[arg-type]
    assert (verdict.standing, verdict.nothing_to_gain, verdict.title) == ("ahead", True, "Nothing to gain")
    assert "higher" in verdict.sentence
    assert verdict.sentence.count("95 % interval") == 2
    assert "95% 신뢰구간" in judge(run, Words("ko")).sentence  # type: ignore[arg-type]


def test_csv_opens_in_a_korean_spreadsheet(run: object) -> None:
    data = tables.csv(tables.kpi_numbers(run))  # type: ignore[arg-type]
    assert data.startswith(b"\xef\xbb\xbf")
    head, *rows = data.decode("utf-8-sig").split("\r\n")
    assert head.startswith("contender,role,kpi,unit,better,seeds,mean,ci_low,ci_high,difference_mean")
    assert len(rows) == 5 * 3 + 1
    assert tables.csv({"a": np.array(["가"])}).decode("utf-8-sig") == "a\r\n가\r\n"
