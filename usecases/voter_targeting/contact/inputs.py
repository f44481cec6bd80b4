"""What of the file may be looked at, and the columns that a model is given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.protocol import Array, Table
from usecases.voter_targeting.contact.schema import FILE, PAST_VOTES

Floats = NDArray[np.float64]
OLD, VERY_OLD = 60.0, 76.0
"""Ages at which a specialist lets the slope change: who is at home, and who no longer goes."""
COLUMNS = tuple(name for name in FILE if name != "precinct")
"""All but the precinct's number, which means nothing."""
DEMOGRAPHIC = ("age", "female", "minority", "income", "urban")
OF_PRECINCT = ("income", "urban", "result", "party_share")
"""What is published of a precinct, and tells nothing of one person."""


@dataclass(frozen=True)
class Look:
    """Columns that may be looked at, and whether a specialist's terms are added."""

    columns: tuple[str, ...] = COLUMNS
    engineered: bool = True

    def matrix(self, seen: Table) -> Floats:
        """``(rows, features)``; a party is one column for its own and one for the other side."""
        parts: list[Array] = []
        for name in self.columns:
            column = np.asarray(seen[name], float)
            parts.extend([column > 0, column < 0] if name == "registration" else [column])
        if self.engineered:
            parts.extend(self._terms(seen))
        return np.column_stack([np.asarray(part, float) for part in parts])

    def _terms(self, seen: Table) -> list[Array]:
        terms: list[Array] = []
        if "age" in self.columns:
            age = np.asarray(seen["age"], float)
            terms += [age >= OLD, np.maximum(age - VERY_OLD, 0.0), (age / 50.0) ** 2]
        votes = [name for name in PAST_VOTES if name in self.columns]
        if votes:
            count = np.sum([seen[name] for name in votes], axis=0)
            terms.append(count**2)
        for name in ("result", "party_share"):
            if name in self.columns:
                share = np.asarray(seen[name], float) / 100.0
                terms.append(np.log(share / (1.0 - share)))
        return terms
