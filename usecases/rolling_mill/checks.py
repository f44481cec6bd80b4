"""Questions to the world: what the laws of rolling demand, and what published figures allow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from core.asking import physics, realism
from core.protocol import Array, Check
from data_synth.mill_constants import CONSTANTS, PLANT_SURFACE_K, RADIUS_MM, STANDS, Mill
from data_synth.mill_head import Agc, Heads, thickness
from data_synth.mill_line import Passage, simulate
from data_synth.mill_passes import rolled
from data_synth.mill_physics import (
    AIR_K,
    KELVIN,
    PLANE_STRAIN,
    ROLL_K,
    STEFAN_BOLTZMANN,
    WATER_K,
    Made,
    plain,
)
from data_synth.rolling import FRONT, LINE, YEAR_S, HotStripMill, skin, true_bars
from usecases.rolling_mill.play import BACKUP_RADIUS_M, played_slice

ARM = 0.47
"""Lever arm of the force as a share of the contact length; 0.45-0.50 in hot rolling."""
ROUGH = np.pi / 4.0
"""Orowan's factor for compression between rough plates."""
STEEL = (0.16, 1000.0, 1250.0, 0.020, 12.0, 8.0, 380.0)
"""A pass of mild steel: carbon wt %, C, width mm, flow m2/s, entry mm, exit mm, roll mm."""
SOME = 1e-6
"""MN: less is no change of force."""
WATCHED = 100
"""Slabs whose line is played again with places and queues."""
OPERATION = 0.85
"""Share of the year in operation; the scenario's default."""


def checks_of(world: HotStripMill) -> Iterator[Check]:
    """Put all questions to a world."""
    passes = passes_of(world)
    yield from conserved(world, passes)
    yield from energies(world, passes)
    yield from sims_solves()
    yield from monotonicities(world.mill)
    yield from gauge_control(world)
    yield from line_laws(world)
    yield from forces(world, passes)
    yield from heat(world)
    yield from drifts(world)
    yield from practice(world)
    yield from pace(world)


def _most(values: Array) -> float:
    return float(np.max(np.abs(values)))


# --- stands ------------------------------------------------------------------------------------


class Passes(NamedTuple):
    """Every pass as made, ``(coils, 7)``.

    ``entry`` and ``draft`` mm, ``strain`` the natural one, ``rate`` 1/s, ``contact`` the angle of contact and
    ``neutral`` that of the neutral point by Sims in rad, ``slip`` the forward slip, ``q`` Sims's factor.
    """

    entry: Array
    draft: Array
    strain: Array
    rate: Array
    contact: Array
    neutral: Array
    slip: Array
    q: Array


def passes_of(world: HotStripMill) -> Passes:
    """Geometry of every pass, from recorded thicknesses and flattened radii."""
    made = world.made
    entry = np.column_stack([world.given.bar, made.thickness[:, :-1]])
    draft, strain = entry - made.thickness, np.log(entry / made.thickness)
    with np.errstate(invalid="ignore"):  # what did not get thinner is red, not an error
        length = np.sqrt(made.radius * draft)
        q, slip = plain["sims"](entry, made.thickness, made.radius)
        neutral = np.sqrt(slip * made.thickness / made.radius)
    rate = 1e6 * PLANE_STRAIN * strain * world.given.flow[:, None] / (made.thickness * length)
    return Passes(entry, draft, strain, rate, length / made.radius, neutral, slip, q)


def neutral_angle(made: Made, at: Passes) -> Array:
    """Where the pressures from both ends meet under sticking friction, by Newton's rule from the exit.

    Over the yield stress they are, with ``c**2 = R'/h2`` and h the thickness at the angle phi,
    ``pi/4 (1 + ln h/h2) + c atan(c phi)`` from the exit and
    ``pi/4 (1 + ln h/h1) + c atan(c alpha) - c atan(c phi)`` from the entry.
    """
    c, phi = np.sqrt(made.radius / made.thickness), np.zeros_like(at.contact)
    for _ in range(12):
        apart = ROUGH * at.strain + 2.0 * c * np.arctan(c * phi) - c * np.arctan(c * at.contact)
        phi = phi - apart * (1.0 + (c * phi) ** 2) / (2.0 * c * c)
    return phi


def conserved(world: HotStripMill, at: Passes) -> Iterator[Check]:
    """Volume, strain, gap and force of every coil, from what is recorded."""
    made, given, orders, p = world.made, world.given, world.orders, world.mill
    # A roll runs as fast as the strip at the neutral point; the strip leaves faster by the forward slip.
    roll_speed = orders.flow[:, None] / (made.thickness + made.radius * neutral_angle(made, at) ** 2)
    flow = roll_speed * (1.0 + at.slip) * made.thickness
    yield physics(
        "mass_flow", "Volume flow of the stands against the bar's", "바 대비 스탠드별 체적 유량 차이",
        _most(flow / given.flow[:, None] - 1.0), 0.0, 1e-9, "share", "conservation of volume",
    )  # fmt: skip
    plan = np.column_stack([orders.bar, orders.plan])
    ordered = np.round(orders.plan[:, -1], 1)
    yield physics(
        "strain_sum", "Strains of the stands less ln(bar/strip)", "스탠드 변형률 합과 ln(바/스트립)의 차이",
        _most(np.log(plan[:, :-1] / plan[:, 1:]).sum(1) - np.log(orders.bar / ordered)), 0.0, 1e-9, "strain",
        "natural strains add up",
    )  # fmt: skip
    yield physics(
        "thins", "Thickest exit over its entry", "입구 대비 출구 두께의 최댓값",
        np.max(made.thickness / at.entry), 0.0, 0.9949, "ratio", "every gap bites",
    )  # fmt: skip
    yield physics(
        "gaugemeter", "Thickness less gap and stretch", "두께와 (롤 갭+밀 신장)의 차이",
        _most(made.thickness - made.gap - given.offset - made.force / p.stretch), 0.0, 1e-6, "mm",
        "gaugemeter equation (BISRA)",
    )  # fmt: skip
    met = rolled(p, true_bars(given), made.thickness, level=given.level)
    yield physics(
        "force_law", "Force against that of the thickness made", "실제 두께에서 다시 구한 하중과의 차이",
        _most(made.force / met.force - 1.0), 0.0, 1e-6, "share", "one force for one thickness",
    )  # fmt: skip
    squeeze = 1e6 * made.force / (given.width[:, None] * at.draft)
    flattening = (made.radius / RADIUS_MM - 1.0) / squeeze
    steel = 16.0 * (1.0 - 0.3**2) / (np.pi * 210_000.0)
    yield physics(
        "flattening", "Flattening of the rolls less that of steel", "롤 편평화와 강재 탄성 계산값의 차이",
        _most(flattening / steel - 1.0), 0.0, 0.05, "ratio", "Hitchcock (1935): 16 (1 - nu2) / (pi E)",
    )  # fmt: skip
    worlds = (world.made, world.given, world.planned, world.slopes, world.line, world.rolls, world.orders,
              world.readings, world.expected)  # fmt: skip
    finite = all(np.isfinite(column).all() for part in worlds for column in part)
    yield physics(
        "finite", "All values finite", "모든 값이 유한", float(finite), 1.0, 1.0, "yes/no", "arithmetic",
    )  # fmt: skip


def energies(world: HotStripMill, at: Passes) -> Iterator[Check]:
    """Work of the motors against what strip and friction take; heat of the strip, stand by stand.

    Power over k w, the yield stress and the width: where the strip sticks to a roll, the shear stress is k/2.
    It holds the roll back before the neutral point and drives it behind. Strip and friction take
    ``pi/4 flow ln(h1/h2) + integral of R' |v_roll - v|`` over the angle, v = flow / h.

    With a lever arm of 0.47 the motors do ``2 x 0.47 L P v_roll / R'`` and the strip takes
    ``P/L ln(h1/h2) flow``. Their ratio is ``0.94 (h1 - h2) / (ln(h1/h2) h_n)``, h_n at the neutral point.
    It is over 0.95, or the strip would keep more heat than was done work; and as h_n > h2, it is under 1.36
    where the strip is at most halved.
    """
    made, p = world.made, world.mill
    neutral_h = made.thickness * (1.0 + at.slip)
    motor = made.radius * (at.contact - 2.0 * at.neutral) / neutral_h
    yield physics(
        "energy", "Motor work less deformation and friction", "전동기 일과 변형·마찰 일의 차이",
        _most((ROUGH * at.strain + friction(made, at)) / motor - 1.0), 0.0, 1e-6, "share",
        "conservation of energy, Sims (1954)",
    )  # fmt: skip
    arm = made.radius * (at.contact / 2.0 - at.neutral) / (at.q * made.radius * at.contact**2)
    for name, en, ko, value in (
        ("arm_least", "Shortest lever arm over contact length", "접촉 길이 대비 최소 모멘트 팔", arm.min()),
        ("arm_most", "Longest lever arm over contact length", "접촉 길이 대비 최대 모멘트 팔", arm.max()),
    ):  # fmt: skip
        yield physics(name, en, ko, value, 0.45, 0.50, "share", "0.45-0.50 in hot rolling; torque by Sims")
    work = 2.0 * ARM * at.draft / (at.strain * neutral_h)
    for name, en, ko, value in (
        ("work_least", "Least motor work over the strip's", "스트립 변형 일 대비 최소 전동기 일", work.min()),
        ("work_most", "Most motor work over the strip's", "스트립 변형 일 대비 최대 전동기 일", work.max()),
    ):  # fmt: skip
        yield physics(name, en, ko, value, 0.95, 1.36, "ratio", "lever arm 0.47; conservation of energy")
    yield physics(
        "heat_share", "Heat of deformation over motor work", "전동기 일 대비 변형열",
        np.max(p.heating * at.q * at.strain / motor), 0.0, 1.0, "share", "conservation of energy",
    )  # fmt: skip
    yield physics(
        "heat_balance", "Temperatures less heat balance", "온도와 열수지의 차이",
        _most(unbalanced(world, at)), 0.0, 0.01, "share of the fall",
        "conservation of energy, integrated again in small steps",
    )  # fmt: skip


def friction(made: Made, at: Passes) -> Array:
    """Work of friction over k w flow: ``R' |1/h_n - 1/h|`` over the angle of contact (Gauss-Legendre)."""
    nodes, weights = np.polynomial.legendre.leggauss(16)
    neutral_h, total = made.thickness * (1.0 + at.slip), np.zeros_like(at.contact)
    for start, end in ((0.0 * at.neutral, at.neutral), (at.neutral, at.contact)):
        half = (end - start) / 2.0
        for node, weight in zip(nodes, weights, strict=True):
            h = made.thickness + made.radius * (start + half * (1.0 + node)) ** 2
            total += weight * half * made.radius * np.abs(1.0 / neutral_h - 1.0 / h)
    return total


def unbalanced(world: HotStripMill, at: Passes) -> Array:
    """Recorded temperatures less those of a heat balance from the place before, over the fall since.

    ``(coils, 8)``: in the seven stands and at the exit.

    In the bite ``rho c dT = share of p ln(h1/h2) - 2 contact (T - T_roll) seconds / h_mean``; between stands
    ``rho c h dT/dt = -2 (eps sigma (T^4 - T_air^4) + convection (T - T_water))``, by Runge and Kutta.
    """
    made, p, flow = world.made, world.mill, 1e6 * world.given.flow[:, None]  # mm2/s
    length = made.radius * at.contact
    work = p.heating * 1e6 * made.force / (world.given.width[:, None] * length) * at.strain * 1e-3
    lost = 2e-3 * p.contact * (made.temperature + KELVIN - ROLL_K) * length / flow
    behind = made.temperature + (work - lost) / p.heat_capacity
    start = np.column_stack([world.given.start_c, behind])
    h = np.column_stack([world.given.bar, made.thickness])
    seconds = 1000.0 * np.array([p.entry_m] + STANDS * [p.stand_m]) * h / flow
    found = np.column_stack([made.temperature, made.exit_c])
    balanced = cooled(p, start, h, seconds)
    return np.asarray((found - balanced) / (start - balanced))


def cooled(p: Mill, celsius: Array, h: Array, seconds: Array, steps: int = 4) -> Array:
    """Strip of thickness ``h`` mm after a time between stands, C."""

    def fall(at: Array) -> Array:
        flux = p.emissivity * STEFAN_BOLTZMANN * (at**4 - AIR_K**4) + p.convection * (at - WATER_K)
        return -2e-6 * flux / (p.heat_capacity * h)

    at, step = celsius + KELVIN, seconds / steps
    for _ in range(steps):
        one = fall(at)
        two = fall(at + step / 2.0 * one)
        three = fall(at + step / 2.0 * two)
        at = at + step / 6.0 * (one + 2.0 * two + 2.0 * three + fall(at + step * three))
    return np.asarray(at - KELVIN)


# --- one pass ----------------------------------------------------------------------------------


def sims_solves(points: int = 2001) -> Iterator[Check]:
    """Sims's factor against the equation that he solved, in steps along the arc of contact.

    With f the horizontal force over width and k, p the pressure over k, phi the angle from the exit plane:
    ``df/dphi = 2 R' p phi +- R'`` (+ from the exit, - from the entry), ``h = h2 + R' phi^2``,
    ``f = h (p - pi/4)``, f = 0 at both ends. As ``dh/dphi = 2 R' phi``, p rises by
    ``(pi/2 R' phi +- R') / h``. The lower of both branches holds, and Q is its mean.
    """
    cases = np.meshgrid(np.linspace(0.1, 0.4, 7), np.geomspace(20.0, 200.0, 7))
    r, slender = (case.reshape(-1, 1) for case in cases)
    alpha = np.sqrt(r / (1.0 - r) / slender)
    step = alpha / (points - 1)
    phi = step * np.arange(points)
    h = 1.0 + slender * phi**2

    def climbed(slope: Array) -> Array:
        between = step * (slope[:, 1:] + slope[:, :-1]) / 2.0
        return ROUGH + np.pad(np.cumsum(between, axis=1), ((0, 0), (1, 0)))

    behind = climbed((2.0 * ROUGH * slender * phi + slender) / h)
    before = climbed(((slender - 2.0 * ROUGH * slender * phi) / h)[:, ::-1])[:, ::-1]
    low = np.minimum(behind, before)
    mean = ((low[:, 1:] + low[:, :-1]) / 2.0).mean(1)
    q = plain["sims"](1.0 / (1.0 - r), 1.0, slender)[0].ravel()
    yield physics(
        "sims", "Sims's Q against sticking friction, integrated",
        "고착 마찰 방정식을 적분한 값과 Sims Q의 차이", _most(q / mean - 1.0), 0.0, 1e-4, "share",
        "Sims (1954); slab equation, r 0.1-0.4, R'/h 20-200",
    )  # fmt: skip


def force_of(p: Mill, **changed: Array | float) -> Array:
    """Force in MN of single passes about :data:`STEEL`, rolls flattening."""
    names = ("carbon", "celsius", "width", "flow", "entry", "exit", "roll")
    c, celsius, width, flow, entry, leaving, roll = np.broadcast_arrays(
        *(dict(zip(names, STEEL, strict=True)) | changed).values()
    )
    stress = plain["shida"](c, celsius + KELVIN, 0.0)
    force: Array = plain["squeezed"](p, stress, 1.0, 0.0, width, flow, entry, leaving, 0.0, roll)[1]
    return force


def austenite_from(carbon: Array | float) -> Array:
    """Shida's Td of plain carbon steel in C."""
    return np.asarray(950.0 * (carbon + 0.41) / (carbon + 0.32) - KELVIN)


def monotonicities(p: Mill) -> Iterator[Check]:
    """Signs that mechanics demands of a pass, in austenite."""
    law = "mechanics of rolling (Sims 1954)"
    falls = force_of(p, exit=np.linspace(6.6, 11.4, 25))
    yield physics(
        "force_exit", "Force falls as the strip leaves thicker", "출구가 두꺼워지면 하중 감소",
        -np.diff(falls).max(), SOME, np.inf, "MN a step", law,
    )  # fmt: skip
    hot = force_of(p, celsius=np.linspace(austenite_from(STEEL[0]) + 1.0, 1150.0, 30))
    yield physics(
        "force_heat", "Force falls as austenite gets hotter", "오스테나이트 온도가 오르면 하중 감소",
        -np.diff(hot).max(), SOME, np.inf, "MN a step", "Shida (1969), thermal activation",
    )  # fmt: skip
    width = np.array([900.0, 1200.0, 1550.0])
    wide = force_of(p, width=width)
    yield physics(
        "force_width", "Force a metre against width", "폭당 하중의 변화",
        _most(wide / width / (wide[0] / width[0]) - 1.0), 0.0, 1e-9, "share", "plane strain",
    )  # fmt: skip
    rate = force_of(p, flow=np.linspace(0.008, 0.035, 20))
    yield physics(
        "force_rate", "Force rises with strain rate", "변형률 속도가 커지면 하중 증가", np.diff(rate).min(),
        SOME, np.inf, "MN a step", "Shida (1969), rate exponent",
    )  # fmt: skip
    larger = force_of(p, roll=np.linspace(300.0, 420.0, 20))
    yield physics(
        "force_roll", "Force rises with roll radius", "롤 반경이 커지면 하중 증가", np.diff(larger).min(),
        SOME, np.inf, "MN a step", law,
    )  # fmt: skip
    c, celsius, mm, flow, entry, leaving, roll = STEEL
    stress = plain["shida"](c, celsius + KELVIN, 0.0)
    thin = entry * (1.0 - np.array([1e-8, 1e-6, 1e-4, 1.0 - leaving / entry]))
    # Rolls that flatten keep some force at rest; rigid ones keep none.
    rigid = plain["bite"](stress, 0.0, mm, flow, entry, thin, roll)
    yield physics(
        "force_vanishes", "Force left at no reduction", "압하율이 0에 가까울 때 남는 하중",
        rigid[0] / rigid[-1], 0.0, 1e-3, "share", law,
    )  # fmt: skip


# --- gauge control -----------------------------------------------------------------------------


def gauge_control(world: HotStripMill) -> Iterator[Check]:
    """What the gaugemeter takes out whole, and what it makes worse; the X-ray monitor is off.

    Five coils are disturbed: by 0.5 mm more at the entry after a second, by a skid mark at whose crest the
    strip is after a minute, or by eccentric back-up rolls of the last stand.
    """
    p, coils = world.mill, np.linspace(0, len(world.slopes.plastic) - 1, 5).astype(int)
    whole = Agc(1.0, 0.0, p.agc_s, p.actuator_hz, 0.7, np.inf, p.gauge_m, p.stand_m)
    off = whole._replace(lock_s=np.inf)
    bisra = "gaugemeter control (BISRA)"
    calm = still(world, coils)
    for name, en, ko, heads in (
        ("agc_entry", "Left of a step at the entry, alpha 1", "알파 1에서 입구 두께 변화 잔류율",
         calm._replace(entry_step=np.full(5, 0.5), entry_step_s=np.ones(5))),
        ("agc_skid", "Left of a skid mark, alpha 1", "알파 1에서 스키드 마크 잔류율",
         calm._replace(skid=p.skid_k * world.slopes.heat[coils], skid_s=np.full(5, 240.0))),
    ):  # fmt: skip
        # Of all five together: strip that keeps its strain can pass none of a step on.
        left, free = (_most(thickness(agc, heads, seconds=60.0)[:, -1]) for agc in (whole, off))
        yield physics(name, en, ko, left / max(free, 1e-9), 0.0, 0.01, "share", bisra)
    # Of a roll that turns slowly: a loop that is slower than the roll cannot take it for strip.
    eccentric = calm._replace(
        ecc=np.full(STANDS, p.eccentricity) * (np.arange(STANDS) == STANDS - 1),
        ecc_rate=np.ones_like(calm.ecc_rate),
    )
    with_it, without = (
        np.ptp(thickness(agc, eccentric, seconds=20.0)[:, 1000:], axis=1)
        for agc in (whole._replace(alpha=p.agc_alpha), off)
    )
    yield physics(
        "agc_eccentricity", "Eccentricity with gauge control over without",
        "게이지 제어 시 편심 영향의 증폭", np.min(with_it / without), 1.0, np.inf, "ratio",
        bisra + ": it takes eccentricity for strip",
    )  # fmt: skip
    rows = played_slice(world)
    miss = (world.made.thickness - world.orders.plan)[rows][coils]
    course = thickness(off, calm._replace(miss=miss), seconds=2.0)
    yield physics(
        "agc_off", "Head less its miss without gauge control", "제어가 없을 때 선단 두께와 설정 오차의 차이",
        _most(course - miss[:, -1:]), 0.0, 1e-9, "mm", "nothing else moves the gap",
    )  # fmt: skip


def still(world: HotStripMill, coils: Array) -> Heads:
    """Some of the coils that are played, on target and undisturbed."""
    rows = played_slice(world)
    each, one = np.zeros((len(coils), STANDS)), np.zeros(len(coils))
    speed = 1000.0 * (world.given.flow[rows, None] / world.orders.plan[rows])[coils]
    return Heads(
        stretch=np.full(STANDS, world.mill.stretch), plastic=world.slopes.plastic[coils],
        entry=world.slopes.entry[coils], speed=speed, miss=each, skid=each, skid_phase=one, skid_s=one + 10.0,
        ecc=np.zeros(STANDS), ecc_rate=speed / BACKUP_RADIUS_M, ecc_phase=each,
    )  # fmt: skip


# --- the line ----------------------------------------------------------------------------------


def line_laws(world: HotStripMill) -> Iterator[Check]:
    """Slabs pass in order, one bar at a time where one has room; a simulation finds the same times."""
    line = world.line
    places = "one place holds one bar"
    ahead = min(np.diff(times).min() for times in line[:4])
    spare = (line.entry[1:] - line.done[:-1] - LINE.gap_s).min()
    waits, soaks = line.delay.min() - LINE.transfer_s, line.residence.min() - LINE.soak_s
    for name, en, ko, value in (
        ("line_order", "Least time to the slab ahead", "앞 슬래브와의 최소 시간 간격", ahead),
        ("line_mill", "Least spare time between two bars in the mill", "압연기의 바 사이 최소 여유", spare),
        ("line_delay", "Least delay less the transfer time", "최소 대기 시간과 이송 시간의 차이", waits),
        ("line_soak", "Least furnace time less the soak", "최소 재로 시간과 균열 시간의 차이", soaks),
    ):  # fmt: skip
        yield physics(name, en, ko, value, -1e-6, np.inf, "s", places)
    yield physics(
        "line_simulated", "Times less those of a simulation by events", "사건 시뮬레이션과의 시각 차이",
        simulated_difference(line), 0.0, 1e-6, "s", places,
    )  # fmt: skip


def simulated_difference(line: Passage) -> float:
    """Largest difference in s to the same slabs, sent through places and queues at the times recorded."""
    first = Passage(*(times[:WATCHED] for times in line))
    free = np.concatenate([first.entry[:1], first.done[:-1] + LINE.gap_s])
    again = simulate(
        LINE,
        due_s=np.maximum(np.diff(first.extracted, prepend=0.0), 0.0),
        rough_s=np.maximum(first.rougher_exit - first.extracted - LINE.travel_s, 0.0),
        roll_s=np.maximum(first.done - first.entry, 0.0),
        planned_stop_s=np.zeros(len(free)),
        stop_s=np.maximum(first.entry - free, 0.0),
    )
    return max(_most(one - two) for one, two in zip(again, first, strict=True))


# --- realism -----------------------------------------------------------------------------------


def _inside(values: Array, low: float, high: float) -> float:
    return float(np.mean((values >= low) & (values <= high)))


def forces(world: HotStripMill, at: Passes) -> Iterator[Check]:
    """Forces, flattening and strain rates of the stands."""
    made = world.made
    typical = np.median(made.force, axis=0)
    prototype = "seven stands, 32 to 2.3 mm, 1250 mm: 23 to 8 MN; range widened to the order book"
    yield realism(
        "force_front", "Median force of stands 1 to 3", "스탠드 1~3의 하중 중앙값",
        np.median(made.force[:, :3]), 15.0, 28.0, "MN", prototype,
    )  # fmt: skip
    yield realism(
        "force_least", "Lowest median force of a stand", "스탠드별 하중 중앙값의 최소", typical.min(), 4.0,
        35.0, "MN", prototype,
    )  # fmt: skip
    yield realism(
        "force_most", "Highest median force of a stand", "스탠드별 하중 중앙값의 최대", typical.max(), 4.0,
        35.0, "MN", prototype,
    )  # fmt: skip
    yield realism(
        "force_inside", "Forces between 4 and 35 MN", "4~35 MN 범위의 하중 비율",
        _inside(made.force, 4.0, 35.0), 0.99, 1.0, "share", prototype,
    )  # fmt: skip
    yield realism(
        "flattened_last", "Median flattened over ground radius, last stand",
        "마지막 스탠드의 편평 반경비 중앙값", np.median(made.radius[:, -1] / RADIUS_MM[-1]), 1.0, 1.5,
        "ratio", "Hitchcock: 1.03-1.34 with 12 MN at most behind; thin hard strip more",
    )  # fmt: skip
    yield realism(
        "rates", "Strain rates between 5 and 250 a second", "5~250 /s 범위의 변형률 속도 비율",
        _inside(at.rate, 5.0, 250.0), 0.99, 1.0, "share",
        "finishing mills: 11-136 /s at 10 m/s; 30-200 /s of Misaka's tests",
    )  # fmt: skip
    plastic = world.slopes.plastic
    stiff = "plastic stiffness 2-40 MN/mm; more on thin wide strip"
    yield realism(
        "stiffness", "Plastic stiffness between 1 and 60 MN/mm", "1~60 MN/mm 범위의 소성 강성 비율",
        _inside(plastic, 1.0, 60.0), 0.99, 1.0, "share", stiff,
    )  # fmt: skip
    yield realism(
        "stiffness_last", "Median plastic stiffness, last stand", "마지막 스탠드의 소성 강성 중앙값",
        np.median(plastic[:, -1]), 5.0, 30.0, "MN/mm", stiff,
    )  # fmt: skip


def heat(world: HotStripMill) -> Iterator[Check]:
    """Temperatures of bar and strip, and how force answers them."""
    given, rows = world.given, played_slice(world)
    yield realism(
        "entry_heat", "Median at the finishing entry", "사상압연 입구 온도 중앙값", np.median(given.start_c),
        950.0, 1080.0, "C", "bars enter the finishing mill at 950-1080 C",
    )  # fmt: skip
    yield realism(
        "exit_heat", "Median at the exit", "사상압연 출구 온도 중앙값", np.median(world.made.exit_c), 850.0,
        930.0, "C", "finishing temperatures of 850-930 C, above Ar3",
    )  # fmt: skip
    bars = true_bars(given).at(rows)
    met = rolled(world.mill, bars, given.plan[rows], level=given.level[rows])
    ferrite = austenite_from(bars.carbon) - bars.stable
    # As far down the mill as all of the strip is austenite.
    hot = np.logical_and.accumulate(met.temperature > ferrite[:, None] + 5.0, axis=1)
    answer = 100.0 * world.slopes.heat / met.force
    yield realism(
        "force_kelvin", "Median change of force a kelvin, austenite",
        "오스테나이트에서 1 K당 하중 변화 중앙값", np.median(answer[hot]), -0.5, -0.1, "%/K",
        "Misaka: -0.17 to -0.25 %/K at 1000-900 C",
    )  # fmt: skip


def drifts(world: HotStripMill) -> Iterator[Check]:
    """How rolls wear and grow, and bars differ from their target."""
    kept = np.diff(world.orders.campaign) == 0
    wear = 100.0 * np.diff(np.log(world.known_level[:, FRONT:]), axis=0)[kept].mean()
    yield realism(
        "wear", "Rise of force by wear, a coil, last stands", "후단 스탠드의 코일당 롤 마모에 의한 하중 증가",
        wear, 0.05, 0.1, "%/coil", "0.05-0.1 % a coil in campaigns of 60-80",
    )  # fmt: skip
    grown = -1000.0 * world.given.offset.min() / world.mill.crown_left
    yield realism(
        "crown", "Largest thermal crown", "최대 열 크라운", grown, 50.0, 150.0, "um",
        CONSTANTS["crown_um"].source,
    )  # fmt: skip
    bar = CONSTANTS["bar_sd"]
    yield realism(
        "bar_spread", "Spread of bar thickness about its target", "바 두께의 목표 대비 산포",
        np.std(world.given.bar / world.given.plan_bar), bar.low, bar.high, "share", bar.source,
    )  # fmt: skip


def practice(world: HotStripMill) -> Iterator[Check]:
    """Standing practice, the plant's bare formula, and the pyrometers."""
    made, good, first = world.made, world.readings.good, world.orders.position == 0
    miss = 1000.0 * (made.thickness - world.orders.plan)[:, -1]
    yield realism(
        "head_miss", "Spread of head thickness under standing practice",
        "기존 방식의 선단 두께 오차 표준편차", miss.std(), 20.0, 100.0, "um",
        "5 % of 12 MN is 30 um behind the last stand; vendors hold 35-45 um",
    )  # fmt: skip
    yield realism(
        "first_coil", "Head spread of first coils over later ones", "첫 코일과 이후 코일의 오차 표준편차 비",
        miss[first].std() / miss[~first].std(), 1.2, 4.0, "ratio",
        "published: accuracy is lowest at the first coil of a lot",
    )  # fmt: skip
    low = 100.0 * (1.0 - made.model_force[good] / made.read_force[good])
    yield realism(
        "formula_low", "By how much the bare formula reads low", "보정 전 공식이 낮게 예측하는 정도",
        np.median(low), 10.0, 45.0, "%", "Misaka 15-40 % under Shida for C 0.1 at 900-1000 C",
    )  # fmt: skip
    start = world.given.start_c
    shown = start - skin(world.mill, start, world.given.bar) + PLANT_SURFACE_K
    error = world.readings.entry_c - shown
    known = {name: CONSTANTS[name].value for name in ("pyrometer_sd", "pyrometer_drift", "scale_k")}
    most = 3.5 * np.hypot(known["pyrometer_sd"], known["pyrometer_drift"])
    scale = known["scale_k"] * np.sqrt(LINE.transfer_s / 60.0)
    yield realism(
        "pyrometer_bias", "Mean error of the entry pyrometer", "입구 온도계의 평균 오차", error.mean(),
        -scale - most, -scale + most, "K",
        "3.5 sd of bias and drift about that of scale; constants of the world",
    )  # fmt: skip
    yield realism(
        "pyrometer_noise", "Scatter of the entry pyrometer from coil to coil", "입구 온도계의 코일 간 산포",
        np.diff(error).std() / np.sqrt(2.0), 1.0, 5.0, "K", "repeatability 0.1-0.5 % of a reading",
    )  # fmt: skip


def pace(world: HotStripMill) -> Iterator[Check]:
    """How many coils a mill makes, how often it stops and how long it changes rolls."""
    line = world.line
    every = float(np.diff(line.entry).mean())
    yield realism(
        "coils_hour", "Coils an hour", "시간당 코일 수", 3600.0 / every, 20.0, 50.0, "1/h",
        "mills of 3-6 Mt a year with coils of 17-25 t",
    )  # fmt: skip
    yield realism(
        "coils_year", "Coils a year", "연간 코일 수", OPERATION * YEAR_S / every, 150_000.0, 350_000.0,
        "1/a", "mills of 3-6 Mt a year with coils of 17-25 t",
    )  # fmt: skip
    stops = CONSTANTS["stop_share"]
    yield realism(
        "stops", "Bars kept waiting", "대기한 바의 비율", np.mean(line.delay > LINE.transfer_s + 1.0),
        stops.low, stops.high, "share", stops.source,
    )  # fmt: skip
    new = np.flatnonzero(np.diff(world.orders.campaign) > 0)
    if new.size:
        yield realism(
            "roll_change", "Median roll change, tail to head", "롤 교체 시간 중앙값 (꼬리에서 선단까지)",
            np.median(line.entry[new + 1] - line.done[new]) / 60.0, 10.0, 15.0, "min",
            CONSTANTS["change_s"].source,
        )  # fmt: skip
