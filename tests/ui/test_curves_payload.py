"""What the live curves are told to draw: all that was measured, nothing that JSON cannot say."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opcviz.ui.charts.curves_component import CURVES
from opcviz.ui.charts.curves_component.payload import MAX_POINTS, build_payload, nice_ticks

HISTORY = [
    {"epoch": 0, "forget_accuracy": 100.0, "fm_accuracy": 100.0, "norm_ratio": 1.0},
    {"epoch": 1, "forget_accuracy": 4.0, "fm_accuracy": None, "norm_ratio": 0.0},
]


def lines(payload):
    return {line["label"]: line["y"] for chart in payload["charts"] for line in chart["lines"]}


def test_lines_hold_what_was_measured_and_no_more():
    payload = build_payload(HISTORY, epochs=10)
    assert lines(payload) == {
        "norm ratio": [1.0, None],  # exactly 0 has no place on a log axis
        "forget": [100.0, 4.0],
        "FM, all data": [100.0, None],
    }
    assert (payload["epochs"], payload["reach"]) == (2, 10)
    assert [chart["log"] for chart in payload["charts"]] == [False, True, False]
    assert [end["label"] for end in payload["charts"][-1]["ends"]] == ["forget", "FM, all data"]


def test_losses_come_at_steps_and_thinning_keeps_the_newest():
    payload = build_payload([], losses=[(0.25, 2.0), (0.5, None), (0.75, 1.0)])
    assert lines(payload) == {"loss": [2.0, None, 1.0]}
    many = [(i / 100, float(i)) for i in range(12_345)]
    drawn = lines(build_payload([], losses=many))["loss"]
    assert MAX_POINTS / 2 <= len(drawn) <= MAX_POINTS
    assert drawn[-1] == 12_344.0


def test_before_the_first_epoch_there_are_frames():
    payload = build_payload([], epochs=20)
    assert len(payload["charts"]) == 3
    assert payload["epochs"] == 0
    assert payload["ticks"][-1] == 20
    assert not lines(payload)


def test_every_known_number_has_its_own_label():
    labels = [curve.label for curve in CURVES.values()]
    assert len(set(labels)) == len(labels)


anything = st.none() | st.floats()
rows = st.lists(st.fixed_dictionaries(dict.fromkeys(CURVES, anything)), max_size=12)


@pytest.mark.slow
@given(rows, st.lists(st.tuples(st.floats(0, 30), anything), max_size=12))
def test_whatever_a_run_reports_can_be_drawn(history, losses):
    history = [{"epoch": i, **row} for i, row in enumerate(history)]
    payload = build_payload(history, losses=losses)
    json.dumps(payload, allow_nan=False)
    for chart in payload["charts"]:
        low, high = chart["range"]
        assert low < high
        assert 2 <= len(chart["ticks"]) <= 8
        ends = sorted(end["y"] for end in chart["ends"])
        assert all(b - a > 7 for a, b in itertools.pairwise(ends))


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(2, 8))
def test_ticks_are_even_round_and_cover_the_range(low, length, most):
    ticks = nice_ticks(low, low + length, most)
    assert len(ticks) <= most + 2
    step = ticks[1] - ticks[0] if len(ticks) > 1 else length
    assert ticks[0] <= low + 1e-6 * max(step, abs(low))
    assert all(b - a == pytest.approx(step, rel=1e-3) for a, b in itertools.pairwise(ticks))


def test_epochs_are_whole():
    assert nice_ticks(0, 3, 5, whole=True) == [0, 1, 2, 3]
    assert nice_ticks(0, 20, 5, whole=True) == [0, 5, 10, 15, 20]
