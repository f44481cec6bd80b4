"""``sectorlab report``: which file appears where, and what is refused before anything is written."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sectorlab_toys.control import Control
from typer.testing import Result

from core.engine.run import run_scenario
from core.engine.scenario import build
from core.store.runs import Store

Call = Callable[..., Result]
FIRST_BYTES = {"html": b"<!DOCTYPE html>", "pdf": b"%PDF-", "pptx": b"PK"}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a run of two seeds and one of five."""
    folder = tmp_path_factory.mktemp("kept")
    for seeds in (2, 5):
        run_scenario(
            Control(),
            build(Control(), size="tiny"),
            seeds=seeds,
            store=Store(folder),
            command=f"sectorlab run toy_control --size tiny --seeds {seeds}",
            workers=1,
        )
    return folder


@pytest.fixture
def ids(kept: Path) -> list[str]:
    return [manifest.id for manifest in Store(kept).manifests()]


def refused(result: Result, words: str) -> None:
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert list(Path(".").rglob("*.html")) == []


def test_a_run_becomes_a_file_with_a_name_of_its_own(call: Call, kept: Path, ids: list[str]) -> None:
    done = call("report", ids[1], "--out", str(kept))
    assert done.exit_code == 0, done.output
    name = f"toy_control-{ids[1]}-en.html"
    assert done.stdout == f"{name}\n"
    assert [path.name for path in Path(".").iterdir()] == [name]
    text = Path(name).read_text(encoding="utf-8")
    assert "Toy: a set-point" in text
    assert "sectorlab run toy_control --size tiny --seeds 5" in text
    assert str(kept) not in text  # a report is given away; folders of this machine are nobody's business


def test_several_runs_in_korean_by_folder(call: Call, kept: Path, ids: list[str]) -> None:
    folders = [str(kept / one) for one in ids]
    done = call("report", *folders, "--lang", "ko", "--file", "both.html")
    assert done.exit_code == 0, done.output
    text = Path("both.html").read_text(encoding="utf-8")
    assert '<html lang="ko">' in text
    assert "실행 2건에 관한 보고서" in text
    assert all(one in text for one in ids)


@pytest.mark.parametrize("form", FIRST_BYTES)
def test_each_format(call: Call, kept: Path, ids: list[str], form: str) -> None:
    done = call("report", ids[1], "--out", str(kept), "--to", form)
    assert done.exit_code == 0, done.output
    (path,) = Path(".").iterdir()
    assert path.suffix == f".{form}"
    assert path.read_bytes().startswith(FIRST_BYTES[form])


def test_a_file_is_replaced_whole_or_not_at_all(
    call: Call, kept: Path, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    target = Path("r.html")
    target.write_text("the old one")
    words = ("report", ids[1], "--out", str(kept), "--file", "r.html")
    full = OSError(28, "full")
    monkeypatch.setattr("core.store.atomic.os.fsync", lambda number: (_ for _ in ()).throw(full))
    assert call(*words).exit_code == 2
    assert target.read_text() == "the old one"
    assert list(Path(".").iterdir()) == [target]


def test_an_older_file_is_overwritten(call: Call, kept: Path, ids: list[str]) -> None:
    Path("r.HTML").write_text("the old one")
    assert call("report", ids[1], "--out", str(kept), "--file", "r.HTML").exit_code == 0
    assert Path("r.HTML").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--to", "docx"), "to: 'docx' is unknown; choose one of html, pdf, pptx."),
        (("--lang", "fr"), "lang: 'fr' is unknown; choose one of en, ko."),
        (("--file", "r.doc"), "file: 'r.doc' does not end in a known format; let it end in .html"),
        (("--file", "r", "--to", "pdf"), "let it end in .pdf"),
        (("--file", "r.html", "--to", "pdf"), "ends in .html but --to says pdf; give one of them"),
        (("--file", "no/r.html"), "there is no folder 'no'; make it"),
        (("--file", "folder.html"), "'folder.html' is there and is no file"),
    ],
)
def test_a_mistake_meets_a_sentence(
    call: Call, kept: Path, ids: list[str], words: tuple[str, ...], said: str
) -> None:
    if "folder.html" in words:
        Path("folder.html").mkdir()
    result = call("report", ids[1], "--out", str(kept), *words)
    if "folder.html" in words:
        Path("folder.html").rmdir()
    refused(result, said)


def test_runs_that_cannot_be_told(call: Call, kept: Path, ids: list[str]) -> None:
    refused(call("report", "nobody", "--out", str(kept)), "run: 'nobody' is not in the store")
    twice = call("report", ids[0], str(kept / ids[0]), "--out", str(kept))
    refused(twice, f"report: {ids[0]} is given twice")


def test_a_run_of_another_version_is_refused(
    call: Call, kept: Path, ids: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "old" / ids[1]
    shutil.copytree(kept / ids[1], old)
    manifest = json.loads((old / "manifest.json").read_text(encoding="utf-8"))
    manifest["scenario"]["sunshine"] = 1.0
    (old / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    refused(call("report", str(old)), "does not agree on sunshine; run it again")
    monkeypatch.setattr(Control, "kpis", (*Control.kpis, Control.kpis[0].__class__(
        "comfort", "h", "higher", {"en": "Comfort", "ko": "쾌적함"}, "definition"
    )))  # fmt: skip
    refused(call("report", ids[1], "--out", str(kept)), "does not agree on comfort; run it again")


def test_help_names_the_formats(call: Call) -> None:
    text = re.sub(r"\s+", " ", call("report", "--help").stdout)
    assert "html, pdf or pptx" in text
