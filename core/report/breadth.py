"""How much room a text takes before it is drawn: estimated, rather too much than too little."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence

WIDE, CAPITAL, DIGIT, NARROW, THIN = 1.0, 0.68, 0.62, 0.56, 0.34
"""Breadth of a Korean syllable, of a capital or a broad letter, of a digit, of most signs, of a thin one."""
BROAD, FINE = frozenset("mw%@—…→±−"), frozenset(" \u00a0.,:;'|!il·()[]")
BOLD = 1.15
"""Breadth of bold type beside plain."""
LEAST, MOST = 3.0, 12.0
"""Ems that a column of a table keeps at the least, and for a single long word."""

SLACK = 1e-6
"""Rounding, for rooms that were made to fit."""


def ems(text: str) -> float:
    """Breadth of a text on one line.

    Examples
    --------
    >>> ems("가나"), ems("ab")
    (2.0, 1.12)
    """
    return sum(_sign(c) for c in text)


def _sign(c: str) -> float:
    if unicodedata.east_asian_width(c) in "WF":
        return WIDE
    if c in FINE:
        return THIN
    if c.isupper() or c in BROAD:
        return CAPITAL
    return DIGIT if c.isdigit() else NARROW


def lines(text: str, room: float) -> list[str]:
    """Break a text into lines no broader than ``room`` ems; joined they are the text again.

    Examples
    --------
    >>> lines("one two three", 5.0)
    ['one two ', 'three']
    """
    done = [""]
    for piece in re.findall(r"\n|[\S\u00a0\u202f]+|[^\S\n]+", text):
        if ems(done[-1] + piece.rstrip()) > room + SLACK and done[-1]:
            done.append("")
        while ems(piece.rstrip()) > room + SLACK and len(piece) > 1:
            fits = next(n for n in range(len(piece), 0, -1) if n == 1 or ems(piece[:n]) <= room + SLACK)
            done[-1:] = [piece[:fits], ""]
            piece = piece[fits:]
        done[-1] += piece
        if piece == "\n":
            done.append("")
    return done if done[-1] or len(done) == 1 else done[:-1]


def columns(head: Sequence[str], rows: Sequence[Sequence[str]], room: float) -> list[float]:
    """Share ``room`` ems among the columns of a table: short ones what they need, long ones the rest.

    Examples
    --------
    >>> [round(c, 1) for c in columns(["a", "b"], [["가나", "다 " * 100]], 40.0)]
    [3.0, 37.0]
    """
    cells = list(zip(head, *rows, strict=True))
    least = [min(MOST, max(LEAST, *(ems(word) for cell in c for word in words(cell)))) for c in cells]
    wanted = [max(LEAST, *(ems(line) for cell in c for line in cell.split("\n"))) for c in cells]
    if sum(least) >= room:
        return [room * breadth / sum(least) for breadth in least]
    spare = room - sum(wanted)
    if spare >= 0.0:
        return [breadth + spare / len(wanted) for breadth in wanted]
    more = _shared([w - u for w, u in zip(wanted, least, strict=True)], room - sum(least))
    return [u + m for u, m in zip(least, more, strict=True)]


def _shared(wishes: Sequence[float], room: float) -> list[float]:
    """Fulfil small wishes; one ten times as large gets about three times the room, and more lines instead."""
    given: dict[int, float] = {}
    while True:
        rest = [j for j in range(len(wishes)) if j not in given]
        left = room - sum(given.values())
        small = [j for j in rest if wishes[j] <= left / len(rest)]
        if not small:
            break
        given |= {j: wishes[j] for j in small}
    roots = sum(math.sqrt(wishes[j]) for j in rest)
    return [given[j] if j in given else left * math.sqrt(wish) / roots for j, wish in enumerate(wishes)]


def words(text: str) -> list[str]:
    """Split where a line may break: at spaces other than the ones that hold together."""
    return re.split(r"[^\S\u00a0\u202f]+", text)
