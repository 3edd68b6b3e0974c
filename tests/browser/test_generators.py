"""Generators, as only a browser shows it: steps are scrubbed, cells of the dose map pressed; of
earthquakes an epicentre is chosen, and another section."""

from __future__ import annotations

import math
import re

import pytest
from layout import GROUND, overlapping, smaller_than, texts, too_tall, too_wide
from visitor import WAIT, idle, settled

from opcviz.study import Store, open_study, shipped_root

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


@pytest.fixture(scope="module")
def quakes(app, keep):
    """The page as it opens on the study of earthquakes that is shipped."""
    place = open_study(Store(shipped_root()), "earthquakes").place
    page = keep(f"{app.url}/generators?study={place}")
    board = page.get_by_test_id("wave-records")
    expect(board).to_have_attribute("data-at", re.compile(r"\d"), timeout=WAIT)
    idle(page)
    return page


TRACES = "paths => paths.map(path => path.getAttribute('d')).join()"


def test_an_epicentre_that_is_chosen_shows_its_records_and_spectrograms(quakes):
    board = quakes.get_by_test_id("wave-records")
    traces, spectra = board.locator(".wave .trace"), board.locator("canvas")
    before = traces.evaluate_all(TRACES), spectra.evaluate_all(PICTURES)
    assert traces.count() == spectra.count() == 7, "the simulation and six models"
    said = board.locator(".said").inner_text()
    chosen = board.get_by_role("radio", checked=True)
    assert "to be forgotten" in chosen.get_attribute("aria-label")
    chosen.focus()
    quakes.keyboard.press("ArrowRight")
    after = board.get_by_role("radio", checked=True)
    expect(after).to_be_focused()
    expect(board.locator(".said")).not_to_have_text(said)
    shown = traces.evaluate_all(TRACES), spectra.evaluate_all(PICTURES)
    assert all(new != old for new, old in zip(shown, before, strict=True))
    kept = board.get_by_role("radio", name=re.compile("kept")).last
    kept.dispatch_event("click")
    expect(kept).to_have_attribute("aria-checked", "true")
    expect(board.locator(".said")).to_have_text(re.compile("kept"))
    assert traces.evaluate_all(TRACES) != shown[0]
    marks = board.get_by_role("radio")
    places = marks.evaluate_all("m => m.map(e => ['cx', 'cy'].map(name => +e.getAttribute(name)))")
    pairs = [
        (math.dist(a, b), i, k) for k, b in enumerate(places) for i, a in enumerate(places[:k])
    ]
    gap, low, top = min(pairs)  # of places on screen, px
    assert gap < 4, "one covers the other"
    pressed = []
    for _ in range(2):
        board.locator("svg").first.click(position=dict(zip("xy", places[low], strict=True)))
        pressed.append(int(board.get_attribute("data-at")))
    assert sorted(pressed) == [low, top]


def test_a_section_is_of_the_earthquake_that_is_chosen(quakes):
    board = quakes.get_by_test_id("wave-sections")
    traces = board.locator(".trace")
    before = traces.evaluate_all(TRACES)
    button = board.get_by_role("button", name="Forgotten, after the attack")
    button.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(board).to_have_attribute("data-at", "2")
    assert traces.evaluate_all(TRACES) != before
    maps = quakes.get_by_test_id("wave-errors").get_by_role("group")
    assert maps.count() == 6
    assert maps.first.locator(".cell").count() > 100


@pytest.mark.parametrize("width", [1024, 1440])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_earthquakes_can_be_read_in_either_theme_at_any_width(quakes, theme, width):
    quakes.emulate_media(color_scheme=theme)
    quakes.set_viewport_size({"width": width, "height": 900})
    expect(quakes.get_by_test_id("stApp")).to_have_css("background-color", GROUND[theme])
    quakes.get_by_test_id("stMain").evaluate("e => e.scrollTo(0, 0)")
    settled(quakes)
    assert not too_wide(quakes)
    assert not overlapping(texts(quakes))
    traces = quakes.locator(".wave .trace")
    ink = traces.evaluate_all("all => all.map(each => getComputedStyle(each).stroke)")
    assert set(ink) == {{"light": "rgb(27, 36, 48)", "dark": "rgb(232, 236, 242)"}[theme]}


def test_earthquakes_fit_a_hall_screen_by_screen(quakes):
    quakes.emulate_media(color_scheme="light")
    quakes.set_viewport_size({"width": 1024, "height": 768})
    quakes.locator("body").press("p")
    quakes.wait_for_url("**present=on**", timeout=WAIT)
    onward = quakes.locator(".st-key-presentation-next button")
    expect(onward).to_be_visible(timeout=WAIT)
    for _ in range(6):
        settled(quakes)
        assert too_tall(quakes) <= 0, quakes.url
        assert not overlapping(texts(quakes)), quakes.url
        assert not smaller_than(texts(quakes), 18), quakes.url
        at = quakes.url
        onward.click()
        quakes.wait_for_url(lambda url, at=at: url != at, timeout=WAIT)


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
