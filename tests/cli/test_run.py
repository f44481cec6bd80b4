"""``sectorlab run``: one document, or tables; what is stored; and the command that repeats it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import Result

from core.cli.output import plain
from core.results import document
from core.store.runs import Store

Call = Callable[..., Result]
TINY = ("run", "toy_control", "--size", "tiny", "--workers", "1")


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_json_is_the_document_of_the_stored_run_and_nothing_else(call: Call) -> None:
    result = call(*TINY, "--json")
    found = told(result)
    assert result.stderr == ""
    run = Store("runs").open(found["run"])
    assert found == json.loads(json.dumps(plain(document(run))))
    assert found["seeds"] == [0, 1, 2, 3, 4]
    assert {"usecase", "size", "situation", "scenario", "seeds", "device", "versions", "kpis", "contenders",
            "selected", "claim", "seconds", "run"} <= set(found)  # fmt: skip


def test_no_progress_where_stderr_is_no_terminal(spawn: Callable[..., Any]) -> None:
    done = spawn(*TINY, "--json")
    assert done.returncode == 0
    assert done.stderr == ""
    assert json.loads(done.stdout)["selected"] == "polynomial"


def test_the_tables(call: Call) -> None:
    result = call(*TINY)
    page = result.stdout
    assert result.exit_code == 0, result.stderr
    assert max(map(len, page.splitlines()[:-3])) <= 100
    for words in (
        "Toy: a set-point (toy_control), size tiny, 5 seeds",
        "Claim  Learning gains half",
        "Found  It gains",
        "Energy saved, kWh/d (higher is better)",
        "to the oracle",
        "to the ceiling",
        "Skill on the held-out period",
        "noise floor",
        "(polynomial on 5)",
        "Intervals (±, [ ]) are of 95 % over seeds.",
        "Stored in    runs/",
        "Repeat with  sectorlab run toy_control --size tiny",
    ):
        assert words in page, page
    names = [line.split()[0] for line in page.splitlines() if " ± " in line and not line.startswith("In")]
    assert names[:5] == ["fixed", "polynomial", "selected", "ceiling", "oracle"]


def test_few_seeds_have_no_interval_and_it_is_said_once(call: Call) -> None:
    page = call(*TINY, "--seeds", "2").stdout
    assert "±" not in page
    assert "2 seeds" in page
    assert page.count("no interval") == 1


def test_without_a_learner_nobody_is_selected(call: Call) -> None:
    page = call(*TINY, "--contenders", "fixed").stdout
    assert "oracle" in page
    assert "selected" not in page
    assert "polynomial" not in page.split("Stored in")[0]
    assert json.loads(call(*TINY, "--contenders", "fixed", "--json").stdout)["selected"] is None


def test_a_file_and_the_line_give_the_same_scenario_and_the_same_command(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "heat.toml"
    file.write_text('size = "tiny"\nsituation = "harsh"\nnoise = 1\nprice = 200.0\n')
    by_file = told(call("run", "toy_control", "--scenario", str(file), "--set", "price=300", "--seeds", "2",
                        "--workers", "1", "--json"))  # fmt: skip
    assert by_file["scenario"]["climate"] == "harsh"
    assert (by_file["scenario"]["noise"], by_file["scenario"]["price"]) == (1.0, 300.0)
    command = Store("runs").open(by_file["run"]).command
    assert command == (
        "sectorlab run toy_control --size tiny --situation harsh --set noise=1 --set price=300 --seeds 2"
    )
    again = told(call(*shlex.split(command)[1:], "--workers", "2", "--json"))
    first, second = (Store("runs").open(found["run"]) for found in (by_file, again))
    assert again["run"] != by_file["run"]
    for column in first.rows:
        np.testing.assert_array_equal(first.rows[column], second.rows[column])


def test_the_line_wins_over_the_file(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text('size = "full"\nsituation = "harsh"\n')
    found = told(call(*TINY, "--scenario", str(file), "--seeds", "1", "--json"))
    assert (found["size"], found["situation"]) == ("tiny", "harsh")


def test_words_stay_words_and_numbers_numbers(call: Call) -> None:
    found = told(call(*TINY, "--set", "climate=harsh", "--set", "adoption=0.5", "--seeds", "1", "--json"))
    assert found["scenario"]["climate"] == "harsh"
    assert found["scenario"]["adoption"] == 0.5


def test_reuse_shows_the_stored_run_and_fresh_makes_another(call: Call) -> None:
    first = told(call(*TINY, "--seeds", "1", "--json"))
    assert told(call(*TINY, "--seeds", "1", "--reuse", "--json"))["run"] == first["run"]
    assert told(call(*TINY, "--seeds", "1", "--fresh", "--json"))["run"] != first["run"]


def test_the_store_can_be_named_by_the_environment(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECTORLAB_RUNS", "elsewhere")
    assert told(call(*TINY, "--seeds", "1", "--json"))["run"].startswith("elsewhere")
    assert not Path("runs").exists()
