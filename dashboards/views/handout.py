"""A report of stored results, made when somebody asks for it and then offered as a file."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.errors import UserError
from core.report.words import Words
from dashboards import blocks, taking
from dashboards.ledger import Row
from dashboards.markdown import plain


def offer(rows: Sequence[Row], form: str, say: Words) -> None:
    """Have a report made when it is asked for; the last one stays at hand."""
    asked = (tuple(row.id for row in rows), form, say.lang)
    if st.button(say("runs.take.make"), key="make", icon=":material/description:"):
        st.session_state.pop("report", None)
        try:
            with st.spinner(say("runs.take.making")):
                st.session_state["report"] = asked, taking.report(rows, form, say)
        except UserError as error:
            st.error(plain(say("runs.take.failed", reason=error)))
    made, content = st.session_state.get("report", (None, b""))
    if made == asked:
        st.success(say("runs.take.ready"), icon=":material/check_circle:")
        blocks.download(
            content, taking.name(rows, f"-{say.lang}.{form}"), "report", say,
            label=say("runs.take.file", form=form.upper()), mime=taking.FORMS[form],
        )  # fmt: skip
