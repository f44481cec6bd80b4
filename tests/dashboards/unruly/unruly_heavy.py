"""An industry whose import loads a library beside which nothing can be forked."""

from __future__ import annotations

import sys
from types import ModuleType

from unruly import Gate

sys.modules.setdefault("lightgbm", ModuleType("lightgbm"))


class Heavy(Gate):
    """Computed by fresh processes."""

    name = "unruly_heavy"


HEAVY = Heavy()
