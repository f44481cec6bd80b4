"""The mill line: recursion and simulation agree, and the laws of a line without overtaking hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_synth.mill_line import Line, Passage, pass_through, simulate

LINE = Line(furnace_places=60, soak_s=5400, travel_s=30, transfer_s=20, gap_s=10, clear_s=15)
CALM = {"due_s": 110.0, "rough_s": 80.0, "roll_s": 70.0, "planned_stop_s": 0.0, "stop_s": 0.0}


def same_for_all(slabs, **changed):
    return {name: np.full(slabs, value) for name, value in {**CALM, **changed}.items()}


def agree(line, slabs):
    fast, slow = pass_through(line, **slabs), simulate(line, **slabs)
    for name in Passage._fields:
        np.testing.assert_allclose(getattr(slow, name), getattr(fast, name), rtol=0, atol=1e-6, err_msg=name)
    return fast


def laws_hold(line, slabs, passage):
    """What must hold whatever the numbers, to rounding."""
    tiny = 1e-6
    for times in (passage.extracted, passage.rougher_exit, passage.entry, passage.done):
        assert (np.diff(times) >= -tiny).all(), "overtaking"
    assert (np.diff(passage.extracted) >= slabs["due_s"][1:] - tiny).all()
    assert (passage.residence >= line.soak_s - tiny).all()
    assert (passage.delay >= line.transfer_s - tiny).all()
    assert (passage.entry[1:] >= passage.done[:-1] + line.gap_s - tiny).all(), "two bars in the mill"
    on_table = np.maximum(passage.rougher_exit[1:], passage.entry[:-1] + line.clear_s)
    assert (passage.entry[1:] >= on_table + line.transfer_s - tiny).all(), "two bars on the table"
    places = int(line.furnace_places)
    charged = passage.extracted - passage.residence
    np.testing.assert_allclose(charged[:places], -line.soak_s, atol=tiny)
    np.testing.assert_allclose(charged[places:], passage.extracted[:-places], atol=tiny)


def draw_slabs(rng, count, *, due=(60, 130), rough=(60, 110), roll=(50, 110), planned=0.03, stops=0.03):
    def rare(share, low, high):
        return np.where(rng.random(count) < share, rng.uniform(low, high, count), 0.0)

    return {
        "due_s": rng.uniform(*due, count),
        "rough_s": rng.uniform(*rough, count),
        "roll_s": rng.uniform(*roll, count),
        "planned_stop_s": rare(planned, 300, 900),
        "stop_s": rare(stops, 30, 1800),
    }


@pytest.mark.parametrize(
    ("line", "how"),
    [
        (LINE, {}),
        (LINE, {"planned": 0.0, "stops": 0.0}),
        (LINE, {"due": (0, 20), "roll": (100, 200)}),  # the mill holds everything up
        (LINE, {"due": (0, 20), "rough": (150, 300)}),  # the rougher does
        (LINE._replace(furnace_places=40), {}),  # the furnace does
        (LINE._replace(clear_s=300), {}),  # the table does
        (LINE._replace(clear_s=0, gap_s=0, travel_s=400), {"planned": 0.5, "stops": 0.5}),
        (LINE._replace(furnace_places=1, soak_s=50), {"planned": 0.3, "stops": 0.3}),
    ],
)
def test_simulation_and_recursion_agree(line, how):
    for seed in range(3):
        slabs = draw_slabs(np.random.default_rng(seed), 600, **how)
        laws_hold(line, slabs, agree(line, slabs))


# Few round values, zero among them, so that ties and stops shorter than the way to the mill are common.
ROUND = st.sampled_from([0.0, 1.0, 2.0, 5.0, 10.0, 50.0])


@settings(max_examples=300, deadline=None)
@given(
    places=st.integers(1, 5),
    constants=st.tuples(*[ROUND] * 5),
    slabs=st.lists(st.tuples(*[ROUND] * 5), max_size=12),
)
def test_they_agree_on_ties_and_on_stops_too_short_to_foresee(places, constants, slabs):
    line = Line(places, *constants)
    columns = dict(zip(CALM, np.array(slabs).reshape(-1, 5).T, strict=True))
    laws_hold(line, columns, agree(line, columns))


def test_three_slabs_by_hand():
    # Two places: slab 2 is charged when slab 0 is drawn at 0, and soaked at 200. Slab 1 is due at 50, but
    # the rougher is busy from 10 to 70, so it is drawn at 60 and roughed until 110. Bar 0 enters at 75 and
    # is done at 105; a cobble keeps the mill until 105 + 4 + 100 = 209, so bar 1 waits 99 on the table and
    # is done at 239. The roll change lasts until 239 + 4 + 300 = 543: slab 2 is drawn 5 + 40 + 10 before.
    passage = pass_through(
        Line(furnace_places=2, soak_s=200, travel_s=10, transfer_s=5, gap_s=4, clear_s=8),
        due_s=[7, 50, 50],
        rough_s=[60, 40, 40],
        roll_s=[30, 30, 30],
        planned_stop_s=[0, 0, 300],
        stop_s=[0, 100, 0],
    )
    assert passage.extracted.tolist() == [0, 60, 488]
    assert passage.rougher_exit.tolist() == [70, 110, 538]
    assert passage.entry.tolist() == [75, 209, 543]
    assert passage.done.tolist() == [105, 239, 573]
    assert passage.residence.tolist() == [200, 260, 488]
    assert passage.delay.tolist() == [5, 99, 5]


def test_a_calm_line_delays_no_bar():
    passage = pass_through(LINE, **same_for_all(500))
    np.testing.assert_allclose(passage.delay, LINE.transfer_s)
    np.testing.assert_allclose(np.diff(passage.extracted), CALM["due_s"])


def test_an_unplanned_stop_delays_the_bar_and_blocks_the_one_behind():
    slabs = same_for_all(20)
    slabs["stop_s"][10] = 600.0
    passage = pass_through(LINE, **slabs)
    # Without the stop, bar 10 would come 30 s after the mill is ready for it.
    assert passage.delay[10] == LINE.transfer_s + 600.0 - (110.0 - 70.0 - 10.0)
    # The bar behind leaves the rougher only when the table is clear.
    assert passage.entry[11] == passage.entry[10] + CALM["roll_s"] + LINE.gap_s
    assert passage.rougher_exit[11] < passage.entry[10]
    assert passage.extracted[12] == passage.entry[10] + LINE.clear_s - LINE.travel_s


def test_a_planned_stop_holds_extraction_back_and_delays_no_bar():
    slabs = same_for_all(20)
    slabs["planned_stop_s"][10] = 600.0
    passage = pass_through(LINE, **slabs)
    np.testing.assert_allclose(passage.delay, LINE.transfer_s)
    assert passage.entry[10] == passage.done[9] + LINE.gap_s + 600.0
    assert passage.residence[10] > passage.residence[9] + 500.0


def test_no_slab_passes_without_complaint():
    nothing = {name: [] for name in CALM}
    for passage in (pass_through(LINE, **nothing), simulate(LINE, **nothing)):
        assert [len(times) for times in passage] == [0] * 6


@pytest.mark.parametrize("run", [pass_through, simulate])
@pytest.mark.parametrize(
    ("line", "changed", "words"),
    [
        ({"soak_s": -1.0}, {}, r"soak_s is -1\.0: .* at least 0"),
        ({"gap_s": np.nan}, {}, r"gap_s is nan: a finite number"),
        ({"furnace_places": 2.5}, {}, r"furnace_places is 2\.5: a whole number of at least 1"),
        ({"furnace_places": 0}, {}, r"furnace_places is 0: a whole number of at least 1"),
        ({}, {"rough_s": [1, np.inf, 1]}, r"rough_s\[1\] is inf: finite seconds"),
        ({}, {"stop_s": [1, 1, -3]}, r"stop_s\[2\] is -3\.0: .* at least 0"),
        ({}, {"roll_s": [1, 1]}, r"roll_s has shape \(2,\): .* \(3,\)"),
        ({}, {"due_s": 5.0}, r"due_s has shape \(\)"),
    ],
)
def test_impossible_input_is_named(run, line, changed, words):
    with pytest.raises(ValueError, match=words):
        run(LINE._replace(**line), **{**same_for_all(3), **changed})
