"""The toy industries of ``tests/toys`` are installed for the tests, as an outside package would be.

Processes that a test starts find them as well.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

TOYS = str(Path(__file__).parent / "toys")

sys.path.insert(0, TOYS)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (TOYS, os.environ.get("PYTHONPATH", ""))))

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Start Chromium once for all tests that look at pages: Playwright runs one at a time in a process."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine: apt install chromium, or let `make test` do it")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as p:
        started = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()
