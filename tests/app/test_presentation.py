"""Presentation mode and the sentences under the rows, headless."""

from __future__ import annotations

import re

import pytest
from every_page import PAGES
from reading import (
    captions,
    charts,
    fine,
    grids,
    headlines,
    infos,
    maps,
    plain_text,
    recovery_bars,
    unfolded,
)

from opcviz.common.text import percent
from opcviz.study import Store, open_study, shipped_root
from opcviz.ui.sections.depth import MEASURES
from opcviz.ui.sections.presentation import MOST_COLUMNS, fitting


def told(app) -> list[str]:
    """What is explained."""
    return [b.proto.body for b in app.get("html") if 'data-testid="explain"' in b.proto.body]


def test_it_shows_one_row_without_pickers_and_leaves_the_original_out(visit):
    app = visit(present="on")
    assert len(headlines(app)) == MOST_COLUMNS
    assert not app.multiselect
    assert not app.selectbox
    assert not app.get("download_button")
    for card in (re.sub(r"<[^>]+>", "", plain_text(box)) for box in headlines(app)):
        # what an attacker gets says nothing without what retrained models give
        assert re.search(r"gets [\d.]+ %", card), card
        assert re.search(r"From \d retrained models it gets [\d.]+", card), card
    names = [b.proto.body for b in app.get("html") if "presented-models" in b.proto.body]
    assert "left out: Original" in names[0]
    assert len(told(app)) == 1
    assert len(app.query_params["models"].split(",")) == 4  # the choice itself is kept
    assert app.button(key="presentation.previous").disabled


@pytest.mark.slow
def test_rows_are_turned_and_the_address_says_which(visit):
    app = visit(present="on")
    app.button(key="presentation.next").click().run()
    assert fine(app).query_params["row"] == "2"
    assert len(maps(app, "maps.")["panels"]) == MOST_COLUMNS
    assert not headlines(app)
    app.button(key="presentation.next").click().run()
    assert len(recovery_bars(fine(app))) == MOST_COLUMNS
    # a badge above a bar that does not show why: whose figure decided stands below
    said = [text for text in captions(app) if text.startswith("The verdict's ")]
    assert len(said) == 2, "of the two that hide"
    assert "relearning's" in said[-1]
    app.button(key="presentation.previous").click().run()
    assert maps(fine(app), "maps.")
    app.button(key="presentation.leave.rows").click().run()
    assert {"row", "present"}.isdisjoint(fine(app).query_params)
    assert len(headlines(app)) == 4


@pytest.mark.slow
@pytest.mark.parametrize(("row", "shown"), [("6", grids), ("99", grids), ("0", headlines)])
def test_a_link_opens_a_row_or_the_nearest(visit, row, shown):
    app = visit(present="on", row=row)
    assert infos(app) == []
    assert shown(app)


@pytest.mark.slow
def test_a_row_too_high_for_a_screen_is_turned_part_by_part(visit):
    """A fold stands open in a hall, its charts have large text, and each a screen of its own."""
    titles = []
    for row in ("4", "5"):
        (figure,) = charts(visit(present="on", row=row), "depth")
        titles.append(figure["layout"]["yaxis"]["title"]["text"].replace("<br>", " "))
        assert figure["layout"]["xaxis"]["tickfont"]["size"] == 18
        assert figure["layout"]["xaxis"]["title"]["font"]["size"] == 18
        assert all(note["font"]["size"] >= 18 for note in figure["layout"]["annotations"])
    assert titles == list(MEASURES.values())


@pytest.mark.slow
def test_a_row_that_has_parts_shows_all_of_them_outside_a_hall(visit):
    app = unfolded(visit("instruments"), "instruments.depth")
    assert len(charts(app, "depth")) == len(MEASURES)
    app = unfolded(visit("instruments"), "instruments.detail")
    assert charts(app, "confusion")
    assert charts(app, "sizes")


def test_instruments_are_turned_as_well(visit):
    app = visit("instruments", present="on", row="2")
    (figure,) = charts(app, "worst")
    assert figure["layout"]["yaxis"]["tickfont"]["size"] == 18
    assert [h.value for h in app.header] == ["Worst case by block"]
    assert not charts(app, "entropy")


@pytest.mark.slow
@pytest.mark.parametrize("page", ["side_by_side", "instruments"])
def test_each_row_has_a_sentence_where_explanations_are_on(visit, page):
    app = visit(page)
    assert not told(app)
    app.toggle(key="head.explain").set_value(True).run()
    assert fine(app).query_params["explain"] == "on"
    assert len(told(app)) == (12 if page == "instruments" else 6)
    app.toggle(key="head.explain").set_value(False).run()
    assert not told(fine(app))


@pytest.mark.slow
def test_the_lab_can_be_presented_too(visit):
    app = visit("lab", present="on")
    assert app.selectbox(key="head.study")  # it needs its pickers
    app.button(key="presentation.leave.head").click().run()
    assert "present" not in fine(app).query_params


def test_the_original_goes_first_then_the_last():
    study = open_study(Store(shipped_root()), "digits")
    keys = [m.key for m in study.models if m.seed == 0][:6]
    kept, dropped = fitting(study, keys)
    assert kept == tuple(keys[1:4])
    assert dropped[0].startswith("Original")
    assert fitting(study, keys[:3]) == (tuple(keys[:3]), [])


@pytest.mark.parametrize("name", PAGES)
def test_every_page_can_be_presented(visit, name):
    app = visit("" if name == PAGES[0] else name, present="on", row="1")
    assert not app.exception
    assert [button.label for button in app.button if button.label == "Leave"]


def told_in(app) -> list[str]:
    """The sentences of a chapter."""
    return [b.proto.body for b in app.get("html") if 'data-testid="tour-says"' in b.proto.body]


@pytest.mark.slow
def test_a_hall_goes_through_a_chapter_and_on_into_the_next(visit):
    app = visit("learn", present="on", chapter="1")
    assert app.title[0].value.startswith("1. ")
    assert app.button(key="presentation.previous").disabled
    assert told_in(app)
    app.button(key="presentation.next").click().run()
    assert recovery_bars(fine(app))
    assert not told_in(app)
    assert len(told(app)) == 1, "how to read it, in place of the captions that a hall does not see"
    app.button(key="presentation.next").click().run()
    assert any(text.value.startswith("**Think.**") for text in fine(app).markdown)
    app.button(key="presentation.next").click().run()
    assert fine(app).query_params["chapter"] == "2"
    assert "row" not in app.query_params
    app.button(key="presentation.previous").click().run()
    assert (app.query_params["chapter"], app.query_params["row"]) == ("1", "3")
    last = visit("learn", present="on", chapter="8", row="9")
    assert last.button(key="presentation.next").disabled


@pytest.mark.slow
def test_a_race_is_turned_in_as_many_parts_as_its_methods_leave_room_for(visit):
    for methods, parts in (("delete,opc", 3), ("delete,opc,salun,scrub", 4)):
        app = visit("race", present="on", race=methods)
        assert any(text.value == f"1 of {parts}" for text in app.markdown)


@pytest.mark.slow
def test_the_lab_keeps_its_form_while_a_hall_sees_another_part(visit):
    app = visit("lab", present="on", row="3")
    assert [head.value for head in app.header] == ["Replay"]
    assert app.number_input(key="lab.seed")
    assert not visit("lab", present="on").header


def folds(app) -> bool:
    """Whether the settings of the lab are out of sight."""
    return any("st-key-lab-settings {display: none}" in b.proto.body for b in app.get("html"))


@pytest.mark.slow
def test_a_hall_sees_no_form_before_it_is_asked_for(visit):
    app = visit("lab", present="on")
    assert folds(app)
    app.toggle(key="lab.unfolded").set_value(True).run()
    assert not folds(fine(app))
    assert not folds(visit("lab")), "at a desk they stand there"
    audit = visit("audit", present="on")
    assert [b.label for b in audit.button if b.key == "audit.example"] == ["Run the example"]
    assert not audit.get("file_uploader")


def test_each_part_of_a_row_has_its_own_sentence_and_the_attack_its_yardstick(visit):
    """The original is left out of a hall, so what the attack gets from it is said."""
    attack, apart = (told(visit(present="on", row=row))[0] for row in ("4", "5"))
    study = open_study(Store(shipped_root()), "digits")
    original = next(m for m in study.models if m.method.info.name == "original" and m.seed == 0)
    blocks = original.to_dict()["blocks"]
    scores = [block["recovery"]["fm"]["retain"]["unseen"] for block in blocks]
    gets = [(s["forget_accuracy"], s["constant_predictor"]) for s in scores]
    sees = next(at for at, (value, least) in enumerate(gets) if value > least)
    assert sees > 0
    most = max(value for value, _ in gets[:sees])
    assert f" to {percent(most, 0)} before {blocks[sees]['name']}: there it is blind." in attack
    assert "can still be named" in attack
    assert "can still be named" not in apart
    assert "tells forgotten pictures from kept ones" in apart
