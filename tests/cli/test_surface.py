"""The surface of the command line: whoever changes it changes this page, on purpose."""

from __future__ import annotations

import typer.main

from core.cli.main import app

SURFACE = {
    "list": ["--long", "--json"],
    "show": ["USECASE", "--json"],
    "run": [
        "USECASE",
        "--size SIZE",
        "--situation NAME",
        "--seeds N",
        "--set NAME=VALUE",
        "--assume NAME=VALUE",
        "--scenario FILE.toml",
        "--contenders A,B",
        "--device DEVICE",
        "--workers N",
        "--out DIR",
        "--fresh",
        "--reuse",
        "--json",
    ],
    "sweep": [
        "USECASE",
        "--vary LEVER=VALUES",
        "--design DESIGN",
        "--points N",
        "--size SIZE",
        "--situation NAME",
        "--seeds N",
        "--own-seeds",
        "--set NAME=VALUE",
        "--assume NAME=VALUE",
        "--scenario FILE.toml",
        "--contenders A,B",
        "--device DEVICE",
        "--backend WHERE",
        "--scheduler ADDRESS",
        "--workers N",
        "--out DIR",
        "--retry",
        "--json",
    ],
    "worth": [
        "USECASE",
        "--size SIZE",
        "--situation NAME",
        "--seeds N",
        "--set NAME=VALUE",
        "--assume NAME=VALUE",
        "--scenario FILE.toml",
        "--contenders A,B",
        "--device DEVICE",
        "--backend WHERE",
        "--scheduler ADDRESS",
        "--workers N",
        "--out DIR",
        "--retry",
        "--json",
    ],
    "worlds": [
        "USECASE",
        "--draws N",
        "--seeds N",
        "--size SIZE",
        "--situation NAME",
        "--set NAME=VALUE",
        "--assume NAME=VALUE",
        "--scenario FILE.toml",
        "--contenders A,B",
        "--device DEVICE",
        "--backend WHERE",
        "--scheduler ADDRESS",
        "--workers N",
        "--out DIR",
        "--retry",
        "--json",
    ],
    "check": ["USECASE", "--size SIZE", "--seeds N", "--json"],
    "data": [
        "USECASE",
        "--out DIR",
        "--rows N",
        "--size SIZE",
        "--situation NAME",
        "--set NAME=VALUE",
        "--seed N",
    ],
    "runs": ["--out DIR", "--sql TEXT", "--json"],
    "compare": ["RUN RUN...", "--all", "--out DIR", "--json"],
    "report": ["RUN", "--to FORMAT", "--lang LANG", "--file PATH", "--out DIR"],
    "ship": ["RUN", "--policies", "--out DIR"],
    "dashboard": ["--port N", "--no-browser", "--out DIR"],
    "new": ["NAME", "--out DIR"],
    "doctor": ["--json"],
}


def test_the_surface_is_frozen() -> None:
    commands = typer.main.get_command(app).commands
    found = {
        name: [
            f"{param.opts[0] if param.opts[0].startswith('-') else ''} {param.metavar or ''}".strip()
            for param in command.params
        ]
        for name, command in commands.items()
    }
    assert found == SURFACE


def test_each_command_says_what_it_does() -> None:
    for name, command in typer.main.get_command(app).commands.items():
        assert command.help, name
        for param in command.params:
            assert param.help, f"{name} {param.opts}"
