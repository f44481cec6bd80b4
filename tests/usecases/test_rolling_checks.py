"""The questions to the rolling mill: a sound world passes, and what breaks is noticed by the right one."""

from dataclasses import replace

import numpy as np
import pytest

from core.luck import luck_of
from data_synth.mill_constants import Settings
from data_synth.mill_physics import plain
from data_synth.rolling import draw
from usecases.rolling_mill.checks import checks_of, sims_solves

SEED = 150


def world_of(seed=SEED, **levers):
    return draw(Settings(campaigns=6, played=3, **levers), luck_of(seed))


def red(world):
    return {check.name for check in checks_of(world) if not check.passed}


@pytest.fixture(scope="module")
def world():
    return world_of()


def of(world, part, **changed):
    """The world with columns of one of its parts changed: by a function, or to a value."""
    now = getattr(world, part)
    new = {k: change(getattr(now, k)) if callable(change) else change for k, change in changed.items()}
    return replace(world, **{part: now._replace(**new)})


def only(column, rows, change):
    """A copy in which some rows are changed."""
    copy = column.copy()
    copy[rows] = change(copy[rows])
    return copy


@pytest.mark.parametrize("seed", [150, 151, 152])
def test_sound_worlds_pass(seed):
    assert red(world_of(seed)) == set()


def test_every_question_is_asked_once_and_in_both_languages(world):
    checks = list(checks_of(world))
    assert len({check.name for check in checks}) == len(checks)
    assert {check.kind for check in checks} == {"physics", "realism"}
    for check in checks:
        assert set(check.label) == {"en", "ko"}
        assert all(check.label.values())
        assert check.source
        assert check.unit
        assert check.low <= check.high


@pytest.mark.parametrize(
    "levers",
    [
        {"lot_coils": 2.0},
        {"lot_coils": 30.0, "step": 0.15, "force_noise": 0.05, "bad_records": 0.5, "pyrometer": 3.0},
        {"step": 0.0, "force_noise": 0.0, "bad_records": 0.0, "pyrometer": 0.0},
    ],
)
def test_physics_holds_at_the_ends_of_the_levers(levers):
    checks = list(checks_of(world_of(**levers)))
    assert [(c.name, c.value) for c in checks if c.kind == "physics" and not c.passed] == []


@pytest.mark.parametrize(
    ("constant", "broken", "noticed"),
    [
        ("hitchcock", 2.2e-4, "flattening"),
        ("hitchcock", 0.0, "flattening"),
        ("heating", 1.1, "heat_share"),
        ("heating", 0.0, "exit_heat"),
        ("slab_c", 1400.0, "entry_heat"),
        ("roughing_k_s", 0.0, "entry_heat"),
        ("roughing_k_s", 4.0, "entry_heat"),
        ("convection", 1500.0, "exit_heat"),
        ("contact", 0.0, "exit_heat"),
        ("stretch", 1.0, "head_miss"),
        ("stretch", 50.0, "head_miss"),
        ("crown_um", 1000.0, "crown"),
        ("bar_sd", 0.05, "bar_spread"),
        ("wear", 0.5, "wear"),
        ("wear", -0.05, "wear"),
        ("pyrometer_sd", 800.0, "pyrometer_bias"),
        ("pyrometer_noise", 12.0, "pyrometer_noise"),
        ("pace_s", 200.0, "coils_hour"),
        ("pace_s", 200.0, "coils_year"),
        ("stop_share", 0.5, "stops"),
        ("change_s", 3600.0, "roll_change"),
    ],
)
def test_one_broken_constant_is_noticed(constant, broken, noticed):
    found = red(world_of(SEED + 1, assumed=((constant, broken),)))
    assert noticed in found, f"{constant}={broken}: {found}"


def thicker(mm):
    return mm + 0.1


BROKEN_RECORDS = {
    "thickness": (lambda w: of(w, "made", thickness=thicker), {"gaugemeter", "force_law"}),
    "stretch": (lambda w: replace(w, mill=w.mill._replace(stretch=5.1)), {"gaugemeter"}),
    "force": (lambda w: of(w, "made", force=lambda mn: 1.01 * mn), {"gaugemeter", "force_law"}),
    "one force": (
        lambda w: of(w, "made", force=lambda mn: only(mn, (300, 4), lambda one: one + 0.001)),
        {"gaugemeter", "force_law"},
    ),
    "level": (lambda w: of(w, "given", level=lambda share: 1.01 * share), {"force_law"}),
    "radius": (lambda w: of(w, "made", radius=lambda mm: 1.05 * mm), {"flattening"}),
    "flow": (lambda w: of(w, "given", flow=lambda m2_s: 1.001 * m2_s), {"mass_flow"}),
    "speed": (lambda w: of(w, "orders", speed=lambda m_s: m_s + 0.01), {"mass_flow"}),
    "plan": (
        lambda w: of(w, "orders", plan=lambda mm: mm + 0.01 * (np.arange(7) == 6)),
        {"strain_sum", "mass_flow"},
    ),
    "opened": (
        lambda w: of(w, "made", thickness=lambda mm: only(mm, (9, 3), lambda one: 2 * one)),
        {"thins"},
    ),
    "temperature": (
        lambda w: of(w, "made", temperature=lambda c: c + 2.0 * (np.arange(7) == 5)),
        {"heat_balance"},
    ),
    "exit": (lambda w: of(w, "made", exit_c=lambda c: c + 2.0), {"heat_balance"}),
    "nan": (lambda w: of(w, "readings", water_c=lambda c: only(c, 7, lambda _: np.nan)), {"finite"}),
    "swapped": (lambda w: of(w, "line", entry=lambda s: only(s, [50, 51], lambda two: two[::-1])),
                {"line_order", "line_simulated"}),
    "in the mill": (lambda w: of(w, "line", entry=lambda s: only(s, 50, lambda one: one - 300.0)),
                    {"line_mill", "line_simulated"}),
    "late": (lambda w: of(w, "line", rougher_exit=lambda s: s + 1.0, delay=lambda s: s - 1.0),
             {"line_delay"}),
    "cold slab": (lambda w: of(w, "line", residence=lambda s: only(s, 20, lambda one: 0.5 * one)),
                  {"line_soak", "line_simulated"}),
    "records": (lambda w: of(w, "made", model_force=lambda mn: 1.5 * mn), {"formula_low"}),
    "first coils": (lambda w: of(w, "orders", position=np.arange(len(w.orders.lot)) % 2), {"first_coil"}),
    "plastic": (lambda w: of(w, "slopes", plastic=lambda w: 4.0 * w), {"stiffness", "stiffness_last"}),
    "heat": (lambda w: of(w, "slopes", heat=lambda mn_k: -mn_k), {"force_kelvin"}),
}  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN_RECORDS)
def test_one_broken_record_is_noticed(world, broken):
    change, noticed = BROKEN_RECORDS[broken]
    found = red(change(world))
    assert noticed <= found, found


def test_a_stretch_that_the_gaps_were_not_set_with_breaks_nothing_else_of_the_stands(world):
    change, _ = BROKEN_RECORDS["stretch"]
    assert red(change(world)) == {"gaugemeter"}


def broken_sims(q=lambda q: q, slip=lambda slip: slip):
    sound = plain["sims"]

    def sims(entry, thickness, radius):
        found = sound(entry, thickness, radius)
        return q(found[0]), slip(found[1])

    return sims


@pytest.mark.parametrize(
    ("name", "function", "noticed"),
    [
        ("sims", broken_sims(q=lambda q: 1.001 * q), {"sims"}),
        ("sims", broken_sims(q=lambda q: 1.1 * q), {"sims", "arm_least"}),
        ("sims", broken_sims(slip=lambda slip: 1.01 * slip), {"mass_flow", "energy"}),
        ("sims", broken_sims(slip=lambda slip: 0.2 * slip), {"arm_most"}),
        ("sims", broken_sims(slip=lambda slip: 3.0 * slip), {"arm_least", "work_least"}),
        ("shida", lambda c, t, s: plain["misaka"](c, t)._replace(m=-0.2), {"force_rate"}),
        ("shida", lambda c, t, s: plain["misaka"](c, 2500.0 - t), {"force_heat"}),
        ("bite", lambda s, b, w, f, h, h2, r: 1e-3 * w + 0.0 * h2, {"force_vanishes"}),
        ("squeezed", lambda p, s, k, b, w, f, h, h2, c, r: (h2, w * h2 / r * (w + 1.0), r),
         {"force_exit", "force_width", "force_roll", "force_rate", "force_heat"}),
    ],
)  # fmt: skip
def test_a_broken_law_is_noticed(world, monkeypatch, name, function, noticed):
    monkeypatch.setitem(plain, name, function)
    found = red(world)
    assert noticed <= found, found


def test_the_integration_is_of_what_sims_solved():
    coarse, fine = (next(iter(sims_solves(points))).value for points in (501, 4001))
    assert fine < 1e-7 < coarse < 1e-4


def test_gauge_control_that_does_not_work_is_noticed(world, monkeypatch):
    from data_synth import mill_head
    from usecases.rolling_mill import checks

    def weak(agc, heads, **how):
        return mill_head.thickness(agc._replace(alpha=0.5 * agc.alpha), heads, **how)

    def drifting(agc, heads, **how):
        return mill_head.thickness(agc, heads, **how) + 0.001

    def stiffened(agc, heads, **how):
        return mill_head.thickness(agc._replace(lock_s=np.inf), heads, **how) / (2.0 - np.isinf(agc.lock_s))

    for control, noticed in (
        (weak, {"agc_entry", "agc_skid"}),
        (drifting, {"agc_off"}),
        (stiffened, {"agc_eccentricity", "agc_entry"}),
    ):
        monkeypatch.setattr(checks, "thickness", control)
        assert noticed <= red(world)
