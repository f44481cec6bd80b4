"""A run: the same rows however it is computed, live levers without training, mistakes in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from sectorlab_toys.broken import LiveLeverMovesHistory
from sectorlab_toys.budget import SharedBudget
from sectorlab_toys.control import Control
from sectorlab_toys.drift import Drift

from core.engine.conformance.marks import differing, marks
from core.engine.parallel import Backend, cores
from core.engine.run import run_scenario
from core.engine.scenario import build
from core.errors import UserError
from core.protocol import Contender, UseCase
from core.results import Run
from core.store.runs import Store

TOYS: tuple[UseCase[Any, Any, Any], ...] = (Control(), Drift(), SharedBudget())
named = pytest.mark.parametrize("case", TOYS, ids=lambda case: case.name)


def tables(run: Run) -> list[Any]:
    return [dict(run.rows), dict(run.scores), {name: dict(table) for name, table in run.traces.items()}]


def same(one: Run, other: Run) -> bool:
    return not differing(marks(tables(one)), marks(tables(other)))


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Names of the contenders that were trained, in turn, in this process."""
    trained: list[str] = []

    def counting(name: str, fit: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any) -> Any:
            trained.append(name)
            return fit(*given)

        return counted

    for case in TOYS:
        for name, contender in case.contenders.items():
            counted = replace(contender, fit=counting(name, contender.fit))
            monkeypatch.setitem(type(case).contenders, name, counted)  # type: ignore[arg-type]
    yield trained


# --- the same rows ---------------------------------------------------------------------------------


@named
@pytest.mark.parametrize(("backend", "workers"), [("fork", 2), ("loky", 2), ("threads", 2), ("auto", 1)])
def test_rows_do_not_depend_on_who_computes(
    case: UseCase[Any, Any, Any], backend: Backend, workers: int
) -> None:
    scenario = build(case, size="tiny", values={"adoption": 0.6})
    alone = run_scenario(case, scenario, seeds=3, workers=1, backend="serial")
    assert same(alone, run_scenario(case, scenario, seeds=3, workers=workers, backend=backend))


@named
def test_a_seed_does_not_depend_on_the_others(case: UseCase[Any, Any, Any]) -> None:
    scenario = build(case, size="tiny")
    many = run_scenario(case, scenario, seeds=[4, 2, 7], workers=1)
    one = run_scenario(case, scenario, seeds=[2], workers=1)
    mine = many.rows["seed"] == 2
    for name, values in one.rows.items():
        assert np.array_equal(values, many.rows[name][mine], equal_nan=values.dtype.kind == "f")


@named
def test_the_store_gives_back_what_was_computed(case: UseCase[Any, Any, Any], tmp_path: Path) -> None:
    scenario = build(case, size="tiny")
    plain = run_scenario(case, scenario, seeds=5, workers=1)
    stored = run_scenario(case, scenario, seeds=5, workers=1, store=Store(tmp_path))
    assert same(plain, stored)
    assert same(plain, Store(tmp_path).open(Path(stored.path).name))


def test_a_contender_that_is_left_out_changes_nothing_for_the_others() -> None:
    case = Control()
    scenario = build(case, size="tiny")
    whole = run_scenario(case, scenario, seeds=2, workers=1)
    some = run_scenario(case, scenario, seeds=2, workers=1, contenders=["fixed"])
    assert list(some.roles) == ["fixed", "ceiling", "oracle"]
    for name in some.roles:
        assert np.array_equal(whole.values("energy", name), some.values("energy", name))


# --- live levers -----------------------------------------------------------------------------------


@named
def test_live_levers_replay_without_training(
    case: UseCase[Any, Any, Any], tmp_path: Path, fits: list[str]
) -> None:
    live = {"toy_control": "price", "toy_drift": "price", "toy_budget": "places"}[case.name]
    store = Store(tmp_path)
    run_scenario(case, build(case, size="tiny"), seeds=3, workers=1, store=store)
    assert len(fits) == 3 * len(case.contenders)
    fits.clear()
    moved = build(case, size="tiny", values={live: 33.0, "adoption": 0.5})
    again = run_scenario(case, moved, seeds=3, workers=1, store=store)
    assert fits == []
    assert same(again, run_scenario(case, moved, seeds=3, workers=1)), "as if it had been trained"
    fits.clear()
    run_scenario(case, moved, seeds=4, workers=1, store=store)
    assert set(fits) == set(case.contenders), "the new seed alone is trained"
    manifests = store.manifests()
    assert manifests[0].kept_from is None
    assert manifests[1].kept_from == manifests[0].id


def test_a_deep_lever_trains_again(tmp_path: Path, fits: list[str]) -> None:
    case, store = Control(), Store(tmp_path)
    for noise in (0.5, 0.7):
        fits.clear()
        scenario = build(case, size="tiny", values={"noise": noise})
        run_scenario(case, scenario, seeds=1, workers=1, store=store)
        assert set(fits) == set(case.contenders)
    fits.clear()
    run_scenario(case, build(case, size="tiny"), seeds=1, workers=1, store=store, fresh=True)
    assert set(fits) == set(case.contenders), "fresh trains again"


def test_reuse_returns_the_stored_run(tmp_path: Path, fits: list[str]) -> None:
    case, store = Control(), Store(tmp_path)
    scenario = build(case, size="tiny")
    first = run_scenario(case, scenario, seeds=2, workers=1, store=store, reuse=True)
    fits.clear()
    again = run_scenario(case, scenario, seeds=2, workers=1, store=store, reuse=True)
    assert (again.path, fits) == (first.path, [])
    assert same(first, again)
    other = run_scenario(case, scenario, seeds=[1, 0], workers=1, store=store, reuse=True)
    assert other.path != first.path
    assert len(store.manifests()) == 2


@named
def test_without_adoption_the_learner_is_the_incumbent(case: UseCase[Any, Any, Any]) -> None:
    run = run_scenario(case, build(case, size="tiny", values={"adoption": 0.0}), seeds=5, workers=1)
    for kpi in case.kpis:
        if kpi.name != "net":  # which pays for the learning all the same
            gap = run.difference(kpi.name, run.learners[0])
            assert gap.low == gap.mean == gap.high == 0.0
    cost = run.difference("net", run.learners[0])
    assert cost.mean < 0.0
    assert cost.low == pytest.approx(cost.high)


def test_a_world_never_sees_a_live_lever() -> None:
    class LiveLeverMovesWorld(LiveLeverMovesHistory):
        def world(self, scenario: Any, luck: Any) -> Any:
            world, log = super().world(scenario, luck)
            return replace(world, best=world.best * (scenario.price / 150.0)), log

    case = LiveLeverMovesWorld()
    runs = [
        run_scenario(case, build(case, size="tiny", values={"price": price}), seeds=2, workers=1)
        for price in (50.0, 400.0)
    ]
    for name in runs[0].roles:
        assert np.array_equal(*(run.values("energy", name) for run in runs))


# --- comparing with oneself ------------------------------------------------------------------------


class Twice(Control):
    """The learner under two names, and the incumbent as a learner."""

    contenders: ClassVar = {
        **Control.contenders,
        "again": Control.contenders["polynomial"],
        "the same": replace(Control.contenders["fixed"], role="learner"),
    }


def test_the_same_twice_shows_nothing() -> None:
    run = run_scenario(Twice(), build(Twice(), size="tiny"), seeds=20, workers=1)
    for kpi in ("saved", "energy", "net"):
        assert np.array_equal(run.values(kpi, "polynomial"), run.values(kpi, "again"))
    gap = run.difference("energy", "the same")
    assert (gap.mean, gap.low, gap.high) == (0.0, 0.0, 0.0)
    itself = run.captured("the same", "oracle")
    assert itself is not None
    assert (itself.gain.mean, itself.share.mean, itself.share.low, itself.share.high) == (0.0, 0.0, 0.0, 0.0)


def test_settling_is_against_the_first_contender() -> None:
    class TwoIncumbents(Control):
        contenders: ClassVar = {
            **Control.contenders,
            "other": Contender(
                "incumbent", {"en": "Other", "ko": "다른"}, Control.contenders["polynomial"].fit
            ),
        }

    run = run_scenario(TwoIncumbents(), build(TwoIncumbents(), size="tiny"), seeds=2, workers=1)
    assert run.values("saved", "fixed").tolist() == [0.0, 0.0]


# --- mistakes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"seeds": 0}, "seeds: 0 is not allowed; give a number from 1 to 1000."),
        ({"seeds": 1001}, "seeds: 1001 is not allowed; give a number from 1 to 1000."),
        ({"seeds": []}, "seeds: [] is not allowed; give different whole numbers from 0 up."),
        ({"seeds": [1, 1]}, "seeds: [1, 1] is not allowed; give different whole numbers from 0 up."),
        ({"seeds": [-1]}, "seeds: [-1] is not allowed; give different whole numbers from 0 up."),
        (
            {"contenders": ["nobody"]},
            "contenders: 'nobody' is unknown to toy_control; choose from fixed, polynomial, ceiling, oracle.",
        ),
        ({"device": "gpu"}, "device: 'gpu' is unknown; choose one of auto, cpu, cuda, mps, xpu."),
        ({"workers": 0}, f"workers: 0 is not allowed; give a number from 1 to {4 * cores()}."),
        ({"workers": 999}, f"workers: 999 is not allowed; give a number from 1 to {4 * cores()}."),
    ],
)
def test_mistakes_are_told_in_one_sentence(given: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    root = tmp_path / "store"
    with pytest.raises(UserError) as told:
        run_scenario(Control(), build(Control(), size="tiny"), store=Store(root), **given)
    assert str(told.value) == sentence
    assert not root.exists(), "nothing is half-written"


def test_a_device_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.learn.devices._present", lambda: ["cpu"])
    with pytest.raises(UserError, match=r"device: 'cuda' is not on this machine; choose cpu or auto\."):
        run_scenario(Control(), build(Control(), size="tiny"), seeds=1, device="cuda")
    monkeypatch.setattr("core.learn.devices._present", lambda: ["cuda", "cpu"])
    assert run_scenario(Control(), build(Control(), size="tiny"), seeds=1, device="auto").device == "cuda"


def test_the_size_says_how_many_seeds() -> None:
    told: list[tuple[int, int, str]] = []
    run = run_scenario(
        Control(), build(Control(), size="tiny"), workers=1, progress=lambda *what: told.append(what)
    )
    assert run.seeds == (0, 1, 2, 3, 4)
    assert [done for done, _, _ in told] == list(range(21))
    assert {total for _, total, _ in told} == {20}
