"""Who appears in a chart, and the pen that draws each: the same on screen, paper and slides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.report.verdict import labels
from core.report.words import Words
from core.results import SELECTED, Run

INK, MUTED, RULE = "#1C2526", "#55626A", "#D5DBDB"
"""Of texts and outlines, of axes, and of the grid."""


@dataclass(frozen=True, slots=True)
class Pen:
    """How one series is drawn: colour, dash and width of a line; a bar's hatching, or the fill without one.

    A fill is lighter than the line, so that whiskers are seen on it.
    """

    colour: str
    dash: str = "solid"
    width: float = 2.0
    hatch: str = ""
    fill: str = ""


# Teal stands for learning and grey for the rest; lightness, dash and hatching carry the same without colour.
PENS: Mapping[str, Pen] = {
    "incumbent": Pen("#7A868C", "solid", 2.0),
    "learner": Pen("#4A978E", "dashdot", 2.0, fill="#B9DBD7"),
    SELECTED: Pen("#0F5F5C", "solid", 2.4, fill="#3E9A92"),
    "ceiling": Pen("#4A5459", "dash", 1.8, hatch="\\"),
    "oracle": Pen("#1C2526", "dot", 1.8, hatch="/"),
}
OTHERS = (
    Pen("#0F5F5C", "solid", fill="#3E9A92"),
    Pen("#6B777C", "dash", hatch="/"),
    Pen("#4A978E", "dot", hatch="."),
    Pen("#4A5459", "dashdot", hatch="x"),
    Pen("#2F7D76", "longdash", hatch="\\"),
    Pen("#7A868C", "longdashdot", hatch="+"),
)
BESIDE = 3
"""Place among them of a bar that stands beside contenders and is none."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who may appear in a chart: names to show and the role by which each is drawn, by contender."""

    names: Mapping[str, str]
    roles: Mapping[str, str]

    def name(self, value: object) -> str:
        """Give the name to show."""
        return self.names.get(str(value), str(value))

    def alone(self, shown: Sequence[str]) -> Cast:
        """Let a learner that stands alone beside incumbent and bounds be drawn as the selected one is."""
        learners = [name for name in shown if self.roles.get(name) in ("learner", SELECTED)]
        return replace(self, roles={**self.roles, learners[0]: SELECTED}) if len(learners) == 1 else self

    def pen(self, value: object, place: int) -> Pen:
        """Give a contender its role's pen, and anything else the next free one."""
        return PENS.get(self.roles.get(str(value), ""), OTHERS[place % len(OTHERS)])


def cast_of(run: Run, say: Words) -> Cast:
    """Say who may appear in a chart of a run."""
    return Cast(labels(run, say), {**run.roles, SELECTED: SELECTED})
