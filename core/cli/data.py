"""``sectorlab data``: a history as Parquet files with a data dictionary."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.options import Settings, Situation, Size, UseCaseName
from core.errors import UserError

if TYPE_CHECKING:
    from core.cli.choose import Chosen
    from core.protocol import History, Table


def data(
    usecase: UseCaseName,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="A new or empty folder.", show_default=False)
    ],
    rows: Annotated[
        int | None, typer.Option("--rows", metavar="N", help="Only the first rows of each table.")
    ] = None,
    size: Size = None,
    situation: Situation = None,
    settings: Settings = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Which world, from 0 up.")] = 0,
) -> None:
    """Write the history that contenders learn from, with a data dictionary."""
    from core.cli.choose import choose
    from core.engine.registry import load

    case = load(usecase)
    if rows is not None and rows < 1:
        raise UserError(f"rows: {rows} is not allowed; give a number from 1 up, or leave it out.")
    if seed < 0:
        raise UserError(f"seed: {seed} is not allowed; give a whole number from 0 up.")
    chosen = choose(case, size=size, situation=situation, settings=settings)
    refuse_if_taken(out)
    history = draw(chosen, seed)
    tables = columns(history, rows)
    dictionary = describe(chosen, seed, history, tables)
    write(out, tables, dictionary)
    for name, table in dictionary["tables"].items():
        typer.echo(
            f"{out / table['file']}  {table['rows']:,} rows, {len(table['columns'])} columns  ({name})"
        )
    typer.echo(f"{out / 'dictionary.md'}  what each column means; dictionary.json says the same")


def refuse_if_taken(out: Path) -> None:
    """Refuse a folder that holds anything, or that is no folder.

    Raises
    ------
    UserError
        With the fix.
    """
    try:
        taken = any(out.iterdir())
    except FileNotFoundError:
        return
    except OSError as error:
        raise UserError(f"out: {str(out)!r} is no folder ({error.strerror}); give a new one.") from error
    if taken:
        raise UserError(f"out: {str(out)!r} already holds files; give a new folder, or empty it first.")


def draw(chosen: Chosen, seed: int) -> History:
    """Draw the history of a seed, just as a run does."""
    from core.engine.scenario import deep_part
    from core.luck import luck_of, scoped

    deep = deep_part(chosen.scenario)
    luck = luck_of(seed)
    _, history = chosen.case.world(deep, scoped(luck, "world"))
    thinned: History = history.thin(deep.data_share, scoped(luck, "thin"))
    return thinned


def columns(history: History, rows: int | None) -> dict[str, Table]:
    """Give the tables as columns, cut to their first rows."""
    return {
        name: {str(column): frame[column].to_numpy()[:rows] for column in frame.columns}
        for name, frame in history.tables().items()
    }


def describe(chosen: Chosen, seed: int, history: History, tables: Mapping[str, Table]) -> dict[str, Any]:
    """Say what each table and column is, and what drew them."""
    from core.store.manifest import versions

    case, found = chosen.case, {}
    for name, table in tables.items():
        found[name] = {
            "file": f"{name}.parquet",
            "rows": len(next(iter(table.values()), ())),
            "columns": [
                {
                    "name": column.name,
                    "type": str(table[column.name].dtype),
                    "unit": column.unit,
                    "label": column.label,
                }
                for column in history.schema[name]
            ],
        }
    return {
        "usecase": case.name,
        "title": case.card.title,
        "situation": chosen.situation,
        "scenario": chosen.scenario.model_dump(),
        "seed": seed,
        "versions": versions(),
        "sources": list(case.card.sources),
        "tables": found,
    }


def write(out: Path, tables: Mapping[str, Table], dictionary: Mapping[str, Any]) -> None:
    """Write all files, or none.

    Raises
    ------
    UserError
        When the folder cannot be made.
    """
    from core.cli.output import plain
    from core.store.atomic import new_folder
    from core.store.tables import write_table

    try:
        with new_folder(out) as folder:
            for name, table in tables.items():
                write_table(folder / f"{name}.parquet", table)
            text = json.dumps(plain(dictionary), ensure_ascii=False, indent=2)
            (folder / "dictionary.json").write_text(text, encoding="utf-8")
            (folder / "dictionary.md").write_text(markdown(dictionary), encoding="utf-8")
    except (NotADirectoryError, FileExistsError, PermissionError) as error:
        raise UserError(
            f"out: {str(out)!r} cannot be written to ({error.strerror}); give a folder of yours."
        ) from error


def markdown(dictionary: Mapping[str, Any]) -> str:
    """Write the data dictionary for people."""
    scenario = ", ".join(f"{name} = {value}" for name, value in dictionary["scenario"].items())
    lines = [
        f"# {dictionary['title']['en']}: data dictionary",
        "",
        f"Synthetic data of the use case `{dictionary['usecase']}`, seed {dictionary['seed']}.",
        "",
        f"Scenario: {scenario}.",
    ]
    for name, table in dictionary["tables"].items():
        lines += [
            "",
            f"## {name}",
            "",
            f"`{table['file']}`, {table['rows']:,} rows.",
            "",
            "| column | unit | type | meaning | 뜻 |",
            "|---|---|---|---|---|",
        ]
        for column in table["columns"]:
            label = column["label"]
            cells = (column["name"], column["unit"], column["type"], label["en"], label["ko"])
            lines.append("| " + " | ".join(text.replace("|", "\\|") for text in cells) + " |")
    if dictionary["sources"]:
        lines += ["", "## Sources", "", *(f"- {source}" for source in dictionary["sources"])]
    return "\n".join(lines) + "\n"
