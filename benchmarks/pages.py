"""How soon the app can be used and what that costs, measured in a real Chromium.

    python -m benchmarks.pages [--runs 5] [--threads 2] [--lab] [--race] [--against FOLDER]

Each run starts the app on a fresh store and opens a new browser context, then measures

- server: from the command to the server answering,
- home: from there to the page that opens (its films or maps drawn, the script at rest), goal 2 s;
  `again` is the same for a second visitor,
- to lab, to side by side: warm changes of page, from the click to a usable page (maps, recovery
  bars and reconstructions of all columns drawn, the script at rest), goal 0.7 s,
- hover: from a move of the pointer over a map to the next frame that shows what lies there in all
  of them, goal 30 ms,
- start: with --lab, from the click on Start (OPC, tuned for digits) to the finished model, goal
  15 s, on an engine that had a few seconds to get ready,
- race: with --race, from the click on Run (DELETE and OPC, tuned for digits) to the end of both,
  their evidence included, goal 30 s.

Prints least and median of each, in seconds. Of both visitors also where it goes: CPU seconds of the
server and of the browser's page (its renderer), kB loaded over HTTP and sent as messages. On a
machine that others use, too, seconds say little and these much.
`--against` measures another checkout in turn with this one, and prints both and their ratio.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, expect, sync_playwright

from .serving import CHROMIUM, CHROMIUM_OPTIONS, app

ROOT = Path(__file__).resolve().parents[1]
WAIT = 120_000  # ms
COLUMNS, STAGES = 4, 3  # models, and bars of each: before, FM, HR
RACERS = 2  # methods that the page Race opens with
MOVES = 40  # of the pointer over a map
CHANGES = 3  # warm changes of page measured in each run
GOALS = {
    **{"home": 2.0, "again": 2.0, "to lab": 0.7, "to side by side": 0.7},
    **{"hover": 0.03, "start": 15.0, "race": 30.0},
}

Figures = dict[str, list[float]]


def main() -> None:
    """Run the benchmark and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", default="2", help="OMP_NUM_THREADS of the app")
    parser.add_argument("--lab", action="store_true", help="also run OPC in the lab")
    parser.add_argument("--race", action="store_true", help="also run a race")
    parser.add_argument("--against", type=Path, help="folder of another checkout")
    args = parser.parse_args()
    roots = ([args.against.resolve()] if args.against else []) + [ROOT]
    measured: dict[Path, Figures] = {root: defaultdict(list) for root in roots}
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        for _ in range(args.runs):
            for root, figures in measured.items():
                one_run(browser, root, args, figures)
        browser.close()
    print(f"{args.runs} runs, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    before = measured[roots[0]] if args.against else {}
    print(f"{'':<22} {'least':>20} {'median':>20} {'goal':>6}")
    for name, values in measured[ROOT].items():
        cells = [cell(before.get(name), values, of) for of in (min, statistics.median)]
        goal = f"{GOALS[name]:6g}" if name in GOALS else ""
        print(f"{name:<22} {cells[0]:>20} {cells[1]:>20} {goal}")


def cell(before: list[float] | None, now: list[float], of) -> str:
    """`was → is (×ratio)`, or what is where nothing was."""
    this = of(now)
    if before is None:
        return f"{this:.2f}"
    ratio = f" (×{this / of(before):.2f})" if of(before) else ""
    return f"{of(before):.2f}→{this:.2f}{ratio}"


def one_run(browser: Browser, root: Path, args: argparse.Namespace, figures: Figures) -> None:
    """Start the app once and go through its pages."""
    began = time.perf_counter()
    with app(root, OMP_NUM_THREADS=args.threads) as (url, server):
        figures["server"].append(time.perf_counter() - began)
        for visitor in ("home", "again"):
            for before in browser.contexts:  # whose film would play on the next visitor's machine
                before.close()
            page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
            with costs(visitor, page, server, figures):
                began = time.perf_counter()
                page.goto(url)
                opened(page)
                figures[visitor].append(time.perf_counter() - began)
        page.get_by_role("link", name="Lab", exact=True).click()
        lab_usable(page)  # cold: it starts the engine program
        for _ in range(CHANGES):
            for name, title, usable in (
                ("to side by side", "Side by side", side_usable),
                ("to lab", "Lab", lab_usable),
            ):
                page.wait_for_timeout(500)
                began = time.perf_counter()
                page.get_by_role("link", name=title).click()
                usable(page)
                figures[name].append(time.perf_counter() - began)
        if args.lab:
            page.wait_for_timeout(5000)
            began = time.perf_counter()
            page.get_by_role("button", name="Start", exact=True).click()
            finished = page.get_by_text("The model is part of its study now.")
            expect(finished).to_be_visible(timeout=WAIT)
            figures["start"].append(time.perf_counter() - began)
        if args.race:
            page.get_by_role("link", name="Race").click()
            expect(page.get_by_test_id("player-canvas")).to_have_count(RACERS, timeout=WAIT)
            at_rest(page)
            began = time.perf_counter()
            page.get_by_role("button", name="Run").click()
            expect(page.get_by_text("Finished after")).to_be_visible(timeout=WAIT)
            figures["race"].append(time.perf_counter() - began)
        page.get_by_role("link", name="Side by side").click()
        side_usable(page)
        figures["hover"].append(hovering(page))
        for context in browser.contexts:
            context.close()


def hovering(page: Page) -> float:
    """Seconds from a move of the pointer to the next frame, the median of many moves."""
    first = page.get_by_test_id("map-canvas").first
    first.scroll_into_view_if_needed()
    box = first.bounding_box()
    assert box is not None
    page.evaluate(
        """() => {
            window.lags = [];
            addEventListener("pointermove", (event) =>
                requestAnimationFrame(() => setTimeout(() =>
                    lags.push(performance.now() - event.timeStamp))), { capture: true });
        }"""
    )
    for step in range(MOVES):
        share = (step + 1) / (MOVES + 1)
        page.mouse.move(box["x"] + share * box["width"], box["y"] + share * box["height"])
        page.wait_for_timeout(50)
    lags: list[float] = page.evaluate("lags")
    return statistics.median(lags) / 1000


@contextmanager
def costs(visitor: str, page: Page, server: psutil.Process, figures: Figures) -> Iterator[None]:
    """Add what is spent meanwhile: CPU of both sides and bytes."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Performance.enable")
    loaded: list[float] = []
    messages: list[str | bytes] = []
    session.on("Network.loadingFinished", lambda event: loaded.append(event["encodedDataLength"]))
    # a function of our own: Playwright cannot wrap a method of a list
    page.on("websocket", lambda ws: ws.on("framereceived", lambda each: messages.append(each)))
    spent = cpu_seconds(server), renderer_seconds(session)
    yield
    figures[f"{visitor}, server CPU"].append(cpu_seconds(server) - spent[0])
    figures[f"{visitor}, page CPU"].append(renderer_seconds(session) - spent[1])
    figures[f"{visitor}, HTTP kB"].append(sum(loaded) / 1000)
    figures[f"{visitor}, messages kB"].append(sum(map(len, messages)) / 1000)


def cpu_seconds(process: psutil.Process) -> float:
    """User and system time of a process so far."""
    times = process.cpu_times()
    return times.user + times.system


def renderer_seconds(session) -> float:
    """CPU time so far of the process that shows the page."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(each["value"] for each in metrics if each["name"] == "ProcessTime")


def opened(page: Page) -> None:
    """The page that the app opens on is drawn and at rest: films, in older checkouts maps."""
    expect(
        page.get_by_test_id("player-canvas").or_(page.get_by_test_id("map-canvas")).first
    ).to_be_visible(timeout=WAIT)
    at_rest(page)


def side_usable(page: Page) -> None:
    """Side by side is drawn and at rest."""
    drawn = page.locator('[data-testid="map-canvas"][data-points]:not([data-points="0"])')
    bars = page.locator("[class*=st-key-rows-recovery] .bars .point")
    expect(drawn).to_have_count(COLUMNS, timeout=WAIT)
    expect(bars).to_have_count(COLUMNS * STAGES, timeout=WAIT)
    found = page.get_by_text(re.compile("^PSNR .* dB$"))
    expect(found).to_have_count(COLUMNS, timeout=WAIT)
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
