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
from contextlib import contextmanager
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("OPCVIZ_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
ROOT = Path(__file__).parents[1]
START_SECONDS = 90


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        found = play.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield found
        found.close()


@pytest.fixture(scope="module")
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


@pytest.fixture
def visit(browser):
    """Open an address in a context of its own; see `visits`."""
    with visits(browser) as open_page:
        yield open_page


@contextmanager
def visits(browser) -> Iterator[Callable[..., object]]:
    """A function that opens an address in a context of its own.

    What the console calls an error, and an exception that stands on a page at the end, fail the
    test. `watch` is given the page before anything is loaded.
    """
    pages, errors = [], []

    def open_page(url: str, theme: str = "light", watch: Callable[..., object] = id):
        context = browser.new_context(
            viewport={"width": 1280, "height": 900}, color_scheme=theme, device_scale_factor=1
        )
        page = context.new_page()
        pages.append(page)
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: errors.append(str(e)))
        watch(page)
        page.goto(url)
        return page

    yield open_page
    for page in pages:
        errors += page.get_by_test_id("stException").all_inner_texts()
        page.context.close()
    assert not errors
