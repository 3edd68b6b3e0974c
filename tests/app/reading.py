"""Reads what stands on a page that ran headless."""

from __future__ import annotations

import base64
import html
import json
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest


def fine(app: AppTest) -> AppTest:
    """The page, which shows no exception."""
    assert not app.exception, [e.message for e in app.exception]
    return app


def infos(app: AppTest) -> list[str]:
    """Its notes."""
    return [note.value.replace("\\", "") for note in app.info]


def captions(app: AppTest) -> list[str]:
    """Its small print."""
    return [caption.value for caption in app.caption]


def headlines(app: AppTest) -> list[str]:
    """The models' boxes in the first row, as HTML."""
    return [box.proto.body for box in app.get("html") if 'data-testid="headline"' in box.proto.body]


def names(app: AppTest) -> list[str]:
    """The heads of the columns, as HTML."""
    return [box.proto.body for box in app.get("html") if 'data-testid="name"' in box.proto.body]


def plain_text(box: str) -> str:
    """HTML without entities and with plain blanks."""
    return html.unescape(box).replace("\xa0", " ")


def searched(app: AppTest, key: str = "rows.inversion") -> dict[str, Any]:
    """What a grid of true pictures and reconstructions was sent."""
    return _sent(app, key)


def grids(app: AppTest) -> list[dict[str, Any]]:
    """What every grid of true pictures and reconstructions was sent."""
    parts = [part.proto for part in app.get("bidi_component")]
    return [json.loads(part.json) for part in parts if "-rows.inversion" in part.id]


def frames(grid: dict[str, Any], track: int) -> np.ndarray:
    """The frames of one of its rows, (F, P, C, H, W) uint8."""
    flat = np.frombuffer(base64.b64decode(grid["tracks"][track]["frames"]), np.uint8)
    return flat.reshape(-1, grid["count"], *grid["shape"])


def charts(app: AppTest, key: str) -> list[dict[str, Any]]:
    """Its Plotly figures whose keys begin like this."""
    found = [chart.proto for chart in app.get("plotly_chart") if f"-{key}" in chart.proto.id]
    return [json.loads(chart.spec) for chart in found]


def recovery_bars(app: AppTest) -> list[dict[str, Any]]:
    """What the row of recovery attacks was sent, a chart a model."""
    return list(_sent(app, "rows.recovery")["charts"])


def unfolded(app: AppTest, key: str) -> AppTest:
    """The page with a fold open, which was drawn without its content before."""
    app.session_state[key] = True
    return fine(app.run())


def models(app: AppTest) -> list[str]:
    """The models in the address."""
    return app.query_params["models"].split(",")


def pinned(app: AppTest) -> str:
    """The block of the pinned sample, as HTML."""
    (block,) = (b.proto.body for b in app.get("html") if 'data-testid="pinned"' in b.proto.body)
    return block


def maps(app: AppTest, key: str) -> dict[str, Any]:
    """What the row of linked maps whose key begins like this was sent."""
    return _sent(app, key)


def curves(app: AppTest, key: str) -> dict[str, dict[str, Any]]:
    """The lines of a run's curves whose key begins like this, by label."""
    drawn = _sent(app, key)["charts"]
    return {line["label"]: line for chart in drawn for line in chart["lines"]}


def _sent(app: AppTest, key: str) -> dict[str, Any]:
    found = [part.proto for part in app.get("bidi_component") if f"-{key}" in part.proto.id]
    assert len(found) == 1, f"{len(found)} components called {key}"
    return json.loads(found[0].json)


def sent(app: AppTest, key: str) -> dict[str, Any]:
    """What the component whose key begins like this was sent."""
    return _sent(app, key)


def progress(app: AppTest) -> list[str]:
    """The texts of its progress bars."""
    return [bar.proto.text for bar in app.get("progress")]


def replaced(app: AppTest) -> list[str]:
    """Keys of the controls that this run gave another value than the browser shows.

    One that cannot be pressed is left out: what a browser says of it never counts.
    """
    found, waiting = [], [app._tree]
    while waiting:
        part = waiting.pop()
        waiting += getattr(part, "children", {}).values()
        proto = getattr(part, "proto", None)
        if getattr(proto, "set_value", False) and not proto.disabled:
            found.append(part.key)
    return found
