"""What the app, the engine program and its worker take while nobody does anything.

    python -m benchmarks.memory [--seconds 60] [--page] [--changes 200] [--against FOLDER]

Starts the app on a fresh store, asks for its engine as the lab page does, waits until the worker
has made its imports, and prints for each process

- RSS: memory that is mapped and resident, MiB; counts shared pages in every process,
- PSS: the same with shared pages divided among those who share them: these add up,
- CPU: share of one core over the period, percent.

With `--page` a real browser has the lab page open meanwhile. `--changes` counts something else: how
much the app's memory grows over so many changes of page by one visitor, goal 10 %. `--against`
measures a second checkout first, the state before, and prints ratios.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.sync_api import Page, sync_playwright

from .serving import CHROMIUM, CHROMIUM_OPTIONS, app

ROOT = Path(__file__).resolve().parents[1]
READY = 120.0  # seconds that the engine and its imports may take
MIB = 2**20
GOALS = {"app": 350.0}  # MiB
IDLE_GOAL = 1.0  # percent of a core, app and engine together
GROWTH_GOAL = 10.0  # percent of the app's memory, over the changes of page
WAIT = 60_000  # ms
PAGES = ("Side by side", "Feature space", "Race", "Inversion", "Scoreboard", "Instruments", "lab")


@dataclass
class Use:
    """What one process takes.

    Attributes:
        rss, pss: MiB.
        cpu: percent of a core.
    """

    rss: float
    pss: float
    cpu: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="over which CPU is counted")
    parser.add_argument("--page", action="store_true", help="with a browser on the lab page")
    parser.add_argument("--changes", type=int, help="of page, over which memory is watched")
    parser.add_argument("--against", type=Path, help="folder of another checkout")
    args = parser.parse_args()
    if args.changes:
        grow(args.changes)
        return
    before = measure(args.against.resolve(), args) if args.against else {}
    now = measure(ROOT, args)
    print(f"over {args.seconds:g} s, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'':<12} {'RSS MiB':>16} {'PSS MiB':>16} {'CPU %':>16}")
    for name in [*now, *(name for name in before if name not in now)]:
        cells = [cell(before.get(name), now.get(name), field) for field in ("rss", "pss", "cpu")]
        print(f"{name:<12} {' '.join(f'{text:>16}' for text in cells)}")
    idle = sum(use.cpu for use in now.values())
    print(f"goals: app {now['app'].rss:.0f} of {GOALS['app']:.0f} MiB", end="; ")
    print(f"all idle {idle:.2f} of {IDLE_GOAL:g} % of a core")


def grow(changes: int) -> None:
    """Print the app's memory before and after changes of page, once each page was seen twice."""
    with app(ROOT) as (url, server), browser(url) as page:
        look_around(page)
        began = server.memory_info().rss / MIB
        for number in range(changes):
            change(page, PAGES[number % len(PAGES)])
        now = server.memory_info().rss / MIB
    print(f"{changes} changes of page: {began:.0f} MiB before, {now:.0f} after", end=", ")
    print(f"{100 * (now / began - 1):+.1f} %, goal {GROWTH_GOAL:g}")


def cell(before: Use | None, now: Use | None, field: str) -> str:
    """`was → is (ratio)`, as far as there are both."""
    then, this = (None if use is None else getattr(use, field) for use in (before, now))
    if then is None or this is None:
        return "–" if this is None else f"{this:.2f}" if field == "cpu" else f"{this:.0f}"
    digits = 2 if field == "cpu" else 0
    ratio = f" (×{this / then:.2f})" if then else ""
    return f"{then:.{digits}f}→{this:.{digits}f}{ratio}"


def measure(root: Path, args: argparse.Namespace) -> dict[str, Use]:
    """Start the app of a checkout and look at its processes."""
    with ExitStack() as stack:
        url, server = stack.enter_context(app(root))
        visit(url)
        if args.page:
            stack.enter_context(browser(f"{url}/lab"))
        settle(server)
        found = {name: processes for name, processes in named(server).items() if processes}
        began, spent = time.monotonic(), {n: cpu_seconds(p) for n, p in found.items()}
        time.sleep(args.seconds)
        passed = time.monotonic() - began
        return {
            name: Use(
                *(sum(getattr(p.memory_full_info(), f) for p in processes) / MIB for f in FIELDS),
                100 * (cpu_seconds(processes) - spent[name]) / passed,
            )
            for name, processes in found.items()
        }


FIELDS = ("rss", "pss")


def named(server: psutil.Process) -> dict[str, list[psutil.Process]]:
    """The app, its engine program, the process that workers are forked from, and the rest."""
    engines = [p for p in server.children() if "opcviz.engine" in " ".join(p.cmdline())]
    below = [p for engine in engines for p in engine.children(recursive=True)]
    servers = [p for p in below if "forkserver" in " ".join(p.cmdline())]
    roots = {p.pid for p in servers}
    fork_server = [p for p in servers if p.ppid() not in roots]
    workers = [p for p in servers if p.ppid() in roots]
    listed = [*engines, *fork_server, *workers]
    return {
        "app": [server],
        "engine": engines,
        "fork server": fork_server,
        "worker": workers,
        "others": [p for p in below if p not in listed],
    }


def cpu_seconds(processes: list[psutil.Process]) -> float:
    """User and system time so far, of all threads."""
    return sum(t.user + t.system for t in (p.cpu_times() for p in processes))


def settle(server: psutil.Process) -> None:
    """Wait until there is a worker and nothing more is imported: five quiet seconds."""
    deadline, quiet, before = time.monotonic() + READY, 0, -1.0
    while quiet < 5:
        if time.monotonic() > deadline:
            raise SystemExit("the engine does not come to rest")
        time.sleep(1.0)
        found = named(server)
        spent = sum(cpu_seconds(processes) for processes in found.values())
        quiet = quiet + 1 if found["worker"] and spent - before < 0.15 else 0
        before = spent


def visit(url: str) -> None:
    """Open the pages, so that the app has all it needs and the engine runs."""
    with browser(url) as page:
        look_around(page)


def look_around(page: Page) -> None:
    """See every page twice: what is kept of it is there after the second look."""
    page.get_by_test_id("player-canvas").first.wait_for(timeout=WAIT)
    for name in 2 * PAGES:
        change(page, name)


def change(page: Page, name: str) -> None:
    """Go to a page by its link, and wait until its script is at rest."""
    page.get_by_test_id("stTopNavLink").filter(has_text=name).first.click()
    page.get_by_role("heading", level=1).first.wait_for(timeout=WAIT)
    page.wait_for_timeout(100)
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(
        timeout=WAIT
    )


@contextmanager
def browser(url: str) -> Iterator[Page]:
    """A page in a real Chromium."""
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        page = chromium.new_page()
        page.goto(url)
        yield page
        chromium.close()


if __name__ == "__main__":
    main()
