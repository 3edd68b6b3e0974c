import re

import pytest
from browser_fixtures import settled

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser
NOTHING = "pinned None · set 0 · classes []"


@pytest.fixture(scope="module")
def opened(address, keep):
    page = keep(address)
    expect(root(page)).to_have_attribute("data-updates", "1")
    return page


@pytest.fixture
def page(opened):
    """With nothing selected, and the first epoch: as it opens."""
    opened.mouse.move(5, 5)
    slid = opened.get_by_role("slider").input_value() != "0"
    if slid or words(opened).inner_text() != NOTHING:
        opened.reload()
    expect(words(opened)).to_have_text(NOTHING)
    settled(opened)
    return opened


def root(page):
    return page.get_by_test_id("linked-maps")


def canvas(page, i):
    return page.get_by_test_id("map-canvas").nth(i)


def words(page):
    return page.get_by_text(re.compile(r"^pinned "))


def middle(page, i):
    box = canvas(page, i).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def pixels(page, i):
    """How many pixels of a map differ from its corner."""
    return canvas(page, i).evaluate(
        """canvas => {
            const d = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            let n = 0;
            for (let k = 4; k < d.length; k += 4)
                if (d[k] !== d[0] || d[k + 1] !== d[1] || d[k + 2] !== d[2]) n++;
            return n;
        }"""
    )


def test_maps_are_drawn_and_stand_under_the_columns(page):
    expect(canvas(page, 0)).to_have_attribute("data-points", "300")
    expect(canvas(page, 1)).to_have_attribute("data-points", "300")
    assert min(pixels(page, 0), pixels(page, 1)) > 3000
    columns = page.get_by_test_id("stColumn")
    for i in range(3):
        column, stage = columns.nth(i).bounding_box(), canvas(page, i).bounding_box()
        assert abs(column["x"] - stage["x"]) <= 2
        assert abs(column["width"] - stage["width"]) <= 3


def test_a_model_without_a_map_says_why(page):
    expect(page.get_by_text("no map: diverged at step 120")).to_be_visible()
    expect(canvas(page, 2)).to_have_attribute("data-points", "0")
    assert pixels(page, 2) == 0


def test_hover_shows_the_sample_in_every_map(page):
    page.mouse.move(*middle(page, 0))
    for i in (0, 1):
        expect(canvas(page, i)).to_have_attribute("data-ghost", "1002")
    tip = page.get_by_test_id("map-tooltip")
    expect(tip).to_be_visible()
    expect(tip).to_contain_text("class cat")
    expect(tip).to_contain_text("forget")
    expect(tip).to_contain_text("sample 1002")
    expect(tip.locator("tr", has_text="Original")).to_contain_text("cat ✓92 %")
    thumb = tip.locator(".thumb")
    assert "data:image/png" in thumb.evaluate("e => getComputedStyle(e).backgroundImage")
    assert words(page).inner_text() == NOTHING  # hovering stays here
    page.mouse.move(5, 5)
    expect(tip).to_be_hidden()
    assert canvas(page, 1).get_attribute("data-ghost") is None


def test_a_click_pins_and_a_second_one_lets_go(page):
    page.mouse.click(*middle(page, 1))
    expect(words(page)).to_have_text("pinned 1002 · set 0 · classes []")
    expect(canvas(page, 0)).to_have_attribute("data-pinned", "1002")
    page.mouse.click(*middle(page, 1))
    expect(words(page)).to_have_text(NOTHING)


def test_points_glide_to_new_places_and_keep_the_pin(page):
    page.mouse.click(*middle(page, 0))
    expect(words(page)).to_contain_text("pinned 1002")
    seen = int(root(page).get_attribute("data-updates"))
    still, moving = pixels(page, 0), pixels(page, 1)
    root(page).evaluate(
        """root => {
            window.moves = [];
            new MutationObserver(() => window.moves.push(root.dataset.moving))
                .observe(root, { attributeFilter: ["data-moving"] });
        }"""
    )
    page.get_by_role("slider").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_text("epoch 3", exact=True)).to_be_visible()
    settled(page)
    assert page.evaluate("window.moves.includes('yes') && window.moves.at(-1) === 'no'")
    assert int(root(page).get_attribute("data-updates")) > seen
    assert pixels(page, 1) < moving / 2  # the cloud has contracted
    assert pixels(page, 0) == pytest.approx(still, rel=0.02)
    expect(canvas(page, 1)).to_have_attribute("data-pinned", "1002")


def test_a_class_of_the_legend_dims_the_others(page):
    full = pixels(page, 0)
    page.get_by_role("button", name="kept class dog").click()
    expect(words(page)).to_have_text("pinned None · set 0 · classes [3]")
    expect(page.get_by_role("button", name="kept class dog")).to_have_attribute(
        "aria-pressed", "true"
    )
    assert pixels(page, 0) > 0.7 * full  # dimmed, not gone
    page.mouse.move(*middle(page, 0))
    settled(page)
    assert canvas(page, 0).get_attribute("data-ghost") != "1002"  # dimmed points are not hovered
    page.get_by_role("button", name="kept class dog").click()
    expect(words(page)).to_have_text(NOTHING)


def test_the_lasso_selects_a_set(page):
    box = canvas(page, 0).bounding_box()
    corner = [(2, 2), (box["width"] - 2, 2), (box["width"] - 2, box["height"] - 2)]
    corner.append((2, box["height"] - 2))
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    page.mouse.down()
    for x, y in corner[1:]:
        page.mouse.move(box["x"] + x, box["y"] + y, steps=4)
    page.mouse.up()
    expect(words(page)).to_have_text("pinned None · set 300 · classes []")


def test_the_keyboard_reaches_everything(page):
    canvas(page, 0).focus()
    page.keyboard.press("ArrowRight")
    first = canvas(page, 1).get_attribute("data-ghost")
    page.keyboard.press("ArrowLeft")
    second = canvas(page, 1).get_attribute("data-ghost")
    assert None not in (first, second)
    assert first != second
    page.keyboard.press("Enter")
    expect(words(page)).to_have_text(f"pinned {second} · set 0 · classes []")
    assert f"Sample {second}" in page.locator(".said").text_content()
    page.keyboard.press("Escape")
    expect(words(page)).to_have_text(NOTHING)


def test_python_can_select(page):
    page.get_by_role("button", name="select from Python").click()
    expect(canvas(page, 0)).to_have_attribute("data-pinned", "1001")
    expect(page.get_by_role("button", name="kept class dog")).to_have_attribute(
        "aria-pressed", "true"
    )


def test_dark_theme(address, visit):
    page = visit(address, theme="dark")
    expect(root(page)).to_have_attribute("data-theme", "dark")
    corner = canvas(page, 0).evaluate(
        "c => [...c.getContext('2d').getImageData(0, 0, 1, 1).data].slice(0, 3)"
    )
    assert corner == [0x11, 0x15, 0x1C]
    page.emulate_media(color_scheme="light")  # the system turns to day while the page is open
    expect(root(page)).to_have_attribute("data-theme", "light")
    expect(root(page)).to_have_attribute("data-updates", "1")
