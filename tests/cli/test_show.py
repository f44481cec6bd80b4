"""``sectorlab show``: everything that a use case declares."""

from __future__ import annotations

import json
from collections.abc import Callable

from typer.testing import Result

Call = Callable[..., Result]


def test_json(call: Call) -> None:
    found = json.loads(call("show", "toy_control", "--json").stdout)
    levers = {lever["name"]: lever for lever in found["levers"]}
    assert list(levers)[:5] == ["data_share", "label_quality", "compute", "expertise", "adoption"]
    assert "size" not in levers
    assert levers["noise"] | {"label": 0, "source": 0, "meaning": 0} == {
        "name": "noise", "label": 0, "unit": "kWh", "default": 0.5, "low": 0.0, "high": 3.0, "choices": [],
        "live": False, "source": 0, "meaning": 0,
    }  # fmt: skip
    assert levers["climate"]["choices"] == ["mild", "harsh"]
    assert levers["price"]["live"] is True
    assert levers["expertise"]["meaning"]["krw_per_unit"] == 500_000.0
    assert [kpi["name"] for kpi in found["kpis"]] == ["saved", "energy", "net"]
    assert found["kpis"][0]["direction"] == "higher"
    assert [c["role"] for c in found["contenders"]] == ["incumbent", "learner"]
    assert {y["name"]: y["standing"] for y in found["yardsticks"]} == {"ceiling": "exact", "oracle": "exact"}
    assert found["situations"]["harsh"]["values"] == {"climate": "harsh"}
    assert found["sizes"]["tiny"] == {"seeds": 5, "trials": 2, "steps": 10}
    assert found["constants"]["base"]["value"] == 100.0
    assert found["title"]["ko"]


def test_page(call: Call) -> None:
    page = call("show", "toy_control").stdout
    for words in ("Toy: a set-point (toy_control)", "Claim", "Incumbent", "0 .. 3", "mild, harsh", "(live)",
                  "climate=harsh", "Energy saved", "polynomial", "exact", "Limits", "Sources"):  # fmt: skip
        assert words in page, page
    assert max(map(len, page.splitlines())) <= 100
