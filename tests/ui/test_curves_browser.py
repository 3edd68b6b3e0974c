import re
from pathlib import Path

import pytest

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(address, keep):
    """Once for all tests: its lines only grow."""
    page = keep(address)
    expect(board(page)).to_have_attribute("data-updates", "1")
    return page


def board(page):
    return page.get_by_test_id("run-curves")


def grow(page, to):
    for epochs in range(int(board(page).get_attribute("data-epochs")) + 1, to + 1):
        page.get_by_role("button", name="More").click()
        expect(board(page)).to_have_attribute("data-epochs", str(epochs))


def test_lines_grow_in_the_chart_that_is_there(page):
    if board(page).get_attribute("data-epochs") != "0":
        page.reload()
    chart = board(page).locator("svg")
    expect(chart).to_contain_text("waiting for the first epoch")
    chart.evaluate("svg => { window.first = svg; }")
    grow(page, 4)
    assert chart.evaluate("svg => svg === window.first && svg.isConnected")
    expect(chart).not_to_contain_text("waiting")
    expect(chart.locator("circle")).to_have_count(3 * 4)  # norm ratio, forget, retain
    for words in ("Loss", "Norm ratio", "Accuracy (%)", "retain"):
        expect(chart).to_contain_text(words)
    said = chart.get_attribute("aria-label")
    assert "forget 25 %" in said
    assert "norm ratio 0.001" in said


def test_pointing_at_an_epoch_tells_all_its_numbers(page):
    grow(page, 3)
    box = board(page).locator("svg").bounding_box()
    tip = board(page).get_by_role("tooltip")
    expect(tip).to_be_hidden()
    page.mouse.move(box["x"] + 0.62 * box["width"], box["y"] + box["height"] / 2)
    for words in ("loss: ", "norm ratio: ", "forget: ", "retain: 99 %"):
        expect(tip).to_contain_text(words)
    page.mouse.move(5, 5)
    expect(tip).to_be_hidden()


def test_it_saves_itself_with_its_colours(page):
    grow(page, 2)
    with page.expect_download() as download:
        board(page).get_by_role("button", name="Save as SVG").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert text.startswith("<svg")
    assert "var(" not in text
    assert "Accuracy (%)" in text


def test_it_reads_on_a_dark_page(page):
    page.emulate_media(color_scheme="dark")
    expect(board(page).locator("text").first).to_have_attribute(
        "fill", re.compile("#e8ecf2", re.IGNORECASE)
    )
