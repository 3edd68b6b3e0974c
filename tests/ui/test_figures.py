import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opcviz.ui.charts.bands import Band
from opcviz.ui.charts.drawing import spread_labels
from opcviz.ui.charts.figures import chart_config, recovery_figure, ridge_figure

numbers = st.lists(st.floats(0, 100), max_size=8)


@given(numbers)
def test_labels_never_touch_and_keep_their_order(values):
    places = spread_labels(values, 10, 0, 102)
    order = sorted(range(len(values)), key=values.__getitem__)
    ranked = [places[i] for i in order]
    assert all(b - a >= 10 - 1e-9 for a, b in itertools.pairwise(ranked))
    assert all(0 <= p <= 102 + 1e-9 for p in places)


@given(st.floats(5, 45), st.floats(60, 95))
def test_labels_with_room_stay_at_their_lines(a, b):
    assert spread_labels([b, a], 10, 0, 102) == pytest.approx([b, a])


def texts(figure):
    return [a.text for a in figure.layout.annotations]


def test_recovery_bars_and_references():
    figure = recovery_figure(
        {"before": 0.0, "FM": 33.3, "HR": 34.0},
        constant=33.3,
        floor=52.0,
        retrained={"before": Band(0.0, 0.0, 1), "FM": Band(90.0, 94.0, 3)},
        intervals={"before": (0.0, 0.9), "FM": (29.1, 38.0), "HR": None},
    )
    whiskers = figure.data[0].error_y
    assert list(whiskers.array) == pytest.approx([0.9, 4.7, 0.0])
    assert list(whiskers.arrayminus) == pytest.approx([0.0, 4.2, 0.0])
    assert figure.data[0].customdata[1] == (
        "after FM: 33.3 %, 95 %: 29.1 to 38.0; 3 retrained models 90.0 to 94.0 %"
    )
    assert list(figure.data[1].y) == [0.9, 38.0, 34.0], "numbers stand above the whiskers"
    assert list(figure.data[0].y) == [0.0, 33.3, 34.0]
    lines = [(s.y0, s.line.dash) for s in figure.layout.shapes if s.type == "line"]
    assert lines == [(33.3, "dash"), (52.0, "dot")]
    bands = [(s.x0, s.x1, s.y0, s.y1) for s in figure.layout.shapes if s.type == "rect"]
    assert bands == [(-0.45, 0.45, 0.0, 0.0), (0.55, 1.45, 90.0, 94.0)]
    assert texts(figure) == ["constant", "pixels", "(3 seeds)", "retrained"]
    assert figure.layout.yaxis.title.text == "forget accuracy (%)"
    assert figure.layout.yaxis.range == (0, 108)
    assert figure.layout.height == 190


def test_an_accuracy_on_what_was_fitted_on_says_so():
    figure = recovery_figure({"before": 0.0, "FM": 33.3}, in_sample=True)
    assert figure.layout.yaxis.title.text == "in-sample accuracy (%)"


def test_recovery_without_numbers_gives_the_reason():
    figure = recovery_figure(
        {"before": None, "FM": float("nan"), "HR": None}, reason="diverged at step 120"
    )
    assert list(figure.data[0].y) == [None, None, None]
    assert texts(figure) == ["diverged at step 120"]


def test_ridge_zero_has_a_place_on_the_log_axis():
    figure = ridge_figure(
        [0, 0.1, 10],
        {"OPC": [33.3, 33.3, None]},
        constant=33.3,
        chosen=0,
        colors={"OPC": "#123456"},
    )
    assert list(figure.data[0].x) == [pytest.approx(0.01), 0.1, 10]
    assert figure.data[0].line.color == "#123456"
    axis = figure.layout.xaxis
    assert dict(zip(axis.ticktext, axis.tickvals, strict=True))["0"] == pytest.approx(0.01)


def test_ridge_curve_of_another_length_is_refused():
    with pytest.raises(ValueError, match="'OPC' has 2 numbers, not 3"):
        ridge_figure([0, 1, 2], {"OPC": [1.0, 2.0]})


@pytest.mark.parametrize(
    "figure",
    [
        recovery_figure({"before": 1.0, "FM": None, "HR": 3.0}),
        ridge_figure([0, 1], {"a": [1.0, 2.0]}),
    ],
)
def test_figures_fit_both_themes(figure):
    layout = json.loads(figure.to_json())["layout"]
    assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == "rgba(0,0,0,0)"
    assert "color" not in layout.get("font", {})


def test_the_one_button_saves_svg():
    config = chart_config("recovery-opc")
    assert config["modeBarButtons"] == [["toImage"]]
    assert config["toImageButtonOptions"] == {"format": "svg", "filename": "recovery-opc"}
