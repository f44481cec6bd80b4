"""What of a text can be printed: no control character, and no sign that the fonts at hand cannot draw."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

FONTS = Path(__file__).with_name("fonts")
FAMILY, SECOND = "Pretendard", "DejaVu Sans"
"""Ours, and the one with more signs that matplotlib brings along."""
SHAPED = "\u00a0\u2011\n"
"""Drawn by other glyphs: a space, a hyphen, a new line."""


def visible(text: str) -> str:
    r"""Leave out what has no form; compose letters that came in parts.

    Examples
    --------
    >>> visible("a\x00b\u200b \u1112\u1161\u11ab\tc")
    'ab 한 c'
    """
    spaced = unicodedata.normalize("NFC", text).replace("\t", " ").replace("\r\n", "\n")
    return "".join(c for c in spaced if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Cn"))


def printable(text: str) -> str:
    """Write what the fonts cannot draw as its plain equal, else as its number, never as an empty box.

    Examples
    --------
    >>> printable("100 ㎿ → 漢")
    '100 MW → [U+6F22]'
    """
    return "".join(c if c in SHAPED or ord(c) in _drawn() else _spelt(c) for c in visible(text))


def _spelt(sign: str) -> str:
    plain = unicodedata.normalize("NFKC", sign)
    return plain if all(ord(c) in _drawn() for c in plain) else f"[U+{ord(sign):04X}]"


@cache
def _drawn() -> frozenset[int]:
    """Code points that both of our weights have, or the second font."""
    from matplotlib.ft2font import FT2Font

    ours = [FT2Font(str(path)).get_charmap() for path in sorted(FONTS.glob("*.otf"))]
    return frozenset(
        set.intersection(*map(set, ours)) | set(FT2Font(str(more() / "DejaVuSans.ttf")).get_charmap())
    )


def more() -> Path:
    """Folder of the fonts that matplotlib brings along."""
    from matplotlib import get_data_path

    return Path(get_data_path()) / "fonts" / "ttf"
