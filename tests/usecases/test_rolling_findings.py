"""What a run of the rolling mill says: its finding and charts, with many contenders and with few."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from core.engine.run import run_scenario
from core.engine.scenario import build
from core.results import SELECTED, Run, document
from core.telling import percent, size
from usecases.rolling_mill import USECASE
from usecases.rolling_mill.findings import _metres_off, _ranks, correlation
from usecases.rolling_mill.findings import charts_of as charts
from usecases.rolling_mill.findings import finding_of as finding

ALL = ["force_error", "stands", "positions", "recovery", "head", "gauge"]
ERRORS = {"adaptive": 2.0, "trees_alone": 6.0, "net_ratio_online": 1.5, "oracle": 0.8, "ceiling": 1.0}
ROLES = {
    "adaptive": "incumbent", "trees_alone": "learner", "net_ratio_online": "learner", "oracle": "oracle",
    "ceiling": "ceiling",
}  # fmt: skip


def made(names=tuple(ERRORS), seeds=5):
    """A run in which errors are as set, but for a hundredth a seed; metres are five times the error."""
    drawn = [(seed, name) for seed in range(seeds) for name in names]
    error = np.array([ERRORS[name] + 0.01 * seed for seed, name in drawn])
    rows = {kpi.name: error.copy() for kpi in USECASE.kpis} | {
        "seed": np.array([seed for seed, _ in drawn]),
        "contender": np.array([name for _, name in drawn]),
        "validation": np.array(
            [-e if ROLES[n] == "learner" else math.nan for e, (_, n) in zip(error, drawn, strict=True)]
        ),
    }
    usual = ERRORS["adaptive"] + 0.01 * rows["seed"]
    rows["error_cut"] = 100 * (1 - error / usual)
    rows["removable_cut"] = 100 * (usual - error) / (usual - 0.8)
    rows["offgauge_m"] = 5 * error
    scenario = build(USECASE, size="tiny")
    scores = {name: np.array([]) for name in ("contender", "measure", "unit", "value", "floor", "naive")}
    return Run(
        case=USECASE, size="tiny", situation=None, scenario=scenario.model_dump(), seeds=tuple(range(seeds)),
        device="cpu", versions={}, roles={name: ROLES[name] for name in names}, rows=rows, scores=scores,
    )  # fmt: skip


@pytest.fixture(scope="module")
def real():
    scenario = build(USECASE, size="tiny")
    return run_scenario(
        USECASE, scenario, seeds=1, contenders=["trees_ratio_online", "trees_alone"], workers=1
    )


def without(run, *names):
    """The run, had some contenders not competed."""

    def rest(table):
        keep = ~np.isin(table["contender"].astype(str), names)
        return {name: column[keep] for name, column in table.items()}

    return replace(
        run,
        roles={name: role for name, role in run.roles.items() if name not in names},
        rows=rest(run.rows),
        scores=rest(run.scores),
        traces={name: rest(table) for name, table in run.traces.items()},
    )


def tell(run):
    """The charts by name, each looked at: both languages, the columns, one length, JSON."""
    found = {chart.name: chart for chart in charts(run)}
    for chart in found.values():
        for text in (chart.title, chart.how, chart.alt, chart.x_label, chart.y_label):
            assert set(text) == {"en", "ko"}
            assert all(text.values())
            assert not any("nan" in words.split() or "[nan" in words for words in text.values())
        assert {c for c in (chart.x, chart.y, chart.series, chart.low, chart.high) if c} <= set(chart.table)
        assert len({len(column) for column in chart.table.values()}) == 1
        assert np.isfinite(chart.table[chart.y]).all()
        json.dumps({name: column.tolist() for name, column in chart.table.items()})
    return found


# --- numbers -----------------------------------------------------------------------------------


def test_the_finding_is_the_mean_cut_with_its_interval():
    run = made()
    found = finding(run)
    cut = 100 * np.mean([0.5 / (2.0 + 0.01 * seed) for seed in range(5)])
    assert found.value == pytest.approx(cut)
    assert found.low < cut < found.high
    assert f"{cut:.1f} % [{found.low:.1f}, {found.high:.1f}] (n = 5 seeds)" in found.sentence["en"]
    assert f"{cut:.1f}% [{found.low:.1f}, {found.high:.1f}] 줄인다(시드 5개)" in found.sentence["ko"]
    for words in found.sentence.values():
        assert "33.88" in words
        assert "1,586" in words
        assert "LightGBM" in words
        assert "6.02" in words


def test_titles_carry_the_numbers():
    found = tell(made())
    assert list(found) == ["force_error", "gauge"]
    assert "1.52 % [1.50, 1.54]" in found["force_error"].title["en"]
    assert "2.02% [2.00, 2.04]" in found["force_error"].title["ko"]
    assert "correlation 1.00, of ranks 1.00, over 5" in found["gauge"].title["en"]
    assert np.all(np.diff(found["force_error"].table["force_error"]) >= 0)


def test_one_seed_has_no_interval():
    run = made(seeds=1)
    found = finding(run)
    assert found.value == pytest.approx(25.0)
    assert math.isnan(found.low)
    assert "25.0 % (n = 1 seed)" in found.sentence["en"]
    tell(run)


def test_a_learner_that_errs_more_is_said_to():
    worse = without(made(), "net_ratio_online")
    found = finding(worse)
    assert found.value < 0
    assert "raises" in found.sentence["en"]
    assert "늘린다" in found.sentence["ko"]
    assert "more" in tell(worse)["force_error"].title["en"]
    assert "worse than" in found.sentence["en"]


def test_a_frozen_learner_may_be_better_or_the_same():
    run = made()
    mine = run.rows["contender"] == "trees_alone"

    def told(own):
        error = run.rows["force_error"].copy()
        error[mine] = own
        return finding(replace(run, rows={**run.rows, "force_error": error})).sentence["en"]

    assert "better than" in told(1.6)
    assert "not clearly different" in told(np.array([1.9, 2.1, 2.0, 2.1, 2.0]))


def test_metres_that_do_not_follow_the_error_are_not_said_to():
    run = made()
    rows = {**run.rows, "offgauge_m": 10.0 - run.rows["offgauge_m"]}
    assert "only in part" in tell(replace(run, rows=rows))["gauge"].title["en"]
    still = {**run.rows, "offgauge_m": np.ones(len(run.rows["seed"]))}
    assert "correlation" not in tell(replace(run, rows=still))["gauge"].title["en"]


def test_small_things():
    one = np.array([3.0, 1.0, 1.0, 2.0])
    assert _ranks(one).tolist() == [3.0, 0.5, 0.5, 2.0]
    other = np.array([1.0, 5.0, 2.0, 4.0])
    assert correlation(one, other) == pytest.approx(np.corrcoef(one, other)[0, 1])
    found = made().interval("error_cut", "trees_alone")
    turned = size(found)
    assert (turned.mean, turned.low, turned.high) == (-found.mean, -found.high, -found.low)
    assert percent(turned, 0)["ko"].startswith(f"{turned.mean:.0f}% [")
    head = {"contender": np.repeat("a", 11), "metres": np.arange(11.0), "um": np.r_[[-50.0] * 2, [0.0] * 9]}
    assert _metres_off(head, "a", 40.0) == pytest.approx(2.0, abs=0.2)


# --- a real run --------------------------------------------------------------------------------


def test_a_real_run_has_all_charts(real):
    found = tell(real)
    assert list(found) == ALL
    json.dumps(document(real), allow_nan=False)
    own = float(real.values("first_error", SELECTED)[0])
    assert f"{own:.2f} %" in found["positions"].title["en"]
    assert f"{own:.2f}%" in found["positions"].title["ko"]
    errors = real.traces["stands"]["error"][real.traces["stands"]["contender"] == "adaptive"]
    assert f"{errors.max():.2f} %" in found["stands"].title["en"]
    assert "LightGBM corrects the formula" in found["stands"].source
    assert {"adaptive", SELECTED, "trees_alone", "ceiling", "oracle"} == set(
        found["stands"].table["contender"]
    )
    assert found["head"].table["um"][-4:].tolist() == [40.0, 40.0, -40.0, -40.0]


def test_the_step_is_not_smoothed_over(real):
    chart = tell(real)["recovery"]
    trace = real.traces["step"]
    at = chart.table["coil"] == 0
    shown = dict(zip(chart.table["contender"][at], chart.table["error"][at], strict=True))
    raw = trace["error"][(trace["contender"] == "adaptive") & (trace["coil"] == 0)]
    assert shown["adaptive"] == pytest.approx(raw[0])


@pytest.mark.parametrize(
    "gone", [("trees_alone",), ("ceiling",), ("oracle", "ceiling"), ("trees_ratio_online",)]
)
def test_missing_contenders_break_nothing(real, gone):
    run = without(real, *gone)
    assert finding(run) is not None
    assert list(tell(run)) == ALL


def test_missing_traces_break_nothing(real):
    run = replace(real, traces={name: real.traces[name] for name in ("positions",)})
    assert list(tell(run)) == ["force_error", "positions", "gauge"]
    alone = without(real, "trees_alone")
    assert "frozen" not in finding(alone).sentence["en"]


def test_without_a_selected_learner_nothing_is_claimed(real):
    run = without(real, "trees_alone", "trees_ratio_online")
    assert finding(run) is None
    assert list(charts(run)) == []
