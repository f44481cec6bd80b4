"""How fast the pages are in a browser: first content, another page, a moved lever; and ten people at once.

``python benchmarks/pages.py [--sessions 10] [--minutes 5]`` serves the pages as a person would, from an empty
folder of runs, so over what ships with the industries. Times are of the clock on the wall, in a Chromium on
the same machine, whose own work is in them.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright

from core.cli import dashboard
from core.engine.registry import names

ROOT = Path(__file__).resolve().parents[1]
COMMAND = "from core.cli.main import main; main()"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE_MS = 60_000
MOVES = 25
STARTS = 3
THINK_S = 2.0
"""What a person takes between two moves."""

# A move is answered when a number stands there, estimated or computed, that did not before the key went down;
# that something is being played, or that there is no estimate, is no answer.
ARM = """
(label) => {
  const told = () => [...document.querySelectorAll(
    '.st-key-estimate [data-testid=stMetricValue], .st-key-computed p')].map((n) => n.textContent)
  const sliders = [...document.querySelectorAll('input[type=range], [role=slider]')]
  sliders.find((n) => n.getAttribute('aria-label') === label).focus()
  const before = new Set(told())
  window.__took = null
  addEventListener('keydown', () => {
    const began = performance.now()
    const look = () => {
      if (told().some((text) => /[0-9]/.test(text) && !before.has(text))) {
        window.__took = performance.now() - began
      } else if (performance.now() - began > 5000) window.__took = -1
      else requestAnimationFrame(look)
    }
    look()
  }, { capture: true, once: true })
}
"""
TOOK = "window.__took"


def serve(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start the pages, and give the process and its address."""
    port = dashboard.bind(0)
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    words = [
        sys.executable,
        "-c",
        COMMAND,
        "dashboard",
        "--no-browser",
        "--port",
        str(port),
        "--out",
        str(folder),
    ]
    process = subprocess.Popen(words, env=os.environ | {"PYTHONPATH": path}, cwd=folder)
    return process, f"http://127.0.0.1:{port}"


def ready(address: str) -> None:
    """Wait until the server answers."""
    while True:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as reply:  # noqa: S310 - our own
                if reply.status == 200:
                    return
        except OSError:
            time.sleep(0.02)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the pages."""
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=20)


def still(page: Any) -> None:
    """Wait until a page is whole."""
    page.wait_for_function(
        "document.querySelector('h1')"
        " && document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'",
        timeout=PATIENCE_MS,
    )


def cold(browser: Any, folder: Path) -> tuple[float, float]:
    """Seconds from the command to the heading, and from a warm server to it in a fresh browser."""
    began = time.perf_counter()
    process, address = serve(folder)
    ready(address)
    page = browser.new_page()
    page.goto(address)
    page.wait_for_selector("h1", timeout=PATIENCE_MS)
    first = time.perf_counter() - began
    page.close()
    began = time.perf_counter()
    page = browser.new_context().new_page()
    page.goto(address)
    page.wait_for_selector("h1", timeout=PATIENCE_MS)
    again = time.perf_counter() - began
    page.close()
    stop(process)
    return first, again


def switches(page: Any) -> list[float]:
    """Seconds from a click on a link to the other page's heading, and to the page being whole."""
    found = []
    for name in ("Policy levers", "Runs", "Storyline", "Leave", "Policy levers", "Briefing"):
        heading = page.get_by_role("heading", level=1).inner_text()
        began = time.perf_counter()
        page.get_by_role("link", name=name, exact=True).first.click()
        page.wait_for_function(
            f"document.querySelector('h1')?.innerText !== {heading!r}", timeout=PATIENCE_MS
        )
        still(page)
        found.append(time.perf_counter() - began)
    return found


def prepared(page: Any, address: str, usecase: str) -> None:
    """Go to the levers of an industry, and wait until the first numbers stand there."""
    page.goto(f"{address}/?usecase={usecase}&part=levers&lang=en")
    page.wait_for_selector("[data-testid=stSlider]", timeout=PATIENCE_MS)
    still(page)


def move(page: Any, label: str, key: str) -> float:
    """Press a key on a slider; give the milliseconds until another number stands there, or -1."""
    page.evaluate(ARM, label)
    page.keyboard.press(key)
    page.wait_for_function(f"{TOOK} !== null", timeout=PATIENCE_MS)
    return float(page.evaluate(TOOK))


def told(what: str, values: list[float], unit: str) -> None:
    """Print a median and what 95 of 100 stay below."""
    p95 = float(np.percentile(values, 95))
    print(f"{what}: median {statistics.median(values):.3g} {unit}, p95 {p95:.3g} {unit}, n = {len(values)}")


def labels(page: Any) -> list[str]:
    """Name the live sliders on the page: those before the deep ones."""
    return page.evaluate(
        """() => {
          const deep = [...document.querySelectorAll('h3')].find((h) => h.textContent.startsWith('Deep'))
          return [...document.querySelectorAll('input[type=range], [role=slider]')].filter(
            (n) => deep.compareDocumentPosition(n) & Node.DOCUMENT_POSITION_PRECEDING
          ).map((n) => n.getAttribute('aria-label'))
        }"""
    )


def crowd(browser: Any, address: str, sessions: int, minutes: float, pid: int) -> None:
    """Let many sessions move levers at once, and watch times, errors and memory."""
    cases, pages, errors = names(), [], []
    for place in range(sessions):
        page = browser.new_context().new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        prepared(page, address, cases[place % len(cases)])
        pages.append((page, labels(page)))
    rng = np.random.default_rng(0)
    times, memory = [], []
    due = rng.uniform(0.0, THINK_S, sessions) + time.monotonic()
    end = time.monotonic() + 60.0 * minutes
    waiting: set[int] = set()
    # Each session thinks, presses a key, and is looked at until another number stands there.
    while time.monotonic() < end or waiting:
        for place, (page, sliders) in enumerate(pages):
            now = time.monotonic()
            if place in waiting:
                took = page.evaluate(TOOK)
                if took is not None:
                    times.append(float(took))
                    waiting.discard(place)
                    due[place] = now + rng.uniform(0.5, 1.5) * THINK_S
            elif now >= due[place] and now < end:
                page.evaluate(ARM, str(rng.choice(sliders)))
                page.keyboard.press(str(rng.choice(["ArrowRight", "ArrowLeft"])))
                waiting.add(place)
        if not memory or time.monotonic() - memory[-1][0] > 10.0:
            memory.append((time.monotonic(), resident(pid)))
        time.sleep(0.01)
    unchanged = sum(t < 0.0 for t in times)
    told(f"{sessions} sessions, {minutes:g} minutes, lever to repaint", [t for t in times if t >= 0.0], "ms")
    print(
        f"  moves after which every number stayed the same for 5 s: {unchanged};"
        f" errors in the browsers: {len(errors)} {errors[:3]}"
    )
    half = memory[len(memory) // 2 :]
    first, middle, last = (one[1] for one in (memory[0], half[0], half[-1]))
    print(f"  memory of the server and its processes, MB: {first:.0f}, {middle:.0f}, {last:.0f}")


def resident(pid: int) -> float:
    """Memory of a process and of all it has started, MB."""
    found, total = [pid], 0
    while found:
        one = found.pop()
        try:
            status = Path(f"/proc/{one}/status").read_text()
            for thread in Path(f"/proc/{one}/task").iterdir():
                found += map(int, (thread / "children").read_text().split())
        except OSError:
            continue
        total += next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")), 0)
    return total / 1024.0


def main() -> None:
    reader = argparse.ArgumentParser()
    reader.add_argument("--sessions", type=int, default=10)
    reader.add_argument("--minutes", type=float, default=5.0)
    said = reader.parse_args()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        starts = [cold(browser, Path(folder)) for _ in range(STARTS)]
        told("command to first content", [first for first, _ in starts], "s")
        told("warm server to first content, empty browser", [again for _, again in starts], "s")
        process, address = serve(Path(folder))
        ready(address)
        page = browser.new_context(locale="en-GB").new_page()
        page.goto(address)
        still(page)
        page.wait_for_timeout(1000.0 * THINK_S)
        told("page switch, after a look at the first page", switches(page) + switches(page), "s")
        for case in names():
            prepared(page, address, case)
            times = []
            for slider in labels(page):
                move(page, slider, "ArrowLeft")  # the first moves load libraries
                times += [move(page, slider, "ArrowLeft") for _ in range(max(1, MOVES // 5))]
            told(f"live lever to repaint, {case}", [t for t in times if t >= 0.0], "ms")
        page.close()
        if said.minutes > 0.0:
            crowd(browser, address, said.sessions, said.minutes, process.pid)
        stop(process)


if __name__ == "__main__":
    main()
