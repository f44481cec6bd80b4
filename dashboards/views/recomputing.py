"""A stored result computed again on this machine, and set beside the one that is shown."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.engine.registry import AnyUseCase
from core.errors import UserError
from core.report.words import Words
from core.results import Run
from dashboards import folders, stored
from dashboards.jobs import Order
from dashboards.markdown import plain
from dashboards.stored import Entry
from dashboards.views import progress

SAME = 1e-9
"""Relative difference up to which numbers are the same; other processors round differently."""


def order_of(case: AnyUseCase, entry: Entry) -> Order:
    """Write the order that repeats a stored run."""
    manifest = entry.manifest
    names = [name for name in manifest.roles if name in case.contenders]
    everyone = set(case.contenders) <= set(names)
    return Order(
        usecase=case.name,
        scenario=manifest.scenario,
        situation=manifest.situation,
        seeds=tuple(manifest.seeds),
        contenders=None if everyone else tuple(names),
        root=folders.root(),
        command=manifest.command,
    )


def offer(case: AnyUseCase, entry: Entry, say: Words) -> None:
    """Offer to compute a run again here, show how it goes, and at last whether it gives the same."""
    order = order_of(case, entry)
    minutes = entry.manifest.seconds.get("total", 0.0) / 60.0
    with st.container(width="content"):
        label = say("again.here")
        st.button(
            label, key=f"recompute-{entry.id}", icon=":material/replay:", disabled=progress.busy(),
            on_click=progress.order, args=(order,),
            help=say("again.here_how", minutes=f"{max(minutes, 0.1):.1f}", machine=entry.manifest.machine),
        )  # fmt: skip
        progress.show(lambda asked: asked == order, say)
        job = progress.own()
        if job is not None and job.state == "finished" and job.order == order:
            _compare(case, entry, job.run, say)


def _compare(case: AnyUseCase, entry: Entry, run_id: str, say: Words) -> None:
    found = {one.id: one for one in stored.entries().get(case.name, [])}
    try:
        shown, again = stored.opened(entry, say), stored.opened(found[run_id], say)
    except (UserError, KeyError) as error:
        st.error(plain(say("run.unreadable", reason=error)))
        return
    off = furthest(shown, again)
    if off <= SAME:
        st.success(say("again.same"), icon=":material/check_circle:")
    else:
        st.warning(plain(say("again.differs", share=f"{100.0 * off:.2g}")), icon=":material/difference:")


def furthest(one: Run, other: Run) -> float:
    """Give the largest relative difference of any KPI of any contender on any seed.

    Infinite where the two do not hold the same contenders and seeds.
    """
    keys = [
        list(zip(run.rows["seed"].tolist(), run.rows["contender"].tolist(), strict=True))
        for run in (one, other)
    ]
    if keys[0] != keys[1]:
        return float("inf")
    worst = 0.0
    for kpi in one.case.kpis:
        a, b = (np.asarray(run.rows[kpi.name], dtype=float) for run in (one, other))
        scale = max(float(np.abs(a).max(initial=0.0)), 1e-300)
        worst = max(worst, float(np.abs(a - b).max(initial=0.0)) / scale)
    return worst
