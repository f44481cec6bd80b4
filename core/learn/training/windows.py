"""Overlapping windows on the device: what lies under them is moved once.

On the device they are still a view, so :class:`~core.learn.training.rows.Rows` picks windows as it picks
rows, and a step copies only those of its batch.
"""

from __future__ import annotations

import torch
from torch import Tensor

from core.protocol import Array


def resident(windows: Array, device: torch.device | str) -> Tensor:
    """Put a view such as :func:`core.learn.windows.windows` gives on a device; it stays a view.

    Examples
    --------
    >>> import numpy as np
    >>> from core.learn.windows import windows
    >>> view = resident(windows(np.zeros((1000, 3)), 100), "cpu")
    >>> view.shape, view.untyped_storage().nbytes() // 8
    (torch.Size([1000, 100, 3]), 3297)
    """
    view = torch.as_tensor(windows)
    # Torch would write every window out when it moves the view itself.
    under = torch.empty(0, dtype=view.dtype).set_(view.untyped_storage())
    return under.to(device).as_strided(view.shape, view.stride(), view.storage_offset())
