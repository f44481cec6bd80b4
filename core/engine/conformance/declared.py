"""Questions to what a use case declares: nothing is drawn, trained or played."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode

from core.engine.cell import entrants
from core.engine.conformance.evidence import Evidence
from core.engine.conformance.question import Question
from core.engine.scenario import about, build, levers, span
from core.protocol import COMMON_LEVERS, SIZES, Scenario, Text
from core.results import SELECTED

LANGUAGES: tuple[Literal["en", "ko"], ...] = ("en", "ko")
HEAVY = ("torch", "lightgbm", "sklearn", "pandas")
HANGUL = re.compile("[가-힣]")
IMPORT = """
import importlib, json, sys
sys.path[:] = json.loads(sys.argv[1])
importlib.import_module(sys.argv[2])
print(*(name for name in json.loads(sys.argv[3]) if name in sys.modules))
"""


def untold(where: str, text: Text, *, korean: bool = False) -> Iterator[str]:
    """Say in which language a text is missing.

    A name such as LightGBM may stand in both; with ``korean`` the Korean text needs Korean letters.
    """
    for language in LANGUAGES:
        if not text.get(language, "").strip():
            yield f"{where}: no text in {language}"
    if korean and not HANGUL.search(text.get("ko", "")):
        yield f"{where}: no Korean letter"


def unsaid(where: str, **words: str) -> Iterator[str]:
    """Say which words are missing."""
    yield from (f"{where}: no {name}" for name, word in words.items() if not word.strip())


def texts(evidence: Evidence) -> Iterator[str]:
    """Everything that people read is there in both languages."""
    case, card = evidence.case, evidence.case.card
    for name in ("title", "question", "story", "incumbent", "claim"):
        yield from untold(f"card.{name}", getattr(card, name), korean=True)
    for index, limit in enumerate(card.limits):
        yield from untold(f"card.limits[{index}]", limit, korean=True)
    yield from unsaid("card", claim_source=card.claim_source, claim_unit=card.claim_unit)
    if not card.limits or not card.sources or not all(card.sources):
        yield "card: no limits or no sources"
    for name, info in levers(case.scenario).items():
        said = about(info)
        yield from untold(f"lever {name}", said.get("label", {}))
        yield from unsaid(f"lever {name}", source=said.get("source", ""))
        if span(info) is not None:
            yield from unsaid(f"lever {name}", unit=said.get("unit", ""))
    for name in COMMON_LEVERS:
        if name not in case.meanings:
            yield f"meanings: none for {name}"
            continue
        yield from untold(f"meanings[{name}].unit", case.meanings[name].unit)
        yield from unsaid(f"meanings[{name}]", source=case.meanings[name].source)
    for name, situation in case.situations.items():
        yield from untold(f"situation {name}", situation.label)
    for name, contender in case.contenders.items():
        yield from untold(f"contender {name}", contender.label)
    for role, yardstick in case.yardsticks.items():
        yield from untold(f"yardstick {role}", yardstick.label)
        yield from untold(f"note of yardstick {role}", yardstick.note)


def kpis(evidence: Evidence) -> Iterator[str]:
    """Every KPI has a unit, a source, a label in both languages, and a base that exists."""
    declared = evidence.case.kpis
    names = [kpi.name for kpi in declared]
    if not names:
        yield "no KPI is declared"
    for name, count in Counter(names).items():
        if count > 1 or name in ("seed", "contender", "validation"):
            yield f"{name}: the name is taken"
    for kpi in declared:
        yield from unsaid(kpi.name, unit=kpi.unit, source=kpi.source)
        yield from untold(kpi.name, kpi.label)
        if kpi.base and kpi.base not in names:
            yield f"{kpi.name}: its base {kpi.base!r} is not declared"


def stakes(evidence: Evidence) -> Iterator[str]:
    """The money and each party lean on a declared KPI, and parties are named in both languages."""
    case = evidence.case
    names = {kpi.name for kpi in case.kpis} | {""}
    if case.money not in names:
        yield f"money: {case.money!r} is no declared KPI"
    for index, party in enumerate(case.parties):
        where = f"parties[{index}]"
        yield from untold(f"{where}.who", party.who, korean=True)
        yield from untold(f"{where}.note", party.note, korean=True)
        if party.kpi not in names:
            yield f"{where}: {party.kpi!r} is no declared KPI"


def constants(evidence: Evidence) -> Iterator[str]:
    """Every constant lies in its range and has unit and source."""
    for name, constant in evidence.case.constants.items():
        if not constant.low <= constant.value <= constant.high:
            yield f"{name}: {constant.value:g} is not from {constant.low:g} to {constant.high:g}"
        yield from unsaid(name, unit=constant.unit, source=constant.source)


def competition(evidence: Evidence) -> Iterator[str]:
    """One incumbent stands first, there is a learner and an oracle, and every size has a scale."""
    case = evidence.case
    roles = [contender.role for contender in case.contenders.values()]
    if roles[:1] != ["incumbent"] or "learner" not in roles:
        yield f"contenders: an incumbent first and a learner are needed, not {roles}"
    if "oracle" not in case.yardsticks:
        yield "yardsticks: no oracle"
    for role in case.yardsticks:
        if role not in ("oracle", "ceiling"):
            yield f"yardsticks: {role!r} is neither oracle nor ceiling"
    for name in {*case.yardsticks, SELECTED} & set(case.contenders):
        yield f"contenders: the name {name!r} is taken"
    if len(entrants(case)) != len(case.contenders) + len(case.yardsticks):
        yield "contenders: a name stands for two"
    for size in SIZES:
        scale = case.scales.get(size)
        if scale is None or min(scale.seeds, scale.trials, scale.steps) < 1:
            yield f"scales: {size} needs seeds, trials and steps of at least 1"


def settings(evidence: Evidence) -> dict[str, Scenario]:
    """The defaults, every situation, and both ends of every lever, by name."""
    case = evidence.case
    found: dict[str, dict[str, Any]] = {"defaults": {}}
    found |= {f"situation {name}": dict(situation.values) for name, situation in case.situations.items()}
    for name, info in levers(case.scenario).items():
        bounds = span(info)
        number = int if info.annotation is int else float
        ends = [number(end) for end in bounds] if bounds else getattr(info.annotation, "__args__", ())
        found |= {f"{name} = {end}": {name: end} for end in ends if end != info.default}
    return {name: evidence.with_levers(values) for name, values in found.items()}


def round_trips(evidence: Evidence) -> Iterator[str]:
    """A scenario survives JSON, and its levers the query of a URL."""
    for name, scenario in settings(evidence).items():
        if type(scenario).model_validate_json(scenario.model_dump_json()) != scenario:
            yield f"{name}: JSON gives another scenario"
        words = dict(parse_qsl(urlencode(scenario.model_dump(exclude={"assumed"}))))
        if build(evidence.case, size=words.pop("size"), values=words) != scenario:
            yield f"{name}: a URL gives another scenario"


def light_import(evidence: Evidence) -> Iterator[str]:
    """A fresh process that imports the module loads none of the heavy libraries."""
    module = type(evidence.case).__module__
    words = (json.dumps(sys.path), module, json.dumps(HEAVY))
    done = subprocess.run(  # noqa: S603 - our own words, no shell
        [sys.executable, "-c", IMPORT, *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        yield f"{module} cannot be imported: {done.stderr.strip().splitlines()[-1]}"
    yield from (f"{module} imports {name}" for name in done.stdout.split())


QUESTIONS = (
    Question("texts", "Card, levers and contenders in both languages", "두 언어로 된 설명과 레버", texts),
    Question("kpis", "KPIs with unit, source and label", "단위와 출처가 있는 지표", kpis),
    Question(
        "stakes", "Money and parties lean on declared KPIs", "선언된 지표를 쓰는 금액과 이해관계자", stakes
    ),
    Question("constants", "Constants inside their ranges", "범위 안의 상수", constants),
    Question(
        "competition",
        "Incumbent, learner, oracle and sizes",
        "기존 방식, 학습기, 오라클, 크기",
        competition,
    ),
    Question(
        "round_trips",
        "Scenarios survive JSON and URL",
        "JSON과 URL을 거쳐도 같은 시나리오",
        round_trips,
    ),
    Question(
        "light_import",
        "Import loads no heavy library",
        "무거운 라이브러리 없이 불러오기",
        light_import,
    ),
)
