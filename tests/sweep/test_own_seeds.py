"""Points with seeds of their own: the point is the unit, and nothing is said that cannot be known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom
from sectorlab_toys.planted import Planted
from typer.testing import CliRunner

from core.cli.main import app
from core.engine.scenario import about, build, levers
from core.errors import UserError
from core.report.page import Paragraph, Picture
from core.report.sweeps import sections_of
from core.report.words import LANGUAGES, Words
from core.sweep.adjusted import level_means
from core.sweep.curves import GAIN, curves, shares
from core.sweep.design import Axis, axis, own_seeds, points_of, sobol
from core.sweep.shelf import Sheet, Shelf
from core.sweep.sweep import ask, sweep
from core.sweep.work import Place

CASE = Planted()


def test_no_two_points_share_a_seed() -> None:
    given = own_seeds("sobol", 50, 3)
    assert len({seed for seeds in given for seed in seeds}) == 150


@pytest.mark.parametrize(
    ("design", "seeds", "said"),
    [
        ("grid", 1, "add --design sobol"),
        ("sobol", 0, "seeds: 0 is not allowed"),
        ("sobol", 101, "seeds: 101"),
    ],
)
def test_what_cannot_be(design: str, seeds: int, said: str) -> None:
    with pytest.raises(UserError, match=said):
        own_seeds(design, 4, seeds)


@pytest.mark.parametrize("seeds", [1, 2])
def test_curves_are_told_with_one_seed_a_point_and_shares_are_not(seeds: int) -> None:
    axes = [axis(CASE, text) for text in ("data_share=0.1:1:2", "expertise=0:2:2", "compute=0.5:2:2")]
    scenarios = [build(CASE, size="tiny", values=one) for one in points_of(axes, "sobol", 64)]
    asked = ask(CASE, scenarios, own_seeds=own_seeds("sobol", 64, seeds))
    assert asked.own_seeds
    assert not ask(CASE, scenarios, seeds=seeds).own_seeds
    done = sweep(asked, Place(1, 1, backend="serial"))
    assert shares(done, axes, "sobol") == {}
    found = {one.lever: one for one in curves(done, axes, "sobol", "gain") if one.who == GAIN}
    assert {lever: one.course for lever, one in found.items()} == {
        "data_share": "rises", "expertise": "level", "compute": "level",
    }  # fmt: skip
    assert all(one.n == 64 and one.low < one.mean < one.high for one in found["expertise"].means)


def hold(noise: Any, repetition: int) -> bool:
    """Whether all intervals of a lever hold at once, where two others and luck are mixed in."""
    rng = np.random.default_rng(repetition)
    axes = [Axis(name, (), 0.0, 1.0) for name in "abc"]
    x = np.array([list(one.values()) for one in sobol(axes, 64, rng)])
    number = np.minimum((5 * x[:, 0]).astype(int), 4)
    values = number + 2.0 * x[:, 1] * x[:, 2] + noise(x) * rng.normal(size=64)
    found = level_means(values[:, None], number, [x[:, 1].tolist(), x[:, 2].tolist()], own_seeds=True)
    return all(one.low <= level + 0.5 <= one.high for level, one in enumerate(found))


@pytest.mark.parametrize(
    "noise", [lambda x: np.ones(len(x)), lambda x: 3.0 * x[:, 0] ** 2], ids=["even", "growing"]
)
def test_intervals_hold_at_once_where_luck_is_larger_at_some_levels(noise: Any) -> None:
    trials = 300
    wrong = sum(not hold(noise, repetition) for repetition in range(trials))
    assert wrong <= binom.ppf(0.999, trials, 0.05)


def test_points_too_few_have_no_interval() -> None:
    lone = level_means(np.arange(6.0)[:, None], np.array([0, 0, 0, 0, 0, 1]), [], own_seeds=True)
    assert [np.isnan(one.low) for one in lone] == [True, True]
    few = level_means(np.arange(4.0)[:, None], np.array([0, 0, 1, 1]), [], own_seeds=True)
    assert [one.mean for one in few] == pytest.approx([0.5, 2.5])
    assert np.isnan(few[0].high)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Sheet, Path]:
    folder = tmp_path_factory.mktemp("own")
    words = ["sweep", "toy_planted", "--size", "tiny", "--vary", "data_share=0.1:1:2", "--design", "sobol"]
    done = CliRunner().invoke(app, [*words, "--points", "48", "--own-seeds", "--out", str(folder), "--json"])
    assert done.exit_code == 0, done.output
    shelf = Shelf(folder)
    return *shelf.document(shelf.sheets()[-1].id), folder


def test_the_document_says_so(kept: tuple[dict[str, Any], Sheet, Path]) -> None:
    document, sheet, _ = kept
    assert (document["seeds"], document["own_seeds"], document["variance"]) == ([0], True, {})
    assert sheet.seeds == [[point] for point in range(48)]
    assert sheet.plan["own_seeds"] is True


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_report_says_so(kept: tuple[dict[str, Any], Sheet, Path], lang: Any) -> None:
    say = Words(lang)
    document, sheet, folder = kept
    blocks = [block for section in sections_of(document, sheet, say) for block in section.blocks]
    told = [block.text for block in blocks if isinstance(block, Paragraph)]
    assert {say("tried.own_seeds"), say("variance.own_seeds")} <= set(told)
    (picture,) = [block for block in blocks if isinstance(block, Picture)]
    assert picture.chart.title[lang] == say(
        "curve.rises", lever=say.of(about(levers(CASE.scenario)["data_share"])["label"])
    )
    assert (picture.chart.table["low"] < picture.chart.table["gain"]).all()
    words = ["report", sheet.id, "--lang", lang, "--to", "html", "--file", str(folder / "r.html")]
    done = CliRunner().invoke(app, [*words, "--out", str(folder)])
    assert done.exit_code == 0, done.output
    assert say("tried.own_seeds") in (folder / "r.html").read_text(encoding="utf-8")
