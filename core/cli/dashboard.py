"""``sectorlab dashboard``: the pages, on this machine alone."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

import core
from core.cli.options import Runs
from core.errors import UserError

APP = Path(core.__file__).resolve().parents[1] / "dashboards" / "front" / "app.py"
HOST = "127.0.0.1"
LAST_PORT = 65_535


def dashboard(
    port: Annotated[int, typer.Option("--port", metavar="N", help="Where the pages are served.")] = 8501,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser.")] = False,
    out: Runs = Path("runs"),
) -> None:
    """Open the dashboards in a browser, on this machine alone. Ctrl-C ends them."""
    refuse_if_taken(port)
    command = server(port, browser=not no_browser)
    # Streamlit's own variables would stand above the settings that keep the pages on this machine.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("STREAMLIT_")}
    environment = inherited | {"SECTORLAB_RUNS": str(out.resolve())}
    process = subprocess.Popen(command, env=environment)  # noqa: S603 - our own interpreter, no shell
    raise typer.Exit(serve(process))


def serve(process: subprocess.Popen[bytes]) -> int:
    """Wait for the pages to end, and end them with this process; Ctrl-C is the usual way out."""
    asked = False

    def stop(*_: object) -> None:
        nonlocal asked
        (process.kill if asked else process.terminate)()
        asked = True

    # A terminal sends Ctrl-C to both, a script perhaps only to us.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    code = process.wait()
    return 0 if asked or code == -signal.SIGINT else abs(code)


def refuse_if_taken(port: int) -> None:
    """Refuse a port that something listens on.

    Raises
    ------
    UserError
        With a port that is free.
    """
    if not 1 <= port <= LAST_PORT:
        raise UserError(f"port: {port} is not allowed; give a number from 1 to {LAST_PORT}.")
    try:
        bind(port)
    except PermissionError as error:
        raise UserError(f"port: {port} may not be used by you; give one from 1024 up with --port.") from error
    except OSError as error:
        raise UserError(f"port: {port} is taken; give another, such as --port {bind(0)}.") from error


def bind(port: int) -> int:
    """Take a port for a moment, and say which it was; 0 takes any that is free."""
    with socket.socket() as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, port))
        return int(probe.getsockname()[1])


def server(port: int, *, browser: bool) -> list[str]:
    """Give the command that serves the pages.

    Raises
    ------
    UserError
        When the pages are not installed.
    """
    if not APP.is_file():
        raise UserError(f"dashboard: {str(APP)!r} is missing; install sectorlab again.")
    flags = {
        "server.address": HOST,
        "server.port": str(port),
        "server.headless": "false" if browser else "true",
        "server.showEmailPrompt": "false",
        "server.fileWatcherType": "none",
        "browser.serverAddress": HOST,
        "browser.gatherUsageStats": "false",
    }
    # -P: a folder of the person's that is named like a module of ours must not stand before it.
    command = [sys.executable, "-P", "-m", "streamlit", "run", str(APP)]
    return command + [f"--{name}={value}" for name, value in flags.items()]
