"""Which points are tried: all combinations of some levels, or points spread evenly over ranges."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from core.engine.registry import AnyUseCase
from core.engine.scenario import levers, span
from core.errors import UserError
from core.luck import luck_of
from core.protocol import Array, Constant, Rng

Design = Literal["grid", "sobol"]
DESIGNS: tuple[Design, ...] = ("grid", "sobol")
MAX_POINTS, DEFAULT_POINTS = 10_000, 64
MAX_OWN_SEEDS = 100
LEVELS = 1_000
DECADE = 10.0
"""A range over as many times is drawn evenly in its logarithm."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One lever that varies.

    Attributes
    ----------
    lever
        Its name.
    levels
        The values of a grid, in the order given.
    low, high
        Ends of the range that a spread design covers; ``nan`` where only the levels may be taken.
    """

    lever: str
    levels: tuple[Any, ...]
    low: float = math.nan
    high: float = math.nan

    @property
    def continuous(self) -> bool:
        """Whether values between the levels make sense."""
        return math.isfinite(self.low)

    def at(self, share: float) -> Any:
        """Give the value at a share from 0 to 1 of the way."""
        if self.continuous:
            return self.low + share * (self.high - self.low)
        return self.levels[min(int(share * len(self.levels)), len(self.levels) - 1)]


def axis(case: AnyUseCase, text: str) -> Axis:
    """Read ``lever=a,b,c`` or ``lever=low:high:number``.

    Raises
    ------
    UserError
        Where it names no lever, or nothing that the lever takes.

    Examples
    --------
    >>> from usecases.datacenter_pue import USECASE
    >>> axis(USECASE, "adoption=0:1:5").levels
    (0.0, 0.25, 0.5, 0.75, 1.0)
    """
    name, equals, said = (part.strip() for part in text.partition("="))
    if not equals or not said:
        raise UserError(
            f"vary: {text!r} says no values; write it like --vary adoption=0:1:5 or adoption=0,1."
        )
    known = levers(case.scenario)
    if name not in known:
        raise UserError(f"vary: {name!r} is no lever of {case.name}; choose from {', '.join(known)}.")
    whole = known[name].annotation is int
    if ":" not in said:
        levels = [_value(one.strip()) for one in said.split(",") if one.strip()]
        if not levels:
            raise UserError(f"vary: {text!r} says no values; write it like --vary {name}=0,1.")
        return Axis(name, tuple(dict.fromkeys(levels)))
    if span(known[name]) is None:
        raise UserError(f"vary: {name} has named settings and no range; write it like --vary {name}=a,b.")
    low, high, number = _range(text, said)
    steps = [low + (high - low) * i / (number - 1) for i in range(number)]
    if whole:
        return Axis(name, tuple(dict.fromkeys(round(step) for step in steps)))
    return Axis(name, tuple(steps), low, high)


def _range(text: str, said: str) -> tuple[float, float, int]:
    try:
        low, high, number = said.split(":")
        ends = float(low), float(high), int(number)
    except ValueError as error:
        raise UserError(f"vary: {text!r} is no range; write it like --vary adoption=0:1:5.") from error
    if not (ends[0] < ends[1] and 2 <= ends[2] <= LEVELS):
        raise UserError(
            f"vary: {text!r} is no range; the first number must be below the second, and the third is how"
            f" many levels, from 2 to {LEVELS:,}."
        )
    return ends


def _value(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def points_of(axes: Sequence[Axis], design: str, points: int | None) -> list[dict[str, Any]]:
    """Lay out a design.

    Raises
    ------
    UserError
        For an unknown design, a lever twice, or a number of points that does not fit the design.
    """
    names = [one.lever for one in axes]
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"vary: {name} is there twice; give all its values at once.")
    if design not in DESIGNS:
        raise UserError(f"design: {design!r} is unknown; choose {' or '.join(DESIGNS)}.")
    if design == "grid":
        if points is not None:
            raise UserError("points: a grid has all combinations; leave out --points, or add --design sobol.")
        return grid(axes)
    return sobol(axes, DEFAULT_POINTS if points is None else points, luck_of(0)("sobol"))


def own_seeds(design: str, points: int, seeds: int) -> list[range]:
    """Give each point of a spread design seeds of its own; no two points share one.

    What differs from world to world is then in each point's luck, and the point is the unit.

    Raises
    ------
    UserError
        For a grid, whose levels are compared in the same worlds, or when the seeds are out of range.

    Examples
    --------
    >>> own_seeds("sobol", 3, 2)
    [range(0, 2), range(2, 4), range(4, 6)]
    """
    if design != "sobol":
        raise UserError(
            f"own-seeds: the points of a {design} share their seeds; add --design sobol, or leave out"
            " --own-seeds."
        )
    if not 1 <= seeds <= MAX_OWN_SEEDS:
        raise UserError(
            f"seeds: {seeds} is not allowed; give a number from 1 to {MAX_OWN_SEEDS} for each point."
        )
    return [range(point * seeds, (point + 1) * seeds) for point in range(points)]


def grid(axes: Sequence[Axis]) -> list[dict[str, Any]]:
    """All combinations of the levels, the last lever fastest.

    Raises
    ------
    UserError
        When they are too many.
    """
    number = math.prod(len(one.levels) for one in axes)
    if number > MAX_POINTS:
        raise UserError(
            f"vary: the grid has {number:,} points, at most {MAX_POINTS:,} are allowed; give fewer levels, or"
            " --design sobol --points N."
        )
    names = [one.lever for one in axes]
    return [dict(zip(names, values, strict=True)) for values in itertools.product(*(a.levels for a in axes))]


def sobol(axes: Sequence[Axis], points: int, rng: Rng) -> list[dict[str, Any]]:
    """Points that fill the ranges evenly: Sobol's sequence, scrambled [1]_.

    Raises
    ------
    UserError
        When the number of points is out of range.

    References
    ----------
    .. [1] Owen (1998), Scrambling Sobol' and Niederreiter-Xing points, J. Complexity 14(4), 466-489.
    """
    from scipy.stats import qmc

    if not 2 <= points <= MAX_POINTS:
        raise UserError(f"points: {points} is not allowed; give a number from 2 to {MAX_POINTS:,}.")
    # The sequence is balanced in powers of two; the first of the next power are as even as can be had.
    drawn = qmc.Sobol(len(axes), rng=rng).random_base2(math.ceil(math.log2(points)))[:points]
    return [{one.lever: one.at(float(u)) for one, u in zip(axes, row, strict=True)} for row in drawn]


def plausible(constants: Mapping[str, Constant], draws: int, rng: Rng) -> dict[str, Array]:
    """Draw constants jointly from their ranges: a Latin hypercube [1]_, each range evenly covered.

    Within a range all values count as equally likely; where it spans a power of ten or more, all orders of
    magnitude do. Constants without a range stay out.

    Returns
    -------
    dict
        ``(draws,)`` values by constant.

    References
    ----------
    .. [1] McKay, Beckman and Conover (1979), A comparison of three methods for selecting values of input
       variables, Technometrics 21(2), 239-245.
    """
    from scipy.stats import qmc

    uncertain = {name: one for name, one in constants.items() if one.low < one.high}
    if not uncertain:
        return {}
    drawn = qmc.LatinHypercube(len(uncertain), rng=rng).random(draws)
    return {name: _stretched(one, drawn[:, i]) for i, (name, one) in enumerate(uncertain.items())}


def _stretched(constant: Constant, share: Array) -> Array:
    low, high = constant.low, constant.high
    if low > 0.0 and high / low >= DECADE:
        return np.asarray(np.clip(low * (high / low) ** share, low, high))
    return low + share * (high - low)
