"""How smoothly large maps move, measured in a real Chromium.

    python -m benchmarks.maps [--models 6] [--points 5000] [--seconds 3] [--width 1440]

Pans and zooms the linked maps of Feature space as a person does, by events of the pointer and the
wheel that come faster than the screen is drawn, and prints for each movement: frames a second that
showed a new picture, and the median and the slowest of the milliseconds that one redraw of all maps
kept the page's processor busy. Without a graphics processor, and on a machine that others use too,
frames a second are a lower limit. Goal: 30 while panning.
"""

from __future__ import annotations

import argparse
import os
import statistics
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from .serving import CHROMIUM, CHROMIUM_OPTIONS, script

ROOT = Path(__file__).resolve().parents[1]
WAIT = 120_000  # ms
GOAL = 30.0

# Pointer events every 4 ms; each animation frame looks whether the maps were drawn anew since.
MOVE = """(root, [seconds, kind]) => new Promise((done) => {
    const canvas = root.querySelector("canvas");
    const box = canvas.getBoundingClientRect();
    const middle = [box.left + box.width / 2, box.top + box.height / 2];
    const send = (type, x, y) => canvas.dispatchEvent(
        new PointerEvent(type, { clientX: x, clientY: y, pointerId: 1, bubbles: true }));
    canvas.setPointerCapture = () => {};
    const wheel = (deltaY) => canvas.dispatchEvent(new WheelEvent("wheel", {
        deltaY, ctrlKey: true, clientX: middle[0], clientY: middle[1], cancelable: true,
    }));
    root.querySelector('[aria-label^="Show the whole map"]').click();
    if (kind === "pan") {
        root.querySelector('[aria-label^="Dragging moves"]').click();
        wheel(-240); // in a whole map there is nothing to pan
        send("pointerdown", ...middle);
    }
    const began = performance.now();
    const costs = [];
    let seen = root.dataset.paints, frames = 0, t = 0;
    const timer = setInterval(() => {
        t += 0.05;
        const [x, y] = [middle[0] + 80 * Math.sin(t), middle[1] + 60 * Math.cos(t)];
        if (kind === "pan") send("pointermove", x, y);
        else wheel(Math.sin(t) > 0 ? -12 : 11);
    }, 4);
    const look = () => {
        if (root.dataset.paints !== seen) {
            seen = root.dataset.paints;
            frames += 1;
            costs.push(Number(root.dataset.drawMs));
        }
        const passed = (performance.now() - began) / 1000;
        if (passed < seconds) return requestAnimationFrame(look);
        clearInterval(timer);
        if (kind === "pan") send("pointerup", ...middle);
        done({ rate: frames / passed, costs });
    };
    requestAnimationFrame(look);
})"""


def main() -> None:
    """Run the benchmark and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=int, default=6)
    parser.add_argument("--points", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--width", type=int, default=1440)
    parser.add_argument("--colour", default="class")
    args = parser.parse_args()
    with (
        script(ROOT / "tests" / "ui" / "many_points_app.py") as address,
        sync_playwright() as play,
    ):
        browser = play.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        page = browser.new_page(viewport={"width": args.width, "height": 900})
        asked = f"models={args.models}&points={args.points}&colour={args.colour}"
        page.goto(f"{address}/?{asked}")
        page.wait_for_selector('[data-testid="linked-maps"][data-paints]', timeout=WAIT)
        page.wait_for_timeout(1000)
        print(
            f"{args.models} maps of {args.points:,} points, {args.width} pixels wide, "
            f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
        )
        print(f"{'':<6}{'frames a second':>18}{'redraw, ms':>14}{'slowest':>10}{'goal':>7}")
        for kind in ("pan", "zoom"):
            print(line(page, kind, args.seconds))
        browser.close()


def line(page: Page, kind: str, seconds: float) -> str:
    """One movement as one line of the table."""
    found = page.get_by_test_id("linked-maps").evaluate(MOVE, [seconds, kind])
    costs = found["costs"]
    if not costs:
        raise SystemExit(f"benchmarks.maps: the maps did not move while asked to {kind}")
    middle = statistics.median(costs)
    return f"{kind:<6}{found['rate']:>18.1f}{middle:>14.1f}{max(costs):>10.1f}{GOAL:>7.0f}"


if __name__ == "__main__":
    main()
