"""The home page of a fresh store, as a first visitor meets it."""

import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from browser_fixtures import SIZE
from visitor import (
    WAIT,
    Traffic,
    canvases,
    drawn_maps,
    idle,
    params,
    pixels,
    reconstructions,
    recovery_bars,
    settled,
    start_button,
)

from opcviz.study import Store, open_study, shipped_root

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser
STAGES = 3  # before, FM, HR


@pytest.fixture(scope="module")
def opened(app, keep):
    """The page, once for all tests; the address that it opens with; and what it was sent."""
    seen, runs = Traffic(), app.runs.list()
    page = keep(f"{app.url}/side_by_side", watch=seen.watch)
    shows_evidence(page, 4)
    assert app.runs.list() == runs, "opening a page trains nothing"
    return page, params(page), seen


@pytest.fixture
def home(app, opened):
    """The page as it opens: what a test before has chosen stands in the address."""
    page, address, _ = opened
    page.set_viewport_size(SIZE)
    if params(page) != address or "/side_by_side" not in page.url:
        page.goto(f"{app.url}/side_by_side")
    shows_evidence(page, 4)
    return page


def shows_evidence(page, models: int) -> None:
    expect(page.get_by_test_id("headline")).to_have_count(models, timeout=WAIT)
    expect(drawn_maps(page)).to_have_count(models, timeout=WAIT)
    expect(recovery_bars(page)).to_have_count(models * STAGES, timeout=WAIT)
    expect(reconstructions(page)).to_have_count(models, timeout=WAIT)
    idle(page)


def spot(page, i):
    """Where the topmost point of a map is found by the pointer: hover the keyboard's choice."""
    canvas = canvases(page).nth(i)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    for dx in range(20, int(box["width"]) - 20, 9):
        for dy in range(20, int(box["height"]) - 20, 9):
            page.mouse.move(box["x"] + dx, box["y"] + dy)
            if canvas.get_attribute("data-ghost"):
                return box["x"] + dx, box["y"] + dy
    raise AssertionError("no point under the pointer anywhere")


def test_it_opens_on_evidence_at_once_and_trains_nothing(opened):
    home, _, seen = opened
    assert seen.script_runs == 1
    assert not [url for url in seen.requests if "PlotlyChart" in url]
    assert any("BidiComponent" in url for url in seen.requests)  # names of chunks are as we think
    assert seen.bytes < 260_000, "of messages: maps, bars, frames of the searches and words"
    assert all(pixels(canvas) > 500 for canvas in canvases(home).all())
    study = open_study(Store(shipped_root()), params(home)["study"])
    samples = len(study.probe()[0]["ids"])
    assert {c.get_attribute("data-points") for c in canvases(home).all()} == {str(samples)}
    expect(home.get_by_text("in the end PSNR")).to_have_count(3)
    expect(home.get_by_text("no score: ")).to_have_count(1)  # no gradient reaches OPC's body
    pictures = reconstructions(home).locator("canvas")
    expect(pictures).to_have_count(3 * study.study.evidence.pictures)  # of OPC there is none
    assert all(pixels(picture) for picture in pictures.all())


def test_hovering_shows_the_sample_in_every_map(home):
    spot(home, 0)
    ghosts = {canvas.get_attribute("data-ghost") for canvas in canvases(home).all()}
    assert len(ghosts) == 1
    assert None not in ghosts
    tip = home.get_by_test_id("map-tooltip")
    expect(tip).to_be_visible()
    expect(tip).to_contain_text(f"sample {ghosts.pop()}")
    expect(tip.locator("tr")).to_have_count(4)


def shows_evidence_of_pin(page, sample: str) -> None:
    expect(page.get_by_text(f"Pinned sample {sample}")).to_be_visible(timeout=WAIT)
    for canvas in canvases(page).all():
        expect(canvas).to_have_attribute("data-pinned", sample, timeout=WAIT)


def chosen(page) -> list[str]:
    """The classes that are selected in the legend, by what their buttons are called."""
    return page.locator(".legend button[aria-pressed=true]").all_inner_texts()


def test_a_class_of_the_legend_stays_selected_beside_a_pin_and_over_a_page_change(home):
    home.locator(".legend button").last.click()
    idle(home)
    (name,) = chosen(home)
    home.mouse.click(*spot(home, 0))
    expect(home).to_have_url(re.compile(r"[?&]sample=\d+"), timeout=WAIT)
    shows_evidence_of_pin(home, params(home)["sample"])
    idle(home)
    assert chosen(home) == [name]
    home.get_by_text("PCA", exact=True).click()
    expect(home).to_have_url(re.compile("map=pca"), timeout=WAIT)
    idle(home)
    assert chosen(home) == [name]
    home.get_by_role("link", name="Instruments").click()
    measures = home.get_by_text("Relearning step by step", exact=True).first
    expect(measures).to_be_visible(timeout=WAIT)
    idle(home)
    home.get_by_role("link", name="Side by side").click()
    shows_evidence(home, 4)
    assert chosen(home) == [name]


def picture(page) -> str:
    """What is drawn on the first map while nothing is hovered, as a data URL."""
    page.mouse.move(5, 5)
    expect(page.get_by_test_id("map-tooltip")).to_be_hidden(timeout=WAIT)
    return canvases(page).first.evaluate("canvas => canvas.toDataURL()")


def test_a_lasso_drawn_beside_a_pin_stays(home):
    home.mouse.click(*spot(home, 0))
    expect(home).to_have_url(re.compile(r"[?&]sample=\d+"), timeout=WAIT)
    sample = params(home)["sample"]
    shows_evidence_of_pin(home, sample)
    idle(home)
    canvas = canvases(home).first
    canvas.scroll_into_view_if_needed()
    before, box = picture(home), canvas.bounding_box()
    left, top, wide, high = box["x"], box["y"], box["width"] / 2, box["height"] / 2
    home.mouse.move(left + 2, top + 2)
    home.mouse.down()
    for x, y in ((wide, 2), (wide, high), (2, high), (2, 2)):
        home.mouse.move(left + x, top + y, steps=4)
    home.mouse.up()
    expect(home).to_have_url(re.compile(r"[?&]set="))
    settled(home)
    selected = picture(home)
    assert selected != before  # the other points are dimmed
    home.get_by_text("all training data", exact=True).click()  # a further rerun
    expect(home).to_have_url(re.compile(r"[?&]fit=all"))
    settled(home)
    assert picture(home) == selected
    expect(canvas).to_have_attribute("data-pinned", sample)


def test_a_click_pins_and_links_open_what_they_name(home, app, visit):
    home.mouse.click(*spot(home, 3))
    expect(home).to_have_url(re.compile(r"[?&]sample=\d+"))
    query = params(home)
    sample = query["sample"]
    shows_evidence_of_pin(home, sample)
    same = visit(home.url)
    shows_evidence_of_pin(same, sample)
    assert params(same) == query
    models = query["models"].split(",")
    wanted = {**query, "models": ",".join([models[0], models[-1]]), "map": "pca"}
    page = visit(f"{app.url}/side_by_side?{urlencode(wanted)}")
    shows_evidence(page, 2)
    shows_evidence_of_pin(page, sample)
    expect(page.get_by_role("radio", name="PCA")).to_be_checked()
    assert params(page) == wanted


def test_the_map_switch_moves_the_points_and_the_address(home):
    before = [canvas.screenshot() for canvas in canvases(home).all()]
    home.get_by_text("densMAP", exact=True).click()
    expect(home).to_have_url(re.compile("map=densmap"))
    settled(home)  # the points glide
    after = [canvas.screenshot() for canvas in canvases(home).all()]
    assert all(a != b for a, b in zip(after, before, strict=True))


def test_reconstructions_stand_below_their_targets_at_every_width(home):
    grid = home.get_by_test_id("picture-grid")
    for width in (1024, 1280, 1440):
        home.set_viewport_size({"width": width, "height": 800})
        settled(home)
        lines = grid.locator(".line").all()
        middles = [
            [
                round(box["x"] + box["width"] / 2)
                for canvas in line.locator("canvas").all()
                if (box := canvas.bounding_box())
            ]
            for line in lines
        ]
        assert len({tuple(line) for line in middles if line}) == 1, middles
        assert len(middles[0]) == 8


def test_another_fit_set_changes_the_bars(home):
    bars = home.locator("[class*=st-key-rows-recovery] .textpoint")
    before = bars.all_text_contents()
    assert len(before) == 12
    home.get_by_text("all training data", exact=True).click()
    expect(bars).not_to_have_text(before, timeout=WAIT)
    expect(recovery_bars(home)).to_have_count(12, timeout=WAIT)


def test_a_bar_tells_its_interval_and_the_chart_saves_itself(home):
    bar = recovery_bars(home).nth(1)
    bar.hover()
    row = home.get_by_test_id("recovery-bars")
    tip = row.get_by_role("tooltip")
    expect(tip).to_have_count(1)  # the others are hidden
    value = r"^after FM: [\d.]+ %, 95 %: [\d.]+ to [\d.]+; "
    band = r"5 retrained models [\d.]+ to [\d.]+ %$"
    expect(tip).to_have_text(re.compile(value + band))
    assert bar.get_attribute("aria-label") == tip.text_content()
    with home.expect_download() as download:
        row.get_by_role("button", name="Save as SVG").first.click()
    assert re.fullmatch(r"recovery-original-\w+-s0\.svg", download.value.suggested_filename)
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert text.startswith("<svg")
    assert "var(" not in text
    assert "forget accuracy (%)" in text


def test_a_fold_shows_its_charts_once_it_is_open(home):
    charts = home.locator("[class*=st-key-rows-ridge] .main-svg")
    expect(charts).to_have_count(0)
    home.get_by_text("Does the result depend on the attacker's regularisation (ridge)?").click()
    expect(charts.first).to_be_visible(timeout=WAIT)


def test_pages_change_warm_and_keep_the_selection(home):
    home.get_by_text("PCA", exact=True).click()
    expect(home).to_have_url(re.compile("map=pca"), timeout=WAIT)
    before = params(home)
    for _ in range(2):
        home.get_by_role("link", name="Lab", exact=True).click()
        expect(start_button(home)).to_be_enabled(timeout=WAIT)
        idle(home)
        home.get_by_role("link", name="Side by side").click()
        shows_evidence(home, 4)
    assert params(home) == before


def test_back_leads_to_the_page_before_at_once(home):
    """Streamlit's own entry of a page without its choices is none."""
    for name in ("Instruments", "Scoreboard"):
        home.get_by_role("link", name=name, exact=True).click()
        expect(home.get_by_role("heading", name=name, level=1)).to_be_visible(timeout=WAIT)
        home.wait_for_url("**/*?study=*")
        idle(home)
    home.go_back()
    expect(home.get_by_role("heading", name="Instruments", level=1)).to_be_visible(timeout=WAIT)
    idle(home)
    home.go_back()
    shows_evidence(home, 4)


def test_samples_and_numbers_can_be_taken_away(home):
    for name, first in (("Samples (CSV)", "sample,class,part,"), ("Numbers (JSON)", "{")):
        with home.expect_download(timeout=WAIT) as taken:
            home.get_by_role("button", name=name).click()
        assert taken.value.path().read_text().startswith(first)


def test_the_link_is_copied_and_that_is_said(home):
    home.context.grant_permissions(["clipboard-read", "clipboard-write"])
    home.get_by_test_id("copy-link").click()
    expect(home.get_by_text("Link copied.")).to_be_visible()
    assert home.evaluate("navigator.clipboard.readText()") == home.url
