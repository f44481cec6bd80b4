"""``sectorlab show``: what a use case claims, sets, counts and compares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.cli.options import AsJson, UseCaseName

if TYPE_CHECKING:
    from rich.console import Console

    from core.engine.registry import AnyUseCase


def show(usecase: UseCaseName, as_json: AsJson = False) -> None:
    """Show a use case: its claim, levers, situations, KPIs and contenders."""
    from core.cli.output import emit, paper
    from core.engine.registry import load

    case = load(usecase)
    if as_json:
        emit(describe(case))
    else:
        print_case(case, paper())


def describe(case: AnyUseCase) -> dict[str, Any]:
    """Say all that a use case declares, for JSON."""
    card = case.card
    return {
        "name": case.name,
        "title": card.title,
        "question": card.question,
        "story": card.story,
        "incumbent": card.incumbent,
        "claim": {
            "text": card.claim,
            "published": card.claim_value,
            "unit": card.claim_unit,
            "source": card.claim_source,
        },
        "levers": levers(case),
        "situations": {n: {"label": s.label, "values": s.values} for n, s in case.situations.items()},
        "kpis": [
            {
                "name": kpi.name,
                "unit": kpi.unit,
                "direction": kpi.better,
                "label": kpi.label,
                "source": kpi.source,
                "published": kpi.published,
            }
            for kpi in case.kpis
        ],
        "contenders": [
            {"name": n, "role": c.role, "label": c.label, "needs": c.needs}
            for n, c in case.contenders.items()
        ],
        "yardsticks": [
            {"name": role, "role": role, "label": y.label, "standing": y.standing, "note": y.note}
            for role, y in case.yardsticks.items()
        ],
        "sizes": {
            size: {"seeds": s.seeds, "trials": s.trials, "steps": s.steps} for size, s in case.scales.items()
        },
        "constants": {
            name: {"value": c.value, "low": c.low, "high": c.high, "unit": c.unit, "source": c.source}
            for name, c in case.constants.items()
        },
        "limits": list(card.limits),
        "sources": list(card.sources),
    }


def levers(case: AnyUseCase) -> list[dict[str, Any]]:
    """Say of each lever what it takes and, for the common ones, what it means here."""
    from core.engine.scenario import about, is_live, span
    from core.engine.scenario import levers as fields

    found = []
    for name, info in fields(case.scenario).items():
        low, high = span(info) or (None, None)
        told = about(info)
        entry: dict[str, Any] = {
            "name": name,
            "label": told.get("label", {}),
            "unit": told.get("unit", ""),
            "default": info.default,
            "low": low,
            "high": high,
            "choices": [] if low is not None else list(getattr(info.annotation, "__args__", ())),
            "live": is_live(info),
            "source": told.get("source", ""),
            "meaning": None,
        }
        if name in case.meanings:
            meaning = case.meanings[name]
            entry["meaning"] = {
                "unit": meaning.unit,
                "quantity": meaning.quantity,
                "today": meaning.today,
                "krw_per_unit": meaning.krw_per_unit,
                "source": meaning.source,
            }
        found.append(entry)
    return found


def print_case(case: AnyUseCase, paper: Console) -> None:
    """Print a use case for people."""
    card = case.card
    paper.print(f"{card.title['en']} ({case.name})", style="bold")
    paper.print(card.question["en"])
    paper.print()
    paper.print(card.story["en"])
    for head, text in (
        ("Claim", f"{card.claim['en']} [{card.claim_source}]"),
        ("Incumbent", card.incumbent["en"]),
    ):
        paper.print()
        paper.print(head, style="bold")
        paper.print(text)
    _print_levers(case, paper)
    _print_situations(case, paper)
    _print_kpis(case, paper)
    _print_contenders(case, paper)
    _print_sizes(case, paper)
    for head, lines in (("Limits", [text["en"] for text in card.limits]), ("Sources", list(card.sources))):
        if lines:
            paper.print()
            paper.print(head, style="bold")
            for line in lines:
                paper.print(f"- {line}")


def _print_levers(case: AnyUseCase, paper: Console) -> None:
    from core.cli.tables import lined

    table = lined("Levers (--set name=value; a live one answers without training again)")
    for column in ("lever", "default", "takes", "unit", "what it is here"):
        table.add_column(column, overflow="fold", no_wrap=column == "lever")
    for entry in levers(case):
        low, high = entry["low"], entry["high"]
        takes = f"{low:g} .. {high:g}" if low is not None else ", ".join(map(str, entry["choices"]))
        here = entry["label"].get("en", "")
        if entry["meaning"] is not None:
            meaning = entry["meaning"]
            here += f": 1 is {meaning['quantity']:,g} {meaning['unit']['en']}"
        default = entry["default"]
        number = f"{default:g}" if isinstance(default, float) else str(default)
        live = " (live)" if entry["live"] else ""
        table.add_row(entry["name"], number, takes, entry["unit"], here + live)
    paper.print()
    paper.print(table)


def _print_situations(case: AnyUseCase, paper: Console) -> None:
    from core.cli.tables import lined

    if not case.situations:
        return
    table = lined("Situations (--situation)")
    for column in ("situation", "what it is", "sets"):
        table.add_column(column)
    for name, situation in case.situations.items():
        sets = ", ".join(f"{lever}={value}" for lever, value in situation.values.items()) or "nothing"
        table.add_row(name, situation.label["en"], sets)
    paper.print()
    paper.print(table)


def _print_kpis(case: AnyUseCase, paper: Console) -> None:
    from core.cli.tables import lined

    table = lined("KPIs (the first is the headline)")
    for column in ("KPI", "what it is", "unit", "better", "published"):
        table.add_column(column)
    for kpi in case.kpis:
        table.add_row(kpi.name, kpi.label["en"], kpi.unit, kpi.better, kpi.published)
    paper.print()
    paper.print(table)


def _print_contenders(case: AnyUseCase, paper: Console) -> None:
    from core.cli.tables import lined

    table = lined("Contenders and bounds")
    for column in ("name", "role", "who"):
        table.add_column(column)
    for name, contender in case.contenders.items():
        table.add_row(name, contender.role, contender.label["en"])
    for role, yardstick in case.yardsticks.items():
        table.add_row(role, yardstick.standing, f"{yardstick.label['en']}: {yardstick.note['en']}")
    paper.print()
    paper.print(table)


def _print_sizes(case: AnyUseCase, paper: Console) -> None:
    from core.cli.tables import lined

    table = lined("Sizes (--size)")
    table.add_column("size")
    for column in ("seeds", "trials", "steps"):
        table.add_column(column, justify="right")
    for size, scale in case.scales.items():
        table.add_row(size, f"{scale.seeds:,}", f"{scale.trials:,}", f"{scale.steps:,}")
    paper.print()
    paper.print(table)
