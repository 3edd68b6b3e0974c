"""A real browser on a real server, for what a headless script run cannot show.

Fixtures for the tests of single pieces (`tests/ui`) and of the whole app (`tests/browser`).
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("OPCVIZ_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
ROOT = Path(__file__).parents[1]
START_SECONDS = 90
WAIT = 90_000  # ms; generous, since other programs may want the processor too
SIZE = {"width": 1280, "height": 900}  # of a window
SPARING = (
    "--process-per-site",  # what one page has compiled, the next need not compile again
    "--js-flags=--no-opt",  # a page is left before the last tier of the compiler pays
)


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=WAIT)
    with sync_playwright() as play:
        found = play.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", *SPARING]
        )
        yield found
        found.close()


@pytest.fixture(scope="session")
def serve(tmp_path_factory) -> Iterator[Callable[..., str]]:
    """Start a Streamlit script, with further environment variables; returns its address."""
    servers = []

    def start(script: Path, **environment: str) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "streamlit", "run", str(script)]
        options = {"port": port, "headless": "true", "address": "127.0.0.1"}
        command += [f"--server.{name}={value}" for name, value in options.items()]
        log = tmp_path_factory.mktemp("server") / "streamlit.log"  # a pipe would fill up
        with log.open("wb") as out:
            server = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **environment},
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        servers.append(server)
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if server.poll() is not None:
                raise RuntimeError(f"streamlit ended:\n{log.read_text()}")
            try:
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=1).close()
                return url
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"streamlit did not answer at {url} within {START_SECONDS} s")

    yield start
    for server in servers:
        server.terminate()
        server.wait(30)


@pytest.fixture(scope="session")
def window(browser):
    """What all pages are opened in: what one has loaded, the next need not load and compile again.

    Nothing that a page keeps of its own reaches another: see `visits`.
    """
    context = browser.new_context(viewport=SIZE, device_scale_factor=1)
    context.set_default_timeout(WAIT)
    context.set_default_navigation_timeout(WAIT)
    # A window goes with its last page, and for each new window Chromium loads pages of its own (of
    # the field for addresses), a second of a core. Beside this one all others are tabs of one.
    context.new_page()
    yield context
    context.close()


@pytest.fixture
def visit(window):
    """Open an address in a page of its own; see `visits`."""
    with visits(window) as open_page:
        yield open_page


@pytest.fixture(scope="module")
def keep(window):
    """The same for pages that several tests of a module look at."""
    with visits(window) as open_page:
        yield open_page


@contextmanager
def visits(window) -> Iterator[Callable[..., object]]:
    """A function that opens an address in a page of its own, as a visitor who comes anew.

    What the console calls an error, and an exception that stands on a page at the end, fail the
    test. `watch` is given the page before anything is loaded.
    """
    from playwright.sync_api import Error

    pages, errors = [], []

    def open_page(url: str, theme: str = "light", watch: Callable[..., object] = id):
        page = window.new_page()
        pages.append(page)
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: errors.append(str(e)))
        page.emulate_media(color_scheme=theme)
        watch(page)
        page.goto(url)
        return page

    yield open_page
    for page in pages:
        errors += page.get_by_test_id("stException").all_inner_texts()
        with suppress(Error):  # a document without an origin keeps nothing
            page.evaluate("localStorage.clear(), sessionStorage.clear()")
        page.close()
    window.clear_cookies()
    window.clear_permissions()
    assert not errors


def idle(page) -> None:
    """Wait until the script has run to its end."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(
        timeout=WAIT
    )


# Resolves when nothing of the page has changed for so many frames, in shadow trees, too, while
# nothing is under way: no script, no place kept for what is to come, no points that glide, no
# transition. Frames are looked at as long as somebody waits, and no longer.
STILL = """(frames) => new Promise((resolve) => {
  let still = 0;
  const seen = new WeakSet();
  const changes = new MutationObserver(() => { still = 0; });
  const take = (root) => {
    const what = { subtree: true, childList: true, attributes: true, characterData: true };
    if (!seen.has(root)) changes.observe(root, what);
    seen.add(root);
    for (const each of root.querySelectorAll("*")) if (each.shadowRoot) take(each.shadowRoot);
  };
  const ends = (each) => each.playState === "running"
    && Number.isFinite(each.effect?.getComputedTiming().endTime);
  const look = () => {
    if (still === 0) take(document);
    const busy = document.querySelector('[data-testid="stSkeleton"], [data-moving="yes"]')
      || document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState !== "notRunning"
      || document.getAnimations().some(ends);
    still = busy ? 0 : still + 1;
    if (still < frames) return void requestAnimationFrame(look);
    changes.disconnect();
    resolve();
  };
  look();
})"""


def settled(page, frames: int = 12) -> None:
    """Wait until a page is drawn: for so many frames nothing of it has changed."""
    idle(page)
    page.evaluate(STILL, frames)
