"""Emulators of toy industries: what was planted, what is refused, and what comes back from disk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pytest
from sectorlab_toys.control import Control
from sectorlab_toys.declarations import SOURCE, both
from sectorlab_toys.planted import RECORDS, WORTH, Planted

from core.engine.registry import AnyUseCase
from core.engine.scenario import build
from core.errors import UserError
from core.protocol import Luck, Outcome, Policy, Scenario, choice, lever
from core.sweep.design import Axis, axis, own_seeds, points_of
from core.sweep.emulator import (
    LEAST,
    Covered,
    Emulator,
    Estimate,
    Outside,
    emulator_of,
    fit,
    quantities,
    restore,
)
from core.sweep.shelf import Shelf
from core.sweep.sweep import Failure, Sweep, ask, sweep
from core.sweep.work import Place

ALONE = Place(1, 1, backend="serial")
PLANTED = Planted()
VARY = ("data_share=0.1:1:2", "expertise=0:2:2")


def tried(
    case: AnyUseCase, vary: Sequence[str], points: int, *, own: bool = True, **fixed: Any
) -> tuple[Sweep, list[Axis]]:
    axes = [axis(case, text) for text in vary]
    assumed = fixed.pop("assumed", None)
    scenarios = [
        build(case, size="tiny", values=one | fixed, assumed=assumed)
        for one in points_of(axes, "sobol", points)
    ]
    seeds = own_seeds("sobol", points, 1) if own else None
    return sweep(ask(case, scenarios, seeds=3, own_seeds=seeds), ALONE), axes


@pytest.fixture(scope="module")
def made() -> tuple[Sweep, list[Axis]]:
    return tried(PLANTED, VARY, 48, label_quality=0.5, assumed={"toll": 20.0})


@pytest.fixture(scope="module")
def emulator(made: tuple[Sweep, list[Axis]]) -> Emulator:
    return fit(*made)


def at(**values: Any) -> Scenario:
    return build(PLANTED, size="tiny", values={"label_quality": 0.5, **values}, assumed={"toll": 20.0})


# --- what is estimated ----------------------------------------------------------------------------


def test_what_was_planted_is_within_its_bands(emulator: Emulator) -> None:
    for share in (0.1, 0.3, 0.6, 1.0):
        found = emulator.estimate(at(data_share=share, expertise=1.3))
        truth = WORTH * RECORDS * share - 20.0
        gain = found["difference.gain"]
        assert gain.low < truth < gain.high
        assert gain == found["selected.gain"]
        assert found["incumbent.gain"] == Estimate(0.0, 0.0, 0.0)
    assert set(found) == {"difference.gain", "difference.net", "incumbent.gain", "selected.gain"}


def test_bands_hold_runs_in_other_worlds(emulator: Emulator) -> None:
    rng = np.random.default_rng(0)
    values = [{"data_share": rng.uniform(0.1, 1.0), "expertise": rng.uniform(0.0, 2.0)} for _ in range(200)]
    scenarios = [at(**one) for one in values]
    fresh = sweep(ask(PLANTED, scenarios, own_seeds=[[1_000 + i] for i in range(200)]), ALONE)
    for name, truth in quantities(fresh).items():
        found = [emulator.estimate(one)[name] for one in scenarios]
        held = np.mean([one.low <= true <= one.high for one, true in zip(found, truth, strict=True)])
        # A band made of 48 points holds 90 % give or take 5, and 200 draws tell that to 2.
        assert 0.78 <= held <= 1.0, name


def test_how_often_it_held_is_told(emulator: Emulator) -> None:
    assert emulator.points == 48
    assert 0.8 <= emulator.covered("difference.gain") <= 1.0
    assert emulator.covered("incumbent.gain") == 1.0


def test_more_seeds_a_point_make_narrower_bands() -> None:
    one, three = (
        fit(*tried(PLANTED, VARY, 48, own=own)).estimate(build(PLANTED, size="tiny"))["difference.gain"]
        for own in (True, False)
    )
    assert three.high - three.low < 0.85 * (one.high - one.low)


class Named(Scenario):
    """A whole number and a name beside the common levers."""

    hours: int = lever(4, 1, 8, unit="h", label=both("Hours", "시간"), source=SOURCE)
    place: Literal["north", "south", "west"] = choice("north", label=both("Place", "장소"), source=SOURCE)


class Labelled(Planted):
    """A gain of 5 an hour, and of 30 in the west."""

    name = "toy_labelled"
    scenario: ClassVar[Any] = Named

    def play(self, scenario: Any, world: Any, policy: Policy, luck: Luck) -> Outcome:
        if float(policy.act({"unit": np.zeros(1, int)}, {})["number"][0]) == 0.0:
            return Outcome({"gain": 0.0})
        west = 30.0 if scenario.place == "west" else 0.0
        return Outcome({"gain": 5.0 * scenario.hours + west + luck("luck").normal()})


def test_names_and_whole_numbers() -> None:
    case = Labelled()
    found = fit(*tried(case, ["hours=1:8:8", "place=north,south,west"], 64))
    for hours, place, truth in ((1, "north", 5.0), (4, "south", 20.0), (7, "west", 65.0), (8, "west", 70.0)):
        scenario = build(case, size="tiny", values={"hours": hours, "place": place})
        one = found.estimate(scenario)["difference.gain"]
        assert one.low < truth < one.high
        assert abs(one.mean - truth) < 1.5
        assert one.high - one.low < 8.0
    assert found.axes == (
        Covered("hours", None, None, tuple(range(1, 9))),
        Covered("place", None, None, ("north", "south", "west")),
    )


def test_points_that_failed_are_left_out(made: tuple[Sweep, list[Axis]]) -> None:
    done, axes = made
    broken = replace(
        done, runs=(None, None, *done.runs[2:]), failures=(Failure(0, 0, "a"), Failure(1, 1, "b"))
    )
    assert fit(broken, axes).points == 46


def test_too_few_points(made: tuple[Sweep, list[Axis]]) -> None:
    done, axes = made
    few = replace(done, runs=(*done.runs[: LEAST - 1], *[None] * (49 - LEAST)))
    with pytest.raises(UserError, match=f"39 whole points are too few; give at least --points {LEAST}"):
        fit(few, axes)


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "facts", "said"),
    [
        ({"data_share": 0.05}, ("data_share", 0.05, 0.1, 1.0, ()), "data_share: 0.05 lies outside 0.1 to 1,"),
        ({"expertise": 2.5}, ("expertise", 2.5, 0.0, 2.0, ()), "expertise: 2.5 lies outside 0 to 2,"),
        (
            {"compute": 2.0},
            ("compute", 2.0, None, None, (1.0,)),
            "compute: 2.0 is not what the sweep tried (1.0)",
        ),
        (
            {"label_quality": 1.0},
            ("label_quality", 1.0, None, None, (0.5,)),
            "not what the sweep tried (0.5)",
        ),
        ({"size": "full"}, ("size", "full", None, None, ("tiny",)), "size: 'full' is not what"),
        ({"assumed": {}}, ("toll", 0.0, None, None, (20.0,)), "toll: 0.0 is not what the sweep tried (20.0)"),
        ({"assumed": {"toll": 20.0, "idle": 2.0}}, ("idle", 2.0, None, None, (1.0,)), "idle: 2.0 is not"),
    ],
)
def test_what_was_not_tried_is_refused(
    emulator: Emulator, values: dict[str, Any], facts: tuple[Any, ...], said: str
) -> None:
    size, assumed = values.pop("size", "tiny"), values.pop("assumed", {"toll": 20.0})
    scenario = build(PLANTED, size=size, values={"label_quality": 0.5, **values}, assumed=assumed)
    with pytest.raises(Outside) as caught:
        emulator.estimate(scenario)
    one = caught.value
    assert (one.lever, one.value, one.low, one.high, one.options) == facts
    assert said in str(one)
    assert str(one).endswith("or compute exactly with `sectorlab run`.")


def test_constants_that_are_set_to_what_they_are_change_nothing(emulator: Emulator) -> None:
    said = build(PLANTED, size="tiny", values={"label_quality": 0.5}, assumed={"toll": 20.0, "idle": 1.0})
    assert emulator.estimate(said) == emulator.estimate(at())


def test_another_industry_is_refused(emulator: Emulator) -> None:
    with pytest.raises(Outside, match="usecase: 'ControlScenario' is not what the sweep tried") as caught:
        emulator.estimate(build(Control(), size="tiny"))
    assert caught.value.options == ("toy_planted",)


def test_values_between_those_that_were_tried_are_refused() -> None:
    for value, options in ((2, (1, 3, 5)), ("dry", ("mild", "harsh"))):
        with pytest.raises(Outside) as caught:
            Covered("lever", None, None, options).columns(value)
        assert caught.value.options == options
    with pytest.raises(Outside, match="hours: 9 lies outside 1 to 8, which") as caught:
        Covered("hours", None, None, tuple(range(1, 9))).columns(9)
    assert (caught.value.low, caught.value.high, caught.value.options) == (1, 8, ())
    assert Covered("lever", None, None, (0.1, 0.3)).columns(0.1 + 0.2) == pytest.approx([1.0])
    assert Covered("lever", None, None, (7,)).columns(7) == [0.0]
    assert Covered("lever", 0.0, 0.3, ()).columns(0.1 + 0.2) == pytest.approx([1.0])


# --- on disk --------------------------------------------------------------------------------------


def test_it_comes_back_from_disk(tmp_path: Path, made: tuple[Sweep, list[Axis]], emulator: Emulator) -> None:
    shelf = Shelf(tmp_path)
    kept = shelf.keep(made[0], "sweep", {}, {"emulator": emulator.as_json()}, "")
    back = emulator_of(shelf, Path(kept.path).name)
    assert back is not None
    for share in np.linspace(0.1, 1.0, 7):
        one, other = emulator.estimate(at(data_share=share)), back.estimate(at(data_share=share))
        assert one.keys() == other.keys()
        for name, estimate in one.items():
            assert asdict(other[name]) == pytest.approx(asdict(estimate), rel=1e-9, abs=1e-9)
    assert (back.axes, back.base, back.inside) == (emulator.axes, emulator.base, emulator.inside)
    assert (back.seeds, back.own_seeds) == (1, True)


def test_a_sweep_without_one_has_none(tmp_path: Path, made: tuple[Sweep, list[Axis]]) -> None:
    shelf = Shelf(tmp_path)
    assert emulator_of(shelf, shelf.keep(made[0], "sweep", {}, {"a": 1}, "").path) is None


def test_one_of_another_version_is_refused(
    tmp_path: Path, made: tuple[Sweep, list[Axis]], emulator: Emulator
) -> None:
    _, sheet = (shelf := Shelf(tmp_path)).open(shelf.keep(made[0], "sweep", {}, {}, "").path)
    whole = emulator.as_json()
    numbers = whole["quantities"]["difference.gain"]
    for kept in (
        {},
        {"emulator": {**whole, "quantities": {"difference.gone": numbers}}},
        {"emulator": {**whole, "quantities": {"difference.gain": {"centre": 1.0}}}},
    ):
        with pytest.raises(UserError, match="made by another version; run the sweep again"):
            restore(kept, sheet, made[0])


def test_the_same_points_make_the_same_emulator(made: tuple[Sweep, list[Axis]], emulator: Emulator) -> None:
    assert fit(*made).as_json() == emulator.as_json()


def test_what_is_kept_is_plain_data_and_knows_no_points(emulator: Emulator) -> None:
    kept = emulator.as_json()
    assert json.loads(json.dumps(kept, allow_nan=False)) == kept
    assert len(json.dumps(kept)) < 600 * len(kept["quantities"]) + 600
    assert kept["base"] == {
        "size": "tiny", "assumed": [["toll", 20.0]], "label_quality": 0.5, "compute": 1.0, "adoption": 1.0,
    }  # fmt: skip
    assert kept["axes"][0] == {"lever": "data_share", "low": 0.1, "high": 1.0, "options": []}
