"""Lasso, classes and pin are one: they survive each other, pages, a reload and a link."""

import re

import pytest
from visitor import WAIT, canvases, drawn_maps, idle, params, settled

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser
MOST = 4  # px that what stands below may move when a sample is pinned


@pytest.fixture
def home(app, visit):
    page = visit(f"{app.url}/side_by_side")
    shown(page)
    return page


def shown(page) -> None:
    expect(drawn_maps(page)).to_have_count(4, timeout=WAIT)
    settled(page)


def draw_around(page, *, modifier: str | None = None, part: float = 1.0) -> None:
    """Draw a lasso around the left part of the first map."""
    canvas = canvases(page).first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    left, top, wide, high = box["x"], box["y"], box["width"] * part, box["height"]
    if modifier:
        page.keyboard.down(modifier)
    page.mouse.move(left + 2, top + 2)
    page.mouse.down()
    for x, y in ((wide - 2, 2), (wide - 2, high - 2), (2, high - 2)):
        page.mouse.move(left + x, top + y, steps=3)
    page.mouse.up()
    if modifier:
        page.keyboard.up(modifier)


def pin(page) -> str:
    """Pin a sample by the keyboard; returns its id."""
    canvas = canvases(page).first
    canvas.focus()
    for arrow in ("ArrowLeft", "ArrowRight", "ArrowDown"):  # one of them leads to a sample
        page.keyboard.press(arrow)
    expect(canvas).to_have_attribute("data-ghost", re.compile(r"\d+"), timeout=WAIT)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"[?&]sample=\d+"), timeout=WAIT)
    idle(page)
    return params(page)["sample"]


def selected(page) -> dict[str, str]:
    """The selection in the address."""
    found = params(page)
    return {name: found[name] for name in ("sample", "set", "classes") if name in found}


def count(page):
    return page.get_by_text(re.compile(r"^\d+ samples? selected \("))


def test_the_selection_survives_pin_page_reload_and_link(home, app, visit):
    home.get_by_role("button", name="forgotten class 0: show only this").click()
    expect(home).to_have_url(re.compile("classes=0"), timeout=WAIT)
    draw_around(home, modifier="Shift", part=0.5)
    expect(home).to_have_url(re.compile("set="), timeout=WAIT)
    idle(home)
    expect(count(home)).not_to_have_text(re.compile("^30 "), timeout=WAIT)
    told = count(home).inner_text()
    sample = pin(home)
    assert selected(home).keys() == {"sample", "set", "classes"}
    assert count(home).inner_text() == told  # pinning keeps the set and the class
    before = selected(home)
    assert len(before["set"]) < 100
    home.get_by_role("link", name="Instruments").click()
    measures = home.get_by_text("Relearning step by step", exact=True).first
    expect(measures).to_be_visible(timeout=WAIT)
    idle(home)
    home.get_by_role("link", name="Feature space").click()
    shown(home)
    assert selected(home) == before
    home.get_by_role("link", name="Side by side").click()
    shown(home)
    home.reload()
    shown(home)
    assert selected(home) == before
    for page in (home, visit(home.url)):
        shown(page)
        assert count(page).inner_text() == told
        expect(canvases(page).first).to_have_attribute("data-pinned", sample)
        expect(page.locator(".legend button[aria-pressed=true]")).to_have_text(["0"])
    home.get_by_role("button", name="Clear", exact=True).click()
    expect(home).not_to_have_url(re.compile("set=|classes=|sample="), timeout=WAIT)


def a_lasso_keeps_the_pin_and_alt_takes_away(home, sample: str) -> None:
    draw_around(home)
    expect(home).to_have_url(re.compile("set="), timeout=WAIT)
    idle(home)
    assert selected(home)["sample"] == sample
    whole = count(home).inner_text()
    draw_around(home, modifier="Alt", part=0.5)
    expect(count(home)).not_to_have_text(whole, timeout=WAIT)
    assert int(count(home).inner_text().split()[0]) < int(whole.split()[0])
    canvases(home).first.press("Escape")
    expect(home).not_to_have_url(re.compile("set=|sample="), timeout=WAIT)


def test_pinning_moves_nothing_below_and_a_lasso_keeps_the_pin(home):
    rows = home.locator("[class*=st-key-row-]")
    where = "rows => rows.map(row => row.getBoundingClientRect().top + scrollY)"
    canvases(home).first.focus()
    before = rows.evaluate_all(where)
    home.evaluate(
        """() => {
            window.shift = 0;
            new PerformanceObserver((list) => {
                for (const entry of list.getEntries()) window.shift += entry.value;
            }).observe({ type: "layout-shift" });
        }"""
    )
    sample = pin(home)
    after = rows.evaluate_all(where)
    assert len(before) == len(after) > 3
    assert max(abs(a - b) for a, b in zip(after, before, strict=True)) <= MOST
    assert home.evaluate("window.shift") < 0.1
    a_lasso_keeps_the_pin_and_alt_takes_away(home, sample)


def test_the_keyboard_alone_selects_samples_and_classes(home):
    canvas = canvases(home).first
    canvas.focus()
    home.keyboard.press("ArrowLeft")
    home.keyboard.press("Space")
    expect(count(home)).to_have_text(re.compile("^1 sample selected"), timeout=WAIT)
    home.keyboard.press("a")
    expect(home).to_have_url(re.compile("classes="), timeout=WAIT)
    expect(count(home)).not_to_have_text(re.compile("^1 sample"), timeout=WAIT)
    home.keyboard.press("Escape")
    expect(count(home)).to_have_count(0, timeout=WAIT)
