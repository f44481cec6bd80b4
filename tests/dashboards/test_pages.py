"""The pages as they are built, in both languages, over good, empty and broken stores."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sectorlab_toys.control import Control
from streamlit.testing.v1 import AppTest

from core.engine import registry
from core.protocol import Check
from core.report.words import Words
from core.results import Run
from core.store.runs import Store
from dashboards import inquiry
from dashboards.markdown import plain
from dashboards.places import PARTS

ROOT = Path(__file__).resolve().parents[2]
Open = Callable[..., AppTest]
both = pytest.mark.parametrize("lang", ["en", "ko"])
NEWEST, OLDER = -1, 0


def text(page: AppTest) -> str:
    """All that is written on a page, as Markdown shows it."""
    parts = [element.value for kind in ("title", "header", "subheader", "markdown", "code", "warning", "info",
             "error", "success") for element in getattr(page, kind)]  # fmt: skip
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", "\n".join(map(str, parts))).replace("\u00a0", " ")


def headings(page: AppTest) -> list[int]:
    """Levels of the headings in the order of the page."""
    ranks = {"title": 1, "header": 2, "subheader": 3}
    return [ranks[node.type] for node in walk(page.main) if node.type in ranks]


def walk(block: Any) -> Any:
    for child in block.children.values():
        yield child
        if hasattr(child, "children"):
            yield from walk(child)


def ids(store: Path) -> list[str]:
    return [manifest.id for manifest in Store(store).manifests()]


# --- the start page -------------------------------------------------------------------------------


@both
def test_start_lists_every_industry(open_page: Open, kept: Path, lang: str) -> None:
    page = open_page(kept, lang=lang)
    say, case = Words(lang), Control()  # type: ignore[arg-type]
    written = text(page)
    assert page.title[0].value == say("start.title")
    assert say("site.synthetic") in page.warning[0].value
    for words in (case.card.title, case.card.question, case.card.claim):
        assert words[lang] in written  # type: ignore[index]
    assert say("verdict.nothing.title") in written
    assert {"en": "95 % interval", "ko": "95% 신뢰구간"}[lang] in written
    assert {"en": "size tiny, default levers, 5 seeds", "ko": "규모 tiny, 기본 설정, 시드 5개"}[
        lang
    ] in written


@both
def test_start_without_runs_gives_the_command(open_page: Open, lang: str) -> None:
    page = open_page(lang=lang)
    assert "sectorlab run toy_control" in [code.value for code in page.code]
    assert Words(lang)("start.no_run") in text(page)  # type: ignore[arg-type]


def test_broken_plug_in_is_named_and_the_others_stay(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = registry.entry_points
    bad = EntryPoint("bad_one", "nowhere_at_all:USECASE", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [*real(group=group), bad])
    page = open_page()
    (error,) = page.error
    assert "bad_one" in re.sub(r"\\", "", error.value)
    assert len(page.header) >= 3
    assert "bad_one" in re.sub(r"\\", "", open_page(usecase="bad_one").error[0].value)


# --- the industry page ----------------------------------------------------------------------------


@both
def test_industry_page_shows_all_that_is_declared(open_page: Open, kept: Path, lang: str) -> None:
    pages = {part: open_page(kept, lang=lang, usecase="toy_control", part=part) for part in PARTS}
    say, case = Words(lang), Control()  # type: ignore[arg-type]
    for part, page in pages.items():
        assert page.title[0].value == plain(case.card.title[lang])  # type: ignore[index]
        assert say("site.synthetic") in page.warning[0].value
        assert f"**{plain(say(f'part.{part}'))}**" in text(page)
    card = case.card
    shown = {
        "answer": (card.question, card.story, card.incumbent, card.claim),
        "world": card.limits,
        "people": [party.who for party in case.parties],
    }
    for part, words in shown.items():
        for one in words:
            assert one[lang] in text(pages[part])  # type: ignore[index]
    keys = {
        "answer": ("industry.claim", "industry.found", "report.bounds.title", "report.money.title"),
        "levers": ("levers.live", "levers.deep", "estimate.title", "computed.title"),
        "course": ("chart.title",),
        "learned": ("skill.title",),
        "people": ("report.stakes.title",),
        "world": ("world.title", "sample.title"),
        "repeat": ("result.title", "again.title"),
    }
    for part, wanted in keys.items():
        for key in wanted:
            assert say(key) in text(pages[part]), (part, key)
    assert "sectorlab run toy_control --size tiny --seeds 5" in [c.value for c in pages["repeat"].code]
    tables = {part: [table.value.to_string() for table in page.table] for part, page in pages.items()}
    for kpi in case.kpis:
        assert any(plain(kpi.label[lang]) in table for table in tables["repeat"])  # type: ignore[index]
    for constant in case.constants:
        assert any(constant in table for table in tables["world"])
    assert any(say("skill.floor") in table and say("skill.naive") in table for table in tables["learned"])
    charts = {
        part: len([n for n in walk(page.main) if n.type == "plotly_chart"]) for part, page in pages.items()
    }
    assert charts["answer"] == 1
    assert charts["course"] + charts["learned"] + charts["people"] == 1


@both
@pytest.mark.parametrize(("store", "usecase"), [("kept", "toy_control"), ("milled", "rolling_mill")])
def test_nothing_english_is_left_on_a_korean_page(
    open_page: Open, request: pytest.FixtureRequest, store: str, usecase: str, lang: str
) -> None:
    hangul = re.compile("[가-힣]")
    for part in PARTS:
        page = open_page(request.getfixturevalue(store), lang=lang, usecase=usecase, part=part)
        for heading in (*page.header, *page.subheader):
            assert bool(hangul.search(heading.value)) == (lang == "ko"), (part, heading.value)


def test_headings_keep_their_order(open_page: Open, kept: Path) -> None:
    parts = [open_page(kept, usecase="toy_control", part=part) for part in PARTS]
    for page in (
        open_page(kept),
        *(open_page(kept, page=name) for name in ("levers", "runs", "story")),
        *parts,
    ):
        levels = headings(page)
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))


def test_runs_are_listed_newest_first_and_chosen_by_address(open_page: Open, kept: Path) -> None:
    older, newest = ids(kept)
    page = open_page(kept, usecase="toy_control")
    (box,) = page.selectbox
    assert box.value == newest
    assert [option.split(" · ")[1:] for option in box.options] == [
        ["tiny", "default levers", "5 seeds"],
        ["tiny", "Harsh climate", "2 seeds"],
    ]
    there = open_page(kept, usecase="toy_control", run=older)
    assert there.selectbox[0].value == older
    assert "Too few seeds" in text(there)
    moved = page.selectbox[0].set_value(older).run()
    assert not moved.exception
    assert "Too few seeds" in text(moved)


def test_empty_store(open_page: Open) -> None:
    page = open_page(usecase="toy_control")
    assert not page.selectbox
    assert "No run yet" in text(page)
    world = open_page(usecase="toy_control", part="world")
    assert world.button  # the world can be checked without a run
    assert len(world.table) == 2  # levers and constants


def test_refused_values_are_named(open_page: Open, kept: Path) -> None:
    page = open_page(
        kept, usecase="toy_control", lang="fr", run="nope", speed="![x](http://outside.example/x)"
    )
    told = [notice.value for notice in page.info]
    assert [any(value in notice for notice in told) for value in ("`fr`", "`nope`", "`speed`")] == [True] * 3
    assert any("`![x](http://outside.example/x)`" in notice for notice in told)
    assert page.selectbox[0].value == ids(kept)[NEWEST]
    unknown = open_page(kept, usecase="nonsense")
    assert "`nonsense`" in unknown.info[0].value
    assert "toy\\_control" in unknown.info[0].value


@pytest.mark.parametrize("damage", ["flipped", "missing", "another version"])
def test_broken_run_is_told_and_the_page_stays(
    open_page: Open, kept: Path, tmp_path: Path, damage: str
) -> None:
    store = tmp_path / "store"
    shutil.copytree(kept, store)
    run_id = ids(store)[NEWEST]
    rows = store / run_id / "per_seed.parquet"
    if damage == "flipped":
        rows.write_bytes(rows.read_bytes()[:-9] + b"123456789")
    elif damage == "missing":
        rows.unlink()
    else:
        manifest = store / run_id / "manifest.json"
        manifest.write_text(
            manifest.read_text().replace('"usecase": "toy_control"', '"usecase": "toy_drift"')
        )
    usecase = "toy_drift" if damage == "another version" else "toy_control"
    for page in (open_page(store), open_page(store, usecase=usecase)):
        assert any("cannot be shown" in error.value for error in page.error)
        assert page.title


def test_a_plug_in_that_fails_while_drawing_is_named(
    open_page: Open, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Control, run: Run) -> Any:
        raise ZeroDivisionError("no denominator")

    monkeypatch.setattr(Control, "find", fail)
    monkeypatch.setattr(Control, "charts", fail)
    for part, after in (("answer", "report.money.title"), ("course", "chart.title")):
        page = open_page(kept, usecase="toy_control", part=part)
        assert len([one for one in page.warning if "ZeroDivisionError" in one.value]) == 1
        assert Words("en")(after) in text(page)


# --- checks of the world --------------------------------------------------------------------------

CHECKS = [
    Check("balance", "physics", {"en": "Balance", "ko": "수지"}, 0.0, 0.0, 1e-6, "kWh", "conservation"),
    Check("mean", "realism", {"en": "Mean", "ko": "평균"}, 7.0, 1.0, 5.0, "kWh", "a survey", "far off"),
]


@both
def test_checks_are_made_when_asked_for(
    open_page: Open, kept: Path, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    asked = []

    def checks_of(name: str, scenario: str, say: Words) -> list[Check]:
        asked.append((name, scenario))
        return CHECKS

    monkeypatch.setattr(inquiry, "checks_of", checks_of)
    say = Words(lang)  # type: ignore[arg-type]
    page = open_page(kept, lang=lang, usecase="toy_control", part="world")
    assert not asked
    page = next(button for button in page.button if "button-check" in str(button.key)).click().run()
    assert not page.exception
    assert [name for name, _ in asked] == ["toy_control"]
    assert say("world.some_fail", failed=1, count=2) in [error.value for error in page.error]
    shown = next(table.value for table in page.table if say("world.verdict") in table.value.columns)
    assert [say("world.pass") in verdict for verdict in shown[say("world.verdict")]] == [True, False]
    page.run()  # once asked for, the answer stays and is not computed again
    assert len(asked) == 1


def test_checks_run_in_a_process_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{ROOT / 'tests' / 'toys'}")
    assert inquiry.checks_of("toy_control", "{}", Words("en")) == list(inquiry.answers(Control(), {}))
    with pytest.raises(Exception, match="sectorlab check nonsense"):
        inquiry.checks_of("nonsense", "{}", Words("en"))
    (sample, *_) = inquiry.samples_of("toy_control", "{}", Words("en"))
    assert len(sample.head) == inquiry.ROWS <= sample.rows
    assert len(sample.columns) == len(sample.head[0])


def test_another_scenario_is_asked_for_physics_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Control, "checks", lambda self, scenario, world: CHECKS)
    assert inquiry.answers(Control(), {}) == CHECKS
    assert inquiry.answers(Control(), {"climate": "harsh", "size": "full"}) == CHECKS[:1]


# --- the process of the pages ---------------------------------------------------------------------


def test_pages_load_no_learning_library(kept: Path, milled: Path) -> None:
    places = [(kept, ""), (kept, "toy_control"), (kept, "datacenter_pue"), (milled, "rolling_mill")]
    source = f"""
import os, sys
from streamlit.testing.v1 import AppTest
for store, usecase in {[(str(store), usecase) for store, usecase in places]}:
    os.environ["SECTORLAB_RUNS"] = store
    page = AppTest.from_file({str(ROOT / "dashboards" / "front" / "app.py")!r}, default_timeout=60)
    if usecase:
        page.query_params["usecase"] = usecase
    page.run()
    assert not page.exception, page.exception
    assert page.title
print(sorted({{"torch", "lightgbm", "sklearn"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr
