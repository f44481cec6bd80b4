"""How fast an electorate is drawn, told by Bayes' rule, ranked, and shared out one budget.

Run it with ``python benchmarks/voter_speed.py``. Medians of rounds on one thread are printed.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from core.luck import luck_of
from core.stats.uplift import auuc, qini
from data_synth.electorate import draw
from data_synth.electorate_constants import Settings
from data_synth.electorate_posterior import expected
from usecases.voter_targeting.contact.allocation import allocate
from usecases.voter_targeting.contact.rules import USUAL_BUDGET, USUAL_COST

ROUNDS = 3
VOTERS = 1_000_000
TOLD = 200_000


def seconds(work: Callable[[], object]) -> float:
    """Median time of the rounds; the first is left out."""
    times = []
    for _ in range(ROUNDS + 1):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return statistics.median(times[1:])


def main() -> None:
    """Print seconds of each part."""
    settings = Settings(voters=VOTERS, pilot=1_000, called=100)
    drawn = seconds(lambda: draw(settings, luck_of(100)).effects.net)
    print(f"{VOTERS:,} voters with their effects by four channels: {drawn:.2f} s")
    world = draw(settings, luck_of(100))
    net, budget = world.effects.net, USUAL_BUDGET * VOTERS
    print(f"one budget for them: {seconds(lambda: allocate(net, USUAL_COST, budget)):.2f} s")
    some = world.people.rows(slice(0, TOLD))
    print(f"Bayes' rule on {TOLD:,} of them: {seconds(lambda: expected(world, some)):.2f} s")
    for name, score in (("distinct", net[:, 1]), ("1,000 different", np.round(1e5 * net[:, 1]))):
        for measure in (qini, auuc):
            took = seconds(partial(measure, score, net[:, 0]))
            print(f"{measure.__name__} of {VOTERS:,} rows, {name} scores: {took:.2f} s")


if __name__ == "__main__":
    main()
