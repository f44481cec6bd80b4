"""``sectorlab compare``: what differs between two runs, in what was set and in what came out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.options import AsJson, Runs
from core.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from core.protocol import Kpi
    from core.results import Run
    from core.stats.interval import Interval
    from core.store.manifest import Manifest


def compare(
    first: Annotated[
        str, typer.Argument(metavar="RUN", help="Id, the beginning of one, or folder.", show_default=False)
    ],
    second: Annotated[str, typer.Argument(metavar="RUN", help="The same.", show_default=False)],
    out: Runs = Path("runs"),
    as_json: AsJson = False,
) -> None:
    """Compare two runs of a use case: what was set, and what came out, the second less the first."""
    from core.cli.output import emit, paper

    (one, one_facts), (other, other_facts) = find(first, out), find(second, out)
    if one.case.name != other.case.name:
        raise UserError(
            f"compare: {first!r} is of {one.case.name} and {second!r} of {other.case.name};"
            " give two runs of one use case."
        )
    document = {
        "usecase": one.case.name,
        "runs": [one_facts.id, other_facts.id],
        "settings": settings(one_facts, other_facts),
        "paired_seeds": shared_seeds(one, other),
        "outcomes": outcomes(one, other),
    }
    if as_json:
        emit(document)
    else:
        print_comparison(document, {kpi.name: kpi for kpi in one.case.kpis}, paper())


def find(run: str, out: Path) -> tuple[Run, Manifest]:
    """Find a run in the store, or by its folder."""
    from core.store.runs import Store

    folder = Path(run)
    store = Store(folder.parent if (folder / "manifest.json").is_file() else out)
    manifest = store.manifest(run)
    return store.open(manifest.id), manifest


def settings(one: Manifest, other: Manifest) -> dict[str, list[Any]]:
    """Give what was set differently, by name: the first's value and the second's."""
    facts = [
        {
            **m.scenario,
            "situation": m.situation,
            "seeds": len(m.seeds),
            "device": m.device,
            "code": m.code,
            **{f"version of {name}": version for name, version in m.versions.items()},
        }
        for m in (one, other)
    ]
    return {
        name: [facts[0].get(name), facts[1].get(name)]
        for name in (facts[0] | facts[1])
        if facts[0].get(name) != facts[1].get(name)
    }


def shared_seeds(one: Run, other: Run) -> list[int]:
    """Give the seeds that both runs have."""
    return [seed for seed in one.seeds if seed in other.seeds]


def outcomes(one: Run, other: Run) -> list[dict[str, Any]]:
    """Give each KPI of each contender that both runs have, and the difference over the shared seeds."""
    from core.results import SELECTED

    names = [name for name in one.roles if name in other.roles]
    names += [SELECTED] if one.chosen and other.chosen else []
    found = []
    for name in names:
        for kpi in one.case.kpis:
            paired = difference(one, other, kpi.name, name)
            found.append(
                {
                    "contender": name,
                    "kpi": kpi.name,
                    "unit": kpi.unit,
                    "first": one.interval(kpi.name, name).as_json(),
                    "second": other.interval(kpi.name, name).as_json(),
                    "difference": paired.as_json() if paired else None,
                }
            )
    return found


def difference(one: Run, other: Run, kpi: str, name: str) -> Interval | None:
    """Pair two runs seed by seed; None without a seed in common."""
    from core.stats.interval import paired_interval

    seeds = shared_seeds(one, other)
    if not seeds:
        return None
    first, second = (
        dict(zip(run.seeds, run.values(kpi, name).tolist(), strict=True)) for run in (one, other)
    )
    return paired_interval([second[seed] for seed in seeds], [first[seed] for seed in seeds])


def print_comparison(document: dict[str, Any], kpis: dict[str, Kpi], paper: Console) -> None:
    """Print a comparison for people."""
    from core.cli.tables import lined, short
    from core.stats.interval import MIN_SEEDS

    paper.print(f"{document['usecase']}: {document['runs'][0]} and {document['runs'][1]}", style="bold")
    paper.print()
    if document["settings"]:
        table = lined("What was set differently")
        for column in ("what", "first", "second"):
            table.add_column(column, overflow="fold")
        for name, (first, second) in document["settings"].items():
            table.add_row(name, short(first), short(second))
        paper.print(table)
    else:
        paper.print("Both were set alike.")
    table = lined("What came out")
    table.add_column("contender", no_wrap=True)
    table.add_column("KPI")
    for column in ("first", "second", "second less first"):
        table.add_column(column, justify="right")
    for row in document["outcomes"]:
        digits = kpis[row["kpi"]].digits
        cells = [_written(row[part], digits) for part in ("first", "second")]
        cells.append(_written(row["difference"], digits, signed=True))
        table.add_row(row["contender"], f"{row['kpi']}, {row['unit']}", *cells)
    paper.print(table)
    seeds = len(document["paired_seeds"])
    if not seeds:
        paper.print("The runs have no seed in common, so no difference is given.")
    else:
        few = f"; below {MIN_SEEDS} there is no interval" if seeds < MIN_SEEDS else ""
        paper.print(f"Differences are paired over {seeds} seed{'' if seeds == 1 else 's'}{few}.")


def _written(found: dict[str, float | None] | None, digits: int, *, signed: bool = False) -> str:
    from core.cli.tables import number

    if found is None or found["mean"] is None:
        return ""
    text = number(found["mean"], digits, signed=signed)
    if found["ci_low"] is None or found["ci_high"] is None:
        return text
    return f"{text} ± {number((found['ci_high'] - found['ci_low']) / 2.0, digits)}"
