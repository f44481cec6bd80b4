"""The columns of the coil log, and what of a coil is visible before it is rolled."""

from __future__ import annotations

from functools import cache

import numpy as np

from core.log import Log
from core.protocol import Array, Column, Schema, Table
from data_synth.mill_constants import STANDS
from data_synth.mill_physics import Made
from data_synth.rolling import HotStripMill

TABLE = "coils"
_BEFORE = (
    ("time_h", "h", "hours since the log began, when the head entered the first stand",
     "기록 시작부터의 시간 (선단이 첫 스탠드에 들어간 때)"),
    ("coil", "", "number of the coil", "코일 번호"),
    ("campaign", "", "roll campaign", "롤 캠페인"),
    ("lot", "", "lot of one grade and size", "같은 강종과 치수의 로트"),
    ("position", "", "place in the lot, 0 is the first coil", "로트 안의 순서 (0이 첫 코일)"),
    ("grade", "", "steel grade, by number", "강종 번호"),
    ("c_pct", "wt%", "carbon, ladle analysis", "탄소 (용강 분석)"),
    ("mn_pct", "wt%", "manganese", "망간"),
    ("si_pct", "wt%", "silicon", "규소"),
    ("nb_pct", "wt%", "niobium", "니오븀"),
    ("ti_pct", "wt%", "titanium", "티타늄"),
    ("width_mm", "mm", "width", "폭"),
    ("strip_mm", "mm", "ordered thickness", "주문 두께"),
    ("bar_mm", "mm", "transfer bar thickness, target", "조압연 바 두께 (목표)"),
    ("speed_ms", "m/s", "threading speed behind the last stand", "마지막 스탠드 출구 통판 속도"),
    ("rougher_c", "C", "pyrometer behind the rougher", "조압연 출구 온도계"),
    ("entry_c", "C", "pyrometer at the finishing entry", "사상압연 입구 온도계"),
    ("delay_s", "s", "time on the delay table", "대기 테이블 체류 시간"),
    ("residence_min", "min", "time in the furnace", "가열로 체류 시간"),
    ("water_c", "C", "cooling water", "냉각수 온도"),
)  # fmt: skip
_PLANNED = (
    ("plan_mm", "mm", "planned thickness behind stand {i}", "스탠드 {i} 출구 계획 두께"),
    ("rolls", "", "set of work rolls in stand {i}", "스탠드 {i} 작업롤 조 번호"),
    ("roll_t", "t", "tonnes on the work rolls of stand {i}", "스탠드 {i} 작업롤 누적 압연량"),
    ("model_plan_mn", "MN", "plant model at the plan, force of stand {i}",
     "계획 조건의 설비 모형 하중, 스탠드 {i}"),
    ("model_plan_c", "C", "plant model at the plan, strip in stand {i}",
     "계획 조건의 설비 모형 온도, 스탠드 {i}"),
)  # fmt: skip
_ROLLED = (
    ("rolled_mm", "mm", "measured thickness behind stand {i}", "스탠드 {i} 출구 측정 두께"),
    ("force_mn", "MN", "measured force of stand {i}", "스탠드 {i} 측정 하중"),
    ("model_mn", "MN", "plant model on the measured thicknesses, force of stand {i}",
     "측정 두께로 다시 계산한 설비 모형 하중, 스탠드 {i}"),
    ("model_c", "C", "plant model on the measured thicknesses, strip in stand {i}",
     "측정 두께로 다시 계산한 설비 모형 온도, 스탠드 {i}"),
)  # fmt: skip


def column_of(name: str, stand: int) -> str:
    """Name of a stand's column; stands count from 0 here and from 1 in the log."""
    return f"{name}_{stand + 1}"


def _by_stand(rows: tuple[tuple[str, str, str, str], ...]) -> tuple[Column, ...]:
    return tuple(
        Column(column_of(name, i), unit, {"en": en.format(i=i + 1), "ko": ko.format(i=i + 1)})
        for name, unit, en, ko in rows
        for i in range(STANDS)
    )


SEEN = tuple(Column(name, unit, {"en": en, "ko": ko}) for name, unit, en, ko in _BEFORE) + _by_stand(_PLANNED)
"""What is visible before a coil is rolled."""
SCHEMA: Schema = {
    TABLE: (
        *SEEN,
        Column("exit_c", "C", {"en": "delivery pyrometer", "ko": "출구 온도계"}),
        *_by_stand(_ROLLED),
    )
}


@cache
def columns_of(name: str) -> tuple[str, ...]:
    """Names of a quantity's columns, one a stand."""
    return tuple(column_of(name, i) for i in range(STANDS))


def stands(table: Table, name: str) -> Array:
    """A quantity of all stands, ``(rows, 7)``."""
    return np.array([table[column] for column in columns_of(name)]).T


def spread(name: str, values: Array) -> dict[str, Array]:
    """``(rows, 7)`` as one column a stand."""
    return {column: values[:, i] for i, column in enumerate(columns_of(name))}


def seen_of(world: HotStripMill, rows: slice) -> dict[str, Array]:
    """What is visible of coils before they are rolled, in the order of :data:`SEEN`."""
    orders, line, readings = world.orders, world.line, world.readings
    plain = (
        line.entry / 3600.0, np.arange(len(orders.lot)), orders.campaign, orders.lot, orders.position,
        orders.grade, *orders.analysis.T, orders.width, orders.plan[:, -1], orders.bar, orders.speed,
        readings.rougher_c, readings.entry_c, line.delay, line.residence / 60.0, readings.water_c,
    )  # fmt: skip
    table = {name: values[rows] for (name, *_), values in zip(_BEFORE, plain, strict=True)}
    by_stand = (
        orders.plan,
        world.rolls.number,
        world.rolls.tonnes,
        world.planned.force,
        world.planned.temperature,
    )
    for (name, *_), values in zip(_PLANNED, by_stand, strict=True):
        table |= spread(name, values[rows])
    return table


def rolled_of(made: Made, exit_error: Array) -> dict[str, Array]:
    """What has become visible of coils once they are rolled, as the rest of the schema."""
    table = {"exit_c": made.exit_c + exit_error}
    by_stand = (made.read_thickness, made.read_force, made.model_force, made.model_temperature)
    for (name, *_), values in zip(_ROLLED, by_stand, strict=True):
        table |= spread(name, values)
    return table


def some(made: Made, rows: slice) -> Made:
    """What came of some of the coils."""
    return Made(*(values[rows] for values in made))


def recorded(world: HotStripMill, rows: slice) -> dict[str, Array]:
    """Coils as the plant has rolled and recorded them."""
    return seen_of(world, rows) | rolled_of(some(world.made, rows), world.readings.exit_error[rows])


def history_of(world: HotStripMill) -> Log:
    """All coils before those that are played."""
    return Log(SCHEMA, {TABLE: recorded(world, slice(0, world.first_played))}, time="time_h", key="campaign")


def as_rolled(log: Table) -> Table:
    """Coils as they came out, in the columns of the plan: a force belongs to what was rolled.

    The plant's model has been computed again on the measured thicknesses.
    """
    changed = dict(log)
    for plan, after in (("plan_mm", "rolled_mm"), ("model_plan_mn", "model_mn"), ("model_plan_c", "model_c")):
        changed |= {to: log[of] for to, of in zip(columns_of(plan), columns_of(after), strict=True)}
    return changed
