"""What the app gets ready before anybody asks for it.

While the server starts: what its first page wants. All else waits until visitors have what they
asked for: reading it at once would take the processor from the first of them.
"""

from __future__ import annotations

import gc
import inspect
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module

__all__ = ["asked", "begin", "get_ready", "visited"]

FIRST = (  # what `app.py` and `pages/first_sight.py` import
    "opcviz.ui.document",
    "opcviz.ui.sections.login",
    "opcviz.ui.reading.contrast",
    "opcviz.ui.sections.first_films",
    "opcviz.ui.sections.first_sight",
    "opcviz.ui.sections.page_header",
    "opcviz.ui.sections.page_rows",
)
REST = (  # what further pages import, those that are opened most first
    "pandas",  # Streamlit's, for everything with a list of options
    "opcviz.ui.sections.comparison_rows",
    "opcviz.ui.sections.names",
    "opcviz.ui.sections.own_kinds",
    "opcviz.ui.reading.export",
    "opcviz.ui.lab.actions",
    "opcviz.ui.lab.form",
    "opcviz.ui.lab.live",
    "opcviz.ui.lab.race",
    "opcviz.ui.sections.large_maps",
    "opcviz.ui.sections.instrument_rows",
    "opcviz.ui.sections.scoreboard",
    "opcviz.ui.sections.tour.guide",
)
QUIET = 1.0  # seconds without a script or a request, after which the next piece is read
LOOK = 0.1  # seconds between two looks at that


class _Visits:
    """Scripts that run, so that what nobody asked for waits for them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running, self._left = 0, -1.0
        self.seen = threading.Event()

    def enter(self) -> None:
        with self._lock:
            self._running += 1

    def leave(self) -> None:
        with self._lock:
            self._running -= 1
            self._left = time.monotonic()
        self.seen.set()

    def asked(self) -> None:
        self._left = time.monotonic()

    def wait(self) -> None:
        """Until somebody has been here, and nobody waits for anything."""
        self.seen.wait()
        while self._running or time.monotonic() - self._left < QUIET:
            time.sleep(LOOK)


_visits = _Visits()


@contextmanager
def visited() -> Iterator[None]:
    """Around the script of a visitor's page."""
    _visits.enter()
    try:
        yield
    finally:
        _visits.leave()


def asked() -> None:
    """Somebody loads a page: its script is still to come."""
    _visits.asked()


def begin() -> None:
    """Begin to get ready, beside the server's start."""
    threading.Thread(target=_all, name="ahead", daemon=True).start()


def get_ready() -> None:
    """Import what the first page needs and read the study that it opens on."""
    for name in FIRST:
        import_module(name)
    from .document import prepare
    from .sections import first_sight

    prepare()

    first_sight.read_ahead()
    inspect.stack()  # Streamlit's first element asks for one, which finds the file of every module


def _all() -> None:
    gc.disable()  # nothing of this is ever garbage
    try:
        get_ready()
    finally:
        gc.enable()
    gc.freeze()
    for step in _rest():
        _visits.wait()
        step()
    _visits.wait()
    # Streamlit collects garbage after every script; in all that was imported and read there is
    # none, and looking for it stops the server for a tenth of a second.
    gc.freeze()


def _rest() -> Iterator[Callable[[], object]]:
    """Piece by piece what is wanted later."""
    for name in REST:
        yield partial(import_module, name)
    from .reading import store_reader

    yield from store_reader.read_ahead()
