"""Which device computes, and in which precision; found without loading torch until something is trained."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from core.errors import UserError

if TYPE_CHECKING:
    import torch

DEVICES = ("auto", "cpu", "cuda", "mps", "xpu")
PRECISIONS = ("auto", "fp32", "bf16")
WIDE = 192
"""From this width on bf16 pays on a CPU that has it: at 64 the conversions cost more than they save."""


def _present() -> list[str]:
    """Devices that the machine has and the installed torch was built for, the fastest first."""
    try:
        build = importlib.metadata.version("torch").partition("+")[2]
    except importlib.metadata.PackageNotFoundError:
        build = ""
    found = ["cpu"]
    if build == "xpu" and Path("/dev/dri").exists():
        found.insert(0, "xpu")
    elif build != "cpu" and (Path("/dev/nvidiactl").exists() or Path("/dev/dxg").exists()):
        found.insert(0, "cuda")
    if sys.platform == "darwin" and platform.machine() == "arm64":
        found.insert(0, "mps")
    return found


def resolve(device: str) -> str:
    """Turn a wish into a device.

    Parameters
    ----------
    device
        One of ``auto``, ``cpu``, ``cuda``, ``mps``, ``xpu``.

    Raises
    ------
    UserError
        When it is unknown or not there.

    Examples
    --------
    >>> resolve("cpu")
    'cpu'
    """
    present = _present()
    if device == "auto":
        return present[0]
    if device not in DEVICES:
        raise UserError(f"device: {device!r} is unknown; choose one of {', '.join(DEVICES)}.")
    if device not in present:
        raise UserError(f"device: {device!r} is not on this machine; choose {' or '.join(present)} or auto.")
    return device


def torch_device(device: str) -> torch.device:
    """Resolve a device and prove that torch can reach it.

    Raises
    ------
    UserError
        When it is unknown, not there, or there but out of torch's reach (a driver that is too old, say).
    """
    import torch

    name = resolve(device)
    reached = torch.accelerator.current_accelerator(check_available=True)
    if name != "cpu" and (reached is None or reached.type != name):
        if device == "auto":
            return torch.device("cpu")
        raise UserError(
            f"device: torch cannot reach {name!r} on this machine; mend its driver or choose cpu."
        )
    return torch.device(name)


def computes_bf16(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 in hardware: AVX512-BF16 or AMX on a CPU, Ampere or later."""
    import torch

    if device.type == "cpu":
        return _bf16_flag()
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "xpu"


def _bf16_flag() -> bool:
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def pick_precision(wish: str, device: torch.device, width: int) -> Literal["fp32", "bf16"]:
    """Choose the precision of matrix products; everything else stays float32.

    Parameters
    ----------
    wish
        ``fp32``, ``bf16``, or ``auto``: bf16 where the hardware has it and layers are wide enough.
    width
        Of the widest hidden layer.

    Raises
    ------
    ValueError
        When the wish is unknown.
    """
    if wish not in PRECISIONS:
        raise ValueError(f"precision: {wish!r} is unknown; choose one of {', '.join(PRECISIONS)}.")
    if wish == "auto":
        return "bf16" if width >= WIDE and computes_bf16(device) else "fp32"
    return "bf16" if wish == "bf16" else "fp32"


@contextmanager
def deterministic(wanted: bool) -> Iterator[None]:
    """Let torch use only operations that give the same bits each time.

    On one CPU thread it does so anyway; on CUDA some operations get slower. The environment variable
    CUBLAS_WORKSPACE_CONFIG must then be ``:4096:8`` before CUDA starts, as torch says when it is not.
    """
    import torch

    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(wanted or before)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
