"""What a campaign has on record: past messages, what each variant brought, and how late gifts came."""

from __future__ import annotations

import numpy as np

from core.log import Log
from core.protocol import Column, Schema, Table
from data_synth.mailing import Mailing

_MESSAGE = (
    Column("time", "message", {"en": "place in the order of messages", "ko": "메일 순서"}),
    Column("message", "", {"en": "number of the message", "ko": "메일 번호"}),
)
SCHEMA: Schema = {
    "messages": (
        *_MESSAGE,
        Column("persons", "e-mails", {"en": "length of the list", "ko": "수신자 수"}),
        Column("hours", "h", {"en": "hours until all were mailed", "ko": "발송을 마치기까지의 시간"}),
    ),
    "tests": (
        *_MESSAGE,
        Column("variant", "", {"en": "number of the variant", "ko": "문안 번호"}),
        Column("sent", "e-mails", {"en": "e-mails with this variant", "ko": "이 문안을 보낸 수"}),
        Column("donors", "gifts", {"en": "gifts booked to it", "ko": "이 문안으로 집계된 기부 건수"}),
        Column("money", "USD", {"en": "their sum", "ko": "기부금 합계"}),
    ),
    "arrivals": (
        *_MESSAGE,
        Column(
            "age", "h", {"en": "hour after mailing (48: or later)", "ko": "발송 후 시간(48은 그 이후 포함)"}
        ),
        Column("gifts", "gifts", {"en": "gifts that came in it", "ko": "그 시간에 들어온 기부 건수"}),
    ),
}


def history_of(world: Mailing) -> Log:
    """The record as a log; the open-data lever keeps whole messages."""
    past, settings = world.past, world.settings
    messages, variants = past.sent.shape
    number = np.arange(messages)
    message, variant = (column.ravel() for column in np.indices((messages, variants)))
    booked, age = (column.ravel() for column in np.indices(past.arrived.shape))
    data: dict[str, Table] = {
        "messages": {
            "time": number, "message": number, "persons": past.sent.sum(axis=1),
            "hours": np.full(messages, settings.hours),
        },
        "tests": {
            "time": message, "message": message, "variant": variant, "sent": past.sent.ravel(),
            "donors": past.donors.ravel(), "money": past.money.ravel(),
        },
        "arrivals": {"time": booked, "message": booked, "age": age + 1, "gifts": past.arrived.ravel()},
    }  # fmt: skip
    return Log(SCHEMA, data, time="time", key="message")
