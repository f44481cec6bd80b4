"""One catalogue: nothing missing in either language, nothing unused; texts from outside stay texts."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import dashboards
from core.report import words
from core.report.words import Words, catalogue
from dashboards.markdown import plain, verbatim

ROOT = Path(dashboards.__file__).parents[1]
FOLDERS = (ROOT / "dashboards", ROOT / "core" / "report")
DECLARED = ("unit.", "unit_part.", "source_part.")
"""Looked up by what a use case declares."""


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def sources() -> Iterator[Path]:
    """Files that speak to people in both languages."""
    for folder in FOLDERS:
        yield from folder.rglob("*.py")


def used() -> Iterator[str]:
    """Each text in the pages' source that could be a key, as a pattern; gaps of f-strings match one part."""
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield re.escape(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = [
                    re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"[a-z_]+"
                    for part in node.values
                ]
                yield "".join(parts)


def asked() -> Iterator[tuple[Path, str]]:
    """Keys that the pages' source asks for by name."""
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("say", "site.say", "self"):
                first = node.args[0] if node.args else None
                for constant in ast.walk(first) if first else ():
                    if isinstance(constant, ast.Constant) and re.fullmatch(
                        r"[a-z_]+(\.[a-z_]+)+", str(constant.value)
                    ):
                        yield path, str(constant.value)


def test_every_key_has_both_languages() -> None:
    for key, text in catalogue().items():
        assert set(text) == {"en", "ko"}, key
        assert all(text.values()), key
        assert gaps(text["en"]) == gaps(text["ko"]), key


def test_korean_is_korean() -> None:
    same = {key for key, text in catalogue().items() if text["en"] == text["ko"]}
    assert same <= {"site.name"}, same


def test_every_key_that_is_asked_for_is_there() -> None:
    found = list(asked())
    assert len(found) > 50
    assert [(path.name, key) for path, key in found if key not in catalogue()] == []


def test_no_key_is_unused() -> None:
    patterns = [re.compile(pattern) for pattern in set(used()) if "\\." in pattern]
    keys = [key for key in catalogue() if not key.startswith(DECLARED)]
    assert [key for key in keys if not any(pattern.fullmatch(key) for pattern in patterns)] == []


def test_a_missing_key_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        Words("en")("no.such.key")
    half = tmp_path / "catalogue.toml"
    half.write_text('[a]\nb = { en = "only" }\n[c]\nd = "bare"\n')
    monkeypatch.setattr(words, "CATALOGUE", half)
    catalogue.cache_clear()
    try:
        with pytest.raises(ValueError, match=r"c\.d has no language"):
            catalogue()
    finally:
        monkeypatch.undo()
        catalogue.cache_clear()


@pytest.mark.parametrize(
    "text",
    ["![x](http://a.example/x.png)", "<b>bold</b>", "$x$ costs $5", ":red[hot]", "# a\n- b\n1. c", "~~a~~"],
)
def test_markdown_of_others_is_taken_as_it_stands(text: str) -> None:
    safe = plain(text)
    assert not re.search(r"(?<!\\)[\[\]<>$~`*_#]", safe)
    assert re.sub(r"\\(.)", r"\1", safe) == text
    assert "`" not in verbatim(text)[1:-1]


def test_units() -> None:
    say = Words("ko")
    assert say.unit("min/year") == "분/년"
    assert say.unit("share of history") == "과거 기록의 비율"
    assert say.unit("minutes") == "minutes"  # only whole words are known
    assert Words("en").unit("million KRW/year") == "million KRW/year"
