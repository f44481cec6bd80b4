"""``sectorlab check``: whether a use case and its world keep the rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.options import AsJson, UseCaseName

if TYPE_CHECKING:
    from rich.console import Console

    from core.engine.registry import AnyUseCase
    from core.protocol import Check

FAILED = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """A check, and the situation whose world it was put to; "" is the default scenario."""

    check: Check
    situation: str = ""

    def as_json(self) -> dict[str, Any]:
        """Give name, value, band, source and verdict."""
        return asdict(self.check) | {"situation": self.situation or None, "passed": self.check.passed}


def check(
    usecase: UseCaseName,
    size: Annotated[
        str, typer.Option("--size", metavar="SIZE", help="Of the world that physics and realism look at.")
    ] = "tiny",
    seeds: Annotated[int, typer.Option("--seeds", metavar="N", help="For the conformance kit.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Check a use case: conformance, physics, realism. Exit code 1 when something fails."""
    from core.cli.choose import known_size
    from core.cli.output import emit, paper
    from core.engine.registry import load

    case = load(usecase)
    size = known_size(size)
    answers = [*of_the_worlds(case, size), *of_the_contract(case, seeds)]
    failed = [answer for answer in answers if not answer.check.passed]
    if as_json:
        checks = [answer.as_json() for answer in answers]
        emit({"usecase": usecase, "size": size, "seeds": seeds, "passed": not failed, "checks": checks})
    else:
        print_answers(usecase, answers, paper())
    if failed:
        raise typer.Exit(FAILED)


def of_the_worlds(case: AnyUseCase, size: str) -> Iterator[Answer]:
    """Put the use case's own questions to a world of the default scenario and of each situation.

    Published figures describe the default, so a situation answers for physics alone.
    """
    from core.engine.scenario import build, deep_part
    from core.luck import luck_of, scoped

    for situation in ("", *case.situations):
        scenario = build(case, size=size, situation=situation or None)
        world, _ = case.world(deep_part(scenario), scoped(luck_of(0), "world"))
        for one in case.checks(scenario, world):
            if not situation or one.kind == "physics":
                yield Answer(one, situation)


def of_the_contract(case: AnyUseCase, seeds: int) -> Iterator[Answer]:
    """Put the conformance kit's questions."""
    from core.cli.progress import progress
    from core.engine.conformance import conform

    with progress(f"check {case.name}") as report:
        yield from map(Answer, conform(case, seeds=seeds, progress=report))


def print_answers(usecase: str, answers: list[Answer], paper: Console) -> None:
    """Print what was asked, what came out, and the verdict."""
    from core.cli.tables import lined

    for kind in dict.fromkeys(answer.check.kind for answer in answers):
        table = lined(kind.capitalize())
        sourced = kind != "conformance"  # what every use case keeps has one source
        table.add_column("check")
        table.add_column("value", justify="right")
        table.add_column("allowed", justify="right")
        if sourced:
            table.add_column("source")
        table.add_column("verdict")
        for answer in answers:
            one = answer.check
            if one.kind != kind:
                continue
            what = one.label["en"] + (f" [{answer.situation}]" if answer.situation else "")
            if one.detail and not one.passed:
                what += f": {one.detail}"
            value = f"{one.value:.6g} {one.unit}".rstrip()
            verdict = styled("pass", "green") if one.passed else styled("FAIL", "bold red")
            table.add_row(what, value, band(one), *([one.source] if sourced else []), verdict)
        paper.print(table)
        paper.print()
    failed = sum(not answer.check.passed for answer in answers)
    said = f"{failed} of {len(answers)} checks fail." if failed else f"All {len(answers)} checks pass."
    paper.print(f"{usecase}: {said}", style="bold red" if failed else "bold green")


def band(one: Check) -> str:
    """Write what is allowed.

    Examples
    --------
    >>> from core.protocol import Check
    >>> band(Check("pue", "physics", {"en": "PUE"}, 1.2, 1.0, float("inf"), "", "definition"))
    '>= 1'
    """
    if one.low == one.high:
        return f"{one.low:g}"
    if one.low == float("-inf"):
        return f"<= {one.high:g}"
    if one.high == float("inf"):
        return f">= {one.low:g}"
    return f"{one.low:g} .. {one.high:g}"


def styled(text: str, style: str) -> Any:
    """Return coloured text."""
    from rich.text import Text

    return Text(text, style=style)
