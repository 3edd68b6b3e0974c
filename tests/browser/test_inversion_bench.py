"""The inversion bench, as somebody uses it: pick, start, watch, scrub."""

from __future__ import annotations

import pytest
from visitor import WAIT, idle, params, until

from opcviz.study import Store, open_study, shipped_root
from opcviz.ui.reading.state import MIN_MODELS

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser


def picture(page, row: int) -> str:
    """The first picture of a row of the grid, as a data URL."""
    return (
        page.get_by_test_id("picture-grid")
        .locator(".line.model canvas")
        .nth(row)
        .evaluate("canvas => canvas.toDataURL()")
    )


def named(page) -> list[str]:
    """The pictures that the address names."""
    return [each for each in params(page).get("pictures", "").split(",") if each]


def test_two_pictures_are_picked_develop_and_are_scrubbed(app, visit, begun):
    study = open_study(Store(shipped_root()), "digits")
    models = ",".join(model.key for model in study.models[:MIN_MODELS])
    page = visit(f"{app.url}/inversion_bench?steps=30&restarts=1&models={models}")
    thumbs = page.get_by_test_id("picture-picker").locator("button")
    expect(thumbs.first).to_be_visible(timeout=WAIT)
    idle(page)
    places = [thumbs.nth(at).bounding_box() for at in (0, 11)]
    for box in places:  # quickly, one after the other: neither waits for what the other causes
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for at in (0, 11):
        expect(thumbs.nth(at)).to_have_attribute("aria-pressed", "true")
    until(lambda: len(named(page)) == 2)
    idle(page)
    page.get_by_role("button", name="Start", exact=True).click(timeout=WAIT)
    grid = page.get_by_test_id("picture-grid")
    expect(grid.locator(".line.model canvas").first).to_be_visible(timeout=WAIT)
    early = picture(page, 0)
    scrub = grid.get_by_role("slider", name="Step of the search")
    expect(scrub).to_be_visible(timeout=WAIT)  # it is there when there is something to scrub
    idle(page)
    (run,) = begun()
    assert run.status == "finished"
    assert picture(page, 0) != early
    last = grid.get_attribute("data-step")
    scrub.focus()
    page.keyboard.press("Home")
    expect(grid).not_to_have_attribute("data-step", last)
    until(lambda: params(page).get("step") == grid.get_attribute("data-step"))
    first = picture(page, 0)
    grid.get_by_role("button", name="Play the search").click()
    expect(grid).to_have_attribute("data-step", last, timeout=WAIT)
    assert picture(page, 0) != first
