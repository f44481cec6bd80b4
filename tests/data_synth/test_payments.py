"""Card payments: laws by hand and by simulation, Bayes' filter against enumeration, loops against Python."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st
from scipy.stats import binom, chi2, chisquare, kstwo, norm

from core.luck import luck_of
from data_synth import payments_filter
from data_synth.payments import BY_CARD, NEVER, draw, heard_of, maturity
from data_synth.payments_constants import Settings
from data_synth.payments_filter import filter_cards, filter_terminals, overnight, posterior
from data_synth.payments_handbook import amount_density, draw_handbook
from data_synth.payments_hard import (
    HOUR,
    MEDIAN,
    THEFTS,
    WIDTH,
    draw_hard_cards,
    hour_density,
    hour_quantile,
    normal_density,
)
from data_synth.payments_spells import WHOLE, Spells, days_ahead, draw_spells, fixed
from data_synth.payments_stream import Purchases
from usecases.payment_fraud import features
from usecases.payment_fraud.features import FEATURES, feature_store

SEED = 300
RISK = 1e-3
"""A right world misses a bound with this probability."""
HANDBOOK = Settings("handbook", 120, 55, 7, mimicry=0.2, drift=0.5, delay_spread=0.8, reported=0.9)
OFTEN = (("hard_hazard", 5e-3), ("hard_terminal_hazard", 1e-3))
"""More thefts than usual, so that a small world of hard cards has some."""
HARD = replace(HANDBOOK, design="hard_cards", mimicry=0.5, delay_days=15.0, assumed=OFTEN)
BOTH = pytest.mark.parametrize("wanted", [HANDBOOK, HARD], ids=["handbook", "hard_cards"])


def same(one, two):
    return all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def python(function):
    """The function before it was compiled."""
    return getattr(function, "py_func", function)


# --- spells ------------------------------------------------------------------------------------


def test_days_ahead_by_hand():
    # A trial is followed by use four times in five, and use goes on every second day: .8 / (1 - .5).
    law = Spells(np.zeros(1), np.array([1.0, 0.0]), np.array([0.0, 0.5]), np.array([0.8, 0.0]))
    assert np.allclose(days_ahead(law), [[0.0, 1.6], [0.0, 1.0]])
    assert np.allclose(days_ahead(fixed(np.zeros(1), 4)), np.triu(np.ones((4, 4)), 1))


def test_as_many_are_compromised_as_the_law_says():
    things, length, hazard = 20_000, 9, 0.004
    state, _ = draw_spells(fixed(np.full(30, hazard), length), things, np.random.default_rng(SEED))
    share = hazard * length / (1.0 + hazard * length)
    low, high = binom.interval(1.0 - RISK, things, share)
    # Things are independent of each other; the first day and the last are three spells apart.
    assert low <= (state[:, 0] >= 0).sum() <= high
    assert low <= (state[:, -1] >= 0).sum() <= high
    met = np.bincount(state[state >= 0], minlength=length)
    assert met.min() > 0.8 * met.max()


def test_spells_last_as_the_law_says():
    law = Spells(np.full(300, 0.01), np.array([0.4, 0.6]), np.array([0.0, 0.5]), np.array([0.8, 0.0]))
    state, spell = draw_spells(law, 1000, np.random.default_rng(SEED))
    whole = ~np.isin(spell, np.unique(spell[:, [0, -1]])) & (spell >= 0)
    numbers, first, days = np.unique(spell[whole], return_index=True, return_counts=True)
    tested = state[whole][first] == 0
    low, high = binom.interval(1.0 - RISK, len(numbers), 0.4)
    assert low <= tested.sum() <= high
    # Use lasts geometrically; after a trial, which takes a day, four times in five.
    for some, law_of in (
        (days[~tested], lambda n: 0.5**n),
        (days[tested], lambda n: np.where(n == 1, 0.2, 0.8 * 0.5 ** (n - 1.0))),
    ):
        expected = len(some) * np.append(law_of(np.arange(1, 7)), 1.0 - law_of(np.arange(1, 7)).sum())
        met = np.bincount(np.minimum(some, 7), minlength=8)[1:]
        assert chisquare(met, expected).pvalue > RISK


def test_fixed_spells_count_their_days():
    state, spell = draw_spells(fixed(np.full(80, 0.02), 5), 300, np.random.default_rng(SEED))
    assert ((state == WHOLE) == (spell < 0)).all()
    inside = np.setdiff1d(spell, spell[:, [0, -1]])
    assert len(inside) > 100
    for number in inside[:50]:
        thing, day = np.nonzero(spell == number)
        assert len(set(thing)) == 1
        assert (np.diff(day) == 1).all()
        assert state[thing, day].tolist() == [0, 1, 2, 3, 4]


@st.composite
def weighted(draw_one):
    """A law of up to four states, and weights on them and on being whole."""
    states = draw_one(st.integers(1, 4))
    share = st.floats(0.0, 1.0)
    values = st.lists(share, min_size=states, max_size=states)
    stay = np.array(draw_one(values))
    move = (1.0 - stay) * np.array(draw_one(values))
    move[-1] = 0.0
    start = np.array(draw_one(values)) + 1e-3
    return draw_one(share), start / start.sum(), stay, move, draw_one(share), np.array(draw_one(values))


@given(weighted())
@tried(max_examples=60, deadline=None)
def test_a_night_neither_makes_nor_loses_weight(case):
    *law, whole, state = case
    before = whole + state.sum()
    after = overnight(*law, whole, state)
    assert after + state.sum() == pytest.approx(before, abs=1e-12)
    assert min(after, state.min()) >= -1e-15


# --- Bayes' filter against enumeration ---------------------------------------------------------

DAYS = 5
LATE = np.array([1.0, 0.7, 0.4, 0.3, 0.2, 0.1])
"""Probability that nothing has been heard of a fraud so many days later."""


def small_law(rng, states):
    stay = rng.uniform(0.1, 0.5, states)
    move = np.append(rng.uniform(0.1, 0.5, states - 1), 0.0)
    return Spells(rng.uniform(0.05, 0.3, DAYS), rng.dirichlet(np.ones(states)), stay, move)


def paths(law, days):
    """All ways that a thing, whole before day 0, can take until a day, with their probabilities."""
    states = len(law.start)

    def step(old, new, day):
        if old == WHOLE:
            return 1.0 - law.hazard[day] if new == WHOLE else law.hazard[day] * law.start[new]
        if new == WHOLE:
            return 1.0 - law.stay[old] - law.move[old]
        return law.stay[old] * (new == old) + law.move[old] * (new == old + 1)

    for path in product(range(WHOLE, states), repeat=days):
        pairs = zip((WHOLE, *path[:-1]), path, range(days), strict=True)
        yield path, float(np.prod([step(*pair) for pair in pairs]))


def heard_share(fraud, known, day, today):
    """Probability of what has been heard of a purchase by a morning."""
    if known <= today:
        return float(fraud)
    return float(LATE[today - day]) if fraud else 1.0


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("states", [1, 2])
def test_the_card_filter_is_bayes_rule(seed, states):
    rng = np.random.default_rng([SEED, seed])
    law, kept, a_day = small_law(rng, states), rng.uniform(0.3, 1.0), rng.uniform(0.0, 2.0, states)
    day = np.array([0, 1, 1, 3, 4, 4])
    clock = np.array([0.3, 0.2, 0.9, 0.5, 0.4, 0.8])
    ratio, explained = rng.uniform(0.05, 4.0, (6, states)), rng.uniform(0.0, 0.4, 6)
    passed, ahead = clock[:, None] * a_day, rng.uniform(0.5, 2.0, states)
    known = np.array([2 if seed % 2 else NEVER, NEVER, 4, NEVER, NEVER, NEVER])
    theft, rest = np.zeros(6), np.zeros(6)
    filter_cards(
        np.array([0, 6]), day, known, ratio, passed, explained, a_day, LATE, *law, np.arange(states), kept,
        ahead, 0, 45, theft, rest,
    )  # fmt: skip
    for row in range(6):
        stolen, total, gone = enumerate_card(
            law, kept, a_day, day, clock, ratio, explained, known, ahead, row
        )
        assert theft[row] == pytest.approx(stolen / total, rel=1e-9)
        assert rest[row] == pytest.approx(gone / stolen, rel=1e-9)


def enumerate_card(law, kept, a_day, day, clock, ratio, explained, known, ahead, row):
    """Weight of theft at a row, of everything, and of theft times what is ahead; path by path."""
    today, stolen, total, gone = day[row], 0.0, 0.0, 0.0
    for path, prior in paths(law, today + 1):
        weight = prior
        for d, s in enumerate(path):
            if s != WHOLE:  # as many thefts as there were, and no other since midnight
                weight *= np.exp(-a_day[s] * (clock[row] if d == today else 1.0))
        for past in range(row):
            s, weights = path[day[past]], 0.0
            for thief, terminal in product((False, True), repeat=2):
                theirs, own = (0.0, 1.0) if s == WHOLE else (ratio[past, s], kept)
                chance = theirs if thief else own
                chance *= explained[past] if terminal else 1.0 - explained[past]
                weights += chance * heard_share(thief or terminal, known[past], day[past], today)
            weight *= weights
        s = path[today]
        theirs = 0.0 if s == WHOLE else weight * ratio[row, s]
        stolen, gone = stolen + theirs, gone + theirs * ahead[s]
        total += theirs + weight * (1.0 if s == WHOLE else kept)
    return stolen, total, gone


@pytest.mark.parametrize("seed", range(4))
def test_the_terminal_filter_is_bayes_rule(seed):
    rng = np.random.default_rng([SEED, seed, 1])
    law = small_law(rng, 2)
    day, by_card = np.array([0, 0, 1, 2, 2, 4]), rng.uniform(0.0, 0.6, 6)
    known = np.array([NEVER, 1, NEVER, 4 if seed % 2 else NEVER, NEVER, NEVER])
    found = np.full(6, np.nan)
    filter_terminals(np.array([0, 6]), day, known, by_card, LATE, *law, 0, 45, found)
    for row in range(6):
        today, on, total = day[row], 0.0, 0.0
        for path, weight in paths(law, today + 1):
            for past in np.flatnonzero(day < today):
                weight *= sum(
                    (by_card[past] if card else 1.0 - by_card[past])
                    * heard_share(card or path[day[past]] != WHOLE, known[past], day[past], today)
                    for card in (False, True)
                )
            total += weight
            on += weight * (path[today] != WHOLE)
        assert found[row] == pytest.approx(on / total, rel=1e-9)


@pytest.fixture(scope="module", params=[HANDBOOK, HARD], ids=["handbook", "hard_cards"])
def world(request):
    return draw(request.param, luck_of(SEED))


def test_threads_change_neither_posterior_nor_features(world):
    assert same(posterior(world, first_day=50), posterior(world, first_day=50, threads=3))
    table = world.bought, world.people.terminals, world.reported
    one, three = (feature_store(*table, mature=20, threads=n) for n in (1, 3))
    assert same(one.values(), three.values())


def test_compiled_filters_do_what_python_does(world, monkeypatch):
    fast = posterior(world, first_day=61)
    for name in ("filter_cards", "filter_terminals"):
        monkeypatch.setattr(payments_filter, name, python(getattr(payments_filter, name)))
    slow = posterior(world, first_day=61)
    assert all(np.allclose(a, b, rtol=1e-9, atol=1e-15) for a, b in zip(fast, slow, strict=True))


@BOTH
def test_compiled_windows_do_what_python_does(wanted, monkeypatch):
    few = draw(replace(wanted, cards=12), luck_of(SEED))
    table = few.bought, few.people.terminals, few.reported
    fast = feature_store(*table, mature=20)
    for name in ("card_windows", "terminal_windows"):
        monkeypatch.setattr(features, name, python(getattr(features, name)))
    slow = feature_store(*table, mature=20)
    for name in FEATURES:
        assert np.allclose(fast[name], slow[name], rtol=1e-6, atol=1e-6), name


# --- densities and intensities -----------------------------------------------------------------


def goodness(values, edges, density):
    """P value of a histogram against a density, summed in small steps between the edges."""
    steps = np.linspace(edges[:-1], edges[1:], 201)
    middle, width = (steps[1:] + steps[:-1]) / 2, (edges[1:] - edges[:-1]) / 200
    expected = len(values) * density(middle.ravel()).reshape(middle.shape).sum(0) * width
    met, beyond = np.histogram(values, edges)[0], max(len(values) - expected.sum(), 1.0)
    statistic = ((met - expected) ** 2 / expected).sum()
    statistic += (len(values) - met.sum() - beyond) ** 2 / beyond
    return chi2.sf(statistic, len(expected))


def test_handbook_amounts_follow_their_density():
    people = draw_handbook(Settings("handbook", 150, 30, 10), luck_of(SEED))
    bought = people.purchases(luck_of(SEED))
    # A holder's law has no scale but the mean.
    relative = bought.amount / people.mean[bought.card]
    edges = np.linspace(0.02, 2.8, 40)
    assert goodness(relative, edges, lambda x: amount_density(x, np.ones_like(x))) > RISK


def test_hard_amounts_follow_their_density():
    people = draw_hard_cards(Settings("hard_cards", 150, 30, 10), luck_of(SEED))
    bought = people.purchases(luck_of(SEED))
    category = people.terminals.category[bought.terminal]
    z = (np.log(bought.amount) - MEDIAN[category] - people.taste[bought.card]) / WIDTH[category]
    edges = np.linspace(-3.0, 3.0, 30)
    assert goodness(z, edges, lambda x: normal_density(x, np.zeros_like(x), np.ones_like(x))) > RISK


@pytest.mark.parametrize("day", [0, 20])
def test_somebody_goes_to_some_shop(day):
    people = draw_hard_cards(Settings("hard_cards", 60, 12, 12, drift=1.0), luck_of(SEED))
    shops = np.arange(len(people.terminals.category))
    same_day = np.full(len(shops), day)
    for card in range(5):
        bought = Purchases(np.full(len(shops), card), same_day, 0.5 * np.ones(len(shops)), shops, shops + 1.0)
        holder, thieves = people._shop_density(bought)
        assert holder.sum() == pytest.approx(1.0)
        assert np.allclose(thieves.sum(0), 1.0)


@pytest.mark.parametrize("middle", [8.0, HOUR, 20.0])
def test_hours_follow_their_density(middle):
    clock = hour_quantile(np.full(20_000, middle), 4.0, np.random.default_rng(SEED))
    edges = np.linspace(0.0, 1.0, 25)
    edges = edges[np.histogram(clock, edges)[0].cumsum().searchsorted(20) :]
    assert goodness(clock, edges, lambda x: hour_density(x, np.full_like(x, middle), 4.0)) > RISK


@pytest.mark.parametrize("drift", [0.0, 1.0])
@pytest.mark.parametrize("mimicry", [0.0, 0.5])
@pytest.mark.parametrize("kind", range(len(THEFTS)))
def test_hard_thieves_buy_as_often_as_their_intensity_says(kind, mimicry, drift):
    # The play is as long as history, and half of it comes after the thieves have changed their ways.
    rare = (("frauds_a_day", 0.3),)  # so that holder and thief are hard to tell apart
    wanted = Settings("hard_cards", 200, 12, 12, mimicry=mimicry, drift=drift, assumed=rare)
    people = draw_hard_cards(wanted, luck_of(SEED))
    stolen_met(people, kind)


@pytest.mark.parametrize("mimicry", [0.0, 0.5])
def test_handbook_thieves_buy_as_often_as_their_intensity_says(mimicry):
    people = draw_handbook(Settings("handbook", 80, 12, 12, mimicry=mimicry, drift=0.5), luck_of(SEED))
    stolen_met(people, 0)


def stolen_met(people, kind):
    """Among all purchases of stolen cards, as many are the thieves' as intensities say, at all levels."""
    luck, days = luck_of(SEED), people.settings.days
    state = np.full((len(people.rate), days), kind, np.int8)
    bought, theirs = people.steal(people.purchases(luck), state, luck)
    stolen = np.isin(np.arange(len(bought.card)), theirs)
    odds = people.ratio(bought)[:, kind] / people.kept
    expected = odds / (1.0 + odds)
    group = np.digitize(expected, np.quantile(expected, np.linspace(0, 1, 13)[1:-1]))
    for halves in (bought.day < people.settings.drift_day, bought.day >= people.settings.drift_day):
        met, mean, spread = (
            np.bincount(group[halves], x[halves]) for x in (stolen, expected, expected * (1.0 - expected))
        )
        # Counts are whole: a group that expects next to nothing may still meet one.
        assert (np.abs(met - mean) <= 1.0 + norm.isf(RISK / 2 / len(met)) * np.sqrt(spread)).all()


# --- the world ---------------------------------------------------------------------------------


@BOTH
def test_a_seed_decides_everything(wanted):
    one, two, other = (draw(wanted, luck_of(seed)) for seed in (SEED, SEED, SEED + 1))
    assert same((*one.bought, one.cause, one.reported), (*two.bought, two.cause, two.reported))
    assert not np.array_equal(one.bought.amount, other.bought.amount)


@BOTH
def test_report_levers_change_reports_alone(wanted):
    usual = draw(wanted, luck_of(SEED))
    for change in ({"reported": 0.3}, {"delay_days": 40.0}, {"delay_spread": 0.0}):
        other = draw(replace(wanted, **change), luck_of(SEED))
        assert same((*usual.bought, usual.cause, usual.spell), (*other.bought, other.cause, other.spell))
        assert not np.array_equal(usual.reported, other.reported)
    fewer = draw(replace(wanted, reported=0.3), luck_of(SEED)).reported
    # Whoever reports at a low quality reports at a higher one too, and on the same day.
    assert (usual.reported[fewer < NEVER] == fewer[fewer < NEVER]).all()


def test_reports_come_as_heard_of_says():
    cap = (("report_cap", 60.0),)
    wanted = Settings("handbook", 400, 60, 10, delay_days=12.0, delay_spread=0.8, assumed=cap)
    found = draw(wanted, luck_of(SEED))
    days = (found.reported - found.bought.day)[found.fraud]
    law = heard_of(wanted, 70)
    drawn = np.bincount(days, minlength=71).cumsum() / len(days)
    assert days.max() <= 60
    assert law[0] == 0.0
    assert np.abs(drawn - law).max() < kstwo.isf(RISK, len(days))
    assert law[maturity(wanted)] >= 0.8 > law[maturity(wanted) - 1]


def test_a_spell_is_of_one_card(world):
    theirs = world.cause == BY_CARD
    assert ((world.spell >= 0) == theirs).all()
    pairs = set(zip(world.spell[theirs], world.bought.card[theirs], strict=True))
    assert len(pairs) == len({spell for spell, _ in pairs}) > 0


def test_history_ends_where_the_play_begins(world):
    day, first = world.bought.day, world.first_played
    assert day[first - 1] < world.settings.history_days <= day[first]
    assert (np.diff(world.bought.time) >= 0).all()
    assert np.bincount(world.group).max() - np.bincount(world.group).min() <= 1
