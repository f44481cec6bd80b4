"""Trained policies played again, in a process of its own that keeps worlds and policies warm.

``python -m dashboards.playing PARENT`` answers each line of JSON on stdin by one on stdout. Asked are an
``id``, the ``root`` folder of runs, a ``run``, its live ``levers`` and a ``seed``; the answer has the ``id``
and the ``rows``, or the ``reason`` why there are none.
"""

from __future__ import annotations

import copy
import json
import os
import sys
import traceback
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import UserError
from core.store.runs import cell_name
from dashboards import apart
from dashboards.working import scenario_of

if TYPE_CHECKING:
    from core.protocol import Policy, Scenario, Table
    from core.results import Run

KEPT_RUNS = 2
"""Runs whose worlds stay in memory."""
KEPT_PLAYS = 32
"""Of each policy on each seed."""
OTHER_CODE = "other code"
EXACT = 1e-9
"""By how much, of the value or of 1, what is played again may differ from what is stored."""


def policies_of(run: Run, index: int) -> dict[str, str]:
    """Name the folders of the incumbent's and the selected learner's policies on one of a run's seeds."""
    seed = run.seeds[index]
    return {name: f"policies/{cell_name(seed, name)}" for name in (run.incumbent, run.chosen[index])}


def moved(run: Run, levers: Mapping[str, Any]) -> Scenario:
    """Give a run's scenario with other values of live levers.

    Raises
    ------
    UserError
        For a value that is not allowed, or a lever that is not live.
    """
    from core.engine.scenario import deep_part

    own, scenario = scenario_of(run.case, run.scenario), scenario_of(run.case, {**run.scenario, **levers})
    if deep_part(scenario) != deep_part(own):
        raise UserError(
            f"levers: {', '.join(levers)} are not all live; move the others with `sectorlab run`."
        )
    return scenario


@dataclass(frozen=True)
class Play:
    """What a play came to: KPIs, and the fields of the scenario that it read with their values."""

    read: Mapping[str, Any]
    kpis: Mapping[str, float]


@dataclass(frozen=True)
class Seat:
    """What stays warm of a seed: the world, the policies by name, incumbent first, and their last plays."""

    seed: int
    world: Any
    policies: Mapping[str, Policy]
    plays: Mapping[str, deque[Play]]


class Stage:
    """A stored run, to be played again.

    Parameters
    ----------
    root, run_id
        Folder of runs, and the run in it.

    Raises
    ------
    UserError
        When the run is not there, or a file is damaged.
    """

    def __init__(self, root: str, run_id: str) -> None:
        from core.store.runs import Store

        self.store = Store(root)
        self.run = self.store.open(run_id)
        self.seats: dict[int, Seat] = {}
        self.own: dict[int, Table] = {}

    def answer(self, levers: Mapping[str, Any], seed: int) -> dict[str, Any]:
        """Give a seed's rows at some live levers, once those of the run's own levers were found again."""
        if seed not in self.seats:
            self.seats[seed] = self._seat(seed)
        scenario, own = moved(self.run, levers), moved(self.run, {})
        if seed not in self.own:
            found = self._rows(own, self.seats[seed])
            if not self._stored(found):
                return {"reason": OTHER_CODE}
            self.own[seed] = found
        rows = self.own[seed] if scenario == own else self._rows(scenario, self.seats[seed])
        return {"rows": {name: column.tolist() for name, column in rows.items()}}

    def _seat(self, seed: int) -> Seat:
        from core.engine.scenario import deep_part
        from core.luck import luck_of, scoped

        case, folders = self.run.case, policies_of(self.run, self.run.seeds.index(seed))
        policies = {
            name: self.store.policy(case, Path(self.run.path) / folder) for name, folder in folders.items()
        }
        world, _ = case.world(deep_part(moved(self.run, {})), scoped(luck_of(seed), "world"))
        return Seat(seed, world, policies, {name: deque(maxlen=KEPT_PLAYS) for name in policies})

    def _rows(self, scenario: Scenario, seat: Seat) -> Table:
        from core.engine.cell import CellResult
        from core.engine.run import rows_of

        cells = []
        for name, policy in seat.policies.items():
            kpis, role = self._kpis(scenario, seat, name), self.run.roles[name]
            cells.append(CellResult(seat.seed, name, role, kpis, policy.validation, {}, {}, {}, None, {}))
        return rows_of(self.run.case, scenario, cells)

    def _kpis(self, scenario: Scenario, seat: Seat, name: str) -> Mapping[str, float]:
        """Let a policy play, unless it did where all was the same that a play looks at."""
        from core.engine.cell import acting, played
        from dashboards.reading import watched

        values = dict(scenario)
        for play in seat.plays[name]:
            if all(values[field] == value for field, value in play.read.items()):
                return play.kpis
        double, read = watched(scenario)
        incumbent = seat.policies[self.run.incumbent]
        player = acting(
            self.run.case, double, self.run.roles[name], seat.policies[name], lambda: copy.deepcopy(incumbent)
        )
        kpis = played(self.run.case, double, seat.world, player, seat.seed).kpis
        seat.plays[name].appendleft(Play({field: values[field] for field in read}, kpis))
        return kpis

    def _stored(self, rows: Table) -> bool:
        """Whether rows are those that are stored."""
        import numpy as np

        stored = self.run.rows
        for i, (seed, name) in enumerate(zip(rows["seed"], rows["contender"], strict=True)):
            here = (stored["seed"] == seed) & (stored["contender"] == name)
            for kpi in self.run.case.kpis:
                if kpi.name not in stored:
                    return False
                was, now = stored[kpi.name][here], rows[kpi.name][i]
                if not np.allclose(now, was, rtol=EXACT, atol=EXACT, equal_nan=True):
                    return False
        return True

    @property
    def changed(self) -> bool:
        """Whether the industry's code is another than when the run was computed."""
        from core.store.manifest import code_fingerprint

        return self.store.manifest(self.run.path).code != code_fingerprint(self.run.case)


class House:
    """The runs that are warm; the one that was asked for longest ago makes room."""

    def __init__(self) -> None:
        self.stages: OrderedDict[tuple[str, str], Stage] = OrderedDict()

    def answer(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a request; whatever goes wrong is told as its reason."""
        key = asked["root"], asked["run"]
        try:
            if key not in self.stages:
                self.stages[key] = Stage(*key)
            self.stages.move_to_end(key)
            while len(self.stages) > KEPT_RUNS:
                self.stages.popitem(last=False)
            return self.stages[key].answer(asked["levers"], asked["seed"])
        except UserError as error:
            return {"reason": f"failed: {error}"}
        except Exception as error:  # a use case may fail in any way
            traceback.print_exc()
            if key in self.stages and self.stages[key].changed:
                return {"reason": OTHER_CODE}
            return {"reason": f"failed: {apart.first_line(error)}"}


def main() -> None:
    """Answer until stdin ends."""
    apart.end_with_parent()
    out = apart.answers()
    from core.engine.parallel import limit_threads

    # Before any library is loaded. A policy that learns during play may ask for as many threads as there were
    # cores where it was trained.
    os.environ["OMP_THREAD_LIMIT"] = "1"
    limit_threads(1)
    house = House()
    for line in sys.stdin:
        asked = json.loads(line)
        out.write(json.dumps({"id": asked["id"]} | house.answer(asked)) + "\n")


if __name__ == "__main__":
    main()
