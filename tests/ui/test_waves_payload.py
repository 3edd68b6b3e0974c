"""What the browser is sent of records of earthquakes, and what is read of their files."""

from __future__ import annotations

import base64
from types import SimpleNamespace

import numpy as np
import pytest

from opcviz.ui.charts.forgetting import Degree, degree_figure, residual_figure
from opcviz.ui.charts.waves_component import (
    Errors,
    Place,
    Trace,
    errors_payload,
    records_payload,
    section_payload,
)
from opcviz.ui.charts.waves_component.payload import CELLS, packed
from opcviz.ui.reading.seismograms import Asked, Made, asked_from, made_by
from opcviz.ui.sections.waveforms.made import first_of

RECORDS = np.array([[0.0, 1.0, -4.0, 0.01], [0.0, np.nan, 0.5, -0.5]])
STATIONS = np.array([[5.0, 5.0], [50.0, 55.0]])
SOURCES = np.array([[10.0, 20.0], [40.0, 20.0]])
PLACE = Place(SOURCES, STATIONS, np.array([False, True]), ("one", "two"), STATIONS)
TIMES = np.array([1.0, 2.0])


def unpacked(text, shape):
    roots = np.frombuffer(base64.b64decode(text), np.int8).reshape(shape) / 127
    return np.sign(roots) * roots**2


def test_a_record_is_sent_as_shares_of_its_peak_the_weak_ones_too():
    text, peaks = packed(RECORDS)
    assert peaks == [4.0, 0.5]
    found = unpacked(text, RECORDS.shape) * np.array(peaks)[:, None]
    assert found == pytest.approx(np.nan_to_num(RECORDS), abs=0.02)
    assert found[0, 3] == pytest.approx(0.01, rel=0.2), "52 dB below the peak"


def test_records_stand_with_their_makers_and_conditions():
    made = Trace("A", "#123456", 2 * RECORDS, ("first", "second"))
    sent = records_payload(
        [Trace("Simulated", "", RECORDS), made, Trace("B", "", reason="none were kept")],
        PLACE,
        p=TIMES,
        s=2 * TIMES,
        rate=20.0,
        onset=2.0,
        at=1,
    )
    assert [each["peaks"] for each in sent["tracks"]] == [[4.0, 0.5], [8.0, 1.0], []]
    assert (sent["tracks"][1]["told"], sent["tracks"][2]["reason"]) == (
        ["first", "second"],
        "none were kept",
    )
    assert (sent["s"], sent["forgotten"], sent["at"]) == ([2.0, 4.0], [False, True], 1)
    west, east, south, north = sent["extent"]
    assert (west, south) == (0, 0)
    assert east == north >= 55
    with pytest.raises(ValueError, match="not as many"):
        records_payload([made], PLACE, p=TIMES[:1], s=TIMES, rate=20.0, onset=2.0)
    other = Trace("B", "", RECORDS[:, :2])
    with pytest.raises(ValueError, match="one shape"):
        records_payload([made, other], PLACE, p=TIMES, s=TIMES, rate=20.0, onset=2.0)
    with pytest.raises(ValueError, match="2 records but 3 distances"):
        section_payload([("one", [made], np.arange(3), None, None)], rate=20.0, onset=2.0)


def test_a_cell_of_a_map_has_the_mean_error_of_its_earthquakes():
    sources = np.array([[1.0, 1.0], [2.0, 2.0], [59.0, 59.0]])
    values = np.array([1.0, 2.0, np.nan])
    maps = [Errors("A", "#123456", values), Errors("B", "", reason="no map")]
    sent = errors_payload(maps, sources, stations=STATIONS, most=3)
    assert sent["extent"] == [0, 60, 0, 60]
    cells = sent["maps"][0]["cells"]
    assert len(cells) == CELLS**2
    assert cells[0] == 1.5
    assert cells[-1] is None, "the arrival was not found"
    assert (sent["records"][0], sent["records"][-1], sum(sent["records"])) == (2, 1, 3)
    assert (sent["maps"][1]["cells"], sent["maps"][1]["reason"]) == ([], "no map")
    with pytest.raises(ValueError, match="2 values, not 3"):
        errors_payload([Errors("A", "", values[:2])], sources, stations=STATIONS, most=3)


def test_bars_and_marks_are_of_their_model_and_what_means_nothing_is_left_out():
    bars = {"A": {"peak": -0.1, "response": 0.2}, "B": {"peak": float("nan"), "response": 0.0}}
    colors = {"A": "#111111", "B": "#222222"}
    figure = residual_figure(bars, colors=colors, reach=0.3, y_title="residual")
    assert [(t.name, t.marker.color, *t.y) for t in figure.data] == [
        ("A", "#111111", -0.1, 0.2),
        ("B", "#222222", None, 0.0),
    ]
    known, none = Degree(1.5, 1.0, 2.5, "F 1.50"), Degree(None, None, None, "no F")
    one, other = degree_figure({"A": {"S": known, "P": none}, "B": {"S": none}}, colors=colors).data
    assert (*one.x, *one.error_x.array, *one.error_x.arrayminus) == (1.5, 1.0, 0.5)
    assert one.customdata == ("F 1.50",)
    assert not other.x


def stored():
    """The arrays of two records measured, one of them kept, at two stations."""
    return {
        "conditions": np.zeros((2, 6), np.float32),
        "forgotten": np.array([True, False]),
        "p": TIMES,
        "s": TIMES,
        "shown": np.array([1]),
        "held_out": np.zeros((1, 4), np.float16),
        "section_conditions": np.zeros((2, 2, 6), np.float32),
        "section_p": np.zeros((2, 2)),
        "section_s": np.zeros((2, 3)),
        "stations": STATIONS,
        "rate": np.array(20.0),
        "onset": np.array(2.0),
    }


@pytest.mark.parametrize("box", [(0.0, 100.0, 0.0, 100.0), None])
def test_the_first_record_lies_well_inside_and_errs_as_models_usually_do(box):
    arrays = stored() | {
        "conditions": np.array([[50, 50], [2, 50], [50, 50], [50, 50]]) @ np.eye(2, 6),
        "forgotten": np.array([True, True, True, False]),
        "shown": np.arange(4),
        "held_out": np.zeros((4, 4)),
        "p": np.zeros(4),
        "s": np.zeros(4),
    }
    asked = asked_from(arrays, simulated=True, box=box)
    shifts = np.array([[0.2, -1.1, 1.5, 1.0], [np.nan, 2, -2.6, 2]])
    made = [Made(np.zeros(0), np.zeros(0), each, each) for each in shifts]
    assert first_of(asked, made) == (2 if box else 1)
    assert first_of(asked, []) == 0


def test_what_does_not_fit_is_as_missing():
    asked = asked_from(stored(), simulated=True, box=None)
    assert isinstance(asked, Asked)
    assert (asked.rate, asked.truth, asked.section_s, asked.section_held_out) == (
        20.0,
        "Simulated",
        None,
        None,
    )
    assert asked.section_p is not None
    for name, wrong in (
        ("shown", np.array([2])),
        ("p", np.zeros(3)),
        ("conditions", np.zeros((2, 5))),
        ("section_conditions", np.zeros((1, 2, 6))),
    ):
        assert asked_from({**stored(), name: wrong}, simulated=True, box=None) is None, name
    arrays = {
        "made": np.ones((1, 4)),
        "section": np.zeros((2, 2, 4)),
        "p_shift": TIMES,
        "s_shift": TIMES,
    }
    column = SimpleNamespace(arrays=lambda kind, name: arrays)
    assert made_by(column, asked).records.tolist() == [[1, 1, 1, 1]]
    arrays["s_shift"] = np.zeros(3)
    assert made_by(column, asked) is None
