"""What is asked often costs little: nothing heavy is imported before it is needed."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {
    "numpy", "pandas", "scipy", "torch", "sklearn", "lightgbm", "numba", "pyarrow", "duckdb",
    "streamlit", "plotly", "joblib",
}  # fmt: skip
# What is loaded at the end is written to stderr.
PROBE = """
import atexit, json, sys
loaded = lambda: sorted({name.partition(".")[0] for name in sys.modules})
atexit.register(lambda: sys.stderr.write(json.dumps(loaded())))
from core.cli.main import main
main()
"""


def loaded(*words: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", PROBE, *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stderr))


@pytest.mark.parametrize(
    "words",
    [("--help",), ("list",), ("list", "--json"), ("run", "--help"), ("check", "--help"), ("data", "--help")],
    ids=" ".join,
)
def test_nothing_heavy(words: tuple[str, ...]) -> None:
    assert not loaded(*words) & HEAVY


def test_showing_a_use_case_trains_nothing() -> None:
    assert not loaded("show", "toy_control", "--json") & (HEAVY - {"numpy"})


def test_a_run_keeps_the_parent_lean() -> None:
    # These have threads of their own, and beside them no worker could be forked.
    heavy = {"torch", "sklearn", "lightgbm", "numba", "duckdb", "streamlit", "plotly"}
    assert not loaded("run", "toy_control", "--size", "tiny", "--seeds", "2") & heavy
