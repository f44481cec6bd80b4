"""A report as one HTML file that needs nothing else: no network, and for its texts no script either."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from html import escape
from pathlib import Path

from core.report.draw import figure
from core.report.page import Block, Bullets, Code, Grid, Page, Paragraph, Picture, Section
from core.report.words import Words

STYLE = Path(__file__).with_name("style.css")
FONT = '"Pretendard", "Malgun Gothic", "Apple SD Gothic Neo", "Noto Sans KR", sans-serif'
PRINTED = 660
"""Pixels of a chart on an A4 sheet between its margins."""
DRAW = f"""
const charts = [...document.querySelectorAll("[data-chart]")];
for (const box of charts) {{
  const told = JSON.parse(document.getElementById(box.dataset.chart).textContent);
  Plotly.newPlot(box, told.data, told.layout, {{displayModeBar: false, responsive: true}});
}}
const widen = (width) => {{ for (const box of charts) Plotly.relayout(box, {{width, autosize: !width}}); }};
addEventListener("beforeprint", () => widen({PRINTED}));
addEventListener("afterprint", () => widen(null));
"""


def plain(text: str) -> str:
    r"""Take a text as it stands; no line breaks before a per cent sign.

    Examples
    --------
    >>> plain("a < b"), plain("62 %") == "62\N{NO-BREAK SPACE}%"
    ('a &lt; b', True)
    """
    return escape(text).replace(" %", "\u00a0%")


def html(page: Page) -> bytes:
    """Lay a page out, in UTF-8.

    The scripts inside are allowed by their hashes and nothing may be fetched, so a text that slipped through
    as markup could still do nothing.
    """
    from plotly.offline import get_plotlyjs

    say = Words(page.lang)
    library = get_plotlyjs() if any(_pictures(page)) else ""
    scripts = [library, DRAW] if library else []
    body = "".join(_section(place, section, say) for place, section in enumerate(page.sections, start=1))
    notice = plain(page.notice)
    return f"""<!DOCTYPE html>
<html lang="{page.lang}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(scripts)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{plain(page.title)}</title>
<style>{STYLE.read_text(encoding="utf-8")}{_foot(page.notice)}</style>
</head>
<body>
<header>
<p class="notice">{notice}</p>
<h1>{plain(page.title)}</h1>
<p class="subtitle">{plain(page.subtitle)}</p>
{_contents(page, say)}
</header>
<main>{body}</main>
<footer><p class="notice">{notice}</p></footer>
{"".join(f"<script>{script}</script>" for script in scripts)}
</body>
</html>
""".encode()


def _policy(scripts: Sequence[str]) -> str:
    """Say what the browser may do: run these scripts and nothing else, fetch nothing."""
    hashes = (f"'sha256-{b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)
    allowed = " ".join(hashes) or "'none'"
    # Plotly writes styles of its own into the page, and draws pictures into data addresses.
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:;"
        " connect-src 'none'; base-uri 'none'; form-action 'none'"
    )


def _foot(notice: str) -> str:
    """Let printers put the notice on every sheet."""
    text = "".join(f"\\{ord(letter):x} " for letter in notice)
    return (
        f'@page {{ @bottom-left {{ content: "{text}"; font: 8pt sans-serif; }}'
        " @bottom-right { content: counter(page); font: 8pt sans-serif; } }"
    )


def _pictures(page: Page) -> list[Picture]:
    return [block for section in page.sections for block in section.blocks if isinstance(block, Picture)]


def _contents(page: Page, say: Words) -> str:
    items = "".join(
        f'<li><a href="#section-{place}">{plain(section.title)}</a></li>'
        for place, section in enumerate(page.sections, start=1)
    )
    title = plain(say("report.contents"))
    return f'<nav aria-label="{title}"><details><summary>{title}</summary><ol>{items}</ol></details></nav>'


def _section(place: int, section: Section, say: Words) -> str:
    blocks = "".join(
        _block(f"chart-{place}-{row}", section, block, say) for row, block in enumerate(section.blocks)
    )
    name = f"section-{place}"
    return (
        f'<section aria-labelledby="{name}"><h2 id="{name}">{plain(section.title)}</h2>{blocks}</section>\n'
    )


def _block(name: str, section: Section, block: Block, say: Words) -> str:
    match block:
        case Paragraph(text, strong):
            return f'<p class="strong">{plain(text)}</p>' if strong else f"<p>{plain(text)}</p>"
        case Bullets(items):
            return f"<ul>{''.join(f'<li>{plain(item)}</li>' for item in items)}</ul>"
        case Code(text):
            return f"<pre><code>{escape(text)}</code></pre>"
        case Grid():
            return _grid(section.title, block)
        case Picture():
            return _picture(name, block, say)


def _grid(title: str, grid: Grid) -> str:
    sides = [' class="number"' if right else "" for right in grid.right]
    head = "".join(
        f'<th scope="col"{side}>{plain(text)}</th>' for side, text in zip(sides, grid.head, strict=True)
    )
    rows = "".join(f"<tr>{_row(row, sides)}</tr>" for row in grid.rows)
    note = f'<p class="note">{plain(grid.note)}</p>' if grid.note else ""
    # A table that is wider than the window is moved by arrow keys, so its frame takes the focus.
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{plain(title)}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{note}"
    )


def _row(row: Sequence[str], sides: Sequence[str]) -> str:
    first, *others = zip(row, sides, strict=True)
    head = f'<th scope="row"{first[1]}>{plain(first[0])}</th>'
    return head + "".join(f"<td{side}>{plain(text)}</td>" for text, side in others)


def _picture(name: str, picture: Picture, say: Words) -> str:
    chart = picture.chart
    drawn, shown = figure(chart, picture.cast, say)
    drawn.update_layout(font_family=FONT, hoverlabel_font_family=FONT, autosize=True)
    # Plotly reads tags in names and titles, where a text is to stand as it is.
    drawn.for_each_trace(lambda trace: trace.update(name=escape(trace.name or "", quote=False)))
    for axis in (drawn.layout.xaxis, drawn.layout.yaxis):
        axis.title.text = escape(axis.title.text or "", quote=False)
    rows = len(chart.table[chart.y])
    notes = [say.of(chart.how), say("industry.source", source=say.source(chart.source))]
    if shown < rows:
        notes.append(say("chart.thinned", shown=f"{shown:,}", rows=f"{rows:,}"))
    alt = plain(say.of(chart.alt))
    told = (
        drawn.to_json()
    )  # in which Plotly writes each < as \u003c, so that no text ends the script around it
    return (
        f"<figure><figcaption>{plain(say.of(chart.title))}</figcaption>"
        f'<div data-chart="{name}" role="img" aria-label="{alt}"></div><noscript><p>{alt}</p></noscript>'
        f'<script type="application/json" id="{name}">{told}</script>'
        + "".join(f'<p class="note">{plain(note)}</p>' for note in notes)
        + "</figure>"
    )
