"""A sweep's points are runs; it survives its workers, its parent, and says what failed."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sectorlab_toys.control import Building, Control, ControlScenario
from sectorlab_toys.planted import Planted

from core.engine.cell import CellResult, CellTask, compute
from core.engine.run import run_scenario
from core.engine.scenario import build
from core.errors import UserError
from core.protocol import Luck, Outcome, Policy
from core.sweep.design import axis, grid
from core.sweep.points import perform, why
from core.sweep.sweep import Asked, Sweep, ask, put_together, sweep
from core.sweep.work import LOST, Place

ALONE = Place(1, 1, backend="serial")


def asked(case: Control | Planted, *vary: str, seeds: int = 2) -> Asked:
    points = grid([axis(case, text) for text in vary])
    return ask(case, [build(case, size="tiny", values=one) for one in points], seeds=seeds)


def rows(found: Sweep) -> list[str]:
    """Every number to the last bit; as text, because no ``nan`` equals another."""
    return [repr((p, {n: c.tolist() for n, c in found.at(p).rows.items()})) for p in found.whole]


WANTED = ("adoption=0:1:3", "data_share=0.3,1")


@pytest.fixture(scope="module")
def undisturbed() -> Sweep:
    return sweep(asked(Control(), *WANTED), ALONE)


def test_each_point_is_the_run_of_its_scenario(undisturbed: Sweep) -> None:
    assert len(undisturbed.whole) == 6
    for point in undisturbed.whole:
        scenario = undisturbed.asked.scenarios[point]
        run = run_scenario(Control(), scenario, seeds=2, workers=1)
        for name, column in run.rows.items():
            np.testing.assert_array_equal(undisturbed.at(point).rows[name], column)


def test_live_settings_share_one_training(undisturbed: Sweep) -> None:
    tasks = undisturbed.asked.tasks(1)
    assert len(tasks) == 4  # two shares of data, two seeds
    assert all(len(task.points) == 3 for task in tasks)


def test_each_contender_is_trained_once_for_all_live_settings(
    monkeypatch: pytest.MonkeyPatch, undisturbed: Sweep
) -> None:
    trained: list[str] = []

    def noting(task: CellTask) -> CellResult:
        trained.extend([task.contender] if task.contender not in task.kept else [])
        return compute(task)

    monkeypatch.setattr("core.sweep.points.compute", noting)
    perform(undisturbed.asked.tasks(1)[0])
    assert [name for name in trained if name in Control.contenders] == ["fixed", "polynomial"]


def test_a_point_without_all_its_seeds_has_no_numbers(undisturbed: Sweep) -> None:
    done = [perform(task) for task in undisturbed.asked.tasks(1)]
    kept = [one for one in done if one.seed == 0]
    runs, failures = put_together(undisturbed.asked, kept)
    assert runs == (None,) * 6
    assert failures == ()
    runs, _ = put_together(undisturbed.asked, [*kept, next(one for one in done if one.seed == 1)])
    assert sum(run is not None for run in runs) == 3


@pytest.mark.parametrize("backend", ["fork", "loky", "threads"])
def test_the_same_numbers_wherever_it_runs(backend: str, undisturbed: Sweep) -> None:
    found = sweep(undisturbed.asked, Place(2, 1, backend=backend))  # type: ignore[arg-type]  # the parameter is text
    assert rows(found) == rows(undisturbed)


# --- who is killed --------------------------------------------------------------------------------


class Deadly(Control):
    """Ends its process on one setting, as often as there are files in its folder."""

    def __init__(self, lives: Path) -> None:
        self.lives = lives

    def play(self, scenario: ControlScenario, world: Building, policy: Policy, luck: Luck) -> Outcome:
        if scenario.data_share < 0.5:
            for life in self.lives.iterdir():
                try:
                    life.unlink()  # by one process alone
                except FileNotFoundError:
                    continue
                os.kill(os.getpid(), signal.SIGKILL)
        return super().play(scenario, world, policy, luck)


@pytest.fixture
def deadly(tmp_path: Path) -> Callable[[int], Deadly]:
    """Make an industry whose processes die so many times."""

    def times(number: int) -> Deadly:
        for i in range(number):
            (tmp_path / str(i)).touch()
        return Deadly(tmp_path)

    return times


@pytest.mark.parametrize("backend", ["fork", "loky"])
def test_a_killed_worker_costs_nothing_but_time(
    backend: str, deadly: Callable[[int], Deadly], undisturbed: Sweep
) -> None:
    case = deadly(1)
    place = Place(2, 1, backend=backend)  # type: ignore[arg-type]  # the parameter is text
    found = sweep(replace(undisturbed.asked, case=case), place)
    assert not list(case.lives.iterdir())
    assert not found.failures
    assert rows(found) == rows(undisturbed)


@pytest.mark.parametrize("backend", ["auto", "loky"])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_point_that_always_kills_fails_and_the_others_stay(
    backend: str, workers: int, deadly: Callable[[int], Deadly], undisturbed: Sweep
) -> None:
    place = Place(workers, 1, backend=backend)  # type: ignore[arg-type]  # the parameter is text
    found = sweep(replace(undisturbed.asked, case=deadly(200)), place)
    harmless = [p for p, one in enumerate(found.asked.scenarios) if one.data_share > 0.5]
    assert found.whole == harmless
    assert {one.reason for one in found.failures} == {LOST}
    assert len(found.failures) == 3 * 2
    assert rows(found) == [rows(undisturbed)[p] for p in harmless]


def test_what_was_finished_is_not_done_again(tmp_path: Path, undisturbed: Sweep) -> None:
    told: list[tuple[int, int]] = []
    whole = undisturbed.asked
    with pytest.raises(KeyboardInterrupt):
        sweep(whole, ALONE, folder=tmp_path, progress=_stop_after(2))
    assert len(list(tmp_path.glob("*.json"))) == 2
    found = sweep(
        whole, ALONE, folder=tmp_path, progress=lambda done, total, what: told.append((done, total))
    )
    assert told == [(2, 4), (3, 4), (4, 4)]
    assert rows(found) == rows(undisturbed)


def _stop_after(number: int):  # type: ignore[no-untyped-def]  # a callback of the test
    def progress(done: int, total: int, what: str) -> None:
        if done == number:
            raise KeyboardInterrupt

    return progress


def test_a_damaged_entry_counts_as_missing(tmp_path: Path, undisturbed: Sweep) -> None:
    sweep(undisturbed.asked, ALONE, folder=tmp_path)
    first, second, *_ = sorted(tmp_path.glob("*.json"))
    first.write_bytes(first.read_bytes()[:-20])
    facts = json.loads(second.read_text())
    facts["cells"][0][0]["kpis"]["energy"] += 1.0
    second.write_text(json.dumps(facts))
    told: list[int] = []
    found = sweep(undisturbed.asked, ALONE, folder=tmp_path, progress=lambda done, *_: told.append(done))
    assert told[0] == 2
    assert rows(found) == rows(undisturbed)


# --- what fails -----------------------------------------------------------------------------------


class Failing(Control):
    """Cannot play one setting, while the variable is set."""

    def play(self, scenario: ControlScenario, world: Building, policy: Policy, luck: Luck) -> Outcome:
        if scenario.adoption == 0.5 and "FAILING" in os.environ:
            raise ZeroDivisionError("half\nand more")
        return super().play(scenario, world, policy, luck)


def test_a_failure_is_told_kept_and_tried_again_on_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undisturbed: Sweep
) -> None:
    wanted = replace(undisturbed.asked, case=Failing())
    monkeypatch.setenv("FAILING", "1")
    found = sweep(wanted, ALONE, folder=tmp_path)
    assert [found.asked.scenarios[p].adoption for p in found.whole] == [0.0, 0.0, 1.0, 1.0]
    assert {one.reason for one in found.failures} == {"ZeroDivisionError: half"}
    monkeypatch.delenv("FAILING")
    assert sweep(wanted, ALONE, folder=tmp_path).failures == found.failures
    assert rows(sweep(wanted, ALONE, folder=tmp_path, retry=True)) == rows(undisturbed)


def test_what_other_code_has_computed_is_refused(monkeypatch: pytest.MonkeyPatch, undisturbed: Sweep) -> None:
    monkeypatch.setattr("core.sweep.work.made_with", lambda case: "another version")
    with pytest.raises(UserError, match="workers: one runs another version"):
        sweep(undisturbed.asked, ALONE)


def test_an_error_without_a_word_says_where_it_was() -> None:
    try:
        assert not Path.cwd()
    except AssertionError as error:
        error.args = ()
        assert re.fullmatch(r"AssertionError at test_work\.py:\d+", why(error))


class Unmeasured(Control):
    """Measures nothing on one setting."""

    def play(self, scenario: ControlScenario, world: Building, policy: Policy, luck: Luck) -> Outcome:
        found = super().play(scenario, world, policy, luck)
        return Outcome({"energy": float("nan")}) if scenario.adoption == 0.5 else found


def test_a_point_whose_kpi_is_no_number_fails(undisturbed: Sweep) -> None:
    found = sweep(replace(undisturbed.asked, case=Unmeasured()), ALONE)
    assert len(found.whole) == 4
    assert {one.reason for one in found.failures} == {"ArithmeticError: energy of fixed is nan"}


def test_without_a_learner_there_is_nothing_to_sweep() -> None:
    with pytest.raises(UserError, match="none of them learns; add one of polynomial"):
        ask(Control(), [build(Control(), size="tiny")], contenders=["fixed"])


# --- on a cluster ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_same_numbers_on_a_cluster_of_two(undisturbed: Sweep) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        found = sweep(undisturbed.asked, Place(1, 1, scheduler=cluster.scheduler_address))
    assert rows(found) == rows(undisturbed)


def test_a_cluster_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("core.engine.parallel.CLUSTER_ANSWERS_S", 0.5)
    with pytest.raises(UserError, match=r"scheduler: nobody answers at 'tcp://127\.0\.0\.1:9'"):
        sweep(asked(Control(), "adoption=0,1"), Place(1, 1, scheduler="tcp://127.0.0.1:9"))
