"""A job of this person: how it goes, and the way to stop it."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import streamlit as st

from core.report.words import Words
from dashboards import blocks
from dashboards.jobs import Busy, Job, Order, Queue
from dashboards.markdown import plain

EVERY_S = 0.7
"""Between two looks at a job that runs."""
OPEN = ("waiting", "running")


@st.cache_resource(show_spinner=False)
def queue() -> Queue:
    """Give the one queue of all sessions."""
    return Queue()


def owner() -> str:
    """Name this session, by nothing that a person gave."""
    if "owner" not in st.session_state:
        st.session_state["owner"] = secrets.token_hex(8)
    return str(st.session_state["owner"])


def order(order: Order) -> None:
    """Hand an order in; whether it was taken is told at the next :func:`show`."""
    try:
        queue().submit(order, owner())
        st.session_state.pop("refused", None)
    except Busy as busy:
        st.session_state["refused"] = busy.why


def own() -> Job | None:
    """Give the job of this session, if it has one."""
    return queue().of(owner())


def busy() -> bool:
    """Whether this session has a job that waits or runs."""
    job = own()
    return job is not None and job.state in OPEN


def here(about: Callable[[Order], bool]) -> tuple[str, Job] | None:
    """Find the job that a place is about, and whose it is: this session's, else any that waits or runs.

    So a page that is loaded again finds what it had ordered, and nobody orders the same twice.
    """
    job = own()
    if job is not None and about(job.order):
        return owner(), job
    return queue().open_like(about)


def show(about: Callable[[Order], bool], say: Words) -> None:
    """Show the job that a place is about; of another one of this session, that it is under way."""
    why = st.session_state.pop("refused", None)
    if why is not None:
        st.warning(say(f"job.{why}"), icon=":material/hourglass_disabled:")
    found = here(about)
    if found is None:
        return
    if found[1].state in OPEN:
        _going(found[0], say)
    else:
        _ended(found[1], say)


def elsewhere(about: Callable[[Order], bool], what: Callable[[Order], str], say: Words) -> None:
    """Say that this session's job computes something else, and what, with the way to stop it."""
    job = own()
    if job is not None and job.state in OPEN and not about(job.order):
        blocks.small(plain(say("job.elsewhere", what=what(job.order))))
        _going(owner(), say)


@st.fragment(run_every=EVERY_S)
def _going(whose: str, say: Words) -> None:
    job = queue().of(whose)
    if job is None or job.state not in OPEN:
        st.rerun()
    share = job.done / job.total if job.total else 0.0
    if job.state == "waiting":
        st.progress(0.0, say("job.waiting", ahead=job.ahead))
    elif not job.total:
        st.progress(0.0, say("job.starting"))
    else:
        told = say("job.running", done=job.done, total=job.total, seconds=f"{job.seconds:.0f}")
        st.progress(share, told)
    if st.button(say("job.cancel"), key="cancel", icon=":material/stop_circle:"):
        queue().cancel(whose)
        st.rerun()


def _ended(job: Job, say: Words) -> None:
    if job.state == "failed":
        st.error(plain(say("job.failed", reason=job.reason)), icon=":material/error:")
    elif job.state == "cancelled":
        st.info(say("job.cancelled"), icon=":material/stop_circle:")
    else:
        told = say("job.finished", run=job.run, seconds=f"{job.seconds:.0f}")
        st.success(plain(told), icon=":material/check_circle:")
