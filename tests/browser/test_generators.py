"""Generators, as only a browser shows it: steps are scrubbed, cells of the dose map pressed."""

from __future__ import annotations

import re

import pytest
from layout import GROUND, overlapping, texts, too_wide
from visitor import WAIT, idle, settled

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser
PICTURES = "boxes => boxes.map(canvas => canvas.toDataURL()).join()"
EDGES = """boxes => boxes.filter(each => each.classList.contains("genuine")).map(
  each => getComputedStyle(each).borderTopColor)"""


@pytest.fixture(scope="module")
def page(app, keep):
    """The page as it opens, of a study that is shipped."""
    page = keep(f"{app.url}/generators")
    expect(page.get_by_test_id("picture-wall").first).to_have_attribute(
        "data-step", re.compile(r"\d"), timeout=WAIT
    )
    idle(page)
    return page


def test_pictures_come_out_of_noise_step_by_step(page):
    wall = page.get_by_test_id("picture-wall").first
    drawn = wall.locator("canvas")
    last, end = drawn.evaluate_all(PICTURES), wall.get_attribute("data-step")
    assert wall.locator("canvas.genuine").count(), "the original draws what is asked for"
    scrub = wall.get_by_role("slider", name="Step of the denoising")
    scrub.focus()
    page.keyboard.press("Home")
    expect(wall).to_have_attribute("data-step", "0")
    expect(wall.locator(".where")).to_have_text(re.compile("^denoising step 1 of"))
    assert drawn.evaluate_all(PICTURES) != last
    assert not wall.locator("canvas.genuine").count(), "only what is finished was judged"
    wall.get_by_role("button", name="Play the denoising").click()
    expect(wall).to_have_attribute("data-step", end, timeout=WAIT)
    assert drawn.evaluate_all(PICTURES) == last
    expect(wall.get_by_role("button", name="Play the denoising")).to_be_visible()


def test_a_cell_of_the_dose_map_shows_its_pictures_in_every_model(page):
    maps = page.get_by_test_id("dose-maps")
    first = maps.locator(".map:has(table)").first
    cells, pictures = first.locator("tbody button"), first.locator("canvas")
    cells.first.click()
    expect(maps).to_have_attribute("data-cell", "0,0")
    at_once = pictures.evaluate_all(PICTURES)
    said = first.locator(".shown").inner_text()
    page.keyboard.press("ArrowRight")
    expect(maps).to_have_attribute("data-cell", "0,1")
    expect(cells.nth(1)).to_be_focused()
    assert first.locator(".shown").inner_text() != said
    assert pictures.evaluate_all(PICTURES) != at_once
    for each in maps.locator(".map:has(table)").all():
        expect(each.locator("button[aria-pressed=true]")).to_have_count(1)
    page.keyboard.press("ArrowUp")  # there is none above
    expect(maps).to_have_attribute("data-cell", "0,1")


@pytest.mark.parametrize("width", [1024, 1440])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_can_be_read_in_either_theme_at_any_width(page, theme, width):
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 900})
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", GROUND[theme])
    page.get_by_test_id("stMain").evaluate("e => e.scrollTo(0, 0)")
    settled(page)
    assert not too_wide(page)
    assert not overlapping(texts(page))
    edges = set(page.get_by_test_id("picture-wall").locator("canvas").evaluate_all(EDGES))
    assert len(edges) == 1
    assert edges == {{"light": "rgb(23, 59, 205)", "dark": "rgb(26, 187, 247)"}[theme]}
