"""``sectorlab data``: the history that a run learns from, with a data dictionary, whole or not at all."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import Result

from core.engine.registry import load
from core.engine.scenario import build
from core.luck import luck_of, scoped
from core.store import tables as on_disk
from core.store.tables import read_table

Call = Callable[..., Result]
TINY = ("data", "toy_control", "--size", "tiny")


def test_tables_and_dictionary(call: Call) -> None:
    result = call(*TINY, "--out", "d", "--situation", "harsh", "--seed", "3")
    assert result.exit_code == 0, result.stderr
    assert sorted(path.name for path in Path("d").iterdir()) == [
        "days.parquet", "dictionary.json", "dictionary.md",
    ]  # fmt: skip
    told = json.loads(Path("d/dictionary.json").read_text(encoding="utf-8"))
    assert (told["usecase"], told["seed"], told["situation"]) == ("toy_control", 3, "harsh")
    assert told["scenario"]["climate"] == "harsh"
    days = told["tables"]["days"]
    assert days["rows"] == 200
    assert [column["name"] for column in days["columns"]] == ["time", "weather", "setpoint", "energy"]
    assert days["columns"][3] | {"label": 0} == {
        "name": "energy",
        "type": "float64",
        "unit": "kWh",
        "label": 0,
    }
    page = Path("d/dictionary.md").read_text(encoding="utf-8")
    assert "| energy | kWh | float64 | Energy of the day | 일 전력량 |" in page


def test_rows_are_those_of_a_run(call: Call) -> None:
    call(*TINY, "--out", "d", "--set", "data_share=0.5")
    case = load("toy_control")
    scenario = build(case, size="tiny", values={"data_share": 0.5})
    luck = luck_of(0)
    _, history = case.world(scenario, scoped(luck, "world"))
    expected = history.thin(0.5, scoped(luck, "thin")).data["days"]
    found = read_table(Path("d/days.parquet"))
    assert len(found["time"]) < 200
    for name, column in expected.items():
        np.testing.assert_array_equal(found[name], column)


def test_rows_can_be_few_and_a_folder_empty(call: Call) -> None:
    Path("d").mkdir()
    result = call(*TINY, "--out", "d", "--rows", "7")
    assert result.exit_code == 0, result.stderr
    assert len(read_table(Path("d/days.parquet"))["time"]) == 7
    assert "7 rows" in result.stdout


def test_live_levers_move_nothing(call: Call) -> None:
    call(*TINY, "--out", "a")
    call(*TINY, "--out", "b", "--set", "price=10", "--set", "adoption=0")
    assert Path("a/days.parquet").read_bytes() == Path("b/days.parquet").read_bytes()


def test_a_full_disk_leaves_nothing(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(on_disk, "write_table", full)
    result = call(*TINY, "--out", "d")
    assert result.exit_code == 2
    assert "no space is left" in result.stderr
    assert list(Path(".").iterdir()) == []
