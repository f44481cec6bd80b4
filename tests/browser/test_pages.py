"""All pages in both languages, driven as a person would: links, keyboard, levers, runs, downloads, checks."""

from __future__ import annotations

import re
from http.client import HTTPConnection
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pytest
from axe_playwright_python.sync_playwright import Axe

from core.report.words import Words
from core.results import Run
from core.store.runs import Store
from dashboards.places import PARTS

pytestmark = pytest.mark.browser

SHOTS = Path(__file__).parent / "shots"
PATIENCE_MS = 30_000
LANGUAGES = ("en", "ko")
INDUSTRY = "toy_control"
LARGE_PX, LARGE_BOLD_PX = 24.0, 18.66
"""Sizes from which WCAG 2.1 asks for a contrast of 3 rather than 4.5."""

CONTRASTS = """
() => {
  const parts = (c) => (c.match(/[\\d.]+/g) || []).map(Number)
  const lum = (c) => {
    const linear = (v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4
    const [r, g, b] = c.map((v) => linear(v / 255))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * (top[3] ?? 1) + under[i] * (1 - (top[3] ?? 1)))
  const ground = (node) => {
    const layers = []
    for (let n = node; n; n = n.parentElement) layers.unshift(parts(getComputedStyle(n).backgroundColor))
    return layers.reduce((under, top) => over(top, under), [255, 255, 255])
  }
  const found = []
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement, text = texts.currentNode.textContent.trim()
    if (!text || !node.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue
    // What cannot be used has no contrast to keep (WCAG 2.1, 1.4.3); a slider's value stands above its thumb.
    if (node.closest('svg, script, style, canvas, :disabled, [data-testid=stSlider]')) continue
    const style = getComputedStyle(node), under = ground(node)
    const [a, b] = [lum(over(parts(style.color), under)), lum(under)].sort((x, y) => y - x)
    const [size, weight] = [parseFloat(style.fontSize), parseInt(style.fontWeight)]
    found.push([(a + 0.05) / (b + 0.05), size, weight, text.slice(0, 60)])
  }
  return found
}
"""


CUT = """
(chart) => {
  const frame = chart.getBoundingClientRect()
  const inside = (box) => box.left >= frame.left - 1 && box.right <= frame.right + 1
    && box.top >= frame.top - 1 && box.bottom <= frame.bottom + 1
  const texts = [...chart.querySelectorAll('.main-svg text')].filter((text) => text.textContent.trim())
  return texts.filter((text) => !inside(text.getBoundingClientRect())).map((text) => text.textContent)
}
"""
"""Texts of a chart that reach beyond it."""


def opened(page: Any, site: str, /, **address: str) -> Any:
    """Go to an address and wait until the page is whole."""
    query = "&".join(f"{key}={value}" for key, value in address.items())
    page.goto(f"{site}/?{query}")
    return settled(page)


def settled(page: Any) -> Any:
    """Wait for the heading, and for pictures and tables that come after it."""
    page.wait_for_selector("h1", timeout=PATIENCE_MS)
    page.wait_for_function(
        """() => document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'
             && !document.querySelector('[data-stale=true], [data-testid=stSkeleton]')
             && document.querySelector('[data-testid^=stBidiComponent] style')
             && [...document.querySelectorAll('[data-testid=stPlotlyChart]')].every(
                  (chart) => chart.querySelector('.main-svg'))""",
        timeout=PATIENCE_MS,
    )
    return page


def shoot(page: Any, name: str) -> None:
    """Keep a picture of the whole page for people to look at."""
    SHOTS.mkdir(exist_ok=True)
    tall = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": 1366, "height": min(tall + 20, 16_000)})
    page.wait_for_timeout(200)
    page.screenshot(path=str(SHOTS / f"{name}.png"))
    page.set_viewport_size({"width": 1366, "height": 900})


def sound(page: Any, lang: str) -> None:
    """Check what holds on every page: language, order of headings, contrast, names of pictures."""
    page.wait_for_function(f"document.documentElement.lang === '{lang}'", timeout=PATIENCE_MS)
    assert page.get_by_text(Words(lang)("site.synthetic")).first.is_visible()  # type: ignore[arg-type]
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map((h) => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for contrast, size, weight, text in page.evaluate(CONTRASTS):
        large = size >= LARGE_PX or (size >= LARGE_BOLD_PX and weight >= 700)
        assert contrast >= (3.0 if large else 4.5), (round(contrast, 2), text)
    for chart in page.get_by_test_id("stPlotlyChart").all():
        assert chart.evaluate(
            "(node) => !!node.closest('[aria-label]') || !!node.querySelector('[aria-label]')"
        )
    wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", ["", "levers", "runs", "story"])
def test_every_page(page: Any, site: str, lang: str, name: str) -> None:
    opened(page, site, lang=lang, page=name or "briefing")
    sound(page, lang)
    shoot(page, f"{name or 'briefing'}-{lang}")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("part", PARTS)
def test_every_part_of_an_industry(page: Any, site: str, mill: Run, lang: str, part: str) -> None:
    opened(page, site, lang=lang, usecase=mill.case.name, part=part, run=Path(mill.path).name)
    sound(page, lang)
    assert page.get_by_test_id("stAlert").count() == 1  # that the world is synthetic; nothing failed
    for chart in page.get_by_test_id("stPlotlyChart").all():
        assert chart.locator(".trace .points path, .trace .js-line").count()
        assert chart.evaluate(CUT) == []
    if part == "repeat":
        heads = page.get_by_role("table").first.get_by_role("columnheader").all_inner_texts()
        assert {c.label[lang] for name, c in mill.case.contenders.items() if name in mill.roles} < set(heads)
    shoot(page, f"mill-{part}-{lang}")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_world_answers_for_itself(page: Any, site: str, lang: str) -> None:
    opened(page, site, lang=lang, usecase=INDUSTRY, part="world")
    say = Words(lang)  # type: ignore[arg-type]
    page.get_by_role("button", name=say("world.run_checks")).click()
    page.get_by_text(say("world.no_checks")).wait_for(timeout=PATIENCE_MS)
    page.get_by_role("button", name=say("sample.draw")).click()
    page.get_by_text(say("sample.dictionary")).first.wait_for(timeout=PATIENCE_MS)
    for name in ("lever.title", "constant.title"):
        page.get_by_text(say(name), exact=True).click()
    settled(page)
    sound(page, lang)
    shoot(page, f"world-{lang}")


def test_industry_without_runs(page: Any, site: str) -> None:
    opened(page, site, lang="ko", usecase="toy_drift")
    sound(page, "ko")
    assert page.get_by_text("sectorlab run toy_drift").is_visible()
    shoot(page, "no-run-ko")


@pytest.mark.parametrize("width", [1366, 390])
@pytest.mark.parametrize("address", ["", "page=levers", "page=runs", "page=story&step=3", "part=answer",
                                     "part=levers", "part=learned", "part=world", "part=repeat"])  # fmt: skip
def test_axe_finds_nothing_serious(page: Any, site: str, mill: Run, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    case = f"&usecase={mill.case.name}" if address.startswith("part") else ""
    page.goto(f"{site}/?lang=ko&{address}{case}")
    settled(page)
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
    wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1]


def test_korean_has_a_font_of_its_own(page: Any, site: str) -> None:
    opened(page, site, lang="ko")
    assert page.evaluate("document.fonts.check('16px Pretendard', '가')")
    loaded = page.evaluate("[...document.fonts].filter((f) => f.status === 'loaded').map((f) => f.family)")
    assert "Pretendard" in {family.strip('"') for family in loaded}


def test_links_keep_their_place_and_back_goes_back(page: Any, site: str) -> None:
    opened(page, site)
    page.get_by_role("link", name=re.compile("Open: Toy: a set-point")).click()
    page.get_by_role("heading", level=1, name="Toy: a set-point").wait_for()
    page.wait_for_url(f"{site}/?lang=en&usecase={INDUSTRY}")
    page.get_by_role("link", name="한국어").click()
    page.get_by_role("heading", level=1, name="장난감: 설정 온도").wait_for()
    page.wait_for_url(f"{site}/?lang=ko&usecase={INDUSTRY}")
    page.wait_for_function("document.documentElement.lang === 'ko'")
    page.go_back()
    page.get_by_role("heading", level=1, name="Toy: a set-point").wait_for()
    page.get_by_role("link", name="Briefing").click()
    page.get_by_role("heading", level=1, name=Words("en")("start.title")).wait_for()


def test_keyboard_alone_suffices(page: Any, site: str) -> None:
    opened(page, site)
    for _ in range(60):
        page.keyboard.press("Tab")
        here = page.evaluate("(({tagName, innerText}) => [tagName, innerText])(document.activeElement)")
        if here[0] == "A" and "Open: Toy: a set-point" in here[1]:
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="Toy: a set-point").wait_for()


def test_choosing_a_run_stands_in_the_address(page: Any, site: str, store: Path) -> None:
    older, _ = (one.id for one in Store(store).manifests() if one.usecase == INDUSTRY)
    opened(page, site, usecase=INDUSTRY)
    page.get_by_label("Stored run").click()
    page.get_by_role("option", name=re.compile("Harsh climate")).click()
    page.get_by_role("heading", name="Too few seeds to tell").wait_for()
    page.wait_for_url(f"{site}/?usecase={INDUSTRY}&run={older}")
    page.reload()
    settled(page)
    assert page.get_by_role("heading", name="Too few seeds to tell").is_visible()


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [("own", "own", 101), ("evil.example", "own", 403), ("own", "evil.example", 403)],
)
def test_other_sites_cannot_reach_the_server(site: str, host: str, origin: str, status: int) -> None:
    own = urlparse(site)
    names = {"own": own.netloc, "evil.example": f"evil.example:{own.port}"}
    line = HTTPConnection(own.netloc, timeout=10)
    headers = {
        "Host": names[host], "Origin": f"http://{names[origin]}",
        "Connection": "Upgrade", "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }  # fmt: skip
    line.putrequest("GET", "/_stcore/stream", skip_host=True)
    for name, value in headers.items():
        line.putheader(name, value)
    line.endheaders()
    line.sock.settimeout(10)
    assert int(line.sock.recv(64).split(b" ")[1]) == status
    line.close()


def test_files_say_what_they_are(page: Any, site: str) -> None:
    opened(page, site, usecase=INDUSTRY, lang="ko")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV").first.click()
    file = waiting.value
    assert file.suggested_filename == f"synthetic-{INDUSTRY}-headroom.csv"
    assert Path(file.path()).read_bytes().startswith(b"\xef\xbb\xbfcontender,")


def test_refused_addresses_are_told_and_ask_for_nothing(page: Any, site: str) -> None:
    opened(page, site, usecase=INDUSTRY, run="nope", lang="fr", x="![a](http://outside.example/a.png)")
    told = page.get_by_test_id("stAlert").all_inner_texts()
    for value in ("fr", "nope", "outside.example"):
        assert any(value in text for text in told)
    assert not page.locator("a[href*='outside.example'], img[src*='outside.example']").count()
    shoot(page, "refused")


# --- levers, runs, storyline ----------------------------------------------------------------------


def slider(page: Any, label: str) -> Any:
    return page.get_by_role("slider", name=re.compile(re.escape(label))).first


def test_a_live_lever_is_moved_by_keyboard_and_played(page: Any, site: str, played: str) -> None:
    opened(page, site, usecase=INDUSTRY, part="levers", lang="en")
    computed = page.locator(".st-key-computed")
    computed.get_by_text("Trained policies played again").wait_for(timeout=PATIENCE_MS)
    before = computed.inner_text()
    slider(page, "Adoption").focus()
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    page.wait_for_url(re.compile("adoption=0.95"), timeout=PATIENCE_MS)
    page.get_by_role("heading", name="Setting: Adoption 0.95").wait_for(timeout=PATIENCE_MS)
    page.wait_for_function(
        "(before) => document.querySelector('.st-key-computed').innerText !== before",
        arg=before, timeout=PATIENCE_MS,
    )  # fmt: skip
    computed.get_by_text("Trained policies played again").wait_for(timeout=PATIENCE_MS)
    page.reload()
    settled(page)
    assert page.get_by_role("heading", name="Setting: Adoption 0.95").is_visible()
    shoot(page, "levers-moved")


def test_a_run_is_started_and_finished(page: Any, site: str) -> None:
    opened(page, site, usecase=INDUSTRY, part="levers", lang="en", noise="1")
    page.get_by_text("Not computed yet").wait_for(timeout=PATIENCE_MS)
    page.get_by_role("button", name="Compute exactly").click()
    page.get_by_text("Computed here in").wait_for(timeout=PATIENCE_MS * 2)
    page.get_by_text("Trained policies played again").wait_for(timeout=PATIENCE_MS)
    shoot(page, "computed")


def test_a_run_is_cancelled_and_leaves_nothing_visible(page: Any, site: str, store: Path) -> None:
    before = len(Store(store).manifests())
    opened(page, site, usecase="rolling_mill", part="levers", lang="ko", data_share="0.5")
    say = Words("ko")
    page.get_by_role("button", name=say("computed.exactly")).click()
    page.get_by_role("button", name=say("job.cancel")).wait_for(timeout=PATIENCE_MS)
    shoot(page, "computing")
    page.get_by_role("button", name=say("job.cancel")).click()
    page.get_by_text(say("job.cancelled")).wait_for(timeout=PATIENCE_MS)
    assert len(Store(store).manifests()) == before
    assert page.get_by_role("button", name=say("computed.exactly")).is_enabled()


def test_the_storyline_is_driven_by_keys(page: Any, site: str) -> None:
    opened(page, site, page="story", lang="en")
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("step=2"), timeout=PATIENCE_MS)
    settled(page)
    page.keyboard.press("n")
    page.get_by_role("heading", name="Speaker notes").wait_for(timeout=PATIENCE_MS)
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(re.compile("step=1"), timeout=PATIENCE_MS)
    page.keyboard.press("Home")
    page.wait_for_function("!location.search.includes('step')", timeout=PATIENCE_MS)
    sizes = page.evaluate(
        "[...document.querySelectorAll('.st-key-story p')].map(p => parseFloat(getComputedStyle(p).fontSize))"
    )
    assert min(sizes) >= 24.0


@pytest.mark.parametrize("form", ["html", "pdf", "pptx"])
def test_a_report_is_made_and_downloaded(page: Any, site: str, store: Path, form: str) -> None:
    newest = next(one.id for one in reversed(Store(store).manifests()) if one.usecase == INDUSTRY)
    opened(page, site, page="runs", runs=newest, lang="en")
    say = Words("en")
    page.get_by_text(form.upper(), exact=True).first.click()
    settled(page)
    page.get_by_role("button", name=say("runs.take.make")).click()
    page.get_by_text(say("runs.take.ready")).wait_for(timeout=2 * PATIENCE_MS)
    with page.expect_download() as waiting:
        page.get_by_role("button", name=say("runs.take.file", form=form.upper())).click()
    file = waiting.value
    assert file.suggested_filename == f"synthetic-{INDUSTRY}-{newest}-en.{form}"
    head = Path(file.path()).read_bytes()[:200]
    assert head.startswith({"html": b"<!", "pdf": b"%PDF", "pptx": b"PK"}[form])
    shoot(page, f"report-{form}")
