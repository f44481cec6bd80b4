"""How fast payments are drawn, go through the feature store, and are played with analysts.

Run it with ``python benchmarks/payment_speed.py``. Medians of rounds are printed. The simulator of the Fraud
Detection Handbook did 3,900 purchases/s with labels on this class of machine (``research/risk.md``, section
0).
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from core.engine.parallel import cores
from core.engine.scenario import build
from core.luck import luck_of, scoped
from core.protocol import Budget
from data_synth.alert_queue import AlertQueue, Crew
from data_synth.payments import draw, maturity
from data_synth.payments_filter import posterior
from usecases.payment_fraud import USECASE
from usecases.payment_fraud.bank import Bank, bank_of, history_of
from usecases.payment_fraud.bounds import ceiling
from usecases.payment_fraud.features import feature_store
from usecases.payment_fraud.learners import fit_scored
from usecases.payment_fraud.play import play
from usecases.payment_fraud.rules import fit_rules
from usecases.payment_fraud.scenario import PaymentScenario

ROUNDS = 5
PUBLISHED = 3_900
PLAYED_DAYS, CARDS = 30, 5_200


def seconds(work: Callable[[], object]) -> float:
    """Median time of the rounds; the first, which may compile, is left out."""
    times = []
    for _ in range(ROUNDS + 1):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return statistics.median(times[1:])


def a_month() -> tuple[PaymentScenario, Bank]:
    """Draw the handbook's design with 30 days in play and 10,000 purchases a day."""
    scenario = build(USECASE, size="full")
    assert isinstance(scenario, PaymentScenario)
    settings = replace(scenario.settings(), play_days=PLAYED_DAYS, cards=CARDS)
    return scenario, bank_of(draw(settings, luck_of(100)))


def main() -> None:
    """Print purchases a second of each part, and the seconds of a month in play."""
    for situation in ("as_published", "hard_cards"):
        scenario = build(USECASE, size="full", situation=situation)
        assert isinstance(scenario, PaymentScenario)
        settings = scenario.settings()
        world = draw(settings, luck_of(100))
        rows = len(world.cause)
        print(f"{situation}: {rows:,} purchases")
        parts: dict[str, Callable[[], object]] = {
            "drawn, one thread": lambda s=settings: draw(s, luck_of(100)),
            f"feature store, {cores()} threads": lambda w=world: feature_store(
                w.bought, w.people.terminals, w.reported, mature=maturity(w.settings), threads=cores()
            ),
            "feature store, one thread": lambda w=world: feature_store(
                w.bought, w.people.terminals, w.reported, mature=maturity(w.settings)
            ),
        }
        for name, work in parts.items():
            took = seconds(work)
            print(f"  {name:28s} {rows / took / 1e6:5.2f} M/s ({took:.2f} s)")
        asked = int((world.bought.day >= settings.history_days).sum())
        took = seconds(lambda w=world: posterior(w, first_day=w.settings.history_days, threads=cores()))
        print(f"  Bayes filter, {cores()} threads     {asked / took / 1e6:5.2f} M/s ({took:.2f} s)")
    print(f"  (the handbook's simulator: {PUBLISHED:,}/s)")

    month, bank = a_month()
    a_day = (len(bank.payments.cause) - bank.payments.first_played) / PLAYED_DAYS
    print(f"{PLAYED_DAYS} days x {a_day:,.0f} purchases, four analysts")
    players = {
        "ceiling (nothing to learn)": ceiling(bank),
        "two rules, chosen weekly": fit_rules(history_of(bank), Budget(1, 1), luck_of(0)),
        "LightGBM, learning weekly": fit_scored("trees")(history_of(bank), Budget(1, 1_000), luck_of(0)),
    }
    for name, policy in players.items():
        begin = time.perf_counter()
        kpis = play(month, bank, policy, scoped(luck_of(0), "play")).kpis
        took = time.perf_counter() - begin
        alerts, load = kpis["alerts"], kpis["analyst_load"]
        print(f"  {name:28s} {took:5.1f} s, {alerts:.0f} alerts/10,000, load {load:.0f} %")

    rng, count = np.random.default_rng(0), 60_000
    arrival, service = np.sort(rng.uniform(0, 24.0 * 300, count)), rng.exponential(8 / 60, count)
    took = seconds(
        lambda: AlertQueue(Crew(4, 8.0, 22.0)).run(24.0 * 300, np.arange(count), arrival, service, service)
    )
    print(f"alert queue (SimPy): {count / took:,.0f} alerts/s")


if __name__ == "__main__":
    main()
