"""Clients that leave, as only a browser shows it: the slider moves the maps from round to round."""

from __future__ import annotations

import re

import pytest
from visitor import WAIT, idle

from opcviz.study import Store, open_study, shipped_root

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser
STUDY = open_study(Store(shipped_root()), "digits-clients")
DRAWN = "boxes => boxes.map(canvas => canvas.toDataURL()).join()"


def test_the_slider_moves_the_maps_and_what_is_said_below_them(app, keep):
    page = keep(f"{app.url}/clients?study={STUDY.place}")
    slider = page.get_by_role("slider", name="Round")
    expect(slider).to_be_visible(timeout=WAIT)
    idle(page)
    canvases = page.get_by_test_id("linked-maps").locator("canvas")
    last = canvases.evaluate_all(DRAWN)
    assert len(last) > 1000, "the maps are drawn"
    slider.focus()
    page.keyboard.press("Home")
    expect(page).to_have_url(re.compile(r"[?&]round=0"), timeout=WAIT)
    idle(page)
    assert canvases.evaluate_all(DRAWN) != last
    original = next(m for m in STUDY.models if m.method.info.name == "original")
    before = original.training.history[-1]["backdoor"]
    said = page.get_by_text(f"trigger turns {before:.1f} %")
    expect(said).to_have_count(4, timeout=WAIT)  # the original, and three methods at their start
