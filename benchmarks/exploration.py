"""How much of the headroom the data centre's learners capture as the operator explored less.

``python benchmarks/exploration.py [SIZE] [SEEDS]`` runs the use case at several shares of trial
set-points, keeps the runs in ``runs/``, prints the table and writes ``runs/exploration.html``, a chart.
"""

from __future__ import annotations

import sys
from pathlib import Path

from core.api import run
from core.stats.interval import Interval

SHARES = (0.0, 0.1, 0.25, 0.5, 1.0)
SHOWN = ("boosted", "deep_net", "selected")
OUT = Path("runs")


def _words(interval: Interval, digits: int) -> str:
    return f"{interval.mean:.{digits}f} [{interval.low:.{digits}f}, {interval.high:.{digits}f}]"


def main(size: str = "demo", seeds: int = 5) -> None:
    """Run, print, draw."""
    import plotly.graph_objects as go

    curves: dict[str, list[Interval]] = {name: [] for name in SHOWN}
    print(f"{'trials':>7}  {'headroom, MWh/year':<24}" + "".join(f"{n + ', saved':<26}" for n in SHOWN))
    for share in SHARES:
        result = run("datacenter_pue", size=size, seeds=seeds, out=OUT, exploration=share)
        room = result.captured("selected", "oracle")
        assert room is not None
        line = f"{share:>7.0%}  {_words(room.headroom, 0):<24}"
        for name in SHOWN:
            gain = result.interval("saved_mwh", name)
            curves[name].append(gain)
            line += f"{_words(gain, 0):<26}"
        print(line)
    figure = go.Figure()
    for name, gains in curves.items():
        above, below = [g.high - g.mean for g in gains], [g.mean - g.low for g in gains]
        bars = {"array": above, "arrayminus": below}
        figure.add_scatter(x=SHARES, y=[g.mean for g in gains], name=name, error_y=bars)
    figure.update_layout(
        title=f"Saving against the tuned rule by the operator's trials ({size}, {seeds} seeds, 95 %)",
        xaxis_title="share of time under trial set-points",
        yaxis_title="facility energy saved, MWh a year",
    )
    figure.write_html(OUT / "exploration.html", include_plotlyjs=True)


if __name__ == "__main__":
    main(*(kind(word) for kind, word in zip((str, int), sys.argv[1:], strict=False)))
