"""How fast the mill rolls, and how long a world of 50,000 coils takes to draw.

Run it with ``python benchmarks/mill_speed.py``. Variants are interleaved and medians are printed; a pass is
one coil in one stand. The one open rolling simulator that was run for comparison, PyRolL 3.1.15, did 7.5
passes/s on this class of machine (``research/industrial.md``, section 2).
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from core.engine.parallel import cores
from core.luck import luck_of
from data_synth.mill_constants import STANDS, Settings
from data_synth.mill_head import Agc, Heads, off_gauge
from data_synth.mill_passes import Backend, rolled, slopes
from data_synth.rolling import HotStripMill, draw, true_bars

ROUNDS = 5
WORLD = Settings(campaigns=572, played=143)
HEADS, HEAD_SECONDS = 4_096, 10.0
PUBLISHED = 7.5
GOAL_PASSES, GOAL_WORLD_S = 1e6, 4.0


def _timed(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _heads(world: HotStripMill) -> tuple[Agc, Heads]:
    """The first coils of a world as the gauge control meets them."""
    p, rows = world.mill, slice(0, HEADS)
    plan = world.orders.plan[rows]
    bars = true_bars(world.given).at(rows)
    by = slopes(p, bars, plan, world.given.level[rows], threads=cores())
    speed = 1000.0 * bars.flow[:, None] / plan
    still = np.zeros(len(plan))
    # Where Shida's curve jumps to ferrite between the two ends of a difference, a slope can be negative.
    heads = Heads(
        stretch=np.full(STANDS, p.stretch), plastic=by.plastic, entry=np.maximum(by.entry, 0.0), speed=speed,
        miss=world.made.thickness[rows] - plan, skid=np.abs(by.heat) * p.skid_k,
        skid_phase=world.skid_phase[rows], skid_s=np.full(len(plan), 10.0),
        ecc=np.full(STANDS, p.eccentricity), ecc_rate=speed / 0.75, ecc_phase=np.zeros((len(plan), STANDS)),
        entry_step=still, entry_step_s=still,
    )  # fmt: skip
    control = Agc(
        p.agc_alpha, p.lock_s, p.agc_s, p.actuator_hz, 0.7, monitor_s=p.monitor_s, gauge_m=p.gauge_m,
        stand_m=p.stand_m,
    )  # fmt: skip
    return control, heads


def main() -> None:
    """Print the table."""
    world = draw(WORLD, luck_of(0))
    p, bars, plan, level = world.mill, true_bars(world.given), world.orders.plan, world.given.level
    gaps = world.made.gap
    coils, few = len(plan), 4_000
    control, heads = _heads(world)

    def passes(aim: np.ndarray, rows: int, *, by_gap: bool, backend: Backend, threads: int) -> float:
        some, factor, aim = bars.at(slice(0, rows)), level[:rows], aim[:rows]
        seconds = _timed(
            lambda: rolled(p, some, aim, level=factor, by_gap=by_gap, backend=backend, threads=threads)
        )
        return rows * STANDS / seconds

    def head_end(threads: int) -> float:
        seconds = _timed(
            lambda: off_gauge(control, heads, tolerance=0.03, seconds=HEAD_SECONDS, threads=threads)
        )
        return HEADS / seconds

    rolling: dict[str, Callable[[], float]] = {
        "NumPy tier, at given thickness": partial(
            passes, plan, few, by_gap=False, backend="numpy", threads=1
        ),
        "NumPy tier, at given gaps": partial(passes, gaps, few, by_gap=True, backend="numpy", threads=1),
    }
    head_ends: dict[str, Callable[[], float]] = {}
    for threads in sorted({1, cores()}):
        on = f"{threads} thread{'s' * (threads > 1)}"
        for name, aim, by_gap in (("thickness", plan, False), ("gaps", gaps, True)):
            rolling[f"compiled, at given {name}, {on}"] = partial(
                passes, aim, coils, by_gap=by_gap, backend="compiled", threads=threads
            )
        head_ends[f"head end of {HEAD_SECONDS:.0f} s, {on}"] = partial(head_end, threads)
    worlds: dict[str, Callable[[], float]] = {
        f"world of {coils:,} coils": lambda: _timed(lambda: draw(WORLD, luck_of(1)))
    }
    variants = rolling | head_ends | worlds
    for variant in (rolling | head_ends).values():
        variant()  # compile, and touch the memory
    found: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(ROUNDS):
        for name, variant in variants.items():
            found[name].append(variant())
    medians = {name: statistics.median(values) for name, values in found.items()}

    base = medians["NumPy tier, at given thickness"]
    print(f"{'rolling':<42}{'passes/s':>14}{'x NumPy':>10}{'x PyRolL':>12}{'x goal':>9}")
    for name in rolling:
        rate = medians[name]
        ratios = f"{rate / base:>10.2f}{rate / PUBLISHED:>12,.0f}{rate / GOAL_PASSES:>9.2f}"
        print(f"{name:<42}{rate:>14,.0f}{ratios}")
    print(f"\n{'gauge control':<42}{'coils/s':>14}")
    for name in head_ends:
        print(f"{name:<42}{medians[name]:>14,.0f}")
    print(f"\n{'drawing, standing practice included':<42}{'seconds':>14}{'passes/s':>22}{'of goal':>12}")
    for name in worlds:
        seconds = medians[name]
        rate, share = coils * STANDS / seconds, seconds / GOAL_WORLD_S
        print(f"{name:<42}{seconds:>14.2f}{rate:>22,.0f}{share:>12.2f}")
    print(
        f"\nGoals: {GOAL_PASSES:,.0f} passes/s; a world in {GOAL_WORLD_S:.0f} s on 2 cores (here: {cores()})."
    )


if __name__ == "__main__":
    main()
