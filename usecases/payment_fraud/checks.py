"""Questions to a world of payments: its laws, what is published of the handbook's data, and leaks.

A drawn world differs from its law by chance, so bands reach :data:`ERRORS` standard errors of a sample of its
size. The frauds of one theft come together and count as one: a standard error adds them up first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from core.asking import ERRORS, about, physics, realism
from core.protocol import Array, Check
from core.stats.ranking import average_precision
from data_synth.payments import BY_AMOUNT, BY_CARD, BY_TERMINAL, GENUINE, NEVER, Payments, heard_of, maturity
from data_synth.payments_filter import posterior
from data_synth.payments_handbook import NEGATIVE, NOON, SPREAD, Handbook, amount_density
from data_synth.payments_hard import MEDIAN, WIDTH, hour_density, hour_share, normal_density, rhythm
from data_synth.payments_spells import Spells, days_ahead, draw_spells
from usecases.payment_fraud.bank import PAST_DAYS, Bank
from usecases.payment_fraud.features import FEATURES, LAG, PRICED_DAYS, feature_store

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
KOLMOGOROV = 2.3
"""Bound of the largest gap between two distributions times the root of the rows, at the same risk."""
HANDBOOK = "Fraud Detection Handbook, its published data, 183 days"
SCENARIOS = (
    (BY_AMOUNT, "amount", 973, "dear purchases", "고액"),
    (BY_TERMINAL, "terminal", 9_077, "terminals", "단말기"),
    (BY_CARD, "card", 4_631, "cards", "카드"),
)
"""Frauds of the published data by cause."""
ONE_COLUMN, TREE = 60.0, 75.0
"""What a column and a tree of depth 2 may reach at most of the ceiling's average precision, %; chosen."""
LOOKED_AT = 200
"""Rows whose features are computed a second time."""


def checks_of(bank: Bank) -> Iterator[Check]:
    """Put all questions to a world."""
    world = bank.payments
    yield from stream(world)
    yield from reports(world)
    yield from habits(world)
    yield from thefts(world)
    yield from store(bank)
    rival = rival_of(bank)
    yield from bayes(bank, rival)
    yield from leaks(bank, rival)
    yield from handbook(world) if world.settings.design == "handbook" else hard_cards(world)


def spread(group: Ints, values: Array) -> float:
    """Root of the sum of squares of the groups' sums: the standard error of a sum of independent groups."""
    return float(np.sqrt((np.bincount(group, values) ** 2).sum()))


def theft_of(world: Payments) -> Ints:
    """Number the thefts, and give that of each fraud ``(frauds,)``: a spell, a terminal, a dear purchase."""
    row = np.flatnonzero(world.fraud)
    cause = world.cause[row].astype(np.int64)
    which = np.select(
        [cause == BY_CARD, cause == BY_TERMINAL], [world.spell[row], world.bought.terminal[row]], row
    )
    return np.unique(which * 4 + cause, return_inverse=True)[1]


# --- stream and reports ------------------------------------------------------------------------


def stream(world: Payments) -> Iterator[Check]:
    """Order, days, amounts and causes of purchases."""
    bought, cap = world.bought, world.people.cap
    yield physics(
        "time_order", "Shortest step from a purchase to the next", "연속한 결제 사이의 최소 간격",
        np.diff(bought.time).min(), 0.0, np.inf, "day", "a stream in time order",
    )  # fmt: skip
    outside = (
        (bought.clock < 0) | (bought.clock >= 1) | (bought.day < 0) | (bought.day >= world.settings.days)
    )
    yield physics(
        "within_days", "Purchases outside the days of the world", "기간을 벗어난 결제 수",
        outside.sum(), 0.0, 0.0, "purchases", "definition",
    )  # fmt: skip
    yield physics(
        "least_amount", "Smallest amount", "최소 결제 금액", bought.amount.min(), 0.0, np.inf, "k KRW",
        "amounts are not negative; the handbook's may round to nothing",
    )  # fmt: skip
    broken = (world.spell >= 0) != (world.cause == BY_CARD)
    broken |= (world.cause == BY_AMOUNT) & (bought.amount <= cap)
    broken |= (world.cause == GENUINE) & (bought.amount > cap)
    yield physics(
        "one_cause", "Purchases whose cause contradicts spell or amount",
        "원인이 도난 기간이나 금액과 어긋나는 결제 수",
        broken.sum(), 0.0, 0.0, "purchases", "definition of the causes",
    )  # fmt: skip


def reports(world: Payments) -> Iterator[Check]:
    """Which frauds the bank hears of, and when."""
    settings, known = world.settings, world.reported < NEVER
    yield physics(
        "false_reports", "Reports of genuine purchases", "정상 결제에 대한 신고 수",
        (known & ~world.fraud).sum(), 0.0, 0.0, "reports", "only frauds are reported",
    )  # fmt: skip
    days = (world.reported - world.bought.day)[known]
    yield physics(
        "soonest_report", "Soonest report after the fraud", "부정 결제 후 가장 빠른 신고",
        days.min(initial=NEVER), 1.0, np.inf, "day", "not before the next morning",
    )  # fmt: skip
    share, frauds = settings.reported, int(world.fraud.sum())
    yield physics(
        "reported_share", "Share of frauds that are reported", "신고되는 부정 결제 비율",
        known.sum() / frauds, *about(share, float(np.sqrt(share * (1.0 - share) / frauds))), "share",
        "scenario; each by chance",
    )  # fmt: skip
    law = heard_of(settings, 130)
    drawn = np.cumsum(np.bincount(np.maximum(days, 0), minlength=len(law)))[: len(law)] / len(days)
    yield physics(
        "report_delay", "Largest gap of report delays from their law, times root of reports",
        "신고 지연 분포와 법칙의 최대 차이 × √신고 수", np.abs(drawn - law).max() * np.sqrt(len(days)),
        0.0, KOLMOGOROV, "1", "Kolmogorov's bound",
    )  # fmt: skip


# --- habits ------------------------------------------------------------------------------------


def habits(world: Payments) -> Iterator[Check]:
    """Drawn purchases of holders against the laws that Bayes' filter uses."""
    bought, settings = world.bought, world.settings
    expected = float(bought_on_average(world).sum())
    own = len(world.cause) if settings.design == "handbook" else int((world.cause != BY_CARD).sum())
    yield physics(
        "purchases", "Purchases over those expected from the cards' rates",
        "카드별 빈도에서 기대되는 수 대비 결제 수",
        own / expected, *about(1.0, expected**-0.5), "ratio", "Poisson law",
    )  # fmt: skip
    genuine = bought.at(world.cause == GENUINE)
    for name, en, ko, below in (
        ("hour_law", "hours", "시각", hours_below(world, genuine)),
        ("amount_law", "amounts", "금액", amounts_below(world, genuine)),
    ):
        yield physics(
            name, f"Largest gap of holders' {en} from their law, times root of purchases",
            f"소유자 결제 {ko} 분포와 법칙의 최대 차이 × √결제 수", kolmogorov(below), 0.0, KOLMOGOROV, "1",
            "Kolmogorov's bound",
        )  # fmt: skip
    for name, en, ko, mass in (
        ("hour_mass", "hours", "시각", hour_mass(world)),
        ("amount_mass", "amounts", "금액", amount_mass(world)),
    ):
        yield physics(
            name, f"Density of holders' {en}, summed: farthest from 1",
            f"소유자 {ko} 확률밀도의 합과 1의 최대 차이",
            np.abs(mass - 1.0).max(), 0.0, 2e-3, "1", "a density; summed in small steps",
        )  # fmt: skip


def bought_on_average(world: Payments) -> Floats:
    """Purchases that a holder's rate lets expect on each day, summed over holders ``(days,)``."""
    people, days = world.people, np.arange(world.settings.days)
    if isinstance(people, Handbook):  # what would fall outside the day is not bought
        return np.full(len(days), people.rate.sum() * (1.0 - 2.0 * ndtr(-NOON / SPREAD)))
    return np.asarray(people.rate.sum() * rhythm(days))


def kolmogorov(below: Floats) -> float:
    """Largest gap of values from a uniform law on [0, 1], times the root of their number."""
    rows = len(below)
    return float(np.abs(np.sort(below) - (np.arange(rows) + 0.5) / rows).max() * np.sqrt(rows))


def hours_of(world: Payments, card: Ints) -> tuple[Floats, float]:
    """Middle of the day ``(rows,)`` and spread of hours."""
    people = world.people
    if isinstance(people, Handbook):
        return np.full(len(card), 24.0 * NOON), 24.0 * SPREAD
    return people.hour[card], world.settings.constant("hour_sd")


def hours_below(world: Payments, bought: Any) -> Floats:
    """Share of the holder's purchases that come earlier in the day, ``(rows,)``."""
    return hour_share(bought.clock, *hours_of(world, bought.card))


def amounts_below(world: Payments, bought: Any) -> Floats:
    """Share of the holder's genuine purchases that are cheaper, ``(rows,)``."""
    people = world.people
    if isinstance(people, Handbook):
        mean = people.mean[bought.card]

        def below(amount: Floats | float) -> Floats:
            uniform = np.minimum(amount / (2.0 * mean), 1.0)
            return np.asarray(ndtr((amount - mean) / (mean / 2.0)) - NEGATIVE + NEGATIVE * uniform)

        # Whoever pays more than the cap is no longer among the genuine.
        return below(bought.amount) / below(people.cap)
    category = people.terminals.category[bought.terminal]
    middle = MEDIAN[category] + people.taste[bought.card]
    return np.asarray(ndtr((np.log(bought.amount) - middle) / WIDTH[category]))


def hour_mass(world: Payments) -> Floats:
    """Sum of the density of hours over the day for some cards, ``(20,)``."""
    step = 1.0 / 2_000
    clock = np.tile(np.arange(step / 2, 1.0, step), 20)
    card = np.repeat(np.arange(20), 2_000)
    return np.asarray(hour_density(clock, *hours_of(world, card)).reshape(20, -1).sum(1) * step)


def amount_mass(world: Payments) -> Floats:
    """Sum of the density of amounts for some cards or kinds of shops, ``(K,)``."""
    people, share = world.people, np.arange(0.5 / 2_000, 1.0, 1.0 / 2_000)
    if isinstance(people, Handbook):
        mean = people.mean[:20, None]
        top = 5.0 * mean
        return np.asarray(amount_density(share * top, mean).mean(1) * top[:, 0])
    x = MEDIAN[:, None] + WIDTH[:, None] * (16.0 * share - 8.0)
    return np.asarray(normal_density(x, MEDIAN[:, None], WIDTH[:, None]).mean(1) * 16.0 * WIDTH)


# --- thefts ------------------------------------------------------------------------------------


def thefts(world: Payments) -> Iterator[Check]:
    """How long spells are, how many frauds they bring, and that an outbreak spares no purchase."""
    people = world.people
    for name, en, ko, law, met, chance in (
        ("card", "cards", "카드", people.spells, world.cause == BY_CARD, card_chances(world)),
        (
            "terminal",
            "terminals",
            "단말기",
            people.outbreaks,
            world.cause == BY_TERMINAL,
            terminal_chances(world),
        ),
    ):
        drawn, lawful = lengths(law), 1.0 + float(days_ahead(law).sum(1) @ law.start)
        yield physics(
            f"{name}_spell", f"Length of drawn spells of {en} over their law's",
            f"{ko} 침해 기간: 추출값/법칙",
            drawn.mean() / lawful, *about(1.0, float(drawn.std() / lawful / np.sqrt(len(drawn)))), "ratio",
            "law of the hidden state",
        )  # fmt: skip
        # A longer spell is met more often, by its length; all its frauds come or stay away together.
        together = (drawn**2).mean() / drawn.mean() / world.settings.days
        expected = chance.sum(0)
        error = np.sqrt((chance[:, 0] * (1.0 + together * chance[:, 1])).sum()) / expected[0]
        yield physics(
            f"{name}_frauds", f"Frauds by compromised {en} over those expected",
            f"침해된 {ko}의 부정 결제 수: 실제/기대", met.sum() / expected[0],
            *about(1.0, float(error)), "ratio", "hazard, length of spells and pace of thieves",
        )  # fmt: skip
    yield physics(
        "outbreaks_spare_none", "Genuine purchases at a terminal amid its outbreak",
        "단말기 조작 기간 중의 정상 결제 비율", spared(world), 0.0, 0.01, "share",
        f"{HANDBOOK}, scenario 2; an outbreak may follow upon another",
    )  # fmt: skip


def lengths(law: Spells) -> Ints:
    """Lengths of spells drawn by a law under a hazard that makes many, ``(spells,)`` days."""
    state, spell = draw_spells(law._replace(hazard=np.full(200, 0.02)), 400, np.random.default_rng(0))
    # Spells that run over the first or the last day are seen in part.
    whole = ~np.isin(spell, np.unique(spell[:, [0, -1]])) & (state >= 0)
    return np.unique(spell[whole], return_counts=True)[1]


def occupied(law: Spells) -> Floats:
    """Probability of each state on each day, ``(days, S)``."""
    onward = np.diag(law.stay) + np.diag(law.move[:-1], 1)
    state = np.zeros(len(law.start))
    found = np.empty((len(law.hazard), len(state)))
    for day in range(-max(60, 2 * len(state)), len(found)):
        # Who was ill yesterday rests at least a day: a spell that ends leaves the thing whole.
        state = state @ onward + (1.0 - state.sum()) * law.hazard[max(day, 0)] * law.start
        found[max(day, 0)] = state
    return found


def card_chances(world: Payments) -> Floats:
    """Frauds expected of each card, and those that it would have if it were always stolen, ``(cards, 2)``."""
    people, settings, bought = world.people, world.settings, world.bought
    state, cards = occupied(people.spells), len(people.rate)
    if isinstance(people, Handbook):
        share = settings.constant("stolen_share")
        return summed(bought.card, share * state.sum(1)[bought.day], np.full(len(bought.card), share), cards)
    chance = (state @ people.pace).sum()
    always = people.spells.start @ people.pace * settings.days
    return np.tile([chance, always], (cards, 1))


def terminal_chances(world: Payments) -> Floats:
    """Frauds expected at each terminal, and purchases that would be, ``(terminals, 2)``."""
    bought = world.bought.at(world.cause != BY_CARD)
    chance = occupied(world.people.outbreaks).sum(1)[bought.day]
    return summed(bought.terminal, chance, np.ones(len(chance)), len(world.people.terminals.category))


def summed(owner: Ints, one: Floats, other: Floats, owners: int) -> Floats:
    """Sums of two columns by owner, ``(owners, 2)``."""
    return np.column_stack([np.bincount(owner, column, owners).astype(np.float64) for column in (one, other)])


def spared(world: Payments) -> float:
    """Share of genuine purchases between the first and the last fraud of a terminal's outbreak."""
    terminal, time = world.bought.terminal, world.bought.time
    hit = world.cause == BY_TERMINAL
    first, last = (np.full(terminal.max() + 1, bad) for bad in (np.inf, -np.inf))
    np.minimum.at(first, terminal[hit], time[hit])
    np.maximum.at(last, terminal[hit], time[hit])
    once = last - first < len(world.people.outbreaks.start)
    amid = once[terminal] & (time >= first[terminal]) & (time <= last[terminal])
    return float((~world.fraud & amid).sum() / max(amid.sum(), 1))


# --- feature store -----------------------------------------------------------------------------


def store(bank: Bank) -> Iterator[Check]:
    """The feature store against a slow reference, and against itself before the future happened."""
    name, gap = farthest(bank)
    yield physics(
        "features", "Features against a slow second computation", "특성값: 느린 재계산과의 최대 차이",
        gap, 0.0, 1e-5, "share", f"definitions; {LOOKED_AT} purchases of the play", name,
    )  # fmt: skip
    name, gap = foresight(bank)
    yield physics(
        "no_foresight", "Features after later purchases and reports are removed",
        "이후의 결제와 신고를 지웠을 때 특성값의 최대 변화", gap, 0.0, 0.0, "feature's unit",
        f"what comes later is unknown; prices of shops from the first {PRICED_DAYS} days", name,
    )  # fmt: skip


def farthest(bank: Bank) -> tuple[str, float]:
    """Give the feature that is farthest from :func:`windows_of`, and how far."""
    rows = np.linspace(bank.payments.first_played, len(bank.payments.cause) - 1, LOOKED_AT).astype(np.int64)
    again = [windows_of(bank.payments, int(row)) for row in rows]
    gaps = {}
    for name in again[0]:
        slow = np.array([one[name] for one in again])
        gaps[name] = float(np.abs((bank.features[name][rows] - slow) / np.maximum(np.abs(slow), 1.0)).max())
    worst = max(gaps, key=lambda name: gaps[name])
    return worst, gaps[worst]


def windows_of(world: Payments, row: int) -> dict[str, float]:
    """Count, average and look back at one purchase, by masks over its card's and its terminal's rows."""
    found: dict[str, float] = {}
    bought = world.bought.at(slice(row + 1))
    now, known = bought.time[row], world.reported[: row + 1] <= bought.day[row]
    card = np.flatnonzero(bought.card == bought.card[row])
    shop = np.flatnonzero(bought.terminal == bought.terminal[row])
    card_ago, shop_ago = now - bought.time[card], now - bought.time[shop]
    for days in (1, 7, 30):
        recent, shifted = card[card_ago <= days], shop[(shop_ago >= LAG) & (shop_ago < LAG + days)]
        found[f"card_count_{days}d"] = len(recent)
        found[f"card_mean_{days}d"] = bought.amount[recent].mean()
        found[f"terminal_count_{days}d"] = int((shop_ago < days).sum())
        found[f"terminal_risk_{days}d"] = known[shifted].sum() / max(len(shifted), 1)
    before = card[:-1]
    found["gap_h"] = min(24.0 * card_ago[-2], 720.0) if len(before) else 720.0
    found["visits_90d"] = int((bought.terminal[before][card_ago[:-1] <= 90.0] == bought.terminal[row]).sum())
    found["card_reports_30d"] = int(known[before][card_ago[:-1] < 30.0].sum())
    found["terminal_reports"] = int(known[shop][shop_ago < 35.0].sum())
    return found


def foresight(bank: Bank) -> tuple[str, float]:
    """Give the feature that changes most when the second half of the play has not happened, and how much."""
    world = bank.payments
    end = bank.first_day + world.settings.play_days // 2
    cut = bank.between(0, end)
    heard = world.reported[cut]
    early = feature_store(
        world.bought.at(cut), world.people.terminals, np.where(heard < end, heard, NEVER).astype(np.int32),
        mature=maturity(world.settings),
    )  # fmt: skip
    change = {name: float(np.abs(early[name] - bank.features[name][cut]).max()) for name in FEATURES}
    worst = max(change, key=lambda name: change[name])
    return worst, change[worst]


# --- Bayes' filter and leaks -------------------------------------------------------------------


class Rival(NamedTuple):
    """The column that finds frauds of the play best by itself, either way round.

    ``score`` ``(covered,)`` is higher for likelier frauds, from two weeks before the play on; ``precision``
    is the average precision in the play.
    """

    name: str
    score: Array
    precision: float


def rival_of(bank: Bank) -> Rival:
    """Look for it among all features."""
    start = bank.payments.first_played
    fraud = bank.payments.fraud[start:]
    found = {
        (name, sign): average_precision(sign * bank.features[name][start:], fraud)
        for name in FEATURES
        for sign in (1, -1)
    }
    name, sign = best = max(found, key=lambda key: found[key])
    return Rival(name, sign * bank.features[name][bank.first_known :], found[best])


def bayes(bank: Bank, rival: Rival) -> Iterator[Check]:
    """Probabilities that mean what they say, and that nothing simpler ranks better."""
    world, known = bank.payments, bank.posterior
    both = np.concatenate([known.fraud, known.card])
    yield physics(
        "probabilities", "Bayes' filter outside [0, 1] or not a number",
        "0~1을 벗어나거나 숫자가 아닌 베이즈 확률 수",
        (~((both >= 0.0) & (both <= 1.0))).sum(), 0.0, 0.0, "purchases", "probabilities",
    )  # fmt: skip
    met, expected = int(world.fraud[bank.first_known :].sum()), float(known.fraud.sum())
    yield physics(
        "calibration", "Frauds over those that Bayes' filter expects",
        "베이즈 필터의 기대 대비 실제 부정 결제 수",
        met / expected, *about(1.0, surprise(bank) / expected), "ratio",
        "Bayes' rule; band from the frauds before the first report of each theft",
    )  # fmt: skip
    if not met or np.isnan(both).any():  # red already
        return
    yield _ranked(
        world, "beats_columns", "Average precision of Bayes' filter less that of the best column",
        "베이즈 필터와 최고 단일 열의 평균 정밀도 차이", known.fraud, rival.score, rival.name,
    )  # fmt: skip
    prompt = replace(
        world,
        settings=replace(world.settings, delay_days=1.0, delay_spread=0.0, reported=1.0),
        reported=np.where(world.fraud, world.bought.day + 1, NEVER).astype(np.int32),
    )
    sooner = posterior(prompt, first_day=bank.first_day - PAST_DAYS).fraud
    yield _ranked(
        world, "news_helps", "Average precision gained if all reports come the next morning",
        "모든 신고가 다음 날 오면 베이즈 필터의 평균 정밀도 증가분", sooner, known.fraud, "",
    )  # fmt: skip


def surprise(bank: Bank) -> float:
    """Standard error of the number of frauds in the covered rows, as far as no report announces them.

    Of each theft these are the frauds before the morning of its first report. They are taken from the whole
    world, which has more thefts, in proportion to the days; what the filter itself expects of lone purchases
    is added.
    """
    world, theft = bank.payments, theft_of(bank.payments)
    day, heard = world.bought.day[world.fraud], world.reported[world.fraud]
    first = np.full(theft.max() + 1, NEVER)
    np.minimum.at(first, theft, heard)
    covered = (world.settings.play_days + PAST_DAYS) / world.settings.days
    p = bank.posterior.fraud
    return float(np.sqrt(covered * spread(theft, day < first[theft]) ** 2 + (p * (1.0 - p)).sum()))


def _ranked(world: Payments, name: str, en: str, ko: str, better: Array, worse: Array, detail: str) -> Check:
    """Ask whether one score of the last purchases ranks frauds at least as well as another."""
    fraud = world.fraud[-len(better) :]
    gain = precision_at(better, fraud) - precision_at(worse, fraud)
    theft = theft_of(world)[-len(gain) :]
    low = -ERRORS * spread(theft, gain) / len(gain)
    return physics(
        name, en, ko, gain.mean(), low, 1.0, "share", "more is known; thefts counted whole", detail
    )


def precision_at(score: Array, fraud: NDArray[np.bool_]) -> Floats:
    """Share of frauds among the rows that score at least as high as each fraud, ``(frauds,)``."""
    at, hits = np.sort(-score), np.sort(-score[fraud])
    mine = -score[fraud]
    return np.asarray(np.searchsorted(hits, mine, "right") / np.searchsorted(at, mine, "right"))


def leaks(bank: Bank, rival: Rival) -> Iterator[Check]:
    """No column, and no tree of two questions, gives the label away."""
    fraud = bank.payments.fraud[bank.first_known :]
    played = bank.payments.first_played - bank.first_known
    if not fraud[played:].any() or np.isnan(bank.posterior.fraud).any():
        return
    best = average_precision(bank.posterior.fraud[played:], fraud[played:])
    source = "chosen: users of simulated frauds complain of data in which one column tells all"
    yield realism(
        "one_column", "Average precision of the best single column over the ceiling's",
        "상한 대비 최고 단일 열의 평균 정밀도", 100.0 * rival.precision / best, 0.0, ONE_COLUMN, "%", source,
        rival.name,
    )  # fmt: skip
    score, names = _tree(bank, fraud, played)
    yield realism(
        "small_tree", "Average precision of a tree of depth 2 over the ceiling's",
        "상한 대비 깊이 2 결정 나무의 평균 정밀도",
        100.0 * average_precision(score, fraud[played:]) / best, 0.0, TREE, "%",
        f"{source}; fitted on the {PAST_DAYS} days before the play", names,
    )  # fmt: skip


def _tree(bank: Bank, fraud: NDArray[np.bool_], played: int) -> tuple[Array, str]:
    """Scores of a tree on the play, and the columns that it asks for."""
    # Imported here: the laws can be checked without it.
    from sklearn.tree import DecisionTreeClassifier

    table = np.column_stack([bank.features[name][bank.first_known :] for name in FEATURES])
    tree = DecisionTreeClassifier(max_depth=2, min_samples_leaf=50, random_state=0)
    tree.fit(table[:played], fraud[:played])
    asked = sorted({FEATURES[column] for column in tree.tree_.feature if column >= 0})
    return tree.predict_proba(table[played:])[:, -1], ", ".join(asked)


# --- published figures -------------------------------------------------------------------------


def handbook(world: Payments) -> Iterator[Check]:
    """Figures of the handbook's published data; bands from a sample of this world's size."""
    theft, rows = theft_of(world), len(world.cause)
    cause = world.cause[world.fraud]
    yield _prevalence(world, 0.837, 0.837, HANDBOOK)
    total = sum(count for _, _, count, _, _ in SCENARIOS)
    for number, name, count, en, ko in SCENARIOS:
        share = count / total
        error = spread(theft, (cause == number) - share) / len(cause)
        low, high = about(100.0 * share, 100.0 * error)
        yield realism(
            f"share_{name}", f"Frauds by {en}", f"{ko} 관련 부정 결제 비율", 100.0 * (cause == number).mean(),
            low, high, "% of frauds", HANDBOOK,
        )  # fmt: skip
    paid = world.bought.amount
    value = spread(theft, paid[world.fraud]) / paid.sum()
    yield realism(
        "value_share", "Fraud's share of value", "금액 기준 부정 결제 비율",
        100.0 * paid[world.fraud].sum() / paid.sum(), *about(2.05, 100.0 * value), "% of value", HANDBOOK,
    )  # fmt: skip
    card = world.bought.card
    yield realism(
        "mean_amount", "Mean amount", "평균 결제 금액", paid.mean(),
        *about(53.6, spread(card, paid - paid.mean()) / rows), "k KRW", HANDBOOK,
    )  # fmt: skip
    # Shares below a published amount have a standard error without a density.
    for name, en, ko, amount, share in (
        ("median_amount", "median", "중앙값", 44.6, 50.0),
        ("dear_amount", "99th percentile", "99 백분위수", 171.6, 99.0),
    ):  # fmt: skip
        below = 100.0 * (paid <= amount)
        yield realism(
            name, f"Purchases up to {amount}, the published {en}", f"공표된 {ko} {amount} 이하의 결제 비율",
            below.mean(), *about(share, spread(card, below - below.mean()) / rows), "%", HANDBOOK,
        )  # fmt: skip
    each = np.bincount(card, minlength=len(world.group)) / world.settings.days
    yield realism(
        "purchases_a_day", "Purchases a card and day", "카드당 하루 결제 수", each.mean(),
        *about(1.917, float(each.std() / np.sqrt(len(each)))), "1/day", HANDBOOK,
    )  # fmt: skip


def hard_cards(world: Payments) -> Iterator[Check]:
    """Figures of card data that hard cards are made after."""
    yield _prevalence(world, 0.122, 0.172, "TabFormer .122 %, ULB .172 %")
    hit = world.cause == BY_CARD
    if not hit.any():
        return
    spell, day = world.spell[hit].astype(np.int64), world.bought.day[hit]
    which, count = np.unique(spell * NEVER + day, return_counts=True)
    group = np.unique(which // NEVER, return_inverse=True)[1]
    error = spread(group, count - count.mean()) / len(count)
    yield realism(
        "frauds_a_day", "Frauds a stolen card and day that has any",
        "도난 카드의 하루 부정 결제 수 (있는 날)",
        count.mean(), about(3.0, error)[0], about(1000 / 300, error)[1], "1/day",
        "Worldline 2018: 1,000 frauds on 300 cards a day, about 3",
    )  # fmt: skip


def _prevalence(world: Payments, low: float, high: float, source: str) -> Check:
    error = 100.0 * spread(theft_of(world), np.ones(int(world.fraud.sum()))) / len(world.cause)
    return realism(
        "prevalence", "Frauds among purchases", "결제 중 부정 결제 비율", 100.0 * world.fraud.mean(),
        about(low, error)[0], about(high, error)[1], "%", source,
    )  # fmt: skip
