"""The bank's feature store: what is known of a card and a terminal at the moment of each purchase.

Windows of one, seven and thirty days follow the Fraud Detection Handbook (Le Borgne et al. 2022, chapter 3),
the risk of a terminal shifted by a week, in which reports come in. The rest is what a specialist would add:
marks of a spell on the card, and how long ago a terminal's reports began and ended. Reports count from the
morning on which the bank has them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_synth.payments_stream import Purchases, Terminals, owned
from data_synth.tiers import compiled, for_threads

Floats = NDArray[np.float64]
RAW = ("amount", "hour", "weekend", "category", "online")
"""What stands in the authorisation request itself."""
CARD = (
    "card_count_1d", "card_count_7d", "card_count_30d", "card_mean_1d", "card_mean_7d", "card_mean_30d",
    "gap_h", "times_usual", "times_most", "visits_90d", "region_share", "spikes_14d", "spike_age",
    "small_online_2d", "online_2d", "odd_hour", "card_reports_30d",
)  # fmt: skip
TERMINAL = (
    "terminal_count_1d", "terminal_count_7d", "terminal_count_30d", "terminal_risk_1d", "terminal_risk_7d",
    "terminal_risk_30d", "terminal_reports", "report_first", "report_last", "clean_last",
)  # fmt: skip
FEATURES = (*RAW, *CARD, *TERMINAL)
"""Columns of the feature store."""
LAG = 7
"""Days by which the risk of a terminal is shifted."""
LONG, PROFILE = 30.0, 90.0
"""Days of the longest window, and of a card's profile: what it usually pays, where and when."""
LONGEST_GAP_H = 720.0
SPIKE, SPIKE_DAYS = 3.0, 14.0
"""A purchase so many times dearer than the card's usual one is a spike; spikes are counted so long."""
PRICED_DAYS = 14
"""Days at the start of the log by which the usual amounts of shops are known."""
SMALL = 5.0
"""k KRW; online purchases below it may be trials of a stolen number."""
REPORT_DAYS = 35
"""Days that a terminal's reports are looked back on: four weeks, and one in which reports come in."""
NONE = 99.0
"""Age in days of what has not been met."""


def feature_store(
    bought: Purchases, terminals: Terminals, reported: NDArray[np.int32], *, mature: int, threads: int = 1
) -> dict[str, NDArray[np.float32]]:
    """Compute every column of :data:`FEATURES` for each purchase.

    Parameters
    ----------
    bought
        In time order; windows of the first rows reach back to the first row alone.
    terminals
        What is known of each.
    reported
        ``(rows,)`` day from whose morning on the bank knows of a fraud.
    mature
        Days after which a purchase without a report counts as clean.
    threads
        They change the speed alone.
    """
    hour = 24.0 * bought.clock
    category, online = terminals.category[bought.terminal], terminals.online[bought.terminal]
    time = bought.time
    of_card = (
        time, bought.day, hour, bought.amount, bought.amount / usual_in_shop(bought, category),
        bought.terminal, terminals.region[bought.terminal], online, reported,
    )  # fmt: skip
    of_terminal = (time, bought.day, reported)
    raw = (bought.amount, hour, bought.day % 7 >= 5, category, online)
    columns = [np.asarray(c, np.float32) for c in raw]
    columns += _windows(card_windows, bought.card, of_card, len(CARD), threads)
    columns += _windows(
        lambda bounds, when, day, known, out: terminal_windows(bounds, when, day, known, mature, out),
        bought.terminal, of_terminal, len(TERMINAL), threads,
    )  # fmt: skip
    return dict(zip(FEATURES, columns, strict=True))


def usual_in_shop(bought: Purchases, category: NDArray[np.int64]) -> Floats:
    """Mean amount in the kind of shop of each purchase over the log's first weeks, ``(rows,)`` k KRW."""
    early = bought.day < PRICED_DAYS
    count = np.bincount(category[early], minlength=int(category.max(initial=0)) + 1)
    paid = np.bincount(category[early], bought.amount[early], len(count))
    return np.asarray(np.maximum(paid / np.maximum(count, 1), 0.01)[category])


def _windows(
    kernel: Callable[..., None], owner: NDArray[np.int64], columns: Sequence[NDArray[Any]], width: int,
    threads: int,
) -> list[NDArray[np.float32]]:  # fmt: skip
    """Run a kernel over all owners; give its columns in the stream's order."""
    order, bounds = owned(owner)
    # A kernel walks through rows that lie beside each other: several times as fast as following ``order``.
    table = [column[order] for column in columns]
    found = np.zeros((len(order), width), np.float32)
    for_threads(
        lambda part: kernel(bounds[part.start : part.stop + 1], *table, found), len(bounds) - 1, threads
    )
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return [np.ascontiguousarray(column) for column in found[place].T]


@compiled
def card_windows(bounds: Any, time: Any, day: Any, hour: Any, amount: Any, size: Any, terminal: Any,
                 region: Any, online: Any, reported: Any, out: Any) -> None:  # fmt: skip
    """Fill ``out`` ``(rows, CARD)``, card by card; ``size`` is the amount over the shop's usual one."""
    for owner in range(len(bounds) - 1):
        first = bounds[owner]
        low1, low7, low30, low90 = first, first, first, first
        sum1, sum7, sum30 = 0.0, 0.0, 0.0
        plain, plain_size = 0, 0.0
        for at in range(first, bounds[owner + 1]):
            now, paid = time[at], amount[at]
            while time[low90] < now - PROFILE:
                if out[low90, 7] <= SPIKE:
                    plain, plain_size = plain - 1, plain_size - size[low90]
                low90 += 1
            while time[low30] < now - LONG:
                sum30 -= amount[low30]
                low30 += 1
            while time[low7] < now - 7.0:
                sum7 -= amount[low7]
                low7 += 1
            while time[low1] < now - 1.0:
                sum1 -= amount[low1]
                low1 += 1
            sum1, sum7, sum30 = sum1 + paid, sum7 + paid, sum30 + paid
            out[at, 0], out[at, 1], out[at, 2] = at - low1 + 1, at - low7 + 1, at - low30 + 1
            out[at, 3], out[at, 4] = sum1 / (at - low1 + 1), sum7 / (at - low7 + 1)
            out[at, 5] = sum30 / (at - low30 + 1)
            out[at, 6] = LONGEST_GAP_H
            if at > first:
                out[at, 6] = min(24.0 * (now - time[at - 1]), LONGEST_GAP_H)
            # A new card is taken for an average one; spikes do not move what is usual.
            usual = (plain_size + 1.0) / (plain + 1)
            out[at, 7] = size[at] / usual
            if out[at, 7] <= SPIKE:
                plain, plain_size = plain + 1, plain_size + size[at]
            most, visits, spikes, spike_age, small, web, odd, reports = 0.0, 0, 0, NONE, 0, 0, 0, 0
            nearby, doors = 0, 0
            for back in range(low90, at):
                ago = now - time[back]
                visits += terminal[back] == terminal[at]
                odd += abs(hour[back] - hour[at]) < 2.0
                if not online[back]:
                    doors += 1
                    nearby += region[back] == region[at]
                if out[back, 7] <= SPIKE:
                    most = max(most, size[back])
                elif ago < SPIKE_DAYS:
                    spikes += 1
                    spike_age = ago
                if ago < LONG:
                    reports += reported[back] <= day[at]
                    if ago < 2.0 and online[back]:
                        web += 1
                        small += amount[back] < SMALL
            out[at, 8] = size[at] / max(most, usual)
            out[at, 9], out[at, 10] = visits, nearby / doors if doors and not online[at] else 1.0
            out[at, 11], out[at, 12], out[at, 13], out[at, 14] = spikes, spike_age, small, web
            out[at, 15] = 1.0 - odd / (at - low90) if at > low90 else 0.5
            out[at, 16] = reports


@compiled
def terminal_windows(bounds: Any, time: Any, day: Any, reported: Any, mature: int,
                     out: Any) -> None:  # fmt: skip
    """Fill ``out`` ``(rows, TERMINAL)``, terminal by terminal."""
    counted, frauds = np.zeros(3), np.zeros(3)
    for owner in range(len(bounds) - 1):
        first = bounds[owner]
        oldest = first
        for at in range(first, bounds[owner + 1]):
            now, today = time[at], day[at]
            while time[oldest] < now - (LONG + LAG):
                oldest += 1
            counted[:] = 0.0
            frauds[:] = 0.0
            recent1, recent7, recent30 = 1, 1, 1
            reports, begun, last, clean = 0, NONE, NONE, NONE
            for back in range(oldest, at):
                ago = now - time[back]
                heard = reported[back] <= today
                recent1 += ago < 1.0
                recent7 += ago < 7.0
                recent30 += ago < LONG
                if ago >= LAG:
                    for w in range(3):
                        if ago < LAG + (1.0 if w == 0 else 7.0 if w == 1 else LONG):
                            counted[w] += 1.0
                            frauds[w] += heard
                if ago < REPORT_DAYS:
                    if heard:
                        reports += 1
                        begun = max(ago, begun if begun < NONE else 0.0)
                        last = min(ago, last)
                    elif today - day[back] >= mature:
                        clean = min(ago, clean)
            out[at, 0], out[at, 1], out[at, 2] = recent1, recent7, recent30
            for w in range(3):
                out[at, 3 + w] = frauds[w] / max(counted[w], 1.0)
            out[at, 6], out[at, 7], out[at, 8], out[at, 9] = reports, begun, last, clean
