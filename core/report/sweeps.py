"""What a sweep, the worth of levers and plausible worlds say, as sections of a report.

They are written from the sweep's own document (:mod:`core.sweep.documents`), so nothing is worked out twice.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.engine.registry import AnyUseCase, load
from core.engine.scenario import about, levers
from core.errors import UserError
from core.protocol import Chart
from core.report.cast import Cast
from core.report.measure import span
from core.report.numerals import between, decimals, number, short
from core.report.page import Block, Code, Grid, Paragraph, Picture, Section
from core.report.words import Words
from core.stats.interval import Interval
from core.sweep.shelf import Sheet
from core.sweep.worlds import LEAST_DRAWS

Document = Mapping[str, Any]
RETURN_DIGITS = 2


def sections_of(document: Document, sheet: Sheet, say: Words) -> list[Section]:
    """Write the sections of one sweep; the first answers the question.

    Raises
    ------
    UserError
        When it was made by a version that wrote other things down.
    """
    case = load(sheet.usecase)
    write = {"sweep": _curves, "worth": _worth, "worlds": _worlds}[sheet.kind]
    with _told_today(sheet):
        return [*write(case, document, sheet, say), _again(case, document, sheet, say)]


@contextmanager
def _told_today(sheet: Sheet) -> Iterator[None]:
    """Refuse what an older version has left out."""
    try:
        yield
    except KeyError as error:
        raise UserError(
            f"sweep: {sheet.id} was made by another version, which did not write {error} down; run it again."
        ) from error


def interval(found: Mapping[str, float | None], n: int) -> Interval:
    """Read an interval of a document."""
    mean, low, high = (
        math.nan if found[key] is None else float(found[key] or 0.0) for key in ("mean", "ci_low", "ci_high")
    )
    return Interval(mean, low, high, n)


def name_of(case: AnyUseCase, lever: str, say: Words) -> str:
    """Say a lever's name."""
    return say.of(about(levers(case.scenario)[lever])["label"])


def _again(case: AnyUseCase, document: Document, sheet: Sheet, say: Words) -> Section:
    blocks: list[Block] = [
        Paragraph(
            say(
                "tried.basis", kind=say(f"tried.kinds.{sheet.kind}"), size=sheet.size,
                when=sheet.finished[:16].replace("T", " ") + " UTC",
                points=f"{len(sheet.points):,}", seeds=len(sheet.seeds[0]),
            )
        )
    ]  # fmt: skip
    if document.get("own_seeds"):
        blocks.append(Paragraph(say("tried.own_seeds")))
    if document["failures"]:
        lost = {one["point"] for one in document["failures"]}
        blocks.append(
            Paragraph(say("tried.failed", count=len(lost), reason=document["failures"][0]["reason"]))
        )
    blocks += [Paragraph(say("tried.repeat")), Code(sheet.command)]
    facts = {
        "again.run": sheet.id,
        "again.machine": sheet.machine,
        "again.code": sheet.code,
        "again.git": sheet.git,
        "again.versions": ", ".join(f"{name} {version}" for name, version in sheet.versions.items()),
    }
    rows = [[say(key), value] for key, value in facts.items() if value]
    blocks.append(Grid([say("again.item"), say("again.value")], rows, [False, False]))
    return Section(say("tried.title", industry=say.of(case.card.title)), blocks)


# --- a sweep over levers -----------------------------------------------------------------------


def _curves(case: AnyUseCase, document: Document, sheet: Sheet, say: Words) -> list[Section]:
    pictures: list[Block] = [
        Picture(curve_chart(case, one, document, sheet, say), Cast({}, {}))
        for one in document["curves"]
        if one["who"] == "gain"
    ]
    return [Section(say("curve.title"), pictures), _variance(case, document, say)]


def curve_chart(case: AnyUseCase, curve: Document, document: Document, sheet: Sheet, say: Words) -> Chart:
    """Draw along a lever what learning gains, or what it returns for each KRW spent on it, with its band."""
    lang, kpi = say.lang, case.kpis[0]
    returns = curve["who"] == "return"
    digits = RETURN_DIGITS if returns else kpi.digits
    means = [interval(one, len(sheet.seeds[0])) for one in curve["means"]]
    label = name_of(case, curve["lever"], say)
    info = about(levers(case.scenario)[curve["lever"]])
    numeric = all(isinstance(level, int | float) for level in curve["levels"])
    levels = np.array(curve["levels"], dtype=float if numeric else object)
    told = "; ".join(
        f"{short(level) if numeric else level}: {number(one.mean, digits, signed=True)}"
        for level, one in zip(curve["levels"], means, strict=True)
    )
    unit = say.unit(str(info.get("unit", "")))
    return Chart(
        name=f"{curve['who']}-{curve['lever']}",
        kind="line" if numeric else "bar",
        table={
            "level": levels if numeric else levels.astype(str),
            curve["who"]: np.array([one.mean for one in means]),
            "low": np.array([one.low for one in means]),
            "high": np.array([one.high for one in means]),
        },
        x="level",
        y=curve["who"],
        low="low",
        high="high",
        title={lang: say(f"{'returns' if returns else 'curve'}.{curve['course']}", lever=label)},
        how={lang: say("returns.how") if returns else say("curve.how", kpi=say.of(kpi.label))},
        alt={lang: say("returns.alt" if returns else "curve.alt", lever=label, points=told)},
        x_label={lang: f"{label} ({unit})" if unit else label},
        y_label={lang: say("returns.axis") if returns else say("curve.gain", unit=say.unit(kpi.unit))},
        source=say(
            "tried.source", points=f"{document['whole_points']:,}", seeds=len(sheet.seeds[0]), size=sheet.size
        ),
    )


def _variance(case: AnyUseCase, document: Document, say: Words) -> Section:
    seeds = len(document["seeds"])
    rows = []
    for name, found in document["variance"].items():
        known = name in levers(case.scenario)
        share = interval(found, seeds)
        ends = between(100.0 * share.low, 100.0 * share.high, 0, say)
        value = number(100.0 * share.mean, 0)
        told = name_of(case, name, say) if known else say(f"variance.{name}")
        rows.append([told, f"{value} ({ends})" if ends else value])
    if not rows:
        why = "variance.own_seeds" if document.get("own_seeds") else "variance.none"
        return Section(say("variance.title"), [Paragraph(say(why))])
    grid = Grid([say("variance.by"), say("variance.share")], rows, [False, True])
    return Section(say("variance.title"), [Paragraph(say("variance.how")), grid])


# --- what one more unit is worth ---------------------------------------------------------------


def _worth(case: AnyUseCase, document: Document, sheet: Sheet, say: Words) -> list[Section]:
    found, seeds = document["levers"], document["seeds"]
    first = found[0]
    names = {one["lever"]: name_of(case, one["lever"], say) for one in found}
    each = first["net_krw_per_krw"]
    if each is not None:
        value = interval(each, seeds)
        digits = decimals(value.mean, _half(value))
        said = say("worth.first", lever=names[first["lever"]], value=number(value.mean, digits, signed=True),
                   interval=span(value, digits, say))  # fmt: skip
    else:
        value = interval(first["net_mkrw_per_unit"], seeds)
        said = say("worth.first_plain", lever=names[first["lever"]], **_money(value, document, say))
    if not value.low > 0.0:
        said = f"{say('worth.unsure')} {said}"
    level = [names[one["lever"]] for one in found if one["level_with_first"] and one is not first]
    blocks: list[Block] = [
        Paragraph(said, strong=True),
        Paragraph(say("worth.tied", levers=", ".join(level)) if level else say("worth.alone")),
    ]
    if document["winner_again"]:
        fresh = document["winner_again_seeds"]
        again = interval(document["winner_again"]["net_mkrw_per_unit"], fresh)
        blocks.append(Paragraph(say("worth.again", seeds=fresh, **_money(again, document, say))))
    blocks += [Paragraph(say("worth.how")), _units(case, document, say)]
    blocks += [Paragraph(say("worth.blind", lever=name_of(case, one, say))) for one in document["blind"]]
    if any(one["features_come_in"] for one in found):
        blocks.append(Paragraph(say("worth.features")))
    return [Section(say("worth.title"), blocks)]


def _half(found: Interval) -> float:
    return (found.high - found.low) / 2.0


def _money(found: Interval, document: Document, say: Words) -> dict[str, str]:
    digits = decimals(found.mean, _half(found))
    value = say.quantity(number(found.mean, digits, signed=True), document["unit"])
    return {"value": value, "interval": span(found, digits, say)}


def _units(case: AnyUseCase, document: Document, say: Words) -> Grid:
    keys = ("rank", "lever", "unit", "cost", "today", "tried", "net", "per_krw")
    head = [say(f"worth.{key}", unit=say.unit(document["unit"])) for key in keys]
    rows = []
    for one in document["levers"]:
        meaning = case.meanings[one["lever"]]
        rows.append([
            str(one["rank"]), name_of(case, one["lever"], say), say.of(meaning.unit),
            number(meaning.krw_per_unit, 0), short(meaning.today),
            say("number.range", low=short(one["from"]), high=short(one["to"])),
            _cell(one["net_mkrw_per_unit"], document["seeds"], say),
            _cell(one["net_krw_per_krw"], document["seeds"], say),
        ])  # fmt: skip
    return Grid(head, rows, [True, False, False, True, True, True, True, True])


def _cell(found: Mapping[str, float | None] | None, seeds: int, say: Words) -> str:
    if found is None:
        return ""
    one = interval(found, seeds)
    digits = decimals(one.mean, _half(one))
    ends = between(one.low, one.high, digits, say)
    value = number(one.mean, digits, signed=True)
    return f"{value} ({ends})" if ends else value


# --- plausible worlds --------------------------------------------------------------------------


def _worlds(case: AnyUseCase, document: Document, sheet: Sheet, say: Words) -> list[Section]:
    first, *others = (_said(case, one, say) for one in document["statements"])
    blocks: list[Block] = [Paragraph(first, strong=True), *map(Paragraph, others)]
    blocks.append(
        Paragraph(say("worlds.how", worlds=document["whole_points"], constants=len(document["constants"])))
    )
    blocks.append(Picture(worlds_chart(case, document, sheet, say), Cast({}, {})))
    for one in document["statements"]:
        blocks += _turning(case, one, document, say)
    if document["fixed"]:
        names = ", ".join(name.replace("_", " ") for name in document["fixed"])
        blocks.append(Paragraph(say("worlds.fixed", constants=names)))
    return [Section(say("worlds.title"), blocks)]


def statement(case: AnyUseCase, one: Document, say: Words) -> str:
    """Say what is said of every world."""
    if one["statement"] != "published":
        return say(f"worlds.{one['statement']}")
    figure = say.quantity(short(case.card.claim_value), case.card.claim_unit)
    return say("worlds.published", figure=figure)


def _said(case: AnyUseCase, one: Document, say: Words) -> str:
    return say(
        "worlds.said", statement=statement(case, one, say), verdict=say(f"worlds.verdict.{one['verdict']}"),
        **_share(one, say),
    ) + ("" if one["settled"] else f" {say('worlds.unsettled')}")  # fmt: skip


def _share(one: Document, say: Words) -> dict[str, str]:
    reach = Interval(100.0 * one["share"], 100.0 * one["ci_low"], 100.0 * one["ci_high"], one["worlds"])
    return {"share": say("number.percent", value=number(reach.mean, 0)), "interval": span(reach, 0, say)}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a statement stands in plausible worlds: its name, its verdict, and the rest of the sentence."""

    statement: str
    verdict: str
    word: str
    text: str


def standings(document: Document, sheet: Sheet, say: Words) -> list[Standing]:
    """Say of each statement how it stands, and on what that depends, verdict and text apart.

    Raises
    ------
    UserError
        As for :func:`sections_of`.
    """
    case, found = load(sheet.usecase), []
    with _told_today(sheet):
        for one in document["statements"]:
            text = say(
                "worlds.stands", statement=statement(case, one, say), size=sheet.size, **_share(one, say)
            )
            if one["turning"]:
                names = ", ".join(turn["constant"].replace("_", " ") for turn in one["turning"])
                text += f" {say('worlds.turns_on', constants=names)}"
            elif told_apart(one):
                text += f" {say('worlds.turns_on_none')}"
            found.append(
                Standing(one["statement"], one["verdict"], say(f"worlds.verdict.{one['verdict']}"), text)
            )
    return found


def worlds_chart(case: AnyUseCase, document: Document, sheet: Sheet, say: Words) -> Chart:
    """Draw the share of worlds in which each statement holds."""
    lang, found = say.lang, document["statements"]
    names = [statement(case, one, say) for one in found]
    columns = {key: 100.0 * np.array([one[key] for one in found]) for key in ("share", "ci_low", "ci_high")}
    shown = zip(names, columns["share"], strict=True)
    told = "; ".join(f"{name} {number(share, 0)} %" for name, share in shown)
    source = say("tried.source", points=document["whole_points"], seeds=len(sheet.seeds[0]), size=sheet.size)
    return Chart(
        name="worlds", kind="bar", table={"statement": np.array(names), **columns}, x="statement", y="share",
        low="ci_low", high="ci_high", title={lang: say("worlds.chart")}, how={lang: say("worlds.chart_how")},
        alt={lang: told}, x_label={lang: say("worlds.statement")}, y_label={lang: say("worlds.axis")},
        source=source,
    )  # fmt: skip


def told_apart(one: Document) -> bool:
    """Whether enough worlds say both for a constant to be found that decides."""
    return bool(one["verdict"] == "conditions" and one["worlds"] >= LEAST_DRAWS)


def _turning(case: AnyUseCase, one: Document, document: Document, say: Words) -> list[Block]:
    told = statement(case, one, say)
    if not one["turning"]:
        return [Paragraph(say("worlds.none", statement=told))] if told_apart(one) else []
    rows = []
    for turn in one["turning"]:
        known = document["constants"][turn["constant"]]
        reach = say("number.range", low=short(known["low"]), high=short(known["high"]))
        rows.append([
            turn["constant"].replace("_", " "), f"{reach} {say.unit(known['unit'])}".strip(),
            number(turn["rank_correlation"], 2, signed=True),
            number(100.0 * turn["share_in_lower_half"], 0), number(100.0 * turn["share_in_upper_half"], 0),
        ])  # fmt: skip
    head = [say(f"worlds.{key}") for key in ("constant", "range", "rank", "low", "high")]
    grid = Grid(head, rows, [False, False, True, True, True])
    return [Paragraph(say("worlds.turning", statement=told)), grid]
