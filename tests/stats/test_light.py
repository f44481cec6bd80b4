"""Statistics must not slow the command line down: no SciPy at import, never scipy.stats."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
import core.stats.interval, core.stats.ratio, core.stats.headroom
import core.stats.selection, core.stats.noninferior
assert "scipy" not in sys.modules, "scipy at import"
core.stats.interval.mean_interval([1.0, 2.0, 3.0, 4.0, 5.0])
assert "scipy.special" in sys.modules
assert "scipy.stats" not in sys.modules, "scipy.stats"
"""


def test_imports_stay_light() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
