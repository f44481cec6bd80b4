"""Progress: seen on a terminal, silent elsewhere, and no thread beside the engine's."""

from __future__ import annotations

import io
import sys
import threading

import pytest

from core.cli.progress import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    before = threading.active_count()
    with progress("toy") as report:
        report(0, 4, "")
        report(3, 4, "net [bold], seed 2")
        assert threading.active_count() == before
    assert "toy" in screen.getvalue()
    assert "3/4" in screen.getvalue()
    assert "net [bold], seed 2" in screen.getvalue()


def test_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    paper = io.StringIO()
    monkeypatch.setattr(sys, "stderr", paper)
    with progress("toy") as report:
        report(1, 4, "net")
    assert paper.getvalue() == ""
