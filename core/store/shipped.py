"""Results that ship with an industry: a small store in its own folder, shown where nothing was run yet."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.engine.registry import AnyUseCase, load
from core.errors import UserError
from core.store.atomic import new_folder
from core.store.manifest import Manifest
from core.store.runs import Store, cell_name

FOLDER = "results"


def shipped(case: AnyUseCase) -> Path | None:
    """Find the store that ships with an industry; None where it has none.

    It lies beside the module that declares the industry, and is laid out like any folder of runs.
    """
    folder = _beside(case)
    return folder if folder is not None and folder.is_dir() else None


def _beside(case: AnyUseCase) -> Path | None:
    spec = importlib.util.find_spec(type(case).__module__)
    return None if spec is None or spec.origin is None else Path(spec.origin).parent / FOLDER


def ship_run(store: Store, run_id: str, *, policies: bool) -> Path:
    """Copy a stored run into its industry's folder.

    Parameters
    ----------
    policies
        Whether the incumbent's and the selected learners' trained policies go along, so that live levers can
        be moved at once; the others' never do.

    Raises
    ------
    UserError
        When the industry is no folder that can be written to, or the run ships already.
    """
    run, manifest = store.open(run_id), store.manifest(run_id)
    wanted = set()
    if policies and run.chosen:
        pairs = [(seed, name) for seed, pick in zip(run.seeds, run.chosen, strict=True)
                 for name in (run.incumbent, pick)]  # fmt: skip
        wanted = {cell_name(seed, name) for seed, name in pairs}
    files = {
        name: facts
        for name, facts in manifest.files.items()
        if not name.startswith("policies/") or name.split("/")[1] in wanted
    }
    kept = manifest.model_copy(update={"files": files})
    return _copy(load(manifest.usecase), store.root / manifest.id, Path(manifest.id), kept, files)


def ship_sweep(folder: Path, usecase: str, files: Mapping[str, Any]) -> Path:
    """Copy a stored sweep into its industry's folder.

    Raises
    ------
    UserError
        As for :func:`ship_run`.
    """
    return _copy(load(usecase), folder, Path("sweeps") / folder.name, None, files)


def _copy(
    case: AnyUseCase, source: Path, name: Path, manifest: Manifest | None, files: Mapping[str, Any]
) -> Path:
    home = _beside(case)
    if home is None:
        raise UserError(f"ship: {case.name} is declared in no file, so nothing can lie beside it.")
    target = home / name
    if target.exists():
        raise UserError(f"ship: {source.name} ships already ({target}); remove that folder first.")
    try:
        with new_folder(target) as draft:
            for one in files:
                (draft / one).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source / one, draft / one)
            if manifest is None:
                shutil.copyfile(source / "manifest.json", draft / "manifest.json")
            else:
                (draft / "manifest.json").write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
    except PermissionError as error:
        raise UserError(f"ship: {str(home)!r} cannot be written to ({error.strerror}).") from error
    return target
