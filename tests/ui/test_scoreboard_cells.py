"""The scoreboard's cells in words, on numbers made up here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from opcviz.common.records import Undefined
from opcviz.study.table import Summary
from opcviz.ui.charts.bands import Band
from opcviz.ui.reading.board import Line, Measure
from opcviz.ui.reading.measure_words import words_of
from opcviz.ui.sections.scoreboard_cells import NEARER, for_hall, table_rows
from opcviz.ui.sections.verdicts import COLOURS
from opcviz.verdict import Consensus

MEASURE = Measure(
    "m",
    "m",
    "unlearning",
    ".1f",
    "worst",
    "Worst",
    replace(words_of("worst"), scale=100.0, better="less"),
    "less",
    Band(10.0, 20.0, 3),
)
LINE = Line(
    "opc", "OPC", {"m": Summary(30.0, 2.0, 3)}, method="opc", family="contraction", models={0: "a"}
)


def verdict(consensus: Consensus | None, line: Line = LINE):
    (row,) = table_rows([line], [MEASURE], {} if consensus is None else {"opc": consensus}, [])
    return row.cells[0]


def test_seeds_that_agree_have_one_verdict_and_how_sure_it_is():
    agreed = Consensus("hidden, noticeable", {"hidden, noticeable": 3}, (0, 1, 2), "high")
    cell = verdict(agreed)
    assert (cell.text, cell.below) == ("hidden", "noticeable")
    assert cell.help == "hidden, noticeable: 3 of 3 seeds. high confidence."
    assert cell.colour == COLOURS["hidden"]


def test_seeds_that_differ_are_counted_each_and_the_most_frequent_comes_first():
    counts = {"not gone": 2, "hidden, noticeable": 1}
    cell = verdict(Consensus(Undefined("they differ"), counts, (0, 1, 2), "medium"))
    assert cell.text == "not gone / hidden"
    assert cell.below == "seeds disagree"
    each = "not gone: 2 of 3 seeds; hidden, noticeable: 1 of 3 seeds"
    assert cell.help == f"{each}. medium confidence."
    assert cell.colour == COLOURS["no"] != COLOURS["hidden"]


def test_a_verdict_that_nobody_has_says_that_evidence_is_missing():
    cell = verdict(Consensus(Undefined("nothing"), {"none": 2}, (0, 1)))
    assert cell.help == (
        "no verdict: 2 of 2 seeds. The evidence is incomplete; Side by side says what is missing."
    )
    some = verdict(Consensus(Undefined("nothing"), {"hidden": 1, "none": 1}, (0, 1)))
    assert "incomplete" not in some.help
    assert verdict(None).text == "…"
    assert verdict(None, replace(LINE, models={})).text == ""  # of a floor there is none


@pytest.mark.parametrize(
    ("said", "group", "told"),
    [
        ("as in retrained models, noticeable", "worst", True),
        ("hidden", "worst", False),
        ("as in retrained models", "accuracy", False),  # of which no attacker's line speaks
    ],
)
def test_a_coloured_figure_beside_a_verdict_that_nothing_is_left_says_why(said, group, told):
    agreed = Consensus(said, {said: 3}, (0, 1, 2), "high")
    (row,) = table_rows([LINE], [replace(MEASURE, group=group)], {"opc": agreed}, [])
    assert row.cells[1].heat > 0
    assert row.cells[1].help.endswith(NEARER) == told


def test_a_number_stands_beside_its_deviation_and_the_retrained_band():
    (row,) = table_rows([LINE], [MEASURE], {}, ["opc"])
    assert row.ticked
    assert row.cells[1].text == "30.0"
    assert row.cells[1].help.endswith("3 retrained models: 10.0 to 20.0.")
    less = replace(LINE, cells={"m": Summary(-1.5, None, 1)})
    (row,) = table_rows([less], [MEASURE], {}, [])
    assert (row.cells[1].text, row.cells[1].below, row.ticked) == ("−1.5", "", False)


def test_a_floor_has_a_deviation_where_seeds_differ_and_else_is_said_to_be_one_number():
    floor = replace(LINE, row=None, models={}, fixed=True)
    cells = {
        sd: table_rows([replace(floor, cells={"m": Summary(42.7, sd, 3)})], [MEASURE], {}, [])[
            0
        ].cells[1]
        for sd in (8.7, 0.0)
    }
    assert (cells[8.7].text, cells[8.7].below) == ("42.7", "± 8.7")
    assert cells[8.7].help.startswith("42.7 ± 8.7, mean and deviation over 3 seeds")
    assert (cells[0.0].text, cells[0.0].below) == ("42.7", "")
    assert cells[0.0].help.startswith("42.7, the same for all 3 seeds")


def test_what_reaches_the_band_within_its_deviation_has_no_colour():
    """The band ends at 20."""
    heats = {
        sd: table_rows([replace(LINE, cells={"m": Summary(24.0, sd, 3)})], [MEASURE], {}, [])[0]
        .cells[1]
        .heat
        for sd in (None, 3.9, 4.0, 9.0)
    }
    assert heats[None] == heats[3.9] > 0
    assert heats[4.0] == heats[9.0] == 0


def test_only_the_original_of_the_fixed_rows_is_coloured():
    fixed = replace(LINE, fixed=True)
    heats = {
        name: table_rows([replace(fixed, method=name)], [MEASURE], {}, [])[0].cells[1].heat
        for name in ("original", "retrain", "untrained")
    }
    assert heats["original"] > 0
    assert (heats["retrain"], heats["untrained"]) == (0.0, 0.0)


def test_a_hall_keeps_the_verdicts_second_line_alone():
    agreed = Consensus("hidden, noticeable", {"hidden, noticeable": 1}, (0,), "low")
    (row,) = table_rows([LINE], [replace(MEASURE, band=None)], {"opc": agreed}, ["opc"])
    shown = for_hall(replace(row, cells=(row.cells[0], replace(row.cells[1], below="± 2.0"))))
    assert [cell.below for cell in shown.cells] == ["noticeable", ""]
    assert (shown.head.below, shown.ticked) == ("", None)
