"""``sectorlab report``: runs written up as a file for people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.options import Runs
from core.errors import UserError

if TYPE_CHECKING:
    from core.report.page import Page
    from core.report.words import Language
    from core.results import Run
    from core.store.manifest import Manifest

FORMATS = ("html", "pdf", "pptx")
USUAL = "html"


def report(
    runs: Annotated[
        list[str],
        typer.Argument(metavar="RUN", help="Ids, beginnings of them, or folders.", show_default=False),
    ],
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="FORMAT", help="html, pdf or pptx; as the file ends, else html."),
    ] = None,
    lang: Annotated[str, typer.Option("--lang", metavar="LANG", help="en or ko.")] = "en",
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="PATH", help="Where to write; otherwise a name in this folder."),
    ] = None,
    out: Runs = Path("runs"),
) -> None:
    """Write what runs found: answer, money, bounds, charts, who gains and loses, assumptions, sources."""
    form = format_of(to, file)
    language = language_of(lang)
    found = opened(runs, out)
    target = file or Path(name_of(found, language, form))
    refuse(target)

    from core.report.content import page_of
    from core.report.words import Words
    from core.store.atomic import new_file

    new_file(target, printed(page_of(found, Words(language)), form))
    typer.echo(str(target))


def format_of(to: str | None, file: Path | None) -> str:
    """Find the format that is asked for, by name or by the file's ending.

    Raises
    ------
    UserError
        When it is unknown, or name and ending contradict each other.

    Examples
    --------
    >>> format_of(None, Path("a.PDF")), format_of("pptx", None), format_of(None, None)
    ('pdf', 'pptx', 'html')
    """
    if to is not None and to not in FORMATS:
        raise UserError(f"to: {to!r} is unknown; choose one of {', '.join(FORMATS)}.")
    if file is None:
        return to or USUAL
    ending = file.suffix.lower().removeprefix(".")
    if ending not in FORMATS:
        raise UserError(
            f"file: {str(file)!r} does not end in a known format;"
            f" let it end in .{to or USUAL} (there are {', '.join(FORMATS)})."
        )
    if to not in (None, ending):
        raise UserError(f"file: {str(file)!r} ends in .{ending} but --to says {to}; give one of them.")
    return ending


def language_of(lang: str) -> Language:
    """Find a language of the catalogue.

    Raises
    ------
    UserError
        When it has no such language.
    """
    from core.report.words import LANGUAGES

    for language in LANGUAGES:
        if lang == language:
            return language
    raise UserError(f"lang: {lang!r} is unknown; choose one of {', '.join(LANGUAGES)}.")


def opened(names: Sequence[str], out: Path) -> list[tuple[Run, Manifest]]:
    """Find the runs, each once.

    Raises
    ------
    UserError
        When one cannot be found or read, is given twice, or was made when its industry measured less.
    """
    from core.store.runs import find

    found: dict[str, tuple[Run, Manifest]] = {}
    for name in names:
        run, manifest = find(name, out)
        if manifest.id in found:
            raise UserError(f"report: run {manifest.id} is given twice ({name!r}); give each run once.")
        whole(run, manifest)
        found[manifest.id] = run, manifest
    return list(found.values())


def whole(run: Run, manifest: Manifest) -> None:
    """Refuse a run of an older version of its industry.

    Raises
    ------
    UserError
        When a KPI is missing, or its scenario is none of today's.
    """
    from pydantic import ValidationError

    missing = [kpi.name for kpi in run.case.kpis if kpi.name not in run.rows]
    try:
        run.case.scenario.model_validate(dict(run.scenario))
    except ValidationError as error:
        missing += [".".join(map(str, one["loc"])) for one in error.errors()]
    if missing:
        raise UserError(
            f"run: {manifest.id} was made by another version of {manifest.usecase}, with which it does not"
            f" agree on {', '.join(missing)}; run it again."
        )


def name_of(found: Sequence[tuple[Run, Manifest]], lang: Language, form: str) -> str:
    """Name a report after its use case, or after the suite, and its first run."""
    cases = {run.case.name for run, _ in found}
    of_what = cases.pop() if len(cases) == 1 else "sectorlab"
    return f"{of_what}-{found[0][1].id}-{lang}.{form}"


def refuse(target: Path) -> None:
    """Refuse a place where no file can be written.

    Raises
    ------
    UserError
        When there is something else than a file, or no folder to write in.
    """
    if target.exists() and not target.is_file():
        raise UserError(f"file: {str(target)!r} is there and is no file; give another path with --file.")
    if not target.parent.is_dir():
        raise UserError(f"file: there is no folder {str(target.parent)!r}; make it, or give another path.")


def printed(page: Page, form: str) -> bytes:
    """Lay a page out in a format."""
    if form == "pdf":
        from core.report.pdf import pdf

        return pdf(page)
    if form == "pptx":
        from core.report.pptx import pptx

        return pptx(page)
    from core.report.html import html

    return html(page)
