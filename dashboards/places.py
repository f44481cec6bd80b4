"""Which pages there are, and which parts an industry's page has."""

from __future__ import annotations

from typing import Literal, get_args

Page = Literal["briefing", "industry", "levers", "runs", "story"]
Part = Literal["answer", "levers", "course", "learned", "people", "world", "repeat"]
PARTS: tuple[Part, ...] = get_args(Part)
