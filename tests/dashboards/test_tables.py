"""Numbers that a page offers as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.store.runs import Store
from dashboards import tables


def test_csv_opens_in_a_korean_spreadsheet(kept: Path) -> None:
    store = Store(kept)
    data = tables.csv(tables.kpi_numbers(store.open(store.manifests()[-1].id)))
    assert data.startswith(b"\xef\xbb\xbf")
    head, *rows = data.decode("utf-8-sig").split("\r\n")
    assert head.startswith("contender,role,kpi,unit,better,seeds,mean,ci_low,ci_high,difference_mean")
    assert len(rows) == 5 * 3 + 1
    assert tables.csv({"a": np.array(["가"])}).decode("utf-8-sig") == "a\r\n가\r\n"
