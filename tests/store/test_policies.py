"""Policies on disk come back as they were, and nothing else is ever built."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sectorlab_toys.kept import Anything, Layer

from core.engine.conformance.marks import differing, marks
from core.errors import UserError
from core.protocol import Policy
from core.store.policies import LONG_TEXT, load, save

PACKAGES = ("sectorlab_toys",)
KINDS = (np.float64, np.float32, np.float16, np.int64, np.int32, np.int8, np.uint8, np.uint64, np.bool_)
kept_arrays = arrays.arrays(
    st.sampled_from(KINDS), arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
)
ends = st.sampled_from(["\r\n", "\n", "\r", "a\r\n", "가\n"])
texts = st.text(max_size=30) | ends | ends.map(lambda end: end * LONG_TEXT)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
layers = st.recursive(
    st.builds(Layer, kept_arrays, texts), lambda inner: st.builds(Layer, kept_arrays, texts, inner)
)
contents = st.recursive(
    scalars | kept_arrays | layers,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(texts, inner, max_size=3)
    ),
    max_leaves=8,
)
policies = st.builds(
    Anything,
    contents,
    layers=st.lists(layers, max_size=2).map(tuple),
    words=st.dictionaries(texts, contents, max_size=2),
    validation=st.floats(),
)


def returned(policy: Policy) -> Policy:
    """Save and load."""
    with tempfile.TemporaryDirectory() as folder:
        save(policy, Path(folder))
        return load(Path(folder), PACKAGES)


@settings(max_examples=150, deadline=None)
@given(policies)
def test_every_policy_comes_back_as_it_was(policy: Anything) -> None:
    assert differing(marks(policy), marks(returned(policy))) == []


def test_lists_stay_lists_and_tuples_tuples() -> None:
    policy = Anything([(1, 2.0), [True, None]], words={"a": {"b": "c"}})
    assert returned(policy) == policy or repr(returned(policy)) == repr(policy)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), -0.0, 5e-324, 1 / 3])
def test_floats_come_back_to_the_bit(value: float) -> None:
    assert repr(returned(Anything(value)).content) == repr(value)  # type: ignore[attr-defined]


@pytest.mark.parametrize("length", [0, LONG_TEXT, LONG_TEXT + 1])
def test_texts_of_any_length_keep_their_line_ends(length: int) -> None:
    text = "\r\n\n\r"[: length or 4] + "x" * length
    assert returned(Anything(text)).content == text  # type: ignore[attr-defined]


def test_ways_that_read_alike_stay_apart() -> None:
    policy = Anything({"a": {"b": np.zeros(2)}, "a.b": np.ones(3)})
    found = returned(policy).content  # type: ignore[attr-defined]
    assert found["a"]["b"].tolist() == [0.0, 0.0]
    assert found["a.b"].tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("layout", ["fortran", "strided", "big-endian", "read-only", "scalar"])
def test_arrays_of_any_layout(layout: str) -> None:
    array = np.arange(12.0).reshape(3, 4)
    array = {
        "fortran": np.asfortranarray(array),
        "strided": array[::2, ::-1],
        "big-endian": array.astype(">f8"),
        "read-only": array,
        "scalar": np.array(3.0),
    }[layout]
    array.flags.writeable = layout != "read-only"
    found = returned(Anything(array)).content  # type: ignore[attr-defined]
    assert found.shape == array.shape
    assert np.array_equal(found, array)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ({1: "a"}, "dict"),
        ({"a", "b"}, "set"),
        (b"bytes", "bytes"),
        (lambda: 1, "function"),
        (np.array(["a"]), "<U1 array"),
        (np.array([object()]), "object array"),
        (np.array([1j]), "complex128 array"),
        (np.array(["2020-01-01"], "datetime64[D]"), "array"),
        (np.random.default_rng(0), "Generator"),
    ],
)
def test_what_cannot_be_kept_is_told(content: Any, what: str, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"policy.content(.a)? is a .*" + what):
        save(Anything(content), tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "subprocess:Popen",
        "builtins:eval",
        "os:system",
        "sectorlab_toys.kept:NotADataclass",
        "sectorlab_toys.kept:not_a_class",
        "sectorlab_toys.kept:Layer.__init__",
        "sectorlab_toys.kept:absent",
        "sectorlab_toys_other:Layer",
        "usecases.datacenter_pue:USECASE",
        "numpy:ndarray",
        ":Layer",
        "Layer",
    ],
)
def test_nothing_unknown_is_ever_built(name: str, tmp_path: Path) -> None:
    save(Anything(Layer(np.zeros(1))), tmp_path)
    path = tmp_path / "policy.json"
    path.write_text(path.read_text().replace("sectorlab_toys.kept:Layer", name))
    with pytest.raises(UserError, match=r"is not a dataclass of .*core.* or sectorlab_toys; retrain it"):
        load(tmp_path, PACKAGES)


def test_a_policy_without_arrays_has_no_file_for_them(tmp_path: Path) -> None:
    save(Anything("x"), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["policy.json"]
    json.loads((tmp_path / "policy.json").read_text())
