"""Requests in a row, as only a browser shows it: the maps step through the requests."""

from __future__ import annotations

import pytest
from visitor import WAIT, idle

from opcviz.study import Store, open_study, shipped_root

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser
STUDY = open_study(Store(shipped_root()), "digits-sequence")


def drawn(page) -> set[str]:
    """The pictures of all maps, without empty layers."""
    maps = page.get_by_test_id("map-canvas")
    made = maps.evaluate_all("boxes => boxes.map(canvas => canvas.toDataURL())")
    return {each for each in made if len(each) > 3000}


def test_it_opens_by_itself_and_its_maps_step_through_the_requests(app, keep):
    page = keep(f"{app.url}/sequence")
    slider = page.get_by_role("slider", name="Request")
    expect(slider).to_be_visible(timeout=WAIT)
    idle(page)
    assert any(f"study={step.place}" in page.url for step in STUDY.study.steps[1:])
    last = drawn(page)
    assert last, "the maps are drawn"
    slider.focus()
    page.keyboard.press("Home")
    expect(page.get_by_test_id("stSliderThumbValue")).to_have_text("after request 1 (0)")
    idle(page)
    assert not drawn(page) & last, "every map is of the first step now"


def test_the_figures_of_every_step_are_a_file(app, keep):
    page = keep(f"{app.url}/sequence")
    idle(page)
    with page.expect_download(timeout=WAIT) as found:
        page.get_by_role("button", name="Figures of every step as CSV").click()
    lines = found.value.path().read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("method,seed,step,request")
    assert len(lines) == 1 + len(STUDY.models) * (len(STUDY.study.steps) + 1)
