"""A moved lever answered at once: the KPIs of a spread sweep as surfaces over its levers, with bands.

It is fitted once, when the sweep is kept; what is kept are a few numbers a quantity, as plain data in the
sweep's own document. The points themselves are read from the sweep's table. Whatever the sweep did not try is
refused, never guessed: :class:`Outside` says what was tried.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from core.engine.registry import AnyUseCase
from core.engine.scenario import levers
from core.errors import UserError
from core.protocol import Array, Scenario
from core.results import SELECTED
from core.sweep.curves import learner_of, numeric
from core.sweep.design import Axis
from core.sweep.shelf import Sheet, Shelf
from core.sweep.surface import Laid, Surface, find, held, lay
from core.sweep.sweep import Sweep

LEAST = 40
"""Whole points that a fit needs."""
ROUNDING = 1e-9


class Outside(UserError):
    """A scenario that the sweep did not cover, told in one sentence and in its parts.

    Attributes
    ----------
    lever
        What stands elsewhere: a lever, a constant, ``size`` or ``usecase``.
    value
        Where it stands.
    low, high
        Ends of the range that the sweep covered; None where it took single values.
    options
        The values that it took, one where it was not varied; empty where there is a range.
    """

    def __init__(
        self, lever: str, value: Any, *, low: float | None = None, high: float | None = None,
        options: Sequence[Any] = (),
    ) -> None:  # fmt: skip
        self.lever, self.value, self.low, self.high, self.options = lever, value, low, high, tuple(options)
        if self.options:
            tried = f"is not what the sweep tried ({', '.join(map(str, self.options))}); keep to that"
        else:
            tried = f"lies outside {low:g} to {high:g}, which the sweep covered; stay inside"
        super().__init__(f"{lever}: {value!r} {tried}, or compute exactly with `sectorlab run`.")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a quantity would be.

    Attributes
    ----------
    mean
        In the quantity's unit, like all others.
    low, high
        Band in which a run of as many seeds as the sweep's points had would land, with 90 %.
    """

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Covered:
    """A lever and where the sweep tried it: anywhere between two ends, or at some values alone."""

    lever: str
    low: float | None
    high: float | None
    options: tuple[Any, ...]

    def columns(self, value: Any) -> list[float]:
        """Say a value as numbers from 0 to 1: one, or one for each name.

        Raises
        ------
        Outside
            When it was not covered.

        Examples
        --------
        >>> Covered("hours", None, None, (1, 3, 5)).columns(3)
        [0.5]
        >>> Covered("climate", None, None, ("mild", "harsh")).columns("harsh")
        [0.0, 1.0]
        """
        if self.low is not None and self.high is not None:
            slack = ROUNDING * (self.high - self.low)
            if not self.low - slack <= value <= self.high + slack:
                raise Outside(self.lever, value, low=self.low, high=self.high)
            return [(value - self.low) / (self.high - self.low)]
        if not any(same(value, one) for one in self.options):
            raise self._refused(value)
        if not numeric(self.options):
            return [float(value == one) for one in self.options]
        low, high = min(self.options), max(self.options)
        return [(value - low) / (high - low) if high > low else 0.0]

    def _refused(self, value: Any) -> Outside:
        """Say what was tried: beyond many numbers, their ends say it more shortly."""
        if len(self.options) > 1 and numeric((*self.options, value)):
            low, high = min(self.options), max(self.options)
            if not low <= value <= high:
                return Outside(self.lever, value, low=low, high=high)
        return Outside(self.lever, value, options=self.options)


def same(one: Any, other: Any) -> bool:
    """Whether two values of a lever are one, up to rounding."""
    if numeric((one, other)):
        return math.isclose(one, other, rel_tol=ROUNDING, abs_tol=ROUNDING)
    return bool(one == other)


@dataclass(frozen=True)
class Emulator:
    """Estimates of the KPIs of an industry between the points of a sweep.

    Quantities are ``difference.KPI``, the selected learner's less the incumbent's, for every KPI, and the
    levels ``incumbent.KPI`` and ``selected.KPI`` of the headline; each a mean over a point's seeds, in the
    KPI's unit.

    A band holds 90 % of runs over the whole of what the sweep covered; it swells along levers with which luck
    grows, but at a single place it may hold fewer or more. With own seeds a point's luck is that of its
    world, and a band is for a run in any world. Where points share their seeds, the luck that they have in
    common cannot be seen between them, and a band is for a run on the same seeds.

    Attributes
    ----------
    axes
        The levers that varied.
    base
        The others, the size and the constants assumed, where they stood.
    seeds, own_seeds
        Of each point, and whether they were its own.
    inside
        Points inside a band that was made without them, by quantity.
    laid
        The surfaces, in the order of ``inside``.
    """

    case: AnyUseCase
    axes: tuple[Covered, ...]
    base: Mapping[str, Any]
    seeds: int
    own_seeds: bool
    inside: Mapping[str, int]
    laid: Laid

    @property
    def points(self) -> int:
        """Points that it rests on, each of which was held out once."""
        return len(self.laid.x)

    def covered(self, quantity: str) -> float:
        """Give the share of held-out points inside the band; 0.9 is what it promises."""
        return self.inside[quantity] / self.points

    def estimate(self, scenario: Scenario) -> Mapping[str, Estimate]:
        """Estimate every quantity.

        Raises
        ------
        Outside
            When the sweep does not cover the scenario.
        """
        self._check(scenario)
        place = np.array([x for one in self.axes for x in one.columns(getattr(scenario, one.lever))])
        means, halves = (part.tolist() for part in self.laid.at(place))
        return {
            name: Estimate(mean, mean - half, mean + half)
            for name, mean, half in zip(self.inside, means, halves, strict=True)
        }

    def _check(self, scenario: Scenario) -> None:
        """Refuse another industry, size, constant, or lever that did not vary."""
        if type(scenario) is not self.case.scenario:
            raise Outside("usecase", type(scenario).__name__, options=[self.case.name])
        if scenario.size != self.base["size"]:
            raise Outside("size", scenario.size, options=[self.base["size"]])
        usual = {name: one.value for name, one in self.case.constants.items()}
        stood, stands = usual | dict(self.base["assumed"]), usual | dict(scenario.assumed)
        for name, value in stands.items():
            if not same(value, stood[name]):
                raise Outside(name, value, options=[stood[name]])
        varied = {one.lever for one in self.axes}
        for name, info in levers(self.case.scenario).items():
            held_at, value = self.base.get(name, info.default), getattr(scenario, name)
            if name not in varied and not same(value, held_at):
                raise Outside(name, value, options=[held_at])

    def as_json(self) -> dict[str, Any]:
        """Write all but the points as plain data; :func:`restore` reads it."""
        return {
            "axes": [{**asdict(one), "options": list(one.options)} for one in self.axes],
            "base": {**self.base, "assumed": [list(one) for one in self.base["assumed"]]},
            "seeds": self.seeds,
            "own_seeds": self.own_seeds,
            "points": self.points,
            "quantities": {
                name: {
                    **asdict(surface),
                    "lengths": list(surface.lengths),
                    "swell": list(surface.swell),
                    "inside": inside,
                    "covered": self.covered(name),
                }
                for (name, inside), surface in zip(self.inside.items(), self.laid.surfaces, strict=True)
            },
        }


def fit(sweep: Sweep, axes: Sequence[Axis]) -> Emulator:
    """Fit an emulator to a spread sweep, and measure how often its bands hold.

    Raises
    ------
    UserError
        When the sweep has too few whole points.
    """
    from threadpoolctl import threadpool_limits

    if len(sweep.whole) < LEAST:
        raise UserError(
            f"emulator: {len(sweep.whole)} whole points are too few; give at least --points {LEAST}."
        )
    covers = tuple(_cover(one) for one in axes)
    x, values = _places(sweep, covers), quantities(sweep)
    # Matrices are small and many: two threads that share a busy core take ten times as long as one.
    with threadpool_limits(1):
        surfaces = tuple(find(x, y) for y in values.values())
        inside = {name: held(x, y, one) for (name, y), one in zip(values.items(), surfaces, strict=True)}
    asked = sweep.asked
    base = asked.scenarios[0].model_dump(exclude={one.lever for one in covers})
    laid = lay(surfaces, x, np.stack(list(values.values())))
    return Emulator(sweep.case, covers, base, len(asked.seeds[0]), asked.own_seeds, inside, laid)


def _cover(axis: Axis) -> Covered:
    if axis.continuous:
        return Covered(axis.lever, axis.low, axis.high, ())
    return Covered(axis.lever, None, None, axis.levels)


def _places(sweep: Sweep, axes: Sequence[Covered]) -> Array:
    """Give the whole points as numbers from 0 to 1, ``(points, columns)``."""
    scenarios = (sweep.asked.scenarios[point] for point in sweep.whole)
    return np.array([[x for a in axes for x in a.columns(getattr(one, a.lever))] for one in scenarios])


def quantities(sweep: Sweep) -> dict[str, Array]:
    """Give what is estimated at the whole points, each ``(points,)``: means over a point's seeds."""
    runs, headline = [sweep.at(point) for point in sweep.whole], sweep.case.kpis[0].name
    found = {
        f"difference.{kpi.name}": [run.beside_incumbent(kpi.name, learner_of(run)).mean() for run in runs]
        for kpi in sweep.case.kpis
    }
    found[f"incumbent.{headline}"] = [run.values(headline, run.incumbent).mean() for run in runs]
    found[f"{SELECTED}.{headline}"] = [run.values(headline, learner_of(run)).mean() for run in runs]
    return {name: np.array(one, dtype=float) for name, one in found.items()}


def restore(document: Mapping[str, Any], sheet: Sheet, sweep: Sweep) -> Emulator:
    """Lay the surfaces of a stored sweep through its points again.

    Parameters
    ----------
    document
        The sweep's, with an ``emulator``.

    Raises
    ------
    UserError
        When it was written by a version that kept other things.
    """
    try:
        kept = document["emulator"]
        axes = tuple(Covered(**{**one, "options": tuple(one["options"])}) for one in kept["axes"])
        values, x = quantities(sweep), _places(sweep, axes)
        surfaces, inside = {}, {}
        for name, one in kept["quantities"].items():
            numbers = {key: one[key] for key in Surface.__slots__}
            several = {key: tuple(one[key]) for key in ("lengths", "swell")}
            surfaces[name] = Surface(**{**numbers, **several})
            inside[name] = int(one["inside"])
        laid = lay(tuple(surfaces.values()), x, np.stack([values[name] for name in surfaces]))
        base = {**kept["base"], "assumed": tuple((name, value) for name, value in kept["base"]["assumed"])}
        return Emulator(sweep.case, axes, base, kept["seeds"], kept["own_seeds"], inside, laid)
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"sweep: the emulator of {sheet.id} was made by another version; run the sweep again."
        ) from error


def emulator_of(shelf: Shelf, sweep_id: str) -> Emulator | None:
    """Read the emulator of a stored sweep; None where it has none.

    Raises
    ------
    UserError
        When there is no such sweep, a file of it is damaged, or another version made it.
    """
    document, sheet = shelf.document(sweep_id)
    if document.get("emulator") is None:
        return None
    sweep, _ = shelf.open(sheet.id)
    return restore(document, sheet, sweep)
