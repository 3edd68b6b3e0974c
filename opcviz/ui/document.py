"""The document that carries every page, finished before a browser sees it.

Streamlit sends one `index.html` for all pages and tells it all the rest later: how wide the page
is, our style, where the server is. Until then a browser lays the page out another way, and what it
has drawn by then moves; and from the address of a page it looks for the server below that page
first, in vain, which the console calls an error. So both are said in the document's own head; and
so is how addresses become entries of the browser's history, before the first of them is made.

What draws the widgets of a page comes in modules of its own, which Streamlit asks for only when the
first widget has arrived, and only then learns what they in turn import. The document names them, so
that they come while the server still runs the page's script.

Its links lead to files beside the page, so below a page it would find none and stay white: whoever
asks for an address there is sent to the page.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.file_util import get_static_dir

from ..resources import app_file
from . import ahead

__all__ = ["HEAD", "WIDGETS", "Document", "early", "prepare", "with_head"]

_STYLE = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
# Pages are one level below the server, so it is where their relative links lead to.
_ADDRESS = 'window.__streamlit = { BACKEND_BASE_URL: new URL("./", location).href };'
# Streamlit makes an entry of the history when a page opens, and one more when Python writes what is
# chosen into the bare address: Back would lead from the second to the first, and nothing change.
_HISTORY = """
history.pushState = function (state, title, url) {
  const to = new URL(url ?? location.href, location.href);
  const completes = to.pathname === location.pathname && !location.search && to.search;
  const write = completes ? History.prototype.replaceState : History.prototype.pushState;
  return write.call(this, state, title, url);
};
"""
HEAD = f"<script>{_ADDRESS}{_HISTORY}</script>\n<style>\n{_STYLE}</style>\n"
"""What is added to the head of the document, before all else there that runs."""
WIDGETS = ("BidiComponent", "Html", "Selectbox", "Checkbox", "Button", "PageLink")
"""Streamlit's modules for what stands on the page that opens; most of it on the others too."""
_IMPORT = re.compile(r"""\b(?:from|import)\s*["']\./([\w.-]+\.js)["']""")
_STALE = (b"content-length", b"etag", b"last-modified")
_FILES = ("_stcore", "app", "auth", "component", "media", "static")
"""What Streamlit has below its root beside the pages."""


def with_head(page: bytes) -> bytes:
    """A document of Streamlit's with what is added to its head; any other as it is."""
    page = page.replace(b"<head>", b"<head>\n" + HEAD.encode(), 1)
    known = page.decode("utf-8", "replace")
    links = (link for path, link in prepare().items() if path not in known)
    return page.replace(b"</head>", "".join(links).encode() + b"</head>", 1)


def prepare() -> dict[str, str]:
    """What `early` says of the Streamlit that runs; found once."""
    return early(Path(get_static_dir()))


@cache
def early(static: Path) -> dict[str, str]:
    """What a page will need beside the document's own modules: by address, the link to it.

    Nothing where this version of Streamlit names its files otherwise: then they come later.

    Args:
        static: the folder that Streamlit serves its own files from.
    """
    scripts = static / "static" / "js"
    wanted = [path.name for stem in WIDGETS for path in sorted(scripts.glob(f"{stem}.*.js"))]
    names: list[str] = []
    while wanted:
        name = wanted.pop(0)
        if name not in names and (scripts / name).is_file():
            names.append(name)
            if not name.startswith("index."):  # in the document, with all that it imports
                wanted += _IMPORT.findall((scripts / name).read_text("utf-8"))
    found = {
        f"./static/js/{name}": f'<link rel="modulepreload" crossorigin href="./static/js/{name}">\n'
        for name in names
    }
    for font in sorted((static / "static" / "media").glob("MaterialSymbols-Rounded.*.woff2")):
        address = f"./static/media/{font.name}"
        found[address] = (
            f'<link rel="preload" as="font" type="font/woff2" crossorigin href="{address}">\n'
        )
    return found


class Document:
    """ASGI middleware that adds it to every HTML document, and leads from below a page to the page.

    All else passes as it is.

    Args:
        app: the server within.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        name = str(scope.get("path", "")).rpartition("/")[2]
        if scope["type"] == "http" and not name.startswith("health"):
            ahead.asked()
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        if there := _page_above(scope):
            redirect = RedirectResponse(there, headers={"Cache-Control": "no-cache"})
            await redirect(scope, receive, send)
            return
        if "." in name:
            await self.app(scope, receive, send)
            return
        # Within, nothing is packed or said to be known already: it would not be this document.
        unwanted = (b"accept-encoding", b"if-none-match", b"if-modified-since")
        asked = [pair for pair in scope["headers"] if pair[0].lower() not in unwanted]
        start: Message = {}
        parts: list[bytes] = []

        async def gather(message: Message) -> None:
            if message["type"] == "http.response.start":
                if not _is_html(message):
                    await send(message)
                else:
                    start.update(message)
            elif not start:
                await send(message)
            else:
                parts.append(message.get("body", b""))
                if not message.get("more_body", False):
                    await _answer(start, with_head(b"".join(parts)), send)

        await self.app({**scope, "headers": asked}, receive, gather)


def _page_above(scope: Scope) -> str:
    """Where an address below a page leads, relative to it; empty for every other address."""
    # A browser goes by the path as it was sent, in which an escaped slash parts nothing.
    path: str = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    base = str(config.get_option("server.baseUrlPath")).strip("/")
    root = f"/{base}/" if base else "/"
    first, *below = path.removeprefix(root).split("/")
    if not path.startswith(root) or not first or first in _FILES or not any(below):
        return ""
    if "_stcore" in below:  # who asks there is a program, and Streamlit's "not found" is for it
        return ""
    up = "../" * len(below)
    if first not in _pages():
        return up
    query: str = scope["query_string"].decode("latin-1")
    return up + first + (f"?{query}" if query else "")


@cache
def _pages() -> frozenset[str]:
    """Addresses of the pages, which are the names of their files."""
    return frozenset(path.stem for path in (app_file().parent / "pages").glob("*.py"))


def _is_html(start: Message) -> bool:
    kinds = [value for name, value in start["headers"] if name.lower() == b"content-type"]
    return any(kind.startswith(b"text/html") for kind in kinds)


async def _answer(start: Message, page: bytes, send: Send) -> None:
    kept = [pair for pair in start["headers"] if pair[0].lower() not in _STALE]
    length = (b"content-length", str(len(page)).encode())
    await send({**start, "headers": [*kept, length]})
    await send({"type": "http.response.body", "body": page})
