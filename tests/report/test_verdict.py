"""The headline sentence in every case: ahead, behind, level, too few seeds, nobody, and nothing to gain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sectorlab_toys.control import Control

from core.report.headroom import headroom
from core.report.verdict import judge
from core.report.words import Words
from core.results import SELECTED, Run

SEEDS = 6
STEADY = np.array([0.0, 0.1, -0.1, 0.05, -0.05, 0.0])


def made(learner: Any, oracle: float = 30.0, seeds: int = SEEDS, validation: float = 1.0) -> Run:
    """A run of the control toy with these savings; the incumbent uses 100 kWh a day."""
    saved = {"fixed": 0.0 * STEADY, "polynomial": np.zeros(SEEDS) + learner, "oracle": oracle + STEADY}
    names = np.repeat(list(saved), seeds)
    gained = np.concatenate([values[:seeds] for values in saved.values()])
    return Run(
        case=Control(), size="tiny", situation=None, scenario={}, seeds=tuple(range(seeds)), device="cpu",
        versions={}, roles={"fixed": "incumbent", "polynomial": "learner", "oracle": "oracle"},
        rows={
            "seed": np.tile(np.arange(seeds), 3), "contender": names,
            "validation": np.where(names == "polynomial", validation, np.nan),
            "saved": gained, "energy": 100.0 - gained, "net": gained,
        },
        scores={},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("run", "standing", "nothing", "en", "ko"),
    [
        (made(20.0 + STEADY), "ahead", False, "Learning is ahead", "학습이 앞선다"),
        (made(-5.0 + STEADY), "behind", False, "Fixed stays ahead", "기존 방식(고정)이 여전히 앞선다"),
        (made(50 * STEADY), "level", False, "No clear difference", "뚜렷한 차이가 없다"),
        (made(9.0 + STEADY, seeds=3), "few", False, "Too few seeds to tell", "판단하기에는 시드가 부족하다"),
        (made(9.0, validation=np.nan), "none", False, "No learner stood", "선택 대상이 된 학습기가 없다"),
        (made(5.0 + STEADY, oracle=1.0), "ahead", True, "Nothing to gain", "얻을 것이 없다"),
        (made(50 * STEADY, oracle=1.0), "level", True, "Nothing to gain", "얻을 것이 없다"),
        (made(-5.0 + STEADY, oracle=1.0), "behind", True, "Nothing to gain · Fixed", "얻을 것이 없다 · 기존"),
        (made(-5.0 + STEADY, oracle=-1.0), "behind", True, "Nothing to gain", "얻을 것이 없다"),
    ],
)  # fmt: skip
def test_titles(run: Run, standing: str, nothing: bool, en: str, ko: str) -> None:
    for lang, title in (("en", en), ("ko", ko)):
        verdict = judge(run, Words(lang))  # type: ignore[arg-type]
        assert (verdict.standing, verdict.nothing_to_gain) == (standing, nothing)
        assert verdict.title.startswith(title)
        assert "{" not in verdict.sentence


def test_sentences() -> None:
    def said(run: Run) -> str:
        return judge(run, Words("en")).sentence.replace("\u00a0", " ")

    ahead = said(made(20.0 + STEADY))
    assert "Energy saved is 20.0 kWh/d higher" in ahead
    assert "(95 % interval 19.9 to 20.1)" in ahead
    assert "That is 67 % of what the oracle gains" in ahead
    assert "5.0 kWh/d lower" in said(made(-5.0 + STEADY))
    assert "zero included" in said(made(50 * STEADY))
    assert "Intervals need at least 5 seeds" in said(made(9.0 + STEADY, seeds=3))
    assert "ahead of the incumbent by only 1.0 kWh/d" in said(made(50 * STEADY, oracle=1.0))
    assert "Even the oracle is not ahead" in said(made(-5.0 + STEADY, oracle=-1.0))


def test_the_picture_of_the_headroom_says_the_same() -> None:
    def title(run: Run) -> str:
        return headroom(run, Words("en")).title["en"].replace("\u00a0", " ")

    assert title(made(20.0 + STEADY)) == "The selected learner captures 67 % of the room up to the oracle"
    assert title(made(-5.0 + STEADY)) == "The selected learner falls behind the incumbent"
    assert title(made(20.0 + STEADY, oracle=1.0)) == "Even the bounds leave little above the incumbent"
    assert title(made(50 * STEADY)) == "The selected learner cannot be told apart from the incumbent"
    assert title(made(9.0 + STEADY, seeds=3)) == "How far each contender is from the incumbent"


def test_selected_is_named_in_both_languages() -> None:
    run = made(20.0 + STEADY)
    assert run.chosen
    assert Words("ko")("role.selected") in judge(run, Words("ko")).sentence
    assert SELECTED not in judge(run, Words("ko")).sentence


def test_verdict_names_the_gain_and_its_interval(played: Run) -> None:
    verdict = judge(played, Words("en"))
    assert (verdict.standing, verdict.nothing_to_gain, verdict.title) == ("ahead", True, "Nothing to gain")
    assert "higher" in verdict.sentence
    assert verdict.sentence.count("95 % interval") == 2
    assert "95% 신뢰구간" in judge(played, Words("ko")).sentence
