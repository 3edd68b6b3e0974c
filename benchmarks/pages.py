"""How soon the app can be used, measured in a real Chromium.

    python -m benchmarks.pages [--runs 5] [--threads 2] [--lab]

Each run starts the app on a fresh store and opens a new browser context, then measures

- server: from the command to the server answering,
- home: from there to a usable page (maps, recovery bars and reconstructions of all columns drawn,
  the script at rest), goal 5 s; `again` is the same for a second visitor,
- to lab, to home: warm changes of page, from the click to the same state, goal 1 s,
- start: with --lab, from the click on Start (OPC, tuned for digits) to the finished model, goal
  15 s, on an engine that had a few seconds to get ready.

Prints least and median of each, in seconds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections import defaultdict
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from .serving import CHROMIUM, CHROMIUM_OPTIONS, app

ROOT = Path(__file__).resolve().parents[1]
WAIT = 120_000  # ms
COLUMNS, STAGES = 4, 3  # models, and bars of each: before, FM, HR
CHANGES = 3  # warm changes of page measured in each run
GOALS = {"home": 5.0, "to lab": 1.0, "to home": 1.0, "start": 15.0}


def main() -> None:
    """Run the benchmark and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", default="2", help="OMP_NUM_THREADS of the app")
    parser.add_argument("--lab", action="store_true", help="also run OPC in the lab")
    args = parser.parse_args()
    seconds: dict[str, list[float]] = defaultdict(list)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        for _ in range(args.runs):
            one_run(browser, args, seconds)
        browser.close()
    print(f"{args.runs} runs, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'':<8} {'least':>7} {'median':>7} {'goal':>6}")
    for name, values in seconds.items():
        goal = f"{GOALS[name]:6.0f}" if name in GOALS else f"{'':>6}"
        print(f"{name:<8} {min(values):7.2f} {statistics.median(values):7.2f} {goal}")


def one_run(browser: Browser, args: argparse.Namespace, seconds: dict[str, list[float]]) -> None:
    """Start the app once and go through its pages."""
    began = time.perf_counter()
    with app(ROOT, OMP_NUM_THREADS=args.threads) as (url, _):
        seconds["server"].append(time.perf_counter() - began)
        for visitor in ("home", "again"):
            page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
            began = time.perf_counter()
            page.goto(url)
            home_usable(page)
            seconds[visitor].append(time.perf_counter() - began)
        page.get_by_role("link", name="Unlearning lab").click()
        lab_usable(page)  # cold: it starts the engine program
        for _ in range(CHANGES):
            for name, title, usable in (
                ("to home", "Side by side", home_usable),
                ("to lab", "Unlearning lab", lab_usable),
            ):
                page.wait_for_timeout(500)
                began = time.perf_counter()
                page.get_by_role("link", name=title).click()
                usable(page)
                seconds[name].append(time.perf_counter() - began)
        if args.lab:
            page.wait_for_timeout(5000)
            began = time.perf_counter()
            page.get_by_role("button", name="Start", exact=True).click()
            finished = page.get_by_text("The model is part of its study now.")
            expect(finished).to_be_visible(timeout=WAIT)
            seconds["start"].append(time.perf_counter() - began)
        for context in browser.contexts:
            context.close()


def home_usable(page: Page) -> None:
    """Side by side is drawn and at rest."""
    drawn = page.locator('[data-testid="map-canvas"][data-points]:not([data-points="0"])')
    bars = page.locator("[class*=st-key-rows-recovery] .bars .point")
    expect(drawn).to_have_count(COLUMNS, timeout=WAIT)
    expect(bars).to_have_count(COLUMNS * STAGES, timeout=WAIT)
    expect(page.get_by_text("PSNR")).to_have_count(COLUMNS, timeout=WAIT)
    at_rest(page)


def lab_usable(page: Page) -> None:
    """The lab has its controls, the replay's map and curves, and is at rest."""
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_enabled(timeout=WAIT)
    maps = page.locator("[class*=st-key-replay-map]").get_by_test_id("linked-maps")
    expect(maps).to_be_visible(timeout=WAIT)
    at_rest(page)


def at_rest(page: Page) -> None:
    """The script has run to its end."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(
        timeout=WAIT
    )


if __name__ == "__main__":
    main()
