"""A run: cells over seeds and contenders, kept as they finish, settled at the end."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from core.engine.cell import CellResult, CellTask, compute, entrants, incumbent_of
from core.engine.parallel import Backend, cores, each
from core.engine.registry import AnyUseCase
from core.engine.scenario import learning_cost
from core.errors import UserError
from core.learn.devices import resolve
from core.protocol import Array, Policy, Role, Scenario, Table
from core.results import Run
from core.store import manifest as facts
from core.store.runs import Store
from core.store.tables import stack

Progress = Callable[[int, int, str], None]
"""Called with cells done, cells in all, and what is going on."""
MAX_SEEDS = 1_000


def run_scenario(
    case: AnyUseCase,
    scenario: Scenario,
    *,
    seeds: int | Sequence[int] | None = None,
    situation: str | None = None,
    contenders: Sequence[str] | None = None,
    device: str = "auto",
    workers: int | None = None,
    backend: Backend = "auto",
    store: Store | None = None,
    fresh: bool = False,
    reuse: bool = False,
    command: str = "",
    progress: Progress = lambda done, total, what: None,
) -> Run:
    """Run a scenario.

    Parameters
    ----------
    case, scenario
        What to run. The scenario carries the size.
    seeds
        How many (0, 1, ...), or which; by default as many as the size says.
    situation
        Its name, for the record.
    contenders
        Which of them compete; the incumbent and the bounds always do.
    device, workers, backend
        Where to compute; the rows do not depend on it.
    store
        Where to keep the run; None keeps nothing.
    fresh
        Train again even where the store has the trained policies.
    reuse
        Return a stored run of the same code, scenario and seeds, if there is one.
    command
        What repeats the run, for the manifest.
    progress
        Told as cells finish.

    Raises
    ------
    UserError
        For a person's mistake: seeds, contenders, device, an unwritable store.
    """
    started = time.time()
    which = seeds_of(case, scenario, seeds)
    roles = roles_of(case, contenders)
    device = resolve(device)
    tasks_at_most = len(which) * len(roles)
    workers = workers_of(workers, device, tasks_at_most)
    threads = max(1, cores() // workers)
    run_key = facts.run_key(case, scenario, device, which, tuple(roles))
    deep_key = facts.deep_key(case, scenario, device)
    if store is not None:
        store.prepare()
        known = store.latest(run_key) if reuse and not fresh else None
        if known is not None:
            return store.open(known.id)
        if fresh:
            shutil.rmtree(store.partial(run_key), ignore_errors=True)

    done = {(c.seed, c.contender): c for c in store.cells(run_key)} if store is not None else {}
    trained = store.trained(case, deep_key) if store is not None and not fresh else {}
    kept = _load(store, case, trained, which, roles)
    tasks = [
        CellTask(case, scenario, seed, name, device, threads, kept.get(seed, {}))
        for seed, name in _order(case, which, roles)
        if (seed, name) not in done
    ]
    progress(len(done), tasks_at_most, "")
    for cell in each(compute, tasks, workers=workers, threads=threads, backend=backend):
        if cell.seed != which[0]:
            cell = replace(cell, traces={})
        if store is not None:
            store.put_cell(run_key, cell)
        done[cell.seed, cell.contender] = cell
        progress(len(done), tasks_at_most, f"{cell.contender}, seed {cell.seed}")

    cells = [done[seed, name] for seed in which for name in roles]
    traces = {
        name: [(c.contender, c.traces[name]) for c in cells if name in c.traces]
        for name in dict.fromkeys(n for c in cells for n in c.traces)
    }
    run = Run(
        case=case,
        size=scenario.size,
        situation=situation,
        scenario=scenario.model_dump(),
        seeds=which,
        device=device,
        versions=facts.versions(),
        roles=roles,
        rows=rows_of(case, scenario, cells),
        scores=scores_of(cells),
        traces={name: stack(tables) for name, tables in traces.items()},
        seconds=_seconds(cells) | {"total": round(time.time() - started, 3)},
        command=command,
    )
    if store is None:
        return run
    stamp = datetime.now(UTC)
    manifest = facts.Manifest(
        # In milliseconds, so that the names of runs sort by age.
        id=f"{stamp:%Y%m%d-%H%M%S}-{stamp.microsecond // 1000:03d}-{deep_key[:8]}-{secrets.token_hex(3)}",
        usecase=case.name,
        size=scenario.size,
        situation=situation,
        scenario=scenario.model_dump(),
        seeds=list(which),
        roles=roles,
        device=device,
        workers=workers,
        threads=threads,
        versions=dict(run.versions),
        code=facts.code_fingerprint(case),
        git=facts.git_commit(),
        machine=facts.machine(),
        started=datetime.fromtimestamp(started, UTC).isoformat(timespec="seconds"),
        finished=stamp.isoformat(timespec="seconds"),
        seconds=dict(run.seconds),
        run_key=run_key,
        deep_key=deep_key,
        kept_from=next(iter(trained.values())).parent.parent.name if kept else None,
        command=command,
        files={},
    )
    path = store.finish(run, manifest, traces)
    return replace(run, path=str(path))


def seeds_of(case: AnyUseCase, scenario: Scenario, seeds: int | Sequence[int] | None) -> tuple[int, ...]:
    """Say which seeds are meant: so many, these, or as many as the size says.

    Raises
    ------
    UserError
        When they are none, too many, negative or twice the same.
    """
    if seeds is None:
        seeds = case.scales[scenario.size].seeds
    if isinstance(seeds, int):
        if not 1 <= seeds <= MAX_SEEDS:
            raise UserError(f"seeds: {seeds} is not allowed; give a number from 1 to {MAX_SEEDS}.")
        return tuple(range(seeds))
    if not seeds or min(seeds) < 0 or len(set(seeds)) != len(seeds):
        raise UserError(f"seeds: {list(seeds)} is not allowed; give different whole numbers from 0 up.")
    return tuple(seeds)


def roles_of(case: AnyUseCase, contenders: Sequence[str] | None) -> dict[str, Role]:
    """Say who competes: all, or those named with the incumbent and the bounds.

    Raises
    ------
    UserError
        For a name that nobody has.
    """
    everyone = entrants(case)
    if contenders is None:
        return everyone
    for name in contenders:
        if name not in everyone:
            raise UserError(
                f"contenders: {name!r} is unknown to {case.name}; choose from {', '.join(everyone)}."
            )
    always = {incumbent_of(case), *case.yardsticks}
    return {name: role for name, role in everyone.items() if name in always or name in contenders}


def workers_of(workers: int | None, device: str, tasks: int) -> int:
    """Say how many processes work: as told, else one a core, or a single one beside an accelerator.

    Raises
    ------
    UserError
        When they are none or too many.
    """
    if workers is None:
        # One process owns the accelerator; its seeds follow each other.
        return 1 if device != "cpu" else max(1, min(cores(), tasks))
    if not 1 <= workers <= 4 * cores():
        raise UserError(f"workers: {workers} is not allowed; give a number from 1 to {4 * cores()}.")
    return workers


def _order(case: AnyUseCase, seeds: Sequence[int], names: Mapping[str, Role]) -> list[tuple[int, str]]:
    """Learners first, those that load different libraries in turn, so that each worker loads few."""
    needs = {name: case.contenders[name].needs for name in names if name in case.contenders}
    groups: dict[str, list[tuple[int, str]]] = {}
    for seed in seeds:
        for name in names:
            if needs.get(name):
                groups.setdefault(needs[name], []).append((seed, name))
    longest = max((len(g) for g in groups.values()), default=0)
    heavy = [group[i] for i in range(longest) for group in groups.values() if i < len(group)]
    return heavy + [(seed, name) for seed in seeds for name in names if not needs.get(name)]


def _load(store: Store | None, case: AnyUseCase, trained: Mapping[tuple[int, str], Path],
          seeds: Sequence[int], names: Mapping[str, Role]) -> dict[int, dict[str, Policy]]:  # fmt: skip
    kept: dict[int, dict[str, Policy]] = {}
    if store is not None:
        for (seed, name), folder in trained.items():
            if seed in seeds and name in names:
                kept.setdefault(seed, {})[name] = store.policy(case, folder)
    return kept


def rows_of(case: AnyUseCase, scenario: Scenario, cells: Sequence[CellResult]) -> Table:
    """Settle each play against the incumbent's of the same seed."""
    incumbents = {c.seed: c.kpis for c in cells if c.contender == incumbent_of(case)}
    cost = learning_cost(case, scenario.model_dump())
    names = [kpi.name for kpi in case.kpis]
    rows: dict[str, list[object]] = {"seed": [], "contender": [], "validation": []}
    rows |= {name: [] for name in names}
    for cell in cells:
        own_cost = cost if cell.role == "learner" else 0.0
        settled = case.settle(cell.kpis, incumbents[cell.seed], own_cost, scenario)
        rows["seed"].append(cell.seed)
        rows["contender"].append(cell.contender)
        rows["validation"].append(cell.validation)
        for name in names:
            rows[name].append(settled[name])
    return {name: np.asarray(values) for name, values in rows.items()}


def scores_of(cells: Sequence[CellResult]) -> dict[str, Array]:
    """Lay the skill of all cells out as columns, one row a seed, contender and measure."""
    rows = []
    for cell in cells:
        for name, skill in ((cell.contender, cell.skill), *cell.references.items()):
            for measure, score in skill.items():
                rows.append((cell.seed, name, measure, score.unit, score.value, score.floor, score.naive))
    columns = ("seed", "contender", "measure", "unit", "value", "floor", "naive")
    kinds = (int, str, str, str, float, float, float)
    return {
        name: np.array([row[i] for row in rows], dtype=kind)
        for i, (name, kind) in enumerate(zip(columns, kinds, strict=True))
    }


def _seconds(cells: Sequence[CellResult]) -> dict[str, float]:
    stages = dict.fromkeys(stage for cell in cells for stage in cell.seconds)
    return {s: round(sum(cell.seconds.get(s, 0.0) for cell in cells), 3) for s in stages}
