"""The document that carries every page: what is added to it, and what passes as it is."""

from __future__ import annotations

import asyncio
import gzip
import re
from pathlib import Path
from urllib.parse import urljoin

import pytest
import streamlit
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route
from streamlit import config

from opcviz.ui.document import HEAD, WIDGETS, Document, early, prepare, with_head

INDEX = Path(streamlit.__file__).parent / "static" / "index.html"


def asked(
    path: str, method: str = "GET", query: bytes = b"", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer of a server like Streamlit's in the middleware."""

    def document(_):
        return FileResponse(INDEX)

    def plain(_):
        return PlainTextResponse("<head>" * 200)

    routes = [
        Route("/", document),
        Route("/race", document),
        Route("/health", plain),
        Route("/raw.html", document),
        Route("/static/js/one", plain),
        Route("/_stcore/host-config", plain),
        Route("/media/one.png", plain),
        Route("/none", lambda _: Response(status_code=204)),
        Route("/race", plain, methods=["POST"]),
    ]
    server = Starlette(routes=routes)
    server.add_middleware(GZipMiddleware, minimum_size=100)
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        await asyncio.Event().wait()  # the browser stays

    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": pairs}
    scope |= {"query_string": query, "root_path": "", "http_version": "1.1", "scheme": "http"}
    asyncio.run(Document(server)(scope, receive, send))
    start, *parts = sent
    found = {name.decode().lower(): value.decode() for name, value in start["headers"]}
    return start["status"], found, b"".join(part.get("body", b"") for part in parts)


@pytest.mark.parametrize("path", ["/", "/race"])
def test_every_page_has_our_head_before_anything_runs(path):
    status, headers, body = asked(path, accept_encoding="gzip")
    page = body.decode()
    assert status == 200
    assert int(headers["content-length"]) == len(body)
    assert page.count(HEAD) == 1
    assert page.index(HEAD) < page.index('<script type="module"')
    plain = INDEX.read_text(encoding="utf-8")
    links = "".join(link for address, link in prepare().items() if address not in plain)
    assert page.replace(f"\n{HEAD}", "", 1).replace(links, "", 1) == plain


def test_what_widgets_need_is_named_once_in_the_head_and_lies_where_it_says():
    page = asked("/")[2].decode()
    head = page.partition("</head>")[0]
    named = re.findall(r'(?:src|href)="(\./static/(?:js|media)/[^"]+)"', head)
    assert len(named) == len(set(named))
    assert all((INDEX.parent / address).is_file() for address in named)
    for stem in WIDGETS:
        assert sum(f"/{stem}." in address for address in named) == 1, stem
    # what these import is there as well: a browser finds it out one module after the other
    missing = [
        name
        for address in named
        if address.endswith(".js")
        for name in re.findall(r'from"(\./[^"]+)"', (INDEX.parent / address).read_text("utf-8"))
        if f"./static/js/{name[2:]}" not in named
    ]
    assert missing == []


def test_where_streamlit_names_its_files_otherwise_nothing_is_added(tmp_path):
    assert early(tmp_path) == {}


def test_a_browser_never_keeps_the_document_without_it():
    etag = asked("/raw.html")[1]["etag"]
    status, headers, body = asked("/race", if_none_match=etag)
    assert status == 200
    assert HEAD.encode() in body
    assert not {"etag", "last-modified"} & headers.keys()


def test_all_else_passes_as_it_is():
    _, headers, body = asked("/health", accept_encoding="gzip")
    assert "content-encoding" not in headers
    assert body == b"<head>" * 200
    _, headers, body = asked("/raw.html", accept_encoding="gzip")
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(body) == INDEX.read_bytes()
    assert asked("/race", method="POST")[2] == b"<head>" * 200
    assert asked("/none")[0] == 204


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("/side_by_side/x", "/side_by_side?study=a"),
        ("/side_by_side/x/y.z", "/side_by_side?study=a"),
        ("/side_by_side/x/", "/side_by_side?study=a"),
        ("/side_by_side/race", "/side_by_side?study=a"),
        ("/nowhere/x", "/"),
        ("/nowhere/race/x", "/"),
    ],
)
def test_an_address_below_a_page_leads_to_the_page(path, there):
    status, headers, _ = asked(path, query=b"study=a")
    assert status == 307
    asked_for = f"http://localhost{path}?study=a"
    assert urljoin(asked_for, headers["location"]) == f"http://localhost{there}"


def test_files_and_addresses_of_pages_lead_nowhere_else(monkeypatch):
    for path in ("/static/js/one", "/_stcore/host-config", "/media/one.png", "/race"):
        assert asked(path)[0] == 200, path
    assert asked("//race/x")[0] == 404  # Streamlit refuses it: it may be another machine's
    assert asked("/race/_stcore/health")[0] == 404  # a program's question: no page is its answer
    monkeypatch.setattr(config, "get_option", {"server.baseUrlPath": "/lab/"}.__getitem__)
    assert asked("/lab/race")[0] == 404  # nothing of the sort in this server
    assert asked("/lab/race/x")[1]["location"] == "../race"
    assert asked("/lab/nowhere/x")[1]["location"] == "../"


def test_a_document_without_a_head_is_left_alone():
    assert with_head(b"<p>no head</p>") == b"<p>no head</p>"


def test_the_style_says_how_wide_a_page_is():
    assert ".stApp .stMainBlockContainer { max-width: initial;" in HEAD
    assert "BACKEND_BASE_URL" in HEAD
