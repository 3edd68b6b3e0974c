"""A visitor without a browser: it speaks the protocol that a page speaks with the server.

A page of Streamlit sends what its controls hold and which of them was pressed, and is sent the
elements to draw. That is all a server sees of a visitor, so that this one costs a server what any
other does (a session, its script runs, the parts of a page that renew themselves) and costs the
machine next to nothing. What a browser does with the elements is not seen here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

__all__ = ["Slow", "Visitor"]

PATIENCE = 180.0
"""Seconds that a script may run."""
COMPILED = "script_compilation_exception"
"""What a server says of a page that is no Python."""


class Slow(Exception):
    """The server did not answer in time."""


class Visitor:
    """One session, from its first page to `close`.

    Args:
        url: the app's address, as in http://127.0.0.1:8501.

    Attributes:
        elements: what stands on the page, by its place.
        errors: exceptions that were drawn on a page, with the page's name.
        script_runs: how often the server ran the script, parts of pages included.
        query: of the page's address, without its question mark.
    """

    def __init__(self, url: str) -> None:
        address = url.replace("http", "ws", 1) + "/_stcore/stream"
        spoken = [Subprotocol("streamlit")]
        self._stack = ExitStack()
        self._socket: ClientConnection = self._stack.enter_context(
            connect(address, subprotocols=spoken, max_size=None, open_timeout=PATIENCE)
        )
        self.elements: dict[tuple[int, ...], Any] = {}
        self.errors: list[str] = []
        self.script_runs = 0
        self.query = ""
        self._pages: dict[str, str] = {}  # hash of a page's script, by its path
        self._hash = ""
        self._held: dict[str, WidgetState] = {}
        self._renews: dict[str, tuple[float, float]] = {}  # interval and next time, by fragment
        self._running = False
        self._part = False

    def close(self) -> None:
        """Leave, as somebody who closes the window."""
        self._stack.close()

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------ what a person does

    def open(self, page: str = "", query: str = "") -> None:
        """Go to a page by its path in the address, as in `lab`, and wait until it is drawn.

        Raises:
            Slow: when it is not drawn in time.
        """
        self.query = query
        self._held.clear()
        known = self._pages.get(page, "")
        self._rerun(page_hash=known, page_name="" if known else page)

    def press(self, key: str) -> None:
        """Press the button whose key ends so, and wait until the page is drawn.

        Raises:
            LookupError: when the page has no such button, or it cannot be pressed.
            Slow: when the page is not drawn in time.
        """
        kind, element = self._found(key)
        if kind != "button" or element.disabled:
            raise LookupError(f"'{key}' cannot be pressed")
        self._rerun(WidgetState(id=element.id, trigger_value=True))

    def put(self, key: str, value: float | str) -> None:
        """Give the number or selection whose key ends so another value.

        Raises:
            LookupError: when the page has none.
            Slow: when the page is not drawn in time.
        """
        kind, element = self._found(key)
        state = WidgetState(id=element.id)
        if kind == "number_input" and element.data_type == element.INT:
            state.int_value = int(value)
        elif kind == "number_input":
            state.double_value = float(value)
        else:
            state.string_value = str(value)
        self._held[element.id] = state
        self._rerun()

    def has(self, key: str) -> bool:
        """Whether the page has a control whose key ends so, which can be used."""
        try:
            return not getattr(self._found(key)[1], "disabled", False)
        except LookupError:
            return False

    def stay(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Look at the page, whose parts renew themselves, for so long or until something is true.

        Raises:
            Slow: when a part that renews itself is not drawn in time.
        """
        deadline = time.monotonic() + seconds
        while not until():
            now = time.monotonic()
            if now >= deadline:
                return False
            fragment, due = min(
                ((f, due) for f, (_, due) in self._renews.items()),
                key=lambda each: each[1],
                default=("", deadline),
            )
            if fragment and due <= now and not self._running:
                interval = self._renews[fragment][0]
                self._rerun(fragment=fragment)
                if fragment in self._renews:
                    self._renews[fragment] = interval, time.monotonic() + interval
            else:
                self._receive(min(max(due - now, 0.01), deadline - now, 0.5))
        return True

    def texts(self) -> str:
        """The words of markdown, messages and progress bars on the page."""
        words = []
        for element in self.elements.values():
            kind = element.WhichOneof("type")
            if kind in ("markdown", "alert", "heading"):
                words.append(getattr(element, kind).body)
            elif kind == "progress":
                words.append(element.progress.text)
        return "\n".join(words)

    # ------------------------------------------------------------------ the protocol

    def _found(self, key: str) -> tuple[str, Any]:
        for element in self.elements.values():
            kind = element.WhichOneof("type")
            body = getattr(element, kind) if kind else None
            if getattr(body, "id", "").endswith(f"-{key}"):
                return kind, body
        raise LookupError(f"the page has no '{key}'")

    def _rerun(
        self,
        pressed: WidgetState | None = None,
        *,
        page_hash: str = "",
        page_name: str = "",
        fragment: str = "",
    ) -> None:
        message = BackMsg()
        state = message.rerun_script
        state.query_string = self.query
        state.page_script_hash = page_hash or ("" if page_name else self._hash)
        state.page_name = page_name
        state.fragment_id = fragment
        state.is_auto_rerun = bool(fragment)
        state.widget_states.widgets.extend(self._held.values())
        if pressed is not None:
            state.widget_states.widgets.append(pressed)
        self._socket.send(message.SerializeToString())
        self._running, deadline = True, time.monotonic() + PATIENCE
        while self._running:
            if time.monotonic() > deadline:
                raise Slow(f"the script of '{page_name or page_hash}' still runs")
            self._receive(1.0)

    def _receive(self, seconds: float) -> None:
        """Take one message, if one comes within so many seconds."""
        try:
            data = self._socket.recv(timeout=seconds)
        except TimeoutError:
            return
        message = ForwardMsg.FromString(data if isinstance(data, bytes) else data.encode())
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._begin(message)
        elif kind == "delta":
            self._draw(message)
        elif kind == "navigation":
            pages = message.navigation.app_pages
            self._pages = {p.url_pathname: p.page_script_hash for p in pages}
            self._hash = message.navigation.page_script_hash  # of a page that was asked for by name
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "auto_rerun":
            asked = message.auto_rerun
            due = time.monotonic() + asked.interval
            self._renews[asked.fragment_id] = asked.interval, due
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self._renews.pop(fragment, None)
        elif kind == "script_finished":
            self._running = message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN
        elif kind == "session_event" and message.session_event.HasField(COMPILED):
            self.errors.append(message.session_event.script_compilation_exception.message)

    def _begin(self, message: ForwardMsg) -> None:
        self.script_runs += 1
        self._running = True
        self._hash = message.new_session.page_script_hash
        self._part = bool(message.metadata.run.fragment_ids)
        if not self._part:  # the whole page is drawn anew
            self.elements.clear()
            self._renews.clear()

    def _draw(self, message: ForwardMsg) -> None:
        place, delta = tuple(message.metadata.delta_path), message.delta
        if delta.WhichOneof("type") == "add_block":
            inside = [each for each in self.elements if each[: len(place)] == place]
            for each in inside if self._part else ():
                del self.elements[each]
        elif delta.WhichOneof("type") == "new_element":
            element = delta.new_element
            self.elements[place] = element
            if element.WhichOneof("type") == "exception":
                said = f"{element.exception.type}: {element.exception.message}"
                self.errors.append(said)
