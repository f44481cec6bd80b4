"""Charts and pages made by hand, for every renderer; a run of a toy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from sectorlab_toys.control import Control

from core.engine.run import run_scenario
from core.engine.scenario import build
from core.protocol import Chart
from core.report.cast import Cast
from core.report.page import Block, Page, Picture, Section
from core.results import SELECTED, Run


@pytest.fixture(scope="session")
def played() -> Run:
    """Play the control toy on five seeds, as many as an interval needs."""
    case = Control()
    return run_scenario(case, build(case, size="tiny"), seeds=5, workers=1)


@pytest.fixture
def made() -> Callable[..., Chart]:
    """Make a chart of two series with intervals, changed as asked."""

    def make(kind: str = "line", rows: int = 12, **changes: object) -> Chart:
        t = np.arange(rows)
        v = np.sin(t)
        base = Chart(
            name="c", kind=kind, x="t", y="v", series="who",  # type: ignore[arg-type]  # a literal
            table={"t": t, "v": v, "who": np.array(["a", "b"])[t % 2], "lo": v - 1.0, "hi": v + 2.0},
            title={"en": "The finding", "ko": "밝혀진 것"}, how={"en": "Read it so", "ko": "이렇게 읽는다"},
            alt={"en": "Two lines", "ko": "선 두 개"}, x_label={"en": "time (h)", "ko": "시간 (시)"},
            y_label={"en": "value (kW)", "ko": "값 (kW)"}, source="a test",
        )  # fmt: skip
        return replace(base, **changes)  # type: ignore[arg-type]  # any field

    return make


@pytest.fixture
def paged() -> Callable[..., Page]:
    """Make a page of one section, charts as pictures of nobody in particular."""

    def make(*blocks: Block | Chart, lang: str = "ko", **changes: str) -> Page:
        shown = [Picture(b, Cast({}, {})) if isinstance(b, Chart) else b for b in blocks]
        texts = {
            "title": "열간 압연",
            "subtitle": "얼마나 아끼는가?",
            "notice": "합성 세계이며, 전망이 아니다.",
        }
        return Page(lang, **{**texts, **changes}, sections=[Section("결과", shown)])  # type: ignore[arg-type]  # a literal

    return make


@pytest.fixture
def awkward(made: Callable[..., Chart]) -> dict[str, Chart]:
    """Charts on which a renderer could stumble."""
    nan, inf = np.nan, np.inf
    words = np.array(["사 $5$ <b>", "_hidden", "x" * 60, "여름철 냉동기 출구 수온 설정값을 낮춘 경우"])
    mixed = {"t": np.arange(4), "v": np.array([nan, 1.0, inf, -2.0]), "who": words[[0, 0, 1, 1]]}
    ends = {"lo": np.array([nan, 0.5, 0.0, -inf]), "hi": np.array([nan, 2.0, inf, -1.0])}
    empty = {name: np.array([]) for name in ("t", "v", "who", "lo", "hi")}
    found = {}
    for kind in ("line", "bar", "scatter"):
        banded = made(kind, low="lo", high="hi")
        found |= {
            f"{kind}, plain": banded,
            f"{kind}, alone": replace(banded, series=""),
            f"{kind}, empty": replace(banded, table=empty),
            f"{kind}, all missing": replace(banded, table={**banded.table, "v": np.full(12, nan)}),
            f"{kind}, gaps": replace(banded, table={**mixed, **ends}),
            f"{kind}, gaps alone": replace(banded, table={**mixed, **ends}, series=""),
            f"{kind}, one": made(kind, 1, low="lo", high="hi"),
            f"{kind}, names": made(kind, 4, x="x", table={**mixed, **ends, "x": words}, low="lo", high="hi"),
            f"{kind}, one name twice": made(kind, series="", table={**banded.table, "t": np.full(12, "a")}),
            f"{kind}, level": replace(banded, table={**banded.table, "v": np.full(12, 7.0)}, low="", high=""),
            f"{kind}, huge": made(kind, table={**banded.table, "v": np.linspace(0.0, 3e12, 12)}),
            f"{kind}, beyond": made(kind, table={**banded.table, "v": np.geomspace(1.0, 1e300, 12)}),
            f"{kind}, silent": made(kind, alt={"ko": ""}, how={"ko": ""}, title={"ko": "밝혀진 것"}),
            f"{kind}, tiny": made(kind, table={**banded.table, "v": np.linspace(0.0, 3e-12, 12)}),
            f"{kind}, many": made(
                kind, 60, table={**made(rows=60).table, "who": np.array([f"계열 {i}" for i in range(12)] * 5)}
            ),
        }
    gap = np.where(np.arange(12) < 2, nan, np.arange(12.0))
    found["line, x missing"] = made(table={**made().table, "t": gap})
    found["line, long"] = made(rows=4_000, series="")
    found["bar, crowd"] = made("bar", 80, series="")
    found["bar, selected"] = made("bar", 3, x="x", table={**made(rows=3).table, "x": [SELECTED, "a", "b"]})
    return found
