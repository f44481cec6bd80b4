"""A crew of analysts who review alerts: a queue with priorities and shifts, and what theory says of it.

:class:`AlertQueue` plays the crew with SimPy, over as many days as wanted, a day or a month at a time.
:func:`erlang_c` and :func:`mean_wait_mmc` are the closed forms that it must meet where alerts are alike,
come at random and the crew never goes home; the tests hold the two against each other.

Times are hours since the play began at midnight. They are rounded up to a grid of 2**-30 h (3 µs), on
which sums of floats are exact: what happens at one moment is then the same moment for all, and where a
play is cut into calls leaves no trace. At one moment reviews end and the crew comes and goes first, then
alerts arrive, and then free analysts reach for the best of what waits.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from simpy import Environment, PriorityStore
    from simpy.events import Event, ProcessGenerator

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TICK = 2.0**-30
"""Hours between two moments that can be told apart."""
HORIZON = 2.0**22
"""Hours (478 years) up to which floats hold every half tick."""


@dataclass(frozen=True)
class Crew:
    """Who is on duty, and when.

    At the end of the shift each analyst finishes the alert in hand and goes home.

    Attributes
    ----------
    analysts
        How many there are, a whole number; with 0 nothing is ever reviewed.
    start, end
        O'clock, the same every day: on duty from ``start`` on and no longer at ``end``. 0 and 24 mean
        round the clock.

    Raises
    ------
    ValueError
        If ``analysts`` is negative or not whole, or not ``0 <= start < end <= 24``.
    """

    analysts: int
    start: float
    end: float

    def __post_init__(self) -> None:
        _check_whole("analysts", self.analysts, low=0)
        if not 0.0 <= self.start < self.end <= 24.0:
            raise ValueError(
                f"start is {self.start} and end is {self.end}: give o'clock with 0 <= start < end <= 24"
            )


class Reviews(NamedTuple):
    """Reviews that are over, ``(reviews,)`` a field, sorted by end and then by alert.

    Attributes
    ----------
    alert
        Ids as they were given.
    started, ended
        Hours since the play began.
    waited
        Hours from the arrival to the start, whether the crew was on duty or not.
    """

    alert: Ints
    started: Floats
    ended: Floats
    waited: Floats


class Load(NamedTuple):
    """State of the queue just before each of the hours asked for, in their shape.

    Attributes
    ----------
    waiting
        Alerts that nobody has taken up yet.
    busy
        Analysts who review, those who stay past the end of the shift included.
    """

    waiting: Ints
    busy: Ints


class _Alert(NamedTuple):
    """One alert; as a tuple it sorts before those that are reviewed after it."""

    urgency: float
    arrival: float
    alert: int
    service: float


def _check_whole(name: str, value: float, low: int) -> None:
    if not value >= low or value % 1:
        raise ValueError(f"{name} is {value}: give a whole number of at least {low}")


def _on_grid(hours: ArrayLike) -> Floats:
    return np.ceil(np.asarray(hours, dtype=np.float64) / TICK) * TICK


def _check_range(name: str, values: Floats, low: float, high: float) -> None:
    bad = np.flatnonzero(~((values >= low) & (values <= high)))
    if bad.size:
        raise ValueError(f"{name}[{bad[0]}] is {values.flat[bad[0]]}: give numbers from {low} to {high}")


def _check_alerts(
    clock: float, alert: ArrayLike, arrival: ArrayLike, priority: ArrayLike, service: ArrayLike
) -> Iterable[_Alert]:
    ids = np.asarray(alert)
    if ids.ndim != 1 or (ids.size and ids.dtype.kind not in "iu"):
        raise ValueError(f"alert has shape {ids.shape} and type {ids.dtype}: give one integer an alert")
    given = {"arrival": arrival, "priority": priority, "service": service}
    columns = {name: np.asarray(values, dtype=np.float64) for name, values in given.items()}
    for name, values in columns.items():
        if values.shape != ids.shape:
            raise ValueError(f"{name} has shape {values.shape}: give one number an alert, {ids.shape}")
    _check_range("arrival", columns["arrival"], clock, HORIZON)
    _check_range("priority", columns["priority"], -np.finfo(float).max, np.finfo(float).max)
    _check_range("service", columns["service"], 0.0, HORIZON)
    return map(
        _Alert,
        (-columns["priority"]).tolist(),
        _on_grid(columns["arrival"]).tolist(),
        ids.tolist(),
        _on_grid(columns["service"]).tolist(),
    )


class AlertQueue:
    """Alerts that wait, and the crew that reviews them; it lives on from call to call.

    Whoever is free takes the alert of highest priority, among equals the one that came first, and then
    the one of lower id. A review once begun is finished.

    Parameters
    ----------
    crew
        Who reviews.

    Attributes
    ----------
    clock
        Hour up to which the play has run; what happens at that very hour is still to come.

    Examples
    --------
    One analyst from 9 to 17. Alert 1 comes at 16:30 and takes her beyond the shift; alerts 2 and 3 wait
    for the morning, and alert 3 goes first:

    >>> queue = AlertQueue(Crew(analysts=1, start=9, end=17))
    >>> queue.run(24, alert=[1, 2, 3], arrival=[16.5, 16.75, 20], priority=[5, 1, 2], service=[1, 1, 1])
    Reviews(alert=array([1]), started=array([16.5]), ended=array([17.5]), waited=array([0.]))
    >>> queue.waiting
    2
    >>> reviews = queue.run(48, alert=[], arrival=[], priority=[], service=[])
    >>> reviews.alert.tolist(), reviews.started.tolist(), reviews.waited.tolist()
    ([3, 2], [33.0, 34.0], [13.0, 17.25])
    >>> queue.load([17, 24, 33.5])
    Load(waiting=array([1, 2, 1]), busy=array([1, 0, 1]))
    """

    def __init__(self, crew: Crew) -> None:
        from simpy import Environment, PriorityStore

        self.clock = 0.0
        self._env: Environment = Environment(initial_time=0.0)
        self._queue: PriorityStore = PriorityStore(self._env)
        self._ahead: list[_Alert] = []  # given already, but not yet arrived
        self._over: list[tuple[int, float, float, float]] = []  # reviews that ended in this call
        # When each thing happened, in order, which is all that the load is made of.
        self._arrived, self._started, self._ended = array("d"), array("d"), array("d")
        for _ in range(int(crew.analysts)):
            self._env.process(self._analyst(float(_on_grid(crew.start)), float(_on_grid(crew.end))))

    @property
    def waiting(self) -> int:
        """Alerts that have arrived and that nobody has taken up."""
        return len(self._queue.items)

    def run(
        self, until: float, alert: ArrayLike, arrival: ArrayLike, priority: ArrayLike, service: ArrayLike
    ) -> Reviews:
        """Add alerts and play up to an hour.

        Parameters
        ----------
        until
            Hour since the play began, after :attr:`clock`. What happens at that very hour belongs to the
            next call.
        alert
            ``(alerts,)`` ids, whole numbers, which nothing here asks to differ; alerts in any order.
        arrival
            ``(alerts,)`` hours since the play began, from :attr:`clock` on. One that comes only after
            ``until`` is kept until it does.
        priority
            ``(alerts,)`` numbers: the higher is reviewed first.
        service
            ``(alerts,)`` hours that the review takes.

        Returns
        -------
        Reviews
            Those that ended from the old clock on and before ``until``.

        Raises
        ------
        ValueError
            If ``until`` is not after the clock, lengths differ, an id is not an integer, an arrival lies
            before the clock, a service is negative, or a number is not finite or an hour beyond
            :data:`HORIZON`. Nothing has happened then.
        """
        if not self.clock + TICK <= until <= HORIZON:
            raise ValueError(f"until is {until}: give an hour after the clock, {self.clock}, up to {HORIZON}")
        coming = [*self._ahead, *_check_alerts(self.clock, alert, arrival, priority, service)]
        self.clock, stop = float(until), float(_on_grid(until))
        coming.sort(key=lambda one: one.arrival)
        due = bisect_left(coming, stop, key=lambda one: one.arrival)
        self._ahead = coming[due:]
        self._env.process(self._arrivals(coming[:due]))
        self._env.run(stop)
        return self._collect()

    def load(self, hours: ArrayLike) -> Load:
        """How many wait and how many are busy, just before each of some hours.

        Parameters
        ----------
        hours
            Hours since the play began, 0 to :attr:`clock`, of any shape and in any order.

        Returns
        -------
        Load
            Counts in the shape of ``hours``; at the clock, ``waiting`` is :attr:`waiting`.

        Raises
        ------
        ValueError
            If an hour lies before 0 or after the clock.
        """
        when = np.asarray(hours, dtype=np.float64)
        _check_range("hours", when, 0.0, self.clock)
        arrived, started, ended = (
            np.searchsorted(np.array(times), when) for times in (self._arrived, self._started, self._ended)
        )
        return Load(arrived - started, started - ended)

    def _collect(self) -> Reviews:
        fields = [("alert", np.int64), ("started", np.float64), ("ended", np.float64), ("waited", np.float64)]
        table = np.array(self._over, dtype=fields)
        self._over.clear()
        # Reviews that end together have no order of their own, so one is made that no cut can change.
        table = table[np.lexsort((table["started"], table["alert"], table["ended"]))]
        return Reviews(*(np.ascontiguousarray(table[name]) for name in Reviews._fields))

    def _until(self, moment: float) -> Event:
        return self._env.timeout(max(0.0, moment - self._env.now))

    def _arrivals(self, alerts: Iterable[_Alert]) -> ProcessGenerator:
        """Queue alerts as they come; those of one moment in one step, before anybody reaches for one."""
        for one in alerts:
            if one.arrival > self._env.now:
                yield self._until(one.arrival)
            self._arrived.append(one.arrival)
            self._queue.put(one)

    def _analyst(self, start: float, end: float) -> ProcessGenerator:
        """Work one shift after the other; one that has passed over the alert in hand is empty."""
        for midnight in count(0.0, 24.0):
            yield self._until(midnight + start)
            # Half a tick early, so that an alert that comes on the stroke of the end meets nobody.
            yield from self._shift(midnight + end - TICK / 2)

    def _shift(self, end: float) -> ProcessGenerator:
        over = self._until(end)
        while self._env.now < end:
            yield self._env.timeout(0.0)  # alerts that arrive at this very moment come in first
            with self._queue.get() as wanted:
                got = yield wanted | over
            if wanted not in got:
                return
            yield from self._review(got[wanted])

    def _review(self, one: _Alert) -> ProcessGenerator:
        started = self._env.now
        self._started.append(started)
        yield self._env.timeout(one.service)
        self._ended.append(self._env.now)
        self._over.append((one.alert, started, self._env.now, started - one.arrival))


def erlang_c(servers: int, offered_load: float) -> float:
    """Probability that an arrival must wait where arrivals and services are random and nobody gives up.

    Parameters
    ----------
    servers
        At least 1.
    offered_load
        Arrival rate over the service rate of one server, at least 0, without unit.

    Returns
    -------
    float
        Share of arrivals that wait, in the long run; 1 where the load is not below ``servers``.

    Raises
    ------
    ValueError
        If ``servers`` is not a whole number of at least 1 or the load is negative or not finite.

    Notes
    -----
    Erlang (1917), "Solution of some problems in the theory of probabilities of significance in automatic
    telephone exchanges"; Kleinrock (1975), Queueing Systems, vol. 1, section 3.5. It is computed from the
    loss probability B, which is built up a server at a time without large factorials:
    ``B(k) = a B(k-1) / (k + a B(k-1))``, ``B(0) = 1``, and ``C = c B(c) / (c - a (1 - B(c)))``.

    Examples
    --------
    A single server is busy, and an arrival waits, for the share of time that the load says:

    >>> erlang_c(1, 0.75)
    0.75
    >>> round(erlang_c(2, 1.0), 6)  # by hand 1/3
    0.333333
    """
    _check_whole("servers", servers, low=1)
    _check_rate("offered_load", offered_load)
    if offered_load >= servers:
        return 1.0
    loss = 1.0
    for k in range(1, int(servers) + 1):
        loss = offered_load * loss / (k + offered_load * loss)
    return servers * loss / (servers - offered_load * (1.0 - loss))


def mean_wait_mmc(servers: int, arrival_rate: float, service_rate: float) -> float:
    """Mean wait before service in the M/M/c queue, whatever the order among those who wait.

    Parameters
    ----------
    servers
        At least 1.
    arrival_rate, service_rate
        Arrivals, and services that one busy server ends, in a unit of time; the second is above 0.

    Returns
    -------
    float
        In that unit of time; infinite where arrivals come as fast as all servers can work, or faster.

    Raises
    ------
    ValueError
        If ``servers`` is not a whole number of at least 1, or a rate is negative, not finite, or 0 for
        the service.

    Notes
    -----
    ``C / (c mu - lambda)`` with Erlang's C: Kleinrock (1975), Queueing Systems, vol. 1, section 3.5. The
    mean is the same under any order, priorities too, that does not look at how long a service takes.

    Examples
    --------
    Three alerts an hour, each of a quarter of an hour on average, and one analyst:

    >>> mean_wait_mmc(1, arrival_rate=3.0, service_rate=4.0)
    0.75
    """
    _check_rate("arrival_rate", arrival_rate)
    _check_rate("service_rate", service_rate)
    if service_rate == 0.0:
        raise ValueError("service_rate is 0: give a finite number above 0")
    chance = erlang_c(servers, arrival_rate / service_rate)
    spare = servers * service_rate - arrival_rate
    return chance / spare if spare > 0.0 else np.inf


def _check_rate(name: str, value: float) -> None:
    if not 0.0 <= value < np.inf:
        raise ValueError(f"{name} is {value}: give a finite number of at least 0")
