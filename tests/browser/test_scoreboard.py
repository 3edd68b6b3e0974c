"""The scoreboard by keyboard and pointer, as only a browser shows it."""

import re

import pytest
from layout import GROUND
from visitor import WAIT, idle, params, settled

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser


READABLE = """() => {
  const chart = document.querySelector(".js-plotly-plot");
  const luminance = (colour) => {
    const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255);
    const [r, g, b] = parts.map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const page = document.querySelector('[data-testid="stApp"]');
  const ground = luminance(getComputedStyle(page).backgroundColor) + 0.05;
  const contrasts = [...(chart?.querySelectorAll("text") ?? [])].map((text) => {
    const own = luminance(getComputedStyle(text).fill) + 0.05;
    return Math.max(own, ground) / Math.min(own, ground);
  });
  return contrasts.length > 20 && Math.min(...contrasts) >= 4.5;
}"""
"""Whether a chart's letters stand out from the page: axe does not ask it of letters in a chart."""


def test_sorted_by_keyboard_shared_by_link_and_opened_by_a_click(app, visit):
    page = visit(f"{app.url}/scoreboard")
    board = page.get_by_test_id("table")
    head = board.locator("th[data-column=worst-retain-only]")
    expect(head).to_have_attribute("aria-sort", "none", timeout=WAIT)
    idle(page)
    for theme, ground in GROUND.items():
        page.emulate_media(color_scheme=theme)
        expect(page.get_by_test_id("stApp")).to_have_css("background-color", ground)
        # the page has its colours before the chart is drawn again in them
        page.wait_for_function(READABLE, timeout=WAIT)
    settled(page)  # the other theme's table has come, too
    head.focus()
    expect(board.get_by_role("tooltip")).to_contain_text("never held a forgotten picture")
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending", timeout=WAIT)
    page.keyboard.press("Enter")  # the head has kept the focus
    expect(head).to_have_attribute("aria-sort", "descending", timeout=WAIT)
    expect(page).to_have_url(re.compile("by=-worst-retain-only"), timeout=WAIT)
    cells = board.locator("tr:not(.fixed) > td[data-column=worst-retain-only] .text")
    numbers = [float(text) for text in cells.all_inner_texts() if text != "–"]
    assert len(numbers) > 20
    assert numbers == sorted(numbers, reverse=True)

    other = visit(page.url)
    theirs = other.get_by_test_id("table").locator(
        "tr:not(.fixed) > td[data-column=worst-retain-only] .text"
    )
    expect(theirs).to_have_text(cells.all_inner_texts(), timeout=WAIT)

    row = board.locator("tr.opens[data-row^=delete]")
    row.locator("td[data-column=ua]").click()
    expect(page.get_by_test_id("headline")).to_have_count(3, timeout=WAIT)
    opened = params(page)["models"].split(",")
    assert [key.split("-")[0] for key in opened] == ["original", "retrain", "delete"]
