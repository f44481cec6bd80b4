"""What a report says: shares, money, stakes, assumptions, and the order of it, in both languages."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sectorlab_toys.control import Control
from sectorlab_toys.declarations import both

from core.engine.scenario import build, learning_cost
from core.protocol import Chart, Kpi, Party, Role, UseCase
from core.report.assumptions import setting
from core.report.content import page_of, sections_of
from core.report.money import Books, books, paid_back, payback
from core.report.page import Bullets, Code, Grid, Page, Paragraph, Picture, Section
from core.report.share import shares
from core.report.stakes import stake
from core.report.verdict import judge
from core.report.words import LANGUAGES, Words
from core.results import SELECTED, Run
from core.stats.headroom import captured
from core.stats.interval import Interval
from core.store.manifest import Manifest

SEEDS = 6
STEADY = np.array([0.0, 0.1, -0.1, 0.05, -0.05, 0.0])
EN, KO = Words("en"), Words("ko")
ROLES: dict[str, Role] = {
    "fixed": "incumbent",
    "polynomial": "learner",
    "ceiling": "ceiling",
    "oracle": "oracle",
}
TENANTS = Party(both("Tenants", "입주자"), "saved", both("They pay less.", "돈을 덜 낸다."))
SELLERS = Party(both("Sellers", "판매자"), "saved", both("They sell less.", "덜 판다."), against=True)
NEIGHBOURS = Party(both("Neighbours", "이웃"), "", both("Nobody asked them.", "아무도 묻지 않았다."))


class Paid(Control):
    """The control toy with money and people."""

    money = "net_mkrw"
    kpis: ClassVar[tuple[Kpi, ...]] = (
        *Control.kpis,
        Kpi("net_mkrw", "million KRW/year", "higher", both("Net benefit", "순편익"), "definition", digits=2),
    )
    parties = (TENANTS, SELLERS, NEIGHBOURS)


class Money(Paid):
    """Its headline counts won."""

    kpis: ClassVar[tuple[Kpi, ...]] = (replace(Paid.kpis[0], unit="k KRW/d"), *Paid.kpis[1:])


class Campaign(Paid):
    """Its money is of a campaign, not of a year."""

    kpis: ClassVar[tuple[Kpi, ...]] = (*Paid.kpis[:-1], replace(Paid.kpis[-1], unit="M KRW/campaign"))


def made(
    learner: Any, *, oracle: Any = 30.0 + STEADY, ceiling: Any = 25.0 + STEADY, net: Any = 10.0,
    seeds: int = SEEDS, case: UseCase[Any, Any, Any] | None = None, validation: float = 1.0,
    values: Mapping[str, Any] | None = None, assumed: Mapping[str, float] | None = None,
) -> Run:  # fmt: skip
    """A run with these savings and this net benefit; the incumbent uses 100 kWh a day."""
    case = case or Paid()
    saved = {"fixed": 0.0, "polynomial": learner, "ceiling": ceiling, "oracle": oracle}
    gained = np.concatenate([(np.zeros(SEEDS) + one)[:seeds] for one in saved.values()])
    names = np.repeat(list(saved), seeds)
    learns = names == "polynomial"
    scenario = build(case, size="tiny", values=values, assumed=assumed)
    return Run(
        case=case, size="tiny", situation=None, scenario=scenario.model_dump(mode="json"),
        seeds=tuple(range(seeds)), device="cpu", versions={}, roles=ROLES,
        rows={
            "seed": np.tile(np.arange(seeds), len(saved)), "contender": names,
            "validation": np.where(learns, validation, np.nan),
            "saved": gained, "energy": 100.0 - gained, "net": gained,
            "net_mkrw": np.where(learns, np.tile((np.zeros(SEEDS) + net)[:seeds], len(saved)), 0.0),
        },
        scores={"contender": np.array([]), "measure": np.array([])},
        traces={"week": {
            "contender": np.repeat(["fixed", "polynomial"], 2), "day": np.array([0, 1, 0, 1]),
            "setpoint": np.array([21.0, 22.0, 20.0, 23.0]),
        }},
    )  # fmt: skip


def manifest(run: Run, name: str = "20260102-030405-678-aaaaaaaa-bbbbbb") -> Manifest:
    return Manifest(
        id=name, usecase=run.case.name, size=run.size, situation=run.situation, scenario=dict(run.scenario),
        seeds=list(run.seeds), roles=dict(run.roles), device="cpu", workers=2, threads=1,
        versions={"sectorlab": "0.1.0"}, code="c0de", git="", machine="a machine",
        started="2026-01-02T03:04:05+00:00", finished="2026-01-02T03:05:05+00:00", seconds={"total": 60.0},
        run_key="k", deep_key="d", kept_from=None, command="sectorlab run toy_control --size tiny", files={},
    )  # fmt: skip


def written(run: Run, say: Words = EN) -> Page:
    return page_of([(run, manifest(run))], say)


def texts(sections: Sequence[Section]) -> Iterator[str]:
    """Everything that is read, charts apart."""
    for section in sections:
        yield section.title
        for block in section.blocks:
            match block:
                case Paragraph(text) | Code(text):
                    yield text
                case Bullets(items):
                    yield from items
                case Grid(head, rows, _, note):
                    yield from (*head, *(cell for row in rows for cell in row), note)


def titled(page: Page, key: str, say: Words = EN) -> Section:
    (found,) = [section for section in page.sections if section.title == say(key)]
    return found


def said(section: Section) -> str:
    return " ".join(texts([section])).replace("\u00a0", " ")


def grids(section: Section) -> list[Grid]:
    return [block for block in section.blocks if isinstance(block, Grid)]


# --- of each 100 -------------------------------------------------------------------------------


def test_of_each_hundred() -> None:
    def first(run: Run, say: Words = EN) -> str:
        return shares(run, say)["oracle"].replace("\u00a0", " ")

    ahead = made(15.0 + 10 * STEADY)
    assert first(ahead).startswith("Of each 100 that could be gained, this gains 50, between 48 and 52 (95 %")
    assert "“Oracle”, exact" in first(ahead)
    assert "얻을 수 있는 이득 100 가운데 50만큼 얻는다. 95% 신뢰구간은 48~52이다" in first(ahead, KO)
    rich = made(15.0 + 10 * STEADY, case=Money())
    assert first(rich).startswith("Of each 100 won that could be gained, this gains 50, between 48 and 52")
    assert "얻을 수 있는 100원 가운데 50원만큼 얻는다. 95% 신뢰구간은 48~52원이다" in first(rich, KO)
    assert "so it may gain nothing at all" in first(made(50 * STEADY))
    behind = first(made(-15.0 + 10 * STEADY))
    assert "this gains none: it is shown losing 50, between 47 and 53" in behind
    assert "this gains 50 on average over 3 seeds; an interval needs at least 5" in first(made(15.0, seeds=3))
    nothing = first(made(0.1 * STEADY, oracle=1.0 + STEADY))
    assert "ahead of the incumbent by 1.0 kWh/d (95 % interval 0.9 to 1.1): too little" in nothing
    unsure = first(made(10.0 + STEADY, oracle=30.0 + 1000 * STEADY))
    assert "How much could be gained is itself uncertain, 30.0 kWh/d" in unsure
    assert shares(made(15.0, validation=math.nan), EN) == {}


def test_the_ceiling_is_set_beside_the_oracle() -> None:
    found = shares(made(15.0 + STEADY), EN)
    assert list(found) == ["oracle", "ceiling"]
    assert found["ceiling"].startswith("Measured by “Ceiling” instead (exact), it is 60 of each 100 (95 %")


@given(st.lists(st.floats(-50.0, 50.0), min_size=SEEDS, max_size=SEEDS))
def test_share_and_verdict_never_contradict(gains: list[float]) -> None:
    run = made(np.round(gains, 3))
    verdict, sentence = judge(run, EN), shares(run, EN)["oracle"]
    kind = "level" if "nothing at all" in sentence else "behind" if "gains none" in sentence else "ahead"
    assert kind == verdict.standing


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=5, max_size=8))
def test_a_share_without_ends_is_never_told(pairs: list[tuple[float, float]]) -> None:
    gain, room = np.round(np.array(pairs).T, 3)
    found = captured(gain, 0.0 * gain, room, sign=1.0, base=np.ones(len(gain)))
    assert found.nothing_to_gain or math.isfinite(found.share.low + found.share.high)


def test_the_answer_stands_first_and_once() -> None:
    answer = written(made(15.0 + STEADY)).sections[0]
    first = answer.blocks[0]
    assert isinstance(first, Paragraph)
    assert first.strong
    assert first.text.startswith("Learning is ahead. Of each 100 that could be gained, this gains 50")
    nothing = written(made(0.1 * STEADY, oracle=1.0 + STEADY, ceiling=1.0 + STEADY)).sections[0]
    assert said(nothing).count("Even the oracle") == 1
    assert "“Oracle”" not in said(nothing)
    assert "“Ceiling” (exact) is ahead of the incumbent by 1.0 kWh/d" in said(nothing)
    unsure = said(written(made(10.0, oracle=30.0 + 1000 * STEADY)).sections[0])
    assert unsure.count("How much could be gained is itself uncertain") == 1
    nobody = written(made(15.0, validation=math.nan)).sections[0]
    assert "No learner stood for selection" in said(nobody)


# --- money -------------------------------------------------------------------------------------


def test_books_add_up() -> None:
    run = made(15.0, net=10.0 + 20 * STEADY)
    found = books(run)
    assert found is not None
    cost = learning_cost(run.case, run.scenario) / 1e6
    assert cost == pytest.approx(0.8002)  # 200 days, 10 audits, 2 core hours, a specialist's day, a site
    assert found.cost == pytest.approx(cost)
    net = run.interval("net_mkrw", SELECTED)
    assert [found.gross.mean, found.gross.low, found.gross.high] == pytest.approx(
        [net.mean + cost, net.low + cost, net.high + cost]
    )
    assert books(made(15.0, case=Control())) is None or Control.money
    (grid,) = grids(titled(written(run), "report.money.title"))
    parts = [float(row[4]) for row in grid.rows]
    assert sum(parts[:-1]) == pytest.approx(parts[-1])
    assert parts[-1] == pytest.approx(cost)


@given(st.floats(-100.0, 100.0), st.floats(0.0, 50.0), st.floats(0.01, 50.0))
def test_it_pays_for_itself_where_the_net_benefit_is_above_zero(net: float, half: float, cost: float) -> None:
    gross = Interval(net + cost, net + cost - half, net + cost + half, 9)
    months = payback(cost, gross)
    for part, gain in ((months.mean, gross.mean), (months.low, gross.high), (months.high, gross.low)):
        assert (part < 1.0) == (gain > cost)
    assert months.low <= months.mean <= months.high


def test_payback_in_words() -> None:
    def told(net: Any, case: UseCase[Any, Any, Any] | None = None, seeds: int = SEEDS) -> str:
        found = books(made(15.0, net=net, case=case, seeds=seeds))
        assert found is not None
        return paid_back(found, EN)

    assert "paid back by 6.0 months of its gain (95 % interval 5.7 to 6.3)" in told(0.8002 + STEADY)
    assert "cannot be ruled out that it is never paid back" in told(0.8002 + 50 * STEADY)
    assert told(-5.0 + STEADY).startswith("It is not paid back")
    assert "6.0 months of its gain (no interval below 5 seeds)" in told(0.8002, seeds=3)
    assert told(0.8002 + STEADY, Campaign()).startswith("Of each 100 won that it gains, 50 pay for the")
    free = Books(Paid.kpis[-1], Interval(1.0, 0.5, 1.5, 9), Interval(1.0, 0.5, 1.5, 9), 0.0)
    assert "costs nothing" in paid_back(free, EN)


def test_an_industry_without_money_says_so() -> None:
    assert "counts no money" in said(titled(written(made(15.0, case=Control())), "report.money.title"))


# --- who gains and who loses -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("learner", "seeds", "tenants", "sellers"),
    [
        (15.0 + STEADY, SEEDS, "gains", "loses"),
        (-15.0 + STEADY, SEEDS, "loses", "gains"),
        (50 * STEADY, SEEDS, "level", "level"),
        (15.0 + STEADY, 3, "few", "few"),
    ],
)
def test_stakes(learner: Any, seeds: int, tenants: str, sellers: str) -> None:
    run = made(learner, seeds=seeds)
    assert [stake(run, party) for party in run.case.parties] == [tenants, sellers, "untold"]


def test_stakes_are_set_out() -> None:
    (grid,) = grids(titled(written(made(15.0 + STEADY)), "report.stakes.title"))
    assert [row[:3] for row in grid.rows] == [
        ["Tenants", "gains", "+15.0\u00a0±\u00a00.1\u00a0kWh/d"],
        ["Sellers", "loses", "+15.0\u00a0±\u00a00.1\u00a0kWh/d"],
        ["Neighbours", "not simulated", ""],
    ]
    assert "names nobody" in said(titled(written(made(15.0, case=Control())), "report.stakes.title"))


# --- the rest of a run -------------------------------------------------------------------------


def test_bounds_and_what_they_are() -> None:
    section = titled(written(made(15.0 + 10 * STEADY)), "report.bounds.title")
    (grid,) = grids(section)
    by_name = {row[0]: row[1:] for row in grid.rows}
    assert by_name["Fixed"] == ["0.0", "", "", ""]
    assert by_name["Selected learner"][2:] == ["50\u00a0% (48 to 52)", "60\u00a0% (57 to 63)"]
    assert by_name["Oracle"][2] == ""
    assert "Oracle, exact: Knows all." in said(section)


def test_assumptions_name_what_was_moved() -> None:
    plain = said(titled(written(made(15.0)), "report.assumptions.title"))
    assert "All levers stand at their defaults." in plain
    assert "rests on 2 constants" in plain
    moved = written(made(15.0, values={"noise": 2.0}, assumed={"curve": 1.5}))
    first, second = grids(titled(moved, "report.assumptions.title"))
    assert [row[:4] for row in first.rows] == [["Meter noise", "2", "0.5", "kWh"]]
    assert [row[:4] for row in second.rows] == [["curve", "1.5", "2", "1 – 3"]]
    assert "Meter noise 2, constants replaced: 1" in said(moved.sections[0])


def test_a_situation_is_named_and_only_what_differs_from_it() -> None:
    run = made(15.0, values={"climate": "harsh", "noise": 2.0})
    assert setting(run.case, "harsh", run.scenario, EN) == "Harsh climate, Meter noise 2"
    assert setting(run.case, None, run.scenario, EN) == "Climate harsh, Meter noise 2"


def test_the_command_is_given_to_the_letter() -> None:
    section = titled(written(made(15.0)), "again.title")
    assert Code("sectorlab run toy_control --size tiny") in section.blocks
    assert "2026-01-02 03:04 UTC" in said(section)


class Clumsy(Paid):
    """One of its charts cannot be drawn."""

    def charts(self, run: Run) -> Sequence[Chart]:
        (good,) = super().charts(run)
        return [replace(good, y="nowhere"), good]


class Mute(Paid):
    """Neither charts nor finding come out of it."""

    def charts(self, run: Run) -> Sequence[Chart]:
        raise RuntimeError("no paper")

    def find(self, run: Run) -> Any:
        raise RuntimeError("no words")


def test_code_that_fails_is_named_and_the_rest_stays() -> None:
    section = titled(written(made(15.0, case=Clumsy())), "chart.title")
    assert [type(block) for block in section.blocks] == [Picture, Paragraph, Picture]
    assert "KeyError" in said(section)
    page = written(made(15.0, case=Mute()))
    assert "no paper" in said(titled(page, "chart.title"))
    assert "no words" in said(titled(page, "industry.claim"))


# --- pages -------------------------------------------------------------------------------------


def test_a_page_says_the_same_in_both_languages() -> None:
    run = made(15.0 + STEADY, values={"noise": 2.0}, assumed={"curve": 1.5})
    pages = {lang: written(run, Words(lang)) for lang in LANGUAGES}
    shapes = {
        lang: [[type(block) for block in section.blocks] for section in page.sections]
        for lang, page in pages.items()
    }
    assert shapes["en"] == shapes["ko"]
    assert not [text for text in texts(pages["en"].sections) if re.search("[가-힣]", text)]
    assert all(re.search("[가-힣]", section.title) for section in pages["ko"].sections)
    for lang, page in pages.items():
        assert page.lang == lang
        assert not [text for text in texts(page.sections) if re.search(r"[{}]|\b(nan|inf)\b", text)]


@pytest.mark.parametrize("seeds", [3, SEEDS])
@pytest.mark.parametrize("validation", [1.0, math.nan])
@pytest.mark.parametrize("learner", [15.0 + STEADY, 50 * STEADY, -15.0 + STEADY])
def test_tables_are_rectangles(seeds: int, validation: float, learner: Any) -> None:
    run = made(learner, seeds=seeds, validation=validation)
    page = page_of([(run, manifest(run)), (run, manifest(run, "another"))], KO)
    found = [grid for section in page.sections for grid in grids(section)]
    assert len(found) > 6
    for grid in found:
        assert {len(row) for row in grid.rows} == {len(grid.head)} == {len(grid.right)}
        assert all(isinstance(cell, str) for row in grid.rows for cell in row)


def test_several_runs_are_set_side_by_side_first() -> None:
    one, other = made(15.0 + STEADY, net=10.0 + STEADY), made(-15.0 + STEADY, values={"noise": 2.0})
    page = page_of([(one, manifest(one)), (other, manifest(other, "another"))], EN)
    first, *others = page.sections
    (grid,) = grids(first)
    assert [row[0] for row in grid.rows] == ["1. Toy: a set-point", "2. Toy: a set-point"]
    assert [row[1] for row in grid.rows] == [
        "default levers; size tiny, 6 seeds",
        "Meter noise 2; size tiny, 6 seeds",
    ]
    assert grid.rows[0][2:] == [
        "Energy saved: +15.0\u00a0±\u00a00.1\u00a0kWh/d",
        "50\u00a0% (50 to 50)",
        "+10.00\u00a0±\u00a00.07\u00a0million KRW/year",
    ]
    titles = [section.title for section in others]
    assert len(set(titles)) == len(titles) == 2 * len(sections_of(one, manifest(one), EN)) + 1
    assert sum(title.startswith("Appendix") for title in titles) == 1  # one industry, so one table
    assert " ".join(texts(page.sections)).count(EN("site.synthetic_why")) == 1
