"""What the browser is sent of drawn pictures and of dose maps."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from opcviz.results import DataResult, DrawnPictures
from opcviz.ui.charts import dose_component as doses
from opcviz.ui.charts.dose_component.payload import build_payload as doses_payload
from opcviz.ui.charts.wall_component.payload import Drawn, build_payload, kept_place
from opcviz.ui.reading.generated import Gone, drawn_words, kept_pictures

FRAMES = np.arange(3 * 2 * 4, dtype=np.uint8).reshape(3, 2, 1, 2, 2)
STEPS = ("one", "two", "three")
GONE = Gone.of(DataResult(class_names=("zero", "one", "two"), forget_classes=(1,)))


def test_columns_keep_their_pictures_marks_and_lines():
    film = Drawn("A", "#123456", FRAMES, np.array([[0, 2]]), ("told",))
    still = Drawn("B", "#654321", FRAMES[:1])
    sent = build_payload([film, still, Drawn("C", "#000000", reason="no model")], steps=STEPS)
    assert (sent["shape"], sent["steps"]) == ([1, 2, 2], list(STEPS))
    first, second, third = sent["columns"]
    assert base64.b64decode(first["frames"]) == FRAMES.tobytes()
    assert (first["length"], first["count"], first["marks"]) == (3, 2, [[0, 2]])
    assert (second["length"], second["marks"]) == (1, [])
    assert (third["count"], third["reason"]) == (0, "no model")


def test_the_place_of_a_wall_is_as_high_as_its_rows_of_pictures_and_its_words():
    """Twelve pictures: three rows of four, or two of eight where a column is wide enough."""
    column = Drawn("A", "", np.zeros((1, 12, 1, 2, 2), np.uint8), told=["a line"])
    narrow, wide = kept_place(".here", [column, column]).split("@media")[1:]
    assert "0px) { .here { min-height: calc(3.18rem + 0.75 * min(26rem" in narrow
    assert "920px) { .here { min-height: calc(3.18rem + 0.25 * min(26rem" in wide
    longer = kept_place(".here", [column, Drawn("B", "", told=["a" * 100])], steps=STEPS)
    assert "calc(7.12rem" in longer, "a line and a slider more"


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (Drawn("X", "", FRAMES[:2]), "2 frames but 3 steps"),
        (Drawn("X", "", FRAMES, np.zeros((3, 1), int)), r"marks are \(3, 1\)"),
        (Drawn("X", "", FRAMES, told=("a", "b")), "2 lines but 3 steps"),
        (Drawn("X", "", FRAMES.astype(float)), "uint8 are wanted"),
        (Drawn("X", "", FRAMES[..., :1]), "one shape"),
    ],
)
def test_columns_that_do_not_fit_are_refused(column, said):
    with pytest.raises(ValueError, match=said):
        build_payload([Drawn("A", "", FRAMES), column], steps=STEPS)


def test_a_dose_map_has_a_figure_and_pictures_in_every_cell():
    row = doses.DoseRow("30", [1.04, 50], [0, 25], FRAMES[:2], np.array([[0, 0], [1, 2]]))
    bare = doses.DoseRow("80", [2, 3], [0, 1])
    (sent,) = doses_payload([doses.DoseMap("A", "#123456", (0, 25), [row, bare])])["maps"]
    assert [each["judged"] for each in sent["rows"]] == [[1.0, 50.0], [2.0, 3.0]]
    assert sent["rows"][0]["marks"] == [[0, 0], [1, 2]]
    assert base64.b64decode(sent["rows"][0]["pictures"]) == FRAMES[:2].tobytes()
    assert (sent["rows"][1]["pictures"], sent["rows"][1]["count"]) == ("", 0)
    with pytest.raises(ValueError, match="A, 30: 2 judged, not 3"):
        doses_payload([doses.DoseMap("A", "", (0, 25, 50), [row])])


def test_a_mark_says_judged_or_genuine_and_of_which_class():
    arrays = {
        "pictures": FRAMES,
        "judged": np.array([[1, 1], [0, 3], [1, 0]]),
        "genuine": np.array([[True, False], [True, False], [True, True]]),
    }
    kept = kept_pictures(arrays, "pictures", 2, GONE)
    assert kept.marks.tolist() == [[2, 1], [0, 0], [2, 0]]
    assert kept_pictures(arrays, "pictures", 2, GONE, most=1).pictures.shape == (3, 1, 1, 2, 2)
    last = kept_pictures(
        {**arrays, "p_judged": np.array([1, 1]), "p_genuine": np.array([False, True])},
        "pictures",
        2,
        GONE,
        judged="p_",
    )
    assert last.marks.tolist() == [1, 2]


@pytest.mark.parametrize(
    "spoilt",
    [{}, {"pictures": FRAMES.astype(float)}, {"pictures": FRAMES[0]}, {"pictures": FRAMES[:0]}],
)
def test_pictures_that_are_none_are_not_shown(spoilt):
    assert kept_pictures(spoilt, "pictures", 2, GONE) is None


def test_marks_that_do_not_fit_are_left_out():
    spoilt = {"pictures": FRAMES, "judged": np.zeros(9), "genuine": np.zeros(9, bool)}
    assert kept_pictures(spoilt, "pictures", 2, GONE).marks.size == 0


def test_the_words_name_what_was_forgotten_and_what_is_no_class():
    drawn = DrawnPictures(12.3, 4.0, 60.0, 9.0, 1.0, {}, 400)
    assert drawn_words(drawn, GONE) == "12.3 % judged one, 4 % genuine, 60 % no class at all"
    assert Gone((0, 1, 2), ("a", "b", "c")).words == "a, b or c"
