"""What a lecture hall sees: nothing grey, nothing cut, and every line of a table within reach."""

import pytest
from visitor import WAIT, settled

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser
GREY = """() => [...document.querySelectorAll(".stPlotlyChart .annotation-text")]
  .filter((text) => getComputedStyle(text).fill === "rgb(128, 132, 149)").length"""
CUT = """(label) => [label, ...label.querySelectorAll("*")]
  .some((each) => each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0
    && getComputedStyle(each).overflowX !== "visible")"""


def in_a_hall(app, visit, address: str):
    page = visit(f"{app.url}/{address}")
    page.set_viewport_size({"width": 1024, "height": 768})
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    expect(page.get_by_role("button", name="Leave").first).to_be_visible(timeout=WAIT)
    settled(page)
    return page


@pytest.mark.parametrize("address", ["scoreboard?present=on&row=2", "instruments?present=on&row=4"])
def test_words_within_a_chart_have_the_colour_of_text(app, visit, address):
    page = in_a_hall(app, visit, address)
    expect(page.locator(".stPlotlyChart .annotation-text").first).to_be_visible(timeout=WAIT)
    assert page.evaluate(GREY) == 0


@pytest.mark.parametrize("address", ["scoreboard?present=on", "instruments?present=on&row=7"])
def test_the_keys_scroll_a_table_that_goes_on_below_its_edge(app, visit, address):
    page = in_a_hall(app, visit, address)
    table = page.locator(".board .wrap")
    expect(table).to_be_visible(timeout=WAIT)
    assert table.evaluate("e => e.scrollWidth - e.clientWidth") <= 1
    at = []
    for key in ("ArrowDown", "Space", "ArrowUp"):
        page.keyboard.press(key)
        settled(page)
        at.append(table.evaluate("e => e.scrollTop"))
    assert 0 < at[0] < at[1]
    assert at[2] < at[1]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("inversion_bench?present=on", ("Take the selection", "Lift a masked gradient")),
        ("lab?present=on", ("Settings",)),
    ],
)
def test_the_words_of_a_form_are_whole(app, visit, address, words):
    page = in_a_hall(app, visit, address)
    for each in words:
        assert not page.get_by_text(each).first.evaluate(CUT), each
    if address.startswith("inversion"):
        for each in ("Search in", "Distance", "First start"):
            expect(page.get_by_text(each, exact=True).first).to_be_visible()
