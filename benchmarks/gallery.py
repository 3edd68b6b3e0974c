"""The pictures of the documentation: every page of the app, and a race that moves.

    python -m benchmarks.gallery [--to docs] [--dark] [--only NAME,NAME]

Starts the app on a fresh store, opens each page of its navigation in Chromium and saves what a
visitor sees at first as `pages/NAME.png`, the generators of earthquakes, too; then scrubs through
the replay of the race's first two methods and saves it as `race.gif` (`--only race.gif`). Pictures
have 256 colours: a page is kilobytes then.
"""

from __future__ import annotations

import argparse
import io
import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, sync_playwright

from opcviz.study import Store, open_study, shipped_root

from .serving import CHROMIUM, CHROMIUM_OPTIONS, app

ROOT = Path(__file__).resolve().parents[1]
SIZE = {"width": 1280, "height": 800}
WIDE = 2400  # pixels: all names of pages beside each other
WAIT = 120_000  # ms
EARTHQUAKES = "earthquakes"  # the study that the page of generators shows beside its first one
FILM = "race.gif"
FRAMES = 24  # of the race
FRAME = 140  # ms that each stays
REST = 2500  # ms that the last one stays
GIF_WIDTH = 800  # pixels


def main() -> None:
    """Make them all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--to", type=Path, default=ROOT / "docs", help="folder of the pictures")
    parser.add_argument("--dark", action="store_true", help="in the dark theme")
    parser.add_argument("--only", default="", help="names of pictures, separated by commas")
    asked = parser.parse_args()
    wanted = {name for name in asked.only.split(",") if name}
    pages = asked.to / "pages"
    pages.mkdir(parents=True, exist_ok=True)
    with app(ROOT) as (url, _), sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        page = browser.new_page(
            viewport=SIZE,
            color_scheme="dark" if asked.dark else "light",
            reduced_motion="reduce",  # films stand at their end
        )
        known = addresses(page, url)
        if lost := wanted - {*known, FILM}:
            parser.error(
                f"no picture is called {', '.join(sorted(lost))}; there are: "
                f"{', '.join([*known, FILM])}"
            )
        for name, address in known.items():
            if wanted and name not in wanted:
                continue
            opened(page, address)
            picture(page.screenshot()).save(pages / f"{name}.png", optimize=True)
            print(f"{name}: {(pages / f'{name}.png').stat().st_size / 1000:.0f} kB")
        if not wanted or FILM in wanted:
            page.set_viewport_size({**SIZE, "height": 1500})  # all of the film, below no head
            opened(page, f"{url}/race")
            save_film(page.get_by_test_id("player"), asked.to / FILM)
            print(f"race: {(asked.to / FILM).stat().st_size / 1000:.0f} kB")
        browser.close()


def addresses(page: Page, url: str) -> dict[str, str]:
    """The pages of the navigation, and a second domain: a name for the file, and the address."""
    page.set_viewport_size({**SIZE, "width": WIDE})  # so that no page is folded into a menu
    opened(page, url)
    links = page.locator('a[data-testid^="stTopNavLink"]')
    links.first.wait_for(timeout=WAIT)
    found = {}
    for link in links.all():
        title = re.sub(r"\W+", "-", link.inner_text().split("\n")[-1].strip().lower())
        found[title] = link.evaluate("link => link.href")
    page.set_viewport_size(SIZE)
    quakes = open_study(Store(shipped_root()), EARTHQUAKES).place
    return found | {EARTHQUAKES: f"{url}/generators?study={quakes}"}


def opened(page: Page, address: str) -> None:
    """Open a page and wait until its script rests and nothing more is drawn."""
    page.goto(address)
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(
        timeout=WAIT
    )
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(2500)  # maps glide, verdicts fill in


def picture(png: bytes) -> Image.Image:
    """A screenshot in 256 colours."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    # the first guess at a palette has too few of the small marks: it is refined
    return image.quantize(256, kmeans=3, dither=Image.Dither.NONE)


def save_film(player: Locator, path: Path) -> None:
    """Scrub through a player from its first epoch to the last, a picture each."""
    player.wait_for(timeout=WAIT)
    player.scroll_into_view_if_needed()
    bar = player.get_by_role("slider", name="Epoch")
    frames = []
    for step in range(FRAMES + 1):
        bar.evaluate(
            """(bar, part) => {
                bar.value = +bar.min + part * (bar.max - bar.min);
                bar.dispatchEvent(new Event("input", { bubbles: true }));
            }""",
            step / FRAMES,
        )
        player.page.wait_for_timeout(120)
        shot = Image.open(io.BytesIO(player.screenshot())).convert("RGB")
        tall = round(shot.height * GIF_WIDTH / shot.width)
        frames.append(shot.resize((GIF_WIDTH, tall), Image.Resampling.LANCZOS))
    height = min(frame.height for frame in frames)
    # one palette for all: a colour of the first frame may be gone in the last one
    sheet = Image.new("RGB", (GIF_WIDTH, 3 * height))
    for place, frame in enumerate((frames[0], frames[len(frames) // 4], frames[-1])):
        sheet.paste(frame, (0, place * height))
    palette = sheet.quantize(192, dither=Image.Dither.NONE)
    drawn = [
        frame.crop((0, 0, GIF_WIDTH, height)).quantize(palette=palette, dither=Image.Dither.NONE)
        for frame in frames
    ]
    times = [FRAME] * FRAMES + [REST]
    drawn[0].save(path, save_all=True, append_images=drawn[1:], duration=times, loop=0)


if __name__ == "__main__":
    main()
