"""The scoreboard's numbers are the tables', and its order, filters, colours and files follow."""

import csv
import io
import itertools
import json
import math
import re
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opcviz.artefacts import kinds
from opcviz.common.records import Undefined
from opcviz.study import Store, open_study, shipped_root
from opcviz.study.table import Summary, columns, rows
from opcviz.ui.charts import theme
from opcviz.ui.charts.bands import Band
from opcviz.ui.charts.pareto import Axis, Point, front, pareto_figure, place_names
from opcviz.ui.reading.board import FIXED, TABLES, Board, Line, Measure, board_of, heat
from opcviz.ui.reading.board_files import to_csv, to_json, to_latex
from opcviz.ui.reading.board_view import (
    BY_VERDICT,
    GONE_IN_WORDS,
    NO_VERDICT,
    SortBy,
    gone_words,
    hall_measures,
    kept,
    most_is_best,
    ordered,
    shown_measures,
)
from opcviz.ui.reading.measure_words import ARROWS, GROUPS, WORDS, words_of
from opcviz.ui.sections.scoreboard import MOST_TICKED, opened_models, toggled
from opcviz.ui.sections.scoreboard_cells import heads, table_rows
from opcviz.ui.sections.scoreboard_pareto import axes_of, drawn_points
from opcviz.verdict import Consensus

STUDIES = ("digits", "digits-one", "digits-random")


@cache
def opened(name):
    return open_study(Store(shipped_root()), name)


@cache
def shipped_board(name: str) -> Board:
    """Made once for all that only read it."""
    return board_of(opened(name))


SLOW_STUDIES = [pytest.param(name, marks=pytest.mark.slow) for name in STUDIES[1:]]


@pytest.fixture(scope="module", params=[STUDIES[0], *SLOW_STUDIES])
def study(request):
    return opened(request.param)


@pytest.fixture(scope="module")
def board(study):
    return shipped_board(study.study.name)


@pytest.fixture(scope="module")
def digits():
    return shipped_board("digits")


@pytest.mark.slow
def test_the_numbers_are_those_of_the_tables(study, board):
    """Every cell of `opcviz table --json`, whichever table it stands in, is on the board."""
    made = {
        (line.method, json.dumps(line.row.method.to_dict())): line
        for line in board.lines
        if line.row
    }
    known = {measure.key: measure for measure in board.measures}
    told = {json.dumps([row["method"], row["settings"]]): row for row in json.loads(to_json(board))}
    assert len(told) == len(rows(study.models))
    for about in ("unlearning", "headline", "inversion"):
        for row in rows(study.models, about):
            line = made[row.method.info.name, json.dumps(row.method.to_dict())]
            stored = row.to_dict()
            mine = told[json.dumps([stored["method"], stored["settings"]])]
            assert stored == {name: mine[name] for name in stored}
            for column in columns(about):
                (key,) = [k for k, m in known.items() if m.name == column.name] or [None]
                if key is None:
                    assert row.cells[column.name] is None
                    continue
                assert line.cells[key] == row.cells[column.name], (about, column.name)
                assert (key in line.missing) == (row.cells[column.name] is None)


def test_references_and_floors_stand_at_the_top(study, board):
    fixed = [line for line in board.lines if line.fixed]
    assert board.lines[: len(fixed)] == tuple(fixed)
    assert [line.method for line in fixed if line.method] == list(FIXED)
    constant = next(line for line in fixed if line.key == "floor-constant")
    assert constant.cells["auc"] == Summary(0.5, 0.0, len({m.seed for m in study.models}))
    assert constant.cells["ua"] is None
    assert constant.missing["ua"]


def test_the_band_is_that_of_the_retrained_models(study, board):
    retrained = [m for m in study.models if m.method.info.name == "retrain"]
    for measure in board.measures:
        (column,) = [c for c in columns(measure.about) if c.name == measure.name]
        values = [v for m in retrained if (v := column.value(m.results)) is not None]
        wanted = (min(values), max(values), len(values)) if values else None
        band = measure.band
        assert (band and (band.low, band.high, band.models)) == wanted, measure.name


def test_every_seed_of_a_row_opens_its_own_model(study, board):
    made = {m.key: (m.method, m.seed) for m in study.models}
    for line in board.lines:
        for seed, key in line.models.items():
            assert made[key] == (line.row.method, seed)
    opened = [key for line in board.lines for key in line.models.values()]
    assert sorted(opened) == sorted(made)


def test_every_declared_measure_is_explained():
    declared = {c.name for about in TABLES for c in columns(about)}
    assert declared == WORDS.keys()
    for name, words in WORDS.items():
        assert words.group in GROUPS
        assert words.what.endswith("."), name
        assert words.range, name


def test_of_what_was_forgotten_the_goal_is_the_retrained_model(board):
    """Of whole classes as of single samples: what goes further may show."""
    for each in board.measures:
        wanted = "same" if each.words.forgotten and each.words.better else each.words.better
        assert each.better == wanted, each.name
    assert words_of("worst").goal == words_of("UA").goal == "same"
    assert words_of("TA").goal == "more"
    assert words_of("gradient norm").goal == ""
    assert words_of("margin", "of the user's own").what == "of the user's own"


def measure(better="less", scale: float | None = 100.0, band=Band(10.0, 20.0, 3)) -> Measure:
    words = replace(words_of("worst"), scale=scale, better=better if better != "same" else "less")
    return Measure("m", "m", "unlearning", ".1f", "worst", "Worst", words, better, band)


@given(st.floats(0, 100), st.sampled_from(["less", "more", "same", ""]))
def test_heat_is_none_in_the_band_and_has_the_side_of_what_is_worse(value, better):
    found = heat(measure(better), value)
    assert -1 <= found <= 1
    if 10 <= value <= 20 or not better:
        assert found == 0
    elif abs(value - 15) > 5.001:
        worse = value < 10 if better == "more" else value > 20
        assert (found > 0) == worse
        assert found != 0


def test_heat_of_costs_goes_by_their_ratio():
    assert heat(measure(scale=None), 200.0) == pytest.approx(math.sqrt(0.5))
    assert heat(measure(scale=None), 1.0) == pytest.approx(-math.sqrt(0.5))
    assert heat(measure(scale=None), 0.0) == -1
    assert heat(measure(band=None), 99.0) == heat(measure(), None) == 0


values = st.none() | st.floats(-100, 100)


def line(i: int, value: float | None, *, fixed=False, family="ascent") -> Line:
    cell = None if value is None else Summary(value, None, 1)
    return Line(f"l{i}", f"Line {i}", {"m": cell}, method=f"m{i}", family=family, fixed=fixed)


@given(st.lists(values, max_size=12), st.booleans(), st.integers(0, 3))
def test_sorted_rows_are_in_order_and_those_without_a_number_last(found, down, pinned):
    lines = [line(i, value, fixed=i < pinned) for i, value in enumerate(found)]
    after = ordered(lines, SortBy("m", down))
    assert sorted(each.key for each in after) == sorted(each.key for each in lines)
    assert after[:pinned] == lines[:pinned]
    numbers = [each.cells["m"].mean if each.cells["m"] else None for each in after[pinned:]]
    known = [n for n in numbers if n is not None]
    assert known == sorted(known, reverse=down)
    assert numbers[: len(known)] == known


@pytest.mark.parametrize(
    ("key", "first"),
    [("worst", "worst"), ("ta", "-ta"), ("ua", "-ua"), ("psnr", "psnr"), ("method", "method")],
)
def test_a_head_sorts_best_first_then_worst_first_then_not_at_all(digits, key, first):
    """Of what speaks of memory the best lies farthest from it: most answers wrong, least back."""
    by, most = SortBy.read("-ra"), most_is_best(digits, key)
    words = []
    for _ in range(3):
        by = by.pressed(key, most=most)
        words.append(by.word)
        assert SortBy.read(by.word) == by
    assert words == [first, key if first != key else f"-{key}", ""]


def told(*words: str) -> Consensus:
    counts = {word: words.count(word) for word in words}
    same = words[0] if len(counts) == 1 and words[0] != "none" else Undefined("they differ")
    return Consensus(same, counts, tuple(range(len(words))))


def test_by_verdict_the_best_stand_first_once_all_are_judged():
    """By what is gone in every seed, then what does not show, then how far from its line."""
    lines = [line(i, 1.0, fixed=i == 0) for i in range(6)]
    seen = "as in retrained models, noticeable"
    words = [("hidden",), (seen,), ("not gone",), (seen[:22],), ("hidden", seen[:22])]
    known = {each.key: told(*said) for each, said in zip(lines[1:], words, strict=True)}
    by, beyond = SortBy(BY_VERDICT), {"l1": 9.0, "l5": 2.0}
    best = ["l4", "l2", "l5", "l1", "l3"]
    assert [each.key for each in ordered(lines, by, known, beyond)] == ["l0", *best]
    worst = ordered(lines, SortBy(BY_VERDICT, down=True), known, beyond)
    assert [each.key for each in worst] == ["l0", *best[::-1]]
    del known["l2"]  # rows would jump with every verdict that comes
    assert ordered(lines, by, known, beyond) == lines


def test_what_is_gone_is_read_from_a_verdicts_words():
    assert gone_words(told("hidden, noticeable", "hidden, damaged")) == {"hidden": 2}
    assert gone_words(told("not gone", "none")) == {"no": 1, NO_VERDICT: 1}
    assert gone_words(told("gone beyond retraining, noticeable")) == {"beyond": 1}
    assert gone_words(None) == {}
    assert set(GONE_IN_WORDS) == {"no", "hidden", "as in retrained models", "beyond", NO_VERDICT}


@given(
    st.lists(st.sampled_from(["ascent", "distillation"]), max_size=6),
    st.sampled_from(["", "line", "LINE 1", "nowhere"]),
    st.sets(st.sampled_from(["ascent", "distillation"])),
)
def test_filters_keep_what_passes_all_of_them_and_the_fixed_rows(families, find, wanted):
    lines = [line(0, 1.0, fixed=True)]
    lines += [line(i, 1.0, family=family) for i, family in enumerate(families, 1)]
    left = kept(lines, find=find, families=sorted(wanted))
    assert left[0] is lines[0]
    for each in lines[1:]:
        passes = find.casefold() in each.title.casefold() and (not wanted or each.family in wanted)
        assert (each in left) == passes


def test_a_filter_by_verdict_takes_those_of_whom_a_seed_says_so():
    lines = [line(1, 1.0), line(2, 1.0), line(3, 1.0)]
    judged = {"l1": told("hidden"), "l2": told("not gone", "hidden")}
    assert kept(lines, gone=["hidden"], judged=judged) == lines[:2]
    assert kept(lines, gone=["no"], judged=judged) == lines[1:2]


@pytest.mark.slow
def test_groups_of_columns(digits):
    chosen = shown_measures(digits, ["cost", "no such group"])
    assert [each.name for each in chosen] == ["seconds", "gradients", "MiB"]
    assert shown_measures(digits, []) == shown_measures(digits, ["no such group"])
    assert len(shown_measures(digits, list(digits.groups))) == len(digits.measures)


def test_the_csv_has_mean_deviation_and_count_of_each_number(digits):
    lines = [each for each in digits.lines if each.row]
    judged = {lines[0].key: told("not gone", "hidden")}
    found = list(csv.DictReader(io.StringIO(to_csv(lines, digits.measures, judged))))
    assert [row["method"] for row in found] == [each.method for each in lines]
    assert found[0]["verdict"] == "1 × not gone; 1 × hidden"
    for row, each in zip(found, lines, strict=True):
        for measure in digits.measures:
            cell = each.cells[measure.key]
            parts = [row[f"{measure.name} {part}"] for part in ("mean", "sd", "n")]
            if cell is None:
                assert parts == ["", "", ""]
            else:
                assert float(parts[0]) == cell.mean
                assert (float(parts[1]) if parts[1] else None) == cell.sd
                assert int(parts[2]) == cell.n


def test_latex_has_a_row_a_line_and_no_bare_sign(digits):
    chosen = shown_measures(digits, ["accuracy"])
    text = to_latex(digits.lines, chosen, {}, "100 % of a_b")
    body = [row for row in text.splitlines() if row.endswith("\\\\")]
    assert len(body) == len(digits.lines) + 1
    assert all(row.count("&") == len(chosen) + 1 for row in body)
    assert r"\caption{100 \% of a\_b}" in text
    assert r"UA $\approx$ & RA $\uparrow$" in body[0]
    assert not any(sign in text for sign in "↓↑≈−")
    assert text.count(r"\midrule") == 2


def test_a_row_opens_with_original_and_retrained_of_its_seed(digits):
    (delete,) = [each for each in digits.lines if each.method == "delete"]
    found = opened_models(digits, [delete.key])
    assert [key.split("-")[0] for key in found] == ["original", "retrain", "delete"]
    assert len({key.rpartition("-s")[2] for key in found}) == 1
    many = [each.key for each in digits.lines if each.models][-5:]
    assert len(opened_models(digits, many)) == 6
    assert opened_models(digits, ["no such row"])[0].startswith("original")


def test_at_most_four_rows_are_ticked():
    ticks: list[str] = []
    for key in "abcdeb":
        ticks = toggled(ticks, key)
    assert ticks == ["c", "d", "e"]
    assert MOST_TICKED == 4


def test_cells_say_what_stands_and_why_something_does_not(digits):
    measures = list(digits.measures)
    made = {row.key: row for row in table_rows(digits.lines, measures, {}, ["x"])}
    at = 1 + [each.key for each in measures].index("membership")
    missing = made[next(e.key for e in digits.lines if "membership" in e.missing)].cells[at]
    assert missing.text == "–"
    assert missing.help.startswith("No number: ")
    opc = next(each for each in digits.lines if each.method == "opc")
    cell = made[opc.key].cells[1 + [each.key for each in measures].index("worst")]
    assert cell.text == f"{opc.cells['worst'].mean:.1f}"
    assert opc.cells["worst"].who in cell.help
    assert "5 retrained models" in cell.help
    shown = heads(measures)
    assert len(shown) == len(measures) + 1
    for head, each in zip(shown[1:], measures, strict=True):
        assert head.sign == ARROWS[each.better][0]
        assert each.words.what in head.help


def test_missing_numbers_of_a_model_that_failed_have_its_reason():
    board = Board((measure(),), (replace(line(1, None), missing={"m": "diverged at step 3"}),))
    (row,) = table_rows(board.lines, board.measures, {}, [])
    assert row.cells[1].help == "No number: diverged at step 3."
    assert row.cells[1].text == "–"


def test_a_cell_is_coloured_by_its_mean():
    plain = replace(line(1, None), cells={"m": Summary(30.0, 2.0, 3)})
    (row,) = table_rows([plain], [measure()], {}, [])
    assert row.cells[1].heat == pytest.approx(math.sqrt(0.1))  # ten beyond the band, of 100


def test_the_band_row_goes_from_the_lowest_to_the_highest():
    retrained = replace(line(1, 15.0, fixed=True), method="retrain")
    _, band = table_rows([retrained], [measure()], {}, [])
    assert (band.key, band.cells[1].text, band.cells[1].below) == ("band", "10.0", "to 20.0")
    assert band.cells[1].help == "3 retrained models: 10.0 to 20.0."


LESS, MORE = Axis("x", "less"), Axis("y", "more")
coordinates = st.tuples(st.integers(0, 6), st.integers(0, 6))


@given(st.lists(coordinates, min_size=1, max_size=10))
def test_the_front_is_what_no_other_one_beats(places):
    points = [Point(str(i), x, y, (None, None), "#000000") for i, (x, y) in enumerate(places)]
    best = front(points, LESS, MORE)
    for point in points:
        beaten = any(
            o.x <= point.x and o.y >= point.y and (o.x, o.y) != (point.x, point.y) for o in points
        )
        assert (point in best) != beaten


def test_references_are_drawn_and_beat_nobody():
    points = [
        Point("a", 5, 5, (1.0, None), "#111111"),
        Point("Retrained", 1, 9, (None, None), "#222222", compared=False),
    ]
    assert front(points, LESS, MORE) == points[:1]
    drawn = pareto_figure(points, LESS, MORE)
    by_name = {trace.name: trace for trace in drawn.data}
    assert by_name["a"].error_x.array == (1.0,)
    assert by_name["a"].error_y.visible is False
    assert by_name["a"].marker.color == "#111111"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "x"), [("digits", "worst-retain-only"), ("digits-random", "membership")]
)
def test_at_first_axes_are_drawn_that_tell_methods_apart(name, x):
    board = shipped_board(name)
    found = axes_of({m.key: m for m in board.measures if m.better}, board)
    assert [m.key for m in found] == [x, "ta"]


def test_memory_is_orange_whichever_way_a_measure_counts():
    """Unlearning accuracy below the retrained models' is memory, worst-case recovery above it."""
    for name, memory in (("UA", 5.0), ("worst", 25.0)):
        each = replace(measure("same"), words=words_of(name))
        assert heat(each, memory) > 0
        assert heat(each, 30.0 - memory) < 0


@pytest.mark.parametrize("better", ["less", "more", "same"])
def test_inside_the_band_nobody_beats_anybody(better):
    """Retrained models differ by as much among themselves."""
    axis = Axis("x", better, Band(4.0, 6.0, 3))
    inside = [axis.loss(value) for value in (4.0, 4.9, 6.0)]
    assert len(set(inside)) == 1
    beyond = (3.9, 6.1) if better == "same" else ((6.1,) if better == "less" else (3.9,))
    assert all(axis.loss(value) > inside[0] for value in beyond)
    points = [Point(n, v, 1.0, (None, None), "#000000") for n, v in (("a", 4.1), ("b", 5.9))]
    assert front(points, axis, Axis("y", "more")) == points


def test_as_near_the_band_as_possible_is_best():
    axis = Axis("x", "same", Band(4.0, 6.0, 3))
    assert [axis.loss(v) for v in (3.0, 5.0, 8.0)] == [1.0, 0.0, 2.0]


def test_names_of_the_front_all_stand_and_apart(digits):
    points = [Point(f"method {i}", 10.0 * i, 90.0 + i, (None, None), "#000000") for i in range(8)]
    placed = place_names(points, points, ((-5, 80), (85, 100)))
    assert [p for p, _, _ in placed] == points
    spots = [(p.x / 85 * 760 + right, -p.y / 15 * 406 + down) for p, right, down in placed]
    for i, (u, v) in enumerate(spots):
        for u2, v2 in spots[:i]:
            assert abs(u - u2) > 60 or abs(v - v2) >= 17


@pytest.mark.parametrize("large", [False, True], ids=["desk", "hall"])
@pytest.mark.parametrize("name", [STUDIES[0], *SLOW_STUDIES])
def test_each_name_beside_a_point_is_nearest_to_its_own(name, large, monkeypatch):
    monkeypatch.setattr(theme, "_asked", [lambda: large])
    board = shipped_board(name)
    x, y = axes_of({m.key: m for m in board.measures if m.better}, board)
    lines = [line for line in board.lines if line.models]
    drawn = pareto_figure(drawn_points(board, lines, x, y), LESS, MORE)
    for width in (760, 864, 1100, 1400):
        check_names(drawn, width)


def check_names(drawn, width: int) -> None:
    """Each is nearest to its own point, and over no other name, in a chart of so many pixels."""
    layout = drawn.layout
    high = layout.height - layout.margin.t - layout.margin.b
    (x0, x1), (y0, y1) = layout.xaxis.range, layout.yaxis.range
    across, up = width / (x1 - x0), high / (y1 - y0)
    spots = {t.name: (t.x[0] * across, -t.y[0] * up) for t in drawn.data if t.name != "front"}
    boxes = {}
    for note in layout.annotations:
        own = re.sub("</?b>", "", note.text)
        assert (note.x * across, -note.y * up) == pytest.approx(spots[own])  # its stroke ends there
        assert note.arrowcolor == next(t.marker.color for t in drawn.data if t.name == own)
        middle = (spots[own][0] + note.ax, spots[own][1] + note.ay)
        half = (0.25 * len(own) * note.font.size, 0.5 * note.font.size)
        boxes[own] = (middle, half)
        apart = {other: away(spot, middle, half) for other, spot in spots.items()}
        assert min(apart, key=apart.get) == own
    assert len(boxes) >= 3
    for (a, half), (b, other) in itertools.combinations(boxes.values(), 2):
        assert any(abs(a[i] - b[i]) >= half[i] + other[i] for i in (0, 1))


def away(spot, middle, half) -> float:
    """From a point to a box, pixels."""
    return math.hypot(*(max(abs(spot[i] - middle[i]) - half[i], 0) for i in (0, 1)))


def test_a_hall_sees_the_columns_that_decide_or_the_first_of_those_asked_for(digits):
    assert [m.key for m in hall_measures(digits, [])] == ["ta", "worst", "worst-retain-only"]
    assert [m.key for m in hall_measures(digits, ["accuracy"])] == ["ua", "ra", "ta"]


def test_every_column_belongs_to_one_kind_by_its_name():
    """So that a missing number is explained by the kind that would have made it."""
    owners: dict[str, set[str]] = {}
    for kind in kinds("classification"):
        for column in kind.columns:
            owners.setdefault(column.name, set()).add(kind.name)
    assert {name for name, found in owners.items() if len(found) > 1} == set()


def test_a_task_s_own_measures_and_words_stand_on_the_board():
    """Of generators the columns say themselves which way is good; the verdict is a place."""
    generators = opened("digits-generator")
    board = board_of(generators)
    by_key = {each.key: each for each in board.measures}
    assert (by_key["genuine"].better, by_key["genuine"].group_name) == ("same", "What is drawn")
    assert (by_key["fd"].better, by_key["diversity"].better) == ("less", "")
    assert "ua" not in by_key
    lines = {line.method: line for line in board.lines if line.method in ("retrain", "ft")}
    models = {model.key: model for model in generators.models}
    for method, said in (("retrain", "Never saw it"), ("ft", "Still drawn")):
        line = lines[method]
        judged = generators.consensus(models[next(iter(line.models.values()))])
        (row, *_) = table_rows([line], list(board.measures), {line.key: judged}, [])
        assert row.cells[0].text == said
        assert line.cells["genuine"] is not None
