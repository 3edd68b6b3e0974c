"""Reads numbers off charts and tables, and writes numbers as the pages do."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from opcviz.common.statistics import wilson
from opcviz.ui.sections.measures_table import AGAIN


def near(values: Any) -> Any:
    return pytest.approx(values, rel=1e-6)


def percent(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0") + " %"


def auc(entry: dict[str, Any]) -> str:
    low, high = entry["auc_interval"]
    return f"{entry['auc']:.2f} [{low:.2f}, {high:.2f}]"


def scored(fit: dict[str, Any]) -> dict[str, Any]:
    """The figures of a stored fit that are shown: those on unseen pictures, if they were kept."""
    return fit.get("unseen") or fit


def before(evidence: dict[str, Any], fit: dict[str, Any]) -> tuple[float, tuple[float, float]]:
    """What a model itself answers on the pictures that a fit is scored on, and its interval."""
    shown = scored(fit)
    if shown.get("scored_on") == "forget_test":
        value = evidence["accuracy"]["forget_test"]
        return value, wilson(value, shown["scored"])
    span = evidence["recovery"]["before"]["interval"]
    return evidence["accuracy"]["forget_train"], (span["low"], span["high"])


def lines(chart: dict[str, Any]) -> dict[str, list[float]]:
    """A chart's lines by name."""
    return {line["name"]: line["y"] for line in chart["data"] if line.get("name")}


def levels(chart: dict[str, Any], dash: str) -> list[float]:
    """Heights of its straight lines of one kind, from left to right."""
    shapes = chart["layout"].get("shapes", [])
    return [s["y0"] for s in shapes if s["line"]["dash"] == dash and s["y0"] == s["y1"]]


def plain(values: Any) -> np.ndarray:
    """A Plotly array, which may be packed, as flat numbers."""
    if isinstance(values, dict):
        return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"]).astype(float)
    return np.asarray(values, float).ravel()


def cells(app: AppTest) -> dict[str, list[str]]:
    """The table of measures: a measure's cells, a column a model; its head is called Measure."""
    table = measures(app)
    heads = [head["text"] for head in table["heads"]][:-2]
    rows = {row["cells"][0]["text"]: row["cells"][1:-2] for row in table["rows"]}
    return {
        "Measure": heads,
        **{name: [_whole(cell) for cell in row] for name, row in rows.items()},
    }


def _whole(cell: dict[str, Any]) -> str:
    """What stands in both lines of a cell, as the text under the pointer has it together."""
    said = str(cell["help"]).split(". Beside it: ")[0]
    figure, rest = cell["text"].strip("–"), cell.get("below", "")
    assert said.startswith(figure)
    if rest == AGAIN:  # the row told the reason already
        return said
    assert said.endswith(rest)
    assert len(said) - len(figure) - len(rest) <= len(", ")
    return said


def measures(app: AppTest) -> dict[str, Any]:
    """What the table of measures was sent."""
    (found,) = [part.proto for part in app.get("bidi_component") if "-measures." in part.proto.id]
    return json.loads(found.json)
