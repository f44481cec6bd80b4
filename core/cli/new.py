"""``sectorlab new``: a package of one folder with a small use case that works, to be made one's own."""

from __future__ import annotations

import importlib.util
import keyword
import re
import sys
from pathlib import Path
from string import Template
from typing import Annotated

import typer

from core.errors import UserError

STARTER = Path(__file__).parent / "starter"
FILES = {
    "pyproject.toml": "pyproject.toml.txt",
    "{name}/__init__.py": "usecase.py.txt",
    "{name}/py.typed": "",
    "tests/test_{name}.py": "test.py.txt",
    "docs/{name}.md": "docs.md.txt",
}
"""Where each file of the starter goes; no text means an empty file."""
NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")


def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Of the use case, such as rail_freight.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where its folder is made.")] = Path("."),
) -> None:
    """Write a package with a small use case that works, its test and its page."""
    refuse_name(name)
    target = out / name
    write(name, target)
    folder = str(target)
    typer.echo(f"Wrote {folder}: a small use case that works, its test and its page. Now:")
    typer.echo(f"  python -m pip install --no-build-isolation -e {folder}")
    typer.echo(f"  sectorlab check {name}")
    typer.echo(f"  sectorlab run {name} --size tiny")
    typer.echo(f"Then make {target / name / '__init__.py'} your own.")


def refuse_name(name: str) -> None:
    """Refuse what cannot be a package, or would stand in the way of one.

    Raises
    ------
    UserError
        With a name that can be, where there is one near.
    """
    if not NAME.fullmatch(name):
        near = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_").lstrip("0123456789_")[:30]
        hint = f"try {near!r}." if near else "such as rail_freight."
        raise UserError(
            f"name: {name!r} is not allowed; use up to 30 small letters, digits and _, a letter first; {hint}"
        )
    if keyword.iskeyword(name) or name in sys.stdlib_module_names or importlib.util.find_spec(name):
        raise UserError(f"name: {name!r} is taken by a module that is here; try {name + '_sector'!r}.")
    from core.engine.registry import offers

    if name in offers():
        owners = " and ".join(offers()[name])
        raise UserError(f"name: {name!r} is already a use case of {owners}; try {name + '_2'!r}.")


def write(name: str, target: Path) -> None:
    """Write the whole package, or nothing.

    Raises
    ------
    UserError
        When the folder is there already, or cannot be made.
    """
    from core.store.atomic import new_folder

    words = {"name": name, "title": name.replace("_", " ").capitalize(), "dashed": name.replace("_", "-")}
    if target.exists():
        raise UserError(f"out: {str(target)!r} is already there; give another name, or --out DIR.")
    try:
        with new_folder(target) as folder:
            for place, source in FILES.items():
                text = (STARTER / source).read_text(encoding="utf-8") if source else ""
                path = folder / place.format(name=name)
                path.parent.mkdir(exist_ok=True)
                path.write_text(Template(text).substitute(words), encoding="utf-8")
    except (NotADirectoryError, FileExistsError, PermissionError) as error:
        raise UserError(
            f"out: {str(target.parent)!r} cannot be written to ({error.strerror}); give a folder of yours."
        ) from error
