"""Runs made by hand beside each other: known differences, pairs by seed, money across industries."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from sectorlab_toys.control import Control
from sectorlab_toys.drift import Drift

from core.protocol import COMMON_LEVERS, Role, UseCase
from core.report.beside import note, set_name, set_value
from core.report.words import LANGUAGES, Words
from core.results import SELECTED, Run
from core.store.comparison import LEVEL, Compared, Comparison, Stored, clear
from core.store.manifest import Manifest

ROLES: dict[str, Role] = {"fixed": "incumbent", "polynomial": "learner", "oracle": "oracle"}
LEARNING_KRW = 200 * 500.0 + 10 * 10_000.0 + 2 * 100.0 + 500_000.0 + 100_000.0
"""What the toys' learning costs a year at the defaults of the common levers."""
FIVE = range(5)
T_975 = 2.776445
"""Student's t with 4 degrees of freedom: 95 % between minus and plus."""
T_9875 = 3.495406
"""The same for 97.5 %."""
SD_OF_1_TO_5 = math.sqrt(2.5)


def stored(
    name: str,
    seeds: Sequence[int],
    values: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    case: UseCase[Any, Any, Any] | None = None,
    **scenario: Any,
) -> Stored:
    """A run of 0 everywhere, but for ``values`` by contender and KPI."""
    case = case or Control()
    roles = dict(zip((*case.contenders, "oracle"), ROLES.values(), strict=True))
    columns: dict[str, list[Any]] = {"seed": [], "contender": [], "validation": []}
    columns |= {kpi.name: [] for kpi in case.kpis}
    for who, role in roles.items():
        columns["seed"] += seeds
        columns["contender"] += [who] * len(seeds)
        columns["validation"] += [1.0 if role == "learner" else math.nan] * len(seeds)
        for kpi in case.kpis:
            columns[kpi.name] += values.get(who, {}).get(kpi.name, [0.0] * len(seeds))
    settings = {"size": "tiny", **dict.fromkeys(COMMON_LEVERS, 1.0), **scenario}
    run = Run(
        case=case, size="tiny", situation=None, scenario=settings, seeds=tuple(seeds), device="cpu",
        versions={}, roles=roles, rows={n: np.asarray(v) for n, v in columns.items()}, scores={},
    )  # fmt: skip
    facts = Manifest.model_construct(
        id=name, usecase=case.name, size="tiny", situation=None, scenario=settings, seeds=list(seeds),
        device="cpu", code="c", versions={"numpy": "2"},
    )  # fmt: skip
    return Stored(run, facts)


def energy(*values: float) -> dict[str, dict[str, Sequence[float]]]:
    return {"polynomial": {"energy": values}}


def told(found: Comparison) -> list[str]:
    return [note(one, Words("en")) for one in found.notes()]


def of(found: Comparison, kpi: str, contender: str = "polynomial") -> Compared:
    (one,) = [o for o in found.outcomes if (o.kpi.name, o.contender) == (kpi, contender)]
    return one


# --- what came out -----------------------------------------------------------------------------


def test_a_difference_is_paired_by_seed_whatever_the_order() -> None:
    one = stored("a", [0, 1, 2, 3, 4, 9], energy(10, 20, 30, 40, 50, 1e6))
    two = stored("b", [7, 4, 3, 2, 1, 0], energy(1e6, 55, 44, 33, 22, 11))
    found = Comparison((one, two))
    assert found.shared[1] == [0, 1, 2, 3, 4]
    first, difference = of(found, "energy").differences
    assert first is None
    assert difference is not None
    assert (difference.mean, difference.n) == (pytest.approx(3.0), 5)
    assert difference.high - difference.mean == pytest.approx(T_975 * SD_OF_1_TO_5 / math.sqrt(5), rel=1e-6)


def test_several_runs_share_the_risk_of_being_wrong() -> None:
    one = stored("a", FIVE, {})
    two, three = stored("b", FIVE, energy(1, 2, 3, 4, 5)), stored("c", FIVE, energy(2, 4, 6, 8, 10))
    found = Comparison((one, two, three))
    assert found.level == pytest.approx(0.975)
    for difference, factor in zip(of(found, "energy").differences[1:], (1.0, 2.0), strict=True):
        assert difference is not None
        half = factor * T_9875 * SD_OF_1_TO_5 / math.sqrt(5)
        assert difference.high - difference.low == pytest.approx(2 * half, rel=1e-6)
    # The value of a run is no comparison: it keeps its own interval.
    own = of(found, "energy").values[1]
    assert own is not None
    assert own.high - own.low == pytest.approx(2 * T_975 * SD_OF_1_TO_5 / math.sqrt(5), rel=1e-6)
    assert any("97.5 % each" in note and "all 2 runs" in note for note in told(found))


def test_a_run_without_a_shared_seed_is_named_and_costs_the_others_nothing() -> None:
    far = stored("c", [10, 11, 12, 13, 14], {})
    found = Comparison((stored("a", FIVE, {}), stored("b", FIVE, energy(1, 1, 1, 1, 1)), far))
    assert of(found, "energy").differences[2] is None
    assert of(found, "energy").values[2] is not None
    assert found.level == LEVEL
    notes = " ".join(told(found))
    assert "Run 3 has no seed in common with run 1" in notes
    assert "Run 2" not in notes
    assert "run 2 over 5 seeds" in notes


def test_few_pairs_have_no_interval() -> None:
    found = Comparison((stored("a", FIVE, {}), stored("b", [3, 4, 5, 6, 7], energy(6, 8, 1, 1, 1))))
    difference = of(found, "energy").differences[1]
    assert difference is not None
    assert difference.mean == 7.0
    assert math.isnan(difference.low)
    assert any("run 2 over 2 seeds; below 5 there is no interval" in note for note in told(found))


def test_who_is_missing_from_a_run_is_none_there() -> None:
    one, two = stored("a", FIVE, {}), stored("b", FIVE, {})
    del two.run.roles["polynomial"]  # type: ignore[attr-defined]  # a plain dict in this test
    found = Comparison((one, two))
    for name in ("polynomial", SELECTED):
        assert of(found, "energy", name).values[0] is not None
        assert of(found, "energy", name).values[1] is None
        assert of(found, "energy", name).differences == (None, None)


def test_a_kpi_that_an_older_run_does_not_know_is_none_there() -> None:
    one, two = stored("a", FIVE, {}), stored("b", FIVE, {})
    del two.run.rows["saved"]  # type: ignore[attr-defined]  # a plain dict in this test
    found = of(Comparison((one, two)), "saved")
    assert found.values[0] is not None
    assert (found.values[1], found.differences[1]) == (None, None)


def test_what_is_looked_at_first() -> None:
    two = stored("b", FIVE, {"oracle": {"energy": [1, 2, 1, 2, 1]}, "polynomial": {"saved": [1, 2, 1, 2, 1]}})
    found = Comparison((stored("a", FIVE, {}), two))
    first = found.first_looked_at()
    assert clear(of(found, "saved", SELECTED).differences[1])  # but told already
    assert {(one.contender, one.kpi.name) for one in first} == {
        (name, "saved") for name in ("fixed", SELECTED, "oracle")
    }
    assert [(one.contender, one.kpi.name, n) for one, n in found.clear_beside(first)] == [
        ("oracle", "energy", 1)
    ]


# --- industries --------------------------------------------------------------------------------


@pytest.fixture
def priced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Toys whose net gain is taken as million KRW."""
    monkeypatch.setattr(Control, "money", "net")
    monkeypatch.setattr(Drift, "money", "net")


def industries() -> Comparison:
    net = {"polynomial": {"net": [1, 2, 3, 4, 5]}, "oracle": {"net": [7, 7, 7, 7, 7]}}
    other = {"tracking": {"net": [2, 4, 6, 8, 10]}}
    return Comparison(
        (
            stored("a", FIVE, net),
            stored("b", FIVE, other, case=Drift(), data_share=0.5, price=9.0),
            stored("c", FIVE, {"polynomial": {"net": [2, 3, 4, 5, 6]}}, assumed=[["curve", 2.5]]),
        )
    )


@pytest.mark.usefixtures("priced")
def test_industries_meet_in_money_alone() -> None:
    found = industries()
    assert {one.kpi.name for one in found.outcomes} == {"net_mkrw", "net_per_krw"}
    chosen = of(found, "net_mkrw", SELECTED)
    assert [one and one.mean for one in chosen.values] == [3.0, 6.0, 4.0]
    assert [one and one.mean for one in chosen.differences] == [None, None, 1.0]
    cost, half = LEARNING_KRW / 1e6, (LEARNING_KRW - 0.5 * 200 * 500.0) / 1e6
    gained = of(found, "net_per_krw", SELECTED).values
    assert [one and one.mean for one in gained] == [
        pytest.approx(3.0 / cost), pytest.approx(6.0 / half), pytest.approx(4.0 / cost)
    ]  # fmt: skip
    assert gained[0] is not None
    assert gained[0].high - gained[0].mean == pytest.approx(
        T_975 * SD_OF_1_TO_5 / math.sqrt(5) / cost, rel=1e-6
    )
    # An oracle does not learn, and an incumbent is what the net gain is counted from.
    assert [(o.contender, o.kpi.name) for o in found.outcomes if o.contender in ("oracle", "fixed")] == [
        ("oracle", "net_mkrw")
    ]
    notes = " ".join(told(found))
    assert "money alone" in notes
    assert "nothing is paired between" in notes
    assert "Money is that of a yr in toy_control, toy_drift." in notes
    assert "no seed in common" not in notes
    assert "run 3 over 5 seeds" in notes


@pytest.mark.usefixtures("priced")
def test_across_industries_only_common_settings_are_told() -> None:
    settings = industries().settings()
    assert settings == {"data_share": [1.0, 0.5, 1.0], "toy_control: curve": [2.0, None, 2.5]}


def test_an_industry_without_money_is_named() -> None:
    notes = told(industries())
    assert [note.split()[0] for note in notes if "counts nothing in money" in note] == [
        "toy_control", "toy_drift"
    ]  # fmt: skip
    assert industries().outcomes == []


# --- what was set ------------------------------------------------------------------------------


def test_only_what_differs_is_told() -> None:
    found = Comparison(
        (
            stored("a", FIVE, {}, noise=0.5),
            stored("b", FIVE, {}, noise=0.5, price=3.0, assumed=[["curve", 2.5], ["gone", 1.0]]),
            stored("c", [0, 1], {}, noise=0.7, assumed=[]),
        )
    )
    assert found.settings() == {
        "noise": [0.5, 0.5, 0.7],
        "price": [None, 3.0, None],
        "curve": [2.0, 2.5, 2.0],  # what was not assumed otherwise has its usual value
        "gone": [None, 1.0, None],
        "seeds": [5, 5, 2],
    }


def test_the_document() -> None:
    found = Comparison((stored("a", FIVE, {}), stored("b", [0, 1], {}), stored("c", [8], {}))).as_json()
    assert [run["id"] for run in found["runs"]] == ["a", "b", "c"]
    assert found["runs"][0]["learning_mkrw"] == pytest.approx(LEARNING_KRW / 1e6)
    assert found["paired_seeds"] == {"b": [0, 1], "c": []}
    for one in found["outcomes"]:
        assert set(one) == {"contender", "kpi", "unit", "values", "differences"}
        assert len(one["values"]) == len(one["differences"]) == 3
        assert one["differences"][0] is None
        assert one["differences"][2] is None


# --- in words ----------------------------------------------------------------------------------


def test_notes_are_said_in_both_languages_with_the_names_that_people_know() -> None:
    found = Comparison(
        (stored("a", FIVE, {}), stored("b", [3, 4], {}), stored("c", [9], {}), stored("d", FIVE, {}))
    )
    notes = [*found.notes(), *industries().notes()]
    assert {one.code for one in notes} == {
        "no_seed",
        "paired_few",
        "together",
        "money_alone",
        "no_money",
        "paired",
    }
    for language in LANGUAGES:
        said = " ".join(note(one, Words(language), lambda name: name.upper()) for one in notes)
        assert bool(re.search("[가-힣]", said)) == (language == "ko")
        assert "TOY_DRIFT" in said
        assert "97.5" in said
        assert "{" not in said


def test_settings_are_named_and_written_for_people() -> None:
    case, say = Control(), Words("ko")
    names = [set_name(case.scenario, name, say) for name in ("seeds", "version of numpy", "some_constant")]
    assert names == ["시드", "numpy 버전", "some constant"]
    label = set_name(case.scenario, "price", say)
    assert re.search("[가-힣]", label)
    assert set_value(case, "situation", "harsh", say) == case.situations["harsh"].label["ko"]
    assert [set_value(case, "price", value, say) for value in (None, 1234.5, "a")] == ["–", "1,234", "a"]
