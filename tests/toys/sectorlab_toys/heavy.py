"""The control toy, with a heavy library at the top of its module."""

from __future__ import annotations

import pandas as pd

from sectorlab_toys.control import Control


class HeavyImport(Control):
    """Slows down every command."""

    frame = pd.DataFrame
