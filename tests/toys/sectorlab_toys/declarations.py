"""What the toys declare alike."""

from __future__ import annotations

from core.protocol import Card, Meaning, Scale, Size, Text

SOURCE = "definition of the toy"
SCALES: dict[Size, Scale] = {
    "tiny": Scale(seeds=5, trials=2, steps=10),
    "quick": Scale(seeds=5, trials=3, steps=20),
    "demo": Scale(seeds=8, trials=3, steps=40),
    "full": Scale(seeds=10, trials=3, steps=80),
}
TINY_TO_FULL: dict[Size, int] = {"tiny": 1, "quick": 2, "demo": 4, "full": 8}
"""How many times the length of ``tiny`` a size has."""


def both(en: str, ko: str) -> Text:
    """One text in both languages."""
    return {"en": en, "ko": ko}


def meanings(record: Text) -> dict[str, Meaning]:
    """Physical units of the five common levers, where the data are so many of ``record``."""
    return {
        "data_share": Meaning(record, 200.0, 100.0, 500.0, SOURCE),
        "label_quality": Meaning(both("audits", "감사"), 10.0, 5.0, 10_000.0, SOURCE),
        "compute": Meaning(both("core hours", "코어 시간"), 2.0, 1.0, 100.0, SOURCE),
        "expertise": Meaning(both("days", "일"), 1.0, 0.5, 500_000.0, SOURCE),
        "adoption": Meaning(both("sites", "개소"), 1.0, 0.0, 100_000.0, SOURCE),
    }


def card(title: Text, question: Text, story: Text, incumbent: Text) -> Card:
    """A toy's card; all toys make the same claim."""
    return Card(
        title=title,
        question=question,
        story=story,
        incumbent=incumbent,
        claim=both("Learning gains half of what could be gained.", "학습이 가능한 이득의 절반을 얻는다."),
        claim_value=50.0,
        claim_unit="% of headroom",
        claim_source=SOURCE,
        limits=(both("Nothing here is real.", "여기에 실제는 없다."),),
        sources=(SOURCE,),
    )
