"""How fast the plant runs in a batch, as steps a second and as a ratio to the NumPy tier.

Run it with ``python benchmarks/plant_speed.py``. Variants are interleaved and the median is printed. The
best-known open data-centre environment that steps one scalar plant does 349 steps/s (SustainDC 2025,
measured on two cores of an EPYC).
"""

from __future__ import annotations

import statistics
import time

import numpy as np

from core.engine.parallel import cores
from data_synth.plant_constants import plant
from data_synth.plant_lanes import hold_cost, initial_state, simulate

LANES, STEPS, ROUNDS = 256, 2_000, 7
PUBLISHED = 349.0


def _scene() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    hours = np.arange(STEPS) / 12
    drive = np.zeros((LANES, STEPS, 6))
    drive[..., 0] = 0.55 + 0.08 * np.cos(2 * np.pi * (hours - 15) / 24)
    drive[..., 1] = rng.uniform(-5, 25, (LANES, 1)) + 2 * np.cos(2 * np.pi * (hours - 15) / 24)
    drive[..., 2] = drive[..., 1] + 4
    targets = np.column_stack(
        [rng.uniform(15, 22, LANES), rng.integers(3, 7, LANES), rng.uniform(0.5, 0.9, LANES)]
    )
    return drive, targets


def main() -> None:
    """Print the table."""
    drive, targets = _scene()
    p = plant()

    def run(backend: str, threads: int, steps: int) -> float:
        state = initial_state(targets)
        begin = time.perf_counter()
        simulate(p, drive[:, :steps], targets, state, backend=backend, threads=threads)  # type: ignore[arg-type]  # two literals
        return LANES * steps / (time.perf_counter() - begin)

    def search() -> float:
        candidates = np.broadcast_to(targets[:, None], (LANES, 50, 3))
        begin = time.perf_counter()
        hold_cost(p, drive[:, :24], candidates, initial_state(targets), air_max=27.0, delta_t_max=12.0)
        return LANES * 50 * 24 / (time.perf_counter() - begin)

    variants = {
        "NumPy over lanes": lambda: run("numpy", 1, 200),
        "compiled, 1 thread": lambda: run("compiled", 1, STEPS),
        f"compiled, {cores()} threads": lambda: run("compiled", cores(), STEPS),
        "search (nothing stored), 1 thread": search,
    }
    for variant in variants.values():
        variant()  # compile, and touch the memory
    rates: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(ROUNDS):
        for name, variant in variants.items():
            rates[name].append(variant())
    base = statistics.median(rates["NumPy over lanes"])
    print(f"{'variant':<36}{'plant-steps/s':>16}{'x NumPy':>10}{'x published':>13}")
    for name, values in rates.items():
        rate = statistics.median(values)
        print(f"{name:<36}{rate:>16,.0f}{rate / base:>10.1f}{rate / PUBLISHED:>13,.0f}")


if __name__ == "__main__":
    main()
