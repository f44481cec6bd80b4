"""The review crew: it meets queueing theory, a plain event loop, and the laws of any such queue."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student

from data_synth.alert_queue import TICK, AlertQueue, Crew, Load, Reviews, erlang_c, mean_wait_mmc

ROUND_THE_CLOCK = (0.0, 24.0)
NOTHING = {"alert": [], "arrival": [], "priority": [], "service": []}
LONG = 24.0 * 100  # each alert below has been reviewed by then, even if the shift allows one a day


def columns(rows):
    """Rows of ``(arrival, priority, service)`` as the arguments of ``run``."""
    arrival, priority, service = np.array(rows, dtype=float).reshape(-1, 3).T
    return {"alert": np.arange(arrival.size), "arrival": arrival, "priority": priority, "service": service}


def some(alerts, which):
    return {name: values[which] for name, values in alerts.items()}


def draw_alerts(seed, count, arrival_rate, service_rate, priorities=3):
    rng = np.random.default_rng(seed)
    return {
        "alert": np.arange(count),
        "arrival": np.cumsum(rng.exponential(1.0 / arrival_rate, count)),
        "priority": rng.integers(0, priorities, count),
        "service": rng.exponential(1.0 / service_rate, count),
    }


def reviewed(crew, alerts, until=LONG):
    queue = AlertQueue(crew)
    return queue, queue.run(until, **alerts)


def assert_same(one, other):
    for name in Reviews._fields:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


# --- queueing theory -----------------------------------------------------------------------------


def mean_and_interval(values, batches=30):
    """Mean and half-width of its 99.9 % interval by batch means; the first batch warms the queue up.

    A batch is long beside the time in which the queue forgets its state, so batches are near to
    independent (Law, Simulation Modeling and Analysis, section 9.5.3).
    """
    size = values.size // (batches + 1)
    means = values[size : size * (batches + 1)].reshape(batches, size).mean(axis=1)
    return means.mean(), student.ppf(0.9995, batches - 1) * means.std(ddof=1) / np.sqrt(batches)


@pytest.mark.parametrize(
    ("servers", "use", "seed"),
    [(1, 0.5, 1), (1, 0.75, 2), (2, 0.5, 3), (2, 0.75, 4), (4, 0.6, 5), (4, 0.8, 6)],
)
def test_random_alerts_wait_as_queueing_theory_says(servers, use, seed):
    service_rate = 20.0
    arrival_rate = servers * use * service_rate
    alerts = draw_alerts(seed, 62_000, arrival_rate, service_rate)
    last = alerts["arrival"][-1]
    queue, reviews = reviewed(Crew(servers, *ROUND_THE_CLOCK), alerts, until=last + LONG)
    waited = reviews.waited[np.argsort(reviews.alert)]  # alert ids count the arrivals
    assert waited.size == alerts["alert"].size

    offered = servers * use
    hours = np.linspace(0.0, last, 62_000)
    load = queue.load(hours)
    wait = mean_wait_mmc(servers, arrival_rate, service_rate)
    for values, expected in [
        (waited, wait),
        (waited > 0.0, erlang_c(servers, offered)),
        (load.busy, offered),
        (load.waiting, arrival_rate * wait),  # Little's law
    ]:
        mean, half = mean_and_interval(values)
        assert half < 0.25 * expected, "the interval is too wide to say anything"
        assert abs(mean - expected) < half


def test_erlang_c_is_the_sum_that_defines_it():
    # Kleinrock (1975), vol. 1, equation 3.43, in exact integers for a load of 7 and 10 servers.
    terms = [7.0**k / float(np.prod(np.arange(1.0, k + 1))) for k in range(11)]
    last = terms[10] * 10 / 3
    assert erlang_c(10, 7.0) == pytest.approx(last / (sum(terms[:10]) + last), rel=1e-12)
    assert erlang_c(3, 0.0) == 0.0


@given(st.floats(0.01, 0.99), st.floats(0.1, 100.0))
def test_one_server_has_its_textbook_wait(use, service_rate):
    assert erlang_c(1, use) == pytest.approx(use)
    textbook = use / (service_rate * (1.0 - use))
    assert mean_wait_mmc(1, use * service_rate, service_rate) == pytest.approx(textbook, rel=1e-9)


def test_more_servers_wait_less_and_an_overload_waits_for_ever():
    waits = [mean_wait_mmc(servers, 3.5, 1.0) for servers in range(1, 12)]
    assert waits[:3] == [np.inf] * 3
    assert (np.diff(waits[3:]) < 0.0).all()
    assert erlang_c(3, 3.0) == erlang_c(3, 4.0) == 1.0
    assert mean_wait_mmc(2, 2.0, 1.0) == np.inf
    assert 0.0 < erlang_c(1000, 950.0) < 1.0  # no factorial overflows


# --- a plain event loop ----------------------------------------------------------------------------


def plain_loop(crew, alerts):
    """The same play as a walk from moment to moment; ``(alert, started, ended)`` as reviews begin.

    Where alerts arrive, reviews end or a shift begins, whoever is free and on duty takes the best.
    """
    order = ("arrival", "alert", "priority", "service")
    unseen = sorted(zip(*(alerts[name].tolist() for name in order), strict=True))
    waiting, hands, out, now = [], [], [], 0.0
    while unseen or waiting:
        while unseen and unseen[0][0] <= now:
            waiting.append(unseen.pop(0))
        hands = [end for end in hands if end > now]
        while waiting and len(hands) < crew.analysts and crew.start <= now % 24.0 < crew.end:
            best = min(waiting, key=lambda one: (-one[2], one[0], one[1]))
            waiting.remove(best)
            out.append((best[1], now, now + best[3]))
            hands = [end for end in [*hands, now + best[3]] if end > now]
        shift = now - now % 24.0 + crew.start
        now = min(
            [shift if shift > now else shift + 24.0, *hands, *(one[0] for one in unseen[:1])],
        )
    return out


# Quarters of an hour, so that alerts, ends of reviews and shifts often fall together, and odd moments.
QUARTERS = st.integers(0, 4 * 60).map(lambda quarter: quarter / 4)
ODD = st.integers(0, int(60 / TICK)).map(lambda tick: tick * TICK)
SHORT = st.sampled_from([0.0, 0.25, 0.5, 1.0, 3.0, 30.0]) | st.integers(0, int(2 / TICK)).map(
    lambda tick: tick * TICK
)
ROWS = st.lists(st.tuples(QUARTERS | ODD, st.integers(0, 2), SHORT), max_size=25)
SHIFTS = st.sampled_from([(0.0, 24.0), (9.0, 17.0), (0.0, 0.25), (23.5, 24.0), (8.25, 10.0)])
CREWS = st.builds(lambda analysts, shift: Crew(analysts, *shift), st.integers(1, 4), SHIFTS)


@settings(max_examples=400, deadline=None)
@given(CREWS, ROWS)
def test_it_plays_as_a_plain_event_loop_does(crew, rows):
    alerts = columns(rows)
    _, reviews = reviewed(crew, alerts)
    expected = sorted(plain_loop(crew, alerts), key=lambda one: (one[2], one[0]))
    assert list(zip(*(column.tolist() for column in reviews[:3]), strict=True)) == expected


# --- laws ------------------------------------------------------------------------------------------


def laws_hold(crew, alerts, queue, reviews):
    """What must hold whatever the numbers, once every alert has been reviewed."""
    assert sorted(reviews.alert) == sorted(alerts["alert"]), "lost or reviewed twice"
    assert queue.waiting == 0
    assert (np.diff(reviews.ended) >= 0.0).all()
    arrival, priority, service = (alerts[name][reviews.alert] for name in ("arrival", "priority", "service"))
    np.testing.assert_array_equal(reviews.started - reviews.waited, arrival)
    np.testing.assert_array_equal(reviews.ended - reviews.started, service)
    assert (reviews.waited >= 0.0).all()
    assert (reviews.started % 24.0 >= crew.start).all()
    assert (reviews.started % 24.0 < crew.end).all(), "begun after the shift"
    # No start of a review, in rows, leaves behind an alert, in columns, that should have gone first.
    there = arrival <= reviews.started[:, None]
    left = reviews.started > reviews.started[:, None]
    above = priority > priority[:, None]
    before = (priority == priority[:, None]) & (arrival < arrival[:, None])
    assert not (there & left & (above | before)).any()


def load_is_sound(crew, reviews, load, hours):
    """The load counts what the reviews say, alert by alert, when all have been reviewed."""
    begun, over = reviews.started < hours[:, None], reviews.ended < hours[:, None]
    come = reviews.started - reviews.waited < hours[:, None]
    np.testing.assert_array_equal(load.waiting, (come & ~begun).sum(axis=1))
    np.testing.assert_array_equal(load.busy, (begun & ~over).sum(axis=1))
    assert (load.busy <= crew.analysts).all()
    on_duty = (hours % 24.0 > crew.start) & (hours % 24.0 <= crew.end)
    assert (load.busy[on_duty & (load.waiting > 0)] == crew.analysts).all(), "idle while alerts wait"


@settings(max_examples=200, deadline=None)
@given(CREWS, ROWS, st.lists(QUARTERS, max_size=20))
def test_the_laws_of_a_queue_hold(crew, rows, hours):
    alerts = columns(rows)
    queue, reviews = reviewed(crew, alerts)
    laws_hold(crew, alerts, queue, reviews)
    moments = np.concatenate([hours, reviews.started, reviews.ended, alerts["arrival"]])
    load_is_sound(crew, reviews, queue.load(moments), moments)


def test_the_laws_hold_in_a_busy_fortnight():
    crew = Crew(3, 8.0, 18.0)
    alerts = draw_alerts(7, 1500, 1500 / (24 * 14), 5.0)
    for name in ("arrival", "service"):
        alerts[name] = np.ceil(alerts[name] / TICK) * TICK
    queue, reviews = reviewed(crew, alerts)
    laws_hold(crew, alerts, queue, reviews)
    hours = np.linspace(0.0, 24.0 * 14, 2000)
    load_is_sound(crew, reviews, queue.load(hours), hours)


@settings(max_examples=50, deadline=None)
@given(CREWS, ROWS)
def test_littles_law_is_exact_once_the_queue_is_empty(crew, rows):
    queue, reviews = reviewed(crew, columns(rows))
    moments = np.unique(np.concatenate([[0.0], reviews.started - reviews.waited, *reviews[1:3]]))
    load, length = queue.load(moments[1:]), np.diff(moments)
    assert load.waiting @ length == pytest.approx(reviews.waited.sum())
    assert load.busy @ length == pytest.approx((reviews.ended - reviews.started).sum())


# --- one go or many --------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(
    CREWS,
    ROWS,
    st.lists((QUARTERS | ODD).filter(lambda hour: hour > 0.0), max_size=6, unique=True),
    st.booleans(),
)
def test_cutting_the_play_into_calls_changes_nothing(crew, rows, cuts, early):
    alerts, until = columns(rows), 24.0 * 5
    whole, expected = reviewed(crew, alerts, until)
    parts, reviews, begin = AlertQueue(crew), [], 0.0
    for end in [*sorted(cuts), until]:
        # Either everything is known at the first call, or each alert at the latest call that can take it.
        new = (begin == 0.0) if early else (alerts["arrival"] >= begin) & (alerts["arrival"] < end)
        new = np.broadcast_to(new, alerts["arrival"].shape)
        reviews.append(parts.run(end, **some(alerts, new)))
        assert (reviews[-1].ended >= begin).all()
        assert (reviews[-1].ended < end).all()
        assert parts.waiting == parts.load(parts.clock).waiting
        begin = end
    assert_same(Reviews(*map(np.concatenate, zip(*reviews, strict=True))), expected)
    assert parts.waiting == whole.waiting
    hours = np.linspace(0.0, until, 97)
    for one, other in zip(parts.load(hours), whole.load(hours), strict=True):
        np.testing.assert_array_equal(one, other)


def test_thirty_random_days_by_day_or_in_one_go():
    alerts = draw_alerts(8, 3000, 3000 / 720, 2.0)  # moments off the grid
    crew = Crew(4, 7.3, 18.9)
    _, expected = reviewed(crew, alerts, 24.0 * 30)
    parts, days = AlertQueue(crew), []
    for day in range(30):
        days.append(parts.run(24.0 * (day + 1), **some(alerts, alerts["arrival"] // 24.0 == day)))
    assert_same(Reviews(*map(np.concatenate, zip(*days, strict=True))), expected)
    assert 0 < expected.alert.size < 3000


def test_the_order_in_which_alerts_are_given_does_not_matter():
    alerts = draw_alerts(9, 500, 5.0, 2.0)
    mixed = some(alerts, np.random.default_rng(0).permutation(500))
    crew = Crew(2, 6.0, 22.0)
    assert_same(reviewed(crew, alerts)[1], reviewed(crew, mixed)[1])


# --- by hand ---------------------------------------------------------------------------------------


def test_an_alert_on_the_stroke_of_the_shift():
    # At 9 the shift begins and alert 0 is taken; at 17 it is over for alert 1, though an analyst is idle.
    _, reviews = reviewed(Crew(2, 9.0, 17.0), columns([(9, 0, 1), (17, 0, 1)]))
    assert reviews.started.tolist() == [9.0, 33.0]


def test_whoever_ends_a_review_takes_the_better_alert_that_comes_just_then():
    # Alert 1 has waited since 0.5, but alert 2 arrives at 1 as the analyst becomes free.
    _, reviews = reviewed(Crew(1, *ROUND_THE_CLOCK), columns([(0, 0, 1), (0.5, 1, 1), (1, 2, 1)]))
    assert reviews.alert.tolist() == [0, 2, 1]


def test_of_alerts_that_come_together_an_idle_analyst_takes_the_best():
    _, reviews = reviewed(Crew(1, *ROUND_THE_CLOCK), columns([(2, 0, 1), (2, 5, 1), (2, 1, 1)]))
    assert reviews.alert.tolist() == [1, 2, 0]


def test_a_review_is_not_broken_off_for_a_better_alert_nor_at_the_end_of_the_shift():
    # Alert 0 lasts beyond the whole next shift, so the one after is the first to see alert 1.
    _, reviews = reviewed(Crew(1, 9.0, 17.0), columns([(16, 0, 27), (16.5, 9, 1)]))
    assert reviews.ended.tolist() == [43.0, 58.0]


def test_equals_are_served_by_arrival_and_then_by_id():
    alerts = {"alert": [7, 3, 5], "arrival": [2, 2, 1], "priority": [0, 0, 0], "service": [1, 1, 2]}
    _, reviews = reviewed(Crew(1, *ROUND_THE_CLOCK), alerts)
    assert reviews.alert.tolist() == [5, 3, 7]
    assert reviews.alert.dtype == np.int64


def test_without_analysts_everything_waits():
    queue, reviews = reviewed(Crew(0, *ROUND_THE_CLOCK), columns([(1, 0, 1), (2, 0, 0), (1e6, 0, 0)]))
    assert reviews.alert.size == 0
    assert queue.waiting == 2  # the third is still to come
    load = queue.load([1.0, 1.5, 2.5])
    assert load.waiting.tolist() == [0, 1, 2]
    assert load.busy.tolist() == [0, 0, 0]


def test_a_day_without_alerts_passes():
    queue, reviews = reviewed(Crew(3, 9.0, 17.0), NOTHING)
    assert [column.size for column in reviews] == [0] * 4
    assert all(not column.any() for column in queue.load(np.linspace(0.0, LONG, 10).reshape(2, 5)))
    assert queue.load(np.zeros((2, 5))).busy.shape == (2, 5)


def test_moments_off_the_grid_move_by_less_than_a_tick():
    alerts = draw_alerts(10, 200, 5.0, 10.0)
    _, reviews = reviewed(Crew(4, *ROUND_THE_CLOCK), alerts)
    arrival, service = alerts["arrival"][reviews.alert], alerts["service"][reviews.alert]
    for exact, moved in [
        (arrival, reviews.started - reviews.waited),
        (service, reviews.ended - reviews.started),
    ]:
        assert ((moved >= exact) & (moved < exact + TICK)).all()


def test_a_clock_off_the_grid_takes_arrivals_from_there_on():
    queue = AlertQueue(Crew(1, *ROUND_THE_CLOCK))
    queue.run(0.1, **NOTHING)
    reviews = queue.run(0.7, **columns([(0.1, 0, 0.5)]))
    assert queue.clock == 0.7
    assert reviews.waited.tolist() == [0.0]
    assert queue.load([0.1, 0.7]).busy.tolist() == [0, 0]


# --- impossible input ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("crew", "words"),
    [
        ((-1, 0, 24), r"analysts is -1: give a whole number of at least 0"),
        ((1.5, 0, 24), r"analysts is 1\.5: give a whole number"),
        ((1, 17, 9), r"start is 17 and end is 9: .* 0 <= start < end <= 24"),
        ((1, 9, 9), r"start is 9 and end is 9"),
        ((1, -1, 9), r"start is -1"),
        ((1, 9, 24.5), r"end is 24\.5"),
        ((1, float("nan"), 24), r"start is nan"),
    ],
)
def test_an_impossible_crew_is_named(crew, words):
    with pytest.raises(ValueError, match=words):
        Crew(*crew)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"until": 24.0}, r"until is 24\.0: give an hour after the clock, 24\.0"),
        ({"until": 24.0 + TICK / 2}, r"until is 24\.0"),
        ({"until": np.nan}, r"until is nan"),
        ({"until": 1e300}, r"until is 1e\+300: .* up to 4194304"),
        ({"arrival": [30, 23.9]}, r"arrival\[1\] is 23\.9: give numbers from 24\.0 to 4194304"),
        ({"arrival": [np.inf, 30]}, r"arrival\[0\] is inf"),
        ({"service": [1, -0.5]}, r"service\[1\] is -0\.5: give numbers from 0\.0"),
        ({"service": [np.nan, 1]}, r"service\[0\] is nan"),
        ({"priority": [0, np.nan]}, r"priority\[1\] is nan"),
        ({"priority": [-np.inf, 0]}, r"priority\[0\] is -inf"),
        ({"service": [1]}, r"service has shape \(1,\): give one number an alert, \(2,\)"),
        ({"priority": 1}, r"priority has shape \(\)"),
        ({"alert": [1.0, 2.0]}, r"alert has shape \(2,\) and type float64: give one integer"),
        ({"alert": [[1, 2]]}, r"alert has shape \(1, 2\)"),
    ],
)
def test_an_impossible_call_is_named_and_changes_nothing(changed, words):
    alerts = {"alert": [1, 2], "arrival": [30, 31], "priority": [0, 1], "service": [1, 1]}
    queue = AlertQueue(Crew(1, *ROUND_THE_CLOCK))
    queue.run(24.0, **NOTHING)
    with pytest.raises(ValueError, match=words):
        queue.run(**{"until": 48.0, **alerts, **changed})
    assert queue.clock == 24.0
    assert queue.run(48.0, **alerts).alert.tolist() == [1, 2]


@pytest.mark.parametrize("hour", [-0.5, 24.5, np.nan])
def test_an_hour_that_has_not_been_played_has_no_load(hour):
    queue = AlertQueue(Crew(1, *ROUND_THE_CLOCK))
    queue.run(24.0, **NOTHING)
    assert isinstance(queue.load([0.0, 24.0]), Load)
    with pytest.raises(ValueError, match=rf"hours\[1\] is {hour}: give numbers from 0\.0 to 24\.0"):
        queue.load([1.0, hour])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: erlang_c(0, 0.5), r"servers is 0: give a whole number of at least 1"),
        (lambda: erlang_c(1.5, 0.5), r"servers is 1\.5"),
        (lambda: erlang_c(1, -0.5), r"offered_load is -0\.5: give a finite number of at least 0"),
        (lambda: erlang_c(1, np.nan), r"offered_load is nan"),
        (lambda: mean_wait_mmc(1, -1.0, 1.0), r"arrival_rate is -1\.0"),
        (lambda: mean_wait_mmc(1, 1.0, 0.0), r"service_rate is 0: give a finite number above 0"),
        (lambda: mean_wait_mmc(1, 1.0, np.inf), r"service_rate is inf"),
    ],
)
def test_impossible_rates_are_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
