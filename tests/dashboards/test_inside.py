"""What is inside a learner: judged forecasts, named columns, the process that asks, and the page."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sectorlab_toys.control import SCHEMA, Control
from sectorlab_toys.drift import Drift
from streamlit.testing.v1 import AppTest

from core.engine.run import run_scenario
from core.engine.scenario import build
from core.learn.importance import Importance, Importances
from core.luck import luck_of
from core.protocol import Forecaster, Forecasts, Score, Text
from core.report.words import Language, Words
from core.store.runs import Store
from dashboards import inquiry, inside, stored
from dashboards.inside import Bar, Bars, Inside
from dashboards.portrait import Painter
from dashboards.stored import Entry
from dashboards.views import inside as view

ROOT = Path(__file__).resolve().parents[2]
Open = Callable[..., AppTest]
both = pytest.mark.parametrize("lang", ["en", "ko"])
LABEL: Text = {"en": "A thing", "ko": "어떤 것"}


@pytest.fixture(autouse=True)
def _forget() -> None:
    view._looked.clear()


def newest(store: Path) -> str:
    return Store(store).manifests()[-1].id


def looked(store: Path, case: Any = None) -> Inside:
    (found,) = inside.look(case or Control(), {"root": str(store), "run": newest(store)})
    return found


# --- forecasts ------------------------------------------------------------------------------------


def drawn(bend: float = 1.0, rare: float = 1.0, rows: int = 20_000) -> Forecasts:
    """Things that come true with their chance; a bend other than 1 makes the forecast say another one."""
    rng = np.random.default_rng(3)
    chance = rare * rng.random(rows)
    truth = 1.0 * (rng.random(rows) < chance)
    return Forecasts("thing", LABEL, "", truth, chance**bend, kind="chance")


def held(found: inside.Chances) -> int:
    """Bins whose interval holds their chance."""
    return sum(one.low <= one.chance <= one.high for one in found.bins)


def test_chances_that_mean_what_they_say_lie_on_the_diagonal() -> None:
    for rare in (1.0, 0.02):
        found = inside.chances(drawn(rare=rare))
        assert len(found.bins) == inside.BINS
        assert held(found) >= 8
        assert sum(one.rows for one in found.bins) == found.whole.rows == 20_000
        assert [one.chance for one in found.bins] == sorted(one.chance for one in found.bins)
        assert found.whole.low <= found.whole.chance <= found.whole.high


def test_chances_that_exaggerate_are_seen() -> None:
    found = inside.chances(drawn(bend=2.0))
    assert held(found) <= 2
    assert found.whole.chance < found.whole.low


def test_each_bin_expects_as_many_of_the_rarer_cases() -> None:
    for bend, rare in ((1.0, 0.01), (0.05, 1.0)):
        chance = np.asarray(drawn(bend, rare).forecast)
        rarer = chance if chance.mean() < 0.5 else 1.0 - chance
        sums = np.bincount(inside.binned(chance), rarer)
        assert len(sums) == inside.BINS
        assert sums == pytest.approx(rarer.sum() / inside.BINS, rel=0.02)
    assert set(inside.binned(np.zeros(5))) == {0}


def test_a_cloud_is_small_and_its_errors_are_of_all_rows() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=5000)
    error = 0.5 + 2.0 * rng.normal(size=5000)
    found = inside.cloud(Forecasts("x", LABEL, "m", truth, truth + error), luck_of(0))
    assert (found.rows, len(found.truth), len(found.forecast)) == (5000, 400, 400)
    assert found.bias == pytest.approx(error.mean())
    assert found.rmse == pytest.approx(np.sqrt(np.mean(error**2)))
    pairs = set(zip(truth.tolist(), (truth + error).tolist(), strict=True))
    assert set(zip(found.truth, found.forecast, strict=True)) <= pairs
    few = inside.cloud(Forecasts("x", LABEL, "m", truth[:7], truth[:7]), luck_of(0))
    assert few.truth == tuple(truth[:7])
    assert few.rmse == 0.0


@pytest.mark.parametrize(
    "forecast", [np.zeros(3), np.zeros((4, 1)), np.array([0.0, 1.0, np.nan, 0.0]), np.zeros(0)]
)
def test_what_cannot_be_judged_is_refused(forecast: Any) -> None:
    truth = np.zeros(4) if len(forecast) else np.zeros(0)
    with pytest.raises(ValueError, match="forecasts of x"):
        inside.cloud(Forecasts("x", LABEL, "m", truth, forecast), luck_of(0))


# --- columns --------------------------------------------------------------------------------------


def test_columns_are_named_by_the_schema() -> None:
    columns = tuple(Importance((name,), (0.1, 0.3)) for name in ("weather", "own"))
    found = inside.bars(Importances("mae", "kWh", 1.0, columns, (("energy",),), (), ()), SCHEMA)
    assert [bar.label["ko"] for bar in found.bars] == ["외기 온도", "own"]
    assert found.bars[0] == Bar("weather", found.bars[0].label, 0.2, 0.1, 0.3)
    assert found.idle == ({"en": "Energy of the day", "ko": "일 전력량"},)
    assert inside.label_of(("roll_1", "roll_7"), {}) == {"en": "roll_1–7", "ko": "roll_1–7"}


def test_at_most_twelve_bars_and_no_two_of_one_name() -> None:
    columns = tuple(Importance((f"c{i}",), (1.0 / (i + 1),)) for i in range(20))
    found = inside.bars(Importances("mae", "%", 1.0, columns, (), (), ()), {})
    assert len(found.bars) == inside.BARS
    alike = tuple(Bar(f"c{i}", LABEL, 1.0, 1.0, 1.0) for i in range(3))
    bars = Bars("mae", "%", 1.0, 5, alike, (), (), ())
    (chart,) = Painter(Inside("x", 0, bars=bars), "run", Words("en")).charts()
    assert len(set(chart.table["column"])) == 3
    assert "points" in chart.title["en"]


# --- a stored learner -----------------------------------------------------------------------------


def test_what_a_run_tells_is_the_truth_of_its_world(kept: Path) -> None:
    found = looked(kept)
    assert (found.learner, found.seed, found.reason) == ("polynomial", 0, "")
    (cloud,) = found.clouds
    run = Store(kept).open(newest(kept))
    mine = (run.scores["seed"] == 0) & (run.scores["contender"] == "polynomial")
    assert found.bars is not None
    assert found.bars.value == pytest.approx(float(run.scores["value"][mine][0]), rel=1e-9)
    assert cloud.rmse >= found.bars.value
    assert {bar.name for bar in found.bars.bars} == {"weather", "setpoint"}
    assert all(0.0 < bar.low <= bar.worse <= bar.high for bar in found.bars.bars)
    assert [label["en"] for label in found.bars.idle] == ["Day", "Energy of the day"]


def test_an_answer_survives_its_journey(kept: Path) -> None:
    found = looked(kept)
    chances = Inside("x", 1, chances=(inside.chances(drawn(rows=100)),))
    for one in (found, chances, Inside("x", 1, "nothing")):
        assert inside.read(json.loads(json.dumps(asdict(one)))) == one


def test_learners_are_looked_into_in_a_process_of_their_own(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{ROOT / 'tests' / 'toys'}")
    found = inquiry.inside_of("toy_control", str(kept), newest(kept), Words("en"))
    assert found == looked(kept)
    with pytest.raises(Exception, match="ended with code"):
        inquiry.inside_of("toy_control", str(kept), "nonsense", Words("en"))


def test_other_code_is_refused(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def skill(self: Control, scenario: Any, world: Any, policy: Forecaster) -> Mapping[str, Score]:
        return {"mae": Score(1.0, "kWh/d")}

    monkeypatch.setattr(Control, "skill", skill)
    assert looked(kept).reason == inside.CHANGED


@pytest.fixture(scope="module")
def drifting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose learner forecasts nothing."""
    folder = tmp_path_factory.mktemp("drifting")
    run_scenario(Drift(), build(Drift(), size="tiny"), seeds=2, store=Store(folder), workers=1)
    return folder


def test_a_learner_without_forecasts_says_so(drifting: Path) -> None:
    assert looked(drifting, Drift()).reason == inside.NO_FORECAST


# --- the page -------------------------------------------------------------------------------------


def pressed(page: AppTest) -> AppTest:
    button = next(one for one in page.button if "button-inside" in str(one.key))
    return button.click().run()


def written(page: AppTest) -> str:
    parts = [
        one.value for kind in ("header", "subheader", "markdown", "error") for one in getattr(page, kind)
    ]
    return "\n".join(map(str, parts)).replace("\\", "")


def here(name: str, root: str, run_id: str, say: Words) -> Inside:
    """The same answer without a process of its own."""
    case = {"toy_control": Control(), "toy_drift": Drift()}[name]
    (found,) = inside.look(case, {"root": root, "run": run_id})
    return found


@both
def test_the_page_looks_when_it_is_asked_to(
    open_page: Open, kept: Path, monkeypatch: pytest.MonkeyPatch, lang: Language
) -> None:
    asked: list[str] = []

    def ask(name: str, root: str, run_id: str, say: Words) -> Inside:
        asked.append(run_id)
        return here(name, root, run_id, say)

    monkeypatch.setattr(inquiry, "inside_of", ask)
    say = Words(lang)
    page = open_page(kept, lang=lang, usecase="toy_control", part="learned")
    assert say("inside.title") in written(page)
    assert not asked
    page = pressed(page)
    assert not page.exception
    assert asked == [newest(kept)]
    titles = [one.value.replace("\\", "") for one in page.subheader]
    wanted = {
        "en": ("Energy of the day: forecasts err by", "It lives on"),
        "ko": ("일 전력량: 예측 오차는", "가장 기대는 열은"),
    }
    for title in wanted[lang]:
        assert any(title in one for one in titles), titles
    assert {"en": "Columns that move no forecast: Day;", "ko": "예측을 움직이지 않는 열: 날짜;"}[
        lang
    ] in written(page)
    page.run()
    assert len(asked) == 1


@both
def test_the_page_says_why_there_is_nothing(
    open_page: Open, drifting: Path, monkeypatch: pytest.MonkeyPatch, lang: Language
) -> None:
    monkeypatch.setattr(inquiry, "inside_of", here)
    say = Words(lang)
    empty = open_page(lang=lang, usecase="toy_drift", part="learned")
    assert say("inside.no_run") in written(empty)
    assert "sectorlab run toy_drift --size quick" in [code.value for code in empty.code]
    page = pressed(open_page(drifting, lang=lang, usecase="toy_drift", part="learned"))
    learner = {"en": "Tracking", "ko": "추적"}[lang]
    assert say("inside.no_forecast", learner=learner) in written(page)


def test_a_run_that_cannot_be_looked_into_gives_way(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = Store(kept).manifests()[-1]
    chosen = Entry(manifest, str(kept), ships=False)
    usual = Entry(manifest, "usual", ships=True)
    monkeypatch.setattr(stored, "playable", lambda case, scenario: usual)
    assert view._with_policies(Control(), chosen) is chosen
    large = replace(chosen, manifest=manifest.model_copy(update={"size": "full"}))
    for other in (None, large, replace(chosen, root=str(tmp_path))):
        assert view._with_policies(Control(), other) is usual


def test_a_process_that_fails_is_told(open_page: Open, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inquiry, "PATIENCE_S", 0.01)
    page = pressed(open_page(kept, usecase="toy_control", part="learned"))
    assert "could not be looked into" in page.error[0].value


@both
def test_chances_are_drawn_beside_the_diagonal(lang: Language) -> None:
    say = Words(lang)
    found = inside.chances(drawn(rare=0.02))
    (chart,) = Painter(Inside("x", 0, chances=(found,)), "run", say).charts()
    perfect = chart.table["series"] == say("inside.perfect")
    assert chart.table["share"][perfect] == pytest.approx(chart.table["chance"][perfect])
    assert f"{100 * found.whole.chance:.2f}"[:3] in chart.title[lang]
