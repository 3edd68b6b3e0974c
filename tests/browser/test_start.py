"""The page that the app opens on, in a browser: it plays, is scrubbed, and fits the window."""

import re

import pytest
from layout import too_tall
from visitor import WAIT, Traffic, idle, settled

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser

FOLD = {"width": 1024, "height": 768}


def player(page):
    return page.get_by_test_id("player")


def moment(page) -> str:
    """The epochs shown, as the scrubber says them."""
    return page.get_by_role("slider", name="Epoch").get_attribute("aria-valuetext")


def epochs(page) -> list[int]:
    return [int(n) for n in re.findall(r"epoch (\d+) of", moment(page))]


def drawn(page, i: int) -> str:
    return page.get_by_test_id("player-canvas").nth(i).evaluate("canvas => canvas.toDataURL()")


def opened(app, visit, *, still: bool = False, watch=id):
    """Start, at the size of a projector; `still`: the reader wants no motion."""

    def before(page) -> None:
        page.set_viewport_size(FOLD)
        page.emulate_media(reduced_motion="reduce" if still else "no-preference")
        watch(page)

    page = visit(app.url, watch=before)
    expect(page.get_by_test_id("player-canvas")).to_have_count(2)
    idle(page)
    return page


def small(page, pixels: int) -> list[str]:
    """What of the player's text has smaller letters."""
    return player(page).evaluate(
        """(player, pixels) => [...player.querySelectorAll('*')]
            .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
            .filter(e => e.getClientRects().length)
            .filter(e => parseFloat(getComputedStyle(e).fontSize) < pixels)
            .map(e => e.textContent)""",
        pixels,
    )


@pytest.fixture(scope="module")
def still(app, keep):
    """Opened by somebody who wants no motion."""
    return opened(app, keep, still=True)


def test_it_plays_by_itself_and_stops_at_the_end(app, visit):
    seen = Traffic()
    page = opened(app, visit, watch=seen.watch)
    assert seen.script_runs == 1
    assert seen.bytes < 225_000, "of messages: every epoch of both films, and words"
    # points glide: moments are drawn that lie between two epochs of the longer film
    page.wait_for_function(
        """() => {
            const player = document.querySelector('.player') || [...document.querySelectorAll('*')]
                .map(e => e.shadowRoot && e.shadowRoot.querySelector('.player')).find(Boolean);
            window.moments = window.moments || new Set();
            window.moments.add(player.dataset.at);
            return player.dataset.playing === 'no' && player.dataset.at === '1.000';
        }""",
        timeout=WAIT,
    )
    assert page.evaluate("window.moments.size") > 20
    runs = seen.script_runs
    assert epochs(page)[0] == 20
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    assert seen.script_runs == runs  # playing asks the server for nothing


def test_who_wants_no_motion_gets_none_unasked_and_scrubs_epoch_by_epoch(still):
    page = still
    assert player(page).get_attribute("data-playing") == "no"
    assert player(page).get_attribute("data-at") == "1.000"
    slider = page.get_by_role("slider", name="Epoch")
    slider.focus()
    page.keyboard.press("Home")
    assert epochs(page) == [0, 0]
    number = page.get_by_test_id("player-film").first.locator(".bar .number").first
    assert number.inner_text() == "100 %"
    first, last = drawn(page, 0), drawn(page, -1)
    page.keyboard.press("ArrowRight")  # a quarter of an epoch of the shorter film: it stands
    assert epochs(page)[0] == 0
    assert drawn(page, 0) == first
    page.keyboard.press("ArrowRight")
    assert epochs(page)[1] in (2, 1)  # of the longer film, as far as its epochs were sent
    assert drawn(page, -1) != last
    page.keyboard.press("End")
    assert number.inner_text() == "0 %"
    restores = page.get_by_role("meter", name="An attacker restores").first
    (got,) = re.findall(
        r"only hides them: .* restores ([\d.]+)", page.get_by_test_id("told").inner_text()
    )
    assert restores.get_attribute("aria-valuetext").startswith(f"{got} %")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_of_it_stands_above_the_fold_and_is_large_enough_to_read(still, theme):
    page = still
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    expect(player(page)).to_be_visible()
    settled(page)
    parts = [
        page.get_by_role("heading", name="Did the network really forget?"),
        page.get_by_test_id("told"),
        *page.get_by_test_id("player-film").all(),
        *page.get_by_test_id("player-bar").all(),
        page.get_by_role("slider", name="Epoch"),
        page.get_by_test_id("stPageLink").first,
        page.get_by_test_id("stPageLink").last,
    ]
    for part in parts:
        box = part.bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= FOLD["height"], part
        assert box["x"] + box["width"] <= FOLD["width"], part
    assert small(page, 16) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= FOLD["width"]


def words_of(app, page, study: str, explain: str) -> list[str]:
    """What can be read of the films, part by part, once they are drawn."""
    page.goto(f"{app.url}/?study={study}&explain={explain}")
    expect(page.get_by_test_id("player-canvas")).to_have_count(2)
    settled(page)
    parts = player(page).locator("h2, .chips span, .why, .bar .line, .legend, .levels, .note")
    return [text for text in parts.all_inner_texts() if text]


STUDIES = ("digits-86043b2a", "digits-one-66b3e4d0", "digits-random-eb117ed7")


@pytest.mark.parametrize("explain", ["off", "on"])
@pytest.mark.parametrize("study", STUDIES)
def test_exits_are_in_sight_and_panels_stand_level_in_every_shipped_study(
    app, still, study, explain
):
    page = still
    before = words_of(app, page, study, "off")
    after = words_of(app, page, study, explain)
    assert all(any(new.startswith(old) for new in after) for old in before), "nothing goes away"
    assert (len(" ".join(after)) > len(" ".join(before))) == (explain == "on")
    assert page.get_by_test_id("player-explained").is_visible() == (explain == "on")
    links = page.get_by_test_id("stPageLink").all()
    assert links
    for link in links if explain == "off" else ():
        box = link.bounding_box()
        assert box["y"] + box["height"] <= FOLD["height"]
    maps = [each.bounding_box() for each in page.get_by_test_id("player-canvas").all()]
    assert maps[0]["y"] == pytest.approx(maps[1]["y"], abs=1)
    assert min(each["height"] for each in maps) >= 150


def test_nothing_moves_when_the_words_of_the_end_take_their_place(app, still):
    """A film whose words grew would push the exits below the fold, and its map would jump."""
    page = still
    page.goto(app.url)
    expect(page.get_by_test_id("player-canvas")).to_have_count(2)
    settled(page)
    watched = [page.get_by_test_id("player-canvas").first, page.get_by_test_id("stPageLink").first]
    ended = [each.bounding_box() for each in watched]
    page.get_by_role("slider", name="Epoch").focus()
    page.keyboard.press("Home")
    assert epochs(page) == [0, 0]
    assert [each.bounding_box() for each in watched] == ended
    # as where a font that comes late, or a scrollbar, gives the words above one more line
    page.get_by_test_id("told").evaluate("e => (e.style.paddingBottom = '25px')")
    settled(page)
    exits = watched[-1].bounding_box()
    assert exits["y"] + exits["height"] <= FOLD["height"]


def test_a_hall_sees_the_maps_large_and_then_the_bars(app, still):
    page = still
    for row, part in (("2", "film"), ("3", "figures")):
        page.goto(f"{app.url}/?present=on&row={row}")
        expect(player(page)).to_have_attribute("data-part", part)
        settled(page)
        assert small(page, 20) == []
        assert too_tall(page) <= 0
        if part == "film":
            kept = page.locator(".legend > span", has_text="kept")
            expect(kept).to_have_text("small: kept")  # which in a hall is not pale
            sizes = page.locator(".legend canvas").evaluate_all("all => all.map(e => e.width)")
            assert sizes[-1] < min(sizes[:-1])
            for each in page.get_by_test_id("player-canvas").all():
                assert each.bounding_box()["height"] > FOLD["height"] / 2
        for bar in page.get_by_test_id("player-bar").all():
            assert bar.is_visible() == (part == "figures")
