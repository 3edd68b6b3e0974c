"""Every page for the eye and for those who do not see: contrast, headings, names, layout."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_fixtures import visits
from every_page import PAGES
from layout import (
    GROUND,
    overlapping,
    shifted,
    smaller_than,
    texts,
    too_tall,
    too_wide,
    watch_shifts,
)
from visitor import CHAPTERS, WAIT, WHERE, params, settled

from opcviz.study import Store, open_study, shipped_root
from opcviz.ui.reading.state import MAX_MODELS

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser
SERIOUS = ("serious", "critical")
SLOWER = 2  # than this machine, which has other work while tests run; the wait is spent spinning
COLOURS = ("color-contrast", "link-in-text-block")  # what axe asks of a theme's colours
SELECTED = {"feature_space": "&classes=0,1&sample=27"}
"""What of a page is there only where something is selected."""
ABOUT = {
    "generators": "digits-generator",
    "sequence": "digits-sequence",
    "clients": "digits-clients",
}
"""The shipped studies of pages that are not about the first one."""
FORMS = ("lab", "audit")
"""Pages of a presentation that are taller than the wall: what is filled in there is prepared before
the hall, and the arrow keys scroll it."""
LED_BY = ("Previous", "Next", "Leave")
"""The buttons that lead through a presentation."""


def six_models(page: str) -> str:
    study = open_study(Store(shipped_root()), ABOUT.get(page, "digits"))
    return ",".join(model.key for model in study.models[:MAX_MODELS])


@pytest.fixture(scope="module", params=PAGES)
def page(request, app, window) -> Iterator[object]:
    """Each page with as many models as it takes, loaded once for all that is asked of it."""
    name = "" if request.param == PAGES[0] else request.param
    with visits(window) as visit:
        asked = f"models={six_models(name)}{SELECTED.get(name, '')}"
        if name in ABOUT:
            asked += f"&study={open_study(Store(shipped_root()), ABOUT[name]).place}"
        made = visit(f"{app.url}/{name}?{asked}", watch=slowly)
        made.locator("h1").first.wait_for(timeout=WAIT)
        settled(made)
        made.context.new_cdp_session(made).send("Emulation.setCPUThrottlingRate", {"rate": 1})
        yield made


def slowly(page) -> None:
    """Watched from its first paint on, on a slow machine, by somebody who wants no motion: films
    stand at their end."""
    page.emulate_media(reduced_motion="reduce")
    watch_shifts(page, slower=SLOWER)


def in_theme(page, theme: str) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", GROUND[theme])
    for maps in page.get_by_test_id("linked-maps").all():
        expect(maps).to_have_attribute("data-theme", theme)


def test_little_moves_while_a_page_is_drawn(page):
    how_far, what = shifted(page)
    assert how_far < 0.1, what


def test_its_tab_is_named_by_it(page):
    expect(page).to_have_title(re.compile(r"^\S.+ · opcviz$"), timeout=WAIT)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing_serious(page, theme):
    in_theme(page, theme)
    # what passes is not read, and to spell it out takes longer than to find what does not
    options = {"resultTypes": ["violations"]} | ({"runOnly": COLOURS} if theme == "light" else {})
    found = Axe().run(page, options=options).response["violations"]
    bad = [each for each in found if each["impact"] in SERIOUS or each["id"] == "heading-order"]
    assert not bad, [(each["id"], each["nodes"][0]["html"][:200]) for each in bad]


def test_nothing_overlaps_and_nothing_is_scrolled_sideways(page):
    in_theme(page, "light")
    for width, height in ((1024, 768), (1440, 900), (853, 533), (1280, 900)):  # 1280 at 150 %
        page.set_viewport_size({"width": width, "height": height})
        settled(page)
        assert not overlapping(texts(page)), width
        assert too_wide(page) <= 0, width


def test_names_stay_in_sight_below_the_header(page):
    names = page.get_by_test_id("name")
    if not names.count():
        pytest.skip("no names of columns here")
    assert names.count() == MAX_MODELS
    page.get_by_test_id("stMain").evaluate("e => e.scrollTo(0, 1200)")
    settled(page)
    header = page.get_by_test_id("stHeader").bounding_box()
    for each in names.all():
        box = each.bounding_box()
        assert header["y"] + header["height"] <= box["y"] + 1
        assert box["y"] < 140
        expect(each).to_be_in_viewport()


def scrolls_by_keys(page) -> bool:
    """Whether the arrow keys bring the end of a page into sight, and its beginning again."""
    main, heights = page.get_by_test_id("stMain"), []
    for key in ("ArrowDown", "ArrowUp"):
        page.keyboard.press(key)
        page.wait_for_timeout(300)  # it glides
        heights.append(main.evaluate("e => e.scrollTop"))
    return heights[0] > 100 and heights[1] == 0


def test_every_row_can_be_read_from_the_last_row_of_a_hall(page):
    page.set_viewport_size({"width": 1024, "height": 768})
    tall, places = {}, set()
    page.locator("body").press("p")
    page.wait_for_url("**present=on**", timeout=WAIT)
    leave = page.get_by_role("button", name="Leave").first
    expect(leave).to_be_visible(timeout=WAIT)
    tour = "/learn" in page.url
    while True:
        settled(page)
        drawn = texts(page)
        assert not smaller_than(drawn, 18), page.url
        assert not overlapping(drawn), page.url
        assert too_wide(page) <= 0, page.url
        if (more := too_tall(page)) > 0:
            form = any(f"/{name}" in page.url for name in FORMS)
            if not (form and scrolls_by_keys(page)):
                tall[page.url] = more
        if tour:
            buttons = [page.get_by_role("button", name=name).first for name in LED_BY]
            places.add(tuple(button.evaluate(WHERE) for button in buttons))
            onward = buttons[1]  # of chapters, too
        else:
            onward = page.locator(".st-key-presentation-next button")
        if not onward.count() or onward.is_disabled():
            break
        at = page.url
        if tour:
            page.locator("body").press("ArrowRight")
        else:
            onward.click()
        page.wait_for_url(lambda url, at=at: url != at, timeout=WAIT)
    assert not tall
    if tour:
        assert params(page)["chapter"] == str(CHAPTERS)
        assert len(places) == 1, f"the buttons move from chapter to chapter: {places}"


def test_the_theme_can_be_switched_and_stays(app, visit):
    page = visit(app.url)
    page.get_by_role("button", name="Dark theme").click(timeout=WAIT)
    expect(page.get_by_role("button", name="Light theme")).to_be_visible(timeout=WAIT)
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", GROUND["dark"])
    page.reload()
    expect(page.get_by_role("button", name="Light theme")).to_be_visible(timeout=WAIT)
