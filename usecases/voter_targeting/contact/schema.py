"""What a campaign sees: the file of voters, a survey, a pilot experiment."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.log import Log
from core.protocol import Array, Column, Schema, Table
from data_synth.electorate import Electorate, People
from usecases.voter_targeting.contact.words import FILE_WORDS

FILE = tuple(FILE_WORDS)
"""Columns of the file, in order."""
PAST_VOTES = tuple(name for name in FILE if name.startswith("voted_"))
_PERSON = (
    Column("time", "day", {"en": "day from which it is known", "ko": "알려진 날"}),
    Column("id", "", {"en": "person", "ko": "유권자 번호"}),
)
SCHEMA: Schema = {
    "file": (*_PERSON, *(Column(name, unit, label) for name, (unit, label) in FILE_WORDS.items())),
    "survey": (
        *_PERSON,
        Column("answered", "0 or 1", {"en": "whether somebody answered", "ko": "응답 여부"}),
        Column("supports", "0 or 1", {"en": "prefers the party (0 without answer)",
                                       "ko": "자당 지지 여부 (무응답은 0)"}),
    ),
    "pilot": (
        *_PERSON,
        Column("arm", "", {"en": "0 left alone, 1 door, 2 phone, 3 mail, 4 e-mail",
                           "ko": "0 접촉 없음, 1 방문, 2 전화, 3 우편, 4 이메일"}),
        Column("reached", "0 or 1", {"en": "whether the attempt reached the person", "ko": "접촉 성공 여부"}),
        Column("voted", "0 or 1", {"en": "voted, by the public record", "ko": "투표 여부 (공개 기록)"}),
    ),
}  # fmt: skip


def file_of(people: People) -> dict[str, Array]:
    """Give the file's columns of some persons, ``(rows,)`` each."""
    columns = {name: getattr(people, name) for name in FILE if name not in PAST_VOTES}
    votes = {name: people.votes[:, i].astype(float) for i, name in enumerate(PAST_VOTES)}
    return {name: (votes if name in votes else columns)[name] for name in FILE}


def seen_of(world: Electorate) -> dict[str, Array]:
    """Give what is seen of the list: number, which is also the unit of adoption, and file."""
    number = np.arange(len(world.voters)) + world.settings.pilot
    return {"id": number, "unit": number, **file_of(world.voters)}


def history_of(world: Electorate) -> Log:
    """Give what the campaign knows before it plans: persons of the pilot, and no voter of the list."""
    pilot, persons = world.pilot, np.arange(world.settings.pilot)
    known = {
        "file": _by_time(np.zeros(len(persons)), persons, file_of(world.people.rows(slice(0, len(persons))))),
        "survey": _by_time(
            pilot.day[pilot.called], persons[pilot.called],
            {"answered": 1.0 * pilot.answered[pilot.called],
             "supports": 1.0 * (pilot.supports & pilot.answered)[pilot.called]},
        ),
        "pilot": _by_time(
            pilot.recorded, persons,
            {"arm": 1.0 * pilot.arm, "reached": 1.0 * pilot.reached, "voted": 1.0 * pilot.voted},
        ),
    }  # fmt: skip
    return Log(SCHEMA, known, "time", "id")


def _by_time(time: Array, person: Array, columns: Mapping[str, Array]) -> Table:
    order = np.argsort(time, kind="stable")
    return {name: column[order] for name, column in {"time": time, "id": person, **columns}.items()}


class Learned(dict[str, Array]):
    """Persons of the pilot with what is known of them, ``(rows,)`` a column, by number.

    To the columns of the file come ``arm``, ``reached`` and ``voted``; and ``answered`` and ``supports``,
    which are 0 where nobody called.
    """

    def rows(self, chosen: Array) -> Learned:
        """Some of the persons."""
        return Learned({name: column[chosen] for name, column in self.items()})


def learned(history: Log) -> Learned:
    """Join the three tables on the persons whose vote is known."""
    file, survey, pilot = (history.data[name] for name in ("file", "survey", "pilot"))
    person = np.intersect1d(pilot["id"], file["id"])
    joined = Learned({"id": person})
    for table, names in ((file, FILE), (pilot, ("arm", "reached", "voted"))):
        order = np.argsort(table["id"])
        place = order[np.searchsorted(table["id"][order], person)]
        joined |= {name: table[name][place] for name in names}
    called = np.isin(survey["id"], person)
    place = np.searchsorted(person, survey["id"][called])
    for name in ("answered", "supports"):
        joined[name] = np.zeros(len(person))
        joined[name][place] = survey[name][called]
    return joined
