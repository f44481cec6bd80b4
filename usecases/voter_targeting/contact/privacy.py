"""The price of privacy: the same method with less of each person, as laws and promises would have it.

Every rule here is a contender of its own, trained by the structured method on what the rule leaves: columns
that must not be used, persons who did not consent, cells instead of persons, answers that are protected, a
channel that is closed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.log import Log
from core.luck import hashed_uniform
from core.protocol import Array, Budget, Luck, Table
from usecases.voter_targeting.contact.inputs import COLUMNS, OF_PRECINCT, Look
from usecases.voter_targeting.contact.learners import STRENGTHS, Targeting, learnable, structured
from usecases.voter_targeting.contact.rules import WalkList, planned_list
from usecases.voter_targeting.contact.schema import PAST_VOTES, Learned, learned
from usecases.voter_targeting.contact.values import NAMES, Structured

Floats = NDArray[np.float64]
CELL = 50
"""Persons of the pilot's file that share a cell at least."""
EPSILON = 1.0
"""Of the survey's answers: by it every answer is turned around with chance ``1 / (1 + e)`` (Warner 1965)."""
AGE_BANDS = (30.0, 45.0, 60.0, 75.0)
"""Ages that part the cells."""
GRAINS = 4
"""From the finest cells to one for all."""


@dataclass(frozen=True)
class Rule:
    """What a law or a promise leaves.

    Attributes
    ----------
    hidden
        Columns that nobody may use.
    consenting
        Share of persons whose own columns may be used at all; of the others only the precinct is known.
    cells, protected
        Whether persons come as cells of :data:`CELL`, and answers protected by :data:`EPSILON`.
    closed
        Channels that must not be used.
    """

    hidden: tuple[str, ...] = ()
    consenting: float = 1.0
    cells: bool = False
    protected: bool = False
    closed: tuple[str, ...] = ()


RULES: Mapping[str, Rule] = {
    "no_race": Rule(("minority",)),
    "no_party": Rule(("registration", "party_share")),
    "precinct_only": Rule(tuple(name for name in COLUMNS if name not in OF_PRECINCT)),
    "half_consent": Rule(consenting=0.5),
    "tenth_consent": Rule(consenting=0.1),
    "cells": Rule(cells=True),
    "private_answers": Rule(protected=True),
    "eu_2024_900": Rule(("minority", "registration", "party_share", "consumer"), consenting=0.1),
    "korea": Rule(("minority", "registration", "party_share", "consumer", *PAST_VOTES), closed=("door",)),
}  # fmt: skip
"""EU: since 10 October 2025 profiling by special categories, such as race and political opinion, is banned
for political advertising online, and data must come from the person with separate consent; one in ten is
assumed to give it, and here the law is applied to all channels. Korea: Article 106 of the Public Official
Election Act bans visits from door to door; there is no party registration to look up, and nobody publishes
who voted."""


@dataclass(frozen=True)
class Cells:
    """Persons as the cells that they fall into: the finest that holds enough of the file.

    Attributes
    ----------
    key
        ``(cells,)`` sorted numbers of the cells that are released, of all grains.
    mean, everybody
        ``(cells, columns)`` and ``(columns,)`` of :data:`COLUMNS`.
    """

    key: NDArray[np.int64]
    mean: Floats
    everybody: Floats

    def blur(self, seen: Table) -> dict[str, Array]:
        """Replace all that a model looks at by the mean of the cell."""
        blurred = {name: np.asarray(column) for name, column in seen.items()}
        mean = np.vstack([self.mean, self.everybody])
        place = np.full(len(blurred["age"]), len(self.key))
        for grain in reversed(range(GRAINS)):
            key = _cell(seen, grain)
            at = np.searchsorted(self.key, key)
            found = np.append(self.key, -1)[at] == key
            place = np.where(found, at, place)
        for i, name in enumerate(COLUMNS):
            blurred[name] = mean[place, i]
        return blurred


def _cell(seen: Table, grain: int) -> NDArray[np.int64]:
    """Number the cell of each person at a grain, ``(rows,)``; the coarsest, the last, holds everybody."""
    side = np.sign(np.asarray(seen["registration"])).astype(np.int64) + 1
    votes = np.sum([np.asarray(seen[name]) for name in PAST_VOTES], axis=0).astype(np.int64) // 2
    band = np.searchsorted(AGE_BANDS, np.asarray(seen["age"]), side="right")
    result = np.asarray(seen["result"]).astype(np.int64) // 20
    kind = 2 * np.asarray(seen["minority"]).astype(np.int64) + np.asarray(seen["female"]).astype(np.int64)
    parts = ((side, votes, band, result, kind), (side, votes, band, result), (side, votes, result), ())[grain]
    # Keys of different grains differ in their first digit and in length.
    key = np.full(len(side), grain + 1, np.int64)
    for part in parts:
        key = key * 10 + part
    return key


def cells_of(known: Learned) -> Cells:
    """Release the finest cells that hold enough persons, then coarser ones of those who are left."""
    columns = np.column_stack([known[name] for name in COLUMNS])
    left = np.ones(len(columns), bool)
    keys, means = [], []
    for grain in range(GRAINS):
        key, cell, count = np.unique(_cell(known, grain)[left], return_inverse=True, return_counts=True)
        kept = count >= CELL
        sums = np.stack([np.bincount(cell, column, minlength=len(key)) for column in columns[left].T], axis=1)
        keys.append(key[kept])
        means.append(sums[kept] / count[kept, None])
        left[left] = ~kept[cell]
    # Who is in none of them is shown as everybody.
    order = np.argsort(np.concatenate(keys))
    return Cells(np.concatenate(keys)[order], np.concatenate(means)[order], columns.mean(0))


@dataclass(frozen=True)
class Private:
    """The structured model as a rule allows it.

    Attributes
    ----------
    consenting
        Share of persons for whom ``own`` may be asked.
    hidden
        Columns that a walk list must do without, where one stands in for a model.
    own, others
        Models of those who consent and of the rest.
    cells
        Between the person and the model, where the rule says so.
    closed
        Channels that must not be used.
    """

    consenting: float
    hidden: tuple[str, ...]
    own: Structured | WalkList
    others: Structured | None
    cells: Cells | None
    closed: tuple[str, ...]

    def value(self, seen: Table) -> Floats:
        """Net votes, ``(rows, channels)``; 0 through a closed channel."""
        shown = self.cells.blur(seen) if self.cells is not None else seen
        if isinstance(self.own, WalkList):
            shown = {**shown, **{name: np.zeros_like(shown[name]) for name in self.hidden}}
        worth = self.own.value(shown)
        if self.others is not None:
            worth = np.where(consents(seen, self.consenting)[:, None], worth, self.others.value(shown))
        return np.where([name in self.closed for name in NAMES], 0.0, worth)


def consents(seen: Table, share: float) -> NDArray[np.bool_]:
    """Who consents, ``(rows,)``: the same persons to every campaign, and to more when more do."""
    return np.asarray(hashed_uniform(np.asarray(seen["id"]), "consent") < share)


def fit_private(name: str) -> Callable[[Log, Budget, Luck], Targeting]:
    """Give the training under one of :data:`RULES`; it does not stand for selection."""

    def fit(history: Log, budget: Budget, luck: Luck) -> Targeting:
        known = learned(history)
        if not learnable(known):
            return Targeting(_planned(RULES[name]))
        return Targeting(private(RULES[name], known, budget, luck))

    return fit


def _planned(rule: Rule) -> Private:
    """Without a pilot: the list of the planning figures, of what the rule leaves of everybody."""
    hidden = rule.hidden
    if rule.cells or rule.consenting < 1.0:
        hidden = tuple(name for name in COLUMNS if name not in OF_PRECINCT)
    return Private(1.0, hidden, planned_list(), None, None, rule.closed)


def private(rule: Rule, known: Learned, budget: Budget, luck: Luck) -> Private:
    """Train what a rule leaves."""
    look = Look(tuple(name for name in COLUMNS if name not in rule.hidden), budget.engineered)
    flipped = 1.0 / (1.0 + np.exp(EPSILON)) if rule.protected else 0.0
    if rule.protected:
        turned = luck("randomised response").random(len(known["id"])) < flipped
        known = Learned({**known, "supports": np.abs(known["supports"] - turned)})
    cells = cells_of(known) if rule.cells else None
    shown = Learned(cells.blur(known)) if cells is not None else known
    consenting = shown.rows(consents(shown, rule.consenting))
    others = None
    if rule.consenting < 1.0:
        # Of the others nothing is known but the precinct; those who consent teach what precincts tell.
        precinct = tuple(name for name in OF_PRECINCT if name not in rule.hidden)
        others = structured(consenting, Look(precinct, budget.engineered), STRENGTHS[0])
    own = structured(consenting, look, STRENGTHS[0], flipped)
    return Private(rule.consenting, rule.hidden, own, others, cells, rule.closed)
