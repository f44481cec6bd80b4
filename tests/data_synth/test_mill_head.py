"""The head end: tiers agree, the gauge control does what its theory says, and its loops are stable."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_synth.mill_head import STANDS, STEP_SECONDS, Agc, Heads, _law, off_gauge, screw, thickness

AGC = Agc(
    alpha=0.75, lock_s=0.5, agc_tau_s=0.08, actuator_hz=10.0, damping=0.7,
    monitor_s=1.0, gauge_m=2.4, stand_m=5.5,
)  # fmt: skip
NO_MONITOR = AGC._replace(monitor_s=np.inf)
LAST = np.eye(STANDS)[-1]
STRETCH = np.linspace(5.2, 4.6, STANDS)


def still(coils, **changed):
    """Coils that run on target at 8 m/s, but for what is changed."""
    one, each = np.ones(coils), np.ones((coils, STANDS))
    plastic = np.linspace(4.0, 18.0, STANDS) * each
    on_target = Heads(
        stretch=STRETCH, plastic=plastic, entry=0.8 * plastic, speed=8.0 * each,
        miss=0.0 * each, skid=0.0 * each, skid_phase=0.0 * one, skid_s=10.0 * one,
        ecc=np.zeros(STANDS), ecc_rate=0.0 * each, ecc_phase=0.0 * each,
    )  # fmt: skip
    return on_target._replace(**changed)


def rough(coils, seed=5):
    """Coils with every disturbance, over the whole range of mills and strips."""
    rng = np.random.default_rng(seed)
    shape = (coils, STANDS)
    plastic = rng.uniform(2.0, 40.0, shape)
    return Heads(
        stretch=rng.uniform(4.0, 6.0, STANDS), plastic=plastic, entry=rng.uniform(0.3, 0.9, shape) * plastic,
        speed=rng.uniform(3.0, 12.0, shape), miss=rng.normal(0.0, 0.05, shape),
        skid=rng.uniform(0.0, 0.5, shape), skid_phase=rng.uniform(0.0, 6.0, coils),
        skid_s=rng.uniform(8.0, 12.0, coils), ecc=rng.uniform(0.01, 0.03, STANDS),
        ecc_rate=rng.uniform(1.0, 30.0, shape), ecc_phase=rng.uniform(0.0, 6.0, shape),
        entry_step=rng.normal(0.0, 0.3, coils), entry_step_s=rng.uniform(0.0, 5.0, coils),
    )  # fmt: skip


def test_numpy_and_compiled_give_equal_results():
    heads = rough(60)
    fast, plain = thickness(AGC, heads), thickness(AGC, heads, backend="numpy")
    assert fast.shape == (60, 1000)
    np.testing.assert_allclose(plain, fast, rtol=1e-9, atol=1e-9)
    metres = [off_gauge(AGC, heads, tolerance=0.03, backend=b) for b in ("compiled", "numpy")]
    np.testing.assert_allclose(metres[1], metres[0])


@pytest.mark.parametrize("backend", ["compiled", "numpy"])
def test_threads_change_nothing(backend):
    heads = rough(61)
    one, two, many = (
        off_gauge(AGC, heads, tolerance=0.03, seconds=2.0, threads=t, backend=backend) for t in (1, 2, 80)
    )
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(one, many)


def test_metres_count_the_steps_out_of_tolerance():
    coils = 2100  # more than stand in memory at once
    heads = rough(coils)
    tolerance = np.linspace(0.0, 0.1, coils)
    off = np.abs(thickness(AGC, heads, seconds=1.0)) > tolerance[:, None]
    metres = off_gauge(AGC, heads, tolerance=tolerance, seconds=1.0)
    np.testing.assert_allclose(metres, off.sum(axis=1) * STEP_SECONDS * heads.speed[:, -1])
    assert 0.0 < metres.max() <= 12.0


def test_without_miss_and_disturbance_nothing_is_off_gauge():
    np.testing.assert_array_equal(off_gauge(AGC, still(3), tolerance=0.0), np.zeros(3))


def test_the_uncontrolled_mill_delivers_the_miss():
    heads = rough(20)
    heads = still(
        20, **{name: getattr(heads, name) for name in ("stretch", "plastic", "entry", "speed", "miss")}
    )
    course = thickness(AGC._replace(lock_s=np.inf), heads)
    np.testing.assert_allclose(course, np.repeat(heads.miss[:, -1:], 1000, axis=1), rtol=0, atol=1e-12)


def test_uncontrolled_disturbances_follow_the_strip_and_the_rolls():
    heads = rough(20)
    t = np.arange(300) * STEP_SECONDS
    wave = np.sin(2 * np.pi * t / heads.skid_s[:, None] + heads.skid_phase[:, None])
    stepped = np.arange(300) >= np.rint(heads.entry_step_s[:, None] / STEP_SECONDS)
    strip = np.where(stepped, heads.entry_step[:, None], 0.0)
    miss = 0.0
    for i in range(STANDS):
        way = (AGC.stand_m / heads.speed[:, :i]).sum(axis=1, keepdims=True)
        angle = heads.ecc_rate[:, i, None] * (t + way) + heads.ecc_phase[:, i, None]
        stretch, plastic, entry = heads.stretch[i], heads.plastic[:, i, None], heads.entry[:, i, None]
        moved = stretch * heads.ecc[i] * np.sin(angle) + heads.skid[:, i, None] * wave + entry * strip
        strip = moved / (stretch + plastic)
        miss = heads.miss[:, i, None]
    course = thickness(AGC._replace(lock_s=np.inf), heads, seconds=3.0)
    np.testing.assert_allclose(course, strip + miss, rtol=0, atol=1e-12)


def test_nothing_moves_before_lock_on_or_before_the_gauge_sees_the_head():
    heads = rough(10)
    off = thickness(AGC._replace(lock_s=np.inf), heads, seconds=2.0)
    on = thickness(AGC, heads, seconds=2.0)
    np.testing.assert_array_equal(on[:, :51], off[:, :51])
    assert (on[:, 60] != off[:, 60]).all()
    miss = thickness(AGC._replace(lock_s=0.0), still(1, miss=0.05 * LAST[None]), seconds=1.0)[0]
    corrected = np.flatnonzero(np.abs(miss - miss[0]) > 1e-9)
    assert corrected[0] == 32  # 0.3 s to the gauge; the next sample moves the command, the one after the gap


def test_the_actuator_answers_a_step_as_a_second_order_lag():
    law = _law(AGC, 1000)
    w, zeta, root = 2 * np.pi * AGC.actuator_hz, AGC.damping, np.sqrt(1 - AGC.damping**2)
    gap, rate, command = screw(law, -1.0 / law.gain, 0.0, 0.0, 0.0)
    for k in range(1, 40):
        t = k * STEP_SECONDS
        swing = np.cos(w * root * t) + zeta / root * np.sin(w * root * t)
        assert gap == pytest.approx(1 - np.exp(-zeta * w * t) * swing, abs=1e-12)
        gap, rate, command = screw(law, 0.0, gap, rate, command)


def passed_on(heads, alpha, entering, push):
    """Where a chain of stands settles: each turns entry H and hardness p into (1-a)(p+EH)/(M+(1-a)W)."""
    left = 1.0 - alpha
    for i in range(STANDS):
        stiff = heads.stretch[i] + left * heads.plastic[:, i]
        entering = left * (push[:, i] + heads.entry[:, i] * entering) / stiff
    return entering


@pytest.mark.parametrize("alpha", [0.0, 0.5, 0.75, 1.0])
@pytest.mark.parametrize("disturbance", ["entry", "hardness"])
def test_the_gaugemeter_takes_out_entry_and_hardness(alpha, disturbance):
    agc = NO_MONITOR._replace(alpha=alpha, lock_s=0.0)
    if disturbance == "entry":
        heads = still(1, entry_step=np.array([0.5]), entry_step_s=np.array([1.0]))
        expected = {a: passed_on(heads, a, 0.5, heads.skid)[0] for a in (0.0, alpha)}
    else:  # a quarter wave in a minute, so that hardness rests at its crest
        heads = still(1, skid=np.full((1, STANDS), 0.4), skid_s=np.array([240.0]))
        expected = {a: passed_on(heads, a, 0.0, heads.skid)[0] for a in (0.0, alpha)}
    settled = thickness(agc, heads, seconds=60.0)[0, -1]
    assert settled == pytest.approx(expected[alpha], abs=1e-3 * expected[0.0])
    uncontrolled = thickness(agc._replace(lock_s=np.inf), heads, seconds=60.0)[0, -1]
    assert uncontrolled == pytest.approx(expected[0.0], rel=1e-3)
    if alpha == 1.0:
        assert abs(settled) < 0.01 * uncontrolled
    elif alpha > 0.0:
        assert 0.0 < settled < 0.8 * uncontrolled


@pytest.mark.parametrize("plastic", [2.0, 15.0, 40.0])
def test_the_gaugemeter_amplifies_eccentricity(plastic):
    # Back-up rolls of 1.5 m turn with at most 10 rad/s at 8 m/s.
    rates = np.array([1.0, 2.0, 5.0, 8.0, 10.0])
    heads = still(
        len(rates),
        plastic=np.full((len(rates), STANDS), plastic),
        ecc=0.02 * LAST,
        ecc_rate=np.tile(rates[:, None], STANDS),
    )
    on, off = (
        np.ptp(thickness(NO_MONITOR._replace(lock_s=lock), heads, seconds=40.0)[:, 2000:], axis=1)
        for lock in (0.5, np.inf)
    )
    # The loop in continuous time: the sensor takes the eccentricity for strip.
    w, s = 2 * np.pi * AGC.actuator_hz, 1j * rates
    loop = w**2 / (s * AGC.agc_tau_s * (s**2 + 2 * AGC.damping * w * s + w**2))
    seen = 1 - AGC.alpha * plastic / (STRETCH[-1] + plastic)
    np.testing.assert_allclose(on / off, np.abs((1 + loop) / (1 + loop * seen)), rtol=0.05)
    assert (on / off > 1.1).all()


MICROMETRES = st.integers(0, 300)


@settings(max_examples=40, deadline=None)
@given(MICROMETRES, MICROMETRES, st.floats(2.0, 40.0), st.floats(3.0, 12.0), st.sampled_from([-1.0, 1.0]))
def test_a_larger_miss_gives_no_fewer_metres(one, two, plastic, speed, sign):
    miss = sign * np.outer([min(one, two), max(one, two)], LAST) / 1000.0
    heads = still(2, miss=miss, plastic=np.full((2, STANDS), plastic), speed=np.full((2, STANDS), speed))
    small, large = off_gauge(AGC, heads, tolerance=0.0305)
    assert small <= large
    assert (large > 0.0) == (max(one, two) > 30)


@settings(max_examples=40, deadline=None)
@given(st.integers(31, 200), st.floats(2.0, 40.0), st.floats(3.0, 12.0))
def test_the_monitor_brings_a_constant_miss_inside(miss, plastic, speed):
    heads = still(
        1, miss=LAST[None] * miss / 1000.0,
        plastic=np.full((1, STANDS), plastic), speed=np.full((1, STANDS), speed),
    )  # fmt: skip
    course = thickness(AGC, heads, seconds=20.0)[0]
    assert abs(course[0]) > 0.03
    assert np.abs(course[-500:]).max() < 0.03
    assert np.abs(thickness(NO_MONITOR, heads, seconds=20.0)[0, -1]) > 0.03


@settings(max_examples=40, deadline=None)
@given(st.integers(31, 45), st.floats(0.1, 0.7), st.floats(0.1, 0.7), st.floats(2.0, 40.0))
def test_a_shorter_way_to_the_gauge_gives_no_more_metres(miss, one, two, plastic):
    # For misses up to half over the tolerance: far larger ones are corrected the faster the longer the
    # integral has seen them whole, and a gauge that is reached before lock-on has nothing to gain.
    heads = still(1, miss=LAST[None] * miss / 1000.0, plastic=np.full((1, STANDS), plastic))
    near, far = (
        off_gauge(AGC._replace(lock_s=0.1, gauge_m=8.0 * way), heads, tolerance=0.0305)[0]
        for way in sorted((one, two))
    )
    assert near <= far


@pytest.mark.parametrize(
    ("alpha", "agc_tau_s", "actuator_hz", "damping"),
    list(product((0.0, 0.7, 0.8, 1.0), (0.04, 0.05, 0.1, 0.2), (5.0, 15.0, 20.0), (0.5, 0.7, 1.5))),
)
def test_the_loops_are_stable(alpha, agc_tau_s, actuator_hz, damping):
    corners = np.array(list(product((2.0, 40.0), (3.0, 8.0, 12.0))))
    heads = still(
        len(corners),
        plastic=np.repeat(corners[:, :1], STANDS, axis=1), entry=np.full((len(corners), STANDS), 1.0),
        speed=np.repeat(corners[:, 1:], STANDS, axis=1), miss=np.tile(0.1 * LAST, (len(corners), 1)),
        skid=np.full((len(corners), STANDS), 0.4), skid_s=np.full(len(corners), 1e6),
        entry_step=np.full(len(corners), 0.5), entry_step_s=np.ones(len(corners)),
    )  # fmt: skip
    for stretch in (4.0, 6.0):
        agc = AGC._replace(alpha=alpha, agc_tau_s=agc_tau_s, actuator_hz=actuator_hz, damping=damping)
        if alpha == 1.0:  # the gap loop is slowest on hard strip, and the monitor has to wait for it
            agc = agc._replace(monitor_s=4.0)
        course = np.abs(thickness(agc, heads._replace(stretch=np.full(STANDS, stretch)), seconds=60.0))
        peak = course.max(axis=1)
        assert (peak < 0.25).all()
        assert (course[:, -1000:].max(axis=1) < 0.03 * peak).all()


@pytest.mark.parametrize(
    ("agc", "heads", "arguments", "message"),
    [
        ({"alpha": 1.1}, {}, {}, r"alpha is 1.1; allowed is 0.0 to 1.0\."),
        ({"agc_tau_s": 0.01}, {}, {}, r"agc_tau_s is 0.01; allowed is 0.04 to 0.5\."),
        ({"actuator_hz": np.nan}, {}, {}, r"actuator_hz is nan; allowed is 5.0 to 20.0\."),
        ({"monitor_s": 0.0}, {}, {}, r"monitor_s is 0.0; allowed is above 0, to inf\."),
        ({"monitor_s": 0.2}, {}, {}, r"monitor_s is 0.2; allowed is at least 0.252 s"),
        ({"lock_s": -1.0}, {}, {}, "lock_s is -1.0"),
        ({}, {"plastic": np.zeros((2, STANDS))}, {}, "plastic is 0.0; allowed is above 0"),
        ({}, {"speed": np.full((2, STANDS), -8.0)}, {}, "speed is -8.0; allowed is 0.1 to 100.0"),
        ({}, {"miss": np.full((2, STANDS), np.nan)}, {}, "miss is nan"),
        ({}, {"skid_s": np.zeros(2)}, {}, "skid_s is 0.0"),
        ({}, {"skid": np.zeros((3, STANDS))}, {}, r"skid has the shape \(3, 7\); allowed is \(2, 7\)"),
        ({}, {"ecc": np.zeros((2, STANDS))}, {}, r"ecc has the shape \(2, 7\); allowed is \(7,\)"),
        ({}, {}, {"seconds": 0.0}, "seconds is 0.0"),
        ({}, {}, {"tolerance": -0.01}, "tolerance is -0.01"),
        ({}, {}, {"tolerance": np.ones(3)}, r"tolerance has the shape \(3,\); allowed is \(2,\)"),
        ({}, {}, {"threads": 0}, "threads is 0"),
        ({}, {}, {"backend": "cuda"}, "backend is 'cuda'; allowed are 'compiled' and 'numpy'"),
    ],
)
def test_what_has_no_meaning_is_refused(agc, heads, arguments, message):
    with pytest.raises(ValueError, match=message):
        off_gauge(AGC._replace(**agc), still(2, **heads), **{"tolerance": 0.03, **arguments})
