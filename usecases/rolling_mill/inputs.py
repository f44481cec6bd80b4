"""What learners make of a coil's columns."""

from __future__ import annotations

import numpy as np

from core.protocol import Array, Table
from data_synth.mill_constants import GRADES, RADIUS_MM, STANDS
from usecases.rolling_mill.schema import stands

_COIL = (
    "c_pct", "mn_pct", "si_pct", "nb_pct", "ti_pct", "width_mm", "bar_mm", "speed_ms", "rougher_c", "entry_c",
    "delay_s", "residence_min", "water_c",
)  # fmt: skip


def coil_columns(table: Table) -> Array:
    """What is said of a whole coil, ``(rows, 13)``."""
    return np.stack([table[name] for name in _COIL], axis=1)


def grade_columns(table: Table) -> Array:
    """One column a grade, ``(rows, grades)``."""
    return np.asarray(table["grade"][:, None] == np.arange(len(GRADES)), dtype=float)


def pass_geometry(table: Table) -> Array:
    """Strain, contact length (mm) and strain rate (1/s) of each pass, ``(rows, 7, 3)``: a specialist's.

    All logarithms, because force is nearly a product of powers of them.
    """
    plan = stands(table, "plan_mm")
    entry = np.concatenate([table["bar_mm"][:, None], plan[:, :-1]], axis=1)
    strain = np.log(entry / plan)
    length = np.sqrt(RADIUS_MM * (entry - plan))
    flow = table["speed_ms"] * plan[:, -1]
    rate = 1000.0 * strain * flow[:, None] / (plan * length)
    return np.asarray(np.log(np.stack([strain, length, rate], axis=-1)))


def _physics(table: Table) -> Array:
    """The plant's model as inputs, ``(rows, 7, 2)``: strip temperature in C, logarithm of force per width."""
    per_width = np.log(stands(table, "model_plan_mn") / table["width_mm"][:, None])
    return np.stack([stands(table, "model_plan_c"), per_width], axis=-1)


def net_inputs(table: Table, *, ratio: bool, engineered: bool) -> Array:
    """One row a coil, ``(rows, features)``; a net with an output a stand sees all stands at once."""
    rows = len(table["grade"])
    parts = [
        coil_columns(table),
        grade_columns(table),
        np.log(stands(table, "plan_mm")),
        stands(table, "roll_t"),
    ]
    if engineered:
        parts.append(pass_geometry(table).reshape(rows, -1))
    if ratio:
        parts.append(_physics(table).reshape(rows, -1))
    return np.concatenate(parts, axis=1)


def tree_inputs(table: Table, *, ratio: bool, engineered: bool) -> Array:
    """One row a pass, ``(rows * 7, features)``, with the number of the stand."""
    rows = len(table["grade"])
    plan = stands(table, "plan_mm")
    entry = np.concatenate([table["bar_mm"][:, None], plan[:, :-1]], axis=1)
    of_coil = np.concatenate([coil_columns(table), table["grade"][:, None]], axis=1)
    stand = np.broadcast_to(np.arange(STANDS, dtype=float), (rows, STANDS))
    parts = [
        np.repeat(of_coil[:, None], STANDS, axis=1),
        np.stack([stand, entry, plan, stands(table, "roll_t")], axis=-1),
    ]
    if engineered:
        parts.append(pass_geometry(table))
    if ratio:
        parts.append(_physics(table))
    return np.concatenate(parts, axis=-1).reshape(rows * STANDS, -1)
