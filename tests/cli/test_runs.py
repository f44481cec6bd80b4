"""``sectorlab runs``: many runs at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from core.engine.registry import load
from core.engine.run import run_scenario
from core.engine.scenario import build
from core.errors import UserError
from core.store.query import ask, listed
from core.store.runs import Store

Call = Callable[..., Result]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Three runs: two of one use case, one of another with other KPIs."""
    store = Store(tmp_path_factory.mktemp("store") / "it's here")
    control, drift = load("toy_control"), load("toy_drift")
    run_scenario(control, build(control, size="tiny"), seeds=5, workers=1, store=store, command="a")
    harsh = build(control, size="tiny", situation="harsh", values={"price": 300})
    run_scenario(control, harsh, seeds=[3, 4, 5, 6, 7, 8, 9, 10], situation="harsh", workers=1, store=store)
    run_scenario(drift, build(drift, size="tiny"), seeds=2, workers=1, store=store)
    return store


def ids(store: Store) -> list[str]:
    """Ids of the three runs in the order in which they were made."""
    of = {(m.usecase, m.situation): m.id for m in store.manifests()}
    return [of["toy_control", None], of["toy_control", "harsh"], of["toy_drift", None]]


def rows(store: Store, sql: str) -> list[tuple[Any, ...]]:
    return ask(store, sql)[1]


def test_the_four_tables(store: Store) -> None:
    assert rows(store, "SELECT run FROM runs ORDER BY run") == [(one,) for one in sorted(ids(store))]
    assert rows(store, "SELECT count(DISTINCT run) FROM per_seed") == [(3,)]
    assert rows(store, "SELECT count(*) FROM per_seed JOIN runs USING (run) WHERE size = 'tiny'") == [
        (5 * 4 + 8 * 4 + 2 * len(load("toy_drift").contenders) + 2 * len(load("toy_drift").yardsticks),)
    ]
    assert rows(store, "SELECT DISTINCT measure FROM skill WHERE contender = 'polynomial'") == [("mae",)]
    names, found = ask(store, "SELECT mean FROM summary WHERE contender = 'oracle' AND kpi = 'saved'")
    assert names == ["mean"]
    assert len(found) == 2


def test_levers_and_times(store: Store) -> None:
    found = rows(store, "SELECT (scenario->>'$.price')::DOUBLE AS price, finished >= started FROM runs"
                        " WHERE usecase = 'toy_control' ORDER BY price")  # fmt: skip
    assert found == [(150.0, True), (300.0, True)]
    assert rows(store, "SELECT typeof(started) FROM runs LIMIT 1") == [("TIMESTAMP",)]


@pytest.mark.parametrize("sql", ["SELECT * FROM runs", "SELECT contender FROM per_seed", "FROM summary",
                                 "SELECT measure FROM skill"])  # fmt: skip
def test_an_empty_store(tmp_path: Path, sql: str) -> None:
    assert rows(Store(tmp_path / "none"), sql) == []


def test_a_damaged_run_is_left_out(store: Store, tmp_path: Path) -> None:
    import shutil

    copy = Store(tmp_path / "copy")
    shutil.copytree(store.root, copy.root)
    first, second, _ = ids(copy)
    (copy.root / first / "manifest.json").unlink()
    with (copy.root / second / "per_seed.parquet").open("ab") as file:
        file.write(b"x")
    assert len(listed(copy)) == 2
    assert rows(copy, "SELECT count(DISTINCT run) FROM per_seed") == [(1,)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/hostname')",
        "COPY runs TO 'stolen.csv'",
        "ATTACH 'other.db'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "SELECT * FROM nowhere",
        "DROP",
    ],
)
def test_nothing_else_can_be_asked(store: Store, sql: str) -> None:
    with pytest.raises(UserError, match=r"^sql: .*; the tables are runs, per_seed, summary, skill") as caught:
        ask(store, sql)
    assert "\n" not in str(caught.value)
    assert list(Path(".").iterdir()) == []


def test_listing(call: Call, store: Store) -> None:
    found = json.loads(call("runs", "--out", str(store.root), "--json").stdout)
    by_id = {run["run"]: run for run in found}
    first, second, _ = ids(store)
    assert set(by_id) == set(ids(store))
    assert (by_id[second]["situation"], by_id[second]["scenario"]["climate"]) == ("harsh", "harsh")
    assert by_id[first]["command"] == "a"
    page = call("runs", "--out", str(store.root)).stdout
    assert all(run["run"] in page for run in found)  # in one piece
    assert "3 rows" in page
    assert "No run is stored in 'none'" in call("runs", "--out", "none").stdout
    assert json.loads(call("runs", "--out", "none", "--json").stdout) == []


def test_sql(call: Call, store: Store) -> None:
    sql = "SELECT usecase, count(*) AS n, NULL AS nil FROM runs GROUP BY usecase ORDER BY n DESC"
    found = json.loads(call("runs", "--out", str(store.root), "--sql", sql, "--json").stdout)
    assert found[0] == {"usecase": "toy_control", "n": 2, "nil": None}
    assert "toy_drift" in call("runs", "--out", str(store.root), "--sql", sql).stdout
