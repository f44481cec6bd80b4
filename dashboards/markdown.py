"""Texts made safe for Markdown."""

from __future__ import annotations

import re

SPECIAL = re.compile(r"([\\`*_\[\]<>$~#|:{}])|^(\s*)([-+])|^(\s*\d+)([.)])", re.MULTILINE)


def verbatim(text: str) -> str:
    """Write a text that came from outside as code, which makes neither link nor image of it.

    Examples
    --------
    >>> verbatim("see `http://a.example`")
    '`see http://a.example`'
    """
    return f"`{' '.join(text.replace('`', '').split()) or ' '}`"


def plain(text: str) -> str:
    r"""Write a text so that Markdown shows it as it stands: no link, image, formula or colour in it.

    Examples
    --------
    >>> print(plain("1. [a](b) costs $5_000"))
    1\. \[a\](b) costs \$5\_000
    """
    return SPECIAL.sub(lambda m: m[0][: len(m[0]) - 1] + "\\" + m[0][-1], text)
