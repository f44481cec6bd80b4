"""Checkpoints: a folder with safetensors and JSON that appears whole or not at all."""

from __future__ import annotations

import json
import shutil
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from core.errors import UserError
from core.learn.training import processes
from core.store.atomic import fingerprints, new_folder, verify

if TYPE_CHECKING:
    from core.learn.training.loop import _Fit


def save(fit: _Fit, step: int) -> None:
    """Keep what training needs to go on after ``step``; the checkpoint before it is then removed."""
    if not processes.is_first():
        return
    from safetensors.torch import save_file

    root = Path(fit.plan.checkpoint or "")
    older = _found(root)
    tensors = {f"net.{k}": v for k, v in fit.net.state_dict().items()}
    tensors |= {f"best.{k}": v for k, v in fit.best_weights.items()}
    for index, state in fit.optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{k}": v for k, v in state.items()}
    for index, table in enumerate(fit.tables):
        tensors |= {f"table{index}.{k}": v for k, v in table.moments().items()}
    with new_folder(root / f"step-{step:09d}") as folder:
        save_file(
            {name: values.contiguous() for name, values in tensors.items()}, folder / "state.safetensors"
        )
        note = {
            "step": step, "of": fit.fingerprint, "best": fit.best.tolist(), "stale": fit.stale,
            "best_step": fit.report.best_step.tolist(), "looks": fit.report.looks,
            "held_out": [values.tolist() for values in fit.held], "parts": fit.report.parts,
            "files": fingerprints(folder),
        }  # fmt: skip
        (folder / "note.json").write_text(json.dumps(note), encoding="utf-8")
    for folder in older:
        shutil.rmtree(folder, ignore_errors=True)


def resume(fit: _Fit) -> int:
    """Load the newest checkpoint, if there is one, and give the step to go on from.

    Raises
    ------
    UserError
        When it belongs to other data, another network or another plan, or is damaged.
    """
    root = Path(fit.plan.checkpoint or "")
    found = _found(root)
    # Once a fit: of a stream it reads two pools.
    fit.fingerprint = _fingerprint(fit)
    if not found:
        root.mkdir(parents=True, exist_ok=True)
        return 0
    from safetensors.torch import load_file

    note: dict[str, Any] = json.loads((found[-1] / "note.json").read_text(encoding="utf-8"))
    if note["of"] != fit.fingerprint:
        raise UserError(
            f"checkpoint: {root} was written for another network, table or plan; choose an empty folder."
        )
    verify(found[-1], note["files"])
    tensors = load_file(found[-1] / "state.safetensors")
    part = {key: _below(tensors, key) for key in ("net", "best", "optimiser")}
    fit.net.load_state_dict(part["net"])
    fit.best_weights = {k: v.to(fit.net.state_dict()[k].device) for k, v in part["best"].items()}
    whole = fit.optimiser.state_dict()
    for name, values in part["optimiser"].items():
        parameter, _, key = name.partition(".")
        whole["state"].setdefault(int(parameter), {})[key] = values
    fit.optimiser.load_state_dict(whole)
    for index, table in enumerate(fit.tables):
        table.restore(_below(tensors, f"table{index}"))
    fit.best, fit.stale = np.array(note["best"]), note["stale"]
    fit.held = [np.array(values) for values in note["held_out"]]
    fit.report.best_step, fit.report.looks = np.array(note["best_step"]), note["looks"]
    fit.report.parts = note["parts"]
    return int(note["step"])


def _found(root: Path) -> list[Path]:
    return sorted(root.glob("step-*")) if root.exists() else []


def _below(tensors: dict[str, torch.Tensor], name: str) -> dict[str, torch.Tensor]:
    return {key.removeprefix(f"{name}."): v for key, v in tensors.items() if key.startswith(f"{name}.")}


def _fingerprint(fit: _Fit) -> str:
    """What a checkpoint belongs to: network, plan, seeds, the first batch and the last."""
    plan = fit.plan
    where = ("checkpoint", "checkpoint_every", "progress")
    told = [(name, value) for name, value in vars(plan).items() if name not in where]
    digest = sha256(repr((told, getattr(fit.net, "made_of", fit.net), list(fit.rows.seeds))).encode())
    for step in (0, plan.steps - 1):
        for name, values in sorted(fit.rows.at(step).items()):
            digest.update(name.encode() + values.cpu().numpy().tobytes())
    return digest.hexdigest()
