"""Every page over every kind of store: it says what is missing, and no page breaks."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from abbreviations import unexplained, words
from classes import of_classes
from every_page import PAGES
from reading import fine, infos, replaced
from stored import borrow
from strangers import of_another_task
from streamlit.testing.v1 import AppTest

from opcviz.study import Store, open_study, shipped_root
from opcviz.study.opening import list_studies
from opcviz.ui.reading import held
from opcviz.ui.reading import store_reader as library

SHIPPED = tuple(list_studies(Store(shipped_root())))
OF_NO_STUDY = ("learn", "audit")
"""Each chapter is about a study of its own; an audit brings its own."""
SPOILT = (
    "models/opc-*-s0/evidence-*/result.json",
    "models/opc-*-s0/maps-*/maps.npz",
    "models/opc-*-s0/model-*/trajectory.npz",
    "models/opc-*-s0/inversion-*/inversion.npz",
)


def shipped(number: int) -> Callable[[Path], str]:
    return lambda _: SHIPPED[number]


def beside_a_stranger(store: Path) -> str:
    """A shipped study, and one of another task, which no page offers and none breaks of."""
    of_another_task(store)
    return SHIPPED[0]


def without_parts(store: Path) -> str:
    """OPC was trained and nothing else was made of it."""
    place = open_study(Store(shipped_root()), "digits").place
    rest = "models/opc-*-s0/[!m]*", "models/opc-*-s0/m[!o]*"
    borrow(shipped_root() / "studies" / place, store / "studies" / place, without=rest)
    return place


def damaged(store: Path) -> str:
    place = open_study(Store(shipped_root()), "digits").place
    folder = store / "studies" / place
    borrow(shipped_root() / "studies" / place, folder, *SPOILT)
    for pattern in SPOILT:
        (path,) = folder.glob(pattern)
        path.write_bytes(b"\xff" * path.stat().st_size)
    return place


STORES: dict[str, Callable[[Path], str]] = {
    **{place.rpartition("-")[0]: shipped(i) for i, place in enumerate(SHIPPED)},
    "digits": beside_a_stranger,
    "missing parts": without_parts,
    "damaged": damaged,
    "100 classes": lambda store: of_classes(store, 100),
    "2 classes": lambda store: of_classes(store, 2),
}
FIRST, *OTHERS = STORES
KINDS = [FIRST, *(pytest.param(kind, marks=pytest.mark.slow) for kind in OTHERS)]


@pytest.fixture
def drawn(visit, store, opened, tmp_path_factory, monkeypatch):
    """A page over a kind of store, drawn once for all tests that only read it."""

    def draw(page: str, kind: str) -> AppTest:
        if kind not in opened:
            root = tmp_path_factory.mktemp("kind")
            opened[kind] = (root, STORES[kind](root))
        root, place = opened[kind]
        if (page, kind) not in opened:
            monkeypatch.setenv("OPCVIZ_STORE", str(root))  # what a page has read serves the others
            opened[page, kind] = fine(visit(page, study=place))
        return opened[page, kind]

    return draw


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_drawn(drawn, page, kind):
    app = drawn(page, kind)
    assert not app.error
    assert app.title
    assert kind == "damaged" or not app.toast, "a warning of nothing"
    if page not in OF_NO_STUDY:
        assert "A stranger" not in app.selectbox(key="head.study").options
        assert app.selectbox(key="head.study").value == app.query_params["study"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("page", PAGES)
def test_every_abbreviation_is_in_the_glossary(drawn, page, kind):
    texts = words(drawn(page, kind))
    assert len(" ".join(texts)) > 200, "the page says something"
    assert not unexplained(texts)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("page", PAGES)
def test_headings_begin_with_one_title_and_leave_no_level_out(drawn, page, kind):
    app = drawn(page, kind)
    assert len(app.title) == 1
    assert not app.subheader or app.header, "a third level wants a second above it"


LASTING = ("worst.holds",)
"""Controls that keep their own value."""
SELECTED = {"classes": "0,1", "follow": "on", "ridge": "1"}
"""What brings the controls of a selection, and of those rows that follow it."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "asked"),
    [*((page, {}) for page in PAGES), ("side_by_side", SELECTED), ("feature_space", SELECTED)],
)
def test_a_page_drawn_again_takes_no_choice_back(visit, page, asked, monkeypatch):
    monkeypatch.setattr(held, "SETTLING", math.inf)
    app = visit(page, **asked)
    first = replaced(app)
    assert first, "a link and the session say what controls show at first"
    assert set(first) <= {*replaced(fine(app.run())), *LASTING}, "a browser may draw this one alone"
    monkeypatch.setattr(held, "SETTLING", 0.0)
    # else a choice made while this run is under way would be replaced by the one before
    assert not replaced(fine(app.run()))


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if page != "audit"])
def test_without_any_study_a_page_says_how_to_make_one(visit, tmp_path, monkeypatch, page):
    monkeypatch.setattr(library, "shipped_root", lambda: tmp_path / "none")
    assert "python -m opcviz run digits" in infos(fine(visit(page)))[0]
