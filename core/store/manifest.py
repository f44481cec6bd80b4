"""What a run says of itself: enough to trust it and to repeat it."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from core import __version__
from core.engine.registry import AnyUseCase
from core.engine.scenario import deep_part
from core.protocol import Role, Scenario

LIBRARIES = ("numpy", "scipy", "pandas", "numba", "torch", "lightgbm", "scikit-learn", "simpy", "pydantic")


class Manifest(BaseModel):
    """The manifest of a run; ``files`` holds size and sha256 of everything beside it."""

    model_config = ConfigDict(extra="forbid")

    format: int = 1
    id: str
    usecase: str
    size: str
    situation: str | None
    scenario: dict[str, Any]
    seeds: list[int]
    roles: dict[str, Role]
    device: str
    workers: int
    threads: int
    versions: dict[str, str]
    code: str
    git: str
    machine: str
    started: str
    finished: str
    seconds: dict[str, float]
    run_key: str
    deep_key: str
    kept_from: str | None
    command: str
    files: dict[str, dict[str, int | str]]


def package_of(case: AnyUseCase) -> str:
    """Top-level package whose dataclasses the use case's policies may be."""
    return type(case).__module__.partition(".")[0]


@lru_cache(maxsize=8)
def code_fingerprint(case: AnyUseCase) -> str:
    """Hash the source that a result depends on: engine, worlds, and the use case's own folder."""
    digest = hashlib.sha256()
    for name in ("core", "data_synth", type(case).__module__):
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            continue
        module = Path(spec.origin)
        # A module at the top level is a file of its own, among strangers; one in a package has its folder.
        alone = "." not in name and spec.submodule_search_locations is None
        for path in [module] if alone else sorted(module.parent.rglob("*.py")):
            digest.update(path.relative_to(module.parent).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Versions of what computes."""
    found = {"sectorlab": __version__, "python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def git_commit() -> str:
    """Commit of the source tree, with ``+changes`` when it differs; "" outside a checkout."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return ""
    try:
        commit = _git(root, "rev-parse", "--short=12", "HEAD")
        return commit + ("+changes" if _git(root, "status", "--porcelain") else "")
    except (OSError, subprocess.SubprocessError):
        return ""


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(  # noqa: S603 - fixed words, no shell
        ["git", "-C", str(root), *words],  # noqa: S607 - the git on the path
        capture_output=True, text=True, timeout=5, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def machine() -> str:
    """Processor, cores and system, in words."""
    return f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


def key(*parts: object) -> str:
    """Sixteen hex digits of a canonical JSON text."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def deep_key(case: AnyUseCase, scenario: Scenario, device: str) -> str:
    """Name what trained policies depend on: code, libraries, deep levers, device."""
    deep = deep_part(scenario).model_dump()
    return key(case.name, code_fingerprint(case), versions(), sys.platform, device, deep)


def run_key(case: AnyUseCase, scenario: Scenario, device: str, seeds: tuple[int, ...],
            contenders: tuple[str, ...]) -> str:  # fmt: skip
    """Name what a run's numbers depend on."""
    return key(deep_key(case, scenario, device), scenario.model_dump(), seeds, contenders)
