"""The HTML of a report: one file that fetches nothing, texts that stay texts, a structure to walk through."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.protocol import Chart, Text
from core.report.cast import Cast
from core.report.html import html
from core.report.page import Bullets, Code, Grid, Page, Paragraph, Picture, Section

NASTY = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&"
VOID = {"meta", "img", "br", "link", "input", "hr"}


def chart(text: str = "Set-points", kind: Any = "bar") -> Chart:
    both: Text = {"en": text, "ko": text}
    return Chart(
        name="c", kind=kind, table={"who": np.array(["a", text]), "much": np.array([1.0, 2.0])},
        x="who", y="much", title=both, how=both, alt=both, x_label=both, y_label=both, source=text,
    )  # fmt: skip


def page(text: str = "A text", *blocks: Any, lang: Any = "en") -> Page:
    usual = (
        Paragraph(text, strong=True),
        Bullets([text, "another"]),
        Grid([text, "number"], [[text, "1"], ["b", "2"]], [False, True], text),
        Code(text),
        Picture(chart(text), Cast({"a": text}, {"a": "incumbent"})),
    )
    return Page(lang, text, text, text, [Section(text, blocks or usual), Section("Last", [Paragraph(text)])])


class Reader(HTMLParser):
    """What a browser would see: tags with attributes, the texts inside, and the text of each script."""

    def __init__(self, file: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(file.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"{tag} is closed out of turn"

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts.append((self.open[-1], data))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def inside(self, tag: str) -> list[str]:
        return [text for name, text in self.texts if name == tag]


def test_texts_stay_texts() -> None:
    plain, nasty = Reader(html(page())), Reader(html(page(NASTY)))
    assert nasty.open == plain.open == []
    assert [tag for tag, _ in nasty.tags] == [tag for tag, _ in plain.tags]
    assert not nasty.all("img")
    assert nasty.inside("h1") == [NASTY]
    assert nasty.inside("code") == [NASTY]
    assert nasty.inside("th")[0] == NASTY
    assert [one["aria-label"] for one in nasty.all("div") if one.get("role") == "img"] == [NASTY]
    (told,) = [json.loads(text) for text in nasty.inside("script") if text.startswith("{")]
    axis = told["layout"]["xaxis"]["title"]["text"]
    assert "<" not in axis  # Plotly reads tags in its texts
    assert unescape(axis) == NASTY


def test_no_text_of_a_chart_ends_the_script_that_carries_it() -> None:
    dots = Reader(html(page("A text", Picture(chart(NASTY, "scatter"), Cast({}, {})))))
    assert dots.open == []
    assert not dots.all("img")
    (told,) = [json.loads(text) for text in dots.inside("script") if text.startswith("{")]
    assert told["data"][0]["x"] == ["a", NASTY]


def test_a_file_of_its_own_that_fetches_nothing() -> None:
    read = Reader(html(page()))
    for tag, attributes in read.tags:
        assert not {"src", "srcset", "background", "action"} & set(attributes), tag
        assert (attributes.get("href") or "#").startswith("#"), tag
    assert not read.all("link")
    (style,) = read.inside("style")
    assert not re.search(r"url\(|@import", style)


def test_the_policy_lets_our_scripts_run_and_nothing_else() -> None:
    read = Reader(html(page()))
    (policy,) = [m["content"] for m in read.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split(";")}
    assert rules["default-src"] == rules["connect-src"] == rules["base-uri"] == ["'none'"]
    run = [text for text in read.inside("script") if not text.startswith("{")]
    hashes = [f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in run]
    assert rules["script-src"] == hashes
    assert len(run) == 2  # Plotly once, and what draws with it
    order = [tag for tag, _ in read.tags]
    assert order.index("meta") < order.index("script")


def test_without_pictures_there_is_no_script() -> None:
    file = html(page("A text", Paragraph("One.")))
    assert not Reader(file).all("script")
    assert b"script-src 'none'" in file
    assert len(file) < 20_000


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_structure(lang: Any) -> None:
    read = Reader(html(page(lang=lang)))
    assert [one["lang"] for one in read.all("html")] == [lang]
    assert [tag for tag, _ in read.tags if tag in ("h1", "h2", "h3")] == ["h1", "h2", "h2"]
    assert [one["scope"] for one in read.all("th")] == ["col", "col", "row", "row"]
    assert [one.get("class") for one in read.all("td")] == ["number", "number"]
    names = {one["id"] for _, one in read.tags if "id" in one}
    assert {str(one["href"])[1:] for one in read.all("a")} <= names
    assert {one["aria-labelledby"] for one in read.all("section")} <= names
    assert {one["data-chart"] for one in read.all("div") if "data-chart" in one} <= names
    assert len(read.all("noscript")) == 1
    assert read.inside("figcaption") == ["Set-points"] or read.inside("figcaption") == ["A text"]
    assert "@media print" in read.inside("style")[0]


def test_all_numbers_of_a_chart_are_in_the_file_and_thinning_is_said() -> None:
    x = np.arange(20_000.0)
    long = Chart(
        name="l", kind="line", table={"x": x, "y": np.sin(x)}, x="x", y="y", title={"en": "Long"},
        how={"en": ""}, alt={"en": "A wave"}, x_label={"en": "x"}, y_label={"en": "y"}, source="s",
    )  # fmt: skip
    text = html(page("A text", Picture(long, Cast({}, {})))).decode()
    assert re.search(r"[\d,]+ of 20,000 points are drawn", text)


@pytest.mark.browser
def test_in_a_browser_charts_are_drawn_and_nothing_is_asked_for(tmp_path: Path, chromium: Any) -> None:
    file = tmp_path / "report.html"
    file.write_bytes(html(page(NASTY)))
    errors: list[str] = []
    asked: list[str] = []
    sheet = chromium.new_page()
    sheet.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    sheet.on("pageerror", lambda error: errors.append(str(error)))
    sheet.on("dialog", lambda dialog: errors.append(dialog.message))
    sheet.on("request", lambda request: asked.append(request.url))
    sheet.goto(file.as_uri())
    sheet.wait_for_selector("[data-chart] svg.main-svg", timeout=60_000)
    silent = chromium.new_page(java_script_enabled=False)
    silent.goto(file.as_uri())
    axis = sheet.text_content("[data-chart] .xtitle")
    shown = silent.inner_text("noscript")
    sheet.close()
    silent.close()
    assert errors == []
    assert asked == [file.as_uri()]
    assert shown == axis == NASTY
