"""Every installed industry, also one from outside, answers every question of the conformance kit."""

import pytest

from core.engine.conformance import conform
from core.engine.registry import load, names
from core.engine.scenario import build
from core.luck import luck_of, scoped

INDUSTRIES = [name for name in names() if not name.startswith("toy_")]


@pytest.mark.slow
@pytest.mark.parametrize("name", INDUSTRIES)
def test_it_conforms(name):
    red = {check.name: check.detail for check in conform(load(name), seeds=5) if not check.passed}
    assert red == {}


@pytest.mark.parametrize("name", INDUSTRIES)
def test_its_worlds_pass_their_checks(name):
    case = load(name)
    for situation in (None, *case.situations):
        scenario = build(case, size="tiny", situation=situation)
        world, _ = case.world(scenario, scoped(luck_of(77), "world"))
        # What is realistic is said of the default world; physics holds in all.
        found = [c for c in case.checks(scenario, world) if situation is None or c.kind == "physics"]
        assert found
        assert [(c.name, c.value) for c in found if not c.passed] == []
