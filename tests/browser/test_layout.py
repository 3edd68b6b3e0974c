"""Every page for the eye and for those who do not see: contrast, headings, names, layout."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from every_page import PAGES
from layout import overlapping, too_wide
from visitor import WAIT, idle

from opcviz.study import Store, open_study, shipped_root
from opcviz.ui.reading.state import MAX_MODELS

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser
SERIOUS = ("serious", "critical")
SHIFT = """() => new Promise(done => {
  const sum = list => list.getEntries().filter(e => !e.hadRecentInput).map(e => e.value);
  new PerformanceObserver(list => done(sum(list).reduce((a, b) => a + b, 0)))
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(done, 1000, 0);
})"""
"""How far things moved while the page was drawn, the browser's own measure; 0 where nothing did."""


def six_models() -> str:
    study = open_study(Store(shipped_root()), "digits")
    return ",".join(model.key for model in study.models[:MAX_MODELS])


@pytest.fixture
def opened(app, visit):
    def open_page(name: str, theme: str = "light", query: str = ""):
        page = visit(f"{app.url}/{'' if name == PAGES[0] else name}{query}", theme=theme)
        expect(page.get_by_test_id("stApp")).to_be_visible(timeout=WAIT)
        page.locator("h1").first.wait_for(timeout=WAIT)
        idle(page)
        page.wait_for_timeout(600)  # charts are drawn
        return page

    return open_page


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious(opened, name, theme):
    found = Axe().run(opened(name, theme)).response["violations"]
    bad = [each for each in found if each["impact"] in SERIOUS or each["id"] == "heading-order"]
    assert not bad, [(each["id"], each["nodes"][0]["html"][:200]) for each in bad]


@pytest.mark.parametrize("name", PAGES)
def test_nothing_overlaps_and_nothing_is_scrolled_sideways(opened, name):
    page = opened(name, query=f"?models={six_models()}")
    for width, height in ((1024, 768), (1280, 800), (1440, 900), (853, 533)):  # last: 1280 at 150 %
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(500)
        assert not overlapping(page), width
        assert too_wide(page) <= 0, width


@pytest.mark.parametrize("name", ["side_by_side", "instruments"])
def test_names_stay_in_sight_below_the_header(opened, name):
    page = opened(name)
    main = page.get_by_test_id("stMain")
    names = page.get_by_test_id("name")
    assert names.count() == 4
    main.evaluate("e => e.scrollTo(0, 1200)")
    page.wait_for_timeout(300)
    header = page.get_by_test_id("stHeader").bounding_box()
    for each in names.all():
        box = each.bounding_box()
        assert header["y"] + header["height"] <= box["y"] + 1
        assert box["y"] < 140
        expect(each).to_be_in_viewport()


def test_tabs_are_named_by_their_page(opened):
    for name in PAGES:
        expect(opened(name)).to_have_title(re.compile(r"^\S.+ · opcviz$"), timeout=WAIT)


def test_the_theme_can_be_switched_and_stays(opened):
    page = opened(PAGES[0])
    page.get_by_role("button", name="Dark theme").click()
    expect(page.get_by_role("button", name="Light theme")).to_be_visible(timeout=WAIT)
    ground = page.get_by_test_id("stApp").evaluate("e => getComputedStyle(e).backgroundColor")
    assert ground == "rgb(17, 21, 28)"
    page.reload()
    expect(page.get_by_role("button", name="Light theme")).to_be_visible(timeout=WAIT)


@pytest.mark.parametrize("name", ["race", "instruments"])
def test_little_moves_while_a_page_is_drawn(opened, name):
    assert opened(name).evaluate(SHIFT) < 0.1
