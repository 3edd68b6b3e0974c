"""The app of a checkout, started on a fresh store and ended again."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

CHROMIUM = os.environ.get("OPCVIZ_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-gpu"]
ROOT = Path(__file__).resolve().parents[1]
LOOK = 0.02  # seconds between two looks at whether the server answers
END = 10.0  # seconds that the engine program may take to end with its last client


@contextmanager
def app(
    root: Path, *, store: Path | None = None, log: Path | None = None, **environment: str
) -> Iterator[tuple[str, psutil.Process]]:
    """The app of a checkout, as soon as it answers: its address and its process.

    Args:
        root: of the checkout.
        store: where its results go; None: a fresh one, gone at the end.
        log: a file that takes what it says; None: nobody hears it.
        environment: variables beside those of this process.

    Raises:
        SystemExit: when the app ends before it answers.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as fresh:
        port = _free_port()
        url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "opcviz.ui.serve"]
        command += ["--server.headless", "true", "--server.port", str(port)]
        own = {"OPCVIZ_STORE": str(store or fresh), "PYTHONPATH": str(root)}
        with open(log or os.devnull, "ab") as said:
            started = subprocess.Popen(
                command,
                cwd=root,
                env={**os.environ, **own, **environment},
                stdout=said,
                stderr=said,
            )
        try:
            _wait(started, url)
            yield url, psutil.Process(started.pid)
        finally:
            _end(started)


@contextmanager
def script(path: Path) -> Iterator[str]:
    """A Streamlit script of its own, as soon as it answers: its address.

    Raises:
        SystemExit: when it ends before it answers.
    """
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", str(path), "--server.headless", "true"]
    started = subprocess.Popen(
        [*command, "--server.port", str(port)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(started, url)
        yield url
    finally:
        _end(started)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait(started: subprocess.Popen[bytes], url: str) -> None:
    while started.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=1).close()
            return
        except OSError:
            time.sleep(LOOK)
    raise SystemExit(f"the app ended with status {started.returncode}")


def _end(started: subprocess.Popen[bytes]) -> None:
    """End the app, then what it started: an engine program that outlives it is told to end."""
    children = psutil.Process(started.pid).children() if started.poll() is None else []
    started.terminate()
    started.wait(30)
    for child in children:
        with suppress(psutil.NoSuchProcess):
            child.terminate()
    psutil.wait_procs(children, END)
