"""What a run of voter contact says of the claim; its pictures stand in ``charts``."""

from __future__ import annotations

from core.protocol import Finding, Text
from core.results import SELECTED, Run
from core.stats.interval import Interval
from core.telling import number, percent, seeds
from usecases.voter_targeting.contact.charts import (
    apart,
    charts_of,
    gained,
    lost,
    plain_score,
    share,
)

__all__ = ["charts_of", "finding_of"]


def finding_of(run: Run) -> Finding | None:
    """Say what the selected learner gains over the walk list, and how much the support score alone does."""
    if not run.chosen:
        return None
    gone = lost(run, SELECTED, run.incumbent)
    gain = Interval(-gone.mean, -gone.high, -gone.low, gone.n)
    parts = [_gain_sentence(run, gain), _score_sentence(run), _claim_sentence(run)]
    return Finding(
        sentence={
            "en": "".join(part["en"] for part in parts),
            "ko": "".join(part["ko"] for part in parts),
        },
        value=gain.mean,
        low=gain.low,
        high=gain.high,
        unit="%",
    )


def _gain_sentence(run: Run, gain: Interval) -> Text:
    """Give votes beside the list's, in votes and in per cent, and beside the ceiling's."""
    own, usual = (number(run.interval("net_votes", name).mean, 2) for name in (SELECTED, run.incumbent))
    bound, n, ending = _bound(run), seeds(run), "다"
    if bound["ko"]:
        ending = "고"
    more = gained(apart(run, SELECTED, run.incumbent), ending, gain)
    return {
        "en": f"The selected learner's {own} net votes for 1,000 USD are {more['en']} than the walk list's"
        f" {usual}{bound['en']} ({n['en']}).",
        "ko": f"1,000달러당 순득표({n['ko']})는 선택된 학습기가 {own}표로, 접촉 명단의 {usual}표보다"
        f" {more['ko']}{bound['ko']}.",
    }


def _bound(run: Run) -> Text:
    """Give the share of the ceiling's votes, where there is a ceiling and the share means something."""
    if "ceiling" in run.roles:
        part, best = share(run, SELECTED, "ceiling"), number(run.interval("net_votes", "ceiling").mean, 2)
        if part.mean >= 0.0:
            told = percent(part, 0)
            return {
                "en": f" and {told['en']} of the ceiling's {best}",
                "ko": f" 상한 {best}표의 {told['ko']}이다",
            }
    return {"en": "", "ko": ""}


def _score_sentence(run: Run) -> Text:
    """Divide the gain at the support score, which says nothing of what a contact changes."""
    if set(run.chosen) == {"support"}:
        return {"en": " That learner is the plain support score.", "ko": " 이 학습기는 단순한 지지 점수다."}
    if not plain_score(run):
        return {"en": "", "ko": ""}
    first, second = (
        gained(apart(run, "support", run.incumbent), "고"),
        gained(apart(run, SELECTED, "support")),
    )
    return {
        "en": f" The plain support score has {first['en']} than the list, and the selected learner"
        f" {second['en']} than that score.",
        "ko": f" 단순한 지지 점수는 명단보다 {first['ko']}, 선택된 학습기는 그 점수보다 {second['ko']}.",
    }


def _claim_sentence(run: Run) -> Text:
    published = number(run.case.card.claim_value, 0)
    return {
        "en": " Scoring each voter was said to tell the campaign of 2012 where its resources would gain most"
        " votes; no figure was given. In a prototype of this world with larger effects the best score had"
        f" {published} % more than party registration.",
        "ko": " 2012년 캠프는 유권자별 점수로 자원을 어디에 써야 표를 가장 많이 얻는지 알아냈다고 하나 수치는"
        " 밝히지 않았다. 접촉 효과를 더 크게 잡은 이 세계의 시제품에서는 가장 나은 점수가 정당 등록"
        f" 명단보다 {published}% 많은 표를 얻었다.",
    }
