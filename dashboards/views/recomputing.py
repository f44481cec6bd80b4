"""A stored result computed again on this machine, and set beside the one that is shown."""

from __future__ import annotations

import math

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
        repeats=manifest.id,
    )


def offer(case: AnyUseCase, entry: Entry, say: Words) -> None:
    """Offer to compute a run anew here, show how it goes, and at last whether it gives the same."""
    found = progress.here(lambda order: order.usecase == case.name and bool(order.repeats))
    minutes = entry.manifest.seconds.get("total", 0.0) / 60.0
    with st.container(width="content"):
        label = say("again.here")
        st.button(
            label, key=f"recompute-{entry.id}", icon=":material/replay:", disabled=progress.busy(),
            on_click=progress.order, args=(order_of(case, entry),),
            help=say("again.here_how", minutes=f"{max(minutes, 0.1):.1f}", machine=entry.manifest.machine),
        )  # fmt: skip
        progress.show(lambda order: order.usecase == case.name and bool(order.repeats), say)
        if found is not None and found[1].state == "finished":
            _compare(case, found[1].order.repeats, found[1].run, say)


def _compare(case: AnyUseCase, repeated: str, run_id: str, say: Words) -> None:
    """Set a run beside the one that it repeats, which another may have taken the place of since."""
    found = {one.id: one for one in stored.entries().get(case.name, [])}
    try:
        before, again = stored.opened(found[repeated], say), stored.opened(found[run_id], say)
    except (UserError, KeyError) as error:
        st.error(plain(say("run.unreadable", reason=error)))
        return
    off = furthest(before, again)
    if off <= SAME:
        st.success(say("again.same"), icon=":material/check_circle:")
    elif math.isfinite(off):
        st.warning(plain(say("again.differs", share=f"{100.0 * off:.2g}")), icon=":material/difference:")
    else:
        st.warning(say("again.other"), icon=":material/difference:")


def furthest(one: Run, other: Run) -> float:
    """Give the largest relative difference of any KPI of any contender on any seed.

    Infinite where the two do not hold the same contenders and seeds, or lack numbers at different places.
    """
    keys = [
        list(zip(run.rows["seed"].tolist(), run.rows["contender"].tolist(), strict=True))
        for run in (one, other)
    ]
    if keys[0] != keys[1]:
        return math.inf
    worst = 0.0
    for kpi in one.case.kpis:
        a, b = (np.asarray(run.rows[kpi.name], dtype=float) for run in (one, other))
        known = np.isfinite(a)
        if (known != np.isfinite(b)).any():
            return math.inf
        scale = max(float(np.abs(a[known]).max(initial=0.0)), 1e-300)
        worst = max(worst, float(np.abs(a - b)[known].max(initial=0.0)) / scale)
    return worst
