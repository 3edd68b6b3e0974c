"""Visitors on one server for as long as a lesson: do they meet errors, does memory grow?

Each visitor goes on choosing, by a seed of their own, what to do next: look at pages, train a model
in the lab and watch it, cancel one, run the example of an audit, run a race. After a few such
errands they leave and come anew. One of them has a real browser (Chromium), whose console and pages
are watched for errors; the others speak Streamlit's own protocol (see `visitor`), since eight
browsers would take the machine away from what is measured.
"""

from __future__ import annotations

import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

import psutil
from playwright.sync_api import Error, Page, sync_playwright
from websockets.exceptions import ConnectionClosed

from opcviz.engine import Runs
from opcviz.engine.locks import engine_folder

from ..memory import named
from ..serving import CHROMIUM, CHROMIUM_OPTIONS, app
from .figures import Row
from .stores import ROOT
from .visitor import Slow, Visitor

__all__ = ["Soak", "soak"]

PAGES = (
    *("", "side_by_side", "feature_space", "race", "inversion_bench", "scoreboard"),
    *("instruments", "generators", "lab", "audit", "learn"),
)
ERRANDS = {"browse": 12, "train": 3, "cancel": 2, "audit": 1, "race": 1}
"""What a visitor does next, and how often."""
METHODS = ("opc", "rl", "ft", "neggrad_plus", "delete")
SEEDS = 3
STAYS = 2  # errands before a visitor leaves and comes anew, times two at most
WATCHES = 300.0  # seconds after which a visitor gives a run up
SAMPLE = 5.0  # seconds between two looks at memory
WARM_SHARE = 0.25  # of the time, before growth is counted
WINDOW_SHARE = 0.1  # of the time, over which the median is taken at both ends
GROWTH = 10.0  # percent
BROWSER_WAIT = 180_000  # ms
MIB = 2**20


@dataclass
class Soak:
    """What came of it.

    Attributes:
        visitors, browsers, minutes: as asked; of the visitors so many had a browser.
        errands: how often each was done to its end.
        sessions, script_runs: of all visitors without a browser.
        errors: what should not have happened, in words.
        ended: how the runs ended, by status.
        memory: MiB by process: after warm-up, at the end, and the most.
    """

    visitors: int
    browsers: int
    minutes: float
    errands: Counter[str] = field(default_factory=Counter)
    sessions: int = 0
    script_runs: int = 0
    errors: list[str] = field(default_factory=list)
    ended: Counter[str] = field(default_factory=Counter)
    memory: dict[str, tuple[float, float, float]] = field(default_factory=dict)

    def rows(self) -> list[Row]:
        """For the table."""
        done = ", ".join(f"{count} × {name}" for name, count in self.errands.most_common())
        runs = ", ".join(f"{count} {status}" for status, count in self.ended.most_common())
        rows = [
            Row(
                "visitors",
                f"{self.visitors} for {self.minutes:g} minutes, {self.browsers} in a browser",
            ),
            Row("what they did", done),
            Row("sessions and script runs, without the browser's", self._counted()),
            Row("runs of the engine", runs or "none"),
            Row("errors", self._faults(), "none", not self.errors),
        ]
        for name, (began, ended, most) in self.memory.items():
            grown = 100 * (ended / began - 1)
            asked = name == "app"
            rows.append(
                Row(
                    f"memory of the {name} (RSS), after warm-up and at the end",
                    f"{began:.0f} and {ended:.0f} MiB ({grown:+.1f} %), at most {most:.0f}",
                    f"growth below {GROWTH:g} %" if asked else "",
                    grown < GROWTH if asked else None,
                )
            )
        return rows

    def _faults(self) -> str:
        late = sum("Timeout" in each or each.startswith("Slow") for each in self.errors)
        count = str(len(self.errors))
        return f"{count}, of which {late} pages not drawn within three minutes" if late else count

    def _counted(self) -> str:
        return f"{self.sessions:,} and {self.script_runs:,}"


class Errands:
    """One visitor after another on one place: comes, does a few errands, leaves.

    Args:
        url: of the app.
        runs: of its store.
        found: what is counted.
        seed: of what they choose.
        until: when it is over, by `time.monotonic`.
        errands: as `ERRANDS`.
    """

    def __init__(
        self,
        url: str,
        runs: Runs,
        found: Soak,
        seed: int,
        until: float,
        errands: Mapping[str, int],
    ) -> None:
        self.url, self.runs, self.found, self.until = url, runs, found, until
        self.chance, self.errands = random.Random(seed), errands

    def go_on(self) -> None:
        """Until it is over."""
        while time.monotonic() < self.until:
            try:
                with Visitor(self.url) as visitor:
                    self.found.sessions += 1
                    try:
                        self._visit(visitor)
                    finally:
                        self.found.script_runs += visitor.script_runs
                        self.found.errors += visitor.errors
            except (Slow, LookupError, ConnectionClosed, OSError) as error:
                self._wrong(f"{type(error).__name__}: {error}")

    def _visit(self, visitor: Visitor) -> None:
        visitor.open()
        for _ in range(self.chance.randint(STAYS, 2 * STAYS)):
            if time.monotonic() > self.until:
                return
            name = self.chance.choices(list(self.errands), list(self.errands.values()))[0]
            errand: Callable[[Visitor], None] = getattr(self, f"_{name}")
            errand(visitor)
            self.found.errands[name] += 1

    def _browse(self, visitor: Visitor) -> None:
        visitor.open(self.chance.choice(PAGES))
        visitor.stay(self.chance.uniform(1, 8))

    def _train(self, visitor: Visitor) -> None:
        self._begin(visitor, epochs=self.chance.randint(2, 6))
        self._watch(visitor, "live")

    def _cancel(self, visitor: Visitor) -> None:
        self._begin(visitor, epochs=400)
        visitor.stay(self.chance.uniform(3, 20))
        self._give_up(visitor, "live")

    def _audit(self, visitor: Visitor) -> None:
        visitor.open("audit")
        if visitor.has("audit.example"):
            visitor.press("audit.example")
        self._watch(visitor, "audit")

    def _race(self, visitor: Visitor) -> None:
        visitor.open("race")
        visitor.press("race.start")
        self._watch(visitor, "race")

    def _begin(self, visitor: Visitor, epochs: int) -> None:
        method = self.chance.choice(METHODS)
        visitor.open("lab")
        visitor.put("lab.method", method)
        visitor.put("lab.seed", self.chance.randrange(SEEDS))
        visitor.put(f"lab.{method}.tuned for digits.epochs", epochs)
        visitor.press("lab.start")

    def _watch(self, visitor: Visitor, page: str) -> None:
        """Look at the run until it has ended; give it up when that takes too long."""
        run = _run_of(visitor)
        if not run:
            return self._wrong(f"{page}: the address names no run")
        rest = max(0.0, min(WATCHES, self.until - time.monotonic()))
        if not visitor.stay(rest, lambda: not self.runs.status(run).active):
            self._give_up(visitor, page)
        return None

    def _give_up(self, visitor: Visitor, page: str) -> None:
        run = _run_of(visitor)
        if visitor.has(f"{page}.cancel.{run}"):
            visitor.press(f"{page}.cancel.{run}")
            visitor.stay(5.0, lambda: not self.runs.status(run).active)

    def _wrong(self, text: str) -> None:
        print(f"! {text}", flush=True)
        self.found.errors.append(text)


def _run_of(visitor: Visitor) -> str:
    return parse_qs(visitor.query).get("run", [""])[0]


def soak(
    visitors: int,
    minutes: float,
    seed: int,
    work: Path,
    browsers: int = 1,
    errands: Mapping[str, int] = ERRANDS,
) -> Soak:
    """Serve the app to visitors for a while.

    Args:
        visitors: at once, whoever has a browser among them.
        minutes: how long.
        seed: of what they do.
        work: folder of the benchmark, for the store and the log.
        browsers: how many visitors have a browser.
        errands: what the others do next, and how often.
    """
    found = Soak(visitors, browsers, minutes)
    store, log = work / "soak", work / "soak.log"
    store.mkdir(parents=True)
    runs = Runs(store)
    with app(ROOT, store=store, log=log, OMP_NUM_THREADS="1") as (url, server):
        until = time.monotonic() + 60 * minutes
        places = [
            Errands(url, runs, found, 1000 * seed + number, until, errands)
            for number in range(visitors - browsers)
        ]
        threads = [threading.Thread(target=each.go_on, daemon=True) for each in places]
        if browsers:
            threads.append(
                threading.Thread(
                    target=in_browsers, args=(url, found, seed, until, browsers), daemon=True
                )
            )
        for each in threads:
            each.start()
        samples = _sampled(server, until)
        for each in threads:
            each.join(2 * WATCHES)
        late = [each.name for each in threads if each.is_alive()]
        found.errors += [f"{name} did not come to an end" for name in late]
        for run in runs.list():
            runs.cancel(run.id)
    found.memory = _grown(samples)
    found.ended = Counter(run.status for run in runs.list())
    found.errors += [f"run {r.id}: {r.cause}" for r in runs.list() if r.status == "failed"]
    for path in (log, engine_folder(store) / "engine.log"):
        text = path.read_text("utf-8", "replace") if path.is_file() else ""
        found.errors += [f"{path.name}: traceback"] * text.count("Traceback (most recent call")
    return found


def in_browsers(url: str, found: Soak, seed: int, until: float, count: int) -> None:
    """Look at pages in turn, each context in one browser as a visitor of its own."""
    chance = random.Random(seed)
    with ExitStack() as stack:
        play = stack.enter_context(sync_playwright())
        browser = play.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        stack.callback(browser.close)
        pages = []
        for _ in range(count):
            context = browser.new_context(
                viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
            )
            context.set_default_timeout(BROWSER_WAIT)
            page = context.new_page()
            page.on("console", lambda m: _said(found, m.text) if m.type == "error" else None)
            page.on("pageerror", lambda error: _said(found, str(error)))
            pages.append(page)
        while time.monotonic() < until:
            page = chance.choice(pages)
            try:
                _looked(page, f"{url}/{chance.choice(PAGES)}")
                for text in page.get_by_test_id("stException").all_inner_texts():
                    _said(found, text)
                found.errands["browse in a browser"] += 1
            except Error as error:
                _said(found, str(error).splitlines()[0])
            page.wait_for_timeout(1000 * chance.uniform(2, 8))


def _looked(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("heading", level=1).first.wait_for()
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()


def _said(found: Soak, text: str) -> None:
    print(f"! browser: {text}", flush=True)
    found.errors.append(f"browser: {text}")


def _sampled(server: psutil.Process, until: float) -> list[dict[str, float]]:
    """Resident memory by process, MiB, every few seconds."""
    samples = []
    while time.monotonic() < until:
        time.sleep(min(SAMPLE, max(0.1, until - time.monotonic())))
        try:
            found = {n: [p.memory_info().rss for p in ps] for n, ps in named(server).items()}
        except psutil.NoSuchProcess:  # a worker that was ended just now
            continue
        samples.append({name: sum(each) / MIB for name, each in found.items() if each})
    return samples


def _grown(samples: list[dict[str, float]]) -> dict[str, tuple[float, float, float]]:
    """Of the app, its engine and its worker: after warm-up, at the end, the most."""
    window = max(1, round(WINDOW_SHARE * len(samples)))
    warm = round(WARM_SHARE * len(samples))
    found = {}
    for name in ("app", "engine", "worker"):
        first = [each[name] for each in samples[warm : warm + window] if name in each]
        last = [each[name] for each in samples[-window:] if name in each]
        if first and last:
            most = max(each.get(name, 0.0) for each in samples)
            found[name] = statistics.median(first), statistics.median(last), most
    return found
