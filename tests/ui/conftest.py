"""A real browser on a real server, for what a headless script run cannot show."""

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
ROOT = Path(__file__).parents[2]


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
def serve():
    """Start a Streamlit script; returns its address."""
    servers = []

    def start(script: Path) -> str:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "streamlit", "run", str(script)]
        options = {"port": port, "headless": "true", "address": "127.0.0.1"}
        command += [f"--server.{name}={value}" for name, value in options.items()]
        server = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        servers.append(server)
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if server.poll() is not None:
                raise RuntimeError(f"streamlit ended:\n{server.stdout.read().decode()}")
            try:
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=1).close()
                return url
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"streamlit did not answer at {url} within 60 s")

    yield start
    for server in servers:
        server.terminate()
        server.wait(10)
        server.stdout.close()


@pytest.fixture
def visit(browser):
    """Open an address; whatever the console calls an error fails the test."""
    contexts, errors = [], []

    def open_page(url: str, theme: str = "light"):
        context = browser.new_context(
            viewport={"width": 1280, "height": 900}, color_scheme=theme, device_scale_factor=1
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: errors.append(str(e)))
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not errors
