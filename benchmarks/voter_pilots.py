"""What scoring voters gains by the size of the pilot, and whether it ever falls behind the walk list.

Run it with ``python benchmarks/voter_pilots.py [--seeds 10] [--size full]``. One line for each size of the
pilot is printed: net votes for 1,000 USD of the list, of the support score, of the selected learner and of
the ceiling, the selected learner's gain with its interval, and that gain as a share of the headroom to the
oracle.
"""

from __future__ import annotations

import argparse

from core.engine.run import run_scenario
from core.engine.scenario import build
from core.results import SELECTED
from usecases.voter_targeting.contact import USECASE

PILOTS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
"""Persons of the pilot for each voter of the list."""
COMPETING = ("demographics", "support", "turnout_support", "structured")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--size", default="full", choices=("tiny", "quick", "demo", "full"))
    asked = parser.parse_args()
    print("pilot    list  support  selected  ceiling  of ceiling  gain [95 % interval]  of headroom  picks")
    for pilot in PILOTS:
        scenario = build(USECASE, size=asked.size, values={"pilot": pilot})
        run = run_scenario(USECASE, scenario, seeds=asked.seeds, contenders=COMPETING, device="cpu")
        mean = {
            name: run.interval("net_votes", name).mean for name in ("list", "support", SELECTED, "ceiling")
        }
        gain, captured = run.difference("net_votes", SELECTED), run.captured(SELECTED, "oracle")
        share = 100.0 * captured.share.mean if captured else float("nan")
        part = 100.0 * mean[SELECTED] / mean["ceiling"]
        means = "  ".join(f"{value:7.2f}" for value in mean.values())
        picked = ", ".join(f"{name} {count}" for name, count in run.picks.items())
        print(
            f"{pilot:5.2f} {means}  {part:6.1f} %  {gain.mean:+.2f} [{gain.low:+.2f}, {gain.high:+.2f}]"
            f"  {share:6.1f} %  {picked}",
            flush=True,
        )


if __name__ == "__main__":
    main()
