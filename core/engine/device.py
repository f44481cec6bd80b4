"""Which device computes, found without loading torch."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

from core.errors import UserError

DEVICES = ("auto", "cpu", "cuda", "mps")


def _present() -> list[str]:
    found = ["cpu"]
    if Path("/dev/nvidiactl").exists() or Path("/dev/dxg").exists():
        found.insert(0, "cuda")
    if sys.platform == "darwin" and platform.machine() == "arm64":
        found.insert(0, "mps")
    return found


def resolve(device: str) -> str:
    """Turn a wish into a device.

    Raises
    ------
    UserError
        When it is unknown or not there.
    """
    present = _present()
    if device == "auto":
        return present[0]
    if device not in DEVICES:
        raise UserError(f"device: {device!r} is unknown; choose one of {', '.join(DEVICES)}.")
    if device not in present:
        raise UserError(f"device: {device!r} is not on this machine; choose {' or '.join(present)} or auto.")
    return device
