"""The conformance kit: what every use case keeps, ours and those from outside.

``conform`` puts a table of questions to a use case. A question that cannot even be asked, because the use
case raises an error, has the answer no.
"""

from __future__ import annotations

from collections.abc import Callable

from core.engine.conformance import declared, learning, playing, running, worlds
from core.engine.conformance.evidence import Evidence
from core.engine.conformance.question import Measured, Question
from core.engine.parallel import limit_threads
from core.engine.registry import AnyUseCase
from core.errors import UserError
from core.protocol import Check, Size
from core.stats.interval import MIN_SEEDS

QUESTIONS: tuple[Question, ...] = (
    *declared.QUESTIONS,
    *running.QUESTIONS,
    *worlds.QUESTIONS,
    *learning.QUESTIONS,
    *playing.QUESTIONS,
)
SOURCE = "docs/new_industry.md"
TOLD = 5
"""So many problems are told of each question; the value counts all."""


def conform(
    case: AnyUseCase,
    *,
    seeds: int = 20,
    size: Size = "tiny",
    workers: int | None = None,
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
) -> list[Check]:
    """Ask a use case everything.

    Parameters
    ----------
    case
        The use case.
    seeds
        For the question whether anybody beats a bound; at least five.
    size, workers
        Of the worlds that are drawn, and processes; by default as many as there are cores.
    progress
        Told how many questions are done, how many there are, and which is next.

    Returns
    -------
    list of Check
        One a question, in the order of :data:`QUESTIONS`.

    Raises
    ------
    UserError
        When there are too few seeds to say anything with confidence.
    """
    if seeds < MIN_SEEDS:
        raise UserError(f"seeds: {seeds} is not enough; the conformance kit takes {MIN_SEEDS} or more.")
    limit_threads(1)
    evidence = Evidence(case, seeds, size, workers)
    checks = []
    for done, question in enumerate(QUESTIONS):
        progress(done, len(QUESTIONS), question.label["en"])
        checks.append(_ask(question, evidence))
    progress(len(QUESTIONS), len(QUESTIONS), "")
    return checks


def _ask(question: Question, evidence: Evidence) -> Check:
    try:
        answer = question.ask(evidence)
        if not isinstance(answer, Measured):
            problems = list(answer)
            more = f" (and {len(problems) - TOLD} more)" if len(problems) > TOLD else ""
            answer = Measured(len(problems), 0.0, 0.0, "problems", "; ".join(problems[:TOLD]) + more)
    except Exception as error:  # whatever a use case does wrong is an answer, not the kit's end
        answer = Measured(1.0, 0.0, 0.0, "problems", f"{type(error).__name__}: {error}")
    return Check(
        name=question.name,
        kind="conformance",
        label=question.label,
        value=float(answer.value),
        low=answer.low,
        high=answer.high,
        unit=answer.unit,
        source=SOURCE,
        detail=answer.detail,
    )
