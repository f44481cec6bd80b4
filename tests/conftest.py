"""The toy industries of ``tests/toys`` are installed for the tests, as an outside package would be.

Processes that a test starts find them as well.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

TOYS = str(Path(__file__).parent / "toys")

sys.path.insert(0, TOYS)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (TOYS, os.environ.get("PYTHONPATH", ""))))
