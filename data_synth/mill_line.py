"""Furnaces, roughing mill and delay table ahead of a seven-stand hot strip finishing mill.

Slabs pass in order and none overtakes. :func:`pass_through` writes the line as a recursion of sums and
maxima, one step a slab, and carries the volume. :func:`simulate` plays the same line with places, stands
and a crew that one can watch; the tests hold the two against each other.

The mill pulls: a slab is drawn from the furnace so late that it meets a free rougher and, where a roll
change is planned, a mill that is ready for it. Only an unplanned stop lets a bar wait on the delay table,
and behind it in the rougher. The table holds one bar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from data_synth.tiers import compiled

if TYPE_CHECKING:
    from simpy import Environment
    from simpy.events import Event, ProcessGenerator
    from simpy.resources.resource import Request

Floats = NDArray[np.float64]


class Line(NamedTuple):
    """Constants of the line, in seconds but for the first.

    Attributes
    ----------
    furnace_places
        Slabs that the furnaces hold together, a whole number.
    soak_s
        Least time that a slab stays in the furnace.
    travel_s
        From the furnace door to the rougher.
    transfer_s
        Least time over the delay table, from the rougher's exit to the entry of the finishing mill.
    gap_s
        Least time between a bar's tail leaving the finishing mill and the next head entering it.
    clear_s
        From a head entering the finishing mill until the delay table can take the next bar.
    """

    furnace_places: float
    soak_s: float
    travel_s: float
    transfer_s: float
    gap_s: float
    clear_s: float


class Passage(NamedTuple):
    """When each slab passed, ``(slabs,)`` seconds a field; the first slab is drawn at 0.

    Attributes
    ----------
    extracted
        The slab leaves the furnace.
    rougher_exit
        The bar has had its last roughing pass, where its temperature is read.
    entry
        The head enters the first finishing stand.
    done
        The tail leaves the last one.
    residence
        Time spent in the furnace.
    delay
        ``entry - rougher_exit``, in which the bar cools.
    """

    extracted: Floats
    rougher_exit: Floats
    entry: Floats
    done: Floats
    residence: Floats
    delay: Floats


class _Slabs(NamedTuple):
    """What is asked for each slab, ``(slabs,)`` seconds a field."""

    due_s: Floats
    rough_s: Floats
    roll_s: Floats
    planned_stop_s: Floats
    stop_s: Floats


def _check_line(line: Line) -> Line:
    for name, value in line._asdict().items():
        if not (np.isfinite(value) and value >= 0.0):
            raise ValueError(f"{name} is {value}: a finite number of at least 0 is needed")
    if line.furnace_places < 1 or line.furnace_places % 1:
        raise ValueError(f"furnace_places is {line.furnace_places}: a whole number of at least 1 is needed")
    return Line(*map(float, line))  # one type, so that numba compiles one version


def _check_slabs(**given: ArrayLike) -> _Slabs:
    slabs = {name: np.ascontiguousarray(value, dtype=np.float64) for name, value in given.items()}
    count = slabs["due_s"].size
    for name, array in slabs.items():
        if np.shape(given[name]) != (count,):
            raise ValueError(
                f"{name} has shape {np.shape(given[name])}: one number a slab is needed, ({count},)"
            )
        bad = np.flatnonzero(~(np.isfinite(array) & (array >= 0.0)))
        if bad.size:
            raise ValueError(f"{name}[{bad[0]}] is {array[bad[0]]}: finite seconds of at least 0 are needed")
    return _Slabs(**slabs)


@compiled
def _pass(line, slabs, charged, extracted, rougher_exit, entry, done):  # type: ignore[no-untyped-def]  # numba infers the types
    # What the slab ahead left behind; nothing is ahead of the first, so none of it binds.
    drawn = rougher_free = entered = mill_free = -np.inf
    for i in range(extracted.size):
        rough, planned = slabs.rough_s[i], slabs.planned_stop_s[i]
        charged[i] = extracted[int(i - line.furnace_places)] if i >= line.furnace_places else -line.soak_s
        drawn = max(charged[i] + line.soak_s, drawn + slabs.due_s[i], rougher_free - line.travel_s)
        if planned > 0.0:
            drawn = max(drawn, mill_free + planned - line.transfer_s - rough - line.travel_s)
        extracted[i] = drawn
        rougher_exit[i] = drawn + line.travel_s + rough
        # The bar stays in the rougher until the table is clear of the one ahead.
        rougher_free = max(rougher_exit[i], entered + line.clear_s)
        entered = max(rougher_free + line.transfer_s, mill_free + planned + slabs.stop_s[i])
        entry[i] = entered
        done[i] = entered + slabs.roll_s[i]
        mill_free = done[i] + line.gap_s


def pass_through(
    line: Line,
    *,
    due_s: ArrayLike,
    rough_s: ArrayLike,
    roll_s: ArrayLike,
    planned_stop_s: ArrayLike,
    stop_s: ArrayLike,
) -> Passage:
    """Pass slabs through the line by the recursion.

    Parameters
    ----------
    line
        The constants.
    due_s
        ``(slabs,)`` s: least time between the extraction of the slab ahead and this one, the pacing.
    rough_s, roll_s
        ``(slabs,)`` s in the rougher and in the finishing mill.
    planned_stop_s
        ``(slabs,)`` s that the finishing mill stands before this bar, as for a roll change. Extraction is
        held back for it.
    stop_s
        ``(slabs,)`` s that it stands before this bar without anybody's knowing beforehand, after the
        planned stop where there are both. The bar waits on the table.

    Returns
    -------
    Passage
        All times in s. The first slab is drawn at 0: there is no slab ahead to pace or stop it, so its
        ``due_s``, ``planned_stop_s`` and ``stop_s`` say nothing.

    Raises
    ------
    ValueError
        If a number is negative or not finite, ``furnace_places`` is not whole, or lengths differ.

    Examples
    --------
    The mill breaks down for 100 s before the second bar, which waits 80 s longer than the 20 s it needs:

    >>> line = Line(furnace_places=60, soak_s=9000, travel_s=30, transfer_s=20, gap_s=10, clear_s=15)
    >>> each = dict(due_s=[90, 90], rough_s=[70, 70], roll_s=[60, 60], planned_stop_s=[0, 0])
    >>> passage = pass_through(line, **each, stop_s=[0, 100])
    >>> passage.rougher_exit.tolist(), passage.entry.tolist()
    ([100.0, 190.0], [120.0, 290.0])
    >>> passage.delay.tolist()
    [20.0, 100.0]
    """
    line = _check_line(line)
    slabs = _check_slabs(
        due_s=due_s, rough_s=rough_s, roll_s=roll_s, planned_stop_s=planned_stop_s, stop_s=stop_s
    )
    charged, extracted, rougher_exit, entry, done = np.empty((5, slabs.due_s.size))
    _pass(line, slabs, charged, extracted, rougher_exit, entry, done)
    return Passage(extracted, rougher_exit, entry, done, extracted - charged, entry - rougher_exit)


def simulate(
    line: Line,
    *,
    due_s: ArrayLike,
    rough_s: ArrayLike,
    roll_s: ArrayLike,
    planned_stop_s: ArrayLike,
    stop_s: ArrayLike,
) -> Passage:
    """Pass slabs through the line as processes that queue for places; see :func:`pass_through`.

    Parameters
    ----------
    line, due_s, rough_s, roll_s, planned_stop_s, stop_s
        As there, with the same units, shapes and errors.

    Returns
    -------
    Passage
        The same times, but for rounding.
    """
    line = _check_line(line)
    slabs = _check_slabs(
        due_s=due_s, rough_s=rough_s, roll_s=roll_s, planned_stop_s=planned_stop_s, stop_s=stop_s
    )
    floor = _Floor(line, slabs)
    floor.env.run()
    extracted, charged = floor.called - line.travel_s, floor.charged - line.travel_s
    return Passage(
        extracted,
        floor.rougher_exit,
        floor.entry,
        floor.done,
        extracted - charged,
        floor.entry - floor.rougher_exit,
    )


class _Floor:
    """The shop floor: a charger, an extractor, and a process for each bar.

    The furnaces' clock is ``travel_s`` slow: a slab is drawn when the rougher is about to be free for it,
    so the door is watched at the moment when what is drawn there would stand before the rougher.
    """

    def __init__(self, line: Line, slabs: _Slabs) -> None:
        from simpy import Environment, Resource, Store

        self.line, self.slabs, self.count = line, slabs, slabs.due_s.size
        self.called, self.charged, self.rougher_exit, self.entry, self.done = np.empty((5, self.count))
        self.env: Environment = Environment(initial_time=line.travel_s - line.soak_s)
        self.furnace = Resource(self.env, int(line.furnace_places))
        self.inside = Store(self.env)
        self.rougher, self.table, self.mill = (Resource(self.env) for _ in range(3))
        self.entered = [self.env.event() for _ in range(self.count)]
        self.last_call = self.env.now
        self.env.process(self._charge())
        self.env.process(self._extract())

    def _until(self, moment: float) -> Event:
        return self.env.timeout(max(0.0, moment - self.env.now))

    def _charge(self) -> ProcessGenerator:
        """Fill the furnaces, then put a slab into each place as it is left."""
        for i in range(self.count):
            place = self.furnace.request()
            yield place
            self.charged[i] = self.last_call
            yield self.inside.put(place)

    def _extract(self) -> ProcessGenerator:
        """Draw slabs in order, each when it is soaked, due and wanted."""
        for i in range(self.count):
            place = yield self.inside.get()
            yield self._until(self.charged[i] + self.line.soak_s)
            if i:
                yield self._until(self.last_call + self.slabs.due_s[i])
            turn = self.rougher.request()
            yield turn
            call = self.env.now
            if i and self.slabs.planned_stop_s[i] > 0.0:
                # When the crew is ready again is sure once the bar ahead is in the mill. After a stop too
                # short for the way there, that is too late to draw the slab in time, as a crew with
                # foresight does: then the call is dated back, and the bar is roughed by the earlier date.
                yield self.entered[i - 1]
                call = max(call, self._ready(i) - self.line.transfer_s - self.slabs.rough_s[i])
                yield self._until(call)
            self.called[i] = self.last_call = call
            self.furnace.release(place)
            self.env.process(self._bar(i, turn))

    def _ready(self, i: int) -> float:
        """When the mill takes bar ``i`` if nothing but the planned stop comes between."""
        tail = self.entry[i - 1] + self.slabs.roll_s[i - 1]
        return float(tail + self.line.gap_s + self.slabs.planned_stop_s[i])

    def _bar(self, i: int, turn: Request) -> ProcessGenerator:
        """Rough a bar, lay it on the table when that is free, and roll it."""
        self.rougher_exit[i] = self.called[i] + self.slabs.rough_s[i]
        yield self._until(self.rougher_exit[i])
        place = self.table.request()
        yield place
        self.rougher.release(turn)
        yield self.env.timeout(self.line.transfer_s)
        stands = self.mill.request()
        yield stands
        self.entry[i] = self.env.now
        self.entered[i].succeed()
        self.env.process(self._clear(place))
        yield self.env.timeout(self.slabs.roll_s[i])
        self.done[i] = self.env.now
        yield self.env.timeout(self.line.gap_s)
        if i + 1 < self.count:  # the crew has the stands until the next bar may come
            yield self.env.timeout(self.slabs.planned_stop_s[i + 1])
            yield self.env.timeout(self.slabs.stop_s[i + 1])
        self.mill.release(stands)

    def _clear(self, place: Request) -> ProcessGenerator:
        yield self.env.timeout(self.line.clear_s)
        self.table.release(place)
