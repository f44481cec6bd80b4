"""Ctrl-C, a full disk, a reader that goes away: a sentence and an exit code, and no half run is seen."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from core.cli.exits import fault_of_the_machine
from core.store import runs as stored

Call = Callable[..., Result]
TINY = ("run", "toy_control", "--size", "tiny", "--seeds", "2", "--workers", "1")
COMMAND = [sys.executable, "-c", "from core.cli.main import main; main()"]
# Every fit says that it began, and takes its time.
SLOW = """
import time
from pathlib import Path
from core.protocol import Contender
from sectorlab_toys.control import Control, fit_polynomial

def fit(history, budget, luck):
    with Path("begun").open("a") as file:
        file.write("x")
    time.sleep(budget.trials * 0.6)
    return fit_polynomial(history, budget, luck)

class Slow(Control):
    name = "slow"
    contenders = {**Control.contenders, "late": Contender("learner", {"en": "Late", "ko": "L"}, fit)}

USECASE = Slow()
"""


def wait_for(what: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture
def begun(install: Callable[..., Path]) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Start a slow run, and wait until it trains."""
    install("slowpack", {"slow": "slowpack:USECASE"}, SLOW)
    started = []

    def start(workers: str) -> subprocess.Popen[str]:
        words = ["run", "slow", "--size", "tiny", "--seeds", "4", "--workers", workers]
        process = subprocess.Popen(
            [*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        # The second fit begins when the first has ended and, with one worker, is kept.
        wait_for(lambda: Path("begun").exists() and len(Path("begun").read_text()) > int(workers))
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


def visible() -> list[str]:
    return [path.name for path in Path("runs").iterdir() if not path.name.startswith(".")]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c(begun: Callable[[str], subprocess.Popen[str]], workers: str) -> None:
    process = begun(workers)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert out == ""
    assert err == "interrupted; finished parts are kept, and the same command goes on from there.\n"
    assert visible() == []
    assert list(Path("runs").glob(".partial-*/*/cell.json"))


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked, and ended so, on Linux alone")
def test_workers_do_not_outlive_a_parent_that_is_killed(
    begun: Callable[[str], subprocess.Popen[str]],
) -> None:
    process = begun("2")
    workers = children(process.pid)
    assert len(workers) == 2
    process.kill()
    process.wait()
    wait_for(lambda: all(map(gone, workers)), 10.0)
    assert visible() == []


def test_a_full_disk(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "cell.json")

    with monkeypatch.context() as disk:
        disk.setattr(stored, "write_table", full)
        result = call(*TINY, "--json")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("disk: no space is left at 'cell.json'; free some, or give a folder")
    assert visible() == []
    assert not list(Path("runs").glob("**/.draft-*"))
    assert call(*TINY).exit_code == 0
    assert len(visible()) == 1


def test_faults_of_the_machine_and_of_ours() -> None:
    assert "no space" in str(fault_of_the_machine(OSError(errno.EDQUOT, "Quota")))
    assert "no space" in str(fault_of_the_machine(RuntimeError("I/O error: No space left on device (28)")))
    assert "may not be used" in str(fault_of_the_machine(PermissionError(errno.EACCES, "Permission", "x")))
    assert fault_of_the_machine(OSError(errno.EBADF, "Bad file descriptor")) is None
    assert fault_of_the_machine(ValueError("a defect of ours")) is None


def test_a_defect_of_ours_keeps_its_traceback(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def defect(*_: Any) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(stored, "write_table", defect)
    assert isinstance(call(*TINY).exception, RuntimeError)


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no device that is always full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", [("list",), ("show", "toy_control"), ("show", "toy_control", "--json"),
                                   ("--help",)], ids=" ".join)  # fmt: skip
def test_a_full_disk_under_stdout(words: tuple[str, ...], unbuffered: str) -> None:
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, *words], stdout=full, stderr=subprocess.PIPE, text=True, env=environment
        )
    assert done.returncode == 2
    assert done.stderr == "disk: no space is left; free some, or give a folder on another disk with --out.\n"


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", [("list",), ("show", "toy_control", "--json")], ids=" ".join)
def test_a_reader_that_goes_away(words: tuple[str, ...], unbuffered: str) -> None:
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*COMMAND, *words], stdout=writer, stderr=subprocess.PIPE, text=True, env=environment
    )
    os.close(writer)
    assert done.returncode == 1
    assert done.stderr == ""
