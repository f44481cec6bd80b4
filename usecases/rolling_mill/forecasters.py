"""Who forecasts the force: the plant's formula, a learned model, or a learned correction of the formula."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.learn.mlp import Mlp
from core.learn.trees import Trees
from core.protocol import Array, Forecaster, Luck, Table
from data_synth.mill_constants import STANDS
from usecases.rolling_mill.adaptation import Adaptation, product_of
from usecases.rolling_mill.inputs import net_inputs, tree_inputs
from usecases.rolling_mill.schema import as_rolled, spread, stands
from usecases.rolling_mill.tracking import Tracker


@dataclass(frozen=True)
class Formula:
    """The plant's own model: Sims with Misaka's flow stress."""

    def log_force(self, seen: Table) -> Array:
        """Logarithm of the force in MN, ``(rows, 7)``."""
        return np.log(stands(seen, "model_plan_mn"))


@dataclass(frozen=True)
class Learned:
    """A trained model of the force, or with ``ratio`` of what the formula misses.

    Attributes
    ----------
    model
        A net with one output a stand, or trees with the stand as an input.
    ratio, engineered
        Whether it corrects the formula, and whether its inputs are a specialist's.
    """

    model: Mlp | Trees
    ratio: bool
    engineered: bool

    def log_force(self, seen: Table) -> Array:
        """Logarithm of the force in MN, ``(rows, 7)``."""
        if isinstance(self.model, Trees):
            inputs = tree_inputs(seen, ratio=self.ratio, engineered=self.engineered)
            found = self.model.predict(inputs).reshape(-1, STANDS)
        else:
            found = self.model.predict(net_inputs(seen, ratio=self.ratio, engineered=self.engineered))
        return np.asarray(found + Formula().log_force(seen)) if self.ratio else found


@dataclass
class ForcePolicy(Forecaster):
    """Forecasts each stand's force, by which the mill sets its gaps, and follows the mill coil by coil.

    Attributes
    ----------
    base
        What forecasts.
    adaptation
        What follows; frozen where its rates are zero.
    frozen
        Whether nothing is learned during play.
    """

    base: Formula | Learned
    adaptation: Adaptation | Tracker
    frozen: bool

    def predict(self, seen: Table) -> Table:
        """Forecast the force of each stand in MN."""
        logarithm = self.base.log_force(seen) + self.adaptation.correction(seen)
        return spread("force_mn", np.exp(logarithm))

    def act(self, seen: Table, rules: Table) -> Table:
        """Decide by the forecast: the gaugemeter equation turns it into gaps."""
        return self.predict(seen)

    def learn(self, feedback: Table, luck: Luck) -> None:
        """Take in coils that have been rolled, in their order."""
        if self.frozen:
            return
        residual = np.log(stands(feedback, "force_mn")) - self.base.log_force(as_rolled(feedback))
        product, rolls = product_of(feedback, self.adaptation.edges), stands(feedback, "rolls")
        for row in range(len(residual)):
            self.adaptation.learn(int(product[row]), int(feedback["lot"][row]), rolls[row], residual[row])
