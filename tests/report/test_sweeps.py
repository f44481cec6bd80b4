"""Sweeps, worth and plausible worlds as sections: what they say is what was found, in both languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from core.cli.main import app
from core.errors import UserError
from core.report.attempt import attempt
from core.report.draw import figure
from core.report.page import Block, Code, Grid, Paragraph, Picture, Section
from core.report.sweeps import sections_of
from core.report.words import LANGUAGES, Words
from core.sweep.shelf import Sheet, Shelf, find

EN = Words("en")
Kept = dict[str, tuple[dict[str, Any], Sheet]]
COMMANDS = {
    "sweep": ("sweep", "toy_planted", "--vary", "data_share=0.05,0.3,1", "--vary", "expertise=0,1"),
    "named": ("sweep", "toy_control", "--vary", "climate=mild,harsh"),
    "worth": ("worth", "toy_planted", "--seeds", "8"),
    "worlds": ("worlds", "toy_planted", "--draws", "40"),
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """One of each kind, as its command wrote it."""
    found = {}
    for kind, words in COMMANDS.items():
        folder = tmp_path_factory.mktemp(kind)
        done = CliRunner().invoke(app, [*words, "--size", "tiny", "--out", str(folder), "--json"])
        assert done.exit_code == 0, done.output
        shelf = Shelf(folder)
        found[kind] = shelf.document(shelf.sheets()[-1].id)
    return found


def texts(sections: list[Section]) -> str:
    return "\n".join(b.text for s in sections for b in s.blocks if isinstance(b, Paragraph))


def blocks(sections: list[Section], kind: type[Block]) -> list[Any]:
    return [b for s in sections for b in s.blocks if isinstance(b, kind)]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", COMMANDS)
def test_everything_is_said_and_drawn_in_both_languages(kind: str, lang: Any, kept: Kept) -> None:
    say = Words(lang)
    sections = sections_of(*kept[kind], say)
    assert any(Code(kept[kind][1].command) in s.blocks for s in sections)
    for grid in blocks(sections, Grid):
        assert all(len(row) == len(grid.head) == len(grid.right) for row in grid.rows)
    for picture in blocks(sections, Picture):
        _, failed = attempt(lambda picture=picture: figure(picture.chart, picture.cast, say))
        assert not failed
        assert picture.chart.alt[lang]


def test_a_curve_is_titled_by_what_it_does(kept: Kept) -> None:
    sections = sections_of(*kept["sweep"], EN)
    data, expertise = (one.chart for one in blocks(sections, Picture))
    assert data.kind == "line"
    assert data.title["en"] == "Open data: the gain of learning grows with it"
    assert data.table["level"].tolist() == [0.05, 0.3, 1.0]
    assert (np.diff(data.table["gain"]) > 0.0).all()
    assert (data.table["low"] < data.table["gain"]).all()
    assert expertise.title["en"] == "Expertise: no clear effect on the gain of learning"
    (variance, *_) = blocks(sections, Grid)
    assert [row[0] for row in variance.rows] == [
        "Open data", "Expertise", EN("variance.world"), EN("variance.together"),
    ]  # fmt: skip
    assert "6 settings, seeds of each: 5" in texts(sections)


def test_named_levels_are_bars(kept: Kept) -> None:
    (picture,) = blocks(sections_of(*kept["named"], EN), Picture)
    assert picture.chart.kind == "bar"
    assert picture.chart.table["level"].tolist() == ["mild", "harsh"]


def test_the_worth_is_told_with_its_ties(kept: Kept) -> None:
    sections = sections_of(*kept["worth"], EN)
    first, ties, again, *_ = (b.text for b in blocks(sections, Paragraph))
    assert "One more unit of “Adoption” is first" in first
    assert "Open data" in ties
    assert "8 fresh seeds" in again
    (grid, *_) = blocks(sections, Grid)
    assert {row[1] for row in grid.rows} == {"Open data", "Label quality", "Compute", "Expertise", "Adoption"}


def test_no_lever_that_is_surely_worth_it_is_said(kept: Kept) -> None:
    document, sheet = kept["worth"]
    first = document["levers"][0]
    doubtful = {**first, "net_krw_per_krw": {"mean": 3.0, "ci_low": -1.0, "ci_high": 7.0}}
    told = sections_of({**document, "levers": [doubtful, *document["levers"][1:]]}, sheet, EN)
    assert texts(told).startswith(EN("worth.unsure"))
    assert not texts(sections_of(document, sheet, EN)).startswith(EN("worth.unsure"))


def test_worlds_are_told_with_verdict_and_what_turns_it(
    kept: Kept,
) -> None:
    document, sheet = kept["worlds"]
    told = texts(sections_of(document, sheet, EN))
    share = f"{100 * document['statements'][0]['share']:.0f}"
    assert (
        f"Learning is ahead of the incumbent: in simulation this holds under conditions, in {share}" in told
    )
    assert "40 worlds were drawn" in told
    assert "2 uncertain constants" in told
    assert "Never moved, because there is no range for them: known." in told
    (turning, *_) = blocks(sections_of(document, sheet, EN), Grid)
    assert turning.rows[0][0] == "toll"


def test_a_document_of_another_version_is_refused(kept: Kept) -> None:
    document, sheet = kept["worlds"]
    older = {name: value for name, value in document.items() if name != "constants"}
    with pytest.raises(UserError, match=r"made by another version, .* run it again"):
        sections_of(older, sheet, EN)


def test_a_sweep_is_found_by_folder_and_by_id(tmp_path: Path) -> None:
    words = [*COMMANDS["worlds"], "--size", "tiny", "--draws", "5", "--out", str(tmp_path)]
    CliRunner().invoke(app, words)
    (sheet,) = Shelf(tmp_path).sheets()
    by_folder, by_id = find(str(tmp_path / "sweeps" / sheet.id), Path("nowhere")), find(sheet.id, tmp_path)
    assert by_folder == by_id
    assert by_id is not None
    assert find("20010101-", tmp_path) is None
    assert find("", tmp_path) is None
    for form, start in (("html", b"<!DOCTYPE html>"), ("pdf", b"%PDF-"), ("pptx", b"PK")):
        target = tmp_path / f"r.{form}"
        done = CliRunner().invoke(app, ["report", sheet.id, "--out", str(tmp_path), "--file", str(target)])
        assert done.exit_code == 0, done.output
        assert target.read_bytes().startswith(start)
