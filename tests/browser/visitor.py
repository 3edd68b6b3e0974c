"""What a person looks for on the app's pages, and does there."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from browser_fixtures import WAIT, idle, settled
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from opcviz.engine import Run, Runs

__all__ = [
    "CHAPTERS",
    "WAIT",
    "WHERE",
    "App",
    "Traffic",
    "canvases",
    "drawn_maps",
    "idle",
    "live_map",
    "params",
    "pixels",
    "reconstructions",
    "recovery_bars",
    "set_epochs",
    "settled",
    "start",
    "start_button",
    "until",
]

CHAPTERS = 8
"""Of the guided tour."""
WHERE = """(button) => {
  const box = button.getBoundingClientRect();
  return [box.x, box.y].map(Math.round).join();
}"""
"""Where in the window something stands, pixels."""


class Traffic:
    """What a page asks the server for and is sent, from its first request on.

    Attributes:
        requests: addresses.
        bytes: of all messages.
        script_runs: how often the server began to run the script.
    """

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.bytes = self.script_runs = 0

    def watch(self, page) -> None:
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", lambda socket: socket.on("framereceived", self._received))

    def _received(self, payload: str | bytes) -> None:
        if isinstance(payload, bytes):
            self.bytes += len(payload)
            self.script_runs += ForwardMsg.FromString(payload).HasField("new_session")


@dataclass(frozen=True)
class App:
    """A running app: its address and its store."""

    url: str
    store: Path

    @property
    def runs(self) -> Runs:
        return Runs(self.store)

    def run_of(self, page) -> Run:
        """The run that a page's address names."""
        return self.runs.status(params(page)["run"])

    def waits(self, page, status: str) -> Run:
        """The same run, as soon as it has a status."""
        until(lambda: self.run_of(page).status == status)
        return self.run_of(page)


def until(true: Callable[[], object], seconds: float = WAIT / 1000) -> None:
    """Wait for something that stands on disk."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)


def params(page) -> dict[str, str]:
    """The query parameters of a page's address, as the browser has it now.

    `page.url` is what was told of it when the test last asked the browser for anything.
    """
    address = page.evaluate("location.href")
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def canvases(page):
    return page.get_by_test_id("map-canvas")


def drawn_maps(page):
    """Maps with points on them."""
    return page.locator('[data-testid="map-canvas"][data-points]:not([data-points="0"])')


def recovery_bars(page):
    return page.locator("[class*=st-key-rows-recovery] .bars .point")


def reconstructions(page):
    """Rows of pictures that gradient inversion got back, one a model."""
    return page.get_by_role("group", name=re.compile("^reconstructions from"))


def pixels(canvas) -> int:
    """How many pixels of a map differ from its corner."""
    return canvas.evaluate(
        """canvas => {
            const d = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            let n = 0;
            for (let k = 4; k < d.length; k += 4)
                if (d[k] !== d[0] || d[k + 1] !== d[1] || d[k + 2] !== d[2]) n++;
            return n;
        }"""
    )


def live_map(page):
    return page.locator("[class*=st-key-live-map]").get_by_test_id("linked-maps")


def start_button(page):
    return page.get_by_role("button", name="Start", exact=True)


def set_epochs(page, epochs: int) -> None:
    """Give the chosen method another number of epochs."""
    box = page.locator("[class*=st-key-lab-opc][class*=-epochs] input")
    box.fill(str(epochs))
    box.press("Enter")
    idle(page)


def start(page) -> None:
    """Press Start; the address names the run afterwards."""
    start_button(page).click(timeout=WAIT)
    page.wait_for_url(re.compile(r"[?&]run="), timeout=WAIT)
