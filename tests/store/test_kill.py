"""SIGKILL at random moments: no half run is ever listed, and the resumed run is the undisturbed one."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from sectorlab_toys.control import Control

from core.engine.run import run_scenario
from core.engine.scenario import build
from core.store.runs import Store

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "benchmarks" / "kill_resume.py"
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="starts runs by fork")


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("kill_resume", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["kill_resume"] = module
    spec.loader.exec_module(module)
    return module


def test_no_half_run_is_ever_seen() -> None:
    # In a process of its own, where nothing is loaded that a fork would have to fear.
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ["PYTHONPATH"]])}
    words = [sys.executable, str(SCRIPT), "toy_control", "--kills", "15"]
    done = subprocess.run(words, capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    tally = json.loads(done.stdout)
    assert tally["problems"] == []
    assert tally["kills"] == 15
    assert tally["resumed"] >= 1, "some kills came between the cells"
    assert tally["finished"] >= 1


def test_the_tally_would_see_a_half_run(benchmark: ModuleType, tmp_path: Path) -> None:
    case = Control()
    path = Path(run_scenario(case, build(case, size="tiny"), seeds=2, workers=1, store=Store(tmp_path)).path)
    task = benchmark.Task("toy_control", "tiny", 2)
    expected = benchmark.lasting(Store(tmp_path).manifest(path.name))
    assert list(benchmark.inspect(task, tmp_path, expected)) == []
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "per_seed.parquet").write_bytes(b"")
    assert list(benchmark.inspect(task, tmp_path, expected)) == ["half is half a run"]
    (tmp_path / "half" / "per_seed.parquet").unlink()
    (tmp_path / "half").rmdir()
    assert list(benchmark.inspect(task, tmp_path, expected | {"skill.parquet": "0"}))
    (path / "per_seed.parquet").write_bytes(b"")
    assert "differs from its manifest" in next(benchmark.inspect(task, tmp_path, expected))
