"""Reads numbers off charts, tables and strips, and writes numbers as the pages do."""

from __future__ import annotations

import base64
import re
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest


def near(values: Any) -> Any:
    return pytest.approx(values, rel=1e-6)


def percent(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0") + " %"


def auc(entry: dict[str, Any]) -> str:
    low, high = entry["auc_interval"]
    return f"{entry['auc']:.2f} [{low:.2f}, {high:.2f}]"


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
    """The table of measures: a measure's cells, a column a model."""
    (table,) = [text.value for text in app.markdown if text.value.startswith("|")]
    rows = [[c.strip() for c in line.strip("|").split("|")] for line in table.splitlines()]
    return {row[1]: row[2:-1] for row in [rows[0], *rows[2:]]}


def sources(strip: str) -> list[str]:
    return re.findall(r'src="([^"]+)"', strip)
