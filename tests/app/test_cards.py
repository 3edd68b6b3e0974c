"""A card quotes the figure that decided its word, and the attacker who got it."""

from __future__ import annotations

import html
import re
from copy import copy
from dataclasses import replace

import known_results
import pytest
from reading import headlines, plain_text

from opcviz.common.records import defined
from opcviz.common.text import percent
from opcviz.results import EvidenceResult, RelearnedResult
from opcviz.study import Store, StudyResult, open_study, shipped_root
from opcviz.study.opening import list_studies
from opcviz.ui.charts.bands import Band
from opcviz.ui.reading.references import References
from opcviz.ui.reading.store_reader import Column
from opcviz.ui.sections import cards as section
from opcviz.ui.sections.cards import card
from opcviz.ui.sections.plainly import fm_attempt
from opcviz.ui.sections.verdicts import spoken

SHIPPED = Store(shipped_root())
STUDIES = [
    place
    for place in list_studies(SHIPPED)
    if (study := open_study(SHIPPED, place).study).task == "classification"
    # of the others a few attacks alone are shipped, and pages of their own tell what they came to
    and study.forget.kind in ("classes", "random")
    and "sequence" not in place
]
slow = pytest.mark.slow  # each model of the shipped studies is judged


def visible(box: str) -> str:
    """What a person reads of it, without what the pointer would tell."""
    return re.sub(r"\s+", " ", plain_text(re.sub(r"<[^>]+>", " ", box))).strip()


def sentence(box: str) -> str:
    """What the card says of what is gone."""
    return visible(box[box.index('data-testid="sentence"') :].partition("</ul>")[0])


def bare(text: str) -> str:
    """Letters and figures alone, since a sentence is broken into lines and begins with capitals."""
    return re.sub(r"[^\w.%]+|_", " ", text).replace(". ", " ").strip(" .").casefold()


@pytest.fixture(scope="module", params=STUDIES)
def cards(request) -> list[tuple[Column, str]]:
    study: StudyResult = open_study(Store(shipped_root()), request.param)
    columns = [Column(m, m.title, study.verdict(m), study.consensus(m)) for m in study.models]
    return [(column, card(column)) for column in columns]


@slow
def test_it_holds_the_deciding_figure_and_attacker(cards):
    told = 0
    for column, box in cards:
        verdict = column.verdict
        if verdict.gone is None:
            assert "No verdict" in visible(box), column.label
            continue
        for clause in spoken(verdict.numbers[0]):
            assert bare(clause) in bare(sentence(box)), column.label
        if verdict.gone in ("hidden", "as in retrained models"):
            furthest = verdict.furthest
            assert bare(furthest.words) in bare(sentence(box)), column.label
            assert f"{furthest.recovered:.1f} %" in sentence(box), column.label
        told += 1
    assert told > len(cards) / 2


def relearned(column: Column) -> dict[int, float]:
    """Percent of what was forgotten that one picture of each class brings back, by blocks anew."""
    found = column.results.get(RelearnedResult)
    ways = found.attacks if defined(found) else ()
    return {way.anew: way.recovered for way in ways if way.shots == 1 and defined(way.recovered)}


@slow
def test_none_says_gone_of_what_one_picture_of_each_class_brings_back(cards):
    said = [relearned(column) for column, _ in cards if column.name == "retrain"]
    gone = [c for c, _ in cards if c.verdict.gone in ("as in retrained models", "beyond")]
    for column in gone:
        for anew, recovered in relearned(column).items():
            assert recovered <= max(one[anew] for one in said) + 10, (column.label, anew)
    assert len(gone) > len(said) > 2


@slow
def test_why_the_recovery_row_shows_another_figure_is_told_once(cards):
    told = 0
    for column, box in cards:
        figures = column.verdict.numbers[0].figures if column.verdict.gone else None
        made = fm_attempt(column.results, "retain")
        line = f"The recovery row's {percent(made.recovered)} is" if made else "none"
        both = figures is not None and figures.attempt is not None and made is not None
        differ = both and percent(figures.attempt.recovered) != percent(made.recovered)
        assert visible(box).replace("\xa0", " ").count(line) == int(differ), column.label
        told += differ
    assert told


@slow
def test_no_two_cards_say_the_same_numbers_and_different_words(cards):
    told: dict[tuple[str, ...], set[tuple[str | None, ...]]] = {}
    for column, box in cards:
        verdict = column.verdict
        if verdict.gone is not None:
            numbers = tuple(re.findall(r"\d+(?:\.\d+)?", sentence(box)))
            words = (verdict.gone, verdict.noticeable, verdict.kept)
            told.setdefault(numbers, set()).add(words)
    assert all(len(each) == 1 for each in told.values()), told


@slow
def test_what_shows_or_harms_is_quoted_too(cards):
    quoted = 0
    for column, box in cards:
        verdict = column.verdict
        if verdict.gone is None or (verdict.noticeable, verdict.kept) == ("no", "yes"):
            continue
        _, *others = verdict.numbers
        wanted = others[:1] if verdict.noticeable == "yes" else []
        wanted += others[-1:] if verdict.kept in ("no", "one class harmed") else []
        for check in wanted:
            assert bare(check.says) in bare(sentence(box)), column.label
            quoted += 1
    assert quoted


@pytest.mark.slow
def test_the_page_shows_these_cards(visit):
    app = visit()
    study = open_study(Store(shipped_root()), app.query_params["study"])
    shown = [study.model(key) for key in app.query_params["models"].split(",")]
    for model, box in zip(shown, headlines(app), strict=True):
        verdict = study.verdict(model)
        assert all(bare(each) in bare(sentence(box)) for each in spoken(verdict.numbers[0]))
        assert html.escape(model.method.info.summary).replace(" %", "&nbsp;%") in box


@pytest.mark.slow
def test_the_goal_of_a_forgotten_tenth_is_what_retrained_models_answer(visit):
    place = next(place for place in STUDIES if "random" in place)
    for box in headlines(visit(study=place)):
        (low, high) = re.search(r"retrained ([\d.]+)(?: to ([\d.]+))? %", visible(box)).groups()
        assert float(low) > 90
        assert high is None or float(high) >= float(low)


@pytest.mark.slow
def test_how_a_model_was_made_is_not_said_of_one_that_was_brought():
    study = open_study(Store(shipped_root()), "digits")
    original = next(m for m in study.models if m.method.info.name == "original")
    made = Column(original, "Original", study.verdict(original), study.consensus(original))
    assert "from scratch" in visible(card(made))
    brought = copy(original)  # nobody here trained it
    training = replace(original.results.training, seconds=None)
    vars(brought)["results"] = replace(original.results, training=training)
    said = visible(card(Column(brought, "Original", made.verdict, made.consensus)))
    assert "Brought: how it was made is not known here." in said
    assert "scratch" not in said
    assert "faithful" not in said


def answering(forget: float, kept: float) -> EvidenceResult:
    """Evidence of a model with other figures of all parts of the data."""
    return known_results.evidence(
        forget_train=forget, forget_test=61.0, retain_train=72.0, retain_test=kept
    )


@pytest.mark.slow
def test_each_answer_is_of_the_part_that_its_label_names():
    """Four parts of the data, and the goal beside the forgotten alone."""
    opc = known_results.shipped("opc")
    study = known_results.shipped_study()
    other = copy(opc)
    answers = {**opc.results.answers, "evidence": answering(53.5, 94.5)}
    vars(other)["results"] = replace(opc.results, answers=answers)
    column = Column(other, "OPC", study.verdict(opc), study.consensus(opc))
    said = visible(card(column, Band(1.5, 2.5, 3)))
    facts = re.findall(r"[\d.]+(?: to [\d.]+)? %", said.partition("kept (test)")[0])
    assert facts[:2] == ["53.5 %", "1.5 to 2.5 %"]
    assert said.partition("kept (test)")[2].startswith(" 94.5 %")


def test_the_goal_is_what_retrained_models_answer_of_the_forgotten_training_pictures():
    retrained = [known_results.known(evidence=answering(v, 94.0)) for v in (3.0, 1.0, 2.0)]
    band = References(retrained).band(EvidenceResult, section._forgotten)
    assert (band.low, band.high) == (1.0, 3.0)
