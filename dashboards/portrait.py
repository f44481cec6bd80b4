"""Charts of what is inside a learner: forecasts beside the truth, chances beside what came, columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import shorten

import numpy as np

from core.protocol import Array, Chart
from core.report.numerals import decimals, number, short
from core.report.words import Words
from dashboards.inside import Bars, Chances, Cloud, Inside

MARKS = 61
"""Points that stand for the diagonal beside a cloud."""
LABEL = 42
"""Characters of a column's label beside its bar."""


@dataclass(frozen=True, slots=True)
class Painter:
    """Draws what was found in the learner of a run."""

    found: Inside
    run: str
    say: Words

    def charts(self) -> list[Chart]:
        """Give a chart for each kind of forecast, and one of the columns."""
        clouds = [self._cloud(one, place) for place, one in enumerate(self.found.clouds)]
        chances = [self._chances(one, place) for place, one in enumerate(self.found.chances)]
        bars = [self._bars(self.found.bars)] if self.found.bars and self.found.bars.bars else []
        return [*clouds, *chances, *bars]

    def _cloud(self, one: Cloud, place: int) -> Chart:
        say, lang, label = self.say, self.say.lang, self.say.of(one.label)
        truth, forecast = np.array(one.truth), np.array(one.forecast)
        diagonal = np.linspace(truth.min(), truth.max(), MARKS)
        series = np.repeat([say("inside.rows"), say("inside.perfect")], [len(truth), MARKS])
        digits = decimals(one.rmse, one.rmse / 10.0)
        rmse, bias = number(one.rmse, digits), number(one.bias, digits, signed=True)
        return Chart(
            name=f"forecasts-{place}",
            kind="scatter",
            table={
                "truth": np.append(truth, diagonal),
                "forecast": np.append(forecast, diagonal),
                "series": series,
            },
            x="truth",
            y="forecast",
            series="series",
            title={
                lang: say(
                    "inside.cloud.title",
                    label=label,
                    rmse=say.quantity(rmse, one.unit),
                    bias=say.quantity(bias, one.unit),
                )
            },
            how={lang: say("inside.cloud.how", shown=f"{len(truth):,}", rows=f"{one.rows:,}")},
            alt={
                lang: say(
                    "inside.cloud.alt",
                    shown=len(truth),
                    label=label,
                    truth=_span(truth, say),
                    forecast=_span(forecast, say),
                )
            },
            x_label={lang: say("inside.cloud.truth", unit=say.unit(one.unit))},
            y_label={lang: say("inside.cloud.forecast", unit=say.unit(one.unit))},
            source=self._source("inside.source"),
        )

    def _chances(self, one: Chances, place: int) -> Chart:
        say, lang, label = self.say, self.say.lang, self.say.of(one.label)
        bins = 100.0 * np.array([(b.chance, b.share, b.low, b.high) for b in one.bins])
        chance, share, low, high = bins.T
        whole = one.whole
        digits = decimals(100.0 * whole.share, 50.0 * (whole.high - whole.low))
        told = {
            name: number(100.0 * getattr(whole, name), digits) for name in ("chance", "share", "low", "high")
        }
        series = np.repeat([say("inside.chance.came"), say("inside.perfect")], len(chance))
        return Chart(
            name=f"chances-{place}",
            kind="line",
            table={
                "chance": np.tile(chance, 2),
                "share": np.append(share, chance),
                "low": np.append(low, chance),
                "high": np.append(high, chance),
                "series": series,
            },
            x="chance",
            y="share",
            low="low",
            high="high",
            series="series",
            title={lang: say("inside.chance.title", label=label, **told)},
            how={lang: say("inside.chance.how", rows=f"{whole.rows:,}", bins=len(one.bins))},
            alt={
                lang: say(
                    "inside.chance.alt",
                    label=label,
                    points="; ".join(f"{short(c)}: {short(s)}" for c, s in zip(chance, share, strict=True)),
                )
            },
            x_label={lang: say("inside.chance.x")},
            y_label={lang: say("inside.chance.y")},
            source=self._source("inside.source"),
        )

    def _bars(self, one: Bars) -> Chart:
        say, lang, first = self.say, self.say.lang, one.bars[0]
        measure = one.measure.replace("_", " ")
        cut = [short_label(say.of(bar.label)) for bar in one.bars]
        columns = np.array(distinct(cut, [bar.name for bar in one.bars]))
        # A difference of two shares is in points.
        unit = "points" if one.unit.startswith("%") else one.unit
        return Chart(
            name="columns",
            kind="bar",
            table={
                "column": columns,
                "worse": np.array([bar.worse for bar in one.bars]),
                "low": np.array([bar.low for bar in one.bars]),
                "high": np.array([bar.high for bar in one.bars]),
            },
            x="column",
            y="worse",
            low="low",
            high="high",
            title={
                lang: say(
                    "inside.bars.title",
                    column=say.of(first.label),
                    measure=measure,
                    worse=say.quantity(_written(first.worse), unit),
                    value=_written(one.value),
                )
            },
            how={lang: say("inside.bars.how", shuffles=one.shuffles)},
            alt={
                lang: say(
                    "inside.bars.alt",
                    points="; ".join(f"{say.of(bar.label)} {short(bar.worse)}" for bar in one.bars),
                )
            },
            x_label={lang: ""},
            y_label={lang: say("inside.bars.axis", unit=say.unit(unit))},
            source=self._source("inside.bars.source"),
        )

    def _source(self, key: str) -> str:
        return self.say(key, run=self.run, seed=self.found.seed)


def _written(value: float) -> str:
    """Write a number with three digits."""
    return number(value, max(0, decimals(value) - 1))


def _span(values: Array, say: Words) -> str:
    return say("number.range", low=short(float(values.min())), high=short(float(values.max())))


def short_label(text: str) -> str:
    """Cut a label where words end, so that it takes two lines beside its bar.

    Examples
    --------
    >>> short_label("amount over what the card usually pays in such a shop")
    'amount over what the card usually pays …'
    """
    return shorten(text, LABEL, placeholder=" …")


def distinct(labels: Sequence[str], names: Sequence[str]) -> list[str]:
    """Add the column's name where several have one label: bars of one name would fall together.

    Examples
    --------
    >>> distinct(["in a day", "amount", "in a day"], ["count_1d", "amount", "mean_1d"])
    ['in a day (count_1d)', 'amount', 'in a day (mean_1d)']
    """
    return [
        label if labels.count(label) == 1 else f"{label} ({name})"
        for label, name in zip(labels, names, strict=True)
    ]
