"""The table says 'not computed' where nothing was, and figures refuse what does not fit."""

import html
from dataclasses import replace
from types import SimpleNamespace

import pytest
from known_results import known

from opcviz.artefacts import ModelResults, Row, get_kind
from opcviz.common.records import Undefined
from opcviz.results import (
    EvidenceResult,
    RelearningCurve,
    RelearningResult,
    RelearningVariant,
    RetainAccuracy,
)
from opcviz.study import Store, open_study, shipped_root
from opcviz.ui.charts.bands import Band
from opcviz.ui.reading.row_words import DIRECTIONS, beside_band, number_in
from opcviz.ui.sections import instruments, measures_table, told_apart
from opcviz.ui.sections.depth import depth_figure
from opcviz.ui.sections.glossary import TERMS
from opcviz.ui.sections.verdicts import COLOURS, badge
from opcviz.verdict import GONE, Confidence, no_verdict
from opcviz.verdict.words import KEPT, NOTICEABLE, Thresholds


@pytest.fixture(scope="module")
def study():
    return open_study(Store(shipped_root()), "digits")


def model(study, method, seed=0):
    return next(m for m in study.models if (m.method.info.name, m.seed) == (method, seed))


def results(study, method):
    return model(study, method).results


def cells_of(shown, retrained):
    """The table's cells by measure, one a model; shown are seed and results."""
    lines = measures_table.rows_of(shown, retrained)
    return {name: cells for _, name, *cells, _ in lines}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_measure_of_the_shipped_models_is_there(study, seed):
    methods = ("original", "retrain", "rl", "opc")
    shown = [(seed, model(study, name, seed).results) for name in methods]
    retrained = {seed: shown[1][1]}
    lines = measures_table.rows_of(shown, retrained)
    assert len(lines) == len(measures_table.declared())
    unasked = {"shadows", "transfer"}  # so nobody made them
    assert unasked.isdisjoint(study.study.evidence.chosen)
    missing = {row.name for kind in unasked for row in get_kind(kind).rows}
    assert {line[1] for line in lines if "not computed" in line} == missing
    cells = cells_of(shown, retrained)
    assert cells["CKA to original, forget"][0] == "1.00"
    assert cells["Tug-of-War"][1] == "1.000"
    assert cells["agreement, forget"][1] == "100 %"
    assert cells["average gap"][1].startswith("0.00 points over UA, RA, TA, MIA")
    assert not any("|" in cell for line in lines for cell in line)


def test_rows_about_a_planted_flaw_are_those_of_studies_with_one():
    def groups(scenario: str) -> set[str]:
        return {row.group for row in measures_table.declared(scenario=scenario)}

    assert groups("trigger") == groups("confusion") == groups("classes") | {"Ground truth"}
    assert "Ground truth" not in groups("classes")


def test_every_declared_row_has_a_direction():
    rows = [
        row
        for kind in ("classes", "confusion", "trigger", "client")
        for row in measures_table.declared(scenario=kind)
    ]
    rows += measures_table.declared("generation")
    assert {row.name for row in rows} == DIRECTIONS.keys()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.61 [0.55, 0.67]", 0.61),
        ("98.1 % (judge right in 50 %)", 98.1),
        ("−0.3", -0.3),
        ("1,200", 1200.0),
        ("not computed", None),
        ("", None),
    ],
)
def test_a_cell_begins_with_its_number(text, number):
    assert number_in(text) == number


def test_heat_is_the_distance_from_the_band():
    band = Band(0.4, 0.5, 3)
    assert beside_band(0.45, band, "same", 0.5) == beside_band(None, band, "same", 0.5) == 0
    assert beside_band(1.0, band, "same", 0.5) == 1
    assert beside_band(0.275, band, "same", 0.5) == pytest.approx(-0.5)
    assert beside_band(0.9, band, "more", 0.5) < 0 < beside_band(0.9, band, "less", 0.5)
    assert beside_band(0.9, band, "", 0.5) == beside_band(0.9, None, "less", 0.5) == 0


def test_what_was_not_computed_is_said_so(study):
    opc = results(study, "opc")
    bare = ModelResults(opc.training, {"evidence": opc.answer("evidence")})
    cells = cells_of([(0, bare)], {0: bare})
    assert cells["loss threshold"][0] == cells["average gap"][0] == "not computed"
    assert cells["separability, linear"][0] != "not computed"


def test_a_model_is_compared_with_the_retrained_one_of_its_own_seed(study):
    opc, retrained = results(study, "opc"), results(study, "retrain")
    evidence = retrained.get(EvidenceResult)
    same = replace(evidence, accuracy=opc.get(EvidenceResult).accuracy)
    other = ModelResults(retrained.training, {**retrained.answers, "evidence": same})
    cells = cells_of([(0, opc), (1, opc)], {0: retrained, 1: other})
    alone = cells_of([(0, opc)], {0: retrained})
    assert cells["Tug-of-War"] == [*alone["Tug-of-War"], "1.000"]
    assert cells["Tug-of-War"][0] != "1.000"
    assert cells["average gap"][0] == alone["average gap"][0] != cells["average gap"][1]


def test_a_model_whose_seed_has_no_retrained_one_says_so(study):
    cells = cells_of([(4, results(study, "opc"))], {0: results(study, "retrain")})
    assert cells["Tug-of-War"] == cells["average gap"] == ["no retrained model of seed 4"]


def test_a_name_that_a_result_does_not_have_is_an_error(study, monkeypatch):
    row = Row("G", "typo", "", lambda m, _: f"{m.get(EvidenceResult).accuracy.forget}")
    monkeypatch.setattr(measures_table, "declared", lambda task, scenario: [row])
    with pytest.raises(AttributeError, match="forget"):
        measures_table.rows_of([(0, results(study, "opc"))], {})


@pytest.mark.slow
def test_every_verdict_has_a_colour_and_the_badge_says_what_is_missing(study):
    assert set(COLOURS) == set(GONE)
    told = replace(study.verdict(model(study, "ft")), gone="hidden")
    told = replace(told, confidence=Confidence("medium", "answers left", "one seed"))
    said = badge(told)
    assert ">hidden<" in said
    assert "medium confidence" in said
    noticed = badge(replace(told, noticeable="yes", kept="no"))
    assert ">noticeable<" in noticed
    assert ">damaged<" in noticed
    calm = badge(replace(told, noticeable="no", kept="yes", band=3))
    assert ">not noticeable<" in calm
    assert ">rest kept<" in calm
    assert ">beside 3 retrained models</abbr>" in calm
    assert "&lt;recovery&gt;" in badge(no_verdict(["<recovery>"]))


def test_a_label_explains_its_word_and_by_which_rule_it_is_said(study):
    told = study.verdict(model(study, "ft"))
    for of, words in (("gone", GONE), ("noticeable", NOTICEABLE), ("kept", KEPT)):
        for word, meaning in words.items():
            said = html.unescape(badge(replace(told, **{of: word})))
            (entry,) = [t for t in TERMS.values() if t.rule and t.what == f"{meaning}."]
            assert f'title="{entry.told()}" tabindex="0"' in said
            assert "Decided: " in entry.told()
    points = f"more than {Thresholds().points:g} points"
    assert points in TERMS["hidden"].words(), "with the verdict's own lines"


def test_a_curve_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="'a' has 2 numbers, not 3"):
        depth_figure(["x", "y", "z"], {"a": [1, 2]}, "title")


def test_depth_lines_carry_their_numbers():
    figure = depth_figure(["x", "y"], {"a": [10, None], "b": [20, 30]}, "t", reference=5, label="c")
    assert [list(line.y) for line in figure.data] == [[10, None], [20, 30]]
    texts = [note.text.rpartition("</span> ")[2] for note in figure.layout.annotations]
    assert sorted(texts) == ["a", "b", "c"]


def test_relearning_lines_carry_their_numbers():
    figure = instruments.relearning_figure({"a": ([0, 5], [0.0, 50.0])}, constant=33.0)
    assert list(figure.data[0].x) == [0, 5]
    assert list(figure.data[0].y) == [0.0, 50.0]


@pytest.mark.parametrize(
    ("variant", "title"),
    [
        ("retain", "retained data only"),
        ("shots_1", "one forget picture a class"),
        ("shots_5", "5 forget pictures a class"),
        ("other", "another data set (photographs)"),
    ],
)
def test_every_number_of_given_pictures_has_a_chart_of_its_own(monkeypatch, variant, title):
    curve = RelearningCurve((0.0, 50.0), 2, 33.0, 0.5, 1)
    way = RelearningVariant(1, (0, 1), RetainAccuracy(100.0, 100.0), curve, curve)
    told = RelearningResult(100.0, {variant: way})
    drawn = []
    column = SimpleNamespace(name="opc", label="a", results=known(relearning=told))
    monkeypatch.setattr(instruments.st, "plotly_chart", lambda *_, key, **__: drawn.append(key))
    monkeypatch.setattr(instruments.st, "markdown", drawn.append)
    instruments.relearning([column])
    assert drawn == [f"Training on {title}", f"relearning.{variant}"]


def test_why_no_model_has_an_index_is_said_once():
    lacks, has = Undefined("too alike"), SimpleNamespace(idi=0.5)
    assert told_apart._indices({"a · seed 0": lacks, "b": lacks}) == "none (too alike)"
    assert told_apart._indices({"a · seed 0": has, "b": lacks}) == (
        "a · seed 0: 0.50, b: none (too alike)"
    )
