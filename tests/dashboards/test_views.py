"""Levers, storyline and policy pages, called as a browser would, without one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sectorlab_toys.planted import Planted
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from core.cli.main import app
from core.engine.run import run_scenario
from core.engine.scenario import build
from core.report.content import page_of
from core.report.money import books, net_benefit
from core.report.page import Paragraph
from core.report.words import Words
from core.store.runs import Store
from dashboards import stored
from dashboards.player import Answer
from dashboards.views import computing, progress
from dashboards.views.levers import squeezed

TOY = "toy_planted"
both = pytest.mark.parametrize("lang", ["en", "ko"])


@pytest.fixture(scope="session")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, the worth of a unit, and a sweep with an emulator, of a toy whose effects are planted."""
    folder = tmp_path_factory.mktemp("swept")
    case = Planted()
    run_scenario(case, build(case, size="tiny"), seeds=5, store=Store(folder), workers=1,
                 command=f"sectorlab run {TOY} --size tiny --seeds 5")  # fmt: skip
    for words in (
        ["worth", TOY, "--size", "tiny", "--seeds", "6"],
        ["sweep", TOY, "--size", "quick", "--design", "sobol", "--points", "48", "--own-seeds",
         "--vary", "data_share=0.1:1:2", "--vary", "adoption=0:1:2"],
    ):  # fmt: skip
        done = CliRunner().invoke(app, [*words, "--workers", "1", "--out", str(folder)])
        assert done.exit_code == 0, done.output
    return folder


class Silent:
    """A player that plays nothing, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def ask(self, owner: str, root: str, run_id: str, levers: dict[str, Any], patience: float) -> Answer:
        self.asked.append(levers)
        return Answer("refused", reason="no policies")


@pytest.fixture(autouse=True)
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Silent]:
    one = Silent()
    monkeypatch.setattr(computing, "player", lambda: one)
    for cached in (stored._document, stored._emulator):
        cached.clear()
    yield one
    progress.queue().close()
    progress.queue.clear()


def text(page: AppTest) -> str:
    said = [
        node.value for kind in ("markdown", "title", "header", "subheader", "info") for node in page.get(kind)
    ]
    return re.sub(r"\\(.)", r"\1", "\n".join(map(str, said)))


# --- levers ---------------------------------------------------------------------------------------


def test_the_address_says_where_levers_stand(open_page: Any, kept: Path) -> None:
    page = open_page(kept, usecase="toy_control", part="levers", price="321", climate="harsh", adoption="7")
    assert page.slider(key="lever-toy_control-price").value == 321.0
    assert page.selectbox(key="lever-toy_control-climate").value == "harsh"
    assert page.slider(key="lever-toy_control-adoption").value == 1.0
    (told,) = [one.value for one in page.info if "adoption" in one.value]
    assert "`7`" in told
    assert "0 – 1" in told


def test_a_moved_lever_stands_in_the_address(open_page: Any, kept: Path) -> None:
    page = open_page(kept, usecase="toy_control", part="levers")
    page = page.slider(key="lever-toy_control-price").set_value(200.0).run()
    assert not page.exception
    assert page.query_params["price"] == "200"
    page = page.button(key="reset-toy_control").click().run()
    assert "price" not in page.query_params
    page = page.button(key="situation-toy_control-harsh").click().run()
    assert page.query_params["climate"] == "harsh"
    assert page.selectbox(key="lever-toy_control-climate").value == "harsh"


@both
def test_an_estimate_is_told_as_one_and_refused_outside(open_page: Any, swept: Path, lang: str) -> None:
    say = Words(lang)  # type: ignore[arg-type]
    page = open_page(swept, lang=lang, usecase=TOY, part="levers", data_share="0.5")
    (emulator,) = stored.emulators(TOY)
    told = emulator.estimate(build(Planted(), size="quick", values={"data_share": 0.5}))
    (kpi, *_) = Planted.kpis
    shown = [one.value for one in page.metric]
    wanted = f"{told[f'difference.{kpi.name}'].mean:+.{kpi.digits}f}".replace("-", "−")
    assert any(wanted in value for value in shown)
    assert say("computed.exactly") in [one.label for one in page.button]
    outside = open_page(swept, lang=lang, usecase=TOY, part="levers", expertise="2.5")
    assert not outside.metric
    assert "2.5" in text(outside)
    assert say("estimate.outside", lever="|", value="|", tried="|").split("|")[-1] in text(outside)


def test_what_a_person_orders_is_what_the_levers_say(open_page: Any, swept: Path, monkeypatch: Any) -> None:
    orders: list[Any] = []
    monkeypatch.setattr(progress, "order", orders.append)
    page = open_page(swept, usecase=TOY, part="levers", data_share="0.5")
    page.button(key=f"compute-{TOY}").click().run()
    (order,) = orders
    assert order.scenario["data_share"] == 0.5
    assert order.scenario["size"] == "quick"
    assert order.command.startswith(f"sectorlab run {TOY} --size quick --set data_share=0.5")
    names = [name for name in Planted.contenders if order.contenders is None or name in order.contenders]
    assert names


def test_live_levers_are_asked_of_the_player(open_page: Any, tmp_path: Path, silent: Silent) -> None:
    from sectorlab_toys.control import Control

    run_scenario(Control(), build(Control(), size="quick"), seeds=1, workers=1, store=Store(tmp_path))
    page = open_page(tmp_path, usecase="toy_control", part="levers", price="200")
    assert silent.asked[-1] == {"adoption": 1.0, "price": 200.0}
    assert Words("en")("computed.policies") in text(page)
    silent.asked.clear()
    open_page(tmp_path, usecase="toy_control", part="levers", noise="2")
    assert silent.asked == []  # another world: nothing that was trained is right for it


# --- storyline ------------------------------------------------------------------------------------


@both
def test_the_storyline_says_what_the_handout_says(open_page: Any, swept: Path, lang: str) -> None:
    say = Words(lang)  # type: ignore[arg-type]
    first = open_page(swept, lang=lang, page="story")
    assert say("site.synthetic") in first.warning[0].value
    count = _count(first, say)
    assert count == 2 + 3 * _industries(first)
    said = "\n".join(text(open_page(swept, lang=lang, page="story", step=str(i + 1))) for i in range(count))
    store = Store(swept)
    (manifest,) = store.manifests()
    handout = page_of([(store.open(manifest.id), manifest)], say)
    paragraphs = [b.text for part in handout.sections for b in part.blocks if isinstance(b, Paragraph)]
    answer = next(one for one in paragraphs if "%" in one and Planted.kpis[0].label[lang] in one)  # type: ignore[index]
    assert answer in said
    books_of = books(store.open(manifest.id))
    assert books_of is not None
    told = net_benefit(books_of, say)
    assert told in paragraphs
    assert told in said


def _count(page: AppTest, say: Words) -> int:
    place = say("story.place", step=1, count="(\\d+)").replace(" ", r"\s")
    (found,) = [m for one in page.markdown if (m := re.fullmatch(place, one.value))]
    return int(found[1])


def _industries(page: AppTest) -> int:
    return len(page.session_state["story"])


def test_steps_are_taken_by_buttons_and_by_address(open_page: Any, swept: Path) -> None:
    page = open_page(swept, page="story")
    assert page.button(key="story-back").disabled
    page = page.button(key="story-next").click().run()
    assert page.query_params["step"] == "2"
    page = page.button(key="story-notes-button").click().run()
    assert Words("en")("story.notes") in text(page)
    page = page.button(key="story-reset").click().run()
    assert "step" not in page.query_params
    assert "`99`" in open_page(swept, page="story", step="99").info[0].value


def test_a_run_that_ends_meanwhile_changes_nothing(open_page: Any, tmp_path: Path) -> None:
    case = Planted()
    for _ in range(2):
        run_scenario(case, build(case, size="tiny"), seeds=2, store=Store(tmp_path), workers=1)
    page = open_page(tmp_path, page="story")
    before = page.session_state["story"][TOY]
    run_scenario(case, build(case, size="tiny"), seeds=3, store=Store(tmp_path), workers=1)
    page.run()
    assert page.session_state["story"][TOY] == before
    page.button(key="story-reset").click().run()
    page.run()
    assert page.session_state["story"][TOY] != before


# --- policy levers --------------------------------------------------------------------------------


@both
def test_levers_of_all_industries_stand_in_one_ranking(open_page: Any, swept: Path, lang: str) -> None:
    say = Words(lang)  # type: ignore[arg-type]
    page = open_page(swept, lang=lang, page="levers")
    table = next(one.value for one in page.table if say("policy.value") in one.value.columns)
    own = table[table[say("lever.name")].str.contains(re.escape(Planted.card.title[lang].split(":")[0]))]  # type: ignore[index]
    assert len(own) >= 3
    assert set(table[say("policy.rank")].astype(int)) >= {1}
    assert page.get("plotly_chart")


def test_the_picture_keeps_the_order_of_numbers() -> None:
    values = np.array([-1e5, -3.0, -0.5, 0.0, 0.2, 7.0, 1e6])
    there = [squeezed(float(value)) for value in values]
    assert there == sorted(there)
    assert squeezed(-99.0) == -squeezed(99.0)
