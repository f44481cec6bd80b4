"""Training from Parquet: every row once a pass, any step on its own, bounded pools."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow.parquet import write_table

from core.learn import DeepClassifier, DeepRegressor, Training
from core.learn.training import stream

ROWS, GROUP = 6_000, 500


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((ROWS, 3))
    frame = pd.DataFrame(x, columns=["a", "b", "c"])
    frame["grade"] = rng.choice(["low", "mid", "high"], ROWS)
    frame["number"] = np.arange(ROWS, dtype=float)
    frame["y"] = np.sin(2 * frame["a"]) + (frame["grade"] == "high") + 0.1 * rng.standard_normal(ROWS)
    frame["good"] = np.where(frame["y"] > 0.5, "yes", "no")
    path = tmp_path_factory.mktemp("data") / "rows.parquet"
    write_table(pa.Table.from_pandas(frame), path, row_group_size=GROUP)
    return path


def source(file, **change) -> stream.ParquetRows:
    return stream.ParquetRows(
        file, range(12), lambda frame: {"n": frame["number"].to_numpy()},
        **{"columns": ["number"], "batch": 100, "seeds": (3,), "pool": 1_600, **change},
    )  # fmt: skip


def test_a_pass_meets_every_row_once(file):
    rows = source(file)
    steps = rows._steps_of(0)
    assert steps == ROWS // 100
    first = np.concatenate([rows.at(step)["n"].numpy().ravel() for step in range(steps)])
    second = np.concatenate([rows.at(steps + step)["n"].numpy().ravel() for step in range(steps)])
    assert sorted(first) == sorted(second) == list(range(ROWS))
    assert not np.array_equal(first, second)


def test_any_step_can_be_asked_for(file):
    along = source(file)
    seen = {step: along.at(step)["n"].numpy() for step in range(70)}
    for step in (65, 3, 41):
        np.testing.assert_array_equal(source(file).at(step)["n"].numpy(), seen[step])


def test_no_pool_is_larger_than_asked(file):
    rows = source(file)
    pools = list(rows._pools(0))
    assert max(map(len, pools)) == 3, "1,600 rows are three groups of 500"
    assert sorted(group for pool in pools for group in pool) == list(range(12))


def test_learning_from_a_file_is_as_good_as_from_memory(file):
    frame = pd.read_parquet(file)
    inputs = ["a", "b", "c", "grade"]
    settings = {"widths": (32, 32), "members": 2, "steps": 400, "batch": 128, "learning_rate": 5e-3}
    late = frame[-500:]
    by_file = DeepRegressor(**settings).fit_parquet(file, "y", columns=inputs)
    in_memory = DeepRegressor(**settings, training=Training(by_time=True)).fit(
        frame[:-500][inputs], frame["y"][:-500]
    )
    scores = [m.score(late[inputs], late["y"]) for m in (by_file, in_memory)]
    assert scores[0] == pytest.approx(scores[1], abs=0.02)
    assert scores[0] > 0.9
    classes = DeepClassifier(**settings).fit_parquet(file, "good", columns=inputs)
    assert classes.score(late[inputs], late["good"]) > 0.9


def test_a_resumed_stream_ends_at_the_same_weights(file, tmp_path):
    def fit(steps_before_the_end, folder):
        def stop(step, *_):
            if step >= steps_before_the_end:
                raise KeyboardInterrupt

        how = Training(checkpoint=folder, checkpoint_every=50, progress=stop)
        return DeepRegressor(widths=(16,), members=1, steps=200, batch=128, training=how).fit_parquet(
            file, "y", columns=["a", "grade"]
        )

    with pytest.raises(KeyboardInterrupt):
        fit(110, tmp_path / "kept")
    resumed, whole = fit(999, tmp_path / "kept"), fit(999, tmp_path / "other")
    for name, values in whole.model_.model.weights.items():
        np.testing.assert_array_equal(values, resumed.model_.model.weights[name])


def test_mistakes_are_told(file, tmp_path):
    with pytest.raises(ValueError, match=r"'price' is not in rows\.parquet"):
        DeepRegressor().fit_parquet(file, "price")
    with pytest.raises(ValueError, match="give fewer"):
        source(file, batch=2_000)
    single = tmp_path / "single.parquet"
    pd.DataFrame({"a": [1.0, 2.0], "y": [1.0, 2.0]}).to_parquet(single)
    with pytest.raises(ValueError, match="single row group"):
        DeepRegressor().fit_parquet(single, "y")
