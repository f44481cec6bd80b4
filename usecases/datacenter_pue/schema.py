"""The columns of the log, under the names and units of Gao (2014), and the log as history."""

from __future__ import annotations

import numpy as np

from core.log import Log
from core.protocol import Array, Column, Schema, Table
from data_synth.datacenter import DataCenter

TABLE = "log"
_COLUMNS = (
    ("hour", "h", "hours since 1 January of the first year", "첫해 1월 1일부터의 시간"),
    ("day", "d", "days since then", "그때부터의 일수"),
    ("utilisation_pct", "%", "server utilisation, from the scheduler", "서버 이용률 (작업 관리기)"),
    ("it_load_kw", "kW", "total server IT load", "서버 IT 부하 합계"),
    ("network_load_kw", "kW", "campus core network room IT load", "핵심 통신실 IT 부하"),
    ("water_pumps_running", "count", "process-water pumps running", "가동 중인 공정수 펌프 수"),
    ("water_pump_vfd_pct", "%", "mean process-water pump VFD speed", "공정수 펌프 평균 속도"),
    ("condenser_pumps_running", "count", "condenser-water pumps running", "가동 중인 냉각수 펌프 수"),
    ("condenser_pump_vfd_pct", "%", "mean condenser-water pump VFD speed", "냉각수 펌프 평균 속도"),
    ("towers_running", "count", "cooling towers running", "가동 중인 냉각탑 수"),
    ("tower_lwt_setpoint_f", "F", "tower leaving-water set-point", "냉각탑 출구 수온 설정값"),
    ("chillers_running", "count", "chillers running", "가동 중인 냉동기 수"),
    ("drycoolers_running", "count", "drycoolers running", "가동 중인 건식 냉각기 수"),
    ("injection_pumps_running", "count", "chilled-water injection pumps running", "냉수 주입 펌프 수"),
    ("injection_setpoint_f", "F", "chilled-water injection set-point", "냉수 주입 설정 온도"),
    ("exchanger_approach_f", "F", "heat-exchanger approach temperature", "열교환기 접근 온도차"),
    ("wet_bulb_f", "F", "outside-air wet bulb", "외기 습구 온도"),
    ("dry_bulb_f", "F", "outside-air dry bulb", "외기 건구 온도"),
    ("enthalpy_kj_kg", "kJ/kg", "outside-air enthalpy", "외기 엔탈피"),
    ("humidity_pct", "%", "outside-air relative humidity", "외기 상대 습도"),
    ("wind_speed_mph", "mph", "outside wind speed", "풍속"),
    ("wind_direction_deg", "deg", "outside wind direction", "풍향"),
    ("cold_aisle_c", "C", "cold-aisle temperature", "찬 통로 온도"),
    ("delta_t_k", "K", "process-water temperature rise", "공정수 온도 상승"),
    ("facility_kw", "kW", "facility power, main meter", "시설 전체 전력 (주 계량기)"),
    ("pue", "ratio", "power usage effectiveness", "전력 사용 효율 (PUE)"),
)
SCHEMA: Schema = {TABLE: tuple(Column(name, unit, {"en": en, "ko": ko}) for name, unit, en, ko in _COLUMNS)}


def logged(world: DataCenter, rows: Array) -> Table:
    """Pick rows of the recorded columns, in schema order."""
    return {column.name: world.log[column.name][rows] for column in SCHEMA[TABLE]}


def history_of(world: DataCenter) -> Log:
    """What the operator recorded before the year that is played, less the rows set aside for testing."""
    steps = world.history_steps
    return Log(SCHEMA, {TABLE: logged(world, np.flatnonzero(~world.tested[:steps]))}, time="hour", key="day")
