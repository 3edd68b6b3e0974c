"""Presentation mode and the sentences under the rows, headless."""

from __future__ import annotations

import pytest
from every_page import PAGES
from reading import charts, fine, grids, headlines, infos, maps, recovery_bars

from opcviz.study import Store, open_study, shipped_root
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
    app.button(key="presentation.previous").click().run()
    assert maps(fine(app), "maps.")
    app.button(key="presentation.leave.rows").click().run()
    assert {"row", "present"}.isdisjoint(fine(app).query_params)
    assert len(headlines(app)) == 4


@pytest.mark.slow
@pytest.mark.parametrize(("row", "shown"), [("5", grids), ("99", grids), ("0", headlines)])
def test_a_link_opens_a_row_or_the_nearest(visit, row, shown):
    app = visit(present="on", row=row)
    assert infos(app) == []
    assert shown(app)


def test_a_fold_stands_open_in_a_hall_and_its_charts_have_large_text(visit):
    for figure in charts(visit(present="on", row="4"), "depth"):
        assert figure["layout"]["xaxis"]["tickfont"]["size"] == 18
        assert figure["layout"]["xaxis"]["title"]["font"]["size"] == 18
        assert all(note["font"]["size"] >= 18 for note in figure["layout"]["annotations"])


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
