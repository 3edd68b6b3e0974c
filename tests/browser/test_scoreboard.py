"""The scoreboard by keyboard and pointer, as only a browser shows it."""

import re

import pytest
from visitor import WAIT, idle, params

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser


def test_sorted_by_keyboard_shared_by_link_and_opened_by_a_click(app, visit):
    page = visit(f"{app.url}/scoreboard")
    board = page.get_by_test_id("table")
    head = board.locator("th[data-column=worst-retain-only]")
    expect(head).to_have_attribute("aria-sort", "none", timeout=WAIT)
    idle(page)
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
