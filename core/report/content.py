"""What a report of runs says, in the order of reading; HTML, PDF and PPTX lay it out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.engine.registry import AnyUseCase, load
from core.protocol import Chart
from core.report.assumptions import assumptions, constants, limits, setting, sources
from core.report.attempt import attempt
from core.report.bounds import bounds, measured, share_cell
from core.report.cast import cast_of
from core.report.draw import figure
from core.report.headroom import headroom
from core.report.measure import measure, span
from core.report.money import books, money, net_benefit
from core.report.numerals import decimals, half_width, number, short
from core.report.page import Block, Code, Grid, Page, Paragraph, Picture, Section
from core.report.share import shares, unsure
from core.report.stakes import stakes
from core.report.sweeps import Document
from core.report.sweeps import sections_of as of_sweep
from core.report.verdict import judge
from core.report.words import Words
from core.results import SELECTED, Run
from core.stats.interval import Interval
from core.store.manifest import Manifest
from core.sweep.shelf import Sheet

Told = tuple[Run, Manifest]
Swept = tuple[Document, Sheet]


def page_of(runs: Sequence[Told], say: Words, sweeps: Sequence[Swept] = ()) -> Page:
    """Write the report of runs and sweeps, which may be of different industries.

    Each run must hold every KPI that its industry declares today. At least one of either is there.
    """
    cases = {run.case.name: run.case for run, _ in runs} | {s.usecase: load(s.usecase) for _, s in sweeps}
    if len(cases) == 1 and len(runs) < 2:
        (card,) = (case.card for case in cases.values())
        title, subtitle = say.of(card.title), say.of(card.question)
        sections = [part for one in runs for part in sections_of(*one, say)]
    else:
        title, subtitle = say("report.title", count=len(runs) + len(sweeps)), say("site.tagline")
        sections = [overview(runs, say), *_of_each(runs, say)] if runs else []
    for document, sheet in sweeps:
        name = f"{say.of(cases[sheet.usecase].card.title)}: " if len(cases) > 1 else ""
        sections += [Section(name + one.title, one.blocks) for one in of_sweep(document, sheet, say)]
    sections += appendix_of(list(cases.values()), say)
    first, *others = sections
    sections = [Section(first.title, [*first.blocks, Paragraph(say("site.synthetic_why"))]), *others]
    return Page(say.lang, title, subtitle, say("site.synthetic"), sections)


def sections_of(run: Run, manifest: Manifest, say: Words) -> list[Section]:
    """Write all sections of one run but the appendix; the first answers the question."""
    return [
        answer(run, manifest, say),
        claim(run, say),
        money(run, say),
        bounds(run, say),
        charts(run, say),
        stakes(run, say),
        assumptions(run, say),
        limits(run.case, say),
        sources(run.case, say),
        again(run, manifest, say),
        measured(run, say),
    ]


def _of_each(runs: Sequence[Told], say: Words) -> Iterator[Section]:
    for name, (run, manifest) in zip(_names(runs, say), runs, strict=True):
        for one in sections_of(run, manifest, say):
            yield Section(f"{name}: {one.title}", one.blocks)


def _names(runs: Sequence[Told], say: Words) -> list[str]:
    """Number the runs, because two may be of one industry."""
    return [f"{place}. {say.of(run.case.card.title)}" for place, (run, _) in enumerate(runs, start=1)]


def appendix_of(cases: Sequence[AnyUseCase], say: Words) -> list[Section]:
    """Set the constants of each industry out, once."""
    return [
        Section(
            say("report.constants.title", industry=say.of(case.card.title)),
            [Paragraph(say("constant.how")), constants(case, say)],
        )
        for case in cases
        if case.constants
    ]


# --- several runs ------------------------------------------------------------------------------


def overview(runs: Sequence[Told], say: Words) -> Section:
    """Set the runs side by side."""
    keys = ("industry", "setting", "difference", "share", "net")
    rows = [
        [name, _set(run, say), *_headline(run, say)]
        for name, (run, _) in zip(_names(runs, say), runs, strict=True)
    ]
    grid = Grid(
        [say(f"report.overview.{key}") for key in keys],
        rows,
        [False, False, True, True, True],
        say("report.overview.note"),
    )
    return Section(say("report.overview.title"), [grid])


def _set(run: Run, say: Words) -> str:
    return say(
        "report.overview.set",
        setting=setting(run.case, run.situation, run.scenario, say),
        size=run.size,
        seeds=len(run.seeds),
    )


def _headline(run: Run, say: Words) -> list[str]:
    """Difference, share of the headroom and net money of the selected learner."""
    if not run.chosen:
        return [say("verdict.none.title"), "", ""]
    kpi, room, found = run.headline, run.captured(SELECTED, "oracle"), books(run)
    difference = measure(run.difference(kpi.name, SELECTED), kpi, say, signed=True)
    share = share_cell(room, say) if room else ""
    net = measure(found.net, found.kpi, say, signed=True) if found else ""
    return [f"{say.of(kpi.label)}: {difference}", share, net]


# --- one run -----------------------------------------------------------------------------------


def answer(run: Run, manifest: Manifest, say: Words) -> Section:
    """Say first what must be read when nothing else is."""
    found = books(run)
    first, *others = _gained(run, say)
    blocks: list[Block] = [Paragraph(first, strong=True), *map(Paragraph, others)]
    if found is not None:
        blocks.append(Paragraph(net_benefit(found, say)))
    basis = say(
        "run.basis",
        when=_when(manifest),
        size=run.size,
        situation=setting(run.case, run.situation, run.scenario, say),
        seeds=len(run.seeds),
    )
    blocks.append(Paragraph(basis))
    return Section(say("report.answer"), blocks)


def _gained(run: Run, say: Words) -> list[str]:
    """Say how the selected learner stands, and how much of what could be gained it gains."""
    verdict, told = judge(run, say), shares(run, say)
    of_hundred = told.pop("oracle", "")
    room = run.captured(SELECTED, "oracle") if run.chosen else None
    if room is not None and unsure(room):
        return [of_hundred, verdict.sentence, *told.values()]
    if verdict.nothing_to_gain or not of_hundred:
        # The verdict says already how little could be gained.
        return [f"{verdict.title}. {verdict.sentence}", *told.values()]
    return [f"{verdict.title}. {of_hundred}", verdict.sentence, *told.values()]


def claim(run: Run, say: Words) -> Section:
    """Say what was claimed, what it is about, what is done today, and what the simulation finds."""
    card = run.case.card
    blocks: list[Block] = [
        Paragraph(say.of(card.claim), strong=True),
        Paragraph(say("industry.source", source=card.claim_source)),
        *_finding(run, say),
        Paragraph(say.of(card.story)),
        Paragraph(say("report.incumbent", incumbent=say.of(card.incumbent))),
    ]
    return Section(say("industry.claim"), blocks)


def _finding(run: Run, say: Words) -> Iterator[Block]:
    found, failed = attempt(run.finding)
    if failed:
        yield Paragraph(say("run.plugin_failed", reason=failed))
    elif found is None:
        yield Paragraph(say("industry.no_finding"))
    else:
        one = Interval(found.value, found.low, found.high, len(run.seeds))
        digits = decimals(found.value, half_width(one))
        value = say.quantity(number(found.value, digits), found.unit)
        yield Paragraph(say("report.found", sentence=say.of(found.sentence)))
        yield Paragraph(say("report.found_value", value=value, interval=span(one, digits, say)))


def charts(run: Run, say: Words) -> Section:
    """Show the headroom and the use case's own charts; one that fails is named and the others stay."""
    own, failed = attempt(run.charts)
    blocks: list[Block] = [_picture(run, headroom(run, say), say)]
    blocks += [_picture(run, chart, say) for chart in own or ()]
    if failed:
        blocks.append(Paragraph(say("run.plugin_failed", reason=failed)))
    return Section(say("chart.title"), blocks)


def _picture(run: Run, chart: Chart, say: Words) -> Block:
    """Try a chart before any printer meets it."""
    cast = cast_of(run, say)
    _, failed = attempt(lambda: figure(chart, cast, say))
    return Paragraph(say("run.plugin_failed", reason=failed)) if failed else Picture(chart, cast)


def again(run: Run, manifest: Manifest, say: Words) -> Section:
    """Give the command that repeats the run, and what it was made with."""
    facts = {
        "again.run": manifest.id,
        "report.started": _when(manifest),
        "again.seeds": ", ".join(map(str, manifest.seeds)),
        "again.device": f"{manifest.device}; {manifest.workers} × {manifest.threads}",
        "again.machine": manifest.machine,
        "again.seconds": short(manifest.seconds.get("total", float("nan"))),
        "again.code": manifest.code,
        "again.git": manifest.git,
        "again.versions": ", ".join(f"{name} {version}" for name, version in manifest.versions.items()),
    }
    rows = [[say(key), value] for key, value in facts.items() if value]
    blocks: list[Block] = [Paragraph(say("again.manifest"))]
    blocks.append(Grid([say("again.item"), say("again.value")], rows, [False, False]))
    if manifest.command:
        blocks = [Paragraph(say("again.command")), Code(manifest.command), *blocks]
    return Section(say("again.title"), blocks)


def _when(manifest: Manifest) -> str:
    """Say when a run was started, to the minute, in UTC: a report travels."""
    return manifest.started[:16].replace("T", " ") + " UTC"
