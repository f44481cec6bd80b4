"""``sectorlab report``: runs and sweeps written up as a file for people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.options import Runs
from core.errors import UserError

if TYPE_CHECKING:
    from core.report.content import Swept, Told
    from core.report.page import Page
    from core.report.words import Language
    from core.results import Run
    from core.store.manifest import Manifest
    from core.sweep.shelf import Sheet

FORMATS = ("html", "pdf", "pptx")
USUAL = "html"


def report(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN", help="Ids of runs or sweeps, beginnings of them, or folders.", show_default=False
        ),
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
    found, sweeps = opened(runs, out)
    facts: list[Manifest | Sheet] = [*(manifest for _, manifest in found), *(sheet for _, sheet in sweeps)]
    target = file or Path(name_of(facts, language, form))
    refuse(target)

    from core.report.content import page_of
    from core.report.words import Words
    from core.store.atomic import new_file

    new_file(target, printed(page_of(found, Words(language), sweeps), form))
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


def opened(names: Sequence[str], out: Path) -> tuple[list[Told], list[Swept]]:
    """Find the runs and the sweeps, each once.

    Raises
    ------
    UserError
        When one cannot be found or read, is given twice, or was made when its industry measured less.
    """
    from core.store.runs import find as find_run
    from core.sweep.shelf import find as find_sweep

    runs: dict[str, Told] = {}
    sweeps: dict[str, Swept] = {}
    for name in names:
        swept = find_sweep(name, out)
        run = None if swept else find_run(name, out)
        facts = swept[1] if swept else run[1] if run else None
        if facts is not None and facts.id in (*runs, *sweeps):
            raise UserError(f"report: {facts.id} is given twice ({name!r}); give each only once.")
        if swept:
            sweeps[swept[1].id] = swept
        elif run:
            whole(*run)
            runs[run[1].id] = run
    return list(runs.values()), list(sweeps.values())


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


def name_of(facts: Sequence[Manifest | Sheet], lang: Language, form: str) -> str:
    """Name a report after its use case, or after the suite, and its first run or sweep."""
    cases = {one.usecase for one in facts}
    of_what = cases.pop() if len(cases) == 1 else "sectorlab"
    return f"{of_what}-{facts[0].id}-{lang}.{form}"


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
