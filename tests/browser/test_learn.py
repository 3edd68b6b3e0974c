"""The guided tour and presentation mode, as a lecturer uses them."""

import math
import re

import pytest
from layout import overlapping, smaller_than, texts, too_tall, too_wide
from visitor import CHAPTERS, WAIT, WHERE, drawn_maps, idle, params, settled

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser
HIGH = """<body style="margin:0"><div data-testid="stMain" style="height:900px;overflow:auto">
<div data-testid="stMainBlockContainer" style="height:%dpx"></div></div>"""
FAULTY = """<div data-testid="stMain" style="width:2000px"><p style="font-size:12px">small</p>
<p style="font-size:30px;margin:0">one line</p>
<p style="font-size:30px;margin:-20px 0 0">another</p>
</div>"""


def stands(page, ready) -> None:
    expect(ready.first).to_be_visible(timeout=WAIT)
    idle(page)


def test_the_tour_is_walked_to_its_end_by_keys(app, visit):
    page = visit(f"{app.url}/learn")
    page.set_viewport_size({"width": 1024, "height": 768})
    evidence, places = page.locator(".st-key-row-tour"), set()
    buttons = page.locator(".st-key-tour-steps button:visible")
    for at in range(1, CHAPTERS + 1):
        expect(page.get_by_role("heading", level=1)).to_have_text(
            re.compile(rf"^{at}\. "), timeout=WAIT
        )
        stands(page, evidence.locator("canvas, svg, img"))
        places.add(tuple(button.evaluate(WHERE) for button in buttons.all()))
        page.get_by_test_id("stMain").evaluate("e => e.scrollTo(0, 300)")
        settled(page)
        places.add(tuple(button.evaluate(WHERE) for button in buttons.all()))
        if at == 2:
            page.get_by_role("link", name="Open the page like this").click()
            stands(page, page.get_by_text(f"Chapter {at} of {CHAPTERS}:"))
            expect(drawn_maps(page)).to_have_count(3, timeout=WAIT)
            assert params(page)["map"] == "pca"
            page.get_by_role("link", name="Back to the tour").click()
            stands(page, page.get_by_text("Think."))
            assert "tour" not in params(page)
        if at == 6:
            dragger = page.get_by_test_id("norm-dragger")
            dragger.get_by_role("slider").fill("0")
            most = f"{math.log(10):.4f}"
            expect(dragger).to_have_attribute("data-entropy", f"{most} {most}")
        page.get_by_text("Answer", exact=True).click()
        expect(page.locator("[data-testid=stExpanderDetails]").last).to_be_visible(timeout=WAIT)
        page.locator("body").press("ArrowRight")
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    assert params(page)["chapter"] == str(CHAPTERS)
    assert len(places) == 1, f"the buttons move under the finger: {places}"
    assert all(len(each) >= CHAPTERS + 2 for each in places)


def test_the_finder_of_faults_finds_them(visit, app):
    page = visit(f"{app.url}/_stcore/health")
    page.set_content(FAULTY)
    assert smaller_than(texts(page), 18) == ["12 px: small"]
    assert overlapping(texts(page)) == [("one line", "another")]
    assert too_wide(page) > 0


def test_a_page_higher_than_its_window_is_found_out(visit, app):
    page = visit(f"{app.url}/_stcore/health")
    for height, over in ((700, 0), (1000, 100)):  # of a window of 900
        page.set_content(HIGH % height)
        assert too_tall(page) == over


def test_a_presentation_is_led_by_keys_that_are_letters_in_a_field(app, visit):
    page = visit(f"{app.url}/side_by_side")
    stands(page, page.get_by_role("button", name="Present"))
    page.locator("body").press("p")
    for row in (1, 2, 3):
        stands(page, page.get_by_text(f"{row} of "))
        page.locator("body").press("PageDown")
    stands(page, page.get_by_text("4 of "))
    page.locator("body").press("Escape")
    stands(page, page.get_by_label("Study"))
    assert "present" not in params(page)
    page.get_by_role("combobox").last.press("p")  # typed into a field
    settled(page, 30)
    assert "present" not in params(page)
