"""The payment-fraud use case: decisions, tuning, books and the crew, on worlds whose answers are known."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.engine.cell import CellTask, compute
from core.engine.scenario import build
from core.learn.calibration import Platt
from core.luck import luck_of, scoped
from core.protocol import Budget, Policy
from data_synth.payments import BY_CARD, NEVER
from usecases.payment_fraud import USECASE
from usecases.payment_fraud.bank import CONTEXT_DAYS, Window
from usecases.payment_fraud.books import stopped_at, truth_of
from usecases.payment_fraud.bounds import ceiling, oracle
from usecases.payment_fraud.decisions import USUAL, Costs, alerts, declined, let_through, worth_table
from usecases.payment_fraud.inputs import STEPS, trail_of
from usecases.payment_fraud.judging import FOLLOWS, frauds_of, net_prevented
from usecases.payment_fraud.learners import LossAhead, Scored, fit_scored, split
from usecases.payment_fraud.models import Sequence, in_first_half
from usecases.payment_fraud.rules import Choice, Limit, RuleBook, fit_rules, meets
from usecases.payment_fraud.schema import SCHEMA, Labelled, labelled, shared

USECASE_COLUMNS = [column.name for column in SCHEMA["purchases"][4:]]
SEEDS = (100, 101, 102)
RULES = ("review_kkrw", "margin", "friction_kkrw", "reviews_a_day", "purchases_a_day")
SCENARIO = build(USECASE, size="tiny")


@pytest.fixture(scope="module")
def drawn():
    return USECASE.world(SCENARIO, scoped(luck_of(100), "world"))


def past(**columns):
    rows = len(columns["time"])
    usual = {"known": np.ones(rows, bool), "mature": np.ones(rows, bool), "heard": np.full(rows, NEVER)}
    return Labelled({**usual, **{name: np.asarray(values) for name, values in columns.items()}})


class Always(Policy):
    """Declines or reviews by a rule of its own."""

    def __init__(self, decide):
        self.decide = decide

    def act(self, seen, rules):
        return self.decide(seen)


def decided(seen, *, decline=False, alert=False, fraud=0.5):
    rows = len(seen["amount"])
    return {
        "fraud": np.full(rows, fraud),
        "decline": np.full(rows, decline),
        "alert": np.full(rows, 1.0 * alert),
    }


# --- decisions ---------------------------------------------------------------------------------


def test_a_decline_pays_from_the_probability_at_which_both_costs_are_equal():
    amount = 100.0
    even = USUAL.wrong(amount) / (amount + USUAL.wrong(amount))
    found = declined(np.array([even - 1e-6, even + 1e-6]), np.full(2, amount), USUAL)
    assert found.tolist() == [False, True]


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=200), st.floats(0.001, 1))
def test_alerts_are_worth_their_review_and_within_the_crews_reach(saved, reach):
    saved = np.array(saved)
    costs = Costs(2.0, 0.03, 5.0, reach)
    found = alerts(saved, worth_table(saved), costs)
    assert (saved[found > 0] > 2.0).all()
    # The table holds shares a few per cent apart, between which it goes straight.
    assert (found > 0).sum() <= 1.3 * reach * len(saved) + 1


def test_nobody_is_alerted_without_a_crew():
    assert not alerts(np.full(5, 1e6), worth_table(np.full(5, 1.0)), Costs(2.0, 0.03, 5.0, 0.0)).any()


def test_what_declines_miss_is_counted_on_suspected_cards_alone():
    fraud, amount = np.array([0.9, 0.03, 0.9, 0.9]), np.array([500.0, 10.0, 500.0, 500.0])
    # Card 0: suspected from its first purchase; its second is let through, its third declined. Card 1: once.
    card, time = np.array([0, 0, 0, 1]), np.array([1.0, 2.0, 3.0, 9.0])
    assert let_through(fraud, amount, card, time) == pytest.approx(0.3 / (0.3 + 450.0))
    assert let_through(fraud[:1], amount[:1], card[:1], time[:1]) == 1.0


# --- tuning ------------------------------------------------------------------------------------


def test_frauds_after_a_review_are_stopped_and_those_after_a_report_are_nobodys_merit():
    table = past(
        time=[1.0, 2.0, 3.0, 40.0], card=[7, 7, 7, 7], amount=[10.0, 20.0, 40.0, 80.0], fraud=[1.0, 1, 1, 1],
        heard=[2.5, NEVER, NEVER, NEVER],
    )  # fmt: skip
    frauds = frauds_of(table)
    assert frauds.amount.tolist() == [10.0, 20.0, 0.0, 80.0]
    assert frauds.stopped(np.array([True, False, False, False])).tolist() == [False, True, True, False]
    assert frauds.ahead().tolist() == [20.0, 0.0, 0.0, 0.0]
    assert FOLLOWS < 40.0 - 3.0


def test_money_of_the_past_by_hand():
    table = past(time=[1.0, 2.0, 3.0], card=[1, 1, 2], amount=[100.0, 50.0, 200.0], fraud=[1.0, 1.0, 0.0])
    costs = Costs(2.0, 0.03, 5.0, 1.0)
    nothing = np.zeros(3)
    assert net_prevented(table, nothing > 0, nothing, costs) == 0.0
    # The first fraud is reviewed, which stops the second; the honest purchase is declined.
    found = net_prevented(table, np.array([False, False, True]), np.array([1.0, 0, 0]), costs)
    assert found == pytest.approx(1000 * (50.0 - 2.0 - (0.03 * 200 + 5)) / 3)


def test_two_rules_find_what_was_planted():
    rng = np.random.default_rng(0)
    rows = 20_000
    columns = {name: rng.random(rows) for name in USECASE_COLUMNS}
    fraud = (columns["times_usual"] > 0.99) | (columns["terminal_risk_7d"] > 0.995)
    columns["times_usual"] = 1.0 + 8.0 * (columns["times_usual"] > 0.99)
    columns["terminal_risk_7d"] = 0.9 * (columns["terminal_risk_7d"] > 0.995)
    columns["amount"] = rng.uniform(5, 100, rows)
    table = past(time=np.sort(rng.uniform(0, 30, rows)), card=np.arange(rows), fraud=1.0 * fraud, **columns)
    book = RuleBook()
    book.read(table)
    found = book.apply(table)
    assert (found["decline"] == fraud).all()
    assert {limit.column for choice in book.chosen for limit in book.lines[choice.line]} >= {
        "terminal_risk_7d"
    }
    assert found["fraud"][fraud].min() > 0.9 > 0.01 > found["fraud"][~fraud].max()


def test_rules_are_the_best_pair_of_all(drawn):
    _, history = drawn
    book = fit_rules(history, Budget(1, 1), luck_of(0))
    best = book.worth(book.chosen, book.costs)
    uses = ((True, False), (True, True), (False, True))
    lines = range(0, len(book.lines), 4)
    others = [
        book.worth((Choice(a, *one), Choice(b, *two)), book.costs)
        for a in lines for b in lines if a < b for one in uses for two in uses
    ]  # fmt: skip
    # They are sought one after the other, which may miss a pair that is good only together.
    assert best >= 0.97 * max(others)


def test_worth_of_rules_is_the_money_of_the_past(drawn):
    _, history = drawn
    book, taught = fit_rules(history, Budget(1, 1), luck_of(0)), labelled(history)
    mature = taught.rows(taught["mature"])
    found = book.apply(mature)
    money = net_prevented(mature, found["decline"], found["alert"], USUAL)
    assert book.worth(book.chosen, USUAL) == pytest.approx(money, rel=1e-4)


def test_rules_follow_costs(drawn):
    _, history = drawn
    book = fit_rules(history, Budget(1, 1), luck_of(0))
    table = labelled(history)
    seen = table.rows(table["mature"])
    rules = {"review_kkrw": 2.0, "margin": 0.2, "friction_kkrw": 5000.0, "reviews_a_day": 0.0,
             "purchases_a_day": 1.0}  # fmt: skip
    found = book.act(seen, {name: np.array([value]) for name, value in rules.items()})
    # So dear a mistake leaves only lines that never met an honest holder, and nobody is there to review.
    assert not (found["decline"] & (seen["fraud"] == 0)).any()
    assert not found["alert"].any()


def test_a_line_is_met_where_all_its_limits_are():
    seen = {"amount": np.array([1.0, 5.0, 9.0]), "visits_90d": np.array([0.0, 0.0, 3.0])}
    assert meets((Limit("amount", 5.0), Limit("visits_90d", 0.0, below=True)), seen).tolist() == [
        False,
        True,
        False,
    ]


# --- learning ----------------------------------------------------------------------------------


def test_labels_wait_until_reports_are_in(drawn):
    bank, history = drawn
    table = labelled(history)
    patience = 7
    assert table["time"][table["known"]].max() < bank.first_day - patience
    assert not table["known"][table["time"] >= bank.first_day - patience].any()
    frauds = bank.payments.fraud[table["id"][table["known"]]]
    assert (table["fraud"][table["known"]] == frauds).all()


def test_the_archive_tells_what_is_known_by_that_morning(drawn):
    bank, _ = drawn
    day, reviewed = bank.first_day + 7, np.zeros(len(bank.payments.cause), bool)
    fresh = bank.rows_of(day - 1)
    reviewed[fresh.start] = True
    table = bank.archive(day, reviewed, 1.0)
    assert table["time"].max() < day
    assert table["known"][table["id"] == fresh.start].all()
    late = (table["heard"] < NEVER) & (table["heard"] > day)
    assert not late.any()
    assert set(table["id"][table["fraud"] > 0]) <= set(np.flatnonzero(bank.payments.fraud))


def test_history_and_archive_share_the_cards_that_may_be_learned_from(drawn):
    bank, history = drawn
    few = history.thin(0.3, luck_of(1))
    archive = bank.archive(bank.first_day + 7, np.zeros(len(bank.payments.cause), bool), 0.3)
    assert shared(archive["card"], 0.3).all()
    assert set(few.data["purchases"]["card"]) >= set(archive["card"][archive["time"] < bank.first_day])


def test_a_trail_holds_the_cards_last_purchases():
    columns = {name: np.zeros(6) for name in USECASE_COLUMNS}
    columns["amount"] = np.arange(6.0)
    trail = trail_of({**columns, "card": np.array([4, 9, 4, 4, 9, 4])})
    recent = trail.recent(np.array([5, 1]))
    assert recent.shape[:2] == (2, STEPS)
    assert np.expm1(recent[0, :4, 0]).round(3).tolist() == [0.0, 2.0, 3.0, 5.0]
    assert np.isnan(recent[0, 4:]).all()
    assert np.expm1(recent[1, 0, 0]) == pytest.approx(1.0)
    assert np.isnan(recent[1, 1:]).all()


def test_purchases_in_play_see_the_same_trail_as_in_the_archive(drawn):
    bank, _ = drawn
    day = bank.first_day + 3
    seen = Window(bank, bank.first_day, bank.payments.settings.days).seen(bank.rows_of(day))
    rows = bank.between(day - CONTEXT_DAYS, day + 1)
    trail = trail_of(bank.columns(rows))
    again = trail.recent(np.arange(rows.stop - rows.start)[-len(seen["id"]) :])
    last = np.nanmax(np.where(np.isnan(again[..., 0]), -1, np.arange(STEPS)), 1).astype(int)
    amounts = again[np.arange(len(last)), last, 0]
    assert np.expm1(amounts) == pytest.approx(seen["amount"], rel=1e-5)


def test_each_half_of_the_cards_is_scored_by_the_net_of_the_other():
    class Net:
        def __init__(self, word):
            self.word = word

        def members(self, recent):
            return np.full((1, len(recent), 1), self.word)

    card = np.arange(200)
    found = Sequence((Net(1.0), Net(2.0)), True).halves(card, np.zeros((200, STEPS, 3)))
    assert (found == np.where(in_first_half(card), 2.0, 1.0)).all()


def test_what_lost_money_in_the_past_is_not_done():
    rng = np.random.default_rng(0)
    rows = 4_000
    fraud = rng.random(rows) < 0.02
    columns = {name: np.zeros(rows) for name in USECASE_COLUMNS} | {"amount": np.full(rows, 10.0)}
    time = np.sort(rng.uniform(0, 20, rows))
    table = past(time=time, card=np.arange(rows), fraud=1.0 * fraud, **columns)
    policy = Scored("logistic", 0, Budget(1, 1), None, Platt(1.0, 0.0), LossAhead(None, 0.0, 0.0, True))
    # A score that says the opposite of the truth.
    policy.settle(np.where(fraud, -9.0, 9.0), table)
    assert (policy.declines, policy.reviews) == (False, False)
    policy.settle(np.where(fraud, 9.0, -9.0), table)
    assert policy.declines


def test_the_last_quarter_is_held_back(drawn):
    early, late = split(labelled(drawn[1]))
    assert early["time"].max() < late["time"][late["known"]].min()
    assert late["known"].sum() == pytest.approx(early["known"].sum() / 3, rel=0.1)


def test_nothing_is_done_where_nothing_can_be_learned(drawn):
    bank, history = drawn
    none = history.where(lambda table: table["time"] < 0)
    policy = fit_scored("trees")(none, Budget(1, 10), luck_of(0))
    seen = Window(bank, bank.first_day, bank.first_day + 1).seen(bank.rows_of(bank.first_day))
    found = policy.act(seen, {name: np.array([1.0]) for name in RULES})
    assert not found["decline"].any()
    assert not found["alert"].any()
    assert policy.validation == 0.0


# --- books -------------------------------------------------------------------------------------


def played(bank, policy, **levers):
    scenario = SCENARIO.model_copy(update=levers)
    return USECASE.play(scenario, bank, policy, scoped(luck_of(100), "play")).kpis


def test_doing_nothing_prevents_nothing_and_costs_nothing(drawn):
    bank, _ = drawn
    found = played(bank, Always(decided))
    assert found["net_prevented"] == found["savings"] == found["alerts"] == found["false_declines"] == 0.0
    assert found["fraud_loss"] > 0


def test_declining_all_costs_every_honest_purchase(drawn):
    bank, _ = drawn
    truth = truth_of(bank)
    honest = ~truth.fraud
    wrong = (0.03 * truth.bought.amount[honest] + 5.0).sum()
    nothing, all_ = (
        played(bank, Always(decided)),
        played(bank, Always(lambda seen: decided(seen, decline=True))),
    )
    per = 1000.0 / len(truth.hour)
    assert all_["fraud_loss"] == 0.0
    assert all_["net_prevented"] == pytest.approx(nothing["fraud_loss"] - per * wrong)


def test_the_oracle_saves_everything(drawn):
    bank, _ = drawn
    found = played(bank, oracle(bank))
    assert found["savings"] == pytest.approx(100.0)
    assert found["average_precision"] == pytest.approx(100.0)
    assert found["calibration"] == pytest.approx(0.0)


def test_reviews_stop_a_thief_and_are_paid(drawn):
    bank, _ = drawn
    start = bank.payments.first_played

    def alert_thieves(seen):
        thief = bank.payments.cause[seen["id"]] == BY_CARD
        return {"fraud": 1.0 * thief, "decline": np.zeros(len(thief), bool), "alert": 1.0 * thief}

    found, nothing = played(bank, Always(alert_thieves)), played(bank, Always(decided))
    assert found["fraud_loss"] < nothing["fraud_loss"]
    reviews = 2.0 * (bank.payments.cause[start:] == BY_CARD).sum() * 1000.0 / len(bank.payments.cause[start:])
    gain = nothing["fraud_loss"] - found["fraud_loss"] - found["net_prevented"]
    assert 0 < gain <= reviews + 1e-9
    assert played(bank, Always(alert_thieves), analysts=0.0) == played(bank, Always(decided)) | {
        name: played(bank, Always(alert_thieves), analysts=0.0)[name]
        for name in ("alerts", "average_precision", "card_precision", "calibration", "half_net")
    }


def test_a_theft_ends_with_its_first_report(drawn):
    bank, _ = drawn
    truth = truth_of(bank)
    ends = stopped_at(bank, truth, np.full(len(truth.hour), np.inf))
    for spell in np.unique(truth.spell[truth.spell >= 0])[:20]:
        reported = bank.payments.reported[bank.payments.spell == spell]
        first = reported.min()
        expected = np.inf if first == NEVER else 24.0 * (first - bank.first_day)
        assert (ends[truth.spell == spell] == expected).all()


def test_the_ceiling_stands_between_rules_and_oracle():
    names = ("rules", "ceiling", "oracle")
    tasks = {name: [CellTask(USECASE, SCENARIO, seed, name, "cpu", 1) for seed in SEEDS] for name in names}
    rules, top, truth = (
        np.mean([compute(task).kpis["net_prevented"] for task in tasks[name]]) for name in names
    )
    assert rules < top < truth


def test_a_play_leaves_the_ceiling_as_it_was(drawn):
    bank, _ = drawn
    bound = ceiling(bank)
    before = copy.deepcopy(bound)
    played(bank, bound)
    assert (bound.fraud == before.fraud).all()
