"""``sectorlab sweep``, ``worth`` and ``worlds``: what they print, keep, repeat and refuse."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from core.protocol import Outcome
from core.sweep.shelf import Shelf
from core.sweep.work import Place

Call = Callable[..., Result]
SWEEP = ("sweep", "toy_control", "--size", "tiny", "--vary", "adoption=0,1", "--vary", "data_share=0.5,1")


def test_a_sweep_is_printed_and_kept(call: Call) -> None:
    done = call(*SWEEP)
    assert done.exit_code == 0, done.output
    for said in ("4 points, 5 seeds each", "adoption, all else averaged", "gain of learning",
                 "Share of all that varies", "hold at once with 95 %", "Stored: runs/sweeps/"):  # fmt: skip
        assert said in done.output
    (sheet,) = Shelf("runs").sheets()
    assert sheet.kind == "sweep"
    assert not list(Path("runs/sweeps").glob(".partial-*"))


def test_its_document_says_all_and_its_command_repeats_it(call: Call) -> None:
    first = json.loads(call(*SWEEP, "--set", "price=100", "--json").stdout)
    assert first["levers"] == {"adoption": [0, 1], "data_share": [0.5, 1]}
    assert len(first["values"]) == first["points"] == 4
    assert {one["who"] for one in first["curves"]} == {"incumbent", "selected", "ceiling", "oracle", "gain"}
    gain = next(one for one in first["curves"] if (one["lever"], one["who"]) == ("adoption", "gain"))
    nobody, everybody = gain["means"]
    assert nobody == {"mean": 0.0, "ci_low": 0.0, "ci_high": 0.0}
    assert everybody["ci_low"] > 0.0
    (sheet,) = Shelf("runs").sheets()
    again = json.loads(call(*shlex.split(sheet.command)[1:], "--json").stdout)
    assert again["curves"] == first["curves"]


def test_points_spread_over_ranges(call: Call) -> None:
    done = call("sweep", "toy_control", "--size", "tiny", "--seeds", "1", "--vary", "noise=0:3:2",
                "--design", "sobol", "--points", "6", "--json")  # fmt: skip
    document = json.loads(done.stdout)
    assert document["points"] == 6
    assert document["levers"] == {"noise": [0.0, 3.0]}
    (sheet,) = Shelf("runs").sheets()
    assert sheet.command.endswith("--vary noise=0:3:2 --design sobol --points 6 --seeds 1")
    assert document["variance"]["noise"]["ci_low"] is None


def test_points_with_seeds_of_their_own_and_their_emulator(call: Call) -> None:
    words = ("sweep", "toy_planted", "--size", "tiny", "--vary", "data_share=0.1:1:2", "--design", "sobol",
             "--points", "40", "--own-seeds")  # fmt: skip
    done = call(*words)
    assert done.exit_code == 0, done.output
    for said in ("40 points, 1 seed each, of its own", "no shares of what varies", "hold at once with 95 %",
                 "of 40 held-out points (headline gain)."):  # fmt: skip
        assert said in done.output
    assert "Below 5 seeds" not in done.output
    (sheet,) = Shelf("runs").sheets()
    assert sheet.command.endswith("--design sobol --points 40 --own-seeds")
    found, _ = Shelf("runs").document(sheet.id)
    again = json.loads(call(*shlex.split(sheet.command)[1:], "--json").stdout)
    assert again["emulator"] == found["emulator"]
    assert again["curves"] == found["curves"]
    assert f"held {100 * found['emulator']['quantities']['difference.gain']['covered']:.0f} %" in done.output


def test_a_sweep_of_few_points_or_a_grid_has_no_emulator(call: Call) -> None:
    few = ("sweep", "toy_planted", "--size", "tiny", "--seeds", "1", "--vary")
    for words in (("data_share=0.1:1:2", "--design", "sobol", "--points", "39"), ("data_share=0.1:1:40",)):
        assert "emulator" not in json.loads(call(*few, *words, "--json").stdout)


def test_worth_of_one_more_unit(call: Call) -> None:
    done = call("worth", "toy_planted", "--size", "tiny")
    assert done.exit_code == 0, done.output
    for said in ("one more unit is worth", "equal ranks cannot be told apart", "on 5 fresh seeds"):
        assert said in done.output
    document = json.loads(call("worth", "toy_planted", "--size", "tiny", "--json").stdout)
    by = {one["lever"]: one for one in document["levers"]}
    assert set(by) == {"data_share", "label_quality", "compute", "expertise", "adoption"}
    data = by["data_share"]["net_mkrw_per_unit"]
    assert data["ci_low"] < 0.4 < data["ci_high"]
    assert document["winner_again_seeds"] == 5
    assert document["winner_again"]["net_mkrw_per_unit"] != document["levers"][0]["net_mkrw_per_unit"]
    assert {sheet.kind for sheet in Shelf("runs").sheets()} == {"worth"}
    assert not list(Path("runs/sweeps").glob(".partial-*"))


def test_plausible_worlds(call: Call) -> None:
    done = call("worlds", "toy_planted", "--size", "tiny", "--draws", "30")
    assert done.exit_code == 0, done.output
    for said in ("30 plausible worlds, in simulation", "holds under conditions, in", "toll",
                 "Without a range, so never moved: known."):  # fmt: skip
        assert said in done.output
    document = json.loads(call("worlds", "toy_planted", "--size", "tiny", "--draws", "30", "--json").stdout)
    assert [one["statement"] for one in document["statements"]] == ["ahead", "pays", "published"]
    assert document["in_simulation"] is True
    assert len(document["statements"][0]["margin"]) == 30


def test_what_failed_is_listed_and_can_be_tried_again(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    from sectorlab_toys.control import Control

    def fails(self: Control, scenario: Any, *rest: Any) -> Outcome:
        if scenario.adoption == 0.0:
            raise ZeroDivisionError("nobody decides")
        return play(self, scenario, *rest)

    play = Control.play
    monkeypatch.setattr(Control, "play", fails)
    # In this process, where the industry can be made to fail.
    monkeypatch.setattr("core.sweep.sweep.place_of", lambda *_: Place(1, 1, backend="serial"))
    words = SWEEP
    done = call(*words)
    assert done.exit_code == 0, done.output
    assert "ZeroDivisionError: nobody decides" in done.output
    assert "--retry" in done.output
    assert list(Path("runs/sweeps").glob(".partial-*/*.json"))  # what was finished waits for the next try
    document = json.loads(call(*words, "--json").stdout)
    assert document["whole_points"] == 2
    assert len(document["failures"]) == 2 * 5
    monkeypatch.setattr(Control, "play", play)
    again = json.loads(call(*words, "--retry", "--json").stdout)
    assert again["failures"] == []
    assert not list(Path("runs/sweeps").glob(".partial-*"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sweep", "toy_control"), "vary: nothing varies"),
        (("sweep", "toy_control", "--vary", "adoption=2"), "adoption: 2 is not allowed"),
        ((*SWEEP, "--backend", "cloud"), "backend: 'cloud' is unknown"),
        ((*SWEEP, "--backend", "dask"), "scheduler: a Dask cluster needs its address"),
        ((*SWEEP, "--backend", "dask", "--scheduler", "tcp://127.0.0.1:9", "--workers", "2"), "has its own"),
        ((*SWEEP, "--scheduler", "tcp://127.0.0.1:9"), "scheduler: only a Dask cluster has one"),
        ((*SWEEP, "--workers", "0"), "workers: 0 is not allowed"),
        (("sweep", "toy_control", "--vary", "adoption=,"), "vary: 'adoption=,' says no values"),
        ((*SWEEP, "--contenders", "fixed"), "contenders: none of them learns"),
        (
            ("sweep", "voter_fundraising", "--vary", "spread=0.4,0.5", "--assume", "spread=0.45"),
            "assume: spread is a lever that is set as well",
        ),
        ((*SWEEP, "--own-seeds"), "own-seeds: the points of a grid share their seeds; add --design sobol"),
        (
            (
                "sweep",
                "toy_control",
                "--vary",
                "noise=0:1:2",
                "--design",
                "sobol",
                "--own-seeds",
                "--seeds",
                "0",
            ),
            "seeds: 0 is not allowed; give a number from 1 to 100 for each point",
        ),
        (("worth", "toy_control"), "worth: toy_control counts no money"),
        (("worlds", "toy_control", "--draws", "0"), "draws: 0 is not allowed"),
        (("run", "toy_control", "--assume", "base=1"), "assume: base = 1 is not allowed"),
        (("run", "toy_control", "--assume", "bass=100"), "did you mean 'base'?"),
        (("run", "toy_control", "--assume", "base=much"), "is no name=number"),
    ],
)
def test_a_slip_is_one_sentence_and_leaves_nothing(
    spawn: Callable[..., subprocess.CompletedProcess[str]], words: tuple[str, ...], said: str
) -> None:
    done = spawn(*words)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stdout
    assert not Shelf("runs").sheets()


def test_a_file_in_the_place_of_sweeps_is_told(
    spawn: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    Path("runs").mkdir()
    Path("runs/sweeps").write_text("")
    done = spawn(*SWEEP)
    assert done.returncode == 2
    assert done.stderr.startswith("out: 'runs/sweeps' cannot be written to")


@pytest.mark.slow
def test_a_killed_sweep_goes_on_where_it_was() -> None:
    start = [sys.executable, "-c", "from core.cli.main import main; main()"]
    words = [*start, "sweep", "toy_control", "--vary", "data_share=0.1:1:30", "--size", "full", "--json"]
    undisturbed = json.loads(subprocess.run([*words, "--out", "a"], capture_output=True, check=True).stdout)
    process = subprocess.Popen([*words, "--out", "b"], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not list(Path("b").glob("sweeps/.partial-*/*.json")) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = len(list(Path("b").glob("sweeps/.partial-*/*.json")))
    assert 0 < kept < 300
    resumed = json.loads(subprocess.run([*words, "--out", "b"], capture_output=True, check=True).stdout)
    assert resumed["values"] == undisturbed["values"]
    assert resumed["curves"] == undisturbed["curves"]
