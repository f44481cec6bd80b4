"""Partial adoption: each decision unit falls to the learner or to the incumbent, by a hash."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.luck import hashed_uniform
from core.protocol import Array, Luck, Policy, Table


@dataclass
class Adopted(Policy):
    """Two policies that share the decisions; both see all feedback.

    Attributes
    ----------
    learner, incumbent
        Who decides the units that adopted, and the rest.
    share
        Share of units that adopted. A unit that adopts at 0.3 also adopts at 0.6.
    budgets
        Rules that are shared sums: each side gets its share of them.
    """

    learner: Policy
    incumbent: Policy
    share: float
    budgets: tuple[str, ...] = ()

    def act(self, seen: Table, rules: Table) -> Table:
        """Let each side decide its rows jointly."""
        mine = hashed_uniform(seen["unit"], "adoption") < self.share
        if mine.all():
            return self.learner.act(seen, rules)
        if not mine.any():
            return self.incumbent.act(seen, rules)
        ours = self._part(self.learner, mine, seen, rules)
        theirs = self._part(self.incumbent, ~mine, seen, rules)
        decided = {}
        for name, values in ours.items():
            # The wider type of both, so that neither side's decisions are rounded.
            decided[name] = np.empty((len(mine), *values.shape[1:]), np.result_type(values, theirs[name]))
            decided[name][mine], decided[name][~mine] = values, theirs[name]
        return decided

    def _part(self, policy: Policy, rows: Array, seen: Table, rules: Table) -> Table:
        share = rows.mean()
        own_rules = {name: v * share if name in self.budgets else v for name, v in rules.items()}
        return policy.act({name: v[rows] for name, v in seen.items()}, own_rules)

    def learn(self, feedback: Table, luck: Luck) -> None:
        """Both sides learn from everything."""
        self.learner.learn(feedback, luck)
        self.incumbent.learn(feedback, luck)
