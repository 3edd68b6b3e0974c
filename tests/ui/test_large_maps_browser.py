import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from browser_fixtures import settled

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def page(address, keep):
    """Once for all tests: each leaves it as it was."""
    page = keep(address)
    expect(page.get_by_test_id("linked-maps")).to_have_attribute("data-updates", "1")
    return page


def canvas(page, i):
    return page.get_by_test_id("map-canvas").nth(i)


def picture(page, i) -> str:
    return canvas(page, i).evaluate("canvas => canvas.toDataURL()")


def test_wheel_hand_keys_and_buttons_move_all_maps_together(page):
    whole = [picture(page, i) for i in (0, 1)]
    box = canvas(page, 0).bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 100)
    page.mouse.wheel(0, -400)
    expect(page.get_by_role("button", name="Show the whole map")).to_be_enabled()
    settled(page)
    near = [picture(page, i) for i in (0, 1)]
    assert all(a != b for a, b in zip(near, whole, strict=True))
    page.get_by_role("button", name="Dragging moves the maps").click()
    page.mouse.move(box["x"] + 200, box["y"] + 150)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 90, steps=4)
    page.mouse.up()
    settled(page)
    assert all(picture(page, i) != near[i] for i in (0, 1))
    expect(page.locator(".count")).to_have_text("nothing selected")  # it was no lasso
    canvas(page, 1).focus()
    page.keyboard.press("0")
    page.mouse.move(5, 5)
    expect(page.get_by_role("button", name="Show the whole map")).to_be_disabled()
    settled(page)
    assert [picture(page, i) for i in (0, 1)] == whole


def test_one_map_is_enlarged_and_comes_back(page):
    narrow = canvas(page, 1).bounding_box()["width"]
    page.get_by_role("button", name="Enlarge Short").click()
    expect(canvas(page, 0)).to_be_hidden()
    assert canvas(page, 1).bounding_box()["width"] > 1.8 * narrow
    page.get_by_role("button", name="Show all maps again").click()
    expect(canvas(page, 0)).to_be_visible()
    assert canvas(page, 1).bounding_box()["width"] == pytest.approx(narrow, abs=1)


def test_epochs_play_in_the_browser_and_the_slider_is_told_when_left(page):
    slider, where = page.get_by_role("slider", name="Epoch"), page.locator("output")
    expect(where).to_have_text("epoch 4 of 4")
    page.evaluate("window.seen = new Set()")
    where.evaluate(
        """output => new MutationObserver(() => window.seen.add(output.textContent))
            .observe(output, { childList: true })"""
    )
    page.get_by_role("button", name="Play all epochs").click()
    page.wait_for_function("window.seen.size >= 5 && window.seen.has('epoch 4 of 4')")
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("epoch 1", exact=True)).to_be_visible()
    expect(page.locator(".title")).to_have_text(["Long, epoch 1", "Short, epoch 1"])
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".title")).to_have_text(["Long, epoch 4", "Short, epoch 2 (end)"])


@pytest.mark.parametrize(
    ("colour", "words"),
    [
        ("answer", "the class that the model answers"),
        ("confidence", "share that the model gives"),
        ("restored", "not measured"),
    ],
)
def test_each_colouring_has_its_legend(address, visit, colour, words):
    page = visit(f"{address}&colour={colour}")
    expect(page.locator(".legend")).to_contain_text(words)


def test_maps_are_saved_with_one_shape_a_sample(page):
    with page.expect_download() as one:
        page.get_by_role("button", name="Save Short as SVG").click()
    assert one.value.suggested_filename == "Short.svg"
    drawn = ET.fromstring(Path(one.value.path()).read_text(encoding="utf-8"))
    (panel,) = drawn.findall(f"{SVG}svg")
    assert len(panel.findall(f"{SVG}circle")) == 200
    with page.expect_download() as both:
        page.get_by_role("button", name="Save all maps as PNG").click()
    assert both.value.suggested_filename == "both.png"
    assert Path(both.value.path()).read_bytes().startswith(b"\x89PNG")
