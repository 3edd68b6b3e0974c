"""One line a model: its numbers, its colour, its name at the end; nothing else is drawn."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opcviz.results import RocCurve
from opcviz.ui.charts.curves import Roc, roc_figure
from opcviz.ui.charts.lines import LINE_COLOURS, colours, lines_figure
from opcviz.ui.charts.theme import BACKGROUND

AXES = {"x_title": "x", "y_title": "y"}


def names(figure) -> dict[str, float]:
    return {n.text.rpartition("</span> ")[2]: n.y for n in figure.layout.annotations}


def contrast(a: str, b: str) -> float:
    def luminance(color):
        channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("background", BACKGROUND.values())
def test_every_line_reads_on_both_backgrounds(background):
    assert all(contrast(color, background) >= 3 for color in LINE_COLOURS)


values = st.lists(st.none() | st.floats(0, 100) | st.just(float("nan")), max_size=6)


@pytest.mark.slow
@given(st.dictionaries(st.text("abcdef", min_size=1), values, max_size=6))
def test_lines_carry_their_numbers_and_names(curves):
    figure = lines_figure({k: (range(len(v)), v) for k, v in curves.items()}, **AXES)
    drawn = {line.name: list(line.y) for line in figure.data}
    assert drawn == {k: [x if x == x else None for x in v] for k, v in curves.items()}
    known = {k for k, v in drawn.items() if any(x is not None for x in v)}
    assert set(names(figure)) == known


def test_a_model_keeps_its_colour_where_another_is_missing():
    paint = colours(["a", "b", "c"])
    figure = lines_figure({"c": ([0], [1.0])}, colors=paint, **AXES)
    assert figure.data[0].line.color == LINE_COLOURS[2]
    (name,) = figure.layout.annotations
    assert name.text == f'<span style="color:{LINE_COLOURS[2]}">●</span> c'
    assert name.font.color is None, "letters in the colour of a line are too pale to read"


def test_the_reference_is_dashed_and_named():
    figure = lines_figure({}, reference=33.0, reference_label="constant", **AXES)
    assert names(figure) == {"constant": pytest.approx(33.0)}
    assert figure.layout.shapes[0].line.dash == "dash"
    assert not lines_figure({}, reference=None, **AXES).layout.shapes


def test_long_names_have_room():
    short, long = (lines_figure({n: ([0], [1])}, **AXES) for n in ("a", "Random labels · seed 0"))
    assert long.layout.margin.r > short.layout.margin.r


def test_a_line_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="y: 'a' has 1 numbers, not 2"):
        lines_figure({"a": ([0, 1], [5.0])}, **AXES)


ROC = {
    "good": Roc(0.9, RocCurve((0, 0, 0.01, 1), (0, 0.4, 0.5, 1))),
    "blind": Roc(0.5, RocCurve((0, 0.01, 1), (0, 0, 1))),
}


def test_roc_is_drawn_in_percent_on_log_axes_without_its_zeros():
    figure = roc_figure(ROC)
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"
    good, blind, diagonal = figure.data
    assert (list(good.x), list(good.y)) == ([1, 100], [50, 100])
    assert (list(blind.x), list(blind.y)) == ([100], [100])
    assert list(diagonal.x) == list(diagonal.y) == [0.1, 100]
    places = names(figure)
    assert set(places) == {"good: 0.90", "blind: 0.50"}
    assert 0 <= places["blind: 0.50"] < places["good: 0.90"] <= 1  # by AUC, in parts of the axis


def test_a_roc_without_a_point_to_draw_does_not_break():
    figure = roc_figure({"none": Roc(0.5, RocCurve((0, 0), (0, 1)))})
    assert list(figure.data[0].x or []) == []


def test_roc_fits_both_themes():
    layout = json.loads(roc_figure(ROC).to_json())["layout"]
    assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == "rgba(0,0,0,0)"
    assert "color" not in layout.get("font", {})
