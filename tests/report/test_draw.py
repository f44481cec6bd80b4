"""Charts on the screen: thinned without losing an extreme, told apart in grey, whiskers for intervals."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Literal

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.protocol import Chart, Text
from core.report import plot
from core.report.cast import OTHERS, PENS, Cast, Pen, cast_of
from core.report.draw import MANY, SYMBOLS, UNSEEN, figure, light
from core.report.headroom import headroom
from core.report.parts import parts
from core.report.thin import MOST_NUMBERS, MOST_POINTS, rooms, thinned
from core.report.words import LANGUAGES, Words
from core.results import SELECTED, Run

SAY = Words("en")
NOBODY = Cast({}, {})


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


@given(st.lists(st.integers(0, 5_000), max_size=9), st.integers(0, 9_000))
def test_rooms_are_shared_fairly(rows: list[int], most: int) -> None:
    found = rooms(rows, most)
    assert sum(found) <= most
    assert all(room <= min(own, MOST_POINTS) for room, own in zip(found, rows, strict=True))
    # Who got less than it has, and less than a screen can show, got no less than anybody else.
    short = [room for room, own in zip(found, rows, strict=True) if room < min(own, MOST_POINTS)]
    assert all(room >= max(found) - len(rows) for room in short)
    assert not short or sum(found) > most - len(rows)


@given(
    st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 60_000),
    st.sampled_from(["line", "scatter"]), st.booleans(), st.booleans(),
)  # fmt: skip
@example(1, 2, 60_000, "scatter", True, True)
@example(2, 3, 60_000, "line", False, True)
@example(3, 4, 60_000, "line", True, False)
@settings(deadline=None, max_examples=40)
def test_a_chart_keeps_every_extreme_of_every_series_and_column(
    seed: int, many: int, rows: int, kind: Literal["line", "scatter"], banded: bool, shuffled: bool
) -> None:
    luck = np.random.default_rng(seed)
    value = luck.normal(size=rows)
    value[luck.integers(rows, size=5)] *= 100.0  # spikes of single rows
    value[luck.random(rows) < 0.1] = [np.nan, np.inf][shuffled]
    x = luck.permutation(rows) if shuffled else np.arange(rows)
    table = {
        "x": np.where(luck.random(rows) < 0.01, np.nan, x), "y": value, "who": luck.integers(many, size=rows),
        "lo": value - luck.exponential(size=rows), "hi": value + luck.exponential(size=rows),
    }  # fmt: skip
    low, high = ("lo", "hi") if banded else ("", "")
    text: Text = {"en": "t", "ko": "t"}
    chart = Chart(
        "c", kind, table, "x", "y", title=text, how=text, alt=text, x_label=text, y_label=text, source="",
        series="who", low=low, high=high,
    )  # fmt: skip
    drawn = parts(chart, NOBODY)
    numbers = {"line": 6, "scatter": 4}[kind] if banded else 2
    assert numbers * sum(len(part.y) for part in drawn) <= MOST_NUMBERS
    good = np.isfinite(table["x"])
    for part in drawn:
        own = good & (table["who"].astype(str) == part.label)
        kept = {"x": part.x, "y": part.y, **({"lo": part.low, "hi": part.high} if banded else {})}
        for column, shown in kept.items():
            assert shown is not None
            known = table[column][own & np.isfinite(table[column])]
            if len(known):
                assert (np.nanmin(shown), np.nanmax(shown)) == (known.min(), known.max()), column
        order = np.flatnonzero(own)
        places = {where: place for place, where in enumerate(table["x"][order])}
        assert (np.diff([places[where] for where in part.x]) > 0).all()


@pytest.mark.parametrize(
    ("kind", "series", "banded", "offset"),
    [("line", 1, False, 0.0), ("line", 1, True, 1e12), ("line", 4, False, 1e12), ("line", 4, True, 0.0),
     ("line", 40, True, 1e12), ("scatter", 4, True, 1e12)],
)  # fmt: skip
def test_a_million_points_stay_small(
    made: Callable[..., Chart], kind: str, series: int, banded: bool, offset: float
) -> None:
    """The whole figure, whatever of it has an interval, and where single precision will not do."""
    rows = 1_000_000
    values = offset + np.random.default_rng(1).normal(size=rows)
    who = np.arange(series).astype(str)[np.arange(rows) % series]
    table = {
        "t": offset + 0.1 * np.arange(rows),
        "v": values,
        "who": who,
        "lo": values - 1.0,
        "hi": values + 1.0,
    }
    ends = {"low": "lo", "high": "hi"} if banded else {}
    fig, shown = figure(made(kind, table=table, **ends), NOBODY, SAY)
    assert shown < rows
    assert len(fig.to_json()) <= 200_000
    lines = [trace for trace in fig.data if trace.hoverinfo != "skip"]
    assert all(isinstance(trace.y, np.ndarray) for trace in lines)
    assert max(trace.y.max() for trace in lines) == pytest.approx(values.max(), rel=1e-6)
    assert min(trace.y.min() for trace in lines) == pytest.approx(values.min(), rel=1e-6)


@given(st.integers(0, 2**32 - 1), st.floats(-1e200, 1e200), st.floats(1e-9, 1e9))
def test_lighter_numbers_stay_in_their_places(seed: int, centre: float, span: float) -> None:
    values = centre + span * np.random.default_rng(seed).random(MANY)
    found = light(values)
    assert np.abs(found - values).max() <= UNSEEN * np.ptp(values)
    few = values[: MANY - 1]
    assert light(few) is few


# --- looks ----------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize("pen", [*PENS.values(), *OTHERS])
def test_every_pen_is_seen_on_white(pen: Pen) -> None:
    assert 1.05 / (luminance(pen.colour) + 0.05) >= 3.0


def test_series_differ_without_colour() -> None:
    assert len({pen.dash for pen in OTHERS}) == len(OTHERS)
    assert len({pen.hatch for pen in OTHERS}) == len(OTHERS)
    roles = [PENS[role] for role in ("incumbent", "learner", "ceiling", "oracle")]
    assert len({pen.dash for pen in roles}) == len(roles)
    assert abs(luminance(PENS["incumbent"].colour) - luminance(PENS[SELECTED].colour)) > 0.1


def test_points_differ_without_colour_by_the_shapes_they_have_on_paper(made: Callable[..., Chart]) -> None:
    six = {**made().table, "who": np.array(list("abcdef") * 2)}
    fig, _ = figure(made("scatter", table=six), NOBODY, SAY)
    assert [trace.marker.symbol for trace in fig.data] == [*SYMBOLS, SYMBOLS[0]]
    paper = {"o": "circle", "s": "square", "^": "triangle-up", "D": "diamond", "v": "triangle-down"}
    assert tuple(paper[shape] for shape in plot.SHAPES) == SYMBOLS


def test_a_learner_that_stands_alone_looks_like_the_selected_one(made: Callable[..., Chart]) -> None:
    def colours(**roles: str) -> list[str]:
        return [trace.line.color for trace in figure(made(), Cast({}, roles), SAY)[0].data]

    assert colours(a="incumbent", b="learner") == [PENS["incumbent"].colour, PENS[SELECTED].colour]
    assert colours(a="learner", b="learner") == [PENS["learner"].colour] * 2


# --- traces ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["line", "bar", "scatter"])
@pytest.mark.parametrize("series", ["who", ""])
@pytest.mark.parametrize("banded", [True, False])
def test_every_kind_is_drawn(made: Callable[..., Chart], kind: str, series: str, banded: bool) -> None:
    ends = {"low": "lo", "high": "hi"} if banded else {}
    fig, shown = figure(made(kind, series=series, **ends), NOBODY, SAY)
    assert shown == 12
    json.loads(fig.to_json())
    titles = {fig.layout.xaxis.title.text, fig.layout.yaxis.title.text}
    assert "value (kW)" in titles
    bars = kind == "bar" and not series
    assert ("time (h)" in titles) != bars
    whiskers = [trace for trace in fig.data if (trace.error_x if bars else trace.error_y).array is not None]
    assert bool(whiskers) == (banded and kind != "line")
    assert len(fig.data) == (2 if series else 1) * (2 if banded and kind == "line" else 1)


def test_a_bar_that_is_no_contender_does_not_look_like_the_selected_one(made: Callable[..., Chart]) -> None:
    cast = Cast({}, {"a": "incumbent", SELECTED: SELECTED})
    who = np.array(["a", SELECTED, "a blind pick"])
    beside = made("bar", 3, x="who", series="", table={"who": who, "v": np.arange(3.0)})
    drawn = figure(beside, cast, SAY)[0].data[0].marker
    assert len({(colour, hatch) for colour, hatch in zip(drawn.color, drawn.pattern.shape, strict=True)}) == 3
    alone = made("bar", 3, x="who", series="", table={"who": np.array(["x", "y", "z"]), "v": np.arange(3.0)})
    assert len(set(figure(alone, NOBODY, SAY)[0].data[0].marker.color)) == 1


def test_no_whiskers_without_intervals(made: Callable[..., Chart]) -> None:
    missing = np.full(12, np.nan)
    table = {**made().table, "lo": missing, "hi": missing}
    fig, _ = figure(made("bar", table=table, low="lo", high="hi", series=""), NOBODY, SAY)
    assert fig.data[0].error_x.array is None


def test_the_screen_shows_what_paper_shows(awkward: dict[str, Chart]) -> None:
    for name, chart in awkward.items():
        fig, rows = figure(chart, NOBODY, SAY)
        drawn = parts(chart, NOBODY)
        traces = [trace for trace in fig.data if trace.hoverinfo != "skip"]  # bands lie behind
        values = [trace.x if trace.orientation == "h" else trace.y for trace in traces]
        assert len(values) == len(drawn), name
        for shown, part in zip(values, drawn, strict=True):
            np.testing.assert_allclose(
                shown, part.y, rtol=1e-6 if name == "line, long" else 0.0, err_msg=name
            )
        assert rows == len(chart.table["v"]) - sum(part.left_out for part in drawn), name
        json.loads(fig.to_json())


def test_a_band_goes_forth_above_and_back_below_where_both_ends_are_known(made: Callable[..., Chart]) -> None:
    table = {"t": np.arange(3), "v": np.zeros(3), "lo": np.array([-1.0, np.nan, -3.0]), "hi": np.ones(3)}
    band, line = figure(made(table=table, series="", low="lo", high="hi"), NOBODY, SAY)[0].data
    assert band.x.tolist() == [0.0, 2.0, 2.0, 0.0]
    assert band.y.tolist() == [1.0, 1.0, -3.0, -1.0]
    assert line.x.tolist() == [0.0, 1.0, 2.0]


def test_whiskers_reach_to_the_ends_of_the_interval(made: Callable[..., Chart]) -> None:
    for kind, series in (("bar", ""), ("bar", "who"), ("scatter", "who")):
        trace = figure(made(kind, series=series, low="lo", high="hi"), NOBODY, SAY)[0].data[0]
        reach = trace.error_y if series else trace.error_x
        assert np.allclose(reach.arrayminus, 1.0)
        assert np.allclose(reach.array, 2.0)


def test_a_category_breaks_and_holds_no_markup(made: Callable[..., Chart]) -> None:
    names = np.array(["<b>bold</b>", "a fixed rule that never learns anything"])
    for series in ("", "who"):
        table = {"t": names, "v": np.ones(2), "who": np.array(["a", "a"])}
        (trace,) = figure(made("bar", series=series, table=table), NOBODY, SAY)[0].data
        shown = trace.x if series else trace.y
        assert list(shown) == ["‹b›bold‹/b›", "a fixed rule that<br>never learns anything"]


def test_headroom_has_everybody_with_whiskers(played: Run) -> None:
    for say in map(Words, LANGUAGES):
        drawn = headroom(played, say)
        assert list(drawn.table["contender"]) == ["fixed", "polynomial", SELECTED, "ceiling", "oracle"]
        assert drawn.table["advantage"][0] == 0.0
        assert (drawn.table["low"] <= drawn.table["advantage"]).all()
        assert (drawn.table["advantage"] <= drawn.table["high"]).all()
        fig, _ = figure(drawn, cast_of(played, say), say)
        assert fig.data[0].error_x.array is not None
