"""The pages, each a module with a ``title`` and a ``show``."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from dashboards.places import Page
from dashboards.views import briefing, industry, levers, runs, story

VIEWS: Mapping[Page, ModuleType] = {
    "briefing": briefing,
    "industry": industry,
    "levers": levers,
    "runs": runs,
    "story": story,
}
