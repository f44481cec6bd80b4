"""The heart: what an industry declares, and what may compete in it.

Only numpy and pydantic are imported here, so that a use case can be listed and described at once.
A shape is written as ``(rows,)``; every column of a :data:`Table` has the same number of rows.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from pandas import DataFrame

    from core.results import Run

Array = NDArray[Any]
Rng = np.random.Generator
Table = Mapping[str, Array]
"""Named columns of one length, which may hold a vector a row; pandas only at the edges."""
Luck = Callable[[str], Rng]
"""A fresh generator for a named purpose; the same purpose always starts the same stream."""
Text = Mapping[Literal["en", "ko"], str]
"""Words for people, in English and Korean."""
Role = Literal["incumbent", "learner", "ceiling", "oracle"]
Size = Literal["tiny", "quick", "demo", "full"]
SIZES: tuple[Size, ...] = ("tiny", "quick", "demo", "full")
COMMON_LEVERS = ("data_share", "label_quality", "compute", "expertise", "adoption")


# --- what can be set ---------------------------------------------------------------------------


def lever(
    default: float,
    low: float,
    high: float,
    *,
    unit: str,
    label: Text,
    source: str,
    live: bool = False,
) -> Any:
    """A bounded number of a scenario.

    A *deep* lever changes the world or the training; a *live* one only replays trained policies.

    Parameters
    ----------
    default, low, high
        The value when nothing is said, and the bounds, both included.
    unit, label, source
        What people read beside it: unit, name in both languages, where the default comes from.
    live
        True when the lever leaves history and training untouched.
    """
    extra: dict[str, Any] = {"unit": unit, "label": dict(label), "source": source, "live": live}
    return Field(default, ge=low, le=high, json_schema_extra=extra)


def choice(default: str, *, label: Text, source: str) -> Any:
    """A deep lever with named settings; the field's ``Literal`` type lists them."""
    extra: dict[str, Any] = {"unit": "", "label": dict(label), "source": source, "live": False}
    return Field(default, json_schema_extra=extra)


class Scenario(BaseModel):
    """One setting of a use case's levers. The five here exist in every industry.

    ``assumed`` replaces constants of the world by other values of their ranges: not a lever, but what
    plausible worlds are made of. Each industry hands it on to its world.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    if TYPE_CHECKING:  # frozen models are hashed by their fields, which type checkers do not see

        def __hash__(self) -> int: ...

    size: Size = "quick"
    assumed: tuple[tuple[str, float], ...] = ()
    data_share: float = lever(
        1.0, 0.01, 1.0, unit="share of history", source="definition",
        label={"en": "Open data", "ko": "데이터 개방"},
    )  # fmt: skip
    label_quality: float = lever(
        1.0, 0.0, 1.0, unit="share of correct records", source="definition",
        label={"en": "Label quality", "ko": "라벨 품질"},
    )  # fmt: skip
    compute: float = lever(
        1.0, 0.05, 4.0, unit="x reference training steps", source="definition",
        label={"en": "Compute", "ko": "컴퓨팅 자원"},
    )  # fmt: skip
    expertise: float = lever(
        1.0, 0.0, 3.0, unit="x reference specialist time", source="definition",
        label={"en": "Expertise", "ko": "전문 인력"},
    )  # fmt: skip
    adoption: float = lever(
        1.0, 0.0, 1.0, unit="share of decisions", live=True, source="definition",
        label={"en": "Adoption", "ko": "현장 도입률"},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one of the five common levers is in one industry, and what it costs a year.

    At a lever's value ``v`` the physical quantity is ``v * quantity`` (in ``unit``) and the learning
    pays ``v * quantity * krw_per_unit`` a year for it.
    """

    unit: Text
    quantity: float
    today: float
    krw_per_unit: float
    source: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A number of the world that nobody sets: its value, plausible range, unit and source."""

    value: float
    low: float
    high: float
    unit: str
    source: str


@dataclass(frozen=True, slots=True)
class Situation:
    """A named scenario: the levers that differ from the default, and why anybody would look at it."""

    label: Text
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Budget:
    """What a learner may spend: trials and steps, never seconds.

    Attributes
    ----------
    trials
        Settings it may try and compare inside history; at least 1.
    steps
        Optimiser steps of a net, or trees times ten of a boosted model, for each trial.
    engineered
        Whether a specialist's features may be used beside the raw columns.
    device, threads
        Where to compute; they change the speed, not what may be learned.
    """

    trials: int
    steps: int
    engineered: bool = True
    device: str = "cpu"
    threads: int = 1


# --- what is learned from, and what acts -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table that people may see: name, unit, meaning."""

    name: str
    unit: str
    label: Text


Schema = Mapping[str, tuple[Column, ...]]
"""Columns by table name. Serves ``sectorlab data``, own data, contests and the docs."""


class History(Protocol):
    """All that a contender may learn from, in time order; :class:`core.log.Log` does for most."""

    @property
    def schema(self) -> Schema: ...

    def tables(self) -> Mapping[str, DataFrame]: ...

    def until(self, time: float) -> Self:
        """What was known before ``time``."""
        ...

    def thin(self, share: float, luck: Luck) -> Self:
        """The open-data lever: a smaller share is always contained in a larger one."""
        ...


@dataclass
class Policy(ABC):
    """Acts on what it sees. A rule, a formula, boosted trees and a net are the same type.

    A policy is a dataclass of numbers, texts, arrays and other such dataclasses, so that it can be
    copied for each play, sent to a worker and kept on disk without pickle (:mod:`core.store.policies`).

    Attributes
    ----------
    validation
        Its score on the last part of history, which it did not learn from; higher is better and
        comparable within a use case. ``nan`` when it does not stand for selection.
    """

    validation: float = field(default=math.nan, kw_only=True)

    @abstractmethod
    def act(self, seen: Table, rules: Table) -> Table:
        """Decide one epoch, all rows jointly.

        Parameters
        ----------
        seen
            What is visible now, ``(rows,)`` or ``(rows, ...)`` a column. ``unit`` numbers the decision units,
            by which adoption splits them.
        rules
            Public costs and limits, ``(1,)`` a column.

        Returns
        -------
        Table
            One row of decisions for each row seen.
        """

    def learn(self, feedback: Table, luck: Luck) -> None:  # noqa: B027 - most policies stay as they are
        """Take in what has become visible by now; nothing by default.

        Play calls it after each epoch, once for each kind of rows: a column is there when its values are
        known, and labels that come late come with the rows that they belong to.
        """


@dataclass
class Forecaster(Policy):
    """A policy that can also say what it expects, so that its skill can be measured."""

    @abstractmethod
    def predict(self, seen: Table) -> Table:
        """Forecast row by row: one row in a batch is the same as that row alone."""


H = TypeVar("H", bound=History)
S = TypeVar("S", bound=Scenario)
W = TypeVar("W")


@dataclass(frozen=True, slots=True)
class Contender(Generic[H]):
    """Who competes: the incumbent or a learner.

    ``needs`` names the heavy library it loads, so that cells that load the same one can share a worker.
    """

    role: Literal["incumbent", "learner"]
    label: Text
    fit: Callable[[H, Budget, Luck], Policy]
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What a bound is: computed to the optimum, never reachable, or the best that is known."""

    label: Text
    standing: Literal["exact", "bound", "best known", "estimate"]
    note: Text


# --- what comes out ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kpi:
    """A quantity that decisions change.

    Attributes
    ----------
    published
        The figure it stands beside, with its source, or "".
    base
        The KPI whose value under the incumbent says what is worth mentioning (a saving is judged by
        the energy it is saved from); by default the KPI itself.
    """

    name: str
    unit: str
    better: Literal["lower", "higher"]
    label: Text
    source: str
    published: str = ""
    base: str = ""
    digits: int = 1

    @property
    def sign(self) -> float:
        """+1 when more is better, else -1."""
        return 1.0 if self.better == "higher" else -1.0


@dataclass(frozen=True, slots=True)
class Score:
    """A measure of forecasts beside its noise floor and its naive reference (``nan``: none)."""

    value: float
    unit: str
    floor: float = math.nan
    naive: float = math.nan
    better: Literal["lower", "higher"] = "lower"


@dataclass(frozen=True, slots=True)
class Forecasts:
    """What a policy forecast beside what came, on the rows that ``skill`` is measured on.

    Attributes
    ----------
    truth, forecast
        ``(rows,)``.
    kind
        ``chance`` is the probability of something that came (truth 1) or did not (truth 0).
    """

    name: str
    label: Text
    unit: str
    truth: Array
    forecast: Array
    kind: Literal["quantity", "chance"] = "quantity"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one play left: KPI values, and tables to draw from."""

    kpis: Mapping[str, float]
    traces: Mapping[str, Table] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Check:
    """One question put to a world or to a use case: a value and the band it must lie in.

    ``physics`` holds by law, ``realism`` compares with published figures, ``conformance`` is what every use
    case keeps. ``detail`` says what was met, where the value alone does not.
    """

    name: str
    kind: Literal["physics", "realism", "conformance"]
    label: Text
    value: float
    low: float
    high: float
    unit: str
    source: str
    detail: str = ""

    @property
    def passed(self) -> bool:
        return bool(self.low <= self.value <= self.high)


@dataclass(frozen=True, slots=True)
class Chart:
    """A table and its encoding; any renderer can draw it.

    Attributes
    ----------
    kind
        ``line`` and ``scatter`` plot ``y`` over ``x``; ``bar`` has a category ``x``; with ``low`` and
        ``high`` each value carries its interval (a band on lines).
    title
        The finding, in one sentence; ``how`` says how to read the picture; ``alt`` replaces it.
    series
        Column that separates lines or colours, or "".
    about
        What it shows: the course of events in the operation, what was learned, or who gains and who loses.
    """

    name: str
    kind: Literal["line", "bar", "scatter"]
    table: Table
    x: str
    y: str
    title: Text
    how: Text
    alt: Text
    x_label: Text
    y_label: Text
    source: str
    series: str = ""
    low: str = ""
    high: str = ""
    about: Literal["course", "learned", "people"] = "course"


@dataclass(frozen=True, slots=True)
class Finding:
    """What the simulation says of the claim: a plain sentence and the number behind it.

    The value stands on the scale of the card's ``claim_value``: as high a value is as much as was claimed.
    """

    sentence: Text
    value: float
    low: float
    high: float
    unit: str


@dataclass(frozen=True, slots=True)
class Card:
    """What people read about an industry before any number."""

    title: Text
    question: Text
    story: Text
    incumbent: Text
    claim: Text
    claim_value: float
    claim_unit: str
    claim_source: str
    limits: Sequence[Text]
    sources: Sequence[str]


@dataclass(frozen=True, slots=True)
class Party:
    """Who gains or loses when an industry decides so: people, and the KPI by which they feel it.

    Attributes
    ----------
    kpi
        Its name; "" where nothing simulated tells, which is then said.
    note
        How it reaches them, in one sentence.
    against
        Whether what is better for the industry is worse for them.
    """

    who: Text
    kpi: str
    note: Text
    against: bool = False


@dataclass(frozen=True, slots=True)
class Scale:
    """What a size means: how many seeds, and the learners' budget at the levers' defaults."""

    seeds: int
    trials: int
    steps: int


class UseCase(ABC, Generic[S, W, H]):
    """An industry over one world. The engine owns seeds, devices, statistics, progress and storage."""

    name: ClassVar[str]
    card: ClassVar[Card]
    kpis: ClassVar[tuple[Kpi, ...]]
    contenders: ClassVar[Mapping[str, Contender[Any]]]
    yardsticks: ClassVar[Mapping[Role, Yardstick]]
    scales: ClassVar[Mapping[Size, Scale]]
    meanings: ClassVar[Mapping[str, Meaning]]
    situations: ClassVar[Mapping[str, Situation]] = {}
    constants: ClassVar[Mapping[str, Constant]] = {}
    money: ClassVar[str] = ""
    """The KPI of million KRW a year, net of what the learning costs; "" where there is none. What is told of
    it is always the difference to the incumbent."""
    parties: ClassVar[tuple[Party, ...]] = ()
    budgets: ClassVar[tuple[str, ...]] = ()
    """Rules that are shared sums: adoption gives each side its share of them."""
    noise: ClassVar[str] = ""
    """The deep lever that is the world's noise, for the conformance kit."""
    scenario: type[S]

    def __eq__(self, other: object) -> bool:
        """Two of one type are the same industry, so a world is drawn once in a worker."""
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    @abstractmethod
    def world(self, scenario: S, luck: Luck) -> tuple[W, H]:
        """Draw a world and the history it leaves; live levers change neither."""

    @abstractmethod
    def bounds(self, scenario: S, world: W) -> Mapping[Role, Policy]:
        """The oracle, which knows the truth; a ceiling where one can be computed."""

    @abstractmethod
    def play(self, scenario: S, world: W, policy: Policy, luck: Luck) -> Outcome:
        """Let a policy run the next period against the truth, which it must not change."""

    def settle(self, own: Mapping[str, float], incumbent: Mapping[str, float], cost_krw: float,
               scenario: S) -> Mapping[str, float]:  # fmt: skip
        """Complete a play's KPIs with those that exist only beside the incumbent's play.

        ``cost_krw`` is what the learning costs a year; 0 for the incumbent and the bounds.
        """
        return own

    def skill(self, scenario: S, world: W, policy: Forecaster) -> Mapping[str, Score]:
        """Predictive quality on the held-out period."""
        return {}

    def forecasts(self, scenario: S, world: W, policy: Forecaster) -> Sequence[Forecasts]:
        """Give the forecasts that ``skill`` judges, row by row, for people who want to see them."""
        return ()

    def references(self, scenario: S, world: W, history: H) -> Mapping[str, Mapping[str, Score]]:
        """Naive forecasters that take no decisions, by name, measured as ``skill`` is."""
        return {}

    def checks(self, scenario: S, world: W) -> Iterable[Check]:
        """Questions to the world that must be answered before any contender is believed."""
        return ()

    def find(self, run: Run) -> Finding | None:
        """What this run says of the claim."""
        return None

    def charts(self, run: Run) -> Sequence[Chart]:
        """Pictures of a run, beside those that every industry gets."""
        return ()
