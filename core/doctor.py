"""Whether this installation can do what it should: each part is fine, worth a look, or broken."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

NAME = "sectorlab"
FLAT = ("core", "usecases", "dashboards", "data_synth")
PYTHON = (3, 11)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FREE_BYTES = 1_000_000_000
"""Below this a run of size full may not fit."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and what to do where that is not well."""

    what: str
    state: Literal["fine", "look", "broken"]
    said: str


def examine(store: Path | str | None = None) -> Iterator[Finding]:
    """Look at everything; what is cheap comes first.

    Parameters
    ----------
    store
        Folder of runs; by default what the command line takes.
    """
    yield python()
    yield from versions()
    yield from flat_names()
    yield from use_cases()
    yield device()
    yield threads()
    yield storage(Path(store or os.environ.get("SECTORLAB_RUNS", "runs")))
    yield browser()


def python() -> Finding:
    """Look at the interpreter."""
    here = f"{platform.python_version()} at {sys.executable}"
    if sys.version_info < PYTHON:
        return Finding("python", "broken", f"{here}; install Python {PYTHON[0]}.{PYTHON[1]} or newer.")
    return Finding("python", "fine", here)


def versions() -> Iterator[Finding]:
    """Look whether each library that is declared is there, in its range."""
    from packaging.requirements import Requirement

    try:
        declared = importlib.metadata.requires(NAME) or []
    except importlib.metadata.PackageNotFoundError:
        yield Finding("versions", "look", f"{NAME} is not installed, only found; use pip install -e .")
        return
    bad = 0
    for requirement in map(Requirement, declared):
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            bad += 1
            yield Finding(requirement.name, "broken", f"missing; pip install '{requirement}'")
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            bad += 1
            yield Finding(requirement.name, "broken", f"{version} is here; pip install '{requirement}'")
    if not bad:
        yield Finding("versions", "fine", "all libraries are in their ranges")


def flat_names() -> Iterator[Finding]:
    """Look whether another distribution claims a name of ours, or covers one up.

    An editable install lists no modules, so that no owner at all is fine.
    """
    owners = importlib.metadata.packages_distributions()
    home = Path(__file__).resolve().parents[1]
    bad = 0
    for name in FLAT:
        others = sorted({plain(owner) for owner in owners.get(name, ())} - {NAME})
        if others:
            bad += 1
            said = f"also belongs to {', '.join(others)}; give {NAME} an environment of its own."
            yield Finding(f"package {name}", "broken", said)
            continue
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None or Path(spec.origin).resolve().parents[1] != home:
            bad += 1
            where = spec.origin if spec is not None and spec.origin is not None else "nowhere"
            said = f"comes from {where}, not from {home}; remove that, or install {NAME} again."
            yield Finding(f"package {name}", "broken", said)
    if not bad:
        yield Finding("packages", "fine", f"{', '.join(FLAT)} are ours alone, in {home}")


def plain(distribution: str) -> str:
    """Give a distribution's name in its normal form.

    Examples
    --------
    >>> plain("Sector_Lab")
    'sector-lab'
    """
    return re.sub(r"[-_.]+", "-", distribution).lower()


def use_cases() -> Iterator[Finding]:
    """Look whether each use case can be imported."""
    from core.engine.registry import load_all

    cases, broken = load_all()
    for name, sentence in broken.items():
        yield Finding(f"use case {name}", "broken", sentence)
    if cases:
        yield Finding("use cases", "fine", ", ".join(cases))
    elif not broken:
        yield Finding("use cases", "look", f"none is installed; `{NAME} new NAME` writes one.")


def device() -> Finding:
    """Look what computes; torch is asked only where an accelerator seems to be there."""
    from core.learn.devices import resolve

    found = resolve("auto")
    if found == "cpu":
        return Finding("device", "fine", "cpu; no accelerator was found")
    import torch

    usable = torch.cuda.is_available() if found == "cuda" else torch.backends.mps.is_available()
    if usable:
        return Finding("device", "fine", found)
    said = f"{found} is there, but this build of torch cannot use it; install the right one, or --device cpu."
    return Finding("device", "look", said)


def threads() -> Finding:
    """Look how many cores may be used, and whether something holds the libraries back."""
    from core.engine.parallel import cores

    capped = {name: os.environ[name] for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS") if name in os.environ}
    held = "".join(f"; {name}={value}, which the engine sets anew" for name, value in capped.items())
    return Finding("threads", "fine", f"{cores()} of {os.cpu_count()} cores may be used{held}")


def storage(store: Path) -> Finding:
    """Look whether runs can be kept; nothing is made."""
    place = store.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        said = f"{store} cannot be written to; give a folder of yours with --out or SECTORLAB_RUNS."
        return Finding("store", "broken", said)
    free = shutil.disk_usage(place).free
    said = f"{store.absolute()}, {free / 1e9:,.0f} GB free"
    return Finding("store", "fine" if free >= FREE_BYTES else "look", said)


def browser() -> Finding:
    """Look for the browser that tests and printed reports use."""
    for name in BROWSERS:
        found = shutil.which(name)
        if found:
            return Finding("chromium", "fine", found)
    said = "none was found; the tests of the pages skip and reports make no PDF: apt install chromium"
    return Finding("chromium", "look", said)
