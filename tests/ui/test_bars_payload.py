import itertools
import json

import pytest

from opcviz.ui.charts.bands import Band
from opcviz.ui.charts.bars_component.payload import Bars, build_payload
from opcviz.ui.charts.figures import recovery_figure

FULL = {
    "forget_accuracy": {"before": 0.0, "FM": 33.3, "HR": 99.99},
    "intervals": {"before": (0.0, 0.9), "FM": (29.1, 38.0), "HR": None},
    "constant": 33.0,
    "floor": 52.0,
    "retrained": {"before": Band(0.0, 0.0, 3), "FM": Band(90.0, 94.0, 3)},
}


def chart(**about):
    (found,) = build_payload([Bars("OPC", **about)], height=190)["charts"]
    return found


def test_bars_whiskers_numbers_and_words():
    drawn = chart(**FULL)
    assert [bar["value"] for bar in drawn["bars"]] == [0.0, 33.3, 99.99]
    assert [(bar["low"], bar["high"]) for bar in drawn["bars"]] == [
        (0.0, 0.9),
        (29.1, 38.0),
        (None, None),
    ]
    assert [bar["number"] for bar in drawn["bars"]] == ["0.0", "33.3", "100"]
    assert drawn["bars"][1]["words"] == (
        "after FM: 33.3 %, 95 %: 29.1 to 38.0; 3 retrained models 90.0 to 94.0 %"
    )
    assert drawn["bars"][0]["words"].startswith("before: 0.0 %")
    assert not drawn["note"]


def test_reference_lines_are_named_without_touching():
    drawn = chart(**FULL)
    assert (drawn["constant"], drawn["floor"]) == (33.0, 52.0)
    assert drawn["retrained"] == [(0.0, 0.0), (90.0, 94.0), None]
    texts = [label["text"] for label in drawn["labels"]]
    assert texts == ["constant", "pixels", "(3 seeds)", "retrained"]
    same = Band(33.0, 35.0, 3)
    close = chart(**{**FULL, "floor": 34.0, "retrained": dict.fromkeys(("before", "FM"), same)})
    heights = sorted(label["y"] for label in close["labels"])
    assert all(b - a >= 11 - 1e-9 for a, b in itertools.pairwise(heights))
    lower, upper = (label["y"] for label in close["labels"][2:])
    assert lower < upper, "the name stands above its count of seeds"
    assert not chart(forget_accuracy={"before": 1.0})["labels"]


def test_what_is_in_sample_says_so_on_the_axis():
    assert chart(**FULL)["axis"] == "forget accuracy (%)"
    assert chart(**FULL, in_sample=True)["axis"] == "in-sample accuracy (%)"


def test_without_numbers_it_gives_the_reason_and_the_browser_gets_no_nan():
    numbers = {"before": None, "FM": float("nan"), "HR": float("inf")}
    drawn = chart(
        forget_accuracy=numbers, intervals={"FM": (1.0, 2.0)}, reason="diverged at step 120"
    )
    assert drawn["note"] == "diverged at step 120"
    assert [bar["value"] for bar in drawn["bars"]] == [None] * 3
    assert [bar["low"] for bar in drawn["bars"]] == [None] * 3
    assert chart(forget_accuracy=numbers)["note"] == "not computed"
    json.dumps(drawn, allow_nan=False)


@pytest.mark.parametrize("stage", [0, 1, 2])
def test_it_shows_what_the_librarys_figure_shows(stage):
    figure, drawn = recovery_figure(**FULL), chart(**FULL)
    bar, trace = drawn["bars"][stage], figure.data[0]
    assert bar["value"] == trace.y[stage]
    assert bar["words"] == trace.customdata[stage]
    assert bar["color"] == trace.marker.color[stage]
    assert bar["number"] == figure.data[1].text[stage]
    named = [(note.text, note.y, note.font.color) for note in figure.layout.annotations]
    assert [(la["text"], la["y"], la["color"]) for la in drawn["labels"]] == named


def test_all_bars_of_a_model_have_its_own_colour():
    """No attack has the colour of another method."""
    (sent,) = build_payload(
        [Bars("one", {"before": 0.0, "FM": 50.0, "HR": 40.0}, color="#D9541E")], height=100
    )["charts"]
    assert {bar["color"][:7] for bar in sent["bars"]} == {"#D9541E"}
    assert len({bar["color"] for bar in sent["bars"]}) == 3
