"""``sectorlab compare``: any number of runs beside the first of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from core.engine.registry import load
from core.engine.run import run_scenario
from core.engine.scenario import build
from core.store.runs import Store

Call = Callable[..., Result]
PRICES = (150, 200, 250, 300, 350)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Six runs of one use case, one of them of other seeds in part, and one of another use case."""
    store = Store(tmp_path_factory.mktemp("store") / "it's here")
    control, drift = load("toy_control"), load("toy_drift")
    for price in PRICES:
        scenario = build(control, size="tiny", values={"price": price})
        run_scenario(control, scenario, seeds=5, workers=1, store=store)
    harsh = build(control, size="tiny", situation="harsh", values={"price": 300}, assumed={"curve": 2.5})
    run_scenario(control, harsh, seeds=[3, 4, 5, 6, 7, 8, 9, 10], situation="harsh", workers=1, store=store)
    run_scenario(drift, build(drift, size="tiny"), seeds=5, workers=1, store=store)
    return store


@pytest.fixture
def ids(store: Store) -> list[str]:
    """Ids of the runs at the five prices, of the harsh one, and of the other use case."""
    runs = [(m.usecase != "toy_control", m.situation is not None, m.scenario["price"], m.id)
            for m in store.manifests()]  # fmt: skip
    return [run[-1] for run in sorted(runs)]


@pytest.fixture
def where(store: Store) -> tuple[str, str]:
    return "--out", str(store.root)


def test_shared_seeds_are_paired(call: Call, store: Store, ids: list[str], where: tuple[str, str]) -> None:
    one, other = ids[0], ids[5]
    result = call("compare", one, other, *where, "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["paired_seeds"] == {other: [3, 4]}
    assert found["settings"] == {
        "climate": ["mild", "harsh"],
        "price": [150.0, 300.0],
        "curve": [2.0, 2.5],
        "situation": [None, "harsh"],
        "seeds": [5, 8],
    }
    row = next(r for r in found["outcomes"] if (r["contender"], r["kpi"]) == ("polynomial", "energy"))
    first, second = (store.open(run) for run in (one, other))
    a = dict(zip(first.seeds, first.values("energy", "polynomial"), strict=True))
    b = dict(zip(second.seeds, second.values("energy", "polynomial"), strict=True))
    assert row["differences"][1]["mean"] == pytest.approx(((b[3] - a[3]) + (b[4] - a[4])) / 2)
    assert row["differences"][1]["ci_low"] is None  # two seeds
    assert row["values"][0]["ci_low"] is not None
    assert {r["contender"] for r in found["outcomes"]} == {*first.roles, "selected"}


def test_folders_need_no_store(call: Call, store: Store, ids: list[str]) -> None:
    folders = [str(store.root / one) for one in ids[:2]]
    found = json.loads(call("compare", *folders, "--json").stdout)
    assert found["settings"] == {"price": [150.0, 200.0]}
    # A live lever moves no policy, so energy is the same seed by seed.
    energy = [row["differences"][1] for row in found["outcomes"] if row["kpi"] == "energy"]
    assert {(d["mean"], d["ci_low"]) for d in energy} == {(0.0, 0.0)}


@pytest.mark.parametrize("count", range(2, 7))
def test_any_number_of_runs_fits_on_the_paper(
    call: Call, ids: list[str], where: tuple[str, str], count: int
) -> None:
    for more in ((), ("--all",)):
        page = call("compare", *ids[:count], *where, *more).stdout
        assert max(map(len, page.splitlines())) <= 100
        assert all(one in page for one in ids[:count])
        assert f"run {count}" in page
        assert "…" not in page


def test_a_page_for_people(call: Call, ids: list[str], where: tuple[str, str]) -> None:
    page = call("compare", ids[0], ids[5], *where).stdout
    for words in ("What was set differently", "harsh", "curve", "run 2 over 2 seeds; below 5"):
        assert words in page
    assert "ceiling" not in page
    page = call("compare", ids[0], ids[5], *where, "--all").stdout
    assert "ceiling" in page
    assert "--all" not in page
    page = call("compare", ids[0], ids[1], ids[2], *where).stdout
    assert "97.5 % each" in page
    # Another price changes what is saved in money, and nothing else.
    other = page.partition("more than chance")[2]
    assert other.count("Net saving, KRW/yr") == 1  # of two contenders in two runs
    assert "Energy saved" not in other


def test_industries(
    call: Call, ids: list[str], where: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("toy_control", "toy_drift"):
        monkeypatch.setattr(type(load(name)), "money", "net")
    result = call("compare", ids[0], ids[6], *where)
    assert result.exit_code == 0, result.stderr
    assert "Net gain after the cost of learning, million KRW (higher" in result.stdout
    assert "Net gain for each KRW spent on learning" in result.stdout
    assert "kWh" not in result.stdout
    assert "Industries are compared in money alone" in result.stdout


def test_runs_without_a_shared_seed(call: Call) -> None:
    case = load("toy_control")
    store = Store("runs")
    for seeds in ([0], [1]):
        run_scenario(case, build(case, size="tiny"), seeds=seeds, workers=1, store=store)
    ids = [manifest.id for manifest in store.manifests()]
    found = json.loads(call("compare", *ids, "--json").stdout)
    assert {row["differences"][1] for row in found["outcomes"]} == {None}
    page = call("compare", *ids).stdout
    assert "All were set alike." in page
    assert "Run 2 has no seed in common with run 1" in page


def test_mistakes(call: Call, store: Store, ids: list[str], where: tuple[str, str]) -> None:
    for words, sentence in (
        ((ids[0],), "1 run is given; give two or more"),
        ((ids[0], ids[1], ids[0]), "are the same run; give each run only once"),
        ((ids[0], str(Path(store.root) / ids[0])), "are the same run"),
        (("2", ids[0]), "matches several runs"),
        ((ids[0], "x"), "'x' is not in the store"),
    ):
        result = call("compare", *words, *where)
        assert result.exit_code == 2
        assert sentence in result.stderr
        assert len(result.stderr.splitlines()) == 1
        assert result.stdout == ""
