"""Reads what stands on a page that ran headless."""

from __future__ import annotations

import html
import json
from typing import Any

from streamlit.testing.v1 import AppTest


def fine(app: AppTest) -> AppTest:
    """The page, which shows no exception."""
    assert not app.exception, [e.message for e in app.exception]
    return app


def infos(app: AppTest) -> list[str]:
    """Its notes."""
    return [note.value for note in app.info]


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


def strips(app: AppTest) -> list[str]:
    """Rows of pictures, the true ones first, as HTML."""
    marked = 'data-testid="picture-strip"'
    return [box.proto.body for box in app.get("html") if marked in box.proto.body]


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


def progress(app: AppTest) -> list[str]:
    """The texts of its progress bars."""
    return [bar.proto.text for bar in app.get("progress")]
