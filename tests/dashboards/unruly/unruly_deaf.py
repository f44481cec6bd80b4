"""An industry in whose processes nobody listens to who wants to end them."""

from __future__ import annotations

import signal

from unruly import Gate

signal.signal(signal.SIGTERM, signal.SIG_IGN)


class Deaf(Gate):
    """Waits at the gate."""

    name = "unruly_deaf"


DEAF = Deaf()
