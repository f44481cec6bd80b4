"""The page of runs: all is listed or named, filters stand in the address, files hold what they say."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sectorlab_toys.control import Control
from sectorlab_toys.drift import Drift
from streamlit.testing.v1 import AppTest

from core.engine.run import run_scenario
from core.engine.scenario import build
from core.errors import UserError
from core.report.words import Words
from core.store.runs import Store
from core.sweep.shelf import Shelf
from core.sweep.sweep import Asked, Sweep
from dashboards import folders, ledger, stored, tables, taking
from dashboards.address import Address, read
from dashboards.views import runs as page_of_runs

ROOT = Path(__file__).resolve().parents[2]
Open = Callable[..., AppTest]
both = pytest.mark.parametrize("lang", ["en", "ko"])
HANGUL = re.compile("[가-힣]")


def case(name: str) -> Any:
    return {"toy_control": Control(), "toy_drift": Drift()}[name]


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs of one industry and one of another, a sweep, and two folders that cannot be read."""
    folder = tmp_path_factory.mktemp("shelf")
    store = Store(folder)
    for name, values, situation in (
        ("toy_control", {}, None), ("toy_control", {"price": 250}, None),
        ("toy_control", {}, "harsh"), ("toy_drift", {}, None),
    ):  # fmt: skip
        scenario = build(case(name), size="tiny", values=values, situation=situation)
        run_scenario(case(name), scenario, seeds=5, workers=1, store=store, situation=situation)
    scenarios = tuple(build(Control(), size="tiny", values={"price": price}) for price in (150.0, 200.0))
    runs = tuple(run_scenario(Control(), one, seeds=2, workers=1) for one in scenarios)
    asked = Asked(Control(), scenarios, ((0, 1), (0, 1)), runs[0].roles, "cpu")
    swept = Sweep(asked, runs, (), 1.5, "", {})
    Shelf(folder).keep(swept, "sweep", {"vary": ["price=150,200"], "design": "grid"}, {}, "sectorlab sweep")
    (folder / "torn").mkdir()
    (folder / "torn" / "manifest.json").write_text('{"id": ')
    (folder / "renamed").mkdir()
    text = (folder / ids(folder)[0] / "manifest.json").read_text()
    (folder / "renamed" / "manifest.json").write_text(text)
    return folder


@pytest.fixture
def rows(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> list[ledger.Row]:
    monkeypatch.setenv("SECTORLAB_RUNS", str(shelf))
    return ledger.listed()[0]


def ids(store: Path, usecase: str = "toy_control") -> list[str]:
    return list(dict.fromkeys(m.id for m in Store(store).manifests() if m.usecase == usecase))


def listing(page: AppTest, lang: str = "en") -> pd.DataFrame:
    """The list itself, the last table of the page."""
    frame: pd.DataFrame = page.table[-1].value
    assert Words(lang)("runs.column.id") in frame.columns  # type: ignore[arg-type]  # one of two
    return frame


def written(page: AppTest) -> str:
    kinds = ("title", "header", "subheader", "markdown", "info", "error", "success")
    return bare("\n".join(str(element.value) for kind in kinds for element in getattr(page, kind)))


def bare(text: str) -> str:
    """Undo what keeps Markdown from a text."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)


# --- the list -------------------------------------------------------------------------------------


@both
def test_everything_stored_is_listed_newest_first(open_page: Open, shelf: Path, lang: str) -> None:
    say = Words(lang)  # type: ignore[arg-type]  # one of two
    page = open_page(shelf, page="runs", lang=lang)
    assert page.title[0].value == say("page.runs")
    frame = listing(page, lang)
    shown = [cell.strip("`") for cell in frame[say("runs.column.id")]]
    sheet = Shelf(shelf).sheets()[0]
    assert shown == sorted([*ids(shelf), *ids(shelf, "toy_drift"), sheet.id], reverse=True)
    swept = frame.iloc[0]
    assert swept[say("runs.column.kind")] == say("runs.kinds.sweep")
    assert swept[say("runs.column.finding")] == ""
    assert (
        say("runs.points", levers="전력 단가", count="2").split(":")[1] in swept[say("runs.column.setting")]
    )
    assert set(frame[say("runs.column.finding")][1:]) <= {
        say(f"runs.finding.{word}") for word in ("ahead", "behind", "level", "nothing")
    }
    assert frame[say("runs.column.seeds")].tolist() == ["2", "5", "5", "5", "5"]
    harsh = Control().situations["harsh"].label[lang]  # type: ignore[index]  # one of two
    assert (frame[say("runs.column.setting")] == harsh).sum() == 1
    for label in (*frame.columns, *(box.label for box in page.selectbox), page.multiselect[0].label):
        assert bool(HANGUL.search(label)) == (lang == "ko" and label != "ID"), label


@both
def test_what_cannot_be_read_is_named_with_the_reason(open_page: Open, shelf: Path, lang: str) -> None:
    say = Words(lang)  # type: ignore[arg-type]  # one of two
    page = open_page(shelf, page="runs", lang=lang)
    assert page.expander[0].label == say("runs.broken", count=2)
    named = page.table[0].value.set_index(say("runs.folder"))[say("runs.reason")]
    by_name = {Path(str(folder).strip("`")).name: bare(reason) for folder, reason in named.items()}
    assert by_name["torn"] == say("runs.unread.not_a_manifest", fields="JSON")
    assert ids(shelf)[0] in by_name["renamed"]


def test_a_file_that_changes_is_read_again(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "store"
    shutil.copytree(shelf, store)
    monkeypatch.setenv("SECTORLAB_RUNS", str(store))
    first = ids(store)[0]
    assert first in {row.id for row in ledger.listed()[0]}
    file = store / first / "manifest.json"
    file.write_text(file.read_text().replace('"seeds"', '"sods"'))
    found, broken = ledger.listed()
    assert first not in {row.id for row in found}
    assert ["seeds" in one.gap.get("fields", "") for one in broken if Path(one.folder).name == first] == [
        True
    ]


def test_a_run_that_ships_too_is_listed_once(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = tmp_path / "results"
    shutil.copytree(shelf, shipped)
    drift = ids(shipped, "toy_drift")[0]
    store = tmp_path / "store"
    shutil.copytree(shelf, store)
    shutil.rmtree(store / drift)
    monkeypatch.setattr(folders, "folders", lambda: [(str(store), False), (str(shipped), True)])
    found = ledger.listed()[0]
    assert {row.id for row in found if row.ships} == {drift}
    assert len(found) == len({row.id for row in found}) == 5


@both
def test_an_empty_store_says_what_to_do(open_page: Open, lang: str) -> None:
    page = open_page(page="runs", lang=lang)
    assert Words(lang)("runs.empty") in [one.value for one in page.info]  # type: ignore[arg-type]  # one of two
    assert page.code[0].value.startswith("sectorlab run ")
    assert not page.multiselect


def test_a_thousand_runs_are_shown_page_by_page(
    open_page: Open, shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No run is opened to be listed, and only those that are shown are judged."""
    facts = Store(shelf).manifest(ids(shelf)[0])
    for number in range(1_000):
        one = facts.model_copy(update={"id": f"20260101-000000-000-{number:08d}-abcdef"})
        (tmp_path / one.id).mkdir()
        (tmp_path / one.id / "manifest.json").write_text(one.model_dump_json())
    judged: list[str] = []
    monkeypatch.setattr(ledger, "_finding", lambda folder, facts: judged.append(folder) or "few")
    monkeypatch.setattr(stored, "opened", lambda *_: pytest.fail("a run was opened"))
    page = open_page(tmp_path, page="runs")
    assert len(listing(page)) == len(judged) == 50
    assert "1–50 of 1,000" in written(page)
    assert len(page.multiselect[0].options) == 1_000


# --- filters --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "count"),
    [({"industry": "toy_drift"}, 1), ({"kind": "run"}, 4), ({"kind": "sweep"}, 1), ({"size": "tiny"}, 5),
     ({"find": "HARSH"}, 1), ({"find": "toy_control"}, 4), ({"industry": "toy_control", "kind": "run"}, 3)],
)  # fmt: skip
def test_the_address_filters(open_page: Open, shelf: Path, asked: dict[str, str], count: int) -> None:
    page = open_page(shelf, page="runs", **asked)
    assert len(listing(page)) == count
    assert not page.info
    set_to = {box.key: box.value for box in (*page.selectbox, *page.text_input)}
    assert set_to == {"industry": "", "size": "", "kind": "", "find": "", **asked}


def test_a_filter_that_is_set_goes_into_the_address_and_out_again(open_page: Open, shelf: Path) -> None:
    page = open_page(shelf, page="runs")
    page.selectbox[2].set_value("sweep").run()
    assert page.query_params["kind"] in ("sweep", ["sweep"])
    assert len(listing(page)) == 1
    page.text_input[0].set_value("harsh").run()
    assert page.query_params["find"] in ("harsh", ["harsh"])
    assert "Nothing stored fits" in written(page)
    page.selectbox[2].set_value("").run()
    assert "kind" not in page.query_params
    assert len(listing(page)) == 1


@both
def test_values_that_do_not_exist_are_refused_by_name(open_page: Open, shelf: Path, lang: str) -> None:
    page = open_page(
        shelf, page="runs", lang=lang, industry="![x](http://outside.example/x)", size="huge", kind="dance",
        runs=f"nope,{ids(shelf)[0]}",
    )  # fmt: skip
    told = [notice.value for notice in page.info]
    assert [any(f"`{value}`" in one for one in told) for value in ("huge", "dance", "nope")] == [True] * 3
    assert any("`![x](http://outside.example/x)`" in one for one in told)
    assert page.multiselect[0].value == [ids(shelf)[0]]
    assert len(listing(page, lang)) == 5
    assert all(bool(HANGUL.search(one)) == (lang == "ko") for one in told)


def test_more_than_fit_side_by_side_are_refused(
    open_page: Open, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_of_runs, "MOST_CHOSEN", 2)
    page = open_page(shelf, page="runs", runs=",".join(ids(shelf)))
    assert page.multiselect[0].value == ids(shelf)[:2]
    assert [ids(shelf)[2] in notice.value for notice in page.info] == [True]


def test_filters_stay_with_a_change_of_language_and_only_on_their_page() -> None:
    asked = read({"page": "runs", "kind": "run", "find": "x", "nonsense": "1"})
    assert asked.here(lang="ko") == {"lang": "ko", "page": "runs", "kind": "run", "find": "x"}
    assert [one.key for one in asked.refused] == ["nonsense"]
    assert [one.key for one in read({"kind": "run"}).refused] == ["kind"]
    assert read({"usecase": "mill", "kind": "run"}).levers == {"kind": "run"}
    assert isinstance(asked, Address)


# --- side by side ---------------------------------------------------------------------------------


@both
def test_runs_stand_side_by_side(open_page: Open, shelf: Path, lang: str) -> None:
    say, two = Words(lang), ids(shelf)[:2]  # type: ignore[arg-type]  # one of two
    page = open_page(shelf, page="runs", lang=lang, runs=",".join(two))
    told = written(page)
    for key in ("compare.title", "compare.settings", "runs.take.title"):
        assert say(key) in told
    settings = next(table.value for table in page.table if say("compare.what") in table.value)
    price = settings[settings[say("compare.run", number=2)] == "250"]
    assert len(price) == 1
    assert bool(HANGUL.search(price[say("compare.what")].item())) == (lang == "ko")
    headline = Control().kpis[0]
    outcome = next(table.value for table in page.table if say("role.selected") in table.value)
    assert list(outcome.columns)[1:] == [Control().contenders["fixed"].label[lang], say("role.selected"),  # type: ignore[index]
                                         say.of(Control().yardsticks["oracle"].label)]  # fmt: skip
    assert len(outcome) == 2
    run = Store(shelf).open(two[1])
    own = tables.within(run.interval(headline.name, "selected"), headline.digits)
    assert bare(outcome[say("role.selected")][1]).startswith(own)
    assert say("compare.over.several", run=2, seeds=5) in told
    moved = page.multiselect[0].set_value(two[:1]).run()
    assert moved.query_params["runs"] in (two[0], [two[0]])
    assert say("compare.title") not in [one.value for one in moved.header]
    assert say("runs.one_more") in written(moved)


@both
def test_industries_meet_in_money_alone(
    open_page: Open, shelf: Path, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for toy in (Control, Drift):
        monkeypatch.setattr(toy, "money", "net")
    say = Words(lang)  # type: ignore[arg-type]  # one of two
    page = open_page(shelf, page="runs", lang=lang, runs=f"{ids(shelf)[0]},{ids(shelf, 'toy_drift')[0]}")
    told = written(page)
    assert say("compare.note.money_alone") in told
    assert Drift().card.title[lang] in told  # type: ignore[index]  # one of two
    heads = [one.value for one in page.subheader]
    assert len(heads) == 3  # settings, net gain, net gain for each won
    assert all(bool(HANGUL.search(head)) == (lang == "ko") for head in heads)


def test_a_damaged_run_is_told_and_the_others_stay(open_page: Open, shelf: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    shutil.copytree(shelf, store)
    one, two, three = ids(store)
    (store / two / "skill.parquet").write_bytes(b"nothing")
    page = open_page(store, page="runs", runs=f"{one},{two},{three}")
    (error,) = page.error
    assert "cannot be shown" in error.value
    outcome = next(table.value for table in page.table if "Selected learner" in table.value)
    assert len(outcome) == 2


# --- files ----------------------------------------------------------------------------------------


def test_kpis_of_all_chosen_runs_are_one_file(rows: list[ledger.Row], shelf: Path) -> None:
    pairs = [(row, Store(shelf).open(row.id)) for row in rows if row.kind == "run"]
    data = taking.kpis(pairs)
    assert data.startswith(b"\xef\xbb\xbf")
    frame = pd.read_csv(io.BytesIO(data), encoding="utf-8-sig")
    assert list(frame.columns[:5]) == ["run", "usecase", "size", "contender", "role"]
    assert frame["run"].unique().tolist() == [row.id for row, _ in pairs]
    row, run = pairs[0]
    own = frame[(frame["run"] == row.id) & (frame["contender"] == "selected")].set_index("kpi")
    for kpi in run.case.kpis:
        assert own["mean"][kpi.name] == pytest.approx(run.interval(kpi.name, "selected").mean)


def test_seeds_of_runs_and_sweeps_are_one_parquet_file(rows: list[ledger.Row], shelf: Path) -> None:
    frame = pd.read_parquet(io.BytesIO(taking.seed_by_seed(rows)))
    assert frame["run"].unique().tolist() == [row.id for row in rows]
    one = next(row for row in rows if row.kind == "run")
    own = frame[frame["run"] == one.id]
    np.testing.assert_array_equal(own["seed"], Store(shelf).open(one.id).rows["seed"])
    swept = frame[frame["run"] == next(row.id for row in rows if row.kind == "sweep")]
    assert swept.groupby("point")["lever_price"].unique().map(list).tolist() == [[150.0], [200.0]]
    assert own["point"].isna().all()


def test_a_damaged_table_is_not_handed_out(rows: list[ledger.Row], shelf: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    shutil.copytree(shelf, store)
    row = replace(rows[-1], root=str(store))
    (row.folder / "per_seed.parquet").write_bytes(b"nothing")
    with pytest.raises(UserError, match="differs from its manifest"):
        taking.seed_by_seed([row])
    assert ledger.finding(row) == "unreadable"


def test_names_of_files_hold_nothing_that_was_typed(rows: list[ledger.Row]) -> None:
    assert taking.name(rows, ".csv") == f"sectorlab-{rows[0].id}.csv"
    assert taking.name(rows[:1], "-ko.pdf") == f"toy_drift-{rows[0].id}-ko.pdf" or rows[0].kind == "sweep"


@pytest.fixture
def toys_for_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{ROOT / 'tests' / 'toys'}")


@pytest.mark.usefixtures("toys_for_processes")
def test_a_report_is_written_apart_in_the_language_of_the_page(
    rows: list[ledger.Row], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    some = [row for row in rows if row.facts.usecase == "toy_control" and row.kind == "run"][:2]
    page = taking.report(some, "html", Words("ko")).decode()
    assert '<html lang="ko"' in page
    assert all(row.id in page for row in some)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("toys_for_processes")
def test_a_report_that_cannot_be_made_says_why_in_one_sentence(
    rows: list[ledger.Row], shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "store"
    shutil.copytree(shelf, store)
    row = replace(next(row for row in rows if row.kind == "run"), root=str(store))
    (row.folder / "skill.parquet").write_bytes(b"nothing")
    with pytest.raises(UserError, match="differs from its manifest") as caught:
        taking.report([row], "html", Words("en"))
    assert "\n" not in str(caught.value)
    monkeypatch.setattr(taking, "COMMAND", "raise SystemExit(3)")
    with pytest.raises(UserError, match="code 3; run `sectorlab report --to html --lang en"):
        taking.report([row], "html", Words("en"))
    monkeypatch.setattr(taking, "COMMAND", "import time; time.sleep(60)")
    monkeypatch.setattr(taking, "PATIENCE_S", 0.1)
    with pytest.raises(UserError, match="more than 0 seconds"):
        taking.report([row], "html", Words("en"))


@both
def test_the_report_is_offered_when_it_is_made(
    open_page: Open, shelf: Path, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    made: list[tuple[list[str], str, str]] = []

    def report(chosen: list[ledger.Row], form: str, say: Words) -> bytes:
        made.append(([row.id for row in chosen], form, say.lang))
        if form == "pptx":
            raise UserError("report: no room; free some.")
        return b"%PDF-"

    monkeypatch.setattr(taking, "report", report)
    say = Words(lang)  # type: ignore[arg-type]  # one of two
    page = open_page(shelf, page="runs", lang=lang, runs=ids(shelf)[0])
    assert not made
    page.radio[0].set_value("pdf").run()
    page = next(one for one in page.button if one.key == "make").click().run()
    assert made == [([ids(shelf)[0]], "pdf", lang)]
    assert say("runs.take.ready") in [one.value for one in page.success]
    # Another format is another report.
    page = page.radio[0].set_value("pptx").run()
    assert not page.success
    page = next(one for one in page.button if one.key == "make").click().run()
    assert [bare(one.value) for one in page.error] == [
        say("runs.take.failed", reason="report: no room; free some.")
    ]


def test_a_sweep_alone_has_a_report_and_rows_but_no_kpis(open_page: Open, shelf: Path) -> None:
    page = open_page(shelf, page="runs", runs=Shelf(shelf).sheets()[0].id)
    labels = [node.proto.label for node in every(page.main) if node.type == "download_button"]
    say = Words("en")
    assert labels == [say("runs.take.rows")]
    assert say("runs.no_sweeps") in written(page)


def test_nothing_that_prints_enters_the_server(shelf: Path) -> None:
    source = f"""
import os, sys
from streamlit.testing.v1 import AppTest
os.environ["SECTORLAB_RUNS"] = {str(shelf)!r}
page = AppTest.from_file({str(ROOT / "dashboards" / "front" / "app.py")!r}, default_timeout=60)
page.query_params["page"] = "runs"
page.query_params["runs"] = {",".join(ids(shelf)[:2])!r}
page.run()
assert not page.exception, page.exception
print(sorted({{"torch", "lightgbm", "sklearn", "matplotlib", "typst", "pptx"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def every(block: Any) -> Iterator[Any]:
    for child in block.children.values():
        yield child
        if hasattr(child, "children"):
            yield from every(child)
