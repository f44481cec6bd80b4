"""Questions to the world: what physics demands, and what published figures allow."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.asking import physics, realism
from core.protocol import Array, Check
from data_synth.datacenter import STEPS_PER_DAY, DataCenter, plant_columns
from data_synth.plant_constants import Plant
from data_synth.weather import CLIMATES
from usecases.datacenter_pue.play import DELTA_T_MAX

REST = (20.0, 5.0, 0.7)
"""Set-points at which one thing at a time is varied: 20 C, five towers, pumps at 70 %."""
MILD = (0.55, 12.0, 16.0)
"""Utilisation, wet and dry bulb in C of a mild hour, at which no chiller runs."""
CONSERVED = "conservation of energy"


def checks_of(world: DataCenter) -> Iterator[Check]:
    """Put all questions to a world."""
    yield from balances(world)
    yield from monotonicities(world.plant)
    yield from laws(world.plant)
    yield from published(world)


def balances(world: DataCenter) -> Iterator[Check]:
    """Heat in equals heat out plus what is stored, every step, from the recorded columns alone."""
    from data_synth.plant_lanes import STEP_SECONDS

    at, p = plant_columns(world.truth), world.plant
    heat = at["it_kw"] + at["pdu_kw"] + p.ups_room_share * at["ups_kw"] + p.light_kw + at["hall_fan_kw"]
    entering = heat + at["water_pump_kw"] + at["tower_pump_kw"] + at["chiller_kw"]
    stored = (p.air_kj_k * np.diff(at["air"]) + p.water_kj_k * np.diff(at["water"])) / STEP_SECONDS
    under_way = np.diff(at["lag_heat"])
    residual = (entering - at["rejected_kw"])[1:] - stored - under_way
    yield physics(
        "energy_residual", "Largest heat-balance residual", "열수지 최대 잔차",
        np.max(np.abs(residual) / heat[1:]), 0.0, 1e-6, "share of heat", CONSERVED,
    )  # fmt: skip
    parts = ("it_kw", "ups_kw", "pdu_kw", "hall_fan_kw", "water_pump_kw", "tower_pump_kw", "tower_fan_kw",
             "chiller_kw")  # fmt: skip
    total = sum(at[name] for name in parts) + p.light_kw
    yield physics(
        "power_sum", "Facility power less its parts", "시설 전력과 부분 합의 차",
        np.max(np.abs(total - at["facility_kw"])), 0.0, 1e-6, "kW", CONSERVED,
    )  # fmt: skip
    yield physics(
        "pue_minimum", "Lowest PUE", "최저 PUE", (at["facility_kw"] / at["it_kw"]).min(), 1.0, np.inf,
        "ratio", "definition of PUE",
    )  # fmt: skip
    finite = float(np.isfinite(world.truth).all() and np.isfinite(world.drive).all())
    yield physics("finite", "All values finite", "모든 값이 유한", finite, 1.0, 1.0, "yes/no", "arithmetic")


def at_rest(plant: Plant, drive: Array, targets: Array) -> dict[str, Array]:
    """The plant at rest under rows of utilisation, wet bulb, dry bulb and of set-points."""
    from data_synth.plant_lanes import steady_state

    quiet = np.zeros((len(drive), 3))
    return plant_columns(steady_state(plant, np.column_stack([drive, quiet]), targets))


def _vary(plant: Plant, column: int, values: Array, base: tuple[float, ...]) -> dict[str, Array]:
    """Vary one of (utilisation, wet bulb, dry bulb, set-point, towers, pump)."""
    rows = np.tile((*MILD, *REST), (len(values), 1))
    rows[:, :6] = base
    rows[:, column] = values
    return at_rest(plant, rows[:, :3], rows[:, 3:])


def _least_step(values: Array) -> float:
    return float(np.diff(values).min())


def monotonicities(plant: Plant) -> Iterator[Check]:
    """Signs that Gao (2014, section 5) reports and physics explains."""
    base = (*MILD, *REST)
    gao = "Gao (2014), sensitivity figures"

    def pue(at: dict[str, Array]) -> Array:
        return at["facility_kw"] / at["it_kw"]

    wet = np.linspace(4.0, 26.0, 34)
    rows = np.tile(base, (len(wet), 1))
    rows[:, 1], rows[:, 2] = wet, wet + 4.0
    warmer = at_rest(plant, rows[:, :3], rows[:, 3:])
    # One chiller more lets all of them run at a better part load, so power may fall where it starts.
    alike = np.diff(warmer["chillers"]) == 0.0
    yield physics(
        "pue_wet_bulb", "PUE falls nowhere as wet bulb rises, equal chillers on",
        "냉동기 대수가 같으면 습구 온도가 올라도 PUE가 줄지 않음",
        np.diff(pue(warmer))[alike].min(), 0.0, np.inf, "PUE a step", gao,
    )  # fmt: skip
    yield physics(
        "pue_load", "PUE rises nowhere as load rises to 70 %", "부하 70%까지 PUE가 오르지 않음",
        -np.diff(pue(_vary(plant, 0, np.linspace(0, 0.45, 16), base))).max(), 0.0, np.inf, "PUE a step", gao,
    )  # fmt: skip
    fans = _vary(plant, 4, np.array([3.0, 6.0]), base)["tower_fan_kw"]
    yield physics(
        "towers_fans", "Fan power with twice the towers at equal duty", "냉각탑을 두 배로 할 때 팬 전력 비",
        fans[1] / fans[0], 0.0, 0.75, "ratio", "fan affinity laws; " + gao,
    )  # fmt: skip
    pumps = _vary(plant, 5, np.linspace(0.5, 1.0, 11), base)
    yield physics(
        "pump_delta_t", "Water rises less as pumps speed up", "펌프가 빨라지면 공정수 온도 상승이 줄어듦",
        -np.diff(pumps["delta_t"]).max(), 0.0, np.inf, "K a step", CONSERVED,
    )  # fmt: skip
    cold = _vary(plant, 3, np.linspace(18.0, 24.0, 7), base)
    # Servers take more power in warmer air, and what the air is above the water grows with that heat.
    above = (cold["air"] - cold["lwt"])[0] * cold["delta_t"] / cold["delta_t"][0]
    yield physics(
        "aisle_follows", "Cold aisle less what heat adds follows the set-point",
        "서버 열이 더하는 몫을 빼면 찬 통로 온도가 설정값을 따름",
        _least_step(cold["air"] - above), 0.9, 1.1, "K a K", CONSERVED,
    )  # fmt: skip
    yield physics(
        "free_cooling", "Chiller power where towers suffice", "냉각탑으로 충분할 때 냉동기 전력",
        np.max(cold["chiller_kw"][cold["lwt"] <= cold["lwt_setpoint"] + 1e-9]), 0.0, 0.0, "kW", CONSERVED,
    )  # fmt: skip
    more = _vary(plant, 0, np.array([0.55, 0.5502]), base)
    marginal = np.diff(more["facility_kw"])[0] / np.diff(more["it_kw"])[0]
    yield physics(
        "marginal_kw", "Facility power of one more kW of IT", "IT 1 kW 증가에 따른 시설 전력",
        marginal, 1.0, 1.5, "kW/kW", "losses and cooling of the added load",
    )  # fmt: skip


def laws(plant: Plant) -> Iterator[Check]:
    """Cube laws, Carnot, and the shape of the curves."""
    from data_synth.plant_physics import EIR, PART_LOAD, biquadratic, tower_fan_share, york

    base = (*MILD, *REST)
    pumps = _vary(plant, 5, np.array([0.5, 1.0]), base)["water_pump_kw"]
    yield physics(
        "pump_cube", "Pump power at twice the speed", "속도 두 배일 때 펌프 전력 비", pumps[1] / pumps[0],
        7.9, 8.1, "ratio", "affinity laws: the cube of speed",
    )  # fmt: skip
    fan = [float(tower_fan_share(x)) for x in (0.5, 1.0)]
    yield physics(
        "fan_cube", "Tower-fan power at twice the air flow", "풍량 두 배일 때 냉각탑 팬 전력 비",
        fan[1] / fan[0], 7.0, 9.0, "ratio", "affinity laws; EnergyPlus curve",
    )  # fmt: skip
    yield physics(
        "fan_rated", "Tower-fan curve at rated flow", "정격 풍량에서 팬 곡선", fan[1], 0.999, 1.001, "ratio",
        "EnergyPlus default curve",
    )  # fmt: skip
    yield physics(
        "york_design", "Tower approach at its design point", "설계점의 냉각탑 접근 온도차",
        float(sum(york(25.56, 5.56))), 3.8, 3.95, "K", "EnergyPlus: 3.89 K at 25.56 C, range 5.56 K, LG 1",
    )  # fmt: skip
    supply, condenser = np.meshgrid(np.linspace(8.0, 20.0, 7), np.linspace(22.0, 32.0, 6), indexing="ij")
    half = PART_LOAD[0] + PART_LOAD[1] * 0.5 + PART_LOAD[2] * 0.25
    cop = plant.chiller_cop * 0.5 / half / biquadratic(EIR, supply, condenser)
    # Carnot between leaving chilled water and condenser water that leaves 5 K warmer than it enters.
    carnot = (supply + 273.15) / (condenser + 5.0 - supply)
    yield physics(
        "cop_carnot", "Chiller COP at half load over Carnot's", "카르노 대비 냉동기 성능계수",
        np.max(cop / carnot), 0.1, 0.9, "share", "second law",
    )  # fmt: skip
    yield physics(
        "cop_condenser", "COP falls as the condenser warms", "응축수 온도가 오르면 성능계수 하락",
        -np.diff(cop, axis=1).max(), 0.0, np.inf, "COP a step", "second law",
    )  # fmt: skip
    yield physics(
        "cop_supply", "COP rises as chilled water warms", "냉수 온도가 오르면 성능계수 상승",
        np.diff(cop, axis=0).min(), 0.0, np.inf, "COP a step", "second law",
    )  # fmt: skip
    x = np.array([0.25, 0.5, 0.75])
    share = (plant.ups_constant + plant.ups_linear * x + plant.ups_square * x * x) / x
    yield physics(
        "ups_efficiency", "UPS efficiency rises, then flattens", "UPS 효율은 오르다가 완만해짐",
        -np.diff(share).max(), 0.0, 0.1, "share a step", "no-load and square-law losses",
    )  # fmt: skip


def published(world: DataCenter) -> Iterator[Check]:
    """Statistics of the world beside published ones."""
    at, climate = plant_columns(world.truth), CLIMATES[world.settings.climate]
    pue = at["facility_kw"] / at["it_kw"]
    gao = "Gao (2014), figure 3: 1.06 to 1.18 over most of the year"
    yield realism("pue_median", "Median PUE under the operator", "운전 기록의 PUE 중앙값",
                  np.median(pue), 1.06, 1.18, "ratio", gao)  # fmt: skip
    yield realism("pue_inside", "Share of the log inside Gao's figure", "가오 그림 범위 안의 비율",
                  np.mean((pue > 1.06) & (pue < 1.18)), 0.75, 1.0, "share", gao)  # fmt: skip
    rise = _vary(world.plant, 3, np.array([18.0, 25.0]), (*MILD, *REST))
    slope = 100 * (rise["it_kw"][1] / rise["it_kw"][0] - 1) / (rise["air"][1] - rise["air"][0])
    yield realism("server_slope", "Server power per K, 23 to 30 C", "온도 1도당 서버 전력 증가율",
                  slope, 0.35, 0.5, "%/K", "Coroama (2025): 0.35-0.5 %/K at 23-30 C")  # fmt: skip
    on = at["chiller_kw"] > 0
    if on.any():
        yield realism("chiller_share", "Chiller power over IT when on", "가동 시 냉동기/IT 전력",
                      (at["chiller_kw"][on] / at["it_kw"][on]).mean(), 0.005, 0.2, "share",
                      "COP 5-12 of water-cooled plants")  # fmt: skip
    quiet = np.abs(np.diff(world.log["pue"][: 30 * STEPS_PER_DAY])).mean()
    yield realism("five_minutes", "Change of metered PUE in five minutes", "5분간 계측 PUE 변화",
                  quiet, 0.0, 0.02, "PUE", "assumed: readings vary smoothly")  # fmt: skip
    if world.settings.warming == 0.0:
        day = world.weather.hours / 24 % 365
        for name, normal, months in (
            ("august", climate.summer, (212, 243)),
            ("january", climate.winter, (0, 31)),
        ):
            inside = (day >= months[0]) & (day < months[1])
            yield realism(f"mean_{name}", f"Mean of {name.title()}", f"{_MONTH[name]} 평균 기온",
                          world.weather.dry_bulb[inside].mean(), normal - 3.0, normal + 3.0, "C",
                          climate.source)  # fmt: skip
        yield realism("wet_bulb_max", "Highest wet bulb", "최고 습구 온도",
                      world.weather.wet_bulb.max(), climate.wet_bulb_max - 6.0,
                      climate.wet_bulb_max + 1.5, "C", climate.source)  # fmt: skip
    over = np.mean(at["delta_t"] > DELTA_T_MAX + 2.0)
    yield realism("delta_t", "Time with water rising over 14 K", "공정수 14 K 초과 시간 비율",
                  over, 0.0, 0.01, "share", "assumed: operators do not starve the loop")  # fmt: skip


_MONTH = {"august": "8월", "january": "1월"}
