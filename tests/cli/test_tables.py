"""Numbers as people read them, and what is said when there is nothing to gain."""

from __future__ import annotations

import doctest
import importlib
import io
import math
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from core.cli.tables import number, print_result, share, short, spread
from core.engine.registry import load
from core.engine.run import run_scenario
from core.engine.scenario import build
from core.results import Run
from core.stats.headroom import Captured
from core.stats.interval import Interval

POINT = Interval(1.0, 1.0, 1.0, 5)


def of(low: float, high: float) -> Captured:
    return Captured(Interval(0.5, low, high, 5), POINT, POINT, nothing_to_gain=False)


def page(run: Run, width: int = 100) -> str:
    paper = Console(file=io.StringIO(), width=width, markup=False, highlight=False)
    print_result(run, paper)
    assert isinstance(paper.file, io.StringIO)
    return paper.file.getvalue()


@pytest.fixture(scope="module")
def result() -> Run:
    case = load("toy_control")
    return run_scenario(case, build(case, size="tiny"), workers=1)


@pytest.mark.parametrize("module", ["tables", "output", "choose", "run", "check"])
def test_examples(module: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(f"core.cli.{module}"))
    assert tried
    assert not failed


def test_numbers() -> None:
    assert number(-1234567.0, 2) == "-1,234,567.00"
    assert number(-0.004, 2) == "0.00"
    assert number(0.0, 1, signed=True) == "0.0"
    assert number(math.nan, 1) == "-"
    assert spread(Interval(2.0, math.nan, math.nan, 2), 1) == "2.0"
    assert spread(Interval(2.0, 1.0, 3.0, 9), 0, signed=True) == "+2 ± 1"
    assert short(True) == "True"


def test_shares() -> None:
    assert share(of(0.4, 0.6)) == "50 % [40, 60]"
    assert share(of(math.nan, math.nan)) == "50 %"
    assert share(of(-math.inf, math.inf)) == "50 % [no bound]"
    assert share(Captured(POINT, POINT, POINT, nothing_to_gain=True)) == "nothing to gain"


def test_nothing_to_gain_is_told_with_the_difference(result: Run) -> None:
    def where_the_oracle_saves(energy: float) -> str:
        rows: dict[str, Any] = {name: np.array(column) for name, column in result.rows.items()}
        rows["saved"][rows["contender"] == "oracle"] = energy
        return page(Run(**{**{f: getattr(result, f) for f in Run.__dataclass_fields__}, "rows": rows}))

    flat = where_the_oracle_saves(0.1)
    assert "nothing to gain: even the oracle is ahead of the incumbent by only 0.1 ± 0.0 kWh/d" in flat
    assert flat.count("nothing to gain") > 1  # in the tables, too
    assert "nothing to gain: even" not in where_the_oracle_saves(50.0)


@pytest.mark.parametrize("width", [60, 100, 200])
def test_every_kpi_is_there_at_any_width(result: Run, width: int) -> None:
    text = " ".join(page(result, width).split())
    for kpi in result.case.kpis:
        values = spread(result.interval(kpi.name, "polynomial"), kpi.digits)
        assert values in text or width < 100


def test_a_square_bracket_is_no_markup(result: Run) -> None:
    text = page(result)
    assert "[ ]" in text
    assert " [" in text
