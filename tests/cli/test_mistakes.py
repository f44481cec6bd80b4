"""A person's mistake meets one sentence and exit code 2, stdout stays empty, and nothing is left behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Call = Callable[..., Result]
RUN = ("run", "toy_control", "--size", "tiny", "--workers", "1")

MISTAKES = {
    "unknown use case": (("run", "toy_controll"), "did you mean 'toy_control'?"),
    "unknown to show": (("show", "toy_controll"), "did you mean 'toy_control'?"),
    "unknown to check": (("check", "zzz"), "is not installed; there are: "),
    "unknown size": (("run", "toy_control", "--size", "tinny"), "size: 'tinny' is unknown; did you mean"),
    "no size at all": (("run", "toy_control", "--size", "9"), "choose one of tiny, quick, demo, full"),
    "size of a check": (("check", "toy_control", "--size", "dmeo"), "did you mean 'demo'?"),
    "unknown situation": ((*RUN, "--situation", "hrsh"), "unknown to toy_control; choose harsh"),
    "out of bounds": ((*RUN, "--set", "noise=99"), "noise: 99 is not allowed; it takes a value from 0 to"),
    "not a number": ((*RUN, "--set", "noise=nan"), "noise: nan is not allowed"),
    "wrong type": ((*RUN, "--set", "noise=loud"), "noise: 'loud' is not allowed; it takes a value from"),
    "wrong choice": ((*RUN, "--set", "climate=mars"), "climate: 'mars' is not allowed; it takes"),
    "unknown lever": ((*RUN, "--set", "nose=1"), "unknown to toy_control; did you mean 'noise'?"),
    "no equals sign": ((*RUN, "--set", "adoption"), "set: 'adoption' is not name=value; write it like --set"),
    "no name": ((*RUN, "--set", "=3"), "set: '=3' is not name=value"),
    "size as a lever": ((*RUN, "--set", "size=tiny"), "set: the size is no lever; write --size"),
    "zero seeds": ((*RUN, "--seeds", "0"), "seeds: 0 is not allowed; give a number from 1 to"),
    "seeds below zero": ((*RUN, "--seeds", "-3"), "seeds: -3 is not allowed"),
    "few seeds to check": (("check", "toy_control", "--seeds", "0"), "seeds: 0 is not enough"),
    "unknown contender": ((*RUN, "--contenders", "polynom"), "contenders: 'polynom' is unknown"),
    "no contender": ((*RUN, "--contenders", " ,"), "contenders: ' ,' names nobody"),
    "unknown device": ((*RUN, "--device", "gpu"), "device: 'gpu' is unknown; choose one of auto"),
    "no workers": ((*RUN, "--workers", "0"), "workers: 0 is not allowed; give a number from 1"),
    "fresh and reuse": ((*RUN, "--fresh", "--reuse"), "leave out --fresh or --reuse"),
    "no scenario file": ((*RUN, "--scenario", "no.toml"), "scenario: 'no.toml' cannot be read (No such file"),
    "no rows": (("data", "toy_control", "--out", "d", "--rows", "0"), "rows: 0 is not allowed"),
    "seed below zero": (("data", "toy_control", "--out", "d", "--seed", "-1"), "seed: -1 is not allowed"),
    "unknown run": (("compare", "x", "y"), "run: 'x' is not in the store (runs); `sector"),
    "bad SQL": (("runs", "--sql", "selec 1"), "sql: Parser Error"),
    "port out of range": (("dashboard", "--port", "0"), "port: 0 is not allowed; give a number from 1 to"),
    "bad name": (("new", "My Shop"), "try 'my_shop'"),
    "name of a module": (("new", "json"), "name: 'json' is taken by a module that is here"),
    "name of a use case": (("new", "toy_control"), "already a use case of sectorlab-toys"),
}  # fmt: skip


def refused(result: Result, words: str) -> None:
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert "Traceback" not in result.output
    assert not any(path for path in Path(".").rglob("*") if path.suffix in (".parquet", ".json"))


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_meets_a_sentence(call: Call, name: str) -> None:
    words, said = MISTAKES[name]
    refused(call(*words), said)


@pytest.mark.parametrize("name", ["unknown use case", "out of bounds", "zero seeds", "unknown size"])
def test_also_with_json(call: Call, name: str) -> None:
    words, said = MISTAKES[name]
    refused(call(*words, "--json"), said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("noise = 99", "noise: 99 is not allowed"),
        ("nose = 1", "lever: 'nose' is unknown"),
        ('size = "tinny"', "size: 'tinny' is unknown"),
        ("size = 3", "size: 3 is unknown"),
        ('situation = "hrsh"', "situation: 'hrsh' is unknown"),
        ("situation = [1]", "situation: [1] is no name"),
        ("[noise]\nvalue = 1", "noise: {'value': 1} is not allowed"),
        ("noise == 1", "this is not TOML"),
        ("noise = 1\nnoise = 2", "this is not TOML"),
        ("\xff\xfe", "this is not TOML"),
    ],
)
def test_a_bad_file_is_named(call: Call, text: str, said: str) -> None:
    Path("bad.toml").write_bytes(text.encode("latin-1"))
    result = call("run", "toy_control", "--scenario", "bad.toml")
    refused(result, said)
    assert result.stderr.startswith("bad.toml: ")


@pytest.mark.parametrize(
    "words",
    [RUN, ("data", "toy_control", "--size", "tiny"), ("new", "rail_freight")],
    ids=lambda words: words[0],
)
def test_a_folder_that_cannot_be(call: Call, words: tuple[str, ...]) -> None:
    # Below a file nobody can make a folder, not even root.
    Path("file").write_text("")
    result = call(*words, "--out", "file/x")
    refused(result, "out: 'file")
    assert "Not a directory" in result.stderr


def test_data_and_new_leave_what_is_there(call: Call) -> None:
    Path("rail").mkdir()
    Path("rail/mine.txt").write_text("mine")
    refused(call("data", "toy_control", "--out", "rail"), "already holds files; give a new folder")
    refused(call("new", "rail"), "is already there; give another name")
    assert Path("rail/mine.txt").read_text() == "mine"


@pytest.mark.parametrize(
    "words",
    [("rum",), ("run",), ("run", "toy_control", "--foo"), ("run", "toy_control", "--seeds", "many"),
     ("data", "toy_control"), ("compare", "a"), ("dashboard", "--port", "http")],
    ids=" ".join,
)  # fmt: skip
def test_usage_errors_end_with_2(call: Call, words: tuple[str, ...]) -> None:
    result = call(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
